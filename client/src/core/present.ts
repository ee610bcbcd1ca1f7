/**
 * How the elements see it: folds the state, the outbox, the drafts and the dock changes that the server has not yet
 * confirmed into the views of view.ts. Pure.
 */
import { NO_DRAFT } from "../keep/drafts.js";
import type { Draft } from "../keep/drafts.js";
import { answered, wishesOf } from "../keep/entries.js";
import type { Entry, SendEntry, Wishes } from "../keep/entries.js";
import { circleOf, courseOf, kindOf } from "../net/protocol.js";
import type { Contact, DockWindow, Feature, Message, SharedWindow, WindowContact } from "../net/protocol.js";
import { talkOf, windowOf } from "./state.js";
import type { State } from "./state.js";
import { hasOlder } from "./talk.js";
import type { ConversationId, ConversationView, CourseView, Face, Kind, MessageView, ReactionView, RoomView } from "../view.js";
import type { UserId, WindowView, Writing } from "../view.js";

/** So many of those who have reacted are named. */
const REACTED_MOST = 20;

/** What the person last did to a window, as long as the server's dock does not show it. */
export interface WantedWindow {
  state: "open" | "minimised" | "closed";
  /** For a window that the dock does not have yet. */
  contact: WindowContact | null;
  title?: string;
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
  const { state, wanted } = known;
  const windows: WindowView[] = [];
  for (const window of state.windows) {
    const shown = wanted.get(window.conversation)?.state ?? window.state;
    if (shown !== "closed") windows.push(presentWindow(known, { ...window, state: shown }));
  }
  for (const [conversation, { state: shown, contact, title }] of wanted) {
    const kind = kindOf(conversation);
    if (shown === "closed" || kind === undefined || windowOf(state, conversation) !== undefined) continue;
    const entry = state.listing.entries.get(conversation);
    if (entry !== undefined) {
      windows.push(presentWindow(known, { ...entry, state: shown }));
      continue;
    }
    const none = { conversation, state: shown, writing: "yes" as const, first_seq: 1, seq: 0, rev: 0, read_seq: 0, unread: 0 };
    if (kind === "direct") {
      if (contact !== null) windows.push(presentWindow(known, { ...none, kind, contact, other_read_seq: 0 }));
    } else if (title !== undefined) {
      windows.push(presentWindow(known, { ...none, kind, title, circle: kind === "room" ? circleOf(conversation) : "" }));
    }
  }
  // Rooms are quiet, and what is muted.
  const loud = ({ kind, unread, mentions, muted }: WindowView): number => (kind === "room" || muted === true ? mentions : unread);
  return { windows, unread: windows.reduce((sum, window) => sum + loud(window), 0) };
}

/** What the person has set of it, as it is now. `time`: ms by the server's clock. */
export function flagsOf({ pinned, muted_until: until = 0 }: Pick<DockWindow, "pinned" | "muted_until">, time: number): Pick<WindowView, "pinned" | "muted"> {
  return { ...(pinned === true ? { pinned } : {}), ...(until > time ? { muted: true } : {}) };
}

function presentWindow({ state, drafts, now, skew }: Known, window: DockWindow): WindowView {
  const { conversation, kind, state: shown, unread, writing, mentions = 0 } = window;
  const draft = drafts.get(conversation) ?? NO_DRAFT;
  const { replyTo, mentions: named } = answered(draft, state.epoch);
  return {
    conversation,
    kind,
    state: shown,
    title: window.kind === "direct" ? window.contact.name : window.title,
    ...(window.kind === "direct"
      ? { contact: { ...faceOf(window.contact), status: window.contact.status } }
      : sharedFacts(state, window)),
    mentions,
    unread,
    draft: draft.text,
    ...(replyTo === undefined ? {} : { draftReplyTo: replyTo }),
    ...(named === undefined ? {} : { draftMentions: named }),
    ...(draft.edit === undefined ? {} : { draftEdit: draft.edit }),
    typing: [...(state.typing.get(conversation) ?? [])].flatMap(([user, until]) => (until > now ? [user] : [])),
    writing,
    // Of what has not begun there is nothing to set.
    verbs: { ...verbsOf(state, writing, kind), flag: state.features.includes("flags") && window.seq > 0 },
    ...flagsOf(window, now + skew),
  };
}

function sharedFacts(
  { me, circles, talks }: State,
  { kind, conversation, circle, members, announcements, writing }: SharedWindow,
): Partial<WindowView> {
  const facts: Partial<WindowView> = { circle };
  if (members !== undefined) facts.members = members;
  if (announcements === true) facts.announcements = true;
  const teaches = circles.some(({ id, role }) => role === "teacher" && (id === circle || id === courseOf(circle)));
  if (kind === "room" && teaches) facts.moderates = true;
  // Whoever left reads up to the message that says so.
  const last = talks.get(conversation)?.messages.at(-1);
  const { kind: what, users = [] } = last?.system ?? {};
  const gone = what === "left" ? last?.sender === me : what === "removed" && users.includes(me);
  if (kind === "group" && writing === "no" && gone) facts.left = true;
  return facts;
}

export function faceOf({ id, name, picture, profile_url: profileUrl }: Contact): Face {
  return { id, name, picture, profileUrl };
}

/** Courses in which the person may make a group: of each that they hold something of, the whole before its groups. */
export function presentCourses({ circles, features }: State): CourseView[] {
  if (!features.includes("groups")) return [];
  const courses = new Map<string, CourseView>();
  for (const { id, title } of circles) {
    const circle = courseOf(id);
    if (id === circle || !courses.has(circle)) courses.set(circle, { circle, title });
  }
  return [...courses.values()];
}

export function presentRooms({ rooms, features }: State): RoomView[] {
  if (!features.includes("rooms")) return [];
  return rooms.map(({ conversation, title, writing, announcements = false, unread = false, mentions = 0 }) => {
    return { conversation, title, writing, announcements, unread, mentions };
  });
}

/** What is offered: what the server takes, and this person may do now. */
function verbsOf({ features, limits }: State, writing: Writing, kind: Kind | undefined): Omit<WindowView["verbs"], "flag"> {
  const takes = (feature: Feature): boolean => features.includes(feature);
  const may = writing === "yes";
  return {
    edit: takes("edit") && may && limits.edit_seconds > 0,
    // One's own words can be taken back also where one may not write any more.
    delete: takes("delete"),
    reply: takes("reply") && may,
    react: takes("react") && may,
    mention: takes("mentions") && may && kind !== "direct",
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
  const { edit } = verbsOf(state, windowOf(state, conversation)?.writing ?? "yes", kindOf(conversation));
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
    seenSeq: window?.kind === "direct" ? window.other_read_seq : 0,
  };
}

/** What a page knows the message by. */
export function keyOf({ sender, client_message_id: id, seq, system }: Message, me: UserId): string {
  return sender === me && id !== null && system === undefined ? id : `seq:${seq}`;
}

export function presentMessage(message: Message, about: About): MessageView {
  const { seq, sender, system, client_message_id: id, mentions, reply_to: replyTo, edited_at: editedAt, deleted, text } = message;
  const mine = sender === about.me;
  const key = keyOf(message, about.me);
  const { reactions = [], mine: reacted = [] } = message;
  return once(message, wished({ text, mine, sentAt: message.sent_at, key }, about, reactions, reacted), (facts) => ({
    key,
    seq,
    sender,
    mine,
    text,
    sentAt: message.sent_at,
    ...(mine || id === null ? {} : { id }),
    ...(system === undefined ? {} : { system: { users: [], ...system } }),
    ...(mentions === undefined ? {} : { mentions }),
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
    sender: about.me,
    mine: true,
    text,
    sentAt,
    ...(failure === null
      ? { delivery: acked === undefined ? ("sending" as const) : ("sent" as const) }
      : { delivery: "failed" as const, failure }),
    ...facts,
  }));
}

type Facts = Partial<
  Pick<MessageView, "text" | "replyTo" | "mentions" | "reactions" | "editableUntil" | "edit" | "deleting" | "deletedBy">
>;

/** What the person may do with a message, and what they have asked for already. */
function wished(
  { text, mine, sentAt, key }: Pick<MessageView, "text" | "mine" | "sentAt" | "key">,
  { me, wishes, now, skew, editMs }: About,
  reactions: NonNullable<Message["reactions"]> = [],
  reacted: readonly string[] = [],
): Facts {
  const { edit, delete: deletion, react } = wishes.get(key) ?? {};
  const facts: Facts = {};
  if (edit !== undefined) {
    facts.edit = edit.failure === null ? { state: "sending" } : { state: "failed", text: edit.text, failure: edit.failure };
    if (edit.failure === null && text !== null) facts.text = edit.text;
  }
  if (text === null) return facts;
  if (deletion?.over === true) return { ...facts, text: null, deletedBy: mine ? "me" : "moderator" };
  if (deletion !== undefined) facts.deleting = true;
  const views = withWish(reactions, reacted, react?.emoji ?? reacted, me);
  if (views.length > 0) facts.reactions = views;
  const until = sentAt + editMs - skew;
  if (mine && editMs > 0 && until > now) facts.editableUntil = until;
  return facts;
}

/** The reactions, of which the person's own are to be `wish` and were `mine`. */
function withWish(
  reactions: NonNullable<Message["reactions"]>,
  mine: readonly string[],
  wish: readonly string[],
  me: UserId,
): ReactionView[] {
  const used = reactions.map(({ emoji }) => emoji);
  const fresh = wish.filter((emoji) => !used.includes(emoji)).map((emoji) => ({ emoji, count: 0, users: [] }));
  return [...reactions, ...fresh].flatMap(({ emoji, count, users }) => {
    const [was, is] = [mine.includes(emoji) && count > 0, wish.includes(emoji)];
    const total = count + Number(is) - Number(was);
    const others = users.filter((user) => user !== me);
    const named = was === is ? users : is ? [...others, me].slice(0, REACTED_MOST) : others;
    return total > 0 ? [{ emoji, count: total, users: named, mine: is }] : [];
  });
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
