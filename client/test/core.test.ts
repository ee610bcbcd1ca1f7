import { describe, expect, test, vi } from "vitest";
import { startCore } from "../src/start.js";
import { openDatabase } from "../src/keep/database.js";
import { cleanText } from "../src/keep/entries.js";
import type { Command } from "../src/view.js";
import { type Browser, bruno, changesOf, eachInFreshBrowser, emptyHistory, live, message, Page, UUID7, window, withWindow } from "./browser.js";
import { config, crypto, json, OTHER_MARK, settled, tokenOf } from "./stage.js";

let browser: Browser;
eachInFreshBrowser((fresh) => {
  browser = fresh;
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
    socket.says({ type: "ack", id, conversation: "2-3", seq: 1, rev: 1, sent_at: 5 });
    await settled();
    expect(page.shown).toEqual(["Olá \uFFFD sent"]);
    socket.says(live(message(1, { sender: 2, client_message_id: id, text: "Olá \uFFFD" })));
    await settled();
    expect(page.talk()?.messages).toMatchObject([{ key: id, seq: 1 }]);
    expect(page.shown).toEqual(["Olá \uFFFD sent"]);
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
    socket.says({ type: "ack", id, conversation: "2-3", seq: 1, rev: 1, sent_at: 5 });
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
    const second = await next.online({ ...withWindow, changes: [changesOf(0, [mine])] });
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
    socket.says({ type: "error", code: "not_allowed", message: "…", final: true, id: id });
    await settled();
    expect(page.talk()?.messages).toMatchObject([{ key: id, text: "no", delivery: "failed", failure: "not_allowed" }]);
    await page.does({ kind: "retry", conversation: "2-3", key: id });
    expect(socket.of("send")).toHaveLength(2);
    expect(socket.of("send")[1]!.client_message_id).not.toBe(id);
    const again = socket.of("send")[1]!.client_message_id;
    socket.says({ type: "error", code: "not_allowed", message: "…", final: true, id: again });
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
    socket.says({ type: "error", code: "rate_limited", message: "…", final: false, id: id, retry_after_ms: 400 });
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
    emptyHistory(first);
    emptyHistory(await other.online(withWindow));
    await other.does({ kind: "send", conversation: "2-3", text: "shared" });
    const id = first.of("send")[0]!.client_message_id;
    const mine = message(1, { sender: 2, client_message_id: id, text: "shared" });
    first.says({ type: "ack", id, conversation: "2-3", seq: 1, rev: 1, sent_at: 5 });
    first.says(live(mine));
    await settled();
    expect(other.shown).toEqual(["shared sent"]);
    other.socket.says(live(mine));
    await settled();
    expect(other.talk()?.messages).toMatchObject([{ seq: 1 }]);
    expect(other.shown).toEqual(["shared sent"]);
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
    socket.says(live(message(1, { text: "canary" })));
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
    await page.does({ kind: "draft", conversation: "2-3", text: "h", entry: 1 });
    await page.does({ kind: "draft", conversation: "2-3", text: "half", entry: 2 });
    expect(page.updates.filter((update) => update.kind === "durable")).toEqual([
      { kind: "durable", entries: [1] },
      { kind: "durable", entries: [2] },
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
    socket.says(live(message(1, { sender: 2, client_message_id: id, text: "hello" })));
    socket.says({ type: "ack", id, conversation: "2-3", seq: 1, rev: 1, sent_at: 1 });
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
        { kind: "send", conversation: "2-3", text: "stored already", key, entry: 1 },
        { kind: "draft", conversation: "2-3", text: "half", entry: 2 },
        { kind: "minimise", conversation: "2-3", entry: 3 },
      ]);
    const page = await browser.page({}, { left });
    expect(page.updates.filter((update) => update.kind === "dock")).toHaveLength(1);
    expect(page.windows).toMatchObject([{ state: "minimised", draft: "half" }]);
    expect(page.shown).toEqual(["stored already sending"]);
    const socket = await page.online(withWindow);
    expect(socket.of("send")).toMatchObject([{ client_message_id: key }]);
    expect(page.updates.flatMap((update) => (update.kind === "durable" ? update.entries : [])).sort()).toEqual([1, 2, 3]);
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
    const other = await browser.page({ ...over, mark: OTHER_MARK });
    expect(other.windows).toEqual([]);
    const database = (await openDatabase(true))!;
    expect(await database.count("copies")).toBe(0);
    database.close();
  });

  test("of another user's outbox waits for its owner", async () => {
    const page = await browser.page();
    await page.does({ kind: "send", conversation: "2-3", text: "unsent" });
    page.end();
    const other = await browser.page({ user: 3, sid: "cccccccccccc", mark: OTHER_MARK });
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
    const again = { sid: "dddddddddddd", mark: OTHER_MARK };
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
  await starting;
  await settled();
  expect(page.sockets).toHaveLength(1);
});

test("who writes is active, with what is only typed too; who reads is not", async () => {
  const asked: unknown[] = [];
  const fetch = (url: unknown): Promise<Response> => {
    asked.push(url);
    return Promise.resolve(json({ token: tokenOf(browser.clock.now()) }));
  };
  const page = await browser.page({ tokenIdle: "idle=1" }, { fetch });
  const again = async (): Promise<unknown> => {
    await page.online(withWindow);
    page.socket.drops(4010);
    await browser.clock.pass(30_000);
    return asked.at(-1);
  };
  const idle = `${config.tokenUrl}?idle=1`;
  expect(await again()).toBe(idle);
  await page.does({ kind: "seen", conversation: "2-3", seq: 1 });
  await page.does({ kind: "visible", visible: true });
  expect(await again()).toBe(idle);
  await page.does({ kind: "typing", conversation: "2-3" });
  expect(await again()).toBe(config.tokenUrl);
  expect(await again()).toBe(idle);
  await page.does({ kind: "send", conversation: "2-3", text: "hello" });
  expect(await again()).toBe(config.tokenUrl);
});
