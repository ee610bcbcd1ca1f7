import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DockWindow, Message, RosterContact, Server } from "../src/protocol.js";
import { defaultLimits } from "../src/protocol.js";
import { presentConversation, presentDock } from "../src/present.js";
import type { Known } from "../src/present.js";
import { foldRosters, withDiff, withSnapshot } from "../src/roster.js";
import type { Rosters } from "../src/roster.js";
import { applyFrame, applyPage, cursorOf, emptyState, rostersOf, talkOf, withoutStaleTyping, withRead, withTalksOf } from "../src/state.js";
import type { State, Step } from "../src/state.js";
import { HELD_MESSAGES } from "../src/talk.js";
import { shownOf } from "./browser.js";

const compare = new Intl.Collator("en").compare;

const message = (seq: number, sender = 3, text = `m${seq}`): Message => ({
  seq,
  rev: seq,
  sender,
  client_message_id: `id-${seq}`,
  text,
  sent_at: seq * 1000,
});
const live = (seq: number, sender = 3): Server<"message"> => ({
  type: "message",
  conversation: "2-3",
  message: message(seq, sender),
});
const window = (over: Partial<DockWindow> = {}): DockWindow => ({
  conversation: "2-3",
  state: "open",
  contact: { id: 3, name: "Bruno", picture: null, profile_url: null, status: "online" },
  writing: "yes",
  first_seq: 1,
  seq: 0,
  rev: 0,
  read_seq: 0,
  other_read_seq: 0,
  unread: 0,
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
  gaps: [],
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
  ...over,
});
const page = (messages: Message[], asked: "newest" | "after", head = messages.at(-1)?.seq ?? 0) => ({
  asked,
  firstSeq: 1,
  seq: head,
  rev: head,
  messages,
});
/** Messages 1 … n held. */
const holding = (n: number): State =>
  applyPage(
    applyFrame(emptyState(2), welcome(), 0).state,
    "2-3",
    page(Array.from({ length: n }, (_, index) => message(index + 1)), "newest"),
  ).state;
const seqs = (state: State): number[] => talkOf(state, "2-3").messages.map(({ seq }) => seq);

describe("messages", () => {
  test("the next one is applied, a repeated one is dropped", () => {
    let state = applyFrame(holding(1), live(2), 0).state;
    state = applyFrame(state, live(2), 0).state;
    state = applyFrame(state, live(1), 0).state;
    expect(seqs(state)).toEqual([1, 2]);
  });

  test("a gap asks for what comes after the last applied one", () => {
    const step = applyFrame(holding(2), live(5), 0);
    expect(step.asks).toEqual([{ kind: "history", conversation: "2-3", after: 2 }]);
    expect(seqs(step.state)).toEqual([1, 2]);
    const filled = applyPage(step.state, "2-3", page([message(3), message(4), message(5)], "after"));
    expect(seqs(filled.state)).toEqual([1, 2, 3, 4, 5]);
    expect(filled.asks).toEqual([]);
  });

  test("a page that does not reach the head asks for the next", () => {
    const step = applyPage(holding(2), "2-3", page([message(3)], "after", 9));
    expect(step.asks).toEqual([{ kind: "history", conversation: "2-3", after: 3 }]);
    expect(applyPage(step.state, "2-3", page([], "after", 9)).asks).toEqual([]);
  });

  test("one that comes before the first page joins it", () => {
    let state = applyFrame(emptyState(2), welcome(), 0).state;
    state = applyFrame(state, live(3), 0).state;
    state = applyPage(state, "2-3", page([message(1), message(2)], "newest", 2)).state;
    expect(seqs(state)).toEqual([1, 2, 3]);
  });

  test("one far above the first page makes it ask for what lies between", () => {
    let state = applyFrame(emptyState(2), welcome(), 0).state;
    state = applyFrame(state, live(5), 0).state;
    const step = applyPage(state, "2-3", page([message(1), message(2)], "newest", 2));
    expect(seqs(step.state)).toEqual([1, 2]);
    expect(step.asks).toEqual([{ kind: "history", conversation: "2-3", after: 2 }]);
  });

  test("are held as the newest fifty, whatever came", () => {
    let state = holding(3);
    for (let seq = 4; seq <= 3 * HELD_MESSAGES; seq += 1) state = applyFrame(state, live(seq), 0).state;
    const last = 3 * HELD_MESSAGES;
    expect(seqs(state)).toEqual(Array.from({ length: HELD_MESSAGES }, (_, at) => last - HELD_MESSAGES + at + 1));
    const pages = Array.from({ length: 100 }, (_, at) => message(last + at + 1));
    const step = applyPage(state, "2-3", page(pages, "after"));
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

  test("are shown once and in order, however frames and pages are mixed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.oneof(fc.record({ seq: fc.nat(30) }), fc.record({ page: fc.nat(30), size: fc.integer({ min: 1, max: 7 }) }))),
        (head, events) => {
          let state = applyFrame(emptyState(2), welcome(), 0).state;
          const after = (from: number, size: number): Message[] =>
            Array.from({ length: Math.max(0, Math.min(size, head - from)) }, (_, index) => message(from + index + 1));
          const settle = (step: Step): State => {
            let next = step;
            for (let turn = 0; next.asks.length > 0 && turn < 100; turn += 1) {
              const ask = next.asks[0]!;
              if (ask.kind !== "history") throw new Error("asked for a roster");
              next = applyPage(next.state, "2-3", page(after(ask.after ?? 0, 7), ask.after === undefined ? "newest" : "after", head));
            }
            return next.state;
          };
          state = settle(applyPage(state, "2-3", page(after(Math.max(0, head - 5), 5), "newest", head)));
          for (const event of events) {
            state =
              "seq" in event
                ? event.seq >= 1 && event.seq <= head
                  ? settle(applyFrame(state, live(event.seq), 0))
                  : state
                : settle(applyPage(state, "2-3", page(after(event.page, event.size), "after", head)));
            const shown = seqs(state);
            expect(shown).toEqual(shown.map((_, index) => shown[0]! + index));
          }
          expect(talkOf(state, "2-3").last).toBe(head);
        },
      ),
    );
  });

  test("of the user's own say when they are sent and when they are seen", () => {
    let state = applyFrame(holding(1), live(2, 2), 0).state;
    const shown = () => shownOf(presentConversation(known(state), "2-3"));
    expect(shown()).toEqual(["m1 theirs", "m2 sent"]);
    state = applyFrame(state, { type: "read", conversation: "2-3", user: 3, seq: 2 }, 0).state;
    expect(shown()).toEqual(["m1 theirs", "m2 seen"]);
  });

  test("of others never take the place of one's own with the same id", () => {
    const state = applyFrame(holding(0), { ...live(1), message: { ...message(1), client_message_id: "mine" } }, 0).state;
    const pending = [{ id: "mine", conversation: "2-3", text: "x", writtenAt: 5, failure: null }];
    expect(presentConversation(known(state, { pending }), "2-3").messages.map(({ seq }) => seq)).toEqual([1, 0]);
  });

  test("that are committed replace the pending ones with the same id", () => {
    const state = applyFrame(holding(1), live(2, 2), 0).state;
    const pending = ["id-2", "id-later"].map((id) => ({ id, conversation: "2-3", text: "x", writtenAt: 5, failure: null }));
    const view = presentConversation(known(state, { pending }), "2-3");
    expect(view.messages.map(({ key, seq }) => [key, seq])).toEqual([["seq:1", 1], ["id-2", 2], ["id-later", 0]]);
  });

  test("of others are announced when live, never from history", () => {
    expect(applyFrame(holding(1), live(2), 0).arrived).toHaveLength(1);
    expect(applyFrame(holding(1), live(2, 2), 0).arrived).toHaveLength(0);
    expect(applyPage(holding(1), "2-3", page([message(2)], "after")).arrived).toHaveLength(1);
    expect(applyPage(holding(1), "2-3", page([message(2)], "newest")).arrived).toHaveLength(0);
  });
});

describe("welcome", () => {
  test("continues from the copy with what its gap brings", () => {
    const gap = { conversation: "2-3", reset: false, first_seq: 1, seq: 4, rev: 4, messages: [message(3)], more: true };
    const step = applyFrame(holding(2), welcome({ gaps: [gap] }), 0);
    expect(seqs(step.state)).toEqual([1, 2, 3]);
    expect(step.asks).toEqual([{ kind: "history", conversation: "2-3", after: 3 }]);
  });

  test("resets what is no prefix of the truth", () => {
    const gap = { conversation: "2-3", reset: true, first_seq: 5, seq: 6, rev: 9, messages: [message(5), message(6)], more: false };
    const { state } = applyFrame(holding(9), welcome({ gaps: [gap] }), 0);
    expect(seqs(state)).toEqual([5, 6]);
    expect(cursorOf(state, 100)).toEqual({ epoch: "e1", conversations: [{ conversation: "2-3", rev: 9, seq: 6 }] });
  });

  test("asks for all of a gap that was cut to nothing: after the copy, or anew where that is void", () => {
    const gap = { conversation: "2-3", reset: false, first_seq: 1, seq: 9, rev: 9, messages: [], more: true };
    const kept = applyFrame(holding(2), welcome({ gaps: [gap] }), 0);
    expect(seqs(kept.state)).toEqual([1, 2]);
    expect(kept.asks).toEqual([{ kind: "history", conversation: "2-3", after: 2 }]);
    // Until the answer is here the copy ends where it ended: another lost line asks from there.
    expect(cursorOf(kept.state, 100)?.conversations).toEqual([{ conversation: "2-3", rev: 2, seq: 2 }]);
    const reset = applyFrame(holding(2), welcome({ gaps: [{ ...gap, reset: true }] }), 0);
    expect(seqs(reset.state)).toEqual([]);
    expect(cursorOf(reset.state, 100)?.conversations).toEqual([]);
    expect(reset.dropped).toEqual(["2-3"]);
  });

  test("of another epoch drops every copy of messages", () => {
    const { state } = applyFrame(holding(2), welcome({ epoch: "e2" }), 0);
    expect(seqs(state)).toEqual([]);
    expect(cursorOf(state, 100)?.conversations).toEqual([]);
  });

  test("names of very many rosters as many as a frame can take", () => {
    const circles = Array.from({ length: 600 }, (_, id) => ({ id: `c${id}`, role: "student" as const, title: "" }));
    let state = applyFrame(emptyState(2), welcome({ circles }), 0).state;
    for (const { id } of circles) {
      state = applyFrame(state, { type: "roster", circle: id, version: 4, total: 0, contacts: [] }, 0).state;
    }
    expect(rostersOf(state)?.versions).toHaveLength(200);
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
    expect(presentDock(known(state, { now: 5999 })).windows[0]?.typing).toBe(true);
    expect(presentDock(known(state, { now: 6000 })).windows[0]?.typing).toBe(false);
    expect(withoutStaleTyping(state, 6000).typing.size).toBe(0);
    expect(applyFrame(state, live(2), 1001).state.typing.size).toBe(0);
  });

  test("presence changes the window's contact", () => {
    const state = applyFrame(holding(1), { type: "presence", user: 3, status: "offline" }, 0).state;
    expect(presentDock(known(state)).windows[0]?.contact.status).toBe("offline");
  });
});

test("an erased conversation is dropped and asked for again", () => {
  const step = applyFrame(holding(3), { type: "reset", conversation: "2-3" }, 0);
  expect(seqs(step.state)).toEqual([]);
  expect(step.asks).toEqual([{ kind: "history", conversation: "2-3" }]);
});
