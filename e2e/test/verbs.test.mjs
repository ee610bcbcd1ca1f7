// Messages are edited, deleted and answered: two people, three devices, live, after loading again, over a dead server,
// and before they were sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, focused, gone, seen } from "../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();
/** A browser waits up to 30 s between its tries. */
const BACK = 40_000;

/** Ana with a laptop and a phone of her own, and Bruno; all look at the same talk, which begins with these texts of hers. */
async function talking(...texts) {
  const ana = await it.people.arrive("ana", { line: true });
  const other = await it.people.arrive("ana");
  const bruno = await it.people.arrive("bruno");
  const mine = await ana.screen.open("Bruno Silva");
  for (const text of texts) await mine.say(text);
  const his = bruno.screen.chat("Ana Sousa");
  await his.button("Restore").click();
  const also = other.screen.chat("Bruno Silva");
  await seen(also.message(texts.at(-1)), "the talk on her other device");
  await seen(his.message(texts.at(-1)), "the talk at Bruno's");
  await seen(mine.log.locator(".delivery").getByText("Seen"), "he has read it");
  const all = [mine, also, his];
  const everywhere = async (wanted, what, within = BACK) => {
    for (const chat of all) await becomes(() => chat.texts(), wanted, what, within);
  };
  const reload = () => Promise.all([ana, other, bruno].map((person) => person.page.reload()));
  return { ana, other, bruno, mine, also, his, all, everywhere, reload };
}

const edited = (chat, text) => chat.article(text).getByText("edited", { exact: true });

test("an edit is seen on all devices, live and after loading again, and says so", async () => {
  const { ana, mine, also, his, all, everywhere, reload } = await talking("It is on Tuesday", "Room 7");
  await mine.box.press("ArrowUp");
  await focused(mine.editBox, "the box edits the last message");
  assert.equal(await mine.editBox.inputValue(), "Room 7");
  await ana.page.keyboard.type("a");
  await ana.page.keyboard.press("Enter");
  await seen(mine.box, "the box is for messages again");
  await everywhere(["It is on Tuesday", "Room 7a"], "after the first edit");
  await also.edit("It is on Tuesday", "It is on Wednesday");
  await everywhere(["It is on Wednesday", "Room 7a"], "after the second, on her other device");
  for (const chat of all) for (const text of ["It is on Wednesday", "Room 7a"]) await seen(edited(chat, text), "edited");
  assert.equal(await his.article("Room 7a").getByRole("button", { name: "Message actions" }).count(), 1);
  assert.deepEqual(await his.offers("Room 7a"), ["React", "Reply", "Copy"], "what Bruno may do with it");
  await reload();
  await everywhere(["It is on Wednesday", "Room 7a"], "after loading again");
  for (const chat of all) await seen(edited(chat, "Room 7a"), "edited, after loading again");
});

test("the draft waits while a message is edited, and Escape brings it back", async () => {
  const { mine, everywhere } = await talking("It is on Tuesday");
  await mine.box.fill("half a thought");
  await mine.choose("It is on Tuesday", "Edit");
  await mine.editBox.fill("It is never");
  await mine.editBox.press("Escape");
  await focused(mine.box, "the box is for messages again");
  assert.equal(await mine.box.inputValue(), "half a thought");
  await everywhere(["It is on Tuesday"], "nothing has changed");
  assert.equal(await mine.button("Minimise").count(), 1, "the window is still open");
});

test("a deletion can be undone for a while; then a stub says who deleted the message", async () => {
  const { ana, mine, also, his, all, everywhere, reload } = await talking("Stays", "Goes");
  const tab = ana.on(await ana.tab("/demo/algebra/forum")).chat("Bruno Silva");
  await seen(tab.message("Goes"), "the talk in another tab");
  await mine.choose("Goes", "Delete");
  const undo = (chat) => chat.log.getByRole("status").getByRole("button", { name: "Undo" });
  await focused(undo(mine), "Undo has the focus");
  await seen(undo(tab), "in the other tab too");
  for (const chat of [also, his]) assert.deepEqual(await chat.texts(), ["Stays", "Goes"], "other devices still have it");
  await undo(tab).click();
  await gone(undo(mine), "the way back");
  await everywhere(["Stays", "Goes"], "it is back");
  await mine.choose("Goes", "Delete");
  await his.article("Message deleted by Ana Sousa").waitFor();
  for (const chat of [mine, also]) await becomes(() => chat.texts(), ["Stays", "Message deleted by you"], "a stub at Ana's");
  await becomes(() => his.texts(), ["Stays", "Message deleted by Ana Sousa"], "a stub at Bruno's");
  await focused(mine.log.getByRole("article", { name: /^You, .*Message deleted by you/ }), "the stub has the focus");
  await reload();
  await becomes(() => his.texts(), ["Stays", "Message deleted by Ana Sousa"], "after loading again");
  for (const chat of all) {
    const stub = chat.log.getByRole("article", { name: /Message deleted by/ });
    await seen(stub, "the stub");
    assert.equal(await stub.getByRole("button").count(), 0, "a stub offers nothing");
  }
});

test("a page that is left does not cancel a deletion", async () => {
  const { ana, mine, also, his } = await talking("Stays", "Goes");
  await mine.choose("Goes", "Delete");
  await seen(mine.log.getByRole("button", { name: "Undo" }), "the way back");
  await ana.go("/demo/algebra/forum");
  await becomes(() => his.texts(), ["Stays", "Message deleted by Ana Sousa"], "at Bruno's", BACK);
  for (const chat of [mine, also]) await becomes(() => chat.texts(), ["Stays", "Message deleted by you"], "at Ana's", BACK);
});

test("an answer shows what it answers, on all devices, and follows its edits and its end", async () => {
  const { mine, his, all, everywhere, reload } = await talking("Tuesday or Wednesday?", "Say something");
  await his.answer("Tuesday or Wednesday?", "Wednesday");
  await everywhere(["Tuesday or Wednesday?", "Say something", "Wednesday"], "the answer");
  const quoted = async (text, what) => {
    for (const chat of all) await seen(chat.quote("Wednesday").getByText(text, { exact: true }), what);
  };
  await quoted("Tuesday or Wednesday?", "the quote");
  await mine.edit("Tuesday or Wednesday?", "Wednesday or Thursday?");
  await quoted("Wednesday or Thursday?", "the quote, edited");
  await reload();
  await quoted("Wednesday or Thursday?", "the quote, after loading again");
  await his.quote("Wednesday").click();
  await focused(his.article("Wednesday or Thursday?"), "the quote leads to its message");
  await mine.choose("Wednesday or Thursday?", "Delete");
  await seen(his.quote("Wednesday").getByText("Message deleted by Ana Sousa"), "the quote of a stub", BACK);
  await seen(mine.quote("Wednesday").getByText("Message deleted by you"), "the quote of one's own stub");
});

test("a half-written answer is there on the next page, with what it answers", async () => {
  const { ana, mine, his } = await talking("Tuesday or Wednesday?");
  await mine.choose("Tuesday or Wednesday?", "Reply");
  await mine.box.fill("Wed");
  await ana.go("/demo/algebra/forum");
  await becomes(() => mine.box.inputValue(), "Wed", "the draft on the next page");
  await seen(mine.window.getByRole("button", { name: "Cancel reply" }), "the quote on the next page");
  await mine.say("Wednesday");
  await seen(his.quote("Wednesday").getByText("Tuesday or Wednesday?", { exact: true }), "the quote at Bruno's");
});

test("an edit that was not saved is there on the next page, in its box", async () => {
  const { ana, mine, his } = await talking("Tuesday");
  await mine.say("Wednesdy");
  await mine.box.fill("a draft that waits");
  await mine.choose("Wednesdy", "Edit");
  await mine.editBox.fill("Wednesday");
  await ana.go("/demo/algebra/forum");
  await becomes(() => mine.editBox.inputValue(), "Wednesday", "the edit on the next page");
  await mine.window.getByRole("button", { name: "Save", exact: true }).click();
  await seen(his.message("Wednesday"), "the edit at Bruno's");
  await becomes(() => mine.box.inputValue(), "a draft that waits", "the draft");
});

test("made while the server is dead, all of it arrives once when it is back", async () => {
  const { ana, mine, his, reload } = await talking("To be edited", "To be deleted", "To be answered");
  await it.campus.kill();
  await seen(ana.screen.block.getByText("Connection lost. Trying again…"), "Ana is told", BACK);
  await mine.edit("To be edited", "Was edited");
  await mine.choose("To be deleted", "Delete");
  await mine.answer("To be answered", "Answered");
  await seen(mine.article("Was edited").getByText("Saving…"), "the edit waits");
  await seen(mine.log.getByText("Message deleted by you"), "the deletion waits, and shows already");
  assert.deepEqual(await his.texts(), ["To be edited", "To be deleted", "To be answered"]);
  await it.campus.start();
  const after = (by) => ["Was edited", `Message deleted by ${by}`, "To be answered", "Answered"];
  await becomes(() => his.texts(), after("Ana Sousa"), "at Bruno's", BACK);
  await seen(his.quote("Answered").getByText("To be answered"), "the quote at Bruno's");
  await becomes(() => mine.texts(), after("you"), "at Ana's");
  await gone(mine.article("Was edited").getByText("Saving…"), "the edit has arrived", BACK);
  await reload();
  await becomes(() => his.texts(), after("Ana Sousa"), "after loading again");
  await becomes(() => mine.texts(), after("you"), "after loading again");
  await mine.edit("Was edited", "And once more");
  await becomes(async () => (await his.texts())[0], "And once more", "life goes on", BACK);
});

test("a message that is not sent yet is edited and deleted, also over a page load", async () => {
  const { ana, mine, his } = await talking("Before");
  ana.line.cut();
  await seen(ana.screen.block.getByText("Connection lost. Trying again…"), "Ana is told", BACK);
  await mine.say("Unsent, with a tyop");
  await mine.say("Unsent, and better so");
  await mine.edit("Unsent, with a tyop", "Unsent, with a typo");
  await mine.choose("Unsent, and better so", "Delete");
  await becomes(() => mine.texts(), ["Before", "Unsent, with a typo"], "at Ana's", BACK);
  await ana.go("/demo/algebra/forum");
  await becomes(() => mine.texts(), ["Before", "Unsent, with a typo"], "on the next page", BACK);
  ana.line.release();
  await seen(his.article("Unsent, with a typo"), "at Bruno's", BACK);
  assert.equal(await edited(his, "Unsent, with a typo").count(), 0, "nobody has seen what it was");
  await mine.say("After");
  await becomes(() => his.texts(), ["Before", "Unsent, with a typo", "After"], "what was deleted was never there", BACK);
});

test("an edit that makes a message longer leaves the view where it was: at the end, or at what is read", async () => {
  const { mine, also, his } = await talking(...Array.from({ length: 30 }, (_, n) => `Message ${n}`));
  const atEnd = () => his.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2);
  await becomes(atEnd, true, "Bruno is at the end");
  const long = `Longer ${"and longer ".repeat(40)}`.trim();
  await mine.edit("Message 29", long);
  await seen(his.message(long), "the edit at Bruno's");
  await becomes(atEnd, true, "he still is");
  // On her other device Ana reads further up.
  await also.log.evaluate((log) => log.scrollTo(0, log.scrollHeight / 2));
  const place = () =>
    also.log.evaluate((log) => {
      const edge = log.getBoundingClientRect().top;
      const found = [...log.querySelectorAll(".bubble")].find((one) => one.getBoundingClientRect().top > edge);
      return [found.textContent, Math.round(found.getBoundingClientRect().top - edge)];
    });
  await becomes(() => also.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight > 100), true, "she is further up");
  const before = await place();
  await mine.edit("Message 3", `Longer still ${"and longer ".repeat(40)}`.trim());
  await seen(also.log.getByText(/^Longer still/), "the edit on her other device");
  const [text, top] = await place();
  assert.equal(text, before[0]);
  assert.ok(Math.abs(top - before[1]) <= 1, `what she reads has moved by ${top - before[1]} px`);
});
