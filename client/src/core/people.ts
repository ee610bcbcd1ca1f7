/**
 * Who the people of groups and rooms are: the names of those who have written, are mentioned or are named there, who is in
 * a group, and which rooms there are. What no roster and no window tells is asked of the server, one question at a time.
 *
 * In a large room those who react are many: they are named where they are known, and not asked for.
 */
import type { Cancel, Clock } from "../clock.js";
import { kindOf } from "../net/protocol.js";
import type { Contact, Feature, Message, Room, Server } from "../net/protocol.js";
import { faceOf } from "./present.js";
import type { Question } from "./requests.js";
import { windowOf, withRooms } from "./state.js";
import { isStub } from "./talk.js";
import type { State } from "./state.js";
import type { ConversationId, MemberView, Update, UserId } from "../view.js";

/** So many people are asked for at once (the contract). */
const NAMES_MOST = 100;
/** Between two questions for names: in a busy room they gather. */
export const NAMES_REST_MS = 1_000;
/** So many people of one conversation are named: those that came last. */
export const NAMED_MOST = 500;

type PeopleQuestion = Extract<Question, { kind: "members" | "rooms" }>;

export interface PeopleParts {
  me: UserId;
  clock: Clock;
  state(): State;
  set(change: (state: State) => State): void;
  /** True if it is awaited now. */
  ask(question: PeopleQuestion): boolean;
  /** The people of this conversation are to be told. */
  changed(conversation: ConversationId): void;
  post(update: Update): void;
}

export class People {
  readonly #parts: PeopleParts;
  /** Who is named in a conversation; true: also to be asked for. */
  readonly #named = new Map<ConversationId, Map<UserId, boolean>>();
  /** Asked for on this connection, by conversation and user. */
  readonly #asked = new Set<string>();
  /** Whom this core was told of: what the browser's copy says may be old. */
  readonly #sure = new Set<UserId>();
  /** An answer with names is awaited, or the rest after it. */
  #asking = false;
  #rests: Cancel | null = null;
  /** By how many elements the members are shown. */
  readonly #shown = new Map<ConversationId, number>();
  /** Whose members are awaited; true: they have changed meanwhile. */
  readonly #awaited = new Map<ConversationId, boolean>();
  /** Somebody wants to know the rooms. */
  #rooms = false;
  /** The pages of them that have come. */
  #found: Room[] = [];

  constructor(parts: PeopleParts) {
    this.#parts = parts;
  }

  /** The conversations have these messages, on some page or in the core. */
  follow(rows: readonly { conversation: ConversationId; message: Message }[]): void {
    for (const { conversation, message } of rows) {
      const { sender, mentions = [], system, reactions = [] } = message;
      // Whoever was erased is called otherwise now.
      if (isStub(message) && message.client_message_id === null) this.#forget(conversation, sender);
      this.#name(conversation, [sender, ...mentions, ...(system?.users ?? [])], true);
      this.#name(conversation, reactions.flatMap(({ users }) => users), kindOf(conversation) !== "room");
      if (system !== undefined && this.#shown.has(conversation)) this.#askMembers(conversation);
    }
    this.#askNames();
  }

  /** They are named there in another way. */
  name(conversation: ConversationId, users: readonly UserId[]): void {
    this.#name(conversation, users, true);
    this.#askNames();
  }

  #forget(conversation: ConversationId, user: UserId): void {
    this.#sure.delete(user);
    this.#asked.delete(`${conversation} ${user}`);
  }

  /** `asked`: what is not known is asked for. */
  #name(conversation: ConversationId, users: readonly UserId[], asked: boolean): void {
    if (kindOf(conversation) === "direct") return;
    const named = this.#named.get(conversation) ?? new Map<UserId, boolean>();
    this.#named.set(conversation, named);
    let news = false;
    for (const user of users) {
      news ||= !named.has(user);
      const before = named.get(user) ?? false;
      named.delete(user);
      named.set(user, asked || before);
    }
    // Those who only react give way first: of a busy room there may be thousands.
    for (const all of [false, true]) {
      for (const [user, wanted] of named) if (named.size > NAMED_MOST && (all || !wanted)) named.delete(user);
    }
    if (!news) return;
    this.#remember();
    this.#parts.changed(conversation);
  }

  /** Rosters or windows have changed: who is called otherwise now, and what is to be asked. */
  learn(): void {
    this.#remember();
    this.#askNames();
  }

  /** Those who are named there and known, as they are called now. */
  of(conversation: ConversationId): Contact[] {
    return [...(this.#named.get(conversation)?.keys() ?? [])].flatMap((user) => this.#parts.state().faces.get(user) ?? []);
  }

  /** The connection is there. */
  online(): void {
    this.#askNames();
    for (const conversation of this.#shown.keys()) this.#askMembers(conversation);
    if (this.#rooms) this.askRooms();
  }

  /** Nothing that was asked will be answered. */
  offline(): void {
    this.#rests?.();
    this.#asking = false;
    this.#asked.clear();
    this.#awaited.clear();
  }

  /** Only these have windows. */
  keepOnly(shown: ReadonlySet<ConversationId>): void {
    for (const kept of [this.#named, this.#shown]) for (const id of kept.keys()) if (!shown.has(id)) kept.delete(id);
    const users = new Set([...this.#named.values()].flatMap((named) => [...named.keys()]));
    const { faces } = this.#parts.state();
    const needed = new Map([...faces].filter(([user]) => users.has(user)));
    if (needed.size < faces.size) this.#parts.set((state) => ({ ...state, faces: needed }));
  }

  /** Nothing stays. */
  empty(): void {
    this.#named.clear();
    this.#sure.clear();
  }

  /** An element shows the members of this conversation, or does so no more. */
  show(conversation: ConversationId, over: boolean): void {
    const count = (this.#shown.get(conversation) ?? 0) + (over ? -1 : 1);
    if (count > 0) this.#shown.set(conversation, count);
    else this.#shown.delete(conversation);
    if (!over) this.#askMembers(conversation);
  }

  membersCame({ users, conversation }: Extract<Question, { kind: "members" }>, { members }: Server<"members">): void {
    this.#put(members);
    if (users !== undefined) {
      this.#rest();
      return;
    }
    const again = this.#awaited.get(conversation) === true;
    this.#awaited.delete(conversation);
    if (again) this.#askMembers(conversation);
    const views = members.filter(({ gone }) => gone !== true).map((member): MemberView => {
      const { status, role, maker = false, read_seq: readSeq = 0 } = member;
      return { ...faceOf(member), status, ...(role === undefined ? {} : { role }), maker, readSeq };
    });
    this.#parts.post({ kind: "members", conversation, members: views });
  }

  /** All of them, from the first page on. */
  askRooms(next: string | null = null): void {
    this.#rooms = true;
    if (next === null) this.#found = [];
    if (this.#takes("rooms")) this.#parts.ask({ kind: "rooms", next });
  }

  roomsCame({ rooms, next }: Server<"rooms">): void {
    this.#found.push(...rooms);
    if (next !== null) this.askRooms(next);
    else this.#parts.set((state) => withRooms(state, this.#found));
  }

  /** The circles are others, and so may the rooms be. */
  moved(): void {
    if (this.#rooms) this.askRooms();
  }

  /** No answer has come; `final`: none will, on this connection. */
  cameNot(question: PeopleQuestion, final: boolean): void {
    if (question.kind === "rooms") {
      if (!final) this.askRooms();
      return;
    }
    const { conversation, users } = question;
    if (users === undefined) {
      this.#awaited.delete(conversation);
      if (!final) this.#askMembers(conversation);
      return;
    }
    if (!final) for (const user of users) this.#asked.delete(`${conversation} ${user}`);
    this.#rest();
  }

  #takes(feature: Feature): boolean {
    return this.#parts.state().features.includes(feature);
  }

  #askMembers(conversation: ConversationId): void {
    if (kindOf(conversation) !== "group" || !this.#shown.has(conversation) || !this.#takes("groups")) return;
    if (this.#awaited.has(conversation)) this.#awaited.set(conversation, true);
    else if (this.#parts.ask({ kind: "members", conversation })) this.#awaited.set(conversation, false);
  }

  #rest(): void {
    this.#rests = this.#parts.clock.after(NAMES_REST_MS, () => {
      this.#asking = false;
      this.#askNames();
    });
  }

  /** The next of those whom nobody has told. */
  #askNames(): void {
    if (this.#asking || !this.#takes("groups")) return;
    const { me } = this.#parts;
    const state = this.#parts.state();
    for (const [conversation, named] of this.#named) {
      const window = windowOf(state, conversation);
      if (window === undefined) continue;
      const known = (user: UserId): boolean => (window.state === "open" ? this.#sure.has(user) : state.faces.has(user));
      const users = [...named]
        .filter(([user, asked]) => asked && user !== me && !known(user) && !this.#asked.has(`${conversation} ${user}`))
        .map(([user]) => user)
        .slice(0, NAMES_MOST);
      if (users.length === 0) continue;
      this.#asking = this.#parts.ask({ kind: "members", conversation, users });
      if (this.#asking) for (const user of users) this.#asked.add(`${conversation} ${user}`);
      return;
    }
  }

  /** What rosters and windows say of those who are named: they may leave the rosters, and their names stay. */
  #remember(): void {
    const { circles, rosters, windows } = this.#parts.state();
    const users = new Set([...this.#named.values()].flatMap((named) => [...named.keys()]));
    if (users.size === 0) return;
    const contacts = windows.flatMap((window) => (window.kind === "direct" ? [window.contact] : []));
    this.#put([...users].flatMap((user): Contact[] => {
      const online = circles.map(({ id }) => rosters.get(id)?.contacts.get(user)).find((contact) => contact !== undefined);
      return [online ?? contacts.find(({ id }) => id === user) ?? []].flat();
    }));
  }

  #put(contacts: readonly Contact[]): void {
    const { faces } = this.#parts.state();
    for (const { id } of contacts) this.#sure.add(id);
    const news = contacts
      .map(({ id, name, picture, profile_url }): Contact => ({ id, name, picture, profile_url }))
      .filter((contact) => JSON.stringify(contact) !== JSON.stringify(faces.get(contact.id)));
    if (news.length === 0) return;
    const next = new Map([...faces, ...news.map((contact) => [contact.id, contact] as const)]);
    this.#parts.set((state) => ({ ...state, faces: next }));
    const users = new Set(news.map(({ id }) => id));
    for (const [conversation, named] of this.#named) {
      if ([...named.keys()].some((user) => users.has(user))) this.#parts.changed(conversation);
    }
  }
}
