/**
 * What differs between two views of one conversation, and how it is applied: `changed(view, changeBetween(view, next))`
 * equals `next`. So the port carries what has changed, and not the conversation. Of the dock's windows and the list of
 * conversations likewise. Pure.
 */
import type { ConversationChange, ConversationId, ConversationView, EntryView, MessageView, PlacedEntry, WindowView } from "../view.js";

/** null: nothing differs. Messages that have not changed are the same objects in both. */
export function changeBetween(view: ConversationView, next: ConversationView): ConversationChange | null {
  const change: ConversationChange = { conversation: next.conversation };
  const before = new Set(view.messages);
  const put = next.messages.filter((message) => !before.has(message));
  if (put.length > 0) change.put = put;
  const keys = new Set(next.messages.map(({ key }) => key));
  const gone = view.messages.filter(({ seq, key }) => seq === 0 && !keys.has(key)).map(({ key }) => key);
  if (gone.length > 0) change.gone = gone;
  const [first, then] = [view.messages[0]?.seq ?? 0, next.messages[0]?.seq ?? 0];
  if (first > 0 && then > first) change.from = then;
  for (const fact of ["older", "loading", "late"] as const) if (view[fact] !== next[fact]) change[fact] = next[fact];
  for (const mark of ["readSeq", "seenSeq"] as const) if (view[mark] !== next[mark]) change[mark] = next[mark];
  return Object.keys(change).length > 1 ? change : null;
}

export function changed(view: ConversationView, change: ConversationChange): ConversationView {
  const { put = [], gone = [], from = 0, ...facts } = change;
  return { ...view, ...facts, messages: withPut(view.messages, put, new Set(gone), from) };
}

function withPut(
  messages: readonly MessageView[],
  put: readonly MessageView[],
  gone: ReadonlySet<string>,
  from: number,
): MessageView[] {
  const committed = new Map<number, MessageView>();
  const pending = new Map<string, MessageView>();
  for (const message of [...messages, ...put]) {
    if (message.seq === 0) pending.set(message.key, message);
    else if (message.seq >= from) {
      committed.set(message.seq, message);
      pending.delete(message.key);
    }
  }
  for (const key of gone) pending.delete(key);
  return [
    ...[...committed.values()].sort((one, other) => one.seq - other.seq),
    // Ids rise in the order of sending.
    ...[...pending.values()].sort((one, other) => (one.key < other.key ? -1 : 1)),
  ];
}

/** The dock's windows after some of them have changed: those that have not are the same objects. */
export function withWindows(windows: readonly WindowView[], changed: readonly WindowView[]): WindowView[] {
  return windows.map((window) => changed.find(({ conversation }) => conversation === window.conversation) ?? window);
}

/** What has changed in a list of conversations, and where. */
export interface ListChange {
  /** In this order: each stands before one that is in its place by then. */
  put: PlacedEntry[];
  gone: ConversationId[];
}

/** `withListed(entries, listedBetween(entries, next))` equals `next`. What has not changed is the same object in both. */
export function listedBetween(entries: readonly EntryView[], next: readonly EntryView[]): ListChange {
  const before = new Map(entries.map((entry, at) => [entry.conversation, { entry, at }]));
  const places = next.map(({ conversation }) => before.get(conversation)?.at);
  const [up, down] = [keptFromEnd(places), keptFromStart(places)];
  const still = up.size >= down.size ? up : down;
  const put = next
    .map((entry, at): PlacedEntry => ({ entry, before: next[at + 1]?.conversation ?? null }))
    .filter(({ entry }, at) => !still.has(at) || before.get(entry.conversation)?.entry !== entry)
    .reverse();
  for (const { conversation } of next) before.delete(conversation);
  return { put, gone: [...before.keys()] };
}

/** Of an order in which few have moved, those that have kept their places: where those moved up, and where they moved down. */
function keptFromEnd(places: readonly (number | undefined)[]): Set<number> {
  const still = new Set<number>();
  let above = Infinity;
  for (let at = places.length - 1; at >= 0; at -= 1) {
    const place = places[at];
    if (place === undefined || place > above) continue;
    still.add(at);
    above = place;
  }
  return still;
}

function keptFromStart(places: readonly (number | undefined)[]): Set<number> {
  const still = new Set<number>();
  let below = -1;
  for (const [at, place] of places.entries()) {
    if (place === undefined || place < below) continue;
    still.add(at);
    below = place;
  }
  return still;
}

export function withListed(entries: readonly EntryView[], { put, gone }: ListChange): EntryView[] {
  const moved = new Set([...gone, ...put.map(({ entry }) => entry.conversation)]);
  const next = entries.filter(({ conversation }) => !moved.has(conversation));
  for (const { entry, before } of put) {
    const at = before === null ? -1 : next.findIndex(({ conversation }) => conversation === before);
    next.splice(at < 0 ? next.length : at, 0, entry);
  }
  return next;
}
