/** Who is mentioned in a text, and whom somebody is about to mention. Pure. */
import type { UserId } from "../view.js";
import { folded } from "../words.js";

/** Somebody by their name as it is shown. */
export interface Named {
  id: UserId;
  name: string;
}

/** The `@Name` of somebody in a text. */
export interface Span {
  from: number;
  to: number;
  id: UserId;
}

/** More of a name is not typed before it is chosen. */
const LONGEST_QUERY = 40;

/** Where the text has `@` and the name of one of `people`. Of names that begin alike the longest one counts. */
export function mentionSpans(text: string, people: readonly Named[]): Span[] {
  const longest = people.filter(({ name }) => name !== "").sort((one, other) => other.name.length - one.name.length);
  const spans: Span[] = [];
  for (let from = text.indexOf("@"); from >= 0; from = text.indexOf("@", from + 1)) {
    if (from < (spans.at(-1)?.to ?? 0)) continue;
    const found = longest.find(({ name }) => text.startsWith(name, from + 1) && ends(text, from + 1 + name.length));
    if (found !== undefined) spans.push({ from, to: from + 1 + found.name.length, id: found.id });
  }
  return spans;
}

/** What stands between an `@` and the cursor. null: nobody is about to be mentioned. */
export function mentionAsked(text: string, cursor: number): { from: number; query: string } | null {
  const from = text.lastIndexOf("@", cursor - 1);
  if (from < 0 || cursor <= from) return null;
  // Inside a word it is an address.
  if (from > 0 && /[\p{L}\p{N}_.]/u.test(text.charAt(from - 1))) return null;
  const query = text.slice(from + 1, cursor);
  return query.length > LONGEST_QUERY || /[\n@]|^\s/.test(query) ? null : { from, query };
}

/** Those of whose name a word begins with `query`, those first whose name does. Case and accents are of no matter. */
export function mentionMatches<P extends Named>(query: string, people: readonly P[], most: number): P[] {
  const wanted = folded(query);
  const names = people.map((person) => ({ person, name: folded(person.name) }));
  const first = names.filter(({ name }) => name.startsWith(wanted));
  const others = names.filter(({ name }) => !name.startsWith(wanted) && ` ${name}`.includes(` ${wanted}`));
  return [...first, ...others].slice(0, most).map(({ person }) => person);
}

/** Whether no word goes on there. */
function ends(text: string, at: number): boolean {
  return !/^[\p{L}\p{N}]/u.test(text.slice(at, at + 2));
}
