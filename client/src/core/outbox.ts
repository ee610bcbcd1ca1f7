/**
 * Messages, edits, deletions and reactions on their way out: stored before the first try, first in, first out per conversation,
 * tried until the server's ack or final refusal, over reloads and crashes.
 *
 * An edit or a deletion of a message that is not acked waits for it, since it names the message's seq, unless it can do
 * without the server: see unacked.ts. A deletion joins the queue when its undo has ended. What is refused for good holds
 * up nothing. A reaction says all that the person's are to be: a newer one takes the place of what is not under way.
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
import type { ClientFrame, Feature, Message, Server } from "../net/protocol.js";
import { defaultLimits, kindOf } from "../net/protocol.js";
import { Pending } from "./pending.js";
import type { Channel } from "./pending.js";
import { Sender } from "./sender.js";
import { Unacked } from "./unacked.js";
import { UNDO_MS } from "./undos.js";
import type { UnsentVault } from "../keep/unsent.js";
import type { ConversationId, PageConfig, Seq, UserId } from "../view.js";

/** A message as the core knows it. */
export interface KnownMessage {
  seq: Seq;
  /** The `client_message_id`; null: it was erased. */
  id: string | null;
  text: string | null;
  /** The highest id of an edit that was applied. */
  verbId: string | undefined;
  /** The user's own reactions. */
  reacted: readonly string[];
}

/** What the page knows of a message that the core may not know: its seq (0: not known), and its `client_message_id`. */
export interface Told {
  seq: Seq;
  id: string | undefined;
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
  /** The committed message with this key, where the core knows it. */
  message(conversation: ConversationId, key: string): KnownMessage | undefined;
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
  /** Those of reactions: above each other, whatever the ids of edits from other clocks are. */
  readonly #reactIds: OrderedIds;
  readonly #store: EntryStore;
  readonly #pending: Pending;
  readonly #sender: Sender;
  readonly #unacked: Unacked;
  #online = false;
  #maxChars = defaultLimits.message_chars;
  #told = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#ids = new OrderedIds(parts.random, () => parts.clock.now());
    this.#reactIds = new OrderedIds(parts.random, () => parts.clock.now());
    this.#store = new EntryStore(parts.config, parts.database, parts.vault);
    const pump = (): void => {
      this.#pump();
    };
    const settle = (entry: Entry): void => {
      this.#sender.settle(entry);
    };
    this.#pending = new Pending({ ...parts, store: this.#store, settle, pump });
    this.#sender = new Sender({
      ...parts,
      lock: `gchat outbox ${parts.config.site} ${parts.config.user}`,
      locks: this.#store.exists ? parts.locks : undefined,
      queue: () => this.pending.filter((entry) => this.#inQueue(entry)),
      claims: (entry) => this.#unacked.claims(entry),
      frameOf: (entry) => this.#frameOf(entry),
      whose: (entry) => (this.#unacked.holds(entry) ? "wait" : this.#pending.whose(entry)),
      granted: () => this.load(),
    });
    this.#unacked = new Unacked({ ...parts, store: this.#store, pending: this.#pending, load: () => this.load(), pump });
    for (const entry of parts.shown ?? []) this.#pending.know(entry);
    if (parts.channel !== undefined) parts.channel.onmessage = () => void this.load();
  }

  /** Every entry of this user, in the order of asking. */
  get pending(): readonly Entry[] {
    return this.#pending.all;
  }

  /** Reads what earlier pages and other tabs stored. */
  async load(): Promise<void> {
    if (!this.#store.exists) return;
    const before = this.pending.filter((entry) => entry.acked === undefined && this.#pending.whose(entry) === "shared");
    const read = await this.#store.read();
    if (read !== undefined) {
      // Known before the read and missing in it: another tab is done with them, by an ack or by the person's wish.
      const gone = before.filter(({ id }) => !read.stored.has(id));
      for (const entry of gone) {
        // With its deletion it was taken back before it went out.
        const sent = entry.failure === null && !gone.some((other) => other.kind === "delete" && other.target === entry.id);
        // Shown as sent until the message itself comes.
        if (entry.kind === "send" && sent) this.#pending.acked(entry);
        else this.#pending.forget(entry.id);
      }
      for (const [id, entry] of read.stored) {
        (entry.kind === "react" ? this.#reactIds : this.#ids).follow(id);
        this.#pending.found(entry);
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
  async add(
    conversation: ConversationId,
    raw: string,
    options: { id?: string; replyTo?: Seq; mentions?: UserId[]; again?: true } = {},
  ): Promise<void> {
    const { id = this.#ids.next(), again, ...answer } = options;
    const text = cleanText(raw);
    // The page before this one may have stored it, and have been left before it knew.
    if (text === "" || this.#pending.isKnown(id)) return;
    this.#ids.follow(id);
    await this.#pending.keep({
      ...this.#begun("send", conversation, id),
      text,
      failure: this.#tooLong(text),
      ...this.#answer(answer),
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
    const message = this.#pending.get(target);
    if (message?.kind === "send" && message.failure !== null) {
      await this.#pending.keep({ ...message, text });
      return;
    }
    const own = this.#parts.message(conversation, target);
    if (this.#isNowhere(target, own?.seq ?? told)) return;
    const known = this.#pending.wishes("edit", conversation, target);
    const latest = known.filter(({ acked }) => acked === undefined).at(-1);
    // The page before this one may have stored it.
    if (latest?.failure === null && latest.text === text) return;
    const replaced = this.#replaced(known);
    if (own?.verbId !== undefined) this.#ids.follow(own.verbId);
    const before = own?.text ?? (message?.kind === "send" ? message.text : undefined);
    // What is under way, or done and not shown yet, makes another text of it.
    if (before !== text || replaced.length < known.length) {
      const begun = this.#begun("edit", conversation, this.#ids.next());
      await this.#pending.keep({ ...begun, target, seq: own?.seq ?? told, text, failure: this.#tooLong(text) }, replaced);
    } else await this.#eraseNow(replaced);
  }

  /** Of what was wished and is not done: all that is not under way, and is none any more. */
  #replaced<E extends Entry>(known: readonly E[]): E[] {
    const replaced = known.filter((entry) => entry.acked === undefined && !this.#sender.tries(entry));
    for (const { id } of replaced) this.#pending.part(id);
    return replaced;
  }

  async #eraseNow(replaced: readonly Entry[]): Promise<void> {
    this.#parts.changed();
    await this.#pending.writing(this.#pending.eraseAll(replaced));
  }

  /** Makes these all reactions of the user to the message with this key; a wish that is not under way is replaced. */
  async react(conversation: ConversationId, target: string, emoji: string[], told: Told): Promise<void> {
    const message = this.#parts.message(conversation, target);
    const named = this.#named(target, told, message);
    if (named === undefined || message?.text === null) return;
    const known = this.#pending.wishes("react", conversation, target);
    // The page before this one may have stored it.
    if (isSame(known.at(-1)?.emoji, emoji) && known.at(-1)?.acked === undefined) return;
    const replaced = this.#replaced(known);
    // What is under way, or done and not shown yet, makes others of them.
    const rest = known.filter((entry) => !replaced.includes(entry)).at(-1);
    if (isSame(rest?.emoji ?? message?.reacted, emoji)) await this.#eraseNow(replaced);
    else {
      const id = this.#reactIds.next();
      // What is asked for later is behind it in the queue.
      this.#ids.follow(id);
      await this.#pending.keep({ ...this.#begun("react", conversation, id), ...named, emoji }, replaced);
    }
  }

  /** Deletes the message with this key, unless it is taken back within `UNDO_MS`. */
  async delete(conversation: ConversationId, target: string, told: Told): Promise<void> {
    const { clock } = this.#parts;
    const named = this.#named(target, told, this.#parts.message(conversation, target));
    if (this.#deletion(conversation, target) !== undefined || named === undefined) return;
    const begun = this.#begun("delete", conversation, this.#ids.next());
    await this.#pending.keep({ ...begun, ...named, due: clock.now() + UNDO_MS });
  }

  #deletion(conversation: ConversationId, target: string): DeleteEntry | undefined {
    return this.#pending.wishes("delete", conversation, target)[0];
  }

  /** How a verb names its message; undefined: there is none, or it has no name. */
  #named(target: string, told: Told, message: KnownMessage | undefined): Pick<VerbEntry, "target" | "seq" | "name"> | undefined {
    const seq = message?.seq ?? told.seq;
    if (!target.startsWith("seq:")) return this.#isNowhere(target, seq) ? undefined : { target, seq };
    const name = message === undefined ? told.id : message.id;
    return name === undefined || name === null || seq === 0 ? undefined : { target, seq, name };
  }

  /** Takes a deletion back whose time had not come, or not at `at`, unless it is under way. */
  async undelete(conversation: ConversationId, target: string, at = this.#parts.clock.now()): Promise<void> {
    const deletion = this.#deletion(conversation, target);
    if (deletion === undefined || deletion.acked !== undefined || (deletion.over === true && deletion.due <= at)) return;
    if (!this.#sender.tries(deletion)) await this.#pending.drop([deletion.id]);
  }

  /** Forgets an edit that was refused for good. */
  async dismiss(conversation: ConversationId, target: string): Promise<void> {
    await this.#pending.drop(this.#pending.wishes("edit", conversation, target).filter(({ failure }) => failure !== null).map(({ id }) => id));
  }

  /** Tries a refused message again, as a new one. */
  async retry(id: string): Promise<void> {
    const entry = this.#pending.get(id);
    if (entry?.kind !== "send" || entry.failure === null) return;
    const dropped = this.#dropWithWishes(id);
    void this.add(entry.conversation, entry.text, answered(entry, this.#parts.epoch()));
    await dropped;
  }

  /** Removes a refused message and gives it back; without what it answers, where that is not there any more. */
  async discard(id: string): Promise<Omit<Answer, "epoch"> & { text: string } | undefined> {
    const entry = this.#pending.get(id);
    if (entry?.kind !== "send" || entry.failure === null) return undefined;
    await this.#dropWithWishes(id);
    const { mentions, replyTo } = answered(entry, this.#parts.epoch());
    const reply = replyTo === undefined || entry.failure === "no_such_message" ? {} : { replyTo };
    return { text: entry.text, ...(mentions === undefined ? {} : { mentions }), ...reply };
  }

  async #dropWithWishes(id: string): Promise<void> {
    const wishes = this.pending.filter((entry) => entry.kind !== "send" && entry.target === id);
    await this.#pending.drop([id, ...wishes.map((wish) => wish.id)]);
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
    const entry = this.#pending.get(id);
    if (entry === undefined) return;
    this.#pending.acked(entry, rev);
    const learned = entry.kind === "send" ? this.#pending.learn(id, seq) : undefined;
    this.reflected();
    this.#parts.changed();
    this.#pump();
    void this.#pending.erase(id, learned);
  }

  /** The message itself is in the conversation. */
  committed(id: string, seq: Seq): void {
    if (this.#pending.get(id) !== undefined) void this.#pending.drop([id], this.#pending.learn(id, seq));
  }

  /** What is shown has come on: acknowledged edits and deletions are done with where it shows them. */
  reflected(): void {
    if (this.#pending.size === 0) return;
    for (const { kind, id, conversation, acked } of this.pending) {
      if (kind === "send" || acked === undefined || !this.#parts.reflects(conversation, acked)) continue;
      this.#pending.forget(id);
      this.#parts.changed();
    }
    // A message that was waited for may be known now.
    this.#pump();
  }

  /** An `error` that names an id. True if it was an entry of this outbox. */
  refused(frame: Server<"error">): boolean {
    const entry = this.#pending.get(frame.id ?? "");
    if (entry === undefined) return false;
    if (frame.final) this.#refusedForGood(entry, frame);
    else this.#sender.later(entry, frame.retry_after_ms);
    return true;
  }

  #refusedForGood(entry: Entry, { code, message }: Server<"error">): void {
    this.#sender.settle(entry);
    const { kind, conversation, id } = entry;
    const outdone = kind === "edit" && this.#pending.wishes(kind, conversation, entry.target).some((other) => other.id > id);
    const over = kind === "delete" || kind === "react";
    // Of a stub everybody sees why.
    if (over && (kind === "delete" || this.#parts.message(conversation, entry.target)?.text !== null)) {
      this.#parts.refused(conversation, code, message);
    }
    if (over || outdone) void this.#pending.drop([id]);
    else if (entry.kind === "edit" && code === "no_such_message") void this.#offer(entry);
    else void this.#pending.put({ ...entry, failure: code });
    // What was to be said of a message falls with it.
    const fallen = kind === "send" ? this.#pending.wishes("react", conversation, id) : [];
    if (fallen.length > 0) void this.#pending.drop(fallen.map((wish) => wish.id));
  }

  /** A message is a stub now: an edit of it that was refused is no use to anybody, nor seen where it was erased. */
  emptied(conversation: ConversationId, { seq, deleted }: Message): void {
    if (this.#pending.size === 0) return;
    for (const entry of this.pending) {
      if (entry.kind !== "edit" || entry.failure === null || entry.conversation !== conversation || this.#seqOf(entry) !== seq) continue;
      // Whoever has deleted it does not want to write it again.
      if (deleted === "author") void this.#pending.drop([entry.id]);
      else void this.#offer(entry);
    }
  }

  /** The message of this edit is not there any more: its text goes back to the person, as a message that was not sent. */
  async #offer(edit: EditEntry): Promise<void> {
    const { id, conversation, target, text } = edit;
    if (this.#deletion(conversation, target) !== undefined) await this.#pending.drop([id]);
    else {
      this.#pending.part(id);
      const begun = this.#begun("send", conversation, this.#ids.next());
      await this.#pending.keep({ ...begun, text, failure: "no_such_message" }, [edit]);
    }
  }

  /** The store is another one: an ack from before says nothing of it, and what it was for will not come. */
  forgetAcked(): void {
    for (const { id, acked } of this.pending) if (acked !== undefined) this.#pending.forget(id);
    this.#parts.changed();
  }

  /** What is stored waits there for a later page; here nothing stays. Resolves when nothing is written any more. */
  async end(): Promise<void> {
    this.offline();
    await this.#pending.end();
  }

  #begun<K extends Entry["kind"]>(kind: K, conversation: ConversationId, id: string) {
    return { kind, id, conversation, writtenAt: this.#parts.clock.now() + this.#parts.skew(), failure: null };
  }

  #answer(answer: Omit<Answer, "epoch">): Answer {
    const epoch = this.#parts.epoch();
    return answer.replyTo === undefined || epoch === null ? answer : { ...answer, epoch };
  }

  /** What is too long is refused here: as a frame it could be too large for the socket. */
  #tooLong(text: string): string | null {
    return Array.from(text).length > this.#maxChars ? "message_too_long" : null;
  }

  /** It was taken back before it went out, and a page says late what it did before. */
  #isNowhere(target: string, seq: Seq): boolean {
    return seq === 0 && this.#pending.get(target) === undefined;
  }

  /** Whether the entry has its place in the queue: what does not holds nobody up. */
  #inQueue(entry: Entry): boolean {
    if (entry.failure !== null || entry.acked !== undefined) return false;
    if (entry.kind === "send") return true;
    if (entry.kind === "delete" && entry.over !== true) return false;
    return this.#parts.takes(entry.kind) && this.#seqOf(entry) > 0;
  }

  #seqOf({ conversation, target, seq }: VerbEntry): Seq {
    return this.#parts.message(conversation, target)?.seq ?? seq;
  }

  #pump(): void {
    this.#unacked.fall();
    this.#sender.pump();
  }

  #frameOf(entry: Entry): ClientFrame {
    const { id, conversation } = entry;
    if (entry.kind === "send") {
      const { replyTo, mentions = [] } = answered(entry, this.#parts.epoch());
      const reply = replyTo === undefined || !this.#parts.takes("reply") ? {} : { reply_to: replyTo };
      const named = mentions.length > 0 && this.#parts.takes("mentions") && kindOf(conversation) !== "direct";
      return { type: "send", client_message_id: id, conversation, text: entry.text, ...reply, ...(named ? { mentions } : {}) };
    }
    const named = { id, conversation, seq: this.#seqOf(entry), client_message_id: entry.name ?? entry.target };
    if (entry.kind === "react") return { type: "react", ...named, emoji: entry.emoji };
    return entry.kind === "edit" ? { type: "edit", ...named, text: entry.text } : { type: "delete", ...named };
  }
}

/** In whatever order. */
function isSame(one: readonly string[] | undefined, other: readonly string[]): boolean {
  return one?.length === other.length && other.every((emoji) => one.includes(emoji));
}
