/**
 * What the page holds of one conversation: the newest part, as the core tells it, and the run of messages that the log
 * shows. The run slides: older and newer messages are fetched where the person scrolls to, and what is far from there
 * is let go, so that neither the page nor its document grows with what was scrolled through. Pure.
 */
import { changed } from "../core/change.js";
import { HELD_MESSAGES } from "../core/talk.js";
import type { ConversationChange, ConversationView, HistoryPage, MessageView, Seq } from "../view.js";

/** The longest run: some fifteen screenfuls, so that what is let go at one end is far from what is read at the other. */
export const RUN_MESSAGES = 200;
/**
 * The longest run that follows the conversation: where nobody reads further up, what a browser does with each message
 * that comes grows with the messages that are shown. The newest ones are left of it.
 */
const RUN_FOLLOWED = 2 * HELD_MESSAGES;
/** So many messages are shown above one that somebody goes to. */
const ABOVE = 20;

export type Side = "before" | "after";

export interface Reading {
  readonly newest: ConversationView;
  /** Committed messages, ascending, without gaps. */
  readonly run: readonly MessageView[];
  /** The server has older ones than the run. */
  readonly older: boolean;
  /** The person is at the end: what comes moves the run along. Otherwise what they read stays. */
  readonly follows: boolean;
  /** What the core is asked for: more on one side, or what is around the message `at`. */
  readonly asked: ({ readonly side: Side } | { readonly at: Seq }) & { readonly request: number } | null;
}

export function began(view: ConversationView): Reading {
  return atEnd({ newest: view, run: [], older: false, follows: true, asked: null });
}

/** Back to the newest messages. */
export function atEnd(reading: Reading): Reading {
  const { newest } = reading;
  return { ...reading, run: committed(newest), older: newest.older, follows: true, asked: null };
}

/** Whether there are newer messages than the run. */
export function hasNewer({ newest, run }: Reading): boolean {
  return lastOf(run) < lastOf(committed(newest));
}

/** What the log shows: the run and, where it reaches the end, what waits to be sent. */
export function shownOf(reading: Reading): readonly MessageView[] {
  if (hasNewer(reading)) return reading.run;
  return [...reading.run, ...reading.newest.messages.filter(({ seq }) => seq === 0)];
}

/** The core has told what is new or different. */
export function withChange(reading: Reading, change: ConversationChange): Reading {
  const newest = changed(reading.newest, change);
  const put = new Map((change.put ?? []).filter(({ seq }) => seq > 0).map((message) => [message.seq, message]));
  const replaced = reading.run.some(({ seq }) => put.has(seq));
  const run = replaced ? reading.run.map((message) => put.get(message.seq) ?? message) : reading.run;
  const next = { ...reading, newest, run };
  // A run that was not at the end stays where it is; the rest is fetched when somebody scrolls there.
  if (hasNewer(reading) || put.size === 0) return next;
  const added = [...put.values()].filter(({ seq }) => seq > lastOf(run)).sort((one, other) => one.seq - other.seq);
  if (added.length === 0) return next;
  const joins = run.length === 0 || added[0]?.seq === lastOf(run) + 1;
  if (!joins) return reading.follows ? atEnd(next) : next;
  if (run.length === 0) return { ...next, run: added, older: newest.older };
  const longer = [...run, ...added];
  if (longer.length <= (reading.follows ? RUN_FOLLOWED : RUN_MESSAGES)) return { ...next, run: longer };
  if (reading.follows) return { ...next, run: longer.slice(-HELD_MESSAGES), older: true };
  return { ...next, run: longer.slice(0, RUN_MESSAGES) };
}

/**
 * The person comes near one end of the run. Gives the reading that goes on from there at once, from what the page
 * holds, or the seq from which on the core is to be asked; null: there is nothing on that side.
 */
export function further(reading: Reading, side: Side): { reading: Reading } | { ask: Seq } | null {
  const { newest, run } = reading;
  const [first, last] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined) return null;
  if (side === "before") return reading.older ? { ask: first.seq } : null;
  if (!hasNewer(reading)) return null;
  const held = committed(newest);
  if ((held[0]?.seq ?? 0) > last.seq + 1) return { ask: last.seq };
  return { reading: after(reading, held.filter(({ seq }) => seq > last.seq).slice(0, HELD_MESSAGES)) };
}

/**
 * The person goes to one message. Gives the reading that shows it, or the seq after which the core is to be asked for
 * the messages that take the run's place.
 */
export function around(reading: Reading, seq: Seq): { reading: Reading } | { ask: Seq } {
  if (reading.run.some((message) => message.seq === seq)) return { reading };
  if (committed(reading.newest).some((message) => message.seq === seq)) return { reading: atEnd(reading) };
  return { ask: Math.max(0, seq - 1 - ABOVE) };
}

/** Messages have changed; those that the run does not show are passed over. */
export function withRewritten(reading: Reading, messages: readonly MessageView[]): Reading {
  const put = new Map(messages.map((message) => [message.seq, message]));
  if (!reading.run.some(({ seq }) => put.has(seq))) return reading;
  return { ...reading, run: reading.run.map((message) => put.get(message.seq) ?? message) };
}

/** The core's answer; one to another question than the last is passed over. */
export function withPage(reading: Reading, page: HistoryPage): Reading {
  const { asked, run } = reading;
  if (asked?.request !== page.request) return reading;
  const answered = { ...reading, asked: null };
  const messages = page.messages ?? [];
  const [first, last] = [messages[0], messages.at(-1)];
  if ("at" in asked) {
    // Where the one that was named is not there any more, nothing is gained by showing others.
    if (first === undefined || !messages.some(({ seq }) => seq === asked.at)) return answered;
    return { ...answered, run: messages, older: first.seq > 1, follows: false };
  }
  if (asked.side === "before") {
    if (last !== undefined && last.seq !== (run[0]?.seq ?? 0) - 1) return answered;
    // No answer says nothing of what there is.
    const older = page.messages === null ? reading.older : page.more;
    const longer = [...messages, ...run];
    const follows = reading.follows && longer.length <= RUN_MESSAGES;
    return { ...answered, run: longer.slice(0, RUN_MESSAGES), older, follows };
  }
  return first?.seq === lastOf(run) + 1 ? after(answered, messages) : answered;
}

function after(reading: Reading, messages: readonly MessageView[]): Reading {
  const longer = [...reading.run, ...messages];
  const run = longer.slice(-RUN_MESSAGES);
  return { ...reading, run, older: reading.older || run.length < longer.length };
}

function committed(view: ConversationView): readonly MessageView[] {
  return view.messages.filter(({ seq }) => seq > 0);
}

function lastOf(messages: readonly MessageView[]): Seq {
  return messages.at(-1)?.seq ?? 0;
}
