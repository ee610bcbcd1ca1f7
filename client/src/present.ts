/**
 * How the elements see it: folds the state, the outbox, the drafts and the dock changes that the server has not yet
 * confirmed into the views of view.ts. Pure.
 */
import type { Message, WindowContact } from "./protocol.js";
import { talkOf, windowOf } from "./state.js";
import type { State } from "./state.js";
import { hasOlder } from "./talk.js";
import type { ConversationId, ConversationView, MessageView, UserId, WindowView, Writing } from "./view.js";

/** A message of the user's own that the server has not acknowledged. */
export interface PendingMessage {
  /** `client_message_id`, UUID v7. */
  id: string;
  conversation: ConversationId;
  text: string;
  /** Milliseconds UTC, by this computer's clock corrected by the server's. */
  writtenAt: number;
  /** The error code of a final refusal; null while it is being tried. */
  failure: string | null;
  /** The server has it; the message itself is on its way. */
  acked?: true;
}

/** What the person last did to a window, as long as the server's dock does not show it. */
export interface WantedWindow {
  state: "open" | "minimised" | "closed";
  /** For a window that the dock does not have yet. */
  contact: WindowContact | null;
}

/** Everything that a view is made of. */
export interface Known {
  state: State;
  pending: readonly PendingMessage[];
  drafts: ReadonlyMap<ConversationId, string>;
  wanted: ReadonlyMap<ConversationId, WantedWindow>;
  /** Conversations whose first answer is awaited. */
  loading: ReadonlySet<ConversationId>;
  /** Conversations whose answer is late. */
  late: ReadonlySet<ConversationId>;
  /** This computer's clock in ms. */
  now: number;
}

/** The dock's windows in the order in which they were opened. */
export function presentDock(known: Known): { windows: WindowView[]; unread: number } {
  const { state, wanted, drafts, now } = known;
  const windows: WindowView[] = [];
  const add = (
    conversation: ConversationId,
    shown: "open" | "minimised",
    contact: WindowContact,
    unread: number,
    writing: Writing,
  ): void => {
    windows.push({
      conversation,
      state: shown,
      contact: {
        id: contact.id,
        name: contact.name,
        picture: contact.picture,
        profileUrl: contact.profile_url,
        status: contact.status,
      },
      unread,
      draft: drafts.get(conversation) ?? "",
      typing: (state.typing.get(conversation) ?? 0) > now,
      writing,
    });
  };
  for (const window of state.windows) {
    const shown = wanted.get(window.conversation)?.state ?? window.state;
    if (shown !== "closed") add(window.conversation, shown, window.contact, window.unread, window.writing);
  }
  for (const [conversation, { state: shown, contact }] of wanted) {
    if (shown === "closed" || contact === null || windowOf(state, conversation) !== undefined) continue;
    add(conversation, shown, contact, 0, "yes");
  }
  return { windows, unread: windows.reduce((sum, window) => sum + window.unread, 0) };
}

/** One conversation: the committed messages that are held, then what waits to be sent. */
export function presentConversation(known: Known, conversation: ConversationId): ConversationView {
  const { state, pending, loading, late } = known;
  const talk = talkOf(state, conversation);
  const window = windowOf(state, conversation);
  const messages = talk.messages.map((message) => presentMessage(message, state.me));
  const committed = new Set(messages.map(({ key }) => key));
  for (const entry of pending) {
    if (entry.conversation === conversation && !committed.has(entry.id)) messages.push(presentPending(entry));
  }
  return {
    conversation,
    messages,
    older: hasOlder(talk),
    loading: loading.has(conversation) && !talk.loaded && messages.length === 0,
    late: late.has(conversation) && !talk.loaded,
    readSeq: window?.read_seq ?? 0,
    seenSeq: window?.other_read_seq ?? 0,
  };
}

/** The same message gives the same view: so change.ts sees what has changed. */
const presented = new WeakMap<Message | PendingMessage, MessageView>();

export function presentMessage(message: Message, me: UserId): MessageView {
  return once(message, () => {
    const mine = message.sender === me;
    return {
      key: mine && message.client_message_id !== null ? message.client_message_id : `seq:${message.seq}`,
      seq: message.seq,
      mine,
      text: message.text,
      sentAt: message.sent_at,
    };
  });
}

function presentPending(entry: PendingMessage): MessageView {
  return once(entry, () => ({
    key: entry.id,
    seq: 0,
    mine: true,
    text: entry.text,
    sentAt: entry.writtenAt,
    ...(entry.failure === null
      ? { delivery: entry.acked === true ? ("sent" as const) : ("sending" as const) }
      : { delivery: "failed" as const, failure: entry.failure }),
  }));
}

function once(message: Message | PendingMessage, present: () => MessageView): MessageView {
  const known = presented.get(message);
  if (known !== undefined) return known;
  const view = present();
  presented.set(message, view);
  return view;
}
