/**
 * What the person did to windows and the server's dock does not show yet: one change per conversation is on its way,
 * the latest wish waits behind it.
 *
 * The server's `dock` is the truth afterwards, also where it dropped a change as stale.
 */
import type { Cancel, Clock } from "../clock.js";
import type { WantedWindow } from "./present.js";
import type { ClientFrame, DockWindow } from "../net/protocol.js";
import type { ConversationId, Seq } from "../view.js";

/** A change without any answer for so long gives way to what the server says. */
const CHANGE_MS = 5_000;

type Shown = WantedWindow["state"];
type DockFrame = Extract<ClientFrame, { type: "dock" }>;

interface Change extends WantedWindow {
  /** The dock's version on which the person acted. */
  base: number;
  /** The last message that the person could see: one that crosses a close brings the window back. */
  seen: Seq;
  /** What was sent and is not answered. */
  sent: Shown | null;
  /** Docks that came since and did not show it: the first may have crossed it, the second is its refusal. */
  misses: number;
  /** It was refused, and waits until it may succeed. */
  held: boolean;
}

/** A change as the browser's copy has it. */
export interface KeptChange extends WantedWindow {
  conversation: ConversationId;
  base: number;
  seen: Seq;
}

export interface DockChangesParts {
  clock: Clock;
  /** True if it went out. */
  send(frame: DockFrame): boolean;
  /** What was wished is given up. */
  lapsed(): void;
}

export class DockChanges {
  readonly #parts: DockChangesParts;
  readonly #changes = new Map<ConversationId, Change>();
  #lapses: Cancel | null = null;

  constructor(parts: DockChangesParts) {
    this.#parts = parts;
  }

  get wanted(): ReadonlyMap<ConversationId, WantedWindow> {
    return this.#changes;
  }

  want(conversation: ConversationId, { state, contact, title }: WantedWindow, base: number, seen: Seq): void {
    const before = this.#changes.get(conversation);
    // What waits was never done.
    if (before?.held === true && state === "closed") {
      this.#changes.delete(conversation);
      return;
    }
    const called = title ?? before?.title;
    this.#changes.set(conversation, {
      state,
      contact: contact ?? before?.contact ?? null,
      ...(called === undefined ? {} : { title: called }),
      base: before === undefined || before.sent === null ? base : before.base,
      seen,
      sent: before?.sent ?? null,
      misses: before?.misses ?? 0,
      held: before?.held ?? false,
    });
  }

  /** What outlives the page: see `restore`. */
  get kept(): readonly KeptChange[] {
    return [...this.#changes].map(([conversation, { state, contact, title, base, seen }]) => {
      return { conversation, state, contact, base, seen, ...(title === undefined ? {} : { title }) };
    });
  }

  /** What an earlier page could not have confirmed goes out again, on the base it had. */
  restore(changes: readonly KeptChange[]): void {
    for (const { conversation, base, seen, ...wanted } of changes) this.want(conversation, wanted, base, seen);
  }

  /** Sends each change that may go now. */
  sendWaiting(): void {
    for (const [conversation, change] of this.#changes) {
      if (change.sent !== null || change.held) continue;
      const { state, base, seen } = change;
      const frame: DockFrame = { type: "dock", conversation, state, base };
      if (this.#parts.send(state === "closed" ? { ...frame, seen } : frame)) change.sent = state;
    }
    this.#lapses?.();
    const waiting = [...this.#changes.values()].some((change) => change.sent !== null);
    this.#lapses = waiting ? this.#parts.clock.after(CHANGE_MS, () => { this.#lapse(); }) : null;
  }

  #lapse(): void {
    for (const [conversation, { held }] of this.#changes) if (!held) this.#changes.delete(conversation);
    this.#parts.lapsed();
  }

  /** A `dock` has come. Afterwards `sendWaiting` is due. */
  answered(version: number, windows: readonly DockWindow[]): void {
    for (const [conversation, change] of this.#changes) {
      const shown = windows.find((window) => window.conversation === conversation)?.state ?? "closed";
      if (change.sent === null) {
        // An earlier page, or another tab, has done it.
        if (shown === change.state) this.#changes.delete(conversation);
        continue;
      }
      change.misses += 1;
      if (shown !== change.sent && change.misses < 2) continue;
      if (change.state === change.sent) this.#changes.delete(conversation);
      else Object.assign(change, { sent: null, misses: 0, base: version });
    }
  }

  /** What was refused waits, until it is released or dropped. False where no window is wished for. */
  hold(conversation: ConversationId): boolean {
    const change = this.#changes.get(conversation);
    if (change === undefined || change.state === "closed") return false;
    Object.assign(change, { sent: null, misses: 0, held: true });
    return true;
  }

  /** It may go again. False where it is wished no more. */
  release(conversation: ConversationId): boolean {
    const change = this.#changes.get(conversation);
    if (change?.held !== true) return false;
    change.held = false;
    return true;
  }

  /** Refused, or without an answer for too long. */
  drop(conversation: ConversationId): void {
    this.#changes.delete(conversation);
  }

  /** Nothing is wished any more. */
  clear(): void {
    this.#lapses?.();
    this.#changes.clear();
  }

  /** What is wished stays, for the copy; nothing waits for an answer any more. */
  end(): void {
    this.#lapses?.();
    this.#lapses = null;
  }

  /** The line was lost: what had no answer goes out again, on the base it had. */
  unsend(): void {
    for (const change of this.#changes.values()) Object.assign(change, { sent: null, misses: 0 });
  }
}
