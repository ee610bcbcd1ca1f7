/** Rooms: quiet windows, dots, the list of rooms, read marks that go out seldom, and rooms that are lost. */
import { describe, expect, test } from "vitest";
import { ROOM_READ_MS } from "../src/core/marks.js";
import { NAMED_MOST, NAMES_REST_MS } from "../src/core/people.js";
import { openDatabase } from "../src/keep/database.js";
import type { Message, Room, Server } from "../src/net/protocol.js";
import type { RoomView, Update } from "../src/view.js";
import { type Browser, changesOf, eachInFreshBrowser, emptyHistory, GROUP, group, live, message, ROOM, room } from "./browser.js";
import type { Page } from "./browser.js";
import { settled } from "./stage.js";

let browser: Browser;
eachInFreshBrowser((fresh) => {
  browser = fresh;
});

const OTHER = "r-c8~g3";
const of = <K extends Update["kind"]>(page: Page, kind: K) => page.updates.filter((update): update is Extract<Update, { kind: K }> => update.kind === kind);
const dock = (...windows: Server<"dock">["windows"]) => ({ dock: { version: 1, windows } });
const docked = async (page: Page, version: number, ...windows: Server<"dock">["windows"]): Promise<void> => {
  page.socket.says({ type: "dock", version, windows });
  await settled();
};
const says = async (page: Page, changed: Message): Promise<void> => {
  page.socket.says(live({ ...changed, sent_at: browser.clock.now() }, ROOM));
  await settled();
};
const dot = async (page: Page, seq: number, conversation = ROOM): Promise<void> => {
  page.socket.says({ type: "dot", conversation, seq });
  await browser.clock.pass(100);
};
const online = async (windows: Server<"dock">["windows"], over: Parameters<Page["online"]>[0] = {}): Promise<Page> => {
  const page = await browser.page();
  emptyHistory(await page.online({ ...dock(...windows), ...over }));
  await settled();
  return page;
};
const algebra: Room = { conversation: ROOM, circle: "c7", title: "Algebra", writing: "yes" };
const biology: Room = { conversation: OTHER, circle: "c8/g3", title: "Biology: Group 3", writing: "no", announcements: true };
const view = (over: Partial<RoomView> = {}): RoomView => ({ conversation: ROOM, title: "Algebra", writing: "yes", announcements: false, unread: false, mentions: 0, ...over });
const answers = async (page: Page, rooms: Room[], next: string | null = null): Promise<void> => {
  page.socket.says({ type: "rooms", request: page.socket.of("rooms").at(-1)!.request, rooms, next });
  await settled();
};
/** A page that has asked for its rooms. */
const listing = async (windows: Server<"dock">["windows"], ...rooms: Room[]): Promise<Page> => {
  const page = await online(windows);
  await page.does({ kind: "rooms" });
  await answers(page, rooms);
  return page;
};
const rooms = (page: Page) => page.last("rooms")?.rooms;

describe("a room's window", () => {
  test("says who moderates: a teacher by a circle that makes them a member", async () => {
    const circles = [
      { id: "c7/g1", role: "student" as const, title: "G1" },
      { id: "c7/g2", role: "teacher" as const, title: "G2" },
      { id: "c8", role: "teacher" as const, title: "Biology" },
    ];
    const shown = [["r-c7~g1", "c7/g1"], ["r-c7~g2", "c7/g2"], ["r-c8~g3", "c8/g3"], ["r-c7", "c7"]];
    const page = await online(shown.map(([conversation, circle]) => room({ conversation: conversation!, circle: circle! })), { circles });
    expect(page.windows.map(({ moderates }) => moderates)).toEqual([undefined, true, true, undefined]);
  });

  test("follows what is said of it: announcements begin and end", async () => {
    const page = await listing([room()], algebra);
    const announced = (seq: number, on: boolean) => says(page, message(seq, { text: null, system: { kind: "announcements", on } }));
    await announced(1, true);
    await browser.clock.pass(100);
    expect(page.windows[0]?.announcements).toBe(true);
    expect(rooms(page)).toEqual([view({ announcements: true })]);
    await announced(2, false);
    page.socket.says({ type: "writing", conversation: ROOM, writing: "no" });
    await browser.clock.pass(100);
    expect(page.windows[0]).not.toHaveProperty("announcements");
    expect(rooms(page)).toEqual([view({ writing: "no" })]);
  });

  test("is quiet: nothing is said and nothing counts in the title, but for mentions", async () => {
    const page = await online([room(), group({ seq: 1, rev: 1, unread: 1 })], { blocked: [9] });
    await says(page, message(1));
    await says(page, message(2, { mentions: [2], sender: 9 }));
    await browser.clock.pass(100);
    expect(of(page, "arrived")).toEqual([]);
    expect(page.dock?.unread).toBe(1);
    await says(page, message(3, { mentions: [2], text: "@Ana" }));
    await browser.clock.pass(NAMES_REST_MS);
    expect(of(page, "arrived")).toMatchObject([{ conversation: ROOM, sender: 3, text: "@Ana" }]);
    expect(page.dock?.unread).toBe(2);
    expect(page.windows[0]).toMatchObject({ mentions: 1, unread: 3 });
    expect(page.talk(ROOM)?.seenSeq).toBe(0);
  });

  test("is opened at once, and asked about when the server has it open, so that nothing is missed", async () => {
    const page = await online([]);
    await page.does({ kind: "enter", conversation: ROOM, title: "Algebra" });
    expect(page.windows).toMatchObject([{ conversation: ROOM, kind: "room", title: "Algebra", circle: "c7", state: "open" }]);
    expect(page.talk(ROOM)?.loading).toBe(true);
    expect(page.socket.of("dock")).toMatchObject([{ conversation: ROOM, state: "open" }]);
    expect(page.socket.of("history")).toEqual([]);
    await docked(page, 2, room());
    expect(page.socket.of("history")).toMatchObject([{ conversation: ROOM }]);
  });

  test("that is opened again asks for what came while it was quiet", async () => {
    const page = await online([room()]);
    await says(page, message(1));
    await page.does({ kind: "minimise", conversation: ROOM });
    await docked(page, 2, room({ state: "minimised", seq: 1, rev: 1, read_seq: 1 }));
    await dot(page, 3);
    expect(page.windows[0]).toMatchObject({ state: "minimised", unread: 1 });
    await dot(page, 3);
    await page.does({ kind: "restore", conversation: ROOM });
    expect(page.socket.of("changes")).toEqual([]);
    await docked(page, 3, room({ seq: 3, rev: 3, read_seq: 1, unread: 2 }));
    const [asked] = page.socket.of("changes");
    expect(asked).toMatchObject({ conversation: ROOM, rev: 1, seq: 1 });
    page.socket.says({ type: "changes", ...changesOf(1, [message(2), message(3)]), conversation: ROOM, request: asked!.request });
    await settled();
    expect(page.talk(ROOM)?.messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(page.windows[0]).toMatchObject({ unread: 2 });
    expect(page.socket.of("changes")).toHaveLength(1);
  });

  test("that is minimised says aloud who mentions the user, once, and counts it", async () => {
    const page = await online([room({ state: "minimised" })]);
    await page.does({ kind: "restore", conversation: ROOM });
    await docked(page, 2, room());
    emptyHistory(page.socket);
    await page.does({ kind: "minimise", conversation: ROOM });
    await docked(page, 3, room({ state: "minimised" }));
    const asked = (): number => page.socket.of("changes").length;
    expect(asked()).toBe(0);
    await docked(page, 3, room({ state: "minimised", seq: 1, rev: 1, unread: 1 }));
    expect(asked()).toBe(0);
    await docked(page, 3, room({ state: "minimised", seq: 2, rev: 2, unread: 2, mentions: 1 }));
    expect(asked()).toBe(1);
    const { request } = page.socket.of("changes")[0]!;
    const now = { sent_at: browser.clock.now() };
    const rows = [message(1, now), message(2, { ...now, mentions: [2], text: "@Ana" })];
    page.socket.says({ type: "changes", ...changesOf(0, rows), conversation: ROOM, request });
    await docked(page, 3, room({ state: "minimised", seq: 2, rev: 2, unread: 2, mentions: 1 }));
    await browser.clock.pass(NAMES_REST_MS);
    expect(of(page, "arrived")).toMatchObject([{ conversation: ROOM, text: "@Ana" }]);
    expect(page.windows[0]).toMatchObject({ state: "minimised", unread: 2, mentions: 1 });
    expect(page.dock?.unread).toBe(1);
    expect(asked()).toBe(1);
  });

  test("that is open and gets a dot has missed something", async () => {
    const page = await online([room()]);
    await dot(page, 3);
    expect(page.socket.of("changes")).toMatchObject([{ conversation: ROOM, rev: 0 }]);
  });

  test("names only those who write, are mentioned and are named; those who react, where they are known", async () => {
    const page = await online([room()]);
    await says(page, message(1, { mentions: [4], reactions: [{ emoji: "👍", count: 2, users: [5, 6] }] }));
    expect(page.socket.of("members")).toMatchObject([{ conversation: ROOM, users: [3, 4] }]);
    page.socket.says({ type: "roster", circle: "c7", version: 1, total: 1, contacts: [{ id: 5, name: "Elsa", picture: null, profile_url: null, role: "student" }] });
    await settled();
    expect(page.last("people")?.people).toMatchObject([{ id: 5, name: "Elsa" }]);
  });

  test("names its authors however many react", async () => {
    const page = await online([room()]);
    const contact = (id: number) => ({ id, name: `P${id}`, picture: null, profile_url: null, role: "student" as const });
    const contacts = Array.from({ length: NAMED_MOST + 100 }, (_, at) => contact(at + 3));
    page.socket.says({ type: "roster", circle: "c7", version: 1, total: contacts.length, contacts });
    await says(page, message(1));
    await says(page, message(2, { sender: 4 }));
    for (let from = 20, rev = 3; from < NAMED_MOST + 90; from += 20, rev += 1) {
      const users = Array.from({ length: 20 }, (_, at) => from + at);
      await says(page, message(2, { rev, sender: 4, reactions: [{ emoji: "👍", count: 20, users }] }));
    }
    const people = page.last("people")!.people.map(({ id }) => id);
    expect(people).toHaveLength(NAMED_MOST);
    expect(people).toEqual(expect.arrayContaining([3, 4]));
  });

  test("that is minimised asks for nobody whose name is kept, old as it may be", async () => {
    const page = await online([room()]);
    await says(page, message(1));
    const { request } = page.socket.of("members")[0]!;
    const bruno = { id: 3, name: "Bruno", picture: null, profile_url: null, status: "online" as const };
    page.socket.says({ type: "members", request, conversation: ROOM, total: 0, members: [bruno] });
    await docked(page, 2, room({ state: "minimised", seq: 1, rev: 1 }));
    await browser.clock.pass(1_000);
    page.end();
    const next = await browser.page();
    await next.online(dock(room({ state: "minimised", seq: 1, rev: 1 })));
    await browser.clock.pass(NAMES_REST_MS);
    expect(next.socket.of("members")).toEqual([]);
    await docked(next, 2, room({ seq: 1, rev: 1 }));
    expect(next.socket.of("members")).toMatchObject([{ users: [3] }]);
  });
});

describe("the list of rooms", () => {
  test("is asked for when it is shown, page by page", async () => {
    const page = await online([]);
    expect(rooms(page)).toEqual([]);
    await page.does({ kind: "rooms" });
    await answers(page, [{ ...algebra, unread: true, mentions: 2 }], "more");
    expect(rooms(page)).toEqual([]);
    expect(page.socket.of("rooms")).toMatchObject([{ next: null }, { next: "more" }]);
    await answers(page, [biology]);
    expect(rooms(page)).toEqual([
      view({ unread: true, mentions: 2 }),
      { conversation: OTHER, title: "Biology: Group 3", writing: "no", announcements: true, unread: false, mentions: 0 },
    ]);
  });

  test("is kept in step: dots, docks and read marks", async () => {
    const page = await listing([], algebra, biology);
    const unread = () => rooms(page)?.map((one) => one.unread);
    await dot(page, 7);
    expect(unread()).toEqual([true, false]);
    await page.does({ kind: "enter", conversation: ROOM, title: "Algebra" });
    await docked(page, 2, room({ seq: 7, rev: 7, read_seq: 5, unread: 2, mentions: 1 }));
    expect(rooms(page)?.[0]).toEqual(view({ unread: true, mentions: 1 }));
    await page.does({ kind: "seen", conversation: ROOM, seq: 7 });
    expect(rooms(page)?.[0]).toEqual(view());
    // What was read stays read when the window is closed.
    await docked(page, 3);
    expect(unread()).toEqual([false, false]);
    await dot(page, 1, OTHER);
    expect(unread()).toEqual([false, true]);
  });

  test("of rooms with a window is what the window says, whatever comes first", async () => {
    const page = await listing([room({ seq: 4, rev: 4, unread: 3 })], algebra);
    expect(rooms(page)).toEqual([view({ unread: true })]);
  });

  test("is asked for again when the circles change, on another connection, and after a refusal for now", async () => {
    const page = await listing([], algebra);
    page.socket.says({ type: "circles", circles: [] });
    await settled();
    expect(page.socket.of("rooms")).toHaveLength(2);
    await answers(page, []);
    expect(rooms(page)).toEqual([]);
    page.socket.drops(1006);
    await browser.clock.pass(1_000);
    const socket = await page.online();
    const { request } = socket.of("rooms")[0]!;
    socket.says({ type: "error", code: "rate_limited", message: "…", final: false, request, retry_after_ms: 500 });
    await browser.clock.pass(500);
    expect(socket.of("rooms")).toHaveLength(2);
    expect(of(page, "refused")).toEqual([]);
  });

  test("is not asked for by itself, nor of a server without rooms; and is painted from the copy", async () => {
    const page = await online([], { features: ["groups"] });
    await page.does({ kind: "rooms" });
    expect(page.socket.of("rooms")).toEqual([]);
    page.end();
    const other = await listing([], algebra);
    other.socket.says({ type: "circles", circles: [] });
    await browser.clock.pass(1_000);
    other.end();
    const next = await browser.page();
    expect(rooms(next)).toEqual([view()]);
    await next.online();
    expect(next.socket.of("rooms")).toEqual([]);
  });
});

describe("a read mark of a room", () => {
  const read = (page: Page): unknown[] => page.socket.of("read").map(({ seq }) => seq);
  const reading = async (): Promise<Page> => {
    const page = await online([room({ seq: 9, rev: 9 })]);
    for (const seq of [1, 2, 3]) await page.does({ kind: "seen", conversation: ROOM, seq });
    return page;
  };

  test("goes out at most once in 5 s, and the last one always does", async () => {
    const page = await reading();
    expect(read(page)).toEqual([1]);
    await browser.clock.pass(ROOM_READ_MS);
    expect(read(page)).toEqual([1, 3]);
    await page.does({ kind: "seen", conversation: ROOM, seq: 4 });
    expect(read(page)).toEqual([1, 3]);
    await browser.clock.pass(ROOM_READ_MS);
    expect(read(page)).toEqual([1, 3, 4]);
    await browser.clock.pass(2 * ROOM_READ_MS);
    await page.does({ kind: "seen", conversation: ROOM, seq: 5 });
    expect(read(page)).toEqual([1, 3, 4, 5]);
  });

  test.each(["minimise", "close"] as const)("goes out before the person does %s the window", async (kind) => {
    const page = await reading();
    await page.does({ kind, conversation: ROOM });
    expect(read(page)).toEqual([1, 3]);
    const types = page.socket.sent.map(({ type }) => type);
    expect(types.lastIndexOf("read")).toBeLessThan(types.lastIndexOf("dock"));
  });

  test("goes out when the page is left, and when the core ends", async () => {
    const page = await reading();
    await page.does({ kind: "leaving" });
    expect(read(page)).toEqual([1, 3]);
    await page.does({ kind: "seen", conversation: ROOM, seq: 4 });
    page.end();
    expect(read(page)).toEqual([1, 3, 4]);
  });

  test("that waits while the line is lost goes out with the next one", async () => {
    const page = await reading();
    page.socket.drops(1006);
    await browser.clock.pass(1_000);
    await page.online(dock(room({ seq: 9, rev: 9, read_seq: 1 })));
    expect(read(page)).toEqual([3]);
  });

  test("of a group goes out at once", async () => {
    const page = await online([group({ seq: 9, rev: 9 })]);
    for (const seq of [1, 2, 3]) await page.does({ kind: "seen", conversation: GROUP, seq });
    expect(read(page)).toEqual([1, 2, 3]);
  });
});

test("announcements are asked for, and answered to the page", async () => {
  const page = await online([room()]);
  await page.does({ kind: "announce", act: 4, conversation: ROOM, on: true });
  const [sent] = page.socket.of("announce");
  expect(sent).toMatchObject({ conversation: ROOM, on: true });
  page.socket.says({ type: "error", code: "not_allowed", message: "…", final: true, id: sent!.id });
  await settled();
  expect(page.last("done")).toEqual({ kind: "done", act: 4, conversation: ROOM, code: "not_allowed" });
});

test("a room that is lost vanishes from all pages and the copy, also while the person writes there", async () => {
  const page = await listing([room(), group()], algebra);
  await says(page, message(1, { text: "canary" }));
  await page.does({ kind: "draft", conversation: ROOM, text: "half a thou" });
  await browser.clock.pass(1_000);
  const parts = async (): Promise<string[]> => {
    const database = (await openDatabase(true))!;
    const keys = await database.getAllKeys("copies");
    database.close();
    return keys.map(([, , , part]) => part);
  };
  expect(await parts()).toContain(`talk:${ROOM}`);
  page.socket.says({ type: "circles", circles: [] });
  await docked(page, 2, group({ writing: "no" }));
  await answers(page, []);
  await browser.clock.pass(1_000);
  expect(page.windows).toMatchObject([{ conversation: GROUP, writing: "no" }]);
  expect(rooms(page)).toEqual([]);
  expect(await parts()).not.toContain(`talk:${ROOM}`);
  page.end();
  const next = await browser.page();
  expect(JSON.stringify(next.updates)).not.toMatch(/canary|Algebra"/);
});

test("a room that is entered and is nobody's vanishes again", async () => {
  const page = await online([]);
  await page.does({ kind: "enter", conversation: ROOM, title: "Algebra" });
  page.socket.says({ type: "error", code: "not_found", message: "…", final: true, conversation: ROOM });
  await settled();
  expect(page.windows).toEqual([]);
  expect(of(page, "refused")).toMatchObject([{ code: "not_found" }]);
});
