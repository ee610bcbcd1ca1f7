/**
 * Which characters of a text may be marks of Markdown. People write stars, underscores and dollars for many reasons: so
 * marks act at the edges of words only, a backslash before one stays and stops it, and nothing acts inside code, maths,
 * addresses and mentions. Pure. What the marks then mean is told by the library, see markdown.ts.
 */

export interface Span {
  from: number;
  to: number;
}

/** Code as it was written, backticks and all; or maths, which is the host's. */
export interface Held extends Span {
  kind: "code" | "maths";
}

/** More marks in a line are no text with marks in it: it is shown as it is. */
export const MOST_MARKS = 200;

/** Written without spaces between words: a mark may stand inside. */
const SPACELESS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30FC]/u;
const WORD = /[\p{L}\p{N}\p{M}]/u;
/** Of sums, paths, patterns and code: `a/*b*`, `x=*p`. Of two stars only slashes are. */
const NOT_BEFORE = /[\\/)=<>@#&^|+%}.!?$]/;
const NOT_BEHIND = /[\\/(=<>@#&^|+%{$]/;
const SLASH = /[\\/]/;
/** A mark that opens has none of these behind it, such as in `(*)`, `*.js` or a keycap. */
const CLOSES = /[).,;:!?\]}%\u00BB\u201D\u2019\u2026\u3001\u3002\uFF01\uFF09\uFF0C\uFF1A\uFF1B\uFF1F\u300B\u300D\u300F\u3011\uFE0F\u20E3]/;
const OPENS = /[([{\u00AB\u201C\u00BF\u00A1\uFF08\u300A\u300C\u300E\u3010]/;
const RUN = /\*+|_+|~+/g;
/** Longer runs are dots of a password, a row of stars, or a name such as `__init__`. */
const LONGEST_RUN: Readonly<Record<string, number>> = { "*": 3, _: 1, "~": 2 };

/**
 * Code and maths, from left to right. `open`: what would close the maths that is not closed here; null: all is. Maths
 * between single dollars is in one line, and is none where it could be two sums of money.
 */
export function heldSpans(text: string): { held: Held[]; open: string | null } {
  const held: Held[] = [];
  let open: string | null = null;
  const runs = new Map<number, number>();
  for (const { 0: run, index } of text.matchAll(/`+/g)) runs.set(run.length, index);
  const missing = new Set<string>();
  /** Where what begins at `from` ends. -1: it is not closed. */
  const closedAt = (closer: string, from: number): number => {
    const at = missing.has(closer) ? -1 : text.indexOf(closer, from);
    if (at < 0) {
      missing.add(closer);
      open ??= closer;
      return -1;
    }
    return at + closer.length;
  };
  const signs = /[\\`$]/g;
  for (let sign = signs.exec(text); sign !== null; sign = signs.exec(text)) {
    const from = sign.index;
    let next = from + 1;
    let kind: Held["kind"] = "maths";
    let to = -1;
    if (sign[0] === "`") {
      kind = "code";
      const run = /^`+/.exec(text.slice(from))?.[0] ?? "`";
      next = from + run.length;
      if ((runs.get(run.length) ?? -1) > from) to = codeEnd(text, run, next);
      if (to >= 0 && text.slice(next, to - run.length).trim() === "") to = -1;
    } else if (sign[0] === "\\") {
      next = from + 2;
      const closer = { "(": "\\)", "[": "\\]" }[text.charAt(from + 1)];
      if (closer !== undefined) to = closedAt(closer, next);
    } else if (text.startsWith("$$", from)) {
      next = from + 2;
      to = closedAt("$$", next);
    } else {
      to = dollarsEnd(text, from);
    }
    if (to >= 0) held.push({ kind, from, to });
    signs.lastIndex = to >= 0 ? to : next;
  }
  return { held, open };
}

function codeEnd(text: string, run: string, from: number): number {
  for (let at = text.indexOf(run, from); at >= 0; ) {
    let to = at + run.length;
    while (text.charAt(to) === "`") to += 1;
    if (to - at === run.length) return to;
    at = text.indexOf(run, to);
  }
  return -1;
}

function dollarsEnd(text: string, from: number): number {
  if (!/\S/.test(text.charAt(from + 1))) return -1;
  const ends = /[\n$]/g;
  ends.lastIndex = from + 1;
  let end = ends.exec(text);
  while (end !== null && text.charAt(end.index - 1) === "\\") end = ends.exec(text);
  if (end?.[0] !== "$" || end.index === from + 1) return -1;
  return /\s/.test(text.charAt(end.index - 1)) || /\d/.test(text.charAt(end.index + 1)) ? -1 : end.index + 1;
}

/** A text with each of `spans` written over, of the same length. */
export function writtenOver(text: string, spans: readonly Span[], by: string): string {
  let written = "";
  let at = 0;
  for (const { from, to } of spans) {
    written += text.slice(at, from) + by.repeat(to - from);
    at = to;
  }
  return written + text.slice(at);
}

/** A named link as it was written: `[label](address)`. */
export interface NamedLink extends Span {
  /** Where its label ends. */
  label: number;
}

/**
 * What the library is given in place of a text: marks that may act, spaces, and letters for all the rest, of the same
 * length. null: there is nothing in it that could act, or far too much. `kept`: spans in which nothing acts, in order.
 */
export function skeletonOf(text: string, held: readonly Held[], kept: readonly Span[], links: readonly NamedLink[]): string | null {
  if (held.length + links.length === 0 && !/[*_~]/.test(text)) return null;
  const bones: string[] = Array.from({ length: text.length }, (_, at) => (/\s/.test(text.charAt(at)) ? " " : "a"));
  const over = (from: number, to: number, by: string): void => { bones.fill(by, from, to); };
  let marks = 0;
  for (const { kind, from, to } of held) {
    over(from, to, "a");
    if (kind !== "code") continue;
    marks += 1;
    const fence = /^`+/.exec(text.slice(from, to))?.[0].length ?? 1;
    over(from, from + fence, "`");
    over(to - fence, to, "`");
  }
  for (const { from, to } of kept) over(from, to, "a");
  for (const { from, to, label } of links) {
    marks += 1;
    over(label, to, "a");
    over(from, from + 1, "[");
    over(label, label + 1, "]");
    over(label + 1, label + 2, "(");
    over(to - 1, to, ")");
  }
  const still = writtenOver(text, inOrder([...held, ...kept, ...links.map(({ label, to }) => ({ from: label + 1, to }))]), "a");
  for (const { 0: run, index } of still.matchAll(RUN)) {
    const edges = edgesOf(still, index, run);
    if (!edges.opens && !edges.closes) continue;
    marks += 1;
    over(index, index + run.length, run.charAt(0));
    // Punctuation of any script is an edge like another: the library has rules of its own for it.
    const [before, behind] = [index - 1, index + run.length];
    if (!edges.closes && bones[before] === "a") bones[before] = " ";
    if (!edges.opens && bones[behind] === "a") bones[behind] = " ";
  }
  return marks === 0 || marks > MOST_MARKS ? null : bones.join("");
}

/** In order, without those that begin inside another. */
export function inOrder<S extends Span>(spans: readonly S[]): S[] {
  let end = 0;
  return [...spans].sort((one, other) => one.from - other.from).filter(({ from, to }) => {
    if (from < end) return false;
    end = to;
    return true;
  });
}

function edgesOf(text: string, at: number, run: string): { opens: boolean; closes: boolean } {
  const mark = run.charAt(0);
  const before = /.$/su.exec(text.slice(Math.max(0, at - 2), at))?.[0] ?? "";
  const behind = /^./su.exec(text.slice(at + run.length, at + run.length + 2))?.[0] ?? "";
  if (before === "\\" || run.length > (LONGEST_RUN[mark] ?? 0)) return { opens: false, closes: false };
  const strong = run.length > 1;
  const apart = (other: string, not: RegExp): boolean => {
    if (other === "" || /\s/.test(other)) return true;
    if (WORD.test(other)) return mark !== "_" && SPACELESS.test(other);
    return !(strong ? SLASH : not).test(other);
  };
  return {
    opens: /\S/.test(behind) && !CLOSES.test(behind) && apart(before, NOT_BEFORE),
    closes: /\S/.test(before) && !OPENS.test(before) && apart(behind, NOT_BEHIND),
  };
}
