/**
 * What the core holds of one conversation: a position in its feed of changes, and the newest messages, an unbroken run
 * of seqs up to the end. Older ones are held by the pages that show them. Pure.
 *
 * The rule (protocol/README.md, "Changes"): a span is applied where it begins at or below the position and ends above
 * it; where it begins above, something is missing and is asked for; else it is dropped. A message replaces only a lower
 * rev of itself. Must not know windows, people or the outbox.
 */
import type { Changes, Message } from "../net/protocol.js";
import type { Seq } from "../view.js";

/** So many of a conversation's newest messages are held, in the core and in the browser's copy. */
export const HELD_MESSAGES = 50;
/** So many spans wait for what comes before them; of more, only how far they reach is remembered. */
const WAITING_MOST = 50;

/** A span of changes as a talk needs it. */
export type Span = Omit<Changes, "conversation">;

/** The copy of one conversation. */
export interface Talk {
  /** Ascending by seq, without gaps; `held` cuts it to `HELD_MESSAGES`. */
  messages: readonly Message[];
  /** The last seq of the run; 0 in a conversation that has not begun, or of which nothing is held. */
  last: Seq;
  /** The position: every change up to this rev is applied. */
  rev: number;
  /** The lowest seq that the server still keeps. */
  firstSeq: Seq;
  /** Whether there is a position: a first page, a reset or the browser's copy is in. */
  loaded: boolean;
  /**
   * New messages beyond one that is missing, ascending: it was changed after it came, so that it comes with its last
   * change.
   */
  ahead: readonly Message[];
  /** Spans that begin above the position: what comes before them is asked for, or the first page is. */
  waiting: readonly Span[];
  /** The last message that was taken for new before there was a position. */
  told: Seq;
}

export const emptyTalk: Talk = {
  messages: [],
  last: 0,
  rev: 0,
  firstSeq: 1,
  loaded: false,
  ahead: [],
  waiting: [],
  told: 0,
};

/** Whether the message was deleted or erased. */
export function isStub({ text, system }: Pick<Message, "text" | "system">): boolean {
  return text === null && system === undefined;
}

/** What changes or a page did. */
export interface TalkStep {
  talk: Talk;
  /** Messages that are new, ascending. */
  fresh: readonly Message[];
  /** All messages that the changes have brought or changed, also older ones than the run has. */
  rows: readonly Message[];
  /** Those of `rows` that have become stubs by it. */
  emptied: readonly Message[];
  /** Something is missing: ask `changes` after `talk.rev`. */
  missing: boolean;
  /** What was held is void. */
  reset: boolean;
}

const still = (talk: Talk): TalkStep => ({ talk, fresh: [], rows: [], emptied: [], missing: false, reset: false });

/** A span of changes. `asked`: it answers this client's question, or the cursor. */
export function withChanges(talk: Talk, span: Span, asked: boolean): TalkStep {
  if (span.reset === true) return replaced(talk, span);
  if (!talk.loaded) return awaited(talk, span);
  const step = caughtUp(withSpan(talk, span));
  if (span.more === true) return { ...step, missing: step.missing || span.rev >= talk.rev };
  // An answer from before what has come meanwhile does not say that nothing is missing in that.
  if (asked && span.rev < step.talk.rev && step.talk.ahead.length > 0) return { ...step, missing: true };
  // An answer that brought nothing has nothing to bring: what waits for more would wait for ever.
  if (!asked || (step.missing && span.rev > span.from)) return step;
  return whole({ ...step, missing: false, talk: { ...step.talk, waiting: [] } });
}

/** The newest page of `history`. */
export interface Page {
  firstSeq: Seq;
  /** The head of the conversation. */
  seq: Seq;
  rev: number;
  /** Ascending. */
  messages: readonly Message[];
}

/** The first page sets the position, and what came while it was awaited is laid over it; a later one moves nothing. */
export function withPage(talk: Talk, page: Page): TalkStep {
  if (talk.loaded) return still(withRows({ ...talk, firstSeq: Math.max(talk.firstSeq, page.firstSeq) }, page.messages).talk);
  const { messages, rev, firstSeq } = page;
  const last = messages.at(-1)?.seq ?? page.seq;
  const { waiting, told } = talk;
  const first: Talk = { messages, last, rev, firstSeq, loaded: true, ahead: [], waiting, told: Math.max(told, last) };
  return caughtUp({ ...still(first), rows: messages });
}

/** The copy was no part of the truth: what there is instead. */
function replaced(talk: Talk, span: Span): TalkStep {
  const known = Math.max(talk.last, talk.told);
  // Nothing had room: the first page is to be asked for.
  if (span.messages.length === 0 && span.more === true) return { ...still({ ...emptyTalk, told: known }), reset: true };
  const run = unbroken(span.messages);
  const last = run.at(-1)?.seq ?? 0;
  const next: Talk = { ...emptyTalk, messages: run, last, rev: span.rev, firstSeq: span.first_seq, loaded: true, told: known };
  const fresh = run.filter(({ seq }) => known > 0 && seq > known);
  return { ...still(next), fresh, rows: run, reset: true };
}

/** Before there is a position the span waits for it. What is new in it is known nevertheless: it was not changed since. */
function awaited(talk: Talk, span: Span): TalkStep {
  const before = new Map(talk.waiting.flatMap(({ messages }) => messages).map((row) => [row.seq, row]));
  const rows = span.messages.filter(({ seq, rev }) => rev > (before.get(seq)?.rev ?? 0));
  const fresh = rows
    .filter((row) => row.seq > talk.told && !isStub(row) && row.edited_at === undefined && row.reactions === undefined)
    .sort((one, other) => one.seq - other.seq);
  const emptied = rows.filter((row) => isStub(row) && before.get(row.seq)?.text !== null);
  const told = fresh.at(-1)?.seq ?? talk.told;
  return { ...still({ ...talk, waiting: withWaiting(talk.waiting, span), told }), fresh, rows, emptied };
}

/** One span by the rule, and nothing else. */
function withSpan(talk: Talk, span: Span): TalkStep {
  if (span.from > talk.rev) return { ...still({ ...talk, waiting: withWaiting(talk.waiting, span) }), missing: true };
  if (span.rev <= talk.rev) return still(talk);
  const firstSeq = Math.max(talk.firstSeq, span.first_seq);
  return withRows({ ...talk, firstSeq, rev: span.rev }, span.messages);
}

/** Puts each row in place of a lower rev of itself; new ones go to the end of the run. */
function withRows(talk: Talk, rows: readonly Message[]): TalkStep {
  const held = new Map([...talk.messages, ...talk.ahead].map((message) => [message.seq, message]));
  const first = talk.messages[0]?.seq ?? talk.last + 1;
  const taken = rows.filter(({ seq, rev }) => seq < first || rev > (held.get(seq)?.rev ?? -1));
  const emptied = taken.filter((row) => isStub(row) && held.get(row.seq)?.text !== null);
  const changed = new Map(taken.map((message) => [message.seq, message]));
  const messages = talk.messages.map((message) => changed.get(message.seq) ?? message);
  const beyond = [...new Map([...talk.ahead, ...taken].map((message) => [message.seq, message])).values()]
    .filter(({ seq }) => seq > talk.last)
    .sort((one, other) => one.seq - other.seq);
  const next = unbrokenFrom(talk.last, beyond);
  return {
    ...still({ ...talk, messages: [...messages, ...next], last: talk.last + next.length, ahead: beyond.slice(next.length) }),
    fresh: next.filter(({ seq }) => seq > talk.told),
    rows: taken,
    emptied,
  };
}

/** Applies of what waits whatever fits now. */
function caughtUp(step: TalkStep): TalkStep {
  let next = step;
  for (;;) {
    const { talk } = next;
    const waiting = talk.waiting.filter(({ rev }) => rev > talk.rev);
    const span = waiting.find(({ from }) => from <= talk.rev);
    if (span === undefined) return { ...next, talk: { ...talk, waiting }, missing: waiting.length > 0 };
    const then = withSpan({ ...talk, waiting: waiting.filter((other) => other !== span) }, span);
    next = {
      ...then,
      fresh: [...next.fresh, ...then.fresh],
      rows: [...next.rows, ...then.rows],
      emptied: [...next.emptied, ...then.emptied],
    };
  }
}

/** Everything there is has come: what is missing before the last messages is not there any more. */
function whole(step: TalkStep): TalkStep {
  const { talk } = step;
  if (talk.ahead.length === 0) return step;
  const messages = unbroken(talk.ahead);
  const fresh = messages.filter(({ seq }) => seq > talk.told);
  const last = messages.at(-1)?.seq ?? talk.last;
  return { ...step, talk: { ...talk, messages, last, ahead: [] }, fresh: [...step.fresh, ...fresh] };
}

function withWaiting(waiting: readonly Span[], span: Span): readonly Span[] {
  if (waiting.length < WAITING_MOST) return [...waiting, span];
  const rev = Math.max(span.rev, ...waiting.map((other) => other.rev));
  return [{ from: rev, rev, first_seq: span.first_seq, messages: [] }];
}

/** Those that follow `last` without a gap. */
function unbrokenFrom(last: Seq, messages: readonly Message[]): readonly Message[] {
  const end = messages.findIndex(({ seq }, at) => seq !== last + 1 + at);
  return end === -1 ? messages : messages.slice(0, end);
}

/** The longest end of it without a gap. */
function unbroken(messages: readonly Message[]): readonly Message[] {
  const last = messages.at(-1)?.seq ?? 0;
  return messages.filter(({ seq }, at) => last - seq === messages.length - 1 - at);
}

/** The part of it that is kept. */
export function held(talk: Talk): Talk {
  if (talk.messages.length <= HELD_MESSAGES) return talk;
  return { ...talk, messages: talk.messages.slice(-HELD_MESSAGES) };
}

/** Whether the server keeps older ones than the run holds. */
export function hasOlder(talk: Talk): boolean {
  const first = talk.messages[0];
  return first !== undefined && first.seq > talk.firstSeq;
}
