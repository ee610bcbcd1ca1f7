// The tests in a real Moodle: `MOODLE_DIR=TREE[:TREE…] [DATABASES=mariadb,pgsql] node moodle/run.mjs [FILE…]`. Each tree
// with each database, one after another: one site is made, all test files run on it, and it is taken away. A site is some
// 40,000 files: with TMPDIR=/dev/shm they never reach a disk.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { connect } from "./connect.mjs";
import { share } from "./control.mjs";
import { closeAll, install } from "./site.mjs";

const SKIPPED = 77;
const list = (text, separator) => (text ?? "").split(separator).filter((part) => part !== "");
const trees = list(process.env.MOODLE_DIR, ":");
const databases = list(process.env.DATABASES || "mariadb,pgsql", ",");
if (trees.length === 0) {
  console.log("skipped: no Moodle to test in, name its tree in MOODLE_DIR");
  process.exit(SKIPPED);
}
const folder = join(import.meta.dirname, "test");
const named = process.argv.slice(2);
const files = named.length > 0 ? named : readdirSync(folder).sort().filter((name) => name.endsWith(".test.mjs")).map((name) => join(folder, name));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => closeAll().finally(() => process.exit(1)));

const began = performance.now();
const results = [];
for (const tree of trees) for (const database of databases) results.push(await combination(tree, database));
console.log();
for (const { title, passed, failed, took } of results) console.log(`${title}: ${passed} passed, ${failed} failed, ${took} s`);
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`${results.length} combinations in ${seconds(began)} s`);
console.log(`# pass ${sum("passed")}`);
console.log(`# fail ${sum("failed")}`);
process.exit(sum("failed") === 0 ? 0 : 1);

/** Makes a site and runs all files on it. What goes wrong on the way is one failure. */
async function combination(tree, database) {
  const start = performance.now();
  const say = (text) => console.log(`${String(seconds(start)).padStart(4)} s  ${text}`);
  let title = `${tree} on ${database}`;
  let site;
  try {
    site = await install(tree, database, { say });
    title = site.title;
    say("installing the plugin");
    await site.unzip();
    await site.upgrade();
    await site.seed({ everywhere: true });
    await site.warm();
    const unshare = await share(site);
    say("connecting it");
    await connect(site);
    say(`testing ${title}`);
    const counts = await test(site);
    unshare();
    return { title, ...counts, took: seconds(start) };
  } catch (error) {
    console.error(error);
    return { title, passed: 0, failed: 1, took: seconds(start) };
  } finally {
    await site?.close();
  }
}

/** Runs the test files on a site. */
async function test(site) {
  // For a whole file, on a busy machine; within it, nothing waits for more than a minute.
  const flags = ["--test", "--test-concurrency=1", "--test-reporter=spec", "--test-timeout=1200000"];
  const env = { PATIENCE_MS: "60000", ...process.env, MOODLE_SITE: site.path };
  const child = spawn(process.execPath, [...flags, ...files], { stdio: ["ignore", "pipe", "inherit"], env });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (data) => {
    text += data;
    process.stdout.write(data);
  });
  const [code] = await once(child, "close");
  const count = (word) => Number(new RegExp(`^ℹ ${word} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  const failed = count("fail") + count("cancelled");
  // A runner that died counts, whatever it had printed before.
  return { passed: count("pass"), failed: code === 0 ? failed : Math.max(failed, 1) };
}

function seconds(since) {
  return Math.round((performance.now() - since) / 1000);
}
