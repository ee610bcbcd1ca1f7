// packaging/systemd/gchat.service under a real systemd, which runs as the first process of a machine within this one:
// what the hardening takes away, the server must not need. It wants root and changes control groups, so it is only run
// when asked for: SYSTEMD=1 node packaging/test/run.mjs systemd.test.mjs
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { Child, atEnd } from "./process.mjs";
import { Place, REPOSITORY } from "./place.mjs";

const asked = process.env.SYSTEMD === "1" && process.getuid() === 0;
/** Where control groups of version 2 are: alone, or beside those of version 1. */
const GROUPS = existsSync("/sys/fs/cgroup/cgroup.procs") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";
const ENTER = 'echo 0 >"$1/cgroup.procs" && exec unshare --cgroup --mount --pid --ipc --uts --net --fork --kill-child=KILL sh "$2" "$3"';

/** A control group goes when those in it have gone. */
function removeGroup(path) {
  for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) removeGroup(join(path, entry.name));
  rmdirSync(path);
}

describe("under a real systemd", { skip: !asked && "it wants SYSTEMD=1, and root" }, () => {
  let said, facts;

  before(async () => {
    const place = Place.make();
    mkdirSync(place.at("/out"));
    copyFileSync(place.binary, place.at("/gchat"));
    copyFileSync(join(REPOSITORY, "packaging/systemd/gchat.service"), place.at("/gchat.service"));
    for (const file of ["inside.sh", "check.sh"]) copyFileSync(join(import.meta.dirname, file), place.at(file));
    const group = join(GROUPS, `gchat-test-${process.pid}`);
    mkdirSync(group);
    atEnd(() => removeGroup(group));
    const machine = new Child("sh", ["-c", ENTER, "sh", group, place.at("inside.sh"), place.root], { signal: "SIGKILL" });
    atEnd(() => machine.stop("SIGKILL"));
    await machine.ended;
    assert.ok(existsSync(place.at("/out/said")), machine.said);
    said = readFileSync(place.at("/out/said"), "utf8");
    const numbers = (word) => [...said.matchAll(new RegExp(`^${word} (\\d+)$`, "gm"))].map(([, number]) => Number(number));
    facts = { killed: numbers("killed"), hung: numbers("hung") };
  });

  it("is started with nothing that it does not need, and is ready when systemd says so", () => {
    assert.match(said, /^start 0$/m, said);
    assert.match(said, /^CapBnd: 0000000000000000$/m);
    assert.match(said, /^NoNewPrivs: 1$/m);
    assert.match(said, /^Seccomp: 2$/m);
    assert.doesNotMatch(said, /^Uid: 0 /m);
    assert.match(said, /^database gchat 600$/m);
    assert.match(said, /^codes 1$/m);
  });

  it("is back within two seconds when it is killed", (t) => {
    t.diagnostic(`ready again after ${facts.killed.join(", ")} ms`);
    assert.equal(facts.killed.length, 3, said);
    assert.ok(Math.min(...facts.killed) < 2_000, said);
  });

  it("is killed and started anew by the watchdog when it hangs", () => {
    assert.equal(facts.hung.length, 1, said);
    assert.match(said, /^NRestarts=4$/m, said);
    assert.doesNotMatch(said, /not ready/);
  });

  it("stops cleanly", () => {
    assert.match(said, /^stop inactive 0$/m, said);
  });
});
