/**
 * The contract (protocol/README.md) in TypeScript: every frame, error code, close code and limit, and the one place
 * where what the server sent becomes a typed value.
 *
 * Must not know what is done with a frame. It is past 500 lines because all frames stand here, to be read beside the
 * contract.
 */
import { boolean, integer, list, nullable, object, oneOf, optional, ShapeError, string } from "./shape.js";
import type { Read, Shaped } from "./shape.js";
import type { ConversationId, Kind, LineView, Seq, UserId } from "../view.js";

/** The version that this client speaks: `hello.protocol`. */
export const PROTOCOL = 1;

const user = integer(1);
const count = integer(0);
const role = oneOf("teacher", "student");
const status = oneOf("online", "offline");

const contactFields = { id: user, name: string, picture: nullable(string), profile_url: nullable(string) };

const rosterContact = object({ ...contactFields, role });
const windowContact = object({ ...contactFields, status });
const circle = object({ id: string, role, title: string });
const users = optional(list(user));
const yes = optional(boolean);
const system = object({
  kind: oneOf("made", "added", "removed", "left", "renamed", "announcements"),
  title: optional(string),
  users,
  on: yes,
});
const message = object({
  seq: integer(1),
  rev: count,
  sender: user,
  client_message_id: nullable(string),
  text: nullable(string),
  sent_at: count,
  mentions: users,
  system: optional(system),
  reactions: optional(list(object({ emoji: string, count: user, users: list(user) }))),
  mine: optional(list(string)),
  reply_to: optional(integer(1)),
  edited_at: optional(count),
  deleted: optional(oneOf("author", "moderator")),
  verb_id: optional(string),
});
const writing = oneOf("yes", "no", "blocked", "gone");
const mentions = optional(count);
const flags = { pinned: yes, muted_until: optional(count) };
const windowFields = {
  conversation: string,
  writing,
  first_seq: count,
  seq: count,
  rev: count,
  read_seq: count,
  unread: count,
  mentions,
  ...flags,
};
const directFields = { ...windowFields, kind: oneOf("direct"), contact: windowContact, other_read_seq: count };
const sharedFields = {
  ...windowFields,
  kind: oneOf("group", "room"),
  title: string,
  circle: string,
  members: optional(count),
  announcements: yes,
};
const inDock = { state: oneOf("open", "minimised") };
const inList = {
  state: oneOf("open", "minimised", "closed"),
  last: optional(object({ seq: integer(1), sender: user, sent_at: count, name: optional(string), text: string })),
  archived: yes,
};
const direct = object({ ...directFields, ...inDock });
const shared = object({ ...sharedFields, ...inDock });
const directEntry = object({ ...directFields, ...inList });
const sharedEntry = object({ ...sharedFields, ...inList });
const anyWindow = object({ kind: string });
/** Windows of kinds that this client does not know are passed over, whatever else they are made of. */
const ofKinds =
  <D, S>(two: Read<D>, many: Read<S>): Read<(D | S)[]> =>
  (value, at) => {
    const kinds = new Map<string, Read<D | S>>([
      ["direct", two],
      ["group", many],
      ["room", many],
    ]);
    const read: Read<D | S | undefined> = (item, place) => kinds.get(anyWindow(item, place).kind)?.(item, place);
    return list(read)(value, at).filter((window) => window !== undefined);
  };
const windows = ofKinds(direct, shared);
const changesFields = {
  conversation: string,
  from: count,
  rev: count,
  first_seq: count,
  messages: list(message),
  more: yes,
  reset: yes,
};
const changes = object(changesFields);
const limits = object({
  frame_bytes: user,
  message_chars: user,
  messages_per_second: user,
  message_burst: user,
  history_page: user,
  dock_windows: user,
  roster_slice: user,
  edit_seconds: count,
});

/** A person of a circle who is online, as a `roster` lists them. */
export type RosterContact = Shaped<typeof rosterContact>;
/** The other person of a window. */
export type WindowContact = Shaped<typeof windowContact>;
export type Circle = Shaped<typeof circle>;
export type Message = Shaped<typeof message>;
/** The place of a conversation of two in the dock. */
export type DirectWindow = Shaped<typeof direct>;
/** A group's or a room's place in the dock. */
export type SharedWindow = Shaped<typeof shared>;
/** A conversation's place in the dock. */
export type DockWindow = DirectWindow | SharedWindow;
/** A conversation in the person's list. */
export type ListEntry = Shaped<typeof directEntry> | Shaped<typeof sharedEntry>;
/** A span of one conversation's changes: see "Changes" in the contract. */
export type Changes = Shaped<typeof changes>;
export type Limits = Shaped<typeof limits>;

/** What others see of a person. */
export type Contact = Omit<WindowContact, "status">;
const room = object({
  conversation: string,
  circle: string,
  title: string,
  writing,
  announcements: yes,
  unread: yes,
  mentions,
});
/** A room of this person, whether it has a window or not. */
export type Room = Shaped<typeof room>;
const found = object({ conversation: string, title: string, seq: integer(1), sender: user, name: string, sent_at: count, text: string });
const member = object({
  ...contactFields,
  status,
  role: optional(role),
  maker: yes,
  gone: yes,
  read_seq: optional(count),
});
/** Somebody who is in a group or room, or was. */
export type Member = Shaped<typeof member>;

/** Tagged with its `type`, so that the union narrows. */
type Tagged<K extends string, T> = { type: K } & T;
const frame =
  <K extends string, T>(type: K, read: Read<T>): Read<Tagged<K, T>> =>
  (value, at) => ({ type, ...read(value, at) });

/** A reader for each frame of the server: the list of them. */
export const serverFrames = {
  welcome: frame(
    "welcome",
    object({
      protocol: integer(1),
      epoch: string,
      boot: string,
      server_time: count,
      lease_ends: count,
      user: object({ ...contactFields, hidden: boolean }),
      blocked: users,
      circles: list(circle),
      features: list(string),
      dock: object({ version: count, windows }),
      changes: list(changes),
      limits,
    }),
  ),
  paused: frame("paused", object({ until: count })),
  renewed: frame("renewed", object({ lease_ends: count })),
  circles: frame("circles", object({ circles: list(circle) })),
  blocked: frame("blocked", object({ users: list(user) })),
  limits: frame("limits", object({ limits })),
  roster: frame("roster", object({ circle: string, version: count, total: count, contacts: list(rosterContact) })),
  roster_diff: frame(
    "roster_diff",
    object({
      circle: string,
      from: count,
      version: count,
      total: count,
      joined: list(rosterContact),
      left: list(user),
    }),
  ),
  presence: frame("presence", object({ user, status })),
  contacts: frame("contacts", object({ request: user, contacts: list(rosterContact), next: nullable(string) })),
  ack: frame(
    "ack",
    object({
      id: string,
      conversation: string,
      seq: integer(1),
      rev: count,
      sent_at: count,
      mine: optional(list(string)),
    }),
  ),
  changes: frame("changes", object({ ...changesFields, request: optional(user) })),
  history: frame(
    "history",
    object({
      request: user,
      conversation: string,
      first_seq: count,
      seq: count,
      rev: count,
      messages: list(message),
      more: boolean,
    }),
  ),
  members: frame("members", object({ request: user, conversation: string, total: count, members: list(member) })),
  rooms: frame("rooms", object({ request: user, rooms: list(room), next: nullable(string) })),
  list: frame("list", object({ request: user, conversations: ofKinds(directEntry, sharedEntry), next: nullable(string) })),
  found: frame("found", object({ request: user, messages: list(found), next: nullable(string) })),
  flags: frame("flags", object({ request: optional(user), conversation: string, ...flags, archived: yes })),
  dot: frame("dot", object({ conversation: string, seq: count })),
  read: frame("read", object({ conversation: string, user, seq: count })),
  typing: frame("typing", object({ conversation: string, user })),
  dock: frame("dock", object({ version: count, windows })),
  writing: frame("writing", object({ conversation: string, writing })),
  error: frame(
    "error",
    object({
      code: string,
      message: string,
      final: boolean,
      request: optional(integer(1)),
      id: optional(string),
      conversation: optional(string),
      retry_after_ms: optional(count),
    }),
  ),
  drain: frame("drain", object({ retry_after_ms: count })),
  ping: frame("ping", object({})),
  pong: frame("pong", object({})),
};

/** Any frame from the server. */
export type ServerFrame = {
  [K in keyof typeof serverFrames]: Shaped<(typeof serverFrames)[K]>;
}[keyof typeof serverFrames];
/** The frame of one type: `Server<"welcome">`. */
export type Server<K extends ServerFrame["type"]> = Extract<ServerFrame, { type: K }>;

/** A roster that the client holds, as `hello` and `visibility` name it. */
export interface HeldRoster {
  circle: string;
  version: number;
}

/** How far the client's copy of one conversation reaches. */
export interface CursorEntry {
  conversation: ConversationId;
  rev: number;
  seq: Seq;
}

/** What a server may take beside what version 1 requires, and what this client knows. */
export const FEATURES = ["edit", "delete", "reply", "react", "mentions", "groups", "rooms", "list", "flags", "find"] as const;
export type Feature = (typeof FEATURES)[number];

/** The first frame, once per connection. */
export interface HelloFrame {
  type: "hello";
  protocol: number;
  token: string;
  /** UUID v4: one stay, over its reconnects. */
  session: string;
  visible: boolean;
  features?: readonly Feature[];
  cursor?: { epoch: string; /** at most 100 */ conversations: CursorEntry[] };
  rosters?: { boot: string; versions: HeldRoster[] };
}

/** What is done to a group or room itself. */
export type ActFrame = { id: string; conversation: ConversationId } & (
  | { type: "make"; circle: string; title: string; users: UserId[] }
  | { type: "add"; users: UserId[] }
  | { type: "remove"; user: UserId }
  | { type: "rename"; title: string }
  | { type: "announce"; on: boolean }
);

/** Which conversations are asked for. */
export type ListQuestion =
  | { next: string | null; unread?: true; archived?: true; text?: string }
  /** At most 20. */
  | { conversations: ConversationId[] };

/** What somebody sets of a conversation for themselves. */
export interface FlagWish {
  conversation: ConversationId;
  pinned?: boolean;
  archived?: boolean;
  muted_until?: number;
  /** With `archived`: the newest message that is known of. */
  seq?: Seq;
}

/** Any frame from the client. */
export type ClientFrame =
  | HelloFrame
  | { type: "renew"; token: string }
  | {
      type: "send";
      client_message_id: string;
      conversation: ConversationId;
      text: string;
      reply_to?: Seq;
      mentions?: UserId[];
    }
  | { type: "edit"; id: string; conversation: ConversationId; seq: Seq; client_message_id: string; text: string }
  | { type: "delete"; id: string; conversation: ConversationId; seq: Seq; client_message_id: string }
  | { type: "react"; id: string; conversation: ConversationId; seq: Seq; client_message_id: string; emoji: string[] }
  | ActFrame
  | { type: "members"; request: number; conversation: ConversationId; users?: UserId[] }
  | { type: "rooms"; request: number; next: string | null; limit: number }
  | ({ type: "list"; request: number; limit: number } & ListQuestion)
  | ({ type: "flag"; request: number } & FlagWish)
  | { type: "changes"; request: number; conversation: ConversationId; rev: number; seq: Seq; limit: number }
  | {
      type: "history";
      request: number;
      conversation: ConversationId;
      /** The newest below it. Not together with `after`. */
      before?: Seq;
      /** The oldest above it. */
      after?: Seq;
      limit: number;
    }
  | { type: "read"; conversation: ConversationId; seq: Seq }
  | { type: "typing"; conversation: ConversationId }
  | {
      type: "dock";
      conversation: ConversationId;
      state: "open" | "minimised" | "closed";
      base: number;
      seen?: Seq;
    }
  | { type: "visibility"; visible: boolean; rosters?: HeldRoster[] }
  | { type: "roster"; circle: string }
  | { type: "search"; request: number; text: string; circle?: string; next: string | null; limit: number }
  | { type: "find"; request: number; text: string; conversation?: ConversationId; next: string | null; limit: number }
  | { type: "ping" }
  | { type: "pong" };

/** A frame as the elements' refusals and the outbox need to know it: `final` of the contract's table. */
export const errorCodes = {
  bad_frame: { final: true },
  unsupported_protocol: { final: true },
  hello_expected: { final: true },
  hello_repeated: { final: true },
  bad_token: { final: true },
  token_expired: { final: false },
  token_early: { final: false },
  wrong_origin: { final: true },
  wrong_user: { final: true },
  logged_out: { final: true },
  chat_not_allowed: { final: true },
  empty_message: { final: true },
  message_too_long: { final: true },
  bad_text: { final: true },
  conflict: { final: true },
  bad_emoji: { final: true },
  bad_title: { final: true },
  bad_group: { final: true },
  cannot_add: { final: true },
  too_many_pins: { final: true },
  no_such_message: { final: true },
  too_late: { final: true },
  not_found: { final: true },
  not_allowed: { final: true },
  unknown_recipient: { final: true },
  paused: { final: false },
  rate_limited: { final: false },
  unavailable: { final: false },
} as const;

const CLOSING: ReadonlySet<string> = new Set<ErrorCode>([
  "unsupported_protocol",
  "hello_expected",
  "bad_token",
  "token_expired",
  "token_early",
  "wrong_origin",
  "wrong_user",
  "logged_out",
  "chat_not_allowed",
]);

/** Whether the server closes after this error: the line then says why. */
export function closing(code: string): boolean {
  return CLOSING.has(code);
}

/** An error code of the contract; a newer server may send others. */
export type ErrorCode = keyof typeof errorCodes;

/** Why the line is over until the page is loaded again, in the words of `LineView`. */
export type StopReason = Extract<LineView, { state: "stopped" }>["reason"];

/** What a close means for the client. */
export type CloseMeaning =
  | { name: string; comeBack: true; /** The token that was used is of no more use. */ freshToken: boolean }
  | { name: string; comeBack: false; reason: StopReason };

/** The close code with which a pause begins. */
export const PAUSED = 4011;

/** The contract's close codes. Those it leaves out are ruled by their range: see `closeMeaning`. */
export const closeCodes: Readonly<Record<number, CloseMeaning>> = {
  4001: { name: "lease ended", comeBack: true, freshToken: true },
  4002: { name: "slow", comeBack: true, freshToken: false },
  4003: { name: "silent", comeBack: true, freshToken: false },
  4004: { name: "no hello", comeBack: true, freshToken: false },
  4005: { name: "too many sign-ins", comeBack: true, freshToken: false },
  4010: { name: "token expired", comeBack: true, freshToken: true },
  [PAUSED]: { name: "paused", comeBack: true, freshToken: false },
  4012: { name: "pause ended", comeBack: true, freshToken: false },
  4400: { name: "protocol violation", comeBack: false, reason: "refused" },
  4401: { name: "token refused", comeBack: false, reason: "refused" },
  4403: { name: "chat not allowed", comeBack: false, reason: "not_allowed" },
  4406: { name: "unsupported protocol", comeBack: false, reason: "outdated" },
  4408: { name: "too many connections", comeBack: false, reason: "too_many" },
  4409: { name: "replaced", comeBack: false, reason: "replaced" },
  4410: { name: "logged out", comeBack: false, reason: "logged_out" },
  4411: { name: "other user", comeBack: false, reason: "other_user" },
  4413: { name: "frame too large", comeBack: false, reason: "refused" },
  4429: { name: "flood", comeBack: false, reason: "refused" },
};

/** The meaning of any close code; an unknown one of 4400 … 4499 is final, every other one is not. */
export function closeMeaning(code: number): CloseMeaning {
  const known = closeCodes[code];
  if (known !== undefined) return known;
  if (code >= 4400 && code <= 4499) return { name: `close ${code}`, comeBack: false, reason: "refused" };
  return { name: `close ${code}`, comeBack: true, freshToken: false };
}

/** The contract's limits, until `welcome` tells the server's own. */
export const defaultLimits: Limits = {
  frame_bytes: 65_536,
  message_chars: 4_096,
  messages_per_second: 10,
  message_burst: 20,
  history_page: 100,
  dock_windows: 20,
  roster_slice: 100,
  edit_seconds: 900,
};

/** At most so many conversations fit a cursor. */
export const CURSOR_CONVERSATIONS = 100;

/** What became of a text from the server. `problem` never holds content. */
export type Parsed = { frame: ServerFrame } | { problem: string };

/** Reads one WebSocket message. Never throws: a malformed or unknown frame is a `problem` to log and pass over. */
export function parseServerFrame(data: unknown): Parsed {
  if (typeof data !== "string") return { problem: "a binary message" };
  try {
    const value: unknown = JSON.parse(data);
    const type = typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
    if (typeof type !== "string" || !Object.hasOwn(serverFrames, type)) {
      return { problem: "a frame of an unknown type" };
    }
    const name = type as keyof typeof serverFrames;
    try {
      return { frame: serverFrames[name](value, "") };
    } catch (error) {
      if (error instanceof ShapeError) return { problem: `a malformed ${name} frame: ${error.message}` };
      throw error;
    }
  } catch {
    return { problem: "a message that is no JSON" };
  }
}

const CONVERSATIONS: readonly [Kind, RegExp][] = [
  ["direct", /^([1-9]\d*)-([1-9]\d*)$/],
  ["group", /^g-[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/],
  ["room", /^r-[\w.:-]{1,64}(~[\w.:-]{1,64})?$/],
];

/** The direct conversation of two users: their ids, lower first. */
export function conversationOf(one: UserId, other: UserId): ConversationId {
  return one < other ? `${one}-${other}` : `${other}-${one}`;
}

/** The kind that the id is of; undefined: none that this client knows, and it is passed over. */
export function kindOf(conversation: ConversationId): Kind | undefined {
  const [lower, higher] = conversation.split("-");
  const kind = CONVERSATIONS.find(([, form]) => form.test(conversation))?.[0];
  return kind === "direct" && Number(lower) >= Number(higher) ? undefined : kind;
}

/** The circle that a room is of. */
export function circleOf(room: ConversationId): string {
  return room.slice(2).replace("~", "/");
}

/** A circle without its group. */
export function courseOf(circle: string): string {
  return circle.replace(/\/.*/, "");
}
