// One Moodle with the chat, as an administrator makes it: database, web server and chat server, the installer, the
// plugin's zip, the upgrade.
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Chat } from "./chat.mjs";
import { DATABASES } from "./databases.mjs";
import { folder, run, Service, WEB } from "./process.mjs";
import { copyTree } from "./tree.mjs";
import { phpFlags, Web } from "./web.mjs";

const REPOSITORY = resolve(import.meta.dirname, "..", "..");
export const ADMIN = { username: "admin", password: "Admin.2026-now" };
export const PASSWORD = "Chat.2026-now";

const open = new Set();

/** Ends all sites of this process, those that are still being made too. */
export async function closeAll() {
  await Promise.all([...open].map((site) => site.close()));
}

/** A site without the plugin: `tree` is somebody's Moodle, `database` one of DATABASES. */
export async function install(tree, database, { say = () => {} } = {}) {
  const site = new Site();
  try {
    await site.make(tree, database, say);
    return site;
  } catch (error) {
    await site.close();
    throw error;
  }
}

export class Site {
  async make(source, database, say) {
    if (DATABASES[database] === undefined) throw new Error(`there is no database '${database}': ${Object.keys(DATABASES).join(", ")}`);
    this.path = mkdtempSync(join(tmpdir(), "gchat-moodle-"));
    // The accounts of database and web server must get to their folders in it.
    chmodSync(this.path, 0o755);
    this.web = await Web.prepare(this.path);
    this.url = this.web.url;
    open.add(this);
    this.data = folder(join(this.path, "data"), WEB);
    writeFileSync(join(this.path, "php.log"), "");
    chmodSync(join(this.path, "php.log"), 0o666);
    say(`copying ${source}`);
    const started = [copyTree(source, join(this.path, "moodle")), DATABASES[database](this.path), this.#startChat()];
    // All of them end before anything is said of one: what has been started is to be closed.
    await Promise.allSettled(started);
    this.database = await started[1];
    this.tree = await started[0];
    await started[2];
    this.title = `Moodle ${this.tree.release} on ${this.database.name} ${this.database.version}`;
    say(`installing ${this.title}`);
    await this.#install();
    await this.web.start(this.tree.web, this.chat.port, {
      php: phpFlags(this.path),
      routed: existsSync(join(this.tree.web, "r.php")),
    });
  }

  async #startChat() {
    this.chat = await Chat.prepare(this.path);
    this.code = await this.chat.add(this.url);
    await this.chat.start();
  }

  async #install() {
    const options = {
      lang: "en",
      wwwroot: this.url,
      dataroot: this.data,
      ...this.database.options,
      fullname: "Test School",
      shortname: "school",
      adminuser: ADMIN.username,
      adminpass: ADMIN.password,
      adminemail: "admin@example.org",
    };
    const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    await this.php(["admin/cli/install.php", "--non-interactive", "--agree-license", "--allow-unstable", ...flags]);
    this.configure(["$CFG->noemailever = true;", "$CFG->debug = E_ALL;", "$CFG->debugdisplay = 0;", "$CFG->cookiesecure = false;"]);
    await this.deeds(["no_tours"]);
  }

  /** Lets config.php say more, as an administrator does it. Gives what takes it back. */
  configure(lines) {
    const path = join(this.tree.root, "config.php");
    const before = readFileSync(path, "utf8");
    writeFileSync(path, before.replace(/^require_once/m, () => `${lines.join("\n")}\n\nrequire_once`));
    return () => writeFileSync(path, before);
  }

  /** Runs PHP in the tree's root, as the web server's account. */
  php(args, { input = "", env = {} } = {}) {
    return run(["php", ...phpFlags(this.path), ...args], { account: WEB, cwd: this.tree.root, input, env });
  }

  /** Does things by Moodle's functions, on a command line; see deed.php. Gives what each gave, and when it was done. */
  async deeds(...deeds) {
    return JSON.parse(await this.#deeds(deeds));
  }

  /** One deed of a script that goes on for seconds. Gives when it was done, in ms since 1970. */
  async longDeed(...deed) {
    const [{ at }] = JSON.parse(await this.#deeds([deed], { STAY: "4" }));
    return at * 1000;
  }

  #deeds(deeds, env = {}) {
    return this.php([join(import.meta.dirname, "deed.php"), this.tree.root], { input: JSON.stringify(deeds), env });
  }

  /** Makes people, courses and blocks; see seed.php. */
  async seed(spec) {
    return JSON.parse(await this.php([join(import.meta.dirname, "seed.php"), this.tree.root], { input: JSON.stringify(spec) }));
  }

  /** Holds a table, so that whoever reads it waits, until `release`. */
  async hold(table) {
    const command = ["php", ...phpFlags(this.path), join(import.meta.dirname, "hold.php"), this.tree.root, table];
    const holder = new Service("a holder of a table", command, { account: WEB, cwd: this.tree.root });
    await holder.ready(() => holder.said.includes("held"));
    return { release: () => holder.close() };
  }

  /** How many queries wait for a table. */
  async waiting() {
    const mariadb = "SELECT id, state FROM information_schema.processlist WHERE state LIKE 'Waiting for table%'";
    const postgres = "SELECT pid AS id FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    const [{ result }] = await this.deeds(["rows", this.database.name === "pgsql" ? postgres : mariadb]);
    return result.length;
  }

  /** The folder that the plugin is installed in. */
  get plugin() {
    return join(this.tree.web, "blocks", "gchat");
  }

  /** Unzips the plugin, as an administrator does it. */
  async unzip() {
    const zip = await packaged(join(this.path, "package"));
    rmSync(this.plugin, { recursive: true, force: true });
    await run(["unzip", "-q", zip, "-d", join(this.tree.web, "blocks")]);
  }

  /** Puts the abandoned plugin of this name in the place of ours, as far as an upgrade sees it: version, block and tables. */
  oldPlugin() {
    rmSync(this.plugin, { recursive: true, force: true });
    cpSync(join(import.meta.dirname, "old"), this.plugin, { recursive: true });
  }

  /** What Moodle does when it finds a plugin of another version. */
  upgrade() {
    return this.php(["admin/cli/upgrade.php", "--non-interactive", "--allow-unstable"]);
  }

  /** The stylesheets are made once here, and not while the first test waits. */
  async warm(themes = ["boost"]) {
    await this.php(["admin/cli/build_theme_css.php", "--direction=ltr", ...themes.map((theme) => `--themes=${theme}`)]);
    await fetch(`${this.url}/login/index.php`).then((answer) => answer.text());
  }

  async close() {
    await Promise.all([this.web?.close(), this.chat?.close()]);
    await this.database?.close();
    if (this.path !== undefined) rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
    open.delete(this);
  }
}

/** The plugin's zip: `make package`'s. */
async function packaged(target) {
  const said = await run([join(REPOSITORY, "scripts", "package")], { cwd: REPOSITORY, env: { TO: target } });
  return resolve(REPOSITORY, said.trim().split("\n").at(-1));
}
