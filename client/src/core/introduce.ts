/**
 * Somebody whom the chat server has never seen: where it refuses to open their window, the host is asked to make them known,
 * and the window is opened again, once. The host gets an id and nothing else, and its answer is the authority.
 */
import type { DockChanges } from "./dock.js";
import type { HostPeople, PeopleAnswer } from "../net/people.js";
import { kindOf } from "../net/protocol.js";
import type { ConversationId, Update, UserId } from "../view.js";

const UNKNOWN: ReadonlySet<string> = new Set(["not_found", "unknown_recipient"]);

export interface IntroductionsParts {
  me: UserId;
  host: HostPeople;
  changes: DockChanges;
  /** The wish stands again, or is given up. */
  changed(): void;
  /** They can be written to from now on. */
  known(conversation: ConversationId): void;
  /** The host refuses: somebody should ask whether the login holds. */
  recheck(): void;
  post(update: Update): void;
}

export class Introductions {
  readonly #parts: IntroductionsParts;
  /** Asked for already, and no window has come of it yet. */
  readonly #tried = new Set<ConversationId>();

  constructor(parts: IntroductionsParts) {
    this.#parts = parts;
  }

  /** True if the host is asked now: the refusal may not stand. */
  refused(conversation: ConversationId, code: string): boolean {
    const { host, changes } = this.#parts;
    if (!host.there || !UNKNOWN.has(code) || kindOf(conversation) !== "direct") return false;
    if (this.#tried.delete(conversation) || !changes.hold(conversation)) return false;
    this.#tried.add(conversation);
    void host.introduce(otherOf(conversation, this.#parts.me)).then((answer) => {
      this.#came(conversation, answer);
    });
    return true;
  }

  /** These have windows. */
  shown(conversations: Iterable<ConversationId>): void {
    for (const conversation of conversations) this.#tried.delete(conversation);
  }

  #came(conversation: ConversationId, answer: PeopleAnswer): void {
    const parts = this.#parts;
    // Closed meanwhile, or emptied.
    if (!parts.changes.release(conversation)) {
      this.#tried.delete(conversation);
      return;
    }
    if ("people" in answer && answer.people.some(({ id }) => id === otherOf(conversation, parts.me))) {
      parts.known(conversation);
      parts.changed();
      return;
    }
    this.#tried.delete(conversation);
    parts.changes.drop(conversation);
    parts.changed();
    const code = "people" in answer ? "not_found_here" : (answer.code ?? "host_unavailable");
    parts.post({ kind: "refused", conversation, code, message: "the site has not made this person known to the chat" });
    if ("failed" in answer && answer.stop !== undefined) parts.recheck();
  }
}

/** The other one of a direct conversation. */
function otherOf(conversation: ConversationId, me: UserId): UserId {
  const [lower = 0, higher = 0] = conversation.split("-").map(Number);
  return lower === me ? higher : lower;
}
