/** One message of the log as a template: bubble, time, delivery; a failed one with its reason and ways out. */
import { html, nothing, type TemplateResult } from "lit";
import type { Delivery, MessageView } from "../view.js";
import { canSucceed, failureString } from "./failures.js";
import { clockIcon, seenIcon, sentIcon, warningIcon } from "./icons.js";
import type { StringId, Strings } from "./strings.js";
import { isEmojiOnly, textNodes } from "./text.js";
import type { Row } from "./thread.js";
import { clockTime, dayName, fullTime } from "./times.js";

/** What the rows need to know about the window they are in. */
export interface Surroundings {
  strings: Strings;
  /** The other person. */
  name: string;
  picture: string | null;
  /** Whether one may write to them now: a failed message is tried again only then. */
  writing: boolean;
  /** The key of the failed message whose text was copied last. */
  copied: string | null;
  copy: (message: MessageView, button: HTMLElement) => void;
  retry: (message: MessageView) => void;
  discard: (message: MessageView) => void;
}

const DELIVERIES: Readonly<Record<Delivery, { text: StringId; icon: TemplateResult }>> = {
  sending: { text: "sending", icon: clockIcon },
  sent: { text: "sent", icon: sentIcon },
  seen: { text: "seen", icon: seenIcon },
  failed: { text: "not_sent", icon: warningIcon },
};

export function rowTemplate(row: Row, around: Surroundings, now: number): TemplateResult {
  const { strings } = around;
  if (row.kind === "new") return html`<div class="divider" data-key="new"><span>${strings.get("new")}</span></div>`;
  if (row.kind === "time") {
    const clock = clockTime(row.at, strings);
    return html`<div class="moment" data-key=${row.key}>
      <span>${row.day ? html`<b>${dayName(row.at, now, strings)}</b>, ${clock}` : clock}</span>
    </div>`;
  }
  return messageTemplate(row, around);
}

function messageTemplate(row: Extract<Row, { kind: "message" }>, around: Surroundings): TemplateResult {
  const { message } = row;
  const { strings } = around;
  const classes = ["message", message.mine && "mine", row.first && "first", row.last && "last"];
  const meta = strings.get("message_meta", {
    name: message.mine ? strings.get("you") : around.name,
    time: clockTime(message.sentAt, strings),
  });
  const face =
    !message.mine && row.last
      ? html`<gchat-avatar class="face" .name=${around.name} .picture=${around.picture}></gchat-avatar>`
      : nothing;
  return html`<div class=${joined(classes)} data-key=${message.key} data-seq=${message.mine ? 0 : message.seq}>
    ${face}
    <div class="line">
      ${row.first ? html`<span class="out-of-sight">${meta}</span>` : nothing}${bubble(message, strings)}
      <time datetime=${new Date(message.sentAt).toISOString()} title=${fullTime(message.sentAt, strings)}
        >${clockTime(message.sentAt, strings)}</time
      >
    </div>
    ${deliveryTemplate(row, around)}
  </div>`;
}

/** In one piece: white space inside the bubble would show. */
function bubble(message: MessageView, strings: Strings): TemplateResult {
  if (message.text === null) return html`<p class="bubble erased">${strings.get("message_deleted")}</p>`;
  const classes = ["bubble", isEmojiOnly(message.text) && "large", message.delivery === "failed" && "failed"];
  return html`<p class=${joined(classes)} dir="auto">${textNodes(message.text)}</p>`;
}

function joined(classes: (string | false)[]): string {
  return classes.filter((name) => name !== false).join(" ");
}

function deliveryTemplate(
  row: Extract<Row, { kind: "message" }>,
  around: Surroundings,
): TemplateResult | typeof nothing {
  const { message, delivery } = row;
  const { strings } = around;
  if (delivery === undefined) return nothing;
  const { text, icon } = DELIVERIES[delivery];
  if (delivery === "failed") {
    const again = around.writing && canSucceed(message.failure);
    return html`<div class="failure">
      <p>${icon}<span>${strings.get(text)} ${strings.get(failureString(message.failure))}</span></p>
      <p class="ways">
        ${again
          ? html`<button class="action" @click=${() => { around.retry(message); }}>${strings.get("try_again")}</button>`
          : html`<button
              class="action"
              @click=${(event: Event) => { around.copy(message, event.currentTarget as HTMLElement); }}
            >
              ${strings.get(around.copied === message.key ? "copied" : "copy")}
            </button>`}
        <button class="action" @click=${() => { around.discard(message); }}>${strings.get("remove")}</button>
      </p>
    </div>`;
  }
  if (!row.spelt) return html`<span class="out-of-sight">${strings.get(text)}</span>`;
  return html`<p class="delivery ${delivery}">${icon}<span>${strings.get(text)}</span></p>`;
}
