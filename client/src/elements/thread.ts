/**
 * What a window's log shows, line by line: messages grouped by sender and minute, times, the "New" divider, and under
 * which of one's own messages the delivery is spelt out. Pure: the same messages give the same rows.
 */
import type { MessageView, Seq } from "../view.js";
import { afterPause, sameDay, sameMinute } from "./times.js";

export type Row =
  /** A time of its own line; `day` where a new day begins. */
  | { kind: "time"; key: string; at: number; day: boolean }
  /** Everything below is new to this person. */
  | { kind: "new"; key: string }
  | {
      kind: "message";
      key: string;
      message: MessageView;
      /** First and last of a group. */
      first: boolean;
      last: boolean;
      /** The delivery is shown under this one, not only told to screen readers. */
      spelt: boolean;
    };

/** `newAfter`: the read mark at opening, or null where nothing is marked as new. */
export function threadRows(messages: readonly MessageView[], newAfter: Seq | null): Row[] {
  const rows: Row[] = [];
  const firstNew = newAfter === null ? -1 : messages.findIndex((m) => !m.mine && m.seq > newAfter);
  const spelt = speltDeliveries(messages);
  messages.forEach((message, index) => {
    const before = messages[index - 1];
    const divided = index === firstNew && index > 0;
    if (divided) rows.push({ kind: "new", key: "new" });
    const timed = startsTime(before, message);
    if (timed) {
      const day = before === undefined || !sameDay(before.sentAt, message.sentAt);
      rows.push({ kind: "time", key: `time ${message.key}`, at: message.sentAt, day });
    }
    const after = messages[index + 1];
    rows.push({
      kind: "message",
      key: message.key,
      message,
      first: divided || timed || !joins(before, message),
      last: index + 1 === firstNew || startsTime(message, after) || !joins(message, after),
      spelt: spelt.has(index),
    });
  });
  return rows;
}

function joins(before: MessageView | undefined, after: MessageView | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  return before.mine === after.mine && sameMinute(before.sentAt, after.sentAt) && before.delivery !== "failed";
}

function startsTime(before: MessageView | undefined, after: MessageView | undefined): boolean {
  if (after === undefined) return false;
  if (before === undefined) return true;
  return !sameDay(before.sentAt, after.sentAt) || afterPause(before.sentAt, after.sentAt);
}

/** The last seen one, the last sent one below it, the last that is still on its way, and all that failed. */
function speltDeliveries(messages: readonly MessageView[]): Set<number> {
  const spelt = new Set<number>();
  const found = { seen: false, sent: false, sending: false };
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const delivery = messages[index]?.delivery;
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
