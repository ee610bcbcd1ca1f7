/**
 * Sends the outbox's entries: of each conversation the first that waits, the next one after its answer, and again where
 * none comes. Only the tab that holds the Web Lock does, but for what it alone has. Must not know what an answer means.
 */
import type { Cancel, Clock } from "../clock.js";
import type { Entry } from "../keep/entries.js";
import type { ClientFrame } from "../net/protocol.js";
import type { ConversationId } from "../view.js";

/** After so long without an answer the connection is probed. */
export const ANSWER_MS = 5_000;
/** After so long the same frame goes out again: the server knows the id. */
const REPEAT_MS = 15_000;
const AGAIN_MS = 1_000;

export interface SenderParts {
  /** The Web Lock's name. */
  lock: string;
  /** undefined: none, or nothing is shared. */
  locks: LockManager | undefined;
  clock: Clock;
  /** True if the frame went out. */
  send(frame: ClientFrame): boolean;
  /** A frame has waited `ANSWER_MS` for its answer. */
  late(): void;
  /** Those in the queue, in its order. */
  queue(): readonly Entry[];
  /** Whether it may be tried now; otherwise `pump` is called when it may. */
  claims(entry: Entry): boolean;
  frameOf(entry: Entry): ClientFrame;
  /** `own`: this tab alone has it; `wait`: it is being stored. */
  whose(entry: Entry): "own" | "shared" | "wait";
  /** This tab sends from now on: another one may have stored and sent meanwhile. */
  granted(): Promise<void>;
}

export class Sender {
  readonly #parts: SenderParts;
  /** The one of each conversation that awaits its answer, or its next try. */
  readonly #trying = new Map<ConversationId, { id: string; cancels: Cancel[] }>();
  #online = false;
  #holding = false;
  /** Ends the wish for, or the holding of, the lock. */
  #release: (() => void) | null = null;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** The connection is online: take part in sending. */
  online(): void {
    this.#online = true;
    const { locks, lock } = this.#parts;
    if (this.#release !== null) {
      this.pump();
      return;
    }
    if (locks === undefined) {
      this.#release = () => undefined;
      this.#holding = true;
      this.pump();
      return;
    }
    const abort = new AbortController();
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    this.#release = () => {
      abort.abort();
      letGo();
    };
    locks
      .request(lock, { signal: abort.signal }, async () => {
        if (abort.signal.aborted) return;
        this.#holding = true;
        await this.#parts.granted();
        await held;
      })
      .catch(() => undefined);
  }

  /** The connection is lost: another tab may do better. What had no answer is tried again later, with its id. */
  offline(): void {
    this.#online = false;
    this.#holding = false;
    this.#release?.();
    this.#release = null;
    for (const { cancels } of this.#trying.values()) for (const cancel of cancels) cancel();
    this.#trying.clear();
  }

  tries({ conversation, id }: Entry): boolean {
    return this.#trying.get(conversation)?.id === id;
  }

  /** The entry awaits nothing any more. */
  settle({ conversation, id }: Entry): void {
    const trying = this.#trying.get(conversation);
    if (trying?.id !== id) return;
    for (const cancel of trying.cancels) cancel();
    this.#trying.delete(conversation);
  }

  /** Refused for now: tried again after `wait` ms. */
  later(entry: Entry, wait = AGAIN_MS): void {
    const trying = this.#trying.get(entry.conversation);
    if (trying?.id !== entry.id) return;
    for (const cancel of trying.cancels) cancel();
    const { clock } = this.#parts;
    trying.cancels = [this.#againIn(wait + clock.random() * 200, entry)];
  }

  /** Sends the first waiting entry of each conversation that awaits no answer. */
  pump(): void {
    if (!this.#online) return;
    const begun = new Set<ConversationId>();
    for (const entry of this.#parts.queue()) {
      if (begun.has(entry.conversation)) continue;
      begun.add(entry.conversation);
      if (this.#trying.has(entry.conversation)) continue;
      const whose = this.#parts.whose(entry);
      // Without the lock only what could not be stored: nobody else knows it.
      if (whose === "own" || (whose === "shared" && this.#holding)) this.#try(entry);
    }
  }

  #try(entry: Entry): void {
    if (!this.#parts.claims(entry)) return;
    if (!this.#parts.send(this.#parts.frameOf(entry))) return;
    const late = this.#parts.clock.after(ANSWER_MS, () => {
      this.#parts.late();
    });
    this.#trying.set(entry.conversation, { id: entry.id, cancels: [late, this.#againIn(REPEAT_MS, entry)] });
  }

  #againIn(ms: number, entry: Entry): Cancel {
    return this.#parts.clock.after(ms, () => {
      this.settle(entry);
      this.pump();
    });
  }
}
