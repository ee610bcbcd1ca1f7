/** The words of what comes later: windows, dialogs and the launcher's panel bring them along. */
import en from "../../strings/later/en.json";
import { addFailures } from "./failures.js";
import { addEnglish } from "./strings.js";

addEnglish(en);
addFailures({
  bad_emoji: "failure_bad_emoji",
  bad_group: "failure_bad_group",
  bad_text: "failure_bad_text",
  bad_title: "failure_bad_title",
  cannot_add: "failure_cannot_add",
  conflict: "failure_conflict",
  copy_failed: "copy_failed",
  empty_message: "failure_empty_message",
  message_too_long: "failure_message_too_long",
  newer_message: "failure_newer_message",
  no_connection: "failure_no_connection",
  no_such_message: "failure_no_such_message",
  not_allowed_here: "failure_not_allowed_here",
  quote_failed: "quote_failed",
  too_late: "failure_too_late",
  too_many_pins: "failure_too_many_pins",
  too_many_reactions: "failure_too_many_reactions",
});
