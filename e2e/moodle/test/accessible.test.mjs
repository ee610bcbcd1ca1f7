// The chat on Moodle's pages for people who do not see it, or have no mouse.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible } from "../../axe.mjs";
import { becomes, focused, gone, seen } from "../../expect.mjs";
import { quiet } from "../quiet.mjs";
import { scene } from "../scene.mjs";

const it = scene();
const OURS = ["gchat-dock", ".block_gchat"];
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

test("axe finds nothing serious in block, window and launcher", async () => {
  const { algebra } = it.campus;
  const ana = await it.people.arrive("ana", { path: algebra.path });
  await seen(ana.screen.block.getByText("Nobody from your courses is online."), "the empty list");
  await accessible(ana.page, "an empty list", OURS);
  const bruno = await it.people.arrive("bruno", { path: algebra.path });
  const mine = await ana.screen.open(bruno.name);
  await mine.say("Hello");
  const his = bruno.screen.chat(ana.name);
  await his.button("Restore").click();
  await his.say("Hello to you, see https://example.org/");
  await seen(mine.log.getByText(/see https/), "the answer");
  await accessible(ana.page, "a talk", OURS);
  await mine.button("Minimise").click();
  await his.say("Are you there?");
  await seen(ana.page.getByText(/^\(1\)/).or(mine.button("Restore")).first(), "minimised and unread");
  await accessible(ana.page, "minimised and unread", OURS);
  await ana.go(`/mod/forum/view.php?id=${algebra.modules.forum}`);
  await ana.screen.launcher.click();
  await seen(ana.screen.launched(bruno.name), "the launcher's list");
  await accessible(ana.page, "the launcher", OURS);
});

test("axe finds nothing serious on a phone", async () => {
  const { algebra } = it.campus;
  const bruno = await it.people.arrive("bruno", { path: algebra.path });
  const ana = await it.people.arrive("ana", { path: `/mod/forum/view.php?id=${algebra.modules.forum}`, ...PHONE });
  await ana.screen.launcher.click();
  await ana.screen.launched(bruno.name).click();
  await ana.screen.chat(bruno.name).say("From the phone");
  await accessible(ana.page, "a phone", OURS);
  const scroll = await ana.page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(scroll <= 390, `the page is ${scroll} wide`);
});

test("a whole conversation by keyboard", async () => {
  const { algebra } = it.campus;
  const bruno = await it.people.arrive("bruno", { path: algebra.path });
  const ana = await it.people.arrive("ana", { path: algebra.path });
  const { keyboard } = ana.page;
  const button = ana.screen.person(bruno.name);
  await seen(button, "Bruno in the list");
  await quiet(ana.page);
  await tabTo(ana.page, button);
  await keyboard.press("Enter");
  const mine = ana.screen.chat(bruno.name);
  await focused(mine.box, "the textbox has the focus");
  await keyboard.type("By keyboard alone");
  await keyboard.press("Enter");
  await seen(mine.message("By keyboard alone"), "the message");
  const his = bruno.screen.chat(ana.name);
  await his.button("Restore").click();
  await his.say("I hear you");
  await seen(mine.message("I hear you"), "the answer");
  await keyboard.press("Escape");
  await seen(mine.button("Restore"), "the window's bar");
  await focused(button, "the focus is on Bruno's button again");
});

/** Presses Tab until the element has the focus, as somebody does who has no mouse. */
async function tabTo(page, locator) {
  const reached = () => locator.evaluate((element) => element.getRootNode().activeElement === element);
  for (let press = 0; press < 150; press++) {
    if (await reached()) return;
    await page.keyboard.press("Tab");
  }
  await becomes(reached, true, "reached with Tab", 0);
}
