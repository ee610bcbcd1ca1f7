// Rooms: a course's, or one of each group where groups are separate; by the site's setting and the course's own form.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { becomes, gone, seen } from "../../expect.mjs";
import { SETTINGS } from "../connect.mjs";
import { quiet } from "../quiet.mjs";
import { scene } from "../scene.mjs";
import { within } from "../within.mjs";

const it = scene();

before(() => it.site.deeds(["config", "rooms", "some", "block_gchat"]));
after(() => it.site.deeds(["config", "rooms", "off", "block_gchat"]));

/** The panel of the launcher, which has the rooms. */
const panel = ({ page }) => page.getByRole("dialog", { name: "Global Chat" });

/** A room's button there. */
const room = (person, title) => panel(person).getByRole("list", { name: "Rooms" }).getByRole("button", { name: title, exact: true });

/** Opens the panel, anew where it is open: it asks for the rooms then. */
async function look(person) {
  if (await panel(person).isVisible()) {
    await panel(person).getByRole("button", { name: "Close the list" }).click();
    await gone(panel(person), "the panel");
  }
  // Where Moodle's scripts move the focus, the panel closes.
  await quiet(person.page);
  await person.screen.launcher.click();
  await seen(panel(person), `${person.name}'s panel`);
}

/** These rooms and no others. */
async function has(person, titles) {
  await look(person);
  for (const title of titles) await seen(room(person, title), `${person.name} has ${title}`);
  assert.equal(await panel(person).getByRole("list", { name: "Rooms" }).getByRole("button").count(), titles.length, `${person.name} has no other room`);
}

/** Opens a room. */
async function enter(person, title) {
  await look(person);
  await room(person, title).click();
  const chat = person.screen.chat(title);
  await seen(chat.box, `${person.name} may write in ${title}`);
  return chat;
}

test("separate groups have a room each, and the teacher has all of them", async () => {
  const { id, path, title } = it.campus.chemistry;
  const [red, blue] = [`${title}: red`, `${title}: blue`];
  await it.site.deeds(["room", id, "open"]);
  const [jorge, gil, ines] = await Promise.all(["jorge", "gil", "ines"].map((slug) => it.people.arrive(slug, { path })));
  await has(jorge, [title, blue, red]);
  await has(gil, [red]);
  await has(ines, [blue]);
  const his = await enter(gil, red);
  await his.say("Is this the red group?");
  const theirs = await enter(jorge, red);
  await seen(theirs.message("Is this the red group?"), "the teacher reads it");
  await theirs.say("It is.");
  await seen(his.message("It is."), "the answer");
  await has(ines, [blue]);
});

test("a new group and another name are in the list at once", async () => {
  const { id, path, title, groups } = it.campus.chemistry;
  await it.site.deeds(["room", id, "open"]);
  const jorge = await it.people.arrive("jorge", { path });
  await has(jorge, [title, `${title}: blue`, `${title}: red`]);
  await it.site.deeds(["new_group", id, "green"], ["rename_group", groups.red, "<b>rouge</b> & co"]);
  await has(jorge, [title, `${title}: blue`, `${title}: green`, `${title}: rouge & co`]);
});

test("whoever is put into another group is in its room within two seconds, and in the old one no more", async () => {
  const { id, path, title, groups } = it.campus.chemistry;
  const [red, blue] = [`${title}: red`, `${title}: blue`];
  await it.site.deeds(["room", id, "open"]);
  const [gil, hana, ines] = await Promise.all(["gil", "hana", "ines"].map((slug) => it.people.arrive(slug, { path })));
  const his = await enter(gil, red);
  const hers = await enter(hana, red);
  await hers.say("Only for the red ones");
  await seen(his.message("Only for the red ones"), "Gil reads it");
  const blues = await enter(ines, blue);
  await blues.say("Only for the blue ones");
  await look(gil);
  const regroup = async () => {
    const done = await it.site.deeds(["leave", groups.red, it.campus.users.gil], ["join", groups.blue, it.campus.users.gil]);
    return done.at(-1).at * 1_000;
  };
  const moved = (patience) => Promise.all([
    gone(his.window, "the window of his old room", patience),
    gone(room(gil, red), "his old room", patience),
    seen(room(gil, blue), "his new room", patience),
  ]);
  await within("put into another group", regroup, moved);
  const now = await enter(gil, blue);
  await seen(now.message("Only for the blue ones"), "what was written there before");
  await hers.say("Without Gil");
  await now.say("Hello, blue ones");
  await seen(blues.message("Hello, blue ones"), "Gil among the blue ones");
  assert.equal(await gil.page.getByText("Without Gil").count(), 0, "nothing of the old room comes any more");
});

test("the form of a course opens its room, closes it for writing, and takes it away", async () => {
  const { id, path, title } = it.campus.algebra;
  const ana = await it.people.arrive("ana");
  const bruno = await it.people.arrive("bruno", { path });
  const fill = async (choice) => {
    await ana.go(`/course/edit.php?id=${id}`);
    const field = ana.page.getByRole("combobox", { name: "Room of the course" });
    // Moodle's forms show their first section. Until all scripts are there, a press may say that another is open, and open none.
    const header = ana.page.locator("#id_block_gchat_header").getByRole("button", { name: "Global Chat" });
    await quiet(ana.page);
    await becomes(async () => {
      if (!(await field.isVisible())) await header.click();
      return field.isVisible();
    }, true, "the field of the form");
    await field.selectOption({ label: choice });
  };
  const save = async () => {
    await Promise.all([ana.page.waitForURL(/course\/view\.php/), ana.page.getByRole("button", { name: "Save and display" }).click()]);
  };
  await bruno.screen.launcher.waitFor();
  await fill("Open");
  await save();
  const chat = await enter(bruno, title);
  await chat.say("Nice to have a room");
  await fill("Closed for writing");
  await within("closed for writing", save, (patience) => gone(chat.box, "the box to write in", patience));
  await seen(chat.message("Nice to have a room"), "what was written");
  await fill("No room");
  await within("taken away", save, (patience) => gone(chat.window, "the window", patience));
  await look(bruno);
  await gone(room(bruno, title), "the room");
  await fill("Open");
  await save();
  const again = await enter(bruno, title);
  await seen(again.message("Nice to have a room"), "nothing was deleted");
});

test("whoever may not say whether a course has a room is not asked", async () => {
  const { id } = it.campus.algebra;
  await it.site.deeds(["prohibit", id, "editingteacher", "block/gchat:configurecourse"]);
  const ana = await it.people.arrive("ana", { path: `/course/edit.php?id=${id}` });
  await seen(ana.page.getByRole("button", { name: "Save and display" }), "the form");
  assert.equal(await ana.page.locator("[name=block_gchat_room]").count(), 0);
});

test("the setting of the site gives every course a room, and takes it back", async () => {
  const { path, title } = it.campus.algebra;
  const admin = await it.people.administrator({ path: SETTINGS });
  const bruno = await it.people.arrive("bruno", { path });
  const choose = async (choice) => {
    await admin.go(SETTINGS);
    await admin.page.getByRole("combobox", { name: "Rooms" }).selectOption({ label: choice });
  };
  const save = async () => {
    await Promise.all([admin.page.waitForEvent("domcontentloaded"), admin.page.getByRole("button", { name: "Save changes" }).click()]);
    await seen(admin.page.getByText("Changes saved"), "it is saved");
  };
  await choose("In every course that does not choose otherwise");
  await save();
  try {
    const chat = await enter(bruno, title);
    await chat.say("The newest courses are told first");
    await choose("No rooms");
    await within("switched off", save, (patience) => gone(chat.window, "the window", patience));
  } finally {
    await it.site.deeds(["config", "rooms", "some", "block_gchat"]);
  }
});
