/**
 * What the client knows, as one immutable value, and what each frame does to it. Pure: no DOM, no clock (`now` comes
 * in), no socket; what must be asked of the server comes out as `asks`.
 *
 * Must not know the outbox, drafts or dock changes that the server has not confirmed: see core.ts and present.ts.
 */
import type { Changes, Circle, CursorEntry, DockWindow, HeldRoster, HelloFrame, Limits, Message, Server, ServerFrame } from "../net/protocol.js";
import { CURSOR_CONVERSATIONS, defaultLimits, isKnown } from "../net/protocol.js";
import { heldRosters, withCircles, withDiff, withoutVersions, withSnapshot } from "./roster.js";
import type { Rosters } from "./roster.js";
import { emptyTalk, held, withChanges, withPage } from "./talk.js";
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
  /** Until when the other person counts as typing, in ms of this computer's clock. */
  typing: ReadonlyMap<ConversationId, number>;
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
    limits: defaultLimits,
    features: [],
    welcomed: false,
  };
}

const still = (state: State): Step => ({ state, asks: [], arrived: [], committed: [], rows: [], dropped: [] });

/** Applies one frame of the server. `history` answers go through `applyPage`, which knows what was asked. */
export function applyFrame(state: State, frame: ServerFrame, now: number): Step {
  switch (frame.type) {
    case "welcome":
      return welcomed(state, frame);
    case "circles":
      return still({ ...state, circles: frame.circles, rosters: withCircles(state.rosters, frame.circles) });
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
          window.contact.id === frame.user && window.contact.status !== frame.status
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
    case "changes":
      return withSpan(state, frame, frame.request !== undefined);
    case "read":
      return still(withRead(state, frame.conversation, frame.user, frame.seq));
    case "typing":
      return frame.user === state.me
        ? still(state)
        : still({ ...state, typing: new Map(state.typing).set(frame.conversation, now + TYPING_MS) });
    case "dock":
      return still(docked(state, frame.version, frame.windows));
    default:
      return still(state);
  }
}

/** Applies the newest page of `history`. */
export function applyPage(state: State, conversation: ConversationId, page: Page): Step {
  return talked(state, conversation, withPage(talkOf(state, conversation), page), page.rev);
}

/** `asked`: it answers this client. Of conversations of kinds that this client does not know nothing is held. */
function withSpan(state: State, changes: Changes, asked: boolean): Step {
  const { conversation } = changes;
  if (!isKnown(conversation)) return still(state);
  return talked(state, conversation, withChanges(talkOf(state, conversation), changes, asked), changes.rev);
}

export function talkOf(state: State, conversation: ConversationId): Talk {
  return state.talks.get(conversation) ?? emptyTalk;
}

export function windowOf(state: State, conversation: ConversationId): DockWindow | undefined {
  return state.windows.find((window) => window.conversation === conversation);
}

/** Forgets who has stopped typing; the same value where nobody has. */
export function withoutStaleTyping(state: State, now: number): State {
  const typing = new Map([...state.typing].filter(([, until]) => until > now));
  return typing.size === state.typing.size ? state : { ...state, typing };
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
    talks: sameEpoch ? before.talks : new Map(),
    dockVersion: frame.dock.version,
    windows: frame.dock.windows,
    limits: frame.limits,
    features: frame.features,
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

/** The dock as the server says it; where changes have overtaken the frame, its window is counted on from there. */
function docked(state: State, version: number, windows: readonly DockWindow[]): State {
  const overtaken = (window: DockWindow): DockWindow => {
    const talk = talkOf(state, window.conversation);
    const rows = [...talk.messages, ...talk.ahead, ...(talk.loaded ? [] : talk.waiting.flatMap(({ messages }) => messages))];
    const rev = Math.max(talk.rev, ...(talk.loaded ? [] : talk.waiting.map((span) => span.rev)));
    if (rev <= window.rev) return window;
    return counted(window, rows, rows.filter(({ text }) => text === null), { rev, seq: endOf(talk) }, state.me);
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
  const ended = others.length > 0 && state.typing.has(conversation);
  const typing = ended ? new Map([...state.typing].filter(([typed]) => typed !== conversation)) : state.typing;
  // Without a position the changes themselves are all that is known of the head.
  const head = { rev: talk.loaded ? talk.rev : rev, seq: endOf(talk) };
  const asks: Ask[] = missing ? [{ kind: "changes", conversation }] : [];
  return {
    state: withWindows({ ...state, talks, typing }, (window) =>
      window.conversation === conversation ? counted(window, rows, emptied, head, state.me) : window,
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
 * new messages raise it, and those that have become stubs lower it.
 */
function counted(
  window: DockWindow,
  rows: readonly Message[],
  emptied: readonly Message[],
  head: { rev: number; seq: Seq },
  me: UserId,
): DockWindow {
  const counts = ({ rev, sender, seq }: Message): boolean =>
    rev > window.rev && sender !== me && seq > window.read_seq;
  const more = rows.filter((message) => counts(message) && message.seq > window.seq && message.text !== null).length;
  const fewer = emptied.filter((message) => counts(message) && message.seq <= window.seq).length;
  const unread = window.unread >= UNREAD_MOST ? window.unread : Math.max(0, window.unread - fewer);
  const next = {
    ...window,
    seq: Math.max(window.seq, head.seq),
    rev: Math.max(window.rev, head.rev),
    unread: Math.min(UNREAD_MOST, unread + more),
  };
  return next.seq === window.seq && next.rev === window.rev && next.unread === window.unread ? window : next;
}

/** Raises a read mark; marks never fall. */
export function withRead(state: State, conversation: ConversationId, user: UserId, seq: Seq): State {
  return withWindows(state, (window) => {
    if (window.conversation !== conversation) return window;
    if (user !== state.me) return seq <= window.other_read_seq ? window : { ...window, other_read_seq: seq };
    if (seq <= window.read_seq) return window;
    return { ...window, read_seq: seq, unread: unreadAbove(window, seq, talkOf(state, conversation), state.me) };
  });
}

/** The same value where no window changes: what is not changed is neither told nor written again. */
function withWindows(state: State, change: (window: DockWindow) => DockWindow): State {
  const windows = state.windows.map(change);
  return windows.every((window, at) => window === state.windows[at]) ? state : { ...state, windows };
}

function unreadAbove(window: DockWindow, seq: Seq, talk: Talk, me: UserId): number {
  const head = Math.max(window.seq, talk.last);
  const first = talk.messages[0];
  if (first !== undefined && first.seq <= seq + 1 && talk.last >= head) {
    const count = talk.messages.filter(({ seq: at, sender, text }) => at > seq && sender !== me && text !== null).length;
    return Math.min(UNREAD_MOST, count);
  }
  return Math.max(0, Math.min(window.unread, head - seq));
}
