/**
 * Messages on their way out: stored before the first try, first in, first out per conversation, tried until the
 * server's ack or final refusal, over reloads and crashes.
 *
 * All tabs of a user share the stored entries; the one that holds the Web Lock (and is online) sends. Without locks
 * every tab sends, without a database each its own from memory: the ids make that harmless.
 *
 * An entry is sealed with the person's key, or the login's where the host gives no other (see unsent.ts). Once the host
 * has been heard, entries that do not open never will: they are removed, and their number is told once. Another user's
 * entries are left alone. Must not know sockets or views.
 */
import type { Cancel, Clock } from "./clock.js";
import type { Database } from "./database.js";
import { OrderedIds } from "./ids.js";
import type { RandomBytes } from "./ids.js";
import type { PendingMessage } from "./present.js";
import type { ClientFrame, Server } from "./protocol.js";
import { defaultLimits } from "./protocol.js";
import type { UnsentVault } from "./unsent.js";
import type { Vault } from "./vault.js";
import type { ConversationId, PageConfig } from "./view.js";

/** After so long without an answer the line is probed. */
export const ANSWER_MS = 5_000;
/** After so long the same frame goes out again: the server knows the id. */
const REPEAT_MS = 15_000;
const AGAIN_MS = 1_000;

/** The part of BroadcastChannel that is used; it carries no content, only "look again". */
export type Channel = Pick<BroadcastChannel, "postMessage" | "onmessage" | "close">;

export interface OutboxParts {
  config: PageConfig;
  clock: Clock;
  random: RandomBytes;
  database: Database | undefined;
  vault: UnsentVault | undefined;
  locks: LockManager | undefined;
  channel: Channel | undefined;
  /** Milliseconds to add to this computer's clock to have the server's. */
  skew(): number;
  /** True if the frame went out. */
  send(frame: ClientFrame): boolean;
  /** A send has waited `ANSWER_MS` for its answer. */
  late(): void;
  changed(): void;
  /** Resolves when what is shown now is in the browser's copy. */
  kept(): Promise<unknown>;
  /** So many entries of an ended login could not be read. */
  lost(count: number): void;
  /** Entries to show from the beginning. */
  shown?: Iterable<PendingMessage>;
}

/** Every entry of a user that can be read with this vault, by id, and the ids of the others. */
export async function readEntries(
  database: Database,
  vault: Vault,
  { site, user }: Pick<PageConfig, "site" | "user">,
): Promise<{ stored: Map<string, PendingMessage>; unreadable: string[] }> {
  const records = await database.getAllFromIndex("outbox", "owner", [site, user]);
  const stored = new Map<string, PendingMessage>();
  const unreadable: string[] = [];
  for (const record of records) {
    const content = (await vault.open(nameOf(site, user, record.id), record)) as Sealable | undefined;
    if (content === undefined) unreadable.push(record.id);
    else stored.set(record.id, { id: record.id, ...content });
  }
  return { stored, unreadable };
}

/** What a record is sealed under. */
const nameOf = (site: string, user: number, id: string): string => JSON.stringify(["outbox", site, user, id]);

interface Sealable {
  conversation: ConversationId;
  text: string;
  writtenAt: number;
  failure: string | null;
}

/** Text as the server takes it: well-formed UTF-16, without U+0000, trimmed. */
export function cleanText(text: string): string {
  // With the flag u this finds lone surrogates only: what toWellFormed does, in every browser.
  return text.replace(/\p{Surrogate}/gu, "\uFFFD").replaceAll("\u0000", "").trim();
}

export class Outbox {
  readonly #parts: OutboxParts;
  readonly #ids: OrderedIds;
  readonly #entries = new Map<string, PendingMessage>();
  /** The one of each conversation that awaits its answer, or its next try. */
  readonly #trying = new Map<ConversationId, { id: string; cancels: Cancel[] }>();
  /** In memory, not (yet) in the database. */
  readonly #unstored = new Set<string>();
  /** Whom to tell that an entry that could not be stored needs no storing any more. */
  readonly #safe = new Map<string, () => void>();
  /** Storing has ended, well or not: may be sent. */
  readonly #ready = new Set<string>();
  /** Dropped here; a read that began earlier must not bring them back. */
  readonly #gone = new Set<string>();
  #maxChars = defaultLimits.message_chars;
  /** What is being written to the database or erased there. */
  readonly #writes = new Set<Promise<void>>();
  #online = false;
  #holding = false;
  /** Ends the wish for, or the holding of, the lock. */
  #release: (() => void) | null = null;
  #told = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#ids = new OrderedIds(parts.random, () => parts.clock.now());
    for (const entry of parts.shown ?? []) this.#entries.set(entry.id, entry);
    if (parts.channel !== undefined) parts.channel.onmessage = () => void this.load();
  }

  /** Every entry of this user, in the order of writing. */
  get pending(): readonly PendingMessage[] {
    return [...this.#entries.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** Reads what earlier pages and other tabs stored. */
  async load(): Promise<void> {
    const { database, vault, config } = this.#parts;
    if (database === undefined || vault === undefined) return;
    try {
      const before = [...this.#entries.values()].filter(({ id, acked }) => acked !== true && !this.#unstored.has(id));
      const { stored, unreadable } = await readEntries(database, vault, config);
      // Known before the read and missing in it: another tab is done with them, by an ack or by the person's wish.
      for (const { id, failure } of before) {
        if (stored.has(id)) continue;
        if (failure === null) this.#sentElsewhere(id);
        else this.#forget(id);
      }
      for (const [id, entry] of stored) {
        if (this.#gone.has(id) || this.#unstored.has(id)) continue;
        this.#ids.follow(id);
        this.#entries.set(id, entry);
      }
      if (unreadable.length > 0 && vault.certain) await this.#dropUnreadable(database, unreadable);
    } catch {
      // What cannot be read now is read by the next page.
    }
    this.#parts.changed();
    this.#pump();
  }

  /**
   * Takes a message to send; it is stored before the first try. Nothing happens for an empty one. Resolves when it
   * cannot be lost with the page any more: it is stored, or else the server has it or the person has removed it.
   */
  async add(conversation: ConversationId, raw: string, id = this.#ids.next()): Promise<void> {
    const text = cleanText(raw);
    // The page before this one may have stored it, and have been left before it knew.
    if (text === "" || this.#entries.has(id) || this.#gone.has(id)) return;
    this.#ids.follow(id);
    const writtenAt = this.#parts.clock.now() + this.#parts.skew();
    // What is too long is refused here: as a frame it could be too large for the socket.
    const failure = Array.from(text).length > this.#maxChars ? "message_too_long" : null;
    await this.#put({ id, conversation, text, writtenAt, failure });
    if (this.#unstored.has(id)) await new Promise<void>((resolve) => this.#safe.set(id, resolve));
  }

  /** Tries a refused message again, as a new one. */
  async retry(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.failure === null) return;
    const dropped = this.#drop(id);
    void this.add(entry.conversation, entry.text);
    await dropped;
  }

  /** Removes a refused message and gives its text back. */
  async discard(id: string): Promise<string | undefined> {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.failure === null) return undefined;
    await this.#drop(id);
    return entry.text;
  }

  /** The line is online: take part in sending. */
  online(maxChars: number): void {
    this.#maxChars = maxChars;
    this.#online = true;
    if (this.#release !== null) {
      this.#pump();
      return;
    }
    const { locks, database, vault, config } = this.#parts;
    if (locks === undefined || database === undefined || vault === undefined) {
      this.#release = () => undefined;
      this.#holding = true;
      this.#pump();
      return;
    }
    const abort = new AbortController();
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    this.#release = () => {
      abort.abort();
      letGo();
    };
    locks
      .request(`gchat outbox ${config.site} ${config.user}`, { signal: abort.signal }, async () => {
        if (abort.signal.aborted) return;
        this.#holding = true;
        // Another tab may have stored and sent meanwhile.
        await this.load();
        await held;
      })
      .catch(() => undefined);
  }

  /** The line is lost: another tab may do better. What had no answer is tried again later, with its id. */
  offline(): void {
    this.#online = false;
    this.#holding = false;
    this.#release?.();
    this.#release = null;
    for (const { cancels } of this.#trying.values()) for (const cancel of cancels) cancel();
    this.#trying.clear();
  }

  /** The server has it for good; it is shown from here, as sent, until the message itself comes. */
  acked(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#gone.add(id);
    this.#settle(entry);
    this.#save(id);
    this.#entries.set(id, { ...entry, failure: null, acked: true });
    this.#parts.changed();
    this.#pump();
    void this.#writing(this.#erase(id));
  }

  /** The message itself is in the conversation. */
  committed(id: string): void {
    if (this.#entries.has(id)) void this.#drop(id);
  }

  /** An `error` that names a client_message_id. True if it was an entry of this outbox. */
  refused(frame: Server<"error">): boolean {
    const entry = this.#entries.get(frame.client_message_id ?? "");
    if (entry === undefined) return false;
    if (frame.final) {
      this.#settle(entry);
      void this.#put({ ...entry, failure: frame.code });
      return true;
    }
    const trying = this.#trying.get(entry.conversation);
    if (trying?.id === entry.id) {
      for (const cancel of trying.cancels) cancel();
      const wait = (frame.retry_after_ms ?? AGAIN_MS) + this.#parts.clock.random() * 200;
      trying.cancels = [
        this.#parts.clock.after(wait, () => {
          this.#settle(entry);
          this.#pump();
        }),
      ];
    }
    return true;
  }

  /** The store is another one: an ack from before says nothing of it, and the message will not come. */
  forgetAcked(): void {
    for (const { id, acked } of this.pending) if (acked === true) this.#forget(id);
    this.#parts.changed();
  }

  /** What is stored waits there for a later page; here nothing stays. Resolves when nothing is written any more. */
  async end(): Promise<void> {
    this.offline();
    this.#entries.clear();
    const { channel } = this.#parts;
    if (channel !== undefined) channel.onmessage = null;
    while (this.#writes.size > 0) await Promise.all(this.#writes);
    channel?.close();
  }

  #writing(write: Promise<void>): Promise<void> {
    this.#writes.add(write);
    return write.finally(() => this.#writes.delete(write));
  }

  #put(entry: PendingMessage): Promise<void> {
    return this.#writing(this.#store(entry));
  }

  async #store(entry: PendingMessage): Promise<void> {
    const { database, vault, config } = this.#parts;
    this.#entries.set(entry.id, entry);
    this.#unstored.add(entry.id);
    this.#parts.changed();
    if (database !== undefined && vault !== undefined) {
      try {
        const { id, conversation, text, writtenAt, failure } = entry;
        const sealed = await vault.seal(nameOf(config.site, config.user, id), { conversation, text, writtenAt, failure } satisfies Sealable);
        await database.put("outbox", { id, site: config.site, user: config.user, ...sealed });
        this.#unstored.delete(id);
        this.#parts.channel?.postMessage("changed");
      } catch {
        // Full or taken away: it is sent from memory.
      }
    }
    this.#ready.add(entry.id);
    this.#pump();
  }

  #drop(id: string): Promise<void> {
    this.#gone.add(id);
    this.#forget(id);
    this.#parts.changed();
    this.#pump();
    const told = async (): Promise<void> => {
      await this.#erase(id);
      this.#parts.channel?.postMessage("changed");
    };
    return this.#writing(told());
  }

  /** Only when the copy has what replaces it: a page that is left in between shows it still. */
  async #erase(id: string): Promise<void> {
    await this.#parts.kept();
    try {
      await this.#parts.database?.delete("outbox", id);
    } catch {
      // It would be sent once more by a later page, and known by its id.
    }
  }

  #forget(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#settle(entry);
    this.#entries.delete(id);
    this.#unstored.delete(id);
    this.#save(id);
  }

  #save(id: string): void {
    this.#safe.get(id)?.();
    this.#safe.delete(id);
  }

  /** Shown as sent until the message itself comes. */
  #sentElsewhere(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#settle(entry);
    this.#entries.set(id, { ...entry, acked: true });
  }

  #settle(entry: PendingMessage): void {
    const trying = this.#trying.get(entry.conversation);
    if (trying?.id !== entry.id) return;
    for (const cancel of trying.cancels) cancel();
    this.#trying.delete(entry.conversation);
  }

  /** Sends the first waiting entry of each conversation that awaits no answer. */
  #pump(): void {
    if (!this.#online) return;
    const begun = new Set<ConversationId>();
    for (const entry of this.pending) {
      if (entry.failure !== null || entry.acked === true || begun.has(entry.conversation)) continue;
      begun.add(entry.conversation);
      if (this.#trying.has(entry.conversation)) continue;
      // Without the lock only what could not be stored: nobody else knows it.
      const mine = this.#unstored.has(entry.id);
      if (mine ? !this.#ready.has(entry.id) : !this.#holding) continue;
      this.#try(entry);
    }
  }

  #try(entry: PendingMessage): void {
    const { id, conversation, text } = entry;
    if (!this.#parts.send({ type: "send", client_message_id: id, conversation, text })) return;
    const { clock } = this.#parts;
    this.#trying.set(conversation, {
      id,
      cancels: [
        clock.after(ANSWER_MS, () => {
          this.#parts.late();
        }),
        clock.after(REPEAT_MS, () => {
          this.#settle(entry);
          this.#pump();
        }),
      ],
    });
  }

  async #dropUnreadable(database: Database, ids: readonly string[]): Promise<void> {
    for (const id of ids) await database.delete("outbox", id);
    if (!this.#told) this.#parts.lost(ids.length);
    this.#told = true;
  }
}
