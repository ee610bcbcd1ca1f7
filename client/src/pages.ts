/**
 * The worker's half of the one core per browser: many pages of one login on one core.
 *
 * Folds what the pages say (who looks, whose journal a command is from) and fans out what the core tells; a page that comes
 * later is told every slice as it stands. A page that dies says nothing: each holds a Web Lock of its own while it
 * lives, and the worker waits for it. Must not know frames or views beyond their kinds.
 */
import { changed, withListed, withWindows } from "./core/change.js";
import type { Cancel, Clock } from "./clock.js";
import type { Port } from "./core/core.js";
import type { TokenShelf } from "./net/token.js";
import type { Command, ConversationId, PageConfig, Update } from "./view.js";

/** Without any page for so long the socket is closed: walking from page to page takes less. */
export const LONELY_MS = 10_000;

/** What a page that comes later hears first, and last. */
const EARLY: ReadonlySet<Update["kind"]> = new Set(["people", "blocked"]);
const LATE: ReadonlySet<Update["kind"]> = new Set(["line", "roster", "rooms", "courses"]);

/** What a page says to the worker. The first is `join`, and is said once. */
export type FromPage =
  | {
      kind: "join";
      config: PageConfig;
      /** What the tab's shelf has. */
      token: string | null;
      visible: boolean;
      /** Held by the page as long as it lives. */
      lock: string;
      /** What the person did last on the tab's earlier page. */
      left: Command[];
    }
  | Command;

/** What the worker says to a page. */
export type FromWorker =
  /** The worker lives; `lock` is held as long as it does. */
  | { kind: "here"; lock: string }
  /** The page is one of the core's pages now. */
  | { kind: "joined" }
  /** There will be no core here. */
  | { kind: "failed" }
  /** For the tab's shelf: whatever becomes of this worker, the next page has it. */
  | { kind: "token"; token: string | null }
  | Update;

/** The part of MessagePort that is used. */
export type PagePort = Pick<MessagePort, "postMessage" | "onmessage">;

export interface PagesParts {
  clock: Clock;
  locks: LockManager;
  /** The worker's own lock, held already. */
  lock: string;
  start(
    port: Port,
    config: PageConfig,
    place: { shelf: TokenShelf; visible: boolean; left(): Promise<Command[]> },
  ): Promise<void>;
}

interface Page {
  port: PagePort;
  visible: boolean;
  /** What it shows the members of, once for each element. */
  members: ConversationId[];
  /** It has shown the list of conversations, which may be long: others are not told of it. */
  listed: boolean;
}

/** What is answered to the page that asked, and to no other: a page of history, or what came of an act. */
interface Question {
  page: Page;
  number: number;
  /** Of a page of history. */
  conversation?: ConversationId;
}

type Join = Extract<FromPage, { kind: "join" }>;

export class Pages {
  readonly #parts: PagesParts;
  readonly #pages = new Set<Page>();
  /** Who did it, and under which number there, by the number here. */
  readonly #entries = new Map<number, { page: Page; entry: number }>();
  /** Who asked, and under which number there, by the number here. */
  readonly #questions = new Map<number, Question>();
  /** The latest of each slice, in the order in which a page is to hear them. */
  readonly #slices = new Map<string, Update>();
  #lastEntry = 0;
  #lastQuestion = 0;
  /** The page that did the latest: it is told what came of it. */
  #actor: Page | null = null;
  /** The page that has searched for people last: it hears also what becomes of it later. */
  #searcher: Page | null = null;
  #core: { port: Port; config: PageConfig } | null = null;
  #token: string | null = null;
  #lonely: Cancel | null = null;

  constructor(parts: PagesParts) {
    this.#parts = parts;
  }

  /** A page has opened its end. */
  connect(port: PagePort): void {
    const page: Page = { port, visible: false, members: [], listed: false };
    port.onmessage = ({ data }: MessageEvent<FromPage>) => {
      // What a page says in its last instant may come after the news of its end.
      if (data.kind === "join") this.#join(page, data);
      else this.#command(page, data);
    };
    tell(page, { kind: "here", lock: this.#parts.lock });
  }

  #join(page: Page, { config, token, visible, lock, left }: Join): void {
    this.#lonely?.();
    this.#pages.add(page);
    page.visible = visible;
    this.#offer(token);
    tell(page, { kind: "joined" });
    // Granted when the page is gone, however it went.
    void this.#parts.locks.request(lock, () => {
      this.#leave(page);
    });
    const numbered = left.map((command) => this.#numbered(page, command));
    // A core that has stopped is over for its pages; one that is loaded later begins anew. So does one whose mark is
    // another: the page has just looked.
    const over = this.#line === "stopped" || this.#core?.config.mark !== config.mark;
    if (this.#core === null || over) {
      this.#end();
      this.#start(config, numbered);
      return;
    }
    // The newest page knows best how the host is asked.
    Object.assign(this.#core.config, config);
    // As the core tells them: people before their messages, these before the dock, and line and lists behind it.
    for (const turn of [EARLY, undefined, LATE]) {
      for (const update of this.#slices.values()) {
        if (update.kind === "list") continue;
        const own = EARLY.has(update.kind) ? EARLY : LATE.has(update.kind) ? LATE : undefined;
        if (own === turn) tell(page, update);
      }
    }
    for (const command of numbered) this.#say(command);
    if (visible) this.#say({ kind: "visible", visible });
  }

  #start(config: PageConfig, left: Command[]): void {
    const port: Port = {
      onmessage: null,
      postMessage: (update: Update) => {
        if (this.#core === core) this.#told(update);
      },
    };
    const core = { port, config: { ...config } };
    this.#core = core;
    const shelf: TokenShelf = {
      load: () => this.#token,
      keep: (token) => {
        if (this.#core !== core) return;
        this.#token = token;
        for (const page of this.#pages) tell(page, { kind: "token", token });
      },
    };
    const place = { shelf, visible: this.#visible, left: () => Promise.resolve(left) };
    this.#parts.start(port, core.config, place).catch(() => {
      if (this.#core !== core) return;
      this.#end();
      for (const page of this.#pages) tell(page, { kind: "failed" });
      this.#pages.clear();
    });
  }

  #end(): void {
    this.#say({ kind: "end" });
    this.#core = null;
    this.#slices.clear();
  }

  #leave(page: Page): void {
    if (!this.#pages.delete(page)) return;
    if (this.#actor === page) this.#actor = null;
    for (const [number, { page: doer }] of this.#entries) if (doer === page) this.#entries.delete(number);
    for (const [number, { page: asker }] of this.#questions) if (asker === page) this.#questions.delete(number);
    for (const conversation of page.members) this.#say({ kind: "members", conversation, over: true });
    if (page.visible && !this.#visible) this.#say({ kind: "visible", visible: false });
    if (this.#pages.size > 0) return;
    this.#say({ kind: "leaving" });
    this.#lonely?.();
    this.#lonely = this.#parts.clock.after(LONELY_MS, () => {
      this.#end();
    });
  }

  get #visible(): boolean {
    return [...this.#pages].some((page) => page.visible);
  }

  get #line(): string | undefined {
    const told = this.#slices.get("line");
    return told?.kind === "line" ? told.line.state : undefined;
  }

  /** A token that was fetched later is the better one. */
  #offer(token: string | null): void {
    if (token !== null && fetchedAt(token) > fetchedAt(this.#token)) this.#token = token;
  }

  #command(page: Page, command: Command): void {
    switch (command.kind) {
      case "visible":
        if (!this.#pages.has(page)) return;
        page.visible = command.visible;
        // Hidden is who is hidden everywhere; whoever looks again may come from a sleep.
        if (command.visible || !this.#visible) this.#say(command);
        return;
      case "leaving":
        this.#say(command);
        return;
      case "back":
        // The socket is the worker's: it only has to be tried.
        this.#say({ kind: "reconnect" });
        return;
      case "members":
        if (command.over !== true) page.members.push(command.conversation);
        else page.members.splice(page.members.indexOf(command.conversation) >>> 0, 1);
        this.#say(command);
        return;
      case "list": {
        page.listed = true;
        const told = this.#slices.get("list");
        // As it stands, where the core keeps it in step already.
        if (told === undefined || command.more === true) this.#say(command);
        else tell(page, told);
        return;
      }
      case "rooms":
      case "quote":
        // By what it shows, also where nobody looks: no person has done it.
        this.#say(command);
        return;
      default:
        if (this.#pages.has(page)) this.#actor = page;
        if (command.kind === "search") {
          // That a page has left its search ends no other page's.
          if (command.text === "" && this.#searcher !== page) return;
          this.#searcher = page;
        }
        this.#say(this.#numbered(page, command));
    }
  }

  #say(command: Command): void {
    this.#core?.port.onmessage?.call(globalThis as never, { data: command } as MessageEvent);
  }

  /** Pages number the entries of their journals, and their questions, from 1 on; here each has a number of its own. */
  #numbered(page: Page, command: Command): Command {
    if ("act" in command) return { ...command, act: this.#question({ page, number: command.act }) };
    if (command.kind === "page") {
      // A page asks one question for a conversation at a time: it has given an earlier one up.
      for (const [number, { page: asker, conversation }] of this.#questions) {
        if (asker === page && conversation === command.conversation) this.#questions.delete(number);
      }
      const { request: number, conversation } = command;
      return { ...command, request: this.#question({ page, number, conversation }) };
    }
    if (!("entry" in command)) return command;
    this.#lastEntry += 1;
    this.#entries.set(this.#lastEntry, { page, entry: command.entry });
    return { ...command, entry: this.#lastEntry };
  }

  #question(question: Question): number {
    this.#lastQuestion += 1;
    this.#questions.set(this.#lastQuestion, question);
    return this.#lastQuestion;
  }

  #told(update: Update): void {
    switch (update.kind) {
      case "durable":
        this.#kept(update.entries);
        return;
      case "page":
        this.#answered(update.page.request, (request) => ({ kind: "page", page: { ...update.page, request } }));
        return;
      case "done":
      case "hits":
        this.#answered(update.act, (act) => ({ ...update, act }));
        return;
      case "list":
        this.#slices.set("list", update);
        this.#tellListed(update);
        return;
      case "listed": {
        const told = this.#slices.get("list");
        if (told?.kind === "list") this.#slices.set("list", { ...told, entries: withListed(told.entries, update), more: update.more });
        this.#tellListed(update);
        return;
      }
      case "sifted":
        // One question may be for several pages: the core asks that of the latest.
        this.#tellListed(update);
        return;
      case "found":
        if (this.#searcher !== null && this.#pages.has(this.#searcher)) tell(this.#searcher, update);
        return;
      case "refused":
        if (this.#actor !== null) tell(this.#actor, update);
        else for (const page of this.#pages) tell(page, update);
        return;
      case "arrived":
      case "retracted":
      case "restored":
      case "quoted":
      case "rewritten":
      case "members":
        break;
      case "people":
        this.#slices.set(`people:${update.conversation}`, update);
        break;
      case "emptied":
        for (const slice of [...this.#slices.keys()]) if (slice !== "line") this.#slices.delete(slice);
        break;
      case "conversation":
        this.#slices.set(`talk:${update.view.conversation}`, update);
        break;
      case "changed": {
        const slice = `talk:${update.change.conversation}`;
        const before = this.#slices.get(slice);
        if (before?.kind !== "conversation") break;
        this.#slices.set(slice, { kind: "conversation", view: changed(before.view, update.change) });
        break;
      }
      case "windows": {
        const { windows, unread } = update;
        const before = this.#slices.get("dock");
        if (before?.kind !== "dock") break;
        this.#slices.delete("dock");
        this.#slices.set("dock", { kind: "dock", windows: withWindows(before.windows, windows), unread });
        break;
      }
      default:
        // The dock last: a window that appears has its messages.
        this.#slices.delete(update.kind);
        if (update.kind === "dock") this.#forgetClosed(update.windows.map((window) => window.conversation));
        this.#slices.set(update.kind, update);
    }
    for (const page of this.#pages) tell(page, update);
  }

  #tellListed(update: Update): void {
    for (const page of this.#pages) if (page.listed) tell(page, update);
  }

  #forgetClosed(windows: readonly string[]): void {
    const shown = new Set(windows);
    for (const [slice, update] of this.#slices) {
      const of = update.kind === "conversation" ? update.view.conversation : update.kind === "people" ? update.conversation : null;
      if (of !== null && !shown.has(of)) this.#slices.delete(slice);
    }
  }

  /** Only the page that asked hears the answer. */
  #answered(number: number, answer: (number: number) => Update): void {
    const question = this.#questions.get(number);
    this.#questions.delete(number);
    if (question !== undefined) tell(question.page, answer(question.number));
  }

  #kept(entries: readonly number[]): void {
    for (const number of entries) {
      const done = this.#entries.get(number);
      this.#entries.delete(number);
      if (done !== undefined) tell(done.page, { kind: "durable", entries: [done.entry] });
    }
  }
}

function tell(page: Page, message: FromWorker): void {
  page.port.postMessage(message);
}

/** The shelf's `{"token", "at"}`; what cannot be read is older than all. */
function fetchedAt(kept: string | null): number {
  try {
    const { at } = JSON.parse(kept ?? "") as { at?: unknown };
    return typeof at === "number" ? at : 0;
  } catch {
    return 0;
  }
}
