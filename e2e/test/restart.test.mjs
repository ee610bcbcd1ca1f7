// The server dies, the line is cut, the page is loaded again in between: a message arrives, and once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, gone, seen } from "../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();
/** A browser waits up to 30 s between its tries. */
const BACK = 40_000;

/** Bruno has Ana's window open and has read what she wrote so far. */
async function talking(options) {
  const ana = await it.people.arrive("ana", options);
  const bruno = await it.people.arrive("bruno");
  const mine = await ana.screen.open("Bruno Silva");
  const opening = `It is ${performance.now()}`;
  await mine.say(opening);
  const his = bruno.screen.chat("Ana Sousa");
  if (!(await his.box.isVisible())) await his.button("Restore").click();
  await seen(his.message(opening), "Bruno reads");
  return { ana, bruno, mine, his };
}

/** Once on both screens, and once in what the server has stored. */
async function arrivedOnce(text, { ana, bruno, mine, his }) {
  await seen(his.message(text).first(), `${text} at Bruno's`, BACK);
  // His answer comes after everything that was sent before it.
  const answer = `Got it: ${text}`;
  await his.say(answer);
  await seen(mine.message(answer), "his answer", BACK);
  for (const chat of [mine, his]) assert.equal(await chat.message(text).count(), 1, `${text}: once`);
  await Promise.all([ana.page.reload(), bruno.page.reload()]);
  for (const chat of [mine, his]) {
    await seen(chat.message(answer), "after loading again");
    assert.equal(await chat.message(text).count(), 1, `${text}: once, after loading again`);
  }
}

test("a message typed while the server is dead arrives once when it is back", async () => {
  const talk = await talking();
  await it.campus.kill();
  await seen(talk.ana.screen.block.getByText("Connection lost. Trying again…"), "Ana is told", BACK);
  await talk.mine.say("Sent into the dark");
  await seen(talk.mine.log.getByText("Sending…"), "it waits");
  await it.campus.start();
  await seen(talk.mine.log.getByText(/^(Sent|Seen)$/).last(), "it is stored", BACK);
  await gone(talk.ana.screen.block.getByText("Connection lost. Trying again…"), "the notice");
  await arrivedOnce("Sent into the dark", talk);
});

test("a message waits through a page load and the server's death", async () => {
  const talk = await talking({ line: true });
  talk.ana.line.cut();
  await talk.mine.say("Sent before the page went");
  await talk.ana.go("/demo/algebra/forum");
  await seen(talk.mine.message("Sent before the page went"), "it is still there on the next page");
  await it.campus.kill();
  await it.campus.start();
  await talk.ana.page.reload();
  await seen(talk.mine.message("Sent before the page went"), "and after loading again");
  talk.ana.line.release();
  await arrivedOnce("Sent before the page went", talk);
});

test("whoever is signed in stays so when the server comes back", async () => {
  const ana = await it.people.arrive("ana");
  await it.campus.kill();
  await it.campus.start();
  await ana.page.reload();
  await becomes(() => ana.page.title(), "Algebra", "her page");
  await seen(ana.screen.block.getByText("Nobody from your courses is online.").or(ana.screen.list), "her list", BACK);
});
