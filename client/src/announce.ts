/** Which messages are said aloud, and how, and which must not stay said. Pure. */
import { windowOf } from "./state.js";
import type { ServerFrame } from "./protocol.js";
import type { State, Step } from "./state.js";
import type { ConversationId, Update } from "./view.js";

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
    const texts = fresh.flatMap((one) => (one.conversation === conversation ? [one.message.text ?? ""] : []));
    const from = windowOf(state, conversation)?.contact.name ?? "";
    const each = texts.length <= ONE_BY_ONE ? texts : texts.slice(-1);
    return each.map((text) => ({ kind: "arrived", conversation, from, text, count: texts.length / each.length }));
  });
}

/** The conversations of which this frame erases something, or may have. */
export function retractions(frame: ServerFrame): ConversationId[] {
  switch (frame.type) {
    case "reset":
      return [frame.conversation];
    case "message":
      return frame.message.text === null ? [frame.conversation] : [];
    case "welcome":
      return frame.gaps
        .filter((gap) => gap.reset || gap.messages.some((message) => message.text === null))
        .map((gap) => gap.conversation);
    default:
      return [];
  }
}
