// Who is online in which course, who may write to whom, and how often.

// Far above what anyone writes; but they are looked at. gchat has the same in the comparison.
const PER_SECOND = 1_000;
const BURST = 1_000;
const MOST_CHARACTERS = 4096;

/** Their tokens are the last word on who is in which course. */
export class People {
  /** user -> { name, picture, courses, sockets, allowance, filled } */
  #known = new Map();
  /** course -> Map of user to person, online only */
  #courses = new Map();

  /** Notes a socket. Returns the courses in which this person has just come online. */
  arrive(identity, socket) {
    let person = this.#known.get(identity.user);
    if (!person) {
      person = { ...identity, sockets: new Set(), allowance: BURST, filled: Date.now() };
      this.#known.set(identity.user, person);
    }
    person.courses = identity.courses;
    person.sockets.add(socket);
    if (person.sockets.size > 1) return [];
    for (const course of person.courses.keys()) {
      let online = this.#courses.get(course);
      if (!online) this.#courses.set(course, (online = new Map()));
      online.set(person.user, person);
    }
    return [...person.courses.keys()];
  }

  /** The opposite. Returns the courses in which this person was last seen. */
  leave(user, socket) {
    const person = this.#known.get(user);
    if (!person?.sockets.delete(socket) || person.sockets.size > 0) return [];
    for (const course of person.courses.keys()) {
      const online = this.#courses.get(course);
      online?.delete(user);
      if (online?.size === 0) this.#courses.delete(course);
    }
    return [...person.courses.keys()];
  }

  /** A course's people, as a newcomer is told of them. */
  roster(course) {
    return [...(this.#courses.get(course)?.values() ?? [])].map((person) => this.contact(person.user, course));
  }

  contact(user, course) {
    const { name, picture, courses } = this.#known.get(user);
    return { id: user, name, picture, role: courses.get(course) };
  }

  sockets(user) {
    return this.#known.get(user)?.sockets ?? [];
  }

  /** The sockets of everyone online in a course. */
  *audience(course) {
    for (const person of this.#courses.get(course)?.values() ?? []) yield* person.sockets;
  }

  /** Why this may not be sent; null if it may. */
  refusal(from, to, text) {
    const sender = this.#known.get(from);
    const recipient = this.#known.get(to);
    if (typeof text !== "string" || text.length === 0 || text.length > MOST_CHARACTERS) return "bad_text";
    if (from === to || !recipient) return "unknown_recipient";
    let shared = false;
    for (const course of sender.courses.keys()) shared ||= recipient.courses.has(course);
    if (!shared) return "not_allowed";
    const now = Date.now();
    sender.allowance = Math.min(BURST, sender.allowance + ((now - sender.filled) * PER_SECOND) / 1000);
    sender.filled = now;
    if (sender.allowance < 1) return "rate_limited";
    sender.allowance -= 1;
    return null;
  }
}

/** `LOWER-HIGHER`, as in gchat. */
export const between = (one, other) => (one < other ? `${one}-${other}` : `${other}-${one}`);
