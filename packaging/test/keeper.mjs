// What must hold whatever starts the server again after it has died.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { ready, until } from "./process.mjs";

/** From the kill to the first answer: the promise, and what a machine that is busy with other tests may take. */
const BACK_MS = 2_000;
const BUSY_MS = 10_000;

/** The processes whose command line names this place, as `[pid, command line]`. */
export function processesOf(place) {
  const found = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    let line = "";
    try {
      line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    } catch {
      // It has ended meanwhile.
    }
    if (line.includes(place.root)) found.push([Number(pid), line]);
  }
  return found;
}

/**
 * Kills the server as a crash does, three times in a row, and measures until the next one takes connections. It must
 * come back each time; the quickest time counts, as the others may be those of what runs beside. `settled` waits for
 * what else must be so before the next kill.
 */
export async function rises(t, url, pid, settled = () => {}) {
  const times = [];
  for (let n = 0; n < 3; n++) {
    await settled();
    const killed = pid();
    process.kill(killed, "SIGKILL");
    const took = await ready(url, BUSY_MS);
    await until("its process id is known", () => pid() !== killed);
    t.diagnostic(`killed; ready again after ${took} ms`);
    times.push(took);
  }
  assert.ok(Math.min(...times) < BACK_MS, `${times.join(", ")} ms`);
}

/** The server may open as many files as the packaging asks for, or as this machine allows. */
export function keepsFilesOpen(pid) {
  const row = /Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/.exec(readFileSync(`/proc/${pid}/limits`, "utf8"));
  const here = /Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/.exec(readFileSync("/proc/self/limits", "utf8"));
  const number = (text) => (text === "unlimited" ? Infinity : Number(text));
  assert.ok(number(row[1]) >= Math.min(65_536, number(here[2])), `open files: ${row[1]}`);
}
