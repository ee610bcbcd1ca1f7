/** What each command of the elements asks of the core's parts. */
import { NO_DRAFT } from "../keep/drafts.js";
import type { Draft } from "../keep/drafts.js";
import type { Acts } from "./acts.js";
import type { Flags } from "./flags.js";
import type { List } from "./list.js";
import type { Outbox } from "./outbox.js";
import type { People } from "./people.js";
import type { WantedWindow } from "./present.js";
import { conversationOf } from "../net/protocol.js";
import type { Questions } from "./questions.js";
import type { Command, ConversationId, RosterPerson, Seq, UserId } from "../view.js";

export interface CommandParts {
  me: UserId;
  outbox: Outbox;
  questions: Questions;
  acts: Acts;
  people: People;
  list: List;
  flags: Flags;
  /** The list of conversations is told as a whole. */
  listed(): void;
  /** Those on the list. */
  online(): readonly RosterPerson[];
  /** The person writes: they are there. */
  active(): void;
  want(conversation: ConversationId, wanted: WantedWindow): void;
  /** `told`: also to the page that it comes from. */
  draft(conversation: ConversationId, draft: Draft, told?: boolean): void;
  typing(conversation: ConversationId): void;
  /** The draft as it is. */
  drafted(conversation: ConversationId): Draft;
  /** What is to be finished before the core ends. */
  unfinished(doing: Promise<void>): void;
  seen(conversation: ConversationId, seq: Seq): void;
  look(visible: boolean): void;
  leave(): void;
  back(): void;
  wake(): void;
  end(): void;
}

/** Of what goes through the outbox: resolves when it cannot be lost any more. */
export function perform(parts: CommandParts, command: Command): Promise<void> | undefined {
  switch (command.kind) {
    case "send":
    case "edit":
    case "delete":
    case "undelete":
    case "react":
      return written(parts, command);
    case "make":
    case "add":
    case "remove":
    case "rename":
    case "announce":
      parts.acts.do(command);
      return undefined;
    case "flag":
      parts.flags.do(command);
      return undefined;
    case "list":
      parts.list.show(command.more ?? false);
      if (command.more !== true) parts.listed();
      return undefined;
    case "sift":
      parts.list.sift(command.filter, command.more ?? false);
      return undefined;
    case "members":
      parts.people.show(command.conversation, command.over ?? false);
      return undefined;
    case "rooms":
      parts.people.askRooms();
      return undefined;
    case "enter":
      parts.want(command.conversation, { state: "open", contact: null, title: command.title });
      return undefined;
    case "open":
      if (command.person.id !== parts.me) open(parts, command);
      return undefined;
    case "restore":
      parts.want(command.conversation, { state: "open", contact: null });
      return undefined;
    case "minimise":
      parts.want(command.conversation, { state: "minimised", contact: null });
      return undefined;
    case "close":
      parts.want(command.conversation, { state: "closed", contact: null });
      return undefined;
    case "dismiss":
      void parts.outbox.dismiss(command.conversation, command.key);
      return undefined;
    case "retry":
      void parts.outbox.retry(command.key);
      return undefined;
    case "discard":
      parts.unfinished(discard(parts, command.conversation, command.key));
      return undefined;
    case "quote":
      parts.questions.quotes.want(command.conversation, command.seq);
      return undefined;
    case "first":
      parts.questions.history.askFirstAgain(command.conversation);
      return undefined;
    case "page":
      parts.questions.history.again(command);
      return undefined;
    case "search":
      parts.questions.search.wish(command);
      return undefined;
    case "find":
      parts.questions.find(command);
      return undefined;
    case "seen":
      parts.seen(command.conversation, command.seq);
      return undefined;
    case "typing":
      parts.active();
      parts.typing(command.conversation);
      return undefined;
    case "draft":
      parts.draft(command.conversation, draftOf(command));
      return undefined;
    case "visible":
      parts.look(command.visible);
      return undefined;
    case "leaving":
      parts.leave();
      return undefined;
    case "back":
      parts.back();
      return undefined;
    case "reconnect":
      parts.wake();
      return undefined;
    case "end":
      parts.end();
      return undefined;
  }
}

/** Where neither the page nor the list says more than the id, the window waits for the server's word. */
function open(parts: CommandParts, { person }: Extract<Command, { kind: "open" }>): void {
  const { id } = person;
  const here = parts.online().find((one) => one.id === id);
  const told = "name" in person ? person : here;
  const status = here === undefined ? ("offline" as const) : here.status;
  const contact = told === undefined ? null : { id, name: told.name, picture: told.picture, profile_url: told.profileUrl, status };
  parts.want(conversationOf(parts.me, id), { state: "open", contact });
}

function draftOf({ text, replyTo, mentions, edit }: Draft): Draft {
  return {
    text,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(mentions === undefined ? {} : { mentions }),
    ...(edit === undefined ? {} : { edit }),
  };
}

function onlyEdit({ edit }: Draft): Pick<Draft, "edit"> {
  return edit === undefined ? {} : { edit };
}

/** Removes a refused message; it becomes the draft where there is none. */
async function discard(parts: CommandParts, conversation: ConversationId, key: string): Promise<void> {
  const removed = await parts.outbox.discard(key);
  const drafted = parts.drafted(conversation);
  if (removed === undefined || drafted.text !== "") return;
  parts.draft(conversation, draftOf({ ...removed, ...onlyEdit(drafted) }), true);
}

type Written = Extract<Command, { kind: "send" | "edit" | "delete" | "undelete" | "react" }>;

function written(parts: CommandParts, command: Written): Promise<void> {
  const { conversation } = command;
  parts.active();
  switch (command.kind) {
    case "send":
      // An edit that is not saved is another page's of this person: it waits on.
      parts.draft(conversation, { ...NO_DRAFT, ...onlyEdit(parts.drafted(conversation)) });
      return parts.outbox.add(conversation, command.text, {
        ...(command.key === undefined ? {} : { id: command.key }),
        ...(command.replyTo === undefined ? {} : { replyTo: command.replyTo }),
        ...(command.mentions === undefined ? {} : { mentions: command.mentions }),
        ...(command.again === undefined ? {} : { again: command.again }),
      });
    case "edit":
      return parts.outbox.edit(conversation, command.key, command.text, command.seq);
    case "delete":
      return parts.outbox.delete(conversation, command.key, { seq: command.seq ?? 0, id: command.id });
    case "undelete":
      return parts.outbox.undelete(conversation, command.key, command.at);
    case "react":
      return parts.outbox.react(conversation, command.key, command.emoji, { seq: command.seq ?? 0, id: command.id });
  }
}
