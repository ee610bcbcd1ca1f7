/**
 * What has changed since the elements were last told, and the telling: once per turn, slice by slice, and of dock and
 * conversations only what differs from what was told. Must not know why something changed.
 */
import { changeBetween } from "./change.js";
import { presentConversation, presentCourses, presentDock, presentRooms } from "./present.js";
import type { Listed } from "./listed.js";
import type { Known } from "./present.js";
import type { ConversationId, ConversationView, Face, LineView, RosterView, Update, WindowView } from "../view.js";

export type Slice = "line" | "roster" | "dock" | "list" | "lists" | `talk:${ConversationId}` | `people:${ConversationId}`;

export interface PublisherParts {
  known: () => Known;
  line: () => LineView;
  roster: () => RosterView;
  /** Those who are named in a conversation, as far as they are known. */
  people: (conversation: ConversationId) => Face[];
  listed: Listed;
  post: (update: Update) => void;
}

type Dock = Omit<Extract<Update, { kind: "dock" }>, "kind">;

export class Publisher {
  readonly #parts: PublisherParts;
  #stale = new Set<Slice>();
  #planned = false;
  /** As it was told last; null before that. */
  #dock: Dock | null = null;
  /** As they were told last, of the windows in the dock. */
  readonly #told = new Map<ConversationId, ConversationView>();
  /** What was told as a whole, as JSON. */
  readonly #lists = new Map<string, string>();

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** This slice is told at the end of the turn. */
  mark(slice: Slice): void {
    this.#stale.add(slice);
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.now();
    });
  }

  /** Tells what is marked, if that was not done. */
  now(): void {
    if (this.#planned) this.#publish();
  }

  /** What was told of this conversation is void: it is told as a whole. */
  drop(conversation: ConversationId): void {
    this.#told.delete(conversation);
    this.mark(`talk:${conversation}`);
  }

  /** Whatever was told is void. */
  forget(): void {
    this.#dock = null;
    this.#told.clear();
    this.#lists.clear();
    this.#parts.listed.forget();
  }

  /** Tells everything, at once: a page's first paint. */
  all(): void {
    this.forget();
    this.#stale = new Set(["line", "roster", "dock", "list", "lists"]);
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
    // Whom they are of, before them.
    if (stale.has("lists")) this.#tellList({ kind: "blocked", users: [...known.state.blocked] });
    for (const slice of stale) {
      if (!slice.startsWith("people:")) continue;
      const conversation = slice.slice(7);
      if (shown.has(conversation)) this.#tellPeople(conversation);
    }
    for (const slice of stale) {
      if (!slice.startsWith("talk:")) continue;
      const conversation = slice.slice(5);
      if (shown.has(conversation)) this.#tellConversation(presentConversation(known, conversation));
    }
    if (stale.has("dock")) {
      for (const conversation of this.#told.keys()) {
        if (shown.has(conversation)) continue;
        this.#told.delete(conversation);
        this.#lists.delete(`people${conversation}`);
      }
      this.#tellDock(dock);
    }
    // After the dock, which waits for the windows' elements where it has windows: what the page shows comes at once.
    if (stale.has("line")) post({ kind: "line", line: this.#parts.line() });
    if (stale.has("list")) this.#parts.listed.tell();
    if (stale.has("roster")) post({ kind: "roster", roster: this.#parts.roster() });
    if (!stale.has("lists")) return;
    this.#tellList({ kind: "rooms", rooms: presentRooms(known.state) });
    this.#tellList({ kind: "courses", courses: presentCourses(known.state) });
  }

  #tellList(list: Extract<Update, { kind: "people" | "rooms" | "courses" | "blocked" }>): void {
    const name = list.kind + ("conversation" in list ? list.conversation : "");
    const sign = JSON.stringify(list);
    if (this.#lists.get(name) === sign) return;
    this.#lists.set(name, sign);
    this.#parts.post(list);
  }

  #tellPeople(conversation: ConversationId): void {
    const people = this.#parts.people(conversation);
    if (people.length > 0) this.#tellList({ kind: "people", conversation, people });
  }

  #tellConversation(view: ConversationView): void {
    const before = this.#told.get(view.conversation);
    // They may have been known before there was a window.
    if (before === undefined) this.#tellPeople(view.conversation);
    this.#told.set(view.conversation, view);
    if (before === undefined || !continues(before, view)) {
      this.#parts.post({ kind: "conversation", view });
      return;
    }
    const change = changeBetween(before, view);
    if (change !== null) this.#parts.post({ kind: "changed", change });
  }

  #tellDock(dock: Dock): void {
    const before = this.#dock;
    this.#dock = dock;
    const sameOrder =
      before?.windows.length === dock.windows.length &&
      dock.windows.every(({ conversation }, at) => before.windows[at]?.conversation === conversation);
    if (!sameOrder) {
      this.#parts.post({ kind: "dock", ...dock });
      return;
    }
    const windows = dock.windows.filter((window, at) => !equal(window, before.windows[at]));
    if (windows.length > 0) this.#parts.post({ kind: "windows", windows, unread: dock.unread });
  }
}

/** A first page that joined a run of live messages put older ones before them: the page begins anew. */
function continues(before: ConversationView, view: ConversationView): boolean {
  const [first, then] = [before.messages[0]?.seq ?? 0, view.messages[0]?.seq ?? 0];
  return first === 0 || then >= first;
}

/** Plain data, made by one function: equal ones are spelled alike. */
function equal(one: WindowView, other: WindowView | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
