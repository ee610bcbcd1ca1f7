// Sessions in files: Moodle's table has what is to be known of them, so the task of every minute finds whose has ended.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { becomes, gone, seen, settled } from "../../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();
let restore;

before(() => {
  restore = it.site.configure(["$CFG->session_handler_class = '\\core\\session\\file';"]);
});
after(() => restore?.());

/** The task of every minute. Gives what it said. */
const minute = () => it.site.php(["admin/cli/scheduled_task.php", "--execute=\\block_gchat\\task\\send"]);

test("a session in a file holds until an administrator ends it or its time is over, and the chat with it", async () => {
  const { path } = it.campus.algebra;
  const { bruno: brunoId } = it.campus.users;
  const [ana, bruno, carla] = await Promise.all(["ana", "bruno", "carla"].map((slug) => it.people.arrive(slug, { path })));
  await Promise.all([bruno, carla].map((one) => seen(ana.screen.person(one.name), `Ana sees ${one.name}`)));
  await Promise.all([bruno, carla].map((one) => settled(one.page)));
  assert.ok(readdirSync(join(it.site.data, "sessions")).some((name) => name.startsWith("sess_")), "sessions are files");
  await becomes(async () => /logins that have ended: 0;/.test(await minute()), true, "whoever is logged in stays");
  await it.site.deeds(["end_sessions", brunoId]);
  assert.match(await minute(), /logins that have ended: 1;/, "an administrator ended Bruno's");
  await gone(ana.screen.person(bruno.name), "Bruno in Ana's list");
  await seen(bruno.page.getByText(/You have been signed out/).first(), "Bruno is told");
  await it.site.deeds(["execute", `UPDATE {sessions} SET timemodified = 1000 WHERE userid = ${it.campus.users.carla}`]);
  assert.match(await minute(), /logins that have ended: 1;/, "Carla's time is over");
  await gone(ana.screen.person(carla.name), "Carla in Ana's list");
  assert.match(await minute(), /logins that have ended: 0;/, "Ana's goes on");
});
