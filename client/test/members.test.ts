/** Who the people of a group are: the names of those who are named there, and who is in it. */
import { describe, expect, test } from "vitest";
import { NAMES_REST_MS } from "../src/core/people.js";
import { changesOf, GROUP, group, message } from "./browser.js";
import { dock, face, fresh, inFreshBrowsers, member, members, named, of, person, roster, says, system, talking } from "./groups.js";
import { settled } from "./stage.js";

inFreshBrowsers();

describe("the names in a group", () => {
  test("come from rosters before the messages that need them, and stay when their people go", async () => {
    const page = await talking();
    page.socket.says(roster(person(3, "Bruno"), person(4, "Carla")));
    await says(page, message(1, { mentions: [4] }));
    expect(page.last("people")).toEqual({ kind: "people", conversation: GROUP, people: [face(3, "Bruno"), face(4, "Carla")] });
    const kinds = page.updates.map(({ kind }) => kind);
    expect(kinds.indexOf("people")).toBeLessThan(kinds.lastIndexOf("changed"));
    page.socket.says({ type: "roster_diff", circle: "c7", from: 1, version: 2, total: 1, left: [3], joined: [person(4, "Carla Nunes")] });
    await settled();
    expect(named(page)).toEqual(["Bruno", "Carla Nunes"]);
    await fresh().clock.pass(NAMES_REST_MS);
    expect(page.socket.of("members")).toEqual([]);
  });

  test("are asked for where nobody tells them: once, together, those who are mentioned and named too", async () => {
    const page = await talking();
    page.socket.says({ type: "changes", ...changesOf(0, [
      system(1, { kind: "made", title: "Project 3", users: [2, 4] }),
      message(2, { sender: 5, mentions: [6, 2], reactions: [{ emoji: "👍", count: 1, users: [7] }] }),
    ]), conversation: GROUP });
    await settled();
    expect(page.socket.of("members")).toMatchObject([{ conversation: GROUP, users: [3, 4, 5, 6, 7] }]);
    await says(page, message(3, { sender: 8 }));
    expect(page.socket.of("members")).toHaveLength(1);
    await members(page, member(3, "Bruno"), member(4, ""), member(5, "Elsa", { gone: true }));
    expect(page.last("people")?.people).toEqual([face(3, "Bruno"), face(4, ""), face(5, "Elsa")]);
    await fresh().clock.pass(NAMES_REST_MS);
    expect(page.socket.of("members")).toMatchObject([{}, { users: [8] }]);
    await members(page);
    await fresh().clock.pass(NAMES_REST_MS);
    // Whom the server does not know is not asked for again, until there is another connection.
    expect(page.socket.of("members")).toHaveLength(2);
    page.socket.drops(1006);
    await fresh().clock.pass(1_000);
    await page.online({ ...dock(group({ seq: 3, rev: 3 })) });
    expect(page.socket.of("members")).toMatchObject([{ users: [6, 7, 8] }]);
  });

  test("of more than a hundred people come by the hundred", async () => {
    const page = await talking();
    const users = Array.from({ length: 150 }, (_, at) => at + 10);
    await says(page, system(1, { kind: "added", users }));
    expect(page.socket.of("members")[0]?.users).toHaveLength(100);
    await members(page);
    await fresh().clock.pass(NAMES_REST_MS);
    expect(page.socket.of("members")[1]?.users).toHaveLength(51);
  });

  test("who type are among them, and authors of old messages that a page shows", async () => {
    const page = await talking();
    page.socket.says(roster(person(3, "Bruno"), person(4, "Carla")));
    page.socket.says({ type: "typing", conversation: GROUP, user: 3 });
    await settled();
    expect(named(page)).toEqual(["Bruno"]);
    await page.does({ kind: "page", conversation: GROUP, asked: "before", seq: 9, request: 1 });
    const { request } = page.socket.of("history").at(-1)!;
    page.socket.says({ type: "history", request, conversation: GROUP, first_seq: 1, seq: 9, rev: 9, messages: [message(8, { sender: 4 })], more: false });
    await settled();
    expect(named(page)).toEqual(["Bruno", "Carla"]);
    const kinds = page.updates.map(({ kind }) => kind);
    expect(kinds.lastIndexOf("people")).toBeLessThan(kinds.lastIndexOf("page"));
  });

  test("are painted from the copy, and asked for again as they may be old; nothing of them stays with the window", async () => {
    const page = await talking();
    await says(page, message(1));
    await members(page, member(3, "Bruno"));
    await fresh().clock.pass(1_000);
    page.end();
    const next = await fresh().page();
    const kinds = next.updates.map(({ kind }) => kind);
    expect(named(next)).toEqual(["Bruno"]);
    expect(kinds.indexOf("people")).toBeLessThan(kinds.indexOf("conversation"));
    await next.online(dock(group({ seq: 1, rev: 1 })));
    expect(next.socket.of("members")).toMatchObject([{ users: [3] }]);
    await members(next, member(3, ""));
    expect(named(next)).toEqual([""]);
    next.socket.says({ type: "dock", version: 2, windows: [] });
    await fresh().clock.pass(1_000);
    next.end();
    const last = await fresh().page();
    expect(last.windows).toEqual([]);
    expect(of(last, "people")).toEqual([]);
  });

  test("of somebody who is erased are asked for again", async () => {
    const page = await talking();
    await says(page, message(1));
    await members(page, member(3, "Bruno"));
    await fresh().clock.pass(NAMES_REST_MS);
    await says(page, message(1, { rev: 2, text: null, client_message_id: null }));
    expect(page.socket.of("members")).toHaveLength(2);
    await members(page, member(3, ""));
    expect(named(page)).toEqual([""]);
  });

  test("are not asked of a server without groups, and the question comes again after a refusal for now", async () => {
    const page = await talking({ features: [] });
    await says(page, message(1));
    expect(page.socket.of("members")).toEqual([]);
    page.socket.drops(1006);
    await fresh().clock.pass(1_000);
    await page.online(dock(group({ seq: 1, rev: 1 })));
    const { request } = page.socket.of("members")[0]!;
    page.socket.says({ type: "error", code: "rate_limited", message: "…", final: false, request, retry_after_ms: 500 });
    await fresh().clock.pass(500 + NAMES_REST_MS);
    expect(page.socket.of("members")).toMatchObject([{ users: [3] }, { users: [3] }]);
    expect(of(page, "refused")).toEqual([]);
  });
});

describe("the members of a group", () => {
  test("are told as often as they change while somebody shows them", async () => {
    const page = await talking();
    await page.does({ kind: "members", conversation: GROUP });
    expect(page.socket.of("members")).toEqual([{ type: "members", request: expect.any(Number) as unknown, conversation: GROUP }]);
    const ana = member(2, "Ana", { role: "teacher", maker: true, status: "online", read_seq: 4 });
    await members(page, ana, member(4, "", { gone: true }));
    expect(page.last("members")).toEqual({
      kind: "members",
      conversation: GROUP,
      members: [{ ...face(2, "Ana"), status: "online", role: "teacher", maker: true, readSeq: 4 }],
    });
    const questions = () => page.socket.of("members").filter(({ users }) => users === undefined).length;
    await says(page, system(1, { kind: "added", users: [2] }, 2));
    expect(questions()).toBe(2);
    // They change again while the answer is awaited.
    await says(page, system(2, { kind: "left" }, 2));
    expect(questions()).toBe(2);
    await members(page, ana);
    expect(questions()).toBe(3);
    await members(page, ana);
    expect(questions()).toBe(3);
    // Twice shown, once over.
    await page.does({ kind: "members", conversation: GROUP });
    await members(page, ana);
    await page.does({ kind: "members", conversation: GROUP, over: true });
    await says(page, system(3, { kind: "left" }, 2));
    expect(questions()).toBe(5);
    await members(page, ana);
    await page.does({ kind: "members", conversation: GROUP, over: true });
    await says(page, system(4, { kind: "left" }, 2));
    expect(questions()).toBe(5);
  });

  test("are asked for again on the next connection", async () => {
    const page = await talking();
    await page.does({ kind: "members", conversation: GROUP });
    page.socket.drops(1006);
    await fresh().clock.pass(1_000);
    await page.online(dock(group()));
    expect(page.socket.of("members")).toHaveLength(1);
  });
});
