import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Cancel } from "../src/clock.js";
import { startCore } from "../src/start.js";
import { openDatabase } from "../src/database.js";
import type { Environment } from "../src/environment.js";
import type { Channel } from "../src/outbox.js";
import { cleanText } from "../src/outbox.js";
import type { DockWindow, Message } from "../src/protocol.js";
import type { Command, ConversationView, PageConfig, Update, WindowView } from "../src/view.js";
import { config, crypto, FakeSocket, json, ManualClock, MemoryShelf, settled, tokenOf, welcome } from "./stage.js";

const window = (over: Partial<DockWindow> = {}): DockWindow => ({
  conversation: "2-3",
  state: "open",
  contact: { id: 3, name: "Bruno", picture: null, profile_url: null, status: "online" },
  first_seq: 1,
  seq: 0,
  rev: 0,
  read_seq: 0,
  other_read_seq: 0,
  unread: 0,
  ...over,
});
const message = (seq: number, over: Partial<Message> = {}): Message => ({
  seq,
  rev: seq,
  sender: 3,
  client_message_id: null,
  text: `m${seq}`,
  sent_at: seq,
  ...over,
});
const bruno = { id: 3, name: "Bruno", picture: null, profileUrl: null };
const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Web Locks of one browser. */
class Locks {
  readonly #tails = new Map<string, Promise<unknown>>();

  request(name: string, options: { signal?: AbortSignal }, task: () => Promise<unknown>): Promise<unknown> {
    const turn = (this.#tails.get(name) ?? Promise.resolve()).then(() => (options.signal?.aborted ? undefined : task()));
    this.#tails.set(name, turn.catch(() => undefined));
    return turn;
  }
}

/** One browser: what its tabs and pages share. */
class Browser {
  readonly clock = new ManualClock();
  readonly locks = new Locks();
  readonly shelf = new MemoryShelf();
  readonly channels = new Set<Channel>();
  readonly pages: Page[] = [];

  async page(over: Partial<PageConfig> = {}, environment: Partial<Environment> = {}): Promise<Page> {
    const page = new Page(this, { ...config, ...over });
    this.pages.push(page);
    page.end = await startCore(page, page.config, { ...page.environment(), ...environment });
    await settled();
    return page;
  }
}

class Page {
  onmessage: ((event: MessageEvent) => unknown) | null = null;
  readonly updates: Update[] = [];
  readonly sockets: FakeSocket[] = [];
  end: Cancel = () => undefined;

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
      locks: locks as unknown as LockManager,
      visible: true,
      left: () => Promise.resolve([]),
      openSocket: () => {
        const socket = new FakeSocket();
        this.sockets.push(socket);
        return socket;
      },
      openChannel: () => {
        const channel: Channel = {
          onmessage: null,
          postMessage: () => {
            for (const other of channels) if (other !== channel) other.onmessage?.call(other as never, {} as MessageEvent);
          },
          close: () => void channels.delete(channel),
        };
        channels.add(channel);
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

  get windows(): WindowView[] {
    return this.last("dock")?.windows ?? [];
  }

  talk(conversation = "2-3"): ConversationView | undefined {
    const views = this.updates.flatMap((update) => (update.kind === "conversation" ? [update.view] : []));
    return views.filter((view) => view.conversation === conversation).at(-1);
  }

  get shown(): string[] {
    return (this.talk()?.messages ?? []).map(({ text, delivery }) => `${text ?? "∅"} ${delivery ?? "theirs"}`);
  }
}

let browser: Browser;
const withWindow = { dock: { version: 1, windows: [window()] } };
const emptyHistory = (socket: FakeSocket) => {
  for (const { request, conversation } of socket.of("history")) {
    socket.says({ type: "history", request, conversation, first_seq: 1, seq: 0, rev: 0, messages: [] });
  }
};

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  browser = new Browser();
});
afterEach(() => {
  for (const page of browser.pages) page.end();
});

describe("sending", () => {
  test("goes out with a UUID v7 after it was stored, and becomes sent, then seen", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    emptyHistory(socket);
    await page.does({ kind: "send", conversation: "2-3", text: " Olá\u0000 \ud800" });
    const [sent] = socket.of("send");
    expect(sent).toMatchObject({ conversation: "2-3", text: "Olá \uFFFD" });
    expect(sent?.client_message_id).toMatch(UUID7);
    expect(page.shown).toEqual(["Olá \uFFFD sending"]);
    const id = sent!.client_message_id;
    socket.says({ type: "ack", client_message_id: id, conversation: "2-3", seq: 1, rev: 1, sent_at: 5 });
    await settled();
    expect(page.shown).toEqual(["Olá \uFFFD sent"]);
    socket.says({ type: "message", conversation: "2-3", message: message(1, { sender: 2, client_message_id: id, text: "Olá \uFFFD" }) });
    await settled();
    expect(page.talk()?.messages).toMatchObject([{ key: id, seq: 1, delivery: "sent" }]);
    socket.says({ type: "read", conversation: "2-3", user: 3, seq: 1 });
    await settled();
    expect(page.shown).toEqual(["Olá \uFFFD seen"]);
  });

  test("is first in, first out per conversation; another does not wait", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    for (const [conversation, text] of [["2-3", "a"], ["2-3", "b"], ["2-9", "c"]] as const) {
      await page.does({ kind: "send", conversation, text });
    }
    expect(socket.of("send").map(({ text }) => text)).toEqual(["a", "c"]);
    const id = socket.of("send")[0]!.client_message_id;
    socket.says({ type: "ack", client_message_id: id, conversation: "2-3", seq: 1, rev: 1, sent_at: 5 });
    await settled();
    expect(socket.of("send").map(({ text }) => text)).toEqual(["a", "c", "b"]);
  });

  test("repeats the same id after a reconnect, until the ack", async () => {
    const page = await browser.page();
    const first = await page.online(withWindow);
    await page.does({ kind: "send", conversation: "2-3", text: "once" });
    first.drops(1006);
    await browser.clock.pass(1_000);
    const second = await page.online(withWindow);
    expect(second.of("send")).toEqual(first.of("send"));
  });

  test("survives a reload, and a server that already has it shows it once", async () => {
    const page = await browser.page();
    const first = await page.online(withWindow);
    emptyHistory(first);
    await page.does({ kind: "send", conversation: "2-3", text: "kept" });
    await browser.clock.pass(200);
    page.end();
    const next = await browser.page();
    expect(next.shown).toEqual(["kept sending"]);
    const id = first.of("send")[0]!.client_message_id;
    const mine = message(1, { sender: 2, client_message_id: id, text: "kept" });
    const gap = { conversation: "2-3", reset: false, first_seq: 1, seq: 1, rev: 1, messages: [mine], more: false };
    const second = await next.online({ ...withWindow, gaps: [gap] });
    expect(second.of("hello")[0]?.cursor).toEqual({ epoch: "e1", conversations: [{ conversation: "2-3", rev: 0, seq: 0 }] });
    await settled();
    expect(next.shown).toEqual(["kept sent"]);
    expect(second.of("send")).toEqual([]);
  });

  test("ends with a final refusal that keeps the text; another try has a new id", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    await page.does({ kind: "send", conversation: "2-3", text: "no" });
    const id = socket.of("send")[0]!.client_message_id;
    socket.says({ type: "error", code: "not_allowed", message: "…", final: true, client_message_id: id });
    await settled();
    expect(page.talk()?.messages).toMatchObject([{ key: id, text: "no", delivery: "failed", failure: "not_allowed" }]);
    await page.does({ kind: "retry", conversation: "2-3", key: id });
    expect(socket.of("send")).toHaveLength(2);
    expect(socket.of("send")[1]!.client_message_id).not.toBe(id);
    const again = socket.of("send")[1]!.client_message_id;
    socket.says({ type: "error", code: "not_allowed", message: "…", final: true, client_message_id: again });
    await settled();
    await page.does({ kind: "discard", conversation: "2-3", key: again });
    expect(page.talk()?.messages).toEqual([]);
    expect(page.windows[0]?.draft).toBe("no");
  });

  test("waits as long as a passing refusal says, with the same id", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    await page.does({ kind: "send", conversation: "2-3", text: "fast" });
    const id = socket.of("send")[0]!.client_message_id;
    socket.says({ type: "error", code: "rate_limited", message: "…", final: false, client_message_id: id, retry_after_ms: 400 });
    await browser.clock.pass(399);
    expect(socket.of("send")).toHaveLength(1);
    await browser.clock.pass(300);
    expect(socket.of("send").map((sent) => sent.client_message_id)).toEqual([id, id]);
  });

  test("probes the line when the answer is late", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    await page.does({ kind: "send", conversation: "2-3", text: "late" });
    await browser.clock.pass(5_000);
    expect(socket.of("ping")).toHaveLength(1);
    await browser.clock.pass(5_000);
    expect(page.last("line")?.line.state).toBe("lost");
  });

  test("refuses what is too long before it goes out", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    await page.does({ kind: "send", conversation: "2-3", text: "👋".repeat(4097) });
    expect(socket.of("send")).toEqual([]);
    expect(page.talk()?.messages[0]).toMatchObject({ delivery: "failed", failure: "message_too_long" });
    await page.does({ kind: "send", conversation: "2-3", text: "👋".repeat(4096) });
    expect(socket.of("send")).toHaveLength(1);
  });

  test("happens in one tab only, whichever wrote it", async () => {
    const one = await browser.page();
    const other = await browser.page();
    const first = await one.online(withWindow);
    const second = await other.online(withWindow);
    await other.does({ kind: "send", conversation: "2-3", text: "shared" });
    expect(first.of("send")).toHaveLength(1);
    expect(second.of("send")).toHaveLength(0);
    // The sending tab goes: the other takes over.
    one.end();
    await settled();
    expect(second.of("send")).toEqual(first.of("send"));
  });

  test("is shown as sent in the tab that wrote it when another one sent it", async () => {
    const one = await browser.page();
    const other = await browser.page();
    const first = await one.online(withWindow);
    await other.online(withWindow);
    await other.does({ kind: "send", conversation: "2-3", text: "shared" });
    const id = first.of("send")[0]!.client_message_id;
    const mine = message(1, { sender: 2, client_message_id: id, text: "shared" });
    first.says({ type: "ack", client_message_id: id, conversation: "2-3", seq: 1, rev: 1, sent_at: 5 });
    first.says({ type: "message", conversation: "2-3", message: mine });
    await settled();
    expect(other.shown).toEqual(["shared sent"]);
    other.socket.says({ type: "message", conversation: "2-3", message: mine });
    await settled();
    expect(other.talk()?.messages).toMatchObject([{ seq: 1, delivery: "sent" }]);
  });

  test.each([
    ["a database", { database: false }],
    ["a secure context", { crypto: { getRandomValues: crypto.getRandomValues.bind(crypto) } }],
    ["locks", { locks: undefined }],
  ])("works without %s", async (_, environment) => {
    const page = await browser.page({}, environment);
    const socket = await page.online(withWindow);
    await page.does({ kind: "send", conversation: "2-3", text: "still" });
    expect(socket.of("send")).toHaveLength(1);
  });

  test("cleans only what no server takes", () => {
    expect(cleanText("a\ud83d\udc4bb")).toBe("a👋b");
    expect(cleanText("\udc4b")).toBe("\uFFFD");
    expect(cleanText(" \u0000 ")).toBe("");
  });
});

describe("what the browser keeps", () => {
  async function keep(): Promise<void> {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    socket.says({ type: "roster", circle: "c7", version: 3, total: 1, contacts: [{ ...bruno, profile_url: null, role: "student" } as never] });
    emptyHistory(socket);
    socket.says({ type: "message", conversation: "2-3", message: message(1, { text: "canary" }) });
    await page.does({ kind: "draft", conversation: "2-3", text: "draft canary" });
    await browser.clock.pass(1_000);
    page.end();
    await settled();
  }

  test("is painted before the socket opens: dock, messages, people, draft", async () => {
    await keep();
    const page = await browser.page();
    expect(page.socket.sent).toEqual([]);
    expect(page.windows).toMatchObject([{ conversation: "2-3", draft: "draft canary", unread: 1 }]);
    expect(page.shown).toEqual(["canary theirs"]);
    expect(page.last("roster")?.roster).toMatchObject({ known: true, people: [{ name: "Bruno" }] });
    const socket = await page.online(withWindow);
    expect(socket.of("hello")[0]?.rosters).toEqual({ boot: "b1", versions: [{ circle: "c7", version: 3 }] });
    expect(socket.of("history")).toEqual([]);
  });

  test("has every word of a draft without waiting, and says so", async () => {
    const page = await browser.page();
    await page.online(withWindow);
    await page.does({ kind: "draft", conversation: "2-3", text: "h", deed: 1 });
    await page.does({ kind: "draft", conversation: "2-3", text: "half", deed: 2 });
    expect(page.updates.filter((update) => update.kind === "kept")).toEqual([
      { kind: "kept", deeds: [1] },
      { kind: "kept", deeds: [2] },
    ]);
    page.end();
    expect((await browser.page()).windows).toMatchObject([{ draft: "half" }]);
  });

  test("has a closed window closed before the server has answered", async () => {
    const page = await browser.page();
    await page.online(withWindow);
    await page.does({ kind: "close", conversation: "2-3" });
    page.end();
    const next = await browser.page();
    expect(next.windows).toEqual([]);
    // The server had it already: nothing is asked for again.
    expect((await next.online()).of("dock")).toEqual([]);
  });

  test("shows a message that was sent and acknowledged in the last instant", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    emptyHistory(socket);
    await page.does({ kind: "send", conversation: "2-3", text: "hello" });
    const id = socket.of("send")[0]!.client_message_id;
    const database = (await openDatabase(true))!;
    const erased = vi.spyOn(IDBObjectStore.prototype, "delete");
    const written = vi.spyOn(IDBObjectStore.prototype, "put");
    socket.says({ type: "message", conversation: "2-3", message: message(1, { sender: 2, client_message_id: id, text: "hello" }) });
    socket.says({ type: "ack", client_message_id: id, conversation: "2-3", seq: 1, rev: 1, sent_at: 1 });
    await settled();
    // In the copy first, only then out of the outbox: no page in between finds neither.
    const talk = written.mock.calls.findIndex(([value]) => (value as { part?: string }).part === "talk:2-3");
    const [gone] = erased.mock.calls.findLastIndex(([key]) => key === id) >= 0 ? erased.mock.invocationCallOrder.slice(-1) : [];
    expect(written.mock.invocationCallOrder[talk]).toBeLessThan(gone!);
    expect(await database.count("outbox")).toBe(0);
    database.close();
    page.end();
    expect((await browser.page()).shown).toEqual(["hello sent"]);
  });

  test("does again what the last page could not finish; a message with the id it had", async () => {
    const key = "019aaaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa";
    const first = await browser.page();
    await first.online(withWindow);
    await first.does({ kind: "send", conversation: "2-3", text: "stored already", key });
    await browser.clock.pass(100);
    first.end();
    const left = (): Promise<Command[]> =>
      Promise.resolve([
        { kind: "send", conversation: "2-3", text: "stored already", key, deed: 1 },
        { kind: "draft", conversation: "2-3", text: "half", deed: 2 },
        { kind: "minimise", conversation: "2-3", deed: 3 },
      ]);
    const page = await browser.page({}, { left });
    expect(page.updates.filter((update) => update.kind === "dock")).toHaveLength(1);
    expect(page.windows).toMatchObject([{ state: "minimised", draft: "half" }]);
    expect(page.shown).toEqual(["stored already sending"]);
    const socket = await page.online(withWindow);
    expect(socket.of("send")).toMatchObject([{ client_message_id: key }]);
    expect(page.updates.flatMap((update) => (update.kind === "kept" ? update.deeds : []))).toEqual([1, 2, 3]);
  });

  test("is unreadable where it lies", async () => {
    await keep();
    const database = (await openDatabase(true))!;
    const records = await database.getAll("copies");
    expect(records.length).toBeGreaterThan(2);
    for (const { data } of records) expect(Buffer.from(data).toString("latin1")).not.toContain("canary");
    database.close();
  });

  test.each([
    ["another user", { user: 3 }],
    ["another login", { sid: "0000000000000000" }],
  ])("is erased by the page of %s", async (_, over) => {
    await keep();
    const other = await browser.page({ ...over, key: "BBECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" });
    expect(other.windows).toEqual([]);
    const database = (await openDatabase(true))!;
    expect(await database.count("copies")).toBe(0);
    database.close();
  });

  test("of another user's outbox waits for its owner", async () => {
    const page = await browser.page();
    await page.does({ kind: "send", conversation: "2-3", text: "unsent" });
    page.end();
    const other = await browser.page({ user: 3, sid: "cccccccccccc", key: "BBECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" });
    const foreign = await other.online({ dock: { version: 1, windows: [window({ contact: { ...window().contact, id: 2 } })] } });
    expect(foreign.of("send")).toEqual([]);
    other.end();
    const back = await browser.page();
    const socket = await back.online(withWindow);
    expect(socket.of("send")).toMatchObject([{ text: "unsent" }]);
  });

  test("of an ended login's outbox cannot be read: that is told once", async () => {
    const page = await browser.page();
    await page.does({ kind: "send", conversation: "2-3", text: "unsent" });
    page.end();
    const again = { sid: "dddddddddddd", key: "BBECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" };
    const next = await browser.page(again);
    expect(next.last("refused")).toMatchObject({ code: "outbox_unreadable" });
    next.end();
    expect((await browser.page(again)).last("refused")).toBeUndefined();
  });
});

test("a page that comes back by the browser's Back has one new socket, at once, and resumes", async () => {
  const page = await browser.page();
  const old = await page.online(withWindow);
  emptyHistory(old);
  await page.does({ kind: "visible", visible: true });
  await page.does({ kind: "back" });
  expect(old.closed).toBe(true);
  expect(page.sockets).toHaveLength(2);
  const socket = await page.online(withWindow);
  expect(socket.of("hello")[0]).toMatchObject({
    session: old.of("hello")[0]!.session,
    cursor: { conversations: [{ conversation: "2-3" }] },
  });
  await browser.clock.pass(60_000);
  expect(page.sockets).toHaveLength(2);
});

test("a page that tells its visibility before the core is ready opens one socket", async () => {
  const page = new Page(browser, config);
  browser.pages.push(page);
  const starting = startCore(page, config, page.environment());
  await page.does({ kind: "visible", visible: true });
  page.end = await starting;
  await settled();
  expect(page.sockets).toHaveLength(1);
});

describe("the dock", () => {
  test("shows at once what was done before the socket opened, and tells it after welcome", async () => {
    const page = await browser.page();
    await page.does({ kind: "open", person: bruno });
    expect(page.windows).toMatchObject([{ conversation: "2-3", state: "open", contact: { name: "Bruno" } }]);
    expect(page.talk()).toMatchObject({ loading: true });
    const socket = await page.online();
    expect(socket.of("dock")).toEqual([{ type: "dock", conversation: "2-3", state: "open", base: 0 }]);
    expect(socket.of("history")).toMatchObject([{ conversation: "2-3", limit: 50 }]);
    expect(page.windows).toHaveLength(1);
    socket.says({ type: "dock", version: 1, windows: [window()] });
    emptyHistory(socket);
    await settled();
    expect(page.windows).toHaveLength(1);
    expect(page.talk()).toMatchObject({ loading: false, messages: [] });
  });

  test("sends the next change of a window after the answer to the last", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    await page.does({ kind: "minimise", conversation: "2-3" });
    await page.does({ kind: "close", conversation: "2-3" });
    expect(socket.of("dock")).toHaveLength(1);
    expect(page.windows).toEqual([]);
    socket.says({ type: "dock", version: 2, windows: [window({ state: "minimised" })] });
    await settled();
    expect(socket.of("dock")[1]).toMatchObject({ state: "closed", base: 2 });
    expect(page.windows).toEqual([]);
    socket.says({ type: "dock", version: 3, windows: [] });
    await settled();
    expect(page.windows).toEqual([]);
  });

  test("gives way to the server where a change was dropped as stale", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    await page.does({ kind: "close", conversation: "2-3" });
    // What the person could see, so that a message which crosses the close brings the window back.
    expect(socket.of("dock")).toMatchObject([{ state: "closed", seen: window().seq }]);
    for (const version of [2, 3]) socket.says({ type: "dock", version, windows: [window()] });
    await settled();
    expect(page.windows).toHaveLength(1);
  });

  test("drops a window that the server refuses", async () => {
    const page = await browser.page();
    await page.does({ kind: "open", person: bruno });
    const socket = await page.online();
    socket.says({ type: "error", code: "not_found", message: "…", final: true, conversation: "2-3" });
    await settled();
    expect(page.windows).toEqual([]);
    expect(page.last("refused")).toMatchObject({ code: "not_found" });
  });

  test("keeps a read mark until the server has it", async () => {
    const page = await browser.page();
    const unread = { dock: { version: 1, windows: [window({ seq: 2, rev: 2, unread: 2 })] } };
    const socket = await page.online(unread);
    const [asked] = socket.of("history");
    socket.says({ type: "history", request: asked!.request, conversation: "2-3", first_seq: 1, seq: 2, rev: 2, messages: [message(1), message(2)] });
    await page.does({ kind: "seen", conversation: "2-3", seq: 2 });
    expect(page.last("dock")?.unread).toBe(0);
    socket.drops(1006);
    await browser.clock.pass(1_000);
    const next = await page.online(unread);
    expect(next.of("read")).toEqual([{ type: "read", conversation: "2-3", seq: 2 }]);
    expect(page.last("dock")?.unread).toBe(0);
  });

  test("announces what others write, and fills a gap before it shows more", async () => {
    const now = { sent_at: browser.clock.now() };
    const page = await browser.page();
    const socket = await page.online(withWindow);
    emptyHistory(socket);
    socket.says({ type: "message", conversation: "2-3", message: message(1, now) });
    socket.says({ type: "message", conversation: "2-3", message: message(3, now) });
    await settled();
    expect(page.last("arrived")).toEqual({ kind: "arrived", conversation: "2-3", from: "Bruno", text: "m1", count: 1 });
    expect(page.shown).toEqual(["m1 theirs"]);
    const asked = socket.of("history").at(-1)!;
    expect(asked).toMatchObject({ after: 1 });
    socket.says({ type: "history", request: asked.request, conversation: "2-3", first_seq: 1, seq: 3, rev: 3, messages: [message(2, now), message(3, now)] });
    await settled();
    expect(page.shown).toEqual(["m1 theirs", "m2 theirs", "m3 theirs"]);
  });

  test("announces and counts what came while the line was lost, but nothing older than the page", async () => {
    const page = await browser.page();
    const socket = await page.online({ dock: { version: 1, windows: [window({ seq: 1 })] } });
    const { request } = socket.of("history")[0]!;
    socket.says({ type: "history", request, conversation: "2-3", first_seq: 1, seq: 1, rev: 1, messages: [message(1)] });
    socket.drops(1006);
    await browser.clock.pass(60_000);
    const missed = (from: number, to: number, sentAt: number): Message[] =>
      Array.from({ length: to - from + 1 }, (_, at) => message(from + at, { sent_at: sentAt }));
    const gap = (messages: Message[], seq: number, unread: number): Parameters<typeof welcome>[0] => ({
      gaps: [{ conversation: "2-3", reset: false, first_seq: 1, seq, rev: seq, messages, more: false }],
      dock: { version: 1, windows: [window({ seq, unread })] },
      server_time: browser.clock.now(),
    });
    await page.online(gap(missed(2, 3, browser.clock.now()), 3, 2));
    expect(page.updates.flatMap((update) => (update.kind === "arrived" ? [update.text] : []))).toEqual(["m2", "m3"]);
    expect(page.last("dock")).toMatchObject({ unread: 2 });
    page.socket.drops(1006);
    await browser.clock.pass(60_000);
    await page.online(gap(missed(4, 13, browser.clock.now()), 13, 12));
    expect(page.last("arrived")).toMatchObject({ text: "m13", count: 10 });
    page.socket.drops(1006);
    await browser.clock.pass(60_000);
    await page.online(gap(missed(14, 14, browser.clock.now() - 3_600_000), 14, 13));
    expect(page.updates.filter((update) => update.kind === "arrived")).toHaveLength(3);
  });

  test("gives an answer that never comes up, and asks again when told to", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    expect(page.talk()).toMatchObject({ loading: true, late: false });
    await browser.clock.pass(10_000);
    expect(page.talk()).toMatchObject({ loading: true, late: true });
    // The line may be dead: it is asked, and is not.
    expect(socket.of("ping")).toHaveLength(1);
    socket.says({ type: "pong" });
    await page.does({ kind: "older", conversation: "2-3" });
    expect(page.talk()).toMatchObject({ loading: true, late: false });
    const [first, second] = socket.of("history");
    expect(second!.request).not.toBe(first!.request);
    emptyHistory(socket);
    await settled();
    expect(page.talk()).toMatchObject({ loading: false, late: false });
  });

  test("says nothing of an error that the line tells, and names the conversation of a refused question", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    socket.says({ type: "error", code: "token_expired", message: "…", final: false });
    await settled();
    expect(page.last("refused")).toBeUndefined();
    const { request } = socket.of("history")[0]!;
    socket.says({ type: "error", code: "not_found", message: "…", final: true, request });
    await settled();
    expect(page.last("refused")).toMatchObject({ code: "not_found", conversation: "2-3" });
  });
});

describe("people", () => {
  test("are searched one question at a time, the latest wish last", async () => {
    const page = await browser.page();
    const socket = await page.online();
    for (const text of ["s", "so", "sou"]) await page.does({ kind: "search", text });
    expect(socket.of("search").map(({ text }) => text)).toEqual(["s"]);
    const contact = { id: 5, name: "Sousa", picture: null, profile_url: null, role: "teacher" as const };
    socket.says({ type: "contacts", request: socket.of("search")[0]!.request, contacts: [contact], next: null });
    expect(page.last("found")).toBeUndefined();
    socket.says({ type: "contacts", request: socket.of("search")[1]!.request, contacts: [contact], next: "1|x" });
    expect(page.last("found")).toMatchObject({ text: "sou", more: true, append: false, people: [{ id: 5 }] });
    await page.does({ kind: "search", text: "sou", more: true });
    expect(socket.of("search").at(-1)).toMatchObject({ text: "sou", next: "1|x" });
  });

  test("of a hidden page are told of again when somebody looks", async () => {
    const page = await browser.page();
    const socket = await page.online();
    socket.says({ type: "roster", circle: "c7", version: 3, total: 0, contacts: [] });
    await page.does({ kind: "visible", visible: false });
    await page.does({ kind: "visible", visible: true });
    expect(socket.of("visibility")).toEqual([
      { type: "visibility", visible: false },
      { type: "visibility", visible: true, rosters: [{ circle: "c7", version: 3 }] },
    ]);
    expect(socket.of("ping")).toHaveLength(1);
  });

  test("who type are shown for 5 s", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    socket.says({ type: "typing", conversation: "2-3", user: 3 });
    await settled();
    expect(page.windows[0]?.typing).toBe(true);
    await browser.clock.pass(5_000);
    expect(page.windows[0]?.typing).toBe(false);
    await page.does({ kind: "typing", conversation: "2-3" });
    await page.does({ kind: "typing", conversation: "2-3" });
    expect(socket.of("typing")).toHaveLength(1);
  });
});
