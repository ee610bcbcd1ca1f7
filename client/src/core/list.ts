/**
 * The list of conversations: when its pages are asked for, what is asked because no frame has told it, and the list by a
 * filter. What an answer does to it is in listing.ts, what the elements hear in listed.ts.
 *
 * Nothing is asked before a page has shown the list. One question of each kind at a time; of several filters the latest.
 */
import type { DockWindow, ListEntry, Server, ServerFrame } from "../net/protocol.js";
import { only, withAsked, withFirstPage, withFrame, withPage, withSifted } from "./listing.js";
import type { Listing } from "./held-list.js";
import type { Question } from "./requests.js";
import type { State, Step } from "./state.js";
import type { ConversationId, ListFilter } from "../view.js";
import { hasWords } from "../words.js";

/** No page is loaded beyond so many: those further down are found by their names. */
export const LIST_MOST = 5_000;
/** So many conversations are asked for at once (the contract). */
const ASKED_MOST = 20;

/** So many that filters have told are kept in step, and of so many filters it is known where their next page begins. */
const TOLD_MOST = 500;
const FILTERS_MOST = 20;

type SiftQuestion = Extract<Question, { kind: "sift" }>;
type ListQuestion = Extract<Question, { kind: "list" | "entries" | "sift" }>;

export interface ListParts {
  state(): State;
  /** The state with this list. */
  set(listing: Listing): void;
  /** True if it is awaited now. */
  ask(question: ListQuestion): boolean;
  /** An answer to a filter; null: none has come. `append`: it is a further page. */
  sifted(filter: ListFilter, conversations: readonly ConversationId[] | null, more: boolean, append: boolean): void;
}

export class List {
  readonly #parts: ListParts;
  /** A page has shown it. */
  #wanted = false;
  /** The next page is wished for. */
  #more = false;
  /** What came up since the first page was asked for; null: none is to come. */
  #topped: Set<ConversationId> | null = null;
  /** The first page is to be asked for again, once its answer is there. */
  #again = false;
  /** Only the server can tell of these; true: they stand at the top. */
  #asks = new Map<ConversationId, boolean>();
  /** Those of them that are awaited. */
  #asked: ReadonlyMap<ConversationId, boolean> | null = null;
  /** The latest wish of each form of filter. */
  readonly #wishes = new Map<string, { filter: ListFilter; more: boolean }>();
  /** Where the next page of a filter begins. */
  readonly #nexts = new Map<string, string | null>();
  /** Told by filters, the latest at the end. */
  readonly #told = new Set<ConversationId>();
  #sifting: SiftQuestion | null = null;

  constructor(parts: ListParts) {
    this.#parts = parts;
  }

  get wanted(): boolean {
    return this.#wanted;
  }

  /** There is another page, and it may be loaded. */
  get more(): boolean {
    const { next, order } = this.#parts.state().listing;
    return next !== null && order.length < LIST_MOST;
  }

  /** Told by filters: they are kept in step as well. */
  get told(): ReadonlySet<ConversationId> {
    return this.#told;
  }

  /** A page shows it; `more`: also its next page. */
  show(more: boolean): void {
    const first = !this.#wanted;
    this.#wanted = true;
    if (more) this.#more = true;
    if (first) this.askFirst();
    else this.#go();
  }

  /** The list begins anew where it is shown: whatever could not be told meanwhile is then in it. */
  askFirst(): void {
    if (!this.#wanted || !this.#takes()) return;
    if (this.#topped !== null) this.#again = true;
    else if (this.#parts.ask({ kind: "list", next: null })) this.#topped = new Set();
  }

  sift(filter: ListFilter, more: boolean): void {
    const { text, unread, archived } = filter;
    const cut = text === undefined ? {} : { text: Array.from(text).slice(0, 100).join("") };
    this.#wish({ ...(unread === true ? { unread } : {}), ...(archived === true ? { archived } : {}), ...cut }, more);
  }

  /** The connection is there. */
  online(): void {
    this.askFirst();
    this.#go();
    this.#goSift();
  }

  /** Nothing that was asked will be answered. */
  offline(): void {
    this.#topped = null;
    this.#again = false;
    this.#unasked();
    if (this.#sifting !== null) this.again(this.#sifting);
  }

  /** Nothing may stay that somebody could be shown. */
  empty(): void {
    this.#wishes.clear();
    this.#nexts.clear();
    this.#told.clear();
    this.#asks.clear();
  }

  /** What a frame has done to the list; `step` is what it did to all else. */
  follow(before: State, step: Step, frame?: ServerFrame): Listing {
    const { listing, asks, topped } = withFrame(before, step, frame);
    if (!this.#wanted) return listing;
    for (const conversation of topped) this.#topped?.add(conversation);
    for (const [conversation, top] of asks) this.#asks.set(conversation, top || this.#asks.get(conversation) === true);
    if (this.#asks.size > 0) queueMicrotask(() => { this.#go(); });
    return listing;
  }

  came(question: ListQuestion, answer: Server<"list">): void {
    const { listing } = this.#parts.state();
    const { conversations, next } = answer;
    if (question.kind === "sift") {
      this.#siftCame(question, conversations, next);
      return;
    }
    if (question.kind === "entries") {
      const asked = this.#asked ?? new Map<ConversationId, boolean>();
      this.#asked = null;
      this.#set(withAsked(listing, asked, conversations));
    } else if (question.next === null) {
      this.#set(withFirstPage(listing, answer, this.#topped ?? []));
      this.#topped = null;
      if (this.#again) {
        this.#again = false;
        this.askFirst();
      }
    } else if (question.next === listing.next) this.#set(withPage(listing, answer));
    else this.#more = true; // the list has begun anew
    this.#go();
  }

  /** No answer has come; `final`: none will. */
  cameNot(question: ListQuestion, final: boolean): void {
    if (question.kind === "sift") {
      this.#sifting = null;
      if (!this.#wishes.has(formOf(question.filter))) this.#parts.sifted(question.filter, null, false, question.next !== null);
      this.#goSift();
      return;
    }
    if (question.kind === "entries") {
      if (final) this.#asked = null;
      else this.#unasked();
    } else if (question.next === null) {
      this.#topped = null;
      if (!final) this.askFirst();
    } else if (!final) this.#more = true;
    if (!final) this.#go();
  }

  /** The server could not answer just now; some time has passed. */
  again(question: ListQuestion): void {
    if (question.kind !== "sift") {
      this.cameNot(question, false);
      return;
    }
    this.#sifting = null;
    const { filter, next } = question;
    if (!this.#wishes.has(formOf(filter))) this.#wish(filter, next !== null);
    else this.#goSift();
  }

  #takes(): boolean {
    return this.#parts.state().features.includes("list");
  }

  #set(listing: Listing): void {
    this.#parts.set(only(listing, this.told));
  }

  #unasked(): void {
    for (const [conversation, top] of this.#asked ?? []) this.#asks.set(conversation, top || this.#asks.get(conversation) === true);
    this.#asked = null;
  }

  /** Asks for what is missing, behind the first page. */
  #go(): void {
    const { listing } = this.#parts.state();
    if (!this.#takes() || this.#topped !== null || !listing.known) return;
    if (this.#asks.size > 0 && this.#asked === null) {
      const asked = new Map([...this.#asks].slice(0, ASKED_MOST));
      if (this.#parts.ask({ kind: "entries", conversations: [...asked.keys()] })) {
        this.#asked = asked;
        for (const conversation of asked.keys()) this.#asks.delete(conversation);
      }
    }
    if (this.#more && listing.next === "") this.askFirst();
    else if (this.#more) this.#more = this.more && !this.#parts.ask({ kind: "list", next: listing.next });
  }

  #wish(filter: ListFilter, more: boolean): void {
    this.#wishes.set(formOf(filter), { filter, more });
    this.#goSift();
  }

  #goSift(): void {
    if (this.#sifting !== null || this.#parts.state().epoch === null) return;
    for (const [form, { filter, more }] of this.#wishes) {
      const next = more ? (this.#nexts.get(JSON.stringify(filter)) ?? null) : null;
      const question: SiftQuestion = { kind: "sift", filter, next };
      if (!this.#takes()) this.#parts.sifted(filter, this.#windows(filter), false, false);
      else if (this.#parts.ask(question)) this.#sifting = question;
      else return;
      this.#wishes.delete(form);
      if (this.#sifting !== null) return;
    }
  }

  /** Of a server that has no list, the dock. */
  #windows({ unread, archived, text = "" }: ListFilter): ConversationId[] {
    if (archived === true) return [];
    const wanted = (window: DockWindow): boolean =>
      (unread !== true || (window.kind === "room" ? (window.mentions ?? 0) : window.unread) > 0) &&
      hasWords(window.kind === "direct" ? window.contact.name : window.title, text);
    return this.#parts.state().windows.filter(wanted).map(({ conversation }) => conversation);
  }

  #siftCame({ filter, next: asked }: SiftQuestion, answered: readonly ListEntry[], next: string | null): void {
    this.#sifting = null;
    // A newer wish is on its way: this answer would only flicker.
    if (!this.#wishes.has(formOf(filter))) {
      for (const { conversation } of answered) {
        this.#told.delete(conversation);
        this.#told.add(conversation);
      }
      for (const conversation of this.#told) if (this.#told.size > TOLD_MOST) this.#told.delete(conversation);
      this.#nexts.set(JSON.stringify(filter), next);
      for (const other of this.#nexts.keys()) if (this.#nexts.size > FILTERS_MOST) this.#nexts.delete(other);
      this.#set(withSifted(this.#parts.state().listing, answered));
      const conversations = answered.map(({ conversation }) => conversation);
      this.#parts.sifted(filter, conversations, next !== null, asked !== null);
    }
    this.#goSift();
  }
}

/** Filters of one form replace each other: what is typed is one, whatever it is. */
function formOf({ text, ...filter }: ListFilter): string {
  return JSON.stringify({ ...filter, text: text !== undefined });
}
