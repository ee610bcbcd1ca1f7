/**
 * The words of messages until their Markdown can be read, and where it cannot be: as they were written. The library for
 * it is loaded with what shows messages first, as that for addresses is.
 */
import type * as Formatted from "./formatted.js";
import type { Finds } from "./markdown.js";
import { addressesIn, loadLinks } from "./text.js";

let formatted: typeof Formatted | null = null;

const SAID_CHARS = 240;
/** What is shorter, in letters and lines, is not folded. */
const SHORT = 300;
const FEW = 10;

const WORDS: Finds = { mentions: () => [], addresses: addressesIn };

/** Resolves in any case: what has not come is asked for again next time. */
export async function loadMarkdown(): Promise<void> {
  const load = async (): Promise<void> => {
    formatted ??= await import("./formatted.js");
  };
  await Promise.allSettled([load(), loadLinks()]);
}

/** Whether it may look otherwise as soon as its Markdown can be read. */
export function willChange(text: string | null): boolean {
  return formatted === null && text !== null && (/[*_~`[$\\]|^[ \t]*(?:[->\u2022]|\d)/m.test(text) || text.length > SHORT || text.split("\n").length > FEW);
}

/** null: it is shown as it is. `mentions`: where it has the names of people. `whole`: however long it is. */
export function formOf(text: string, mentions: Finds["mentions"], whole: boolean): Formatted.Form | null {
  return formatted?.formOf(text, { ...WORDS, mentions }, whole) ?? null;
}

/** Whether it is folded until somebody wants all of it. */
export function isLong(text: string): boolean {
  return formatted?.isLong(text, WORDS) ?? false;
}

/** Enough of a message to know what it is about, in plain words. */
export function beginning(text: string): string {
  const line = oneLine(text);
  return line.length > SAID_CHARS ? `${line.slice(0, SAID_CHARS).replace(/[\uD800-\uDBFF]$/, "")}…` : line;
}

/** A text in one line, in plain words. */
export function oneLine(text: string, cut: Formatted.Cut = "no"): string {
  return formatted?.plainLine(text, cut, WORDS) ?? text.replace(/\s+/g, " ");
}
