/**
 * A message's text as nodes. Text stays text: nothing here makes markup out of what somebody wrote, apart from links
 * to http, https and mailto.
 */
import { html, type TemplateResult } from "lit";
import type { MultiToken } from "linkifyjs";

const LINK_PROTOCOLS = new Set(["http:", "https:", "mailto:"]);
/** More than this many are a text, not a gesture. */
const LARGE_EMOJI = 5;
const EMOJI =
  /(?:\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3|\p{Extended_Pictographic}[\p{Emoji_Modifier}\uFE0F]*(?:\u200D\p{Extended_Pictographic}[\p{Emoji_Modifier}\uFE0F]*)*)/gu;

let tokenize: ((text: string) => MultiToken[]) | null = null;

/**
 * Links come with a list of all top-level domains, a fifth of the client's weight, so they are loaded with the first
 * window. Until then, and where loading fails, an address is text like any other.
 */
export async function loadLinks(): Promise<void> {
  tokenize ??= (await import("linkifyjs")).tokenize;
}

export function textNodes(text: string): (string | TemplateResult)[] {
  if (tokenize === null) return [text];
  return tokenize(text).map((token) => {
    const shown = token.toString();
    const href = token.isLink ? allowedHref(token.toHref("https")) : null;
    if (href === null) return shown;
    // One line: white space in a template would show, as messages are pre-wrapped.
    return html`<a href=${href} target="_blank" rel="noopener noreferrer nofollow ugc" dir="auto">${shown}</a>`;
  });
}

/** Whether the text is nothing but a few emoji, which are then shown large. */
export function isEmojiOnly(text: string): boolean {
  const emoji = text.match(EMOJI);
  return emoji !== null && emoji.length <= LARGE_EMOJI && text.replace(EMOJI, "").trim() === "";
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
