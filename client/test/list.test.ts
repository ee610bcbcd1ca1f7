/**
 * The list of conversations: what is asked for, how it keeps in step with what is told anyway, and what the elements hear.
 *
 * It is past 500 lines because it holds the list against every frame that changes it.
 */
import { describe, expect, test } from "vitest";
import { withListed } from "../src/core/change.js";
import { LIST_MOST } from "../src/core/list.js";
import { LIST_PAGE, LATE_MS } from "../src/core/requests.js";
import type { DirectWindow, ListEntry, Message, Server } from "../src/net/protocol.js";
import type { EntryView, Update } from "../src/view.js";
import { emptyHistory, GROUP, group, live, message, ROOM, room, window } from "./browser.js";
import type { Page } from "./browser.js";
import { fresh, inFreshBrowsers, of, person, system } from "./groups.js";
import { settled, welcome } from "./stage.js";

inFreshBrowsers();

type Direct = Extract<ListEntry, { kind: "direct" }>;
type Shared = Exclude<ListEntry, Direct>;
/** With user `other`, whose last message is of this time. */
function direct(other: number, sentAt: number, over: Partial<Direct> = {}): Direct {
  const contact = { id: other, name: `Person ${other}`, picture: null, profile_url: null, status: "offline" as const };
  const last = { seq: 1, sender: other, sent_at: sentAt, text: `from ${other}` };
  return { ...window({ conversation: `2-${other}`, contact, seq: 1, rev: 1 }), state: "closed", last, ...over };
}
const project = (over: Partial<Shared> = {}): Shared => ({ ...group({ seq: 1, rev: 1 }), state: "closed", ...over });
const algebra = (over: Partial<Shared> = {}): Shared => ({ ...room({ seq: 1, rev: 1 }), state: "closed", ...over });

/** What the updates come to. */
function listOf(updates: readonly Update[]): Extract<Update, { kind: "list" }> | undefined {
  let told: Extract<Update, { kind: "list" }> | undefined;
  for (const update of updates) {
    if (update.kind === "list") told = update;
    if (update.kind === "listed" && told !== undefined) told = { ...told, entries: withListed(told.entries, update), more: update.more };
  }
  return told;
}
const ids = (page: Page): string[] => (listOf(page.updates)?.entries ?? []).map(({ conversation }) => conversation);
const entry = (page: Page, conversation: string): EntryView | undefined =>
  listOf(page.updates)?.entries.find((one) => one.conversation === conversation);

async function answers(page: Page, conversations: ListEntry[], next: string | null = null): Promise<void> {
  const { request } = page.socket.of("list").at(-1)!;
  page.socket.says({ type: "list", request, conversations, next });
  await settled();
}

/** A page that shows a list of these. */
async function listing(conversations: ListEntry[], over: Parameters<Page["online"]>[0] = {}, next: string | null = null): Promise<Page> {
  const page = await fresh().page();
  await page.online(over);
  await page.does({ kind: "list" });
  await answers(page, conversations, next);
  return page;
}

async function says(page: Page, changed: Message, conversation: string): Promise<void> {
  page.socket.says(live(changed, conversation));
  await fresh().clock.pass(100);
}

const flags = async (page: Page, over: Omit<Server<"flags">, "type">): Promise<void> => {
  page.socket.says({ type: "flags", ...over });
  await settled();
};

describe("the list", () => {
  test("is not asked for before a page shows it, then in pages", async () => {
    const page = await fresh().page();
    await page.online();
    expect(page.socket.of("list")).toEqual([]);
    await page.does({ kind: "list" });
    expect(page.last("list")).toMatchObject({ entries: [], known: false });
    expect(page.socket.of("list")).toEqual([{ type: "list", request: expect.any(Number) as number, limit: LIST_PAGE, next: null }]);
    await answers(page, [direct(3, 30), direct(4, 20)], "20|x");
    expect(page.last("list")).toMatchObject({ known: true, more: true, flags: true });
    await page.does({ kind: "list", more: true });
    await page.does({ kind: "list", more: true });
    expect(page.socket.of("list").map((frame) => "next" in frame && frame.next)).toEqual([null, "20|x"]);
    // What has come up since the first page comes again.
    await answers(page, [direct(4, 20), direct(5, 10)]);
    expect(ids(page)).toEqual(["2-3", "2-4", "2-5"]);
    expect(listOf(page.updates)?.more).toBe(false);
    expect(of(page, "listed")).toHaveLength(1);
    await page.does({ kind: "list", more: true });
    expect(page.socket.of("list")).toHaveLength(2);
  });

  test("shows of each who, what last, and how it stands", async () => {
    const last = { seq: 8, sender: 17, sent_at: 5, text: "See you", name: "Carla" };
    const page = await listing([
      direct(3, 30, { unread: 2, pinned: true }),
      project({ seq: 9, rev: 9, muted_until: 253_402_300_799_999, last }),
      algebra({ writing: "no", mentions: 1 }),
    ]);
    expect(listOf(page.updates)?.entries).toEqual([
      {
        conversation: "2-3",
        kind: "direct",
        title: "Person 3",
        contact: { id: 3, name: "Person 3", picture: null, profileUrl: null, status: "offline" },
        writing: "yes",
        unread: 2,
        mentions: 0,
        pinned: true,
        last: { seq: 1, sender: 3, mine: false, text: "from 3", sentAt: 30 },
      },
      {
        conversation: GROUP,
        kind: "group",
        title: "Project 3",
        circle: "c7",
        members: 3,
        writing: "yes",
        unread: 0,
        mentions: 0,
        muted: true,
        last: { seq: 8, sender: 17, mine: false, name: "Carla", text: "See you", sentAt: 5 },
      },
      { conversation: ROOM, kind: "room", title: "Algebra", circle: "c7", writing: "no", unread: 0, mentions: 1 },
    ]);
  });

  test("of a server that knows no list is the dock, and nothing is asked", async () => {
    const page = await fresh().page();
    await page.online({ features: ["edit"], dock: { version: 1, windows: [window(), group({ unread: 3 })] } });
    await page.does({ kind: "list" });
    expect(page.last("list")).toMatchObject({ known: true, more: false, flags: false });
    expect(ids(page)).toEqual([GROUP, "2-3"]);
    await page.does({ kind: "sift", filter: { unread: true } });
    expect(page.last("sifted")?.entries?.map(({ conversation }) => conversation)).toEqual([GROUP]);
    await page.does({ kind: "sift", filter: { text: "bru" } });
    expect(page.last("sifted")?.entries?.map(({ title }) => title)).toEqual(["Bruno"]);
    await page.does({ kind: "list", more: true });
    await page.does({ kind: "flag", act: 1, conversation: "2-3", pinned: true });
    expect(page.last("done")).toMatchObject({ act: 1, code: "no_connection" });
    expect([page.socket.of("list"), page.socket.of("flag")]).toEqual([[], []]);
    expect(page.windows[0]?.verbs.flag).toBe(false);
  });

  test("is told again to a page that shows it again, and not asked for again", async () => {
    const page = await listing([direct(3, 30)]);
    await page.does({ kind: "list" });
    expect(of(page, "list").at(-1)).toMatchObject({ known: true, entries: [{ conversation: "2-3" }] });
    expect(page.socket.of("list")).toHaveLength(1);
  });

  test("loads no page beyond its bound", async () => {
    const many = Array.from({ length: LIST_MOST }, (_, at) => direct(10 + at, 1_000_000 - at));
    const page = await listing(many, {}, "x");
    expect(listOf(page.updates)).toMatchObject({ more: false });
    await page.does({ kind: "list", more: true });
    expect(page.socket.of("list")).toHaveLength(1);
  });
});

describe("what is told keeps it in step", () => {
  test("a new message puts its conversation at the top of its part and is its last", async () => {
    const page = await listing([direct(3, 40, { pinned: true }), direct(4, 30, { pinned: true }), direct(5, 20), direct(6, 10)]);
    await says(page, message(2, { sender: 6, text: "x".repeat(300), sent_at: 50 }), "2-6");
    expect(ids(page)).toEqual(["2-3", "2-4", "2-6", "2-5"]);
    expect(entry(page, "2-6")).toMatchObject({ unread: 1, last: { seq: 2, sentAt: 50, text: "x".repeat(200) } });
    await says(page, message(2, { sender: 2, text: "own", sent_at: 60 }), "2-4");
    expect(ids(page)).toEqual(["2-4", "2-3", "2-6", "2-5"]);
    expect(entry(page, "2-4")).toMatchObject({ unread: 0, last: { mine: true } });
    // Only what has changed is told.
    expect(of(page, "listed").map(({ put }) => put.map(({ entry: put_, before }) => [put_.conversation, before]))).toEqual([
      [["2-6", "2-5"]],
      [["2-4", "2-3"]],
    ]);
  });

  test("neither edits, reactions nor system messages move anything; an edit changes the last", async () => {
    const page = await listing([direct(3, 40), project({ last: { seq: 1, sender: 3, sent_at: 30, text: "old", name: "Bruno" } })]);
    await says(page, system(2, { kind: "renamed", title: "Second half" }), GROUP);
    await says(page, message(1, { rev: 3, sender: 3, text: "new", edited_at: 5 }), GROUP);
    expect(ids(page)).toEqual(["2-3", GROUP]);
    expect(entry(page, GROUP)).toMatchObject({ title: "Second half", last: { seq: 1, text: "new" } });
    await says(page, message(1, { rev: 2, sender: 3, text: "late", edited_at: 4 }), GROUP);
    expect(entry(page, GROUP)?.last?.text).toBe("new");
    // The server's answer was newer than what comes late.
    page.socket.says({ type: "circles", circles: welcome().circles });
    await settled();
    await answers(page, [direct(7, 40, { rev: 5 })]);
    await says(page, message(1, { rev: 4, sender: 7, text: "late", edited_at: 4 }), "2-7");
    expect(entry(page, "2-7")?.last?.text).toBe("from 7");
  });

  test("a deleted last message is gone at once, and what stands before it is asked for", async () => {
    const page = await listing([direct(3, 40), direct(4, 30, { seq: 2, rev: 2, unread: 1, last: { seq: 2, sender: 4, sent_at: 30, text: "secret" } })]);
    await says(page, message(2, { rev: 3, sender: 4, text: null, deleted: "author" }), "2-4");
    expect(entry(page, "2-4")).toMatchObject({ unread: 0 });
    expect(entry(page, "2-4")).not.toHaveProperty("last");
    expect(page.socket.of("list").at(-1)).toMatchObject({ conversations: ["2-4"] });
    // Answered before the deletion: it does not come back.
    const stale = direct(4, 30, { seq: 2, rev: 2, last: { seq: 2, sender: 4, sent_at: 30, text: "secret" } });
    await answers(page, [stale]);
    expect(JSON.stringify(listOf(page.updates))).not.toContain("secret");
    await says(page, message(3, { rev: 4, sender: 4, text: "again", sent_at: 60 }), "2-4");
    await says(page, message(3, { rev: 5, sender: 4, text: null }), "2-4");
    await answers(page, [direct(4, 20, { seq: 3, rev: 5, last: { seq: 1, sender: 4, sent_at: 20, text: "first" } })]);
    expect(entry(page, "2-4")?.last?.text).toBe("first");
    expect(ids(page)).toEqual(["2-4", "2-3"]);
  });

  test("a conversation that is not loaded and gets a message is asked for, and stands at the top", async () => {
    const page = await listing([direct(3, 40), direct(4, 30)], {}, "x");
    page.socket.says({ type: "dock", version: 1, windows: [window({ conversation: "2-9", contact: { ...person(9, "Nina"), status: "offline" }, state: "minimised", seq: 7, rev: 7, unread: 1 })] });
    await says(page, message(7, { sender: 9, sent_at: 50 }), "2-9");
    expect(page.socket.of("list").at(-1)).toMatchObject({ conversations: ["2-9"], limit: LIST_PAGE });
    await answers(page, [direct(9, 50, { seq: 7, rev: 7, unread: 1 })]);
    expect(ids(page)).toEqual(["2-9", "2-3", "2-4"]);
  });

  test("what is read or changed in one that is not loaded brings it nowhere", async () => {
    const shown = group({ seq: 2, rev: 2 });
    const page = await listing([direct(3, 40), direct(4, 30)], { dock: { version: 1, windows: [shown] } }, "x");
    const { request } = page.socket.of("history")[0]!;
    page.socket.says({ type: "history", request, conversation: GROUP, first_seq: 1, seq: 2, rev: 2, messages: [message(1), message(2)], more: false });
    await says(page, message(2, { rev: 3, edited_at: 9 }), GROUP);
    await says(page, message(2, { rev: 4, edited_at: 9, reactions: [{ emoji: "👍", count: 1, users: [3] }] }), GROUP);
    expect(page.socket.of("list")).toHaveLength(1);
    expect(ids(page)).toEqual(["2-3", "2-4"]);
  });

  test("whoever becomes a member of a group has it at the top", async () => {
    const page = await listing([direct(3, 40)], {}, "x");
    page.socket.says({ type: "dock", version: 1, windows: [group({ state: "minimised", seq: 1, rev: 1 })] });
    await says(page, system(1, { kind: "made", users: [2], title: "Project 3" }), GROUP);
    await answers(page, [project()]);
    expect(ids(page)).toEqual([GROUP, "2-3"]);
  });

  test("several of them are asked for together, those that come meanwhile after the answer, and what is no more is out", async () => {
    const page = await listing([direct(3, 40)]);
    page.socket.says(live(message(1, { sender: 5 }), "2-5"));
    page.socket.says(live(message(1, { sender: 6 }), "2-6"));
    await settled();
    await says(page, message(1, { sender: 7 }), "2-7");
    expect(page.socket.of("list").slice(1)).toMatchObject([{ conversations: ["2-5", "2-6"] }]);
    await answers(page, [direct(6, 50)]);
    expect(page.socket.of("list").slice(2)).toMatchObject([{ conversations: ["2-7"] }]);
    expect(ids(page)).toEqual(["2-6", "2-3"]);
  });

  test("a message that comes while the first page is awaited is on top of an answer from before it", async () => {
    const page = await fresh().page();
    await page.online();
    await page.does({ kind: "list" });
    await says(page, message(2, { sender: 4, text: "now", sent_at: 60 }), "2-4");
    await answers(page, [direct(3, 40), direct(4, 30)]);
    expect(page.socket.of("list").at(-1)).toMatchObject({ conversations: ["2-4"] });
    await answers(page, [direct(4, 60, { seq: 2, rev: 2 })]);
    expect(ids(page)).toEqual(["2-4", "2-3"]);
    // The same while it is asked for anew.
    page.socket.says({ type: "circles", circles: welcome().circles });
    await says(page, message(2, { sender: 3, text: "later", sent_at: 70 }), "2-3");
    await answers(page, [direct(4, 60, { seq: 2, rev: 2 }), direct(3, 40)]);
    expect(ids(page)).toEqual(["2-3", "2-4"]);
    expect(entry(page, "2-3")?.last?.text).toBe("later");
  });

  test("a room moves for what calls the person and for what is their own, and for nothing else", async () => {
    const quiet = algebra({ last: { seq: 1, sender: 3, sent_at: 1, text: "old", name: "Bruno" } });
    const page = await listing([direct(3, 40), quiet], { dock: { version: 1, windows: [room({ seq: 1, rev: 1 })] } });
    await says(page, message(2, { sender: 3, text: "all", sent_at: 50 }), ROOM);
    expect(ids(page)).toEqual(["2-3", ROOM]);
    expect(entry(page, ROOM)?.last?.text).toBe("all");
    await says(page, message(3, { sender: 3, text: "you", mentions: [2], sent_at: 60 }), ROOM);
    expect(ids(page)).toEqual([ROOM, "2-3"]);
  });

  test("a room that is not loaded and calls the person comes with what its window says", async () => {
    const page = await listing([direct(3, 40)]);
    page.socket.says({ type: "dock", version: 1, windows: [room({ state: "minimised", seq: 4, rev: 4, mentions: 1, unread: 2 })] });
    await settled();
    expect(page.socket.of("list").at(-1)).toMatchObject({ conversations: [ROOM] });
  });

  test("a dot makes a closed room unread", async () => {
    const page = await listing([algebra()]);
    page.socket.says({ type: "dot", conversation: ROOM, seq: 5 });
    await settled();
    expect(entry(page, ROOM)?.unread).toBe(1);
  });

  test("the name of who wrote last is taken from what is known, else asked for", async () => {
    const page = await listing([project(), direct(3, 40)]);
    page.socket.says({ type: "roster", circle: "c7", version: 1, total: 1, contacts: [person(5, "Eva")] });
    await says(page, message(2, { sender: 5, sent_at: 50 }), GROUP);
    expect(entry(page, GROUP)?.last?.name).toBe("Eva");
    expect(page.socket.of("list")).toHaveLength(1);
    await says(page, message(3, { sender: 6, sent_at: 60 }), GROUP);
    expect(page.socket.of("list").at(-1)).toMatchObject({ conversations: [GROUP] });
    await answers(page, [project({ seq: 3, rev: 3, unread: 2, last: { seq: 3, sender: 6, sent_at: 60, text: "m3", name: "Rui" } })]);
    expect(entry(page, GROUP)?.last?.name).toBe("Rui");
  });

  test("who is online is so in the list, and away and called as before when they have left", async () => {
    const page = await listing([direct(3, 40)]);
    page.socket.says({ type: "roster", circle: "c7", version: 1, total: 1, contacts: [person(3, "Bruno New")] });
    await settled();
    expect(entry(page, "2-3")?.contact).toMatchObject({ name: "Bruno New", status: "online" });
    page.socket.says({ type: "roster_diff", circle: "c7", from: 1, version: 2, total: 0, joined: [], left: [3] });
    await settled();
    expect(entry(page, "2-3")?.contact).toMatchObject({ name: "Bruno New", status: "offline" });
    page.socket.says({ type: "presence", user: 3, status: "online" });
    await settled();
    expect(entry(page, "2-3")?.contact).toMatchObject({ status: "online" });
  });

  test("what is read elsewhere is read in the list", async () => {
    const page = await listing([direct(3, 40, { seq: 9, rev: 9, unread: 5 })]);
    page.socket.says({ type: "read", conversation: "2-3", user: 2, seq: 7 });
    await settled();
    expect(entry(page, "2-3")?.unread).toBe(2);
    page.socket.says({ type: "read", conversation: "2-3", user: 2, seq: 9 });
    await settled();
    expect(entry(page, "2-3")?.unread).toBe(0);
  });

  test("list and dock never disagree: a conversation with a window is as the window says, also when that goes", async () => {
    const shown = window({ state: "minimised", seq: 4, rev: 4, unread: 3 });
    const page = await listing([direct(3, 40, { seq: 4, rev: 4, unread: 1 })], { dock: { version: 1, windows: [shown] } });
    expect(entry(page, "2-3")).toMatchObject({ unread: 3, title: "Bruno" });
    const agree = (): void => {
      expect(entry(page, "2-3")?.unread).toBe(page.windows[0]?.unread);
    };
    await says(page, message(5, { sender: 3 }), "2-3");
    agree();
    await page.does({ kind: "seen", conversation: "2-3", seq: 5 });
    agree();
    page.socket.says({ type: "dock", version: 2, windows: [] });
    await settled();
    expect(page.windows).toEqual([]);
    expect(entry(page, "2-3")).toMatchObject({ unread: 0, last: { seq: 5 } });
  });
});

describe("after a lost line", () => {
  test("the list stands until the first page has come anew, which takes the place of all that was loaded", async () => {
    const page = await listing([direct(3, 40), direct(4, 30)], {}, "x");
    await page.does({ kind: "list", more: true });
    await answers(page, [direct(5, 20)]);
    page.socket.drops(1006);
    await fresh().clock.pass(1_000);
    expect(ids(page)).toEqual(["2-3", "2-4", "2-5"]);
    await page.online();
    expect(page.socket.of("list")).toMatchObject([{ next: null }]);
    await answers(page, [direct(6, 60), direct(3, 40)], "y");
    expect(ids(page)).toEqual(["2-6", "2-3"]);
    expect(listOf(page.updates)?.more).toBe(true);
  });

  test("of another epoch nothing stays", async () => {
    const page = await listing([direct(3, 40)]);
    page.socket.drops(1006);
    await fresh().clock.pass(1_000);
    await page.online({ epoch: "e2" });
    expect(listOf(page.updates)).toMatchObject({ entries: [], known: false });
    await answers(page, [direct(4, 30)]);
    expect(ids(page)).toEqual(["2-4"]);
  });

  test("a question without an answer is asked again, and so is one that the server could not answer just now", async () => {
    const page = await fresh().page();
    await page.online();
    await page.does({ kind: "list" });
    await fresh().clock.pass(LATE_MS);
    expect(page.socket.of("list")).toHaveLength(2);
    const { request } = page.socket.of("list").at(-1)!;
    page.socket.says({ type: "error", code: "rate_limited", message: "…", final: false, request, retry_after_ms: 700 });
    await fresh().clock.pass(699);
    expect(page.socket.of("list")).toHaveLength(2);
    await fresh().clock.pass(1);
    expect(page.socket.of("list")).toHaveLength(3);
    await answers(page, [direct(3, 40)]);
    expect(ids(page)).toEqual(["2-3"]);
  });

  test("a further page that was asked for before the list began anew is asked for again", async () => {
    const page = await listing([direct(3, 40)], {}, "x");
    await page.does({ kind: "list", more: true });
    page.socket.says({ type: "circles", circles: welcome().circles });
    await settled();
    const [, further, first] = page.socket.of("list");
    page.socket.says({ type: "list", request: first!.request, conversations: [direct(4, 50)], next: "y" });
    page.socket.says({ type: "list", request: further!.request, conversations: [direct(5, 30)], next: null });
    await settled();
    expect(ids(page)).toEqual(["2-4"]);
    expect(page.socket.of("list").at(-1)).toMatchObject({ next: "y" });
  });

  test("a group that is the person's again is asked for: what was written meanwhile was not told", async () => {
    const page = await listing([project()], { dock: { version: 1, windows: [group({ seq: 1, rev: 1 })] } });
    emptyHistory(page.socket);
    page.socket.says({ type: "dock", version: 2, windows: [group({ writing: "no", seq: 1, rev: 1 })] });
    page.socket.says({ type: "dock", version: 3, windows: [group({ seq: 5, rev: 5 })] });
    await settled();
    expect(page.socket.of("list").at(-1)).toMatchObject({ conversations: [GROUP] });
  });

  test("other rights make it be asked for anew", async () => {
    const page = await listing([algebra(), direct(3, 40)]);
    page.socket.says({ type: "circles", circles: [] });
    page.socket.says({ type: "blocked", users: [3] });
    await settled();
    await answers(page, [direct(3, 40)]);
    // Once more for what has changed since it was asked.
    expect(page.socket.of("list")).toHaveLength(3);
    await answers(page, [direct(3, 40, { writing: "blocked" })]);
    expect(ids(page)).toEqual(["2-3"]);
    expect(entry(page, "2-3")?.writing).toBe("blocked");
  });

  test("a pause empties it, and it is there again afterwards", async () => {
    const page = await listing([direct(3, 40)]);
    page.socket.drops(4011);
    await settled();
    expect(listOf(page.updates)).toMatchObject({ entries: [], known: false });
    await fresh().clock.pass(60_000);
    page.socket.opens();
    page.socket.says(welcome());
    await settled();
    await answers(page, [direct(3, 40)]);
    expect(ids(page)).toEqual(["2-3"]);
  });
});

describe("the browser's copy", () => {
  test("has the first page for the next page, before the server has answered, and nothing of it after a pause", async () => {
    const many = Array.from({ length: LIST_PAGE + 10 }, (_, at) => direct(10 + at, 1_000 - at));
    const page = await listing(many.slice(0, LIST_PAGE), {}, "x");
    await page.does({ kind: "list", more: true });
    await answers(page, many.slice(LIST_PAGE));
    await fresh().clock.pass(100);
    page.end();
    await settled();
    const next = await fresh().page();
    await next.does({ kind: "list" });
    expect(next.last("list")).toMatchObject({ known: true, more: true });
    expect(ids(next)).toEqual(many.slice(0, LIST_PAGE).map(({ conversation }) => conversation));
    await next.online();
    // Where the next page begins is not known: the first one is asked for.
    await next.does({ kind: "list", more: true });
    expect(next.socket.of("list")).toMatchObject([{ next: null }]);
    await answers(next, many.slice(0, 2), "y");
    expect(next.socket.of("list").at(-1)).toMatchObject({ next: "y" });
    next.socket.drops(4011);
    await fresh().clock.pass(100);
    next.end();
    await settled();
    const last = await fresh().page();
    await last.does({ kind: "list" });
    expect(last.last("list")).toMatchObject({ entries: [], known: false });
  });
});

describe("a filter", () => {
  test("is asked for one question at a time, what is typed with the latest wish last", async () => {
    const page = await fresh().page();
    await page.online();
    for (const text of ["a", "an", "ana"]) await page.does({ kind: "sift", filter: { text } });
    expect(page.socket.of("list")).toMatchObject([{ text: "a", next: null, limit: LIST_PAGE }]);
    await answers(page, [direct(3, 1)]);
    expect(page.last("sifted")).toBeUndefined();
    expect(page.socket.of("list").at(-1)).toMatchObject({ text: "ana" });
    await answers(page, [direct(4, 1)], "n");
    expect(page.last("sifted")).toMatchObject({ filter: { text: "ana" }, entries: [{ conversation: "2-4" }], more: true, append: false });
    await page.does({ kind: "sift", filter: { text: "ana" }, more: true });
    expect(page.socket.of("list").at(-1)).toMatchObject({ text: "ana", next: "n" });
    await answers(page, [direct(5, 1)]);
    expect(page.last("sifted")).toMatchObject({ entries: [{ conversation: "2-5" }], more: false, append: true });
  });

  test("does not put off one of another form, whose answer it does not take the place of", async () => {
    const page = await fresh().page();
    await page.online();
    await page.does({ kind: "sift", filter: { unread: true } });
    await page.does({ kind: "sift", filter: { text: "ana" } });
    await answers(page, [direct(3, 1, { unread: 1 })], "u");
    expect(page.last("sifted")).toMatchObject({ filter: { unread: true }, entries: [{ unread: 1 }] });
    await answers(page, []);
    expect(page.last("sifted")).toMatchObject({ filter: { text: "ana" }, entries: [] });
    await page.does({ kind: "sift", filter: { unread: true }, more: true });
    expect(page.socket.of("list").at(-1)).toMatchObject({ unread: true, next: "u" });
  });

  test("tells what changes in what it has told, which is not in the list for that", async () => {
    const page = await listing([direct(3, 40)], {}, "x");
    await page.does({ kind: "sift", filter: { unread: true } });
    await answers(page, [direct(8, 5, { seq: 4, rev: 4, unread: 2 })]);
    page.socket.says({ type: "read", conversation: "2-8", user: 2, seq: 4 });
    await settled();
    expect(page.last("listed")).toMatchObject({ put: [], gone: [], others: [{ conversation: "2-8", unread: 0 }] });
    expect(ids(page)).toEqual(["2-3"]);
    await says(page, message(4, { rev: 5, sender: 8, text: null }), "2-8");
    await says(page, message(5, { rev: 6, sender: 8 }), "2-8");
    await answers(page, []);
    expect(page.last("listed")).toMatchObject({ put: [], gone: ["2-8"], others: [] });
  });

  test("that is not answered says so, and one that could not be asked for is asked for when the line is back", async () => {
    const page = await fresh().page();
    await page.online();
    await page.does({ kind: "sift", filter: { archived: true } });
    await fresh().clock.pass(LATE_MS);
    expect(page.last("sifted")).toMatchObject({ filter: { archived: true }, entries: null });
    await page.does({ kind: "sift", filter: { archived: true } });
    page.socket.drops(1006);
    await fresh().clock.pass(1_000);
    await page.online();
    expect(page.socket.of("list")).toMatchObject([{ archived: true }]);
    await answers(page, [direct(3, 1, { archived: true })]);
    expect(page.last("sifted")?.entries).toMatchObject([{ archived: true }]);
  });
});

describe("flags", () => {
  test("are set by the server, and answered to the page that asked", async () => {
    const page = await listing([direct(3, 40), direct(4, 30)]);
    await page.does({ kind: "flag", act: 7, conversation: "2-4", pinned: true, mutedUntil: 0 });
    const [frame] = page.socket.of("flag");
    expect(frame).toEqual({ type: "flag", request: frame!.request, conversation: "2-4", pinned: true, muted_until: 0 });
    await flags(page, { request: frame!.request, conversation: "2-4", pinned: true });
    expect(page.last("done")).toEqual({ kind: "done", act: 7, conversation: "2-4" });
    expect(page.updates.map(({ kind }) => kind).slice(-2)).toEqual(["listed", "done"]);
    expect(ids(page)).toEqual(["2-4", "2-3"]);
    expect(entry(page, "2-4")?.pinned).toBe(true);
    await flags(page, { conversation: "2-4" });
    expect(ids(page)).toEqual(["2-3", "2-4"]);
    expect(entry(page, "2-4")).not.toHaveProperty("pinned");
  });

  test("archive what was known when the person said so, also on a later line, and it is told where something newer had come", async () => {
    const page = await listing([direct(3, 40)], { dock: { version: 1, windows: [window({ conversation: "2-4", seq: 7, rev: 7 })] } });
    await page.does({ kind: "flag", act: 1, conversation: "2-4", archived: true });
    expect(page.socket.of("flag").at(-1)).toMatchObject({ archived: true, seq: 7 });
    await flags(page, { request: page.socket.of("flag").at(-1)!.request, conversation: "2-4", archived: true });
    expect(page.last("done")).toEqual({ kind: "done", act: 1, conversation: "2-4" });
    const { seq } = direct(3, 40);
    await page.does({ kind: "flag", act: 2, conversation: "2-3", archived: true });
    page.socket.drops(1006);
    await fresh().clock.pass(1_000);
    await page.online();
    expect(page.socket.of("flag")).toMatchObject([{ conversation: "2-3", archived: true, seq }]);
    await flags(page, { request: page.socket.of("flag")[0]!.request, conversation: "2-3" });
    expect(page.last("done")).toMatchObject({ act: 2, code: "newer_message" });
    await page.does({ kind: "flag", act: 3, conversation: "2-3", archived: false });
    expect(page.socket.of("flag").at(-1)).not.toHaveProperty("seq");
    await flags(page, { request: page.socket.of("flag").at(-1)!.request, conversation: "2-3" });
    expect(page.last("done")).toEqual({ kind: "done", act: 3, conversation: "2-3" });
  });

  test("that a dock tells first have their place at once", async () => {
    const windows = (over: Partial<DirectWindow>) => [window({ conversation: "2-4", state: "minimised", seq: 1, rev: 1, ...over })];
    const page = await listing([direct(3, 40), direct(4, 30)], { dock: { version: 1, windows: windows({}) } });
    page.socket.says({ type: "dock", version: 2, windows: windows({ pinned: true }) });
    await settled();
    expect(ids(page)).toEqual(["2-4", "2-3"]);
    await flags(page, { conversation: "2-4", pinned: true });
    expect(of(page, "listed")).toHaveLength(1);
    page.socket.says({ type: "dock", version: 3, windows: windows({}) });
    await settled();
    expect(ids(page)).toEqual(["2-3", "2-4"]);
  });

  test("move nothing out of the list that is pinned, and what is older than the loaded part out of it", async () => {
    const page = await listing([direct(3, 40), direct(4, 30)], {}, "x");
    await flags(page, { conversation: "2-3", pinned: true });
    await flags(page, { conversation: "2-4", pinned: true });
    expect(ids(page)).toEqual(["2-3", "2-4"]);
    await flags(page, { conversation: "2-3" });
    await flags(page, { conversation: "2-4" });
    // Both may be further down than what is loaded: they come with the next page.
    expect(ids(page)).toEqual([]);
    await page.does({ kind: "list", more: true });
    await answers(page, [direct(3, 40), direct(4, 30)]);
    expect(ids(page)).toEqual(["2-3", "2-4"]);
  });

  test("are the window's as well, and one that is not answered when the chat is paused is given up", async () => {
    const page = await listing([], { dock: { version: 1, windows: [window({ seq: 1, rev: 1 })] } });
    await flags(page, { conversation: "2-3", pinned: true, muted_until: 253_402_300_799_999 });
    expect(page.windows[0]).toMatchObject({ pinned: true, muted: true, verbs: { flag: true } });
    await flags(page, { conversation: "2-3" });
    expect(page.windows[0]).not.toHaveProperty("pinned");
    expect(page.windows[0]).not.toHaveProperty("muted");
    await page.does({ kind: "flag", act: 4, conversation: "2-3", archived: true });
    page.socket.drops(4011);
    await settled();
    expect(page.last("done")).toMatchObject({ act: 4, code: "no_connection" });
  });

  test("are refused by their code, tried again in a moment where that may help, and given up without a line", async () => {
    const page = await listing([direct(3, 40)]);
    const refuse = async (over: Partial<Server<"error">>): Promise<void> => {
      page.socket.says({ type: "error", code: "too_many_pins", message: "…", final: true, request: page.socket.of("flag").at(-1)!.request, ...over });
      await settled();
    };
    await page.does({ kind: "flag", act: 1, conversation: "2-3", pinned: true });
    await refuse({});
    expect(page.last("done")).toMatchObject({ act: 1, code: "too_many_pins" });
    await page.does({ kind: "flag", act: 2, conversation: "2-3", archived: true });
    await refuse({ code: "rate_limited", final: false, retry_after_ms: 500 });
    await fresh().clock.pass(500);
    expect(page.socket.of("flag")).toHaveLength(3);
    page.socket.drops(1006);
    await fresh().clock.pass(1_000);
    await page.online();
    expect(page.socket.of("flag")).toMatchObject([{ archived: true }]);
    await flags(page, { request: page.socket.of("flag")[0]!.request, conversation: "2-3", archived: true });
    expect(page.last("done")).toMatchObject({ act: 2 });
    page.socket.drops(1006);
    await page.does({ kind: "flag", act: 3, conversation: "2-3", pinned: true });
    expect(page.last("done")).toMatchObject({ act: 3, code: "no_connection" });
    expect(of(page, "refused")).toEqual([]);
  });

  test("an archived conversation is out of the list until a new message, or the person, brings it back", async () => {
    const page = await listing([direct(3, 40), direct(4, 30)]);
    await flags(page, { conversation: "2-4", archived: true });
    expect(ids(page)).toEqual(["2-3"]);
    await says(page, message(2, { sender: 4, sent_at: 50 }), "2-4");
    await answers(page, [direct(4, 50, { seq: 2, rev: 2 })]);
    expect(ids(page)).toEqual(["2-4", "2-3"]);
    await flags(page, { conversation: "2-3", archived: true });
    await flags(page, { conversation: "2-3" });
    await answers(page, [direct(3, 40)]);
    expect(ids(page)).toEqual(["2-4", "2-3"]);
  });

  test("a muted conversation counts in no sum and is not said aloud, until its time has come", async () => {
    const until = fresh().clock.now() + 5_000;
    const muted = window({ state: "minimised", unread: 2, seq: 2, rev: 2, muted_until: until });
    const page = await listing([direct(3, 40, { muted_until: until })], { dock: { version: 1, windows: [muted, group({ unread: 1, seq: 1, rev: 1 })] } });
    expect(page.dock?.unread).toBe(1);
    expect([page.windows[0]?.muted, entry(page, "2-3")?.muted]).toEqual([true, true]);
    await says(page, message(3, { sender: 3, sent_at: fresh().clock.now() }), "2-3");
    expect(page.last("arrived")).toBeUndefined();
    expect(page.windows[0]?.unread).toBe(3);
    await fresh().clock.pass(5_000);
    expect(page.dock?.unread).toBe(4);
    expect([page.windows[0]?.muted, entry(page, "2-3")?.muted]).toEqual([undefined, undefined]);
    await says(page, message(4, { sender: 3, sent_at: fresh().clock.now() }), "2-3");
    expect(page.last("arrived")).toMatchObject({ conversation: "2-3" });
  });

  test("a muted group calls who is mentioned there, and a message without a window is a muted conversation's", async () => {
    const muted = group({ state: "minimised", seq: 1, rev: 1, muted_until: 253_402_300_799_999 });
    const page = await listing([], { dock: { version: 1, windows: [muted] } });
    page.socket.says({ type: "roster", circle: "c7", version: 1, total: 1, contacts: [person(3, "Bruno")] });
    await says(page, message(2, { sender: 3, mentions: [2], sent_at: fresh().clock.now() }), GROUP);
    await fresh().clock.pass(2_000);
    expect(of(page, "arrived")).toHaveLength(1);
    expect(page.dock?.unread).toBe(1);
    await says(page, message(5, { sender: 9, sent_at: fresh().clock.now() }), "2-9");
    expect(of(page, "arrived")).toHaveLength(1);
  });

  test("a window that is opened from the list is there at once, as the list has it", async () => {
    const page = await listing([direct(4, 30, { writing: "no", unread: 2 }), project()]);
    await page.does({ kind: "restore", conversation: "2-4" });
    await page.does({ kind: "restore", conversation: GROUP });
    expect(page.windows).toMatchObject([
      { conversation: "2-4", state: "open", title: "Person 4", writing: "no", unread: 2 },
      { conversation: GROUP, state: "open", title: "Project 3", members: 3 },
    ]);
    expect(page.socket.of("dock").map(({ conversation }) => conversation)).toEqual(["2-4", GROUP]);
  });
});
