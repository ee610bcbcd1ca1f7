/**
 * How the elements see it: folds the state, the outbox, the drafts and the dock changes that the server has not yet
 * confirmed into the views of view.ts. Pure.
 */
import { NO_DRAFT } from "../keep/drafts.js";
import type { Draft } from "../keep/drafts.js";
import { answered, wishesOf } from "../keep/entries.js";
import type { Entry, SendEntry, Wishes } from "../keep/entries.js";
import type { Feature, Message, WindowContact } from "../net/protocol.js";
import { talkOf, windowOf } from "./state.js";
import type { State } from "./state.js";
import { hasOlder } from "./talk.js";
import type { ConversationId, ConversationView, MessageView, UserId, WindowView, Writing } from "../view.js";

/** What the person last did to a window, as long as the server's dock does not show it. */
export interface WantedWindow {
  state: "open" | "minimised" | "closed";
  /** For a window that the dock does not have yet. */
  contact: WindowContact | null;
}

/** Everything that a view is made of. */
export interface Known {
  state: State;
  /** The outbox, in the order of asking. */
  pending: readonly Entry[];
  drafts: ReadonlyMap<ConversationId, Draft>;
  wanted: ReadonlyMap<ConversationId, WantedWindow>;
  /** Conversations whose first answer is awaited. */
  loading: ReadonlySet<ConversationId>;
  /** Conversations whose answer is late. */
  late: ReadonlySet<ConversationId>;
  /** This computer's clock in ms. */
  now: number;
  /** Milliseconds to add to it to have the server's. */
  skew: number;
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
    const draft = drafts.get(conversation) ?? NO_DRAFT;
    const { replyTo } = answered(draft, state.epoch);
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
      draft: draft.text,
      ...(replyTo === undefined ? {} : { draftReplyTo: replyTo }),
      ...(draft.edit === undefined ? {} : { draftEdit: draft.edit }),
      typing: (state.typing.get(conversation) ?? 0) > now,
      writing,
      verbs: verbsOf(state, writing),
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

/** What is offered: what the server takes, and this person may do now. */
function verbsOf({ features, limits }: State, writing: Writing): WindowView["verbs"] {
  const takes = (feature: Feature): boolean => features.includes(feature);
  return {
    edit: takes("edit") && writing === "yes" && limits.edit_seconds > 0,
    // One's own words can be taken back also where one may not write any more.
    delete: takes("delete"),
    reply: takes("reply") && writing === "yes",
  };
}

/** What a message's view is made of beside the message. */
export interface About {
  me: UserId;
  epoch: string | null;
  wishes: ReadonlyMap<string, Wishes>;
  now: number;
  skew: number;
  /** For how long after it was written a message may be edited, in ms; 0: never. */
  editMs: number;
}

export function aboutOf(known: Known, conversation: ConversationId): About {
  const { state, pending, now, skew } = known;
  const { edit } = verbsOf(state, windowOf(state, conversation)?.writing ?? "yes");
  const { me, epoch, limits } = state;
  return { me, epoch, wishes: wishesOf(pending, conversation), now, skew, editMs: edit ? limits.edit_seconds * 1000 : 0 };
}

/** One conversation: the committed messages that are held, then what waits to be sent. */
export function presentConversation(known: Known, conversation: ConversationId): ConversationView {
  const { state, pending, loading, late } = known;
  const talk = talkOf(state, conversation);
  const window = windowOf(state, conversation);
  const about = aboutOf(known, conversation);
  const messages = talk.messages.map((message) => presentMessage(message, about));
  const committed = new Set(messages.map(({ key }) => key));
  for (const entry of pending) {
    if (entry.kind !== "send" || entry.conversation !== conversation || committed.has(entry.id)) continue;
    messages.push(presentPending(entry, about));
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

export function presentMessage(message: Message, about: About): MessageView {
  const mine = message.sender === about.me;
  const key = mine && message.client_message_id !== null ? message.client_message_id : `seq:${message.seq}`;
  const { reply_to: replyTo, edited_at: editedAt, deleted, text } = message;
  return once(message, wished({ text, mine, sentAt: message.sent_at, key }, about), (facts) => ({
    key,
    seq: message.seq,
    mine,
    text,
    sentAt: message.sent_at,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(editedAt === undefined ? {} : { edited: true as const }),
    ...(deleted === undefined ? {} : { deletedBy: deleted === "author" && mine ? ("me" as const) : deleted }),
    ...facts,
  }));
}

function presentPending(entry: SendEntry, about: About): MessageView {
  const { id: key, text, writtenAt: sentAt, failure, acked } = entry;
  const wishes = failure === null ? wished({ text, mine: true, sentAt, key }, about) : {};
  const facts = { ...answered(entry, about.epoch), ...wishes };
  return once(entry, facts, () => ({
    key,
    seq: 0,
    mine: true,
    text,
    sentAt,
    ...(failure === null
      ? { delivery: acked === undefined ? ("sending" as const) : ("sent" as const) }
      : { delivery: "failed" as const, failure }),
    ...facts,
  }));
}

type Facts = Partial<Pick<MessageView, "text" | "replyTo" | "editableUntil" | "edit" | "deleting" | "deletedBy">>;

/** What the person may do with a message of theirs, and what they have asked for already. */
function wished(
  { text, mine, sentAt, key }: Pick<MessageView, "text" | "mine" | "sentAt" | "key">,
  { wishes, now, skew, editMs }: About,
): Facts {
  if (!mine) return {};
  const { edit, delete: deletion } = wishes.get(key) ?? {};
  const facts: Facts = {};
  if (edit !== undefined) {
    facts.edit = edit.failure === null ? { state: "sending" } : { state: "failed", text: edit.text, failure: edit.failure };
    if (edit.failure === null && text !== null) facts.text = edit.text;
  }
  if (text === null) return facts;
  if (deletion?.over === true) return { ...facts, text: null, deletedBy: "me" };
  if (deletion !== undefined) facts.deleting = true;
  const until = sentAt + editMs - skew;
  if (editMs > 0 && until > now) facts.editableUntil = until;
  return facts;
}

/** The same message with the same facts gives the same view: so change.ts sees what has changed. */
const presented = new WeakMap<Message | Entry, { sign: string; view: MessageView }>();

function once(message: Message | Entry, facts: Facts, present: (facts: Facts) => MessageView): MessageView {
  const sign = JSON.stringify(facts);
  const known = presented.get(message);
  if (known?.sign === sign) return known.view;
  const view = present(facts);
  presented.set(message, { sign, view });
  return view;
}
