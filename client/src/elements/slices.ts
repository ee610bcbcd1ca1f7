/**
 * Which rows of long lists are in the document: those that can be seen, and a few on either side. All rows have one
 * height and all headings of parts another, so where a row stands is counted and not measured. Pure: pixels in, pixels out.
 */
import type { Part, Section } from "./sections.js";

/** Heights in px. */
export interface Sizes {
  row: number;
  /** A part's heading. */
  head: number;
}

/** The rows from `from` up to `to` of a part. */
export interface Slice {
  part: number;
  from: number;
  to: number;
}

/** What of a section is in the document; `before` and `after`: the height of the parts that are not. */
export interface Shown {
  slices: readonly Slice[];
  before: number;
  after: number;
}

/** So many rows above and below what can be seen: a key or a turn of the wheel finds them there. */
const SPARE = 3;

export function heightOf({ title, rows }: Part, { row, head }: Sizes): number {
  return rows.length * row + (title === null ? 0 : head);
}

export function heightOfAll(parts: readonly Part[], sizes: Sizes): number {
  return parts.reduce((sum, part) => sum + heightOf(part, sizes), 0);
}

/** What can be seen of parts between `top` and `bottom`, both counted from where the first part begins. */
export function shownOf(parts: readonly Part[], sizes: Sizes, top: number, bottom: number): Shown {
  const [first, last] = [top - SPARE * sizes.row, bottom + SPARE * sizes.row];
  const slices: Slice[] = [];
  let [at, before, after] = [0, 0, 0];
  parts.forEach((part, index) => {
    const height = heightOf(part, sizes);
    if (at + height <= first) before += height;
    else if (at >= last) after += height;
    else {
      const rows = at + height - part.rows.length * sizes.row;
      const from = Math.min(part.rows.length, Math.max(0, Math.floor((first - rows) / sizes.row)));
      const to = Math.max(from, Math.min(part.rows.length, Math.ceil((last - rows) / sizes.row)));
      slices.push({ part: index, from, to });
    }
    at += height;
  });
  return { slices, before, after };
}

/** Where a row begins, counted from where the section's first part does. null: it is not there. */
export function placeOf({ parts }: Section, key: string, sizes: Sizes): number | null {
  let at = 0;
  for (const part of parts) {
    const index = part.rows.findIndex((row) => row.key === key);
    if (index >= 0) return at + heightOf(part, sizes) - (part.rows.length - index) * sizes.row;
    at += heightOf(part, sizes);
  }
  return null;
}

/** The first rows that begin at `top` or below it, each with where it begins; both counted as in `placeOf`. */
export function rowsFrom({ parts }: Section, sizes: Sizes, top: number, count: number): { key: string; at: number }[] {
  const found: { key: string; at: number }[] = [];
  let at = 0;
  for (const part of parts) {
    const rows = at + heightOf(part, sizes) - part.rows.length * sizes.row;
    const first = Math.max(0, Math.ceil((top - rows) / sizes.row));
    for (const [index, { key }] of part.rows.slice(first, first + count - found.length).entries()) {
      found.push({ key, at: rows + (first + index) * sizes.row });
    }
    if (found.length >= count) break;
    at += heightOf(part, sizes);
  }
  return found;
}
