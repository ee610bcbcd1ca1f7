/**
 * What the core needs of the place it runs in, as small adapters. Page and worker give the same but for the token's
 * shelf, whether anybody looks, and what the tab's last page left. The core itself touches no document, window or
 * sessionStorage.
 */
import type { Cancel, Clock } from "./clock.js";
import { realClock } from "./clock.js";
import type { Socket } from "./net/connection.js";
import type { Copy, CopyKeeper } from "./keep/copy.js";
import type { Database } from "./keep/database.js";
import type { Draft } from "./keep/drafts.js";
import type { Entry } from "./keep/entries.js";
import type { Channel } from "./core/pending.js";
import type { TokenShelf } from "./net/token.js";
import type { UnsentVault } from "./keep/unsent.js";
import type { Cipher } from "./keep/vault.js";
import type { Command, ConversationId } from "./view.js";

export interface Environment {
  clock: Clock;
  crypto: Cipher;
  fetch: typeof fetch;
  shelf: TokenShelf;
  /** Whether there is an IndexedDB to try. */
  database: boolean;
  locks: LockManager | undefined;
  /** Whether somebody can see the page, until the elements tell otherwise. */
  visible: boolean;
  openSocket(url: string): Socket;
  openChannel(name: string): Channel | undefined;
  /** What the person did last on the tab's earlier page, too late for it to be kept. */
  left(): Promise<Command[]>;
  /** Calls back whenever the network comes back. */
  watchNetwork(back: () => void): Cancel;
  /** For developers; never content. */
  warn(text: string): void;
}

/** What the browser gives to keep things in, and what was found there. */
export interface Kept {
  database: Database | undefined;
  /** For what is not sent. */
  vault: UnsentVault | undefined;
  keeper: CopyKeeper;
  copy: Copy | undefined;
  drafts: ReadonlyMap<ConversationId, Draft>;
  /** Entries of the outbox that are known already. */
  pending?: Iterable<Entry>;
}

/** The page or worker that this runs in as the core's place. */
export function environmentHere(own: Pick<Environment, "shelf" | "visible" | "left">): Environment {
  return {
    ...own,
    clock: realClock,
    // Outside a secure context `subtle` is missing, whatever the type says.
    crypto: globalThis.crypto,
    fetch: globalThis.fetch.bind(globalThis),
    database: "indexedDB" in globalThis,
    locks: "locks" in navigator ? navigator.locks : undefined,
    openSocket: (url) => new WebSocket(url),
    openChannel: (name) => ("BroadcastChannel" in globalThis ? new BroadcastChannel(name) : undefined),
    watchNetwork(back) {
      globalThis.addEventListener("online", back);
      return () => {
        globalThis.removeEventListener("online", back);
      };
    },
    warn(text) {
      console.warn(`gchat: ${text}`);
    },
  };
}
