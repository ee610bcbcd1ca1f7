/** What has happened in a group or room, in words; and lists of people, of which the first are named. */
import type { MessageView, SystemView, UserId } from "../view.js";
import { readableTitle } from "./names.js";
import type { Strings } from "./strings.js";

/** So many people of one event are named. */
const NAMED = 6;

/** `name`: of somebody in this conversation; `me`: the person here. */
export function happenedText(
  { sender, mine }: MessageView,
  { kind, users, title = "", on = false }: SystemView,
  me: UserId,
  name: (user: UserId) => string,
  strings: Strings,
): string {
  const whom = (): string => {
    const names = users.slice(0, NAMED).map((user) => (user === me ? strings.get("you_object") : name(user)));
    return listed(names, users.length - names.length, strings);
  };
  const who = mine ? "" : name(sender);
  switch (kind) {
    case "made": {
      const made = { users: whom(), title: readableTitle(title, strings) };
      return mine ? strings.get("system_made_you", made) : strings.get("system_made", { ...made, name: who });
    }
    case "added":
      return mine ? strings.get("system_added_you", whom()) : strings.get("system_added", { name: who, users: whom() });
    case "removed":
      return mine ? strings.get("system_removed_you", whom()) : strings.get("system_removed", { name: who, users: whom() });
    case "left":
      return mine ? strings.get("system_left_you") : strings.get("system_left", who);
    case "renamed": {
      const called = readableTitle(title, strings);
      return mine ? strings.get("system_renamed_you", called) : strings.get("system_renamed", { name: who, title: called });
    }
    case "announcements":
      return strings.get(on ? "announcements_on" : "announcements_off");
  }
}

/** "Ana, Bruno and 3 more" */
export function listed(names: readonly string[], more: number, strings: Strings): string {
  return strings.list(more > 0 ? [...names, strings.get("others", more)] : names);
}
