/**
 * The messages that others quote: each is a run of one, fetched when a page shows a quote, and followed as long as it is
 * among the last that were asked for. Pages are told a message again whenever it looks different.
 */
import type { Message } from "../net/protocol.js";
import { talkOf } from "./state.js";
import type { State, Step } from "./state.js";
import type { ConversationId, MessageView, Seq, Update } from "../view.js";

/** So many quoted messages are held of one conversation: what two pages can show at different places of it. */
export const QUOTES_MOST = 400;

interface Quote {
  /** As fetched, or changed since; null: it is not there; undefined: awaited, or in the state. */
  message: Message | null | undefined;
  /** As it was told last. */
  told: MessageView | null | undefined;
}

export interface QuotesParts {
  state(): State;
  /** Asks for one message, unless it is awaited. Where that may not be now, `askAgain` is called when it may. */
  ask(conversation: ConversationId, seq: Seq): void;
  present(conversation: ConversationId, messages: readonly Message[]): MessageView[];
  post(update: Update): void;
}

export class Quotes {
  readonly #parts: QuotesParts;
  readonly #quotes = new Map<ConversationId, Map<Seq, Quote>>();

  constructor(parts: QuotesParts) {
    this.#parts = parts;
  }

  /** A page shows this message as a quote: it is told now, or when it has come. */
  want(conversation: ConversationId, seq: Seq): void {
    const quotes = this.#quotes.get(conversation) ?? new Map<Seq, Quote>();
    this.#quotes.set(conversation, quotes);
    const message = quotes.get(seq)?.message;
    // The latest asked for are at the end.
    quotes.delete(seq);
    quotes.set(seq, { message, told: undefined });
    for (const oldest of quotes.keys()) if (quotes.size > QUOTES_MOST) quotes.delete(oldest);
    this.#tell(conversation, seq);
    if (this.#now(conversation, seq) === undefined) this.#parts.ask(conversation, seq);
  }

  /** The answer. A change that came before it was newer. */
  came(conversation: ConversationId, seq: Seq, message: Message | null): void {
    const quote = this.#quotes.get(conversation)?.get(seq);
    if (quote === undefined) return;
    if (quote.message === undefined || quote.message === null || (message?.rev ?? -1) > quote.message.rev) quote.message = message;
    this.#tell(conversation, seq);
  }

  /** Messages have changed. */
  follow(rows: Step["rows"]): void {
    for (const { conversation, message } of rows) {
      const quote = this.#quotes.get(conversation)?.get(message.seq);
      if (quote !== undefined && message.rev > (quote.message?.rev ?? -1)) quote.message = message;
    }
    this.tell();
  }

  /** Tells what looks different. */
  tell(): void {
    for (const [conversation, quotes] of this.#quotes) for (const seq of quotes.keys()) this.#tell(conversation, seq);
  }

  /** Asks for what is not known, the last asked for first: the connection is there, or what was held is void. */
  askAgain(): void {
    for (const [conversation, quotes] of this.#quotes) {
      for (const seq of [...quotes.keys()].reverse()) if (this.#now(conversation, seq) === undefined) this.#parts.ask(conversation, seq);
    }
  }

  /** What was held of the conversation is void. */
  drop(conversation: ConversationId): void {
    for (const quote of this.#quotes.get(conversation)?.values() ?? []) quote.message = undefined;
  }

  /** Nobody shows them any more. */
  keepOnly(shown: ReadonlySet<ConversationId>): void {
    for (const conversation of this.#quotes.keys()) if (!shown.has(conversation)) this.#quotes.delete(conversation);
  }

  #now(conversation: ConversationId, seq: Seq): Message | null | undefined {
    const held = talkOf(this.#parts.state(), conversation).messages.find((message) => message.seq === seq);
    return held ?? this.#quotes.get(conversation)?.get(seq)?.message;
  }

  #tell(conversation: ConversationId, seq: Seq): void {
    const quote = this.#quotes.get(conversation)?.get(seq);
    const message = this.#now(conversation, seq);
    if (quote === undefined || message === undefined) return;
    const view = message === null ? null : (this.#parts.present(conversation, [message])[0] ?? null);
    if (view === quote.told) return;
    quote.told = view;
    this.#parts.post({ kind: "quoted", conversation, seq, message: view });
  }
}
