/** The search for people beyond the rosters' slices: one question at a time, of several wishes the latest. */
import type { RosterContact, Server } from "../net/protocol.js";
import type { Question } from "./requests.js";
import { personOf } from "./roster.js";
import type { RosterPerson, Update, UserId } from "../view.js";

type SearchQuestion = Extract<Question, { kind: "search" }>;

export interface SearchParts {
  me: UserId;
  /** True if it went out. */
  ask(question: SearchQuestion): boolean;
  /** Who is in the rosters, with their circles. */
  people(): readonly RosterPerson[];
  post(update: Update): void;
}

export class Search {
  readonly #parts: SearchParts;
  #wish: { text: string; more: boolean } | null = null;
  #found: { text: string; next: string | null } | null = null;

  constructor(parts: SearchParts) {
    this.#parts = parts;
  }

  /** `more`: the next page of what was found. */
  wish(text: string, more: boolean): void {
    this.#wish = { text: text.slice(0, 100), more };
    this.go();
  }

  /** Asks for what is wished, as soon as that can be. */
  go(): void {
    const wish = this.#wish;
    if (wish === null) return;
    const next = wish.more && this.#found?.text === wish.text ? this.#found.next : null;
    if (wish.more && next === null) {
      this.#wish = null;
      return;
    }
    if (this.#parts.ask({ kind: "search", text: wish.text, next })) this.#wish = null;
  }

  /** The server will not answer this for good, or nobody is to see what it found. */
  forget(): void {
    this.#wish = null;
    this.#found = null;
  }

  came(question: SearchQuestion, { contacts, next }: Server<"contacts">): void {
    this.#found = { text: question.text, next };
    // A newer wish is on its way: this answer would only flicker.
    if (this.#wish === null) {
      const [more, append] = [next !== null, question.next !== null];
      this.#parts.post({ kind: "found", text: question.text, people: this.#folded(contacts), more, append });
    }
    this.go();
  }

  #folded(contacts: readonly RosterContact[]): RosterPerson[] {
    const { me } = this.#parts;
    const known = new Map(this.#parts.people().map((person) => [person.id, person]));
    return contacts
      .filter((contact) => contact.id !== me)
      .map((contact) => {
        const { shares = [], circles = [] } = known.get(contact.id) ?? {};
        return { ...personOf(me, contact), shares, circles };
      });
  }
}
