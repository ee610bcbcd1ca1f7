// Versions meet: the plugin's PHP that is kept of each release of the contract (releases/) with today's server, and today's
// with a server that knows no more than that release. Without a Moodle: those have e2e/moodle.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Embedding } from "../embedding.mjs";
import { apiOfThen, plugin } from "../plugin.mjs";
import { lacking, Release, RELEASES } from "../release.mjs";
import { hello } from "../socket.mjs";

const PLUGIN = join(import.meta.dirname, "../../moodle/block_gchat");

/** Everything that a plugin says to its server, with the bodies of a release, and what it makes of the answers. */
async function everyCall(folder, release, host, inner) {
  const body = (name) => release.json(`fixtures/api/${name}.json`);
  const { rights_version: _, ...person } = body("user.put");
  const content = { ...person, rights_version: body("user.put").rights_version - 1 };
  const [{ answer: token }] = await plugin(folder, host, [["user_token", 2, "the-login-of-ana", content]]);
  const ana = await hello(`${host.url}/gchat/ws`, host.url, token);
  assert.equal(ana.answer.type, "welcome", JSON.stringify(ana.answer));
  assert.deepEqual([ana.answer.user.name, ana.answer.circles], [person.name, person.circles]);
  const floor = body("floor.put").rights_version;
  const calls = {
    "user.put": ["put_user", 2, body("user.put")],
    "circles.put": ["put_circle", 7, body("circles.put")],
    "logins.get": ["logins", 0, 1_000],
    "user.get": ["user", 2],
    "conversation.get": ["messages", 2, "2-3", 0],
    "status": ["status"],
    "logout.post": ["logout", 2, "the-login-of-ana"],
    "policy.put": ["put_policy", body("policy.put")],
    "floor.put": ["put_floor", floor],
    "user.delete": ["delete_user", 2, floor],
  };
  const results = await plugin(folder, host, Object.values(calls), inner);
  ana.leave();
  const answers = Object.fromEntries(Object.keys(calls).map((name, n) => [name, results[n]]));
  // Nobody has written anything.
  assert.deepEqual(answers["conversation.get"], { answer: null });
  delete answers["conversation.get"];
  for (const [name, { answer, ...refused }] of Object.entries(answers)) {
    assert.deepEqual(refused, {}, name);
    assert.deepEqual(lacking([body(`${name}.answer`)], answer), [], name);
    if ("applied" in answer) assert.equal(answer.applied, true, name);
  }
  assert.deepEqual(answers["logins.get"].answer, { logins: [{ user: 2, sids: ["the-login-of-ana"] }], next: null });
  assert.deepEqual(answers["logout.post"].answer, { closed: 1 });
}

for (const number of RELEASES) {
  const release = new Release(number);

  test(`release ${number}: its plugin gets on with this server`, async (t) => {
    const host = await Embedding.open();
    t.after(() => host.close());
    await everyCall(join(release.folder, "plugin"), release, host, `${host.url}/gchat/`);
  });

  test(`release ${number}: this plugin gets on with its server`, async (t) => {
    const host = await Embedding.open();
    t.after(() => host.close());
    const then = release.api();
    const api = await apiOfThen(host, then);
    t.after(api.close);
    await everyCall(PLUGIN, release, host, api.url);
    assert.deepEqual(then.unknown, [], "what that server would refuse");
  });
}
