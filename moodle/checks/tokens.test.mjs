// What PHP signs, the server's own code reads: a Rust test that needs PHP, and so is left out where Rust is tested alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { filesOf, read, ROOT, run } from "./plugin.mjs";
import { join } from "node:path";

const marked = filesOf("server").filter((path) => path.endsWith(".rs") && /#\[ignore[^\]]*php/i.test(read(path)));

test("tokens of PHP are taken by Rust", { skip: marked.length > 0 ? false : "no Rust test asks for PHP yet" }, () => {
  const tools = { ...process.env, PATH: `${join(ROOT, "target/tools/bin")}:${process.env.PATH}`, NO_COLOR: "1" };
  const options = ["nextest", "run", "--locked", "--package", "gchat", "--run-ignored", "only", "--no-tests", "fail"];
  const { code, out } = run("cargo", options, { env: tools });
  assert.equal(code, 0, out);
});
