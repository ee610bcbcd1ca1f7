// A conversation of five thousand messages: what is read stays where it is, nothing is missing or doubled, and neither
// the page nor its document grows with what was scrolled through.
import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, focused, gone, seen } from "../expect.mjs";
import { panel, row } from "../finding.mjs";
import { fill } from "../history.mjs";
import { Meter } from "../meter.mjs";
import { scene } from "../scene.mjs";

const MESSAGES = 5_000;
/** The longest run of messages that a page holds: `RUN_MESSAGES` of client/src/elements/reading.ts. */
const RUN = 200;
const [ANA, BRUNO] = [2, 3];

const it = scene();

/** Both have been here, and have talked for years. */
async function talked(messages = MESSAGES) {
  const others = [await it.people.arrive("bruno"), await it.people.arrive("ana")];
  for (const other of others) await seen(other.screen.block, "the block");
  await seen(others[1].screen.person("Bruno Silva"), "Bruno online");
  await it.campus.kill();
  fill(it.campus, ANA, BRUNO, messages);
  await it.campus.start();
  const [bruno, ana] = others;
  await ana.page.reload();
  await bruno.page.reload();
  const chat = await ana.screen.open("Bruno Silva");
  await seen(chat.message(`${messages}: ` + (await textOf(chat, messages))).last(), "the newest message");
  return { ana, bruno, chat };
}

/** What stands behind the number of a message that is shown. */
async function textOf(chat, seq) {
  const shown = chat.log.getByText(new RegExp(`^${seq}: `)).first();
  await shown.waitFor();
  return (await shown.innerText()).slice(`${seq}: `.length);
}

/** The numbers of the messages in the document, in order; emoji have none. */
const numbers = (chat) =>
  chat.log.evaluate((log) => [...log.querySelectorAll(".message .bubble")].map((bubble) => Number.parseInt(bubble.textContent, 10)).filter((n) => !Number.isNaN(n)));
const rows = (chat) => chat.log.locator(".message").count();
const first = async (chat) => (await numbers(chat))[0];

/** Where a message stands in the view, in px from its top. */
const placeOf = (chat, seq) =>
  chat.log.evaluate((log, text) => {
    const bubble = [...log.querySelectorAll(".bubble")].find((one) => one.textContent.startsWith(text));
    return bubble === undefined ? null : Math.round(bubble.getBoundingClientRect().top - log.getBoundingClientRect().top);
  }, `${seq}: `);

/** Scrolls up until the first of all messages is shown. Gives the greatest number of rows on the way. */
async function climb(chat) {
  let most = 0;
  for (let from = await first(chat); from > 1; from = await first(chat)) {
    await chat.log.evaluate((log) => log.scrollTo(0, 0));
    await becomes(async () => (await first(chat)) < from, true, `messages before ${from}`);
    const shown = await numbers(chat);
    assert.ok(shown.every((n, at) => at === 0 || n > shown[at - 1]), "in order, and none twice");
    most = Math.max(most, await rows(chat));
  }
  return most;
}

test("a bounded part of it is in the document, all the way up and down again", async () => {
  const { chat } = await talked();
  assert.ok((await climb(chat)) <= RUN);
  assert.ok((await rows(chat)) <= RUN);
  assert.equal(await first(chat), 1);
  await gone(chat.log.getByRole("button", { name: "Show older messages" }), "the button for older ones");
  // Down, by the keyboard's way: the button at the end of what is there.
  for (let last = 0; last < 700; ) {
    const before = (await numbers(chat)).at(-1);
    await chat.log.evaluate((log) => log.scrollTo(0, log.scrollHeight));
    await becomes(async () => (await numbers(chat)).at(-1) > before, true, `messages after ${before}`);
    last = (await numbers(chat)).at(-1);
    assert.ok((await rows(chat)) <= RUN);
  }
  await chat.window.getByRole("button", { name: "Jump to the latest message" }).click();
  await seen(chat.log.getByText(/^5000: /), "the newest message");
  assert.ok((await rows(chat)) <= 60);
});

test("what is read stays where it is, whatever comes above, below or at the end", async () => {
  const { ana, bruno, chat } = await talked(600);
  await chat.log.evaluate((log) => log.scrollTo(0, log.clientHeight * 2));
  const box = await chat.log.boundingBox();
  await ana.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  // Older ones come while somebody is a screenful below them.
  const from = await first(chat);
  await chat.log.evaluate((log) => log.scrollTo(0, log.clientHeight - 5));
  const top = await chat.log.evaluate((log) => {
    const edge = log.getBoundingClientRect().top;
    const bubble = [...log.querySelectorAll(".bubble")].find((one) => one.getBoundingClientRect().top > edge && /^\d/.test(one.textContent));
    return Number.parseInt(bubble.textContent, 10);
  });
  const place = await placeOf(chat, top);
  await becomes(async () => (await first(chat)) < from, true, "older messages");
  assert.ok(Math.abs((await placeOf(chat, top)) - place) <= 1, "the message at the top of the view has moved");
  // Bruno writes: the view stays, and the button says so.
  const his = await bruno.screen.open("Ana Sousa");
  await his.say("are you there?");
  await seen(chat.window.getByRole("button", { name: "New messages" }), "the button for new messages");
  assert.ok(Math.abs((await placeOf(chat, top)) - place) <= 1, "the view has moved by a new message");
  await chat.window.getByRole("button", { name: "New messages" }).click();
  await seen(chat.message("are you there?"), "Bruno's message");
});

test("whoever writes far above sees their message at the end, once, and where it was read, only Bruno's are marked", async () => {
  const { bruno, chat } = await talked(400);
  await climb(chat);
  await chat.box.fill("from above");
  await chat.box.press("Enter");
  await seen(chat.message("from above"), "the message");
  assert.equal((await chat.texts()).at(-1), "from above");
  assert.equal(await chat.message("from above").count(), 1);
  const his = await bruno.screen.open("Ana Sousa");
  await seen(his.message("from above"), "the message, at Bruno's");
  await becomes(() => chat.log.locator(".delivery").allInnerTexts(), ["Seen"], "the delivery of the last message only");
});

test("the End key goes to the end of the conversation, and the focus stays in the log", async () => {
  const { chat } = await talked(600);
  await climb(chat);
  await chat.log.focus();
  await chat.log.press("End");
  await seen(chat.log.getByText(/^600: |^599: /).first(), "the newest message");
  await focused(chat.log.getByRole("article").last(), "the newest message has the focus");
  await becomes(() => chat.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2), true, "the view at the end");
});

test("a quote leads to a message far above, and back goes the button", async () => {
  const { bruno, chat } = await talked(600);
  await climb(chat);
  const old = (await chat.texts()).find((text) => text.startsWith("12: "));
  await chat.article(old).scrollIntoViewIfNeeded();
  await chat.answer(old, "I have found it again");
  const his = await bruno.screen.open("Ana Sousa");
  const quote = his.quote("I have found it again");
  await seen(quote.getByText(/^12: /), "the quote, of a message that his page does not hold");
  assert.equal(await his.message(old).count(), 0, "nothing of it but the quote");
  await quote.click();
  await focused(his.article(old), "the message has the focus");
  await becomes(() => his.article(old).evaluate((one) => one.classList.contains("found")), true, "it is marked");
  await becomes(() => his.article(old).evaluate((one) => one.classList.contains("found")), false, "for a moment");
  assert.ok((await rows(his)) <= RUN);
  const shown = await numbers(his);
  assert.ok(shown.every((n, at) => at === 0 || n > shown[at - 1]), "in order, and none twice");
  await his.window.getByRole("button", { name: "Jump to the latest message" }).click();
  await seen(his.message("I have found it again"), "the end");
});

test("the log stays at its end while the box grows and shrinks", async () => {
  const { bruno, chat } = await talked(100);
  const atEnd = () => chat.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2);
  for (const lines of [1, 2, 3, 4, 6, 3, 5]) {
    await chat.box.fill(Array.from({ length: lines }, (_, at) => `line ${at}`).join("\n"));
    await chat.box.press("End");
    await chat.box.pressSequentially(" and more");
    await becomes(atEnd, true, `at the end with ${lines} lines in the box`);
    assert.equal(await chat.window.getByRole("button", { name: "Jump to the latest message" }).count(), 0);
  }
  const his = await bruno.screen.open("Ana Sousa");
  await his.say("do you see this?");
  await seen(chat.message("do you see this?"), "the message");
  await becomes(atEnd, true, "the view at the end");
});

test("windows that were opened and closed leave no node and no listener in the browser", async () => {
  await it.people.arrive("bruno");
  const ana = await it.people.arrive("ana");
  const chat = await ana.screen.open("Bruno Silva");
  await chat.say("hello");
  await chat.button("Close").click();
  const meter = await Meter.of(ana.page);
  // The first rounds fill what is filled once.
  await ana.screen.openAndClose("Bruno Silva", 10);
  const before = await meter.held();
  await ana.screen.openAndClose("Bruno Silva", 30);
  // A listener in passing (a frame that is still to be drawn) is gone a moment later; one a window would be thirty.
  await becomes(
    async () => {
      const { nodes, listeners } = await meter.held();
      return nodes <= before.nodes && listeners <= before.listeners;
    },
    true,
    `no more than ${JSON.stringify(before)}`,
  );
});

test("a row at rest holds nothing that is drawn apart, and a message that comes lays the page out twice at most", async () => {
  const { ana, bruno, chat } = await talked(120);
  await ana.page.mouse.move(0, 0);
  const apart = await chat.log.evaluate((log) => {
    const still = (style) => style.opacity === "1" && style.position === "static" && style.transform === "none" && style.filter === "none";
    return [...log.querySelectorAll(".message > :not(.face), .message > :not(.face) *")]
      .filter((part) => !part.matches(".out-of-sight, .delivery *") && (part.localName === "svg" || !still(getComputedStyle(part))))
      .map((part) => `${part.localName}.${part.className}`);
  });
  assert.deepEqual(apart, []);
  const faces = () => chat.log.evaluate((log) => [...log.querySelectorAll(".message > .face")].map((face) => face.parentElement.dataset.key));
  const writer = await bruno.screen.open("Ana Sousa");
  await writer.say("the first of several");
  await seen(chat.message("the first of several"), "the first");
  const before = await faces();
  const meter = await Meter.of(ana.page);
  const { LayoutCount } = await meter.read();
  const times = 10;
  for (let n = 0; n < times; n += 1) {
    await writer.say(`more ${n}`);
    await seen(chat.message(`more ${n}`), "the next");
  }
  const laid = (await meter.read()).LayoutCount - LayoutCount;
  assert.deepEqual(await faces(), before, "a face stays where it is");
  assert.ok(laid <= 2 * times + 5, `${laid} layouts`);
});

test("a message of long ago is found by its words, and shown among those around it", async () => {
  const { ana, bruno, chat } = await talked(1_000);
  await bruno.page.goto("about:blank");
  await chat.button("Close").click();
  await gone(chat.window, "the window");
  const { box, messages } = await panel(ana);
  // 17 × 50 has a link; its words are said on every such day, its number once.
  await box.fill("EXERCÍSES thursd 850");
  const hit = row(messages, "Bruno Silva");
  await seen(hit, "the message among those that were found");
  await becomes(() => messages.getByRole("button").count(), 1, "and no other");
  await seen(messages.locator("mark").getByText("Thursday"), "the word, marked");
  await hit.click();
  const message = chat.log.getByText(/^850: have a look/);
  await seen(message, "the message in its window");
  const isInView = () => message.evaluate((one) => {
    const [{ top, bottom }, scroller] = [one.getBoundingClientRect(), one.closest(".scroller").getBoundingClientRect()];
    return top >= scroller.top && bottom <= scroller.bottom;
  });
  await becomes(isInView, true, "it can be seen");
  await becomes(async () => (await numbers(chat)).filter((n) => n >= 847 && n <= 852).length >= 5, true, "with those around it");
  // What is deleted is found no more. (Long ago it cannot be, so it is a new one.)
  await chat.say("a needle in the haystack");
  const say = chat.message("a needle in the haystack");
  await seen(say, "what she says");
  const shown = await panel(ana);
  await shown.box.fill("needle");
  await seen(row(shown.messages, "Bruno Silva"), "it is found at once");
  await chat.choose("a needle in the haystack", "Delete");
  await gone(chat.window.getByRole("button", { name: "Undo" }), "its undo", 20_000);
  const again = await panel(ana);
  const nothing = again.dialog.getByText("Nothing was found for “needle”.").first();
  // The server has heard of it a moment later.
  for (let tries = 0; tries < 20 && !(await nothing.isVisible()); tries += 1) {
    await again.box.fill("");
    await again.box.fill("needle");
    await seen(nothing.or(row(again.messages, "Bruno Silva")).first(), "an answer");
  }
  await seen(nothing, "that nothing is found");
});
