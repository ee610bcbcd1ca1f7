/**
 * The feed of one conversation against a model of the server: whatever comes twice, late, in another order or not at
 * all, a client that asks where something is missing ends with what a fresh client has.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Message } from "../src/net/protocol.js";
import { emptyTalk, held, HELD_MESSAGES, withChanges, withPage } from "../src/core/talk.js";
import type { Span, Talk, TalkStep } from "../src/core/talk.js";

/** Of one change; `limit` of an answer. */
type Act =
  | { kind: "new" | "edit" | "delete"; at: number }
  | { kind: "erase"; sender: number }
  | { kind: "forget"; at: number };
/** What becomes of the frame, or the answer, that is next on its way. */
type Fate = "come" | "twice" | "lost" | "later";

class Server {
  readonly rows = new Map<number, Message>();
  rev = 0;
  first = 1;

  /** What is told live of it. */
  act(act: Act): Span[] {
    const from = this.rev;
    switch (act.kind) {
      case "new": {
        const seq = Math.max(this.first - 1, ...this.rows.keys()) + 1;
        this.#put({ seq, rev: 0, sender: 2 + (act.at % 2), client_message_id: `id-${seq}`, text: `m${seq}`, sent_at: seq });
        return [this.since(from, 100)];
      }
      case "edit":
      case "delete": {
        const row = [...this.rows.values()][act.at % Math.max(1, this.rows.size)];
        if (row === undefined || row.text === null) return [];
        if (act.kind === "edit") this.#put({ ...row, text: `edited ${this.rev}`, edited_at: this.rev });
        else this.#put({ ...row, text: null, deleted: "author" });
        return [this.since(from, 100)];
      }
      case "erase": {
        for (const row of this.rows.values()) {
          if (row.sender === act.sender && row.client_message_id !== null) this.#put({ ...row, text: null, client_message_id: null });
        }
        // The erasure of a person is told as a head alone.
        return this.rev === from ? [] : [{ from: this.rev, rev: this.rev, first_seq: this.first, messages: [] }];
      }
      case "forget": {
        // Retention moves first_seq and changes nothing.
        const end = Math.max(this.first, ...this.rows.keys());
        this.first = Math.min(end, this.first + (act.at % 3));
        for (const seq of this.rows.keys()) if (seq < this.first) this.rows.delete(seq);
        return [];
      }
    }
  }

  #put(row: Message): void {
    this.rev += 1;
    this.rows.set(row.seq, { ...row, rev: this.rev });
  }

  /** The next changes after `from`. */
  since(from: number, limit: number): Span {
    const rows = [...this.rows.values()].filter(({ rev }) => rev > from).sort((one, other) => one.rev - other.rev);
    const messages = rows.slice(0, limit);
    const more = rows.length > limit;
    return { from, rev: more ? messages.at(-1)!.rev : this.rev, first_seq: this.first, messages, ...(more ? { more } : {}) };
  }

  newest(limit: number) {
    const messages = [...this.rows.values()].sort((one, other) => one.seq - other.seq).slice(-limit);
    return { firstSeq: this.first, seq: messages.at(-1)?.seq ?? 0, rev: this.rev, messages };
  }
}

class Client {
  talk: Talk = emptyTalk;
  asks = false;
  readonly fresh: number[] = [];

  take(step: TalkStep): void {
    this.talk = held(step.talk);
    this.asks ||= step.missing;
    this.fresh.push(...step.fresh.map(({ seq }) => seq));
    const seqs = this.talk.messages.map(({ seq }) => seq);
    // Whatever came: one run without gaps.
    expect(seqs).toEqual(seqs.map((_, at) => seqs[0]! + at));
  }
}

const fate = fc.constantFrom<Fate>("come", "come", "come", "twice", "lost", "later");
const act = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("new" as const), at: fc.nat(50) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("edit" as const, "delete" as const), at: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("erase" as const), sender: fc.constantFrom(2, 3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forget" as const), at: fc.nat(5) }) },
);
const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act, fate }) },
  { weight: 2, arbitrary: fc.record({ ask: fc.boolean(), fate }) },
  { weight: 1, arbitrary: fc.record({ page: fc.constant(true), fate }) },
);

test("any interleaving of changes, pages, losses and doubles ends with what a fresh client has", () => {
  fc.assert(
    fc.property(fc.nat(12), fc.integer({ min: 1, max: 9 }), fc.array(event, { maxLength: 60 }), (before, limit, events) => {
      const server = new Server();
      for (let at = 0; at < before; at += 1) server.act({ kind: "new", at });
      const client = new Client();
      const later: (() => void)[] = [];
      const deliver = (told: () => void, how: Fate): void => {
        if (how === "lost") return;
        if (how === "later") {
          later.push(told);
          return;
        }
        told();
        if (how === "twice") told();
        // What was held up comes now, the last first.
        for (const late of later.splice(0).reverse()) late();
      };
      for (const one of events) {
        if ("act" in one) {
          for (const span of server.act(one.act)) {
            deliver(() => {
              client.take(withChanges(client.talk, span, false));
            }, one.fate);
          }
        } else if ("ask" in one && client.talk.loaded) {
          if (!client.asks && !one.ask) continue;
          // The answer is read now, and comes when it comes.
          const answer = server.since(client.talk.rev, limit);
          client.asks = false;
          deliver(() => {
            client.take(withChanges(client.talk, answer, true));
          }, one.fate);
        } else if ("page" in one || !client.talk.loaded) {
          // A later page is any: it says nothing of older ones.
          const page = server.newest(client.talk.loaded ? limit : HELD_MESSAGES);
          deliver(() => {
            client.take(withPage(client.talk, page));
          }, one.fate);
        }
      }
      for (const late of later.splice(0)) late();
      if (!client.talk.loaded) client.take(withPage(client.talk, server.newest(HELD_MESSAGES)));
      // Once a minute a client asks, whatever it thinks.
      for (let turn = 0, more = true; more; turn += 1) {
        expect(turn).toBeLessThan(200);
        const answer = server.since(client.talk.rev, limit);
        const step = withChanges(client.talk, answer, true);
        client.take(step);
        more = step.missing || answer.more === true;
      }
      const fresh = withPage(emptyTalk, server.newest(HELD_MESSAGES)).talk;
      expect(client.talk.rev).toBe(fresh.rev);
      expect(client.talk.waiting).toEqual([]);
      expect(client.talk.ahead).toEqual([]);
      // The client may hold older ones that are not kept any more.
      expect(client.talk.messages.filter(({ seq }) => seq >= server.first)).toEqual(fresh.messages.slice(-client.talk.messages.length));
      expect(client.talk.last).toBe(fresh.last);
      // Nothing is new twice.
      expect(new Set(client.fresh).size).toBe(client.fresh.length);
    }),
    { numRuns: 2_000 },
  );
});
