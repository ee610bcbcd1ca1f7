/**
 * What the core (connection, outbox, state) and the elements tell each other.
 *
 * All of it is structured-clone data that travels through a MessagePort, so that the core may live in the page or in
 * a worker without an element noticing. The elements own nothing but what a page itself knows (focus, scroll, the
 * text being typed); the core knows no DOM.
 *
 * It is past 500 lines because all that the two tell each other stands here, to be read beside each other.
 */

/** `seq` of the contract: 1, 2, 3 … ; 0: none yet. */
export type Seq = number;
/** A user's id in the host. */
export type UserId = number;
/** Opaque but for direct ones, which are `"LOWER-HIGHER"`, see protocol/README.md. */
export type ConversationId = string;
export type Kind = "direct" | "group" | "room";

export type Role = "teacher" | "student";
export type Status = "online" | "offline";

/** What others see of a person. The name "" says that they were removed. */
export interface Face {
  id: UserId;
  name: string;
  picture: string | null;
  profileUrl: string | null;
}

export type Writing = "yes" | "no" | "blocked" | "gone";

/** One person in the roster, folded over all circles: a teacher anywhere counts as teacher. */
export interface RosterPerson {
  id: UserId;
  conversation: ConversationId;
  name: string;
  picture: string | null;
  profileUrl: string | null;
  role: Role;
  /** Circles of the viewer in which the person is, in their order; and what these are called, each title once. */
  shares: string[];
  circles: string[];
  status: "online";
}

/** Somebody whom a search has found, online or not. */
export interface FoundPerson extends Omit<RosterPerson, "status"> {
  status: Status;
}

export interface RosterView {
  /** Sorted: teachers first, then by name with the page's collation. */
  people: RosterPerson[];
  /** True as soon as the first snapshot of every circle (or the browser's copy) is in. */
  known: boolean;
  /** True where some circle has more people online than its window shows: search reaches them. */
  more: boolean;
}

/** The state of the line to the server, in words for people. */
export type LineView =
  | { state: "connecting" }
  | { state: "online" }
  /**
   * The person's chat is paused (an exam, say) until a time, in ms by the server's clock; it comes back by itself.
   * null: the server has said that the pause begins, and not yet how long it lasts.
   */
  | { state: "paused"; until: number | null }
  /** Lost; trying again by itself. */
  | { state: "lost" }
  /** Over until the page is loaded again. `reason` names the string to show. */
  | {
      state: "stopped";
      reason:
        | "logged_out"
        | "not_allowed"
        | "other_user"
        | "too_many"
        | "replaced"
        | "outdated"
        | "site_first"
        | "refused";
    };

export type Delivery =
  /** In the outbox. */
  | "sending"
  /** Committed on the server. */
  | "sent"
  /** At or below the other person's read mark. */
  | "seen"
  /** Finally refused; the text is kept, with a way to try again or to remove it. */
  | "failed";

/** What has happened in a group or room. */
export interface SystemView {
  kind: "made" | "added" | "removed" | "left" | "renamed" | "announcements";
  /** Whom it is about. */
  users: UserId[];
  /** Of `made` and `renamed`. */
  title?: string;
  /** Of `announcements`. */
  on?: boolean;
}

/** Who has reacted with one emoji; one's own wish is in it before the server has it. */
export interface ReactionView {
  emoji: string;
  count: number;
  /** The first of them, at most 20. */
  users: UserId[];
  mine: boolean;
}

/** A message that was found by what was written. */
export interface HitView {
  conversation: ConversationId;
  kind: Kind;
  /** What the conversation is called; "": its other person was removed. */
  title: string;
  seq: Seq;
  sender: UserId;
  mine: boolean;
  /** What the sender is called; "": they were removed. */
  name: string;
  /** Milliseconds UTC. */
  sentAt: number;
  /** What stands around the first of what was found. */
  text: string;
}

export interface MessageView {
  /** Of one's own, stable over pending → committed: the client_message_id. Else "seq:N": ids of others may repeat. */
  key: string;
  /** Of somebody else's, its `client_message_id`, as far as it has one. */
  id?: string;
  /** 0 while it is in the outbox. */
  seq: Seq;
  sender: UserId;
  mine: boolean;
  /** null: a stub, or a system message, deleted or erased. What the person has asked for and the server has not confirmed is in it already. */
  text: string | null;
  /** Milliseconds UTC; for pending messages by this computer's clock, corrected by the server's. */
  sentAt: number;
  /** Given for what is in the outbox. That of committed ones follows from `ConversationView.seenSeq`. */
  delivery?: Delivery;
  /** For failed ones: the error code of the contract. */
  failure?: string;
  /** What has happened: then there is no text, and nothing can be done with it. */
  system?: SystemView;
  /** In the order in which each was used first. */
  reactions?: ReactionView[];
  /** Whom it mentions. */
  mentions?: UserId[];
  /** The message that this one answers. */
  replyTo?: Seq;
  /** It was edited. */
  edited?: true;
  /** Of a stub, who deleted it; absent: it was erased. */
  deletedBy?: "me" | "author" | "moderator";
  /** Until then (ms by this computer's clock) its author may edit it; absent: they may not, or never. */
  editableUntil?: number;
  /**
   * An edit of it that is not confirmed. `failed`: refused for good; `text` of the message is then what the server has,
   * and `text` here is what the person wrote and may still want.
   */
  edit?: { state: "sending" } | { state: "failed"; text: string; failure: string };
  /** It is about to be deleted: hidden, with a way back until its time has come. */
  deleting?: true;
}

/** An edit that is not saved yet: the message's key, and the text that stands in the box. */
export interface EditDraft {
  key: string;
  text: string;
}

export interface WindowView {
  conversation: ConversationId;
  kind: Kind;
  state: "open" | "minimised";
  /** What the window is called: of a direct one the other person's name, "" where they were removed. */
  title: string;
  /** Of a direct one, the other person. */
  contact?: Face & { status: Status };
  /** Of a group its course, of a room its circle. */
  circle?: string;
  /** Of a group: how many are in it. */
  members?: number;
  /** Of a room: only teachers write there now. */
  announcements?: true;
  /** 0 … 100: messages that are not read and mention this person. */
  mentions: number;
  /** 0 … 100; 100 stands for "100 or more". */
  unread: number;
  /** Text that was being written when the window was last on a page. */
  draft: string;
  /** The message that it was to answer. */
  draftReplyTo?: Seq;
  /** Whom it mentions. */
  draftMentions?: UserId[];
  /** The message of one's own that was being edited, while the draft waited. */
  draftEdit?: EditDraft;
  /** Who is typing now; of a direct one the other person. */
  typing: UserId[];
  /** Whether one may write there now; "blocked": this person has blocked the other, "gone": they were removed. */
  writing: Writing;
  /** What the server takes beside plain messages: the person is offered nothing else. */
  verbs: { edit: boolean; delete: boolean; reply: boolean; react: boolean; mention: boolean; flag: boolean };
  /** Of a room: this person is a teacher of its course, and may delete others' messages and make announcements. */
  moderates?: true;
  /** Of a group: this person has left it, or was taken out. */
  left?: true;
  /** At the top of this person's list. */
  pinned?: true;
  /** Muted now: it counts in no sum and nothing of it is said aloud, mentions aside. */
  muted?: true;
}

/** One conversation in the person's list. */
export interface EntryView {
  conversation: ConversationId;
  kind: Kind;
  /** As of a window. */
  title: string;
  /** Of a direct one, the other person; their status as far as it is known. */
  contact?: Face & { status: Status };
  /** Of a group its course, of a room its circle. */
  circle?: string;
  /** Of a group: how many are in it. */
  members?: number;
  writing: Writing;
  /** 0 … 100; 100 stands for "100 or more". */
  unread: number;
  /** 0 … 100. */
  mentions: number;
  pinned?: true;
  muted?: true;
  archived?: true;
  /** The newest message that says something. `name`: of its sender in groups and rooms; `text`: its beginning. */
  last?: { seq: Seq; sender: UserId; mine: boolean; name?: string; text: string; sentAt: number };
}

/** An entry, and the one that stands behind it; null: it is the last of those that are loaded. */
export interface PlacedEntry {
  entry: EntryView;
  before: ConversationId | null;
}

/** Which conversations: of several conditions all. None: those that are not archived, in the order of the list. */
export interface ListFilter {
  unread?: true;
  archived?: true;
  text?: string;
}

/** Somebody of a group. */
export interface MemberView extends Face {
  status: Status;
  /** In the course. */
  role?: Role;
  maker: boolean;
  /** Their read mark, as far as it is shown. */
  readSeq: Seq;
}

/** A room of this person, in the order of the panel. */
export interface RoomView {
  conversation: ConversationId;
  title: string;
  writing: Writing;
  announcements: boolean;
  /** Somebody has written since they read there: a dot, no number. */
  unread: boolean;
  mentions: number;
}

/** A course in which this person may make a group. */
export interface CourseView {
  /** The circle without a group. */
  circle: string;
  title: string;
}

/** The newest part of a conversation, and what waits to be sent. */
export interface ConversationView {
  conversation: ConversationId;
  /**
   * Committed ones by seq, without gaps, up to the newest that is known: few, see `HELD_MESSAGES` of talk.ts. Then
   * those of the outbox, in the order of sending.
   */
  messages: MessageView[];
  /** There are older ones on the server. */
  older: boolean;
  /** The first answer is still awaited and there is no copy to show. */
  loading: boolean;
  /** The first answer has not come for long: `first` asks again. */
  late: boolean;
  /** The highest seq that this user has seen; the elements draw "new" from it and send `seen`. */
  readSeq: Seq;
  /** The other person's read mark: one's own messages up to it are seen. */
  seenSeq: Seq;
}

/** What differs between two views of one conversation, see change.ts. What is absent is as it was. */
export interface ConversationChange extends Partial<Omit<ConversationView, "conversation" | "messages">> {
  conversation: ConversationId;
  /** New messages and changed ones. */
  put?: MessageView[];
  /** Keys of messages that have left the outbox and are not committed under the same key. */
  gone?: string[];
  /** Committed messages below this seq are not part of the view any more. */
  from?: Seq;
}

/** The answer to a page's `page`. */
export interface HistoryPage {
  conversation: ConversationId;
  /** As in the question. */
  request: number;
  /** Ascending, adjoining the seq that was named. null: no answer has come, ask again. */
  messages: MessageView[] | null;
  /** There are more in the direction that was asked. */
  more: boolean;
}

/** From the core to the elements: slices as a whole, and then what has changed in them. */
export type Update =
  | { kind: "line"; line: LineView }
  | { kind: "roster"; roster: RosterView }
  | { kind: "dock"; windows: WindowView[]; /** Sum over windows, for the page's title. */ unread: number }
  /** Those of the dock's windows that have changed; the others, and the order, are as they were. */
  | { kind: "windows"; windows: WindowView[]; unread: number }
  /** Whatever the page holds of this conversation is void: it is reset, or told for the first time. */
  | { kind: "conversation"; view: ConversationView }
  | { kind: "changed"; change: ConversationChange }
  | { kind: "page"; page: HistoryPage }
  /**
   * Messages of somebody else that are newer than this page: to be announced politely. `text` is the last one's;
   * `count` above 1 where many came at once, after a lost line. Never sent for history.
   */
  | { kind: "arrived"; conversation: ConversationId; sender: UserId; from: string; text: string; count: number }
  /** What was said aloud of this conversation may have been erased since: it must not stay on the page. */
  | { kind: "retracted"; conversation: ConversationId }
  /** A backup of the server was restored: a seq from before may be another message's, so nothing is answered by it. */
  | { kind: "restored" }
  /**
   * Nothing that was told before may stay on the page: windows, messages, drafts, rosters, titles, what was said aloud.
   * What the elements have not told the core yet they tell it now. What may be shown again is told again.
   */
  | { kind: "emptied" }
  /** A message that another one quotes, asked for by `quote`, and again whenever it changes. null: it is not there. */
  | { kind: "quoted"; conversation: ConversationId; seq: Seq; message: MessageView | null }
  /**
   * Messages of this conversation that are older than what the core holds have changed: whoever shows them replaces
   * them, by key.
   */
  | { kind: "rewritten"; conversation: ConversationId; messages: MessageView[] }
  /**
   * People who have written, are mentioned or named in this conversation: as they are called now. Of a direct one never.
   * Told before the messages that need them where they are known, and again when they change.
   */
  | { kind: "people"; conversation: ConversationId; people: Face[] }
  /** The answer to `members`, and again as long as the conversation's members are shown (`members` with `until`). */
  | { kind: "members"; conversation: ConversationId; members: MemberView[] }
  /** The rooms of this person, whenever they are others; none where the server has no rooms. */
  | { kind: "rooms"; rooms: RoomView[] }
  /** Courses in which this person may make a group; none where the server has no groups. */
  | { kind: "courses"; courses: CourseView[] }
  /** Whom this person has blocked: their messages in groups and rooms are folded. */
  | { kind: "blocked"; users: UserId[] }
  /** The answer to `make`, `add`, `remove`, `rename` and `announce`; `code` where it was refused, of the contract, or `no_connection`. */
  | { kind: "done"; act: number; conversation: ConversationId; code?: string }
  /**
   * The answer to `search`; `append` for further pages. Twice for one text where the host is asked as well: those who are
   * online first (`pending`: more is to come), then all, each once. And again where this person's rights change. `failed`:
   * the host could not be asked, or refused.
   */
  | { kind: "found"; text: string; people: FoundPerson[]; more: boolean; append: boolean; pending?: true; failed?: true }
  /** The answer to `find`, the newest first. null: there is none; ask again when the line is there again. */
  | { kind: "hits"; act: number; hits: HitView[] | null; next: string | null }
  /**
   * The list as far as it is loaded, in its order: pinned first. `known`: an answer, or the browser's copy, is in. Told
   * after `list`, and where it begins anew.
   */
  | { kind: "list"; entries: EntryView[]; known: boolean; more: boolean; /** The server takes `flag`. */ flags: boolean }
  /**
   * What has changed in it: entries that are new, changed or moved, to be put in this order, and those that are out of it.
   * Only the core knows the order: apply it with `withListed` of change.ts. `others`: changed ones that `sift`s have
   * told and that are not in the list; `gone` names those too that are this person's no more.
   */
  | { kind: "listed"; put: PlacedEntry[]; gone: ConversationId[]; others: EntryView[]; more: boolean }
  /** The answer to `sift`; `append` for further pages. null: no answer has come, ask again. */
  | { kind: "sifted"; filter: ListFilter; entries: EntryView[] | null; more: boolean; append: boolean }
  /** An action was refused: `code` of the contract, `message` in English as the server said it. */
  | { kind: "refused"; conversation?: ConversationId; code: string; message: string }
  /** What these commands asked for is in the browser's database (or never will be): it outlives the page. */
  | { kind: "durable"; entries: number[] };

/** A command that the page's unload journal has under this number until the core has answered `durable` to it. */
interface Journaled {
  entry?: number;
}

/** From the elements to the core. */
export type Command =
  /** With the id alone where the page may know no more of them: the window then comes with what the server says. */
  | ({ kind: "open"; person: { id: UserId; name: string; picture: string | null; profileUrl: string | null } | { id: UserId } } & Journaled)
  | ({ kind: "restore"; conversation: ConversationId } & Journaled)
  | ({ kind: "minimise"; conversation: ConversationId } & Journaled)
  | ({ kind: "close"; conversation: ConversationId } & Journaled)
  /**
   * `key`: the client_message_id, where the page has given it one already. `again`: another core was told before, which
   * may have tried to send it.
   */
  | ({
      kind: "send";
      conversation: ConversationId;
      text: string;
      key?: string;
      replyTo?: Seq;
      mentions?: UserId[];
      again?: true;
    } & Journaled)
  /** `key`: of a message of one's own, also one that is still being sent. `seq`: where the page's journal knows it. */
  | ({ kind: "edit"; conversation: ConversationId; key: string; text: string; seq?: Seq } & Journaled)
  /**
   * Enters the outbox when its undo has ended (5 s), also where the page is left before. In a room where this person
   * moderates also somebody else's message. `seq`, `id`: as of `react`.
   */
  | ({ kind: "delete"; conversation: ConversationId; key: string; seq?: Seq; id?: string } & Journaled)
  /**
   * Takes a deletion back whose time has not come. `at`: when the person asked for it, in ms by this computer's clock,
   * where the page's journal knows it: on a slow line the next page may be there too late.
   */
  | ({ kind: "undelete"; conversation: ConversationId; key: string; at?: number } & Journaled)
  /**
   * All of this person's reactions to a message, at most 3. `key`: the message's. `seq` and `id` (of the view) name it
   * to the server where the core does not hold it: the page's journal puts them in.
   */
  | ({ kind: "react"; conversation: ConversationId; key: string; emoji: string[]; seq?: Seq; id?: string } & Journaled)
  /** Opens a room that may have no window yet. */
  | ({ kind: "enter"; conversation: ConversationId; title: string } & Journaled)
  /** Makes a group and opens it. `act`: 1, 2, 3 … of the page, for the answer; the same in the next four. */
  | { kind: "make"; act: number; circle: string; title: string; users: UserId[] }
  | { kind: "add"; act: number; conversation: ConversationId; users: UserId[] }
  /** Takes somebody out; oneself: leaves, and closes the window. */
  | { kind: "remove"; act: number; conversation: ConversationId; user: UserId }
  | { kind: "rename"; act: number; conversation: ConversationId; title: string }
  | { kind: "announce"; act: number; conversation: ConversationId; on: boolean }
  /** The members of a group are shown (again whenever they change, until `over`), for one or several elements. */
  | { kind: "members"; conversation: ConversationId; over?: true }
  /** Sets what is named. `mutedUntil`: ms UTC, 0: not muted. Answered by `done`. */
  | { kind: "flag"; act: number; conversation: ConversationId; pinned?: boolean; archived?: boolean; mutedUntil?: number }
  /** The list of conversations is shown: told as a whole, and from then on kept in step. `more`: load its next page. */
  | { kind: "list"; more?: true }
  /** Conversations by a filter; `more`: the next page of the same. */
  | { kind: "sift"; filter: ListFilter; more?: true }
  /** The list of rooms is shown: ask for it. */
  | { kind: "rooms" }
  /** An edit that was refused for good is forgotten. */
  | { kind: "dismiss"; conversation: ConversationId; key: string }
  /** The message `seq` is quoted on this page: tell it, and its changes. */
  | { kind: "quote"; conversation: ConversationId; seq: Seq }
  | { kind: "retry"; conversation: ConversationId; key: string }
  /** Removes a failed message; its text becomes the draft if the draft is empty. */
  | { kind: "discard"; conversation: ConversationId; key: string }
  /** Asks again for the first answer, which is late. */
  | { kind: "first"; conversation: ConversationId }
  /** The messages next before or after `seq`, for this page alone. `request`: 1, 2, 3 … of the page, for the answer. */
  | { kind: "page"; conversation: ConversationId; asked: "before" | "after"; seq: Seq; request: number }
  /** The message was shown in an open window of a visible, focused page. */
  | { kind: "seen"; conversation: ConversationId; seq: Seq }
  | { kind: "typing"; conversation: ConversationId }
  /** `replyTo`: the message that it is to answer. `mentions`: as of `send`. `edit`: what is being edited meanwhile. */
  | ({
      kind: "draft";
      conversation: ConversationId;
      text: string;
      replyTo?: Seq;
      mentions?: UserId[];
      edit?: EditDraft;
    } & Journaled)
  /**
   * Answered by `found`, until another text is searched for. `more`: the next page of the same, or the first one where
   * another text has been searched for since. `online`: only those who are, of the server alone; so is "".
   */
  | { kind: "search"; text: string; more?: boolean; online?: boolean }
  /** Messages by what was written. `next`: as the last answer of the same text gave it. Answered by `hits`. */
  | { kind: "find"; act: number; text: string; next: string | null }
  /** The page became visible or hidden. */
  | { kind: "visible"; visible: boolean }
  /** The page is being left: flush what is not stored yet. */
  | { kind: "leaving" }
  /** The page has come back from the browser's cache of pages. */
  | { kind: "back" }
  /** The person asks to try again now (a button beside "Connection lost"). */
  | { kind: "reconnect" }
  /** The last one, and never the elements': what was said before is kept, then the core ends. */
  | { kind: "end" };

/** What the page says about itself: the data attributes of the script tag (see client/README.md, "Embedding"). */
export interface PageConfig {
  /** The server's address with its final slash. */
  server: string;
  /** The site's id, as `iss` in tokens. */
  site: string;
  user: UserId;
  /** Hash of the host's login, as `sid` in tokens. */
  sid: string;
  /** Where a user token is had: POST, same origin, answers `{"token": "…"}` or Moodle's `[{"data": {"token": "…"}}]`. */
  tokenUrl: string;
  /** JSON to send there; without it an empty body. */
  tokenBody?: string | null;
  /** Added to the query of an address that is asked by nobody's deed: `name=value`. */
  tokenIdle?: string | null;
  /** Where the host finds people: POST, same origin (client/README.md, "People, online or not"). Absent: it does not. */
  peopleUrl?: string | null;
  /** Moodle's external function for that: question and answer are then in its form. */
  peopleMethod?: string | null;
  /** The name of the cookies with the mark: see mark.ts. */
  markName: string;
  /** 32 bytes, unpadded base64url, of the login: with the mark it makes the key of what the browser keeps. */
  salt: string;
  /** What the cookies said when this page last looked; null: there is none, and nothing is kept. */
  mark: string | null;
  /** `en`, `pt`, `pt_br` …; falls back to English. */
  lang: string;
}
