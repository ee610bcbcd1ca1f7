/** What somebody can do with a message now, and how one is quoted. */
import type { Kind, MessageView, WindowView, Writing } from "../view.js";
import { canSucceed } from "./failures.js";
import { oneLine } from "./plain.js";
import type { Scene } from "./scene.js";
import type { Strings } from "./strings.js";

export type Verb = "react" | "reply" | "edit" | "delete" | "copy" | "seen_by";

/** What decides beside the message. */
export interface Means {
  kind: Kind;
  verbs: WindowView["verbs"];
  writing: Writing;
  /** Others' messages may be deleted. */
  moderates: boolean;
  /** Nothing that is done here reaches the server before the page is loaded again. */
  stopped: boolean;
}

/** More of a quoted text is not shown: one goes to the message to read on. */
const QUOTED_CHARS = 160;

export function meansOf({ line }: Scene, { kind, verbs, writing, moderates }: WindowView): Means {
  return { kind, verbs, writing, moderates: moderates === true, stopped: line.state === "stopped" };
}

/** In the order of the menu; none: there is no menu. `now`: ms by this computer's clock. */
export function verbsOf(message: MessageView, means: Means, now: number): Verb[] {
  if (!isThere(message)) return [];
  const { kind, verbs, writing, moderates, stopped } = means;
  const found: Verb[] = [];
  if (mayReact(message, means)) found.push("react");
  if (verbs.reply && message.seq > 0 && writing === "yes" && !stopped) found.push("reply");
  if (mayEdit(message, means, now)) found.push("edit");
  if (verbs.delete && (message.mine || (moderates && message.seq > 0)) && !stopped) found.push("delete");
  found.push("copy");
  if (kind === "group" && message.mine && message.seq > 0 && !stopped) found.push("seen_by");
  return found;
}

export function mayEdit(message: MessageView, { verbs, writing, stopped }: Means, now: number): boolean {
  if (!isThere(message) || !message.mine || !verbs.edit || writing !== "yes" || stopped) return false;
  return message.editableUntil !== undefined && message.editableUntil > now;
}

/** Whether somebody may add a reaction: to take one back they need less, see `mayTakeBack`. */
export function mayReact(message: MessageView, means: Means): boolean {
  return mayTakeBack(message, means) && means.writing === "yes";
}

export function mayTakeBack(message: MessageView, { verbs, stopped }: Means): boolean {
  return isThere(message) && message.seq > 0 && verbs.react && !stopped;
}

/** Whether what failed could be taken at another try. */
export function mayRetry({ failure }: MessageView, { writing }: Means): boolean {
  return writing === "yes" && canSucceed(failure);
}

/** Neither a stub, nor about to be one, nor refused. */
function isThere({ text, deleting, delivery }: MessageView): boolean {
  return text !== null && deleting !== true && delivery !== "failed";
}

/** The words for a stub. `name`: its author's. */
export function stubText({ deletedBy }: MessageView, name: string, strings: Strings): string {
  if (deletedBy === "me") return strings.get("deleted_by_you");
  if (deletedBy === "author") return strings.get("deleted_by", name);
  return strings.get(deletedBy === "moderator" ? "deleted_by_moderator" : "message_deleted");
}

/**
 * What is shown of a message that another one answers. undefined: it is not told yet; null: it is not there any more.
 * `name`: its author's. `folded`: of somebody whom the person here has blocked.
 */
export function quoteText(message: MessageView | null | undefined, name: string, strings: Strings, folded = false): string {
  if (message === undefined) return "…";
  if (message === null) return strings.get("quote_gone");
  if (message.text === null || message.deleting === true) return stubText(message, name, strings);
  if (folded) return strings.get("blocked_message");
  const line = oneLine(message.text);
  if (line.length <= QUOTED_CHARS) return line;
  return `${line.slice(0, QUOTED_CHARS).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
