/** Which messages are said aloud, and how, and which must not stay said. Pure. */
import { mentionsMe, windowOf } from "./state.js";
import { flagsOf } from "./present.js";
import { kindOf } from "../net/protocol.js";
import type { Message, ServerFrame } from "../net/protocol.js";
import type { State, Step } from "./state.js";
import { isStub } from "./talk.js";
import type { ConversationId, Update, UserId } from "../view.js";

/** More that come at once are announced as a number. */
const ONE_BY_ONE = 3;

/**
 * Those since `shownAt` (ms, by the server's clock): one by one, or as a number where a lost line gathered many. Rooms and
 * what is muted are quiet but for who mentions the user, and groups but for whom the user has blocked. `time`: now, by the
 * server's clock.
 */
export function announcements(
  arrived: Step["arrived"],
  state: State,
  shownAt: number,
  time: number,
): Extract<Update, { kind: "arrived" }>[] {
  const loud = ({ conversation, message }: Step["arrived"][number]): boolean => {
    const kind = kindOf(conversation);
    if (kind === "room" || isMuted(state, conversation, time)) return mentionsMe(state, message);
    return kind === "direct" || !state.blocked.includes(message.sender);
  };
  const fresh = arrived.filter((one) => one.message.text !== null && one.message.sent_at >= shownAt && loud(one));
  return [...new Set(fresh.map((one) => one.conversation))].flatMap((conversation) => {
    const theirs = fresh.filter((one) => one.conversation === conversation).map(({ message }) => message);
    const window = windowOf(state, conversation);
    const from = (sender: UserId): string =>
      (window?.kind === "direct" ? window.contact : state.faces.get(sender))?.name ?? "";
    const each = theirs.length <= ONE_BY_ONE ? theirs : theirs.slice(-1);
    const count = theirs.length / each.length;
    return each.map(({ sender, text }) => ({ kind: "arrived", conversation, sender, from: from(sender), text: text ?? "", count }));
  });
}

/** A message that does not bring its window with it is one of a muted conversation. */
function isMuted(state: State, conversation: ConversationId, time: number): boolean {
  const window = windowOf(state, conversation);
  if (window === undefined) return state.features.includes("flags");
  return flagsOf(window, time).muted === true;
}

/** The conversations of which something that was said aloud may read otherwise by this frame, or be gone. */
export function retractions(frame: ServerFrame): ConversationId[] {
  const spans = frame.type === "welcome" ? frame.changes : frame.type === "changes" ? [frame] : [];
  const altered = (message: Message): boolean => isStub(message) || message.edited_at !== undefined;
  return spans.filter(({ reset, messages }) => reset === true || messages.some(altered)).map(({ conversation }) => conversation);
}
