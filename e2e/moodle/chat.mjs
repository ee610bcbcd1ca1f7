// The real chat server of a test site, which can be killed and comes back on the same port.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { becomes } from "../expect.mjs";
import { freePort } from "../port.mjs";
import { folder, run, Service, WEB } from "./process.mjs";

const BINARY = process.env.GCHAT_BIN ?? resolve(import.meta.dirname, "..", "..", process.env.CARGO_TARGET_DIR ?? "target", "debug", "gchat");

export class Chat {
  /** A server with a database of its own below `path`, not yet started. */
  static async prepare(path) {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: build it with 'cargo build -p gchat'`);
    const chat = new Chat();
    chat.database = join(folder(join(path, "gchat"), WEB), "gchat.db");
    chat.port = await freePort();
    chat.log = "";
    return chat;
  }

  /** Adds a site, as its administrator does. Gives the connection code. */
  async add(wwwroot) {
    const text = await run([BINARY, "site", "add", wwwroot, "--database", this.database], { account: WEB });
    const code = /gchat1\.[\w-]+/.exec(text)?.[0];
    if (code === undefined) throw new Error(`'gchat site add' gave no connection code:\n${text}`);
    return code;
  }

  async start() {
    if (this.service?.running) return;
    const options = ["--listen", `127.0.0.1:${this.port}`, "--database", this.database];
    this.service = new Service("gchat", [BINARY, "serve", ...options], {
      account: WEB,
      env: { GCHAT_TRUSTED_PROXIES: "127.0.0.1" },
      out: (text) => (this.log = (this.log + text).slice(-200_000)),
    });
    await this.service.ready(async () => (await fetch(`http://127.0.0.1:${this.port}/ready`)).ok);
    // The server refuses calls that were signed in the second of its start, and a status check of Moodle's waits for
    // little longer than that.
    const second = () => Math.floor(Date.now() / 1000);
    const ready = second();
    await becomes(() => second() > ready, true, "the server takes signed calls");
  }

  /** As a power cut does it: no goodbye. */
  async kill() {
    this.service.signal("SIGKILL");
    await this.service.ended;
  }

  /** As an administrator stops it. */
  async close() {
    await this.service?.close();
  }
}
