/**
 * Asking for a conversation's messages: the first page, what is missing, what a page shows of long ago, and what to do
 * when the answer does not come. Must not know what a page or changes do to the state: see talk.ts.
 */
import type { Message, Server } from "../net/protocol.js";
import { kindOf } from "../net/protocol.js";
import { keyOf } from "./present.js";
import type { Question } from "./requests.js";
import { talkOf, windowOf } from "./state.js";
import type { State, Step } from "./state.js";
import type { ConversationId, MessageView, Seq, Update } from "../view.js";

/** So many of the older messages that pages show are known by conversation: of one's own, and for what is wished of them. */
const TOLD_MOST = 800;

export type PageQuestion = Extract<Question, { kind: "page" }>;
type Asked = Extract<Question, { kind: "first" | "changes" | "page" }>;

export interface HistoryParts {
  me: number;
  /** True if the answer is awaited now. */
  ask(question: Asked): boolean;
  /** Whether a page awaits messages of this conversation. */
  awaited(conversation: ConversationId): boolean;
  state(): State;
  /** The windows that are open, as the person sees it. */
  open(): readonly ConversationId[];
  changed(conversation: ConversationId): void;
  present(conversation: ConversationId, messages: readonly Message[]): MessageView[];
  post(update: Update): void;
}

export class History {
  readonly #parts: HistoryParts;
  readonly #late = new Set<ConversationId>();
  /** What has changed while a page is awaited, which may have been read before. */
  readonly #since = new Map<ConversationId, Map<Seq, Message>>();
  /** The messages that went to pages and are not in the state, by seq, and as they were told. */
  readonly #told = new Map<ConversationId, Map<Seq, { message: Message; told: MessageView | undefined }>>();

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

  /** Of a room when the server has it open: what comes between answer and opening would be told to nobody. */
  askFirst(): void {
    const state = this.#parts.state();
    for (const conversation of this.unloaded) {
      const waits = kindOf(conversation) === "room" && windowOf(state, conversation)?.state !== "open";
      if (!waits) this.again({ kind: "first", conversation });
    }
  }

  /** What comes after the position. */
  askChanges(conversation: ConversationId): void {
    const { loaded, rev, last } = talkOf(this.#parts.state(), conversation);
    if (loaded) this.#parts.ask({ kind: "changes", conversation, rev, seq: last });
  }

  /** Of all open windows: nobody else would tell that the last change was lost on its way. */
  check(): void {
    for (const conversation of this.#parts.open()) this.askChanges(conversation);
  }

  /** The person wants those that have not come. */
  askFirstAgain(conversation: ConversationId): void {
    if (this.#late.delete(conversation)) this.#parts.changed(conversation);
    this.askFirst();
  }

  again(question: Asked): void {
    if (question.kind === "changes") this.askChanges(question.conversation);
    else if (!this.#parts.ask(question) && question.kind === "page") this.#answer(question, null, true);
  }

  /** What a page asked for goes to that page. */
  answerPage(question: PageQuestion, { messages, more }: Pick<Server<"history">, "messages" | "more">): void {
    const { conversation } = question;
    const since = this.#since.get(conversation);
    const now = messages.map((message) => {
      const changed = since?.get(message.seq);
      return changed !== undefined && changed.rev > message.rev ? changed : message;
    });
    if (!this.#parts.awaited(conversation)) this.#since.delete(conversation);
    this.#answer(question, now, more);
  }

  /** Given up. What is missing is asked for again; else the person can. */
  cameNot(question: Asked): void {
    if (question.kind === "page") this.#answer(question, null, true);
    else if (question.kind === "changes") this.askChanges(question.conversation);
    else {
      this.#late.add(question.conversation);
      this.#parts.changed(question.conversation);
    }
  }

  came(conversation: ConversationId): void {
    this.#late.delete(conversation);
  }

  /** Messages have changed: older ones than the state has are told to the pages that show them. */
  follow(rows: Step["rows"]): void {
    for (const conversation of new Set(rows.map((row) => row.conversation))) {
      const changed = rows.filter((row) => row.conversation === conversation).map(({ message }) => message);
      if (this.#parts.awaited(conversation)) {
        const since = this.#since.get(conversation) ?? new Map<Seq, Message>();
        for (const message of changed) since.set(message.seq, message);
        this.#since.set(conversation, since);
      }
      const { messages, last, loaded } = talkOf(this.#parts.state(), conversation);
      const first = messages[0]?.seq ?? last + 1;
      const older = loaded ? changed.filter(({ seq }) => seq < first) : [];
      if (older.length > 0) this.#tell(conversation, older);
    }
  }

  /** What the person has asked for of older messages is shown on them. */
  wished(): void {
    for (const [conversation, known] of this.#told) {
      const messages = [...known.values()].map(({ message }) => message);
      const views = this.#parts.present(conversation, messages);
      const different = messages.filter(({ seq }, at) => known.get(seq)?.told !== views[at]);
      if (different.length > 0) this.#tell(conversation, different);
    }
  }

  /** The message with this key, in the state or on a page. */
  message(conversation: ConversationId, key: string): Message | undefined {
    const { messages } = talkOf(this.#parts.state(), conversation);
    const named = (message: Message): boolean => keyOf(message, this.#parts.me) === key;
    return messages.find(named) ?? [...(this.#told.get(conversation)?.values() ?? [])].find(({ message }) => named(message))?.message;
  }

  /** One that the state may not have. */
  found(conversation: ConversationId, seq: Seq): Message | undefined {
    return this.#told.get(conversation)?.get(seq)?.message;
  }

  /** The server has said which reactions of an older message are the user's own. */
  reacted(conversation: ConversationId, seq: Seq, mine: string[]): void {
    const message = this.found(conversation, seq);
    if (message !== undefined) this.#tell(conversation, [{ ...message, mine }]);
  }

  /** Nobody shows others any more. */
  keepOnly(shown: ReadonlySet<ConversationId>): void {
    for (const conversation of this.#told.keys()) if (!shown.has(conversation)) this.forget(conversation);
  }

  /** What was told of this conversation is void. */
  forget(conversation: ConversationId): void {
    this.#told.delete(conversation);
    this.#since.delete(conversation);
  }

  /** The connection was lost: everything is asked for anew. */
  clear(): void {
    this.#late.clear();
    this.#since.clear();
  }

  /** Nothing may stay. */
  empty(): void {
    this.clear();
    this.#told.clear();
  }

  #answer({ conversation, request }: PageQuestion, messages: readonly Message[] | null, more: boolean): void {
    const views = messages === null ? null : this.#presented(conversation, messages);
    this.#parts.post({ kind: "page", page: { conversation, request, messages: views, more } });
  }

  #tell(conversation: ConversationId, messages: readonly Message[]): void {
    this.#parts.post({ kind: "rewritten", conversation, messages: this.#presented(conversation, messages) });
  }

  #presented(conversation: ConversationId, messages: readonly Message[]): MessageView[] {
    const views = this.#parts.present(conversation, messages);
    const known = this.#told.get(conversation) ?? new Map<Seq, { message: Message; told: MessageView | undefined }>();
    messages.forEach((message, at) => {
      known.delete(message.seq);
      known.set(message.seq, { message, told: views[at] });
    });
    for (const seq of known.keys()) if (known.size > TOLD_MOST) known.delete(seq);
    this.#told.set(conversation, known);
    return views;
  }
}
