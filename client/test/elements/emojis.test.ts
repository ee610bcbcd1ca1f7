/** The data: what the server takes, shortcodes, names, and how one is looked for. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import en from "../../emoji/emoji-en.json";
import list from "../../emoji/emoji-list.json";
import pt from "../../emoji/emoji-pt.json";
import { GROUPS, RECENT, TONE_NAMES } from "../../src/elements/emoji-groups.js";
import { emojiMatches, emojisAtOnce, emojisOf, loadEmojis, TONES, toned, untoned } from "../../src/elements/emojis.js";
import { AT_HAND } from "../../src/elements/reactions.js";

const emojis = emojisOf(list, en);
const portuguese = emojisOf(list, pt);
const variants = emojis.all.flatMap((one) => TONES.map((tone) => toned(one, tone)));
const codes = (found: readonly { shortcodes: readonly string[] }[]): (string | undefined)[] => found.map(({ shortcodes }) => shortcodes[0]);

/** As `is_emoji` in server/src/talk/react.rs has it. */
function isTaken(text: string): boolean {
  const signs = Array.from(text);
  const one = [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)].length === 1;
  const shows = signs.some((sign) => /\p{Emoji}/u.test(sign) && sign > "\u007f");
  return (
    one &&
    new TextEncoder().encode(text).length <= 64 &&
    signs.every((sign) => /[\p{Emoji}\p{Emoji_Component}\u20E3]/u.test(sign)) &&
    (shows || (text.endsWith("\u20E3") && /^\p{Emoji}/u.test(text)))
  );
}

test("the files are what the package makes of its data", async () => {
  const url = new URL("../../emoji.mjs", import.meta.url).href;
  const { files, written } = (await import(url)) as { files: () => Record<string, string[]>; written: (rows: string[]) => string };
  const made = files();
  expect(Object.keys(made)).toEqual(["list", "en", "pt"]);
  for (const [name, rows] of Object.entries(made)) {
    const committed = readFileSync(new URL(`../../emoji/emoji-${name}.json`, import.meta.url), "utf8");
    expect(committed === written(rows), `emoji-${name}.json: run 'node emoji.mjs' in client/`).toBe(true);
  }
});

test("the server takes each of them, in every tone", () => {
  expect(emojis.all.length).toBeGreaterThan(1_800);
  expect(variants.filter((emoji) => !isTaken(emoji))).toEqual([]);
  for (const bad of ["", "a", "1", "👍👍", "\u200d", "\u20e3"]) expect(isTaken(bad), bad).toBe(false);
});

test("none is there twice, and those at hand are among them as they are sent", () => {
  expect(new Set(emojis.all.map(({ emoji }) => emoji)).size).toBe(emojis.all.length);
  expect(emojis.byBare.size).toBe(emojis.all.length);
  for (const { emoji } of AT_HAND) expect(untoned(emoji, emojis)?.emoji, emoji).toBe(emoji);
});

test("every group has a title and a sign of the list, every tone a name, every emoji a name in each language", () => {
  expect([emojis.groups.length, TONES.length]).toEqual([GROUPS.length, TONE_NAMES.length]);
  for (const { sign } of [...GROUPS, RECENT]) expect(untoned(sign, emojis)?.emoji, sign).toBe(sign);
  for (const [at, group] of emojis.groups.entries()) expect(group.map(({ emoji }) => emoji), `${at}`).toContain(GROUPS[at]!.sign);
  for (const names of [en, pt]) {
    expect(names).toHaveLength(emojis.all.length);
    expect(names.filter((name) => !/^\S/.test(name) || name.startsWith("|"))).toEqual([]);
  }
});

test("each has a shortcode, and no shortcode is of two", () => {
  const all = emojis.all.flatMap(({ shortcodes }) => shortcodes);
  expect(emojis.all.filter(({ shortcodes }) => shortcodes.length === 0)).toEqual([]);
  expect(new Set(all).size).toBe(all.length);
  expect(all.filter((code) => !/^[a-z0-9_+-]+$/.test(code))).toEqual([]);
  for (const [code, emoji] of [["tada", "🎉"], ["+1", "👍"], ["heart", "❤️"], ["joy", "😂"], ["wave", "👋"], ["portugal", "🇵🇹"]] as const) {
    expect(emojis.byCode.get(code)?.emoji, code).toBe(emoji);
  }
});

test("a tone is put to each hand and taken off again", () => {
  const of = (code: string, tone: (typeof TONES)[number]): string => toned(emojis.byCode.get(code)!, tone);
  expect([of("wave", 0), of("wave", 1), of("+1", 5), of("tada", 3)]).toEqual(["👋", "👋🏻", "👍🏿", "🎉"]);
  expect(of("raised_hand_with_fingers_splayed", 2)).toBe("🖐🏼");
  expect(of("couple_with_heart", 4)).toBe("💑🏾");
  expect(of("male_detective", 3)).toBe("🕵🏽‍♂️");
  for (const one of emojis.all) for (const tone of TONES) expect(untoned(toned(one, tone), emojis)).toBe(one);
});

test("one is found by shortcode, name and words, in the page's language, as names are compared", () => {
  expect(codes(emojiMatches("tada", emojis.all))[0]).toBe("tada");
  expect(codes(emojiMatches("party popper", emojis.all))[0]).toBe("tada");
  expect(codes(emojiMatches(":TADA:", emojis.all))[0]).toBe("tada");
  expect(emojiMatches("MÃO ACEN", portuguese.all).map(({ emoji }) => emoji)).toContain("👋");
  expect(emojiMatches("mao acenando", portuguese.all)[0]?.emoji).toBe("👋");
  expect(emojiMatches("coracao vermelho", portuguese.all).map(({ emoji }) => emoji)).toContain("❤️");
  for (const none of ["", "  ", ":", "no such thing"]) expect(emojiMatches(none, emojis.all), none).toEqual([]);
  expect(emojiMatches("face", emojis.all, 5)).toHaveLength(5);
});

test("they come once for a language, and another language than those that are there is English", async () => {
  expect(emojisAtOnce("pt-BR")).toBeNull();
  const loading = loadEmojis("pt-PT");
  expect(loadEmojis("pt")).toBe(loading);
  const loaded = await loading;
  expect(loaded.byCode.get("wave")?.name).toBe("mão acenando");
  expect(emojisAtOnce("pt-BR")).toBe(loaded);
  expect((await loadEmojis("xx")).byCode.get("wave")?.name).toBe("waving hand");
});
