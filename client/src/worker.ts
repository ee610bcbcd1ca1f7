/**
 * The shared worker: the one core of a browser for one login. Its pages come by `connect`; see pages.ts.
 *
 * The page names it by server, site, user and login, and its address changes with every build, so that no page ever
 * talks to another's worker: of workers that live beside each other for a while, the holder of the outbox's lock sends.
 */
import { realClock } from "./clock.js";
import { environmentHere } from "./environment.js";
import { uuid4 } from "./ids.js";
import { Pages } from "./pages.js";
import type { FromWorker, PagePort } from "./pages.js";
import { startCore } from "./start.js";

const lock = `gchat worker ${uuid4((bytes) => void crypto.getRandomValues(bytes))}`;
const waiting: PagePort[] = [];
let pages: Pages | null = null;

globalThis.addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  if (port === undefined) return;
  if (!("locks" in navigator)) port.postMessage({ kind: "failed" } satisfies FromWorker);
  else if (pages === null) waiting.push(port);
  else pages.connect(port);
});

if ("locks" in navigator) {
  const { locks } = navigator;
  // Held as long as the worker lives, and before any page is told its name: to get it is to know that the worker died.
  void locks.request(lock, () => {
    const opened = new Pages({
      clock: realClock,
      locks,
      lock,
      start: (port, config, place) => startCore(port, config, environmentHere(place)),
    });
    pages = opened;
    for (const port of waiting.splice(0)) opened.connect(port);
    return new Promise(() => undefined);
  });
}
