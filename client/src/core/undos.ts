/**
 * Which deletions can still be taken back. Measured by a clock that nobody sets, from when this core knows of one:
 * however the computer's clock is set, none waits longer than `UNDO_MS` on a page.
 */
import type { Cancel, Clock } from "../clock.js";
import type { DeleteEntry } from "../keep/entries.js";

/** A deletion can be taken back for so long. */
export const UNDO_MS = 5_000;

export class Undos {
  readonly #clock: Clock;
  readonly #ended: (id: string) => void;
  /** By the deletion's id; null: over. */
  readonly #running = new Map<string, Cancel | null>();

  constructor(clock: Clock, ended: (id: string) => void) {
    this.#clock = clock;
    this.#ended = ended;
  }

  /** Of one that an earlier page was asked for, so much is left as that page's clock says, and no more than there is. */
  begin({ id, due }: DeleteEntry): void {
    if (this.#running.has(id)) return;
    const elapsed = (): number => this.#clock.elapsed();
    const left = Math.min(UNDO_MS, due - this.#clock.now());
    if (left <= 0) {
      this.#running.set(id, null);
      return;
    }
    const until = elapsed() + left;
    const wait = (): void => {
      this.#running.set(id, this.#clock.after(until - elapsed(), () => {
        // Browsers blur timers: one can end before its time.
        if (until > elapsed()) wait();
        else this.end(id);
      }));
    };
    wait();
  }

  /** From now on it cannot be taken back. */
  end(id: string): void {
    const running = this.#running.get(id);
    if (running === null || running === undefined) return;
    running();
    this.#running.set(id, null);
    this.#ended(id);
  }

  isOver(id: string): boolean {
    return this.#running.get(id) === null;
  }

  forget(id: string): void {
    this.#running.get(id)?.();
    this.#running.delete(id);
  }

  clear(): void {
    for (const id of [...this.#running.keys()]) this.forget(id);
  }
}
