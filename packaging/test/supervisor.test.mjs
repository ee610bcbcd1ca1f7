// packaging/supervisor/gchat.conf, in the real supervisord, with the real server.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { before, describe, it } from "node:test";
import { Child, ask, atEnd, ready, until } from "./process.mjs";
import { freePort } from "../../e2e/port.mjs";
import { Place, packaged, replaced } from "./place.mjs";
import { keepsFilesOpen, processesOf, rises } from "./keeper.mjs";

describe("under supervisor", () => {
  let place, main, port, url, supervisord;

  const control = (...words) => execFileSync("supervisorctl", ["-c", main, ...words], { encoding: "utf8" }).trim();
  const pid = () => Number(control("pid", "gchat"));
  // A process counts as started when it has lived for `startsecs`; one that ends earlier is given a pause.
  const running = () => until("supervisor counts it as running", () => control("status", "gchat").includes("RUNNING"));

  before(async () => {
    place = Place.make();
    port = await freePort();
    url = `http://127.0.0.1:${port}/`;
    place.settings(port);
    place.init();
    const section = replaced(packaged("supervisor/gchat.conf"), "user=gchat\n", `user=${place.user}\n`);
    place.write("/etc/supervisor/conf.d/gchat.conf", place.moved(section));
    main = place.write(
      "/etc/supervisor/supervisord.conf",
      `[supervisord]
nodaemon=true
${process.getuid() === 0 ? "user=root" : ""}
logfile=${place.at("/var/log/supervisor/supervisord.log")}
pidfile=${place.at("/run/supervisord.pid")}
childlogdir=${place.at("/var/log/supervisor")}
[unix_http_server]
file=${place.at("/run/supervisor.sock")}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${place.at("/run/supervisor.sock")}
[include]
files=${place.at("/etc/supervisor/conf.d")}/*.conf
`,
    );
    // Another server has the port at first.
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    supervisord = new Child("supervisord", ["-c", main], { cwd: place.root });
    atEnd(() => supervisord.stop());
    const log = place.at("/var/log/supervisor/gchat.log");
    await supervisord.until("the server was tried twice", () => readFileSync(log, "utf8").split("is another server running there?").length > 2);
    other.close();
    await once(other, "close");
  });

  it("starts the server as soon as it can start, as its own user", async () => {
    await ready(url, 10_000);
    await running();
    const server = statSync(`/proc/${pid()}`);
    assert.equal(server.uid, place.ids.uid ?? process.getuid());
    keepsFilesOpen(pid());
    assert.equal(statSync(place.at("/var/lib/gchat/gchat.db")).mode & 0o777, 0o600);
  });

  it("brings a killed server back within two seconds, again and again", async (t) => {
    await rises(t, url, pid, running);
  });

  it("stops it cleanly, and leaves nothing", async () => {
    control("stop", "gchat");
    await assert.rejects(ask(`${url}health`), /ECONNREFUSED/);
    assert.deepEqual(processesOf(place).filter(([, line]) => line.includes("serve")), []);
    assert.match(readFileSync(place.at("/var/log/supervisor/gchat.log"), "utf8"), /stopping/);
  });
});
