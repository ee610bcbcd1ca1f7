// Two people meet on Moodle's pages and talk, as in the demo.
import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, gone, seen } from "../../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();

const PLACES = {
  "a course page": () => it.campus.algebra.path,
  "the dashboard": () => "/my/",
  "My courses": () => "/my/courses.php",
};

for (const [place, path] of Object.entries(PLACES)) {
  test(`on ${place} two people see each other in the block, and talk`, async () => {
    const ana = await it.people.arrive("ana", { path: path() });
    await seen(ana.screen.block, "Ana's block");
    const bruno = await it.people.arrive("bruno", { path: path() });
    await Promise.all([
      seen(ana.screen.person(bruno.name), "Ana sees Bruno"),
      seen(bruno.screen.person(ana.name), "Bruno sees Ana"),
    ]);
    const title = await bruno.page.title();

    const mine = await ana.screen.open(bruno.name);
    // It rises into its place.
    const foot = async () => {
      const box = await mine.window.boundingBox();
      return Math.abs(box.y + box.height - 800) < 2;
    };
    await becomes(foot, true, "the window stands at the bottom");
    await mine.say("Good morning, Bruno!");
    await seen(mine.log.getByText("Sent", { exact: true }), "Ana's message is stored");
    const his = bruno.screen.chat(ana.name);
    await seen(his.button("Restore"), "a minimised window at Bruno's");
    await becomes(() => bruno.page.title(), `(1) ${title}`, "Bruno's title counts");
    await his.button("Restore").click();
    await seen(his.message("Good morning, Bruno!"), "Bruno reads it");
    await becomes(() => bruno.page.title(), title, "nothing is unread any more");
    await seen(mine.log.getByText("Seen", { exact: true }), "Ana sees that he did");
    await his.box.pressSequentially("Olá, Ana 🌞");
    await seen(mine.window.getByText(/typing/), "Ana sees him type");
    await his.box.press("Enter");
    await seen(mine.message("Olá, Ana 🌞"), "the answer");
    assert.deepEqual(await mine.texts(), ["Good morning, Bruno!", "Olá, Ana 🌞"]);
  });
}

test("messages are edited, answered and deleted, and it is so on the next page and at the other's", async () => {
  const ana = await it.people.arrive("ana", { path: it.campus.algebra.path });
  const bruno = await it.people.arrive("bruno", { path: "/my/" });
  await seen(ana.screen.person(bruno.name), "Ana sees Bruno");
  const mine = await ana.screen.open(bruno.name);
  await mine.say("The test is in room 7");
  await mine.say("Not meant for you");
  const his = bruno.screen.chat(ana.name);
  await his.button("Restore").click();
  await seen(his.message("Not meant for you"), "Bruno reads it");
  const everywhere = async (texts, what) => {
    await becomes(() => his.texts(), texts("Ana Sousa"), `${what}, at Bruno's`);
    await becomes(() => mine.texts(), texts("you"), `${what}, at Ana's`);
  };

  await mine.edit("The test is in room 7", "The test is in room 8");
  await everywhere(() => ["The test is in room 8", "Not meant for you"], "the edit");
  await seen(his.article("The test is in room 8").getByText("edited", { exact: true }), "Bruno sees that it was edited");
  assert.deepEqual(await his.offers("The test is in room 8"), ["React", "Reply", "Copy"], "what Bruno may do with it");

  await his.answer("The test is in room 8", "Thanks!");
  await seen(mine.quote("Thanks!").getByText("The test is in room 8", { exact: true }), "Ana sees what it answers");

  await mine.choose("Not meant for you", "Delete");
  const after = (by) => ["The test is in room 8", `Message deleted by ${by}`, "Thanks!"];
  // It can be undone for a while.
  await everywhere(after, "the deletion");

  await Promise.all([ana.go("/my/"), bruno.go(it.campus.algebra.path)]);
  await everywhere(after, "on the next page");
  for (const chat of [mine, his]) {
    await seen(chat.article("The test is in room 8").getByText("edited", { exact: true }), "edited, on the next page");
    await seen(chat.quote("Thanks!").getByText("The test is in room 8", { exact: true }), "the quote, on the next page");
  }
});

test("somebody of another course sees nobody of this one", async () => {
  const ana = await it.people.arrive("ana", { path: it.campus.algebra.path });
  const daniel = await it.people.arrive("daniel", { path: it.campus.biology.path });
  await seen(daniel.screen.block.getByText("Nobody from your courses is online."), "Daniel's empty list");
  // Carla is in both courses: when both see her, everything from before has long arrived.
  const carla = await it.people.arrive("carla", { path: "/my/" });
  for (const person of [ana, daniel]) {
    await seen(person.screen.person(carla.name), `${person.name} sees Carla`);
    assert.equal(await person.screen.list.getByRole("button").count(), 1, `${person.name} sees nobody else`);
  }
  await seen(carla.screen.person(ana.name), "Carla sees Ana");
  await seen(carla.screen.person(daniel.name), "Carla sees Daniel");
});

test("long names, right-to-left names and apostrophes are as in Moodle", async () => {
  const ana = await it.people.arrive("ana", { path: it.campus.algebra.path });
  for (const slug of ["bruno", "carla", "eva"]) {
    const other = await it.people.arrive(slug, { path: it.campus.algebra.path });
    await seen(ana.screen.person(other.name), other.name);
  }
  await seen((await it.people.arrive("daniel", { path: "/my/" })).screen.block, "Daniel's block");
  const [box, list] = await Promise.all([ana.screen.block.boundingBox(), ana.screen.list.boundingBox()]);
  assert.ok(list.width <= box.width, "no name is wider than the block");
});

test("whoever closes the browser is gone from the others' lists", async () => {
  const ana = await it.people.arrive("ana", { path: it.campus.algebra.path });
  const bruno = await it.people.arrive("bruno", { path: it.campus.algebra.path });
  await seen(ana.screen.person(bruno.name), "Ana sees Bruno");
  await bruno.context.close();
  await gone(ana.screen.person(bruno.name), "Bruno in Ana's list", 25_000);
});
