/**
 * The half-written texts, with what they are to answer, and edits that are not saved, sealed one by one in the browser's
 * database. They belong to the person, not to the login: see unsent.ts. Must not know windows.
 */
import type { Database } from "./database.js";
import type { Answer } from "./entries.js";
import type { UnsentVault } from "./unsent.js";
import type { ConversationId, EditDraft, PageConfig } from "../view.js";

/** What is being written in one conversation. */
export interface Draft extends Answer {
  text: string;
  edit?: EditDraft;
}

/** Nothing is being written. */
export const NO_DRAFT: Draft = { text: "" };

function isDraft(value: unknown): value is Draft {
  return typeof value === "object" && value !== null && "text" in value && typeof value.text === "string";
}

/** Whom it mentions says nothing without a text. */
export function isEmpty({ text, replyTo, edit }: Draft): boolean {
  return text === "" && replyTo === undefined && edit === undefined;
}

export function isSame(one: Draft, other: Draft): boolean {
  const facts = ({ text, replyTo, epoch, mentions, edit }: Draft): string =>
    JSON.stringify([text, replyTo, epoch, mentions, edit?.key, edit?.text]);
  return facts(one) === facts(other);
}

export class Drafts {
  readonly #config: PageConfig;
  readonly #database: Database | undefined;
  readonly #vault: UnsentVault | undefined;
  /** What waits to be written; an empty one: to be removed. */
  #waiting = new Map<ConversationId, Draft>();
  #writing: Promise<boolean> | null = null;
  /** For each reading under way, what was kept since it began. */
  readonly #touched = new Set<Set<ConversationId>>();

  constructor(config: PageConfig, database: Database | undefined, vault: UnsentVault | undefined) {
    this.#config = config;
    this.#database = database;
    this.#vault = vault;
  }

  /** Those that can be read and are not written anew meanwhile. Those that never will be read are removed. */
  async load(): Promise<Map<ConversationId, Draft>> {
    const drafts = new Map<ConversationId, Draft>();
    const touched = new Set<ConversationId>();
    this.#touched.add(touched);
    await this.flush();
    await this.#read(drafts);
    this.#touched.delete(touched);
    for (const conversation of touched) drafts.delete(conversation);
    // What could not be written is newer than what lies there.
    for (const [conversation, draft] of this.#waiting) {
      if (isEmpty(draft)) drafts.delete(conversation);
      else drafts.set(conversation, draft);
    }
    return drafts;
  }

  async #read(drafts: Map<ConversationId, Draft>): Promise<void> {
    const [database, vault] = [this.#database, this.#vault];
    if (database === undefined || vault === undefined) return;
    try {
      const { site, user } = this.#config;
      for (const record of await database.getAll("drafts", IDBKeyRange.bound([site, user], [site, user, []]))) {
        const draft = await vault.open(this.#name(record.conversation), record);
        if (isDraft(draft)) drafts.set(record.conversation, draft);
        else if (vault.certain) await database.delete("drafts", [site, user, record.conversation]);
      }
    } catch {
      // What cannot be read now is read by the next page.
    }
  }

  /** Keeps this soon; an empty one is removed. */
  keep(conversation: ConversationId, draft: Draft): void {
    this.#waiting.set(conversation, draft);
    for (const touched of this.#touched) touched.add(conversation);
    void this.flush();
  }

  /** Writes what waits; of each conversation the latest only. True: it outlives the page. */
  flush(): Promise<boolean> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #writeAll(): Promise<boolean> {
    const [database, vault] = [this.#database, this.#vault];
    if (database === undefined || vault === undefined) return false;
    const { site, user } = this.#config;
    while (this.#waiting.size > 0) {
      const waiting = this.#waiting;
      this.#waiting = new Map();
      try {
        for (const [conversation, draft] of waiting) {
          if (isEmpty(draft)) await database.delete("drafts", [site, user, conversation]);
          else {
            const sealed = await vault.seal(this.#name(conversation), draft);
            await database.put("drafts", { site, user, conversation, ...sealed });
          }
        }
      } catch {
        // Full or taken away: tried again with what is kept next.
        this.#waiting = new Map([...waiting, ...this.#waiting]);
        return false;
      }
    }
    return true;
  }

  #name(conversation: ConversationId): string {
    const { site, user } = this.#config;
    return JSON.stringify(["draft", site, user, conversation]);
  }
}
