import { afterEach, expect, test } from "vitest";
import { isDrawn, measureAll, measureBy } from "../../src/elements/drawn.js";

afterEach(() => { measureBy(); });

const MISSING = 12;
/** A device whose font has these signs, and these sequences as one. */
const device = (signs: string, sequences: readonly string[] = []) => (text: string): number => {
  if (sequences.includes(text)) return 25;
  return Array.from(text).reduce((sum, sign) => sum + (/[\u200D\uFE0F]/.test(sign) ? 0 : signs.includes(sign) ? 25 : MISSING), 0);
};

test("what no font has is as wide as what nobody has assigned", () => {
  measureBy(device("😀❤👍🏽"));
  expect(["😀", "❤️", "👍"].map(isDrawn)).toEqual([true, true, true]);
  expect(["\u{1fae0}", "🎉"].map(isDrawn)).toEqual([false, false]);
});

test("a sequence is drawn where it is one picture, and not where it falls into its parts", () => {
  measureBy(device("👩🔬👍🏽🇵🇹🇪🇸", ["👩‍🔬", "🇵🇹"]));
  expect(["👩‍🔬", "🇵🇹", "👍🏽", "🇪🇸", "👩‍🚀"].map(isDrawn)).toEqual([true, true, false, false, false]);
});

test("digits in a frame are digits at least, and in doubt it is drawn", () => {
  measureBy(device("😀"));
  expect(["1️⃣", "#️⃣"].map(isDrawn)).toEqual([true, true]);
  measureBy(null);
  expect(isDrawn("\u{1fae0}")).toBe(true);
});

test("all are measured in pieces, until nobody wants it any more", async () => {
  const asked: string[] = [];
  measureBy((text) => {
    asked.push(text);
    return 25;
  });
  let turns = 0;
  await measureAll(["😀", "😃", "😄", "😁"], 2, () => (turns += 1) < 2);
  expect(asked.filter((one) => one !== "\u{1fffd}")).toEqual(["😀", "😃"]);
});
