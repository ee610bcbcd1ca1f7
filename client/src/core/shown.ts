/**
 * What the elements are to hear when something has changed: compares two states, and marks the slices that differ for
 * the publisher. Must not know why they differ.
 */
import type { Cancel, Clock } from "../clock.js";
import type { DockChanges } from "./dock.js";
import type { List } from "./list.js";
import { Listed } from "./listed.js";
import type { Outbox } from "./outbox.js";
import { faceOf, presentDock } from "./present.js";
import type { Known } from "./present.js";
import type { People } from "./people.js";
import { kindOf } from "../net/protocol.js";
import type { ServerFrame } from "../net/protocol.js";
import { Publisher } from "./publisher.js";
import type { Questions } from "./questions.js";
import { collation, foldRosters } from "./roster.js";
import { windowOf } from "./state.js";
import type { State } from "./state.js";
import type { ConversationId, LineView, ListFilter, RosterView, Update, UserId } from "../view.js";
import type { WritingNow } from "./writing.js";

/** What a message changes in the dock is told so much later: where it is looked at, it is read by then, and nothing is. */
const UNREAD_MS = 50;
/** A timer takes no longer time. */
const DAY_MS = 86_400_000;

export interface ShownParts {
  me: UserId;
  lang: string;
  clock: Clock;
  state(): State;
  /** Milliseconds to add to this computer's clock to have the server's. */
  skew(): number;
  /** The connection's. */
  status(): LineView;
  changes: DockChanges;
  writing: WritingNow;
  questions(): Questions;
  outbox(): Outbox;
  people(): People;
  list(): List;
  post(update: Update): void;
}

export class Shown {
  readonly #parts: ShownParts;
  readonly #publisher: Publisher;
  readonly #listed: Listed;
  readonly #compare: (one: string, other: string) => number;
  #unreadRests: Cancel | null = null;
  #mutedEnds: Cancel | null = null;

  constructor(parts: ShownParts) {
    this.#parts = parts;
    this.#compare = collation(parts.lang);
    this.#listed = new Listed({
      me: parts.me,
      known: () => this.known(false),
      wanted: () => parts.list().wanted,
      sifted: () => parts.list().told,
      more: () => parts.list().more,
      post: (update) => {
        parts.post(update);
      },
    });
    this.#publisher = new Publisher({
      listed: this.#listed,
      known: () => this.known(),
      line: () => parts.status(),
      roster: () => this.roster(),
      people: (conversation) => parts.people().of(conversation).map(faceOf),
      post: (update) => {
        parts.post(update);
      },
    });
  }

  /** Tells everything. */
  all(): void {
    this.#publisher.all();
  }

  /** Tells what has changed without waiting for the end of the turn. */
  now(): void {
    this.#publisher.now();
  }

  status(): void {
    this.#publisher.mark("line");
  }

  /** Also the list: a conversation with a window is there as it is in the dock. */
  dock(): void {
    this.#publisher.mark("dock");
    this.#publisher.mark("list");
  }

  /** A page shows the list of conversations: it is told as a whole. */
  list(): void {
    this.#listed.forget();
    this.#publisher.mark("list");
  }

  /** The answer to a filter. */
  sifted(filter: ListFilter, conversations: readonly ConversationId[] | null, more: boolean, append: boolean): void {
    const entries = conversations === null ? null : this.#listed.of(conversations);
    this.#parts.post({ kind: "sifted", filter, entries, more, append });
  }

  conversation(conversation: ConversationId): void {
    this.#publisher.mark(`talk:${conversation}`);
  }

  /** The people who are named there are others, or called otherwise. */
  people(conversation: ConversationId): void {
    this.#publisher.mark(`people:${conversation}`);
  }

  /** What was told of these conversations is void. */
  drop(conversations: readonly ConversationId[]): void {
    for (const conversation of conversations) this.#publisher.drop(conversation);
  }

  /** Whatever was told is void, and nothing is there. */
  empty(): void {
    this.#publisher.forget();
    for (const slice of ["roster", "dock", "list", "lists"] as const) this.#publisher.mark(slice);
  }

  /** The state was `before`; `frame`: what has changed it. */
  changed(before: State, frame?: ServerFrame["type"]): void {
    const state = this.#parts.state();
    if (state.rosters !== before.rosters || state.circles !== before.circles) this.#publisher.mark("roster");
    const lists = ["blocked", "rooms", "circles", "features"] as const;
    if (lists.some((list) => state[list] !== before[list])) this.#publisher.mark("lists");
    if (state.limits.edit_seconds !== before.limits.edit_seconds) {
      this.dock();
      this.outboxChanged(); // as that: what can be done is laid over messages
    }
    if (state.windows !== before.windows || state.listing !== before.listing) this.#planMuted();
    const list = ["rosters", "faces", "features", "epoch"] as const;
    if (list.some((part) => state[part] !== before[part]) || (state.listing !== before.listing && frame !== "changes")) this.#publisher.mark("list");
    else if (state.listing !== before.listing) this.#unread();
    if (state.typing !== before.typing || (state.windows !== before.windows && frame !== "changes")) this.dock();
    else if (state.windows !== before.windows) this.#unread();
    for (const { conversation } of state.windows) {
      const sameTalk = state.talks.get(conversation) === before.talks.get(conversation);
      const [window, earlier] = [windowOf(state, conversation), windowOf(before, conversation)];
      const sameMarks =
        window?.read_seq === earlier?.read_seq &&
        (window?.kind !== "direct" || earlier?.kind !== "direct" || window.other_read_seq === earlier.other_read_seq);
      if (!sameTalk || !sameMarks) this.conversation(conversation);
      // Whether the person has left it is told by its last message.
      if (!sameTalk && kindOf(conversation) === "group") this.#unread();
    }
    for (const conversation of this.#parts.changes.wanted.keys()) this.conversation(conversation);
  }

  /** What was asked for is another: it is laid over messages wherever they are shown. */
  outboxChanged(): void {
    for (const { conversation } of this.#parts.state().windows) this.conversation(conversation);
    for (const { conversation } of this.#parts.outbox().pending) this.conversation(conversation);
    const { history, quotes } = this.#parts.questions();
    history.wished();
    quotes.tell();
  }

  roster(): RosterView {
    const state = this.#parts.state();
    const view = foldRosters(state.circles, state.rosters, state.me, this.#compare);
    return { ...view, known: view.known && state.welcomed };
  }

  openWindows(): ConversationId[] {
    const { windows } = presentDock(this.known(false));
    return windows.filter((window) => window.state === "open").map((window) => window.conversation);
  }

  /** `loading`: also what is awaited, which depends on the windows that are open. */
  known(loading = true): Known {
    const parts = this.#parts;
    const { history } = parts.questions();
    return {
      state: parts.state(),
      pending: parts.outbox().pending,
      drafts: parts.writing.drafts,
      wanted: parts.changes.wanted,
      loading: loading ? history.unloaded : new Set(),
      late: history.late,
      now: parts.clock.now(),
      skew: parts.skew(),
    };
  }

  end(): void {
    this.#unreadRests?.();
    this.#mutedEnds?.();
  }

  /** What is muted until a time is so no more when that has come. */
  #planMuted(): void {
    this.#mutedEnds?.();
    this.#mutedEnds = null;
    const { state, now, skew } = this.known(false);
    const ends = [...state.windows, ...state.listing.entries.values()].flatMap(({ muted_until: until = 0 }) => (until > now + skew ? until : []));
    if (ends.length === 0) return;
    const wait = ends.reduce((one, other) => Math.min(one, other)) - now - skew;
    this.#mutedEnds = this.#parts.clock.after(Math.min(wait, DAY_MS), () => {
      this.dock();
      this.#planMuted();
    });
  }

  #unread(): void {
    this.#unreadRests ??= this.#parts.clock.after(UNREAD_MS, () => {
      this.#unreadRests = null;
      this.dock();
    });
  }
}
