/**
 * One message of the log as a template: an article with what it answers, its text, its menu, its reactions and its
 * delivery. What failed has its reason and ways out, and what is about to be deleted the way back.
 */
import { html, nothing, type TemplateResult } from "lit";
import type { Delivery, Kind, MessageView, Seq } from "../view.js";
import { bubbleTemplate, foldTemplate, type BubbleLook, type BubbleParts } from "./bubble.js";
import { isDrawn } from "./drawn.js";
import { failureString } from "./failures.js";
import { happenedText } from "./happened.js";
import { clockIcon, warningIcon } from "./icons.js";
import { dotsIcon, seenIcon, sentIcon } from "./signs.js";
import type { Item, Menu } from "./menu.js";
import { AT_HAND, MOST_REACTIONS, ownReactions, reactedNames, reactionsTemplate } from "./reactions.js";
import type { StringId } from "./strings.js";
import type { Row } from "./thread.js";
import { clockTime, dayName, fullTime } from "./times.js";
import { quoteText, stubText, type Verb } from "./verbs.js";

/** What the rows need to know about the window they are in. */
export interface Surroundings extends BubbleParts {
  kind: Kind;
  menu: Menu<OpenMenu>;
  /** The person asks for something that is done with a message. */
  copy: (message: MessageView) => void;
  retry: (message: MessageView) => void;
  discard: (message: MessageView) => void;
  undelete: (message: MessageView) => void;
  /** A refused edit: written once more, copied, or forgotten. */
  again: (message: MessageView) => void;
  dismiss: (message: MessageView) => void;
  /** Opens or closes the menu of a message, or the emoji at hand. */
  actions: (message: MessageView) => void;
  emoji: (message: MessageView) => void;
  /** Opens all emoji, for a reaction. */
  others: (message: MessageView) => void;
  react: (message: MessageView, emoji: string) => void;
  unfold: (message: MessageView) => void;
  choose: (verb: Verb, message: MessageView) => void;
  goTo: (seq: Seq) => void;
}

/** What stands beside a message's button. */
export interface OpenMenu {
  /** Of the message. */
  readonly key: string;
  /** What can be done with it; null: the emoji at hand. */
  readonly verbs: readonly Verb[] | null;
  /** All emoji, in place of those at hand. */
  readonly picker?: (close: () => void) => TemplateResult;
}

/** What else a message's row is made of. */
export interface Look extends BubbleLook {
  /** Its author. */
  author: string;
  picture: string | null;
  /** Its author is blocked: what they wrote is not shown until it is asked for. */
  folded: boolean;
  /** Something can be done with it. */
  offers: boolean;
  /** The menu, if it is this message's. */
  menu: OpenMenu | null;
  /** The message that it answers, see `quoteText`. */
  quote: MessageView | null | undefined;
  /** The author of that, and whether they are blocked. */
  quoted: string;
  quoteFolded: boolean;
  /** Reactions may be added; one's own may be taken back. */
  reacts: boolean;
  takes: boolean;
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

const NAMES: Readonly<Record<Verb, StringId>> = {
  react: "react",
  reply: "reply",
  edit: "edit",
  delete: "delete",
  copy: "copy",
  seen_by: "seen_by",
};

/** A row that is no message of anybody's. */
export function markTemplate(row: Exclude<Row, MessageRow>, { strings, me, name }: Surroundings, now: number): TemplateResult {
  if (row.kind === "event") {
    return html`<p class="event" dir=${strings.direction} data-key=${row.key} title=${fullTime(row.message.sentAt, strings)}>
      ${happenedText(row.message, row.system, me, name, strings)}
    </p>`;
  }
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
    name: message.mine ? strings.get("you") : look.author,
    time: clockTime(message.sentAt, strings),
  });
  const id = encodeURIComponent(message.key);
  const several = around.kind !== "direct";
  const faced = !message.mine && (several ? row.leads : row.first);
  const face = faced ? html`<gchat-avatar class="face" .name=${look.author} .picture=${look.picture}></gchat-avatar>` : nothing;
  const author = faced && several ? html`<span class="author clip" aria-hidden="true"><bdi>${look.author}</bdi></span>` : nothing;
  return html`<article
    class=${joined(classes)}
    data-key=${message.key}
    data-seq=${message.mine ? 0 : message.seq}
    tabindex=${look.current ? "0" : "-1"}
    aria-labelledby="who-${id} text-${id} state-${id}"
    aria-describedby="quote-${id}"
  >
    ${face}${author}${quoteTemplate(message, look, around, `quote-${id}`)}
    <div class="line" title=${fullTime(message.sentAt, strings)}>
      <span id="who-${id}" class="out-of-sight" ?hidden=${!row.first}>${meta}</span>${bubble(message, look, around, `text-${id}`)}
      ${look.offers ? actionsTemplate(message, look, around) : nothing}
      <time datetime=${new Date(message.sentAt).toISOString()}
        >${clockTime(message.sentAt, strings)}</time
      >
    </div>
    ${look.folded || message.deleting === true ? nothing : html`${foldTemplate(message, look, around)}${reactions(message, look, around)}`}
    ${stateTemplate(row, look, around, `state-${id}`)}${refusedEdit(message, look, around)}
  </article>`;
}

/** In one piece: white space inside the bubble would show. */
function bubble(message: MessageView, look: Look, around: Surroundings, id: string): TemplateResult {
  const { strings } = around;
  if (message.deleting === true) {
    return html`<div id=${id} class="undo" role="status">
      <span>${strings.get("message_deleted")}</span>
      <button class="action" @click=${() => { around.undelete(message); }}>${strings.get("undo")}</button>
    </div>`;
  }
  if (message.text === null) return html`<p id=${id} class="bubble erased">${stubText(message, look.author, strings)}</p>`;
  if (look.folded) {
    return html`<div id=${id} class="undo">
      <span>${strings.get("blocked_message")}</span>
      <button class="action" tabindex=${look.current ? "0" : "-1"} @click=${() => { around.unfold(message); }}>${strings.get("blocked_show")}</button>
    </div>`;
  }
  return bubbleTemplate(message, message.text, look, around, id);
}

function reactions(message: MessageView, { current, reacts, takes }: Look, around: Surroundings): TemplateResult | typeof nothing {
  const { strings, name, me } = around;
  return reactionsTemplate(message, {
    strings,
    current,
    adds: reacts,
    takes,
    names: (reaction) => reactedNames(reaction, name, me, strings),
    react: (emoji) => { around.react(message, emoji); },
    more: () => { around.emoji(message); },
  });
}

function actionsTemplate(message: MessageView, { menu, current }: Look, around: Surroundings): TemplateResult {
  const { strings } = around;
  const label = strings.get("message_actions");
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
    >${menu === null ? nothing : menu.verbs === null ? atHand(message, around) : verbsMenu(message, menu.verbs, label, around)}</span
  >`;
}

function verbsMenu(message: MessageView, verbs: readonly Verb[], label: string, around: Surroundings): TemplateResult {
  const { strings, menu } = around;
  const items = verbs.map((verb): Item => ({ id: verb, name: strings.get(NAMES[verb]), choose: () => { around.choose(verb, message); } }));
  // The time, for those whose finger does not hover.
  return menu.template(label, items, fullTime(message.sentAt, strings));
}

function atHand(message: MessageView, around: Surroundings): TemplateResult {
  const { strings, menu } = around;
  const picker = menu.open?.picker;
  if (picker !== undefined) return menu.box(picker(() => { menu.close(true); }), "picker");
  const mine = ownReactions(message);
  const others = strings.get("more_emoji");
  const full = mine.length >= MOST_REACTIONS;
  return menu.box(
    html`<div role="toolbar" aria-label=${strings.get("react")}>
        ${AT_HAND.map(({ emoji, name }) => {
          const used = mine.includes(emoji);
          const chosen = (): void => {
            if (!full || used) menu.close(true);
            around.react(message, emoji);
          };
          return html`<button
            class=${isDrawn(emoji) ? "emoji" : "emoji named"}
            tabindex="-1"
            aria-label=${strings.get(name)}
            title=${strings.get(name)}
            aria-pressed=${used ? "true" : "false"}
            aria-disabled=${full && !used ? "true" : "false"}
            @click=${chosen}
          >${isDrawn(emoji) ? emoji : strings.get(name)}</button>`;
        })}<button
          class="emoji"
          tabindex="-1"
          aria-label=${others}
          title=${others}
          aria-haspopup="dialog"
          aria-disabled=${full ? "true" : "false"}
          @click=${() => { if (!full) around.others(message); }}
        >${dotsIcon}</button>
      </div>
      ${full ? html`<p>${strings.get("failure_too_many_reactions")}</p>` : nothing}`,
    "bar",
  );
}

/** A stub answers nothing any more. */
function quoteTemplate(message: MessageView, look: Look, around: Surroundings, id: string): TemplateResult | typeof nothing {
  const { replyTo } = message;
  if (replyTo === undefined || message.text === null || message.deleting === true || look.folded) return nothing;
  const { strings } = around;
  const { quote } = look;
  const text = quoteText(quote, look.quoted, strings, look.quoteFolded);
  if (quote === null) return html`<p id=${id} class="quote erased">${text}</p>`;
  const name = quote === undefined ? "" : quote.mine ? strings.get("you") : look.quoted;
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
    <p id=${id}>${warningIcon}<span>${strings.get("not_sent")} ${strings.get(failureString(message.failure, around.kind))}</span></p>
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
    <p>${warningIcon}<span>${strings.get("not_saved")} ${strings.get(failureString(edit.failure, around.kind))}</span></p>
    <p class="wanted" dir="auto">${edit.text}</p>
    <p class="ways">
      ${editable
        ? html`<button class="action" @click=${() => { around.again(message); }}>${strings.get("edit_again")}</button>`
        : nothing}
      <button class="action" @click=${() => { around.dismiss(message); }}>${strings.get("dismiss")}</button>
    </p>
  </div>`;
}
