/**
 * Answers `kept` to the commands that the page remembers, once what they asked for is in the browser's database.
 * Where there is none they are answered too: nothing will outlive the page.
 */
import type { Update } from "./view.js";

export class Deeds {
  readonly #done: number[] = [];
  readonly #storing: Promise<void>[] = [];
  readonly #keep: () => Promise<void>;
  readonly #post: (update: Update) => void;
  #confirming = false;

  /** `keep` writes what waits to be written. */
  constructor(keep: () => Promise<void>, post: (update: Update) => void) {
    this.#keep = keep;
    this.#post = post;
  }

  /** Something that a command of this turn stores besides the copy. */
  storing(task: Promise<void>): void {
    this.#storing.push(task);
  }

  /** The command with this number has been done. */
  done(deed: number): void {
    this.#done.push(deed);
    if (!this.#confirming) void this.#confirm();
  }

  async #confirm(): Promise<void> {
    this.#confirming = true;
    while (this.#done.length > 0) {
      const [deeds, storing] = [this.#done.splice(0), this.#storing.splice(0)];
      await Promise.all([...storing, this.#keep()]);
      this.#post({ kind: "kept", deeds });
    }
    this.#confirming = false;
  }
}
