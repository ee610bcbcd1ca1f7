// packaging/boot/gchat, run by the machine's own sh, with the real server.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { before, describe, it } from "node:test";
import { alive, ask, atEnd, ready, until } from "./process.mjs";
import { freePort } from "../../e2e/port.mjs";
import { Place, packaged, repository, replaced } from "./place.mjs";
import { keepsFilesOpen, processesOf, rises } from "./keeper.mjs";

describe("the boot script", () => {
  let place, script, port, url;

  /** Runs the script as init does, and returns its exit code and what it said. */
  const boot = (word) => {
    const { status, stdout, stderr } = spawnSync(script, [word], { encoding: "utf8", timeout: 30_000 });
    return { status, said: stdout + stderr };
  };
  const pid = (name) => Number(readFileSync(place.at(`/run/gchat/${name}.pid`), "utf8"));

  before(async () => {
    place = Place.make();
    port = await freePort();
    url = `http://127.0.0.1:${port}/`;
    place.settings(port);
    place.init();
    script = place.write("/etc/init.d/gchat", place.moved(replaced(packaged("boot/gchat"), "USER=gchat\n", `USER=${place.user}\n`)), 0o755);
    atEnd(() => boot("stop"));
  });

  it("says in the file that it may be executed, and to init when it runs", () => {
    assert.equal(execFileSync("sh", ["-n", script], { encoding: "utf8" }), "");
    assert.ok(statSync(new URL("../boot/gchat", import.meta.url)).mode & 0o100, "packaging/boot/gchat is not executable");
    const head = /### BEGIN INIT INFO\n([\s\S]*?)### END INIT INFO/.exec(repository("packaging/boot/gchat"))[1];
    const keys = head.match(/^# [A-Z][A-Za-z-]+:/gm).map((key) => key.slice(2, -1));
    for (const key of ["Provides", "Required-Start", "Required-Stop", "Default-Start", "Default-Stop", "Short-Description"]) {
      assert.ok(keys.includes(key), `the LSB header has no ${key}`);
    }
  });

  it("refuses what it does not know, and settings that are wrong", () => {
    assert.equal(boot("dance").status, 2);
    assert.equal(boot("status").status, 3);
    place.write("/etc/gchat/gchat.toml", "lisen = 1\n");
    const { status, said } = boot("start");
    assert.equal(status, 6);
    assert.match(said, /unknown key `lisen`/);
    assert.deepEqual(processesOf(place), []);
    place.settings(port);
  });

  it("starts the server as its own user, once", async () => {
    assert.deepEqual(boot("start"), { status: 0, said: "gchat is started\n" });
    await ready(url);
    assert.deepEqual(boot("start"), { status: 0, said: "gchat is running already\n" });
    assert.match(boot("status").said, new RegExp(`running: process ${pid("gchat")}, kept by ${pid("keeper")}`));
    assert.equal(processesOf(place).length, 2, "one keeper, one server");
    for (const name of ["gchat", "keeper"]) {
      assert.equal(statSync(`/proc/${pid(name)}`).uid, place.ids.uid ?? process.getuid(), name);
    }
    keepsFilesOpen(pid("gchat"));
    assert.equal(statSync(place.at("/var/lib/gchat/gchat.db")).mode & 0o777, 0o600);
    assert.match(readFileSync(place.at("/var/log/gchat/gchat.log"), "utf8"), / ready version=.* listen=127\.0\.0\.1/);
  });

  it("brings a killed server back within two seconds, again and again", async (t) => {
    await rises(t, url, () => pid("gchat"));
  });

  it("restarts", async () => {
    const first = pid("gchat");
    assert.deepEqual(boot("restart"), { status: 0, said: "gchat is stopped\ngchat is started\n" });
    await ready(url);
    assert.notEqual(pid("gchat"), first);
    assert.equal(processesOf(place).length, 2);
  });

  it("takes over a server whose keeper was killed", async () => {
    const [keeper, server] = [pid("keeper"), pid("gchat")];
    process.kill(keeper, "SIGKILL");
    await until("the keeper is gone", () => boot("status").status === 1);
    assert.ok(alive(server));
    assert.equal(boot("start").status, 0);
    await ready(url);
    assert.ok(!alive(server));
    assert.notEqual(pid("gchat"), server);
    assert.equal(processesOf(place).length, 2);
  });

  it("stops, and leaves nothing", async () => {
    assert.deepEqual(boot("stop"), { status: 0, said: "gchat is stopped\n" });
    assert.deepEqual(processesOf(place), []);
    await assert.rejects(ask(`${url}health`), /ECONNREFUSED/);
    for (const file of ["gchat.pid", "keeper.pid"]) assert.ok(!existsSync(place.at(`/run/gchat/${file}`)), file);
    assert.equal(boot("status").status, 3);
    assert.deepEqual(boot("stop"), { status: 0, said: "gchat is not running\n" });
  });

  it("goes on trying where the server cannot start, and stops then, too", async () => {
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    assert.equal(boot("start").status, 0);
    const log = place.at("/var/log/gchat/gchat.log");
    await until("it has tried twice", () => readFileSync(log, "utf8").split("is another server running there?").length > 2);
    const closed = once(other, "close");
    other.close();
    await closed;
    await ready(url);
    assert.equal(boot("stop").status, 0);
    assert.deepEqual(processesOf(place), []);
  });
});
