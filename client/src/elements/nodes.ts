/** A text with light Markdown as nodes: by templates, never as HTML. What there is to show is told by formatted.ts. */
import { html, nothing, type TemplateResult } from "lit";
import type { UserId } from "../view.js";
import type { Part } from "./folding.js";
import type { Inline } from "./markdown.js";
import { copyIcon } from "./signs.js";
import type { Strings } from "./strings.js";
import { link } from "./text.js";

/** What the nodes need to know. */
export interface NodeParts {
  strings: Strings;
  /** The person here: where they are mentioned, it is seen. */
  me: UserId;
  /** The keyboard comes to the buttons. */
  current: boolean;
  copy: (code: string) => void;
}

/** A longer line of code may need to be scrolled: then the keyboard comes to it. */
const SHORT_CODE = 8;

/** Of one paragraph. */
export function lineNodes(units: readonly (readonly Inline[])[], { me }: Pick<NodeParts, "me">): unknown[] {
  return units.flatMap((unit, index) => [...(index === 0 ? [] : ["\n"]), ...unit.map((one) => inlineNode(one, me))]);
}

/**
 * Of a text with blocks. Each of the outer ones has its direction by its own first letter; what is in it says it for
 * itself by the style sheet.
 */
export function partNodes(parts: readonly Part[], node: NodeParts): TemplateResult[] {
  return parts.map((part) => partNode(part, node, "auto"));
}

// In one piece each: white space between the tags would show.
function partNode(part: Part, node: NodeParts, dir: "auto" | typeof nothing): TemplateResult {
  if (part.kind === "code") return codeNode(part, node);
  const inner = (parts: readonly Part[]): unknown[] => parts.map((one) => partNode(one, node, nothing));
  if (part.kind === "text") return html`<div class="words" dir=${dir}>${lineNodes(part.units, node)}</div>`;
  if (part.kind === "quote") return html`<blockquote dir=${dir}>${inner(part.parts)}</blockquote>`;
  if (!part.ordered) return html`<ul dir=${dir}>${part.items.map(({ parts }) => html`<li>${inner(parts)}</li>`)}</ul>`;
  return html`<ol dir=${dir}>${part.items.map(({ value, parts }) => html`<li value=${value}>${inner(parts)}</li>`)}</ol>`;
}

function codeNode({ language, text, whole }: Extract<Part, { kind: "code" }>, { strings, current, copy }: NodeParts): TemplateResult {
  const label = strings.get("copy_code");
  const scrolls = text.split("\n").some((line) => line.length > SHORT_CODE);
  return html`<div class="code" dir="ltr"
    >${language === "" ? nothing : html`<span class="language">${language}</span>`}<button
      class="quiet"
      aria-label=${label}
      title=${label}
      tabindex=${current ? "0" : "-1"}
      @click=${() => { copy(whole); }}
    >${copyIcon}</button
    ><pre
      tabindex=${scrolls ? "0" : nothing}
      role=${scrolls ? "group" : nothing}
      aria-label=${scrolls ? strings.get("code") : nothing}
    ><code>${text}</code></pre></div>`;
}

function inlineNode(one: Inline, me: UserId): unknown {
  if (one.kind === "text") return one.text;
  if (one.kind === "code") return html`<code dir="ltr">${one.text}</code>`;
  if (one.kind === "address") return link(one.text, one.href);
  if (one.kind === "mention") return html`<span class=${one.id === me ? "mention me" : "mention"}>${one.text}</span>`;
  const inside = one.inside.map((inner) => inlineNode(inner, me));
  if (one.kind === "link") {
    // Names lead people astray: where it goes is told, apart from the name and whatever that does to the order of letters.
    const leads = one.host === "" ? nothing : html`<span class="host" dir="ltr"> (${one.host})</span>`;
    return link(html`<span dir="auto">${inside}</span>${leads}`, one.href);
  }
  if (one.kind === "strong") return html`<strong>${inside}</strong>`;
  return one.kind === "em" ? html`<em>${inside}</em>` : html`<del>${inside}</del>`;
}
