// Processes of a test: started, waited for, and never left behind.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { after } from "node:test";
import { setTimeout as later } from "node:timers/promises";

const LATE_MS = 20_000;

/** What must be undone after the file's last test, the latest first. (`after` within a hook would come at once.) */
const ends = [];
after(async () => {
  for (const end of ends.reverse()) await end();
});
export const atEnd = (end) => ends.push(end);
// So that a run that is stopped ends its children, too (see `Child`).
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.once(signal, () => process.exit(1));

/** Asks until `ask` gives something true, which is returned; fails when it is late. What `ask` throws counts as no. */
export async function until(what, ask, within = LATE_MS) {
  const end = performance.now() + within;
  let why;
  while (performance.now() < end) {
    try {
      const found = await ask();
      if (found) return found;
      why = undefined;
    } catch (error) {
      why = error;
    }
    await later(10);
  }
  throw new Error(`${what}: not within ${within} ms`, { cause: why });
}

/** One HTTP request on a connection of its own: `{ status, headers, text }`. */
export function ask(url, { method = "GET", headers = {}, body, from, wait = 15_000 } = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false, localAddress: from, timeout: wait }, async (answer) => {
      try {
        let text = "";
        answer.setEncoding("utf8");
        for await (const part of answer) text += part;
        resolve({ status: answer.statusCode, headers: answer.headers, text });
      } catch (error) {
        reject(error);
      }
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer from ${url}`)));
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Until the server takes connections. Returns after how many milliseconds that was. */
export async function ready(url, within) {
  const began = performance.now();
  await until(`${url} is ready`, async () => (await ask(`${url}ready`, { wait: 1_000 })).status === 200, within);
  return Math.round(performance.now() - began);
}

/** A child that ends with this process, whatever ends it: by a signal that lets it end its own children. */
export class Child {
  constructor(command, args, { signal = "SIGTERM", ...options } = {}) {
    this.process = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    this.said = "";
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on("data", (data) => {
        this.said = (this.said + data).slice(-16_000);
      });
    }
    const end = () => this.process.kill(signal);
    process.once("exit", end);
    this.ended = once(this.process, "exit").finally(() => process.off("exit", end));
    this.ended.catch(() => {});
  }

  get pid() {
    return this.process.pid;
  }

  get over() {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** Waits until the child answers, and says what it said if it ended instead. */
  async until(what, ask) {
    await until(what, async () => {
      if (this.over) return true;
      return ask();
    });
    if (this.over) throw new Error(`${what}: it ended (${this.process.exitCode ?? this.process.signalCode}):\n${this.said}`);
  }

  async stop(signal = "SIGTERM") {
    if (this.over) return;
    this.process.kill(signal);
    const late = setTimeout(() => this.process.kill("SIGKILL"), LATE_MS);
    await this.ended;
    clearTimeout(late);
  }
}

/** Whether a process is there (a zombie is not). */
export function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
