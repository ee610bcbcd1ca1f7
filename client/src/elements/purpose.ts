/** Above the box: which message is being answered or edited, and the way out of it. */
import { html, nothing, type TemplateResult } from "lit";
import type { WindowView } from "../view.js";
import { closeIcon } from "./icons.js";
import type { Scene } from "./scene.js";
import { quoteText } from "./verbs.js";

/** `cancel`: the person wants out of it. */
export function purposeTemplate(scene: Scene, window: WindowView, cancel: () => void): TemplateResult | typeof nothing {
  const { strings } = scene;
  const { conversation } = window;
  const { edit, reply } = scene.purposeOf(conversation);
  if (edit !== null) {
    return html`<div class="purpose">
      <p><b class="clip">${strings.get("editing")}</b></p>
      <button class="action" type="button" @click=${cancel}>${strings.get("cancel")}</button>
    </div>`;
  }
  if (reply === null) return nothing;
  const quote = scene.quoteOf(conversation, reply);
  // Of a message that is not told yet nobody knows the author, but in a conversation of two.
  const name = quote || window.kind === "direct" ? scene.nameOf(window, quote?.sender ?? 0) : "…";
  const folded = quote ? !quote.mine && scene.folds(window, quote.sender) : false;
  const title = quote?.mine === true ? strings.get("replying_self") : strings.get("replying_to", name);
  const label = strings.get("cancel_reply");
  return html`<div class="purpose">
    <p><b class="clip" dir="auto">${title}</b><span class="clip" dir="auto">${quoteText(quote, name, strings, folded)}</span></p>
    <button class="quiet" type="button" aria-label=${label} title=${label} @click=${cancel}>${closeIcon}</button>
  </div>`;
}
