// Groups, rooms, reactions and mentions: three people, four devices, by the names that everybody hears.
import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, gone, seen } from "../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();
/** "at once", as a person has it: what a right has ended is gone within two seconds, on an idle machine. */
const LIVE = 10_000;
/** Until a device whose line was lost is back. */
const BACK = 30_000;

/** The panel of the launcher. */
async function panel(person) {
  const { page } = person;
  const dialog = page.getByRole("dialog", { name: "Global Chat" });
  if ((await dialog.count()) === 0) await person.screen.launcher.click();
  await dialog.waitFor();
  return dialog;
}

async function makeGroup(person, title, names) {
  await (await panel(person)).getByRole("button", { name: "New group" }).click();
  const dialog = person.page.getByRole("dialog", { name: "New group" });
  await dialog.getByRole("textbox", { name: "Group name" }).fill(title);
  const create = dialog.getByRole("button", { name: "Create group" });
  for (const name of names) await dialog.getByRole("list", { name: "People", exact: true }).getByRole("button", { name }).click();
  await create.click();
  const chat = person.screen.chat(title);
  await chat.box.waitFor();
  await gone(dialog, "the dialog");
  return chat;
}

async function act(chat, item) {
  await chat.window.getByRole("button", { name: "Conversation actions" }).click();
  await chat.window.getByRole("menuitem", { name: item, exact: true }).click();
}

async function openRoom(person, title) {
  const dialog = await panel(person);
  await dialog.getByRole("list", { name: "Rooms" }).getByRole("button", { name: new RegExp(`^${title}`) }).click();
  const chat = person.screen.chat(title);
  await chat.log.waitFor();
  return chat;
}

async function react(chat, text, name) {
  await chat.choose(text, "React");
  await chat.window.getByRole("toolbar").getByRole("button", { name }).click();
}

const reaction = (chat, text, name) => chat.article(text).getByRole("button", { name, exact: true });
/** A quiet line of the log. */
const happened = (chat, line) => chat.log.getByText(line);

/** Whoever this is leaves or enters a course, in another tab of theirs. */
async function enrol(person, course, member) {
  const tab = await person.tab("/demo/people/2");
  const done = await tab.evaluate(
    async ([where, is]) => (await fetch(`/demo/enrol?course=${where}&member=${is}`, { method: "POST", redirect: "manual" })).type,
    [course, member],
  );
  assert.equal(done, "opaqueredirect");
  await tab.close();
}

test("a group is made, written in while one is away, renamed, added to and left; all devices agree", async () => {
  const ana = await it.people.arrive("ana", { path: "/demo/algebra" });
  const phone = await it.people.arrive("ana", { path: "/demo/algebra/forum" });
  const bruno = await it.people.arrive("bruno", { path: "/demo/algebra" });
  let carla = await it.people.arrive("carla", { path: "/demo/algebra" });
  const mine = await makeGroup(ana, "Project 3", ["Bruno Silva", "Carla Nunes"]);
  await seen(happened(mine, /You made the group/), "that it was made");
  await carla.page.goto("about:blank");
  await mine.say("Shall we begin?");
  const also = phone.screen.chat("Project 3");
  await seen(also.message("Shall we begin?").or(also.button("Restore")), "it on her other device");
  const his = bruno.screen.chat("Project 3");
  await his.button("Restore").click();
  await seen(his.message("Shall we begin?"), "the message at Bruno's");
  await seen(his.log.getByRole("article", { name: /^Ana Sousa/ }), "whose it is");
  await his.say("Yes!");
  await act(his, "Rename");
  const dialog = bruno.page.getByRole("dialog", { name: "Rename" });
  await dialog.getByRole("textbox", { name: "Group name" }).fill("Project 3, at last");
  await dialog.getByRole("textbox", { name: "Group name" }).press("Enter");
  const renamed = ana.screen.chat("Project 3, at last");
  await seen(renamed.message("Yes!"), "the window under its new name");
  // Whoever was away finds all of it, with a number.
  await carla.go("/demo/algebra");
  const hers = carla.screen.chat("Project 3, at last");
  await seen(hers.button("Restore"), "the window that came back");
  await hers.button("Restore").click();
  await becomes(() => hers.texts(), ["Shall we begin?", "Yes!"], "what she missed");
  await seen(happened(hers, /Bruno Silva .*Project 3, at last/), "who renamed it");
  // Its people; and one of them leaves.
  await act(hers, "Members");
  const members = carla.page.getByRole("dialog", { name: "Members" }).getByRole("list", { name: "Members" });
  await becomes(() => members.getByRole("listitem").count(), 3, "three members");
  await carla.page.keyboard.press("Escape");
  await act(hers, "Leave");
  await carla.page.getByRole("dialog").getByRole("button", { name: "Leave", exact: true }).click();
  await gone(hers.window, "her window");
  await seen(happened(renamed, /Carla Nunes left/), "that she left");
  await renamed.say("Without Carla");
  const brunos = bruno.screen.chat("Project 3, at last");
  await seen(brunos.message("Without Carla"), "the message at Bruno's");
  await carla.page.reload();
  await seen(carla.screen.person("Bruno Silva"), "her page");
  assert.equal(await carla.screen.chat("Project 3, at last").window.count(), 0, "nothing brings it back");
  await Promise.all([ana, bruno].map(({ page }) => page.reload()));
  for (const chat of [ana.screen.chat("Project 3, at last"), bruno.screen.chat("Project 3, at last")]) {
    await becomes(() => chat.texts(), ["Shall we begin?", "Yes!", "Without Carla"], "after loading again");
  }
});

test("whoever is put out of the course while typing writes no more in its group, and its room is gone", async () => {
  const ana = await it.people.arrive("ana", { path: "/demo/algebra" });
  const bruno = await it.people.arrive("bruno", { path: "/demo/algebra" });
  await it.people.arrive("carla", { path: "/demo/algebra" });
  const mine = await makeGroup(ana, "Project 4", ["Bruno Silva", "Carla Nunes"]);
  await mine.say("Before");
  const his = bruno.screen.chat("Project 4");
  await his.button("Restore").click();
  await seen(his.message("Before"), "the message at Bruno's");
  const room = await openRoom(bruno, "Algebra");
  await room.say("Hello, everybody");
  await his.box.fill("half a thou");
  await room.box.fill("half a sen");
  await enrol(bruno, "algebra", false);
  await gone(room.window, "the room's window", LIVE);
  await becomes(() => his.box.isEditable(), false, "the group's box, which keeps his text", LIVE);
  assert.equal(await his.box.inputValue(), "half a thou");
  await seen(his.message("Before"), "what he may read");
  await mine.say("After");
  await seen(ana.screen.chat("Project 4").message("After"), "it is said");
  assert.deepEqual(await his.texts(), ["Before"]);
  await enrol(bruno, "algebra", true);
  await becomes(() => his.box.isEditable(), true, "the box, back with the course", LIVE);
  assert.equal(await his.box.inputValue(), "half a thou", "and what he was writing");
});

test("a reaction made twice, on two devices, is one, and is taken back on one", async () => {
  const ana = await it.people.arrive("ana", { path: "/demo/algebra" });
  const bruno = await it.people.arrive("bruno", { path: "/demo/algebra" });
  const phone = await it.people.arrive("bruno", { path: "/demo/algebra", line: true });
  const mine = await ana.screen.open("Bruno Silva");
  await mine.say("Tuesday?");
  const his = bruno.screen.chat("Ana Sousa");
  await his.button("Restore").click();
  const also = phone.screen.chat("Ana Sousa");
  await seen(also.message("Tuesday?"), "the talk on his phone");
  // The phone does not hear of the first: it makes the same one once more.
  phone.line.hold();
  phone.line.cut();
  await react(his, "Tuesday?", /thumbs up|👍/i);
  for (const chat of [mine, his]) await seen(reaction(chat, "Tuesday?", "👍 1"), "one reaction");
  assert.equal(await also.article("Tuesday?").getByRole("button", { name: /^👍/ }).count(), 0, "nothing came to the phone");
  await react(also, "Tuesday?", /thumbs up|👍/i);
  await seen(reaction(also, "Tuesday?", "👍 1"), "the phone's own");
  phone.line.release();
  // What is written behind a reaction goes out when that is done.
  await also.say("Yes");
  await seen(mine.message("Yes"), "what was written after it", BACK);
  for (const chat of [mine, his, also]) await seen(reaction(chat, "Tuesday?", "👍 1"), "one reaction, and not none or two");
  for (const chat of [his, also]) assert.equal(await reaction(chat, "Tuesday?", "👍 1").getAttribute("aria-pressed"), "true", "his own");
  assert.equal(await reaction(mine, "Tuesday?", "👍 1").getAttribute("aria-pressed"), "false", "not hers");
  await reaction(mine, "Tuesday?", "👍 1").click();
  for (const chat of [mine, his, also]) await seen(reaction(chat, "Tuesday?", "👍 2"), "two of one kind");
  await reaction(also, "Tuesday?", "👍 2").click();
  for (const chat of [mine, his, also]) await seen(reaction(chat, "Tuesday?", "👍 1"), "hers alone");
  await his.page.reload();
  assert.equal(await reaction(his, "Tuesday?", "👍 1").getAttribute("aria-pressed"), "false", "after loading again");
});

test("a room is quiet: a dot for what is written, a badge for who is mentioned; and a teacher keeps order", async () => {
  const ana = await it.people.arrive("ana", { path: "/demo/algebra" });
  const bruno = await it.people.arrive("bruno", { path: "/demo/algebra" });
  const carla = await it.people.arrive("carla", { path: "/demo/algebra" });
  const hers = await openRoom(carla, "Algebra");
  await hers.say("I am here");
  await hers.button("Minimise").click();
  const his = await openRoom(bruno, "Algebra");
  await his.say("Anybody?");
  const bar = carla.screen.chat("Algebra");
  await seen(bar.window.getByText(/new messages?/i), "that there is something new, for those who listen");
  assert.equal(await bar.window.getByText("1 unread").count(), 0, "no number");
  // A mention, completed by the keyboard.
  await his.box.pressSequentially("@carl");
  await seen(his.window.getByRole("option", { name: /Carla Nunes/ }), "the completion");
  await bruno.page.keyboard.press("Enter");
  await his.box.pressSequentially("have you seen this?");
  await his.box.press("Enter");
  await seen(his.message(/@Carla Nunes have you seen this/), "the message");
  await seen(bar.window.getByText(/1 mention/), "the badge", LIVE);
  await bar.button("Restore").click();
  await seen(bar.message(/have you seen this/), "the mention at Carla's");
  // A teacher deletes, and makes it a place for announcements.
  const teacher = await openRoom(ana, "Algebra");
  await teacher.choose("Anybody?", "Delete");
  await seen(his.log.getByText("Message deleted by a moderator"), "the stub at its author's", 15_000);
  await teacher.window.getByRole("button", { name: "Conversation actions" }).click();
  await teacher.window.getByRole("menuitemcheckbox").click();
  await gone(his.box, "his box", LIVE);
  await teacher.say("Exam on Friday");
  await seen(his.message("Exam on Friday"), "the announcement");
});

test("a text has the room beside a face first, and the time what is left", async () => {
  const ana = await it.people.arrive("ana", { path: "/demo/algebra" });
  const bruno = await it.people.arrive("bruno", { path: "/demo/algebra" });
  const hers = await openRoom(ana, "Algebra");
  const his = await openRoom(bruno, "Algebra");
  const [long, short] = ["The library is open on Saturday from ten to four, and there are places by the window.", "Good."];
  for (const text of [long, short]) await hers.say(text);
  await seen(his.message(short), "both at Bruno's");
  assert.equal((await his.message(long).boundingBox()).width, 232, "a bubble at its widest");
  // Of the time, all is to be seen or nothing.
  const timed = async (text) => {
    await his.article(text).hover();
    return his.article(text).locator("time").evaluate((time) => {
      const range = document.createRange();
      range.selectNodeContents(time);
      const [box, ink] = [time, range].map((one) => one.getBoundingClientRect());
      return ink.top >= box.bottom ? "nothing" : ink.right <= box.right + 1 && ink.left >= box.left - 1 ? "all" : "a part";
    });
  };
  assert.equal(await timed(long), "nothing");
  assert.equal(await timed(short), "all");
});
