/**
 * Messages, edits and deletions on their way out: stored before the first try, first in, first out per conversation,
 * tried until the server's ack or final refusal, over reloads and crashes.
 *
 * An edit or a deletion of a message that is not acked waits for it, since it names the message's seq, unless it can do
 * without the server: see unacked.ts. A deletion joins the queue when its undo has ended. What is refused for good holds
 * up nothing.
 *
 * All tabs of a user share the stored entries; the one that holds the Web Lock (and is online) sends. Without locks
 * every tab sends, without a database each its own from memory: the ids make that harmless.
 *
 * An entry is sealed with the person's key, or the login's where the host gives no other (see unsent.ts). Once the host
 * has been heard, entries that do not open never will: they are removed, and their number is told once. Another user's
 * entries are left alone. Must not know sockets or views.
 */
import type { Clock } from "../clock.js";
import type { Database } from "../keep/database.js";
import { answered, cleanText, EntryStore } from "../keep/entries.js";
import type { Answer, DeleteEntry, EditEntry, Entry, VerbEntry } from "../keep/entries.js";
import { OrderedIds } from "../ids.js";
import type { RandomBytes } from "../ids.js";
import type { ClientFrame, Feature, Server } from "../net/protocol.js";
import { defaultLimits } from "../net/protocol.js";
import { Sender } from "./sender.js";
import { Unacked } from "./unacked.js";
import { UNDO_MS, Undos } from "./undos.js";
import type { UnsentVault } from "../keep/unsent.js";
import type { ConversationId, PageConfig, Seq } from "../view.js";

/** The part of BroadcastChannel that is used; it carries no content, only "look again". */
export type Channel = Pick<BroadcastChannel, "postMessage" | "onmessage" | "close">;

/** A message of the user's own as the core knows it. */
export interface Own {
  seq: Seq;
  text: string | null;
  /** The highest id of an edit that was applied. */
  verbId: string | undefined;
}

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
  /** The store's; null: not known yet. */
  epoch(): string | null;
  /** Whether the server takes it. */
  takes(feature: Feature): boolean;
  /** The user's own committed message with this `client_message_id`, where the core knows it. */
  own(conversation: ConversationId, id: string): Own | undefined;
  /** Whether everything up to this rev is shown of the conversation, or nothing of it is. */
  reflects(conversation: ConversationId, rev: number): boolean;
  /** True if the frame went out. */
  send(frame: ClientFrame): boolean;
  /** A frame has waited `ANSWER_MS` for its answer. */
  late(): void;
  changed(): void;
  /** Resolves when what is shown now is in the browser's copy. */
  kept(): Promise<unknown>;
  /** So many entries of an ended login could not be read. */
  lost(count: number): void;
  /** A deletion was refused for good: the message is there again. */
  refused(conversation: ConversationId, code: string, message: string): void;
  /** Entries to show from the beginning. */
  shown?: Iterable<Entry>;
}

export class Outbox {
  readonly #parts: OutboxParts;
  readonly #ids: OrderedIds;
  readonly #store: EntryStore;
  readonly #entries = new Map<string, Entry>();
  readonly #sender: Sender;
  /** In memory, not (yet) in the database. */
  readonly #unstored = new Set<string>();
  /** Whom to tell that an entry that could not be stored needs no storing any more. */
  readonly #safe = new Map<string, () => void>();
  /** Storing has ended, well or not: may be sent. */
  readonly #ready = new Set<string>();
  /** Dropped here; a read that began earlier must not bring them back. */
  readonly #gone = new Set<string>();
  readonly #undos: Undos;
  readonly #unacked: Unacked;
  #online = false;
  #maxChars = defaultLimits.message_chars;
  /** What is being written to the database or erased there. */
  readonly #writes = new Set<Promise<void>>();
  #told = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#ids = new OrderedIds(parts.random, () => parts.clock.now());
    this.#store = new EntryStore(parts.config, parts.database, parts.vault);
    this.#sender = new Sender({
      ...parts,
      lock: `gchat outbox ${parts.config.site} ${parts.config.user}`,
      locks: this.#store.exists ? parts.locks : undefined,
      queue: () => this.pending.filter((entry) => this.#inQueue(entry)),
      claims: (entry) => this.#unacked.claims(entry),
      frameOf: (entry) => this.#frameOf(entry),
      whose: (entry) => (this.#unacked.holds(entry) ? "wait" : this.#whose(entry)),
      granted: () => this.load(),
    });
    this.#unacked = new Unacked({
      store: this.#store,
      pending: () => this.pending,
      whose: (entry) => this.#whose(entry),
      know: (entry) => {
        if (!this.#entries.has(entry.id)) return;
        this.#know(entry);
        parts.changed();
      },
      put: (entry) => this.#put(entry),
      drop: (ids) => this.#dropAll(ids),
      load: () => this.load(),
      writing: (write) => this.#writing(write),
      pump: () => {
        this.#pump();
      },
    });
    this.#undos = new Undos(parts.clock, (id) => {
      const entry = this.#entries.get(id);
      if (entry !== undefined) this.#know(entry);
      parts.changed();
      this.#pump();
    });
    for (const entry of parts.shown ?? []) this.#know(entry);
    if (parts.channel !== undefined) parts.channel.onmessage = () => void this.load();
  }

  /** Every entry of this user, in the order of asking. */
  get pending(): readonly Entry[] {
    return [...this.#entries.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** Reads what earlier pages and other tabs stored. */
  async load(): Promise<void> {
    if (!this.#store.exists) return;
    const before = [...this.#entries.values()].filter(({ id, acked }) => acked === undefined && !this.#unstored.has(id));
    const read = await this.#store.read();
    if (read !== undefined) {
      // Known before the read and missing in it: another tab is done with them, by an ack or by the person's wish.
      const gone = before.filter(({ id }) => !read.stored.has(id));
      for (const { id, kind, failure } of gone) {
        // With its deletion it was taken back before it went out.
        const sent = failure === null && !gone.some((other) => other.kind === "delete" && other.target === id);
        if (kind === "send" && sent) this.#sentElsewhere(id);
        else this.#forget(id);
      }
      for (const [id, entry] of read.stored) {
        if (this.#gone.has(id) || this.#unstored.has(id)) continue;
        this.#ids.follow(id);
        this.#know(entry);
      }
      if (read.removed > 0 && !this.#told) this.#parts.lost(read.removed);
      this.#told ||= read.removed > 0;
    }
    this.#parts.changed();
    this.#pump();
  }

  /**
   * Takes a message to send; it is stored before the first try. Nothing happens for an empty one. Resolves when it
   * cannot be lost with the page any more: it is stored, or else the server has it or the person has removed it.
   */
  async add(conversation: ConversationId, raw: string, options: { id?: string; replyTo?: Seq; again?: true } = {}): Promise<void> {
    const { id = this.#ids.next(), replyTo, again } = options;
    const text = cleanText(raw);
    // The page before this one may have stored it, and have been left before it knew.
    if (text === "" || this.#entries.has(id) || this.#gone.has(id)) return;
    this.#ids.follow(id);
    await this.#keep({
      ...this.#begun("send", conversation, id),
      text,
      failure: this.#tooLong(text),
      ...this.#answer(replyTo),
      ...(this.#online || again === true ? {} : { untried: true as const }),
    });
  }

  /**
   * Gives the message `target` of the user's own another text; an edit of it that is not under way is replaced. `told`:
   * its seq, for messages that the core does not know (any more); 0: not known.
   */
  async edit(conversation: ConversationId, target: string, raw: string, told: Seq = 0): Promise<void> {
    const text = cleanText(raw);
    if (text === "") return;
    const message = this.#entries.get(target);
    if (message?.kind === "send" && message.failure !== null) {
      await this.#keep({ ...message, text });
      return;
    }
    const known = this.#edits(target);
    const earlier = known.filter(({ acked }) => acked === undefined);
    const latest = earlier.at(-1);
    // The page before this one may have stored it.
    if (latest?.failure === null && latest.text === text) return;
    const replaced = earlier.filter((entry) => !this.#sender.tries(entry));
    for (const { id } of replaced) this.#part(id);
    const own = this.#parts.own(conversation, target);
    if (this.#isNowhere(target, own?.seq ?? told)) return;
    if (own?.verbId !== undefined) this.#ids.follow(own.verbId);
    const before = own?.text ?? (message?.kind === "send" ? message.text : undefined);
    // What is under way, or done and not shown yet, makes another text of it.
    if (before !== text || replaced.length < known.length) {
      const begun = this.#begun("edit", conversation, this.#ids.next());
      await this.#keep({ ...begun, target, seq: own?.seq ?? told, text, failure: this.#tooLong(text) }, replaced);
    } else {
      this.#parts.changed();
      await this.#writing(this.#eraseAll(replaced));
    }
  }

  /** Deletes the message `target` of the user's own, unless it is taken back within `UNDO_MS`. */
  async delete(conversation: ConversationId, target: string, told: Seq = 0): Promise<void> {
    const { clock } = this.#parts;
    const seq = this.#parts.own(conversation, target)?.seq ?? told;
    if (this.#deletion(target) !== undefined || this.#isNowhere(target, seq)) return;
    const begun = this.#begun("delete", conversation, this.#ids.next());
    await this.#keep({ ...begun, target, seq, due: clock.now() + UNDO_MS });
  }

  /** Takes a deletion back whose time had not come, or not at `at`, unless it is under way. */
  async undelete(target: string, at = this.#parts.clock.now()): Promise<void> {
    const deletion = this.#deletion(target);
    if (deletion === undefined || deletion.acked !== undefined || (deletion.over === true && deletion.due <= at)) return;
    if (!this.#sender.tries(deletion)) await this.#drop(deletion.id);
  }

  /**
   * A page is left, and its Undo with it: what was deleted is deleted now. Where the page is left to log out, there is no
   * later time. Sent first, within the event; what is stored is for a page that comes before the answer.
   */
  leave(): void {
    const { clock } = this.#parts;
    for (const { id } of this.pending) {
      const entry = this.#entries.get(id);
      if (entry?.kind !== "delete" || entry.over === true) continue;
      this.#entries.set(id, { ...entry, due: clock.now() });
      this.#undos.end(id);
      void this.#writing(this.#stored({ ...entry, due: clock.now() }).then(() => undefined));
    }
  }

  /** Forgets an edit that was refused for good. */
  async dismiss(target: string): Promise<void> {
    await Promise.all(this.#edits(target).filter(({ failure }) => failure !== null).map(({ id }) => this.#drop(id)));
  }

  /** Tries a refused message again, as a new one. */
  async retry(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry?.kind !== "send" || entry.failure === null) return;
    const dropped = this.#dropWithWishes(id);
    void this.add(entry.conversation, entry.text, answered(entry, this.#parts.epoch()));
    await dropped;
  }

  /** Removes a refused message and gives it back; without what it answers, where that is not there any more. */
  async discard(id: string): Promise<{ text: string; replyTo?: Seq } | undefined> {
    const entry = this.#entries.get(id);
    if (entry?.kind !== "send" || entry.failure === null) return undefined;
    await this.#dropWithWishes(id);
    const reply = entry.failure === "no_such_message" ? {} : answered(entry, this.#parts.epoch());
    return { text: entry.text, ...reply };
  }

  async #dropWithWishes(id: string): Promise<void> {
    const wishes = this.pending.filter((entry) => entry.kind !== "send" && entry.target === id);
    await this.#dropAll([id, ...wishes.map((wish) => wish.id)]);
  }

  async #dropAll(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#drop(id)));
  }

  /** The connection is online: take part in sending. */
  online(maxChars: number): void {
    this.#maxChars = maxChars;
    this.#online = true;
    this.#unacked.fall();
    this.#sender.online();
  }

  /** The connection is lost. */
  offline(): void {
    this.#online = false;
    this.#sender.offline();
  }

  /** The server has it for good; it is shown from here until what came of it does. */
  acked({ id, seq, rev }: Pick<Server<"ack">, "id" | "seq" | "rev">): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#gone.add(id);
    this.#sender.settle(entry);
    this.#save(id);
    this.#entries.set(id, { ...entry, failure: null, acked: rev });
    const learned = entry.kind === "send" ? this.#learn(id, seq) : undefined;
    this.reflected();
    this.#parts.changed();
    this.#pump();
    void this.#writing(this.#erase(id, learned));
  }

  /** The message itself is in the conversation. */
  committed(id: string, seq: Seq): void {
    if (this.#entries.has(id)) void this.#drop(id, this.#learn(id, seq));
  }

  /** What is shown has come on: acknowledged edits and deletions are done with where it shows them. */
  reflected(): void {
    if (this.#entries.size === 0) return;
    for (const { kind, id, conversation, acked } of this.pending) {
      if (kind === "send" || acked === undefined || !this.#parts.reflects(conversation, acked)) continue;
      this.#forget(id);
      this.#parts.changed();
    }
    // A message that was waited for may be known now.
    this.#pump();
  }

  /** An `error` that names an id. True if it was an entry of this outbox. */
  refused(frame: Server<"error">): boolean {
    const entry = this.#entries.get(frame.id ?? "");
    if (entry === undefined) return false;
    if (frame.final) this.#refusedForGood(entry, frame);
    else this.#sender.later(entry, frame.retry_after_ms);
    return true;
  }

  #refusedForGood(entry: Entry, { code, message }: Server<"error">): void {
    this.#sender.settle(entry);
    const outdone = entry.kind === "edit" && this.#edits(entry.target).some(({ id }) => id > entry.id);
    if (entry.kind === "delete") this.#parts.refused(entry.conversation, code, message);
    if (entry.kind === "delete" || outdone) void this.#drop(entry.id);
    else void this.#put({ ...entry, failure: code });
  }

  /** The store is another one: an ack from before says nothing of it, and what it was for will not come. */
  forgetAcked(): void {
    for (const { id, acked } of this.pending) if (acked !== undefined) this.#forget(id);
    this.#parts.changed();
  }

  /** What is stored waits there for a later page; here nothing stays. Resolves when nothing is written any more. */
  async end(): Promise<void> {
    this.offline();
    this.#undos.clear();
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

  #begun<K extends Entry["kind"]>(kind: K, conversation: ConversationId, id: string) {
    return { kind, id, conversation, writtenAt: this.#parts.clock.now() + this.#parts.skew(), failure: null };
  }

  #answer(replyTo: Seq | undefined): Answer {
    const epoch = this.#parts.epoch();
    return replyTo === undefined ? {} : { replyTo, ...(epoch === null ? {} : { epoch }) };
  }

  /** What is too long is refused here: as a frame it could be too large for the socket. */
  #tooLong(text: string): string | null {
    return Array.from(text).length > this.#maxChars ? "message_too_long" : null;
  }

  #edits(target: string): EditEntry[] {
    return this.pending.filter((entry): entry is EditEntry => entry.kind === "edit" && entry.target === target);
  }

  #deletion(target: string): DeleteEntry | undefined {
    return this.pending.find((entry): entry is DeleteEntry => entry.kind === "delete" && entry.target === target);
  }

  /** Resolves when the entry cannot be lost with the page any more; what it replaces is erased only then. */
  async #keep(entry: Entry, replaced: readonly Entry[] = []): Promise<void> {
    const { id } = entry;
    await this.#writing(this.#write(entry).then(() => (this.#unstored.has(id) ? undefined : this.#eraseAll(replaced))));
    if (!this.#unstored.has(id)) return;
    await new Promise<void>((resolve) => {
      const earlier = this.#safe.get(id);
      this.#safe.set(id, () => {
        earlier?.();
        resolve();
      });
    });
    await this.#writing(this.#eraseAll(replaced));
  }

  #put(entry: Entry): Promise<void> {
    return this.#writing(this.#write(entry));
  }

  async #write(entry: Entry): Promise<void> {
    const known = this.#entries.has(entry.id) && !this.#unstored.has(entry.id);
    this.#know(entry);
    this.#unstored.add(entry.id);
    this.#parts.changed();
    if (await this.#stored(entry, known)) {
      this.#unstored.delete(entry.id);
      this.#parts.channel?.postMessage("changed");
    }
    this.#ready.add(entry.id);
    this.#pump();
  }

  /** What is dropped while it is being stored is erased again. `known`: it was stored before. */
  async #stored(entry: Entry, known = !this.#unstored.has(entry.id)): Promise<boolean> {
    const stored = await this.#store.put(entry, known);
    if (stored && this.#gone.has(entry.id)) await this.#store.erase(entry.id);
    return stored;
  }

  async #eraseAll(entries: readonly Entry[]): Promise<void> {
    for (const { id } of entries) await this.#store.erase(id);
    if (entries.length > 0) this.#parts.channel?.postMessage("changed");
  }

  #drop(id: string, before?: Promise<unknown>): Promise<void> {
    this.#part(id);
    this.#parts.changed();
    this.#pump();
    return this.#writing(this.#erase(id, before));
  }

  /** For good: a read that is under way does not bring it back. */
  #part(id: string): void {
    this.#gone.add(id);
    this.#forget(id);
  }

  /** Only when the copy has what replaces it: a page that is left in between shows it still. */
  async #erase(id: string, before?: Promise<unknown>): Promise<void> {
    await Promise.all([before, this.#parts.kept()]);
    await this.#store.erase(id);
    this.#parts.channel?.postMessage("changed");
  }

  /** What waits for this message knows its seq from now on, also on a later page. */
  async #learn(target: string, seq: Seq): Promise<void> {
    const waiting = this.pending.filter((entry): entry is VerbEntry => entry.kind !== "send" && entry.target === target);
    for (const entry of waiting) {
      if (!this.#entries.has(entry.id)) continue;
      const known = { ...entry, seq };
      this.#entries.set(entry.id, known);
      await this.#stored(known);
    }
  }

  #forget(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#sender.settle(entry);
    this.#entries.delete(id);
    this.#unstored.delete(id);
    this.#undos.forget(id);
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
    this.#sender.settle(entry);
    this.#entries.set(id, { ...entry, acked: 0 });
  }

  #know(entry: Entry): void {
    let known = entry;
    if (entry.kind === "delete") {
      this.#undos.begin(entry);
      if (this.#undos.isOver(entry.id)) known = { ...entry, over: true };
    }
    this.#entries.set(entry.id, known);
  }

  /** It was taken back before it went out, and a page says late what it did before. */
  #isNowhere(target: string, seq: Seq): boolean {
    return seq === 0 && !this.#entries.has(target);
  }

  #whose({ id }: Entry): "own" | "shared" | "wait" {
    return !this.#unstored.has(id) ? "shared" : this.#ready.has(id) ? "own" : "wait";
  }

  /** Whether the entry has its place in the queue: what does not holds nobody up. */
  #inQueue(entry: Entry): boolean {
    if (entry.failure !== null || entry.acked !== undefined) return false;
    if (entry.kind === "send") return true;
    if (entry.kind === "delete" && entry.over !== true) return false;
    return this.#parts.takes(entry.kind) && this.#seqOf(entry) > 0;
  }

  #seqOf({ conversation, target, seq }: VerbEntry): Seq {
    return this.#parts.own(conversation, target)?.seq ?? seq;
  }

  #pump(): void {
    this.#unacked.fall();
    this.#sender.pump();
  }

  #frameOf(entry: Entry): ClientFrame {
    const { id, conversation } = entry;
    if (entry.kind === "send") {
      const { replyTo } = this.#parts.takes("reply") ? answered(entry, this.#parts.epoch()) : {};
      const reply = replyTo === undefined ? {} : { reply_to: replyTo };
      return { type: "send", client_message_id: id, conversation, text: entry.text, ...reply };
    }
    const named = { id, conversation, seq: this.#seqOf(entry), client_message_id: entry.target };
    return entry.kind === "edit" ? { type: "edit", ...named, text: entry.text } : { type: "delete", ...named };
  }
}
