/**
 * A place beside the copy of what the server told, for small parts of the login's own: sealed with a key of the login, and
 * erased with the copy. Must not know what a part holds.
 *
 * It comes later, and what it needs of the start is handed to it: imported, it would break the start's file into two.
 */
import type { openDatabase } from "./database.js";
import type { openVault } from "./vault.js";
import type { readMark } from "../mark.js";
import type { PageConfig } from "../view.js";

export interface Shelf {
  config: PageConfig;
  openDatabase: typeof openDatabase;
  openVault: typeof openVault;
  readMark: typeof readMark;
}

/** What an earlier page of the login kept; undefined where it kept nothing, or nothing can be kept. */
export function loadPart(shelf: Shelf, part: string): Promise<unknown> {
  return reach(shelf, part, async (database, vault, { site, user, sid }) => {
    const record = await database.get("copies", [site, user, sid, part]);
    return record && vault.open(part, record);
  });
}

export async function keepPart(shelf: Shelf, part: string, value: unknown): Promise<void> {
  await reach(shelf, part, async (database, vault, { site, user, sid }) => {
    await database.put("copies", { site, user, sid, part, ...(await vault.seal(part, value)) });
  });
}

type Opened<Open extends (...args: never[]) => Promise<unknown>> = NonNullable<Awaited<ReturnType<Open>>>;
type Work = (database: Opened<typeof openDatabase>, vault: Opened<typeof openVault>, config: PageConfig) => Promise<unknown>;

async function reach({ config, openDatabase, openVault, readMark }: Shelf, part: string, work: Work): Promise<unknown> {
  // As it is now: the login may be over.
  const secrets = { salt: config.salt, mark: readMark(config, document.cookie) };
  const vault = await openVault(secrets, `${part} ${config.site} ${config.user}`, globalThis.crypto);
  const database = vault && (await openDatabase("indexedDB" in globalThis));
  if (vault === undefined || database === undefined) return undefined;
  try {
    return await work(database, vault, config);
  } finally {
    database.close();
  }
}
