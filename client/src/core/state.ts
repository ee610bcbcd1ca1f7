/**
 * What the client knows, as one immutable value, and what each frame does to it. Pure: no DOM, no clock (`now` comes
 * in), no socket; what must be asked of the server comes out as `asks`.
 *
 * Must not know the outbox, drafts or dock changes that the server has not confirmed: see core.ts and present.ts.
 */
import type { Changes, Circle, Contact, CursorEntry, DockWindow, HeldRoster, HelloFrame, Limits, ListEntry, Message } from "../net/protocol.js";
import type { Room, Server, ServerFrame } from "../net/protocol.js";
import { CURSOR_CONVERSATIONS, defaultLimits, kindOf } from "../net/protocol.js";
import { emptyListing } from "./held-list.js";
import type { Listing } from "./held-list.js";
import { heldRosters, withCircles, withDiff, withoutVersions, withSnapshot } from "./roster.js";
import type { Rosters } from "./roster.js";
import { emptyTalk, held, isStub, withChanges, withPage } from "./talk.js";
import type { Page, Talk, TalkStep } from "./talk.js";
import type { ConversationId, Seq, UserId } from "../view.js";

/** How long somebody counts as typing after a `typing` frame, in ms (the contract). */
export const TYPING_MS = 5_000;
/** `unread` stops here; it then means "100 or more". */
export const UNREAD_MOST = 100;
/** What the rosters that `hello` names may take as JSON, beside token and cursor in one frame. Of others, a snapshot comes. */
const HELLO_ROSTER_BYTES = 10_000;

export interface State {
  me: UserId;
  /** The store's epoch that the talks are from; null before the first welcome and without a copy. */
  epoch: string | null;
  /** The server process that the roster versions are from. */
  boot: string | null;
  circles: readonly Circle[];
  rosters: Rosters;
  dockVersion: number;
  windows: readonly DockWindow[];
  talks: ReadonlyMap<ConversationId, Talk>;
  /** Who counts as typing, and until when, in ms of this computer's clock. */
  typing: ReadonlyMap<ConversationId, ReadonlyMap<UserId, number>>;
  /** Whom the user has blocked. */
  blocked: readonly UserId[];
  /** The user's rooms, as they were asked for last. */
  rooms: readonly Room[];
  /** The list of conversations as far as it is loaded: listing.ts says what frames do to it. */
  listing: Listing;
  /** People whom the windows that are shown name, as they were called last: also those whom no roster has now. */
  faces: ReadonlyMap<UserId, Contact>;
  limits: Limits;
  /** What the server takes beside what version 1 requires. */
  features: readonly string[];
  /** Whether a welcome or the browser's copy has told the circles. */
  welcomed: boolean;
}

/** Something to ask of the server. */
export type Ask =
  /** The first page, where one is missing. */
  | { kind: "first" }
  /** What comes after the position. */
  | { kind: "changes"; conversation: ConversationId }
  | { kind: "roster"; circle: string };

/** What a frame did. */
export interface Step {
  state: State;
  asks: readonly Ask[];
  /** Messages of others beyond what was held: to be announced where they are newer than the page. */
  arrived: readonly { conversation: ConversationId; message: Message }[];
  /** The user's own messages that are now in the state. */
  committed: readonly { id: string; seq: Seq }[];
  /** Messages as they are now that the frame has brought: somebody may show older ones than the state has. */
  rows: readonly { conversation: ConversationId; message: Message }[];
  /** Conversations whose copy was dropped: whatever a page shows of them is void. */
  dropped: readonly ConversationId[];
}

export function emptyState(me: UserId): State {
  return {
    me,
    epoch: null,
    boot: null,
    circles: [],
    rosters: new Map(),
    dockVersion: 0,
    windows: [],
    talks: new Map(),
    typing: new Map(),
    blocked: [],
    rooms: [],
    listing: emptyListing,
    faces: new Map(),
    limits: defaultLimits,
    features: [],
    welcomed: false,
  };
}

const still = (state: State): Step => ({ state, asks: [], arrived: [], committed: [], rows: [], dropped: [] });

/** A message that the state does not have and a page may show, as it was told last. */
export type Found = (conversation: ConversationId, seq: Seq) => Message | undefined;

/** Applies one frame of the server. `history` answers go through `applyPage`, which knows what was asked. */
export function applyFrame(state: State, frame: ServerFrame, now: number, found?: Found): Step {
  const step = applied(state, frame, now, found);
  return step.state.windows === state.windows ? step : { ...step, state: withRooms(step.state, step.state.rooms) };
}

function applied(state: State, frame: ServerFrame, now: number, found?: Found): Step {
  switch (frame.type) {
    case "welcome":
      return welcomed(state, frame);
    case "circles":
      return still({ ...state, circles: frame.circles, rosters: withCircles(state.rosters, frame.circles) });
    case "blocked":
      return still({ ...state, blocked: frame.users });
    case "limits":
      return still({ ...state, limits: frame.limits });
    case "roster":
      return state.circles.some((circle) => circle.id === frame.circle)
        ? still({ ...state, rosters: withSnapshot(state.rosters, frame) })
        : still(state);
    case "roster_diff": {
      if (!state.circles.some((circle) => circle.id === frame.circle)) return still(state);
      const { rosters, ask } = withDiff(state.rosters, frame);
      return { ...still({ ...state, rosters }), asks: ask ? [{ kind: "roster", circle: frame.circle }] : [] };
    }
    case "presence":
      return still(
        withWindows(state, (window) =>
          window.kind === "direct" && window.contact.id === frame.user && window.contact.status !== frame.status
            ? { ...window, contact: { ...window.contact, status: frame.status } }
            : window,
        ),
      );
    case "writing":
      return still(
        withWindows(state, (window) =>
          window.conversation === frame.conversation && window.writing !== frame.writing
            ? { ...window, writing: frame.writing }
            : window,
        ),
      );
    case "flags":
      return still(withWindows(state, (window) => (window.conversation === frame.conversation ? flagged(window, frame) : window)));
    case "changes":
      return withSpan(state, frame, frame.request !== undefined, found);
    case "dot":
      return dotted(state, frame);
    case "read":
      return still(withRead(state, frame.conversation, frame.user, frame.seq));
    case "typing":
      return frame.user === state.me
        ? still(state)
        : still(withTyping(state, frame.conversation, new Map(state.typing.get(frame.conversation)).set(frame.user, now + TYPING_MS)));
    case "dock": {
      const dropped = regained(state, frame.windows);
      const held = withoutTalks(state, dropped);
      return { ...still(docked(held, frame.version, frame.windows)), asks: opened(held, frame.windows), dropped };
    }
    default:
      return still(state);
  }
}

/** Applies the newest page of `history`. */
export function applyPage(state: State, conversation: ConversationId, page: Page): Step {
  const step = talked(state, conversation, withPage(talkOf(state, conversation), page), page.rev);
  return { ...step, state: withRooms(step.state, state.rooms) };
}

/** `asked`: it answers this client. Of conversations of kinds that this client does not know nothing is held. */
function withSpan(state: State, changes: Changes, asked: boolean, found?: Found): Step {
  const { conversation } = changes;
  if (kindOf(conversation) === undefined) return still(state);
  const talk = talkOf(state, conversation);
  const before = (seq: Seq): Message | undefined => rowOf(talk, seq) ?? found?.(conversation, seq);
  const messages = asked ? changes.messages : changes.messages.map((row) => withMine(row, before(row.seq), state.me));
  return talked(state, conversation, withChanges(talk, { ...changes, messages }, asked), changes.rev);
}

/** What everybody is told says which reactions are the user's own only where they are among the first. */
function withMine(message: Message, before: Message | undefined, me: UserId): Message {
  const mine = (message.reactions ?? []).flatMap(({ emoji, count, users }) =>
    users.includes(me) || (count > users.length && before?.mine?.includes(emoji) === true) ? [emoji] : [],
  );
  return mine.length === 0 ? message : { ...message, mine };
}

/** The answer to a reaction of the user's own says which they are; where the message is newer here, changes have said it. */
export function withReacted(state: State, { conversation, seq, rev }: Server<"ack">, mine: string[]): State {
  const talk = talkOf(state, conversation);
  const row = rowOf(talk, seq);
  if (row === undefined || row.rev > rev) return state;
  const put = (message: Message): Message => (message === row ? { ...row, mine } : message);
  const next = { ...talk, messages: talk.messages.map(put), ahead: talk.ahead.map(put) };
  return { ...state, talks: new Map(state.talks).set(conversation, next) };
}

function rowOf({ messages, ahead }: Talk, seq: Seq): Message | undefined {
  return [...messages, ...ahead].find((message) => message.seq === seq);
}

function flagged(window: DockWindow, { pinned, muted_until }: Server<"flags">): DockWindow {
  const next = { ...window };
  delete next.pinned;
  delete next.muted_until;
  if (pinned === true) next.pinned = pinned;
  if (muted_until !== undefined) next.muted_until = muted_until;
  return next;
}

function withTyping(state: State, conversation: ConversationId, typing: ReadonlyMap<UserId, number>): State {
  const others = [...state.typing].filter(([other]) => other !== conversation);
  return { ...state, typing: new Map(typing.size === 0 ? others : [...others, [conversation, typing]]) };
}

/**
 * Rooms that are opened from here on have been quiet before: what came meanwhile is asked for. So is what calls the user in
 * one that is quiet: its messages do not come by themselves, and this one is to be said aloud.
 */
function opened(state: State, windows: readonly DockWindow[]): Ask[] {
  const silent = ({ kind, state: shown, conversation, mentions = 0 }: DockWindow): boolean => {
    const before = windowOf(state, conversation);
    if (kind !== "room" || before?.state === "open") return false;
    return shown === "open" || (before !== undefined && mentions > (before.mentions ?? 0));
  };
  return windows.filter(silent).map(({ conversation }) => ({ kind: "changes", conversation }));
}

/** Somebody has written in a room that is not open: at least one that is not read. One that is open here was opened since. */
function dotted(state: State, { conversation, seq }: Server<"dot">): Step {
  const window = windowOf(state, conversation);
  if (window?.state === "open") return { ...still(state), asks: [{ kind: "changes", conversation }] };
  if (window !== undefined && seq <= Math.max(window.seq, window.read_seq)) return still(state);
  const rooms = state.rooms.map((room) => (room.conversation === conversation ? { ...room, unread: true as const } : room));
  const raised = (one: DockWindow): DockWindow => (one === window ? { ...one, seq, unread: Math.max(1, one.unread) } : one);
  return still(withWindows({ ...state, rooms }, raised));
}

/** These rooms, and of those that have a window what it says. The same value where nothing is another. */
export function withRooms(state: State, rooms: readonly Room[]): State {
  const next = rooms.map((room) => {
    const window = windowOf(state, room.conversation);
    if (window?.kind !== "room") return room;
    const { conversation, circle, title, writing, announcements, unread, mentions } = window;
    const told: Room = { conversation, circle, title, writing };
    if (announcements === true) told.announcements = true;
    if (unread > 0) told.unread = true;
    if (mentions !== undefined && mentions > 0) told.mentions = mentions;
    return told;
  });
  return JSON.stringify(next) === JSON.stringify(state.rooms) ? state : { ...state, rooms: next };
}

export function talkOf(state: State, conversation: ConversationId): Talk {
  return state.talks.get(conversation) ?? emptyTalk;
}

export function windowOf(state: State, conversation: ConversationId): DockWindow | undefined {
  return state.windows.find((window) => window.conversation === conversation);
}

/** Forgets who has stopped typing; the same value where nobody has. */
export function withoutStaleTyping(state: State, now: number): State {
  let next = state;
  for (const [conversation, typing] of state.typing) {
    const still = new Map([...typing].filter(([, until]) => until > now));
    if (still.size < typing.size) next = withTyping(next, conversation, still);
  }
  return next;
}

/** What `hello` says of the copies held, at most `most` of them: absent where there is none. */
export function cursorOf(state: State, most: number): { epoch: string; conversations: CursorEntry[] } | undefined {
  if (state.epoch === null) return undefined;
  const held = [...state.talks]
    .filter(([, talk]) => talk.loaded)
    .map(([conversation, talk]) => ({ conversation, rev: talk.rev, seq: talk.last }));
  // The latest used are at the end.
  return { epoch: state.epoch, conversations: held.slice(-most) };
}

/** What `hello` says of all that is held. */
export function resumedFrom(state: State): Pick<HelloFrame, "cursor" | "rosters"> {
  const cursor = cursorOf(state, CURSOR_CONVERSATIONS);
  const rosters = rostersOf(state);
  return { ...(cursor === undefined ? {} : { cursor }), ...(rosters === undefined ? {} : { rosters }) };
}

/** What `hello` says of the rosters held: absent where there is none. */
export function rostersOf(state: State): { boot: string; versions: HeldRoster[] } | undefined {
  let room = HELLO_ROSTER_BYTES;
  // Ids are ASCII, so characters are bytes; and a comma.
  const versions = heldRosters(state.rosters).filter((held) => (room -= JSON.stringify(held).length + 1) >= 0);
  return state.boot === null || versions.length === 0 ? undefined : { boot: state.boot, versions };
}

function welcomed(before: State, frame: Server<"welcome">): Step {
  const sameEpoch = before.epoch === frame.epoch;
  let state: State = {
    ...before,
    epoch: frame.epoch,
    boot: frame.boot,
    circles: frame.circles,
    rosters: withCircles(before.boot === frame.boot ? before.rosters : withoutVersions(before.rosters), frame.circles),
    talks: sameEpoch ? withoutTalks(before, regained(before, frame.dock.windows)).talks : new Map(),
    dockVersion: frame.dock.version,
    windows: frame.dock.windows,
    limits: frame.limits,
    features: frame.features,
    blocked: frame.blocked ?? [],
    welcomed: true,
  };
  const steps: Step[] = [];
  for (const changes of frame.changes) {
    const step = withSpan(state, changes, true);
    steps.push(step);
    state = step.state;
  }
  // The cursor did not name what has no position: what came of it before says nothing now.
  const talks = new Map([...state.talks].filter(([, talk]) => talk.loaded));
  const dropped = new Set(steps.flatMap((step) => step.dropped));
  return {
    state: { ...state, talks },
    asks: steps.flatMap((step) => step.asks),
    arrived: steps.flatMap((step) => step.arrived),
    committed: steps.flatMap((step) => step.committed),
    rows: steps.flatMap((step) => step.rows),
    dropped: [...before.talks.keys()].filter((id) => !sameEpoch || dropped.has(id) || !talks.has(id)),
  };
}

/**
 * Groups that are the user's again: of what was written while they were not, empty spans have told, so the copies are no
 * part of the truth.
 */
function regained(state: State, windows: readonly DockWindow[]): ConversationId[] {
  const before = new Map(state.windows.map(({ conversation, writing }) => [conversation, writing]));
  const is = ({ kind, conversation, writing }: DockWindow): boolean =>
    kind === "group" && writing === "yes" && before.get(conversation) === "no" && state.talks.has(conversation);
  return windows.filter(is).map(({ conversation }) => conversation);
}

function withoutTalks(state: State, dropped: readonly ConversationId[]): State {
  if (dropped.length === 0) return state;
  return { ...state, talks: new Map([...state.talks].filter(([conversation]) => !dropped.includes(conversation))) };
}

/** The dock as the server says it; where changes have overtaken the frame, its window is counted on from there. */
function docked(state: State, version: number, windows: readonly DockWindow[]): State {
  const overtaken = (window: DockWindow): DockWindow => {
    const talk = talkOf(state, window.conversation);
    const rows = [...talk.messages, ...talk.ahead, ...(talk.loaded ? [] : talk.waiting.flatMap(({ messages }) => messages))];
    const rev = Math.max(talk.rev, ...(talk.loaded ? [] : talk.waiting.map((span) => span.rev)));
    if (rev <= window.rev) return window;
    return counted(state, window, talk, { rows, emptied: rows.filter(isStub) }, { rev, seq: endOf(talk) });
  };
  return { ...state, dockVersion: version, windows: windows.map(overtaken) };
}

/** Lets go of the copies of all other conversations; the same value where there are none. */
export function withTalksOf(state: State, shown: ReadonlySet<ConversationId>): State {
  const talks = new Map([...state.talks].filter(([conversation]) => shown.has(conversation)));
  return talks.size === state.talks.size ? state : { ...state, talks };
}

/** Puts a conversation's step into the state, up to `rev`: head and unread of its window go with it. */
function talked(state: State, conversation: ConversationId, step: TalkStep, rev: number): Step {
  const talks = new Map(state.talks);
  // Set anew at the end: the order is that of use, see cursorOf.
  talks.delete(conversation);
  talks.set(conversation, held(step.talk));
  const { talk, fresh, rows, emptied, missing, reset } = step;
  const others = fresh.filter((message) => message.sender !== state.me);
  const typing = new Map(state.typing.get(conversation));
  const ended = others.filter(({ sender }) => typing.delete(sender)).length > 0;
  // Without a position the changes themselves are all that is known of the head.
  const head = { rev: talk.loaded ? talk.rev : rev, seq: endOf(talk) };
  const asks: Ask[] = missing ? [{ kind: "changes", conversation }] : [];
  return {
    state: withWindows({ ...(ended ? withTyping(state, conversation, typing) : state), talks }, (window) =>
      window.conversation === conversation ? counted(state, window, talkOf(state, conversation), { rows, emptied }, head) : window,
    ),
    asks: reset && !talk.loaded ? [...asks, { kind: "first" }] : asks,
    arrived: others.map((message) => ({ conversation, message })),
    committed: talk.messages.flatMap(({ sender, client_message_id: id, seq }) =>
      sender === state.me && id !== null ? [{ id, seq }] : [],
    ),
    rows: rows.map((message) => ({ conversation, message })),
    dropped: reset ? [conversation] : [],
  };
}

/** The last message that is known of. */
function endOf(talk: Talk): Seq {
  const { last, told, ahead, waiting } = talk;
  const coming = talk.loaded ? ahead : waiting.flatMap(({ messages }) => messages);
  return Math.max(last, told, ...coming.map(({ seq }) => seq));
}

/**
 * A window's head and unread between two docks: of what lies above the rev that the last one was counted at, others'
 * new messages raise it, and those that have become stubs lower it. `before`: the conversation as it was.
 */
function counted(
  state: State,
  window: DockWindow,
  before: Talk,
  { rows, emptied }: Pick<TalkStep, "rows" | "emptied">,
  head: { rev: number; seq: Seq },
): DockWindow {
  const { me } = state;
  const news = rows.filter(({ rev, seq }) => rev > window.rev && seq > window.seq);
  const counts = ({ sender, seq }: Message): boolean => sender !== me && seq > window.read_seq;
  const more = news.filter((message) => counts(message) && message.text !== null);
  const fewer = emptied.filter((message) => message.rev > window.rev && counts(message) && message.seq <= window.seq);
  const mentions = more.filter((message) => mentionsMe(state, message)).length;
  const gone = fewer.filter(({ seq }) => mentionsMe(state, rowOf(before, seq))).length;
  const next = {
    ...withNews(window, news),
    seq: Math.max(window.seq, head.seq),
    rev: Math.max(window.rev, head.rev),
    unread: summed(window.unread, more.length, fewer.length),
    ...(window.kind === "direct" ? {} : { mentions: summed(window.mentions ?? 0, mentions, gone) }),
  };
  return JSON.stringify(next) === JSON.stringify(window) ? window : next;
}

export function summed(known: number, more: number, fewer: number): number {
  return Math.min(UNREAD_MOST, (known >= UNREAD_MOST ? known : Math.max(0, known - fewer)) + more);
}

/** Whether the message calls the user, by somebody whom they have not blocked. */
export function mentionsMe({ me, blocked }: State, message: Message | undefined): boolean {
  return message?.mentions?.includes(me) === true && message.sender !== me && !blocked.includes(message.sender);
}

/** What system messages say of the window itself. */
export function withNews<W extends DockWindow | ListEntry>(window: W, news: readonly Message[]): W {
  const next = { ...window };
  if (next.kind === "direct") return window;
  for (const { system } of news) {
    const { kind, title = next.title, users = [], on } = system ?? {};
    next.title = title;
    if (next.members !== undefined && kind === "added") next.members += users.length;
    if (next.members !== undefined && (kind === "removed" || kind === "left")) next.members -= 1;
    if (on === true) next.announcements = true;
    else if (on === false) delete next.announcements;
  }
  return next;
}

/** Raises a read mark; marks never fall. */
export function withRead(state: State, conversation: ConversationId, user: UserId, seq: Seq): State {
  const next = withWindows(state, (window) => {
    if (window.conversation !== conversation) return window;
    if (user !== state.me) {
      return window.kind !== "direct" || seq <= window.other_read_seq ? window : { ...window, other_read_seq: seq };
    }
    if (seq <= window.read_seq) return window;
    const talk = talkOf(state, conversation);
    const unread = countAbove(window, seq, talk, window.unread, ({ sender, text }) => sender !== state.me && text !== null);
    if (window.kind === "direct") return { ...window, read_seq: seq, unread };
    const mentions = countAbove(window, seq, talk, window.mentions ?? 0, (message) => mentionsMe(state, message));
    return { ...window, read_seq: seq, unread, mentions };
  });
  return withRooms(next, next.rooms);
}

/** The same value where no window changes: what is not changed is neither told nor written again. */
function withWindows(state: State, change: (window: DockWindow) => DockWindow): State {
  const windows = state.windows.map(change);
  return windows.every((window, at) => window === state.windows[at]) ? state : { ...state, windows };
}

/** How many messages above `seq` count, as far as it can be told; `known` did above the mark before. */
function countAbove(window: DockWindow, seq: Seq, talk: Talk, known: number, counts: (message: Message) => boolean): number {
  const head = Math.max(window.seq, talk.last);
  const first = talk.messages[0];
  if (first !== undefined && first.seq <= seq + 1 && talk.last >= head) {
    return Math.min(UNREAD_MOST, talk.messages.filter((message) => message.seq > seq && counts(message)).length);
  }
  return Math.max(0, Math.min(known, head - seq));
}
