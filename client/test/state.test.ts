import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message, RosterContact, Server } from "../src/net/protocol.js";
import { defaultLimits } from "../src/net/protocol.js";
import { presentConversation, presentDock } from "../src/core/present.js";
import type { Known } from "../src/core/present.js";
import { foldRosters, withDiff, withSnapshot } from "../src/core/roster.js";
import type { Rosters } from "../src/core/roster.js";
import { applyFrame, applyPage, cursorOf, emptyState, rostersOf, talkOf, withoutStaleTyping, withRead, withTalksOf } from "../src/core/state.js";
import type { State } from "../src/core/state.js";
import { HELD_MESSAGES } from "../src/core/talk.js";
import { changesOf, shownOf, window } from "./browser.js";

const compare = new Intl.Collator("en").compare;

const message = (seq: number, sender = 3, text = `m${seq}`): Message => ({
  seq,
  rev: seq,
  sender,
  client_message_id: `id-${seq}`,
  text,
  sent_at: seq * 1000,
});
const live = (seq: number, sender = 3): Server<"changes"> => span(seq - 1, [message(seq, sender)]);
/** As `welcome` has them. */
const resumed = (...given: Parameters<typeof changesOf>): Server<"welcome">["changes"] => [changesOf(...given)];
/** The changes after `from`, up to the highest rev among the messages. */
const span = (from: number, messages: Message[], over: Partial<Server<"changes">> = {}): Server<"changes"> => ({
  type: "changes",
  ...changesOf(from, messages),
  ...over,
});
const welcome = (over: Partial<Server<"welcome">> = {}): Server<"welcome"> => ({
  type: "welcome",
  protocol: 1,
  epoch: "e1",
  boot: "b1",
  server_time: 0,
  lease_ends: 0,
  user: { id: 2, name: "Ana", picture: null, profile_url: null, hidden: false },
  circles: [{ id: "c7", role: "student", title: "Algebra" }],
  dock: { version: 1, windows: [window()] },
  features: ["edit", "delete", "reply"],
  changes: [],
  limits: defaultLimits,
  ...over,
});
const contact = (id: number, name: string, role: "teacher" | "student" = "student"): RosterContact => ({
  id,
  name,
  picture: null,
  profile_url: null,
  role,
});
const known = (state: State, over: Partial<Known> = {}): Known => ({
  state,
  pending: [],
  drafts: new Map(),
  wanted: new Map(),
  loading: new Set(), late: new Set(),
  now: 0,
  skew: 0,
  ...over,
});
const page = (messages: Message[], head = messages.at(-1)?.seq ?? 0) => ({ firstSeq: 1, seq: head, rev: head, messages });
/** Messages 1 … n held. */
const holding = (n: number): State =>
  applyPage(
    applyFrame(emptyState(2), welcome(), 0).state,
    "2-3",
    page(Array.from({ length: n }, (_, index) => message(index + 1))),
  ).state;
const seqs = (state: State): number[] => talkOf(state, "2-3").messages.map(({ seq }) => seq);

describe("messages", () => {
  test("the next one is applied, a repeated one is dropped", () => {
    let state = applyFrame(holding(1), live(2), 0).state;
    state = applyFrame(state, live(2), 0).state;
    state = applyFrame(state, live(1), 0).state;
    expect(seqs(state)).toEqual([1, 2]);
  });

  test("a span that begins above what is held asks for what lies between", () => {
    const step = applyFrame(holding(2), live(5), 0);
    expect(step.asks).toEqual([{ kind: "changes", conversation: "2-3" }]);
    expect(seqs(step.state)).toEqual([1, 2]);
    const filled = applyFrame(step.state, span(2, [message(3), message(4)], { request: 1 }), 0);
    expect(seqs(filled.state)).toEqual([1, 2, 3, 4, 5]);
    expect(filled.asks).toEqual([]);
  });

  test("an answer that does not reach the head asks for the next, one that brings nothing ends the asking", () => {
    const step = applyFrame(holding(2), span(2, [message(3)], { request: 1, more: true }), 0);
    expect(step.asks).toEqual([{ kind: "changes", conversation: "2-3" }]);
    const waiting = applyFrame(step.state, live(9), 0).state;
    expect(applyFrame(waiting, span(3, [], { request: 2 }), 0).asks).toEqual([]);
  });

  test("that come before the first page are laid over it", () => {
    let state = applyFrame(emptyState(2), welcome(), 0).state;
    state = applyFrame(state, live(3), 0).state;
    state = applyFrame(state, span(3, [{ ...message(1), rev: 4, text: "edited", edited_at: 9 }]), 0).state;
    const step = applyPage(state, "2-3", page([message(1), message(2)]));
    expect(seqs(step.state)).toEqual([1, 2, 3]);
    expect(talkOf(step.state, "2-3")).toMatchObject({ rev: 4, messages: [{ text: "edited" }, {}, {}] });
    expect(step.asks).toEqual([]);
  });

  test("far above the first page make it ask for what lies between", () => {
    let state = applyFrame(emptyState(2), welcome(), 0).state;
    state = applyFrame(state, live(5), 0).state;
    const step = applyPage(state, "2-3", page([message(1), message(2)]));
    expect(seqs(step.state)).toEqual([1, 2]);
    expect(step.asks).toEqual([{ kind: "changes", conversation: "2-3" }]);
  });

  test("are replaced by higher revs of themselves only", () => {
    const edited: Message = { ...message(1), rev: 4, text: "second", edited_at: 9 };
    const state = applyFrame(holding(3), span(3, [edited]), 0).state;
    expect(talkOf(state, "2-3").messages[0]).toEqual(edited);
    // A later page was read before the edit.
    const paged = applyPage(state, "2-3", page([message(1), message(2), message(3)]));
    expect(talkOf(paged.state, "2-3")).toMatchObject({ rev: 4, messages: [{ text: "second" }, {}, {}] });
  });

  test("one that was changed after it came is waited for with its last change", () => {
    const step = applyFrame(holding(1), span(1, [message(3)], { more: true, request: 1 }), 0);
    expect(seqs(step.state)).toEqual([1]);
    const last = applyFrame(step.state, span(3, [{ ...message(2), rev: 4, edited_at: 9 }], { request: 2 }), 0);
    expect(seqs(last.state)).toEqual([1, 2, 3]);
    expect(last.arrived.map(({ message: { seq } }) => seq)).toEqual([2, 3]);
  });

  test("that are missing are not given up by an answer from before them", () => {
    const edited: Message = { ...message(2), rev: 4, edited_at: 9 };
    let state = applyFrame(holding(1), span(1, [message(3)]), 0).state;
    // It was read before 3 was there.
    const late = applyFrame(state, span(1, [], { request: 1 }), 0);
    expect([seqs(late.state), late.asks]).toEqual([[1], [{ kind: "changes", conversation: "2-3" }]]);
    state = applyFrame(late.state, span(3, [edited], { request: 2 }), 0).state;
    expect(seqs(state)).toEqual([1, 2, 3]);
  });

  test("that the server does not keep any more leave no hole", () => {
    const step = applyFrame(holding(1), span(1, [message(7), message(8)], { first_seq: 7, request: 1 }), 0);
    expect(seqs(step.state)).toEqual([7, 8]);
    expect(talkOf(step.state, "2-3").rev).toBe(8);
  });

  test("an empty span tells only where the head is", () => {
    expect(applyFrame(holding(2), span(2, []), 0).asks).toEqual([]);
    expect(applyFrame(holding(2), span(5, []), 0).asks).toEqual([{ kind: "changes", conversation: "2-3" }]);
  });

  test("of conversations of unknown kinds are passed over", () => {
    const state = holding(1);
    expect(applyFrame(state, span(0, [message(1)], { conversation: "g.7" }), 0).state).toBe(state);
  });

  test("are held as the newest fifty, whatever came", () => {
    let state = holding(3);
    for (let seq = 4; seq <= 3 * HELD_MESSAGES; seq += 1) state = applyFrame(state, live(seq), 0).state;
    const last = 3 * HELD_MESSAGES;
    expect(seqs(state)).toEqual(Array.from({ length: HELD_MESSAGES }, (_, at) => last - HELD_MESSAGES + at + 1));
    const pages = Array.from({ length: 100 }, (_, at) => message(last + at + 1));
    const step = applyFrame(state, span(last, pages, { request: 1 }), 0);
    expect(seqs(step.state)).toHaveLength(HELD_MESSAGES);
    // Who must hear of them hears of all.
    expect(step.arrived).toHaveLength(100);
    expect(presentConversation(known(step.state), "2-3").older).toBe(true);
  });

  test("of closed windows are let go", () => {
    const state = holding(3);
    expect(withTalksOf(state, new Set(["2-3"]))).toBe(state);
    expect(withTalksOf(state, new Set()).talks.size).toBe(0);
  });

  test("of the user's own say when they are sent and when they are seen", () => {
    let state = applyFrame(holding(1), live(2, 2), 0).state;
    const shown = () => shownOf(presentConversation(known(state), "2-3"));
    expect(shown()).toEqual(["m1 theirs", "m2 sent"]);
    state = applyFrame(state, { type: "read", conversation: "2-3", user: 3, seq: 2 }, 0).state;
    expect(shown()).toEqual(["m1 theirs", "m2 seen"]);
  });

  test("of others never take the place of one's own with the same id", () => {
    const state = applyFrame(holding(0), span(0, [{ ...message(1), client_message_id: "mine" }]), 0).state;
    const pending = [{ kind: "send" as const, id: "mine", conversation: "2-3", text: "x", writtenAt: 5, failure: null }];
    expect(presentConversation(known(state, { pending }), "2-3").messages.map(({ seq }) => seq)).toEqual([1, 0]);
  });

  test("that are committed replace the pending ones with the same id", () => {
    const state = applyFrame(holding(1), live(2, 2), 0).state;
    const pending = ["id-2", "id-later"].map((id) => ({ kind: "send" as const, id, conversation: "2-3", text: "x", writtenAt: 5, failure: null }));
    const view = presentConversation(known(state, { pending }), "2-3");
    expect(view.messages.map(({ key, seq }) => [key, seq])).toEqual([["seq:1", 1], ["id-2", 2], ["id-later", 0]]);
  });

  test("of others are announced when live, never from history", () => {
    expect(applyFrame(holding(1), live(2), 0).arrived).toHaveLength(1);
    expect(applyFrame(holding(1), live(2, 2), 0).arrived).toHaveLength(0);
    expect(applyFrame(holding(1), span(1, [message(2)], { request: 1 }), 0).arrived).toHaveLength(1);
    const fresh = applyFrame(emptyState(2), welcome(), 0).state;
    expect(applyPage(fresh, "2-3", page([message(2)])).arrived).toHaveLength(0);
  });
});

describe("welcome", () => {
  test("continues from the copy with what its changes bring", () => {
    const changes = resumed(2, [message(3)], { more: true });
    const step = applyFrame(holding(2), welcome({ changes }), 0);
    expect(seqs(step.state)).toEqual([1, 2, 3]);
    expect(step.asks).toEqual([{ kind: "changes", conversation: "2-3" }]);
  });

  test("asks for what had no room", () => {
    const changes = resumed(2, [], { more: true });
    const step = applyFrame(holding(2), welcome({ changes }), 0);
    expect(step.asks).toEqual([{ kind: "changes", conversation: "2-3" }]);
    expect(step.dropped).toEqual([]);
    expect(seqs(step.state)).toEqual([1, 2]);
    // Until the answer is here the copy ends where it ended: another lost connection asks from there.
    expect(cursorOf(step.state, 100)?.conversations).toEqual([{ conversation: "2-3", rev: 2, seq: 2 }]);
  });

  test("resets what is no part of the truth", () => {
    const changes = resumed(0, [message(5), message(6)], { rev: 9, first_seq: 5, reset: true });
    const step = applyFrame(holding(9), welcome({ changes }), 0);
    expect(seqs(step.state)).toEqual([5, 6]);
    expect(step.dropped).toEqual(["2-3"]);
    expect(cursorOf(step.state, 100)).toEqual({ epoch: "e1", conversations: [{ conversation: "2-3", rev: 9, seq: 6 }] });
    const empty = resumed(0, [], { rev: 9, reset: true, more: true });
    const asked = applyFrame(holding(9), welcome({ changes: empty }), 0);
    expect(seqs(asked.state)).toEqual([]);
    expect(asked.dropped).toEqual(["2-3"]);
    expect(asked.asks).toEqual([{ kind: "first" }]);
    expect(cursorOf(asked.state, 100)?.conversations).toEqual([]);
  });

  test("of another epoch drops every copy of messages", () => {
    const { state } = applyFrame(holding(2), welcome({ epoch: "e2" }), 0);
    expect(seqs(state)).toEqual([]);
    expect(cursorOf(state, 100)?.conversations).toEqual([]);
  });

  test("names of very many rosters as many as a frame can take beside the rest, however long their ids are", () => {
    const named = (id: (n: number) => string): string => {
      const circles = Array.from({ length: 1_000 }, (_, n) => ({ id: id(n), role: "student" as const, title: "" }));
      let state = applyFrame(emptyState(2), welcome({ circles }), 0).state;
      for (const circle of circles) {
        state = applyFrame(state, { type: "roster", circle: circle.id, version: 4, total: 0, contacts: [] }, 0).state;
      }
      return JSON.stringify(rostersOf(state)?.versions);
    };
    for (const id of [(n: number) => `c${n}`, (n: number) => `${"c".repeat(64)}/${String(n).padStart(64, "g")}`]) {
      const { length } = named(id);
      expect(length).toBeGreaterThan(9_800);
      expect(length).toBeLessThanOrEqual(10_001);
    }
  });

  test("of another boot keeps rosters on show and names no version of theirs", () => {
    let state = applyFrame(emptyState(2), welcome(), 0).state;
    state = applyFrame(state, { type: "roster", circle: "c7", version: 4, total: 1, contacts: [contact(3, "Bruno")] }, 0).state;
    expect(rostersOf(state)).toEqual({ boot: "b1", versions: [{ circle: "c7", version: 4 }] });
    state = applyFrame(state, welcome({ boot: "b2" }), 0).state;
    expect(rostersOf(state)).toBeUndefined();
    expect(foldRosters(state.circles, state.rosters, 2, compare).people).toHaveLength(1);
    const step = applyFrame(state, { type: "roster_diff", circle: "c7", from: 4, version: 5, total: 0, joined: [], left: [3] }, 0);
    expect(step.asks).toEqual([{ kind: "roster", circle: "c7" }]);
  });
});

describe("rosters", () => {
  const snapshot = (version: number, contacts: RosterContact[]): Server<"roster"> => ({
    type: "roster",
    circle: "c7",
    version,
    total: contacts.length,
    contacts,
  });

  test("a snapshot plus diffs equals a fresh snapshot", () => {
    const people = fc.uniqueArray(
      fc.record({ id: fc.integer({ min: 1, max: 12 }), name: fc.string(), role: fc.constantFrom("teacher" as const, "student" as const) }),
      { selector: ({ id }) => id },
    );
    fc.assert(
      fc.property(fc.array(people, { minLength: 1 }), (stages) => {
        const sorted = stages.map((stage) => stage.map(({ id, name, role }) => contact(id, name, role)));
        let rosters: Rosters = withSnapshot(new Map(), snapshot(0, sorted[0]!));
        sorted.forEach((stage, version) => {
          if (version === 0) return;
          const before = sorted[version - 1]!;
          const joined = stage.filter((now) => !before.some((then) => JSON.stringify(then) === JSON.stringify(now)));
          const left = before.filter((then) => !stage.some((now) => now.id === then.id)).map(({ id }) => id);
          const diff = { type: "roster_diff" as const, circle: "c7", from: version - 1, version, total: stage.length, joined, left };
          const step = withDiff(rosters, diff);
          expect(step.ask).toBe(false);
          // Once more: nothing changes, nothing is asked.
          expect(withDiff(step.rosters, diff)).toEqual({ rosters: step.rosters, ask: false });
          rosters = step.rosters;
        });
        const fresh = withSnapshot(new Map(), snapshot(sorted.length - 1, sorted.at(-1)!));
        const circles = [{ id: "c7", role: "student" as const, title: "Algebra" }];
        expect(foldRosters(circles, rosters, 2, compare)).toEqual(foldRosters(circles, fresh, 2, compare));
      }),
    );
  });

  test("fold over circles: a teacher anywhere is one, oneself is left out, teachers come first", () => {
    const circles = [
      { id: "c7", role: "student" as const, title: "Algebra" },
      { id: "c9", role: "student" as const, title: "History" },
    ];
    let rosters = withSnapshot(new Map(), snapshot(1, [contact(2, "Me"), contact(3, "bruno"), contact(4, "Ágata")]));
    expect(foldRosters(circles, rosters, 2, compare).known).toBe(false);
    rosters = withSnapshot(rosters, {
      ...snapshot(1, [contact(5, "Zoë", "teacher"), contact(3, "bruno", "teacher")]),
      circle: "c9",
      total: 7,
    });
    const view = foldRosters(circles, rosters, 2, compare);
    expect(view.people.map(({ name, role }) => `${name} ${role}`)).toEqual(["bruno teacher", "Zoë teacher", "Ágata student"]);
    expect(view.people[0]?.circles).toEqual(["Algebra", "History"]);
    expect(view.people.map(({ shares }) => shares)).toEqual([["c7", "c9"], ["c9"], ["c7"]]);
    expect(view).toMatchObject({ known: true, more: true });
  });

  test("of circles that ended are forgotten", () => {
    let state = applyFrame(emptyState(2), welcome(), 0).state;
    state = applyFrame(state, snapshot(1, [contact(3, "Bruno")]), 0).state;
    state = applyFrame(state, { type: "circles", circles: [] }, 0).state;
    expect(state.rosters.size).toBe(0);
    expect(applyFrame(state, snapshot(2, []), 0).state.rosters.size).toBe(0);
  });
});

describe("the dock", () => {
  test("counts unread once, whether the dock or the message tells it first", () => {
    const base = applyFrame(emptyState(2), welcome({ dock: { version: 1, windows: [] } }), 0).state;
    const told = { type: "dock" as const, version: 2, windows: [window({ state: "minimised", seq: 1, rev: 1, unread: 1 })] };
    const one = applyFrame(applyFrame(base, told, 0).state, live(1), 0).state;
    const other = applyFrame(applyFrame(base, live(1), 0).state, { ...told, windows: [window({ state: "minimised" })] }, 0).state;
    expect(presentDock(known(one)).unread).toBe(1);
    expect(presentDock(known(other)).unread).toBe(1);
    expect(presentDock(known(applyFrame(one, live(2), 0).state)).unread).toBe(2);
  });

  test("counts less for what becomes a stub above the read mark, once, and nothing for edits", () => {
    const stub = (seq: number, rev: number): Message => ({ ...message(seq), rev, text: null, deleted: "author" });
    let state = applyFrame(applyFrame(holding(1), live(2), 0).state, live(3), 0).state;
    const unread = (): number => presentDock(known(state)).unread;
    expect(unread()).toBe(3);
    state = applyFrame(state, span(3, [{ ...message(2), rev: 4, text: "edited", edited_at: 9 }]), 0).state;
    expect(unread()).toBe(3);
    state = applyFrame(state, span(4, [stub(3, 5)]), 0).state;
    expect(unread()).toBe(2);
    // Erased besides: it was a stub already.
    state = applyFrame(state, span(5, [{ ...stub(3, 6), client_message_id: null }]), 0).state;
    expect(unread()).toBe(2);
    // A dock that was sent before all of it, and one after.
    const before = applyFrame(state, { type: "dock", version: 2, windows: [window({ seq: 3, rev: 3, unread: 3 })] }, 0).state;
    expect(presentDock(known(before)).unread).toBe(2);
    const after = applyFrame(state, { type: "dock", version: 2, windows: [window({ seq: 3, rev: 6, unread: 2 })] }, 0).state;
    expect(presentDock(known(after)).unread).toBe(2);
    // One's own mark, and what was read already.
    expect(presentDock(known(withRead(state, "2-3", 2, 2))).unread).toBe(0);
  });

  test("has counted what its welcome tells the changes of", () => {
    const held = applyFrame(applyFrame(holding(1), live(2), 0).state, live(3), 0).state;
    const stub: Message = { ...message(2), rev: 4, text: null, deleted: "author" };
    const dock = { version: 2, windows: [window({ seq: 4, rev: 5, read_seq: 1, unread: 2 })] };
    const { state } = applyFrame(held, welcome({ dock, changes: resumed(3, [stub, { ...message(4), rev: 5 }]) }), 0);
    expect(presentDock(known(state)).unread).toBe(2);
  });

  test("counts for a minimised window of which no message is held", () => {
    const minimised = window({ state: "minimised", seq: 4, rev: 4, read_seq: 2, unread: 2 });
    let state = applyFrame(emptyState(2), welcome({ dock: { version: 1, windows: [minimised] } }), 0).state;
    const unread = (): number => presentDock(known(state)).unread;
    state = applyFrame(state, live(5), 0).state;
    state = applyFrame(state, live(5), 0).state;
    expect(unread()).toBe(3);
    state = applyFrame(state, span(5, [{ ...message(4), rev: 6, text: null, deleted: "author" }]), 0).state;
    expect(unread()).toBe(2);
    state = applyFrame(state, span(6, [{ ...message(1), rev: 7, text: null, deleted: "author" }]), 0).state;
    expect(unread()).toBe(2);
  });

  test("offers only what the server takes and this person may do", () => {
    const none = { react: false, mention: false, flag: false };
    const verbs = (over: Partial<Server<"welcome">>) => presentDock(known(applyFrame(emptyState(2), welcome(over), 0).state)).windows[0]?.verbs;
    expect(verbs({ features: ["edit", "delete", "reply"] })).toEqual({ edit: true, delete: true, reply: true, ...none });
    expect(verbs({ features: [] })).toEqual({ edit: false, delete: false, reply: false, ...none });
    expect(verbs({ limits: { ...defaultLimits, edit_seconds: 0 } })?.edit).toBe(false);
    const gone = { dock: { version: 1, windows: [window({ writing: "gone" })] } };
    expect(verbs(gone)).toEqual({ edit: false, delete: true, reply: false, ...none });
  });

  test("read marks only rise and leave what lies above them unread", () => {
    let state = applyFrame(holding(1), live(2), 0).state;
    state = applyFrame(state, live(3), 0).state;
    state = withRead(state, "2-3", 2, 2);
    expect(presentDock(known(state)).unread).toBe(1);
    expect(withRead(state, "2-3", 2, 1).windows[0]?.read_seq).toBe(2);
    expect(presentDock(known(withRead(state, "2-3", 2, 3))).unread).toBe(0);
  });

  test("shows what the person did before the server says so", () => {
    const state = applyFrame(emptyState(2), welcome(), 0).state;
    const wanted = new Map([
      ["2-3", { state: "closed" as const, contact: null }],
      ["2-9", { state: "open" as const, contact: window().contact }],
    ]);
    expect(presentDock(known(state, { wanted })).windows.map((shown) => shown.conversation)).toEqual(["2-9"]);
  });

  test("typing ends after 5 s, and with the message", () => {
    const typing = { type: "typing" as const, conversation: "2-3", user: 3 };
    const state = applyFrame(holding(1), typing, 1000).state;
    expect(presentDock(known(state, { now: 5999 })).windows[0]?.typing).toEqual([3]);
    expect(presentDock(known(state, { now: 6000 })).windows[0]?.typing).toEqual([]);
    expect(withoutStaleTyping(state, 6000).typing.size).toBe(0);
    expect(applyFrame(state, live(2), 1001).state.typing.size).toBe(0);
  });

  test("presence changes the window's contact", () => {
    const state = applyFrame(holding(1), { type: "presence", user: 3, status: "offline" }, 0).state;
    expect(presentDock(known(state)).windows[0]?.contact?.status).toBe("offline");
  });
});
