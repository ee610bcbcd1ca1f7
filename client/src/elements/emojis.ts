/**
 * The emoji that there are: in groups, with their names in the page's language, their shortcodes and skin tones, and how
 * one is looked for. The data comes when somebody needs it first. Must not know how they are shown, or whether this
 * device can draw them.
 */
import { folded } from "../words.js";

/** One of the list, without a skin tone. */
export interface Emoji {
  readonly emoji: string;
  /** In the page's language. */
  readonly name: string;
  /** The first one is the one that is shown. */
  readonly shortcodes: readonly string[];
  /** It is there in all skin tones. */
  readonly tones: boolean;
  /** What it is found by beside its shortcodes, as names are compared. */
  readonly words: string;
}

export interface Emojis {
  /** In the order of `GROUPS` in emoji-groups.ts. */
  readonly groups: readonly (readonly Emoji[])[];
  readonly all: readonly Emoji[];
  readonly byCode: ReadonlyMap<string, Emoji>;
  /** By what is left of it without its skin tone, see `untoned`. */
  readonly byBare: ReadonlyMap<string, Emoji>;
}

/** None, and five from light to dark. */
export type Tone = 0 | 1 | 2 | 3 | 4 | 5;
export const TONES: readonly Tone[] = [0, 1, 2, 3, 4, 5];
const MODIFIERS = ["", "\u{1f3fb}", "\u{1f3fc}", "\u{1f3fd}", "\u{1f3fe}", "\u{1f3ff}"] as const;

type Names = Promise<{ default: string[] }>;
const NAMES: Readonly<Record<string, () => Names>> = {
  en: () => import("../../emoji/emoji-en.json"),
  pt: () => import("../../emoji/emoji-pt.json"),
};

const coming = new Map<string, Promise<Emojis>>();
const there = new Map<string, Emojis>();

/** `locale`: the page's. Asked again after a failure, it is fetched again. */
export function loadEmojis(locale: string): Promise<Emojis> {
  const language = languageOf(locale);
  const known = coming.get(language);
  if (known !== undefined) return known;
  const loading = load(language);
  coming.set(language, loading);
  loading.then(
    (emojis) => there.set(language, emojis),
    () => coming.delete(language),
  );
  return loading;
}

/** Without waiting; null: they have not come yet. */
export function emojisAtOnce(locale: string): Emojis | null {
  return there.get(languageOf(locale)) ?? null;
}

function languageOf(locale: string): string {
  const [language = "en"] = locale.toLowerCase().split("-");
  return language in NAMES ? language : "en";
}

async function load(language: string): Promise<Emojis> {
  const [list, names] = await Promise.all([import("../../emoji/emoji-list.json"), (NAMES[language] as () => Names)()]);
  return emojisOf(list.default, names.default);
}

/** Out of the files, see emoji.mjs. */
export function emojisOf(list: readonly (readonly string[])[], names: readonly string[]): Emojis {
  let at = 0;
  const groups = list.map((group) =>
    group.map((entry): Emoji => {
      const [name = "", words = ""] = (names[at] ?? "").split("|");
      at += 1;
      const [sign = "", ...shortcodes] = entry.split(" ");
      const tones = sign.length > 1 && sign.endsWith("*");
      return { emoji: tones ? sign.slice(0, -1) : sign, name, shortcodes, tones, words: folded(`${name} ${words}`) };
    }),
  );
  const all = groups.flat();
  return {
    groups,
    all,
    byCode: new Map(all.flatMap((one) => one.shortcodes.map((code) => [code, one] as const))),
    byBare: new Map(all.map((one) => [bare(one.emoji), one])),
  };
}

/** In a skin tone, where there is one. Of several people all get it. */
export function toned({ emoji, tones }: Pick<Emoji, "emoji" | "tones">, tone: Tone): string {
  return tones && tone !== 0 ? emoji.replace(/(\p{Emoji_Modifier_Base})\uFE0F?/gu, `$1${MODIFIERS[tone]}`) : emoji;
}

/** The one of the list that this is, in whatever skin tone. */
export function untoned(emoji: string, { byBare }: Emojis): Emoji | undefined {
  return byBare.get(bare(emoji));
}

/** A tone takes the place of the sign that asks for the look of an emoji. */
function bare(emoji: string): string {
  return emoji.replace(/[\p{Emoji_Modifier}\uFE0F]/gu, "");
}

/**
 * Those that have each word of the text in their name, their words or a shortcode; first those of which a shortcode is
 * the text or begins with it, then those whose name has a word that does.
 */
export function emojiMatches(text: string, all: readonly Emoji[], most = Infinity): Emoji[] {
  const wanted = folded(text.trim()).replace(/^:|:$/g, "");
  if (wanted === "") return [];
  const words = wanted.split(/[\s_]+/u);
  const first: Emoji[][] = [[], [], [], []];
  for (const one of all) {
    const { shortcodes } = one;
    if (shortcodes.includes(wanted)) first[0]?.push(one);
    else if (shortcodes.some((code) => code.startsWith(wanted))) first[1]?.push(one);
    else if (` ${one.words}`.includes(` ${wanted}`) || shortcodes.some((code) => code.includes(`_${wanted}`))) first[2]?.push(one);
    else if (words.every((word) => one.words.includes(word) || shortcodes.some((code) => code.includes(word)))) first[3]?.push(one);
  }
  return first.flat().slice(0, most);
}
