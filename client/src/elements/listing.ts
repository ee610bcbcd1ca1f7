/**
 * What a page holds of the person's list of conversations: the list itself, kept in step by the core, and what filters
 * have found in it. One a scene, from the first time that the panel is opened.
 */
import { withListed } from "../core/change.js";
import type { ConversationId, EntryView, ListFilter } from "../view.js";
import type { Scene } from "./scene.js";
import type { Signal } from "./signals.js";

/** The answer to a filter, as of then. */
export interface Sifted {
  entries: readonly EntryView[];
  more: boolean;
  /** No answer has come: ask again. */
  failed: boolean;
}

const NOTHING: Sifted = { entries: [], more: false, failed: false };
const listings = new WeakMap<Scene, Listing>();

export class Listing {
  entries: readonly EntryView[] = [];
  /** An answer is in, or the browser's copy of one. */
  known = false;
  more = false;
  /** Whether the server keeps what somebody sets of a conversation. */
  flags = false;
  left: Left | null = null;
  readonly #scene: Scene;
  readonly #sifted = new Map<string, Sifted>();
  /** What has been asked for and is not answered yet: the list's next page is "". */
  readonly #asked = new Set<string>();

  constructor(scene: Scene) {
    this.#scene = scene;
    scene.subscribe((signal) => { this.#heard(signal); });
  }

  static of(scene: Scene): Listing {
    const listing = listings.get(scene) ?? new Listing(scene);
    listings.set(scene, listing);
    return listing;
  }

  /** null: there is no answer yet. */
  sifted(filter: ListFilter): Sifted | null {
    return this.#sifted.get(keyOf(filter)) ?? null;
  }

  /** Has the list told as it is now, and kept in step. */
  ask(): void {
    this.#scene.post({ kind: "list" });
  }

  sift(filter: ListFilter): void {
    this.#asked.add(keyOf(filter));
    this.#scene.post({ kind: "sift", filter });
  }

  /** The next page: of a filter's answer, or of the list. One at a time. */
  further(filter: ListFilter | null): void {
    const key = filter === null ? "" : keyOf(filter);
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    this.#scene.post(filter === null ? { kind: "list", more: true } : { kind: "sift", filter, more: true });
  }

  /** Answers that nobody looks at are let go. */
  keep(filters: readonly ListFilter[]): void {
    const kept = new Set(filters.map(keyOf));
    for (const key of this.#sifted.keys()) if (!kept.has(key)) this.#sifted.delete(key);
  }

  /** What filters found is as it is now, as far as that is told. */
  #amend(others: readonly EntryView[], gone: readonly ConversationId[]): void {
    const now = new Map([...this.entries, ...others].map((entry) => [entry.conversation, entry]));
    const over = new Set(gone.filter((conversation) => !now.has(conversation)));
    for (const [key, sifted] of this.#sifted) {
      const entries = sifted.entries.filter(({ conversation }) => !over.has(conversation)).map((entry) => now.get(entry.conversation) ?? entry);
      this.#sifted.set(key, { ...sifted, entries });
    }
  }

  #heard(signal: Signal): void {
    switch (signal.kind) {
      case "list":
        this.entries = signal.entries;
        this.known = signal.known;
        this.more = signal.more;
        this.flags = signal.flags;
        this.#asked.delete("");
        break;
      case "listed":
        this.entries = withListed(this.entries, signal);
        this.more = signal.more;
        this.#asked.delete("");
        this.#amend(signal.others, signal.gone);
        break;
      case "sifted": {
        const key = keyOf(signal.filter);
        // Another page has gone on where this one has not begun.
        if (signal.append && !this.#sifted.has(key)) break;
        const before = this.#sifted.get(key) ?? NOTHING;
        this.#asked.delete(key);
        const kept = signal.append || signal.entries === null ? before.entries : [];
        const held = new Set(kept.map(({ conversation }) => conversation));
        const entries = [...kept, ...(signal.entries ?? []).filter(({ conversation }) => !held.has(conversation))];
        this.#sifted.set(key, { entries, more: signal.more, failed: signal.entries === null });
        break;
      }
      case "line":
        // Whatever was asked for will not be answered.
        this.#asked.clear();
        break;
      case "emptied":
        this.entries = [];
        this.known = false;
        this.more = false;
        this.left = null;
        this.#sifted.clear();
        this.#asked.clear();
        break;
      default:
    }
  }
}

/** How the person left the panel. */
export interface Left {
  text: string;
  filter: "unread" | "archived" | null;
  whole: boolean;
  rover: string;
  top: number;
}

function keyOf({ unread, archived, text = "" }: ListFilter): string {
  return JSON.stringify([unread === true, archived === true, text]);
}
