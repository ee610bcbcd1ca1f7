// What Moodle takes away without a word to anybody, or from everybody at once: a role's right, its own messages, a session,
// a date, a preference. Whoever has the chat open loses it in two seconds, or with the task of the next minute.
import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { becomes, gone, seen, settled } from "../../expect.mjs";
import { scene } from "../scene.mjs";
import { Session } from "../session.mjs";
import { ADMIN } from "../site.mjs";
import { within } from "../within.mjs";

const it = scene();
let admin;

before(async () => {
  admin = await Session.login(it.site.url, ADMIN.username, ADMIN.password);
});

// Whatever a test has closed is open for the next one.
afterEach(async () => {
  await it.site.deeds(["allow_everywhere", "student", "block/gchat:chat"], ["config", "messaging", 1]);
  await minute();
});

/** The task of every minute. Gives what it said. */
const minute = () => it.site.php(["admin/cli/scheduled_task.php", "--execute=\\block_gchat\\task\\send"]);

/** Ana, who teaches, and Bruno look at each other's names in Algebra. */
async function two() {
  const path = it.campus.algebra.path;
  const ana = await it.people.arrive("ana", { path });
  const bruno = await it.people.arrive("bruno", { path });
  await Promise.all([seen(ana.screen.person(bruno.name), "Ana sees Bruno"), seen(bruno.screen.person(ana.name), "Bruno sees Ana")]);
  await settled(bruno.page);
  return { ana, bruno };
}

test("a right taken from all students, with one call", async () => {
  const { ana, bruno } = await two();
  const carla = await it.people.arrive("carla", { path: it.campus.algebra.path });
  await seen(carla.screen.person(ana.name), "Carla sees Ana");
  const calls = it.calls();
  await within(
    "a right taken from a role",
    () => it.site.longDeed("prohibit_everywhere", "student", "block/gchat:chat"),
    (late) => Promise.all([bruno, carla].map((one) => gone(one.screen.person(ana.name), `Ana in ${one.name}'s list`, late))),
  );
  // To others they are online until the grace for page changes has passed.
  await gone(ana.screen.person(bruno.name), "Bruno in Ana's list");
  assert.deepEqual(calls(), ["PUT /gchat/api/v1/floor"], "what Moodle told the server");
});

test("Moodle's messages are switched off on their own page", async () => {
  const { ana, bruno } = await two();
  await within(
    "messages are switched off",
    async () => {
      const fields = { section: "optionalsubsystems", action: "save-settings", sesskey: admin.sesskey, return: "", s__messaging: "0" };
      const answer = await admin.post("/admin/settings.php?section=optionalsubsystems", fields);
      await answer.body?.cancel();
    },
    (late) => gone(bruno.screen.person(ana.name), "Ana in Bruno's list", late),
  );
  await gone(ana.screen.person(bruno.name), "Bruno in Ana's list");
  const page = await bruno.session.text(it.campus.algebra.path);
  assert.doesNotMatch(page, /blocks\/gchat\/js\/gchat\.js/, "no page has the chat");
  const refused = await bruno.session.call("block_gchat_get_token");
  assert.equal(refused.exception.errorcode, "nochat");
  const test = await admin.text("/blocks/gchat/connectiontest.php");
  assert.match(test, /messages are switched off, so the chat is off as well/, "the connection test says so");
});

test("a session that an administrator ends, with the task of the next minute", async () => {
  const { ana, bruno } = await two();
  await it.site.deeds(["end_sessions", it.campus.users.bruno]);
  assert.match(await minute(), /logins that have ended: 1;/);
  await gone(ana.screen.person(bruno.name), "Bruno in Ana's list");
  await seen(bruno.page.getByText(/You have been signed out/).first(), "Bruno is told");
});

test("an enrolment that ends by date, with the task of the next minute", async () => {
  const { ana, bruno } = await two();
  // The token that they have says nothing of it.
  await it.site.deeds(["end_enrolment", it.campus.algebra.id, it.campus.users.bruno, 3]);
  await becomes(async () => /a date has passed: 1/.test(await minute()), true, "the date passes");
  await gone(ana.screen.person(bruno.name), "Bruno in Ana's list");
  await gone(bruno.screen.person(ana.name), "Ana in Bruno's list");
});

test("a person who hides being online, with the task of the next minute", async () => {
  const { ana, bruno } = await two();
  await it.site.deeds(
    ["config", "block_online_users_onlinestatushiding", 1],
    ["preference", it.campus.users.bruno, "block_online_users_uservisibility", 0],
  );
  assert.match(await minute(), /preferences that have changed: 1/);
  await gone(ana.screen.person(bruno.name), "Bruno in Ana's list");
  await seen(bruno.screen.person(ana.name), "Bruno goes on seeing Ana");
});
