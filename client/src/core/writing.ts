/** What is being written: the drafts as the pages see them, and who hears that somebody types. */
import type { Cancel, Clock } from "../clock.js";
import { isEmpty, isSame, NO_DRAFT } from "../keep/drafts.js";
import type { Draft, Drafts } from "../keep/drafts.js";
import type { ClientFrame } from "../net/protocol.js";
import type { ConversationId } from "../view.js";

/** The server passes `typing` on at most once in so many ms. */
const TYPING_EVERY_MS = 2_000;
/** A draft that has rested for so long is told to the other pages. */
const DRAFT_MS = 300;

export interface WritingParts {
  clock: Clock;
  stored: Drafts;
  send(frame: ClientFrame): boolean;
  /** The drafts are to be told. */
  changed(): void;
}

export class WritingNow {
  readonly #parts: WritingParts;
  #drafts: ReadonlyMap<ConversationId, Draft>;
  readonly #typed = new Map<ConversationId, number>();
  #rests: Cancel | null = null;

  constructor(parts: WritingParts, drafts: ReadonlyMap<ConversationId, Draft>) {
    this.#parts = parts;
    this.#drafts = drafts;
  }

  get drafts(): ReadonlyMap<ConversationId, Draft> {
    return this.#drafts;
  }

  draft(conversation: ConversationId): Draft {
    return this.#drafts.get(conversation) ?? NO_DRAFT;
  }

  /** `over`: nothing is shown here any more; the text is the person's all the same, and is kept for them. */
  write(conversation: ConversationId, draft: Draft, over: boolean): void {
    if (!over && isSame(this.draft(conversation), draft)) return;
    this.#parts.stored.keep(conversation, draft);
    if (over) return;
    const drafts = new Map(this.#drafts);
    if (isEmpty(draft)) drafts.delete(conversation);
    else drafts.set(conversation, draft);
    this.#drafts = drafts;
    this.#rests?.();
    this.#rests = this.#parts.clock.after(DRAFT_MS, () => {
      this.#parts.changed();
    });
  }

  /** What could be read later; what was written here meanwhile is newer. `emptied`: nothing may be shown. */
  found(drafts: ReadonlyMap<ConversationId, Draft>, emptied: boolean): void {
    // Sealed anew: with the key that the host has just given, where it gave one.
    for (const [conversation, draft] of drafts) this.#parts.stored.keep(conversation, draft);
    if (emptied || [...drafts.keys()].every((conversation) => this.#drafts.has(conversation))) return;
    this.#drafts = new Map([...drafts, ...this.#drafts]);
    this.#parts.changed();
  }

  /** Tells the others, not more often than they are told. */
  typing(conversation: ConversationId): void {
    const now = this.#parts.clock.now();
    if (now - (this.#typed.get(conversation) ?? 0) < TYPING_EVERY_MS) return;
    if (this.#parts.send({ type: "typing", conversation })) this.#typed.set(conversation, now);
  }

  /** Other windows are not there any more. */
  keepOnly(shown: ReadonlySet<ConversationId>): void {
    for (const conversation of this.#typed.keys()) if (!shown.has(conversation)) this.#typed.delete(conversation);
  }

  /** Nothing of it may be shown; with `drafts` they may be again. */
  empty(drafts: boolean): void {
    if (!drafts) this.#drafts = new Map();
    this.#typed.clear();
    this.end();
  }

  end(): void {
    this.#rests?.();
    this.#rests = null;
  }
}
