/**
 * What the core holds of one conversation's messages: always one unbroken run of seqs up to the last applied one, and
 * only the newest. Older ones are asked for by the page that shows them. Pure.
 *
 * The rule (protocol/README.md, "Applying messages"): `last + 1` is applied, lower is dropped, higher means that
 * something is missing and must be asked for. Must not know windows, people or the outbox.
 */
import type { Gap, Message } from "./protocol.js";
import type { Seq } from "./view.js";

/** So many of a conversation's newest messages are held, in the core and in the browser's copy. */
export const HELD_MESSAGES = 50;

/** The copy of one conversation. */
export interface Talk {
  /** Ascending by seq, without gaps; `held` cuts it to `HELD_MESSAGES`. */
  messages: readonly Message[];
  /** The last applied seq; 0 in a conversation that has not begun, or of which nothing is held. */
  last: Seq;
  /** The highest rev that is known to be reflected here. */
  rev: number;
  /** The lowest seq that the server still keeps. */
  firstSeq: Seq;
  /** Whether a first answer (or the browser's copy) is in. */
  loaded: boolean;
}

export const emptyTalk: Talk = { messages: [], last: 0, rev: 0, firstSeq: 1, loaded: false };

/** What a message or page did. `missing`: ask `history` after `talk.last`. `fresh`: those newly applied at the end. */
export interface TalkStep {
  talk: Talk;
  fresh: readonly Message[];
  missing: boolean;
}

/** One live message. Before the first page is in, it starts the run that the page will join. */
export function withMessage(talk: Talk, message: Message): TalkStep {
  if (message.seq <= talk.last) return { talk, fresh: [], missing: false };
  const starts = !talk.loaded && talk.messages.length === 0;
  if (message.seq !== talk.last + 1 && !starts) return { talk, fresh: [], missing: true };
  return {
    talk: {
      ...talk,
      messages: [...talk.messages, message],
      last: message.seq,
      rev: Math.max(talk.rev, message.rev),
    },
    fresh: [message],
    missing: false,
  };
}

/** A page of `history` that goes into the copy, by what was asked. */
export interface Page {
  asked: "newest" | "after";
  firstSeq: Seq;
  /** The head of the conversation. */
  seq: Seq;
  rev: number;
  /** Ascending. */
  messages: readonly Message[];
}

export function withPage(talk: Talk, page: Page): TalkStep {
  const known = { ...talk, firstSeq: Math.max(talk.firstSeq, page.firstSeq) };
  switch (page.asked) {
    case "newest":
      return joined(known, page);
    case "after": {
      const step = withEach(known, page.messages);
      return { ...step, ...caughtUp(step.talk, page.seq, page.rev, page.messages.length > 0) };
    }
  }
}

/** An entry of `welcome.gaps`. */
export function withGap(talk: Talk, gap: Gap): TalkStep {
  const page = { firstSeq: gap.first_seq, seq: gap.seq, rev: gap.rev, messages: gap.messages };
  // The server has sent this person much already, or the other gaps have taken the room: all of it is to be asked for.
  if (gap.more && gap.messages.length === 0) {
    return gap.reset ? { talk: emptyTalk, fresh: [], missing: false } : { talk, fresh: [], missing: true };
  }
  if (gap.reset) {
    const newer = gap.messages.filter((message) => talk.loaded && message.seq > talk.last);
    return { ...joined(emptyTalk, { ...page, asked: "newest" }), fresh: newer };
  }
  return withPage(talk, { ...page, asked: "after" });
}

/** Joins the newest page with the run that live messages may have started meanwhile. */
function joined(talk: Talk, page: Page): TalkStep {
  const end = page.messages.at(-1)?.seq ?? 0;
  const base: Talk = {
    ...talk,
    loaded: true,
    messages: page.messages,
    last: page.messages.length > 0 ? end : page.seq,
  };
  const step = withEach(base, talk.messages);
  // What the run held before and was shown is not fresh again.
  const fresh = page.messages.filter((message) => talk.loaded && message.seq > talk.last);
  const { talk: whole, missing } = caughtUp(step.talk, page.seq, page.rev, true);
  return { talk: whole, fresh, missing: missing || step.missing };
}

function withEach(talk: Talk, messages: readonly Message[]): TalkStep {
  let step: TalkStep = { talk, fresh: [], missing: false };
  for (const message of messages) {
    const next = withMessage(step.talk, message);
    step = { talk: next.talk, fresh: [...step.fresh, ...next.fresh], missing: step.missing || next.missing };
  }
  return step;
}

/** The rev of a head counts as reflected only when the run reaches that head. An empty page ends the asking. */
function caughtUp(talk: Talk, head: Seq, rev: number, progress: boolean): { talk: Talk; missing: boolean } {
  if (talk.last >= head) return { talk: { ...talk, rev: Math.max(talk.rev, rev) }, missing: false };
  return { talk, missing: progress };
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
