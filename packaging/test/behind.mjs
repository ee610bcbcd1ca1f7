// What must hold behind every proxy, told once.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { before, describe, it } from "node:test";
import { Daemon, ORIGIN } from "./daemon.mjs";
import { ask, ready, until } from "./process.mjs";
import { signIn, upgrade } from "./socket.mjs";

/** Longer than the server's patience with a silent client, and than two heartbeats. */
const IDLE_S = 105;
const MIB = 1024 * 1024;

/** A UUID v7, as ids of messages are. */
function uuid7() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * `open(daemon, change)` starts the proxy; `impatient` makes its file end a socket after 5 s of silence, where the proxy
 * knows such a limit. `skip`: why it cannot be tested here.
 */
export function behind(name, open, { impatient, skip = false }) {
  describe(`behind ${name}`, { skip }, () => {
    let daemon, front, quiet, deaf, cut;

    before(async () => {
      daemon = await Daemon.start("[limits]\nunauthenticated_per_address = 3\n");
      front = await open(daemon);
      const hasty = impatient && (await open(daemon, impatient));
      const person = (user, course, server) => signIn(server, ORIGIN, daemon.site.token(user, `Person ${user}`, course));
      // Each alone in a course, so that nobody's coming and going breaks the silence. They wait while the rest is tested.
      quiet = await person(101, "c101", front.server);
      deaf = await person(102, "c102", front.server);
      deaf.polite = false;
      cut = hasty && (await person(103, "c103", hasty.server));
    });

    it("health, ready and the client's files come through; the site keeps its own pages", async () => {
      assert.equal((await ask(`${front.server}health`)).text, "ok\n");
      assert.equal((await ask(`${front.server}ready`)).text, "ready\n");
      const client = await ask(`${front.server}client/gchat.js?v=1`);
      assert.equal(client.status, 200);
      assert.match(client.headers["content-type"], /^text\/javascript/);
      assert.equal(client.text, (await ask(`${daemon.url}client/gchat.js?v=1`)).text);
      assert.equal((await ask(`${front.site}index.html`)).text, "a page of the site\n");
    });

    it("signed calls come through with the path that was signed", async () => {
      const status = await daemon.site.call(front.server, "GET", "status");
      assert.equal(status.status, 200, status.text);
      assert.ok(JSON.parse(status.text).users_online >= 2, status.text);
      const put = await daemon.site.call(front.server, "PUT", "policy", { rights_version: 1, students_see_students: true });
      assert.deepEqual([put.status, JSON.parse(put.text).applied], [200, true], put.text);
      assert.equal((await ask(`${front.server}api/v1/status`)).status, 401);
    });

    it("a course of 8 MiB reaches the server, and one more byte is too much", async () => {
      const snapshot = JSON.stringify({ rights_version: 1, title: "A large course", members: [] });
      const answered = await daemon.site.call(front.server, "PUT", "circles/c7", snapshot.padEnd(8 * MIB));
      assert.equal(answered.status, 200, answered.text);
      const refused = await daemon.site.call(front.server, "PUT", "circles/c7", snapshot.padEnd(8 * MIB + 1));
      assert.equal(refused.status, 413, refused.text);
    });

    it("a socket opens for the site's pages, and for no others", async () => {
      const mine = await upgrade(front.server, { origin: ORIGIN });
      assert.equal(mine.status, 101);
      mine.socket.end();
      for (const origin of ["https://evil.example", "http://moodle.example", undefined]) {
        assert.equal((await upgrade(front.server, { origin })).status, 403, origin);
      }
    });

    it("two people talk", async () => {
      const ana = await signIn(front.server, ORIGIN, daemon.site.token(2, "Ana Sousa", "c7"));
      const bruno = await signIn(front.server, ORIGIN, daemon.site.token(3, "Bruno O'Silva", "c7"));
      for (const [from, to, text] of [
        [bruno, ana, "Olá, Ana! 👋"],
        [ana, bruno, "x".repeat(4_096)],
      ]) {
        const arrived = to.next("changes");
        from.send({ type: "send", client_message_id: uuid7(), conversation: "2-3", text });
        assert.deepEqual((await arrived).messages.map((message) => message.text), [text]);
        await from.next("ack");
      }
      ana.end();
      bruno.end();
    });

    it("limits count the address of the browser, not the proxy's, and not one that it makes up", async () => {
      const knock = (from, headers) => upgrade(front.server, { origin: ORIGIN, from, headers });
      const crowd = await Promise.all([1, 2, 3].map(() => knock("127.0.0.2")));
      assert.deepEqual(crowd.map(({ status }) => status), [101, 101, 101]);
      assert.equal((await knock("127.0.0.2")).status, 429);
      assert.equal((await knock("127.0.0.2", { "x-forwarded-for": "192.0.2.7" })).status, 429);
      const other = await knock("127.0.0.3");
      assert.equal(other.status, 101);
      for (const { socket } of [...crowd, other]) socket.end();
    });

    it("a server that was killed is found again as soon as it is back", async () => {
      const second = await Daemon.start();
      const before = await open(second);
      const socket = await signIn(before.server, ORIGIN, second.site.token(2, "Ana Sousa", "c7"));
      await second.kill();
      await until("the socket is closed", () => !socket.open);
      // The proxy notices, and must not hold it against the next one.
      for (let n = 0; n < 3; n++) assert.match(String((await ask(`${before.server}ready`)).status), /^50[23]$/);
      await second.again();
      const took = await ready(before.server, 1_000);
      assert.ok(took < 1_000, `${took} ms`);
      (await signIn(before.server, ORIGIN, second.site.token(2, "Ana Sousa", "c7"))).end();
    });

    it("a proxy that is less patient than the heartbeat cuts the socket (so the next two can fail)", { skip: !impatient }, async () => {
      const { code, after } = await cut.closed;
      assert.equal(code, null, "the server said goodbye");
      assert.ok(after > 4 && after < 30, `after ${after} s`);
    });

    it("a socket that says nothing is ended by the server, not by the proxy", async (t) => {
      const { code, after } = await deaf.closed;
      assert.equal(code, 4003, `code ${code} after ${after} s`);
      assert.ok(after > 95 && after < 110, `after ${after} s`);
      t.diagnostic(`closed by the server after ${after.toFixed(1)} s`);
    });

    it(`a socket that only answers pings is open after ${IDLE_S} s, and still talks`, async (t) => {
      await until("the time has passed", () => !quiet.open || quiet.age() > IDLE_S, (IDLE_S + 20) * 1_000);
      assert.ok(quiet.open, `closed: ${JSON.stringify(await Promise.race([quiet.closed, "open"]))}`);
      const heard = quiet.log.filter(({ at }) => at > 10);
      assert.deepEqual([...new Set(heard.map(({ type }) => type))], ["ping"], JSON.stringify(quiet.log));
      quiet.send({ type: "ping" });
      await quiet.next("pong");
      t.diagnostic(`open for ${quiet.age().toFixed(1)} s; pings came after ${heard.map(({ at }) => `${at} s`).join(", ")}`);
      quiet.end();
    });
  });
}
