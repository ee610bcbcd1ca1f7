/**
 * The core: composes connection, outbox, state and the browser's copy behind a MessagePort that speaks view.ts.
 *
 * Owns the order of things: the copy is painted before the socket opens; what the person did before is sent after
 * `welcome`. Runs in a page or a worker; everything of the page comes in through `Environment`. Must not know the DOM.
 */
import { announcements, retractions } from "./announce.js";
import { DockChanges } from "./changes.js";
import type { Cancel } from "./clock.js";
import { Connection, socketUrl } from "./connection.js";
import type { Copy, CopyKeeper } from "./copy.js";
import type { Database } from "./database.js";
import { Deeds } from "./deeds.js";
import { Drafts } from "./drafts.js";
import type { Entry } from "./entries.js";
import { loginsOf } from "./environment.js";
import type { Environment } from "./environment.js";
import { History } from "./history.js";
import { uuid4 } from "./ids.js";
import { ReadMarks } from "./marks.js";
import { Outbox } from "./outbox.js";
import type { Channel } from "./outbox.js";
import { aboutOf, presentDock, presentMessage } from "./present.js";
import type { Known, WantedWindow } from "./present.js";
import { closing, conversationOf, CURSOR_CONVERSATIONS, FEATURES, otherOf } from "./protocol.js";
import type { ClientFrame, DockWindow, HelloFrame, Message, Server, ServerFrame, StopReason } from "./protocol.js";
import { Publisher } from "./publisher.js";
import type { Slice } from "./publisher.js";
import { Quotes } from "./quotes.js";
import { Requests } from "./requests.js";
import type { Question } from "./requests.js";
import { collation, foldRosters } from "./roster.js";
import { applyFrame, applyPage, cursorOf, emptyState, rostersOf, talkOf, TYPING_MS, windowOf } from "./state.js";
import { withoutStaleTyping, withTalksOf } from "./state.js";
import type { State, Step } from "./state.js";
import { Search } from "./search.js";
import { TokenSource } from "./token.js";
import type { UnsentVault } from "./unsent.js";
import type { Command, ConversationId, LineView, MessageView, PageConfig, Update } from "./view.js";
import { WritingNow } from "./writing.js";

/** A dock change without any answer for so long gives way to what the server says. */
const CHANGE_MS = 5_000;
/** What a message changes in the dock is told so much later: where it is looked at, it is read by then, and nothing is. */
const UNREAD_MS = 50;
/** Before a question that the server could not answer just now is asked again. */
const AGAIN_MS = 1_500;
/** While somebody looks, the open windows' changes are asked for so often: the last one may have been lost. */
export const CHECK_MS = 60_000;

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
  pending?: Iterable<Entry>;
}

export class Core {
  readonly #port: Port;
  readonly #config: PageConfig;
  readonly #environment: Environment;
  readonly #tokens: TokenSource;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #keeper: CopyKeeper;
  readonly #stored: Drafts;
  readonly #writing: WritingNow;
  readonly #changes = new DockChanges();
  readonly #marks: ReadMarks;
  readonly #requests: Requests;
  readonly #history: History;
  readonly #quotes: Quotes;
  readonly #search: Search;
  readonly #publisher: Publisher;
  readonly #deeds: Deeds;
  readonly #compare: (one: string, other: string) => number;
  readonly #unwatch: Cancel;
  /** Where pages of one site tell each other whose login they are from. */
  readonly #logins: Channel | undefined;
  #state: State;
  #visible: boolean;
  /** Nothing is shown, whatever the browser's copy has: see `#empty`. */
  #emptied = false;
  #skew = 0;
  readonly #started: number;
  /** When this page was shown, by the server's clock: known from the first `welcome` on. */
  #shownAt = Number.POSITIVE_INFINITY;
  #typingEnds: Cancel | null = null;
  #changeEnds: Cancel | null = null;
  #unreadRests: Cancel | null = null;
  #check: Cancel | null = null;

  readonly #send = (frame: ClientFrame): boolean => this.#connection.send(frame);
  readonly #post = (update: Update): void => {
    this.#port.postMessage(update);
  };

  constructor(port: Port, config: PageConfig, environment: Environment, kept: Kept) {
    this.#port = port;
    this.#config = config;
    this.#environment = environment;
    this.#visible = environment.visible;
    this.#started = environment.clock.now();
    this.#keeper = kept.keeper;
    this.#state = kept.copy?.state ?? emptyState(config.user);
    this.#changes.restore(kept.copy?.changes ?? []);
    this.#compare = collation(config.lang);
    this.#tokens = this.#newTokens(kept.vault);
    this.#connection = this.#newConnection();
    this.#stored = new Drafts(config, kept.database, kept.vault);
    this.#writing = this.#newWriting(kept.drafts);
    this.#marks = new ReadMarks(this.#send);
    this.#requests = this.#newRequests();
    this.#history = this.#newHistory();
    this.#quotes = this.#newQuotes();
    this.#search = this.#newSearch();
    this.#publisher = this.#newPublisher();
    this.#deeds = new Deeds(() => this.#flush(), this.#post);
    this.#outbox = this.#newOutbox(kept);
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

  // The parts

  get #random(): (bytes: Uint8Array<ArrayBuffer>) => void {
    return (bytes) => void this.#environment.crypto.getRandomValues(bytes);
  }

  #newTokens(vault: UnsentVault | undefined): TokenSource {
    const { shelf, fetch, clock } = this.#environment;
    return new TokenSource(this.#config, shelf, fetch, clock, ({ unsentKey }) => {
      void vault?.learn(unsentKey).then((news) => (news ? this.#loadUnsent() : undefined));
    });
  }

  #newConnection(): Connection {
    const environment = this.#environment;
    return new Connection(
      {
        url: socketUrl(this.#config.server),
        session: uuid4(this.#random),
        clock: environment.clock,
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
  }

  #newWriting(drafts: ReadonlyMap<ConversationId, string>): WritingNow {
    const changed = (): void => {
      this.#mark("dock");
    };
    return new WritingNow({ clock: this.#environment.clock, stored: this.#stored, send: this.#send, changed }, drafts);
  }

  #newRequests(): Requests {
    return new Requests(this.#send, this.#environment.clock, (question) => {
      // The line may be dead, which it finds out by itself.
      this.#connection.probe();
      if (question.kind === "quote") this.#quotes.askAgain();
      else if (question.kind !== "search") this.#history.cameNot(question);
    });
  }

  #newHistory(): History {
    return new History({
      me: this.#config.user,
      requests: this.#requests,
      state: () => this.#state,
      open: () => this.#openWindows(),
      changed: (conversation) => {
        this.#mark(`talk:${conversation}`);
      },
      present: (conversation, messages) => this.#presented(conversation, messages),
      post: this.#post,
    });
  }

  #newQuotes(): Quotes {
    return new Quotes({
      state: () => this.#state,
      ask: (conversation, seq) => {
        this.#requests.ask({ kind: "quote", conversation, seq }, this.#state.limits.history_page);
      },
      present: (conversation, messages) => this.#presented(conversation, messages),
      post: this.#post,
    });
  }

  #newSearch(): Search {
    return new Search({
      me: this.#config.user,
      ask: (question) => this.#requests.ask(question, this.#state.limits.history_page),
      people: () => this.#roster().people,
      post: this.#post,
    });
  }

  #newPublisher(): Publisher {
    return new Publisher({
      known: () => this.#known(this.#history.unloaded),
      line: () => this.#connection.line,
      roster: () => this.#roster(),
      post: this.#post,
    });
  }

  #newOutbox({ database, vault, keeper, pending }: Kept): Outbox {
    const { clock, locks } = this.#environment;
    return new Outbox({
      config: this.#config,
      clock,
      random: this.#random,
      database,
      vault,
      locks,
      channel: this.#environment.openChannel(`gchat outbox ${this.#config.site} ${this.#config.user}`),
      skew: () => this.#skew,
      takes: (feature) => this.#state.features.includes(feature),
      own: (conversation, id) => {
        const message = this.#history.own(conversation, id);
        return message === undefined ? undefined : { seq: message.seq, text: message.text, verbId: message.verb_id };
      },
      reflects: (conversation, rev) => {
        const talk = talkOf(this.#state, conversation);
        return !talk.loaded || talk.rev >= rev;
      },
      send: this.#send,
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
      refused: (conversation, code, message) => {
        this.#post({ kind: "refused", conversation, code, message });
      },
      ...(pending === undefined ? {} : { shown: pending }),
    });
  }

  async load(): Promise<void> {
    await this.#outbox.load();
  }

  /** Tells the elements everything. */
  paint(): void {
    this.#publisher.all();
  }

  start(): void {
    this.paint();
    this.#logins?.postMessage(this.#login);
    this.#connection.start();
  }

  end(): void {
    this.#unwatch();
    this.#logins?.close();
    this.#writing.end();
    this.#unreadRests?.();
    this.#check?.();
    this.#connection.end();
    this.#outbox.end();
    void this.#flush();
  }

  command(command: Command): void {
    this.#deeds.done(command, this.#do(command));
  }

  get #login(): string {
    return `${this.#config.user} ${this.#config.sid}`;
  }

  /** For a message: resolves when it cannot be lost any more. */
  #do(command: Command): Promise<void> | undefined {
    switch (command.kind) {
      case "open": {
        const { id, name, picture, profileUrl } = command.person;
        if (id === this.#config.user) return undefined;
        const contact = { id, name, picture, profile_url: profileUrl, status: "online" as const };
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
        return this.#outbox.add(command.conversation, command.text, {
          ...(command.key === undefined ? {} : { id: command.key }),
          ...(command.replyTo === undefined ? {} : { replyTo: command.replyTo }),
        });
      case "edit":
        this.#tokens.active();
        return this.#outbox.edit(command.conversation, command.key, command.text);
      case "delete":
        this.#tokens.active();
        return this.#outbox.delete(command.conversation, command.key);
      case "undelete":
        return this.#outbox.undelete(command.key);
      case "dismiss":
        void this.#outbox.dismiss(command.key);
        return undefined;
      case "quote":
        this.#quotes.want(command.conversation, command.seq);
        return undefined;
      case "retry":
        void this.#outbox.retry(command.key);
        return undefined;
      case "discard":
        void this.#discard(command.conversation, command.key);
        return undefined;
      case "first":
        this.#history.askFirstAgain(command.conversation);
        return undefined;
      case "page":
        this.#history.again(command);
        return undefined;
      case "seen": {
        const before = this.#state;
        this.#state = this.#marks.raise(before, command.conversation, command.seq);
        if (this.#state !== before) this.#stateChanged(before);
        return undefined;
      }
      case "typing":
        this.#tokens.active();
        this.#writing.typing(command.conversation);
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
    }
  }

  // The line

  /** Final. What was not sent stays in the database, sealed; here and on the pages nothing does. */
  #stopped(reason: StopReason): void {
    this.#empty();
    // The person has left, or another has come: what was kept for them is nobody's any more.
    void this.#stored.flush();
    void (GONE.has(reason) ? this.#keeper.forget() : this.#keeper.flush());
    this.#outbox.end();
  }

  /** Nothing of what was shown stays, here or on any page. Another `welcome` may bring it back. */
  #empty(keepDrafts = false): void {
    this.#emptied = true;
    this.#state = emptyState(this.#config.user);
    this.#writing.empty(keepDrafts);
    this.#changes.clear();
    this.#marks.clear();
    this.#search.forget();
    this.#history.empty();
    this.#quotes.keepOnly(new Set());
    for (const cancel of [this.#typingEnds, this.#changeEnds]) cancel?.();
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
    this.#empty(true);
    this.#keeper.keep({ state: this.#state, changes: [] });
  }

  #hello(): Pick<HelloFrame, "visible" | "features" | "cursor" | "rosters"> {
    const cursor = cursorOf(this.#state, CURSOR_CONVERSATIONS);
    const rosters = rostersOf(this.#state);
    return {
      visible: this.#visible,
      features: FEATURES,
      ...(cursor === undefined ? {} : { cursor }),
      ...(rosters === undefined ? {} : { rosters }),
    };
  }

  #lineChanged(line: LineView): void {
    this.#mark("line");
    this.#check?.();
    if (line.state !== "online") {
      this.#requests.clear();
      this.#history.clear();
      this.#changes.unsend();
      this.#outbox.offline();
      if (line.state === "stopped") this.#stopped(line.reason);
      if (line.state === "paused") this.#pause();
      return;
    }
    this.#sendChanges();
    this.#marks.sendAgain();
    this.#history.askFirst();
    this.#quotes.askAgain();
    this.#search.go();
    this.#outbox.online(this.#state.limits.message_chars);
    this.#planCheck();
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
      case "changes":
        this.#requests.answered(frame.request);
        break;
      case "ack":
        this.#outbox.acked(frame);
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
    if (frame.type === "read" && frame.user === this.#config.user) this.#state = this.#marks.over(this.#state);
    if (frame.type === "typing") this.#planTypingEnd();
  }

  #dockCame(version: number, windows: readonly DockWindow[]): void {
    this.#changes.answered(version, windows);
    this.#state = this.#marks.over(this.#state);
    // Of closed windows nothing is held.
    const wanted = [...this.#changes.wanted].filter(([, { state }]) => state !== "closed").map(([conversation]) => conversation);
    const shown = new Set([...windows.map(({ conversation }) => conversation), ...wanted]);
    this.#state = withTalksOf(this.#state, shown);
    this.#writing.keepOnly(shown);
    this.#quotes.keepOnly(shown);
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
    if (conversation !== undefined) this.#changes.drop(conversation);
    this.#mark("dock");
    this.#post({ kind: "refused", code, message, ...(conversation === undefined ? {} : { conversation }) });
  }

  #unanswered(question: Question, { final, code, message, retry_after_ms: wait }: Server<"error">): void {
    if (!final) {
      this.#environment.clock.after(wait ?? AGAIN_MS, () => {
        if (question.kind === "search") this.#search.go();
        else if (question.kind === "quote") this.#quotes.askAgain();
        else this.#history.again(question);
      });
      return;
    }
    // An end to the waiting: there is nothing to show.
    if (question.kind === "search") this.#search.forget();
    else if (question.kind === "quote") this.#quotes.came(question.conversation, question.seq, null);
    else if (question.kind === "page") this.#history.answerPage(question, { messages: [], more: false });
    else if (question.kind === "first") {
      this.#take(applyPage(this.#state, question.conversation, { firstSeq: 1, seq: 0, rev: 0, messages: [] }));
    }
    if (question.kind === "quote") return;
    const { conversation } = question.kind === "search" ? { conversation: undefined } : question;
    this.#post({ kind: "refused", code, message, ...(conversation === undefined ? {} : { conversation }) });
  }

  // The state

  #take(step: Step, frame?: ServerFrame["type"]): void {
    const before = this.#state;
    this.#state = step.state;
    for (const conversation of step.dropped) {
      this.#requests.forget(conversation);
      this.#history.forget(conversation);
      this.#quotes.drop(conversation);
      this.#publisher.drop(conversation);
    }
    for (const { id, seq } of step.committed) this.#outbox.committed(id, seq);
    this.#outbox.reflected();
    for (const update of announcements(step.arrived, this.#state, this.#shownAt)) this.#post(update);
    for (const ask of step.asks) {
      if (ask.kind === "roster") this.#connection.send({ type: "roster", circle: ask.circle });
      else if (ask.kind === "changes") this.#history.askChanges(ask.conversation);
      else this.#history.askFirst();
    }
    this.#history.follow(step.rows);
    this.#quotes.follow(step.rows);
    if (step.dropped.length > 0) this.#quotes.askAgain();
    this.#stateChanged(before, frame);
  }

  #stateChanged(before: State, frame?: ServerFrame["type"]): void {
    const state = this.#state;
    if (state.rosters !== before.rosters || state.circles !== before.circles) this.#mark("roster");
    if (state.typing !== before.typing || (state.windows !== before.windows && frame !== "changes")) this.#mark("dock");
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
      for (const { client_message_id: id, seq: at } of own) if (id !== null) this.#outbox.committed(id, at);
      this.#history.answerPage(question, frame);
    } else if (question.kind === "quote") {
      this.#quotes.came(conversation, question.seq, messages.find((message) => message.seq === question.seq) ?? null);
    } else if (question.kind === "first") {
      this.#history.came(conversation);
      this.#take(applyPage(this.#state, conversation, { firstSeq, seq, rev, messages }));
    }
  }

  #presented(conversation: ConversationId, messages: readonly Message[]): MessageView[] {
    const about = aboutOf(this.#known(new Set()), conversation);
    return messages.map((message) => presentMessage(message, about));
  }

  /** While somebody looks at them, what the open windows may have missed is asked for. */
  #planCheck(): void {
    this.#check?.();
    this.#check = this.#environment.clock.after(CHECK_MS, () => {
      if (this.#visible) this.#history.check();
      this.#planCheck();
    });
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
    const [drafts] = await Promise.all([this.#stored.load(), this.#outbox.load()]);
    this.#writing.found(drafts, this.#emptied);
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

  #draft(conversation: ConversationId, text: string): void {
    // What a page that is being emptied for good still tells is the person's text, and nobody's to see here.
    this.#writing.write(conversation, text, this.#connection.line.state === "stopped");
  }

  async #discard(conversation: ConversationId, key: string): Promise<void> {
    const text = await this.#outbox.discard(key);
    if (text === undefined || this.#writing.draft(conversation) !== "") return;
    this.#draft(conversation, text);
    this.#mark("dock");
  }

  #look(visible: boolean): void {
    if (visible !== this.#visible) {
      this.#visible = visible;
      const rosters = rostersOf(this.#state)?.versions ?? [];
      this.#connection.send({ type: "visibility", visible, ...(visible ? { rosters } : {}) });
    }
    if (!visible) return;
    this.#connection.wake();
    this.#history.check();
  }

  #contactsCame(frame: Server<"contacts">): void {
    const question = this.#requests.answered(frame.request);
    if (question?.kind === "search") this.#search.came(question, frame);
  }

  // What the elements see

  #outboxChanged(): void {
    for (const { conversation } of this.#state.windows) this.#mark(`talk:${conversation}`);
    for (const { conversation } of this.#outbox.pending) this.#mark(`talk:${conversation}`);
    this.#history.wished();
    this.#quotes.tell();
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
      drafts: this.#writing.drafts,
      wanted: this.#changes.wanted,
      loading,
      late: this.#history.late,
      now: this.#environment.clock.now(),
      skew: this.#skew,
    };
  }
}
