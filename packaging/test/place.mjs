// A folder that stands for the machine's root: the packaging files are used as they are, only their absolute paths,
// user and ports are those of this run.
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { atEnd } from "./process.mjs";

export const REPOSITORY = resolve(import.meta.dirname, "../..");
const BUILT = process.env.GCHAT_BIN ?? resolve(REPOSITORY, process.env.CARGO_TARGET_DIR ?? "target", "debug", "gchat");

/** Where the files of `packaging/` expect things, and what this run must replace. */
const PATHS = ["/usr/local/bin/gchat", "/etc/gchat", "/var/lib/gchat", "/var/log/gchat", "/var/log/supervisor", "/run/gchat"];

/** The text of a file of `packaging/`. */
export const packaged = (path) => readFileSync(join(REPOSITORY, "packaging", path), "utf8");

/** The text of any file of the repository. */
export const repository = (path) => readFileSync(join(REPOSITORY, path), "utf8");

/** Replaces, and fails where there is nothing to replace: then the file is no longer what this test believes. */
export function replaced(text, from, to) {
  if (!text.includes(from)) throw new Error(`there is no ${JSON.stringify(from)} to replace in:\n${text}`);
  return text.replaceAll(from, to);
}

export class Place {
  /** A fresh root with the binary in it, gone after the test file. */
  static make() {
    const place = new Place();
    place.root = mkdtempSync(join(tmpdir(), "gchat-packaging-"));
    chmodSync(place.root, 0o755);
    // Root gives the server a user of its own, as on a real machine; anybody else can only be themselves.
    place.user = process.getuid() === 0 ? "nobody" : userInfo().username;
    const id = (flag) => Number(execFileSync("id", [flag, place.user], { encoding: "utf8" }));
    /** For `spawn`: who the server is. */
    place.ids = process.getuid() === 0 ? { uid: id("-u"), gid: id("-g") } : {};
    for (const folder of ["/usr/local/bin", "/etc/gchat", "/var/lib/gchat", "/var/log/gchat", "/var/log/supervisor", "/run"]) {
      mkdirSync(place.at(folder), { recursive: true });
    }
    place.own("/var/lib/gchat");
    place.binary = place.at("/usr/local/bin/gchat");
    copyFileSync(BUILT, place.binary);
    chmodSync(place.binary, 0o755);
    const remove = () => rmSync(place.root, { recursive: true, force: true, maxRetries: 5 });
    atEnd(remove);
    process.once("exit", remove);
    return place;
  }

  at(path) {
    return join(this.root, path);
  }

  own(path) {
    if (this.ids.uid !== undefined) chownSync(this.at(path), this.ids.uid, this.ids.gid);
  }

  write(path, text, mode = 0o644) {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), text, { mode });
    return this.at(path);
  }

  /** A packaging file with this root's paths. */
  moved(text) {
    return PATHS.reduce((moved, path) => moved.replaceAll(path, this.at(path)), text);
  }

  /** Writes the settings that the admin guide gives, with what this test adds, and returns where. */
  settings(port, further = "") {
    const text = `listen = "127.0.0.1:${port}"\ndatabase = "${this.at("/var/lib/gchat/gchat.db")}"\ntrusted_proxies = ["127.0.0.1"]\n${further}`;
    return this.write("/etc/gchat/gchat.toml", text);
  }

  /** Runs the binary to its end as the server's user, and returns what it printed. */
  run(...args) {
    return execFileSync(this.binary, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], cwd: this.root, ...this.ids });
  }

  /** Makes the database, as the admin guide does before the first start. */
  init() {
    this.run("init", "--config", this.at("/etc/gchat/gchat.toml"));
  }

  /** Adds a site and returns its connection code. */
  addSite(url) {
    return this.run("site", "add", url, "--config", this.at("/etc/gchat/gchat.toml")).trim();
  }
}
