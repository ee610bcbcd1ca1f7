// The chat server is dead, or its address leads nowhere: Moodle's pages cost nothing, nothing is lost, and it comes back.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, test } from "node:test";
import { setTimeout as later } from "node:timers/promises";
import { gone, seen, settled } from "../../expect.mjs";
import { connect, paste, SETTINGS } from "../connect.mjs";
import { scene } from "../scene.mjs";
import { Session } from "../session.mjs";
import { ADMIN, PASSWORD } from "../site.mjs";

const it = scene();
/** A browser waits up to 30 s between its tries. */
const BACK = 45_000;
const LOST = /Connection lost|Not connected|Connecting/;

afterEach(async () => {
  await it.site.chat.start();
});

/** An address that takes connections and never says a word. */
async function blackHole() {
  const sockets = new Set();
  const server = createServer((socket) => {
    hole.calls += 1;
    sockets.add(socket);
    socket.on("error", () => {});
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const hole = {
    calls: 0,
    url: `http://127.0.0.1:${server.address().port}/gchat/`,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return hole;
}

test("no page waits for the server, and none asks it anything", async () => {
  const { algebra } = it.campus;
  const paths = [algebra.path, "/my/", "/my/courses.php", `/mod/forum/view.php?id=${algebra.modules.forum}`, SETTINGS];
  const admin = await Session.login(it.site.url, ADMIN.username, ADMIN.password);
  const bruno = await Session.login(it.site.url, it.campus.login("bruno"), PASSWORD);
  const times = async () => {
    const took = [];
    for (const path of paths) {
      const who = path === SETTINGS ? admin : bruno;
      await who.text(path);
      const start = performance.now();
      await who.text(path);
      took.push(Math.round(performance.now() - start));
    }
    return took;
  };
  const well = await times();
  const hole = await blackHole();
  try {
    const person = await it.people.administrator({ path: SETTINGS });
    const parts = JSON.parse(Buffer.from(it.site.code.slice("gchat1.".length), "base64url").toString());
    await paste(person.page, `gchat1.${Buffer.from(JSON.stringify({ ...parts, url: hole.url })).toString("base64url")}`);
    // The settings page asks for a test of the connection when it stands; that one may call the server.
    await settled(person.page);
    await person.context.close();
    const calls = hole.calls;
    const dead = await times();
    console.log(`ms for ${paths.length} pages with a living server ${well.join(" ")}, with a black hole ${dead.join(" ")}`);
    assert.equal(hole.calls - calls, 0, "requests to the server while pages were made");
    assert.match(await bruno.text(algebra.path), /<gchat-roster/, "the block is there");
    // A change of rights does not make anybody wait for the server either.
    const start = performance.now();
    await admin.deed("/enrol/unenroluser.php", { ue: algebra.enrolments.eva, confirm: 1 });
    const took = performance.now() - start;
    assert.ok(took < 2_000, `the answer to an unenrolment took ${Math.round(took)} ms`);
  } finally {
    await connect(it.site);
    hole.close();
  }
});

test("the block says calmly that the chat is away, and it comes back by itself", async () => {
  const { algebra } = it.campus;
  const ana = await it.people.arrive("ana", { path: algebra.path });
  const bruno = await it.people.arrive("bruno", { path: algebra.path });
  const mine = await ana.screen.open(bruno.name);
  await mine.say("Before");
  await seen(bruno.screen.chat(ana.name).window, "Bruno has the window");
  await it.site.chat.kill();
  await seen(ana.screen.block.getByText("Connection lost. Trying again…"), "Ana is told", BACK);
  await mine.say("Written while it was away");
  await bruno.go(`/mod/page/view.php?id=${algebra.modules.page}`);
  await bruno.go(algebra.path);
  await seen(bruno.screen.block.getByText(LOST).first(), "on a new page too", BACK);
  await seen(bruno.screen.chat(ana.name).window, "with the window of before");
  await it.site.chat.start();
  await seen(ana.screen.person(bruno.name), "Ana sees Bruno again", BACK);
  const his = bruno.screen.chat(ana.name);
  if (!(await his.box.isVisible())) await his.button("Restore").click();
  await seen(his.message("Written while it was away"), "the message has come", BACK);
  assert.equal(await his.message("Written while it was away").count(), 1, "once");
});

test("what changed while the server was away reaches it when it is back", async () => {
  const { algebra, users } = it.campus;
  const ana = await it.people.arrive("ana", { path: algebra.path });
  const bruno = await it.people.arrive("bruno", { path: algebra.path });
  await seen(ana.screen.person(bruno.name), "Ana sees Bruno");
  await it.site.chat.kill();
  await it.site.deeds(["unenrol", algebra.id, users.bruno]);
  await it.site.chat.start();
  // As cron does it each minute; a server that did not answer is left alone for half a minute at first.
  const cron = () => it.site.php(["admin/cli/scheduled_task.php", "--execute=\\block_gchat\\task\\send"]);
  const end = performance.now() + 90_000;
  let said = "";
  while (!/calls made: [1-9]/.test((said = await cron())) && performance.now() < end) await later(5_000);
  assert.match(said, /calls made: [1-9]/, "the task tells the server");
  await seen(bruno.screen.block.getByText("Nobody from your courses is online."), "Bruno is connected, and alone", BACK);
  await gone(ana.screen.person(bruno.name), "Bruno in Ana's list", BACK);
});
