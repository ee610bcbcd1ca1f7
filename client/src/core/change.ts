/**
 * What differs between two views of one conversation, and how it is applied: `changed(view, changeBetween(view, next))`
 * equals `next`. So the port carries what has changed, and not the conversation. Of the dock's windows likewise. Pure.
 */
import type { ConversationChange, ConversationView, MessageView, WindowView } from "../view.js";

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
