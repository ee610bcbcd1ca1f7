/** The sentences for what went wrong. Those that only a window or a dialog can say come with it, see later.ts. */
import type { Kind } from "../view.js";
import type { StringId } from "./strings.js";

const FAILURES: Record<string, StringId> = {
  chat_not_allowed: "failure_chat_not_allowed",
  host_unavailable: "failure_load",
  not_allowed: "failure_not_allowed",
  not_found: "failure_not_found",
  not_found_here: "failure_not_found_here",
  outbox_unreadable: "failure_outbox_unreadable",
  paused: "paused",
  rate_limited: "failure_rate_limited",
  unavailable: "failure_unavailable",
  unknown_recipient: "failure_unknown_recipient",
};

export function addFailures(more: Readonly<Record<string, StringId>>): void {
  Object.assign(FAILURES, more);
}

/** What is refused whenever it is said: only another text, or the same one as an answer to nothing, can be sent. */
const ALWAYS: ReadonlySet<string> = new Set(["bad_text", "empty_message", "message_too_long", "no_such_message"]);

/** Whether the same message could be taken at another try, where one may write at all. */
export function canSucceed(code: string | undefined): boolean {
  return code === undefined || !ALWAYS.has(code);
}

/** The sentence for an error code of the contract, also for codes that this page does not know yet. `kind`: of where. */
export function failureString(code: string | undefined, kind: Kind = "direct"): StringId {
  // Who is refused among several is not told of one person.
  const known = code === "not_allowed" && kind !== "direct" ? "not_allowed_here" : code;
  return (known === undefined ? undefined : FAILURES[known]) ?? "failure_other";
}
