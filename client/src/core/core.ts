/**
 * The core: composes connection, outbox, state and the browser's copy behind a MessagePort that speaks view.ts.
 *
 * Owns the order of things: the copy is painted before the socket opens; what the person did before is sent after
 * `welcome`. Runs in a page or a worker; everything of the page comes in through `Environment`. Must not know the DOM.
 *
 * It is past 500 lines because all parts meet here and nowhere else: each `#new…` joins one part to the others.
 */
import { Acts } from "./acts.js";
import { announcements, retractions } from "./announce.js";
import type { Cancel } from "../clock.js";
import { perform } from "./commands.js";
import type { CommandParts } from "./commands.js";
import { Connection, socketUrl } from "../net/connection.js";
import type { CopyKeeper } from "../keep/copy.js";
import { DurableAcks } from "./durable.js";
import { DockChanges } from "./dock.js";
import type { Database } from "../keep/database.js";
import { Drafts } from "../keep/drafts.js";
import type { Draft } from "../keep/drafts.js";
import type { Environment, Kept } from "../environment.js";
import { Flags } from "./flags.js";
import { OrderedIds, uuid4 } from "../ids.js";
import { Introductions } from "./introduce.js";
import { List } from "./list.js";
import { goneFrom } from "./listing.js";
import { Logins, loginsOf } from "../logins.js";
import { ReadMarks } from "./marks.js";
import { Outbox } from "./outbox.js";
import type { WantedWindow } from "./present.js";
import { HostPeople } from "../net/people.js";
import { NAMES_REST_MS, People } from "./people.js";
import { closing, FEATURES, kindOf } from "../net/protocol.js";
import type { ActFrame, ClientFrame, DockWindow, Server, ServerFrame, StopReason } from "../net/protocol.js";
import { AGAIN_MS, Questions } from "./questions.js";
import { Shown } from "./shown.js";
import { applyFrame, applyPage, emptyState, resumedFrom, rostersOf, talkOf, windowOf } from "./state.js";
import { withoutStaleTyping, withReacted, withTalksOf } from "./state.js";
import type { State, Step } from "./state.js";
import { isStub } from "./talk.js";
import { TokenSource } from "../net/token.js";
import type { UnsentVault } from "../keep/unsent.js";
import type { Command, ConversationId, LineView, PageConfig, Update } from "../view.js";
import { WritingNow } from "./writing.js";

/** Stops after which the login's copy is of no use to anybody. */
const GONE: ReadonlySet<StopReason> = new Set(["logged_out", "other_user", "outdated"]);

/** The part of MessagePort that is used. */
export type Port = Pick<MessagePort, "postMessage" | "onmessage">;

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
  readonly #writing: WritingNow;
  readonly #changes: DockChanges;
  readonly #marks: ReadMarks;
  readonly #host: HostPeople;
  readonly #introductions: Introductions;
  readonly #people: People;
  readonly #list: List;
  readonly #flags: Flags;
  readonly #questions: Questions;
  readonly #acts: Acts;
  readonly #shown: Shown;
  readonly #durable: DurableAcks;
  readonly #doing: CommandParts;
  readonly #unwatch: Cancel;
  readonly #logins: Logins;
  #state: State;
  /** The store's, as it was heard last: also while nothing of the state may be kept. */
  #epoch: string | null;
  #visible: boolean;
  /** Nothing is shown, whatever the browser's copy has: see `#empty`. */
  #emptied = false;
  #skew = 0;
  readonly #started: number;
  /** When this page was shown, by the server's clock: known from the first `welcome` on. */
  #shownAt = Number.POSITIVE_INFINITY;
  #typingEnds: Cancel | null = null;
  /** Tells the server again whether anybody looks. */
  #looks: Cancel | null = null;
  /** Texts of removed messages on their way back into drafts. */
  readonly #unfinished = new Set<Promise<void>>();
  #ended = false;

  readonly #send = (frame: ClientFrame): boolean => this.#connection.send(frame);
  readonly #post = (update: Update): void => {
    this.#port.postMessage(update);
  };

  constructor(port: Port, config: PageConfig, environment: Environment, kept: Kept) {
    this.#port = port;
    this.#config = config;
    this.#environment = environment;
    this.#database = kept.database;
    this.#visible = environment.visible;
    this.#started = environment.clock.now();
    this.#keeper = kept.keeper;
    this.#state = kept.copy?.state ?? emptyState(config.user);
    this.#epoch = this.#state.epoch;
    this.#tokens = this.#newTokens(kept.vault);
    this.#connection = this.#newConnection();
    this.#stored = new Drafts(config, kept.database, kept.vault);
    this.#writing = this.#newWriting(kept.drafts);
    this.#marks = new ReadMarks(this.#send, environment.clock);
    this.#changes = this.#newChanges();
    this.#changes.restore(kept.copy?.changes ?? []);
    this.#shown = this.#newShown();
    this.#host = new HostPeople(config, environment.fetch, environment.clock);
    this.#introductions = this.#newIntroductions();
    this.#people = this.#newPeople();
    this.#list = this.#newList();
    this.#flags = this.#newFlags();
    this.#questions = this.#newQuestions();
    this.#acts = this.#newActs();
    this.#durable = new DurableAcks(() => this.#flush(), this.#post);
    this.#outbox = this.#newOutbox(kept);
    this.#doing = this.#newDoing();
    this.#people.follow(rowsOf(this.#state));
    this.#logins = new Logins(environment.openChannel(loginsOf(config)), config, () => {
      this.#connection.recheck();
    });
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
        status: (status) => {
          this.#statusChanged(status);
        },
        hello: () => ({ visible: this.#visible, features: FEATURES, ...resumedFrom(this.#state) }),
      },
    );
  }

  #newWriting(drafts: ReadonlyMap<ConversationId, Draft>): WritingNow {
    const changed = (): void => {
      this.#shown.dock();
    };
    return new WritingNow({ clock: this.#environment.clock, stored: this.#stored, send: this.#send, changed }, drafts);
  }

  #newChanges(): DockChanges {
    const lapsed = (): void => {
      this.#keep();
      this.#shown.dock();
    };
    return new DockChanges({ clock: this.#environment.clock, send: this.#send, lapsed });
  }

  #newPeople(): People {
    return new People({
      me: this.#config.user,
      clock: this.#environment.clock,
      state: () => this.#state,
      set: (change) => {
        const before = this.#state;
        this.#state = change(before);
        this.#stateChanged(before);
      },
      ask: (question) => this.#questions.ask(question),
      changed: (conversation) => {
        this.#shown.people(conversation);
      },
      post: this.#post,
    });
  }

  #newList(): List {
    return new List({
      state: () => this.#state,
      set: (listing) => {
        const before = this.#state;
        this.#state = { ...before, listing };
        this.#stateChanged(before);
      },
      ask: (question) => this.#questions.ask(question),
      sifted: (filter, conversations, more, append) => {
        this.#shown.sifted(filter, conversations, more, append);
      },
    });
  }

  #newFlags(): Flags {
    return new Flags({
      clock: this.#environment.clock,
      takes: (feature) => this.#state.features.includes(feature),
      newest: (conversation) => (windowOf(this.#state, conversation) ?? this.#state.listing.entries.get(conversation))?.seq,
      ask: (question) => this.#questions.ask(question),
      post: (update) => {
        // What was set is shown before the page hears that it is.
        this.#shown.now();
        this.#post(update);
      },
    });
  }

  #newIntroductions(): Introductions {
    return new Introductions({
      me: this.#config.user,
      host: this.#host,
      changes: this.#changes,
      changed: () => {
        this.#shown.dock();
        this.#changes.sendWaiting();
        this.#keep();
      },
      known: (conversation) => {
        for (const entry of this.#outbox.pending) {
          if (entry.conversation === conversation && entry.failure === "unknown_recipient") void this.#outbox.retry(entry.id);
        }
      },
      recheck: () => {
        this.#connection.recheck();
      },
      post: this.#post,
    });
  }

  #newActs(): Acts {
    const { clock } = this.#environment;
    return new Acts({
      clock,
      ids: new OrderedIds(this.#random, () => clock.now()),
      takes: (feature) => this.#state.features.includes(feature),
      send: this.#send,
      did: (frame) => {
        this.#did(frame);
      },
      post: this.#post,
    });
  }

  #newQuestions(): Questions {
    return new Questions({
      me: this.#config.user,
      clock: this.#environment.clock,
      send: this.#send,
      probe: () => {
        this.#connection.probe();
      },
      state: () => this.#state,
      known: () => this.#shown.known(false),
      open: () => this.#shown.openWindows(),
      people: this.#people,
      list: this.#list,
      flags: this.#flags,
      host: this.#host,
      paged: (rows) => {
        this.#people.follow(rows);
        this.#shown.now();
      },
      roster: () => this.#shown.roster(),
      present: () => {
        const contacts = this.#state.windows.flatMap((window) => (window.kind === "direct" ? window.contact : []));
        return new Set(contacts.filter(({ status }) => status === "online").map(({ id }) => id));
      },
      blocked: () => this.#state.blocked,
      recheck: () => {
        this.#connection.recheck();
      },
      visible: () => this.#visible,
      first: (conversation, page) => {
        this.#take(applyPage(this.#state, conversation, page));
      },
      committed: (id, seq) => {
        this.#outbox.committed(id, seq);
      },
      emptied: (conversation, message) => {
        this.#outbox.emptied(conversation, message);
      },
      changed: (conversation) => {
        this.#shown.conversation(conversation);
      },
      post: this.#post,
    });
  }

  #newShown(): Shown {
    return new Shown({
      me: this.#config.user,
      lang: this.#config.lang,
      clock: this.#environment.clock,
      state: () => this.#state,
      skew: () => this.#skew,
      status: () => this.#connection.status,
      changes: this.#changes,
      writing: this.#writing,
      questions: () => this.#questions,
      outbox: () => this.#outbox,
      people: () => this.#people,
      list: () => this.#list,
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
      epoch: () => this.#epoch,
      takes: (feature) => this.#state.features.includes(feature),
      message: (conversation, key) => {
        const message = this.#questions.history.message(conversation, key);
        if (message === undefined) return undefined;
        const { seq, client_message_id: id, text, verb_id: verbId, mine: reacted = [] } = message;
        return { seq, id, text, verbId, reacted };
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
        this.#shown.outboxChanged();
      },
      // A turn later: the state that replaces the entry is then with the keeper.
      kept: () => Promise.resolve().then(() => keeper.flush()),
      lost: (count) => {
        const message = `${count} message(s), edit(s), deletion(s) or reaction(s) of an earlier login cannot be read any more: do them again`;
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
    this.#shown.all();
  }

  /** Nothing happens where the last command was `end`. */
  start(): void {
    if (this.#ended) return;
    this.paint();
    this.#logins.tell();
    this.#connection.start();
  }

  command(command: Command): void {
    if (!this.#ended) this.#durable.done(command, perform(this.#doing, command));
  }

  /** Nothing is heard or sent any more; what was said before is written, and then the database is let go of. */
  async #end(): Promise<void> {
    this.#ended = true;
    this.#marks.flushAll();
    this.#marks.clear();
    this.#unwatch();
    this.#logins.end();
    this.#writing.end();
    this.#changes.end();
    this.#shown.end();
    this.#questions.offline();
    for (const cancel of [this.#typingEnds, this.#looks]) cancel?.();
    this.#connection.end();
    await Promise.all([this.#outbox.end(), ...this.#unfinished]);
    await this.#flush();
    this.#database?.close();
  }

  #newDoing(): CommandParts {
    return {
      me: this.#config.user,
      outbox: this.#outbox,
      questions: this.#questions,
      acts: this.#acts,
      people: this.#people,
      list: this.#list,
      flags: this.#flags,
      listed: () => {
        this.#shown.list();
      },
      online: () => this.#shown.roster().people,
      active: () => {
        this.#tokens.active();
      },
      want: (conversation, wanted) => {
        this.#want(conversation, wanted);
      },
      draft: (conversation, draft, told = false) => {
        // What a page that is being emptied for good still tells is the person's text, and nobody's to see here.
        const epoch = this.#epoch === null || draft.replyTo === undefined ? {} : { epoch: this.#epoch };
        this.#writing.write(conversation, { ...draft, ...epoch }, this.#connection.status.state === "stopped");
        if (told) this.#shown.dock();
      },
      typing: (conversation) => {
        this.#writing.typing(conversation);
      },
      drafted: (conversation) => this.#writing.draft(conversation),
      unfinished: (doing) => {
        this.#unfinished.add(doing);
        void doing.finally(() => this.#unfinished.delete(doing));
      },
      seen: (conversation, seq) => {
        const before = this.#state;
        this.#state = this.#marks.raise(before, conversation, seq);
        if (this.#state !== before) this.#stateChanged(before);
      },
      look: (visible) => {
        this.#look(visible);
      },
      leave: () => {
        this.#marks.flushAll();
        void this.#flush();
      },
      back: () => {
        // The page was emptied when it was left.
        if (!this.#emptied) this.paint();
        this.#connection.restart();
        void this.#outbox.load();
      },
      wake: () => {
        this.#connection.wake();
      },
      end: () => void this.#end(),
    };
  }

  // The connection

  /** Final. What was not sent stays in the database, sealed; here and on the pages nothing does. */
  #stopped(reason: StopReason): void {
    this.#empty();
    // The person has left, or another has come: what was kept for them is nobody's any more.
    void this.#stored.flush();
    void (GONE.has(reason) ? this.#keeper.forget() : this.#keeper.flush());
    void this.#outbox.end();
  }

  /** Nothing of what was shown stays, here or on any page. Another `welcome` may bring it back. */
  #empty(keepDrafts = false): void {
    this.#emptied = true;
    this.#acts.end();
    this.#flags.end();
    this.#people.empty();
    this.#state = emptyState(this.#config.user);
    this.#writing.empty(keepDrafts);
    this.#changes.clear();
    this.#marks.clear();
    this.#questions.empty();
    this.#typingEnds?.();
    this.#post({ kind: "emptied" });
    this.#shown.empty();
  }

  /**
   * A pause: nothing is shown, also on a page that loads meanwhile, which paints what the browser keeps. What is not
   * sent, and the drafts, stay.
   */
  #pause(): void {
    this.#empty(true);
    this.#keeper.keep({ state: this.#state, changes: [] });
  }

  #statusChanged(status: LineView): void {
    this.#shown.status();
    if (status.state !== "online") {
      this.#looks?.();
      this.#questions.offline();
      this.#changes.unsend();
      this.#outbox.offline();
      if (status.state === "stopped") this.#stopped(status.reason);
      if (status.state === "paused") this.#pause();
      return;
    }
    this.#changes.sendWaiting();
    this.#marks.sendAgain();
    this.#questions.online();
    this.#acts.online();
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
        if (this.#epoch !== null && this.#epoch !== frame.epoch) this.#post({ kind: "restored" });
        this.#epoch = frame.epoch;
        // Once: later clocks may differ, but the page was shown when it was.
        if (this.#shownAt === Number.POSITIVE_INFINITY) this.#shownAt = this.#started + this.#skew;
        this.#take(applyFrame(this.#state, frame, this.#environment.clock.now()), frame);
        this.#dockCame(frame.dock.version, frame.dock.windows);
        return;
      case "history":
        this.#questions.historyCame(frame);
        return;
      case "found":
        this.#questions.foundCame(frame);
        return;
      case "contacts":
        this.#questions.contactsCame(frame);
        return;
      case "members":
        this.#questions.membersCame(frame);
        return;
      case "rooms":
        this.#questions.roomsCame(frame);
        return;
      case "list":
        this.#questions.listCame(frame);
        return;
      case "changes":
        this.#questions.changesCame(frame);
        break;
      case "ack":
        if (frame.mine !== undefined) this.#reacted(frame, frame.mine);
        if (!this.#acts.acked(frame)) this.#outbox.acked(frame);
        return;
      case "error":
        this.#refused(frame);
        return;
      default:
        break;
    }
    const found = this.#questions.history.found.bind(this.#questions.history);
    this.#take(applyFrame(this.#state, frame, this.#environment.clock.now(), found), frame);
    if (frame.type === "dock") {
      this.#dockCame(frame.version, frame.windows);
      this.#changes.sendWaiting();
      this.#questions.history.askFirst();
    }
    if (frame.type === "read" && frame.user === this.#config.user) this.#state = this.#marks.over(this.#state);
    if (frame.type === "circles") this.#people.moved();
    if (frame.type === "flags") this.#questions.flagsCame(frame);
    // Who may be written to, and found, may be others now.
    if (frame.type === "circles" || frame.type === "blocked") this.#list.askFirst();
    if (frame.type === "circles" || frame.type === "blocked" || frame.type === "writing") this.#questions.search.moved();
    if (frame.type === "typing") {
      this.#people.name(frame.conversation, [frame.user]);
      this.#planTypingEnd();
    }
  }

  /** The answer to a reaction. */
  #reacted(frame: Server<"ack">, mine: string[]): void {
    const before = this.#state;
    this.#state = withReacted(before, frame, mine);
    this.#questions.history.reacted(frame.conversation, frame.seq, mine);
    this.#stateChanged(before);
  }

  /** A group that was made opens, before the page hears that it is made; one that was left closes. */
  #did(frame: ActFrame): void {
    const { conversation } = frame;
    if (frame.type === "make") this.#want(conversation, { state: "open", contact: null, title: frame.title });
    if (frame.type === "remove" && frame.user === this.#config.user) this.#want(conversation, { state: "closed", contact: null });
    this.#shown.now();
  }

  #dockCame(version: number, windows: readonly DockWindow[]): void {
    this.#changes.answered(version, windows);
    this.#introductions.shown(windows.map(({ conversation }) => conversation));
    this.#state = this.#marks.over(this.#state);
    // Of closed windows nothing is held.
    const wanted = [...this.#changes.wanted].filter(([, { state }]) => state !== "closed").map(([conversation]) => conversation);
    const shown = new Set([...windows.map(({ conversation }) => conversation), ...wanted]);
    this.#state = withTalksOf(this.#state, shown);
    this.#writing.keepOnly(shown);
    this.#questions.keepOnly(shown);
    this.#people.keepOnly(shown);
    this.#keep();
  }

  #refused(frame: Server<"error">): void {
    if (this.#acts.refused(frame) || this.#outbox.refused(frame) || this.#questions.refused(frame)) return;
    const { code, message, conversation } = frame;
    // What ends the connection is told by its status.
    if (!this.#connection.online || closing(code)) return;
    if (!frame.final && conversation === undefined) {
      this.#lookAgain(frame.retry_after_ms ?? AGAIN_MS);
      return;
    }
    if (conversation !== undefined && this.#introductions.refused(conversation, code)) return;
    if (conversation !== undefined) this.#changes.drop(conversation);
    this.#shown.dock();
    this.#post({ kind: "refused", code, message, ...(conversation === undefined ? {} : { conversation }) });
  }

  // The state

  #take(step: Step, frame?: ServerFrame): void {
    const before = this.#state;
    const listing = this.#list.follow(before, step, frame);
    this.#state = listing === step.state.listing ? step.state : { ...step.state, listing };
    this.#shown.drop(step.dropped);
    for (const { id, seq } of step.committed) this.#outbox.committed(id, seq);
    for (const { conversation, message } of step.rows) if (isStub(message)) this.#outbox.emptied(conversation, message);
    this.#outbox.reflected();
    this.#questions.follow(step);
    this.#people.follow(step.rows);
    if (before.rosters !== step.state.rosters) this.#questions.search.follow(() => goneFrom(before, step.state));
    this.#stateChanged(before, frame?.type);
    const said = announcements(step.arrived, this.#state, this.#shownAt, this.#environment.clock.now() + this.#skew);
    if (said.length === 0) return;
    // Behind what is shown: otherwise a page lays out what is said before it can tell where the new message goes.
    this.#shown.now();
    for (const update of said) this.#say(update);
  }

  /** Who has just been asked for has a name in a moment. */
  #say(update: Extract<Update, { kind: "arrived" }>): void {
    const { conversation, sender, from, text } = update;
    if (from !== "" || kindOf(conversation) === "direct") {
      this.#post(update);
      return;
    }
    this.#environment.clock.after(NAMES_REST_MS, () => {
      const still = talkOf(this.#state, conversation).messages.some((message) => message.sender === sender && message.text === text);
      if (still && !this.#ended) this.#post({ ...update, from: this.#state.faces.get(sender)?.name ?? "" });
    });
  }

  #stateChanged(before: State, frame?: ServerFrame["type"]): void {
    if (this.#state.rosters !== before.rosters || frame === "dock" || frame === "welcome") this.#people.learn();
    this.#shown.changed(before, frame);
    this.#keep();
  }

  // What the person does

  #want(conversation: ConversationId, wanted: WantedWindow): void {
    if (kindOf(conversation) === undefined) return;
    if (wanted.state !== "open") this.#marks.flush(conversation);
    const seen = windowOf(this.#state, conversation)?.seq ?? 0;
    this.#changes.want(conversation, wanted, this.#state.dockVersion, seen);
    this.#shown.dock();
    this.#shown.conversation(conversation);
    this.#keep();
    this.#changes.sendWaiting();
    this.#questions.history.askFirst();
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
    this.#writing.found(drafts, this.#emptied);
  }

  #look(visible: boolean): void {
    if (visible !== this.#visible) {
      this.#visible = visible;
      this.#tellVisibility();
    }
    if (!visible) return;
    this.#connection.wake();
    this.#questions.history.check();
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

  /** Until nobody types any more: of several each ends in their time. */
  #planTypingEnd(): void {
    this.#typingEnds?.();
    const { clock } = this.#environment;
    const ends = [...this.#state.typing.values()].flatMap((typing) => [...typing.values()]);
    if (ends.length === 0) return;
    this.#typingEnds = clock.after(Math.min(...ends) - clock.now(), () => {
      const before = this.#state;
      this.#state = withoutStaleTyping(before, clock.now());
      this.#stateChanged(before);
      this.#planTypingEnd();
    });
  }
}

/** Every message that is held. */
function rowsOf({ talks }: State): Step["rows"] {
  return [...talks].flatMap(([conversation, { messages }]) => messages.map((message) => ({ conversation, message })));
}
