/**
 * The search for people: those online, whom the server finds, and everybody else, whom the host finds. Each of the two is
 * asked one question at a time, of several wishes the latest. Without a host, and in a list of those who are online, the
 * rosters are what is searched, and the server finds those beyond their slices: that somebody takes messages from few does not
 * hide them there.
 */
import type { Cancel, Clock } from "../clock.js";
import type { HostPeople, HostPerson, PeopleAnswer } from "../net/people.js";
import { conversationOf } from "../net/protocol.js";
import type { RosterContact, Server } from "../net/protocol.js";
import type { Question } from "./requests.js";
import { personOf } from "./roster.js";
import type { Command, FoundPerson, RosterView, Update, UserId } from "../view.js";
import { hasWords } from "../words.js";

/** Who has left a roster may be away, or not to be found any more: what is shown is asked for again so much later. */
export const LEFT_MS = 3_000;
/** The host could not answer that: so much later again. */
const AGAIN_MS = 30_000;
/** What is shown beyond so many is not asked for again: its next page comes when it is looked for. */
const AGAIN_MOST = 100;

type SearchWish = Extract<Command, { kind: "search" }>;
type SearchQuestion = Extract<Question, { kind: "search" }>;

export interface SearchParts {
  me: UserId;
  clock: Clock;
  host: HostPeople;
  /** True if it went out. */
  ask(question: SearchQuestion): boolean;
  /** Who is in the rosters, with their circles. */
  roster(): RosterView;
  /** Who is known to be online beside those. */
  present(): ReadonlySet<UserId>;
  blocked(): readonly UserId[];
  /** The host refuses: somebody should ask whether the login holds. */
  recheck(): void;
  post(update: Update): void;
}

/** How far one of the two has got. */
type Side =
  /** To be asked from here on: as the last answer gave it, or from the beginning. */
  | { is: "due"; next: string | null }
  | { is: "awaited"; next: string | null }
  /** Has answered. `next`: what comes after; null: nothing does. */
  | { is: "done"; next: string | null };

/** One text that is searched for. */
interface Quest {
  text: string;
  /** Only those who are online are searched for: the host is not asked. */
  here: boolean;
  server: Side;
  host: Side;
  /** A further page is awaited. */
  append: boolean;
  /** What has come and is not told, or is to be told again with the rest. */
  online: FoundPerson[];
  others: HostPerson[];
  /** Told for good. */
  told: Set<UserId>;
  failed: boolean;
  /** Asked again by nobody's deed, with something on show: only the whole answer takes its place. */
  quiet: boolean;
}

const NOTHING: Side = { is: "done", next: null };

export class Search {
  readonly #parts: SearchParts;
  #quest: Quest | null = null;
  /** Whose question each of the two has now. */
  #asked: Quest | null = null;
  #hostAsked: Quest | null = null;
  /** On show, of the latest text. */
  readonly #shown = new Map<UserId, FoundPerson>();
  #rests: Cancel | null = null;

  constructor(parts: SearchParts) {
    this.#parts = parts;
  }

  wish({ text: given, more = false, online = false }: SearchWish): void {
    const text = given.slice(0, 100);
    if (more && this.#quest?.text === text) this.#further(this.#quest);
    else this.#begin({ text, here: online }, false);
  }

  /** This person's rights are others: who was found may not be any more. */
  moved(): void {
    if (this.#quest !== null && this.#quest.text !== "") this.#begin(this.#quest, true);
  }

  /** The rosters are others: `gone` tells who has left them. */
  follow(gone: () => readonly UserId[]): void {
    if (this.#shown.size === 0) return;
    this.#wake();
    if (gone().some((user) => this.#shown.has(user))) this.#rest(LEFT_MS);
  }

  #rest(ms: number): void {
    this.#rests ??= this.#parts.clock.after(ms, () => {
      this.#rests = null;
      this.moved();
    });
  }

  /** Whoever is shown as away and is in a roster now is online. */
  #wake(): void {
    const quest = this.#quest;
    if (quest === null || !isDone(quest)) return;
    const away = [...this.#shown.values()].filter(({ status }) => status !== "online");
    if (away.length === 0) return;
    const here = this.#here();
    const woken = away.filter(({ id }) => here.has(id));
    for (const person of woken) this.#shown.set(person.id, { ...person, status: "online" });
    if (woken.length > 0) this.#post(quest, [...this.#shown.values()], false);
  }

  /** Asks for what is wished, as soon as that can be. */
  go(): void {
    const quest = this.#quest;
    if (quest === null) return;
    const { text, server, host, quiet } = quest;
    if (server.is === "due" && this.#asked === null && this.#parts.ask({ kind: "search", text, next: server.next })) {
      this.#asked = quest;
      quest.server = { ...server, is: "awaited" };
    }
    if (host.is !== "due" || this.#hostAsked !== null) return;
    this.#hostAsked = quest;
    quest.host = { ...host, is: "awaited" };
    void this.#parts.host.find(text, host.next ?? "", quiet).then((answer) => {
      this.#hostCame(quest, answer);
    });
  }

  /** Nobody is to see what was found. */
  forget(): void {
    this.#quest = null;
    this.#shown.clear();
    this.end();
  }

  end(): void {
    this.#rests?.();
    this.#rests = null;
  }

  came({ next: from }: SearchQuestion, { contacts, next }: Server<"contacts">): void {
    this.#answered({ is: "done", next }, (quest) => {
      quest.online = this.#withFound(from === null || quest.quiet ? quest.online : [], contacts);
    });
    this.go();
  }

  /** There is no answer, and none will come. */
  cameNot(): void {
    this.#answered(NOTHING);
    this.go();
  }

  /** The server could not answer just now; some time has passed. */
  again({ next }: SearchQuestion): void {
    this.#answered({ is: "due", next });
    this.go();
  }

  /** Nothing that was asked of the server will be answered. */
  offline(): void {
    if (this.#asked !== null) this.#answered({ is: "due", next: this.#asked.server.next });
  }

  #begin({ text, here }: Pick<Quest, "text" | "here">, quiet: boolean): void {
    const { people, more, known } = this.#parts.roster();
    // Of another text nothing is on show yet.
    if (this.#quest?.text !== text) this.#shown.clear();
    const isShown = this.#shown.size > 0;
    const asksHost = !here && this.#parts.host.there && text.trim() !== "";
    const quest: Quest = {
      text,
      here,
      // Where the rosters show everybody, and everybody in them counts, there is nothing to ask.
      server: asksHost || more || !known ? { is: "due", next: null } : NOTHING,
      host: asksHost ? { is: "due", next: null } : NOTHING,
      append: false,
      online: asksHost ? [] : people.filter(({ name }) => hasWords(name, text)),
      others: [],
      told: new Set(),
      failed: false,
      quiet: quiet && isShown,
    };
    this.#quest = quest;
    this.go();
    if (quest.server.is === "done") this.#tell(quest);
  }

  #further(quest: Quest): void {
    if (!isDone(quest) || nextOf(quest) === null) return;
    Object.assign(quest, { append: true, online: [], others: [], quiet: false });
    this.#goOn(quest);
  }

  #goOn(quest: Quest): void {
    const side = quest.server.next !== null ? "server" : "host";
    quest[side] = { is: "due", next: quest[side].next };
    this.go();
  }

  #answered(server: Side, take?: (quest: Quest) => void): void {
    const quest = this.#asked;
    this.#asked = null;
    // Of a newer text this answer would only flicker.
    if (quest !== null && quest === this.#quest) {
      quest.server = server;
      take?.(quest);
      if (server.is === "done" || quest.host.is === "done") this.#tell(quest);
    }
  }

  #hostCame(quest: Quest, answer: PeopleAnswer): void {
    this.#hostAsked = null;
    if (quest === this.#quest) {
      quest.failed = "failed" in answer;
      quest.host = { is: "done", next: "failed" in answer || answer.next === "" ? null : answer.next };
      if ("failed" in answer) {
        if (answer.stop !== undefined) this.#parts.recheck();
      } else quest.others = quest.quiet ? [...quest.others, ...answer.people] : answer.people;
      if (quest.server.is !== "awaited") this.#tell(quest);
    }
    this.go();
  }

  #tell(quest: Quest): void {
    const { append, failed, quiet } = quest;
    const people = this.#merged(quest);
    if (quiet) {
      // What is on show stands until there is a whole answer, of as many.
      if (failed) this.#rest(AGAIN_MS);
      if (failed || !isDone(quest)) return;
      if (people.length < Math.min(this.#shown.size, AGAIN_MOST) && nextOf(quest) !== null) {
        this.#goOn(quest);
        return;
      }
    }
    if (!append) this.#shown.clear();
    for (const person of people) this.#shown.set(person.id, person);
    this.#post(quest, people, append);
    if (isDone(quest)) for (const { id } of people) quest.told.add(id);
  }

  /** Those in the rosters as these have them, the others behind them. */
  #withFound(before: readonly FoundPerson[], contacts: readonly RosterContact[]): FoundPerson[] {
    const known = new Map(this.#parts.roster().people.map((person) => [person.id, person]));
    const had = new Set(before.map(({ id }) => id));
    const fresh = contacts.filter(({ id }) => !had.has(id));
    return [...before, ...fresh.map((contact) => known.get(contact.id) ?? personOf(this.#parts.me, contact))];
  }

  #post(quest: Quest, people: FoundPerson[], append: boolean): void {
    const { text, host, failed } = quest;
    const pending = host.is !== "done";
    const more = !pending && nextOf(quest) !== null;
    this.#parts.post({ kind: "found", text, people, more, append, ...(pending ? { pending } : {}), ...(failed ? { failed } : {}) });
  }

  #here(): ReadonlySet<UserId> {
    return new Set([...this.#parts.present(), ...this.#parts.roster().people.map(({ id }) => id)]);
  }

  #merged({ online, others, told }: Quest): FoundPerson[] {
    const { me } = this.#parts;
    const here = this.#here();
    const found = new Map<UserId, FoundPerson>(online.map((person) => [person.id, person]));
    for (const { id, name, picture, profile_url: profileUrl, role, circles } of others) {
      const known = found.get(id);
      const status = here.has(id) ? ("online" as const) : ("offline" as const);
      if (known === undefined) {
        found.set(id, { id, conversation: conversationOf(me, id), name, picture, profileUrl, role, shares: [], circles, status });
      } else if (known.circles.length === 0) found.set(id, { ...known, circles });
    }
    const blocked = this.#parts.blocked();
    return [...found.values()].filter(({ id }) => id !== me && !told.has(id) && !blocked.includes(id));
  }
}

/** Both have answered. */
function isDone({ server, host }: Quest): boolean {
  return server.is === "done" && host.is === "done";
}

/** Where its next page begins: the server's come first. */
function nextOf({ server, host }: Quest): string | null {
  return server.next ?? host.next;
}
