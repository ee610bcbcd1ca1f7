/** What somebody sets of a conversation for themselves: as items of a menu, and what is said when it is done. */
import type { EntryView } from "../view.js";
import type { Item } from "./menu.js";
import type { StringId, Strings } from "./strings.js";

export interface Flags {
  pinned?: boolean;
  archived?: boolean;
  /** ms UTC; 0: not muted. */
  mutedUntil?: number;
}

/** The contract's "for good": the last millisecond of the year 9999. */
const FOR_GOOD = 253_402_300_799_999;

export function flagItems(now: Pick<EntryView, "pinned" | "muted" | "archived">, strings: Strings, set: (flags: Flags) => void): Item[] {
  const { pinned = false, muted = false, archived = false } = now;
  const item = (id: string, name: StringId, flags: Flags): Item => ({ id, name: strings.get(name), choose: () => { set(flags); } });
  return [
    item("mute", muted ? "unmute" : "mute", { mutedUntil: muted ? 0 : FOR_GOOD }),
    item("pin", pinned ? "unpin" : "pin", { pinned: !pinned }),
    item("archive", archived ? "unarchive" : "archive", { archived: !archived }),
  ];
}

/** "Pinned", "Not muted any more" … */
export function flagsSaid({ pinned, archived, mutedUntil }: Flags): StringId {
  if (pinned !== undefined) return pinned ? "said_pinned" : "said_unpinned";
  if (archived !== undefined) return archived ? "said_archived" : "said_unarchived";
  return (mutedUntil ?? 0) > 0 ? "said_muted" : "said_unmuted";
}
