/** Messages that nobody has tried to send: what is asked of them is done before anybody sees them, if that is certain. */
import fc from "fast-check";
import { IDBFactory } from "fake-indexeddb";
import { expect, test, vi } from "vitest";
import { UNDO_MS } from "../src/core/undos.js";
import { openDatabase } from "../src/keep/database.js";
import type { Command, MessageView } from "../src/view.js";
import type { ClientFrame, Message } from "../src/net/protocol.js";
import { Browser, changesOf, eachInFreshBrowser, emptyHistory, live, message, window, withWindow } from "./browser.js";
import type { Page } from "./browser.js";
import { settled, welcome } from "./stage.js";
import type { FakeSocket } from "./stage.js";

let browser: Browser;
eachInFreshBrowser((fresh) => {
  browser = fresh;
});

const KEY = "019aaaaa-aaaa-7aaa-8aaa-000000000001";
const conversation = "2-3";
const write: Command = { kind: "send", conversation, text: "first", key: KEY };
const edit = (text: string): Command => ({ kind: "edit", conversation, key: KEY, text });
const remove: Command = { kind: "delete", conversation, key: KEY };

/** A page whose connection is lost, after it had been there. */
async function cut(...given: Parameters<Browser["page"]>): Promise<Page> {
  const page = await browser.page(...given);
  emptyHistory(await page.online(withWindow));
  page.socket.drops(1006);
  await settled();
  return page;
}

async function back(page: Page): Promise<FakeSocket> {
  await browser.clock.pass(1_000);
  const socket = await page.online(withWindow);
  emptyHistory(socket);
  await settled();
  return socket;
}

const shown = (page: Page): MessageView | undefined => page.talk()?.messages.find(({ key }) => key === KEY);
const ack = (id: string, seq: number) => ({ type: "ack" as const, id, conversation, seq, rev: seq, sent_at: 5 });

async function stored(): Promise<number> {
  const database = (await openDatabase(true))!;
  const count = await database.count("outbox");
  database.close();
  return count;
}

test("is changed by an edit: the other person never sees what it was", async () => {
  const page = await cut();
  await page.does(write);
  await page.does(edit("second"));
  await page.does(edit("third"));
  expect(shown(page)).toMatchObject({ text: "third", delivery: "sending" });
  expect(shown(page)).not.toHaveProperty("edit");
  page.end();
  await settled();
  const next = await browser.page();
  expect(shown(next)).toMatchObject({ text: "third" });
  await next.does(edit("fourth"));
  const socket = await back(next);
  expect(socket.of("send")).toMatchObject([{ client_message_id: KEY, text: "fourth" }]);
  socket.says(ack(KEY, 1));
  await settled();
  expect(socket.of("edit")).toEqual([]);
  expect(await stored()).toBe(0);
});

test("is not sent while its deletion can be undone, nor what comes after it, and never afterwards", async () => {
  const page = await cut();
  await page.does(write);
  await page.does({ kind: "send", conversation, text: "next" });
  await page.does(remove);
  const socket = await back(page);
  expect(shown(page)).toMatchObject({ text: "first", deleting: true });
  expect(socket.of("send")).toEqual([]);
  await browser.clock.pass(UNDO_MS);
  expect(shown(page)).toBeUndefined();
  expect(socket.of("send")).toMatchObject([{ text: "next" }]);
  socket.says(ack(socket.of("send")[0]!.client_message_id, 1));
  await browser.clock.pass(60_000);
  expect(socket.of("send")).toHaveLength(1);
  expect(socket.of("delete")).toEqual([]);
  expect(await stored()).toBe(0);
});

test("is sent in its place when its deletion is undone", async () => {
  const page = await cut();
  await page.does(write);
  await page.does({ kind: "send", conversation, text: "next" });
  await page.does(remove);
  const socket = await back(page);
  await page.does({ kind: "undelete", conversation, key: KEY });
  expect(socket.of("send").map(({ text }) => text)).toEqual(["first"]);
  socket.says(ack(KEY, 1));
  await settled();
  expect(socket.of("send").map(({ text }) => text)).toEqual(["first", "next"]);
});

test("that is deleted as the page is left is not sent by the next one", async () => {
  const page = await cut();
  await page.does(write);
  await page.does(remove);
  await page.does({ kind: "leaving" });
  page.end();
  await settled();
  const next = await browser.page();
  const socket = await back(next);
  await browser.clock.pass(60_000);
  expect([socket.of("send"), socket.of("delete"), await stored()]).toEqual([[], [], 0]);
});

test("is one no more when a frame of it has gone out: it may be there, so an edit and a deletion wait for it", async () => {
  const page = await cut();
  await page.does(write);
  const socket = await back(page);
  expect(socket.of("send")).toMatchObject([{ text: "first" }]);
  socket.drops(1006);
  await settled();
  await page.does(edit("second"));
  await page.does(remove);
  page.end();
  await settled();
  const next = await browser.page();
  await browser.clock.pass(2 * UNDO_MS);
  const later = await back(next);
  expect(later.of("send")).toMatchObject([{ client_message_id: KEY, text: "first" }]);
  later.says(ack(KEY, 7));
  await settled();
  expect(later.of("edit")).toMatchObject([{ seq: 7, text: "second" }]);
  later.says({ ...ack(later.of("edit")[0]!.id, 7), rev: 8 });
  await settled();
  expect(later.of("delete")).toMatchObject([{ seq: 7 }]);
});

test("is one no more where another page without a worker has begun to send it", async () => {
  const [one, other] = [await cut(), await cut()];
  await one.does(write);
  // The other sends before it can hear of what is asked here.
  const socket = await back(other);
  expect(socket.of("send")).toMatchObject([{ text: "first" }]);
  await one.does(edit("second"));
  await one.does(remove);
  await browser.clock.pass(UNDO_MS);
  socket.says(ack(KEY, 7));
  socket.says(live(message(7, { rev: 1, sender: 2, client_message_id: KEY, text: "first" }), conversation, 0));
  await settled();
  expect(socket.of("edit")).toMatchObject([{ seq: 7, text: "second" }]);
});

test("is taken back from all pages at once", async () => {
  const [one, other] = [await cut(), await cut()];
  await one.does(write);
  expect(shown(other)).toMatchObject({ text: "first", delivery: "sending" });
  await one.does(remove);
  await browser.clock.pass(UNDO_MS);
  expect([shown(one), shown(other)]).toEqual([undefined, undefined]);
  expect((await back(other)).of("send")).toEqual([]);
});

test("is not certain to be one where a page before has told another core", async () => {
  const left = (): Promise<Command[]> => Promise.resolve([{ ...write, again: true, entry: 1 }]);
  const page = await browser.page({}, { left, database: false });
  await page.does(remove);
  await browser.clock.pass(UNDO_MS);
  const socket = await page.online(withWindow);
  expect(socket.of("send")).toMatchObject([{ client_message_id: KEY }]);
  socket.says(ack(KEY, 7));
  await settled();
  expect(socket.of("delete")).toMatchObject([{ seq: 7 }]);
});

test("in a browser without a database is taken back; an edit waits, as the journal has what was written first", async () => {
  const page = await cut({}, { database: false });
  const other = "019aaaaa-aaaa-7aaa-8aaa-000000000002";
  await page.does(write);
  await page.does({ kind: "send", conversation, text: "other", key: other });
  await page.does(remove);
  await page.does({ kind: "edit", conversation, key: other, text: "another" });
  await browser.clock.pass(UNDO_MS);
  const socket = await back(page);
  expect(socket.of("send")).toMatchObject([{ client_message_id: other, text: "other" }]);
  socket.says(ack(other, 7));
  await settled();
  expect(socket.of("edit")).toMatchObject([{ seq: 7, text: "another" }]);
});

/** As much of a server as one message needs. */
class Server {
  readonly #open = new Set<FakeSocket>();
  row: Message | null = null;
  #first: string | null = null;

  async comes(page: Page): Promise<void> {
    while (page.socket.closed) await browser.clock.pass(500);
    if (this.#open.has(page.socket)) return;
    const { row } = this;
    const changes = row === null ? [] : [changesOf(0, [row])];
    page.socket.opens();
    page.socket.says(welcome({ dock: { version: 1, windows: [window({ seq: row?.seq ?? 0, rev: row?.rev ?? 0 })] }, changes }));
    this.#open.add(page.socket);
  }

  async answers(): Promise<void> {
    for (let quiet = false; !quiet; ) {
      await settled();
      const asked = [...this.#open].flatMap((socket) => socket.sent.splice(0).map((frame) => ({ socket, frame })));
      for (const { socket, frame } of asked) if (!socket.closed) this.#answer(socket, frame);
      quiet = asked.length === 0;
    }
  }

  #answer(socket: FakeSocket, frame: ClientFrame): void {
    const rev = (this.row?.rev ?? 0) + 1;
    if (frame.type === "history") {
      const messages = this.row === null ? [] : [this.row];
      socket.says({ type: "history", request: frame.request, conversation, first_seq: 1, seq: messages.length, rev: rev - 1, messages, more: false });
    } else if (frame.type === "send") {
      this.#first ??= frame.text;
      expect(frame.text, "an id has one text").toBe(this.#first);
      if (this.row === null) this.#put(message(1, { sender: 2, client_message_id: KEY, text: frame.text }));
      socket.says(ack(KEY, 1));
    } else if (frame.type === "edit" || frame.type === "delete") {
      const { row } = this;
      const over = row!.text === null || (frame.type === "edit" && frame.id <= (row!.verb_id ?? ""));
      if (!over && frame.type === "edit") this.#put({ ...row!, rev, text: frame.text, edited_at: 9, verb_id: frame.id });
      if (!over && frame.type === "delete") this.#put({ ...row!, rev, text: null, deleted: "author" });
      if (row!.text === null && frame.type === "edit") {
        socket.says({ type: "error", code: "no_such_message", message: "…", final: true, id: frame.id });
      } else socket.says({ ...ack(frame.id, 1), rev: this.row!.rev });
    }
  }

  #put(row: Message): void {
    this.row = row;
    for (const socket of this.#open) if (!socket.closed) socket.says(live(row));
  }
}

const deeds = ["edit 0", "edit 1", "delete 0", "delete 1", "undo 0", "undo 1", "comes 0", "comes 1", "cut 0", "cut 1", "wait"];

test("whatever pages do at once: its id goes out with one text only, and what was deleted for good is nowhere", async () => {
  const world = async (todo: readonly string[], rush: boolean): Promise<void> => {
    vi.stubGlobal("indexedDB", new IDBFactory());
    browser = new Browser();
    const server = new Server();
    const pages = [await cut(), await cut()];
    await pages[0]!.does(write);
    for (const [at, deed] of todo.entries()) {
      const [what, number] = deed.split(" ");
      const page = pages[Number(number ?? 0)]!;
      const does = (command: Command): void => void page.onmessage?.({ data: command } as MessageEvent);
      // Pages hear of each other before a person has turned from one to the other.
      if (rush && what !== "comes" && what !== "cut") await settled();
      if (what === "edit") does(edit(`text ${at}`));
      if (what === "delete") does(remove);
      if (what === "undo") does({ kind: "undelete", conversation, key: KEY });
      if (what === "cut" && !page.socket.closed) page.socket.drops(1006);
      if (what === "comes") await server.comes(page);
      if (what === "wait") await browser.clock.pass(UNDO_MS);
      if (!rush) await server.answers();
    }
    for (let turn = 0; turn < 3; turn += 1) {
      await browser.clock.pass(UNDO_MS);
      for (const page of pages) await server.comes(page);
      await server.answers();
    }
    const shownThere = server.row === null ? [] : [server.row.text ?? "∅"];
    // An edit of what was deleted on the other page is given back.
    const given = pages[0]!.talk()!.messages.filter(({ delivery }) => delivery === "failed");
    for (const page of pages) {
      expect(page.talk()?.messages.filter(({ delivery }) => delivery !== "failed").map(({ text }) => text ?? "∅")).toEqual(shownThere);
    }
    expect(await stored(), "everything is done").toBe(given.length);
    const last = todo.filter((deed) => !/edit|cut/.test(deed)).join(" ");
    if (/delete [01]$/.test(last)) expect(shownThere.filter((text) => text !== "∅"), "what was deleted last").toEqual([]);
    for (const page of pages) page.end();
    await settled();
  };
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom(...deeds), { maxLength: 12 }), fc.boolean(), world), { numRuns: 25 });
}, 120_000);
