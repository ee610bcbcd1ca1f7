/**
 * The core: composes connection, outbox, state and the browser's copy behind a MessagePort that speaks view.ts.
 *
 * Owns the order of things: the copy is painted before the socket opens; what the person did before is sent after
 * `welcome`. Runs in a page or a worker; everything of the page comes in through `Environment`. Must not know the DOM.
 */
import { DockChanges } from "./changes.js";
import type { Cancel } from "./clock.js";
import { Connection } from "./connection.js";
import { CopyKeeper } from "./copy.js";
import type { Copy } from "./copy.js";
import { eraseOthers, openDatabase } from "./database.js";
import type { Database } from "./database.js";
import type { Environment } from "./environment.js";
import { uuid4 } from "./ids.js";
import { Outbox } from "./outbox.js";
import { presentConversation, presentDock } from "./present.js";
import type { Known, WantedWindow } from "./present.js";
import { conversationOf, CURSOR_CONVERSATIONS, otherOf } from "./protocol.js";
import type { ClientFrame, HelloFrame, Server, ServerFrame } from "./protocol.js";
import { Requests } from "./requests.js";
import type { Question } from "./requests.js";
import { foldRosters, heldRosters } from "./roster.js";
import { applyFrame, applyPage, cursorOf, emptyState, rostersOf, talkOf, TYPING_MS, windowOf } from "./state.js";
import { withoutStaleTyping, withRead } from "./state.js";
import type { State, Step } from "./state.js";
import { TokenSource } from "./token.js";
import { openVault } from "./vault.js";
import type { Vault } from "./vault.js";
import type { Command, ConversationId, LineView, PageConfig, RosterPerson, Seq, Update } from "./view.js";

/** The server passes `typing` on at most once in so many ms. */
const TYPING_EVERY_MS = 2_000;
/** A browser that does not open its database within so long is treated as having none. */
const DATABASE_MS = 3_000;
/** A dock change without any answer for so long gives way to what the server says. */
const CHANGE_MS = 5_000;
/** Before a question that the server could not answer just now is asked again. */
const AGAIN_MS = 1_500;

/** The part of MessagePort that is used. */
export type Port = Pick<MessagePort, "postMessage" | "onmessage">;

/** Starts the core behind `port`; what it gives back ends it. */
export async function startCore(port: Port, config: PageConfig, environment: Environment): Promise<Cancel> {
  const early: Command[] = [];
  port.onmessage = (event: MessageEvent<Command>) => early.push(event.data);
  const { database, vault } = await openKept(config, environment);
  const keeper = new CopyKeeper(config, database, vault, environment.clock);
  const [copy, left] = await Promise.all([
    keeper.load(emptyState(config.user)),
    environment.left().catch((): Command[] => []),
  ]);
  const core = new Core(port, config, environment, { database, vault, keeper, copy });
  await core.load();
  for (const command of [...left, ...early]) core.command(command);
  port.onmessage = (event: MessageEvent<Command>) => {
    core.command(event.data);
  };
  core.start();
  return () => {
    core.end();
  };
}

interface Kept {
  database: Database | undefined;
  vault: Vault | undefined;
  keeper: CopyKeeper;
  copy: Copy | undefined;
}

async function openKept(config: PageConfig, environment: Environment): Promise<Pick<Kept, "database" | "vault">> {
  const vault = await openVault(config.key, `${config.site} ${config.user}`, environment.crypto).catch(() => undefined);
  const impatient = new Promise<undefined>((resolve) => {
    environment.clock.after(DATABASE_MS, () => {
      resolve(undefined);
    });
  });
  const database = await Promise.race([openDatabase(environment.database), impatient]);
  if (database === undefined) environment.warn("no database in this browser: nothing is kept beyond this page");
  // Also where nothing can be sealed: what others left is erased. Nothing waits for it.
  else void eraseOthers(database, config).catch(() => undefined);
  return { database, vault };
}

class Core {
  readonly #port: Port;
  readonly #config: PageConfig;
  readonly #environment: Environment;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #keeper: CopyKeeper;
  readonly #changes = new DockChanges();
  readonly #requests: Requests;
  readonly #compare: (one: string, other: string) => number;
  readonly #unwatch: Cancel;
  #state: State;
  #drafts: ReadonlyMap<ConversationId, string>;
  #visible: boolean;
  #skew = 0;
  /** Read marks that the server has not confirmed. */
  readonly #seen = new Map<ConversationId, Seq>();
  readonly #typed = new Map<ConversationId, number>();
  #wish: { text: string; more: boolean } | null = null;
  #found: { text: string; next: string | null } | null = null;
  #stale = new Set<"line" | "roster" | "dock" | `talk:${ConversationId}`>();
  /** Commands that the page remembers until they are kept, and the storing of their messages. */
  readonly #deeds: number[] = [];
  readonly #storing: Promise<void>[] = [];
  #confirming = false;
  #publishing = false;
  #typingEnds: Cancel | null = null;
  #changeEnds: Cancel | null = null;

  constructor(port: Port, config: PageConfig, environment: Environment, { database, vault, keeper, copy }: Kept) {
    this.#port = port;
    this.#config = config;
    this.#environment = environment;
    this.#visible = environment.visible;
    this.#keeper = keeper;
    this.#state = copy?.state ?? emptyState(config.user);
    this.#drafts = copy?.drafts ?? new Map();
    this.#changes.restore(copy?.changes ?? []);
    this.#compare = collation(config.lang);
    const { clock, crypto } = environment;
    const random = (bytes: Uint8Array<ArrayBuffer>): void => void crypto.getRandomValues(bytes);
    this.#connection = new Connection(
      {
        url: socketUrl(config.server),
        session: uuid4(random),
        clock,
        tokens: new TokenSource(config, environment.shelf, environment.fetch, clock),
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
    this.#requests = new Requests(send);
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
    });
    this.#unwatch = environment.watchNetwork(() => {
      this.#connection.wake();
    });
  }

  async load(): Promise<void> {
    await this.#outbox.load();
  }

  start(): void {
    this.#repaintAll();
    this.#connection.start();
  }

  end(): void {
    this.#unwatch();
    this.#connection.end();
    this.#outbox.end();
    void this.#keeper.flush();
  }

  command(command: Command): void {
    this.#do(command);
    if ("deed" in command && command.deed !== undefined) {
      this.#deeds.push(command.deed);
      if (!this.#confirming) void this.#confirm();
    }
  }

  /** Tells the page what it need not remember any more. */
  async #confirm(): Promise<void> {
    this.#confirming = true;
    while (this.#deeds.length > 0) {
      const [deeds, storing] = [this.#deeds.splice(0), this.#storing.splice(0)];
      await Promise.all([...storing, this.#keeper.flush()]);
      this.#post({ kind: "kept", deeds });
    }
    this.#confirming = false;
  }

  #do(command: Command): void {
    switch (command.kind) {
      case "open": {
        const { id, name, picture, profileUrl } = command.person;
        if (id === this.#config.user) return;
        const contact = { id, name, picture, profile_url: profileUrl, status: "online" as const };
        this.#want(conversationOf(this.#config.user, id), "open", contact);
        return;
      }
      case "restore":
        this.#want(command.conversation, "open", null);
        return;
      case "minimise":
        this.#want(command.conversation, "minimised", null);
        return;
      case "close":
        this.#want(command.conversation, "closed", null);
        return;
      case "send":
        this.#draft(command.conversation, "");
        this.#storing.push(this.#outbox.add(command.conversation, command.text, command.key));
        return;
      case "retry":
        void this.#outbox.retry(command.key);
        return;
      case "discard":
        void this.#discard(command.conversation, command.key);
        return;
      case "older":
        this.#askOlder(command.conversation);
        return;
      case "seen":
        this.#markSeen(command.conversation, command.seq);
        return;
      case "typing":
        this.#tellTyping(command.conversation);
        return;
      case "draft":
        this.#draft(command.conversation, command.text);
        return;
      case "search":
        this.#wish = { text: command.text.slice(0, 100), more: command.more ?? false };
        this.#search();
        return;
      case "visible":
        this.#look(command.visible);
        return;
      case "leaving":
        void this.#keeper.flush();
        return;
      case "reconnect":
        this.#connection.wake();
        return;
    }
  }

  // The line

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
      this.#requests.clear();
      this.#changes.unsend();
      this.#outbox.offline();
      return;
    }
    this.#sendChanges();
    for (const [conversation, seq] of this.#seen) this.#connection.send({ type: "read", conversation, seq });
    this.#askFirstPages();
    this.#search();
    this.#outbox.online(this.#state.limits.message_chars);
  }

  #heard(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        this.#skew = frame.server_time - this.#environment.clock.now();
        this.#take(applyFrame(this.#state, frame, this.#environment.clock.now()));
        this.#changes.answered(frame.dock.version, frame.dock.windows);
        this.#keepSeen();
        this.#keep();
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
    this.#take(applyFrame(this.#state, frame, this.#environment.clock.now()));
    if (frame.type === "dock") {
      this.#changes.answered(frame.version, frame.windows);
      this.#keepSeen();
      this.#keep();
      this.#sendChanges();
      this.#askFirstPages();
    }
    if (frame.type === "read" && frame.user === this.#config.user) this.#keepSeen();
    if (frame.type === "typing") this.#planTypingEnd();
  }

  #refused(frame: Server<"error">): void {
    if (this.#outbox.refused(frame)) return;
    const question = this.#requests.answered(frame.request);
    if (question !== undefined) {
      this.#unanswered(question, frame);
      return;
    }
    const { code, message, conversation } = frame;
    if (conversation !== undefined) this.#changes.drop(conversation);
    this.#mark("dock");
    this.#post({ kind: "refused", code, message, ...(conversation === undefined ? {} : { conversation }) });
  }

  #unanswered(question: Question, { final, code, message, retry_after_ms: wait }: Server<"error">): void {
    if (!final) {
      this.#environment.clock.after(wait ?? AGAIN_MS, () => {
        if (question.kind === "history") this.#requests.ask(question, this.#state.limits.history_page);
        else this.#search();
      });
      return;
    }
    if (question.kind === "search") this.#wish = null;
    // An end to the waiting: there is nothing to show.
    else {
      const nothing = { asked: question.asked, firstSeq: 1, seq: 0, rev: 0, messages: [] };
      this.#take(applyPage(this.#state, question.conversation, nothing));
    }
    this.#post({ kind: "refused", code, message });
  }

  // The state

  #take(step: Step): void {
    const before = this.#state;
    this.#state = step.state;
    for (const id of step.committed) this.#outbox.committed(id);
    for (const { conversation, message } of step.arrived) {
      const from = windowOf(this.#state, conversation)?.contact.name ?? "";
      if (message.text !== null) this.#post({ kind: "arrived", conversation, from, text: message.text });
    }
    for (const ask of step.asks) {
      if (ask.kind === "roster") this.#connection.send({ type: "roster", circle: ask.circle });
      else if (ask.after !== undefined) this.#ask(ask.conversation, "after", ask.after);
      else this.#askFirstPages();
    }
    this.#stateChanged(before);
  }

  #stateChanged(before: State): void {
    const state = this.#state;
    if (state.rosters !== before.rosters || state.circles !== before.circles) this.#mark("roster");
    if (state.windows !== before.windows || state.typing !== before.typing) this.#mark("dock");
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

  #historyCame({ request, conversation, first_seq: firstSeq, seq, rev, messages }: Server<"history">): void {
    const question = this.#requests.answered(request);
    if (question?.kind !== "history" || question.conversation !== conversation) return;
    this.#take(applyPage(this.#state, conversation, { asked: question.asked, firstSeq, seq, rev, messages }));
  }

  #ask(conversation: ConversationId, asked: "newest" | "before" | "after", seq: Seq): void {
    this.#requests.ask({ kind: "history", conversation, asked, seq }, this.#state.limits.history_page);
  }

  #askOlder(conversation: ConversationId): void {
    const first = talkOf(this.#state, conversation).messages[0];
    if (first !== undefined) this.#ask(conversation, "before", first.seq);
  }

  /** Asks for the messages of every open window that has none yet. */
  #askFirstPages(): void {
    for (const conversation of this.#unloaded()) this.#ask(conversation, "newest", 0);
  }

  #unloaded(): Set<ConversationId> {
    const { windows } = presentDock(this.#known(new Set()));
    const open = windows.filter((window) => window.state === "open").map((window) => window.conversation);
    return new Set(open.filter((conversation) => !talkOf(this.#state, conversation).loaded));
  }

  // What the person does

  #want(conversation: ConversationId, state: WantedWindow["state"], contact: WantedWindow["contact"]): void {
    if (otherOf(conversation, this.#config.user) === undefined) return;
    this.#changes.want(conversation, state, contact, this.#state.dockVersion);
    this.#mark("dock");
    this.#mark(`talk:${conversation}`);
    this.#keep();
    this.#sendChanges();
    this.#askFirstPages();
  }

  #keep(): void {
    this.#keeper.keep({ state: this.#state, drafts: this.#drafts, changes: this.#changes.kept });
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
    if ((this.#drafts.get(conversation) ?? "") === text) return;
    const drafts = new Map(this.#drafts);
    if (text === "") drafts.delete(conversation);
    else drafts.set(conversation, text);
    this.#drafts = drafts;
    this.#keep();
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
      const rosters = heldRosters(this.#state.rosters);
      this.#connection.send({ type: "visibility", visible, ...(visible ? { rosters } : {}) });
    }
    if (visible) this.#connection.wake();
  }

  #search(): void {
    const wish = this.#wish;
    if (wish === null) return;
    const next = wish.more && this.#found?.text === wish.text ? this.#found.next : null;
    if (wish.more && next === null) {
      this.#wish = null;
      return;
    }
    const asked = this.#requests.ask({ kind: "search", text: wish.text, next }, this.#state.limits.history_page);
    if (asked) this.#wish = null;
  }

  #contactsCame(frame: Server<"contacts">): void {
    const question = this.#requests.answered(frame.request);
    if (question?.kind !== "search") return;
    this.#found = { text: question.text, next: frame.next };
    const known = new Map(this.#roster().people.map((person) => [person.id, person]));
    const people = frame.contacts
      .filter((contact) => contact.id !== this.#config.user)
      .map((contact): RosterPerson => ({
        id: contact.id,
        conversation: conversationOf(this.#config.user, contact.id),
        name: contact.name,
        picture: contact.picture,
        profileUrl: contact.profile_url,
        role: contact.role,
        circles: known.get(contact.id)?.circles ?? [],
        status: "online",
      }));
    // A newer wish is on its way: this answer would only flicker.
    if (this.#wish === null) {
      const [more, append] = [frame.next !== null, question.next !== null];
      this.#post({ kind: "found", text: question.text, people, more, append });
    }
    this.#search();
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

  #repaintAll(): void {
    this.#stale = new Set(["line", "roster", "dock"]);
    for (const { conversation } of this.#state.windows) this.#stale.add(`talk:${conversation}`);
    this.#publish();
  }

  #mark(slice: "line" | "roster" | "dock" | `talk:${ConversationId}`): void {
    this.#stale.add(slice);
    if (this.#publishing) return;
    this.#publishing = true;
    queueMicrotask(() => {
      this.#publish();
    });
  }

  #publish(): void {
    this.#publishing = false;
    const stale = this.#stale;
    this.#stale = new Set();
    if (stale.has("line")) this.#post({ kind: "line", line: this.#connection.line });
    if (stale.has("roster")) this.#post({ kind: "roster", roster: this.#roster() });
    const known = this.#known(this.#unloaded());
    const dock = presentDock(known);
    // Conversations before the dock: a window that appears has its messages.
    const shown = new Set(dock.windows.map((window) => window.conversation));
    for (const slice of stale) {
      if (!slice.startsWith("talk:")) continue;
      const conversation = slice.slice(5);
      if (shown.has(conversation)) this.#post({ kind: "conversation", view: presentConversation(known, conversation) });
    }
    if (stale.has("dock")) this.#post({ kind: "dock", ...dock });
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
      now: this.#environment.clock.now(),
    };
  }

  #post(update: Update): void {
    this.#port.postMessage(update);
  }
}

/** `https://host/gchat/` → `wss://host/gchat/ws`. */
export function socketUrl(server: string): string {
  return `${server.replace(/^http/, "ws")}ws`;
}

/** Names in the order of the page's language; an unknown language is not worth an error. */
function collation(lang: string): (one: string, other: string) => number {
  try {
    return new Intl.Collator(lang.replaceAll("_", "-"), { sensitivity: "base", numeric: true }).compare;
  } catch {
    return new Intl.Collator("en", { sensitivity: "base", numeric: true }).compare;
  }
}
