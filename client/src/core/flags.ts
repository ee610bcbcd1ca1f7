/**
 * What a person sets of a conversation for themselves: pinned, muted, archived. A direct question, answered to the page that
 * asked. It is asked again on another connection: what it names is set, and setting it twice is setting it once. To archive
 * is to archive what was known when the person said so.
 */
import type { Cancel, Clock } from "../clock.js";
import { PATIENCE_MS } from "./acts.js";
import type { Feature, FlagWish, Server } from "../net/protocol.js";
import type { Question } from "./requests.js";
import type { Command, ConversationId, Seq, Update } from "../view.js";

type FlagQuestion = Extract<Question, { kind: "flag" }>;
type FlagCommand = Extract<Command, { kind: "flag" }>;

export interface FlagsParts {
  clock: Clock;
  takes(feature: Feature): boolean;
  /** The newest message that is known of there. */
  newest(conversation: ConversationId): Seq | undefined;
  /** True if it is awaited now. */
  ask(question: FlagQuestion): boolean;
  post(update: Update): void;
}

export class Flags {
  readonly #parts: FlagsParts;
  /** What has no answer, in the order of asking. */
  readonly #open = new Map<FlagQuestion, Cancel | null>();

  constructor(parts: FlagsParts) {
    this.#parts = parts;
  }

  do({ act, conversation, pinned, archived, mutedUntil }: FlagCommand): void {
    const wish: FlagWish = { conversation };
    if (pinned !== undefined) wish.pinned = pinned;
    if (archived !== undefined) wish.archived = archived;
    const seq = archived === true ? this.#parts.newest(conversation) : undefined;
    if (seq !== undefined) wish.seq = seq;
    if (mutedUntil !== undefined) wish.muted_until = mutedUntil;
    const question: FlagQuestion = { kind: "flag", act, wish };
    this.#open.set(question, null);
    if (!this.#parts.takes("flags") || !this.#parts.ask(question)) this.done(question, "no_connection");
  }

  /** The connection is there: what has no answer is asked again. */
  online(): void {
    for (const question of this.#open.keys()) this.again(question);
  }

  again(question: FlagQuestion): void {
    if (this.#open.has(question)) this.#parts.ask(question);
  }

  /** `frame`: as it is now. */
  came(question: FlagQuestion, { archived }: Server<"flags">): void {
    // Something was written before the server heard of it, which had to take it out again.
    const isLate = question.wish.archived === true && archived !== true;
    this.done(question, isLate ? "newer_message" : undefined);
  }

  /** `code`: where it was refused. */
  done(question: FlagQuestion, code?: string): void {
    this.#open.get(question)?.();
    if (!this.#open.delete(question)) return;
    const { act, wish } = question;
    this.#parts.post({ kind: "done", act, conversation: wish.conversation, ...(code === undefined ? {} : { code }) });
  }

  refused(question: FlagQuestion, { final, code, retry_after_ms: wait = PATIENCE_MS }: Server<"error">): void {
    if (final || wait > PATIENCE_MS) this.done(question, code);
    else if (this.#open.has(question)) this.#open.set(question, this.#parts.clock.after(wait, () => { this.again(question); }));
  }

  /** None will be answered. */
  end(): void {
    for (const question of this.#open.keys()) this.done(question, "no_connection");
  }
}
