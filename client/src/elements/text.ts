/**
 * A message's text as nodes. Text stays text: nothing here makes markup out of what somebody wrote, apart from links
 * to http, https and mailto.
 */
import { html, type TemplateResult } from "lit";
import type { MultiToken } from "linkifyjs";

const LINK_PROTOCOLS = new Set(["http:", "https:", "mailto:"]);
/** More than this many are a text, not a gesture. */
const LARGE_EMOJI = 5;
export const EMOJI =
  /(?:\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3|\p{Extended_Pictographic}[\p{Emoji_Modifier}\uFE0F]*(?:\u200D\p{Extended_Pictographic}[\p{Emoji_Modifier}\uFE0F]*)*)/gu;

/** Only these are links: a bare `file.py` or `example.com` is a word like any other. */
const LINKED = /^(?:https?:\/\/|mailto:|www\.)/i;
/**
 * Where a script's own punctuation ends an address: brackets, quotes and stops beyond ASCII, such as those of Chinese,
 * Japanese and Arabic, and the ideographic space. Inside a word a middle dot or an apostrophe belongs to it.
 */
const ENDS = /(?![\u00B7\u2019](?=[\p{L}\p{N}]))[^\P{Punctuation}\p{ASCII}\p{Dash_Punctuation}\p{Connector_Punctuation}]|[\u3000\u301C\uFF5E]/u;

let tokenize: ((text: string) => MultiToken[]) | null = null;

/**
 * Links come with a list of all top-level domains, a fifth of the client's weight, so they are loaded with the first
 * window. Until then, and where loading fails, an address is text like any other.
 */
export async function loadLinks(): Promise<void> {
  tokenize ??= (await import("linkifyjs")).tokenize;
}

/** An address in a text, which may be a link. */
export interface Address {
  from: number;
  to: number;
  href: string;
}

/** In order. `offset`: where the text begins. */
export function addressesIn(text: string, offset = 0): Address[] {
  let at = offset;
  return (tokenize?.(text) ?? []).flatMap((token) => {
    const found = token.toString();
    const from = at;
    at += found.length;
    if (!token.isLink || !(token.t === "email" || LINKED.test(found))) return [];
    const end = ENDS.exec(found)?.index;
    // What comes after the end is looked at again: it may hold another address.
    if (end !== undefined) return [...addressesIn(found.slice(0, end), from), ...addressesIn(found.slice(end), from + end)];
    const href = allowedHref(token.toHref("https"));
    return href === null ? [] : [{ from, to: at, href }];
  });
}

export function textNodes(text: string): (string | TemplateResult)[] {
  const nodes: (string | TemplateResult)[] = [];
  let at = 0;
  for (const { from, to, href } of addressesIn(text)) {
    nodes.push(text.slice(at, from), link(text.slice(from, to), href));
    at = to;
  }
  return [...nodes, text.slice(at)].filter((node) => node !== "");
}

/** `href`: one that is allowed. In one line: white space in a template would show, as messages are pre-wrapped. */
export function link(shown: unknown, href: string): TemplateResult {
  return html`<a href=${href} target="_blank" rel="noopener noreferrer nofollow ugc" dir="auto">${shown}</a>`;
}

/** Whether the text is nothing but a few emoji, which are then shown large. */
export function isEmojiOnly(text: string): boolean {
  const emoji = text.match(EMOJI);
  return emoji !== null && emoji.length <= LARGE_EMOJI && text.replace(EMOJI, "").trim() === "";
}

/**
 * Whether nothing of it can be drawn beyond its line: Latin, Greek and Cyrillic letters, without marks to be piled up, and
 * their punctuation. Any other text is clipped to its bubble, which browsers pay for with every message that comes.
 */
export function staysInLine(text: string): boolean {
  return /^[\0-\u024F\u0370-\u0482\u048A-\u052F\u2010-\u2027\u20A0-\u20BF]*$/.test(text);
}

/** The length that the contract's limit counts: code points after trimming. */
export function textLength(text: string): number {
  return text.trim().replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g, "-").length;
}

function allowedHref(href: string): string | null {
  try {
    return LINK_PROTOCOLS.has(new URL(href).protocol) ? href : null;
  } catch {
    return null;
  }
}
