/** Edits and deletions: asked for on a page, through the outbox, and back onto every page that shows them. */
import { describe, expect, test } from "vitest";
import { openDatabase } from "../src/keep/database.js";
import { UNDO_MS } from "../src/core/undos.js";
import { defaultLimits } from "../src/net/protocol.js";
import type { Message } from "../src/net/protocol.js";
import type { Command, MessageView, Update } from "../src/view.js";
import { type Browser, changesOf, eachInFreshBrowser, emptyHistory, KEY, live, message, UUID7, window, withWindow } from "./browser.js";
import type { Page } from "./browser.js";
import { settled, slowly } from "./stage.js";

let browser: Browser;
eachInFreshBrowser((fresh) => {
  browser = fresh;
});

const conversation = "2-3";
const own = (seq: number, over: Partial<Message> = {}): Message => browser.own(seq, over);
const edit = (text: string, key = KEY): Command => ({ kind: "edit", conversation, key, text });
const remove: Command = { kind: "delete", conversation, key: KEY };

const shown = (page: Page, key = KEY): MessageView | undefined => page.talk()?.messages.find((one) => one.key === key);
const ack = (id: string, seq: number, rev: number) => ({ type: "ack" as const, id, conversation, seq, rev, sent_at: 5 });
const refusal = (id: string, code: string) => ({ type: "error" as const, code, message: "…", final: true, id });
const of = <K extends Update["kind"]>(page: Page, kind: K) => page.updates.filter((update): update is Extract<Update, { kind: K }> => update.kind === kind);

describe("an edit", () => {
  test("is offered as long as the site says now", async () => {
    const { page, socket } = await browser.talking();
    const told = async (seconds: number): Promise<boolean> => {
      socket.says({ type: "limits", limits: { ...defaultLimits, edit_seconds: seconds } });
      await settled();
      const offered = page.dock?.windows[0]?.verbs.edit;
      expect(shown(page)?.editableUntil !== undefined).toBe(offered);
      return offered === true;
    };
    expect(await told(0)).toBe(false);
    expect(await told(60)).toBe(true);
    expect(shown(page)?.editableUntil).toBe(browser.clock.now() + 60_000);
  });

  test("is shown at once, goes out with an id of its own, and is the message's text when the server has it", async () => {
    const { page, socket } = await browser.talking();
    expect(shown(page)?.editableUntil).toBe(browser.clock.now() + 900_000);
    await page.does(edit(" second "));
    expect(shown(page)).toMatchObject({ text: "second", edit: { state: "sending" } });
    const [sent] = socket.of("edit");
    expect(sent).toMatchObject({ conversation, seq: 1, client_message_id: KEY, text: "second" });
    expect(sent!.id).toMatch(UUID7);
    socket.says(live(own(1, { rev: 2, text: "second", edited_at: 9, verb_id: sent!.id })));
    socket.says(ack(sent!.id, 1, 2));
    await settled();
    expect(shown(page)).toMatchObject({ text: "second", edited: true });
    expect(shown(page)).not.toHaveProperty("edit");
    const database = (await openDatabase(true))!;
    expect(await database.count("outbox")).toBe(0);
    database.close();
  });

  test("is above the last one that was applied, whatever this computer's clock says", async () => {
    const { page, socket } = await browser.talking();
    const ahead = "ffff0000-0000-7000-8000-000000000000";
    socket.says(live(own(1, { rev: 2, text: "elsewhere", edited_at: 9, verb_id: ahead })));
    await page.does(edit("here"));
    expect(socket.of("edit")[0]!.id > ahead).toBe(true);
  });

  test("of a message that is not acked waits for it, also over a reload", async () => {
    const page = await browser.page();
    const first = await page.online(withWindow);
    emptyHistory(first);
    await page.does({ kind: "send", conversation, text: "first", key: KEY });
    await page.does(edit("second"));
    expect(first.of("edit")).toEqual([]);
    expect(shown(page)).toMatchObject({ seq: 0, text: "second", edit: { state: "sending" } });
    await browser.clock.pass(100);
    page.end();
    const next = await browser.page();
    expect(shown(next)).toMatchObject({ seq: 0, text: "second" });
    const socket = await next.online(withWindow);
    expect(socket.of("send")).toMatchObject([{ client_message_id: KEY, text: "first" }]);
    // The ack comes first where the changes were lost: it names the seq.
    socket.says(ack(KEY, 7, 7));
    await settled();
    expect(socket.of("edit")).toMatchObject([{ seq: 7, client_message_id: KEY, text: "second" }]);
  });

  test("knows its message on a later page, whatever that page holds of the conversation", async () => {
    const page = await browser.page();
    const first = await page.online({ dock: { version: 1, windows: [window({ state: "minimised" })] } });
    await page.does({ kind: "send", conversation, text: "first", key: KEY });
    await page.does({ kind: "delete", conversation, key: KEY });
    first.says(ack(KEY, 7, 7));
    await settled();
    page.end();
    const next = await browser.page();
    const socket = await next.online();
    expect(socket.of("send")).toEqual([]);
    await browser.clock.pass(UNDO_MS);
    expect(socket.of("delete")).toMatchObject([{ seq: 7, client_message_id: KEY }]);
  });

  test("that the last page could not finish is made of a message that this core does not know", async () => {
    const left = (): Promise<Command[]> => Promise.resolve([{ kind: "edit", conversation, key: KEY, text: "second", seq: 3, entry: 1 }]);
    const page = await browser.page({}, { left });
    const socket = await page.online({ dock: { version: 1, windows: [window({ seq: 90, rev: 90 })] } });
    expect(socket.of("edit")).toMatchObject([{ seq: 3, client_message_id: KEY, text: "second" }]);
    expect(of(page, "durable")).toMatchObject([{ entries: [1] }]);
  });

  test("falls with a message that is refused; its text is what trying again sends", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    emptyHistory(socket);
    await page.does({ kind: "send", conversation, text: "first", key: KEY });
    await page.does(edit("second"));
    socket.says(refusal(KEY, "not_allowed"));
    await settled();
    expect(shown(page)).toMatchObject({ text: "second", delivery: "failed", failure: "not_allowed" });
    await page.does({ kind: "retry", conversation, key: KEY });
    expect(socket.of("send").map(({ text }) => text)).toEqual(["first", "second"]);
    expect(socket.of("edit")).toEqual([]);
  });

  test("that is refused for good is kept, holds up nothing, and goes when it is dismissed or made again", async () => {
    const { page, socket } = await browser.talking();
    await page.does(edit("second"));
    await page.does({ kind: "send", conversation, text: "next" });
    expect(socket.of("send")).toEqual([]);
    socket.says(refusal(socket.of("edit")[0]!.id, "too_late"));
    await settled();
    expect(shown(page)).toMatchObject({ text: "first", edit: { state: "failed", text: "second", failure: "too_late" } });
    expect(socket.of("send")).toHaveLength(1);
    await browser.clock.pass(100);
    page.end();
    const next = await browser.page();
    await next.online({ dock: { version: 1, windows: [window({ seq: 1, rev: 1 })] } });
    expect(shown(next)?.edit).toMatchObject({ state: "failed", text: "second" });
    await next.does(edit("third"));
    expect(shown(next)).toMatchObject({ text: "third", edit: { state: "sending" } });
    next.socket.says(ack(next.socket.of("send")[0]!.client_message_id, 2, 2));
    await settled();
    next.socket.says(refusal(next.socket.of("edit")[0]!.id, "not_allowed"));
    await settled();
    expect(shown(next)?.edit).toMatchObject({ state: "failed", text: "third" });
    await next.does({ kind: "dismiss", conversation, key: KEY });
    expect(shown(next)).not.toHaveProperty("edit");
    expect(shown(next)?.text).toBe("first");
  });

  describe("whose message is not there any more", () => {
    const offered = (page: Page) => page.talk()?.messages.filter(({ seq, text }) => seq === 0 && text !== null);
    const lost = { text: "second", delivery: "failed", failure: "no_such_message" };
    const inOutbox = async (): Promise<number> => {
      const database = (await openDatabase(true))!;
      const count = await database.count("outbox");
      database.close();
      return count;
    };

    test("comes back as a text that was not sent, and can be had in the box", async () => {
      const { page, socket } = await browser.talking();
      await page.does(edit("second"));
      // Erased: nobody knows the message's name any more.
      socket.says(live(own(1, { rev: 2, text: null, client_message_id: null })));
      socket.says(refusal(socket.of("edit")[0]!.id, "no_such_message"));
      await settled();
      expect(offered(page)).toMatchObject([lost]);
      expect(await inOutbox()).toBe(1);
      await page.does({ kind: "discard", conversation, key: offered(page)![0]!.key });
      expect(page.windows[0]).toMatchObject({ draft: "second" });
      expect(await inOutbox()).toBe(0);
    });

    test.each([{ client_message_id: null }, { deleted: "moderator" as const }])("does so also where it was refused before, %o", async (over) => {
      const { page, socket } = await browser.talking();
      await page.does(edit("second"));
      socket.says(refusal(socket.of("edit")[0]!.id, "too_late"));
      await settled();
      expect(offered(page)).toEqual([]);
      socket.says(live(own(1, { rev: 2, text: null, ...over })));
      await settled();
      expect(offered(page)).toMatchObject([lost]);
      expect(await inOutbox()).toBe(1);
    });

    test("does so where the stub is found far above only", async () => {
      const { page, socket } = await browser.talking();
      await page.does(edit("second"));
      socket.says(refusal(socket.of("edit")[0]!.id, "too_late"));
      socket.drops(1006);
      await browser.clock.pass(1_000);
      const reset = changesOf(0, Array.from({ length: 60 }, (_, at) => message(at + 41)), { rev: 2_000, reset: true });
      const later = await page.online({ dock: { version: 1, windows: [window({ seq: 100, rev: 2_000 })] }, changes: [reset] });
      await page.does({ kind: "page", conversation, asked: "before", seq: 2, request: 1 });
      const { request } = later.of("history").at(-1)!;
      const stub = own(1, { rev: 2, text: null, client_message_id: null });
      later.says({ type: "history", request, conversation, first_seq: 1, seq: 100, rev: 2_000, messages: [stub], more: false });
      await settled();
      expect(offered(page)).toMatchObject([lost]);
    });

    test("is forgotten where its author has deleted the message", async () => {
      const { page, socket } = await browser.talking();
      await page.does(edit("second"));
      socket.says(refusal(socket.of("edit")[0]!.id, "too_late"));
      socket.says(live(own(1, { rev: 2, text: null, deleted: "author" })));
      await settled();
      expect(offered(page)).toEqual([]);
      expect(await inOutbox()).toBe(0);
    });
  });

  test("that is still being sealed when the page ends is stored all the same, in place of the one before", async () => {
    let slow = false;
    const sealing = slowly("encrypt", (name) => slow && name.includes("outbox"));
    const page = await browser.page({}, { crypto: sealing.crypto });
    emptyHistory(await page.online(withWindow));
    page.socket.says(live(own(1)));
    page.socket.drops(1006);
    await page.does(edit("b"));
    slow = true;
    await page.does(edit("c"));
    page.end();
    await settled();
    sealing.go();
    await settled();
    const database = (await openDatabase(true))!;
    expect(await database.count("outbox")).toBe(1);
    database.close();
    const next = await browser.page();
    await next.online({ dock: { version: 1, windows: [window({ seq: 1, rev: 1 })] } });
    expect(next.socket.of("edit")).toMatchObject([{ text: "c" }]);
  });

  test("gives way to a later one that waits, and one to the same text is none", async () => {
    const { page, socket } = await browser.talking();
    socket.drops(1006);
    await settled();
    for (const text of ["b", "c", "d"]) await page.does(edit(text));
    await browser.clock.pass(1_000);
    const next = await page.online({ dock: { version: 1, windows: [window({ seq: 1, rev: 1 })] } });
    expect(next.of("edit").map(({ text }) => text)).toEqual(["d"]);
    next.says(live(own(1, { rev: 2, text: "d", edited_at: 9 })));
    next.says(ack(next.of("edit")[0]!.id, 1, 2));
    await settled();
    await page.does(edit("d"));
    expect(next.of("edit")).toHaveLength(1);
  });

  test("back to an earlier text is one, as long as another is under way or not shown yet", async () => {
    const { page, socket } = await browser.talking();
    for (const text of ["b", "c", "b"]) await page.does(edit(text));
    const [first] = socket.of("edit");
    socket.says(live(own(1, { rev: 2, text: "b", edited_at: 9, verb_id: first!.id })));
    socket.says(ack(first!.id, 1, 2));
    await settled();
    expect(socket.of("edit").map(({ text }) => text)).toEqual(["b", "b"]);
    // What this one changed is lost on its way.
    socket.says(ack(socket.of("edit")[1]!.id, 1, 3));
    await page.does(edit("d"));
    socket.says(ack(socket.of("edit")[2]!.id, 1, 4));
    await page.does(edit("b"));
    expect(socket.of("edit").map(({ text }) => text)).toEqual(["b", "b", "d", "b"]);
    expect(shown(page)?.text).toBe("b");
  });

  test("that is acked stays on show until the changes that were lost have come", async () => {
    const { page, socket } = await browser.talking();
    await page.does(edit("second"));
    const { id } = socket.of("edit")[0]!;
    socket.says(ack(id, 1, 3));
    await settled();
    expect(shown(page)?.text).toBe("second");
    socket.says(live(own(1, { rev: 3, text: "second", edited_at: 9, verb_id: id })));
    await settled();
    const asked = socket.of("changes")[0]!;
    expect(asked).toMatchObject({ rev: 1, seq: 1 });
    socket.says({ type: "changes", request: asked.request, ...changesOf(1, [message(2), own(1, { rev: 3, text: "second", edited_at: 9 })].reverse(), { rev: 3 }) });
    await settled();
    expect(shown(page)).toMatchObject({ text: "second", edited: true });
    expect(shown(page)).not.toHaveProperty("edit");
  });

  test("is not sent to a server that does not take it, and holds up nothing", async () => {
    const { page, socket } = await browser.talking({ ...withWindow, features: [] });
    expect(page.windows[0]?.verbs).toEqual({ edit: false, delete: false, reply: false, react: false, mention: false, flag: false });
    expect(shown(page)).not.toHaveProperty("editableUntil");
    await page.does(edit("second"));
    await page.does({ kind: "send", conversation, text: "next", replyTo: 1 });
    expect(socket.of("edit")).toEqual([]);
    expect(socket.of("send")).toMatchObject([{ text: "next" }]);
    expect(socket.of("send")[0]).not.toHaveProperty("reply_to");
  });

  test("of a message that only a page shows is laid over it there", async () => {
    const { page, socket } = await browser.talking();
    socket.says({ type: "changes", ...changesOf(1, Array.from({ length: 60 }, (_, at) => message(at + 2))) });
    await page.does({ kind: "page", conversation, asked: "before", seq: 12, request: 1 });
    const { request } = socket.of("history").at(-1)!;
    // The edit on another device has come before the page that was read before it.
    socket.says(live(own(1, { rev: 62, text: "elsewhere", edited_at: 9 })));
    socket.says({ type: "history", request, conversation, first_seq: 1, seq: 61, rev: 61, messages: [own(1)], more: false });
    await settled();
    expect(of(page, "page").at(-1)?.page.messages).toMatchObject([{ key: KEY, text: "elsewhere" }]);
    await page.does(edit("here"));
    expect(of(page, "rewritten").at(-1)).toMatchObject({ conversation, messages: [{ key: KEY, text: "here", edit: { state: "sending" } }] });
    const { id, seq } = socket.of("edit")[0]!;
    expect(seq).toBe(1);
    socket.says(live(own(1, { rev: 63, text: "here", edited_at: 9, verb_id: id })));
    socket.says(ack(id, 1, 63));
    await settled();
    expect(of(page, "rewritten").at(-1)?.messages).toMatchObject([{ text: "here", edited: true }]);
    expect(of(page, "rewritten").at(-1)?.messages[0]).not.toHaveProperty("edit");
    // Of a window that is closed nothing is kept.
    await page.does({ kind: "close", conversation });
    socket.says({ type: "dock", version: 2, windows: [] });
    await settled();
    const told = of(page, "rewritten").length;
    await page.does({ ...edit("elsewhere again"), seq: 1 } as Command);
    expect(of(page, "rewritten")).toHaveLength(told);
  });
});

describe("a deletion", () => {
  test("can be taken back for a while, and is nothing then", async () => {
    const { page, socket } = await browser.talking();
    await page.does(remove);
    expect(shown(page)).toMatchObject({ text: "first", deleting: true });
    await browser.clock.pass(UNDO_MS - 1_000);
    await page.does({ kind: "undelete", conversation, key: KEY });
    await browser.clock.pass(60_000);
    expect(socket.of("delete")).toEqual([]);
    expect(shown(page)).not.toHaveProperty("deleting");
  });

  test("goes out when its time has come, and leaves a stub", async () => {
    const { page, socket } = await browser.talking();
    await page.does(remove);
    // Nobody waits for it meanwhile.
    await page.does({ kind: "send", conversation, text: "next" });
    socket.says(ack(socket.of("send")[0]!.client_message_id, 2, 2));
    await browser.clock.pass(UNDO_MS);
    const [sent] = socket.of("delete");
    expect(sent).toMatchObject({ conversation, seq: 1, client_message_id: KEY });
    expect(shown(page)).toMatchObject({ text: null, deletedBy: "me" });
    await page.does({ kind: "undelete", conversation, key: KEY });
    expect(shown(page)?.text).toBeNull();
    socket.says({ type: "changes", ...changesOf(1, [message(2, { sender: 2 }), own(1, { rev: 3, text: null, deleted: "author" })]) });
    socket.says(ack(sent!.id, 1, 3));
    await settled();
    expect(shown(page)).toMatchObject({ seq: 1, text: null, deletedBy: "me" });
    socket.says(live(message(2, { rev: 4, text: null, deleted: "moderator", sender: 3 })));
    await settled();
    expect(shown(page, "seq:2")).toMatchObject({ deletedBy: "moderator" });
  });

  test("goes out also where its timer ends before the clock says so", async () => {
    const { page, socket } = await browser.talking();
    const after = browser.clock.after.bind(browser.clock);
    browser.clock.after = (ms, task) => after(ms === UNDO_MS ? ms - 20 : ms, task);
    await page.does(remove);
    await browser.clock.pass(UNDO_MS - 10);
    expect(shown(page)).toMatchObject({ deleting: true });
    await browser.clock.pass(10);
    expect(socket.of("delete")).toHaveLength(1);
    expect(shown(page)).toMatchObject({ text: null, deletedBy: "me" });
  });

  test.each([-3_600_000, 3_600_000])("can be taken back for as long as that, and no longer, however the clock is set (%i ms)", async (ms) => {
    const { page, socket } = await browser.talking();
    await page.does(remove);
    browser.clock.time += ms;
    await browser.clock.pass(UNDO_MS - 1_000);
    expect(socket.of("delete")).toEqual([]);
    await page.does({ kind: "undelete", conversation, key: KEY });
    await browser.clock.pass(UNDO_MS);
    expect(socket.of("delete")).toEqual([]);
    expect(shown(page)).toMatchObject({ text: "first" });
    await page.does(remove);
    browser.clock.time += ms;
    await browser.clock.pass(UNDO_MS);
    expect(socket.of("delete")).toHaveLength(1);
    expect(shown(page)).toMatchObject({ text: null, deletedBy: "me" });
  });

  test("waits no longer than that on the next page, where the clock was set back in between", async () => {
    const { page } = await browser.talking();
    await page.does(remove);
    await browser.clock.pass(1_000);
    page.end();
    await settled();
    browser.clock.time -= 3_600_000;
    const next = await browser.page();
    const socket = await next.online({ dock: { version: 1, windows: [window({ seq: 1, rev: 1 })] } });
    expect(shown(next)).toMatchObject({ deleting: true });
    await browser.clock.pass(UNDO_MS);
    expect(socket.of("delete")).toHaveLength(1);
  });

  test("is not cancelled by leaving the page, and can be taken back on the next one", async () => {
    const { page } = await browser.talking();
    await page.does(remove);
    await browser.clock.pass(1_000);
    await page.does({ kind: "leaving" });
    page.end();
    await settled();
    const next = await browser.page();
    expect(shown(next)).toMatchObject({ deleting: true });
    const socket = await next.online({ dock: { version: 1, windows: [window({ seq: 1, rev: 1 })] } });
    await browser.clock.pass(UNDO_MS);
    expect(socket.of("delete")).toHaveLength(1);
  });

  test("that was taken back as the page was left does not go out, however long the next one takes to load", async () => {
    const { page } = await browser.talking();
    await page.does(remove);
    const at = browser.clock.now();
    page.end();
    await browser.clock.pass(2 * UNDO_MS);
    const left = (): Promise<Command[]> => Promise.resolve([{ kind: "undelete", conversation, key: KEY, at, entry: 1 }]);
    const next = await browser.page({}, { left });
    const socket = await next.online({ dock: { version: 1, windows: [window({ seq: 1, rev: 1 })] } });
    await browser.clock.pass(UNDO_MS);
    expect(socket.of("delete")).toEqual([]);
    expect(shown(next)).toMatchObject({ text: "first" });
    expect(shown(next)).not.toHaveProperty("deleting");
  });

  test("that is refused for good brings the message back, and says so", async () => {
    const { page, socket } = await browser.talking();
    await page.does(remove);
    await browser.clock.pass(UNDO_MS);
    socket.says(refusal(socket.of("delete")[0]!.id, "not_allowed"));
    await settled();
    expect(shown(page)?.text).toBe("first");
    expect(page.last("refused")).toMatchObject({ conversation, code: "not_allowed" });
  });

  test("of a message that is refused takes it away", async () => {
    const page = await browser.page();
    const socket = await page.online(withWindow);
    emptyHistory(socket);
    await page.does({ kind: "send", conversation, text: "first", key: KEY });
    await page.does(remove);
    await browser.clock.pass(UNDO_MS);
    expect(shown(page)).toMatchObject({ seq: 0, text: null });
    socket.says(refusal(KEY, "not_allowed"));
    await settled();
    expect(page.talk()?.messages).toEqual([]);
  });
});
