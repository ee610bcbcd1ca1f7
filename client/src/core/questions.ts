/**
 * Everything that is asked of the server by number, and where each answer goes: pages of history, changes, quotes and
 * searches, people, rooms and the list of conversations. Must not know what an answer does to the state.
 */
import type { Cancel, Clock } from "../clock.js";
import type { Flags } from "./flags.js";
import { History } from "./history.js";
import type { List } from "./list.js";
import { aboutOf, presentMessage } from "./present.js";
import type { Known } from "./present.js";
import type { HostPeople } from "../net/people.js";
import { kindOf } from "../net/protocol.js";
import type { ClientFrame, Message, Server } from "../net/protocol.js";
import { Quotes } from "./quotes.js";
import type { People } from "./people.js";
import { aboutWhich, Requests } from "./requests.js";
import type { Question } from "./requests.js";
import { Search } from "./search.js";
import type { State, Step } from "./state.js";
import { isStub } from "./talk.js";
import type { Page } from "./talk.js";
import type { ConversationId, HitView, MessageView, RosterView, Seq, Update, UserId } from "../view.js";

/** Before a question that the server could not answer just now is asked again. */
export const AGAIN_MS = 1_500;
/** So many quoted messages are asked for in `QUOTES_MS`: a page may show hundreds, which the server takes for a flood. */
export const QUOTES_AT_ONCE = 20;
export const QUOTES_MS = 500;
/** While somebody looks, the open windows' changes are asked for so often: the last one may have been lost. */
export const CHECK_MS = 60_000;

type FindQuestion = Extract<Question, { kind: "find" }>;

export interface QuestionsParts {
  me: UserId;
  clock: Clock;
  send(frame: ClientFrame): boolean;
  /** A question is late: the connection may be dead. */
  probe(): void;
  state(): State;
  known(): Known;
  /** The windows that are open, as the person sees it. */
  open(): readonly ConversationId[];
  roster(): RosterView;
  host: HostPeople;
  /** Who is known to be online beside those in the rosters. */
  present(): ReadonlySet<UserId>;
  blocked(): readonly UserId[];
  /** The host refuses: somebody should ask whether the login holds. */
  recheck(): void;
  /** Whether somebody looks. */
  visible(): boolean;
  /** The first page of a conversation. */
  first(conversation: ConversationId, page: Page): void;
  people: People;
  list: List;
  flags: Flags;
  /** These messages are on a page: who they name is told before. */
  paged(rows: Step["rows"]): void;
  /** A message of the user's own is on a page. */
  committed(id: string, seq: Seq): void;
  /** A stub is on a page. */
  emptied(conversation: ConversationId, message: Message): void;
  /** What is told of the conversation is another. */
  changed(conversation: ConversationId): void;
  post(update: Update): void;
}

export class Questions {
  readonly #parts: QuestionsParts;
  readonly #requests: Requests;
  readonly history: History;
  readonly quotes: Quotes;
  readonly search: Search;
  #check: Cancel | null = null;
  #quotesAsked = 0;
  #quotesRest: Cancel | null = null;

  constructor(parts: QuestionsParts) {
    this.#parts = parts;
    this.#requests = new Requests((frame) => parts.send(frame), parts.clock, (question) => {
      parts.probe();
      if (question.kind === "quote") this.quotes.askAgain();
      else if (question.kind === "search") this.search.cameNot();
      else if (question.kind === "find") this.#hits(question.act, null);
      else if (question.kind === "flag") parts.flags.again(question);
      else if (isOfPeople(question)) parts.people.cameNot(question, false);
      else if (isOfList(question)) parts.list.cameNot(question, false);
      else this.history.cameNot(question);
    });
    const ask = (question: Question): boolean => this.ask(question);
    const present = (conversation: ConversationId, messages: readonly Message[]): MessageView[] => {
      const about = aboutOf(parts.known(), conversation);
      return messages.map((message) => presentMessage(message, about));
    };
    const awaited = (conversation: ConversationId): boolean => this.#requests.pages(conversation);
    this.history = new History({ ...parts, ask, awaited, present });
    const askQuote = (conversation: ConversationId, seq: Seq): void => {
      const question: Question = { kind: "quote", conversation, seq };
      if (this.#requests.awaits(question) || this.#quotesAsked >= QUOTES_AT_ONCE || !ask(question)) return;
      this.#quotesAsked += 1;
      this.#quotesRest ??= parts.clock.after(QUOTES_MS, () => {
        this.#endQuotes();
        this.quotes.askAgain();
      });
    };
    this.quotes = new Quotes({ ...parts, ask: askQuote, present });
    this.search = new Search({ ...parts, ask });
  }

  /** True if the answer is awaited now. */
  ask(question: Question): boolean {
    return this.#requests.ask(question, this.#parts.state().limits.history_page);
  }

  /** The connection is there: everything that is wanted is asked for. */
  online(): void {
    this.history.askFirst();
    this.quotes.askAgain();
    this.search.go();
    this.#parts.people.online();
    this.#parts.list.online();
    this.#parts.flags.online();
    this.#planCheck();
  }

  /** Nothing that was asked will be answered. */
  offline(): void {
    this.end();
    this.#requests.clear();
    this.history.clear();
    this.search.offline();
    this.#parts.people.offline();
    this.#parts.list.offline();
  }

  end(): void {
    this.#check?.();
    this.#endQuotes();
    this.search.end();
  }

  #endQuotes(): void {
    this.#quotesRest?.();
    this.#quotesRest = null;
    this.#quotesAsked = 0;
  }

  /** Nothing may stay that somebody could be shown. */
  empty(): void {
    this.search.forget();
    this.#parts.list.empty();
    this.history.empty();
    this.quotes.keepOnly(new Set());
  }

  /** Windows of others are not there any more. */
  keepOnly(shown: ReadonlySet<ConversationId>): void {
    this.history.keepOnly(shown);
    this.quotes.keepOnly(shown);
  }

  /** What a frame or an answer has done: some conversations' copies are void, messages have changed, and some is missing. */
  follow({ dropped, asks, rows }: Step): void {
    for (const conversation of dropped) {
      this.#requests.forget(conversation);
      this.history.forget(conversation);
      this.quotes.drop(conversation);
    }
    for (const ask of asks) {
      if (ask.kind === "roster") this.#parts.send({ type: "roster", circle: ask.circle });
      else if (ask.kind === "changes") this.history.askChanges(ask.conversation);
      else this.history.askFirst();
    }
    this.history.follow(rows);
    this.quotes.follow(rows);
    if (dropped.length > 0) this.quotes.askAgain();
  }

  historyCame(frame: Server<"history">): void {
    const { conversation, first_seq: firstSeq, seq, rev, messages } = frame;
    const question = this.#requests.answered(frame.request);
    if (question === undefined || aboutWhich(question) !== conversation) return;
    if (question.kind === "page") {
      for (const message of messages) {
        const { sender, client_message_id: id, seq: at } = message;
        if (sender === this.#parts.me && id !== null) this.#parts.committed(id, at);
        if (isStub(message)) this.#parts.emptied(conversation, message);
      }
      this.#parts.paged(messages.map((message) => ({ conversation, message })));
      this.history.answerPage(question, frame);
    } else if (question.kind === "quote") {
      this.quotes.came(conversation, question.seq, messages.find((message) => message.seq === question.seq) ?? null);
    } else if (question.kind === "first") {
      this.history.came(conversation);
      this.#parts.first(conversation, { firstSeq, seq, rev, messages });
    }
  }

  /** Changes apply by what they say: there is nothing to remember of the question. */
  changesCame({ request }: Server<"changes">): void {
    this.#requests.answered(request);
  }

  contactsCame(frame: Server<"contacts">): void {
    const question = this.#requests.answered(frame.request);
    if (question?.kind === "search") this.search.came(question, frame);
  }

  /** Where the server does not know how, nothing is found. */
  find(question: FindQuestion): void {
    if (!this.#parts.state().features.includes("find")) this.#hits(question.act, []);
    else if (!this.ask(question)) this.#hits(question.act, null);
  }

  foundCame({ request, messages, next }: Server<"found">): void {
    const question = this.#requests.answered(request);
    if (question?.kind === "find") this.#hits(question.act, messages, next);
  }

  #hits(act: number, messages: Server<"found">["messages"] | null, next: string | null = null): void {
    const hits = messages?.flatMap(({ sent_at: sentAt, ...found }): HitView[] => {
      const kind = kindOf(found.conversation);
      return kind === undefined ? [] : [{ ...found, kind, sentAt, mine: found.sender === this.#parts.me }];
    });
    this.#parts.post({ kind: "hits", act, hits: hits ?? null, next });
  }

  membersCame(frame: Server<"members">): void {
    const question = this.#requests.answered(frame.request);
    if (question?.kind === "members") this.#parts.people.membersCame(question, frame);
  }

  roomsCame(frame: Server<"rooms">): void {
    if (this.#requests.answered(frame.request)?.kind === "rooms") this.#parts.people.roomsCame(frame);
  }

  listCame(frame: Server<"list">): void {
    const question = this.#requests.answered(frame.request);
    if (question !== undefined && isOfList(question)) this.#parts.list.came(question, frame);
  }

  flagsCame(frame: Server<"flags">): void {
    const question = this.#requests.answered(frame.request);
    if (question?.kind === "flag") this.#parts.flags.came(question, frame);
  }

  /** True if the error answers a question. */
  refused(frame: Server<"error">): boolean {
    const question = this.#requests.answered(frame.request);
    if (question === undefined) return false;
    if (question.kind === "flag") this.#parts.flags.refused(question, frame);
    else if (frame.final) this.#unanswerable(question, frame);
    else {
      this.#parts.clock.after(frame.retry_after_ms ?? AGAIN_MS, () => {
        if (question.kind === "search") this.search.again(question);
        else if (question.kind === "quote") this.quotes.askAgain();
        else if (question.kind === "find") this.find(question);
        else if (isOfPeople(question)) this.#parts.people.cameNot(question, false);
        else if (isOfList(question)) this.#parts.list.again(question);
        else this.history.again(question);
      });
    }
    return true;
  }

  /** An end to the waiting: there is nothing to show. */
  #unanswerable(question: Exclude<Question, { kind: "flag" }>, { code, message }: Server<"error">): void {
    if (question.kind === "quote") {
      this.quotes.came(question.conversation, question.seq, null);
      return;
    }
    if (question.kind === "find") {
      this.#hits(question.act, []);
      return;
    }
    if (isOfPeople(question)) {
      this.#parts.people.cameNot(question, true);
      return;
    }
    if (isOfList(question)) this.#parts.list.cameNot(question, true);
    else if (question.kind === "search") this.search.cameNot();
    else if (question.kind === "page") this.history.answerPage(question, { messages: [], more: false });
    else if (question.kind === "first") this.#parts.first(question.conversation, { firstSeq: 1, seq: 0, rev: 0, messages: [] });
    const conversation = aboutWhich(question);
    this.#parts.post({ kind: "refused", code, message, ...(conversation === undefined ? {} : { conversation }) });
  }

  /** While somebody looks at them, what the open windows may have missed is asked for. */
  #planCheck(): void {
    this.#check?.();
    this.#check = this.#parts.clock.after(CHECK_MS, () => {
      if (this.#parts.visible()) this.history.check();
      this.#planCheck();
    });
  }
}

function isOfPeople(question: Question): question is Extract<Question, { kind: "members" | "rooms" }> {
  return question.kind === "members" || question.kind === "rooms";
}

function isOfList(question: Question): question is Extract<Question, { kind: "list" | "entries" | "sift" }> {
  return question.kind === "list" || question.kind === "entries" || question.kind === "sift";
}
