// The zip that sites install: the same bytes from the same sources, and in it what belongs there.
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, test } from "node:test";
import { execFileSync } from "node:child_process";
import { read, ROOT, run } from "./plugin.mjs";

mkdirSync(join(ROOT, "target"), { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "gchat-package-"));
after(() => rmSync(folder, { recursive: true }));
const gchat = join(folder, "unzipped", "gchat");
let zip;

function make(to, env) {
  const { code, out } = run("scripts/package", [], { env: { ...process.env, ...env, TO: join(folder, to) } });
  assert.equal(code, 0, out);
  const [name] = readdirSync(join(folder, to));
  return join(folder, to, name);
}

before(() => {
  zip = make("one", {});
  const { code, out } = run("unzip", ["-q", zip, "-d", join(folder, "unzipped")]);
  assert.equal(code, 0, out);
});

const tracked = (...paths) =>
  execFileSync("git", ["ls-files", "-z", "--", ...paths], { cwd: ROOT, encoding: "utf8" })
    .split("\0")
    .filter((path) => path !== "" && existsSync(join(ROOT, path)));

const listed = (from) => readdirSync(from, { recursive: true }).filter((path) => statSync(join(from, path)).isFile());

test("twice the same, whoever makes it and wherever", () => {
  const again = make("two", { TZ: "Pacific/Auckland", LC_ALL: "C.UTF-8" });
  assert.ok(readFileSync(zip).equals(readFileSync(again)));
  assert.match(zip, /block_gchat-[\d.]+\.zip$/);
});

test("what git has of the plugin, and the source of its bundles", () => {
  const plugin = tracked("moodle/block_gchat");
  const client = tracked("client", ":!client/test", ":!client/gallery", ":!client/.*");
  const expected = new Map([
    ...plugin.map((path) => [relative("moodle/block_gchat", path), path]),
    ...[...client, "LICENSE"].map((path) => [path, path]),
    ["client/README.md", "moodle/client-README.md"],
  ]);
  assert.deepEqual(listed(gchat).sort(), [...expected.keys()].sort());
  for (const [packed, source] of expected) {
    assert.ok(readFileSync(join(gchat, packed)).equals(readFileSync(join(ROOT, source))), packed);
  }
  for (const needed of ["version.php", "lang/en/block_gchat.php", "js/gchat.js", "thirdpartylibs.xml", "LICENSE", "README.md"]) {
    assert.ok(expected.has(needed), `${needed} is missing`);
  }
});

test("nothing in it can be run, and all is of one time", () => {
  const { out } = run("unzip", ["-Z", "-T", zip]);
  const entries = out.split("\n").filter((line) => line.includes(" gchat/"));
  assert.ok(entries.length > 50);
  for (const line of entries) assert.match(line, /^-rw-r--r-- /);
  assert.equal(new Set(entries.map((line) => /\b\d{8}\.\d{6}\b/.exec(line)[0])).size, 1);
});

// The client's packages are there once its own tests have run.
const packages = join(ROOT, "client/node_modules");
const lacking = existsSync(join(packages, "esbuild")) ? false : "client/node_modules is missing: run 'scripts/install npm client'";
test("the source in it builds the bundles in it", { skip: lacking }, () => {
  // As after `npm ci`: the packages must lie below it, for their paths count in the names of the bundles. Hard links cost
  // nothing, within one file system.
  const copy = mkdtempSync(join(ROOT, "target", "package-"));
  after(() => rmSync(copy, { recursive: true }));
  cpSync(join(gchat, "client"), join(copy, "client"), { recursive: true });
  execFileSync("cp", ["-al", packages, join(copy, "client/node_modules")]);
  const { code, out } = run("node", ["build.mjs"], { cwd: join(copy, "client") });
  assert.equal(code, 0, out);
  const js = join(copy, "moodle/block_gchat/js");
  assert.deepEqual(listed(js).sort(), listed(join(gchat, "js")).sort());
  for (const name of listed(js)) {
    assert.ok(readFileSync(join(js, name)).equals(readFileSync(join(gchat, "js", name))), name);
  }
});

test("its version is the one that CHANGES.md speaks of", () => {
  const release = /release = '([^']+)'/.exec(read("moodle/block_gchat/version.php"))[1];
  assert.match(read("moodle/block_gchat/CHANGES.md"), new RegExp(`^## ${release.replaceAll(".", "\\.")}\\b`, "m"));
});
