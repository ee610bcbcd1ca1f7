/**
 * The person's list of conversations as far as it is loaded, and what frames and answers do to it, by the contract's "The
 * list". Pure.
 *
 * Of a conversation that has a window the window says the same, and newer: it is laid over the entry wherever that is
 * shown, and put into it when the window goes. So dock and list never disagree. Must not know what is asked, or told.
 */
import { conversationOf, kindOf } from "../net/protocol.js";
import type { DockWindow, ListEntry, Message, RosterContact, Server, ServerFrame } from "../net/protocol.js";
import { emptyListing } from "./held-list.js";
import type { Entry, Listing } from "./held-list.js";
import { mentionsMe, summed, windowOf, withNews } from "./state.js";
import type { State, Step } from "./state.js";
import { isStub } from "./talk.js";
import type { ConversationId, Seq, Status, UserId } from "../view.js";

/** Code points of a message that an entry has of it (the contract). */
const LAST_CHARS = 200;

type Page = Pick<Server<"list">, "conversations" | "next">;
/** A listing that is being changed. */
type Held = Pick<Listing, "next"> & { entries: Map<ConversationId, Entry>; order: readonly ConversationId[] };

/** What a frame did. */
export interface ListStep {
  listing: Listing;
  /** Only the server can tell of these; true: they stand at the top. */
  asks: ReadonlyMap<ConversationId, boolean>;
  /** Those in which something new was said. */
  topped: readonly ConversationId[];
}

/** What a frame, and what it has brought, does to the list of `before`; `step` is what it did to all else. */
export function withFrame(before: State, { state, rows, dropped }: Step, frame?: ServerFrame): ListStep {
  const asks = new Map<ConversationId, boolean>();
  if (before.epoch !== state.epoch && before.epoch !== null) return { listing: emptyListing, asks, topped: [] };
  const held: Held = { entries: new Map(before.listing.entries), order: before.listing.order, next: before.listing.next };
  const topped = new Set<ConversationId>();
  if (state.windows !== before.windows) {
    foldClosed(before, state, held);
    foldPinned(state, held);
  }
  for (const { conversation, message } of rows) {
    const entry = held.entries.get(conversation);
    const news = isNews(state, conversation, message, entry?.seq ?? 0);
    if (entry !== undefined) {
      const next = withMessage(state, entry, message);
      held.entries.set(conversation, next);
      if (lacks(state, next)) asks.set(conversation, false);
    }
    if (held.order.includes(conversation)) {
      if (!news) continue;
      topped.add(conversation);
      held.order = withTop(held, conversation);
    } else if (news && frame?.type === "changes" && !isChanged(message)) {
      topped.add(conversation);
      // Where it stands its last message says, but for rooms, and for who has just become a member.
      asks.set(conversation, message.system !== undefined || kindOf(conversation) === "room");
    }
  }
  // What was written in a group while it was not the person's is not told.
  for (const conversation of dropped) if (held.entries.has(conversation)) asks.set(conversation, false);
  // A room is quiet: what calls the person there comes by its window.
  for (const { conversation, mentions = 0 } of state.windows) {
    const calls = mentions > (windowOf(before, conversation)?.mentions ?? 0);
    if (calls && kindOf(conversation) === "room" && !topped.has(conversation)) asks.set(conversation, true);
  }
  if (state.rosters !== before.rosters && held.entries.size > 0) leave(before, state, held);
  switch (frame?.type) {
    case "presence":
      change(held, conversationOf(state.me, frame.user), (entry) => withStatus(entry, frame.status));
      break;
    case "read":
      if (frame.user === state.me) change(held, frame.conversation, (entry) => withReadEntry(entry, frame.seq));
      break;
    case "dot":
      change(held, frame.conversation, (entry) => withDot(entry, frame.seq));
      break;
    case "flags":
      if (!withFlags(held, { pinned: undefined, archived: undefined, muted_until: undefined, ...frame })) asks.set(frame.conversation, false);
      break;
    default:
  }
  const { entries, order } = held;
  const same = order === before.listing.order && sameEntries(entries, before.listing.entries);
  return { listing: same ? before.listing : { ...before.listing, entries, order }, asks, topped: [...topped] };
}

/** A first page takes the place of all that was loaded, but for what came up (`topped`) while it was awaited. */
export function withFirstPage(before: Listing, { conversations, next }: Page, topped: Iterable<ConversationId>): Listing {
  const held: Held = { entries: withAnswered(before.entries, conversations), order: [], next };
  held.order = conversations.filter(({ archived }) => archived !== true).map(({ conversation }) => conversation);
  const answered = new Map(conversations.map(({ conversation, rev }) => [conversation, rev]));
  for (const conversation of topped) {
    const entry = held.entries.get(conversation);
    if (entry !== undefined && (answered.get(conversation) ?? -1) < entry.rev) held.order = withTop(held, conversation);
  }
  return { ...held, known: true };
}

/** The next page: what is in the list already has come up since. */
export function withPage(before: Listing, { conversations, next }: Page): Listing {
  const entries = withAnswered(before.entries, conversations);
  const fresh = conversations.filter(({ conversation, archived }) => archived !== true && !before.order.includes(conversation));
  return { ...before, entries, order: [...before.order, ...fresh.map(({ conversation }) => conversation)], next };
}

/** Entries by a filter are held beside the list. */
export function withSifted(before: Listing, conversations: readonly ListEntry[]): Listing {
  return { ...before, entries: withAnswered(before.entries, conversations) };
}

/** What the server says of conversations that were asked for, each with whether it stands at the top. */
export function withAsked(before: Listing, asked: ReadonlyMap<ConversationId, boolean>, conversations: readonly ListEntry[]): Listing {
  const held: Held = { ...before, entries: withAnswered(before.entries, conversations) };
  const told = new Set(conversations.map(({ conversation }) => conversation));
  for (const [conversation, top] of asked) {
    if (!told.has(conversation)) held.entries.delete(conversation);
    const entry = held.entries.get(conversation);
    const newer = (entry?.seq ?? 0) > (before.entries.get(conversation)?.seq ?? 0);
    if (entry === undefined || entry.archived === true) held.order = held.order.filter((one) => one !== conversation);
    else if (top) held.order = withTop(held, conversation);
    else if (!held.order.includes(conversation) || (newer && entry.kind !== "room")) held.order = placed(held, conversation);
  }
  return { ...before, entries: held.entries, order: held.order };
}

/** Without what is neither in the list nor `kept`. */
export function only(listing: Listing, kept: ReadonlySet<ConversationId>): Listing {
  const wanted = new Set([...listing.order, ...kept]);
  const entries = new Map([...listing.entries].filter(([conversation]) => wanted.has(conversation)));
  return entries.size === listing.entries.size ? listing : { ...listing, entries };
}

/** The part of it that the browser keeps. */
export function keptOf(listing: Listing, most: number): Listing {
  const order = listing.order.slice(0, most);
  const cut = only({ ...listing, order }, new Set());
  return order.length < listing.order.length ? { ...cut, next: "" } : cut;
}

function withAnswered(before: ReadonlyMap<ConversationId, Entry>, answered: readonly ListEntry[]): Map<ConversationId, Entry> {
  const entries = new Map(before);
  for (const entry of answered) entries.set(entry.conversation, newest(entry, before.get(entry.conversation)));
  return entries;
}

/** The server's word, and over it what changes have told since. */
function newest(answered: ListEntry, held: Entry | undefined): Entry {
  const { last, ...rest } = answered;
  const entry: Entry = { ...rest, upTo: answered.rev };
  if (held?.stub !== undefined) entry.stub = held.stub;
  if (last !== undefined && last.seq !== held?.stub) entry.last = last;
  if (held === undefined || held.rev <= answered.rev) return entry;
  const { seq, rev, unread, mentions, upTo } = held;
  const over = { ...entry, seq, rev, unread, upTo, ...(mentions === undefined ? {} : { mentions }) };
  return held.last === undefined || held.last.seq < (last?.seq ?? 0) ? over : { ...over, last: held.last };
}

/** Whether it puts its conversation at the top. In a room only what is the person's own, or calls them. */
function isNews(state: State, conversation: ConversationId, message: Message, seq: Seq): boolean {
  const { sender, system, text, seq: at } = message;
  if (at <= seq) return false;
  if (system !== undefined) {
    const { kind, users = [] } = system;
    return (kind === "made" && sender === state.me) || ((kind === "made" || kind === "added") && users.includes(state.me));
  }
  if (text === null) return false;
  return !conversation.startsWith("r-") || sender === state.me || mentionsMe(state, message);
}

/** It may have been there for long. */
function isChanged({ edited_at: editedAt, reactions }: Message): boolean {
  return editedAt !== undefined || reactions !== undefined;
}

function withMessage(state: State, entry: Entry, message: Message): Entry {
  const { seq, rev, sender, text, sent_at, system } = message;
  const next: Entry = { ...entry, seq: Math.max(entry.seq, seq), rev: Math.max(entry.rev, rev) };
  const counts = sender !== state.me && seq > entry.read_seq && rev > entry.rev;
  const [fresh, says] = [seq > entry.seq, text !== null];
  next.unread = summed(entry.unread, Number(counts && fresh && says), Number(counts && !fresh && isStub(message)));
  if (entry.kind !== "direct" && counts && fresh && says && mentionsMe(state, message)) next.mentions = summed(entry.mentions ?? 0, 1, 0);
  if (fresh && system !== undefined) Object.assign(next, withNews(next, [message]));
  const isLast = entry.last?.seq === seq && rev > entry.upTo;
  if (isLast && isStub(message)) {
    delete next.last;
    next.stub = seq;
  } else if (text !== null && (fresh || isLast)) {
    const name = entry.kind === "direct" ? undefined : nameOf(state, sender) ?? (isLast ? entry.last?.name : undefined);
    next.last = { seq, sender, sent_at, text: Array.from(text).slice(0, LAST_CHARS).join(""), ...(name === undefined ? {} : { name }) };
  } else return next;
  next.upTo = rev;
  return next;
}

/** What only the server can tell: the message before one that was deleted, or who has written. */
function lacks(state: State, { kind, last, stub, seq }: Entry): boolean {
  if (last === undefined) return stub !== undefined && stub <= seq;
  return kind !== "direct" && last.name === undefined && last.sender !== state.me;
}

function nameOf({ faces, circles, rosters }: State, user: UserId): string | undefined {
  return faces.get(user)?.name ?? circles.map(({ id }) => rosters.get(id)?.contacts.get(user)?.name).find((name) => name !== undefined);
}

/** What a window said last is its conversation's, after it has gone from the dock. */
function foldClosed(before: State, state: State, held: Held): void {
  for (const window of before.windows) {
    if (windowOf(state, window.conversation) === undefined) change(held, window.conversation, (entry) => over(entry, window));
  }
}

/** A dock may tell before `flags` does what is pinned now. */
function foldPinned(state: State, held: Held): void {
  for (const { conversation, pinned, muted_until } of state.windows) {
    const entry = held.entries.get(conversation);
    if (entry === undefined || entry.pinned === pinned) continue;
    withFlags(held, { conversation, pinned, muted_until, archived: entry.archived });
  }
}

/** The entry as its window has it. */
export function over(entry: Entry, window: DockWindow | undefined): Entry {
  if (window === undefined) return entry;
  const { upTo, last, stub, archived } = entry;
  const next: Entry = { ...window, upTo };
  if (last !== undefined) next.last = last;
  if (stub !== undefined) next.stub = stub;
  if (archived === true) next.archived = archived;
  return next;
}

/** Who has left the rosters is away, and called as they were called there. */
function leave(before: State, state: State, held: Held): void {
  const were = onlineOf(before);
  for (const user of goneFrom(before, state)) {
    const contact = were.get(user);
    if (contact === undefined) continue;
    const { id, name, picture, profile_url } = contact;
    change(held, conversationOf(state.me, user), (entry) =>
      entry.kind === "direct" ? { ...entry, contact: { id, name, picture, profile_url, status: "offline" } } : entry,
    );
  }
}

/** Everybody in the rosters. */
export function onlineOf({ rosters }: Pick<State, "rosters">): Map<UserId, RosterContact> {
  return new Map([...rosters.values()].flatMap(({ contacts }) => [...contacts]));
}

/** Who was in the rosters and is not any more. */
export function goneFrom(before: State, state: State): UserId[] {
  const online = onlineOf(state);
  return [...onlineOf(before).keys()].filter((user) => !online.has(user));
}

function withStatus(entry: Entry, status: Status): Entry {
  return entry.kind === "direct" && entry.contact.status !== status ? { ...entry, contact: { ...entry.contact, status } } : entry;
}

/** Above the mark there are at most as many as there are messages. */
function withReadEntry(entry: Entry, seq: Seq): Entry {
  if (seq <= entry.read_seq) return entry;
  const left = Math.max(0, entry.seq - seq);
  const { unread, mentions } = entry;
  return { ...entry, read_seq: seq, unread: Math.min(unread, left), ...(mentions === undefined ? {} : { mentions: Math.min(mentions, left) }) };
}

function withDot(entry: Entry, seq: Seq): Entry {
  return seq <= Math.max(entry.seq, entry.read_seq) ? entry : { ...entry, seq, unread: Math.max(1, entry.unread) };
}

interface Flagged {
  conversation: ConversationId;
  pinned: boolean | undefined;
  archived: boolean | undefined;
  muted_until: number | undefined;
}

/** False: only the server can tell where it belongs. */
function withFlags(held: Held, { conversation, pinned, archived, muted_until }: Flagged): boolean {
  const before = held.entries.get(conversation);
  const listed = held.order.includes(conversation);
  if (before === undefined) return archived === true;
  const entry = { ...before };
  delete entry.pinned;
  delete entry.archived;
  delete entry.muted_until;
  if (pinned === true) entry.pinned = pinned;
  if (archived === true) entry.archived = archived;
  if (muted_until !== undefined) entry.muted_until = muted_until;
  held.entries.set(conversation, entry);
  if (archived === true) {
    if (listed) held.order = held.order.filter((one) => one !== conversation);
  } else if (!listed || before.pinned !== entry.pinned) held.order = placed(held, conversation);
  return true;
}

/** At the top of the pinned ones, or of the others. */
function withTop(held: Held, conversation: ConversationId): ConversationId[] {
  return inserted(held, conversation, () => true);
}

/** Where its last message says. What belongs beyond the loaded part is not in it; pinned ones are never beyond. */
function placed(held: Held, conversation: ConversationId): ConversationId[] {
  const time = (one: ConversationId): number => held.entries.get(one)?.last?.sent_at ?? 0;
  const order = inserted(held, conversation, (other) => time(other) <= time(conversation));
  const beyond = held.next !== null && order.at(-1) === conversation && held.entries.get(conversation)?.pinned !== true;
  return beyond ? order.slice(0, -1) : order;
}

/** Before the first of its part, the pinned ones or the others, which it `precedes`; else behind the last. */
function inserted({ entries, order }: Held, conversation: ConversationId, precedes: (other: ConversationId) => boolean): ConversationId[] {
  const pinned = (one: ConversationId): boolean => entries.get(one)?.pinned === true;
  const others = order.filter((one) => one !== conversation);
  const own = pinned(conversation);
  const at = others.findIndex((other) => (pinned(other) === own ? precedes(other) : own));
  return at < 0 ? [...others, conversation] : [...others.slice(0, at), conversation, ...others.slice(at)];
}

function change({ entries }: Held, conversation: ConversationId, to: (entry: Entry) => Entry): void {
  const entry = entries.get(conversation);
  if (entry !== undefined) entries.set(conversation, to(entry));
}

function sameEntries(one: ReadonlyMap<ConversationId, Entry>, other: ReadonlyMap<ConversationId, Entry>): boolean {
  return one.size === other.size && [...one].every(([conversation, entry]) => other.get(conversation) === entry);
}
