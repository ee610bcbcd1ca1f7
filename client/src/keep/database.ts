/**
 * The browser's database: where sealed records lie. Owns the schema and whose records may stay.
 *
 * Must not know what is sealed. Without IndexedDB (private mode, blocked, full) there is no database, and everything
 * lives in memory.
 */
import { openDB } from "idb";
import type { DBSchema, IDBPDatabase } from "idb";
import type { Sealed } from "./vault.js";
import type { ConversationId, PageConfig, UserId } from "../view.js";

/** One part of a user's copy: the dock, one conversation, or what else belongs to the login. */
export interface CopyRecord extends Sealed {
  site: string;
  user: UserId;
  sid: string;
  part: string;
}

/** One entry of the outbox: what it is about is sealed. */
export interface OutboxRecord extends Sealed {
  /** Of a message its `client_message_id`. */
  id: string;
  site: string;
  user: UserId;
  /** Of a message: nobody has tried to send it. Not sealed, so that it is looked at and changed in one step. */
  untried?: true;
}

/** One half-written text, sealed. */
export interface DraftRecord extends Sealed {
  site: string;
  user: UserId;
  conversation: ConversationId;
}

interface Schema extends DBSchema {
  copies: { key: [string, UserId, string, string]; value: CopyRecord };
  drafts: { key: [string, UserId, ConversationId]; value: DraftRecord };
  outbox: { key: string; value: OutboxRecord; indexes: { owner: [string, UserId] } };
}

export type Database = IDBPDatabase<Schema>;

/** Opens the database, or undefined where the browser has none to give. */
export async function openDatabase(available: boolean): Promise<Database | undefined> {
  if (!available) return undefined;
  try {
    const database: Database = await openDB<Schema>("gchat", 2, {
      upgrade(created, before) {
        if (before < 1) {
          created.createObjectStore("copies", { keyPath: ["site", "user", "sid", "part"] });
          created.createObjectStore("outbox", { keyPath: "id" }).createIndex("owner", ["site", "user"]);
        }
        created.createObjectStore("drafts", { keyPath: ["site", "user", "conversation"] });
      },
      // A newer page wants another schema: this one goes on in memory.
      blocking() {
        database.close();
      },
    });
    return database;
  } catch {
    return undefined;
  }
}

/** Erases this site's copies of other users and other logins. Their drafts and their outbox wait, unreadable, for their owner. */
export async function eraseOthers(database: Database, { site, user, sid }: PageConfig): Promise<void> {
  const { store, done } = database.transaction("copies", "readwrite");
  for (const key of await store.getAllKeys()) {
    if (key[0] === site && (key[1] !== user || key[2] !== sid)) void store.delete(key);
  }
  await done;
}
