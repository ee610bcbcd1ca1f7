/**
 * Starts a core: opens what the browser keeps, reads the copy and what the tab's last page could not finish, and only
 * then lets the core speak, so that the first paint is whole. What the page says meanwhile waits.
 */
import { CopyKeeper } from "./keep/copy.js";
import { Core } from "./core/core.js";
import type { Port } from "./core/core.js";
import { eraseOthers, openDatabase } from "./keep/database.js";
import type { Database } from "./keep/database.js";
import { Drafts } from "./keep/drafts.js";
import type { Environment } from "./environment.js";
import { readEntries } from "./keep/entries.js";
import { emptyState } from "./core/state.js";
import { UnsentVault } from "./keep/unsent.js";
import { openVault } from "./keep/vault.js";
import type { Vault } from "./keep/vault.js";
import type { Command, PageConfig, Update } from "./view.js";

/** A browser that does not open its database within so long is treated as having none. Busy old computers are slow. */
const DATABASE_MS = 6_000;

/** Starts the core behind `port`, whose last command is `end`. Rejects where there cannot be one. */
export async function startCore(port: Port, config: PageConfig, environment: Environment): Promise<void> {
  const early: Command[] = [];
  port.onmessage = (event: MessageEvent<Command>) => early.push(event.data);
  const { database, vault, unsent } = await openKept(config, environment);
  // Also where nothing can be sealed: what others left is erased. Nothing waits for it.
  if (database !== undefined) void eraseOthers(database, config).catch(() => undefined);
  const keeper = new CopyKeeper(config, database, vault, environment.clock);
  const [copy, drafts, left] = await Promise.all([
    keeper.load(emptyState(config.user)),
    new Drafts(config, database, unsent).load(),
    environment.left().catch((): Command[] => []),
  ]);
  const core = new Core(port, config, environment, { database, vault: unsent, keeper, copy, drafts });
  await core.load();
  for (const command of [...left, ...early]) core.command(command);
  port.onmessage = (event: MessageEvent<Command>) => {
    core.command(event.data);
  };
  core.start();
}

/**
 * Tells once what a core would tell first, while the one in the worker is still starting. It reads only: the worker
 * writes, sends, and answers for what the page did.
 */
export async function paint(config: PageConfig, environment: Environment, post: (update: Update) => void): Promise<void> {
  const { database, vault, unsent } = await openKept(config, environment);
  if (database === undefined || vault === undefined || unsent === undefined) return;
  const { clock } = environment;
  const [copy, drafts, left, entries] = await Promise.all([
    new CopyKeeper(config, database, vault, clock).load(emptyState(config.user)),
    new Drafts(config, database, unsent).load(),
    environment.left().catch((): Command[] => []),
    readEntries(database, unsent, config).catch(() => undefined),
  ]);
  database.close();
  const keeper = new CopyKeeper(config, undefined, undefined, clock);
  const pending = entries?.stored.values() ?? [];
  const apart = { ...environment, locks: undefined, openChannel: () => undefined, watchNetwork: () => () => undefined };
  const port: Port = {
    onmessage: null,
    postMessage(update: Update) {
      if (update.kind !== "durable") post(update);
    },
  };
  const kept = { database: undefined, vault: undefined, keeper, copy, drafts, pending };
  const core = new Core(port, config, apart, kept);
  for (const command of left) core.command(command);
  core.paint();
}

interface Opened {
  database: Database | undefined;
  /** For the copy. */
  vault: Vault | undefined;
  unsent: UnsentVault | undefined;
}

async function openKept(config: PageConfig, environment: Environment): Promise<Opened> {
  const vault = await openVault(config, `copy ${config.site} ${config.user}`, environment.crypto).catch(() => undefined);
  const impatient = new Promise<undefined>((resolve) => {
    environment.clock.after(DATABASE_MS, () => {
      resolve(undefined);
    });
  });
  const database = await Promise.race([openDatabase(environment.database), impatient]);
  if (database === undefined) environment.warn("no database in this browser: nothing is kept beyond this page");
  return { database, vault, unsent: await UnsentVault.open(config, environment.crypto, database) };
}
