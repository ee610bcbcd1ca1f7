/**
 * Durable acknowledgements: answers `durable` to the commands of the page's unload journal, once what they asked for is
 * in the browser's database.
 *
 * Where it cannot be stored, only commands about windows are answered: the server has the dock. A text is then the
 * page's to remember, and goes on to the tab's next page.
 */
import type { Command, Update } from "../view.js";

export class DurableAcks {
  readonly #windows: number[] = [];
  readonly #drafts: number[] = [];
  readonly #keep: () => Promise<boolean>;
  readonly #post: (update: Update) => void;
  #confirming = false;
  #more = false;

  /** `keep` writes what waits to be written, and says whether the database has it. */
  constructor(keep: () => Promise<boolean>, post: (update: Update) => void) {
    this.#keep = keep;
    this.#post = post;
  }

  /** The command has been done; of a message, `stored` resolves when it cannot be lost any more. */
  done(command: Command, stored: Promise<void> | undefined): void {
    if (!("entry" in command)) return;
    const { entry } = command;
    if (stored !== undefined) {
      void Promise.all([stored, this.#keep()]).then(() => {
        this.#post({ kind: "durable", entries: [entry] });
      });
      return;
    }
    (command.kind === "draft" ? this.#drafts : this.#windows).push(entry);
    this.#more = true;
    if (!this.#confirming) void this.#confirm();
  }

  async #confirm(): Promise<void> {
    this.#confirming = true;
    while (this.#more) {
      this.#more = false;
      // Drafts that could not be written wait for the next command: their texts are in the page meanwhile.
      const [windows, drafts] = [this.#windows.splice(0), this.#drafts.splice(0)];
      const written = await this.#keep();
      if (!written) this.#drafts.unshift(...drafts);
      const entries = written ? [...windows, ...drafts] : windows;
      if (entries.length > 0) this.#post({ kind: "durable", entries });
    }
    this.#confirming = false;
  }
}
