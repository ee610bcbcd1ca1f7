// One real Moodle with the chat, kept running for a person: `node moodle/serve.mjs [TREE] [mariadb|pgsql]`. The plugin's
// folder in it is a link to this repository's, so that an edit counts at once.
import { existsSync, symlinkSync, writeFileSync, chmodSync } from "node:fs";
import { join, resolve } from "node:path";
import { connect } from "./connect.mjs";
import { share } from "./control.mjs";
import { WEB } from "./process.mjs";
import { ADMIN, install, PASSWORD } from "./site.mjs";
import { campus } from "./campus.mjs";
import { phpFlags } from "./web.mjs";

const tree = process.argv[2] ?? process.env.MOODLE_DIR?.split(":")[0];
const database = process.argv[3] ?? process.env.DATABASES?.split(",")[0] ?? "mariadb";
if (!tree) {
  console.error("no Moodle to serve: node moodle/serve.mjs /path/to/a/moodle/tree");
  process.exit(77);
}

let end = () => process.exit(1);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => end());
const plugin = resolve(import.meta.dirname, "..", "..", "moodle", "block_gchat");
const site = await install(tree, database, { say: (text) => console.log(`${text} …`) });
try {
  const unshare = await share(site);
  const php = command(site);
  if (existsSync(join(plugin, "version.php"))) {
    symlinkSync(plugin, site.plugin);
    await attempt("the upgrade", () => site.upgrade());
    await attempt("the stylesheets", () => site.warm());
    await attempt("the connection code", () => connect(site));
    await attempt("the courses", async () => {
      await site.seed({ everywhere: true });
      await campus(site, { mark: "" });
    });
  } else {
    symlinkSync(plugin, site.plugin);
    console.log("the plugin has no version.php yet: it is linked, upgrade when it has");
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
