/**
 * What a message's text consists of: lines, blocks of code, quotations and lists. Knows nothing of what is inside a line,
 * but that maths over several lines is one. Light Markdown: no headings, tables, rules or indented code, and each line
 * says itself what it is, so that an answer is not drawn into the quotation above it. Pure.
 */
import { heldSpans } from "./marks.js";

export type Block =
  /** Each unit is a line, or several that maths holds together. */
  | { kind: "text"; units: string[] }
  | { kind: "code"; language: string; text: string }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "list"; ordered: boolean; items: Item[] };

export interface Item {
  /** Its number where the list has them. */
  value: number;
  blocks: Block[];
}

/** Deeper ones are text. */
export const DEEPEST = 4;

const FENCE = /^ {0,3}(`{3,})([^`]*)$/;
const ONE_LINE = /^ {0,3}(`{3,})([^`]+)\1[ \t]*$/;
const LANGUAGE = /^[\w+#.-]{1,20}$/;
/** `>_<`, `>:(` and `>>> print(1)` are none. */
const QUOTE = /^>(?= |$|>(?: |$))( ?)/;
const ITEM = /^([ \t]*)(?:[-*\u2022]|(0|[1-9]\d{0,2})\.)[ \t]+(?=\S)/;
/** A rule, as of old. */
const RULE = /^[-*\u2022\s]+$/;
/** So much further in, a line belongs to the item above it. */
const INDENT = 2;

export function blocksOf(text: string): Block[] {
  return parsed(text.replaceAll("\r\n", "\n").split("\n"), 0);
}

function parsed(lines: readonly string[], depth: number): Block[] {
  const blocks: Block[] = [];
  let units: string[] = [];
  const put = (block: Block | null): void => {
    const text = trimmed(units);
    if (text.length > 0) blocks.push({ kind: "text", units: text });
    units = [];
    if (block !== null) blocks.push(block);
  };
  const rest = [...lines];
  const fences: Fences = { open: Infinity };
  for (let at = 0; at < rest.length; ) {
    const found = codeAt(rest, at, fences) ?? (depth < DEEPEST ? (quoteAt(rest, at, depth) ?? listAt(rest, at, depth)) : null);
    if (found !== null) {
      put(found.block);
      at = found.next;
      continue;
    }
    const next = unitEnd(rest, at);
    units.push(rest.slice(at, next).join("\n"));
    at = next;
  }
  put(null);
  return blocks;
}

interface Found {
  block: Block;
  /** The line behind it. */
  next: number;
}

/** Without empty lines at its ends: what is beside it keeps its distance. */
function trimmed(units: readonly string[]): string[] {
  let [from, to] = [0, units.length];
  while (from < to && units[from]?.trim() === "") from += 1;
  while (to > from && units[to - 1]?.trim() === "") to -= 1;
  return units.slice(from, to);
}

/** `open`: no fence of so many backticks, or more, is closed any more. */
interface Fences {
  open: number;
}

/** The rest of a line behind the fence that ends a block is put back as a line of its own. */
function codeAt(lines: string[], at: number, fences: Fences): Found | null {
  const line = lines[at] ?? "";
  const alone = ONE_LINE.exec(line)?.[2]?.trim() ?? "";
  if (alone !== "") return { block: { kind: "code", language: "", text: alone }, next: at + 1 };
  const [, fence, behind = ""] = FENCE.exec(line) ?? [];
  if (fence === undefined) return null;
  const first = behind.trim();
  const named = LANGUAGE.test(first);
  const end = endOf(lines, at + 1, fence.length, fences);
  // Not closed: what follows is code, as in an answer that is being written; words behind the fence alone are words.
  if (end === null && first !== "" && !named) return null;
  const code = lines.slice(at + 1, end?.at);
  if (end !== null && end.before.trim() !== "") code.push(end.before);
  const labels = named && code.some((one) => one.trim() !== "");
  const text = (labels ? code : [first, ...code]).join("\n").replace(/^(?:[ \t]*\n)+/, "").trimEnd();
  if (text === "" || (end === null && !labels && first !== "")) return null;
  const block: Block = { kind: "code", language: labels ? first : "", text };
  if (end === null) return { block, next: lines.length };
  if (end.behind.trim() === "") return { block, next: end.at + 1 };
  lines[end.at] = end.behind.trimStart();
  return { block, next: end.at };
}

/** Where the fence is that ends a block: alone in its line, behind its last words, or before others. */
function endOf(lines: readonly string[], from: number, length: number, fences: Fences): { at: number; before: string; behind: string } | null {
  if (length >= fences.open) return null;
  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const run = /`{3,}/.exec(line);
    if (run === null || run[0].length < length) continue;
    const [before, behind] = [line.slice(0, run.index), line.slice(run.index + run[0].length)];
    if (behind.trim() === "" || (before.trim() === "" && /^\s/.test(behind))) return { at, before, behind };
  }
  fences.open = length;
  return null;
}

function quoteAt(lines: readonly string[], at: number, depth: number): Found | null {
  const inside: string[] = [];
  let next = at;
  for (; next < lines.length && QUOTE.test(lines[next] ?? ""); next += 1) inside.push((lines[next] ?? "").replace(QUOTE, ""));
  if (inside.every((one) => one.trim() === "")) return null;
  return { block: { kind: "quote", blocks: parsed(inside, depth + 1) }, next };
}

interface Marker {
  indent: number;
  /** Where its text begins. */
  width: number;
  number: number | null;
}

function markerOf(line: string): Marker | null {
  const [whole, space = "", number] = ITEM.exec(line) ?? [];
  if (whole === undefined || RULE.test(line)) return null;
  return { indent: columns(space), width: whole.length, number: number === undefined ? null : Number(number) };
}

function columns(space: string): number {
  return space.replaceAll("\t", "    ").length;
}

function indentOf(line: string): number {
  return columns(/^[ \t]*/.exec(line)?.[0] ?? "");
}

function listAt(lines: readonly string[], at: number, depth: number): Found | null {
  const first = markerOf(lines[at] ?? "");
  if (first === null) return null;
  const ordered = first.number !== null;
  const items: { number: number; lines: string[] }[] = [];
  /** Belongs to this list: its next item, or more of the last one. */
  const joins = (line: string): boolean => {
    if (indentOf(line) >= first.indent + INDENT) return true;
    const marker = markerOf(line);
    return marker !== null && (marker.number !== null) === ordered;
  };
  let next = at;
  while (next < lines.length) {
    const line = lines[next] ?? "";
    if (line.trim() === "") {
      let after = next + 1;
      while (after < lines.length && lines[after]?.trim() === "") after += 1;
      if (after === lines.length || !joins(lines[after] ?? "")) break;
      items.at(-1)?.lines.push(...lines.slice(next, after));
      next = after;
      continue;
    }
    if (!joins(line)) break;
    const marker = markerOf(line);
    if (marker !== null && marker.indent < first.indent + INDENT) {
      items.push({ number: marker.number ?? 0, lines: [line.slice(marker.width)] });
    } else {
      items.at(-1)?.lines.push(further(line, first));
    }
    next += 1;
  }
  const [one, ...others] = items;
  // Who numbers all alike leaves the counting to others; else numbers stay as they were written.
  const counted = others.length > 0 && others.every(({ number }) => number === one?.number);
  return {
    block: {
      kind: "list",
      ordered,
      items: items.map((item, index) => ({
        value: counted ? item.number + index : item.number,
        blocks: parsed(item.lines, depth + 1),
      })),
    },
    next,
  };
}

/** A line of an item, without the space that puts it there. */
function further(line: string, { width }: Marker): string {
  const indent = indentOf(line);
  return " ".repeat(Math.max(0, indent - width)) + line.trimStart();
}

/** Where the unit ends that begins at this line. */
function unitEnd(lines: readonly string[], at: number): number {
  const line = lines[at] ?? "";
  if (!/\\[([]|\$\$/.test(line)) return at + 1;
  const { open } = heldSpans(line);
  if (open === null) return at + 1;
  for (let to = at + 1; to < lines.length; to += 1) if (lines[to]?.includes(open) === true) return to + 1;
  return at + 1;
}
