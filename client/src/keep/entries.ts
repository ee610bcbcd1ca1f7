/**
 * The entries of the outbox: what a person has asked for and the server has not answered, and how it lies, sealed, in
 * the browser's database.
 */
import type { Database, OutboxRecord } from "./database.js";
import type { UnsentVault } from "./unsent.js";
import type { Vault } from "./vault.js";
import type { ConversationId, PageConfig, Seq, UserId } from "../view.js";

interface Common {
  /** UUID v7, in the order of asking: of a message its `client_message_id`, else the verb's own. */
  id: string;
  conversation: ConversationId;
  /** Milliseconds UTC, by this computer's clock corrected by the server's. */
  writtenAt: number;
  /** The error code of a final refusal; null while it is being tried. */
  failure: string | null;
  /** The server has it, by this rev (0: another tab says so); what came of it is on its way. */
  acked?: number;
}

/** What a text answers, and whom it mentions. */
export interface Answer {
  mentions?: UserId[];
  replyTo?: Seq;
  /** The epoch of the store that `replyTo` counts in, where it was known. */
  epoch?: string;
}

/** With the message that is answered. In another epoch its number may be another message's: then none is. */
export function answered({ mentions, replyTo, epoch }: Answer, now: string | null): Omit<Answer, "epoch"> {
  const named = mentions === undefined ? {} : { mentions };
  return replyTo === undefined || (epoch !== undefined && epoch !== now) ? named : { ...named, replyTo };
}

/** A message. */
export interface SendEntry extends Common, Answer {
  kind: "send";
  text: string;
  /** No page has tried to send it: see unacked.ts. */
  untried?: true;
}

interface Verb extends Common {
  /** The key of the message that it is about (view.ts): of one's own its `client_message_id`. */
  target: string;
  /** The `client_message_id`, where it is somebody else's. */
  name?: string;
  /** That message's seq; 0 as long as the message is not acked. */
  seq: Seq;
}

export interface EditEntry extends Verb {
  kind: "edit";
  text: string;
}

export interface DeleteEntry extends Verb {
  kind: "delete";
  /** When its undo ends, in ms by this computer's clock, for the pages that come later: see undos.ts. */
  due: number;
  /** It has ended: the deletion is in the queue. */
  over?: true;
}

/** All that the user's reactions to the message are to be. */
export interface ReactEntry extends Verb {
  kind: "react";
  emoji: string[];
}

export type VerbEntry = EditEntry | DeleteEntry | ReactEntry;
export type Entry = SendEntry | VerbEntry;

/** What is sealed: whatever comes of an ack is found again by trying. */
type Sealable = Unnamed<SendEntry> | Unnamed<EditEntry> | Unnamed<DeleteEntry> | Unnamed<ReactEntry>;
type Unnamed<E extends Entry> = Omit<E, "id" | "acked" | "over" | "untried">;

/** What a record is sealed under. */
const nameOf = ({ site, user }: Owner, id: string): string => JSON.stringify(["outbox", site, user, id]);

type Owner = Pick<PageConfig, "site" | "user">;

/** Every entry of a user that can be read with this vault, by id, and the ids of the others. */
export async function readEntries(
  database: Database,
  vault: Vault,
  owner: Owner,
): Promise<{ stored: Map<string, Entry>; unreadable: string[] }> {
  const records = await database.getAllFromIndex("outbox", "owner", [owner.site, owner.user]);
  const stored = new Map<string, Entry>();
  const unreadable: string[] = [];
  for (const record of records) {
    const entry = await openEntry(vault, owner, record);
    if (entry === undefined) unreadable.push(record.id);
    else stored.set(record.id, entry);
  }
  return { stored, unreadable };
}

async function openEntry(vault: Vault, owner: Owner, record: OutboxRecord): Promise<Entry | undefined> {
  const { id, untried } = record;
  const content = (await vault.open(nameOf(owner, id), record)) as Sealable | undefined;
  return content === undefined ? undefined : { ...content, id, ...(untried === undefined ? {} : { untried }) };
}

/** What became of a change of an untried message. `silent`: the database does not say. */
export type Untried = "done" | "tried" | "gone" | "silent";

/** Where the entries lie; nowhere, where the browser has no database or no key. */
export class EntryStore {
  readonly #owner: Owner;
  readonly #database: Database | undefined;
  readonly #vault: UnsentVault | undefined;

  constructor(owner: Owner, database: Database | undefined, vault: UnsentVault | undefined) {
    this.#owner = owner;
    this.#database = database;
    this.#vault = vault;
  }

  get exists(): boolean {
    return this.#database !== undefined && this.#vault !== undefined;
  }

  /** What is stored, and how many entries were removed because nobody will ever read them. undefined: not readable now. */
  async read(): Promise<{ stored: Map<string, Entry>; removed: number } | undefined> {
    const [database, vault] = [this.#database, this.#vault];
    if (database === undefined || vault === undefined) return undefined;
    try {
      const { stored, unreadable } = await readEntries(database, vault, this.#owner);
      if (!vault.certain) return { stored, removed: 0 };
      for (const id of unreadable) await database.delete("outbox", id);
      return { stored, removed: unreadable.length };
    } catch {
      // What cannot be read now is read by the next page.
      return undefined;
    }
  }

  /**
   * True if it is stored; else the database is full or was taken away. `known`: it was, and where it is not any more
   * another page is done with it.
   */
  async put(entry: Entry, known: boolean): Promise<boolean> {
    const [database, vault] = [this.#database, this.#vault];
    if (database === undefined || vault === undefined) return false;
    try {
      const record = await this.#sealed(vault, entry);
      const { store, done } = database.transaction("outbox", "readwrite");
      if (!known || (await store.getKey(entry.id)) !== undefined) void store.put(record);
      await done;
      return true;
    } catch {
      return false;
    }
  }

  async #sealed(vault: Vault, entry: Entry): Promise<OutboxRecord> {
    const { id } = entry;
    const { site, user } = this.#owner;
    const untried = entry.kind === "send" && entry.untried === true ? { untried: true as const } : {};
    const content = { ...entry, id: undefined, acked: undefined, over: undefined, untried: undefined };
    const sealed = await vault.seal(nameOf(this.#owner, id), content satisfies Sealable);
    return { id, site, user, ...untried, ...sealed };
  }

  /** From now on every page knows that this message is tried. The entry as it lies there; undefined: it cannot be told. */
  async claim(id: string): Promise<Entry | "gone" | undefined> {
    let claimed: OutboxRecord | undefined;
    const answer = await this.#ifUntried(id, (record) => {
      claimed = { ...record };
      delete claimed.untried;
      return claimed;
    });
    if (answer === "gone") return answer;
    return claimed === undefined || this.#vault === undefined ? undefined : openEntry(this.#vault, this.#owner, claimed);
  }

  /** Changes an untried message. */
  async rewrite(entry: SendEntry): Promise<Untried> {
    const sealed = this.#vault === undefined ? undefined : await this.#sealed(this.#vault, entry).catch(() => undefined);
    return sealed === undefined ? "silent" : this.#ifUntried(entry.id, () => sealed);
  }

  /** Removes an untried message. */
  withdraw(id: string): Promise<Untried> {
    return this.#ifUntried(id, () => null);
  }

  /** In one step: no other page does anything in between. */
  async #ifUntried(id: string, change: (record: OutboxRecord) => OutboxRecord | null): Promise<Untried> {
    try {
      if (this.#database === undefined) return "silent";
      const { store, done } = this.#database.transaction("outbox", "readwrite");
      const record = await store.get(id);
      const next = record?.untried === true ? change(record) : undefined;
      if (next !== undefined) void (next === null ? store.delete(id) : store.put(next));
      await done;
      return record === undefined ? "gone" : next === undefined ? "tried" : "done";
    } catch {
      return "silent";
    }
  }

  async erase(id: string): Promise<void> {
    try {
      await this.#database?.delete("outbox", id);
    } catch {
      // It would be sent once more by a later page, and known by its id.
    }
  }
}

/** What waits for one message, laid over it wherever it is shown. */
export interface Wishes {
  edit?: EditEntry;
  delete?: DeleteEntry;
  react?: ReactEntry;
}

/** By the message's key; of several edits the last one counts. `entries` in the order of asking. */
export function wishesOf(entries: readonly Entry[], conversation: ConversationId): ReadonlyMap<string, Wishes> {
  const wishes = new Map<string, Wishes>();
  for (const entry of entries) {
    if (entry.kind === "send" || entry.conversation !== conversation) continue;
    wishes.set(entry.target, { ...wishes.get(entry.target), [entry.kind]: entry });
  }
  return wishes;
}

/** Text as the server takes it: well-formed UTF-16, without U+0000, trimmed. */
export function cleanText(text: string): string {
  // With the flag u this finds lone surrogates only: what toWellFormed does, in every browser.
  return text.replace(/\p{Surrogate}/gu, "\uFFFD").replaceAll("\u0000", "").trim();
}
