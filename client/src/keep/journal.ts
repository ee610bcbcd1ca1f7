/**
 * The unload journal: what the person did in the last instant before the page was left, when nothing asynchronous is
 * finished any more: the half-typed draft, the message just sent, the window just closed.
 *
 * Stands between elements and core, and remembers each such command until the core has acknowledged it as `durable`. On
 * leaving, the rest is written to the tab's sessionStorage within the event: encrypted with a keystream that was made ahead
 * (AES-CTR under a key of the login, see vault.ts, a random counter, used once). The tab's next page of the same login does it again.
 * Commands may be done twice: messages carry their id, drafts, edits and windows are set to what they are.
 */
import { OrderedIds } from "../ids.js";
import { deriveKey, fromBase64, toBase64 } from "./vault.js";
import type { Cipher } from "./vault.js";
import type { Command, ConversationId, MessageView, PageConfig, Seq, Update } from "../view.js";

/** Room for two of the longest messages. What does not fit is left out, the oldest drafts first. */
const PAD_BYTES = 64 * 1024;
const COUNTER_BYTES = 16;
const SUM_BYTES = 4;

/** So many of one's own messages' seqs are remembered, and names of others': those that were told last. */
const SEQS_MOST = 2_000;

/** The part of MessagePort that the elements use. */
export type PagePort = Pick<MessagePort, "postMessage" | "onmessage">;

interface Pad {
  counter: Uint8Array<ArrayBuffer>;
  stream: Uint8Array<ArrayBuffer>;
}

export interface UnloadJournalParts {
  config: PageConfig;
  crypto: Cipher;
  /** May throw where the browser keeps nothing. */
  storage: () => Storage;
  now: () => number;
}

export class UnloadJournal {
  readonly #parts: UnloadJournalParts;
  readonly #ids: OrderedIds;
  /** By number. Of drafts and windows only the last word: the earlier ones are answered by it. */
  readonly #open = new Map<number, Command>();
  /** Of one's own messages that this page was told: the core that does a command again may not know them. */
  readonly #seqs = new Map<string, Seq>();
  /** Of others' messages that this page was told their `client_message_id`, by conversation and key. */
  readonly #names = new Map<string, string>();
  #last = 0;
  readonly #key: Promise<CryptoKey | undefined>;
  #collected: Promise<void> | null = null;
  #pad: Pad | null = null;

  constructor(parts: UnloadJournalParts) {
    this.#parts = parts;
    this.#ids = new OrderedIds((bytes) => void parts.crypto.getRandomValues(bytes), parts.now);
    const { site, user, sid } = parts.config;
    this.#key = deriveKey(parts.config, `left ${site} ${user} ${sid}`, "AES-CTR", parts.crypto).catch(() => undefined);
    void this.#prepare();
  }

  /** The elements' end of the core's port. */
  port(inner: PagePort): PagePort {
    const note = (command: Command): Command => this.#noted(command);
    const kept = (entries: readonly number[]): void => {
      for (const entry of entries) this.#open.delete(entry);
    };
    const follow = (conversation: ConversationId, messages: readonly MessageView[]): void => {
      this.#follow(conversation, messages);
    };
    const forget = (): void => {
      this.#seqs.clear();
      this.#names.clear();
    };
    return {
      postMessage(command: Command) {
        inner.postMessage(note(command));
      },
      get onmessage() {
        return inner.onmessage;
      },
      set onmessage(heard) {
        inner.onmessage = (event: MessageEvent<Update>) => {
          if (event.data.kind === "durable") kept(event.data.entries);
          else heard?.call(inner as MessagePort, event);
          if (event.data.kind === "conversation") follow(event.data.view.conversation, event.data.view.messages);
          if (event.data.kind === "changed") follow(event.data.change.conversation, event.data.change.put ?? []);
          if (event.data.kind === "page") follow(event.data.page.conversation, event.data.page.messages ?? []);
          if (event.data.kind === "emptied") forget();
        };
      },
    };
  }

  /** What the tab's last page left and what this one did, in its order, as far as no core has kept it. */
  async unkept(): Promise<Command[]> {
    this.#collected ??= this.#collect();
    await this.#collected.catch(() => undefined);
    const open = [...this.#open].sort(([one], [other]) => one - other);
    return open.map(([, command]) => (command.kind === "send" ? { ...command, again: true } : command));
  }

  /** What this tab's last page left is erased there, and remembered here until the core has kept it. */
  async #collect(): Promise<void> {
    const note = this.#take();
    const key = await this.#key;
    if (note === undefined || key === undefined) return;
    const bytes = fromBase64(note);
    const counter = bytes.slice(0, COUNTER_BYTES);
    const hidden = bytes.slice(COUNTER_BYTES);
    if (counter.length < COUNTER_BYTES || hidden.length > PAD_BYTES) return;
    const stream = await this.#stream(key, counter);
    const left = opened(xor(hidden, stream));
    const since = [...this.#open.values()];
    this.#open.clear();
    // Before what this page has done meanwhile.
    for (const command of [...left, ...since]) this.#noted(command);
  }

  /** Writes what the core has not kept. Within the event: nothing here waits. */
  leave(): void {
    const pad = this.#pad;
    if (pad === null || this.#open.size === 0) return;
    this.#pad = null;
    const hidden = xor(closed([...this.#open.values()]), pad.stream);
    const note = new Uint8Array(COUNTER_BYTES + hidden.length);
    note.set(pad.counter);
    note.set(hidden, COUNTER_BYTES);
    try {
      this.#parts.storage().setItem(this.#name, toBase64(note));
    } catch {
      // Blocked or full.
    }
    // Should the page stay or come back after all.
    void this.#prepare();
  }

  /** The page has come back from the browser's cache of pages: what it left, it still has. */
  back(): void {
    this.#take();
  }

  get #name(): string {
    const { site, user, sid } = this.#parts.config;
    return `gchat-left:${site}:${user}:${sid}`;
  }

  #follow(conversation: ConversationId, messages: readonly MessageView[]): void {
    for (const { seq, key, mine, id } of messages) {
      if (id !== undefined) this.#names.set(`${conversation} ${key}`, id);
      // Whatever the clock does: what is written after something unsent is sent after it.
      if (seq === 0) this.#ids.follow(key);
      else if (mine) this.#seqs.set(key, seq);
    }
    for (const known of [this.#seqs, this.#names]) for (const key of known.keys()) if (known.size > SEQS_MOST) known.delete(key);
  }

  /** Numbers a command that must not be lost, and gives a message its id. */
  #noted(command: Command): Command {
    switch (command.kind) {
      case "send":
      case "edit":
      case "delete":
      case "undelete":
      case "react":
      case "draft":
      case "open":
      case "enter":
      case "restore":
      case "minimise":
      case "close": {
        this.#last += 1;
        const noted = { ...command, entry: this.#last };
        if (noted.kind === "send") {
          if (noted.key === undefined) noted.key = this.#ids.next();
          else this.#ids.follow(noted.key);
        }
        if (noted.kind === "edit" || noted.kind === "delete" || noted.kind === "react") {
          const { conversation, key } = noted;
          const seq = noted.seq ?? (key.startsWith("seq:") ? Number(key.slice(4)) : this.#seqs.get(key));
          if (seq !== undefined) noted.seq = seq;
          const id = this.#names.get(`${conversation} ${key}`);
          if (id !== undefined && noted.kind !== "edit") noted.id ??= id;
        }
        if (noted.kind === "undelete") noted.at ??= this.#parts.now();
        const subject = subjectOf(noted);
        for (const [entry, earlier] of this.#open) {
          if (subject !== null && subjectOf(earlier) === subject) this.#open.delete(entry);
        }
        this.#open.set(this.#last, noted);
        return noted;
      }
      default:
        return command;
    }
  }

  /** Takes the note from the tab, and erases those of other users and logins. */
  #take(): string | undefined {
    try {
      const storage = this.#parts.storage();
      const note = storage.getItem(this.#name) ?? undefined;
      for (const name of Object.keys(storage)) {
        if (name.startsWith(`gchat-left:${this.#parts.config.site}:`)) storage.removeItem(name);
      }
      return note;
    } catch {
      return undefined;
    }
  }

  async #prepare(): Promise<void> {
    const key = await this.#key;
    if (key === undefined) return;
    const counter = new Uint8Array(COUNTER_BYTES);
    // 96 bits of chance; the rest counts the blocks.
    this.#parts.crypto.getRandomValues(counter.subarray(0, 12));
    this.#pad = { counter, stream: await this.#stream(key, counter) };
  }

  async #stream(key: CryptoKey, counter: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const { subtle } = this.#parts.crypto;
    if (subtle === undefined) return new Uint8Array();
    const zeros = new Uint8Array(PAD_BYTES);
    return new Uint8Array(await subtle.encrypt({ name: "AES-CTR", counter, length: 32 }, key, zeros));
  }
}

/** The commands as bytes behind their checksum: of drafts and windows only the last word counts. */
function closed(commands: readonly Command[]): Uint8Array<ArrayBuffer> {
  const seen = new Set<string>();
  const chosen: Command[] = [];
  let room = PAD_BYTES - SUM_BYTES - 2;
  for (const command of [...commands].reverse()) {
    const subject = subjectOf(command);
    if (subject !== null && seen.has(subject)) continue;
    const size = new TextEncoder().encode(JSON.stringify(command)).length + 1;
    if (size > room) continue;
    room -= size;
    chosen.push(command);
    if (subject !== null) seen.add(subject);
  }
  const text = new TextEncoder().encode(JSON.stringify(chosen.reverse()));
  const bytes = new Uint8Array(SUM_BYTES + text.length);
  new DataView(bytes.buffer).setUint32(0, checksum(text));
  bytes.set(text, SUM_BYTES);
  return bytes;
}

/** Commands about the same thing, of which only the last matters; null: each matters. */
function subjectOf(command: Command): string | null {
  switch (command.kind) {
    case "send":
      return null;
    case "edit":
    case "react":
      return `${command.kind} ${command.conversation} ${command.key}`;
    case "delete":
    case "undelete":
      return `delete ${command.conversation} ${command.key}`;
    case "draft":
      return `draft ${command.conversation}`;
    case "open":
      return `open ${command.person.id}`;
    case "restore":
    case "enter":
    case "minimise":
    case "close":
      return `window ${command.conversation}`;
    default:
      return command.kind;
  }
}

function opened(bytes: Uint8Array<ArrayBuffer>): Command[] {
  if (bytes.length <= SUM_BYTES) return [];
  const text = bytes.slice(SUM_BYTES);
  if (new DataView(bytes.buffer).getUint32(0) !== checksum(text)) return [];
  return JSON.parse(new TextDecoder().decode(text)) as Command[];
}

/** FNV-1a, 32 bits: tells a note of another key or a cut one. */
function checksum(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}

function xor(bytes: Uint8Array<ArrayBuffer>, stream: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.map((byte, at) => byte ^ (stream[at] ?? 0));
}
