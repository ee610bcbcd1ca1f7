/**
 * Questions that the server answers by number: pages of history and searches. Owns what is asked and not yet
 * answered, so that nothing is asked twice at once and every answer finds its question.
 */
import type { ClientFrame } from "./protocol.js";
import type { Page } from "./talk.js";
import type { ConversationId, Seq } from "./view.js";

/** Messages in one page that a person sees come. */
export const PAGE_MESSAGES = 50;
const SEARCH_PEOPLE = 50;

/** What was asked. */
export type Question =
  | { kind: "history"; conversation: ConversationId; asked: Page["asked"]; seq: Seq }
  | { kind: "search"; text: string; next: string | null };

export class Requests {
  readonly #open = new Map<number, Question>();
  readonly #send: (frame: ClientFrame) => boolean;
  #last = 0;

  constructor(send: (frame: ClientFrame) => boolean) {
    this.#send = send;
  }

  /** Asks, unless the same kind of page or a search is awaited already. True if it is awaited now. */
  ask(question: Question, historyPage: number): boolean {
    for (const open of this.#open.values()) {
      if (open.kind === "search" && question.kind === "search") return false;
      if (open.kind !== "history" || question.kind !== "history") continue;
      if (open.conversation === question.conversation && open.asked === question.asked) return true;
    }
    const request = this.#last + 1;
    if (!this.#send(frameOf(request, question, historyPage))) return false;
    this.#last = request;
    this.#open.set(request, question);
    return true;
  }

  /** The question that this answers, which is thereby closed. */
  answered(request: number | undefined): Question | undefined {
    if (request === undefined) return undefined;
    const question = this.#open.get(request);
    this.#open.delete(request);
    return question;
  }

  /** The line was lost; nothing will be answered. */
  clear(): void {
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
      return { type: "history", request, conversation, after: seq, limit: historyPage };
  }
}
