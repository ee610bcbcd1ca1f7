/**
 * The entries of the outbox as they are known here, and which of them are in the database: what is not would be lost
 * with the page. Must not know what entries are for, nor who sends them.
 */
import type { Clock } from "../clock.js";
import type { Entry, EntryStore, VerbEntry } from "../keep/entries.js";
import type { ConversationId, Seq } from "../view.js";
import { Undos } from "./undos.js";

/** The part of BroadcastChannel that is used; it carries no content, only "look again". */
export type Channel = Pick<BroadcastChannel, "postMessage" | "onmessage" | "close">;

export interface PendingParts {
  clock: Clock;
  store: EntryStore;
  channel: Channel | undefined;
  /** What is to be shown is another. */
  changed(): void;
  /** The entry is not to be sent any more. */
  settle(entry: Entry): void;
  /** Another entry may be sent now. */
  pump(): void;
  /** Resolves when what is shown now is in the browser's copy. */
  kept(): Promise<unknown>;
}

export class Pending {
  readonly #parts: PendingParts;
  readonly #entries = new Map<string, Entry>();
  /** In memory, not (yet) in the database. */
  readonly #unstored = new Set<string>();
  /** Whom to tell that an entry that could not be stored needs no storing any more. */
  readonly #safe = new Map<string, () => void>();
  /** Storing has ended, well or not: may be sent. */
  readonly #ready = new Set<string>();
  /** Dropped here; a read that began earlier must not bring them back. */
  readonly #gone = new Set<string>();
  readonly #undos: Undos;
  /** What is being written to the database or erased there. */
  readonly #writes = new Set<Promise<void>>();

  constructor(parts: PendingParts) {
    this.#parts = parts;
    this.#undos = new Undos(parts.clock, (id) => {
      const entry = this.#entries.get(id);
      if (entry !== undefined) this.know(entry);
      parts.changed();
      parts.pump();
    });
  }

  /** In the order of asking. */
  get all(): readonly Entry[] {
    return [...this.#entries.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  /** Nothing is to be done for it here: it is there, or has been. */
  isKnown(id: string): boolean {
    return this.#entries.has(id) || this.#gone.has(id);
  }

  /** What is asked of the message with this key. */
  wishes<K extends VerbEntry["kind"]>(kind: K, conversation: ConversationId, target: string): Extract<VerbEntry, { kind: K }>[] {
    return this.all.filter((entry): entry is Extract<VerbEntry, { kind: K }> => {
      return entry.kind === kind && entry.conversation === conversation && entry.target === target;
    });
  }

  /** Where an entry is. `own`: only here; `wait`: it is being stored. */
  whose({ id }: Pick<Entry, "id">): "own" | "shared" | "wait" {
    return !this.#unstored.has(id) ? "shared" : this.#ready.has(id) ? "own" : "wait";
  }

  know(entry: Entry): void {
    let known = entry;
    if (entry.kind === "delete") {
      this.#undos.begin(entry);
      if (this.#undos.isOver(entry.id)) known = { ...entry, over: true };
    }
    this.#entries.set(entry.id, known);
  }

  /** As it lies in the database, but for what is newer here. */
  found(entry: Entry): void {
    if (!this.#gone.has(entry.id) && !this.#unstored.has(entry.id)) this.know(entry);
  }

  /** Resolves when the entry cannot be lost with the page any more; what it replaces is erased only then. */
  async keep(entry: Entry, replaced: readonly Entry[] = []): Promise<void> {
    const { id } = entry;
    await this.writing(this.#write(entry).then(() => (this.#unstored.has(id) ? undefined : this.eraseAll(replaced))));
    if (!this.#unstored.has(id)) return;
    await new Promise<void>((resolve) => {
      const earlier = this.#safe.get(id);
      this.#safe.set(id, () => {
        earlier?.();
        resolve();
      });
    });
    await this.writing(this.eraseAll(replaced));
  }

  put(entry: Entry): Promise<void> {
    return this.writing(this.#write(entry));
  }

  async #write(entry: Entry): Promise<void> {
    const known = this.#entries.has(entry.id) && !this.#unstored.has(entry.id);
    this.know(entry);
    this.#unstored.add(entry.id);
    this.#parts.changed();
    if (await this.#stored(entry, known)) {
      this.#unstored.delete(entry.id);
      this.#tell();
    }
    this.#ready.add(entry.id);
    this.#parts.pump();
  }

  /** What is dropped while it is being stored is erased again. `known`: it was stored before. */
  async #stored(entry: Entry, known = !this.#unstored.has(entry.id)): Promise<boolean> {
    const stored = await this.#parts.store.put(entry, known);
    if (stored && this.#gone.has(entry.id)) await this.#parts.store.erase(entry.id);
    return stored;
  }

  async eraseAll(entries: readonly Entry[]): Promise<void> {
    for (const { id } of entries) await this.#parts.store.erase(id);
    if (entries.length > 0) this.#tell();
  }

  async drop(ids: readonly string[], before?: Promise<unknown>): Promise<void> {
    for (const id of ids) this.part(id);
    this.#parts.changed();
    this.#parts.pump();
    await Promise.all(ids.map((id) => this.erase(id, before)));
  }

  /** For good: a read that is under way does not bring it back. */
  part(id: string): void {
    this.#gone.add(id);
    this.forget(id);
  }

  /** Only when the copy has what replaces it: a page that is left in between shows it still. */
  erase(id: string, before?: Promise<unknown>): Promise<void> {
    const both = Promise.all([before, this.#parts.kept()]);
    return this.writing(both.then(() => this.#parts.store.erase(id)).then(() => { this.#tell(); }));
  }

  /** What waits for this message knows its seq from now on, also on a later page. */
  async learn(target: string, seq: Seq): Promise<void> {
    const waiting = this.all.filter((entry): entry is VerbEntry => entry.kind !== "send" && entry.target === target);
    for (const entry of waiting) {
      if (!this.#entries.has(entry.id)) continue;
      const known = { ...entry, seq };
      this.#entries.set(entry.id, known);
      await this.#stored(known);
    }
  }

  forget(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#parts.settle(entry);
    this.#entries.delete(id);
    this.#unstored.delete(id);
    this.#undos.forget(id);
    this.#save(id);
  }

  /** The server has it: it stays on show until what came of it does. Without `rev` another tab says so. */
  acked(entry: Entry, rev = 0): void {
    this.#parts.settle(entry);
    this.#entries.set(entry.id, { ...entry, failure: null, acked: rev });
    if (rev === 0) return;
    this.#gone.add(entry.id);
    this.#save(entry.id);
  }

  #save(id: string): void {
    this.#safe.get(id)?.();
    this.#safe.delete(id);
  }

  #tell(): void {
    this.#parts.channel?.postMessage("changed");
  }

  /** The end of the page waits for this. */
  writing(write: Promise<void>): Promise<void> {
    this.#writes.add(write);
    return write.finally(() => this.#writes.delete(write));
  }

  /** What is stored waits there for a later page; here nothing stays. Resolves when nothing is written any more. */
  async end(): Promise<void> {
    this.#undos.clear();
    this.#entries.clear();
    const { channel } = this.#parts;
    if (channel !== undefined) channel.onmessage = null;
    while (this.#writes.size > 0) await Promise.all(this.#writes);
    channel?.close();
  }
}
