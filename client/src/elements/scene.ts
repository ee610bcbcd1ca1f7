/**
 * What the core has told this page so far, and the way back. One scene a page; every element reads from it and is
 * told when a slice it watches has changed. Owns the port; knows nothing of how things look.
 */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type {
  Command,
  ConversationId,
  ConversationView,
  LineView,
  RosterPerson,
  RosterView,
  Status,
  Update,
  WindowView,
} from "../view.js";
import type { Strings } from "./strings.js";

/** The part of MessagePort that is used. */
export type ScenePort = Pick<MessagePort, "postMessage" | "onmessage">;

/** Between elements of this page only. */
export type Local =
  /** The person here asked for this window: show it and put the cursor into it. */
  | { kind: "asked"; conversation: ConversationId }
  /** A failed message was removed: its text may go back to where it was written. */
  | { kind: "handback"; conversation: ConversationId; text: string }
  /** The page is being left: tell the core what is still only in an element. */
  | { kind: "flush" };

export type Signal = Update | Local;

export interface Found {
  text: string;
  people: RosterPerson[];
  more: boolean;
}

export class Scene {
  line: LineView = { state: "connecting" };
  roster: RosterView = { people: [], known: false, more: false };
  windows: WindowView[] = [];
  unread = 0;
  found: Found | null = null;
  readonly conversations = new Map<ConversationId, ConversationView>();
  /** Where the focus was when a window was asked for, so that it can return there. */
  readonly origins = new Map<ConversationId, HTMLElement>();
  readonly strings: Strings;
  readonly #port: ScenePort;
  readonly #listeners = new Set<(signal: Signal) => void>();

  constructor(port: ScenePort, strings: Strings) {
    this.#port = port;
    this.strings = strings;
    port.onmessage = (event: MessageEvent<Update>) => { this.take(event.data); };
  }

  /** What may be said of somebody's presence: nothing while the line is down. */
  statusOf(window: WindowView): Status | null {
    return this.line.state === "lost" || this.line.state === "stopped" ? null : window.contact.status;
  }

  post(command: Command): void {
    this.#port.postMessage(command);
  }

  take(update: Update): void {
    if (update.kind === "emptied") {
      this.#empty();
      return;
    }
    if (update.kind === "line") this.line = update.line;
    else if (update.kind === "roster") this.roster = update.roster;
    else if (update.kind === "dock") {
      this.windows = update.windows;
      this.unread = update.unread;
    } else if (update.kind === "conversation") this.conversations.set(update.view.conversation, update.view);
    else if (update.kind === "found") this.found = foundWith(this.found, update);
    this.tell(update);
  }

  /** What is only in an element goes to the core first; then each element hears that there is nothing to show. */
  #empty(): void {
    this.tell({ kind: "flush" });
    this.roster = { people: [], known: false, more: false };
    this.windows = [];
    this.unread = 0;
    this.found = null;
    this.conversations.clear();
    this.origins.clear();
    this.tell({ kind: "emptied" });
    this.tell({ kind: "roster", roster: this.roster });
    this.tell({ kind: "dock", windows: [], unread: 0 });
  }

  tell(signal: Signal): void {
    for (const listener of [...this.#listeners]) listener(signal);
  }

  subscribe(listener: (signal: Signal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Opens the window with a person; `origin` has the focus again when it is closed. */
  openWith(person: RosterPerson, origin: HTMLElement | null): void {
    if (origin !== null) this.origins.set(person.conversation, origin);
    const { id, name, picture, profileUrl } = person;
    this.post({ kind: "open", person: { id, name, picture, profileUrl } });
    this.tell({ kind: "asked", conversation: person.conversation });
  }

  restore(conversation: ConversationId): void {
    this.post({ kind: "restore", conversation });
    this.tell({ kind: "asked", conversation });
  }

  /** Takes the place that the focus came from, if it can still be focused. */
  takeOrigin(conversation: ConversationId): HTMLElement | null {
    const origin = this.origins.get(conversation) ?? null;
    this.origins.delete(conversation);
    return origin !== null && origin.isConnected && isRendered(origin) ? origin : null;
  }
}

/** Has an element rendered again whenever one of the named kinds is told, and `heard` called with it. */
export class SceneWatcher implements ReactiveController {
  readonly #host: ReactiveControllerHost & { scene: Scene | null };
  readonly #kinds: ReadonlySet<Signal["kind"]>;
  readonly #heard: ((signal: Signal) => void) | undefined;
  #stop: (() => void) | null = null;
  #watched: Scene | null = null;

  constructor(
    host: ReactiveControllerHost & { scene: Scene | null },
    kinds: readonly Signal["kind"][],
    heard?: (signal: Signal) => void,
  ) {
    this.#host = host;
    this.#kinds = new Set(kinds);
    this.#heard = heard;
    host.addController(this);
  }

  hostConnected(): void {
    this.#watch();
  }

  hostUpdate(): void {
    if (this.#watched !== this.#host.scene) this.#watch();
  }

  hostDisconnected(): void {
    this.#stop?.();
    this.#stop = null;
    this.#watched = null;
  }

  #watch(): void {
    this.#stop?.();
    this.#watched = this.#host.scene;
    this.#stop =
      this.#watched?.subscribe((signal) => {
        if (!this.#kinds.has(signal.kind)) return;
        this.#heard?.(signal);
        this.#host.requestUpdate();
      }) ?? null;
  }
}

function foundWith(before: Found | null, update: Extract<Update, { kind: "found" }>): Found {
  const kept = update.append && before?.text === update.text ? before.people : [];
  const known = new Set(kept.map((person) => person.id));
  return {
    text: update.text,
    people: [...kept, ...update.people.filter((person) => !known.has(person.id))],
    more: update.more,
  };
}

/** Not `display: none`, directly or above. Where a browser cannot tell, it counts as rendered. */
export function isRendered(element: HTMLElement): boolean {
  return typeof element.checkVisibility !== "function" || element.checkVisibility({ visibilityProperty: true });
}
