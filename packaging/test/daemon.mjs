// The real server on a free port, with one site; it can be killed and comes back at the same place.
import { Child, atEnd, ready } from "./process.mjs";
import { freePort } from "../../e2e/port.mjs";
import { Place } from "./place.mjs";
import { Site } from "./site.mjs";

export const ORIGIN = "https://moodle.example";

export class Daemon {
  static async start(limits = "") {
    const daemon = new Daemon();
    daemon.place = Place.make();
    daemon.port = await freePort();
    daemon.address = `127.0.0.1:${daemon.port}`;
    daemon.url = `http://${daemon.address}/`;
    daemon.settings = daemon.place.settings(daemon.port, limits);
    daemon.site = new Site(ORIGIN, daemon.place.addSite(ORIGIN));
    atEnd(() => daemon.child.stop());
    await daemon.again();
    return daemon;
  }

  /** Starts it (again), and waits until it takes connections. */
  async again() {
    const { root, ids, binary } = this.place;
    this.child = new Child(binary, ["serve", "--config", this.settings], { cwd: root, ...ids });
    await this.child.until("the server is ready", async () => (await ready(this.url)) >= 0);
  }

  async kill() {
    await this.child.stop("SIGKILL");
  }
}
