/**
 * What the core has told this page so far, and the way back. One scene a page; every element reads from it and is
 * told when a slice it watches has changed. Owns the port; knows nothing of how things look.
 *
 * It is past 500 lines because every update that there is has its arm here.
 */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type {
  Command,
  ConversationId,
  CourseView,
  Face,
  FoundPerson,
  LineView,
  MemberView,
  MessageView,
  RoomView,
  RosterView,
  Seq,
  Status,
  Update,
  UserId,
  WindowView,
} from "../view.js";
import { withWindows } from "../core/change.js";
import { around, atEnd, began, further, RUN_MESSAGES, withChange, withPage, withRewritten } from "./reading.js";
import type { Reading, Side } from "./reading.js";
import { withReadableNames } from "./names.js";
import type { Shelf } from "../keep/shelf.js";
import type { Act, Signal } from "./signals.js";
import type { Strings } from "./strings.js";

/** The part of MessagePort that is used. */
export type ScenePort = Pick<MessagePort, "postMessage" | "onmessage">;

export interface Found {
  text: string;
  people: FoundPerson[];
  more: boolean;
  /** The host's answer is still to come. */
  pending: boolean;
  /** The host could not be asked. */
  failed: boolean;
}

/** What the textbox of a window is for, beside a new message. Kept with the draft, over pages and windows put aside. */
export interface Purpose {
  /** A message of one's own is being edited: its text before, and as it is in the box. The draft waits meanwhile. */
  edit: { key: string; before: string; text: string } | null;
  /** What is written will answer this message. */
  reply: Seq | null;
}

/** Of one conversation: more than a run can show at once. */
const QUOTES_HELD = 2 * RUN_MESSAGES;
const NO_FACES: ReadonlyMap<UserId, Face> = new Map();
/** Nothing but a new message. */
export const PLAIN: Purpose = { edit: null, reply: null };

export class Scene {
  line: LineView = { state: "connecting" };
  roster: RosterView = { people: [], known: false, more: false };
  windows: WindowView[] = [];
  unread = 0;
  found: Found | null = null;
  rooms: readonly RoomView[] = [];
  courses: readonly CourseView[] = [];
  /** Whom the person here has blocked. */
  blocked: ReadonlySet<UserId> = new Set();
  /** Of the windows in the dock. */
  readonly readings = new Map<ConversationId, Reading>();
  /** People of groups and rooms. A map is never changed: another takes its place. */
  readonly #faces = new Map<ConversationId, ReadonlyMap<UserId, Face>>();
  /** Members of groups, while something watches them. */
  readonly #members = new Map<ConversationId, readonly MemberView[]>();
  /** How many do. */
  readonly #watching = new Map<ConversationId, number>();
  /** Messages that others quote and that are not in what the page holds. null: it is not there; absent: not told yet. */
  readonly #quotes = new Map<ConversationId, Map<Seq, MessageView | null | undefined>>();
  readonly #purposes = new Map<ConversationId, Purpose>();
  /** Where the focus was when a window was asked for, so that it can return there. */
  readonly origins = new Map<ConversationId, HTMLElement>();
  readonly strings: Strings;
  /** The person here. */
  readonly user: UserId;
  /** For what comes later and keeps something beside the copy; null: it cannot. */
  shelf: Shelf | null = null;
  readonly #port: ScenePort;
  readonly #listeners = new Set<(signal: Signal) => void>();
  #lastRequest = 0;
  #lastAct = 0;

  constructor(port: ScenePort, strings: Strings, user: UserId) {
    this.#port = port;
    this.user = user;
    this.strings = strings;
    port.onmessage = (event: MessageEvent<Update>) => { this.take(event.data); };
  }

  /** Whether something may be said of anybody's presence: not while the line is down. */
  get connected(): boolean {
    return this.line.state === "online" || this.line.state === "connecting";
  }

  /** What may be said of the other person's presence. Groups and rooms have none. */
  statusOf({ contact }: Pick<WindowView, "contact">): Status | null {
    return this.connected ? (contact?.status ?? null) : null;
  }

  /** The people of a group or room, as far as the page knows them. */
  facesOf(conversation: ConversationId): ReadonlyMap<UserId, Face> {
    return this.#faces.get(conversation) ?? NO_FACES;
  }

  /** How somebody is called in a window. "…": it is not told yet. */
  nameOf({ conversation, contact, title }: WindowView, user: UserId): string {
    if (contact !== undefined) return title;
    const name = this.facesOf(conversation).get(user)?.name;
    return name === "" ? this.strings.get("deleted_user") : (name ?? "…");
  }

  pictureOf({ conversation, contact }: WindowView, user: UserId): string | null {
    return (contact ?? this.facesOf(conversation).get(user))?.picture ?? null;
  }

  /** Whether what somebody has written is folded in this window. */
  folds({ kind }: WindowView, user: UserId): boolean {
    return kind !== "direct" && this.blocked.has(user);
  }

  membersOf(conversation: ConversationId): readonly MemberView[] | undefined {
    return this.#members.get(conversation);
  }

  /** Has the members of a group told, and told again when they change, until the returned function is called. */
  watchMembers(conversation: ConversationId): () => void {
    const before = this.#watching.get(conversation) ?? 0;
    this.#watching.set(conversation, before + 1);
    this.post({ kind: "members", conversation });
    let watches = true;
    return () => {
      if (!watches) return;
      watches = false;
      const left = (this.#watching.get(conversation) ?? 1) - 1;
      if (left > 0) this.#watching.set(conversation, left);
      else {
        this.#watching.delete(conversation);
        this.#members.delete(conversation);
        this.post({ kind: "members", conversation, over: true });
      }
    };
  }

  /** Asks for something that is answered by `done` with the returned number. */
  act(command: Act): number {
    this.#lastAct += 1;
    this.post({ ...command, act: this.#lastAct });
    return this.#lastAct;
  }

  post(command: Command): void {
    this.#port.postMessage(command);
  }

  take(told: Update): void {
    const update = withReadableNames(told, this.strings);
    switch (update.kind) {
      case "emptied":
        this.#empty();
        return;
      case "line":
        this.line = update.line;
        // Whatever was asked for will not be answered.
        for (const [conversation, reading] of this.readings) {
          if (reading.asked !== null) this.#read(conversation, { ...reading, asked: null });
        }
        break;
      case "roster":
        this.roster = update.roster;
        break;
      case "dock":
        this.#dock(update.windows, update.unread);
        break;
      case "windows":
        this.#dock(withWindows(this.windows, update.windows), update.unread);
        this.tell({ kind: "dock", windows: this.windows, unread: this.unread });
        return;
      case "conversation":
        // Whatever was told of it is void.
        this.#quotes.delete(update.view.conversation);
        this.#read(update.view.conversation, began(update.view));
        return;
      case "changed": {
        const { change } = update;
        // One's own read mark alone changes nothing that is shown.
        const silent = change.readSeq !== undefined && Object.keys(change).length === 2;
        this.#reread(change.conversation, (reading) => withChange(reading, change), silent);
        return;
      }
      case "page": {
        const { page } = update;
        const asked = this.readings.get(page.conversation)?.asked;
        this.#reread(page.conversation, (reading) => withPage(reading, page));
        if (asked?.request === page.request && "at" in asked) {
          this.tell({ kind: "goto", conversation: page.conversation, seq: asked.at });
        }
        return;
      }
      case "rewritten":
        this.#requote(update.conversation, update.messages);
        this.#reread(update.conversation, (reading) => withRewritten(reading, update.messages));
        return;
      case "quoted":
        if (!this.readings.has(update.conversation)) return;
        this.#quotesOf(update.conversation).set(update.seq, update.message);
        this.tell({ kind: "reading", conversation: update.conversation });
        return;
      case "restored":
        for (const conversation of this.#purposes.keys()) this.purpose(conversation, { reply: null });
        return;
      case "people":
        this.#meet(update.conversation, update.people);
        return;
      case "members":
        if (this.#watching.has(update.conversation)) this.#members.set(update.conversation, update.members);
        break;
      case "rooms":
        this.rooms = update.rooms;
        break;
      case "courses":
        this.courses = update.courses;
        break;
      case "blocked":
        this.blocked = new Set(update.users);
        break;
      case "found":
        this.found = foundWith(this.found, update);
        break;
      default:
    }
    this.tell(update);
  }

  /** Told again, somebody may be as before: then nothing that is shown changes. */
  #meet(conversation: ConversationId, people: readonly Face[]): void {
    const faces = this.facesOf(conversation);
    const others = people.filter(({ id, name, picture, profileUrl }) => {
      const face = faces.get(id);
      return face?.name !== name || face.picture !== picture || face.profileUrl !== profileUrl;
    });
    if (others.length === 0) return;
    this.#faces.set(conversation, new Map([...faces, ...others.map((face) => [face.id, face] as const)]));
    this.tell({ kind: "people", conversation, people: others });
  }

  /** What is only in an element goes to the core first; then each element hears that there is nothing to show. */
  #empty(): void {
    this.tell({ kind: "flush" });
    this.roster = { people: [], known: false, more: false };
    this.windows = [];
    this.unread = 0;
    this.found = null;
    this.rooms = [];
    this.courses = [];
    this.blocked = new Set();
    this.#faces.clear();
    this.#members.clear();
    this.readings.clear();
    this.#quotes.clear();
    this.#purposes.clear();
    this.origins.clear();
    this.tell({ kind: "emptied" });
    this.tell({ kind: "roster", roster: this.roster });
    this.tell({ kind: "dock", windows: [], unread: 0 });
  }

  /** Of windows that are closed nothing is held, and of minimised ones only what they show when they open. */
  #dock(windows: WindowView[], unread: number): void {
    const state = new Map(windows.map((window) => [window.conversation, window.state]));
    for (const { conversation } of this.windows) {
      if (state.has(conversation)) continue;
      this.readings.delete(conversation);
      this.#quotes.delete(conversation);
      this.#purposes.delete(conversation);
      this.origins.delete(conversation);
    }
    this.windows = windows;
    this.unread = unread;
    for (const [conversation, reading] of this.readings) {
      if (state.get(conversation) === "minimised") this.readings.set(conversation, atEnd(reading));
    }
  }

  /** Shows more of a conversation on one side: from what is held, or else the core is asked. */
  further(conversation: ConversationId, side: Side): void {
    this.#reread(conversation, (reading) => {
      if (reading.asked !== null) return reading;
      const next = further(reading, side);
      if (next === null) return reading;
      if ("reading" in next) return next.reading;
      this.#lastRequest += 1;
      this.post({ kind: "page", conversation, asked: side, seq: next.ask, request: this.#lastRequest });
      return { ...reading, asked: { side, request: this.#lastRequest } };
    });
  }

  /** Shows one message: told to the log as soon as the page holds it, or once it is known that it does not come. */
  goTo(conversation: ConversationId, seq: Seq): void {
    const reading = this.readings.get(conversation);
    if (reading === undefined) return;
    const next = around(reading, seq);
    if ("reading" in next) {
      this.#read(conversation, next.reading);
      this.tell({ kind: "goto", conversation, seq });
      return;
    }
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    this.post({ kind: "page", conversation, asked: "after", seq: next.ask, request });
    this.#read(conversation, { ...reading, asked: { at: seq, request } });
  }

  /** A message that another one quotes: from what the page holds, or else the core is asked, once. */
  quoteOf(conversation: ConversationId, seq: Seq): MessageView | null | undefined {
    const reading = this.readings.get(conversation);
    const held = [...(reading?.run ?? []), ...(reading?.newest.messages ?? [])].find((message) => message.seq === seq);
    if (held !== undefined) return held;
    const quotes = this.#quotesOf(conversation);
    if (!quotes.has(seq)) this.post({ kind: "quote", conversation, seq });
    const quote = quotes.get(seq);
    // Those that are shown are at the end.
    quotes.delete(seq);
    quotes.set(seq, quote);
    for (const oldest of quotes.keys()) if (quotes.size > QUOTES_HELD) quotes.delete(oldest);
    return quote;
  }

  #quotesOf(conversation: ConversationId): Map<Seq, MessageView | null | undefined> {
    const quotes = this.#quotes.get(conversation) ?? new Map<Seq, MessageView | null | undefined>();
    this.#quotes.set(conversation, quotes);
    return quotes;
  }

  /** The core follows the quotes that were asked for last; of all older messages it tells what has changed. */
  #requote(conversation: ConversationId, messages: readonly MessageView[]): void {
    const quotes = this.#quotes.get(conversation);
    const quoted = messages.filter(({ seq }) => quotes?.has(seq) === true);
    for (const message of quoted) quotes?.set(message.seq, message);
    if (quoted.length > 0) this.tell({ kind: "reading", conversation });
  }

  /** The text of a message of one's own that the page holds; else "". */
  textOf(conversation: ConversationId, key: string): string {
    const reading = this.readings.get(conversation);
    return [...(reading?.run ?? []), ...(reading?.newest.messages ?? [])].find((message) => message.key === key)?.text ?? "";
  }

  purposeOf(conversation: ConversationId): Purpose {
    return this.#purposes.get(conversation) ?? PLAIN;
  }

  /** `turn`: the person asks for it now, and the cursor goes into the box. */
  purpose(conversation: ConversationId, purpose: Partial<Purpose>, turn = false): void {
    this.#purposes.set(conversation, { ...this.purposeOf(conversation), ...purpose });
    this.tell({ kind: "purpose", conversation, turn });
  }

  /** Shows the newest messages, and nothing of what was scrolled through. */
  toEnd(conversation: ConversationId): void {
    this.#reread(conversation, atEnd);
  }

  /** Whether the person is at the end of what there is. */
  follow(conversation: ConversationId, follows: boolean): void {
    const reading = this.readings.get(conversation);
    // Nothing that is shown changes by this alone.
    if (reading !== undefined && reading.follows !== follows) this.readings.set(conversation, { ...reading, follows });
  }

  #reread(conversation: ConversationId, change: (reading: Reading) => Reading, silent = false): void {
    const reading = this.readings.get(conversation);
    if (reading !== undefined) this.#read(conversation, change(reading), silent);
  }

  #read(conversation: ConversationId, reading: Reading, silent = false): void {
    if (this.readings.get(conversation) === reading) return;
    this.readings.set(conversation, reading);
    if (!silent) this.tell({ kind: "reading", conversation });
  }

  tell(signal: Signal): void {
    for (const listener of [...this.#listeners]) listener(signal);
  }

  subscribe(listener: (signal: Signal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Opens the window with a person; `origin` has the focus again when it is closed. */
  openWith(person: FoundPerson, origin: HTMLElement | null): void {
    if (origin !== null) this.origins.set(person.conversation, origin);
    const { id, name, picture, profileUrl } = person;
    this.post({ kind: "open", person: { id, name, picture, profileUrl } });
    this.tell({ kind: "asked", conversation: person.conversation });
  }

  /** Opens the window with somebody whom the page may know by the id only. */
  openById(id: UserId, conversation: ConversationId, origin: HTMLElement | null): void {
    const { state } = this.line;
    const known = [...this.windows, ...this.roster.people].some((one) => one.conversation === conversation);
    if (!known) this.tell({ kind: "awaited" });
    // Whenever a pause ends, nobody waits for a window any more.
    if (state === "paused" || state === "stopped") return;
    if (origin !== null) this.origins.set(conversation, origin);
    this.post({ kind: "open", person: { id } });
    this.tell({ kind: "asked", conversation });
  }

  /** Opens a room; `origin` has the focus again when it is closed. */
  enter({ conversation, title }: RoomView, origin: HTMLElement | null): void {
    if (origin !== null) this.origins.set(conversation, origin);
    this.post({ kind: "enter", conversation, title });
    this.tell({ kind: "asked", conversation });
  }

  /** Shows a window of the dock, or of the list; `origin` has the focus again when it is closed. */
  restore(conversation: ConversationId, origin: HTMLElement | null = null): void {
    if (origin !== null) this.origins.set(conversation, origin);
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

/** Has an element rendered again whenever one of the named kinds is told and concerns it, and `heard` called with it. */
export class SceneWatcher implements ReactiveController {
  readonly #host: ReactiveControllerHost & { scene: Scene | null };
  readonly #kinds: ReadonlySet<Signal["kind"]>;
  readonly #heard: ((signal: Signal) => void) | undefined;
  readonly #concerns: (signal: Signal) => boolean;
  #stop: (() => void) | null = null;
  #watched: Scene | null = null;

  constructor(
    host: ReactiveControllerHost & { scene: Scene | null },
    kinds: readonly Signal["kind"][],
    heard?: (signal: Signal) => void,
    concerns: (signal: Signal) => boolean = () => true,
  ) {
    this.#host = host;
    this.#kinds = new Set(kinds);
    this.#heard = heard;
    this.#concerns = concerns;
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
        if (!this.#kinds.has(signal.kind) || !this.#concerns(signal)) return;
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
    pending: update.pending === true,
    failed: update.failed === true,
  };
}

/** Whether a circle is this one, or a group of it. */
export function isWithin(circle: string, whole: string): boolean {
  return circle === whole || circle.startsWith(`${whole}/`);
}

/** Not `display: none`, directly or above. Where a browser cannot tell, it counts as rendered. */
export function isRendered(element: HTMLElement): boolean {
  return typeof element.checkVisibility !== "function" || element.checkVisibility({ visibilityProperty: true });
}
