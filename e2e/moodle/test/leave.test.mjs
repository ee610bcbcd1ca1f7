// Rights that end while people chat: whoever may not be seen any more is gone from the others' lists within two seconds
// of Moodle's commit, whatever ended it, and wherever it was done.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { before, test } from "node:test";
import { gone, seen, settled } from "../../expect.mjs";
import { scene } from "../scene.mjs";
import { Session } from "../session.mjs";
import { ADMIN } from "../site.mjs";
import { within } from "../within.mjs";

const it = scene();
let admin;

before(async () => {
  admin = await Session.login(it.site.url, ADMIN.username, ADMIN.password);
});

/** Ana, who teaches, and Bruno look at each other's names in Algebra. */
async function two() {
  const path = it.campus.algebra.path;
  const ana = await it.people.arrive("ana", { path });
  const bruno = await it.people.arrive("bruno", { path });
  await Promise.all([seen(ana.screen.person(bruno.name), "Ana sees Bruno"), seen(bruno.screen.person(ana.name), "Bruno sees Ana")]);
  // What Moodle's own scripts still ask for would send a browser that has just lost its login to the login page.
  await settled(bruno.page);
  return { ana, bruno };
}

test("unenrolled on Moodle's own page", async () => {
  const { ana, bruno } = await two();
  const mine = await ana.screen.open(bruno.name);
  await mine.say("Are you still there?");
  await within(
    "unenrolled on a page",
    () => admin.deed("/enrol/unenroluser.php", { ue: it.campus.algebra.enrolments.bruno, confirm: 1 }).then(() => undefined),
    (late) => gone(ana.screen.person(bruno.name), "Bruno in Ana's list", late),
  );
  await gone(bruno.screen.person(ana.name), "Ana in Bruno's list");
  await seen(mine.message("Are you still there?"), "what was said stays");
  await it.site.deeds(["enrol", it.campus.algebra.id, it.campus.users.bruno]);
  await seen(ana.screen.person(bruno.name), "Bruno is back when he is enrolled again");
});

test("unenrolled by a script that goes on for long", async () => {
  const { ana, bruno } = await two();
  await within(
    "unenrolled by a script",
    () => it.site.longDeed("unenrol", it.campus.algebra.id, it.campus.users.bruno),
    (late) => gone(ana.screen.person(bruno.name), "Bruno in Ana's list", late),
  );
});

test("suspended by an administrator", async () => {
  const { ana, bruno } = await two();
  await within(
    "suspended",
    () => admin.deed("/admin/user.php", { suspend: it.campus.users.bruno }).then(() => undefined),
    (late) => gone(ana.screen.person(bruno.name), "Bruno in Ana's list", late),
  );
  await gone(bruno.screen.person(ana.name), "Ana in Bruno's list");
});

test("deleted by an administrator", async () => {
  const { ana, bruno } = await two();
  const user = it.campus.users.bruno;
  const confirm = createHash("md5").update(String(user)).digest("hex");
  await within(
    "deleted",
    () => admin.deed("/admin/user.php", { delete: user, confirm }).then(() => undefined),
    (late) => gone(ana.screen.person(bruno.name), "Bruno in Ana's list", late),
  );
});

test("logged out", async () => {
  const { ana, bruno } = await two();
  await within(
    "logged out",
    () => bruno.session.deed("/login/logout.php").then(() => undefined),
    (late) =>
      Promise.all([
        seen(bruno.page.getByText(/You have been signed out/).first(), "Bruno is told", late),
        // A logout is no page change: nobody waits whether he comes back.
        gone(ana.screen.person(bruno.name), "Bruno in Ana's list", late),
      ]),
  );
});

test("taken out of a group, on Moodle's own page", async () => {
  const { chemistry, users } = it.campus;
  const [gil, hana, jorge] = await Promise.all(["gil", "hana", "jorge"].map((slug) => it.people.arrive(slug, { path: chemistry.path })));
  await seen(gil.screen.person(hana.name), "Gil sees Hana");
  await seen(jorge.screen.person(hana.name), "their teacher sees Hana");
  await within(
    "taken out of a group",
    async () => {
      const answer = await admin.post(`/group/members.php?group=${chemistry.groups.red}`, {
        sesskey: admin.sesskey,
        remove: "1",
        "removeselect[]": users.hana,
      });
      await answer.body.cancel();
    },
    (late) => gone(gil.screen.person(hana.name), "Hana in Gil's list", late),
  );
  await seen(jorge.screen.person(hana.name), "their teacher still sees Hana");
  await seen(hana.screen.person(jorge.name), "and Hana sees their teacher");
  await it.site.deeds(["join", chemistry.groups.blue, users.hana]);
  const ines = await it.people.arrive("ines", { path: chemistry.path });
  await seen(ines.screen.person(hana.name), "Hana is in the blue group now");
});

test("a course that is hidden, with one call", async () => {
  const { biology } = it.campus;
  const carla = await it.people.arrive("carla", { path: "/my/" });
  const daniel = await it.people.arrive("daniel", { path: "/my/" });
  await seen(carla.screen.person(daniel.name), "Carla sees Daniel");
  await seen(daniel.screen.person(carla.name), "Daniel sees Carla");
  const calls = it.calls();
  await within(
    "a course is hidden",
    () => admin.deed("/course/management.php", { action: "hidecourse", courseid: biology.id, redirectback: 1 }).then(() => undefined),
    (late) => gone(carla.screen.person(daniel.name), "Daniel in Carla's list", late),
  );
  await gone(daniel.screen.person(carla.name), "Carla in Daniel's list");
  assert.deepEqual(calls(), [`PUT /gchat/api/v1/circles/c${biology.id}`], "what Moodle told the server");
});
