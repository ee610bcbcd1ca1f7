/**
 * The browser's copy of the dock, from which a page is painted before the socket opens: windows, their last messages,
 * rosters, sealed part by part.
 *
 * It is never the truth: `welcome` continues or resets it. Must not know sockets or views.
 */
import type { KeptChange } from "../core/dock.js";
import type { Cancel, Clock } from "../clock.js";
import type { CopyRecord, Database } from "./database.js";
import type { Contact, Room, RosterContact } from "../net/protocol.js";
import { keptOf } from "../core/listing.js";
import { emptyListing } from "../core/held-list.js";
import type { Entry, Listing } from "../core/held-list.js";
import { LIST_PAGE } from "../core/requests.js";
import type { State } from "../core/state.js";
import { emptyTalk } from "../core/talk.js";
import type { Talk } from "../core/talk.js";
import type { Vault } from "./vault.js";
import type { ConversationId, PageConfig, UserId } from "../view.js";

/** What the server tells is gathered for so long before it is written. */
const GATHER_MS = 20;

/** What is sealed as `dock`. */
interface DockPart {
  format: 3;
  state: Pick<State, "epoch" | "boot" | "circles" | "dockVersion" | "windows" | "limits" | "features">;
}

/** What is sealed as `rosters`: hundreds of people, who are not written again for each message. */
type RostersPart = [string, { version: number | null; total: number; contacts: RosterContact[] }][];

/** What is sealed as `list`: the beginning of it, for a page that shows it before the server can answer. */
type ListPart = Omit<Listing, "entries"> & { entries: Entry[] };

/** What a page finds of earlier ones. */
export interface Copy {
  state: State;
  /** Dock changes that the server has not confirmed. */
  changes: readonly KeptChange[];
}

export class CopyKeeper {
  readonly #database: Database | undefined;
  readonly #vault: Vault | undefined;
  readonly #config: PageConfig;
  readonly #clock: Clock;
  /** What lies in the database by part, to write only what differs. */
  readonly #written = new Map<string, unknown>();
  #latest: Copy | null = null;
  #timer: Cancel | null = null;
  #writing: Promise<boolean> | null = null;
  #ended = false;

  constructor(config: PageConfig, database: Database | undefined, vault: Vault | undefined, clock: Clock) {
    this.#config = config;
    this.#database = database;
    this.#vault = vault;
    this.#clock = clock;
  }

  /** What an earlier page of this login kept; undefined where there is nothing readable. */
  async load(empty: State): Promise<Copy | undefined> {
    const [database, vault] = [this.#database, this.#vault];
    if (database === undefined || vault === undefined) return undefined;
    try {
      const { site, user, sid } = this.#config;
      const records = await database.getAll("copies", IDBKeyRange.bound([site, user, sid], [site, user, sid, []]));
      const parts = new Map<string, unknown>();
      await Promise.all(
        records.map(async (record) => parts.set(record.part, await vault.open(this.#name(record.part), record))),
      );
      return restored(parts, empty);
    } catch {
      return undefined;
    }
  }

  /** Keeps this value soon; a later one replaces it. */
  keep(copy: Copy): void {
    if (this.#database === undefined || this.#vault === undefined || this.#ended) return;
    this.#latest = copy;
    this.#timer ??= this.#clock.after(GATHER_MS, () => void this.flush());
  }

  /** Writes what waits; only the newest of what comes meanwhile. True: it outlives the page. */
  flush(): Promise<boolean> {
    this.#timer?.();
    this.#timer = null;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  /** The login has ended: what it kept is erased, and nothing is kept any more. */
  async forget(): Promise<void> {
    this.#ended = true;
    this.#latest = null;
    await this.#writing;
    const { site, user, sid } = this.#config;
    await this.#database?.delete("copies", IDBKeyRange.bound([site, user, sid], [site, user, sid, []])).catch(() => undefined);
  }

  async #writeAll(): Promise<boolean> {
    while (this.#latest !== null) {
      const copy = this.#latest;
      this.#latest = null;
      try {
        await this.#write(copy);
      } catch {
        // Full or taken away: tried again with what is kept next.
        this.#latest ??= copy;
        return false;
      }
    }
    return this.#database !== undefined && this.#vault !== undefined && !this.#ended;
  }

  #name(part: string): string {
    const { site, user, sid } = this.#config;
    return JSON.stringify(["copy", site, user, sid, part]);
  }

  async #write({ state, changes }: Copy): Promise<void> {
    const [database, vault] = [this.#database, this.#vault];
    if (database === undefined || vault === undefined) return;
    // Identity tells what changed: the state is immutable.
    const parts = new Map<string, [mark: unknown, value: () => unknown]>([
      ["changes", [JSON.stringify(changes), () => changes]],
      ["windows", [state.windows, () => dockPart(state)]],
      ["circles", [state.circles, () => dockPart(state)]],
      ["rosters", [state.rosters, () => rostersPart(state)]],
      ["faces", [state.faces, () => [...state.faces.values()]]],
      ["rooms", [state.rooms, () => state.rooms]],
      ["list", [state.listing, () => listPart(state.listing)]],
      ["blocked", [state.blocked, () => state.blocked]],
    ]);
    for (const { conversation } of state.windows) {
      const talk = state.talks.get(conversation);
      // What waits for something that is missing is told again by `welcome`.
      if (talk?.loaded === true) parts.set(`talk:${conversation}`, [talk, () => ({ ...talk, waiting: [] })]);
    }
    const changed = [...parts].filter(([part, [mark]]) => this.#written.get(part) !== mark);
    const { site, user, sid } = this.#config;
    const records = new Map<string, CopyRecord>();
    for (const [part, [, value]] of changed) {
      const name = part === "windows" || part === "circles" ? "dock" : part;
      if (!records.has(name)) {
        records.set(name, { site, user, sid, part: name, ...(await vault.seal(this.#name(name), value())) });
      }
    }
    const gone = [...this.#written.keys()].filter((part) => !parts.has(part));
    if (records.size === 0 && gone.length === 0) return;
    // Sealed first: a transaction does not wait for anything but itself.
    const { store, done } = database.transaction("copies", "readwrite");
    for (const record of records.values()) void store.put(record);
    for (const part of gone) void store.delete([site, user, sid, part]);
    await done;
    for (const part of gone) this.#written.delete(part);
    for (const [part, [mark]] of changed) this.#written.set(part, mark);
  }
}

function dockPart(state: State): DockPart {
  const { epoch, boot, circles, dockVersion, windows, limits, features } = state;
  return { format: 3, state: { epoch, boot, circles, dockVersion, windows, limits, features } };
}

function rostersPart(state: State): RostersPart {
  return [...state.rosters].map(([circle, { version, total, contacts }]) => [
    circle,
    { version, total, contacts: [...contacts.values()] },
  ]);
}

function listPart(listing: Listing): ListPart {
  const kept = keptOf(listing, LIST_PAGE);
  return { ...kept, entries: [...kept.entries.values()] };
}

/** The sealed parts are this client's own writing, authenticated by AES-GCM: the format number is check enough. */
function restored(parts: ReadonlyMap<string, unknown>, empty: State): Copy | undefined {
  const dock = parts.get("dock") as DockPart | undefined;
  if (dock?.format !== 3) return undefined;
  const rosters = (parts.get("rosters") as RostersPart | undefined) ?? [];
  const list = parts.get("list") as ListPart | undefined;
  const talks = new Map<ConversationId, Talk>();
  for (const { conversation } of dock.state.windows) {
    const talk = parts.get(`talk:${conversation}`) as Talk | undefined;
    if (talk !== undefined) talks.set(conversation, { ...emptyTalk, ...talk });
  }
  return {
    state: {
      ...empty,
      ...dock.state,
      rosters: new Map(
        rosters.map(([circle, { version, total, contacts }]) => [
          circle,
          { version, total, contacts: new Map(contacts.map((contact) => [contact.id, contact])) },
        ]),
      ),
      talks,
      faces: new Map(((parts.get("faces") as Contact[] | undefined) ?? []).map((face) => [face.id, face])),
      listing: list === undefined ? emptyListing : { ...list, entries: new Map(list.entries.map((entry) => [entry.conversation, entry])) },
      rooms: (parts.get("rooms") as Room[] | undefined) ?? [],
      blocked: (parts.get("blocked") as UserId[] | undefined) ?? [],
      welcomed: true,
    },
    changes: (parts.get("changes") as KeptChange[] | undefined) ?? [],
  };
}
