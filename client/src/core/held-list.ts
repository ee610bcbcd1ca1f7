/** The person's list of conversations as far as it is loaded: what listing.ts keeps in step. */
import type { ListEntry } from "../net/protocol.js";
import type { ConversationId, Seq } from "../view.js";

/** A conversation of the list, as it was answered and followed since. */
export type Entry = ListEntry & {
  /** Up to which rev `last` is known. */
  upTo: number;
  /** The message that was `last` and is a stub now: no older answer brings it back. */
  stub?: Seq;
};

export interface Listing {
  /** All that are held: of the list, and what filters have told. */
  entries: ReadonlyMap<ConversationId, Entry>;
  /** Those of the list, in its order. */
  order: readonly ConversationId[];
  /** Where the next page begins; null: there is none. "": not known, the first page is to be asked for. */
  next: string | null;
  /** An answer has come, or the browser's copy had one. */
  known: boolean;
}

export const emptyListing: Listing = { entries: new Map(), order: [], next: null, known: false };
