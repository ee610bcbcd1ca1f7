/** What the page holds of a conversation is bounded, whatever was scrolled through, and never has a gap or a double. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { around, atEnd, began, further, hasNewer, RUN_MESSAGES, shownOf, withChange, withPage, withRewritten } from "../../src/elements/reading.js";
import { HELD_MESSAGES } from "../../src/core/talk.js";
import type { Reading, Side } from "../../src/elements/reading.js";
import type { ConversationView, MessageView } from "../../src/view.js";

const message = (seq: number): MessageView => ({ key: `seq:${seq}`, seq, sender: 2, mine: false, text: `m${seq}`, sentAt: seq });
const span = (from: number, to: number): MessageView[] => Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => message(from + at));
/** As the core tells it: the last fifty of so many. */
const view = (head: number): ConversationView => ({
  conversation: "1-2",
  messages: span(Math.max(1, head - 49), head),
  older: head > 50,
  loading: false,
  late: false,
  readSeq: 0,
  seenSeq: 0,
});
const arrives = (reading: Reading, seq: number): Reading =>
  withChange(reading, { conversation: "1-2", put: [message(seq)], from: Math.max(1, seq - 49) });
const seqs = (reading: Reading): number[] => shownOf(reading).map(({ seq }) => seq);

/** The person reaches one end of what is shown; the server has `head` messages. */
function goes(reading: Reading, side: Side, head: number): Reading {
  const next = further(reading, side);
  if (next === null) return reading;
  if ("reading" in next) return next.reading;
  const { ask } = next;
  const asked: Reading = { ...reading, asked: { side, request: 1 } };
  const messages = side === "before" ? span(Math.max(1, ask - 50), ask - 1) : span(ask + 1, Math.min(head, ask + 50));
  return withPage(asked, { conversation: "1-2", request: 1, messages, more: side === "before" ? (messages[0]?.seq ?? 1) > 1 : (messages.at(-1)?.seq ?? head) < head });
}

/** The person follows a quote. */
function jumps(reading: Reading, seq: number, head: number): Reading {
  if (seq < 1) return reading;
  const next = around(reading, seq);
  if ("reading" in next) return next.reading;
  const messages = span(next.ask + 1, Math.min(head, next.ask + 50));
  return withPage({ ...reading, asked: { at: seq, request: 1 } }, { conversation: "1-2", request: 1, messages, more: true });
}

describe("the run of a conversation", () => {
  test("slides up through five thousand messages and down again, and is never longer than its bound", () => {
    let reading = began(view(5_000));
    for (let turn = 0; turn < 200 && reading.older; turn += 1) {
      reading = goes(reading, "before", 5_000);
      expect(reading.run.length).toBeLessThanOrEqual(RUN_MESSAGES);
    }
    expect(seqs(reading)).toEqual(span(1, RUN_MESSAGES).map(({ seq }) => seq));
    for (let turn = 0; turn < 200 && hasNewer(reading); turn += 1) {
      reading = goes(reading, "after", 5_000);
      expect(reading.run.length).toBeLessThanOrEqual(RUN_MESSAGES);
    }
    expect(seqs(reading).at(-1)).toBe(5_000);
    expect(reading.older).toBe(true);
  });

  test("is moved along by what comes while somebody is at its end, and stays while they read further up", () => {
    let reading = began(view(50));
    for (let seq = 51; seq <= 1_000; seq += 1) {
      reading = arrives(reading, seq);
      expect(reading.run.length).toBeLessThanOrEqual(2 * HELD_MESSAGES);
      expect(seqs(reading).at(-1)).toBe(seq);
    }
    reading = { ...goes(reading, "before", 1_000), follows: false };
    const first = seqs(reading)[0];
    for (let seq = 1_001; seq <= 2_000; seq += 1) reading = arrives(reading, seq);
    expect(seqs(reading)[0]).toBe(first);
    expect(reading.run.length).toBeLessThanOrEqual(RUN_MESSAGES);
    expect(hasNewer(reading)).toBe(true);
    expect(seqs(atEnd(reading))).toEqual(span(1_951, 2_000).map(({ seq }) => seq));
  });

  test("shows what waits to be sent only where it reaches the end", () => {
    const pending: MessageView = { key: "id", seq: 0, sender: 1, mine: true, text: "x", sentAt: 0, delivery: "sending" };
    let reading = began({ ...view(500), messages: [...view(500).messages, pending] });
    expect(seqs(reading).at(-1)).toBe(0);
    for (let turn = 0; turn < 5; turn += 1) reading = goes(reading, "before", 500);
    expect(seqs(reading)).not.toContain(0);
    expect(seqs(atEnd(reading)).at(-1)).toBe(0);
  });

  test("takes an erased message's stub where it shows it, and passes over late answers", () => {
    let reading = goes(began(view(500)), "before", 500);
    reading = withChange(reading, { conversation: "1-2", put: [{ ...message(410), text: null }] });
    expect(shownOf(reading).find(({ seq }) => seq === 410)?.text).toBeNull();
    const late = withPage(reading, { conversation: "1-2", request: 9, messages: span(1, 50), more: false });
    expect(late).toBe(reading);
    const asked: Reading = { ...reading, asked: { side: "before", request: 2 } };
    expect(withPage(asked, { conversation: "1-2", request: 2, messages: null, more: true })).toEqual(reading);
  });

  test("goes to one message: where it is, to the end, or to what the core tells of its surroundings", () => {
    const reading = began(view(500));
    expect(around(reading, 460)).toEqual({ reading });
    const above = goes(goes(goes(goes(reading, "before", 500), "before", 500), "before", 500), "before", 500);
    expect(seqs(above)).not.toContain(500);
    expect(around(above, 500)).toEqual({ reading: atEnd(above) });
    expect([around(reading, 200), around(reading, 3)]).toEqual([{ ask: 179 }, { ask: 0 }]);
    const asked: Reading = { ...reading, asked: { at: 200, request: 4 } };
    const there = withPage(asked, { conversation: "1-2", request: 4, messages: span(180, 229), more: true });
    expect([seqs(there), there.older, there.follows, hasNewer(there)]).toEqual([span(180, 229).map(({ seq }) => seq), true, false, true]);
    // It has gone, or no answer has come: what was shown stays.
    for (const messages of [null, [], span(210, 229)]) {
      expect(withPage(asked, { conversation: "1-2", request: 4, messages, more: true })).toEqual(reading);
    }
  });

  test("takes what has changed far above where it shows it, and is not longer for it", () => {
    const reading = goes(goes(began(view(500)), "before", 500), "before", 500);
    const next = withRewritten(reading, [{ ...message(410), text: "edited" }, message(3)]);
    expect(seqs(next)).toEqual(seqs(reading));
    expect(shownOf(next).find(({ seq }) => seq === 410)?.text).toBe("edited");
    expect(withRewritten(reading, [message(3)])).toBe(reading);
  });

  test("has no gap and no double, whatever comes in which order", () => {
    const step = fc.oneof(fc.constantFrom("before" as const, "after" as const, "end" as const, "follow" as const, "read" as const, "jump" as const), fc.integer({ min: 1, max: 80 }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 600 }), fc.array(step, { maxLength: 60 }), (start, steps) => {
        let head = start;
        let reading = began(view(head));
        for (const one of steps) {
          if (one === "end") reading = atEnd(reading);
          else if (one === "jump") reading = jumps(reading, Math.ceil(head / 3), head);
          else if (one === "follow" || one === "read") reading = { ...reading, follows: one === "follow" && !hasNewer(reading) };
          else if (typeof one === "string") reading = goes(reading, one, head);
          else {
            const from = head + 1;
            head += one;
            reading = withChange(reading, { conversation: "1-2", put: span(Math.max(from, head - 49), head), from: Math.max(1, head - 49), older: head > 50 });
          }
          const shown = seqs(reading);
          expect(shown).toEqual(shown.map((_, at) => shown[0]! + at));
          expect(shown.length).toBeLessThanOrEqual(RUN_MESSAGES);
          if (reading.follows && head > 0) expect(shown.at(-1)).toBe(head);
          if (shown.length > 0) expect(reading.older).toBe(shown[0]! > 1);
        }
      }),
    );
  });
});
