/**
 * Names as people can read them. A host lets people call themselves much: nothing at all, only what shows nothing, line
 * breaks, or characters that turn round the text beside them. One place mends it, before any element sees a name.
 */
import type { RosterPerson, Update, WindowView } from "../view.js";
import { isBlank } from "./blank.js";
import type { Strings } from "./strings.js";

/** Controls, and those that embed, override or isolate a direction; the marks that scripts need stay. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]+/gu;

/** The name on one line; a stand-in with the person's number where nothing of it can be seen. */
export function readableName(name: string, id: number, strings: Strings): string {
  const shown = name.replace(CONTROLS, " ").trim();
  return isBlank(shown) ? strings.get("unnamed", String(id)) : shown;
}

/** The update with readable names. */
export function withReadableNames(update: Update, strings: Strings): Update {
  const person = (of: RosterPerson): RosterPerson => ({ ...of, name: readableName(of.name, of.id, strings) });
  // The empty name of a window's contact says that they were removed.
  const window = (of: WindowView): WindowView =>
    of.contact.name === "" ? of : { ...of, contact: { ...of.contact, name: readableName(of.contact.name, of.contact.id, strings) } };
  switch (update.kind) {
    case "roster":
      return { ...update, roster: { ...update.roster, people: update.roster.people.map(person) } };
    case "found":
      return { ...update, people: update.people.map(person) };
    case "dock":
    case "windows":
      return { ...update, windows: update.windows.map(window) };
    case "arrived":
      return { ...update, from: readableName(update.from, update.sender, strings) };
    default:
      return update;
  }
}
