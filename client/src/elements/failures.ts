/** The sentences for what went wrong. */
import type { StringId } from "./strings.js";

const FAILURES: Readonly<Record<string, StringId>> = {
  bad_text: "failure_bad_text",
  chat_not_allowed: "failure_chat_not_allowed",
  copy_failed: "copy_failed",
  conflict: "failure_conflict",
  empty_message: "failure_empty_message",
  message_too_long: "failure_message_too_long",
  no_such_message: "failure_no_such_message",
  not_allowed: "failure_not_allowed",
  not_found: "failure_not_found",
  outbox_unreadable: "failure_outbox_unreadable",
  paused: "paused",
  quote_failed: "quote_failed",
  rate_limited: "failure_rate_limited",
  too_late: "failure_too_late",
  too_many_reactions: "failure_too_many_reactions",
  unavailable: "failure_unavailable",
  unknown_recipient: "failure_unknown_recipient",
};

/** What is refused whenever it is said: only another text, or the same one as an answer to nothing, can be sent. */
const ALWAYS: ReadonlySet<string> = new Set(["bad_text", "empty_message", "message_too_long", "no_such_message"]);

/** Whether the same message could be taken at another try, where one may write at all. */
export function canSucceed(code: string | undefined): boolean {
  return code === undefined || !ALWAYS.has(code);
}

/** The sentence for an error code of the contract, also for codes that this page does not know yet. */
export function failureString(code: string | undefined): StringId {
  return (code === undefined ? undefined : FAILURES[code]) ?? "failure_other";
}
