/**
 * The emoji as rows of so many columns below headings: where each stands, which rows can be seen, and where a key leads.
 * Cells are numbered through all sections. Pure: numbers in, numbers out.
 */

/** Heights in px. */
export interface Sizes {
  row: number;
  head: number;
}

export interface Grid {
  /** Of each section, how many there are in it. */
  counts: readonly number[];
  columns: number;
  sizes: Sizes;
}

/** The rows from `from` up to `to` of a section that begins at `top`; `rows`: how many it has. */
export interface Seen {
  top: number;
  from: number;
  to: number;
  rows: number;
}

/** So many rows above and below what can be seen: a key or a turn of the wheel finds them there. */
const SPARE = 2;

/** Which rows of each section are in the document; `from` is `to` where none is. */
export function seenOf({ counts, columns, sizes }: Grid, top: number, bottom: number): Seen[] {
  let at = 0;
  return counts.map((count) => {
    const rows = Math.ceil(count / columns);
    const first = at + sizes.head;
    const clamp = (row: number): number => Math.min(rows, Math.max(0, row));
    const from = clamp(Math.floor((top - first) / sizes.row) - SPARE);
    const seen = { top: at, from, to: Math.max(from, clamp(Math.ceil((bottom - first) / sizes.row) + SPARE)), rows };
    at = first + rows * sizes.row;
    return seen;
  });
}

/** Where the row of a cell begins. */
export function topOf({ counts, columns, sizes }: Grid, cell: number): number {
  let [at, first] = [0, 0];
  for (const count of counts) {
    at += sizes.head;
    if (cell < first + count) return at + Math.floor((cell - first) / columns) * sizes.row;
    at += Math.ceil(count / columns) * sizes.row;
    first += count;
  }
  return at;
}

/**
 * The cell that a key leads to; null: it is no key of the grid. -1: above the first row. `page`: rows that can be seen.
 * Left and right go on in the next row; up and down keep the column, and end at the last cell of a short row.
 */
export function movedTo(grid: Grid, cell: number, { key, ctrlKey }: Pick<KeyboardEvent, "key" | "ctrlKey">, page: number, rtl: boolean): number | null {
  const rows = rowsOf(grid);
  const last = (rows.at(-1)?.to ?? 0) - 1;
  const row = rows.findIndex(({ to }) => cell < to);
  const { from = 0, to = 0 } = rows[row] ?? {};
  const within = (one: number): number => Math.min(last, Math.max(0, one));
  const byRows = (count: number): number => {
    const { from: start = 0, to: end = 1 } = rows[Math.min(rows.length - 1, Math.max(0, row + count))] ?? {};
    return Math.min(start + cell - from, end - 1);
  };
  switch (key) {
    case "ArrowLeft":
      return within(rtl ? cell + 1 : cell - 1);
    case "ArrowRight":
      return within(rtl ? cell - 1 : cell + 1);
    case "ArrowDown":
      return byRows(1);
    case "ArrowUp":
      return row <= 0 ? -1 : byRows(-1);
    case "PageDown":
      return byRows(Math.max(1, page));
    case "PageUp":
      return byRows(-Math.max(1, page));
    case "Home":
      return ctrlKey ? 0 : from;
    case "End":
      return ctrlKey ? last : to - 1;
    default:
      return null;
  }
}

/** The first cell of a section. */
export function firstOf({ counts }: Grid, section: number): number {
  return counts.slice(0, section).reduce((sum, count) => sum + count, 0);
}

function rowsOf({ counts, columns }: Grid): { from: number; to: number }[] {
  const rows: { from: number; to: number }[] = [];
  let first = 0;
  for (const count of counts) {
    for (let at = 0; at < count; at += columns) rows.push({ from: first + at, to: first + Math.min(count, at + columns) });
    first += count;
  }
  return rows;
}
