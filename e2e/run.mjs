// Runs the browser tests, two files at a time, as they mostly wait; each file has its own server. A summary at the end.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { chdir, exit } from "node:process";

chdir(import.meta.dirname);
const files = process.argv.slice(2);
if (files.length === 0) {
  for (const name of readdirSync("test").sort()) if (name.endsWith(".test.mjs")) files.push(`test/${name}`);
}
// For a file as well as for a test: some show hundreds of payloads.
const flags = ["--test", "--test-concurrency=2", "--test-reporter=spec", "--test-timeout=300000"];
const child = spawn(process.execPath, [...flags, ...files], { stdio: "inherit" });
child.on("exit", (code) => exit(code ?? 1));
