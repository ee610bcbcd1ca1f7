/**
 * What the launcher's panel lists, and in which order: the sections, their parts and the rows in them. Pure: knows
 * neither the page nor how a row looks.
 */
import type { EntryView, FoundPerson, HitView, ListFilter, RoomView, RosterPerson, WindowView } from "../view.js";
import { hasWords } from "../words.js";
import { waits } from "./waiting.js";

export type Row = { key: string } & (
  | { kind: "entry"; entry: EntryView }
  | { kind: "room"; room: RoomView }
  | { kind: "person"; person: FoundPerson }
  | { kind: "hit"; hit: HitView }
);

/** Rows under one heading: the people of a course. null: without a heading. */
export interface Part {
  title: string | null;
  rows: readonly Row[];
}

export interface Section {
  id: "conversations" | "rooms" | "online" | "people" | "messages";
  parts: readonly Part[];
  /** What its last button does: shows the rest of what is held back, or asks for the next page. null: it has none. */
  more: "all" | "further" | null;
}

/** So many conversations stand in the panel before somebody asks for all: rooms and people follow them. */
export const AT_REST = 5;
/** Rather two more than a button for two. */
export const FEW = AT_REST + 2;

/**
 * The unread ones above all, the rest as in the list. `others`: unread ones that may stand further down in it than the
 * page holds.
 */
export function unreadFirst(entries: readonly EntryView[], others: readonly EntryView[]): EntryView[] {
  const all = joined(entries, others.filter(({ archived }) => archived !== true));
  return [...all.filter(waits), ...all.filter((entry) => !waits(entry))];
}

/** What a filter found, as the dock knows of it since. */
export function inDock(windows: readonly WindowView[], entries: readonly EntryView[]): EntryView[] {
  const dock = new Map(windows.map((window) => [window.conversation, window]));
  return entries.map((entry) => {
    const window = dock.get(entry.conversation);
    return window === undefined ? entry : { ...entry, unread: window.unread, mentions: window.mentions };
  });
}

/** Both, each conversation once; the first ones' word counts. */
export function joined(entries: readonly EntryView[], others: readonly EntryView[]): EntryView[] {
  const held = new Set(entries.map(({ conversation }) => conversation));
  return [...entries, ...others.filter(({ conversation }) => !held.has(conversation))];
}

/** Whether a filter lets it through. */
export function passes(entry: EntryView, { unread, archived, text = "" }: ListFilter): boolean {
  // Of a room what mentions the person counts, as in the contract's list.
  if (unread === true && entry.mentions === 0 && (entry.unread === 0 || entry.kind === "room")) return false;
  return (entry.archived === true) === (archived === true) && (text === "" || hasWords(entry.title, text));
}

/** Whoever is online first; within both in the order in which they were found. */
export function onlineFirst(people: readonly FoundPerson[]): FoundPerson[] {
  return [...people.filter(({ status }) => status === "online"), ...people.filter(({ status }) => status !== "online")];
}

/**
 * The people of the roster, in its order, under the first of the courses that they share with the viewer; courses by
 * title. `compare`: by the page's language.
 */
export function byCourse(people: readonly RosterPerson[], compare: (one: string, other: string) => number): Part[] {
  const parts = new Map<string | null, Row[]>();
  for (const person of people) {
    const title = person.circles[0] ?? null;
    const rows = parts.get(title) ?? [];
    rows.push(personRow(person));
    parts.set(title, rows);
  }
  const titles = [...parts.keys()].filter((title) => title !== null).sort(compare);
  const untitled = parts.get(null);
  return [
    ...titles.map((title) => ({ title, rows: parts.get(title) ?? [] })),
    ...(untitled === undefined ? [] : [{ title: null, rows: untitled }]),
  ];
}

export function entryRow(entry: EntryView): Row {
  return { kind: "entry", key: `c:${entry.conversation}`, entry };
}

export function roomRow(room: RoomView): Row {
  return { kind: "room", key: `r:${room.conversation}`, room };
}

export function personRow(person: FoundPerson): Row {
  return { kind: "person", key: `p:${person.id}`, person };
}

export function hitRow(hit: HitView): Row {
  return { kind: "hit", key: `m:${hit.conversation}:${hit.seq}`, hit };
}

/** The key of a section's last button. */
export function moreKey({ id }: Section): string {
  return `more:${id}`;
}

/** Everything that the arrow keys reach, from top to bottom. */
export function stopsOf(sections: readonly Section[]): string[] {
  return sections.flatMap((section) => [
    ...section.parts.flatMap(({ rows }) => rows.map(({ key }) => key)),
    ...(section.more === null ? [] : [moreKey(section)]),
  ]);
}
