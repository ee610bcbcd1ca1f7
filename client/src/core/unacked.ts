/**
 * What is asked of a message that the server does not have. Of one that was refused for good it falls with the message.
 * Of one that nobody has tried to send it is done to the message itself, so that nobody sees what was changed or taken
 * back before it went out. Every other message is waited for.
 *
 * That a message is untried stands beside it in the database and is taken away there before its first try, each in one
 * step: so it is proven, whatever other pages do. What could not be stored only this core has, and its page's journal,
 * which would send an older text: such a message can be taken back, and is not changed.
 */
import type { Cancel } from "../clock.js";
import type { DeleteEntry, EditEntry, Entry, EntryStore, SendEntry } from "../keep/entries.js";

export interface UnackedParts {
  store: EntryStore;
  pending(): readonly Entry[];
  /** `own`: only here; `wait`: it is being stored. */
  whose(entry: Entry): "own" | "shared" | "wait";
  /** What is known here is another, if the entry is still there. */
  know(entry: Entry): void;
  put(entry: Entry): Promise<void>;
  drop(ids: string[]): Promise<void>;
  /** What lies in the database is not what is known here. */
  load(): Promise<void>;
  /** The end of the page waits for this. */
  writing(write: Promise<void>): Promise<void>;
  /** Another entry may be sent now. */
  pump: Cancel;
}

export class Unacked {
  readonly #parts: UnackedParts;
  /** Messages of which the database is being asked. */
  readonly #asking = new Set<string>();

  constructor(parts: UnackedParts) {
    this.#parts = parts;
  }

  /** Whether it may be tried now. Otherwise it is later, when every page can know. */
  claims(entry: Entry): boolean {
    if (entry.kind !== "send" || entry.untried !== true) return true;
    if (this.#parts.whose(entry) === "own") {
      this.#tried(entry.id);
      return true;
    }
    this.#ask(entry, async () => {
      const stored = await this.#parts.store.claim(entry.id);
      if (stored === "gone") await this.#parts.load();
      else if (stored !== undefined) this.#parts.know(stored);
      // Where the database does not say, it is sent all the same: never to be sent would be worse.
      this.#tried(entry.id);
    });
    return false;
  }

  /** Whether this message waits for what becomes of it. */
  holds(entry: Entry): boolean {
    return entry.kind === "send" && entry.untried === true && this.#wishes(entry).length > 0;
  }

  /** Does what can be done now. */
  fall(): void {
    for (const message of this.#parts.pending()) {
      if (message.kind !== "send" || message.acked !== undefined) continue;
      if (message.failure === null && message.untried !== true) continue;
      const wishes = this.#wishes(message);
      if (wishes.some((wish) => wish.kind === "delete" && wish.over === true)) this.#withdraw(message, wishes);
      else for (const wish of wishes) if (wish.kind === "edit") this.#fold(message, wish);
    }
  }

  #wishes(message: SendEntry): (EditEntry | DeleteEntry)[] {
    const changeable = message.failure !== null || this.#parts.whose(message) !== "own";
    return this.#parts.pending().filter((entry): entry is EditEntry | DeleteEntry => {
      if (entry.kind === "send" || entry.target !== message.id || entry.failure !== null) return false;
      return entry.kind === "delete" || changeable;
    });
  }

  /** The text goes over to the message: what is tried, or tried again, is that. */
  #fold(message: SendEntry, { id, text }: EditEntry): void {
    const next = { ...message, text };
    if (message.failure !== null) {
      void this.#parts.put(next).then(() => this.#parts.drop([id]));
      return;
    }
    this.#ask(message, async () => {
      if (!(await this.#did(message, this.#parts.store.rewrite(next)))) return;
      this.#parts.know(next);
      await this.#parts.drop([id]);
    });
  }

  #withdraw(message: SendEntry, wishes: readonly Entry[]): void {
    const all = [message, ...wishes].map(({ id }) => id);
    if (message.failure !== null || this.#parts.whose(message) === "own") void this.#parts.drop(all);
    else {
      this.#ask(message, async () => {
        if (await this.#did(message, this.#parts.store.withdraw(message.id))) await this.#parts.drop(all);
      });
    }
  }

  /** Where it was not done: somebody has tried the message, or taken it back. */
  async #did(message: SendEntry, asked: ReturnType<EntryStore["withdraw"]>): Promise<boolean> {
    const answer = await asked;
    if (answer === "done") return true;
    if (answer === "gone") await this.#parts.load();
    this.#tried(message.id);
    return false;
  }

  /** Somebody may have tried to send it, if it is still there. */
  #tried(id: string): void {
    const message = this.#parts.pending().find((entry) => entry.id === id);
    if (message?.kind !== "send" || message.untried !== true) return;
    const next = { ...message };
    delete next.untried;
    this.#parts.know(next);
  }

  #ask(message: SendEntry, question: () => Promise<void>): void {
    if (this.#asking.has(message.id) || this.#parts.whose(message) === "wait") return;
    this.#asking.add(message.id);
    void this.#parts.writing(question()).finally(() => {
      this.#asking.delete(message.id);
      this.#parts.pump();
    });
  }
}
