// The real server with the demo campus, as a process that can be killed and comes back on the same port.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "./port.mjs";

const BINARY = process.env.GCHAT_BIN ?? resolve(import.meta.dirname, "..", process.env.CARGO_TARGET_DIR ?? "target", "debug", "gchat");
const START_MS = 30_000;

export class Campus {
  /** Opens a campus with a fresh data folder. */
  static async open({ classmates = 0 } = {}) {
    const campus = new Campus();
    campus.folder = mkdtempSync(join(tmpdir(), "gchat-e2e-"));
    campus.port = await freePort();
    campus.classmates = classmates;
    await campus.start();
    return campus;
  }

  /** Starts the server and waits until it says where it is. */
  async start() {
    const args = ["demo", "--listen", `127.0.0.1:${this.port}`, "--data-dir", this.folder];
    args.push("--classmates", String(this.classmates));
    const child = spawn(BINARY, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    // Whatever ends this process must not leave the server behind.
    const end = () => child.kill("SIGKILL");
    process.once("exit", end);
    child.once("exit", () => process.off("exit", end));
    this.ended = once(child, "exit");
    let said = "";
    child.stderr.on("data", (data) => {
      said = (said + data).slice(-8_000);
    });
    this.said = () => said;
    this.url = await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the server did not start in time:\n${said}`)), START_MS);
      createInterface(child.stdout).on("line", (line) => {
        const found = /^Global Chat demo: (http:\S+?)\/?$/.exec(line);
        if (found === null) return;
        clearTimeout(late);
        resolve(found[1]);
      });
      child.on("error", (error) => reject(new Error(`cannot start ${BINARY}; build it with 'cargo build -p gchat'`, { cause: error })));
      child.on("exit", (code, signal) => {
        clearTimeout(late);
        reject(new Error(`the server ended (${code ?? signal}):\n${said}`));
      });
    });
  }

  /** As a power cut does it: no goodbye. */
  async kill() {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  async close() {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill("SIGTERM");
      const late = setTimeout(() => this.child.kill("SIGKILL"), 10_000);
      await this.ended;
      clearTimeout(late);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
