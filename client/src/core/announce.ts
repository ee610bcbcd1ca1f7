/** Which messages are said aloud, and how, and which must not stay said. Pure. */
import { windowOf } from "./state.js";
import type { Message, ServerFrame } from "../net/protocol.js";
import type { State, Step } from "./state.js";
import type { ConversationId, Update } from "../view.js";

/** More that come at once are announced as a number. */
const ONE_BY_ONE = 3;

/** Those since `shownAt` (ms, by the server's clock): one by one, or as a number where a lost line gathered many. */
export function announcements(
  arrived: Step["arrived"],
  state: State,
  shownAt: number,
): Extract<Update, { kind: "arrived" }>[] {
  const fresh = arrived.filter(({ message }) => message.text !== null && message.sent_at >= shownAt);
  return [...new Set(fresh.map((one) => one.conversation))].flatMap((conversation) => {
    const theirs = fresh.filter((one) => one.conversation === conversation).map(({ message }) => message);
    const from = windowOf(state, conversation)?.contact.name ?? "";
    const each = theirs.length <= ONE_BY_ONE ? theirs : theirs.slice(-1);
    const count = theirs.length / each.length;
    return each.map(({ sender, text }) => ({ kind: "arrived", conversation, sender, from, text: text ?? "", count }));
  });
}

/** The conversations of which something that was said aloud may read otherwise by this frame, or be gone. */
export function retractions(frame: ServerFrame): ConversationId[] {
  const spans = frame.type === "welcome" ? frame.changes : frame.type === "changes" ? [frame] : [];
  const altered = ({ text, edited_at: edited }: Message): boolean => text === null || edited !== undefined;
  return spans.filter(({ reset, messages }) => reset === true || messages.some(altered)).map(({ conversation }) => conversation);
}
