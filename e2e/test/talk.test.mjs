// Two people find each other and talk; a stranger sees nothing of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, gone, seen } from "../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();

test("two people of a course see each other, and a stranger sees neither", async () => {
  const ana = await it.people.arrive("ana");
  const daniel = await it.people.arrive("daniel");
  await seen(ana.screen.block.getByText("Nobody from your courses is online."), "Ana's empty list");
  const bruno = await it.people.arrive("bruno");
  await Promise.all([
    seen(ana.screen.person("Bruno Silva"), "Ana sees Bruno"),
    seen(bruno.screen.person("Ana Sousa"), "Bruno sees Ana"),
  ]);
  await seen(daniel.screen.block.getByText("Nobody from your courses is online."), "Daniel's empty list");
  // Carla is in both courses: when Daniel sees her, everything from before has long arrived.
  await it.people.arrive("carla");
  await seen(daniel.screen.person("Carla Nunes"), "Daniel sees Carla");
  assert.equal(await daniel.screen.list.getByRole("button").count(), 1);
  await seen(ana.screen.person("Carla Nunes"), "Ana sees Carla");
  assert.equal(await ana.screen.list.getByRole("button").count(), 2, "Ana sees Bruno and Carla, and not herself");
});

test("they talk both ways, and each sees what became of a message", async () => {
  const ana = await it.people.arrive("ana");
  const bruno = await it.people.arrive("bruno");
  const withBruno = await ana.screen.open("Bruno Silva");
  await withBruno.say("Good morning, Bruno!");
  await seen(withBruno.log.getByText("Sent", { exact: true }), "Ana's message is stored");

  const bar = bruno.screen.chat("Ana Sousa");
  await seen(bar.button("Restore"), "a minimised window at Bruno's");
  await becomes(() => bruno.page.title(), "(1) Algebra", "Bruno's title counts");
  await bar.button("Restore").click();
  await seen(bar.message("Good morning, Bruno!"), "Bruno reads it");
  await bruno.page.bringToFront();
  await becomes(() => bruno.page.title(), "Algebra", "nothing is unread any more");
  await seen(withBruno.log.getByText("Seen", { exact: true }), "Ana sees that he did");

  await bar.box.pressSequentially("Olá");
  await seen(withBruno.window.getByText(/typing/), "Ana sees him type");
  await bar.box.press("Shift+Enter");
  await bar.box.pressSequentially("Ana 🌞");
  await bar.sendButton.click();
  await seen(withBruno.log.locator("p.bubble", { hasText: "Olá" }), "the answer");
  assert.deepEqual(await withBruno.texts(), ["Good morning, Bruno!", "Olá\nAna 🌞"]);
  assert.equal(await bar.box.inputValue(), "", "the box is empty for the next");
});

test("whoever leaves a course is gone for those who stay, at once", async () => {
  const ana = await it.people.arrive("ana");
  const bruno = await it.people.arrive("bruno");
  await seen(ana.screen.person("Bruno Silva"), "Ana sees Bruno");
  const other = await bruno.tab("/demo/people/3");
  await other.getByRole("button", { name: "Leave Algebra" }).click();
  await gone(ana.screen.person("Bruno Silva"), "Bruno in Ana's list");
  await gone(bruno.screen.person("Ana Sousa"), "Ana in Bruno's list");
  await other.goto(`${it.campus.url}/demo/algebra`);
  await other.getByRole("button", { name: "Join Algebra" }).click();
  await seen(ana.screen.person("Bruno Silva"), "Bruno is back");
});
