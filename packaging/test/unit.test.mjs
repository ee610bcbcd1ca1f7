// packaging/systemd/*, read by the real systemd; and what the unit promises of the server: that it speaks to systemd.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { before, describe, it } from "node:test";
import { Child, atEnd, until } from "./process.mjs";
import { freePort } from "../../e2e/port.mjs";
import { Place, packaged, replaced } from "./place.mjs";

/** Of 10; systemd calls less than 2 "OK", and most services of a Debian have 9.6. */
const EXPOSURE = 1.3;

/** Prints each datagram that comes to a socket as systemd's. Node cannot listen to one; supervisor brings Python. */
const LISTENER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
while True: print(s.recv(4096).decode(), flush=True)
`;

describe("the systemd unit", () => {
  let place, unit;

  before(() => {
    place = Place.make();
    unit = place.write("/etc/systemd/system/gchat.service", replaced(packaged("systemd/gchat.service"), "/usr/local/bin/gchat", place.binary));
  });

  it("passes systemd-analyze verify without a word", () => {
    const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
    assert.deepEqual({ status, said: stdout + stderr }, { status: 0, said: "" });
  });

  it("would not pass with a mistake in it", () => {
    const wrong = place.write("/etc/systemd/system/wrong.service", replaced(packaged("systemd/gchat.service"), "Restart=always", "Restart=ever"));
    const { stdout, stderr } = spawnSync("systemd-analyze", ["verify", wrong], { encoding: "utf8" });
    assert.match(stdout + stderr, /Failed to parse service restart specifier/);
  });

  it(`leaves the server little of the machine: at most ${EXPOSURE} of 10`, (t) => {
    const said = execFileSync("systemd-analyze", ["security", "--offline=true", "--no-pager", unit], { encoding: "utf8" });
    const [line, exposure] = /Overall exposure level for gchat.service: ([0-9.]+)[^\n]*/.exec(said);
    t.diagnostic(line);
    assert.ok(Number(exposure) <= EXPOSURE, said);
  });

  it("waits for a server that says when it is ready, that it lives, and when it stops", async () => {
    const path = place.at("/run/notify");
    const systemd = new Child("python3", ["-c", LISTENER, path]);
    atEnd(() => systemd.stop());
    await systemd.until("the socket is there", () => systemd.said.includes("listening"));
    const port = await freePort();
    const env = { ...process.env, NOTIFY_SOCKET: path, WATCHDOG_USEC: "600000" };
    const settings = place.settings(port);
    place.init();
    const server = new Child(place.binary, ["serve", "--config", settings], { cwd: place.at("/run"), env });
    atEnd(() => server.stop());
    const heard = (word) => systemd.said.split("\n").filter((line) => line === word).length;
    await until("READY=1", () => heard("READY=1") === 1);
    await until("WATCHDOG=1, again and again", () => heard("WATCHDOG=1") > 2);
    server.process.kill("SIGTERM");
    await until("STOPPING=1", () => heard("STOPPING=1") === 1);
    await server.ended;
    assert.equal(server.process.exitCode, 0);
  });
});
