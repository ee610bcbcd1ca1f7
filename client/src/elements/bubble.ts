/** The text of a message in its bubble, and the button that unfolds a long one. */
import { html, nothing, type TemplateResult } from "lit";
import type { MessageView, UserId } from "../view.js";
import { mentionSpans, type Named } from "./mentions.js";
import { lineNodes, partNodes } from "./nodes.js";
import { formOf, isLong } from "./plain.js";
import type { Strings } from "./strings.js";
import { isEmojiOnly, staysInLine, textNodes } from "./text.js";
import { undrawnTemplate } from "./undrawn.js";

export interface BubbleLook {
  /** The stop of the keyboard among all messages: it comes to the buttons of this one. */
  current: boolean;
  /** It is shown whole, however long. */
  whole: boolean;
}

export interface BubbleParts {
  strings: Strings;
  /** The person here. */
  me: UserId;
  /** How somebody is called. */
  name: (user: UserId) => string;
  copyCode: (code: string) => void;
  /** Shows more of a long text, or less. */
  fold: (message: MessageView) => void;
}

export function bubbleTemplate(message: MessageView, text: string, look: BubbleLook, parts: BubbleParts, id: string): TemplateResult {
  const large = isEmojiOnly(text);
  const people = namedIn(message, parts);
  const form = large ? null : formOf(text, (words) => mentionSpans(words, people), look.whole);
  const classes = ["bubble", staysInLine(text) ? "" : "clipped", large ? "large" : "", message.delivery === "failed" ? "failed" : ""];
  const named = (more = ""): string => [...classes, more].filter((one) => one !== "").join(" ");
  // In one piece: white space inside the bubble would show.
  const undrawn = undrawnTemplate(text, parts.strings.locale);
  if (form === null) return html`<p id=${id} class=${named()} dir="auto">${spoken(text, people, parts.me)}${undrawn}</p>`;
  if (form.lines !== null) return html`<p id=${id} class=${named()} dir="auto">${lineNodes(form.lines, parts)}${undrawn}</p>`;
  const nodes = partNodes(form.parts, { strings: parts.strings, me: parts.me, current: look.current, copy: parts.copyCode });
  return html`<div id=${id} class=${named("blocks")}>${nodes}${undrawn}</div>`;
}

/** Below the bubble: what is in it is read as the message's name. */
export function foldTemplate(message: MessageView, look: BubbleLook, parts: BubbleParts): TemplateResult | typeof nothing {
  const { text } = message;
  if (text === null || !isLong(text)) return nothing;
  return html`<p class="fold"
    ><button
      class="action"
      aria-expanded=${look.whole ? "true" : "false"}
      tabindex=${look.current ? "0" : "-1"}
      @click=${() => { parts.fold(message); }}
    >${parts.strings.get(look.whole ? "show_less" : "show_more")}</button
  ></p>`;
}

function namedIn({ mentions = [] }: MessageView, { name }: BubbleParts): Named[] {
  return mentions.map((id) => ({ id, name: name(id) }));
}

/** As it was written, with the people whom it mentions. */
function spoken(text: string, people: readonly Named[], me: UserId): unknown[] {
  const nodes: unknown[] = [];
  let at = 0;
  for (const { from, to, id } of mentionSpans(text, people)) {
    nodes.push(...textNodes(text.slice(at, from)));
    // One line: white space in a template would show.
    nodes.push(html`<span class=${id === me ? "mention me" : "mention"}>${text.slice(from, to)}</span>`);
    at = to;
  }
  return [...nodes, ...textNodes(text.slice(at))];
}
