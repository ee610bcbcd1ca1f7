/**
 * The core: composes connection, outbox, state and the browser's copy behind a MessagePort that speaks view.ts.
 *
 * Owns the order of things: the copy is painted before the socket opens; what the person did before is sent after
 * `welcome`. Runs in a page or a worker; everything of the page comes in through `Environment`. Must not know the DOM.
 *
 * It is past 500 lines because all of these meet here and nowhere else; what stands on its own (history, search,
 * announcements, dock changes, what the elements are told) has a file of its own.
 */
import { announcements, retractions } from "./announce.js";
import { DockChanges } from "./changes.js";
import type { Cancel } from "./clock.js";
import { Connection, socketUrl } from "./connection.js";
import type { Copy, CopyKeeper } from "./copy.js";
import type { Database } from "./database.js";
import { Deeds } from "./deeds.js";
import { Drafts } from "./drafts.js";
import { loginsOf } from "./environment.js";
import type { Environment } from "./environment.js";
import { History } from "./history.js";
import { uuid4 } from "./ids.js";
import { Outbox } from "./outbox.js";
import type { Channel } from "./outbox.js";
import { presentDock } from "./present.js";
import type { Known, PendingMessage, WantedWindow } from "./present.js";
import { closing, conversationOf, CURSOR_CONVERSATIONS, otherOf } from "./protocol.js";
import type { ClientFrame, DockWindow, HelloFrame, Server, ServerFrame, StopReason } from "./protocol.js";
import { Publisher } from "./publisher.js";
import type { Slice } from "./publisher.js";
import { Requests } from "./requests.js";
import type { Question } from "./requests.js";
import { collation, foldRosters } from "./roster.js";
import { applyFrame, applyPage, cursorOf, emptyState, rostersOf, TYPING_MS, windowOf } from "./state.js";
import { withoutStaleTyping, withRead, withTalksOf } from "./state.js";
import type { State, Step } from "./state.js";
import { Search } from "./search.js";
import { TokenSource } from "./token.js";
import type { UnsentVault } from "./unsent.js";
import type { Command, ConversationId, LineView, PageConfig, Seq, Update } from "./view.js";

/** The server passes `typing` on at most once in so many ms. */
const TYPING_EVERY_MS = 2_000;
/** A dock change without any answer for so long gives way to what the server says. */
const CHANGE_MS = 5_000;
/** A draft that has rested for so long is told to the other pages. */
const DRAFT_MS = 300;
/** What a message changes in the dock is told so much later: where it is looked at, it is read by then, and nothing is. */
const UNREAD_MS = 50;
/** Before a question that the server could not answer just now is asked again. */
const AGAIN_MS = 1_500;

/** Stops after which the login's copy is of no use to anybody. */
const GONE: ReadonlySet<StopReason> = new Set(["logged_out", "other_user", "outdated"]);

/** The part of MessagePort that is used. */
export type Port = Pick<MessagePort, "postMessage" | "onmessage">;

/** What the browser gives to keep things in, and what was found there. */
export interface Kept {
  database: Database | undefined;
  /** For what is not sent. */
  vault: UnsentVault | undefined;
  keeper: CopyKeeper;
  copy: Copy | undefined;
  drafts: ReadonlyMap<ConversationId, string>;
  /** Entries of the outbox that are known already. */
  pending?: Iterable<PendingMessage>;
}

export class Core {
  readonly #port: Port;
  readonly #config: PageConfig;
  readonly #environment: Environment;
  readonly #database: Database | undefined;
  readonly #tokens: TokenSource;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #keeper: CopyKeeper;
  readonly #stored: Drafts;
  readonly #changes = new DockChanges();
  readonly #requests: Requests;
  readonly #history: History;
  readonly #search: Search;
  readonly #publisher: Publisher;
  readonly #deeds: Deeds;
  readonly #compare: (one: string, other: string) => number;
  readonly #unwatch: Cancel;
  /** Where pages of one site tell each other whose login they are from. */
  readonly #logins: Channel | undefined;
  #state: State;
  #drafts: ReadonlyMap<ConversationId, string>;
  #visible: boolean;
  /** Nothing is shown, whatever the browser's copy has: see `#empty`. */
  #emptied = false;
  #skew = 0;
  readonly #started: number;
  /** When this page was shown, by the server's clock: known from the first `welcome` on. */
  #shownAt = Number.POSITIVE_INFINITY;
  /** Read marks that the server has not confirmed. */
  readonly #seen = new Map<ConversationId, Seq>();
  readonly #typed = new Map<ConversationId, number>();
  #typingEnds: Cancel | null = null;
  #changeEnds: Cancel | null = null;
  #draftRests: Cancel | null = null;
  #unreadRests: Cancel | null = null;
  /** Tells the server again whether anybody looks. */
  #looks: Cancel | null = null;
  /** Texts of removed messages on their way back into drafts. */
  readonly #handbacks = new Set<Promise<void>>();
  #ended = false;

  constructor(port: Port, config: PageConfig, environment: Environment, kept: Kept) {
    const { database, vault, keeper, copy, drafts } = kept;
    this.#port = port;
    this.#config = config;
    this.#environment = environment;
    this.#database = database;
    this.#visible = environment.visible;
    this.#started = environment.clock.now();
    this.#keeper = keeper;
    this.#state = copy?.state ?? emptyState(config.user);
    this.#drafts = drafts;
    this.#stored = new Drafts(config, database, vault);
    this.#changes.restore(copy?.changes ?? []);
    this.#compare = collation(config.lang);
    const { clock, crypto } = environment;
    const random = (bytes: Uint8Array<ArrayBuffer>): void => void crypto.getRandomValues(bytes);
    this.#tokens = new TokenSource(config, environment.shelf, environment.fetch, clock, ({ unsentKey }) => {
      void vault?.learn(unsentKey).then((news) => (news ? this.#loadUnsent() : undefined));
    });
    this.#connection = new Connection(
      {
        url: socketUrl(config.server),
        session: uuid4(random),
        clock,
        tokens: this.#tokens,
        open: (url) => environment.openSocket(url),
        warn: (text) => {
          environment.warn(text);
        },
      },
      {
        frame: (frame) => {
          this.#heard(frame);
        },
        line: (line) => {
          this.#lineChanged(line);
        },
        hello: () => this.#hello(),
      },
    );
    const send = (frame: ClientFrame): boolean => this.#connection.send(frame);
    const post = (update: Update): void => {
      this.#post(update);
    };
    this.#requests = new Requests(send, clock, (question) => {
      // The line may be dead, which it finds out by itself.
      this.#connection.probe();
      if (question.kind !== "search") this.#history.cameNot(question);
    });
    this.#history = new History({
      requests: this.#requests,
      state: () => this.#state,
      open: () => this.#openWindows(),
      changed: (conversation) => {
        this.#mark(`talk:${conversation}`);
      },
      post,
    });
    this.#search = new Search({
      me: config.user,
      ask: (question) => this.#requests.ask(question, this.#state.limits.history_page),
      people: () => this.#roster().people,
      post,
    });
    this.#publisher = new Publisher({
      known: () => this.#known(this.#history.unloaded),
      line: () => this.#connection.line,
      roster: () => this.#roster(),
      post,
    });
    this.#deeds = new Deeds(() => this.#flush(), post);
    this.#outbox = new Outbox({
      config,
      clock,
      random,
      database,
      vault,
      locks: environment.locks,
      channel: environment.openChannel(`gchat outbox ${config.site} ${config.user}`),
      skew: () => this.#skew,
      send,
      late: () => {
        this.#connection.probe();
      },
      changed: () => {
        this.#outboxChanged();
      },
      // A turn later: the state that replaces the entry is then with the keeper.
      kept: () => Promise.resolve().then(() => keeper.flush()),
      lost: (count) => {
        const message = `${count} unsent message(s) of an earlier login cannot be read any more: write them again`;
        this.#post({ kind: "refused", code: "outbox_unreadable", message });
      },
      ...(kept.pending === undefined ? {} : { shown: kept.pending }),
    });
    this.#logins = environment.openChannel(loginsOf(config));
    if (this.#logins !== undefined) {
      this.#logins.onmessage = ({ data }: MessageEvent<unknown>) => {
        // Whose login holds is the host's to say: a page from the browser's history speaks here too.
        if (data !== this.#login) this.#connection.recheck();
      };
    }
    this.#unwatch = environment.watchNetwork(() => {
      this.#connection.wake();
    });
  }

  async load(): Promise<void> {
    await this.#outbox.load();
  }

  /** Tells the elements everything. */
  paint(): void {
    this.#publisher.all();
  }

  /** Nothing happens where the last command was `end`. */
  start(): void {
    if (this.#ended) return;
    this.paint();
    this.#logins?.postMessage(this.#login);
    this.#connection.start();
  }

  command(command: Command): void {
    if (!this.#ended) this.#deeds.done(command, this.#do(command));
  }

  /** Nothing is heard or sent any more; what was said before is written, and then the database is let go of. */
  async #end(): Promise<void> {
    this.#ended = true;
    this.#unwatch();
    this.#logins?.close();
    for (const cancel of [this.#typingEnds, this.#changeEnds, this.#draftRests, this.#unreadRests, this.#looks]) cancel?.();
    this.#connection.end();
    await Promise.all([this.#outbox.end(), ...this.#handbacks]);
    await this.#flush();
    this.#database?.close();
  }

  get #login(): string {
    return `${this.#config.user} ${this.#config.sid}`;
  }

  /** For a message: resolves when it cannot be lost any more. */
  #do(command: Command): Promise<void> | undefined {
    switch (command.kind) {
      case "open": {
        const { id } = command.person;
        if (id === this.#config.user) return undefined;
        const told = "name" in command.person ? command.person : this.#roster().people.find((person) => person.id === id);
        const contact =
          told === undefined
            ? null
            : { id, name: told.name, picture: told.picture, profile_url: told.profileUrl, status: "online" as const };
        this.#want(conversationOf(this.#config.user, id), "open", contact);
        return undefined;
      }
      case "restore":
        this.#want(command.conversation, "open", null);
        return undefined;
      case "minimise":
        this.#want(command.conversation, "minimised", null);
        return undefined;
      case "close":
        this.#want(command.conversation, "closed", null);
        return undefined;
      case "send":
        this.#tokens.active();
        this.#draft(command.conversation, "");
        return this.#outbox.add(command.conversation, command.text, command.key);
      case "retry":
        void this.#outbox.retry(command.key);
        return undefined;
      case "discard": {
        const handback = this.#discard(command.conversation, command.key);
        this.#handbacks.add(handback);
        void handback.finally(() => this.#handbacks.delete(handback));
        return undefined;
      }
      case "first":
        this.#history.askFirstAgain(command.conversation);
        return undefined;
      case "page":
        this.#history.again(command);
        return undefined;
      case "seen":
        this.#markSeen(command.conversation, command.seq);
        return undefined;
      case "typing":
        this.#tokens.active();
        this.#tellTyping(command.conversation);
        return undefined;
      case "draft":
        this.#draft(command.conversation, command.text);
        return undefined;
      case "search":
        this.#search.wish(command.text, command.more ?? false);
        return undefined;
      case "visible":
        this.#look(command.visible);
        return undefined;
      case "leaving":
        void this.#flush();
        return undefined;
      case "back":
        // The page was emptied when it was left.
        if (!this.#emptied) this.paint();
        this.#connection.restart();
        void this.#outbox.load();
        return undefined;
      case "reconnect":
        this.#connection.wake();
        return undefined;
      case "end":
        void this.#end();
        return undefined;
    }
  }

  // The line

  /** Final. What was not sent stays in the database, sealed; here and on the pages nothing does. */
  #stopped(reason: StopReason): void {
    this.#empty();
    // The person has left, or another has come: what was kept for them is nobody's any more.
    void this.#stored.flush();
    void (GONE.has(reason) ? this.#keeper.forget() : this.#keeper.flush());
    void this.#outbox.end();
  }

  /** Nothing of what was shown stays, here or on any page. Another `welcome` may bring it back. */
  #empty(): void {
    this.#emptied = true;
    this.#state = emptyState(this.#config.user);
    this.#drafts = new Map();
    this.#changes.clear();
    this.#seen.clear();
    this.#typed.clear();
    this.#search.forget();
    for (const cancel of [this.#typingEnds, this.#changeEnds, this.#draftRests]) cancel?.();
    this.#post({ kind: "emptied" });
    this.#publisher.forget();
    this.#mark("roster");
    this.#mark("dock");
  }

  /**
   * A pause: nothing is shown, also on a page that loads meanwhile, which paints what the browser keeps. What is not
   * sent, and the drafts, stay.
   */
  #pause(): void {
    const drafts = this.#drafts;
    this.#empty();
    this.#drafts = drafts;
    this.#keeper.keep({ state: this.#state, changes: [] });
  }

  #hello(): Pick<HelloFrame, "visible" | "cursor" | "rosters"> {
    const cursor = cursorOf(this.#state, CURSOR_CONVERSATIONS);
    const rosters = rostersOf(this.#state);
    return {
      visible: this.#visible,
      ...(cursor === undefined ? {} : { cursor }),
      ...(rosters === undefined ? {} : { rosters }),
    };
  }

  #lineChanged(line: LineView): void {
    this.#mark("line");
    if (line.state !== "online") {
      this.#looks?.();
      this.#requests.clear();
      this.#history.clear();
      this.#changes.unsend();
      this.#outbox.offline();
      if (line.state === "stopped") this.#stopped(line.reason);
      if (line.state === "paused") this.#pause();
      return;
    }
    this.#sendChanges();
    for (const [conversation, seq] of this.#seen) this.#connection.send({ type: "read", conversation, seq });
    this.#history.askFirst();
    this.#search.go();
    this.#outbox.online(this.#state.limits.message_chars);
  }

  #heard(frame: ServerFrame): void {
    for (const conversation of retractions(frame)) this.#post({ kind: "retracted", conversation });
    switch (frame.type) {
      case "welcome":
        if (this.#emptied) void this.#loadUnsent();
        this.#emptied = false;
        this.#skew = frame.server_time - this.#environment.clock.now();
        if (this.#state.epoch !== frame.epoch) this.#outbox.forgetAcked();
        // Once: later clocks may differ, but the page was shown when it was.
        if (this.#shownAt === Number.POSITIVE_INFINITY) this.#shownAt = this.#started + this.#skew;
        this.#take(applyFrame(this.#state, frame, this.#environment.clock.now()));
        this.#dockCame(frame.dock.version, frame.dock.windows);
        return;
      case "history":
        this.#historyCame(frame);
        return;
      case "contacts":
        this.#contactsCame(frame);
        return;
      case "ack":
        this.#outbox.acked(frame.client_message_id);
        return;
      case "error":
        this.#refused(frame);
        return;
      default:
        break;
    }
    this.#take(applyFrame(this.#state, frame, this.#environment.clock.now()), frame.type);
    if (frame.type === "dock") {
      this.#dockCame(frame.version, frame.windows);
      this.#sendChanges();
      this.#history.askFirst();
    }
    if (frame.type === "read" && frame.user === this.#config.user) this.#keepSeen();
    if (frame.type === "typing") this.#planTypingEnd();
  }

  #dockCame(version: number, windows: readonly DockWindow[]): void {
    this.#changes.answered(version, windows);
    this.#keepSeen();
    // Of closed windows nothing is held.
    const wanted = [...this.#changes.wanted].filter(([, { state }]) => state !== "closed").map(([conversation]) => conversation);
    const shown = new Set([...windows.map(({ conversation }) => conversation), ...wanted]);
    this.#state = withTalksOf(this.#state, shown);
    for (const conversation of this.#typed.keys()) if (!shown.has(conversation)) this.#typed.delete(conversation);
    this.#keep();
  }

  #refused(frame: Server<"error">): void {
    if (this.#outbox.refused(frame)) return;
    const question = this.#requests.answered(frame.request);
    if (question !== undefined) {
      this.#unanswered(question, frame);
      return;
    }
    const { code, message, conversation } = frame;
    // What ends the line is told by the line.
    if (!this.#connection.online || closing(code)) return;
    if (!frame.final && conversation === undefined) {
      this.#lookAgain(frame.retry_after_ms ?? AGAIN_MS);
      return;
    }
    if (conversation !== undefined) this.#changes.drop(conversation);
    this.#mark("dock");
    this.#post({ kind: "refused", code, message, ...(conversation === undefined ? {} : { conversation }) });
  }

  #unanswered(question: Question, { final, code, message, retry_after_ms: wait }: Server<"error">): void {
    if (!final) {
      this.#environment.clock.after(wait ?? AGAIN_MS, () => {
        if (question.kind === "search") this.#search.go();
        else this.#history.again(question);
      });
      return;
    }
    if (question.kind === "search") this.#search.forget();
    // An end to the waiting: there is nothing to show.
    else if (question.kind === "page") this.#history.answerPage(question, { first_seq: 1, seq: 0, messages: [] });
    else {
      const nothing = { asked: question.asked, firstSeq: 1, seq: 0, rev: 0, messages: [] };
      this.#take(applyPage(this.#state, question.conversation, nothing));
    }
    const { conversation } = question.kind === "search" ? { conversation: undefined } : question;
    this.#post({ kind: "refused", code, message, ...(conversation === undefined ? {} : { conversation }) });
  }

  // The state

  #take(step: Step, frame?: ServerFrame["type"]): void {
    const before = this.#state;
    this.#state = step.state;
    for (const conversation of step.dropped) {
      this.#requests.forget(conversation);
      this.#publisher.drop(conversation);
    }
    for (const id of step.committed) this.#outbox.committed(id);
    for (const update of announcements(step.arrived, this.#state, this.#shownAt)) this.#post(update);
    for (const ask of step.asks) {
      if (ask.kind === "roster") this.#connection.send({ type: "roster", circle: ask.circle });
      else if (ask.after !== undefined) this.#history.askAfter(ask.conversation, ask.after);
      else this.#history.askFirst();
    }
    this.#stateChanged(before, frame);
  }

  #stateChanged(before: State, frame?: ServerFrame["type"]): void {
    const state = this.#state;
    if (state.rosters !== before.rosters || state.circles !== before.circles) this.#mark("roster");
    if (state.typing !== before.typing || (state.windows !== before.windows && frame !== "message")) this.#mark("dock");
    else if (state.windows !== before.windows) this.#markUnread();
    for (const { conversation } of state.windows) {
      const same =
        state.talks.get(conversation) === before.talks.get(conversation) &&
        windowOf(state, conversation)?.other_read_seq === windowOf(before, conversation)?.other_read_seq &&
        windowOf(state, conversation)?.read_seq === windowOf(before, conversation)?.read_seq;
      if (!same) this.#mark(`talk:${conversation}`);
    }
    for (const conversation of this.#changes.wanted.keys()) this.#mark(`talk:${conversation}`);
    this.#keep();
  }

  #historyCame(frame: Server<"history">): void {
    const { request, conversation, first_seq: firstSeq, seq, rev, messages } = frame;
    const question = this.#requests.answered(request);
    if (question === undefined || question.kind === "search" || question.conversation !== conversation) return;
    if (question.kind === "page") {
      const own = messages.filter(({ sender }) => sender === this.#config.user);
      for (const { client_message_id: id } of own) if (id !== null) this.#outbox.committed(id);
      this.#history.answerPage(question, frame);
      return;
    }
    this.#history.came(conversation);
    this.#take(applyPage(this.#state, conversation, { asked: question.asked, firstSeq, seq, rev, messages }));
  }

  #openWindows(): ConversationId[] {
    const { windows } = presentDock(this.#known(new Set()));
    return windows.filter((window) => window.state === "open").map((window) => window.conversation);
  }

  // What the person does

  #want(conversation: ConversationId, state: WantedWindow["state"], contact: WantedWindow["contact"]): void {
    if (otherOf(conversation, this.#config.user) === undefined) return;
    const seen = windowOf(this.#state, conversation)?.seq ?? 0;
    this.#changes.want(conversation, state, contact, this.#state.dockVersion, seen);
    this.#mark("dock");
    this.#mark(`talk:${conversation}`);
    this.#keep();
    this.#sendChanges();
    this.#history.askFirst();
  }

  #keep(): void {
    if (this.#emptied) return;
    this.#keeper.keep({ state: this.#state, changes: this.#changes.kept });
  }

  /** Writes what waits to be written. True: it outlives the page. */
  async #flush(): Promise<boolean> {
    const [copied, stored] = await Promise.all([this.#keeper.flush(), this.#stored.flush()]);
    return copied && stored;
  }

  /** The host's word may have opened what could not be read before. */
  async #loadUnsent(): Promise<void> {
    await Promise.all([this.#outbox.load(), this.#loadDrafts()]);
  }

  /** Nothing waits between the reading and the sealing: what is written meanwhile is newer, and would be lost. */
  async #loadDrafts(): Promise<void> {
    const drafts = await this.#stored.load();
    // Sealed anew: with the key that the host has just given, where it gave one.
    for (const [conversation, text] of drafts) this.#stored.keep(conversation, text);
    if (this.#emptied || [...drafts.keys()].every((conversation) => this.#drafts.has(conversation))) return;
    // What was written here meanwhile is newer.
    this.#drafts = new Map([...drafts, ...this.#drafts]);
    this.#mark("dock");
  }

  #sendChanges(): void {
    this.#changes.sendWaiting((frame) => this.#connection.send(frame));
    this.#changeEnds?.();
    this.#changeEnds = this.#changes.waiting
      ? this.#environment.clock.after(CHANGE_MS, () => {
          for (const conversation of [...this.#changes.wanted.keys()]) this.#changes.drop(conversation);
          this.#keep();
          this.#mark("dock");
        })
      : null;
  }

  #markSeen(conversation: ConversationId, seq: Seq): void {
    const before = this.#state;
    const window = windowOf(before, conversation);
    if (window === undefined || seq <= window.read_seq) return;
    this.#state = withRead(before, conversation, this.#config.user, seq);
    this.#seen.set(conversation, seq);
    this.#connection.send({ type: "read", conversation, seq });
    this.#stateChanged(before);
  }

  /** Marks that the server has confirmed are done; the others stay on show over a `dock` that was sent before them. */
  #keepSeen(): void {
    for (const [conversation, seq] of this.#seen) {
      const window = windowOf(this.#state, conversation);
      if (window === undefined || window.read_seq >= seq) this.#seen.delete(conversation);
      else this.#state = withRead(this.#state, conversation, this.#config.user, seq);
    }
  }

  #tellTyping(conversation: ConversationId): void {
    const now = this.#environment.clock.now();
    if (now - (this.#typed.get(conversation) ?? 0) < TYPING_EVERY_MS) return;
    if (this.#connection.send({ type: "typing", conversation })) this.#typed.set(conversation, now);
  }

  #draft(conversation: ConversationId, text: string): void {
    const over = this.#connection.line.state === "stopped";
    if (!over && (this.#drafts.get(conversation) ?? "") === text) return;
    this.#stored.keep(conversation, text);
    // What a page that is being emptied for good still tells is the person's text, and nobody's to see here.
    if (over) return;
    const drafts = new Map(this.#drafts);
    if (text === "") drafts.delete(conversation);
    else drafts.set(conversation, text);
    this.#drafts = drafts;
    this.#draftRests?.();
    this.#draftRests = this.#environment.clock.after(DRAFT_MS, () => {
      this.#mark("dock");
    });
  }

  async #discard(conversation: ConversationId, key: string): Promise<void> {
    const text = await this.#outbox.discard(key);
    if (text === undefined || (this.#drafts.get(conversation) ?? "") !== "") return;
    this.#draft(conversation, text);
    this.#mark("dock");
  }

  #look(visible: boolean): void {
    if (visible !== this.#visible) {
      this.#visible = visible;
      this.#tellVisibility();
    }
    if (visible) this.#connection.wake();
  }

  #tellVisibility(): void {
    const visible = this.#visible;
    const rosters = rostersOf(this.#state)?.versions ?? [];
    this.#connection.send({ type: "visibility", visible, ...(visible ? { rosters } : {}) });
  }

  /**
   * Something that no person asked for was refused, and the refusal does not say what: `visibility`, or `roster`. The
   * first brings what both are for. (A renewal is planned anew by the connection.)
   */
  #lookAgain(wait: number): void {
    this.#looks?.();
    this.#looks = this.#environment.clock.after(wait, () => {
      this.#looks = null;
      this.#tellVisibility();
    });
  }

  #contactsCame(frame: Server<"contacts">): void {
    const question = this.#requests.answered(frame.request);
    if (question?.kind === "search") this.#search.came(question, frame);
  }

  // What the elements see

  #outboxChanged(): void {
    for (const { conversation } of this.#state.windows) this.#mark(`talk:${conversation}`);
    for (const { conversation } of this.#outbox.pending) this.#mark(`talk:${conversation}`);
  }

  #planTypingEnd(): void {
    this.#typingEnds?.();
    const { clock } = this.#environment;
    this.#typingEnds = clock.after(TYPING_MS, () => {
      const before = this.#state;
      this.#state = withoutStaleTyping(before, clock.now());
      this.#stateChanged(before);
    });
  }

  #markUnread(): void {
    this.#unreadRests ??= this.#environment.clock.after(UNREAD_MS, () => {
      this.#unreadRests = null;
      this.#mark("dock");
    });
  }

  #mark(slice: Slice): void {
    this.#publisher.mark(slice);
  }

  #roster(): ReturnType<typeof foldRosters> {
    const view = foldRosters(this.#state.circles, this.#state.rosters, this.#config.user, this.#compare);
    return { ...view, known: view.known && this.#state.welcomed };
  }

  #known(loading: ReadonlySet<ConversationId>): Known {
    return {
      state: this.#state,
      pending: this.#outbox.pending,
      drafts: this.#drafts,
      wanted: this.#changes.wanted,
      loading,
      late: this.#history.late,
      now: this.#environment.clock.now(),
    };
  }

  #post(update: Update): void {
    this.#port.postMessage(update);
  }
}
