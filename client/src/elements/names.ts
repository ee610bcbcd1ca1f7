/**
 * Names as people can read them. A host lets people call themselves much: nothing at all, only what shows nothing, line
 * breaks, or characters that turn round the text beside them. One place mends it, before any element sees a name.
 */
import type { EntryView, Face, FoundPerson, Update, UserId, WindowView } from "../view.js";
import { isBlank } from "./blank.js";
import type { Strings } from "./strings.js";

/** Controls, and those that embed, override or isolate a direction; the marks that scripts need stay. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]+/gu;

/** The name on one line; a stand-in with the person's number where nothing of it can be seen. */
export function readableName(name: string, id: UserId, strings: Strings): string {
  const shown = onOneLine(name);
  return isBlank(shown) ? strings.get("unnamed", String(id)) : shown;
}

/** The title of a group, a room or a course, likewise. */
export function readableTitle(title: string, strings: Strings): string {
  const shown = onOneLine(title);
  return isBlank(shown) ? strings.get("untitled") : shown;
}

function onOneLine(text: string): string {
  return text.replace(CONTROLS, " ").trim();
}

/** The update with readable names. */
export function withReadableNames(update: Update, strings: Strings): Update {
  const person = <P extends FoundPerson>(of: P): P => ({ ...of, name: readableName(of.name, of.id, strings) });
  // An empty name says that they were removed.
  const face = <F extends Face>(of: F): F => (of.name === "" ? of : { ...of, name: readableName(of.name, of.id, strings) });
  const named = <T extends { title: string }>(of: T): T => ({ ...of, title: readableTitle(of.title, strings) });
  const window = <W extends WindowView | EntryView>(of: W): W => {
    const { contact, title } = of;
    if (contact === undefined) return named(of);
    return { ...of, contact: face(contact), title: title === "" ? strings.get("deleted_user") : readableName(title, contact.id, strings) };
  };
  const entry = (of: EntryView): EntryView => {
    const { last } = of;
    if (last?.name === undefined) return window(of);
    return { ...window(of), last: { ...last, name: last.name === "" ? strings.get("deleted_user") : readableName(last.name, last.sender, strings) } };
  };
  switch (update.kind) {
    case "list":
      return { ...update, entries: update.entries.map(entry) };
    case "listed":
      return { ...update, put: update.put.map((placed) => ({ ...placed, entry: entry(placed.entry) })), others: update.others.map(entry) };
    case "sifted":
      return { ...update, entries: update.entries?.map(entry) ?? null };
    case "roster":
      return { ...update, roster: { ...update.roster, people: update.roster.people.map(person) } };
    case "found":
      return { ...update, people: update.people.map(person) };
    case "dock":
    case "windows":
      return { ...update, windows: update.windows.map(window) };
    case "arrived":
      return { ...update, from: readableName(update.from, update.sender, strings) };
    case "people":
      return { ...update, people: update.people.map(face) };
    case "members":
      return { ...update, members: update.members.map(face) };
    case "rooms":
      return { ...update, rooms: update.rooms.map(named) };
    case "courses":
      return { ...update, courses: update.courses.map(named) };
    default:
      return update;
  }
}
