// The plugin's PHPUnit tests in a real Moodle: `MOODLE_DIR=TREE[:TREE…] node moodle/phpunit.mjs [pgsql|mariadb] [phpunit's
// options]`. Of several trees, the one is taken that the system's PHPUnit is made for.
//
// The tree is copied, a database started, the plugin put in. Moodle wants its tools from Composer; where they are not, its
// copy gets a `vendor` that leads to the PHPUnit that the system has. Moodle 4.5 is made for PHPUnit 9.6, as Debian has it.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { exit, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { DATABASES } from "./databases.mjs";
import { folder, run, Service, WEB } from "./process.mjs";
import { copyTree } from "./tree.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const project = resolve(here, "../..");
/** Moodle's version for which the system's PHPUnit is made. */
const BRANCH = 405;
/** A debugger that is installed makes everything three times slower. */
const CALM = { XDEBUG_MODE: "off" };

/** The first of these trees for which the system's PHPUnit is made. */
export function fitting(sources) {
  return sources.find((source) => {
    const file = join(source, "version.php");
    return existsSync(file) && new RegExp(`^\\$branch\\s*=\\s*'${BRANCH}'`, "m").test(readFileSync(file, "utf8"));
  });
}

/** Runs the tests of the plugin in a copy of the Moodle at `source`. Gives `{code, tests, failed, skipped}`. */
export async function phpunit({ source, database = "pgsql", options = [], gchat = defaultServer(), out = (text) => stdout.write(text) }) {
  const home = mkdtempSync(join(tmpdir(), "gchat-phpunit-"));
  const remove = () => rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  process.once("exit", remove);
  let service;
  try {
    folder(home, WEB);
    // The accounts of the database and of PHP must get to their folders in it.
    chmodSync(home, 0o755);
    const tree = await copyTree(source, join(home, "moodle"));
    service = await DATABASES[database](home);
    await prepare(tree, service, home);
    const locale = await locales(home);
    out(`Moodle ${tree.release}, ${service.name} ${service.version}, ${gchat ?? "no chat server"}\n`);
    return await tests(tree, gchat, options, locale, out);
  } finally {
    await service?.close();
    process.off("exit", remove);
    remove();
  }
}

/** Puts configuration, plugin and `vendor` into a tree, and makes the test site. */
export async function prepare(tree, database, home) {
  const { dbtype, dbname, dbuser, dbpass, dbhost, dbsocket } = database.options;
  const settings = {
    dbtype,
    dblibrary: "native",
    dbhost,
    dbname,
    dbuser,
    dbpass,
    prefix: "mdl_",
    wwwroot: "https://moodle.example",
    dataroot: folder(join(home, "data"), WEB),
    admin: "admin",
    phpunit_prefix: "phpu_",
    phpunit_dataroot: folder(join(home, "phpunit"), WEB),
  };
  const lines = Object.entries(settings).map(([key, value]) => `$CFG->${key} = ${quote(value)};`);
  const collation = dbtype === "mariadb" ? ", 'dbcollation' => 'utf8mb4_unicode_ci'" : "";
  lines.push(`$CFG->dboptions = ['dbsocket' => ${quote(dbsocket)}${collation}];`, "require_once(__DIR__ . '/lib/setup.php');");
  writeFileSync(join(tree.root, "config.php"), `<?php\nunset($CFG);\nglobal $CFG;\n$CFG = new stdClass();\n${lines.join("\n")}\n`);
  await run(["cp", "-a", "--no-preserve=ownership", join(project, "moodle/block_gchat"), join(tree.web, "blocks/gchat")]);
  vendor(tree.root);
  const util = (...options) => run(["php", "-d", "max_input_vars=5000", join(tree.web, "admin/tool/phpunit/cli/util.php"), ...options], { account: WEB, cwd: tree.root, env: CALM });
  await util("--install");
  writeFileSync(join(tree.root, "phpunit.xml"), configuration(tree));
}

/** Moodle's own `--buildconfig` writes into its root, which is not the web server's: this has the plugin's suite alone. */
function configuration(tree) {
  const at = tree.web === tree.root ? "" : "public/";
  return `<?xml version="1.0" encoding="UTF-8"?>
<phpunit bootstrap="${at}lib/phpunit/bootstrap.php" backupGlobals="false" backupStaticAttributes="false" cacheResult="false"
    convertErrorsToExceptions="true" convertNoticesToExceptions="true" convertWarningsToExceptions="true"
    beStrictAboutTestsThatDoNotTestAnything="true" beStrictAboutOutputDuringTests="true">
  <php><const name="PHPUNIT_SEQUENCE_START" value=""/></php>
  <testsuites><testsuite name="block_gchat"><directory suffix="_test.php">${at}blocks/gchat/tests</directory></testsuite></testsuites>
</phpunit>
`;
}

/** A `vendor` as Composer would have made it, as far as Moodle looks into it. */
function vendor(root) {
  const at = (path) => {
    mkdirSync(dirname(join(root, "vendor", path)), { recursive: true });
    return join(root, "vendor", path);
  };
  const lib = "__DIR__ . '/../lib";
  writeFileSync(at("phpunit/phpunit/composer.json"), "{}\n");
  writeFileSync(
    at("autoload.php"),
    `<?php
// PSR-4, as composer.json of this Moodle asks for.
spl_autoload_register(function (string $class): void {
    foreach (['core_testing' => ${lib}/testing/classes/', 'core_phpunit' => ${lib}/phpunit/classes/'] as $space => $folder) {
        $file = $folder . str_replace('\\\\', '/', substr($class, strlen($space) + 1)) . '.php';
        if (str_starts_with($class, $space . '\\\\') && is_file($file)) {
            require_once($file);
        }
    }
});
require_once('PHPUnit/Autoload.php');
`,
  );
  writeFileSync(at("bin/phpunit"), "<?php\nrequire_once(__DIR__ . '/../autoload.php');\nPHPUnit\\TextUI\\Command::main();\n");
}

/** Moodle's tests want this locale and no other; few systems have it. */
async function locales(home) {
  const at = folder(join(home, "locale"), null);
  await run(["localedef", "-i", "en_AU", "-f", "UTF-8", join(at, "en_AU.UTF-8")]);
  return at;
}

async function tests(tree, gchat, options, locale, out) {
  let said = "";
  const env = { ...CALM, LOCPATH: locale, ...(gchat === null ? {} : { GCHAT_BIN: gchat }), GCHAT_FIXTURES: join(project, "protocol/fixtures") };
  const command = ["php", "-d", "max_input_vars=5000", "-d", "memory_limit=1G", "vendor/bin/phpunit", "--colors=never", ...options];
  const service = new Service("PHPUnit", command, { account: WEB, cwd: tree.root, env, out: (text) => out(((said += text), text)) });
  const [code] = await service.ended;
  const number = (name) => Number(new RegExp(`${name}: (\\d+)`).exec(said)?.[1] ?? 0);
  const whole = /^OK \((\d+) tests?/m.exec(said);
  const counts = { tests: whole ? Number(whole[1]) : number("Tests"), failed: number("Failures") + number("Errors"), skipped: number("Skipped") };
  return { code: code ?? 1, ...counts };
}

/** The server that was built here, where www-data can run it. */
function defaultServer() {
  const built = process.env.GCHAT_BIN ?? join(project, "target/debug/gchat");
  return existsSync(built) ? realpathSync(built) : null;
}

const quote = (text) => `'${String(text).replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const sources = (process.env.MOODLE_DIR ?? "").split(":").filter((path) => path !== "");
  const source = fitting(sources);
  if (!source) {
    const why = sources.length === 0 ? "MOODLE_DIR names no tree" : `${sources.join(", ")} is another`;
    stdout.write(`skipped: PHPUnit 9.6 is for Moodle 4.5, and ${why}\n`);
    exit(77);
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => exit(1));
  const [first, ...rest] = process.argv.slice(2);
  const named = first !== undefined && first in DATABASES;
  const options = named || !first ? rest : [first, ...rest];
  const databases = named ? [first] : (process.env.DATABASES || "mariadb,pgsql").split(",");
  const results = [];
  for (const database of databases) results.push(await phpunit({ source, database, options }));
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  stdout.write(`# pass ${sum("tests") - sum("failed") - sum("skipped")}\n# fail ${sum("failed")}\n# skipped ${sum("skipped")}\n`);
  exit(Math.max(...results.map((result) => result.code)));
}
