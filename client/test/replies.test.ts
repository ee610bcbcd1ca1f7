/** Replies and their quotes, and changes that were lost: what a page shows of messages that it does not hold, or not as they are. */
import { describe, expect, test } from "vitest";
import { CHECK_MS, QUOTES_AT_ONCE, QUOTES_MS } from "../src/core/questions.js";
import { openDatabase } from "../src/keep/database.js";
import type { Update } from "../src/view.js";
import { type Browser, changesOf, eachInFreshBrowser, KEY, live, message, window } from "./browser.js";
import type { Page } from "./browser.js";
import { settled, welcome } from "./stage.js";

let browser: Browser;
eachInFreshBrowser((fresh) => {
  browser = fresh;
});

const conversation = "2-3";
/** The answer, before the server has it. */
const ANSWER = "019aaaaa-aaaa-7aaa-8aaa-000000000002";
const of = <K extends Update["kind"]>(page: Page, kind: K) => page.updates.filter((update): update is Extract<Update, { kind: K }> => update.kind === kind);

describe("a reply", () => {
  test("names its message, before and after a reload, and shows it", async () => {
    const { page } = await browser.talking();
    page.socket.drops(1006);
    await settled();
    await page.does({ kind: "send", conversation, text: "answer", replyTo: 1, key: ANSWER });
    expect(page.talk()?.messages.at(-1)).toMatchObject({ text: "answer", replyTo: 1 });
    await browser.clock.pass(100);
    page.end();
    const next = await browser.page();
    const socket = await next.online({ dock: { version: 1, windows: [window({ seq: 1, rev: 1 })] } });
    expect(socket.of("send")).toMatchObject([{ text: "answer", reply_to: 1 }]);
  });

  test("that is sent leaves an edit alone that is not saved", async () => {
    const { page } = await browser.talking();
    const edit = { key: KEY, text: "first, but better" };
    await page.does({ kind: "draft", conversation, text: "half", edit });
    await page.does({ kind: "send", conversation, text: "half an answer", replyTo: 1 });
    await browser.clock.pass(1_000);
    expect(page.windows[0]).toMatchObject({ draft: "", draftEdit: edit });
    page.end();
    expect((await browser.page()).windows[0]).toMatchObject({ draft: "", draftEdit: edit });
  });

  describe("that waits while a backup is restored", () => {
    const waiting = async (): Promise<Page> => {
      const { page } = await browser.talking();
      page.socket.drops(1006);
      await settled();
      await page.does({ kind: "send", conversation, text: "answer", replyTo: 1 });
      await page.does({ kind: "draft", conversation, text: "half an answer", replyTo: 1 });
      return page;
    };
    const dock = { dock: { version: 1, windows: [window({ seq: 1, rev: 1 })] } };

    test("answers nothing then, since its number is another message's: its text is kept", async () => {
      const page = await waiting();
      await browser.clock.pass(1_000);
      const socket = await page.online({ ...dock, epoch: "e2" });
      expect(socket.of("send")).toMatchObject([{ text: "answer" }]);
      expect(socket.of("send")[0]).not.toHaveProperty("reply_to");
      expect(page.talk()?.messages.at(-1)).not.toHaveProperty("replyTo");
      expect(page.windows[0]).toMatchObject({ draft: "half an answer" });
      expect(page.windows[0]).not.toHaveProperty("draftReplyTo");
      // Pages have a number of their own in the box.
      expect(of(page, "restored")).toHaveLength(1);
    });

    test("does so also where a later page hears of it, which holds nothing of before", async () => {
      const page = await waiting();
      await browser.clock.pass(1_000);
      page.end();
      await settled();
      const database = (await openDatabase(true))!;
      await database.clear("copies");
      database.close();
      const next = await browser.page();
      const socket = await next.online({ ...dock, epoch: "e2" });
      expect(socket.of("send")[0]).not.toHaveProperty("reply_to");
      expect(next.windows[0]).toMatchObject({ draft: "half an answer" });
      expect(next.windows[0]).not.toHaveProperty("draftReplyTo");
    });

    test("answers what it did where it was the same store all the time, also after a pause", async () => {
      const page = await waiting();
      await browser.clock.pass(1_000);
      page.socket.opens();
      page.socket.says({ type: "paused", until: browser.clock.now() + 1_000 });
      page.socket.drops(4012);
      await browser.clock.pass(2_000);
      const socket = await page.online(dock);
      expect(socket.of("send")).toMatchObject([{ text: "answer", reply_to: 1 }]);
      expect(page.windows[0]).toMatchObject({ draft: "half an answer", draftReplyTo: 1 });
      expect(of(page, "restored")).toEqual([]);
    });
  });

  test("has its quote told from what is held, else fetched, and again when it changes", async () => {
    const { page, socket } = await browser.talking();
    await page.does({ kind: "quote", conversation, seq: 1 });
    expect(of(page, "quoted")).toMatchObject([{ seq: 1, message: { key: KEY, text: "first" } }]);
    socket.says({ type: "changes", ...changesOf(1, Array.from({ length: 60 }, (_, at) => message(at + 2))) });
    await page.does({ kind: "quote", conversation, seq: 3 });
    const asked = socket.of("history").at(-1)!;
    expect(asked).toMatchObject({ before: 4, limit: 1 });
    socket.says({ type: "history", request: asked.request, conversation, first_seq: 1, seq: 61, rev: 61, messages: [message(3)], more: true });
    await settled();
    expect(of(page, "quoted").at(-1)).toMatchObject({ seq: 3, message: { text: "m3" } });
    socket.says(live(message(3, { rev: 62, text: null })));
    await settled();
    expect(of(page, "quoted").at(-1)).toMatchObject({ seq: 3, message: { text: null } });
    // A page that shows it on another screen is told without a question.
    const before = socket.of("history").length;
    await page.does({ kind: "quote", conversation, seq: 3 });
    expect(socket.of("history")).toHaveLength(before);
    expect(of(page, "quoted")).toHaveLength(4);
  });

  test("among very many has its quote fetched when it is its turn: the server would take them for a flood", async () => {
    const { page, socket } = await browser.talking();
    const asked = () => socket.of("history").filter(({ before }) => before !== undefined);
    // As many as a page shows messages.
    const seqs = Array.from({ length: 200 }, (_, at) => at + 100);
    for (const seq of seqs) page.onmessage?.({ data: { kind: "quote", conversation, seq } } as MessageEvent);
    await settled();
    let answered = 0;
    const answer = async (): Promise<void> => {
      for (const { request, before } of asked().slice(answered)) {
        answered += 1;
        socket.says({ type: "history", request, conversation, first_seq: 1, seq: 300, rev: 300, messages: [message(before! - 1)], more: true });
      }
      await settled();
    };
    for (let turn = 1; turn <= 10; turn += 1) {
      await answer();
      expect(asked()).toHaveLength(turn * QUOTES_AT_ONCE);
      await browser.clock.pass(QUOTES_MS);
    }
    await answer();
    expect(asked()).toHaveLength(200);
    // What is shown last is seen first.
    expect(asked()[QUOTES_AT_ONCE]!.before).toBe(300);
    expect(of(page, "quoted").map(({ seq }) => seq).sort((one, other) => one - other)).toEqual(seqs);
  });

  test("that is refused as its message is not there comes back as an answer to nothing", async () => {
    const { page, socket } = await browser.talking();
    await page.does({ kind: "send", conversation, text: "answer", replyTo: 9, key: ANSWER });
    socket.says({ type: "error", code: "no_such_message", message: "…", final: true, id: ANSWER });
    await page.does({ kind: "discard", conversation, key: ANSWER });
    expect(page.windows[0]).toMatchObject({ draft: "answer" });
    expect(page.windows[0]).not.toHaveProperty("draftReplyTo");
  });

  test("to what is not there says so", async () => {
    const { page, socket } = await browser.talking();
    await page.does({ kind: "quote", conversation, seq: 40 });
    const asked = socket.of("history").at(-1)!;
    socket.says({ type: "history", request: asked.request, conversation, first_seq: 1, seq: 1, rev: 1, messages: [browser.own(1)], more: false });
    await settled();
    expect(of(page, "quoted")).toEqual([{ kind: "quoted", conversation, seq: 40, message: null }]);
  });
});

describe("a last change that was lost", () => {
  test("is asked for once a minute while somebody looks, and when they look again", async () => {
    const { page, socket } = await browser.talking();
    await browser.clock.pass(CHECK_MS);
    expect(socket.of("changes")).toMatchObject([{ conversation, rev: 1, seq: 1 }]);
    socket.says({ type: "changes", request: socket.of("changes")[0]!.request, ...changesOf(1, [browser.own(1, { rev: 2, text: "elsewhere", edited_at: 9 })]) });
    await settled();
    expect(page.talk()?.messages[0]?.text).toBe("elsewhere");
    await page.does({ kind: "visible", visible: false });
    socket.says({ type: "pong" });
    await browser.clock.pass(CHECK_MS);
    expect(socket.of("changes")).toHaveLength(1);
    await page.does({ kind: "visible", visible: true });
    expect(socket.of("changes").at(-1)).toMatchObject({ rev: 2 });
  });

  test("is asked for again where the answer cannot come now, and of minimised windows it is not", async () => {
    const { page, socket } = await browser.talking();
    socket.says(live(message(5, { rev: 9 })));
    const asked = socket.of("changes").at(-1)!;
    socket.says({ type: "error", code: "rate_limited", message: "…", final: false, request: asked.request, retry_after_ms: 400 });
    await browser.clock.pass(500);
    expect(socket.of("changes")).toHaveLength(2);
    socket.says({ type: "changes", request: socket.of("changes")[1]!.request, ...changesOf(1, [message(2), message(3), message(4), message(5, { rev: 9 })]) });
    await page.does({ kind: "minimise", conversation });
    socket.says({ type: "dock", version: 2, windows: [window({ state: "minimised", seq: 5, rev: 9 })] });
    await browser.clock.pass(CHECK_MS);
    expect(socket.of("changes")).toHaveLength(2);
  });
});

test("hello names what this client knows", async () => {
  const { socket } = await browser.talking();
  expect(socket.of("hello")[0]?.features).toEqual(welcome().features);
});
