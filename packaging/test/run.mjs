// Tests everything in packaging/ with the real programs that read it, and the commands of the admin guide. The files
// run side by side, as some of them mostly wait: a socket that is idle for 100 s takes that long to prove.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import process, { chdir, env, exit } from "node:process";

chdir(import.meta.dirname);
// Debian keeps nginx and Apache where only root looks.
env.PATH = `${env.PATH}:/usr/sbin:/sbin`;
const files = process.argv.slice(2);
if (files.length === 0) files.push(...readdirSync(".").filter((name) => name.endsWith(".test.mjs")).sort());
const flags = ["--test", "--test-concurrency=8", "--test-reporter=spec", "--test-timeout=170000"];
const child = spawn(process.execPath, [...flags, ...files], { stdio: "inherit" });
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => exit(code ?? 1));
