/** The list, kept in step by frames, against the one that the server would answer now. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { withAsked, withFirstPage, withFrame } from "../src/core/listing.js";
import { applyFrame, emptyState } from "../src/core/state.js";
import type { State } from "../src/core/state.js";
import type { ListEntry, Message, Server, ServerFrame } from "../src/net/protocol.js";
import { message, window } from "./browser.js";
import { welcome } from "./stage.js";

const ME = 2;
/** The list is of a day: what was deleted changes nothing of where it stands. */
const DAY = 1_795_305_600_000;

interface Had {
  rev: number;
  readSeq: number;
  messages: Message[];
  /** Of its newest message, deleted or not. */
  stands: number;
  pinned: boolean;
  archived: boolean;
}

type Deed = "theirs" | "mine" | "edit" | "delete" | "read" | "pin" | "archive";

/** As much of the server as the list needs. */
class Model {
  readonly had = new Map<number, Had>();
  #now = DAY;

  constructor(others: readonly number[]) {
    for (const other of others) {
      this.had.set(other, { rev: 0, readSeq: 0, messages: [], stands: 0, pinned: false, archived: false });
      this.does(other, "theirs", 0);
    }
  }

  /** What everybody is told of it; null: there is nothing to do. */
  does(other: number, deed: Deed, which: number): ServerFrame | null {
    const had = this.had.get(other)!;
    const conversation = `2-${other}`;
    switch (deed) {
      case "theirs":
      case "mine": {
        this.#now += 1_000;
        const seq = had.messages.length + 1;
        had.stands = this.#now;
        had.archived = false;
        return this.#put(had, conversation, message(seq, { sender: deed === "mine" ? ME : other, text: `${other}/${seq}`, sent_at: this.#now }));
      }
      case "edit":
      case "delete": {
        const before = had.messages[which % had.messages.length]!;
        if (before.text === null) return null;
        const edited = deed === "edit" ? { text: `${before.text}!`, edited_at: this.#now } : { text: null };
        return this.#put(had, conversation, { ...before, ...edited });
      }
      case "read": {
        const seq = had.messages.length;
        if (seq <= had.readSeq) return null;
        had.readSeq = seq;
        return { type: "read", conversation, user: ME, seq };
      }
      default:
        if (deed === "pin") had.pinned = !had.pinned;
        else had.archived = !had.archived;
        return { type: "flags", conversation, ...(had.pinned ? { pinned: true } : {}), ...(had.archived ? { archived: true } : {}) };
    }
  }

  #put(had: Had, conversation: string, next: Message): Server<"changes"> {
    had.rev += 1;
    const row = { ...next, rev: had.rev };
    had.messages[next.seq - 1] = row;
    return { type: "changes", conversation, from: had.rev - 1, rev: had.rev, first_seq: 1, messages: [row] };
  }

  entry(other: number): ListEntry {
    const { rev, readSeq, messages, pinned, archived } = this.had.get(other)!;
    const contact = { id: other, name: `Person ${other}`, picture: null, profile_url: null, status: "offline" as const };
    const last = messages.findLast(({ text }) => text !== null);
    return {
      ...window({ conversation: `2-${other}`, contact, seq: messages.length, rev, read_seq: readSeq }),
      state: "closed",
      unread: messages.filter(({ seq, sender, text }) => sender !== ME && text !== null && seq > readSeq).length,
      ...(last === undefined ? {} : { last: { seq: last.seq, sender: last.sender, sent_at: last.sent_at, text: last.text! } }),
      ...(pinned ? { pinned } : {}),
      ...(archived ? { archived } : {}),
    };
  }

  get list(): ListEntry[] {
    const all = [...this.had].filter(([, { archived }]) => !archived);
    all.sort(([, one], [, other]) => Number(other.pinned) - Number(one.pinned) || other.stands - one.stands);
    return all.map(([other]) => this.entry(other));
  }
}

test("a list with frames applied equals the one that is answered afterwards", () => {
  const deeds = fc.array(
    fc.record({
      other: fc.integer({ min: 3, max: 7 }),
      deed: fc.constantFrom<Deed>("theirs", "theirs", "mine", "edit", "delete", "read", "pin", "archive"),
      which: fc.nat(20),
      /** The answers that are due come before the next deed. */
      answered: fc.boolean(),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(deeds, (all) => {
      const model = new Model([3, 4, 5, 6, 7]);
      const first = { conversations: model.list, next: null };
      let state: State = applyFrame(emptyState(ME), welcome(), 0).state;
      state = { ...state, listing: withFirstPage(state.listing, first, []) };
      const due = new Map<string, boolean>();
      const answer = (): void => {
        const asked = new Map(due);
        due.clear();
        const entries = [...asked.keys()].map((conversation) => model.entry(Number(conversation.slice(2))));
        state = { ...state, listing: withAsked(state.listing, asked, entries) };
      };
      for (const { other, deed, which, answered } of all) {
        const frame = model.does(other, deed, which);
        if (frame === null) continue;
        const step = applyFrame(state, frame, 0);
        const { listing, asks } = withFrame(state, step, frame);
        state = { ...step.state, listing };
        for (const [conversation, top] of asks) due.set(conversation, top || due.get(conversation) === true);
        if (answered) answer();
      }
      answer();
      const { order, entries } = state.listing;
      const plain = ({ conversation, unread, last, pinned, archived }: ListEntry): unknown => ({ conversation, unread, last, pinned, archived });
      const held = order.map((conversation) => entries.get(conversation)!);
      const sorted = (list: readonly ListEntry[]): ListEntry[] => [...list].sort((one, other) => one.conversation.localeCompare(other.conversation));
      expect(sorted(held).map(plain)).toEqual(sorted(model.list).map(plain));
      // What is unpinned or comes back stands by its last message, and where that was deleted only the server knows better.
      if (!all.some(({ deed }) => deed === "delete")) expect(held.map(plain)).toEqual(model.list.map(plain));
    }),
    { numRuns: 500 },
  );
});
