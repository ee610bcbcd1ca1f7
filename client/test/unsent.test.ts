/** What a person has written and not sent: it waits, unreadable, for that person's next login. */
import { expect, test, vi } from "vitest";
import { openDatabase } from "../src/keep/database.js";
import type { PageConfig } from "../src/view.js";
import { type Browser, eachInFreshBrowser, emptyHistory, live, message, withWindow } from "./browser.js";
import type { Page } from "./browser.js";
import { json, OTHER_MARK, settled, slowly, tokenOf } from "./stage.js";

const ANAS = "AnasAnasAnasAnasAnasAnasAnasAnasAnasAnasAna";
const BRUNOS = "BrunBrunBrunBrunBrunBrunBrunBrunBrunBrunBru";
const LATER = { sid: "dddddddddddd", mark: OTHER_MARK };
let browser: Browser;
eachInFreshBrowser((fresh) => {
  browser = fresh;
});

/** A page of somebody's login, whose host gives this key with tokens. */
async function page(key: string | null, over: Partial<PageConfig> = {}): Promise<Page> {
  const claims = { ...(over.user === undefined ? {} : { sub: String(over.user) }), ...(over.sid === undefined ? {} : { sid: over.sid }) };
  const body = () => ({ token: tokenOf(browser.clock.now(), claims), ...(key === null ? {} : { unsent_key: key }) });
  browser.shelf.content = null;
  const opened = await browser.page(over, { fetch: () => Promise.resolve(json(body())) });
  await settled();
  return opened;
}

/** Somebody writes a draft and a message that does not go out, and their login ends. */
async function leavesText(key: string | null): Promise<void> {
  const one = await page(key);
  const socket = await one.online(withWindow);
  emptyHistory(socket);
  await one.does({ kind: "send", conversation: "2-3", text: "not gone out" });
  await one.does({ kind: "draft", conversation: "2-3", text: "half a thought" });
  await one.does({ kind: "draft", conversation: "2-9", text: "gone again" });
  await one.does({ kind: "draft", conversation: "2-9", text: "" });
  socket.drops(4410);
  await settled();
  one.end();
  await browser.clock.pass(1_000);
}

async function stored(): Promise<{ drafts: number; outbox: number }> {
  const database = (await openDatabase(true))!;
  const [drafts, outbox] = await Promise.all([database.count("drafts"), database.count("outbox")]);
  database.close();
  return { drafts, outbox };
}

test("is there again at the person's next login, and goes out", async () => {
  await leavesText(ANAS);
  const next = await page(ANAS, LATER);
  const socket = await next.online(withWindow);
  emptyHistory(socket);
  await settled();
  expect(next.windows).toMatchObject([{ draft: "half a thought" }]);
  expect(socket.of("send")).toMatchObject([{ text: "not gone out" }]);
  expect(next.last("refused")).toBeUndefined();
});

test("is there on the login's next pages before anybody is asked", async () => {
  const one = await page(ANAS);
  const socket = await one.online(withWindow);
  emptyHistory(socket);
  await one.does({ kind: "draft", conversation: "2-3", text: "half a thought" });
  await browser.clock.pass(1_000);
  one.end();
  browser.shelf.content = null;
  const next = await browser.page({}, { fetch: () => new Promise(() => undefined) });
  expect(next.windows).toMatchObject([{ draft: "half a thought" }]);
});

test("of another person is left alone, and is not readable with their key", async () => {
  await leavesText(ANAS);
  const other = await page(BRUNOS, { ...LATER, user: 3 });
  const socket = await other.online(withWindow);
  emptyHistory(socket);
  await settled();
  expect(JSON.stringify([other.updates, socket.sent])).not.toMatch(/half a thought|not gone out/);
  expect(await stored()).toEqual({ drafts: 1, outbox: 1 });
});

test("ends with the login where the host gives no key, and its number is told", async () => {
  await leavesText(null);
  const next = await page(null, LATER);
  await next.online(withWindow);
  await settled();
  expect(next.windows).toMatchObject([{ draft: "" }]);
  expect(next.updates.filter(({ kind }) => kind === "refused")).toMatchObject([{ code: "outbox_unreadable" }]);
  expect(await stored()).toEqual({ drafts: 0, outbox: 0 });
});

test("of what ended with the login the number is told, whatever it was, and that it did not happen", async () => {
  const one = await page(null);
  const socket = await one.online(withWindow);
  emptyHistory(socket);
  const mine = message(1, { sender: 2, client_message_id: "019aaaaa-aaaa-7aaa-8aaa-000000000001" });
  socket.says(live(mine));
  await one.does({ kind: "delete", conversation: "2-3", key: "019aaaaa-aaaa-7aaa-8aaa-000000000001" });
  socket.drops(4410);
  await settled();
  one.end();
  await browser.clock.pass(1_000);
  const next = await page(null, LATER);
  await next.online(withWindow);
  await settled();
  expect(next.last("refused")).toMatchObject({ code: "outbox_unreadable", message: expect.stringMatching(/^1 .*deletion/) as unknown });
});

test("is not given up before the host has been heard", async () => {
  await leavesText(ANAS);
  browser.shelf.content = null;
  const deaf = await browser.page(LATER, { fetch: () => new Promise(() => undefined) });
  await settled();
  expect(deaf.last("refused")).toBeUndefined();
  expect(await stored()).toEqual({ drafts: 1, outbox: 1 });
});

test("tells nothing where it lies, nor does its key", async () => {
  await leavesText(ANAS);
  const database = (await openDatabase(true))!;
  const records = [...(await database.getAll("drafts")), ...(await database.getAll("outbox")), ...(await database.getAll("copies"))];
  database.close();
  const said = records.map(({ data, ...rest }) => JSON.stringify(rest) + Buffer.from(data).toString("latin1")).join("\n");
  expect(records.length).toBeGreaterThan(1);
  expect(said).not.toMatch(/half a thought|not gone out/);
  expect(said).not.toContain(ANAS);
});

test("what is written while the page is being emptied is kept as well", async () => {
  const one = await page(ANAS);
  const socket = await one.online(withWindow);
  emptyHistory(socket);
  socket.drops(4410);
  await settled();
  await one.does({ kind: "draft", conversation: "2-3", text: "the last words" });
  expect(one.windows).toEqual([]);
  one.end();
  const next = await page(ANAS, LATER);
  await next.online(withWindow);
  await settled();
  expect(next.windows).toMatchObject([{ draft: "the last words" }]);
});

test("a draft that is written while the outbox is still being read is newer than the one read", async () => {
  await leavesText(ANAS);
  // The drafts are read by then.
  let heard = false;
  const slow = slowly("decrypt", (name) => heard && name.includes("outbox"));
  browser.shelf.content = null;
  const fetch = () => {
    heard = true;
    const claims = { sid: LATER.sid };
    return Promise.resolve(json({ token: tokenOf(browser.clock.now(), claims), unsent_key: ANAS }));
  };
  const next = await browser.page(LATER, { fetch, crypto: slow.crypto });
  await settled();
  await next.does({ kind: "draft", conversation: "2-3", text: "a newer thought" });
  slow.go();
  await settled();
  next.end();
  await settled();
  const last = await page(ANAS, LATER);
  await last.online(withWindow);
  await settled();
  expect(last.windows).toMatchObject([{ draft: "a newer thought" }]);
});

test("a draft that could not be written is newer than the one that lies there", async () => {
  const one = await page(ANAS);
  emptyHistory(await one.online(withWindow));
  await one.does({ kind: "draft", conversation: "2-3", text: "half a thought" });
  const put = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  await one.does({ kind: "draft", conversation: "2-3", text: "a newer thought" });
  // A pause has everything read again when it is over.
  one.socket.drops(4011);
  await settled();
  await browser.clock.pass(5_000);
  await one.online(withWindow);
  await settled();
  put.mockRestore();
  expect(one.windows).toMatchObject([{ draft: "a newer thought" }]);
  one.end();
  await settled();
  const next = await page(ANAS);
  await next.online(withWindow);
  await settled();
  expect(next.windows).toMatchObject([{ draft: "a newer thought" }]);
});

test.each(["outbox", "draft"])("what is still being sealed for the %s when the page ends is stored all the same", async (kind) => {
  browser.shelf.content = null;
  const slow = slowly("encrypt", (name) => name.includes(kind));
  const fetch = () => Promise.resolve(json({ token: tokenOf(browser.clock.now()), unsent_key: ANAS }));
  const one = await browser.page({}, { fetch, crypto: slow.crypto });
  emptyHistory(await one.online(withWindow));
  await one.does({ kind: "send", conversation: "2-3", text: "the last message" });
  await one.does({ kind: "draft", conversation: "2-3", text: "the last words" });
  one.end();
  await settled();
  expect(await stored()).not.toEqual({ drafts: 1, outbox: 1 });
  slow.go();
  await settled();
  expect(await stored()).toEqual({ drafts: 1, outbox: 1 });
});

test("a draft has what it answers with it, also without a text yet, until it is sent", async () => {
  const one = await page(ANAS);
  const socket = await one.online(withWindow);
  emptyHistory(socket);
  await one.does({ kind: "draft", conversation: "2-3", text: "", replyTo: 7 });
  one.end();
  await browser.clock.pass(1_000);
  const next = await page(ANAS);
  expect(next.windows).toMatchObject([{ draft: "", draftReplyTo: 7 }]);
  await next.does({ kind: "draft", conversation: "2-3", text: "half a thought", replyTo: 7 });
  next.end();
  await browser.clock.pass(1_000);
  const third = await page(ANAS);
  expect(third.windows).toMatchObject([{ draft: "half a thought", draftReplyTo: 7 }]);
  await third.does({ kind: "send", conversation: "2-3", text: "half a thought", replyTo: 7 });
  await browser.clock.pass(1_000);
  expect(third.windows[0]).toMatchObject({ draft: "" });
  expect(third.windows[0]).not.toHaveProperty("draftReplyTo");
  expect((await stored()).drafts).toBe(0);
});

test("a draft that is sent while the browser is read does not come back", async () => {
  const one = await page(ANAS);
  emptyHistory(await one.online(withWindow));
  await one.does({ kind: "draft", conversation: "2-3", text: "half a thought" });
  await browser.clock.pass(1_000);
  one.end();
  let answer: (response: Response) => void = () => undefined;
  browser.shelf.content = null;
  const next = await browser.page({}, { fetch: () => new Promise((resolve) => (answer = resolve)) });
  answer(json({ token: tokenOf(browser.clock.now()), unsent_key: ANAS }));
  for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
  next.onmessage?.({ data: { kind: "draft", conversation: "2-3", text: "" } } as MessageEvent);
  await settled();
  await browser.clock.pass(1_000);
  expect(next.windows).toMatchObject([{ draft: "" }]);
  expect(await stored()).toEqual({ drafts: 0, outbox: 0 });
});
