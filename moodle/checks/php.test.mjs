// Every PHP file parses and follows the rules, and the classes that need no Moodle do what they say.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { filesOf, ROOT, run } from "./plugin.mjs";

const files = filesOf("moodle").filter((path) => path.endsWith(".php"));

test("every PHP file compiles", () => {
  assert.ok(files.length > 0);
  // One process for all: `php -l` takes a file at a time.
  const program = "foreach (array_slice($argv, 1) as $path) { opcache_compile_file($path) || exit(print($path)); }";
  const options = ["xdebug.mode=off", "opcache.enable_cli=1", "opcache.file_cache=", "display_errors=stderr", "error_reporting=-1"];
  const { code, out } = run("php", [...options.flatMap((option) => ["-d", option]), "-r", program, "--", ...files]);
  assert.equal(code, 0, out);
  assert.equal(out, "");
});

test("every PHP file follows the project's rules", () => {
  const { code, out } = run("phpcs", ["--standard=moodle/phpcs.xml.dist", "-q", ...files]);
  assert.equal(code, 0, out);
});

const codingStyle = process.env.MOODLE_CS;
test("moodle-cs has nothing to say", { skip: codingStyle ? false : "set MOODLE_CS to a phpcs that has it" }, () => {
  const options = ["--standard=moodle", "--extensions=php", "-q", "moodle/block_gchat"];
  const { code, out } = run("php", ["-d", "xdebug.mode=off", codingStyle, ...options]);
  assert.equal(code, 0, out);
});

test("no class is longer than it can be read", () => {
  for (const file of files.filter((path) => !path.includes("/lang/"))) {
    const lines = readFileSync(join(ROOT, file), "utf8").split("\n").length - 1;
    assert.ok(lines <= 500, `${file} has ${lines} lines: take it apart`);
  }
});

test("phpunit", { skip: existsSync(join(ROOT, "moodle/tests")) ? false : "there is no moodle/tests" }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "gchat-phpunit-"));
  try {
    const report = join(folder, "report.xml");
    const configuration = join(ROOT, "moodle/tests/phpunit.xml");
    const what = existsSync(configuration) ? ["--configuration", configuration] : ["moodle/tests"];
    const { code, out } = run("phpunit", ["--log-junit", report, ...what], { env: { ...process.env, XDEBUG_MODE: "off" } });
    assert.ok(existsSync(report), out);
    const cases = [...readFileSync(report, "utf8").matchAll(/<testcase name="([^"]*)" class="([^"]*)"[^>]*?(\/>|>([\s\S]*?)<\/testcase>)/g)];
    assert.ok(cases.length > 0, out);
    for (const [, name, type, , trouble] of cases) {
      await t.test(`${type} ${name}`, { skip: trouble?.includes("<skipped") ?? false }, () => {
        assert.doesNotMatch(trouble ?? "", /<(failure|error|warning)/);
      });
    }
    assert.equal(code, 0, out);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
