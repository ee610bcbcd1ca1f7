// `moodle/check` says what it does, and how long it takes, before it compiles anything.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { run } from "./plugin.mjs";

const folder = mkdtempSync(join(tmpdir(), "gchat-check-"));
after(() => rmSync(folder, { recursive: true }));

/** Runs moodle/check on a file of this name that checks nothing, with a cargo that only says that it was called. */
function check(name) {
  const file = join(folder, name);
  writeFileSync(file, "");
  writeFileSync(join(folder, "cargo"), '#!/bin/sh\necho "cargo $1 was called" >&2\n');
  chmodSync(join(folder, "cargo"), 0o755);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { code, out } = run("sh", ["-c", 'exec moodle/check "$0" 2>&1', file], { env: { ...env, PATH: `${folder}:${env.PATH}` } });
  assert.equal(code, 0, out);
  return out;
}

test("it says how long Rust takes before it compiles it", () => {
  const said = check("tokens.test.mjs");
  const [minutes, compiles] = [said.search(/cargo compiles .*\n.*\d+ minutes/), said.indexOf("cargo nextest was called")];
  assert.ok(minutes >= 0 && compiles > minutes, said);
});

test("without the check that needs Rust, nothing is compiled and nothing is said of it", () => {
  const said = check("strings.test.mjs");
  assert.match(said, /strings\.test\.mjs/);
  assert.doesNotMatch(said, /cargo/);
});
