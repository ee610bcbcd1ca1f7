/**
 * What is asked of a message that the server does not have. Of one that was refused for good it falls with the message.
 * Of one that nobody has tried to send it is done to the message itself, so that nobody sees what was changed or taken
 * back before it went out. Every other message is waited for.
 *
 * That a message is untried stands beside it in the database and is taken away there before its first try, each in one
 * step: so it is proven, whatever other pages do. What could not be stored only this core has, and its page's journal,
 * which would send an older text: such a message can be taken back, and is not changed.
 */
import type { DeleteEntry, EditEntry, Entry, EntryStore, SendEntry } from "../keep/entries.js";
import type { Pending } from "./pending.js";

export interface UnackedParts {
  store: EntryStore;
  pending: Pending;
  changed(): void;
  /** What lies in the database is not what is known here. */
  load(): Promise<void>;
  /** Another entry may be sent now. */
  pump(): void;
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
    if (this.#parts.pending.whose(entry) === "own") {
      this.#tried(entry.id);
      return true;
    }
    this.#ask(entry, async () => {
      const stored = await this.#parts.store.claim(entry.id);
      if (stored === "gone") await this.#parts.load();
      else if (stored !== undefined) this.#know(stored);
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
    for (const message of this.#parts.pending.all) {
      if (message.kind !== "send" || message.acked !== undefined) continue;
      if (message.failure === null && message.untried !== true) continue;
      const wishes = this.#wishes(message);
      if (wishes.some((wish) => wish.kind === "delete" && wish.over === true)) this.#withdraw(message, wishes);
      else for (const wish of wishes) if (wish.kind === "edit") this.#fold(message, wish);
    }
  }

  /** Reactions wait for the ack, whatever becomes of the message. */
  #wishes(message: SendEntry): (EditEntry | DeleteEntry)[] {
    const changeable = message.failure !== null || this.#parts.pending.whose(message) !== "own";
    return this.#parts.pending.all.filter((entry): entry is EditEntry | DeleteEntry => {
      if (entry.kind === "send" || entry.kind === "react" || entry.target !== message.id || entry.failure !== null) return false;
      return entry.kind === "delete" || changeable;
    });
  }

  /** The text goes over to the message: what is tried, or tried again, is that. */
  #fold(message: SendEntry, edit: EditEntry): void {
    const { pending } = this.#parts;
    const next = { ...message, text: edit.text };
    if (message.failure !== null) {
      pending.part(edit.id);
      void pending.keep(next, [edit]);
      return;
    }
    this.#ask(message, async () => {
      if (!(await this.#did(message, this.#parts.store.rewrite(next)))) return;
      this.#know(next);
      await pending.drop([edit.id]);
    });
  }

  #withdraw(message: SendEntry, wishes: readonly Entry[]): void {
    const reactions = this.#parts.pending.wishes("react", message.conversation, message.id);
    const all = [message, ...wishes, ...reactions].map(({ id }) => id);
    if (message.failure !== null || this.#parts.pending.whose(message) === "own") void this.#parts.pending.drop(all);
    else {
      this.#ask(message, async () => {
        if (await this.#did(message, this.#parts.store.withdraw(message.id))) await this.#parts.pending.drop(all);
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

  /** It is so, if it is still there. */
  #know(entry: Entry): void {
    if (this.#parts.pending.get(entry.id) === undefined) return;
    this.#parts.pending.know(entry);
    this.#parts.changed();
  }

  /** Somebody may have tried to send it. */
  #tried(id: string): void {
    const message = this.#parts.pending.get(id);
    if (message?.kind !== "send" || message.untried !== true) return;
    const next = { ...message };
    delete next.untried;
    this.#know(next);
  }

  #ask(message: SendEntry, question: () => Promise<void>): void {
    if (this.#asking.has(message.id) || this.#parts.pending.whose(message) === "wait") return;
    this.#asking.add(message.id);
    void this.#parts.pending.writing(question()).finally(() => {
      this.#asking.delete(message.id);
      this.#parts.pump();
    });
  }
}
