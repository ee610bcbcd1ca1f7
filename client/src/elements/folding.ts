/** The beginning of a long text, as a window shows it until somebody wants more. Pure. */
import type { Inline } from "./markdown.js";
import { wordsOf } from "./markdown.js";

/** A whole text: the blocks of blocks.ts with what is inside their lines. */
export type Part =
  | { kind: "text"; units: Inline[][] }
  | { kind: "code"; language: string; text: string; whole: string }
  | { kind: "quote"; parts: Part[] }
  | { kind: "list"; ordered: boolean; items: { value: number; parts: Part[] }[] };

/** About so much is a line of a window. */
export const LINE_CHARS = 32;
/** Lines that are shown of a long text, and lines that make a text long: it is not folded for a few. */
export const SHOWN_LINES = 14;
export const MOST_LINES = 20;

/** How many lines a window needs for it, about. */
export function linesOf(parts: readonly Part[]): number {
  return sum(parts, (part) => {
    if (part.kind === "text") return sum(part.units, unitLines);
    if (part.kind === "code") return part.text.split("\n").length;
    return part.kind === "quote" ? linesOf(part.parts) : sum(part.items, (item) => linesOf(item.parts));
  });
}

/** So much of it. */
export function beginningOf(parts: readonly Part[], lines: number): Part[] {
  return taken(parts, lines).found;
}

interface Taken<T> {
  found: T[];
  left: number;
}

/** As many of them as there is room for, and a piece of the next one. */
function each<T>(all: readonly T[], lines: number, size: (one: T) => number, cut: (one: T, left: number) => T | null): Taken<T> {
  const found: T[] = [];
  let left = lines;
  for (const one of all) {
    if (left <= 0) break;
    const needs = size(one);
    const piece = needs <= left ? one : cut(one, left);
    if (piece !== null) found.push(piece);
    left -= needs;
  }
  return { found, left };
}

function taken(parts: readonly Part[], lines: number): Taken<Part> {
  return each(parts, lines, (part) => linesOf([part]), (part, left): Part | null => {
    if (part.kind === "text") {
      return { ...part, units: each(part.units, left, unitLines, (unit, room) => shortened(unit, room * LINE_CHARS).found).found };
    }
    if (part.kind === "code") return { ...part, text: part.text.split("\n").slice(0, left).join("\n") };
    if (part.kind === "quote") return { ...part, parts: taken(part.parts, left).found };
    const items = each(part.items, left, (item) => linesOf(item.parts), (item, room) => ({ ...item, parts: taken(item.parts, room).found }));
    return { ...part, items: items.found };
  });
}

/** Between words, if there are any. */
function shortened(inlines: readonly Inline[], chars: number): Taken<Inline> {
  const found: Inline[] = [];
  let left = chars;
  for (const one of inlines) {
    if (left <= 0) break;
    const length = wordsOf([one]).length;
    if (length <= left || one.kind === "mention") found.push(one);
    else if ("inside" in one) found.push({ ...one, inside: shortened(one.inside, left).found });
    else found.push({ ...one, text: `${wordEnd(one.text, left)}\u2026` });
    left -= length;
  }
  return { found, left };
}

function wordEnd(text: string, chars: number): string {
  const cut = text.slice(0, chars).replace(/[\uD800-\uDBFF]$/, "");
  const space = cut.search(/\s\S*$/);
  return space > chars / 2 ? cut.slice(0, space) : cut;
}

function unitLines(unit: readonly Inline[]): number {
  return sum(wordsOf(unit).split("\n"), (line) => Math.max(1, Math.ceil(line.length / LINE_CHARS)));
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}
