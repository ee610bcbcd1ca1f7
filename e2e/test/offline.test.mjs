// Somebody who is not online is written to from their page of the host, and finds the message when they come.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Computer } from "../computer.mjs";
import { becomes, focused, gone, seen } from "../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();

/** Ana's page of Bruno, whom the server knows from then on. */
async function pageOfBruno(ana) {
  await ana.go("/demo/algebra");
  await ana.page.getByRole("link", { name: "People of this course" }).click();
  await ana.page.getByRole("link", { name: "Bruno Silva" }).click();
  const owed = () => JSON.parse(readFileSync(join(it.campus.folder, "campus.json"), "utf8")).calls;
  await becomes(owed, [], "the calls that the campus owes the server");
  return ana.page.getByRole("button", { name: "Message", exact: true });
}

test("Ana writes to Bruno, who has never been here, from his page; he comes and answers", async () => {
  const ana = await it.people.arrive("ana");
  const button = await pageOfBruno(ana);
  await button.focus();
  await ana.page.keyboard.press("Enter");
  const chat = ana.screen.chat("Bruno Silva");
  await focused(chat.box, "the cursor is in the new window");
  await seen(chat.window.getByText("Offline", { exact: true }), "that he is not there");
  await chat.say("Read this tomorrow");
  await seen(chat.log.getByText("Sent", { exact: true }), "it is stored");
  await chat.button("Close").click();
  await focused(button, "the button has the cursor again");
  await button.click();
  await seen(chat.message("Read this tomorrow"), "the same window");

  const bruno = await it.people.arrive("bruno");
  const his = bruno.screen.chat("Ana Sousa");
  await his.button("Restore").click();
  await seen(his.message("Read this tomorrow"), "Bruno reads it");
  await his.say("I have");
  await seen(chat.message("I have"), "Ana reads the answer");
  await seen(chat.window.getByText("Online", { exact: true }), "and that he is there");
});

test("a click while the browser has no mark of the login yet, and one on a page that comes back, open the window", async () => {
  const ana = await it.people.arrive("ana");
  await pageOfBruno(ana);
  const chat = ana.screen.chat("Bruno Silva");
  // As on the first page of a login: the host's answer with a token, which sets the mark, is held back.
  await ana.go("/demo/campus.css");
  await ana.context.clearCookies({ name: /^gchat_/ });
  const held = [];
  await ana.page.route("**/demo/token", (route) => void held.push(route));
  await ana.go("/demo/people/3");
  await becomes(() => held.length, 1, "the page asks the host for a token");
  await ana.page.getByRole("button", { name: "Message", exact: true }).click();
  assert.equal(await chat.window.count(), 0);
  await held[0].continue();
  await seen(chat.box, "the window, once the host has said who it is");
  await ana.page.unroute("**/demo/token");
  await chat.button("Close").click();
  await gone(chat.window, "the closed window");

  await ana.go("/demo/algebra/forum");
  await ana.page.goBack();
  await ana.page.getByRole("button", { name: "Message", exact: true }).click();
  await seen(chat.box, "the window on the page that came back");
});

test("on a page that the browser had put away whole, the button works as before", async () => {
  const computer = new Computer();
  try {
    const ana = await computer.open(it.campus);
    await ana.go("/demo/as/ana");
    const button = await pageOfBruno(ana);
    await ana.page.evaluate(() => addEventListener("pageshow", ({ persisted }) => void (window.whole = persisted)));
    await ana.go("/demo/campus.css");
    // Playwright itself does not know of pages that are put away whole.
    await ana.page.evaluate(() => void setTimeout(() => history.back()));
    await becomes(() => ana.page.evaluate(() => window.whole).catch(() => null), true, "the page was put away whole");
    await button.click();
    await seen(ana.screen.chat("Bruno Silva").box, "the window");
    assert.deepEqual(ana.wrongs, [], "what must not happen on any page");
  } finally {
    await computer.close();
    computer.remove();
  }
});

test("who shares no course has no button, and a made one opens nobody's window", async () => {
  const ana = await it.people.arrive("ana");
  await it.people.arrive("daniel");
  await ana.go("/demo/people/5");
  await seen(ana.page.getByRole("heading", { name: "Page not found" }), "no page of Daniel's");
  await ana.page.evaluate(() => {
    const button = document.createElement("button");
    Object.assign(button.dataset, { gchatMessage: "5", gchatName: "The principal" });
    button.textContent = "Message the principal";
    document.querySelector("main").append(button);
  });
  await ana.page.getByRole("button", { name: "Message the principal" }).click();
  await seen(ana.page.getByText("This person cannot be written to in the chat."), "a sentence");
  assert.equal(await ana.page.getByRole("region", { name: /^Chat with/ }).count(), 0);
});
