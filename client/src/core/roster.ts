/**
 * The rosters of the user's circles and how they fold into one list of people. Pure.
 *
 * Invariant: a snapshot with its diffs applied equals a fresh snapshot. Must not know sockets, clocks or windows.
 */
import { conversationOf } from "../net/protocol.js";
import type { Circle, HeldRoster, RosterContact, Server } from "../net/protocol.js";
import type { RosterPerson, RosterView, UserId } from "../view.js";

/** One circle's online people, as far as the server's window shows them; the viewer among them. */
export interface Roster {
  /** null: held from another boot of the server, whose versions cannot be compared; shown until a snapshot comes. */
  version: number | null;
  total: number;
  contacts: ReadonlyMap<UserId, RosterContact>;
}

/** By circle. */
export type Rosters = ReadonlyMap<string, Roster>;

/** What a frame did to the rosters; `ask` where it did not fit and a snapshot is needed. */
export interface RosterStep {
  rosters: Rosters;
  ask: boolean;
}

/** A snapshot replaces whatever was held of its circle. */
export function withSnapshot(rosters: Rosters, frame: Server<"roster">): Rosters {
  const contacts = new Map(frame.contacts.map((contact) => [contact.id, contact]));
  return new Map(rosters).set(frame.circle, { version: frame.version, total: frame.total, contacts });
}

/** A diff applies to exactly the version it starts from; one that the roster has passed already changes nothing. */
export function withDiff(rosters: Rosters, frame: Server<"roster_diff">): RosterStep {
  const held = rosters.get(frame.circle);
  if (held?.version !== frame.from) return { rosters, ask: held?.version !== frame.version };
  const contacts = new Map(held.contacts);
  for (const id of frame.left) contacts.delete(id);
  for (const contact of frame.joined) contacts.set(contact.id, contact);
  return {
    rosters: new Map(rosters).set(frame.circle, { version: frame.version, total: frame.total, contacts }),
    ask: false,
  };
}

/** Rosters of circles that are the user's no more are forgotten. */
export function withCircles(rosters: Rosters, circles: readonly Circle[]): Rosters {
  const kept = new Set(circles.map((circle) => circle.id));
  return new Map([...rosters].filter(([id]) => kept.has(id)));
}

/** After another boot: keep showing what is held, but compare no version with it. */
export function withoutVersions(rosters: Rosters): Rosters {
  return new Map([...rosters].map(([id, roster]) => [id, { ...roster, version: null }]));
}

/** The rosters that can be named to the server as still held. */
export function heldRosters(rosters: Rosters): HeldRoster[] {
  return [...rosters].flatMap(([circle, { version }]) => (version === null ? [] : [{ circle, version }]));
}

/** Folds the circles into one list, without `me`. A teacher anywhere is a teacher; names are ordered by `compare`. */
export function foldRosters(
  circles: readonly Circle[],
  rosters: Rosters,
  me: UserId,
  compare: (one: string, other: string) => number,
): RosterView {
  const people = new Map<UserId, RosterPerson>();
  for (const circle of circles) {
    for (const contact of rosters.get(circle.id)?.contacts.values() ?? []) {
      if (contact.id === me) continue;
      const person = people.get(contact.id) ?? personOf(me, contact);
      people.set(contact.id, person);
      if (contact.role === "teacher") person.role = "teacher";
      person.shares.push(circle.id);
      if (!person.circles.includes(circle.title)) person.circles.push(circle.title);
    }
  }
  const byRoleAndName = (one: RosterPerson, other: RosterPerson): number =>
    Number(other.role === "teacher") - Number(one.role === "teacher") ||
    compare(one.name, other.name) ||
    one.id - other.id;
  return {
    people: [...people.values()].sort(byRoleAndName),
    known: circles.every((circle) => rosters.has(circle.id)),
    more: [...rosters.values()].some((roster) => roster.total > roster.contacts.size),
  };
}

/** Names in the order of the page's language; an unknown language is not worth an error. */
export function collation(lang: string): (one: string, other: string) => number {
  try {
    return new Intl.Collator(lang.replaceAll("_", "-"), { sensitivity: "base", numeric: true }).compare;
  } catch {
    return new Intl.Collator("en", { sensitivity: "base", numeric: true }).compare;
  }
}

/** A contact of a roster or a search as the elements show it, without circles. */
export function personOf(me: UserId, contact: RosterContact): RosterPerson {
  return {
    id: contact.id,
    conversation: conversationOf(me, contact.id),
    name: contact.name,
    picture: contact.picture,
    profileUrl: contact.profile_url,
    role: contact.role,
    shares: [],
    circles: [],
    status: "online",
  };
}
