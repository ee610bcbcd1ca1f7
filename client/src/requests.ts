/**
 * Questions that the server answers by number: pages of history and searches. Owns what is asked and not yet
 * answered, so that nothing is asked twice at once and every answer finds its question.
 */
import type { Cancel, Clock } from "./clock.js";
import type { ClientFrame } from "./protocol.js";
import type { Page } from "./talk.js";
import type { ConversationId, Seq } from "./view.js";

/** Messages in one page that a person sees come. */
export const PAGE_MESSAGES = 50;
const SEARCH_PEOPLE = 50;
/** A question without an answer for so long is given up. */
export const LATE_MS = 10_000;

/** What was asked. */
export type Question =
  | { kind: "history"; conversation: ConversationId; asked: Page["asked"]; seq: Seq }
  /** What a page shows and the core does not hold; `request` is the page's own. */
  | { kind: "page"; conversation: ConversationId; asked: "before" | "after"; seq: Seq; request: number }
  | { kind: "search"; text: string; next: string | null };

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

  /** Asks, unless the same kind of page or a search is awaited already. True if it is awaited now. */
  ask(question: Question, historyPage: number): boolean {
    for (const { question: open } of this.#open.values()) {
      if (open.kind === "search" && question.kind === "search") return false;
      if (open.kind !== "history" || question.kind !== "history") continue;
      if (open.conversation === question.conversation && open.asked === question.asked) return true;
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

  /** The copy was dropped: what was asked on it is void. */
  forget(conversation: ConversationId): void {
    for (const [request, { question, cancel }] of this.#open) {
      if (question.kind === "search" || question.conversation !== conversation) continue;
      cancel();
      this.#open.delete(request);
    }
  }

  /** The line was lost; nothing will be answered. */
  clear(): void {
    for (const { cancel } of this.#open.values()) cancel();
    this.#open.clear();
  }
}

function frameOf(request: number, question: Question, historyPage: number): ClientFrame {
  if (question.kind === "search") {
    return { type: "search", request, text: question.text, next: question.next, limit: SEARCH_PEOPLE };
  }
  const { conversation, asked, seq } = question;
  const page = Math.min(PAGE_MESSAGES, historyPage);
  switch (asked) {
    case "newest":
      return { type: "history", request, conversation, limit: page };
    case "before":
      return { type: "history", request, conversation, before: seq, limit: page };
    case "after":
      // What is missing is fetched in large pages; one that somebody waits for is small.
      return { type: "history", request, conversation, after: seq, limit: question.kind === "page" ? page : historyPage };
  }
}
