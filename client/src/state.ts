/**
 * What the client knows, as one immutable value, and what each frame does to it. Pure: no DOM, no clock (`now` comes
 * in), no socket; what must be asked of the server comes out as `asks`.
 *
 * Must not know the outbox, drafts or dock changes that the server has not confirmed: see core.ts and present.ts.
 */
import type { Circle, CursorEntry, DockWindow, HeldRoster, Limits, Message, Server, ServerFrame } from "./protocol.js";
import { defaultLimits } from "./protocol.js";
import { heldRosters, withCircles, withDiff, withoutVersions, withSnapshot } from "./roster.js";
import type { Rosters } from "./roster.js";
import { emptyTalk, held, withGap, withMessage, withPage } from "./talk.js";
import type { Page, Talk, TalkStep } from "./talk.js";
import type { ConversationId, Seq, UserId } from "./view.js";

/** How long somebody counts as typing after a `typing` frame, in ms (the contract). */
export const TYPING_MS = 5_000;
/** `unread` stops here; it then means "100 or more". */
export const UNREAD_MOST = 100;
/** Rosters that `hello` names: a frame must fit them beside the token and the cursor. Of others, a snapshot comes. */
const HELLO_ROSTERS = 200;

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
  /** Whether a welcome or the browser's copy has told the circles. */
  welcomed: boolean;
}

/** Something to ask of the server. */
export type Ask =
  | { kind: "history"; conversation: ConversationId; after?: Seq }
  | { kind: "roster"; circle: string };

/** What a frame did. */
export interface Step {
  state: State;
  asks: readonly Ask[];
  /** Messages of others beyond what was held: to be announced where they are newer than the page. */
  arrived: readonly { conversation: ConversationId; message: Message }[];
  /** client_message_ids of the user's own messages that are now in the state. */
  committed: readonly string[];
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
    welcomed: false,
  };
}

const still = (state: State): Step => ({ state, asks: [], arrived: [], committed: [], dropped: [] });

/** Applies one frame of the server. `history` answers go through `applyPage`, which knows what was asked. */
export function applyFrame(state: State, frame: ServerFrame, now: number): Step {
  switch (frame.type) {
    case "welcome":
      return welcomed(state, frame);
    case "circles":
      return still({ ...state, circles: frame.circles, rosters: withCircles(state.rosters, frame.circles) });
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
    case "message":
      return talked(state, frame.conversation, withMessage(talkOf(state, frame.conversation), frame.message), true);
    case "read":
      return still(withRead(state, frame.conversation, frame.user, frame.seq));
    case "typing":
      return frame.user === state.me
        ? still(state)
        : still({ ...state, typing: new Map(state.typing).set(frame.conversation, now + TYPING_MS) });
    case "dock":
      return still(docked(state, frame.version, frame.windows));
    case "reset":
      return resetTalk(state, frame.conversation);
    default:
      return still(state);
  }
}

/** Applies the answer to a `history` request. */
export function applyPage(state: State, conversation: ConversationId, page: Page): Step {
  return talked(state, conversation, withPage(talkOf(state, conversation), page), page.asked === "after");
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

/** What `hello` says of the rosters held: absent where there is none. */
export function rostersOf(state: State): { boot: string; versions: HeldRoster[] } | undefined {
  const versions = heldRosters(state.rosters).slice(0, HELLO_ROSTERS);
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
    welcomed: true,
  };
  const steps: Step[] = [];
  for (const gap of frame.gaps) {
    const step = talked(state, gap.conversation, withGap(talkOf(before, gap.conversation), gap), true);
    steps.push(step);
    state = step.state;
  }
  // Live messages that came before the first page left a run that no page ever joined: start anew.
  const talks = new Map([...state.talks].filter(([, talk]) => talk.loaded));
  const reset = new Set(frame.gaps.filter((gap) => gap.reset).map(({ conversation }) => conversation));
  return {
    state: { ...state, talks },
    asks: steps.flatMap((step) => step.asks),
    arrived: steps.flatMap((step) => step.arrived),
    committed: steps.flatMap((step) => step.committed),
    dropped: [...before.talks.keys()].filter((id) => !sameEpoch || reset.has(id) || !talks.has(id)),
  };
}

/** The dock as the server says it; where a message has overtaken the frame, its window is raised again. */
function docked(state: State, version: number, windows: readonly DockWindow[]): State {
  const overtaken = (window: DockWindow): DockWindow => {
    const talk = talkOf(state, window.conversation);
    return talk.last > window.seq ? raised(window, { talk, fresh: talk.messages, missing: false }, state.me) : window;
  };
  return { ...state, dockVersion: version, windows: windows.map(overtaken) };
}

function resetTalk(state: State, conversation: ConversationId): Step {
  if (!state.talks.has(conversation)) return still(state);
  const talks = new Map(state.talks);
  talks.delete(conversation);
  return { ...still({ ...state, talks }), asks: [{ kind: "history", conversation }], dropped: [conversation] };
}

/** Lets go of the copies of all other conversations; the same value where there are none. */
export function withTalksOf(state: State, shown: ReadonlySet<ConversationId>): State {
  const talks = new Map([...state.talks].filter(([conversation]) => shown.has(conversation)));
  return talks.size === state.talks.size ? state : { ...state, talks };
}

/** Puts a conversation's step into the state: head and unread of its window rise with it. */
function talked(state: State, conversation: ConversationId, step: TalkStep, onward: boolean): Step {
  const talks = new Map(state.talks);
  // Set anew at the end: the order is that of use, see cursorOf.
  talks.delete(conversation);
  talks.set(conversation, held(step.talk));
  const others = step.fresh.filter((message) => message.sender !== state.me);
  const ended = others.length > 0 && state.typing.has(conversation);
  const typing = ended ? new Map([...state.typing].filter(([typed]) => typed !== conversation)) : state.typing;
  return {
    state: withWindows({ ...state, talks, typing }, (window) =>
      window.conversation === conversation ? raised(window, step, state.me) : window,
    ),
    asks: step.missing ? [{ kind: "history", conversation, after: step.talk.last }] : [],
    arrived: onward ? others.map((message) => ({ conversation, message })) : [],
    committed: step.talk.messages.flatMap(({ sender, client_message_id: id }) =>
      sender === state.me && id !== null ? [id] : [],
    ),
    dropped: [],
  };
}

/** A window's head and unread, where a message goes beyond what the server had counted in its last `dock`. */
function raised(window: DockWindow, { talk, fresh }: TalkStep, me: UserId): DockWindow {
  const uncounted = fresh.filter((message) => message.seq > window.seq);
  const unread = uncounted.filter((message) => message.sender !== me && message.seq > window.read_seq).length;
  return {
    ...window,
    first_seq: Math.max(window.first_seq, talk.firstSeq),
    seq: Math.max(window.seq, talk.last),
    rev: Math.max(window.rev, talk.rev),
    unread: Math.min(UNREAD_MOST, window.unread + unread),
  };
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
    const count = talk.messages.filter((message) => message.seq > seq && message.sender !== me).length;
    return Math.min(UNREAD_MOST, count);
  }
  return Math.max(0, Math.min(window.unread, head - seq));
}
