/**
 * Asking for a conversation's messages: the first page, older ones, what is missing, and what to do when the answer
 * does not come. Must not know what a page does to the state: see talk.ts.
 */
import type { Requests } from "./requests.js";
import type { Question } from "./requests.js";
import { talkOf } from "./state.js";
import type { State } from "./state.js";
import type { ConversationId, Seq } from "./view.js";

export type HistoryQuestion = Extract<Question, { kind: "history" }>;

export interface HistoryParts {
  requests: Requests;
  state(): State;
  /** The windows that are open, as the person sees it. */
  open(): readonly ConversationId[];
  changed(conversation: ConversationId): void;
}

export class History {
  readonly #parts: HistoryParts;
  readonly #late = new Set<ConversationId>();

  constructor(parts: HistoryParts) {
    this.#parts = parts;
  }

  /** Conversations whose answer is late. */
  get late(): ReadonlySet<ConversationId> {
    return this.#late;
  }

  /** Open conversations whose first answer is awaited. */
  get unloaded(): ReadonlySet<ConversationId> {
    const state = this.#parts.state();
    return new Set(this.#parts.open().filter((conversation) => !talkOf(state, conversation).loaded));
  }

  askFirst(): void {
    for (const conversation of this.unloaded) this.#ask(conversation, "newest", 0);
  }

  askAfter(conversation: ConversationId, seq: Seq): void {
    this.#ask(conversation, "after", seq);
  }

  /** The person wants older ones, or those that have not come. */
  askOlder(conversation: ConversationId): void {
    if (this.#late.delete(conversation)) this.#parts.changed(conversation);
    const { loaded, messages } = talkOf(this.#parts.state(), conversation);
    if (!loaded) this.askFirst();
    else if (messages[0] !== undefined) this.#ask(conversation, "before", messages[0].seq);
  }

  again(question: HistoryQuestion): void {
    this.#parts.requests.ask(question, this.#parts.state().limits.history_page);
  }

  /** Given up. What is missing in the middle is asked for again; else the person can. */
  cameNot(question: HistoryQuestion): void {
    if (question.asked === "after") {
      this.again(question);
      return;
    }
    this.#late.add(question.conversation);
    this.#parts.changed(question.conversation);
  }

  came(conversation: ConversationId): void {
    this.#late.delete(conversation);
  }

  /** The line was lost: everything is asked for anew. */
  clear(): void {
    this.#late.clear();
  }

  #ask(conversation: ConversationId, asked: HistoryQuestion["asked"], seq: Seq): void {
    this.again({ kind: "history", conversation, asked, seq });
  }
}
