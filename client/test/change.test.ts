/** What the port carries of a conversation: what has changed, however long the conversation is. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changeBetween, changed, listedBetween, withListed } from "../src/core/change.js";
import type { ConversationView, EntryView, MessageView, Update } from "../src/view.js";
import { type Browser, changesOf, eachInFreshBrowser, emptyHistory, live, message, window, withWindow } from "./browser.js";
import { settled } from "./stage.js";

let browser: Browser;
eachInFreshBrowser((fresh) => {
  browser = fresh;
});

const size = (updates: readonly Update[]): number => JSON.stringify(updates).length;
const talks = (updates: readonly Update[]): Update[] => updates.filter(({ kind }) => kind === "conversation" || kind === "changed");

describe("a change", () => {
  test("applied to what was told gives what is", () => {
    const text = fc.constantFrom("a", "b");
    const views = fc
      .record({ first: fc.nat(20), count: fc.nat(6), texts: fc.array(text, { minLength: 30, maxLength: 30 }), pending: fc.uniqueArray(fc.nat(5)), readSeq: fc.nat(20), late: fc.boolean() })
      .map(({ first, count, texts, pending, readSeq, late }): ConversationView => ({
        conversation: "2-3",
        messages: [
          ...Array.from({ length: count }, (_, at): MessageView => {
            const seq = first + at + 1;
            return { key: seq % 2 === 0 ? `id ${seq % 6}` : `seq:${seq}`, seq, sender: seq % 2 === 0 ? 2 : 3, mine: seq % 2 === 0, text: texts[seq] ?? "a", sentAt: seq };
          }),
          ...pending
            .sort((one, other) => one - other)
            .filter((id) => !Array.from({ length: count }, (_, at) => first + at + 1).some((seq) => seq % 2 === 0 && seq % 6 === id))
            .map((id): MessageView => ({ key: `id ${id}`, seq: 0, sender: 2, mine: true, text: "p", sentAt: 0, delivery: "sending" })),
        ],
        older: first > 0,
        loading: false,
        late,
        readSeq,
        seenSeq: 0,
      }));
    // As in the core, neither the first message nor the last ever goes back.
    const onward = (one: ConversationView, other: ConversationView): boolean => {
      const ends = ({ messages }: ConversationView): number[] => [messages[0]?.seq ?? 0, messages.findLast(({ seq }) => seq > 0)?.seq ?? 0];
      const [a, b] = [ends(one), ends(other)];
      return b[0]! >= a[0]! && b[1]! >= a[1]!;
    };
    fc.assert(
      fc.property(views, views, (one, other) => {
        fc.pre(onward(one, other));
        const change = changeBetween(one, other);
        expect(change === null ? one : changed(one, change)).toEqual(other);
      }),
    );
  });
});

describe("a change of the list", () => {
  const made = new Map<string, EntryView>();
  const entry = (other: number, unread: number): EntryView => {
    const key = `${other} ${unread}`;
    const known = made.get(key) ?? { conversation: `2-${other}`, kind: "direct", title: key, writing: "yes", unread, mentions: 0 };
    made.set(key, known);
    return known;
  };
  const lists = fc
    .uniqueArray(fc.tuple(fc.integer({ min: 3, max: 14 }), fc.nat(1)), { selector: ([other]) => other })
    .map((all) => all.map(([other, unread]) => entry(other, unread)));

  test("applied to what was told gives what is", () => {
    fc.assert(
      fc.property(lists, lists, (one, other) => {
        expect(withListed(one, listedBetween(one, other))).toEqual(other);
        expect(listedBetween(other, other)).toEqual({ put: [], gone: [] });
      }),
    );
  });

  test("names one entry where one has moved, up or down, however many there are", () => {
    const many = Array.from({ length: 5_000 }, (_, at) => entry(at + 3, 0));
    const up = [many[4_000]!, ...many.filter((_, at) => at !== 4_000)];
    expect(listedBetween(many, up).put).toEqual([{ entry: many[4_000], before: "2-3" }]);
    expect(listedBetween(up, many).put).toEqual([{ entry: many[4_000], before: many[4_001]!.conversation }]);
  });
});

describe("the port", () => {
  const held = async (count: number, text = "x".repeat(1_000)) => {
    const page = await browser.page();
    const socket = await page.online({ dock: { version: 1, windows: [window({ seq: count, rev: count })] } });
    const { request } = socket.of("history")[0]!;
    const messages = Array.from({ length: count }, (_, at) => message(at + 1, { text }));
    socket.says({ type: "history", request, conversation: "2-3", first_seq: 1, seq: count, rev: count, messages, more: false });
    await settled();
    page.updates.length = 0;
    return { page, socket };
  };

  test("carries one message for one that comes, and one for one that is sent", async () => {
    const { page, socket } = await held(50);
    socket.says(live(message(51, { text: "hello" })));
    await settled();
    expect(talks(page.updates)).toMatchObject([{ kind: "changed", change: { put: [{ seq: 51 }], from: 2 } }]);
    await page.does({ kind: "seen", conversation: "2-3", seq: 51 });
    await page.does({ kind: "send", conversation: "2-3", text: "there" });
    const id = socket.of("send")[0]!.client_message_id;
    socket.says({ type: "ack", id, conversation: "2-3", seq: 52, rev: 52, sent_at: 5 });
    socket.says(live(message(52, { sender: 2, client_message_id: id, text: "there" })));
    socket.says({ type: "read", conversation: "2-3", user: 3, seq: 52 });
    await settled();
    expect(talks(page.updates).every(({ kind }) => kind === "changed")).toBe(true);
    expect(talks(page.updates).every((update) => update.kind === "changed" && (update.change.put ?? []).length <= 1)).toBe(true);
    // All that these six frames and commands made the core tell: of the fifty long messages, none.
    expect(size(page.updates)).toBeLessThan(3_000);
    expect(page.updates.some(({ kind }) => kind === "dock")).toBe(false);
  });

  test("carries nothing of a conversation for a draft, nor of other windows", async () => {
    const page = await browser.page();
    const others = [4, 5, 6].map((id) => window({ conversation: `2-${id}`, contact: { ...window().contact, id } }));
    await page.online({ dock: { version: 1, windows: [window(), ...others] } });
    emptyHistory(page.socket);
    await settled();
    page.updates.length = 0;
    for (const text of ["h", "ha", "hal", "half"]) await page.does({ kind: "draft", conversation: "2-3", text });
    await browser.clock.pass(1_000);
    expect(page.updates).toMatchObject([{ kind: "windows", windows: [{ conversation: "2-3", draft: "half" }] }]);
  });

  test("carries what is asked for of long ago once, and the core keeps none of it", async () => {
    const { page, socket } = await held(50);
    await page.does({ kind: "page", conversation: "2-3", asked: "before", seq: 31, request: 7 });
    const { request, before, limit } = socket.of("history").at(-1)!;
    expect([before, limit]).toEqual([31, 50]);
    const messages = Array.from({ length: 30 }, (_, at) => message(at + 1));
    socket.says({ type: "history", request, conversation: "2-3", first_seq: 1, seq: 50, rev: 50, messages, more: false });
    await settled();
    expect(page.updates).toMatchObject([{ kind: "page", page: { request: 7, more: false, messages: { length: 30 } } }]);
    page.updates.length = 0;
    socket.says(live(message(51)));
    await settled();
    expect(talks(page.updates)).toMatchObject([{ kind: "changed", change: { put: [{ seq: 51 }] } }]);
  });

  test("says when a page of history does not come: late, or without a line", async () => {
    const { page, socket } = await held(50);
    await page.does({ kind: "page", conversation: "2-3", asked: "before", seq: 31, request: 1 });
    await browser.clock.pass(10_000);
    expect(page.last("page")?.page).toMatchObject({ request: 1, messages: null });
    socket.drops(1006);
    await settled();
    await page.does({ kind: "page", conversation: "2-3", asked: "before", seq: 31, request: 2 });
    expect(page.last("page")?.page).toMatchObject({ request: 2, messages: null });
  });

  test("says that all is void when the copy was no part of the truth, and what was asked before is not answered", async () => {
    const { page, socket } = await held(3);
    await page.does({ kind: "page", conversation: "2-3", asked: "before", seq: 1, request: 1 });
    const asked = socket.of("history").at(-1)!;
    socket.says({ type: "changes", ...changesOf(0, [message(1, { rev: 2_000, text: null }), message(2), message(3)], { reset: true }) });
    socket.says({ type: "history", request: asked.request, conversation: "2-3", first_seq: 1, seq: 3, rev: 3, messages: [message(1)], more: false });
    await settled();
    expect(page.last("page")).toBeUndefined();
    expect(talks(page.updates).map(({ kind }) => kind)[0]).toBe("conversation");
    expect(page.shown).toEqual(["∅ theirs", "m2 theirs", "m3 theirs"]);
  });

  test("says nothing of what did not change", async () => {
    const { page, socket } = await held(3);
    socket.says({ type: "presence", user: 3, status: "online" });
    socket.says({ type: "read", conversation: "2-3", user: 3, seq: 0 });
    socket.says({ type: "dock", version: 2, windows: [window({ seq: 3, rev: 3 })] });
    await settled();
    expect(page.updates).toEqual([]);
  });
});

test("the core holds nothing of windows that were closed", async () => {
  const page = await browser.page();
  const socket = await page.online(withWindow);
  emptyHistory(socket);
  await settled();
  for (let id = 10; id < 40; id += 1) {
    const conversation = `2-${id}`;
    const contact = { ...window().contact, id };
    socket.says({ type: "dock", version: id, windows: [window(), window({ conversation, contact })] });
    socket.says(live(message(1, { sender: id }), conversation));
    emptyHistory(socket);
    socket.says({ type: "dock", version: id, windows: [window()] });
  }
  await settled();
  socket.drops(1006);
  await browser.clock.pass(1_000);
  const next = await page.online(withWindow);
  expect(next.of("hello")[0]?.cursor?.conversations.map(({ conversation }) => conversation)).toEqual(["2-3"]);
});
