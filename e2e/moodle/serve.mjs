// One real Moodle with the chat, kept running for a person: `node moodle/serve.mjs [TREE] [mariadb|pgsql]`. What is edited
// in this repository's plugin is copied into it at once.
import { chmodSync, cpSync, existsSync, rmSync, watch, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { connect } from "./connect.mjs";
import { share } from "./control.mjs";
import { WEB } from "./process.mjs";
import { ADMIN, closeAll, install, PASSWORD } from "./site.mjs";
import { campus } from "./campus.mjs";
import { phpFlags } from "./web.mjs";

const tree = process.argv[2] ?? process.env.MOODLE_DIR?.split(":")[0];
const database = process.argv[3] ?? process.env.DATABASES?.split(",")[0] ?? "mariadb";
if (!tree) {
  console.error("no Moodle to serve: node moodle/serve.mjs /path/to/a/moodle/tree");
  process.exit(77);
}

let end = () => closeAll().finally(() => process.exit(1));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => end());
const plugin = resolve(import.meta.dirname, "..", "..", "moodle", "block_gchat");
const site = await install(tree, database, { say: (text) => console.log(`${text} …`) });
try {
  const unshare = await share(site);
  const php = command(site);
  if (existsSync(join(plugin, "version.php"))) {
    follow();
    await attempt("the upgrade", () => site.upgrade());
    await attempt("the stylesheets", () => site.warm());
    await attempt("the connection code", () => connect(site));
    await attempt("the courses", async () => {
      await site.seed({ everywhere: true });
      await campus(site, { mark: "" });
    });
  } else {
    follow();
    console.log("the plugin has no version.php yet: upgrade when it has");
  }
  console.log(`
${site.title}
  site       ${site.url}
  chat       ${site.url}/gchat/ (the server itself: 127.0.0.1:${site.chat.port})
  admin      ${ADMIN.username} / ${ADMIN.password}
  people     ana (teacher), bruno, carla, daniel, … / ${PASSWORD}
  settings   ${site.url}/admin/settings.php?section=blocksettinggchat
  code       ${site.code}
  php        ${php} admin/cli/upgrade.php --non-interactive   (or purge_caches.php, cfg.php, a script of yours …)
  database   ${database}: ${site.database.options.dbsocket}
  logs       ${site.path}/php.log  ${site.path}/web/access.log
  tests      MOODLE_SITE=${site.path} node --test moodle/test/talk.test.mjs
Ctrl+C or SIGTERM ends it.`);
  await new Promise((resolve) => (end = resolve));
  unshare();
} finally {
  await site.close();
}

/** Copies the plugin now, and whenever something in it changes. (A link would not do: its pages ask for "../../config.php".) */
function follow() {
  cpSync(plugin, site.plugin, { recursive: true });
  watch(plugin, { recursive: true }, (_, name) => {
    const [from, to] = [join(plugin, name), join(site.plugin, name)];
    try {
      if (existsSync(from)) cpSync(from, to, { recursive: true });
      else rmSync(to, { recursive: true, force: true });
    } catch (error) {
      console.error(`${name} could not be copied: ${error.message}`);
    }
  }).unref();
}

/** What goes wrong with a plugin in the making must not end the site that one mends it with. */
async function attempt(what, deed) {
  try {
    await deed();
  } catch (error) {
    console.error(`${what} did not work:\n${error.message}`);
  }
}

/** A command that runs PHP as the web server does. */
function command(site) {
  const path = join(site.path, "php");
  const as = WEB === null ? "" : `setpriv --reuid ${WEB} --regid ${WEB} --init-groups -- `;
  writeFileSync(path, `#!/bin/sh\ncd ${site.tree.root} && exec ${as}php ${phpFlags(site.path).join(" ")} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}
