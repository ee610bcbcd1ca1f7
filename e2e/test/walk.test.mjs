// The windows stay while one walks from page to page, and are the same in every tab.
import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, focused, gone, seen } from "../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();

test("a window stays over pages, with its messages and the draft", async () => {
  const ana = await it.people.arrive("ana");
  const bruno = await it.people.arrive("bruno");
  const chat = await ana.screen.open("Bruno Silva");
  await chat.say("Before the walk");
  await chat.box.fill("A draft, half wri");
  await ana.page.getByRole("link", { name: "Algebra forum" }).click();
  await ana.page.waitForURL("**/demo/algebra/forum");
  const there = ana.screen.chat("Bruno Silva");
  await seen(there.message("Before the walk"), "the message on the next page");
  await becomes(() => there.box.inputValue(), "A draft, half wri", "the draft on the next page");
  assert.equal(await ana.page.evaluate(() => document.activeElement === document.body), true, "the focus is left alone");
  await there.box.press("End");
  await there.box.pressSequentially("tten");
  await there.box.press("Enter");
  await seen(bruno.screen.chat("Ana Sousa").button("Restore"), "Bruno is told");
  await bruno.screen.chat("Ana Sousa").button("Restore").click();
  await seen(bruno.screen.chat("Ana Sousa").message("A draft, half written"), "the finished draft");
});

test("a message sent in the instant before the page is left arrives, once", async () => {
  const ana = await it.people.arrive("ana");
  const bruno = await it.people.arrive("bruno");
  const chat = await ana.screen.open("Bruno Silva");
  await chat.say("Before");
  await chat.box.fill("On the way out");
  await chat.box.evaluate((box) => {
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, composed: true, cancelable: true }));
    location.assign("/demo/algebra/forum");
  });
  await ana.page.waitForURL("**/demo/algebra/forum");
  await seen(chat.message("On the way out"), "the message on the next page");
  const his = bruno.screen.chat("Ana Sousa");
  await his.button("Restore").click();
  await seen(his.message("On the way out"), "the message at Bruno's");
  await his.say("Got it");
  await seen(chat.message("Got it"), "his answer");
  assert.deepEqual(await his.texts(), ["Before", "On the way out", "Got it"]);
  assert.equal(await chat.box.inputValue(), "", "nothing is left in the box");
});

test("the dock is painted from the browser's copy before any socket opens", async () => {
  const ana = await it.people.arrive("ana", { line: true });
  await it.people.arrive("bruno");
  const chat = await ana.screen.open("Bruno Silva");
  await chat.say("Kept in the browser");
  await seen(chat.log.getByText(/^(Sent|Seen)$/).first(), "it is stored");
  ana.line.cut();
  await ana.go("/demo/algebra/forum");
  const painted = ana.screen.chat("Bruno Silva");
  await seen(painted.message("Kept in the browser"), "the message from the copy");
  await seen(painted.box, "its textbox");
  ana.line.release();
  await seen(ana.screen.person("Bruno Silva"), "the list, once the line is back", 35_000);
});

test("minimised and restored is so on every page and in every tab", async () => {
  const ana = await it.people.arrive("ana");
  await it.people.arrive("bruno");
  const first = await ana.screen.open("Bruno Silva");
  const tab = await ana.tab("/demo/algebra/forum");
  const second = ana.on(tab).chat("Bruno Silva");
  await seen(second.box, "the same window in the second tab");
  await second.button("Minimise").click();
  await seen(first.button("Restore"), "minimised in the first tab too");
  await gone(first.box, "its textbox");
  await ana.go("/demo/algebra/forum");
  await seen(first.button("Restore"), "still minimised on the next page");
  await first.button("Restore").click();
  await seen(second.box, "restored in the second tab too");
  await ana.go("/demo/algebra");
  await seen(first.box, "still open on the next page");
});

test("a closed window stays closed; a new message brings it back minimised", async () => {
  const ana = await it.people.arrive("ana");
  const bruno = await it.people.arrive("bruno");
  const mine = await ana.screen.open("Bruno Silva");
  await mine.say("One");
  const his = bruno.screen.chat("Ana Sousa");
  await his.button("Restore").click();
  await seen(his.message("One"), "Bruno reads");
  await mine.button("Close").click();
  await gone(mine.window, "the closed window");
  await ana.go("/demo/algebra/forum");
  await seen(ana.screen.person("Bruno Silva"), "the next page has its list");
  assert.equal(await mine.window.count(), 0, "and no window");
  await his.say("Two");
  await seen(mine.button("Restore"), "the window is back, minimised");
  await becomes(() => ana.page.title(), "(1) Algebra forum", "and counts");
  assert.equal(await mine.box.count(), 0);
});

test("Escape minimises, and the focus returns where it came from", async () => {
  const ana = await it.people.arrive("ana");
  await it.people.arrive("bruno");
  const button = ana.screen.person("Bruno Silva");
  await seen(button, "Bruno in the list");
  await button.focus();
  await ana.page.keyboard.press("Enter");
  const chat = ana.screen.chat("Bruno Silva");
  await focused(chat.box, "the textbox has the focus");
  await ana.page.keyboard.type("By keyboard alone");
  await ana.page.keyboard.press("Enter");
  await seen(chat.message("By keyboard alone"), "the message");
  await ana.page.keyboard.type("half a thought");
  await ana.page.keyboard.press("Escape");
  await seen(chat.button("Restore"), "the window's bar");
  await focused(button, "the focus is on the person's button again");
  await chat.button("Restore").focus();
  await ana.page.keyboard.press("Escape");
  await ana.page.keyboard.press("Enter");
  await focused(chat.box, "Escape on the bar closes nothing");
  assert.equal(await chat.box.inputValue(), "half a thought");
});
