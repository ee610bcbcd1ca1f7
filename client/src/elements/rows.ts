/** How the rows of the launcher's panel look: a conversation, a room, a person. */
import { html, nothing, type TemplateResult } from "lit";
import type { EntryView, FoundPerson, HitView, RoomView, Status } from "../view.js";
import { folded } from "../words.js";
import { oneLine } from "./plain.js";
import { muteIcon, pinIcon } from "./signs.js";
import type { Strings } from "./strings.js";
import { fullTime, shortTime } from "./times.js";
import { badgesTemplate, waits, waitingText, type Waiting } from "./waiting.js";

/** An entry has no more of its last message (the contract). */
const LAST_CHARS = 200;

/** What every row needs of the list around it. */
export interface Place {
  key: string;
  /** Tab reaches this one. */
  reachable: boolean;
  /** Which of how many it is: not all are in the document. */
  at: number;
  size: number;
  open: (button: HTMLElement) => void;
}

export interface EntryLook {
  strings: Strings;
  now: number;
  /** null: nothing may be said of it. */
  status: Status | null;
  /** What the other is known to write is not shown. */
  folded: boolean;
  /** The button of the row's menu, and the menu while it is open; null: nothing can be done. */
  menu: { open: boolean; template: TemplateResult | typeof nothing; toggle: () => void } | null;
}

export function entryTemplate(entry: EntryView, place: Place, { strings, now, status, folded, menu }: EntryLook): TemplateResult {
  const { conversation, title, kind, contact, pinned, muted, last } = entry;
  const waiting = waitingText(entry, strings);
  const signs = [waiting, muted === true ? strings.get("sign_muted") : "", pinned === true ? strings.get("sign_pinned") : ""];
  const named = [title, ...signs.filter((sign) => sign !== "")].join(", ");
  const label = strings.get("conversation_actions");
  return html`<li class="row ${waits(entry) ? "waits" : ""} ${menu?.open === true ? "turned" : ""}" aria-setsize=${place.size} aria-posinset=${place.at + 1}>
    <button
      class="stop"
      data-key=${place.key}
      tabindex=${place.reachable ? "0" : "-1"}
      aria-label=${named}
      aria-describedby="about-${conversation}"
      @click=${opens(place)}
    >
      <gchat-avatar .name=${title} .picture=${contact?.picture ?? null} .kind=${kind} .status=${status}></gchat-avatar>
      <span class="name clip" dir="auto">${title}</span>
    </button>
    ${last === undefined
      ? nothing
      : html`<time class="when" dir="auto" datetime=${new Date(last.sentAt).toISOString()}>${shortTime(last.sentAt, now, strings)}</time>`}
    <span class="about clip" id="about-${conversation}"
      >${status === null ? nothing : html`<span class="out-of-sight">${strings.get(status)}, </span>`}${lastLine(entry, strings, folded)}${last === undefined
        ? nothing
        : html`<span class="out-of-sight">, ${fullTime(last.sentAt, strings)}</span>`}</span
    >
    <span class="signs" aria-hidden="true"
      >${muted === true ? muteIcon : nothing}${pinned === true ? pinIcon : nothing}${badgesTemplate(entry, strings)}</span
    >
    ${menu === null
      ? nothing
      : html`<button
            class="quiet acts"
            tabindex=${place.reachable ? "0" : "-1"}
            title=${label}
            aria-label=${label}
            aria-description=${title}
            aria-haspopup="menu"
            aria-expanded=${menu.open ? "true" : "false"}
            @click=${menu.toggle}
          ></button
          >${menu.template}`}
  </li>`;
}

/** "You: see you", "Ana Sousa: see you", or who they are where nothing is known of what was said. */
function lastLine({ kind, last, members }: EntryView, strings: Strings, folded: boolean): string | TemplateResult {
  if (last === undefined) return kind === "group" && members !== undefined ? strings.count("members_one", "members_other", members) : "";
  const text = folded ? strings.get("blocked_message") : oneLine(last.text, last.text.length >= LAST_CHARS ? "end" : "no");
  const who = last.mine ? strings.get("you") : kind === "direct" ? "" : (last.name ?? "…");
  return who === "" ? html`<bdi>${text}</bdi>` : html`<bdi>${who}</bdi>: <bdi>${text}</bdi>`;
}

export function roomTemplate(room: RoomView, place: Place, strings: Strings): TemplateResult {
  const { conversation, title, unread, mentions } = room;
  const waiting: Waiting = { kind: "room", unread: unread ? 1 : 0, mentions };
  const text = waitingText(waiting, strings);
  return html`<li class=${text === "" ? "row alone" : "row alone waits"} aria-setsize=${place.size} aria-posinset=${place.at + 1}>
    <button
      class="stop"
      data-key=${place.key}
      tabindex=${place.reachable ? "0" : "-1"}
      aria-label=${title}
      aria-describedby=${text === "" ? nothing : `room-${conversation}`}
      @click=${opens(place)}
    >
      <gchat-avatar .name=${title} .kind=${"room"}></gchat-avatar>
      <span class="name clip" dir="auto">${title}</span>
    </button>
    <span class="signs" aria-hidden="true">${badgesTemplate(waiting, strings)}</span>
    ${text === "" ? nothing : html`<span class="out-of-sight" id="room-${conversation}">${text}</span>`}
  </li>`;
}

/** `course`: under whose heading they stand, which need not be said again. */
export function personTemplate(person: FoundPerson, place: Place, connected: boolean, course: string | null, strings: Strings): TemplateResult {
  const { id, name, picture, role, status } = person;
  const teacher = role === "teacher";
  const circles = person.circles.filter((circle) => circle !== course);
  const bare = !teacher && circles.length === 0;
  return html`<li class=${bare ? "row alone" : "row"} aria-setsize=${place.size} aria-posinset=${place.at + 1}>
    <button
      class="stop"
      data-key=${place.key}
      tabindex=${place.reachable ? "0" : "-1"}
      aria-label=${connected ? strings.get(status === "online" ? "person_online" : "person_offline", name) : name}
      aria-describedby=${bare ? nothing : `person-${id}`}
      @click=${opens(place)}
    >
      <gchat-avatar .name=${name} .picture=${picture} .status=${connected ? status : null}></gchat-avatar>
      <span class="name clip" dir="auto">${name}</span>
    </button>
    ${bare
      ? nothing
      : html`<span class="about clip" id="person-${id}"
          >${teacher ? html`<span class="teacher">${strings.get("teacher")}</span> ` : nothing}<bdi>${circles.join(", ")}</bdi></span
        >`}
  </li>`;
}

/** Where it was said, when, by whom, and what stands around the words that are looked for, which are marked. */
export function hitTemplate(hit: HitView, place: Place, { strings, now }: Pick<EntryLook, "strings" | "now">, text: string): TemplateResult {
  const { conversation, kind, title, seq, mine, name, sentAt } = hit;
  const id = `hit-${conversation}-${seq}`;
  const who = mine ? strings.get("you") : kind === "direct" ? "" : name;
  return html`<li class="row" aria-setsize=${place.size} aria-posinset=${place.at + 1}>
    <button class="stop" data-key=${place.key} tabindex=${place.reachable ? "0" : "-1"} aria-label=${title} aria-describedby=${id} @click=${opens(place)}>
      <gchat-avatar .name=${title} .kind=${kind}></gchat-avatar>
      <span class="name clip" dir="auto">${title}</span>
    </button>
    <time class="when" dir="auto" datetime=${new Date(sentAt).toISOString()}>${shortTime(sentAt, now, strings)}</time>
    <span class="about clip" id=${id}
      >${who === "" ? nothing : html`<bdi>${who}</bdi>: `}<bdi>${marked(hit.text, text)}</bdi><span class="out-of-sight">, ${fullTime(sentAt, strings)}</span></span
    >
  </li>`;
}

/** The text on one line, with what begins with a word that is looked for in `<mark>`. */
function marked(text: string, sought: string): (string | TemplateResult)[] {
  const words = folded(sought).split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  return oneLine(text, "ends")
    .split(/([\p{L}\p{N}\p{M}]+)/u)
    .map((part, at) => (at % 2 === 1 && words.some((word) => isFound(folded(part), word)) ? html`<mark>${part}</mark>` : part));
}

/** A word by its beginning; what is written without spaces by any part. */
function isFound(part: string, word: string): boolean {
  return /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u.test(word)
    ? part.includes(word)
    : part.startsWith(word);
}

function opens({ open }: Place): (event: Event) => void {
  return (event) => { open(event.currentTarget as HTMLElement); };
}
