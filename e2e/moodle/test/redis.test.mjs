// Sessions in Redis, where Moodle's table has none of them: the task of every minute asks Redis whose login still holds.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { becomes, gone, seen, settled } from "../../expect.mjs";
import { Redis } from "../redis.mjs";
import { scene } from "../scene.mjs";

const it = scene();
let redis;

before(async () => {
  redis = await Redis.of(it.site);
});
after(() => redis?.close());

/** The task of every minute. Gives what it said. */
const minute = () => it.site.php(["admin/cli/scheduled_task.php", "--execute=\\block_gchat\\task\\send"]);

test("a session in Redis holds until it is ended or lost, and the chat with it", async () => {
  const { path } = it.campus.algebra;
  const { ana: anaId, bruno: brunoId } = it.campus.users;
  const ana = await it.people.arrive("ana", { path });
  const bruno = await it.people.arrive("bruno", { path });
  await Promise.all([seen(ana.screen.person(bruno.name), "Ana sees Bruno"), seen(bruno.screen.person(ana.name), "Bruno sees Ana")]);
  await settled(bruno.page);
  assert.equal(await redis.sessionsOf(brunoId), 1, "Bruno's session is in Redis");
  const [{ result }] = await it.site.deeds(["rows", `SELECT id FROM {sessions} WHERE userid IN (${anaId}, ${brunoId})`]);
  assert.deepEqual(result, [], "and in no table");

  assert.match(await minute(), /logins that have ended: 0;/, "whoever is logged in stays");
  assert.equal(await ana.screen.person(bruno.name).isVisible(), true);

  await it.site.deeds(["end_sessions", brunoId]);
  assert.match(await minute(), /logins that have ended: 1;/, "an administrator ended Bruno's");
  await seen(bruno.page.getByText(/You have been signed out/).first(), "Bruno is told");
  await gone(ana.screen.person(bruno.name), "Bruno in Ana's list");
  assert.match(await minute(), /logins that have ended: 0;/, "Ana's goes on");

  // As after a restart of a Redis that keeps nothing on disk.
  await redis.ask("FLUSHALL");
  assert.match(await minute(), /logins that have ended: 1;/);
  await seen(ana.page.getByText(/You have been signed out/).first(), "Ana is told");
});

test("while Redis is away nobody is taken for logged out", async () => {
  const { path } = it.campus.algebra;
  const ana = await it.people.arrive("ana", { path });
  const bruno = await it.people.arrive("bruno", { path });
  await seen(ana.screen.person(bruno.name), "Ana sees Bruno");
  await settled(bruno.page);
  redis.service.signal("SIGSTOP");
  try {
    // The task goes on each minute; one that failed would be tried ever more seldom.
    assert.match(await minute(), /sessions and preferences could not be compared: [\s\S]+ task complete/);
  } finally {
    redis.service.signal("SIGCONT");
  }
  await becomes(async () => /logins that have ended: 0;/.test(await minute()), true, "the next one finds both logged in");
  await seen(ana.screen.person(bruno.name), "Bruno is there still");
});
