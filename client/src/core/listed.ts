/**
 * The list of conversations as the elements hear it: as a whole when it is shown, and from then on only what has changed.
 * Must not know what is asked, or why something changed.
 */
import { listedBetween } from "./change.js";
import { onlineOf, over } from "./listing.js";
import type { Entry } from "./held-list.js";
import type { Contact } from "../net/protocol.js";
import { faceOf, flagsOf } from "./present.js";
import type { Known } from "./present.js";
import type { State } from "./state.js";
import type { ConversationId, EntryView, Status, Update, UserId } from "../view.js";

type Told = Omit<Extract<Update, { kind: "list" }>, "kind"> & {
  /** Those that filters have told and the list has not. */
  others: EntryView[];
};
type Present = (conversation: ConversationId) => EntryView | undefined;

export interface ListedParts {
  me: UserId;
  known(): Known;
  /** Whether a page shows the list. */
  wanted(): boolean;
  /** Told by filters. */
  sifted(): ReadonlySet<ConversationId>;
  /** Whether there is another page to be loaded. */
  more(): boolean;
  post(update: Update): void;
}

export class Listed {
  readonly #parts: ListedParts;
  #told: Told | null = null;
  /** What each view was made of: the same facts give the same view. */
  readonly #made = new Map<ConversationId, { facts: readonly unknown[]; view: EntryView }>();

  constructor(parts: ListedParts) {
    this.#parts = parts;
  }

  /** Whatever was told is void. */
  forget(): void {
    this.#told = null;
    this.#made.clear();
  }

  /** Tells what has changed; all of it where nothing was told. */
  tell(): void {
    const before = this.#told;
    const sifted = this.#parts.sifted();
    if (!this.#parts.wanted() && sifted.size === 0) return;
    const { state } = this.#parts.known();
    const { entries: held } = state.listing;
    const { others, ...list } = this.#now(state, sifted);
    this.#told = { ...list, others };
    const shown = new Set([...list.entries, ...others].map(({ conversation }) => conversation));
    for (const conversation of this.#made.keys()) if (!shown.has(conversation)) this.#made.delete(conversation);
    if (before?.known !== list.known || before.flags !== list.flags) {
      this.#parts.post({ kind: "list", ...list });
      return;
    }
    const { put, gone } = listedBetween(before.entries, list.entries);
    const known = new Set([...before.entries, ...before.others]);
    const changed = others.filter((entry) => !known.has(entry));
    for (const { conversation } of before.others) if (sifted.has(conversation) && !held.has(conversation)) gone.push(conversation);
    if (put.length + gone.length + changed.length === 0 && before.more === list.more) return;
    this.#parts.post({ kind: "listed", put, gone, others: changed, more: list.more });
  }

  /** These conversations, as far as they are held. */
  of(conversations: readonly ConversationId[]): EntryView[] {
    return conversations.flatMap(this.#presenter()).filter((view) => view !== undefined);
  }

  #now({ listing, features, epoch, windows }: State, sifted: ReadonlySet<ConversationId>): Told {
    const present = this.#presenter();
    const views = (conversations: readonly ConversationId[]): EntryView[] => conversations.flatMap((one) => present(one) ?? []);
    const flags = features.includes("flags");
    // Of a server that has no list, the dock: the newest window is the last.
    if (epoch !== null && !features.includes("list")) {
      return { entries: views(windows.map(({ conversation }) => conversation).reverse()), known: true, more: false, flags, others: [] };
    }
    const listed = new Set(listing.order);
    const others = views([...sifted].filter((conversation) => !listed.has(conversation)));
    return { entries: views(listing.order), known: listing.known, more: this.#parts.more(), flags, others };
  }

  #presenter(): Present {
    const { state, now, skew } = this.#parts.known();
    const windows = new Map(state.windows.map((window) => [window.conversation, window]));
    const online = onlineOf(state);
    const nameOf = (user: UserId): string | undefined => (state.faces.get(user) ?? online.get(user))?.name;
    return (conversation) => {
      const window = windows.get(conversation);
      const entry = state.listing.entries.get(conversation) ?? (window && { ...window, upTo: 0 });
      if (entry === undefined) return undefined;
      const here = entry.kind === "direct" ? online.get(entry.contact.id) : undefined;
      const { muted } = flagsOf(window ?? entry, now + skew);
      const name = entry.last === undefined || entry.kind === "direct" ? undefined : nameOf(entry.last.sender);
      const facts = [entry, window, here, muted, name];
      const made = this.#made.get(conversation);
      if (made !== undefined && facts.every((fact, at) => made.facts[at] === fact)) return made.view;
      const fresh = viewOf(over(entry, window), { me: this.#parts.me, here, name, time: now + skew });
      // Told again as it was: a roster's snapshot, for one.
      const view = made !== undefined && JSON.stringify(made.view) === JSON.stringify(fresh) ? made.view : fresh;
      this.#made.set(conversation, { facts, view });
      return view;
    };
  }
}

interface About {
  me: UserId;
  /** The other person, as a roster has them. */
  here: Contact | undefined;
  /** What the sender of the last message is called now. */
  name: string | undefined;
  time: number;
}

function viewOf(entry: Entry, { me, here, name, time }: About): EntryView {
  const { conversation, kind, writing, unread, mentions = 0, last } = entry;
  const view: EntryView = { conversation, kind, title: "", writing, unread, mentions, ...flagsOf(entry, time) };
  if (entry.kind === "direct") {
    const status: Status = here === undefined ? entry.contact.status : "online";
    view.contact = { ...faceOf(here ?? entry.contact), status };
    view.title = view.contact.name;
  } else {
    view.title = entry.title;
    view.circle = entry.circle;
    if (entry.members !== undefined) view.members = entry.members;
  }
  if (entry.archived === true) view.archived = true;
  if (last !== undefined) {
    const { seq, sender, text, sent_at: sentAt } = last;
    const called = name ?? last.name;
    view.last = { seq, sender, mine: sender === me, ...(called === undefined ? {} : { name: called }), text, sentAt };
  }
  return view;
}
