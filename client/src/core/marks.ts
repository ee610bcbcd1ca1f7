/**
 * This user's read marks that the server has not confirmed: they stay on show over a `dock` that was sent before them. Of
 * a room the server wants few, so the latest waits: see `flush`.
 */
import type { Cancel, Clock } from "../clock.js";
import { kindOf } from "../net/protocol.js";
import type { ClientFrame } from "../net/protocol.js";
import { windowOf, withRead } from "./state.js";
import type { State } from "./state.js";
import type { ConversationId, Seq } from "../view.js";

/** At most one of a room goes out in so long. */
export const ROOM_READ_MS = 5_000;

export class ReadMarks {
  readonly #send: (frame: ClientFrame) => boolean;
  readonly #clock: Clock;
  readonly #seen = new Map<ConversationId, Seq>();
  /** Rooms of which one went out just now, and what waits; 0: nothing. */
  readonly #rests = new Map<ConversationId, { waits: Seq; cancel: Cancel }>();

  constructor(send: (frame: ClientFrame) => boolean, clock: Clock) {
    this.#send = send;
    this.#clock = clock;
  }

  /** The message was seen: the state with the mark, which is the same where nothing rises. */
  raise(state: State, conversation: ConversationId, seq: Seq): State {
    const window = windowOf(state, conversation);
    if (window === undefined || seq <= window.read_seq) return state;
    this.#seen.set(conversation, seq);
    const rest = this.#rests.get(conversation);
    if (rest !== undefined) rest.waits = seq;
    else this.#say(conversation, seq);
    return withRead(state, conversation, state.me, seq);
  }

  #say(conversation: ConversationId, seq: Seq): void {
    this.#send({ type: "read", conversation, seq });
    if (kindOf(conversation) !== "room") return;
    const cancel = this.#clock.after(ROOM_READ_MS, () => {
      this.flush(conversation);
    });
    this.#rests.set(conversation, { waits: 0, cancel });
  }

  /** What waits goes out now: nobody may be there later. */
  flush(conversation: ConversationId): void {
    const rest = this.#rests.get(conversation);
    rest?.cancel();
    this.#rests.delete(conversation);
    if (rest !== undefined && rest.waits > 0) this.#say(conversation, rest.waits);
  }

  flushAll(): void {
    for (const conversation of [...this.#rests.keys()]) this.flush(conversation);
  }

  /** Over what the server has just said. Marks that it has confirmed are done. */
  over(state: State): State {
    let marked = state;
    for (const [conversation, seq] of this.#seen) {
      const window = windowOf(marked, conversation);
      if (window === undefined || window.read_seq >= seq) this.#seen.delete(conversation);
      else marked = withRead(marked, conversation, state.me, seq);
    }
    return marked;
  }

  /** The connection is there: what may not have arrived is said again. */
  sendAgain(): void {
    for (const [conversation, seq] of this.#seen) this.#send({ type: "read", conversation, seq });
  }

  clear(): void {
    for (const { cancel } of this.#rests.values()) cancel();
    this.#rests.clear();
    this.#seen.clear();
  }
}
