/**
 * The person's skin tone and the emoji that they used last: at hand at once, kept for the login's next pages (sealed, see
 * keep/shelf.ts, and gone with the rest of the copy) and forgotten when the page is emptied.
 */
import { keepPart, loadPart } from "../keep/shelf.js";
import { TONES, type Tone } from "./emojis.js";
import type { Scene } from "./scene.js";

interface Habits {
  readonly tone: Tone;
  /** The last one first. */
  readonly used: readonly string[];
}

const PART = "emoji";
const MOST_USED = 24;
const NONE: Habits = { tone: 0, used: [] };

const known = new WeakMap<Scene, Habits>();
const read = new WeakMap<Scene, Promise<void>>();

/** What earlier pages kept, once; it never fails. */
export function readHabits(scene: Scene): Promise<void> {
  const before = read.get(scene);
  if (before !== undefined) return before;
  const stop = scene.subscribe(({ kind }) => {
    if (kind !== "emptied") return;
    stop();
    known.delete(scene);
    read.delete(scene);
  });
  const reading = (scene.shelf === null ? Promise.resolve() : loadPart(scene.shelf, PART)).then(
    (kept) => { if (read.get(scene) === reading) known.set(scene, habitsOf(kept)); },
    () => undefined,
  );
  read.set(scene, reading);
  return reading;
}

export function toneOf(scene: Scene): Tone {
  void readHabits(scene);
  return known.get(scene)?.tone ?? 0;
}

export function usedBefore(scene: Scene): readonly string[] {
  return known.get(scene)?.used ?? [];
}

export async function used(scene: Scene, emoji: string): Promise<void> {
  await keep(scene, ({ tone, used }) => ({ tone, used: [emoji, ...used.filter((one) => one !== emoji)].slice(0, MOST_USED) }));
}

export async function chooseTone(scene: Scene, tone: Tone): Promise<void> {
  await keep(scene, ({ used }) => ({ tone, used }));
}

/** Over what there was: so it is read first. Where nothing can be kept, it is there as long as the page. */
async function keep(scene: Scene, change: (habits: Habits) => Habits): Promise<void> {
  await readHabits(scene);
  const habits = change(known.get(scene) ?? NONE);
  known.set(scene, habits);
  if (scene.shelf !== null) await keepPart(scene.shelf, PART, habits).catch(() => undefined);
}

/** Another release may have kept something else. */
function habitsOf(kept: unknown): Habits {
  const { tone, used } = (kept ?? {}) as Partial<Record<keyof Habits, unknown>>;
  const list: unknown[] = Array.isArray(used) ? used : [];
  return { tone: TONES.find((one) => one === tone) ?? 0, used: list.filter((one) => typeof one === "string").slice(0, MOST_USED) };
}
