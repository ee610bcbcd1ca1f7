/** Groups: windows, mentions, what is done to a group, and what is said of it. */
import { describe, expect, test } from "vitest";
import { NAMES_REST_MS } from "../src/core/people.js";
import type { Server } from "../src/net/protocol.js";
import type { Command } from "../src/view.js";
import { GROUP, group, live, message, UUID7, window } from "./browser.js";
import { dock, face, fresh, inFreshBrowsers, member, members, of, person, refusal, roster, says, system, talking } from "./groups.js";
import { settled } from "./stage.js";

inFreshBrowsers();

describe("a group's window", () => {
  test("has its title, course and members, and nobody's presence or read mark", async () => {
    const page = await talking();
    expect(page.windows).toMatchObject([{ conversation: GROUP, kind: "group", title: "Project 3", circle: "c7", members: 3, typing: [] }]);
    expect(page.windows[0]).not.toHaveProperty("contact");
    page.socket.says({ type: "read", conversation: GROUP, user: 3, seq: 1 });
    page.socket.says({ type: "presence", user: 3, status: "online" });
    await says(page, fresh().own(1));
    expect(page.talk(GROUP)?.seenSeq).toBe(0);
  });

  test("follows what happens in it until the next dock, which nothing is counted twice after", async () => {
    const page = await talking();
    await says(page, system(1, { kind: "added", users: [7, 8] }));
    await says(page, system(2, { kind: "left" }, 8));
    await says(page, system(3, { kind: "renamed", title: "Second half" }));
    await fresh().clock.pass(100);
    expect(page.windows[0]).toMatchObject({ title: "Second half", members: 4, unread: 0 });
    page.socket.says({ type: "dock", version: 2, windows: [group({ members: 4, title: "Second half", seq: 3, rev: 3 })] });
    page.socket.says(live(system(3, { kind: "renamed", title: "Second half" }), GROUP, 2));
    await settled();
    expect(page.windows[0]).toMatchObject({ title: "Second half", members: 4, unread: 0 });
    await says(page, system(4, { kind: "renamed", title: "Third" }, 2));
    expect(page.talk(GROUP)?.messages.map(({ key }) => key)).toEqual(["seq:1", "seq:2", "seq:3", "seq:4"]);
    expect(page.talk(GROUP)?.messages.slice(0, 3).map(({ text, system: what }) => [text, what])).toEqual([
      [null, { kind: "added", users: [7, 8] }],
      [null, { kind: "left", users: [] }],
      [null, { kind: "renamed", title: "Second half", users: [] }],
    ]);
  });

  test("shows everybody who types, each for their time, until their message comes", async () => {
    const page = await talking();
    const typing = (user: number): void => {
      page.socket.says({ type: "typing", conversation: GROUP, user });
    };
    typing(3);
    await fresh().clock.pass(3_000);
    typing(4);
    typing(5);
    await settled();
    expect(page.windows[0]?.typing).toEqual([3, 4, 5]);
    await fresh().clock.pass(2_000);
    expect(page.windows[0]?.typing).toEqual([4, 5]);
    await says(page, message(1, { sender: 4 }));
    await fresh().clock.pass(100);
    expect(page.windows[0]?.typing).toEqual([5]);
    await fresh().clock.pass(3_000);
    expect(page.windows[0]?.typing).toEqual([]);
  });

  test("is told as left by the message that says so, and as a member's again when they are", async () => {
    const page = await talking();
    await says(page, system(1, { kind: "removed", users: [2] }));
    await fresh().clock.pass(100);
    expect(page.windows[0]).not.toHaveProperty("left");
    page.socket.says({ type: "writing", conversation: GROUP, writing: "no" });
    await settled();
    expect(page.windows[0]).toMatchObject({ left: true, verbs: { reply: false, react: false, mention: false } });
    await says(page, system(2, { kind: "added", users: [2] }));
    await fresh().clock.pass(100);
    expect(page.windows[0]).not.toHaveProperty("left");
  });

  test("that is one's own again is read anew: what was written meanwhile was told without its messages", async () => {
    const page = await talking();
    await says(page, message(1, { sender: 3 }));
    page.socket.says({ type: "dock", version: 2, windows: [group({ writing: "no", seq: 1, rev: 1 })] });
    page.socket.says({ type: "changes", conversation: GROUP, from: 1, rev: 2, first_seq: 1, messages: [] });
    await settled();
    const asked = page.socket.of("history").length;
    page.socket.says({ type: "dock", version: 3, windows: [group({ seq: 2, rev: 2 })] });
    await settled();
    const { request, conversation } = page.socket.of("history").at(-1)!;
    expect([page.socket.of("history").length, conversation]).toEqual([asked + 1, GROUP]);
    page.socket.says({ type: "history", request, conversation, first_seq: 1, seq: 2, rev: 2, messages: [message(1, { sender: 3 }), message(2, { sender: 3 })], more: false });
    await settled();
    expect(page.talk(GROUP)?.messages.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  test("in which others' course is lost has nobody who left", async () => {
    const page = await talking(dock(group({ writing: "no" })));
    await says(page, system(1, { kind: "removed", users: [4] }));
    await fresh().clock.pass(100);
    expect(page.windows[0]).not.toHaveProperty("left");
  });
});

describe("mentions", () => {
  const KEY = "019aaaaa-aaaa-7aaa-8aaa-000000000001";
  const mention = { mentions: [2, 4] };

  test("go out with the message, over a reload, and are shown", async () => {
    const page = await talking();
    page.socket.drops(1006);
    await page.does({ kind: "send", conversation: GROUP, text: "@Bruno, look", mentions: [3], key: KEY });
    expect(page.talk(GROUP)?.messages).toMatchObject([{ sender: 2, mentions: [3] }]);
    await fresh().clock.pass(100);
    page.end();
    const next = await fresh().page();
    await next.online(dock(group()));
    expect(next.socket.of("send")).toMatchObject([{ text: "@Bruno, look", mentions: [3] }]);
  });

  test("are kept where a message is refused: for another try, and in the box", async () => {
    const page = await talking();
    await page.does({ kind: "send", conversation: GROUP, text: "@Bruno", mentions: [3], key: KEY });
    page.socket.says(refusal(KEY, "not_allowed"));
    await settled();
    await page.does({ kind: "retry", conversation: GROUP, key: KEY });
    const again = page.socket.of("send")[1]!;
    expect(again).toMatchObject({ mentions: [3] });
    page.socket.says(refusal(again.client_message_id, "not_allowed"));
    await settled();
    await page.does({ kind: "discard", conversation: GROUP, key: again.client_message_id });
    expect(page.windows[0]).toMatchObject({ draft: "@Bruno", draftMentions: [3] });
    await fresh().clock.pass(1_000);
    page.end();
    expect((await fresh().page()).windows[0]).toMatchObject({ draft: "@Bruno", draftMentions: [3] });
  });

  test("are not sent to a server that does not take them, nor to one person", async () => {
    const page = await talking({ ...dock(group(), window()), features: ["groups"] });
    expect(page.windows[0]?.verbs.mention).toBe(false);
    await page.does({ kind: "send", conversation: GROUP, text: "a", mentions: [3] });
    await page.does({ kind: "send", conversation: "2-3", text: "b", mentions: [3] });
    const sent = page.socket.of("send");
    expect(sent.map(({ text }) => text)).toEqual(["a", "b"]);
    for (const frame of sent) expect(frame).not.toHaveProperty("mentions");
    page.end();
    const other = await talking(dock(window()));
    await other.does({ kind: "send", conversation: "2-3", text: "c", mentions: [3] });
    const last = other.socket.of("send").at(-1);
    expect(last).toMatchObject({ conversation: "2-3" });
    expect(last).not.toHaveProperty("mentions");
  });

  test("count apart, not those by people whom one has blocked, and go with the read mark and the message", async () => {
    const page = await talking({ blocked: [9] });
    const counts = async (): Promise<unknown> => {
      await fresh().clock.pass(100);
      const [{ mentions, unread } = { mentions: -1, unread: -1 }] = page.windows;
      return { mentions, unread };
    };
    await says(page, message(1, mention));
    await says(page, message(2, { ...mention, sender: 9 }));
    await says(page, message(3, { mentions: [4] }));
    await says(page, message(4, mention));
    expect(await counts()).toEqual({ mentions: 2, unread: 4 });
    await says(page, message(4, { rev: 5, text: null, deleted: "author" }));
    expect(await counts()).toEqual({ mentions: 1, unread: 3 });
    await page.does({ kind: "seen", conversation: GROUP, seq: 1 });
    expect(await counts()).toEqual({ mentions: 0, unread: 2 });
  });
});

describe("what is done to a group", () => {
  const make: Command = { kind: "make", act: 1, circle: "c7", title: "Project 3", users: [3, 4] };
  const acked = (id: string, conversation: string): Server<"ack"> => ({ type: "ack", id, conversation, seq: 1, rev: 1, sent_at: 5 });

  test("making one is answered to the page, and opens it", async () => {
    const page = await talking(dock());
    page.socket.says(roster(person(3, "Bruno"), person(4, "Carla")));
    await page.does(make);
    const [sent] = page.socket.of("make");
    page.socket.says(live(system(1, { kind: "made", title: "Project 3", users: [3, 4] }, 2), sent!.conversation));
    expect(sent).toMatchObject({ circle: "c7", title: "Project 3", users: [3, 4] });
    expect(sent).not.toHaveProperty("act");
    expect(sent!.conversation).toMatch(/^g-/);
    expect([sent!.id, sent!.conversation.slice(2)]).toEqual([expect.stringMatching(UUID7), expect.stringMatching(UUID7)]);
    page.socket.says(acked(sent!.id, sent!.conversation));
    await settled();
    expect(page.last("done")).toEqual({ kind: "done", act: 1, conversation: sent!.conversation });
    expect(page.windows).toMatchObject([{ conversation: sent!.conversation, kind: "group", title: "Project 3", state: "open" }]);
    expect(page.socket.of("dock")).toMatchObject([{ conversation: sent!.conversation, state: "open" }]);
    expect(page.last("people")).toEqual({ kind: "people", conversation: sent!.conversation, people: [face(3, "Bruno"), face(4, "Carla")] });
    const kinds = page.updates.map(({ kind }) => kind);
    expect(kinds.lastIndexOf("dock")).toBeLessThan(kinds.indexOf("done"));
  });

  test("is asked again on every connection until it is answered, with the same id", async () => {
    const page = await talking(dock());
    await page.does(make);
    const first = page.socket.of("make")[0]!;
    page.socket.drops(1006);
    await fresh().clock.pass(1_000);
    const socket = await page.online(dock());
    expect(socket.of("make")).toEqual([first]);
    socket.says(refusal(first.id, "cannot_add"));
    await settled();
    expect(page.last("done")).toEqual({ kind: "done", act: 1, conversation: first.conversation, code: "cannot_add" });
    expect(of(page, "refused")).toEqual([]);
    socket.drops(1006);
    await fresh().clock.pass(1_000);
    expect((await page.online(dock())).of("make")).toEqual([]);
  });

  test("is repeated at one pace, however often the line was lost meanwhile", async () => {
    const page = await talking();
    await page.does({ kind: "add", act: 1, conversation: GROUP, users: [5] });
    for (let drops = 0; drops < 3; drops += 1) {
      page.socket.drops(1006);
      await fresh().clock.pass(1_000);
      await page.online(dock(group()));
    }
    const [{ id } = { id: "" }] = page.socket.of("add");
    page.socket.says(refusal(id, "rate_limited", { final: false, retry_after_ms: 500 }));
    await fresh().clock.pass(14_000);
    expect(page.socket.of("add")).toHaveLength(2);
  });

  test("is tried again by itself where the server asks for a moment, and answered where it asks for more", async () => {
    const page = await talking();
    await page.does({ kind: "add", act: 1, conversation: GROUP, users: [5] });
    const [{ id } = { id: "" }] = page.socket.of("add");
    page.socket.says(refusal(id, "rate_limited", { final: false, retry_after_ms: 500 }));
    await fresh().clock.pass(500);
    expect(page.socket.of("add")).toHaveLength(2);
    page.socket.says(refusal(id, "rate_limited", { final: false, retry_after_ms: 30_000 }));
    await fresh().clock.pass(60_000);
    expect(page.socket.of("add")).toHaveLength(2);
    expect(of(page, "done")).toEqual([{ kind: "done", act: 1, conversation: GROUP, code: "rate_limited" }]);
  });

  test("names what is to be done: adding, taking out, renaming", async () => {
    const page = await talking();
    await page.does({ kind: "add", act: 1, conversation: GROUP, users: [5] });
    await page.does({ kind: "remove", act: 2, conversation: GROUP, user: 4 });
    await page.does({ kind: "rename", act: 3, conversation: GROUP, title: "Other" });
    expect(page.socket.of("add")).toMatchObject([{ conversation: GROUP, users: [5] }]);
    expect(page.socket.of("remove")).toMatchObject([{ conversation: GROUP, user: 4 }]);
    expect(page.socket.of("rename")).toMatchObject([{ conversation: GROUP, title: "Other" }]);
    page.socket.says(acked(page.socket.of("remove")[0]!.id, GROUP));
    await settled();
    expect(of(page, "done")).toEqual([{ kind: "done", act: 2, conversation: GROUP }]);
    expect(page.windows).toHaveLength(1);
  });

  test("leaving closes the window", async () => {
    const page = await talking();
    await page.does({ kind: "remove", act: 1, conversation: GROUP, user: 2 });
    page.socket.says(acked(page.socket.of("remove")[0]!.id, GROUP));
    await settled();
    expect(page.windows).toEqual([]);
    expect(page.socket.of("dock")).toMatchObject([{ conversation: GROUP, state: "closed" }]);
  });

  test("needs the line at once, and a server that takes it: nothing is sent later", async () => {
    const page = await talking({ ...dock(), features: [] });
    await page.does(make);
    page.socket.drops(1006);
    await page.does({ ...make, act: 2 });
    await fresh().clock.pass(1_000);
    const socket = await page.online(dock());
    expect(socket.of("make")).toEqual([]);
    expect(of(page, "done")).toMatchObject([{ act: 1, code: "no_connection" }, { act: 2, code: "no_connection" }]);
  });

  test("has no answer any more when the login ends", async () => {
    const page = await talking(dock());
    await page.does(make);
    page.socket.drops(4410);
    await settled();
    expect(of(page, "done")).toMatchObject([{ act: 1, code: "no_connection" }]);
  });
});

describe("a new message in a group", () => {
  test("is said with its author's name; not one by somebody whom the user has blocked", async () => {
    const page = await talking({ blocked: [9] });
    page.socket.says(roster(person(3, "Bruno")));
    await says(page, message(1, { text: "hello" }));
    await says(page, message(2, { sender: 9, mentions: [2] }));
    expect(of(page, "arrived")).toMatchObject([{ conversation: GROUP, sender: 3, from: "Bruno", text: "hello" }]);
    page.socket.says({ type: "blocked", users: [3] });
    await says(page, message(3));
    expect(of(page, "arrived")).toHaveLength(1);
    expect(page.last("blocked")).toEqual({ kind: "blocked", users: [3] });
  });

  test("by somebody who is not known yet is said with their name, and not where it is deleted meanwhile", async () => {
    const page = await talking();
    await says(page, message(1, { text: "hello" }));
    await says(page, message(2, { text: "a mistake" }));
    expect(of(page, "arrived")).toEqual([]);
    await members(page, member(3, "Bruno"));
    await says(page, message(2, { rev: 3, text: null, deleted: "author" }));
    await fresh().clock.pass(NAMES_REST_MS);
    expect(of(page, "arrived")).toMatchObject([{ conversation: GROUP, from: "Bruno", text: "hello" }]);
  });

  test("that tells what happened is not said, and does not take back what was", async () => {
    const page = await talking();
    page.socket.says(roster(person(3, "Bruno")));
    await says(page, message(1));
    await says(page, system(2, { kind: "left" }));
    expect(of(page, "arrived")).toHaveLength(1);
    expect(of(page, "retracted")).toEqual([]);
  });

  test("counts in the page's title, as one person's does", async () => {
    const page = await talking(dock(group({ state: "minimised", unread: 2, mentions: 1 }), window({ unread: 1 })));
    expect(page.dock?.unread).toBe(3);
  });
});

test("nothing of people, rooms and blocks stays in a pause, and it comes again afterwards", async () => {
  const page = await talking({ blocked: [9] });
  page.socket.says(roster(person(3, "Bruno")));
  await says(page, message(1));
  await page.does({ kind: "rooms" });
  const rooms = [{ conversation: "r-c7", circle: "c7", title: "Algebra", writing: "yes" as const }];
  page.socket.says({ type: "rooms", request: page.socket.of("rooms")[0]!.request, rooms, next: null });
  await fresh().clock.pass(1_000);
  const before = page.updates.length;
  page.socket.drops(4011);
  await fresh().clock.pass(1_000);
  const since = page.updates.slice(before);
  expect(since.map(({ kind }) => kind)).toContain("emptied");
  expect(JSON.stringify(since)).not.toMatch(/Bruno|Algebra/);
  expect([page.last("rooms")?.rooms, page.last("courses")?.courses, page.last("blocked")?.users]).toEqual([[], [], []]);
  expect(JSON.stringify((await fresh().page()).updates)).not.toMatch(/Bruno|Algebra|\[9\]/);
  const socket = await page.online({ ...dock(group({ seq: 1, rev: 1 })), blocked: [9] });
  expect(page.last("blocked")?.users).toEqual([9]);
  expect(page.last("courses")?.courses).toHaveLength(1);
  expect(socket.of("rooms")).toHaveLength(1);
});

test("the courses for a group are told once each, where the server has groups", async () => {
  const circles = [
    { id: "c7/g1", role: "student" as const, title: "Algebra: G1" },
    { id: "c7", role: "student" as const, title: "Algebra" },
    { id: "c9/-", role: "student" as const, title: "History" },
  ];
  const page = await talking({ circles });
  expect(page.last("courses")?.courses).toEqual([{ circle: "c7", title: "Algebra" }, { circle: "c9", title: "History" }]);
  page.socket.says({ type: "circles", circles: [] });
  await settled();
  expect(page.last("courses")?.courses).toEqual([]);
  const other = await talking({ circles, features: [] });
  expect(other.last("courses")?.courses).toEqual([]);
});

test("whom the user has blocked is painted from the copy", async () => {
  const page = await talking({ blocked: [9] });
  await fresh().clock.pass(1_000);
  page.end();
  expect((await fresh().page()).last("blocked")?.users).toEqual([9]);
});
