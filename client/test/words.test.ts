/** Names as they are compared: as the server folds them, by the contract's fixture. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { folded, hasWords } from "../src/words.js";

const pairs = JSON.parse(readFileSync(new URL("../../protocol/fixtures/text/folded.json", import.meta.url), "utf8")) as [string, string][];

test.each(pairs)("%j is compared as %j", (text, expected) => {
  expect(folded(text)).toBe(expected);
  expect(folded(expected)).toBe(expected);
});

test("a part of a word is found wherever a sigma stands in it", () => {
  expect(hasWords("Κώστας Νίκος", "νικοσ κωσ")).toBe(true);
  expect(hasWords("Maria João de Sousa", "SOU joao")).toBe(true);
  expect(hasWords("Maria João de Sousa", "joao silva")).toBe(false);
});
