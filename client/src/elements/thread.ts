/**
 * What a window's log shows, line by line: messages grouped by author and minute, what has happened, times, the "New" divider, and under
 * which of one's own messages the delivery is spelt out. Pure: the same messages give the same rows.
 */
import type { Delivery, MessageView, Seq, SystemView } from "../view.js";
import { afterPause, sameDay, sameMinute } from "./times.js";

export type Row =
  /** A time of its own line; `day` where a new day begins. */
  | { kind: "time"; key: string; at: number; day: boolean }
  /** Everything below is new to this person. */
  | { kind: "new"; key: string }
  /** What has happened in a group or room. */
  | { kind: "event"; key: string; message: MessageView; system: SystemView }
  | {
      kind: "message";
      key: string;
      message: MessageView;
      /** First and last of a group. */
      first: boolean;
      last: boolean;
      /** The first of a run of messages of one author, whatever the time between them. */
      leads: boolean;
      /** Of one's own messages. */
      delivery: Delivery | undefined;
      /** The delivery is shown under this one, not only told to screen readers. */
      spelt: boolean;
    };

export interface Marks {
  /** The read mark at opening, or null where nothing is marked as new. */
  newAfter: Seq | null;
  /** The other person's read mark. */
  seenSeq: Seq;
  /** The messages are a part of the conversation that does not reach its end. */
  cut: boolean;
}

/** `messages`: a run of the conversation, of any length. */
export function threadRows(messages: readonly MessageView[], { newAfter, seenSeq, cut }: Marks): Row[] {
  const rows: Row[] = [];
  const firstNew = firstNewOf(messages, newAfter);
  const deliveries = messages.map((message) => deliveryOf(message, seenSeq));
  const spelt = speltDeliveries(deliveries, cut);
  messages.forEach((message, index) => {
    const before = messages[index - 1];
    const divided = index === firstNew && index > 0;
    if (divided) rows.push({ kind: "new", key: "new" });
    const timed = startsTime(before, message);
    if (timed) {
      const day = before === undefined || !sameDay(before.sentAt, message.sentAt);
      rows.push({ kind: "time", key: `time ${message.key}`, at: message.sentAt, day });
    }
    if (message.system !== undefined) {
      rows.push({ kind: "event", key: message.key, message, system: message.system });
      return;
    }
    const after = messages[index + 1];
    rows.push({
      kind: "message",
      key: message.key,
      message,
      first: divided || timed || !joins(before, message),
      last: index + 1 === firstNew || startsTime(message, after) || !joins(message, after),
      leads: divided || timed || !sameAuthor(before, message),
      delivery: deliveries[index],
      spelt: spelt.has(index),
    });
  });
  return rows;
}

/** Only where the run shows that it is the first: otherwise it may begin in the middle of the new ones. */
function firstNewOf(messages: readonly MessageView[], newAfter: Seq | null): number {
  if (newAfter === null || (messages[0]?.seq ?? 0) > newAfter + 1) return -1;
  return messages.findIndex(({ mine, seq, system }) => !mine && seq > newAfter && system === undefined);
}

/** How far a message has got is of no matter once it is deleted. */
function deliveryOf({ mine, seq, text, deleting, delivery }: MessageView, seenSeq: Seq): Delivery | undefined {
  if (text === null || deleting === true) return undefined;
  if (delivery !== undefined || !mine || seq === 0) return delivery;
  return seq <= seenSeq ? "seen" : "sent";
}

function joins(before: MessageView | undefined, after: MessageView | undefined): boolean {
  if (before === undefined || after === undefined || !sameAuthor(before, after)) return false;
  return sameMinute(before.sentAt, after.sentAt) && before.delivery !== "failed";
}

function sameAuthor(before: MessageView | undefined, after: MessageView): boolean {
  return before?.system === undefined && after.system === undefined && before?.mine === after.mine && before.sender === after.sender;
}

function startsTime(before: MessageView | undefined, after: MessageView | undefined): boolean {
  if (after === undefined) return false;
  if (before === undefined) return true;
  return !sameDay(before.sentAt, after.sentAt) || afterPause(before.sentAt, after.sentAt);
}

/** The last seen one, the last sent one below it, the last that is still on its way, and all that failed. */
function speltDeliveries(deliveries: readonly (Delivery | undefined)[], cut: boolean): Set<number> {
  const spelt = new Set<number>();
  if (cut) return spelt;
  const found = { seen: false, sent: false, sending: false };
  for (let index = deliveries.length - 1; index >= 0; index -= 1) {
    const delivery = deliveries[index];
    if (delivery === undefined) continue;
    if (delivery === "failed") {
      spelt.add(index);
    } else if (!found[delivery] && !(delivery === "sent" && found.seen)) {
      found[delivery] = true;
      spelt.add(index);
    }
  }
  return spelt;
}
