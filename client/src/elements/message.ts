/**
 * One message of the log as a template: an article with what it answers, its text, its menu and its delivery. What
 * failed has its reason and ways out, and what is about to be deleted the way back.
 */
import { html, nothing, type TemplateResult } from "lit";
import type { Delivery, MessageView, Seq } from "../view.js";
import { failureString } from "./failures.js";
import { clockIcon, seenIcon, sentIcon, warningIcon } from "./icons.js";
import type { MessageMenu, OpenMenu } from "./menu.js";
import type { StringId, Strings } from "./strings.js";
import { isEmojiOnly, staysInLine, textNodes } from "./text.js";
import type { Row } from "./thread.js";
import { clockTime, dayName, fullTime } from "./times.js";
import { quoteText, stubText, type Verb } from "./verbs.js";

/** What the rows need to know about the window they are in. */
export interface Surroundings {
  strings: Strings;
  /** The other person. */
  name: string;
  picture: string | null;
  menu: MessageMenu;
  /** The person asks for something that is done with a message. */
  copy: (message: MessageView) => void;
  retry: (message: MessageView) => void;
  discard: (message: MessageView) => void;
  undelete: (message: MessageView) => void;
  /** A refused edit: written once more, copied, or forgotten. */
  again: (message: MessageView) => void;
  dismiss: (message: MessageView) => void;
  actions: (message: MessageView) => void;
  choose: (verb: Verb, message: MessageView) => void;
  goTo: (seq: Seq) => void;
}

/** What else a message's row is made of. */
export interface Look {
  /** The stop of the keyboard among all messages. */
  current: boolean;
  /** Something can be done with it. */
  offers: boolean;
  /** The menu, if it is this message's. */
  menu: OpenMenu | null;
  /** The message that it answers, see `quoteText`. */
  quote: MessageView | null | undefined;
  /** Somebody has just been led here. */
  found: boolean;
  /** Its text is in the box. */
  editing: boolean;
  /** A refused edit can be tried again. */
  editable: boolean;
  /** What failed can be tried again as it is; else its text is copied. */
  retriable: boolean;
  /** Its text was the last to be copied so. */
  copied: boolean;
}

type MessageRow = Extract<Row, { kind: "message" }>;

const DELIVERIES: Readonly<Record<Delivery, { text: StringId; icon: TemplateResult }>> = {
  sending: { text: "sending", icon: clockIcon },
  sent: { text: "sent", icon: sentIcon },
  seen: { text: "seen", icon: seenIcon },
  failed: { text: "not_sent", icon: warningIcon },
};

/** A row that is no message. */
export function markTemplate(row: Exclude<Row, MessageRow>, strings: Strings, now: number): TemplateResult {
  if (row.kind === "new") return html`<div class="divider" data-key="new"><span>${strings.get("new")}</span></div>`;
  const clock = clockTime(row.at, strings);
  return html`<div class="moment" data-key=${row.key}>
    <span>${row.day ? html`<b>${dayName(row.at, now, strings)}</b>, ${clock}` : clock}</span>
  </div>`;
}

export function messageTemplate(row: MessageRow, look: Look, around: Surroundings): TemplateResult {
  const { message } = row;
  const { strings } = around;
  const classes = [
    "message",
    message.mine && "mine",
    row.first && "first",
    row.last && "last",
    look.found && "found",
    look.editing && "editing",
  ];
  const meta = strings.get("message_meta", {
    name: message.mine ? strings.get("you") : around.name,
    time: clockTime(message.sentAt, strings),
  });
  const id = encodeURIComponent(message.key);
  const face =
    !message.mine && row.first
      ? html`<gchat-avatar class="face" .name=${around.name} .picture=${around.picture}></gchat-avatar>`
      : nothing;
  return html`<article
    class=${joined(classes)}
    data-key=${message.key}
    data-seq=${message.mine ? 0 : message.seq}
    tabindex=${look.current ? "0" : "-1"}
    aria-labelledby="who-${id} text-${id} state-${id}"
    aria-describedby="quote-${id}"
  >
    ${face}${quoteTemplate(message, look, around, `quote-${id}`)}
    <div class="line">
      <span id="who-${id}" class="out-of-sight" ?hidden=${!row.first}>${meta}</span>${bubble(message, around, `text-${id}`)}
      ${look.offers ? actionsTemplate(message, look, around) : nothing}
      <time datetime=${new Date(message.sentAt).toISOString()} title=${fullTime(message.sentAt, strings)}
        >${clockTime(message.sentAt, strings)}</time
      >
    </div>
    ${stateTemplate(row, look, around, `state-${id}`)}${refusedEdit(message, look, around)}
  </article>`;
}

/** In one piece: white space inside the bubble would show. */
function bubble(message: MessageView, around: Surroundings, id: string): TemplateResult {
  const { strings, name } = around;
  if (message.deleting === true) {
    return html`<div id=${id} class="undo" role="status">
      <span>${strings.get("message_deleted")}</span>
      <button class="action" @click=${() => { around.undelete(message); }}>${strings.get("undo")}</button>
    </div>`;
  }
  if (message.text === null) return html`<p id=${id} class="bubble erased">${stubText(message, name, strings)}</p>`;
  const classes = [
    "bubble",
    !staysInLine(message.text) && "clipped",
    isEmojiOnly(message.text) && "large",
    message.delivery === "failed" && "failed",
  ];
  return html`<p id=${id} class=${joined(classes)} dir="auto">${textNodes(message.text)}</p>`;
}

function actionsTemplate(message: MessageView, { menu, current }: Look, around: Surroundings): TemplateResult {
  const { strings } = around;
  const label = strings.get("message_actions");
  const chosen = (verb: Verb): void => { around.choose(verb, message); };
  return html`<span class="actions"
    ><button
      class="quiet"
      aria-label=${label}
      title=${label}
      aria-haspopup="menu"
      aria-expanded=${menu === null ? "false" : "true"}
      tabindex=${current ? "0" : "-1"}
      @click=${() => { around.actions(message); }}
    ></button
    >${menu === null ? nothing : around.menu.template(menu, fullTime(message.sentAt, strings), strings, chosen)}</span
  >`;
}

/** A stub answers nothing any more. */
function quoteTemplate(message: MessageView, look: Look, around: Surroundings, id: string): TemplateResult | typeof nothing {
  const { replyTo } = message;
  if (replyTo === undefined || message.text === null || message.deleting === true) return nothing;
  const { strings } = around;
  const { quote } = look;
  const text = quoteText(quote, around.name, strings);
  if (quote === null) return html`<p id=${id} class="quote erased">${text}</p>`;
  const name = quote === undefined ? "" : quote.mine ? strings.get("you") : around.name;
  return html`<button
    id=${id}
    class=${quote?.text === null ? "quote erased" : "quote"}
    title=${strings.get("quote_show")}
    tabindex=${look.current ? "0" : "-1"}
    @click=${() => { around.goTo(replyTo); }}
  >
    <span class="out-of-sight">${strings.get("quote_of", name)}</span><b class="clip" dir="auto" aria-hidden="true">${name}</b>
    <span class="few" dir="auto">${text}</span>
  </button>`;
}

function joined(classes: (string | false)[]): string {
  return classes.filter((name) => name !== false).join(" ");
}

/** What has become of it: edited, and how far one's own has got. */
function stateTemplate(row: MessageRow, look: Look, around: Surroundings, id: string): TemplateResult | typeof nothing {
  const { message, delivery, spelt } = row;
  const { strings } = around;
  if (delivery === "failed") return failure(message, look, around, id);
  const saving = message.edit?.state === "sending";
  const edited = saving || (message.edited === true && message.text !== null && message.deleting !== true);
  if (!edited && delivery === undefined) return nothing;
  const icon = delivery === undefined ? nothing : DELIVERIES[delivery].icon;
  const told = delivery === undefined ? "" : strings.get(DELIVERIES[delivery].text);
  if (!edited && !spelt) return html`<span id=${id} class="out-of-sight">${told}</span>`;
  return html`<p id=${id} class="delivery ${delivery ?? ""}">
    ${edited ? html`<span>${strings.get("edited")}</span>` : nothing}
    ${saving ? html`<span class="saving">${clockIcon}<span>${strings.get("saving")}</span></span>` : nothing}
    ${delivery === undefined || saving
      ? nothing
      : spelt
        ? html`${edited ? html`<span aria-hidden="true">·</span>` : nothing}${icon}<span>${told}</span>`
        : html`<span class="out-of-sight">${told}</span>`}
  </p>`;
}

function failure(message: MessageView, look: Look, around: Surroundings, id: string): TemplateResult {
  const { strings } = around;
  return html`<div class="failure">
    <p id=${id}>${warningIcon}<span>${strings.get("not_sent")} ${strings.get(failureString(message.failure))}</span></p>
    <p class="ways">
      ${look.retriable
        ? html`<button class="action" @click=${() => { around.retry(message); }}>${strings.get("try_again")}</button>`
        : html`<button class="action" @click=${() => { around.copy(message); }}>
            ${strings.get(look.copied ? "text_copied" : "copy_text")}
          </button>`}
      <button class="action" @click=${() => { around.discard(message); }}>${strings.get("remove")}</button>
    </p>
  </div>`;
}

/** What somebody wrote is not lost by the refusal: it is shown, to be written again or copied by hand. */
function refusedEdit(message: MessageView, { editable }: Look, around: Surroundings): TemplateResult | typeof nothing {
  const { edit } = message;
  if (edit?.state !== "failed") return nothing;
  const { strings } = around;
  return html`<div class="failure">
    <p>${warningIcon}<span>${strings.get("not_saved")} ${strings.get(failureString(edit.failure))}</span></p>
    <p class="wanted" dir="auto">${edit.text}</p>
    <p class="ways">
      ${editable
        ? html`<button class="action" @click=${() => { around.again(message); }}>${strings.get("edit_again")}</button>`
        : nothing}
      <button class="action" @click=${() => { around.dismiss(message); }}>${strings.get("dismiss")}</button>
    </p>
  </div>`;
}
