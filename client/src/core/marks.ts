/** This user's read marks that the server has not confirmed: they stay on show over a `dock` that was sent before them. */
import type { ClientFrame } from "../net/protocol.js";
import { windowOf, withRead } from "./state.js";
import type { State } from "./state.js";
import type { ConversationId, Seq } from "../view.js";

export class ReadMarks {
  readonly #send: (frame: ClientFrame) => boolean;
  readonly #seen = new Map<ConversationId, Seq>();

  constructor(send: (frame: ClientFrame) => boolean) {
    this.#send = send;
  }

  /** The message was seen: the state with the mark, which is the same where nothing rises. */
  raise(state: State, conversation: ConversationId, seq: Seq): State {
    const window = windowOf(state, conversation);
    if (window === undefined || seq <= window.read_seq) return state;
    this.#seen.set(conversation, seq);
    this.#send({ type: "read", conversation, seq });
    return withRead(state, conversation, state.me, seq);
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
    this.#seen.clear();
  }
}
