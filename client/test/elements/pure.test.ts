import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import "../../src/elements/later.js";
import { Strings } from "../../src/elements/strings.js";
import { isBlank } from "../../src/elements/blank.js";
import { isEmojiOnly, staysInLine, textLength } from "../../src/elements/text.js";
import { threadRows } from "../../src/elements/thread.js";
import type { MessageView } from "../../src/view.js";
import first from "../../strings/en.json";
import later from "../../strings/later/en.json";

const en = { ...first, ...later };
const elements = new URL("../../src/elements/", import.meta.url);

const placeholders = (text: string): string[] => (text.match(/\{\$a(?:->\w+)?\}/g) ?? []).sort();

test("every language has the same keys and placeholders, and the client knows it", () => {
  for (const key of Object.keys(en)) expect(key).toMatch(/^[a-z0-9_]+$/);
  expect(Object.keys(first).filter((key) => key in later), "once").toEqual([]);
  for (const [place, english] of [["../../strings/", first], ["../../strings/later/", later]] as const) {
    const folder = new URL(place, import.meta.url);
    const others = readdirSync(folder).filter((name) => name.endsWith(".json") && name !== "en.json");
    expect(others).toContain("pt.json");
    for (const name of others) {
      const texts = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Record<string, string>;
      expect(Object.keys(texts), name).toEqual(Object.keys(english));
      for (const [key, text] of Object.entries(english)) expect(placeholders(texts[key]!), `${name} ${key}`).toEqual(placeholders(text));
      expect(new Strings(name.replace(".json", "")).ready, `${name} is fetched`).not.toBeNull();
    }
  }
});

test("what is there at start needs no string that comes later", () => {
  const reached = new Map<string, string>();
  const reach = (name: string): void => {
    if (reached.has(name)) return;
    const code = readFileSync(new URL(`${name}.ts`, elements), "utf8");
    reached.set(name, code);
    for (const [, next] of code.matchAll(/^import (?!type )[^;]*?from "\.\/([\w-]+)\.js";/gm)) reach(next!);
  };
  reach("index");
  expect(reached.has("panel") && !reached.has("window")).toBe(true);
  for (const [name, code] of reached) expect(Object.keys(later).filter((key) => code.includes(`"${key}"`)), name).toEqual([]);
});

test("every string is used", () => {
  const code = readdirSync(elements).map((name) => readFileSync(new URL(name, elements), "utf8")).join("\n");
  // The two statuses are string ids as they are.
  const unused = Object.keys(en).filter((key) => !code.includes(`"${key}"`));
  expect(unused).toEqual([]);
});

test("what is filled in is never read as a placeholder", () => {
  expect(new Strings("en").get("arrived", { name: "{$a->text}", text: "$&" })).toBe("{$a->text} says: $&");
  expect(new Strings("xx").get("send")).toBe("Send");
  expect(new Strings("pt_br").locale).toBe("pt-BR");
});

test("emoji alone are a gesture, digits and words are not", () => {
  for (const text of ["🎉", "👍🏽 👩‍👩‍👧", "🇵🇹", "❤️"]) expect(isEmojiOnly(text), text).toBe(true);
  for (const text of ["7", "#", "hi 🎉", "", "🎉🎉🎉🎉🎉🎉"]) expect(isEmojiOnly(text), text).toBe(false);
  expect(textLength(" 😀a ")).toBe(2);
});

test("only letters that cannot be drawn beyond their line are left without a clip", () => {
  for (const text of ["", "Olá, João — “já” vou… 5 €\n", "Ελληνικά και кириллица"]) expect(staysInLine(text), text).toBe(true);
  for (const text of ["Z\u0301", "\u0483", "\u0489", "a\u200D\u202E", "😀", "ﷺ", "𒐫", "한", "อั้", "\u034F"]) expect(staysInLine(text), text).toBe(false);
});

test("messages are grouped by sender and minute, with a divider before the new ones", () => {
  const at = 1_700_000_000_000;
  const messages = [0, 1000, 2000, 3000].map(
    (after, index): MessageView => ({ key: `${index}`, seq: index + 1, sender: index === 1 ? 1 : 2, mine: index === 1, text: "x", sentAt: at + after }),
  );
  const rows = threadRows(messages, { newAfter: 3, seenSeq: 0, cut: false });
  expect(rows.map((row) => row.kind)).toEqual(["time", "message", "message", "message", "new", "message"]);
  expect(rows.map((row) => (row.kind === "message" ? [row.first, row.last] : null)).filter(Boolean)).toEqual(
    [0, 1, 2, 3].map(() => [true, true]),
  );
});

test("a text that shows nothing is judged as the contract does", () => {
  const list = new URL("../../../protocol/fixtures/text/shows_nothing.json", import.meta.url);
  const texts = JSON.parse(readFileSync(list, "utf8")) as Record<"shows_nothing" | "shows_something", string[]>;
  expect(texts.shows_nothing.filter((text) => !isBlank(text))).toEqual([]);
  expect(texts.shows_something.filter(isBlank)).toEqual([]);
});
