// Where and for whom there is no chat: nothing of it is on the page, and no token is given.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seen } from "../../expect.mjs";
import { offered, offeredIn } from "../places.mjs";
import { scene } from "../scene.mjs";
import { Session } from "../session.mjs";
import { ADMIN, PASSWORD } from "../site.mjs";

const it = scene();
const TOKEN = "block_gchat_get_token";

test("an administrator who is logged in as somebody", async () => {
  const ana = await it.people.arrive("ana", { path: it.campus.algebra.path });
  const admin = await Session.login(it.site.url, ADMIN.username, ADMIN.password);
  assert.equal(offeredIn(await admin.text("/my/")), true, "as themselves they have it");
  await admin.deed("/course/loginas.php", { id: 1, user: it.campus.users.bruno }).catch(() => {});
  const page = await admin.text(it.campus.algebra.path);
  assert.match(page, /Bruno/, "they are Bruno now");
  assert.equal(offeredIn(page), false);
  admin.sesskey = /"sesskey":"(\w+)"/.exec(page)[1];
  const answer = await admin.call(TOKEN);
  assert.equal(answer.exception?.errorcode, "nochat");
  // Nothing of it is seen by others.
  await it.people.arrive("carla", { path: it.campus.algebra.path });
  await seen(ana.screen.person("Carla 🌻 Nunes"), "Ana sees Carla");
  assert.equal(await ana.screen.list.getByRole("button").count(), 1, "and no Bruno");
});

test("a guest, and whoever is not logged in", async () => {
  await it.site.deeds(["config", "guestloginbutton", 1]);
  const guest = await Session.login(it.site.url, "guest", "guest");
  const page = await guest.text("/");
  assert.match(page, /guest/i);
  assert.equal(offeredIn(page), false);
  assert.equal((await guest.call(TOKEN)).exception?.errorcode, "nochat");
  const stranger = new Session(it.site.url);
  assert.equal(offeredIn(await stranger.text("/")), false);
  stranger.sesskey = "none";
  assert.equal((await stranger.call(TOKEN)).exception?.errorcode, "servicerequireslogin");
});

test("a quiz while it is sat", async () => {
  const { algebra } = it.campus;
  const bruno = await it.people.arrive("bruno", { path: `/mod/quiz/view.php?id=${algebra.modules.quiz}` });
  assert.equal(await offered(bruno.page), true, "before it begins");
  await bruno.page.getByRole("button", { name: "Attempt quiz" }).click();
  await bruno.page.waitForURL("**/mod/quiz/attempt.php*");
  assert.equal(await offered(bruno.page), false, "on the attempt");
  await bruno.page.getByRole("button", { name: "Finish attempt" }).first().click();
  await bruno.page.waitForURL("**/mod/quiz/summary.php*");
  assert.equal(await offered(bruno.page), false, "on the summary");
  await bruno.go(algebra.path);
  await seen(bruno.screen.block, "and it is back on the course page");
});

test("a person who must change the password first", async () => {
  const session = await Session.login(it.site.url, it.campus.login("eva"), PASSWORD);
  await it.site.deeds(["preference", it.campus.users.eva, "auth_forcepasswordchange", 1]);
  const page = await session.text("/my/");
  assert.match(page, /change your password/i);
  assert.equal(offeredIn(page), false);
  assert.equal((await session.call(TOKEN)).exception?.errorcode, "forcepasswordchangenotice");
});

test("a course in which the capability is taken away", async () => {
  const { algebra } = it.campus;
  await it.site.deeds(["prohibit", algebra.id, "student", "block/gchat:chat"]);
  const ana = await it.people.arrive("ana", { path: algebra.path });
  const carla = await it.people.arrive("carla", { path: "/my/" });
  await it.people.arrive("bruno", { path: algebra.path });
  const daniel = await it.people.arrive("daniel", { path: "/my/" });
  await seen(carla.screen.person(daniel.name), "Carla sees Daniel, in Biology");
  assert.equal(await carla.screen.list.getByRole("button").count(), 1, "and nobody of Algebra");
  assert.equal(await ana.screen.list.getByRole("button").count(), 0, "nor does Ana see anybody");
});

test("the login page and pop-ups", async () => {
  const bruno = await Session.login(it.site.url, it.campus.login("bruno"), PASSWORD);
  for (const path of ["/login/index.php", "/help.php?component=core&identifier=email&lang=en"]) {
    const page = await bruno.text(path);
    assert.match(page, /<body[^>]*class="[^"]*pagelayout-(login|popup)/, path);
    assert.equal(offeredIn(page), false, path);
  }
});
