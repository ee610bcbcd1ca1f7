import fc from "fast-check";
import { expect, test } from "vitest";
import { firstOf, movedTo, seenOf, topOf, type Grid } from "../../src/elements/emoji-grid.js";

/** Rows: 0 1 2, 3 4, then 5, then 6 7 8, 9 10 11, 12. */
const grid: Grid = { counts: [5, 1, 7], columns: 3, sizes: { row: 40, head: 30 } };
const to = (cell: number, key: string, more: { ctrlKey?: boolean; rtl?: boolean; page?: number } = {}): number | null =>
  movedTo(grid, cell, { key, ctrlKey: more.ctrlKey ?? false }, more.page ?? 2, more.rtl ?? false);

test("the arrow keys go by cell and by row, over headings, and end at the ends", () => {
  for (const [cell, key, expected] of [
    [0, "ArrowRight", 1], [2, "ArrowRight", 3], [4, "ArrowRight", 5], [12, "ArrowRight", 12], [0, "ArrowLeft", 0], [5, "ArrowLeft", 4],
    [0, "ArrowDown", 3], [2, "ArrowDown", 4], [4, "ArrowDown", 5], [5, "ArrowDown", 6], [11, "ArrowDown", 12], [12, "ArrowDown", 12],
    [3, "ArrowUp", 0], [6, "ArrowUp", 5], [5, "ArrowUp", 3], [1, "ArrowUp", -1],
    [4, "Home", 3], [3, "End", 4], [7, "Home", 6], [12, "End", 12],
  ] as const) expect(to(cell, key), `${cell} ${key}`).toBe(expected);
  expect([to(0, "ArrowRight", { rtl: true }), to(4, "ArrowLeft", { rtl: true })]).toEqual([0, 5]);
  expect([to(7, "Home", { ctrlKey: true }), to(7, "End", { ctrlKey: true })]).toEqual([0, 12]);
  expect([to(1, "PageDown"), to(12, "PageUp"), to(0, "PageUp"), to(11, "PageDown", { page: 9 })]).toEqual([5, 6, 0, 12]);
  for (const key of ["a", "Tab", "Enter", "Escape", " "]) expect(to(3, key), key).toBeNull();
});

test("no key leads out of the grid", () => {
  const keys = fc.constantFrom("ArrowLeft", "ArrowRight", "ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End");
  const counts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 12 }), fc.nat(), fc.array(keys, { maxLength: 30 }), fc.boolean(), (counts, columns, start, pressed, rtl) => {
      const all = counts.reduce((sum, count) => sum + count, 0);
      let cell = start % all;
      for (const key of pressed) {
        const next = movedTo({ ...grid, counts, columns }, cell, { key, ctrlKey: false }, 3, rtl);
        expect(next).not.toBeNull();
        if (next === -1) expect(key).toBe("ArrowUp");
        else cell = next!;
        expect(cell >= 0 && cell < all).toBe(true);
      }
    }),
  );
});

test("only rows that can be seen are in the document, and a few beside them", () => {
  const long: Grid = { counts: [8, 1_000, 9], columns: 8, sizes: { row: 40, head: 30 } };
  const seen = seenOf(long, 2_000, 2_300);
  expect(seen.map(({ from, to }) => to - from)).toEqual([0, 12, 0]);
  expect(seen.map(({ top, rows }) => [top, rows])).toEqual([[0, 1], [70, 125], [5_100, 2]]);
  expect([topOf(long, 0), topOf(long, 8), topOf(long, 16), topOf(long, 1_008)]).toEqual([30, 100, 140, 5_130]);
  expect([firstOf(long, 0), firstOf(long, 2)]).toEqual([0, 1_008]);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_016 }), (cell) => {
      const top = topOf(long, cell);
      const section = cell < 8 ? 0 : cell < 1_008 ? 1 : 2;
      const row = Math.floor((cell - firstOf(long, section)) / 8);
      const { from, to } = seenOf(long, top, top + 40)[section]!;
      expect(row >= from && row < to).toBe(true);
    }),
  );
});
