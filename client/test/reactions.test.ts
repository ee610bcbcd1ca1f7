/** Reactions: wished on a page, through the outbox, and back onto every page that shows them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openDatabase } from "../src/keep/database.js";
import { applyFrame, applyPage, emptyState, talkOf, withReacted } from "../src/core/state.js";
import { UNDO_MS } from "../src/core/undos.js";
import type { Message, Server } from "../src/net/protocol.js";
import type { Command, MessageView, Update } from "../src/view.js";
import { type Browser, changesOf, eachInFreshBrowser, emptyHistory, KEY, live, message, ROOM, room, UUID7, window, withWindow } from "./browser.js";
import type { Page } from "./browser.js";
import { settled, welcome } from "./stage.js";

let browser: Browser;
eachInFreshBrowser((fresh) => {
  browser = fresh;
});

const conversation = "2-3";
const NAME = "019bbbbb-bbbb-7bbb-8bbb-000000000001";
const react = (emoji: string[], key = KEY, over: Partial<Extract<Command, { kind: "react" }>> = {}): Command => ({ kind: "react", conversation, key, emoji, ...over });
const reaction = (emoji: string, users: number[], count = users.length) => ({ emoji, count, users });
const shown = (page: Page, key = KEY, of = conversation): MessageView | undefined => page.talk(of)?.messages.find((one) => one.key === key);
const reactions = (page: Page, key = KEY, of = conversation) => shown(page, key, of)?.reactions;
const ack = (id: string, rev: number, mine: string[], over: Partial<Server<"ack">> = {}): Server<"ack"> => ({ type: "ack", id, conversation, seq: 1, rev, sent_at: 5, mine, ...over });
const refusal = (id: string, code: string) => ({ type: "error" as const, code, message: "…", final: true, id });
const of = <K extends Update["kind"]>(page: Page, kind: K) => page.updates.filter((update): update is Extract<Update, { kind: K }> => update.kind === kind);
const stored = async (): Promise<number> => {
  const database = (await openDatabase(true))!;
  const count = await database.count("outbox");
  database.close();
  return count;
};
/** A page whose window has message 1 of somebody else, with these reactions. */
const reading = async (over: Partial<Message> = {}): Promise<{ page: Page; socket: Page["socket"] }> => {
  const page = await browser.page();
  const socket = await page.online(withWindow);
  emptyHistory(socket);
  socket.says(live(message(1, { client_message_id: NAME, ...over })));
  await settled();
  return { page, socket };
};

describe("a reaction", () => {
  test("is shown at once, goes out with an id of its own, and is the server's from then on", async () => {
    const { page, socket } = await browser.talking();
    await page.does(react(["👍"]));
    expect(reactions(page)).toEqual([{ emoji: "👍", count: 1, users: [2], mine: true }]);
    const [sent] = socket.of("react");
    expect(sent).toMatchObject({ conversation, seq: 1, client_message_id: KEY, emoji: ["👍"] });
    expect(sent!.id).toMatch(UUID7);
    socket.says(live(browser.own(1, { rev: 2, reactions: [reaction("👍", [2])] })));
    socket.says(ack(sent!.id, 2, ["👍"]));
    await settled();
    expect(reactions(page)).toEqual([{ emoji: "👍", count: 1, users: [2], mine: true }]);
    expect(await stored()).toBe(0);
    await page.does(react([]));
    expect(shown(page)).not.toHaveProperty("reactions");
    expect(socket.of("react").map(({ emoji }) => emoji)).toEqual([["👍"], []]);
  });

  test("names somebody else's message by what its author called it, and joins those of others", async () => {
    const { page, socket } = await reading({ reactions: [reaction("👍", [3]), reaction("🎉", [3, 4])] });
    await page.does(react(["🎉", "❤️"], "seq:1"));
    expect(socket.of("react")).toMatchObject([{ seq: 1, client_message_id: NAME, emoji: ["🎉", "❤️"] }]);
    expect(reactions(page, "seq:1")).toEqual([
      { emoji: "👍", count: 1, users: [3], mine: false },
      { emoji: "🎉", count: 3, users: [3, 4, 2], mine: true },
      { emoji: "❤️", count: 1, users: [2], mine: true },
    ]);
    expect(shown(page, "seq:1")?.id).toBe(NAME);
  });

  test("to a message that was erased or deleted is none", async () => {
    const { page, socket } = await reading({ text: null, client_message_id: null });
    await page.does(react(["🎉"], "seq:1", { id: NAME }));
    expect(socket.of("react")).toEqual([]);
    expect(await stored()).toBe(0);
  });

  test("takes the place of one that is not under way; back to what the server has it is none", async () => {
    const { page, socket } = await browser.talking();
    socket.drops(1006);
    for (const emoji of [["👍"], ["👍", "🎉"], ["❤️"]]) await page.does(react(emoji));
    expect(await stored()).toBe(1);
    await browser.clock.pass(1_000);
    const next = await page.online({ dock: { version: 1, windows: [window({ seq: 1, rev: 1 })] } });
    expect(next.of("react").map(({ emoji }) => emoji)).toEqual([["❤️"]]);
    // This one waits behind the first, and is taken back before it goes.
    await page.does(react([]));
    await page.does(react(["❤️"]));
    expect(await stored()).toBe(1);
    next.says(live(browser.own(1, { rev: 2, reactions: [reaction("❤️", [2])] })));
    next.says(ack(next.of("react")[0]!.id, 2, ["❤️"]));
    await settled();
    await page.does(react(["❤️"]));
    expect(next.of("react")).toHaveLength(1);
  });

  test("made twice on two devices and taken back on one is gone on both", async () => {
    const { page, socket } = await browser.talking();
    const other = await browser.page({ sid: "0000000000000000" }, { database: false, locks: undefined });
    const its = await other.online(withWindow);
    emptyHistory(its);
    its.says(live(browser.own(1)));
    await settled();
    const both = (frame: Server<"changes">): void => {
      socket.says(frame);
      its.says(frame);
    };
    await page.does(react(["👍"]));
    await other.does(react(["👍"]));
    both(live(browser.own(1, { rev: 2, reactions: [reaction("👍", [2])] })));
    socket.says(ack(socket.of("react")[0]!.id, 2, ["👍"]));
    its.says(ack(its.of("react")[0]!.id, 2, ["👍"]));
    await settled();
    for (const one of [page, other]) expect(reactions(one)).toEqual([{ emoji: "👍", count: 1, users: [2], mine: true }]);
    await browser.clock.pass(10);
    await other.does(react([]));
    expect(its.of("react").at(-1)!.id > its.of("react")[0]!.id).toBe(true);
    both(live(browser.own(1, { rev: 3 })));
    its.says(ack(its.of("react").at(-1)!.id, 3, []));
    await settled();
    for (const one of [page, other]) expect(shown(one)).not.toHaveProperty("reactions");
  });

  test("to a message that is not acked waits for it, over a reload, and is shown meanwhile", async () => {
    const page = await browser.page();
    const first = await page.online(withWindow);
    emptyHistory(first);
    await page.does({ kind: "send", conversation, text: "first", key: KEY });
    await page.does(react(["🎉"]));
    expect(reactions(page)).toMatchObject([{ emoji: "🎉", mine: true }]);
    expect(first.of("react")).toEqual([]);
    await browser.clock.pass(100);
    page.end();
    const next = await browser.page();
    expect(reactions(next)).toMatchObject([{ emoji: "🎉", mine: true }]);
    const socket = await next.online(withWindow);
    socket.says({ ...ack(KEY, 7, []), seq: 7, mine: undefined } as unknown as Server<"ack">);
    await settled();
    expect(socket.of("react")).toMatchObject([{ seq: 7, client_message_id: KEY, emoji: ["🎉"] }]);
  });

  test("holds up no message that nobody has tried to send, and falls with one that is refused or taken back", async () => {
    const page = await browser.page();
    emptyHistory(await page.online(withWindow));
    page.socket.drops(1006);
    await settled();
    await page.does({ kind: "send", conversation, text: "first", key: KEY });
    await page.does(react(["🎉"]));
    await page.does({ kind: "send", conversation, text: "second", key: NAME });
    await page.does(react(["🎉"], NAME));
    await page.does({ kind: "delete", conversation, key: NAME });
    await browser.clock.pass(UNDO_MS);
    const socket = await page.online(withWindow);
    expect(socket.of("send")).toMatchObject([{ client_message_id: KEY }]);
    socket.says(refusal(KEY, "not_allowed"));
    await settled();
    expect(socket.of("send")).toHaveLength(1);
    expect(await stored()).toBe(1);
    expect(socket.of("react")).toEqual([]);
  });

  test("to a message that is not held makes no new one of it", async () => {
    const page = await browser.page();
    const socket = await page.online({ dock: { version: 1, windows: [window({ state: "minimised", seq: 1, rev: 1 })] } });
    const told = { sent_at: browser.clock.now() };
    socket.says(live(message(1, { ...told, rev: 2, reactions: [reaction("👍", [3])] })));
    await settled();
    expect(of(page, "arrived")).toEqual([]);
    socket.says(live(message(2, { ...told, rev: 3 })));
    await settled();
    expect(of(page, "arrived")).toHaveLength(1);
  });

  test("goes out in its turn: after the messages before it, before those behind it", async () => {
    const { page, socket } = await browser.talking();
    await page.does({ kind: "send", conversation, text: "a", key: "019aaaaa-aaaa-7aaa-8aaa-0000000000a1" });
    await page.does(react(["🎉"]));
    await page.does({ kind: "send", conversation, text: "b" });
    expect([socket.of("send").length, socket.of("react").length]).toEqual([1, 0]);
    socket.says({ type: "ack", id: "019aaaaa-aaaa-7aaa-8aaa-0000000000a1", conversation, seq: 2, rev: 2, sent_at: 5 });
    await settled();
    expect([socket.of("send").length, socket.of("react").length]).toEqual([1, 1]);
    socket.says(ack(socket.of("react")[0]!.id, 3, ["🎉"]));
    await settled();
    expect(socket.of("send").map(({ text }) => text)).toEqual(["a", "b"]);
  });

  test("that is refused for good is dropped and told; of a message that is gone, everybody sees it", async () => {
    const { page, socket } = await browser.talking();
    await page.does(react(["not an emoji"]));
    socket.says(refusal(socket.of("react")[0]!.id, "bad_emoji"));
    await settled();
    expect(shown(page)).not.toHaveProperty("reactions");
    expect(of(page, "refused")).toMatchObject([{ conversation, code: "bad_emoji" }]);
    expect(await stored()).toBe(0);
    await page.does(react(["🎉"]));
    socket.says(live(browser.own(1, { rev: 2, text: null, deleted: "moderator" })));
    socket.says(refusal(socket.of("react")[1]!.id, "no_such_message"));
    await settled();
    expect(of(page, "refused")).toHaveLength(1);
  });

  test("stays on show until the changes that were lost have come", async () => {
    const { page, socket } = await browser.talking();
    await page.does(react(["🎉"]));
    socket.says(ack(socket.of("react")[0]!.id, 3, ["🎉"]));
    await settled();
    expect(reactions(page)).toMatchObject([{ emoji: "🎉", count: 1 }]);
    socket.says(live(browser.own(1, { rev: 3, reactions: [reaction("🎉", [2])] })));
    await settled();
    const { request } = socket.of("changes")[0]!;
    socket.says({ type: "changes", request, ...changesOf(1, [message(2), browser.own(1, { rev: 3, reactions: [reaction("🎉", [2])], mine: ["🎉"] })].reverse(), { rev: 3 }) });
    await settled();
    expect(reactions(page)).toEqual([{ emoji: "🎉", count: 1, users: [2], mine: true }]);
    await page.does(react([]));
    expect(socket.of("react")).toHaveLength(2);
  });

  test("is not sent to a server that does not take it, and holds up nothing", async () => {
    const { page, socket } = await browser.talking({ ...withWindow, features: ["edit"] });
    expect(page.windows[0]?.verbs.react).toBe(false);
    await page.does(react(["🎉"]));
    await page.does({ kind: "send", conversation, text: "next" });
    expect(socket.of("react")).toEqual([]);
    expect(socket.of("send")).toMatchObject([{ text: "next" }]);
  });

  test("is above those before it after a reload too, whatever the clock says by then", async () => {
    const { page, socket } = await browser.talking();
    // The second waits for the first, and is replaced so often that its id is ahead of the clock.
    for (let n = 0; n < 60; n += 1) await page.does(react([n % 2 === 0 ? "🎉" : "👍"]));
    const [first] = socket.of("react");
    page.end();
    const next = await browser.page();
    const again = await next.online(withWindow);
    emptyHistory(again);
    again.says(live(browser.own(1)));
    again.says(ack(first!.id, 2, ["🎉"]));
    await settled();
    const second = again.of("react").at(-1)!;
    expect([second.emoji, second.id > first!.id]).toEqual([["👍"], true]);
    await next.does(react(["❤️"]));
    again.says(ack(second.id, 3, ["👍"]));
    await settled();
    const third = again.of("react").at(-1)!;
    expect([third.emoji, third.id > second.id]).toEqual([["❤️"], true]);
  });

  test("does not follow the clock of another device's edits", async () => {
    const { page, socket } = await browser.talking();
    socket.says(live(browser.own(1, { rev: 2, text: "elsewhere", edited_at: 9, verb_id: "ffff0000-0000-7000-8000-000000000000" })));
    await page.does({ kind: "edit", conversation, key: KEY, text: "here" });
    socket.says(ack(socket.of("edit")[0]!.id, 3, []));
    await page.does(react(["🎉"]));
    expect(socket.of("react")[0]!.id < socket.of("edit")[0]!.id).toBe(true);
  });

  test("to a message that only a page shows is laid over it there", async () => {
    const page = await browser.page();
    const socket = await page.online({ dock: { version: 1, windows: [window({ seq: 60, rev: 60 })] } });
    const newest = { type: "history" as const, request: socket.of("history")[0]!.request, conversation, first_seq: 1, seq: 60, rev: 60 };
    socket.says({ ...newest, messages: Array.from({ length: 50 }, (_, at) => message(at + 11)), more: true });
    await page.does({ kind: "page", conversation, asked: "before", seq: 11, request: 1 });
    const old = message(10, { client_message_id: NAME, reactions: [reaction("👍", Array.from({ length: 20 }, (_, at) => at + 10), 25)], mine: ["👍"] });
    socket.says({ ...newest, request: socket.of("history").at(-1)!.request, messages: [old], more: true });
    await settled();
    expect(page.last("page")?.page.messages?.[0]?.reactions).toMatchObject([{ emoji: "👍", count: 25, mine: true }]);
    // What everybody is told does not say that it is this person's: the page's does.
    socket.says(live({ ...old, rev: 61, mine: undefined, reactions: [reaction("👍", old.reactions![0]!.users, 26)] } as unknown as Message));
    await settled();
    expect(page.last("rewritten")?.messages).toMatchObject([{ key: "seq:10", reactions: [{ count: 26, mine: true }] }]);
    await page.does(react([], "seq:10"));
    expect(page.last("rewritten")?.messages).toMatchObject([{ key: "seq:10", reactions: [{ count: 25, mine: false }] }]);
    expect(socket.of("react")).toMatchObject([{ seq: 10, client_message_id: NAME, emoji: [] }]);
    socket.says(live({ ...old, rev: 62, mine: undefined } as unknown as Message));
    socket.says(ack(socket.of("react")[0]!.id, 62, [], { seq: 10 }));
    await settled();
    expect(page.last("rewritten")?.messages).toMatchObject([{ key: "seq:10", reactions: [{ count: 25, mine: false }] }]);
  });

  test("that the last page could not finish is made of a message that this core does not know", async () => {
    const left = (): Promise<Command[]> => Promise.resolve([react(["🎉"], "seq:3", { seq: 3, id: NAME, entry: 1 })]);
    const page = await browser.page({}, { left });
    const socket = await page.online({ dock: { version: 1, windows: [window({ seq: 90, rev: 90 })] } });
    expect(socket.of("react")).toMatchObject([{ seq: 3, client_message_id: NAME, emoji: ["🎉"] }]);
    expect(of(page, "durable")).toMatchObject([{ entries: [1] }]);
    await page.does(react(["🎉"], "seq:3", { seq: 3, id: NAME, entry: 2 }));
    expect(await stored()).toBe(1);
  });
});

describe("of many people's reactions with one emoji", () => {
  const many = Array.from({ length: 20 }, (_, at) => at + 10);

  test("one's own is known by the ack, and as long as nothing says otherwise", async () => {
    const { page, socket } = await reading({ reactions: [reaction("👍", many, 21)] });
    expect(reactions(page, "seq:1")).toMatchObject([{ count: 21, mine: false }]);
    await page.does(react(["👍"], "seq:1"));
    expect(reactions(page, "seq:1")).toMatchObject([{ count: 22, mine: true }]);
    const theirs = { client_message_id: NAME };
    socket.says(live(message(1, { ...theirs, rev: 2, reactions: [reaction("👍", many, 22)] })));
    socket.says(ack(socket.of("react")[0]!.id, 2, ["👍"]));
    await settled();
    expect(reactions(page, "seq:1")).toMatchObject([{ count: 22, mine: true }]);
    socket.says(live(message(1, { ...theirs, rev: 3, reactions: [reaction("👍", many, 24)] })));
    await settled();
    expect(reactions(page, "seq:1")).toMatchObject([{ count: 24, mine: true }]);
    // A personal answer is the last word.
    socket.says(live(message(3, { rev: 6 })));
    await settled();
    const { request } = socket.of("changes")[0]!;
    const rows = [message(2, { rev: 4 }), message(1, { ...theirs, rev: 5, reactions: [reaction("👍", many, 23)] })];
    socket.says({ type: "changes", request, ...changesOf(3, rows) });
    await settled();
    expect(reactions(page, "seq:1")).toMatchObject([{ count: 23, mine: false }]);
  });

  test("an ack that is older than what is shown changes nothing", async () => {
    const { page, socket } = await reading({ reactions: [reaction("👍", many, 21)] });
    await page.does(react(["👍"], "seq:1"));
    socket.says(live(message(1, { client_message_id: NAME, rev: 2, reactions: [reaction("👍", many, 21)] })));
    socket.says(ack(socket.of("react")[0]!.id, 1, ["👍"]));
    await settled();
    expect(reactions(page, "seq:1")).toMatchObject([{ count: 21, mine: false }]);
  });
});

test("one's own are known whoever else reacts, in whatever order, and whatever is lost on its way", () => {
  const emojis = ["👍", "🎉"];
  const someone = fc.record({ user: fc.integer({ min: 2, max: 26 }), emoji: fc.subarray(emojis), lost: fc.boolean() });
  fc.assert(
    fc.property(fc.array(someone, { minLength: 1, maxLength: 60 }), (acts) => {
      const wishes = new Map<number, string[]>();
      let rev = 1;
      const row = (personal: boolean): Message => {
        const reactions = emojis.flatMap((emoji) => {
          const users = [...wishes].filter(([, wish]) => wish.includes(emoji)).map(([user]) => user);
          return users.length === 0 ? [] : [reaction(emoji, users.slice(0, 20), users.length)];
        });
        const mine = emojis.filter((emoji) => wishes.get(2)?.includes(emoji) === true);
        return message(1, { rev, ...(reactions.length === 0 ? {} : { reactions }), ...(personal && mine.length > 0 ? { mine } : {}) });
      };
      let state = applyPage(applyFrame(emptyState(2), welcome(withWindow), 0).state, conversation, { firstSeq: 1, seq: 1, rev, messages: [row(true)] }).state;
      for (const { user, emoji, lost } of acts) {
        // As the server does: whoever reacts with another one stands behind those who did before.
        if (emoji.length === 0) wishes.delete(user);
        else wishes.set(user, emoji);
        rev += 1;
        const held = talkOf(state, conversation).rev;
        if (!lost) state = applyFrame(state, live(row(false)), 0).state;
        if (user === 2) state = withReacted(state, ack("id", rev, emoji), emoji);
        // What was lost is asked for, by this person.
        if (talkOf(state, conversation).rev < rev && !lost) {
          state = applyFrame(state, { type: "changes", request: 1, ...changesOf(held, [row(true)]) }, 0).state;
        }
        const { mine = [], rev: shown } = talkOf(state, conversation).messages[0]!;
        if (shown === rev) expect([...mine].sort()).toEqual([...(wishes.get(2) ?? [])].sort());
      }
    }),
  );
});

describe("in a room, a teacher", () => {
  test("deletes somebody else's message, with a way back; it is named by what its author called it", async () => {
    const page = await browser.page();
    const circles = [{ id: "c7", role: "teacher" as const, title: "Algebra" }];
    const socket = await page.online({ circles, dock: { version: 1, windows: [room()] } });
    emptyHistory(socket);
    socket.says(live(message(1, { client_message_id: NAME }), ROOM));
    await settled();
    expect(page.windows[0]?.moderates).toBe(true);
    const about = { conversation: ROOM, key: "seq:1" };
    await page.does({ kind: "delete", ...about });
    expect(shown(page, "seq:1", ROOM)?.deleting).toBe(true);
    await page.does({ kind: "undelete", ...about });
    expect(shown(page, "seq:1", ROOM)).not.toHaveProperty("deleting");
    await page.does({ kind: "delete", ...about });
    await browser.clock.pass(UNDO_MS);
    expect(shown(page, "seq:1", ROOM)).toMatchObject({ text: null, deletedBy: "moderator" });
    expect(socket.of("delete")).toMatchObject([{ conversation: ROOM, seq: 1, client_message_id: NAME }]);
  });
});
