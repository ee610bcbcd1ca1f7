/**
 * Questions that the server answers by number: messages, changes, lists and searches. Owns what is asked and not yet answered,
 * so that nothing is asked twice at once and every answer finds its question.
 */
import type { Cancel, Clock } from "../clock.js";
import type { ClientFrame, FlagWish } from "../net/protocol.js";
import type { ConversationId, ListFilter, Seq, UserId } from "../view.js";

/** Messages in one page that a person sees come. */
export const PAGE_MESSAGES = 50;
const SEARCH_PEOPLE = 50;
const ROOMS = 100;
const FOUND = 20;
/** Conversations in one page of the list. */
export const LIST_PAGE = 50;
/** A question without an answer for so long is given up. */
export const LATE_MS = 10_000;

/** What was asked. */
export type Question =
  /** The first page: the newest messages. */
  | { kind: "first"; conversation: ConversationId }
  /** What has changed since the position, which is `rev`; the last message held is `seq`. */
  | { kind: "changes"; conversation: ConversationId; rev: number; seq: Seq }
  /** One message that is quoted. */
  | { kind: "quote"; conversation: ConversationId; seq: Seq }
  /** What a page shows and the core does not hold; `request` is the page's own. */
  | { kind: "page"; conversation: ConversationId; asked: "before" | "after"; seq: Seq; request: number }
  /** Who is in a group; with `users` who of them was ever in the conversation. */
  | { kind: "members"; conversation: ConversationId; users?: UserId[] }
  | { kind: "rooms"; next: string | null }
  /** A page of the list of conversations. */
  | { kind: "list"; next: string | null }
  /** These conversations of it, as they are now. */
  | { kind: "entries"; conversations: ConversationId[] }
  /** A page of the list by a filter. */
  | { kind: "sift"; filter: ListFilter; next: string | null }
  /** What is to be set; `act` is the core's own. */
  | { kind: "flag"; act: number; wish: FlagWish }
  | { kind: "search"; text: string; next: string | null }
  /** Messages; `act` is the asking page's. */
  | { kind: "find"; act: number; text: string; next: string | null };

/** The conversation that the question is about. */
export function aboutWhich(question: Question): ConversationId | undefined {
  return "conversation" in question ? question.conversation : undefined;
}

export class Requests {
  readonly #open = new Map<number, { question: Question; cancel: Cancel }>();
  readonly #send: (frame: ClientFrame) => boolean;
  readonly #clock: Clock;
  readonly #late: (question: Question) => void;
  #last = 0;

  /** `late` hears of each question that is given up. */
  constructor(send: (frame: ClientFrame) => boolean, clock: Clock, late: (question: Question) => void) {
    this.#send = send;
    this.#clock = clock;
    this.#late = late;
  }

  /** Asks, unless the same is awaited already (but for pages, which are different pages' own). True if it is awaited now. */
  ask(question: Question, historyPage: number): boolean {
    for (const { question: open } of this.#open.values()) {
      if (open.kind === "search" && question.kind === "search") return false;
      if (sameQuestion(open, question)) return true;
    }
    const request = this.#last + 1;
    if (!this.#send(frameOf(request, question, historyPage))) return false;
    this.#last = request;
    const cancel = this.#clock.after(LATE_MS, () => {
      this.#open.delete(request);
      this.#late(question);
    });
    this.#open.set(request, { question, cancel });
    return true;
  }

  /** The question that this answers, which is thereby closed. */
  answered(request: number | undefined): Question | undefined {
    if (request === undefined) return undefined;
    const open = this.#open.get(request);
    this.#open.delete(request);
    open?.cancel();
    return open?.question;
  }

  /** Whether a page awaits messages of this conversation. */
  pages(conversation: ConversationId): boolean {
    return [...this.#open.values()].some(({ question }) => question.kind === "page" && question.conversation === conversation);
  }

  /** Whether the same is awaited already. */
  awaits(question: Question): boolean {
    return [...this.#open.values()].some(({ question: open }) => sameQuestion(open, question));
  }

  /** The copy was dropped: what was asked on it is void. */
  forget(conversation: ConversationId): void {
    for (const [request, { question, cancel }] of this.#open) {
      if (question.kind === "members" || aboutWhich(question) !== conversation) continue;
      cancel();
      this.#open.delete(request);
    }
  }

  /** The connection was lost; nothing will be answered. */
  clear(): void {
    for (const { cancel } of this.#open.values()) cancel();
    this.#open.clear();
  }
}

/** Of other kinds each question is its own. */
const REPEATED: ReadonlySet<Question["kind"]> = new Set(["first", "changes", "quote", "rooms", "list"]);

function sameQuestion(one: Question, other: Question): boolean {
  if (one.kind !== other.kind || !REPEATED.has(one.kind)) return false;
  if (aboutWhich(one) !== aboutWhich(other)) return false;
  if (one.kind === "list") return other.kind === "list" && one.next === other.next;
  return one.kind !== "quote" || (other.kind === "quote" && one.seq === other.seq);
}

function frameOf(request: number, question: Question, historyPage: number): ClientFrame {
  if (question.kind === "search") {
    return { type: "search", request, text: question.text, next: question.next, limit: SEARCH_PEOPLE };
  }
  if (question.kind === "find") return { type: "find", request, text: question.text, next: question.next, limit: FOUND };
  if (question.kind === "list") return { type: "list", request, limit: LIST_PAGE, next: question.next };
  if (question.kind === "sift") return { type: "list", request, limit: LIST_PAGE, next: question.next, ...question.filter };
  if (question.kind === "entries") return { type: "list", request, limit: LIST_PAGE, conversations: question.conversations };
  if (question.kind === "flag") return { type: "flag", request, ...question.wish };
  if (question.kind === "rooms") return { type: "rooms", request, next: question.next, limit: ROOMS };
  const { conversation } = question;
  // One that somebody waits for is small.
  const limit = Math.min(PAGE_MESSAGES, historyPage);
  switch (question.kind) {
    case "first":
      return { type: "history", request, conversation, limit };
    case "changes":
      return { type: "changes", request, conversation, rev: question.rev, seq: question.seq, limit: historyPage };
    case "members":
      return { type: "members", request, conversation, ...(question.users === undefined ? {} : { users: question.users }) };
    case "quote":
      return { type: "history", request, conversation, before: question.seq + 1, limit: 1 };
    case "page":
      return question.asked === "before"
        ? { type: "history", request, conversation, before: question.seq, limit }
        : { type: "history", request, conversation, after: question.seq, limit };
  }
}
