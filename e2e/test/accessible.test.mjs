// Every state of the chat, for people who do not see it, see it darkly, from right to left, or on a phone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible } from "../axe.mjs";
import { atRest, becomes, focused, gone, seen } from "../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

for (const [kind, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["a phone", PHONE]]) {
  test(`axe finds nothing serious: ${kind}`, async () => {
    const ana = await it.people.arrive("ana", { line: true, ...options });
    await seen(ana.screen.block.getByText("Nobody from your courses is online."), "the empty list");
    await accessible(ana.page, "empty list");
    const bruno = await it.people.arrive("bruno");
    await it.people.arrive("carla");
    await seen(ana.screen.person("Carla Nunes"), "Carla");
    await accessible(ana.page, "list of people");
    const mine = await ana.screen.open("Bruno Silva");
    await accessible(ana.page, "a window before the first message");
    await mine.say("Hello");
    await bruno.screen.chat("Ana Sousa").button("Restore").click();
    await bruno.screen.chat("Ana Sousa").say("Hello to you, see https://example.org/");
    await seen(mine.log.getByText(/see https/), "the answer");
    await accessible(ana.page, "a talk");
    await mine.menu("Hello");
    await accessible(ana.page, "the menu of a message");
    await ana.page.keyboard.press("Escape");
    await mine.choose("Hello", "Edit");
    await accessible(ana.page, "a message is edited");
    await mine.editBox.fill("");
    await mine.window.getByRole("button", { name: "Save" }).click();
    await seen(mine.window.getByText(/Do you want to delete the message/), "the question");
    await accessible(ana.page, "an edit that leaves nothing");
    await mine.editBox.fill("Hello again");
    await mine.window.getByRole("button", { name: "Save" }).click();
    await mine.choose("Hello again", "Reply");
    await accessible(ana.page, "a message is answered");
    await mine.say("An answer");
    await mine.say("To be deleted");
    await mine.choose("To be deleted", "Delete");
    await seen(mine.log.getByRole("button", { name: "Undo" }), "the way back");
    await accessible(ana.page, "a message is about to be deleted");
    await seen(mine.message("Message deleted by you"), "the stub");
    await accessible(ana.page, "an answer, an edited message and a stub");
    if (options === PHONE) {
      await mine.window.getByRole("button", { name: "Back" }).click();
      await seen(ana.screen.listed("Bruno Silva"), "the conversation in the panel");
      await accessible(ana.page, "the panel");
    } else {
      await mine.button("Minimise").click();
      await seen(mine.button("Restore"), "minimised");
    }
    await bruno.screen.chat("Ana Sousa").say("Are you there?");
    await becomes(() => ana.page.title(), "(1) Algebra", "unread");
    await accessible(ana.page, "put aside and unread");
    await ana.screen.openPanel();
    await accessible(ana.page, "the panel with something unread");
    await ana.screen.search.fill("sil");
    await seen(ana.screen.found("Bruno Silva"), "Bruno, found");
    await accessible(ana.page, "what was found");
    await ana.screen.search.fill("");
    await ana.screen.listed("Bruno Silva").click();
    await seen(mine.box, "the window again");
    ana.line.cut();
    await seen(ana.screen.block.getByText("Connection lost. Trying again…"), "the notice", 40_000);
    await mine.say("Into the dark");
    await accessible(ana.page, "connection lost");
  });
}

test("on a phone one window fills the width", async () => {
  const ana = await it.people.arrive("ana", PHONE);
  await it.people.arrive("bruno");
  await it.people.arrive("carla");
  await ana.screen.open("Bruno Silva");
  const chat = ana.screen.chat("Bruno Silva");
  const box = await chat.window.boundingBox();
  assert.ok(box.width >= 380, `the window is ${box.width} wide`);
  const scroll = await ana.page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(scroll <= 390, `the page is ${scroll} wide`);
  await chat.say("Hello");
  await chat.window.getByRole("button", { name: "Back" }).click();
  await gone(chat.box, "the window's textbox");
  await focused(ana.screen.listed("Bruno Silva"), "where one was");
  await atRest(ana.page);
  const panel = await ana.screen.panel.boundingBox();
  assert.deepEqual([panel.x, panel.y, panel.width, panel.height].map(Math.round), [0, 0, 390, 844], "the panel covers the page");
  await ana.screen.panel.getByRole("button", { name: "Close the list" }).click();
  await ana.screen.open("Carla Nunes");
  assert.equal(await ana.page.getByRole("textbox", { name: /^Message to/ }).count(), 1, "one window at a time");
  await ana.go("/demo/algebra/forum");
  const carla = ana.screen.chat("Carla Nunes");
  await seen(ana.screen.launcher, "the round button: a page that loads is not covered");
  await becomes(() => ana.page.getByRole("region", { name: /^Chat with/ }).count(), 0, "and nothing else stands there");
  await ana.screen.openPanel();
  await ana.screen.listed("Bruno Silva").click();
  await seen(chat.message("Hello"), "the conversation again");
  await chat.button("Close").click();
  await gone(ana.screen.panel, "the panel: closing returns to the page");
  await gone(carla.window, "any window");
});

test("on a phone the menu of a message is behind a button that is always there, and nothing moves under the finger", async () => {
  const ana = await it.people.arrive("ana", { ...PHONE, viewport: { width: 320, height: 568 } });
  await it.people.arrive("bruno");
  const chat = await ana.screen.open("Bruno Silva");
  const long = "A message that is as wide as a message on a phone may be, so that there is no room to spare";
  await chat.say(long);
  const button = chat.article(long).getByRole("button", { name: "Message actions" });
  const dots = await button.evaluate((one) => getComputedStyle(one, "::before").content);
  assert.notEqual(dots, "none", "it can be seen");
  const { width, height } = await button.boundingBox();
  assert.ok(width >= 44 && height >= 44, `the button is ${width} × ${height}`);
  const before = await button.boundingBox();
  await button.tap();
  await seen(chat.window.getByRole("menu"), "the menu");
  const { x, y } = await button.boundingBox();
  assert.ok(Math.abs(x - before.x) < 1 && Math.abs(y - before.y) < 1, "the button has moved");
  const menu = await chat.window.getByRole("menu").boundingBox();
  assert.ok(menu.x >= 0 && menu.x + menu.width <= 320 && menu.y >= 0 && menu.y + menu.height <= 568, "the menu is on the page");
  await chat.window.getByRole("menuitem", { name: "Edit" }).tap();
  await chat.editBox.fill("Shorter");
  await chat.window.getByRole("button", { name: "Save" }).tap();
  await seen(chat.message("Shorter"), "the edit");
  assert.equal(await ana.page.evaluate(() => document.documentElement.scrollWidth), 320);
});

test("from right to left the dock is on the other side, and axe finds nothing serious", async () => {
  const ana = await it.people.arrive("ana", { path: "/demo/algebra?dir=rtl" });
  await it.people.arrive("bruno");
  const chat = await ana.screen.open("Bruno Silva");
  await chat.say("من اليمين إلى اليسار");
  const box = await chat.window.boundingBox();
  assert.ok(box.x < 640, `the window begins at ${box.x}`);
  await accessible(ana.page, "right to left");
});

test("the page is Portuguese when asked", async () => {
  const ana = await it.people.arrive("ana", { path: "/demo/algebra?lang=pt" });
  await it.people.arrive("bruno");
  await seen(ana.page.getByRole("button", { name: /^Bruno Silva/ }), "Bruno in the list");
  assert.equal(await ana.page.getByRole("list", { name: "People online" }).count(), 0);
});
