/**
 * What a person does to a group or room itself. A direct question: one frame that is repeated until it is answered, as
 * long as this core lives, and answered to the page that asked. Nothing of it waits for a line that is not there.
 */
import type { Cancel, Clock } from "../clock.js";
import type { OrderedIds } from "../ids.js";
import type { ActFrame, Feature, Server } from "../net/protocol.js";
import type { Command, ConversationId, Update } from "../view.js";

/** An answer is repeated by itself where it is late, or the server asks for no more patience than this. */
const REPEAT_MS = 15_000;
export const PATIENCE_MS = 5_000;

export type ActCommand = Exclude<Extract<Command, { act: number }>, { kind: "flag" }>;

export interface ActsParts {
  clock: Clock;
  ids: OrderedIds;
  takes(feature: Feature): boolean;
  /** True if the frame went out. */
  send(frame: ActFrame): boolean;
  /** The server has done it. */
  did(frame: ActFrame): void;
  post(update: Update): void;
}

export class Acts {
  readonly #parts: ActsParts;
  readonly #open = new Map<string, { act: number; frame: ActFrame; again: Cancel | null }>();

  constructor(parts: ActsParts) {
    this.#parts = parts;
  }

  do(command: ActCommand): void {
    const { ids } = this.#parts;
    const { act, kind, ...asked } = command;
    const conversation = "conversation" in command ? command.conversation : `g-${ids.next()}`;
    const frame = { type: kind, id: ids.next(), conversation, ...asked } as ActFrame;
    this.#open.set(frame.id, { act, frame, again: null });
    if (!this.#parts.takes(kind === "announce" ? "rooms" : "groups") || !this.#try(frame)) this.#done(frame.id, "no_connection");
  }

  /** The connection is there: what has no answer is asked again. */
  online(): void {
    for (const { frame } of this.#open.values()) this.#try(frame);
  }

  /** True if it answers one of these. */
  acked({ id }: Server<"ack">): boolean {
    const open = this.#open.get(id);
    if (open === undefined) return false;
    this.#parts.did(open.frame);
    this.#done(id);
    return true;
  }

  /** True if it answers one of these. */
  refused({ id = "", final, code, retry_after_ms: wait = PATIENCE_MS }: Server<"error">): boolean {
    const open = this.#open.get(id);
    if (open === undefined) return false;
    if (final || wait > PATIENCE_MS) this.#done(id, code);
    else this.#again(id, wait);
    return true;
  }

  /** None will be answered. */
  end(): void {
    for (const id of this.#open.keys()) this.#done(id, "no_connection");
  }

  #try(frame: ActFrame): boolean {
    const sent = this.#parts.send(frame);
    if (sent) this.#again(frame.id, REPEAT_MS);
    return sent;
  }

  /** The next try, in place of the one that was planned. */
  #again(id: string, wait: number): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    open.again?.();
    open.again = this.#parts.clock.after(wait, () => {
      this.#try(open.frame);
    });
  }

  #done(id: string, code?: string): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    open.again?.();
    this.#open.delete(id);
    const conversation: ConversationId = open.frame.conversation;
    this.#parts.post({ kind: "done", act: open.act, conversation, ...(code === undefined ? {} : { code }) });
  }
}
