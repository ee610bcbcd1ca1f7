/** What could lose a text or show a wrong one: a database that fails, a login that changes, a store put back, a sleep. */
import { describe, expect, test, vi } from "vitest";
import { ASLEEP_MS } from "../src/net/connection.js";
import { openDatabase } from "../src/keep/database.js";
import { type Browser, eachInFreshBrowser, emptyHistory, live, message, window, withWindow } from "./browser.js";
import type { Page } from "./browser.js";
import { json, OTHER_MARK, settled, tokenOf } from "./stage.js";

let browser: Browser;
eachInFreshBrowser((fresh) => {
  browser = fresh;
});

const kept = (page: Page) => page.updates.flatMap((update) => (update.kind === "durable" ? update.entries : []));

describe("a text that cannot be stored", () => {
  const full = () => {
    throw new DOMException("full", "QuotaExceededError");
  };

  test("stays the page's to remember until the server has it", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(full);
    await page.does({ kind: "send", conversation: "2-3", text: "unstored", entry: 1 });
    expect(page.shown).toEqual(["unstored sending"]);
    expect(kept(page)).toEqual([]);
    const id = socket.of("send")[0]!.client_message_id;
    socket.says({ type: "ack", id, conversation: "2-3", seq: 1, rev: 1, sent_at: 5 });
    await settled();
    expect(kept(page)).toEqual([1]);
  });

  test("is remembered as a draft too, and let go when there is room again; windows are not", async () => {
    const page = await browser.page();
    await page.online(withWindow);
    const put = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(full);
    await page.does({ kind: "draft", conversation: "2-3", text: "half", entry: 1 });
    await page.does({ kind: "minimise", conversation: "2-3", entry: 2 });
    expect(kept(page)).toEqual([2]);
    put.mockRestore();
    await page.does({ kind: "restore", conversation: "2-3", entry: 3 });
    expect(kept(page).sort()).toEqual([1, 2, 3]);
  });

  test("is remembered where there is no database at all", async () => {
    const page = await browser.page({}, { database: false });
    await page.online(withWindow);
    await page.does({ kind: "draft", conversation: "2-3", text: "half", entry: 1 });
    await page.does({ kind: "minimise", conversation: "2-3", entry: 2 });
    expect(kept(page)).toEqual([2]);
  });

  test("is sent where another tab has taken the database away", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    const gone = indexedDB.deleteDatabase("gchat");
    await new Promise((resolve) => (gone.onsuccess = resolve));
    await page.does({ kind: "send", conversation: "2-3", text: "still", entry: 1 });
    expect(socket.of("send").map(({ text }) => text)).toEqual(["still"]);
    expect(page.shown).toEqual(["still sending"]);
    expect(kept(page)).toEqual([]);
  });
});

describe("another login of the site in this browser", () => {
  const answers = (sub: string, sid: string) => () =>
    Promise.resolve(json({ token: tokenOf(browser.clock.now(), { sub, sid }) }));

  test.each([
    ["another user", { user: 3, sid: "cccccccccccc" }, "other_user"],
    ["another login of the same user", { sid: "dddddddddddd" }, "outdated"],
  ])("(%s) ends the first one's line when the host says so, erases its copy, and leaves its outbox unsent", async (_, over, reason) => {
    const fetch = vi.fn(answers("2", browser.pages[0]?.config.sid ?? "b7f0c5b1d2a94e64"));
    const page = await browser.page({}, { fetch });
    const socket = await page.online(withWindow);
    emptyHistory(socket);
    socket.says(live(message(1)));
    await browser.clock.pass(1_000);
    const other = { user: 2, ...over };
    fetch.mockImplementation(answers(String(other.user), other.sid));
    await browser.page({ ...over, mark: OTHER_MARK });
    await settled();
    expect(page.last("line")?.line).toEqual({ state: "stopped", reason });
    expect(socket.closed).toBe(true);
    await page.does({ kind: "send", conversation: "2-3", text: "too late" });
    expect(socket.of("send")).toEqual([]);
    await browser.clock.pass(1_000);
    const database = (await openDatabase(true))!;
    const copies = await database.getAllKeys("copies");
    expect(copies.filter(([, user, sid]) => user === 2 && sid === page.config.sid)).toEqual([]);
    database.close();
  });

  test("that the host does not know of changes nothing: a page of the browser's history said it", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    await browser.page({ sid: "eeeeeeeeeeee" });
    await settled();
    expect(page.last("line")?.line.state).toBe("online");
    expect(socket.of("renew")).toHaveLength(1);
  });

  test("is asked about at once by a line that is lost, before it is tried again", async () => {
    const page = await browser.page();
    (await page.online(withWindow)).drops(1006);
    const { sockets } = page;
    const before = sockets.length;
    page.browser.shelf.content = null;
    await browser.page({ user: 3, sid: "cccccccccccc" });
    await settled();
    // The page's host answers with its own login here: it comes back at once, with a token that was just fetched.
    expect(sockets).toHaveLength(before + 1);
  });
});

test("a store that was put back takes away what it had acknowledged, and what it has is shown", async () => {
  const page = await browser.page();
  const socket = await page.online(withWindow);
  emptyHistory(socket);
  socket.says(live(message(1)));
  await page.does({ kind: "send", conversation: "2-3", text: "acknowledged, then lost" });
  const id = socket.of("send")[0]!.client_message_id;
  socket.says({ type: "ack", id, conversation: "2-3", seq: 2, rev: 2, sent_at: 5 });
  await settled();
  expect(page.shown).toEqual(["m1 theirs", "acknowledged, then lost sent"]);
  socket.drops(1006);
  await browser.clock.pass(1_000);
  const restored = await page.online({ epoch: "e2", dock: { version: 1, windows: [window({ seq: 1, rev: 1 })] } });
  const { request } = restored.of("history")[0]!;
  restored.says({ type: "history", request, conversation: "2-3", first_seq: 1, seq: 1, rev: 1, messages: [message(1)], more: false });
  await settled();
  expect(page.shown).toEqual(["m1 theirs"]);
});

test("a computer that has slept probes its line when it wakes, and a busy page does not", async () => {
  const page = await browser.page();
  const socket = await page.online(withWindow);
  emptyHistory(socket);
  await browser.clock.pass(60_000);
  expect(socket.of("ping")).toHaveLength(0);
  socket.says({ type: "pong" });
  browser.clock.sleep(ASLEEP_MS + 16_000);
  await browser.clock.pass(1_000);
  expect(socket.of("ping")).toHaveLength(1);
});
