/**
 * `<gchat-undrawn>`: the names of those emoji of a text that this device cannot draw, beside what it draws in their place.
 * Where it draws all of them, there is no such element. Not for screen readers: they know emoji without a font.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { isDrawn } from "./drawn.js";
import { emojisAtOnce, loadEmojis, untoned, type Emojis } from "./emojis.js";
import { EMOJI } from "./text.js";

/** More of them are a pattern, not words. */
const MOST_NAMED = 5;

export class GchatUndrawn extends LitElement {
  static override properties = { text: {}, locale: {} };
  declare text: string;
  declare locale: string;

  static override styles = css`
    :host {
      margin-inline-start: 0.3em;
      font-size: 12px;
      font-weight: 400;
      line-height: 1.3;
    }
  `;

  constructor() {
    super();
    this.text = "";
    this.locale = "en";
  }

  override render(): unknown {
    const emojis = emojisAtOnce(this.locale);
    // Without the list there is the sign for what is missing, as anywhere else on the page.
    if (emojis === null) {
      loadEmojis(this.locale).then(() => { this.requestUpdate(); }, () => undefined);
      return nothing;
    }
    const names = undrawnIn(this.text).map((emoji) => nameOf(emoji, emojis));
    return `(${[...new Set(names)].slice(0, MOST_NAMED).join(", ")})`;
  }
}

/** Behind a text, and only where it needs it. */
export function undrawnTemplate(text: string, locale: string): TemplateResult | typeof nothing {
  if (undrawnIn(text).length === 0) return nothing;
  return html`<gchat-undrawn aria-hidden="true" .text=${text} .locale=${locale}></gchat-undrawn>`;
}

function undrawnIn(text: string): string[] {
  return (text.match(EMOJI) ?? []).filter((emoji) => !isDrawn(emoji));
}

/** Of what the list does not have, its parts. */
function nameOf(emoji: string, emojis: Emojis): string {
  const whole = untoned(emoji, emojis);
  if (whole !== undefined) return whole.name;
  const parts = emoji.split("\u200D").map((part) => untoned(part, emojis)?.name ?? `U+${part.codePointAt(0)?.toString(16).toUpperCase() ?? ""}`);
  return parts.join(" + ");
}
