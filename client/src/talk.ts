/**
 * What the client holds of one conversation's messages: always one unbroken run of seqs up to the last applied one.
 * Pure.
 *
 * The rule (protocol/README.md, "Applying messages"): `last + 1` is applied, lower is dropped, higher means that
 * something is missing and must be asked for. Must not know windows, people or the outbox.
 */
import type { Gap, Message } from "./protocol.js";
import type { Seq } from "./view.js";

/** The copy of one conversation. */
export interface Talk {
  /** Ascending by seq, without gaps. */
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

/** A page of `history`, by what was asked. */
export interface Page {
  asked: "newest" | "before" | "after";
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
    case "before":
      return { talk: withOlder(known, page.messages), fresh: [], missing: false };
    case "after": {
      const step = withEach(known, page.messages);
      return { ...step, ...caughtUp(step.talk, page.seq, page.rev, page.messages.length > 0) };
    }
  }
}

/** An entry of `welcome.gaps`. */
export function withGap(talk: Talk, gap: Gap): TalkStep {
  const page = { firstSeq: gap.first_seq, seq: gap.seq, rev: gap.rev, messages: gap.messages };
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

/** Older messages are taken only where they join the run: an answer that outlived a reset does not. */
function withOlder(talk: Talk, messages: readonly Message[]): Talk {
  const first = talk.messages[0];
  if (first === undefined) return talk;
  const end = messages.at(-1);
  if (end === undefined) return { ...talk, firstSeq: first.seq };
  return end.seq === first.seq - 1 ? { ...talk, messages: [...messages, ...talk.messages] } : talk;
}

/** Whether the server keeps older ones than the run holds. */
export function hasOlder(talk: Talk): boolean {
  const first = talk.messages[0];
  return first !== undefined && first.seq > talk.firstSeq;
}
