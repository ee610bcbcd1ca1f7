// What the call for a token costs the person's login: it neither prolongs it nor holds it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, seen } from "../../expect.mjs";
import { scene } from "../scene.mjs";
import { Session } from "../session.mjs";
import { PASSWORD } from "../site.mjs";

const it = scene();
const TOKEN = "block_gchat_get_token";
const IDLE = "&nosessionupdate=true";

const login = (slug) => Session.login(it.site.url, it.campus.login(slug), PASSWORD);

/** When Moodle last saw a person, in seconds since 1970; their login made to look `age` seconds old if that is given. */
async function touched(slug, age) {
  const user = it.campus.users[slug];
  const deeds = [["rows", `SELECT id, timemodified FROM {sessions} WHERE userid = ${user}`]];
  if (age !== undefined) deeds.unshift(["execute", `UPDATE {sessions} SET timemodified = timemodified - ${age} WHERE userid = ${user}`]);
  const [row] = (await it.site.deeds(...deeds)).at(-1).result;
  return Number(row.timemodified);
}

const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());

test("a token says what the contract says", async () => {
  const bruno = await login("bruno");
  const { error, data } = await bruno.call(TOKEN, {}, IDLE);
  assert.equal(error, false);
  const token = claims(data.token);
  assert.equal(token.sub, String(it.campus.users.bruno));
  assert.equal(token.aud, "gchat");
  assert.ok(token.exp - token.iat <= 600, `it lives for ${token.exp - token.iat} s`);
  assert.deepEqual(token.circles.map(({ id, role }) => [id, role]), [[`c${it.campus.algebra.id}`, "student"]]);
  assert.equal(token.name, "Bruno O'Silva");
  const ana = claims((await (await login("ana")).call(TOKEN, {}, IDLE)).data.token);
  assert.deepEqual(ana.circles.map(({ role }) => role), ["teacher"]);
});

test("a call while nobody types does not keep the login alive, one after typing does", async () => {
  const bruno = await login("bruno");
  const old = await touched("bruno", 600);
  for (let call = 0; call < 3; call++) assert.equal((await bruno.call(TOKEN, {}, IDLE)).error, false);
  assert.equal(await touched("bruno"), old, "after calls while nobody types");
  assert.equal((await bruno.call(TOKEN)).error, false);
  assert.ok((await touched("bruno")) > old + 500, "after a call that is activity");
});

test("a login that has timed out gets no token", async () => {
  const bruno = await login("bruno");
  assert.equal((await bruno.call(TOKEN, {}, IDLE)).error, false);
  await touched("bruno", 8 * 60 * 60 + 60);
  assert.equal((await bruno.call(TOKEN, {}, IDLE)).exception?.errorcode, "servicerequireslogin");
});

test("while a token is made, the person's other requests do not wait", async () => {
  const bruno = await login("bruno");
  const held = await it.site.hold("groups_members");
  let answer = null;
  const token = bruno.call(TOKEN, {}, IDLE).then((found) => (answer = found));
  token.catch(() => {});
  try {
    // The token waits for the table; it has the session no more when this answers.
    await becomes(async () => (await it.site.waiting()) > 0, true, "the token waits for its courses", 20_000);
    const start = performance.now();
    assert.equal((await bruno.call("core_fetch_notifications", { contextid: 1 })).error, false);
    console.log(`another request took ${Math.round(performance.now() - start)} ms while a token was being made`);
    assert.equal(answer, null, "the token is still being made");
  } finally {
    await held.release();
  }
  await token;
  assert.equal(answer.error, false);
});

test("a long request of the same person only delays a token", async () => {
  const bruno = await it.people.arrive("bruno", { path: it.campus.algebra.path });
  const ana = await it.people.arrive("ana", { path: it.campus.algebra.path });
  await seen(ana.screen.person(bruno.name), "Ana sees Bruno");
  const held = await it.site.hold("forum_discussions");
  const slow = bruno.session.text(`/mod/forum/view.php?id=${it.campus.algebra.modules.forum}`);
  slow.catch(() => {});
  try {
    await becomes(async () => (await it.site.waiting()) > 0, true, "a page of Bruno's takes long", 20_000);
    const chat = await bruno.screen.open(ana.name);
    await chat.say("While the other page loads");
    await seen(chat.log.getByText("Sent", { exact: true }), "it is sent meanwhile");
  } finally {
    await held.release();
  }
  await slow;
});
