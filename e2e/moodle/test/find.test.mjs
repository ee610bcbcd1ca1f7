// People who are online or not, as Moodle finds them: by a part of the name, by the rules of the courses, and introduced to the
// chat server when somebody opens a chat with them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, gone, seen } from "../../expect.mjs";
import { byKeyboard, foundAgain, inStep } from "../../finding.mjs";
import { NAMES } from "../campus.mjs";
import { scene } from "../scene.mjs";
import { Session } from "../session.mjs";
import { PASSWORD } from "../site.mjs";

const it = scene();
const FIND = "block_gchat_find_people";

const login = (slug) => Session.login(it.site.url, it.campus.login(slug), PASSWORD);

/** Asks as the page of somebody does. */
async function ask(session, args) {
  const { error, data, exception } = await session.call(FIND, { text: "", next: "", user: 0, ...args });
  return error ? exception.errorcode : data;
}

/** The names that somebody finds. */
const names = async (session, text = "") => (await ask(session, { text })).people.map(({ name }) => name);

test("a part of the last name without accents finds somebody who has never been there", async () => {
  const ana = await login("ana");
  for (const text of ["magalhaes", "MAGALHÃES eva", "coutinho antonia"]) assert.deepEqual(await names(ana, text), [NAMES.eva], text);
  const gil = await login("gil");
  assert.deepEqual((await names(gil)).sort(), [NAMES.hana, NAMES.jorge], "of separate groups one finds one's own, and the teacher");
  assert.deepEqual(await names(gil, "ines azul"), []);
  assert.deepEqual(await names(await login("jorge"), "inês"), [NAMES.ines]);
});

test("an answer says of a person what their profile shows, and what both share", async () => {
  const bruno = await login("bruno");
  const { people, next } = await ask(bruno, { text: "sousa" });
  assert.equal(next, "");
  const id = it.campus.users.ana;
  const profile_url = `${it.site.url}/user/profile.php?id=${id}`;
  assert.deepEqual(people, [{ id, name: NAMES.ana, picture: null, profile_url, role: "teacher", circles: [it.campus.algebra.title] }]);
});

test("a name with markup, and what is typed of it, are text", async () => {
  const ana = await login("ana");
  assert.deepEqual(await names(ana, '"onload=alert(1)'), [NAMES.frank]);
  assert.deepEqual(await names(ana, "{{x}} ${y}"), [NAMES.frank]);
  assert.deepEqual(await names(ana, "o'silva"), [NAMES.bruno]);
  assert.deepEqual(await names(ana, "' OR 1=1 --"), []);
  assert.deepEqual(await names(ana, "🌻"), [NAMES.carla]);
});

test("whoever loses the right is gone from the search at once, and so is what they found", async () => {
  const [ana, bruno] = [await login("ana"), await login("bruno")];
  assert.deepEqual(await names(ana, "silva"), [NAMES.bruno]);
  assert.deepEqual(await names(bruno, "sousa"), [NAMES.ana]);
  await it.site.deeds(["unenrol", it.campus.algebra.id, it.campus.users.bruno]);
  assert.deepEqual(await names(ana, "silva"), []);
  assert.deepEqual(await names(bruno), []);
  const again = await ask(ana, { user: it.campus.users.bruno });
  assert.deepEqual(again, { people: [], next: "" }, "nor is he introduced");
  await it.site.deeds(["enrol", it.campus.algebra.id, it.campus.users.bruno]);
  assert.deepEqual(await names(ana, "silva"), [NAMES.bruno]);
  await it.site.deeds(["prohibit", it.campus.algebra.id, "student", "block/gchat:chat"]);
  assert.deepEqual(await names(ana), [], "a role that may not chat");
  assert.equal(await ask(bruno, {}), "nochat");
});

test("only who may be written to is introduced, by one call and with a name and rights only", async () => {
  const ana = await login("ana");
  const calls = it.calls();
  const { eva, gil } = it.campus.users;
  await names(ana);
  assert.deepEqual((await ask(ana, { user: gil })).people, []);
  assert.deepEqual(calls(), [], "neither a search nor a refusal calls the server");
  assert.deepEqual((await ask(ana, { user: eva })).people.map(({ id }) => id), [eva]);
  await becomes(calls, [`PUT /gchat/api/v1/users/${eva}`], "Eva is introduced");
  const [{ result }] = await it.site.deeds(["rows", `SELECT userid, digest FROM {block_gchat_user} WHERE userid IN (${eva}, ${gil})`]);
  assert.deepEqual(result.map(({ userid, digest }) => [Number(userid), digest]), [[eva, null]], "she has never come");
});

test("a profile offers the chat, and one's own does not", async () => {
  const ana = await login("ana");
  const { eva, ana: own } = it.campus.users;
  const link = (id) => `href="${it.site.url}/user/profile.php?id=${id}#gchat-with=${id}">Chat</a>`;
  assert.ok((await ana.text(`/user/profile.php?id=${eva}`)).includes(link(eva)));
  assert.ok(!(await ana.text(`/user/profile.php?id=${own}`)).includes("gchat-with"));
  const inCourse = await ana.text(`/user/view.php?id=${eva}&course=${it.campus.algebra.id}`);
  assert.match(inCourse, new RegExp(`#gchat-with=${eva}">Chat</a>`));
});

/** Opens a window with somebody, found by what is typed. */
async function choose({ screen }, text, name) {
  await seen(screen.block.getByText("Nobody from your courses is online."), "the chat is there");
  await screen.openPanel();
  await screen.search.fill(text);
  await screen.found(name).click();
  const chat = screen.chat(name);
  await chat.box.waitFor();
  await gone(screen.panel, "the panel");
  return chat;
}

test("one writes to somebody who has never been there, and who comes later and finds it", async () => {
  const ana = await it.people.arrive("ana", { path: it.campus.algebra.path });
  const chat = await choose(ana, "magalhaes", NAMES.eva);
  await chat.say("Welcome to Algebra");
  await seen(chat.log.getByText("Sent", { exact: true }), "the server has it");
  const eva = await it.people.arrive("eva", { path: it.campus.algebra.path });
  const hers = eva.screen.chat(ana.name);
  await hers.button("Restore").click();
  await seen(hers.message("Welcome to Algebra"), "what was written before she came");
  await hers.say("Thank you");
  await seen(chat.message("Thank you"), "her answer");
});

test("who has lost the course is gone from the search, and what was said is read and not answered", async () => {
  const ana = await it.people.arrive("ana", { path: it.campus.algebra.path });
  const chat = await choose(ana, "silva", NAMES.bruno);
  await chat.say("Before");
  await seen(chat.log.getByText("Sent", { exact: true }), "the server has it");
  await it.site.deeds(["unenrol", it.campus.algebra.id, it.campus.users.bruno]);
  await becomes(() => chat.box.isEditable(), false, "one cannot write any more");
  await seen(chat.message("Before"), "what was said stays");
  await ana.screen.openPanel();
  await ana.screen.search.fill("silva");
  await gone(ana.screen.found(NAMES.bruno), "Bruno among the people");
  await seen(ana.screen.listed(NAMES.bruno), "the conversation is found by his name");
});

test("who takes messages from contacts only is not found, online or not, but by the teacher", async () => {
  const { path } = it.campus.algebra;
  const insert = `INSERT INTO {user_preferences} (userid, name, value) VALUES (${it.campus.users.carla}, 'message_blocknoncontacts', '1')`;
  await it.site.deeds(["execute", insert]);
  const carla = await it.people.arrive("carla", { path });
  const bruno = await it.people.arrive("bruno", { path });
  await seen(bruno.screen.person(carla.name), "Carla among the people online");
  await bruno.screen.openPanel();
  await bruno.screen.search.fill("a");
  await seen(bruno.screen.found(NAMES.frank), "somebody else");
  assert.equal(await bruno.screen.found(carla.name).count(), 0);
  const ana = await it.people.arrive("ana", { path });
  await ana.screen.openPanel();
  await ana.screen.search.fill("nunes");
  await seen(ana.screen.found(carla.name), "Carla, to her teacher");
});

test("Chat on a profile opens a window with somebody who has never been there", async () => {
  const ana = await it.people.arrive("ana", { path: `/user/profile.php?id=${it.campus.users.frank}` });
  await ana.page.getByRole("link", { name: "Chat", exact: true }).click();
  const chat = ana.screen.chat(NAMES.frank);
  await chat.say("From your profile");
  await seen(chat.log.getByText("Sent", { exact: true }), "the server has it");
  await becomes(() => ana.page.evaluate(() => location.hash), "", "the address is the profile's again");
});

test("a closed conversation is found again by the list and by name, wherever and whoever is away", async () => {
  const { path } = it.campus.algebra;
  const [ana, bruno] = [await it.people.arrive("ana", { path }), await it.people.arrive("bruno", { path })];
  await foundAgain({ ana, bruno, phone: () => it.people.arrive("ana", { path: "/my/" }), part: "silva b" });
});

test("two devices are in step: pinned, muted, archived, read", async () => {
  const arrive = (slug, path = it.campus.algebra.path) => it.people.arrive(slug, { path });
  await inStep({ ana: await arrive("ana"), phone: await arrive("ana", "/my/"), bruno: await arrive("bruno"), carla: await arrive("carla") });
});

test("forty unread messages of nine conversations are read one after the other, by keyboard alone", async () => {
  const letters = [..."ABCDEFGHI"];
  const username = (letter) => it.campus.login(`sender${letter.toLowerCase()}`);
  const ana = it.campus.login("ana");
  const course = `Waiting ${ana}`;
  const { users, courses } = await it.site.seed({
    users: letters.map((letter) => ({ username: username(letter), firstname: "Sender", lastname: letter })),
    courses: [{ shortname: course, members: [{ user: ana }, ...letters.map((letter) => ({ user: username(letter) }))] }],
  });
  const reader = await it.people.arrive("ana", { path: `/course/view.php?id=${courses[course].id}` });
  await seen(reader.screen.launcher, "the chat is there");
  await reader.page.goto("about:blank");
  const senders = [];
  for (const letter of letters) {
    const session = await Session.login(it.site.url, username(letter), PASSWORD);
    const { data } = await session.call("block_gchat_get_token");
    senders.push({ id: users[username(letter)], name: `Sender ${letter}`, token: data.token });
  }
  const sender = await it.people.enter("the senders");
  await sender.page.goto(`${it.site.url}/login/index.php`, { waitUntil: "domcontentloaded" });
  await byKeyboard({
    reader,
    come: () => reader.go(`/course/view.php?id=${courses[course].id}`),
    sender,
    server: `${it.site.url.replace("http", "ws")}/gchat/ws`,
    to: it.campus.users.ana,
    senders,
  });
});

test("while the chat server is away people are found, and nobody is introduced", async () => {
  const ana = await login("ana");
  await it.site.chat.kill();
  try {
    const began = performance.now();
    assert.equal(await ask(ana, { user: it.campus.users.carla }), "chataway");
    assert.equal(await ask(ana, { user: it.campus.users.carla }), "chataway");
    assert.ok(performance.now() - began < 5_000, "it is said at once");
    assert.deepEqual(await names(ana, "silva"), [NAMES.bruno]);
  } finally {
    await it.site.chat.start();
    // A server that did not answer is left alone for half a minute.
    await it.site.php(["admin/cli/purge_caches.php"]);
  }
});
