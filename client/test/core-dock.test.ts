import { describe, expect, test } from "vitest";
import type { Message } from "../src/net/protocol.js";
import { type Browser, bruno, changesOf, eachInFreshBrowser, emptyHistory, live, message, window, withWindow } from "./browser.js";
import type { welcome } from "./stage.js";
import { settled } from "./stage.js";

let browser: Browser;
eachInFreshBrowser((fresh) => {
  browser = fresh;
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

  test("shows a window that was asked for by the id alone when the server has said whose it is", async () => {
    const page = await browser.page();
    await page.does({ kind: "open", person: { id: 3 } });
    expect(page.windows).toEqual([]);
    const socket = await page.online();
    expect(socket.of("dock")).toEqual([{ type: "dock", conversation: "2-3", state: "open", base: 0 }]);
    expect(page.windows).toEqual([]);
    const contact = { id: 3, name: "Bruno", picture: null, profile_url: null, status: "offline" as const };
    socket.says({ type: "dock", version: 1, windows: [window({ contact })] });
    await settled();
    expect(page.windows).toMatchObject([{ state: "open", contact: { name: "Bruno", status: "offline" } }]);
    expect(socket.of("history")).toMatchObject([{ conversation: "2-3" }]);
  });

  test("shows a window that was asked for by the id alone at once where a roster has the person", async () => {
    const page = await browser.page();
    const socket = await page.online();
    const contact = { id: 3, name: "Bruno", picture: "/p", profile_url: null, role: "student" as const };
    socket.says({ type: "roster", circle: "c7", version: 1, total: 1, contacts: [contact] });
    await page.does({ kind: "open", person: { id: 3 } });
    expect(page.windows).toMatchObject([{ state: "open", contact: { name: "Bruno", picture: "/p", status: "online" } }]);
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

  test.each([
    ["no part of the truth", true],
    ["continued", false],
  ])("asks for changes that had no room, however often that is refused, where the copy is %s", async (_, reset) => {
    const page = await browser.page();
    const first = await page.online(withWindow);
    const [asked] = first.of("history");
    const head = { conversation: "2-3", first_seq: 1, more: false };
    first.says({ type: "history", request: asked!.request, ...head, seq: 1, rev: 1, messages: [message(1)] });
    first.drops(1006);
    await browser.clock.pass(1_000);
    const cut = reset ? changesOf(0, [], { rev: 3, reset, more: true }) : changesOf(1, [], { more: true });
    const socket = await page.online({ dock: { version: 1, windows: [window({ seq: 3, rev: 3 })] }, changes: [cut] });
    const questions = (): { request: number }[] => [...socket.of("history"), ...socket.of("changes")];
    const question = reset
      ? { type: "history", conversation: "2-3", limit: 50 }
      : { type: "changes", conversation: "2-3", rev: 1, seq: 1 };
    expect(questions()).toMatchObject([question]);
    const refusal = { type: "error", code: "rate_limited", message: "…", final: false, retry_after_ms: 2_000 } as const;
    socket.says({ ...refusal, request: questions()[0]!.request });
    await browser.clock.pass(1_999);
    expect(questions()).toHaveLength(1);
    await browser.clock.pass(1);
    expect(questions()).toMatchObject([question, question]);
    const { request } = questions()[1]!;
    const messages = [1, 2, 3].map((seq) => message(seq));
    if (reset) socket.says({ type: "history", request, ...head, seq: 3, rev: 3, messages });
    else socket.says({ type: "changes", request, ...changesOf(1, messages.slice(1)) });
    await settled();
    expect(page.shown).toEqual(["m1 theirs", "m2 theirs", "m3 theirs"]);
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
    socket.says({ type: "history", request: asked!.request, conversation: "2-3", first_seq: 1, seq: 2, rev: 2, messages: [message(1), message(2)], more: false });
    await page.does({ kind: "seen", conversation: "2-3", seq: 2 });
    expect(page.dock?.unread).toBe(0);
    socket.drops(1006);
    await browser.clock.pass(1_000);
    const next = await page.online(unread);
    expect(next.of("read")).toEqual([{ type: "read", conversation: "2-3", seq: 2 }]);
    expect(page.dock?.unread).toBe(0);
  });

  test("announces what others write, and fills a gap before it shows more", async () => {
    const now = { sent_at: browser.clock.now() };
    const page = await browser.page();
    const socket = await page.online(withWindow);
    emptyHistory(socket);
    socket.says(live(message(1, now)));
    socket.says(live(message(3, now)));
    await settled();
    expect(page.last("arrived")).toEqual({ kind: "arrived", conversation: "2-3", sender: 3, from: "Bruno", text: "m1", count: 1 });
    // What is said comes behind what is shown.
    const told = page.updates.map(({ kind }) => kind);
    expect(told.lastIndexOf("arrived")).toBeGreaterThan(told.lastIndexOf("changed"));
    expect(told).toContain("changed");
    expect(page.shown).toEqual(["m1 theirs"]);
    const asked = socket.of("changes").at(-1)!;
    expect(asked).toMatchObject({ rev: 1, seq: 1 });
    socket.says({ type: "changes", request: asked.request, ...changesOf(1, [message(2, now), message(3, now)]) });
    await settled();
    expect(page.shown).toEqual(["m1 theirs", "m2 theirs", "m3 theirs"]);
  });

  test("announces and counts what came while the line was lost, but nothing older than the page", async () => {
    const page = await browser.page();
    const socket = await page.online({ dock: { version: 1, windows: [window({ seq: 1 })] } });
    const { request } = socket.of("history")[0]!;
    socket.says({ type: "history", request, conversation: "2-3", first_seq: 1, seq: 1, rev: 1, messages: [message(1)], more: false });
    socket.drops(1006);
    await browser.clock.pass(60_000);
    const missed = (from: number, to: number, sentAt: number): Message[] =>
      Array.from({ length: to - from + 1 }, (_, at) => message(from + at, { sent_at: sentAt }));
    const gap = (messages: Message[], seq: number, unread: number): Parameters<typeof welcome>[0] => ({
      changes: [changesOf(messages[0]!.rev - 1, messages)],
      dock: { version: 1, windows: [window({ seq, unread })] },
      server_time: browser.clock.now(),
    });
    await page.online(gap(missed(2, 3, browser.clock.now()), 3, 2));
    expect(page.updates.flatMap((update) => (update.kind === "arrived" ? [update.text] : []))).toEqual(["m2", "m3"]);
    expect(page.dock).toMatchObject({ unread: 2 });
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
    await page.does({ kind: "first", conversation: "2-3" });
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

  test("are asked for again where the server could not answer just now, and the page hears nothing of it", async () => {
    const page = await browser.page();
    const socket = await page.online();
    socket.says({ type: "roster", circle: "c7", version: 3, total: 0, contacts: [] });
    await page.does({ kind: "visible", visible: false });
    await page.does({ kind: "visible", visible: true });
    // It names nothing that was asked: the server goes on believing that nobody looks.
    const refusal = { type: "error", code: "rate_limited", message: "…", final: false, retry_after_ms: 4_000 } as const;
    socket.says(refusal);
    await browser.clock.pass(3_999);
    expect(socket.of("visibility")).toHaveLength(2);
    await browser.clock.pass(1);
    expect(socket.of("visibility")).toHaveLength(3);
    expect(socket.of("visibility").at(-1)).toEqual({ type: "visibility", visible: true, rosters: [{ circle: "c7", version: 3 }] });
    expect(page.last("refused")).toBeUndefined();
    // Refused again, and hidden meanwhile: what is said is how things stand.
    socket.says(refusal);
    await page.does({ kind: "visible", visible: false });
    await browser.clock.pass(4_000);
    expect(socket.of("visibility").at(-1)).toEqual({ type: "visibility", visible: false });
    // A lost line has it said by `hello`.
    socket.says(refusal);
    socket.drops(1006);
    await browser.clock.pass(1_000);
    const next = await page.online();
    await browser.clock.pass(10_000);
    expect(next.of("hello")).toMatchObject([{ visible: false }]);
    expect(next.of("visibility")).toEqual([]);
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
    expect(page.windows[0]?.typing).toEqual([3]);
    await browser.clock.pass(5_000);
    expect(page.windows[0]?.typing).toEqual([]);
    await page.does({ kind: "typing", conversation: "2-3" });
    await page.does({ kind: "typing", conversation: "2-3" });
    expect(socket.of("typing")).toHaveLength(1);
  });
});
