// The server restarts under many pages: each is told a time of its own to come back, all of them do, and none asks
// the host for anything, as a valid token is used again.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Embedding } from "../embedding.mjs";
import { becomes } from "../expect.mjs";
import { People } from "../people.mjs";

const PAGES = 8;
/** A browser waits up to 30 s between its tries. */
const BACK = 60_000;

let host, people;
before(async () => {
  host = await Embedding.open();
  people = await People.open(host);
});
afterEach(async () => assert.deepEqual(await people.leave(), [], "what must not happen on any page"));
after(async () => {
  await people?.close();
  await host?.close();
});

const online = (wanted, what) => becomes(async () => (await host.status()).connections, wanted, what, BACK);

test("a restart sends nobody to the host for a token", async () => {
  const hints = [];
  for (let n = 0; n < PAGES; n += 1) {
    const person = await people.enter(`Person ${n}`);
    person.context.setDefaultTimeout(BACK);
    // Half of them hold the socket in the page, where it can be listened to; the others in a worker.
    if (n % 2 === 0) {
      await person.context.addInitScript(() => delete globalThis.SharedWorker);
      person.page.on("websocket", (socket) =>
        socket.on("framereceived", ({ payload }) => {
          const frame = JSON.parse(payload);
          if (frame.type === "drain") hints.push(frame.retry_after_ms);
        }),
      );
    }
    await person.go(`/as/${10 + n}`);
  }
  await online(PAGES, "all pages");
  assert.equal(host.tokens, PAGES, "a token each, at first");

  await host.stop("SIGTERM");
  await host.start();
  await online(PAGES, "all pages again, after a stop");
  assert.equal(hints.length, PAGES / 2, "each was told when to come back");
  assert.ok(hints.every((ms) => ms >= 500 && ms <= 5_000), hints.join());
  assert.equal(new Set(hints).size, hints.length, `each at a time of its own: ${hints}`);

  await host.stop("SIGKILL");
  await host.start();
  await online(PAGES, "all pages again, after a crash");
  assert.equal(host.tokens, PAGES, "nobody asked for a token");

  // That the counter counts: a page that is loaded anew by somebody who has no token asks.
  const late = await people.enter("Late");
  await late.go("/as/99");
  await online(PAGES + 1, "one more");
  assert.equal(host.tokens, PAGES + 1);
});
