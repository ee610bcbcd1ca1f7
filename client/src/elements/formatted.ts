/**
 * A whole text: its blocks, with what is inside their lines, cut where it is long; and its words alone. Comes later, with
 * all that it needs (plain.ts asks for it), and imports nothing of what is there before it. Pure.
 */
import { blocksOf, type Block } from "./blocks.js";
import { beginningOf, LINE_CHARS, linesOf, MOST_LINES, SHOWN_LINES, type Part } from "./folding.js";
import { inlinesOf, wordsOf, type Finds, type Inline } from "./markdown.js";

/** A text as it is shown. */
export interface Form {
  parts: readonly Part[];
  /** There is too much of it to be shown unasked. */
  long: boolean;
  /** Nothing but lines: it is one paragraph. */
  lines: Inline[][] | null;
}

/** Where a text was cut: `end` behind what is given, or before it, too. */
export type Cut = "no" | "end" | "ends";

/** A text that was cut has marks that nothing closes any more, or that nothing opens. */
const OPENED = /(^|\s)(?:\*{1,3}|_|~{1,2}|`+)(?=\S)/g;
const CLOSED = /(\S)(?:\*{1,3}|_|~{1,2}|`+)(?=[\s.,;:!?)]|$)/g;

export function formOf(text: string, finds: Finds, whole: boolean): Form {
  const all = partsOf(blocksOf(text), finds);
  const long = linesOf(all) > MOST_LINES;
  const parts = long && !whole ? beginningOf(all, SHOWN_LINES) : all;
  const [first] = parts;
  const lines = parts.length === 0 ? [] : parts.length === 1 && first?.kind === "text" ? first.units : null;
  return { parts, long, lines };
}

/** Whether it is folded until somebody wants all of it. */
export function isLong(text: string, finds: Finds): boolean {
  // As it was written it has no fewer lines.
  return text.split("\n").length + text.length / LINE_CHARS > MOST_LINES && formOf(text, finds, true).long;
}

/** The words of a text in one line, without its marks. */
export function plainLine(text: string, cut: Cut, finds: Finds): string {
  const lines = linesIn(partsOf(blocksOf(text), finds));
  const [first = ""] = lines;
  if (cut === "ends") lines[0] = first.replace(CLOSED, "$1");
  const last = lines.pop() ?? "";
  return [...lines, cut === "no" ? last : last.replace(OPENED, "$1")].join(" ").replace(/\s+/g, " ").trim();
}

function linesIn(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => {
    if (part.kind === "text") return part.units.map(wordsOf);
    if (part.kind === "code") return [part.text];
    if (part.kind === "quote") return linesIn(part.parts);
    return part.items.flatMap(({ value, parts: inside }) => {
      const [first = "", ...others] = linesIn(inside);
      return [part.ordered ? `${value}. ${first}` : first, ...others];
    });
  });
}

function partsOf(blocks: readonly Block[], finds: Finds): Part[] {
  return blocks.map((block): Part => {
    if (block.kind === "text") return { kind: "text", units: block.units.map((unit) => inlinesOf(unit, finds)) };
    if (block.kind === "code") return { ...block, whole: block.text };
    if (block.kind === "quote") return { kind: "quote", parts: partsOf(block.blocks, finds) };
    return { ...block, items: block.items.map(({ value, blocks: inside }) => ({ value, parts: partsOf(inside, finds) })) };
  });
}
