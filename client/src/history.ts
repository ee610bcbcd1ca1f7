/**
 * Asking for a conversation's messages: the first page, what is missing, what a page shows of long ago, and what to do
 * when the answer does not come. Must not know what a page does to the state: see talk.ts.
 */
import { presentMessage } from "./present.js";
import type { Message, Server } from "./protocol.js";
import type { Requests } from "./requests.js";
import type { Question } from "./requests.js";
import { talkOf } from "./state.js";
import type { State } from "./state.js";
import type { ConversationId, Seq, Update } from "./view.js";

type Page = Pick<Server<"history">, "first_seq" | "seq" | "messages" | "more">;

export type HistoryQuestion = Extract<Question, { kind: "history" }>;
export type PageQuestion = Extract<Question, { kind: "page" }>;

export interface HistoryParts {
  requests: Requests;
  state(): State;
  /** The windows that are open, as the person sees it. */
  open(): readonly ConversationId[];
  changed(conversation: ConversationId): void;
  post(update: Update): void;
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

  /** The person wants those that have not come. */
  askFirstAgain(conversation: ConversationId): void {
    if (this.#late.delete(conversation)) this.#parts.changed(conversation);
    this.askFirst();
  }

  again(question: HistoryQuestion | PageQuestion): void {
    const asked = this.#parts.requests.ask(question, this.#parts.state().limits.history_page);
    if (!asked && question.kind === "page") this.#answer(question, null, true);
  }

  /** What a page asked for goes to that page, and is not kept here. */
  answerPage(question: PageQuestion, { first_seq: first, seq: head, messages, more: told }: Page): void {
    const last = messages.at(question.asked === "before" ? 0 : -1)?.seq;
    // A server from before this client does not tell.
    const more = told ?? (last !== undefined && (question.asked === "before" ? last > first : last < head));
    this.#answer(question, messages, more);
  }

  /** Given up. What is missing in the middle is asked for again; else the person can. */
  cameNot(question: HistoryQuestion | PageQuestion): void {
    if (question.kind === "page") {
      this.#answer(question, null, true);
      return;
    }
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

  #answer({ conversation, request }: PageQuestion, messages: readonly Message[] | null, more: boolean): void {
    const { me } = this.#parts.state();
    const shown = messages?.map((message) => presentMessage(message, me)) ?? null;
    this.#parts.post({ kind: "page", page: { conversation, request, messages: shown, more } });
  }

  #ask(conversation: ConversationId, asked: HistoryQuestion["asked"], seq: Seq): void {
    this.again({ kind: "history", conversation, asked, seq });
  }
}
