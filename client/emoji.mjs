/**
 * Makes the small files of emoji/ out of `emojibase-data`: emoji-list.json has what is the same in every language (the
 * groups in their order, emoji with their shortcodes, an asterisk behind those that there are in all skin tones), and a
 * file for each language has names and words to search by, in the order of the list. They are committed, as the built
 * client is: `node emoji.mjs` makes the same bytes again, and a test compares them.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const require = createRequire(import.meta.url);
const data = (path) => require(`emojibase-data/${path}.json`);

export const LANGUAGES = ["en", "pt"];
/** As emojibase numbers them; its 2 has parts of emoji. */
const GROUPS = [0, 1, 3, 4, 5, 6, 7, 8, 9];
/** Those that people know from elsewhere come first: the first one is shown. */
const SETS = ["github", "emojibase"];
const WORDS = /[\s:,]+/u;
const SHORTCODE = /^[a-z0-9_+-]+$/;

/** The skin tones 1 … 5, and an emoji in one: what `toned` in src/elements/emojis.ts must make. */
const TONES = ["\u{1f3fb}", "\u{1f3fc}", "\u{1f3fd}", "\u{1f3fe}", "\u{1f3ff}"];
const toned = (emoji, tone) => emoji.replace(/(\p{Emoji_Modifier_Base})\u{fe0f}?/gu, `$1${tone}`);

function grouped() {
  const all = data("en/data");
  return GROUPS.map((group) => all.filter((one) => one.group === group).sort((a, b) => a.order - b.order));
}

/** As keyboards write it: what is an emoji by itself has no sign behind it that says so, or two reactions would look alike. */
const qualified = (emoji) => emoji.replace(/(\p{Emoji_Presentation})\u{fe0f}/gu, "$1");

/** Each shortcode of one emoji only: of the first set that has it, and in it of the first emoji. */
function shortcodes(emoji) {
  const taken = new Set();
  const found = new Map(emoji.map(({ hexcode }) => [hexcode, []]));
  for (const set of SETS) {
    const codes = data(`en/shortcodes/${set}`);
    for (const { hexcode } of emoji) {
      for (const code of [codes[hexcode] ?? []].flat()) {
        if (taken.has(code) || !SHORTCODE.test(code)) continue;
        taken.add(code);
        found.get(hexcode).push(code);
      }
    }
  }
  return found;
}

/** Whether all five tones are had by the rule. One is not: of two people hand in hand the hand itself has none. */
function tones({ emoji, skins = [] }) {
  const single = skins.filter(({ tone }) => typeof tone === "number");
  return single.length === TONES.length && single.every((skin) => qualified(skin.emoji) === toned(qualified(emoji), TONES[skin.tone - 1]));
}

/** `{ list, en, pt }`: of each file what it holds. */
export function files() {
  const groups = grouped();
  const codes = shortcodes(groups.flat());
  const entry = (one) => [qualified(one.emoji) + (tones(one) ? "*" : ""), ...codes.get(one.hexcode)].join(" ");
  const made = { list: groups.map((group) => group.map(entry)) };
  for (const language of LANGUAGES) {
    const named = new Map(data(`${language}/data`).map((one) => [one.hexcode, one]));
    const about = ({ hexcode }) => {
      const { label, tags = [] } = named.get(hexcode);
      const said = new Set(label.split(WORDS));
      const more = new Set(tags.flatMap((tag) => tag.split(WORDS)).filter((word) => !said.has(word)));
      return more.size === 0 ? label : `${label}|${[...more].join(" ")}`;
    };
    made[language] = groups.flat().map(about);
  }
  return made;
}

/** A line for each group or name, so that a new release of the data can be read in a diff. */
export const written = (rows) =>
  `[\n${rows.map((row) => (Array.isArray(row) ? `[\n${row.map((one) => JSON.stringify(one)).join(",\n")}\n]` : JSON.stringify(row))).join(",\n")}\n]\n`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await mkdir(join(here, "emoji"), { recursive: true });
  for (const [name, rows] of Object.entries(files())) await writeFile(join(here, "emoji", `emoji-${name}.json`), written(rows));
}
