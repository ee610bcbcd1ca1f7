/** What the elements of a page tell each other, and what they ask of the core and have answered. */
import type { Command, ConversationId, Face, Seq, Update, UserId } from "../view.js";

/** Between elements of this page only. */
export type Local =
  /** The person here asked for this window: show it and put the cursor into it. */
  | { kind: "asked"; conversation: ConversationId }
  /** The person here asked for the window of somebody of whom the page knows nothing yet. */
  | { kind: "awaited" }
  /** A failed message was removed: its text may go back to where it was written, with whom it mentions. */
  | { kind: "handback"; conversation: ConversationId; text: string; reply: Seq | null; mentions: UserId[] }
  /** What the page holds of this conversation is another: see `Scene.readings` and `Scene.quoteOf`. */
  | { kind: "reading"; conversation: ConversationId }
  /** What the box is for is another: see `Scene.purposeOf`. `turn`: the person has just asked for it. */
  | { kind: "purpose"; conversation: ConversationId; turn: boolean }
  /** The person asks for a dialog, see `dialogs.ts`. */
  | { kind: "dialog"; dialog: DialogAsked }
  /** Show this message, wherever it is. */
  | { kind: "goto"; conversation: ConversationId; seq: Seq }
  /** What was refused in this window has been done since, or is of no matter any more. */
  | { kind: "mended"; conversation: ConversationId }
  /** To be said politely, once, to those who do not see what they have done. */
  | { kind: "said"; conversation: ConversationId; text: string }
  /** The page is being left: tell the core what is still only in an element. */
  | { kind: "flush" };

export type Signal = Update | Local;

export type DialogAsked =
  /** A new group, also out of a conversation with one person. */
  | { kind: "group"; with: Face | null }
  | { kind: "add" | "members" | "rename" | "leave"; conversation: ConversationId }
  | { kind: "seen"; conversation: ConversationId; seq: Seq };

/** What is answered by `done`, without its number. */
export type Act = Unnumbered<Extract<Command, { act: number }>>;
type Unnumbered<C> = C extends unknown ? Omit<C, "act"> : never;
