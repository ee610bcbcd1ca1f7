/**
 * What is inside a line of a message: words, bold, italic, struck out, code, links, addresses and mentions. The library
 * sees the marks and nothing of what somebody wrote (`skeletonOf`), so it can neither change a text nor make markup of
 * it: where its tokens are, there the text is cut, and every character that is no mark comes out as it went in. Pure.
 */
import { Lexer, Tokenizer, type Token } from "marked";
import type { UserId } from "../view.js";
import { heldSpans, inOrder, skeletonOf, writtenOver, type NamedLink, type Span } from "./marks.js";
import type { Address } from "./text.js";

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "strong" | "em" | "del"; inside: Inline[] }
  | { kind: "mention"; text: string; id: UserId }
  | { kind: "address"; text: string; href: string }
  /** `host`: where it leads, in words; "" where its label says just that. */
  | { kind: "link"; href: string; host: string; inside: Inline[] };

/** What is found in a text by others, in order. `offset`: where the text begins. */
export interface Finds {
  mentions: (text: string) => readonly (Span & { id: UserId })[];
  addresses: (text: string, offset?: number) => readonly Address[];
}

type Piece = Span & ({ kind: "mention"; id: UserId } | { kind: "address"; href: string } | { kind: "nothing" });
type Link = NamedLink & { image: boolean; href: string };

/** Marks in marks in marks: what is further in is text. */
export const DEEPEST_MARKS = 6;

const NAMED_LINK = /(!?)\[([^[\]\n]+)\]\(([^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s+(?:"[^"\n]*"|'[^'\n]*'))?\)/g;
/** Of one star or line alone: something is in it. */
const SAYS = /[\p{L}\p{N}\p{Extended_Pictographic}]/u;

/** Of its own rules those for what a skeleton has. */
class Marks extends Tokenizer {
  override escape(): undefined {
    return undefined;
  }
  override tag(): undefined {
    return undefined;
  }
  override autolink(): undefined {
    return undefined;
  }
  override url(): undefined {
    return undefined;
  }
  override br(): undefined {
    return undefined;
  }
}

/** A line, or several that are one unit, see blocks.ts. */
export function inlinesOf(text: string, finds: Finds): Inline[] {
  const { held } = heldSpans(text);
  // As spaces: a word does not go on over them.
  const words = writtenOver(text, held, " ");
  const named = linksIn(text, writtenOver(text, held, "a"), finds);
  const mentions = finds.mentions(words).map((span) => ({ kind: "mention" as const, ...span }));
  const apart = named.map(({ label, to }) => ({ from: label, to }));
  const addresses = finds.addresses(writtenOver(words, inOrder([...mentions, ...apart]), " "))
    .flatMap(({ from, to }) => ended(text, from, to, finds))
    .map((one) => ({ kind: "address" as const, ...one }));
  const images = named.filter(({ image }) => image).map(({ from }) => ({ kind: "nothing" as const, from, to: from + 1 }));
  const pieces = inOrder<Piece>([...mentions, ...addresses, ...images]);
  const links = new Map(named.map((link) => [link.from + (link.image ? 1 : 0), link]));
  const skeleton = skeletonOf(text, held, pieces, [...links].map(([from, { label, to }]) => ({ from, label, to })));
  const reading: Reading = { text, links, pieces, linked: false };
  if (skeleton === null) return plain(reading, 0, text.length);
  const lexer = new Lexer({ gfm: true, tokenizer: new Marks() });
  return joined(inside(lexer.inlineTokens(skeleton), 0, reading, 0));
}

/** The words of it. */
export function wordsOf(inlines: readonly Inline[]): string {
  return inlines.map((one) => ("text" in one ? one.text : wordsOf(one.inside))).join("");
}

/** An address without the marks around it: `**https://moodle.org**`. */
function ended(text: string, from: number, to: number, { addresses }: Finds): readonly Address[] {
  const address = text.slice(from, to);
  const marks = /([*_~])\1*$/.exec(address);
  const end = marks !== null && text.slice(0, from).includes(marks[1] ?? "") ? to - marks[0].length : to;
  return addresses(text.slice(from, end), from);
}

/** `quiet`: the text with code and maths written over. */
function linksIn(text: string, quiet: string, { addresses }: Finds): Link[] {
  return [...quiet.matchAll(NAMED_LINK)].flatMap(({ 0: whole, 1: sign = "", 2: label = "", 3: address = "", index: from }) => {
    if (label.trim() === "" || text.charAt(from + sign.length - 1) === "\\") return [];
    const labelled = from + sign.length + 1 + label.length;
    // As it was written: the title is nobody's to see.
    const [found, another] = addresses(text.slice(labelled + 2, labelled + 2 + address.length));
    if (found === undefined || another !== undefined || found.from !== 0 || found.to !== address.length) return [];
    return [{ from, to: from + whole.length, label: labelled, image: sign !== "", href: found.href }];
  });
}

/** What is being read. */
interface Reading {
  text: string;
  /** By where their bracket is. */
  links: ReadonlyMap<number, Link>;
  pieces: readonly Piece[];
  /** Inside a link there is no other. */
  linked: boolean;
}

function inside(tokens: readonly Token[], from: number, reading: Reading, depth: number): Inline[] {
  const found: Inline[] = [];
  let at = from;
  for (const token of tokens) {
    const to = at + token.raw.length;
    found.push(...one(token, at, to, reading, depth));
    at = to;
  }
  return found;
}

function one(token: Token, from: number, to: number, reading: Reading, depth: number): Inline[] {
  const { text } = reading;
  const written = text.slice(from, to);
  const inner = "tokens" in token ? token.tokens : undefined;
  if (token.type === "codespan") return [{ kind: "code", text: codeOf(written) }];
  if (inner === undefined || depth === DEEPEST_MARKS) return plain(reading, from, to);
  if (token.type === "link") {
    const link = reading.links.get(from);
    if (link === undefined) return plain(reading, from, to);
    const label = inside(inner, from + 1, { ...reading, linked: true }, depth + 1);
    return [{ kind: "link", href: link.href, host: hostOf(link.href, text.slice(from + 1, link.label)), inside: joined(label) }];
  }
  if (token.type !== "strong" && token.type !== "em" && token.type !== "del") return plain(reading, from, to);
  const width = token.type === "strong" || written.startsWith("~~") ? 2 : 1;
  const body = inside(inner, from + width, reading, depth + 1);
  if (width === 1 && !SAYS.test(written)) {
    return [...plain(reading, from, from + 1), ...body, ...plain(reading, to - 1, to)];
  }
  return [{ kind: token.type, inside: joined(body) }];
}

/** Without its backticks, and without the space that keeps one of its own apart from them. */
function codeOf(written: string): string {
  const fence = /^`+/.exec(written)?.[0].length ?? 0;
  const code = written.slice(fence, written.length - fence);
  return code.startsWith(" ") && code.endsWith(" ") ? code.slice(1, -1) : code;
}

function plain({ text, pieces, linked }: Reading, from: number, to: number): Inline[] {
  const found: Inline[] = [];
  let at = from;
  for (const piece of pieces) {
    if (piece.from < at || piece.to > to) continue;
    found.push({ kind: "text", text: text.slice(at, piece.from) });
    const shown = text.slice(piece.from, piece.to);
    if (piece.kind === "mention") found.push({ kind: "mention", text: shown, id: piece.id });
    else if (piece.kind === "address") found.push(linked ? { kind: "text", text: shown } : { kind: "address", text: shown, href: piece.href });
    at = piece.to;
  }
  return [...found, { kind: "text", text: text.slice(at, to) }];
}

/** Neighbouring texts as one, so that maths is in one piece. */
function joined(inlines: readonly Inline[]): Inline[] {
  const found: Inline[] = [];
  for (const next of inlines) {
    const last = found.at(-1);
    if (next.kind !== "text") found.push(next);
    else if (last?.kind === "text") found[found.length - 1] = { kind: "text", text: last.text + next.text };
    else if (next.text !== "") found.push(next);
  }
  return found;
}

/** A name says nothing of where a link leads, unless it is the address itself. */
function hostOf(href: string, label: string): string {
  const { protocol, host, pathname } = new URL(href);
  const place = protocol === "mailto:" ? pathname : host;
  const bare = href.replace(/^(?:https?:\/\/|mailto:)/i, "");
  const said = label.trim().replace(/\/$/, "");
  return [href, bare, place].some((way) => way.replace(/\/$/, "") === said) ? "" : place;
}
