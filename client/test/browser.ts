/** One browser with its tabs and pages around the real core: what tests of the core play on. */
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, vi } from "vitest";
import { changed, withWindows } from "../src/core/change.js";
import type { Cancel } from "../src/clock.js";
import type { Environment } from "../src/environment.js";
import type { Channel } from "../src/core/pending.js";
import type { Changes, DirectWindow, Message, Server, SharedWindow } from "../src/net/protocol.js";
import { startCore } from "../src/start.js";
import type { Command, ConversationView, MessageView, PageConfig, Update, WindowView } from "../src/view.js";
import { config, crypto, FakeSocket, json, ManualClock, MemoryShelf, settled, tokenOf, welcome } from "./stage.js";

export const GROUP = "g-0199f1ca-31b0-7a44-8e15-9d2c4b6a7f01";
export const ROOM = "r-c7";
const shared = (over: Partial<SharedWindow>): SharedWindow => ({
  conversation: ROOM,
  kind: "room",
  state: "open",
  title: "Algebra",
  circle: "c7",
  writing: "yes",
  first_seq: 1,
  seq: 0,
  rev: 0,
  read_seq: 0,
  unread: 0,
  ...over,
});
export const room = (over: Partial<SharedWindow> = {}): SharedWindow => shared(over);
export const group = (over: Partial<SharedWindow> = {}): SharedWindow =>
  shared({ conversation: GROUP, kind: "group", title: "Project 3", members: 3, ...over });
export const window = (over: Partial<DirectWindow> = {}): DirectWindow => ({
  conversation: "2-3",
  kind: "direct",
  state: "open",
  contact: { id: 3, name: "Bruno", picture: null, profile_url: null, status: "online" },
  writing: "yes",
  first_seq: 1,
  seq: 0,
  rev: 0,
  read_seq: 0,
  other_read_seq: 0,
  unread: 0,
  ...over,
});
export const message = (seq: number, over: Partial<Message> = {}): Message => ({
  seq,
  rev: seq,
  sender: 3,
  client_message_id: null,
  text: `m${seq}`,
  sent_at: seq,
  ...over,
});
/** A change that is one message at its rev, as everybody is told of it. */
export const live = (changed: Message, conversation = "2-3", from = changed.rev - 1): Server<"changes"> => ({
  type: "changes",
  conversation,
  from,
  rev: changed.rev,
  first_seq: 1,
  messages: [changed],
});
/** What the server says of a conversation after `from`, up to the rev of the last message. */
export const changesOf = (from: number, messages: Message[], over: Partial<Changes> = {}): Changes => ({
  conversation: "2-3",
  from,
  rev: Math.max(from, ...messages.map(({ rev }) => rev)),
  first_seq: 1,
  messages,
  ...over,
});
export const bruno = { id: 3, name: "Bruno", picture: null, profileUrl: null };
/** Of the user's own message. */
export const KEY = "019aaaaa-aaaa-7aaa-8aaa-000000000001";
export const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

type LockTask = () => unknown;

/** Web Locks of one browser. */
export class Locks {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Those of one page or worker, which lose all that they hold or wish when it dies. */
  of(): LockManager & { die: () => void } {
    const death = new AbortController();
    const died = new Promise<void>((resolve) => {
      death.signal.addEventListener("abort", () => {
        resolve();
      });
    });
    const request = (name: string, ...rest: [LockTask] | [{ signal?: AbortSignal }, LockTask]): Promise<unknown> => {
      const [options, task] = rest.length === 1 ? [{}, rest[0]] : rest;
      const turn = (this.#tails.get(name) ?? Promise.resolve()).then(() =>
        options.signal?.aborted === true || death.signal.aborted ? undefined : Promise.race([task(), died]),
      );
      this.#tails.set(name, turn.catch(() => undefined));
      return turn;
    };
    return { request, die: () => { death.abort(); } } as unknown as LockManager & { die: () => void };
  }
}

/** One browser: what its tabs and pages share. */
export class Browser {
  readonly clock = new ManualClock();
  readonly locks = new Locks();
  readonly shelf = new MemoryShelf();
  readonly channels = new Map<Channel, string>();
  readonly pages: Page[] = [];

  async page(over: Partial<PageConfig> = {}, environment: Partial<Environment> = {}): Promise<Page> {
    const page = new Page(this, { ...config, ...over });
    this.pages.push(page);
    await startCore(page, page.config, { ...page.environment(), ...environment });
    await settled();
    return page;
  }

  /** The user's own message `seq`, written just now, as the server has it. */
  own(seq: number, over: Partial<Message> = {}): Message {
    return message(seq, { sender: config.user, client_message_id: KEY, text: "first", sent_at: this.clock.now(), ...over });
  }

  /** A page with an open window, in which message 1 is the user's own. */
  async talking(over: Parameters<Page["online"]>[0] = withWindow): Promise<{ page: Page; socket: FakeSocket }> {
    const page = await this.page();
    const socket = await page.online(over);
    emptyHistory(socket);
    socket.says(live(this.own(1)));
    await settled();
    return { page, socket };
  }
}

/** A browser for each test of a file, with a database of its own; its pages end with the test. */
export function eachInFreshBrowser(begin: (browser: Browser) => void): void {
  let browser: Browser;
  beforeEach(() => {
    vi.stubGlobal("indexedDB", new IDBFactory());
    browser = new Browser();
    begin(browser);
  });
  afterEach(() => {
    for (const page of browser.pages) page.end();
  });
}

export class Page {
  onmessage: ((event: MessageEvent) => unknown) | null = null;
  readonly updates: Update[] = [];
  readonly sockets: FakeSocket[] = [];
  readonly end: Cancel = () => this.onmessage?.({ data: { kind: "end" } } as MessageEvent);

  readonly browser: Browser;
  readonly config: PageConfig;

  constructor(browser: Browser, own: PageConfig) {
    this.browser = browser;
    this.config = own;
  }

  environment(): Environment {
    const { clock, locks, shelf, channels } = this.browser;
    return {
      clock,
      crypto,
      fetch: () =>
        Promise.resolve(
          json({ token: tokenOf(clock.now(), { sub: String(this.config.user), sid: this.config.sid }) }),
        ),
      shelf,
      database: true,
      locks: locks.of(),
      visible: true,
      left: () => Promise.resolve([]),
      openSocket: () => {
        const socket = new FakeSocket();
        this.sockets.push(socket);
        return socket;
      },
      openChannel: (name) => {
        const channel: Channel = {
          onmessage: null,
          postMessage: (data: unknown) => {
            for (const [other, its] of channels) {
              if (other !== channel && its === name) other.onmessage?.call(other as never, { data } as MessageEvent);
            }
          },
          close: () => void channels.delete(channel),
        };
        channels.set(channel, name);
        return channel;
      },
      watchNetwork: () => () => undefined,
      warn: () => undefined,
    };
  }

  postMessage(update: unknown): void {
    this.updates.push(structuredClone(update) as Update);
  }

  async does(command: Command): Promise<void> {
    this.onmessage?.({ data: structuredClone(command) } as MessageEvent);
    await settled();
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  async online(over: Parameters<typeof welcome>[0] = {}): Promise<FakeSocket> {
    this.socket.opens();
    this.socket.says(welcome({ user: { ...welcome().user, id: this.config.user }, ...over }));
    await settled();
    return this.socket;
  }

  last<K extends Update["kind"]>(kind: K): Extract<Update, { kind: K }> | undefined {
    return this.updates.filter((update): update is Extract<Update, { kind: K }> => update.kind === kind).at(-1);
  }

  get dock(): { windows: WindowView[]; unread: number } | undefined {
    return dockOf(this.updates);
  }

  get windows(): WindowView[] {
    return this.dock?.windows ?? [];
  }

  talk(conversation = "2-3"): ConversationView | undefined {
    return talkOf(this.updates, conversation);
  }

  get shown(): string[] {
    return shownOf(this.talk());
  }
}

/** What the updates come to. */
export function talkOf(updates: readonly Update[], conversation: string): ConversationView | undefined {
  let view: ConversationView | undefined;
  for (const update of updates) {
    if (update.kind === "conversation" && update.view.conversation === conversation) view = update.view;
    if (update.kind === "changed" && update.change.conversation === conversation) view = changed(view!, update.change);
  }
  return view;
}

export function dockOf(updates: readonly Update[]): { windows: WindowView[]; unread: number } | undefined {
  let dock: { windows: WindowView[]; unread: number } | undefined;
  for (const update of updates) {
    if (update.kind === "dock") dock = { windows: update.windows, unread: update.unread };
    if (update.kind === "windows") dock = { windows: withWindows(dock!.windows, update.windows), unread: update.unread };
  }
  return dock;
}

/** Each message with its delivery. */
export function shownOf(view: ConversationView | undefined): string[] {
  const delivery = ({ mine, seq, delivery }: MessageView): string =>
    delivery ?? (!mine ? "theirs" : seq <= view!.seenSeq ? "seen" : "sent");
  return (view?.messages ?? []).map((message) => `${message.text ?? "∅"} ${delivery(message)}`);
}

export const withWindow = { dock: { version: 1, windows: [window()] } };
export const emptyHistory = (socket: FakeSocket) => {
  for (const { request, conversation } of socket.of("history")) {
    socket.says({ type: "history", request, conversation, first_seq: 1, seq: 0, rev: 0, messages: [], more: false });
  }
};
