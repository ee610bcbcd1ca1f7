/**
 * What has changed since the elements were last told, and the telling: once per turn, slice by slice. Must not know
 * why something changed.
 */
import { presentConversation, presentDock } from "./present.js";
import type { Known } from "./present.js";
import type { ConversationId, LineView, RosterView, Update } from "./view.js";

export type Slice = "line" | "roster" | "dock" | `talk:${ConversationId}`;

export interface PublisherParts {
  known: () => Known;
  line: () => LineView;
  roster: () => RosterView;
  post: (update: Update) => void;
}

export class Publisher {
  readonly #parts: PublisherParts;
  #stale = new Set<Slice>();
  #planned = false;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** This slice is told at the end of the turn. */
  mark(slice: Slice): void {
    this.#stale.add(slice);
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#publish();
    });
  }

  /** Tells everything, at once: a page's first paint. */
  all(): void {
    this.#stale = new Set(["line", "roster", "dock"]);
    for (const { conversation } of this.#parts.known().state.windows) this.#stale.add(`talk:${conversation}`);
    this.#publish();
  }

  #publish(): void {
    this.#planned = false;
    const stale = this.#stale;
    this.#stale = new Set();
    const { post } = this.#parts;
    const known = this.#parts.known();
    const dock = presentDock(known);
    // Conversations before the dock: a window that appears has its messages.
    const shown = new Set(dock.windows.map((window) => window.conversation));
    for (const slice of stale) {
      if (!slice.startsWith("talk:")) continue;
      const conversation = slice.slice(5);
      if (shown.has(conversation)) post({ kind: "conversation", view: presentConversation(known, conversation) });
    }
    if (stale.has("dock")) post({ kind: "dock", ...dock });
    // After the dock, which waits for the windows' elements where it has windows: what the page shows comes at once.
    if (stale.has("line")) post({ kind: "line", line: this.#parts.line() });
    if (stale.has("roster")) post({ kind: "roster", roster: this.#parts.roster() });
  }
}
