// Programs of a test site: run to their end, or kept running until they are ended. Root lends each the account that it
// would have on a real server; anybody else runs all of them as themselves.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync } from "node:fs";
import { setTimeout as later } from "node:timers/promises";

const root = process.getuid?.() === 0;

/** Who runs what, as Debian has it. */
export const WEB = root ? "www-data" : null;
export const MYSQL = root ? "mysql" : null;
export const POSTGRES = root ? "postgres" : null;

/** A folder that belongs to an account. */
export function folder(path, account) {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  if (account !== null) chownSync(path, id("-u", account), id("-g", account));
  return path;
}

const id = (what, account) => Number(execFileSync("id", [what, account], { encoding: "utf8" }));

/** The command line that takes an account on, and ends with this process, whatever ends it. */
function as(account, signal, command) {
  const accounts = account === null ? [] : ["--reuid", account, "--regid", account, "--init-groups"];
  return ["setpriv", ...accounts, "--pdeathsig", signal, "--", ...command];
}

/** Runs a program to its end. Gives what it wrote; fails with it too. */
export async function run(command, { account = null, cwd, env = {}, input = "" } = {}) {
  const [program, ...args] = as(account, "KILL", command);
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: "pipe" });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (text) => (texts[name] += text));
  child.stdin.on("error", () => {}).end(input);
  const [code, signal] = await once(child, "close");
  if (code === 0) return texts.stdout;
  throw new Error(`${command.join(" ").slice(0, 300)} failed (${code ?? signal}):\n${tail(texts.stderr)}\n${tail(texts.stdout)}`);
}

const tail = (text) => text.slice(-4_000).trim();

/** A program that stays. */
export class Service {
  /** `stop` is the signal on which it ends in good order, and quickly. */
  constructor(name, command, { account = null, cwd, env = {}, stop = "TERM", out = () => {} } = {}) {
    const [program, ...args] = as(account, stop, command);
    this.name = name;
    this.stop = stop;
    this.said = "";
    this.child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    this.child.on("error", (error) => (this.said += error.message));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.said = (this.said + text).slice(-16_000);
        out(text);
      });
    }
    this.ended = once(this.child, "close");
    // This process may end without closing anything.
    const end = () => this.child.kill(`SIG${stop}`);
    process.once("exit", end);
    this.child.once("exit", () => process.off("exit", end));
  }

  get running() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Asks until it answers; fails if it ends before. */
  async ready(ask, within = 60_000) {
    const end = performance.now() + within;
    for (;;) {
      if (!this.running) throw new Error(`${this.name} ended:\n${this.said}`);
      try {
        if (await ask()) return this;
      } catch {
        // Not yet.
      }
      if (performance.now() > end) throw new Error(`${this.name} did not start in time:\n${this.said}`);
      await later(50);
    }
  }

  signal(signal) {
    this.child.kill(signal);
  }

  async close() {
    if (!this.running) return;
    this.child.kill(`SIG${this.stop}`);
    const late = setTimeout(() => this.child.kill("SIGKILL"), 15_000);
    await this.ended;
    clearTimeout(late);
  }
}
