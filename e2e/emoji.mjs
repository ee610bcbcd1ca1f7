// Emoji by picker, by shortcode and as reactions, on a page with a strict policy, and on a phone; told once, for every
// browser.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Embedding } from "./embedding.mjs";
import { becomes, gone, seen } from "./expect.mjs";
import { People } from "./people.mjs";

/** Nothing but the page's own origin, no style but from files, and no text made into anything that runs. */
const STRICT = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self' ws:", "worker-src 'self'",
  "require-trusted-types-for 'script'", "trusted-types lit-html",
].join("; ");
const ours = (text) => text.includes("/gchat/");

const button = (chat) => chat.window.getByRole("button", { name: "Emoji", exact: true });
const picker = (chat) => chat.window.getByRole("dialog", { name: "Emoji" });
const search = (chat) => picker(chat).getByRole("searchbox", { name: "Search emoji" });
const cell = (chat, name) => picker(chat).getByRole("gridcell", { name, exact: true });
const text = (chat) => chat.box.inputValue();
const focused = (page) =>
  page.evaluate(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at?.getAttribute("aria-label") ?? "";
  });

/** `engine`: `"chromium"`, or `"firefox"`. */
export function emoji(engine) {
  let host, people;
  let last = 0;
  before(async () => {
    host = await Embedding.open();
    people = await People.open(host, engine);
  });
  afterEach(async () => {
    host.headers = {};
    assert.deepEqual(await people.leave(), [], "what must not happen on any page");
  });
  after(async () => {
    await people?.close();
    await host?.close();
  });

  /** Two people who have never talked; Ana has the chat with Bruno open. `options`: of Ana's browser. */
  async function talking(options = {}, concerns = () => true) {
    last += 2;
    const circles = [{ id: `c${last}`, role: "student", title: "Algebra" }];
    host.introduce(last, { name: "Ana", circles });
    host.introduce(last + 1, { name: "Bruno", circles });
    const other = await people.enter("Bruno");
    const one = await people.enter("Ana", options);
    const asked = [];
    one.page.on("request", (request) => asked.push(request.url()));
    for (const person of [one, other]) person.concerns = concerns;
    await other.go(`/as/${last + 1}`);
    await one.go(`/as/${last}`);
    const chat = await one.screen.open("Bruno");
    return { one, other, chat, asked };
  }

  test("the picker comes when it is opened, from the page's own host, under a strict policy, and the keyboard does it all", async () => {
    host.headers = { "content-security-policy": STRICT };
    // Of the host's page itself the policy refuses a script and a style, and of the chat the shared worker.
    const { one, other, chat, asked } = await talking({}, () => false);
    await one.page.evaluate(() => {
      window.breaches = [];
      document.addEventListener("securitypolicyviolation", ({ violatedDirective, sourceFile }) => window.breaches.push(`${violatedDirective} ${sourceFile}`));
    });
    assert.deepEqual(asked.filter((url) => url.includes("emoji")), [], "before it is opened");
    await button(chat).focus();
    await one.page.keyboard.press("Enter");
    await seen(search(chat), "the search");
    await becomes(() => focused(one.page), "Search emoji", "the focus");
    assert.ok(asked.filter((url) => url.includes("emoji")).length >= 3, "when it is opened");
    assert.deepEqual(asked.filter((url) => !url.startsWith(host.url) && !url.startsWith("data:")), [], "from elsewhere");
    await one.page.keyboard.press("ArrowDown");
    await becomes(() => focused(one.page), "grinning face", "the first");
    for (const key of ["ArrowRight", "ArrowDown", "PageDown", "PageDown", "Home"]) await one.page.keyboard.press(key);
    await becomes(() => picker(chat).locator(".cell:focus").count(), 1, "the one with the focus");
    const nodes = await picker(chat).evaluate((dialog) => dialog.querySelectorAll("*").length);
    assert.ok(nodes < 600, `${nodes} elements`);
    await search(chat).fill("party popper");
    await one.page.keyboard.press("ArrowDown");
    await becomes(() => focused(one.page), "party popper", "what was found");
    await one.page.keyboard.press("Shift+Enter");
    await becomes(() => text(chat), "🎉", "the box");
    assert.equal(await focused(one.page), "party popper", "the focus after Shift and Enter");
    await one.page.keyboard.press("Enter");
    await gone(picker(chat), "the picker");
    await becomes(() => text(chat), "🎉🎉", "the box");
    assert.equal(await focused(one.page), "Message to Bruno");
    await one.page.keyboard.press("Control+z");
    await becomes(() => text(chat), "🎉", "after an undo");
    await chat.box.press("Enter");
    await seen(chat.message("🎉"), "what was sent");
    const theirs = await other.screen.open("Ana");
    await seen(theirs.message("🎉"), "what has come");
    await button(chat).click();
    await becomes(() => focused(one.page), "Search emoji", "the focus");
    await one.page.keyboard.press("Escape");
    await gone(picker(chat), "the picker");
    assert.equal(await focused(one.page), "Emoji", "where the focus was");
    assert.deepEqual((await one.page.evaluate(() => window.breaches)).filter(ours), [], "breaches of the policy");
  });

  test("a shortcode is offered, and one that is typed whole becomes its emoji until it is undone", async () => {
    const { one, chat } = await talking();
    await chat.box.pressSequentially("Well :tad");
    const list = chat.window.getByRole("listbox", { name: "Emoji" });
    await seen(list.getByRole("option", { name: ":tada:" }), "the offer");
    await chat.box.press("Enter");
    await becomes(() => text(chat), "Well 🎉", "the choice");
    await one.page.keyboard.press("Control+z");
    await becomes(() => text(chat), "Well :tad", "after an undo");
    await chat.box.fill("");
    await chat.box.pressSequentially("Done :+1: ");
    await becomes(() => text(chat), "Done 👍 ", "what was typed whole");
    await chat.box.press("Backspace");
    await chat.box.fill("");
    await chat.box.pressSequentially(":tada:");
    await becomes(() => text(chat), "🎉", "what was typed whole");
    await one.page.keyboard.press("Control+z");
    await becomes(() => text(chat), ":tada:", "after an undo");
    await chat.box.fill("");
    const plain = "at 10:30 :) https://example.org ok:no :nosuchcode: `:tada:`";
    await chat.box.pressSequentially(plain);
    assert.equal(await text(chat), plain);
    assert.equal(await list.count(), 0);
  });

  test("More emoji reacts with any of them", async () => {
    const { one, other, chat } = await talking();
    const theirs = await other.screen.open("Ana");
    await theirs.say("Launched");
    await seen(chat.message("Launched"), "the message");
    await chat.choose("Launched", "React");
    await chat.window.getByRole("toolbar", { name: "React" }).getByRole("button", { name: "More emoji" }).click();
    await seen(search(chat), "the search");
    await search(chat).fill("rocket");
    await cell(chat, "rocket").click();
    await gone(picker(chat), "the picker");
    for (const side of [chat, theirs]) await seen(side.article("Launched").getByRole("button", { name: "🚀 1", exact: true }), "the reaction");
    assert.equal(await focused(one.page), "Message actions");
  });

  test("tone and what was used last are there on the next page, and what is searched in another tone is sent in it", async () => {
    const { one, chat } = await talking();
    await button(chat).click();
    await picker(chat).getByRole("button", { name: "Skin tone: none" }).click();
    await picker(chat).getByRole("button", { name: "medium", exact: true }).click();
    await search(chat).fill("waving hand");
    await cell(chat, "waving hand").click();
    await becomes(() => text(chat), "👋🏽", "the box");
    await one.page.reload();
    await seen(chat.box, "the window again");
    await button(chat).click();
    await seen(picker(chat).getByRole("button", { name: "Skin tone: medium", exact: true }), "the tone");
    const first = picker(chat).getByRole("grid", { name: "Recently used" }).getByRole("gridcell");
    await becomes(() => first.allInnerTexts(), ["👋🏽"], "what was used");
  });

  // Debian's Firefox has no touch screen to be tested with.
  const touched = engine === "chromium" ? test : test.skip;
  touched("on a phone the picker is as wide as the page, at its bottom, with room for a finger, and no keyboard comes up", async () => {
    const { one, chat } = await talking({ viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true });
    await button(chat).tap();
    await seen(cell(chat, "grinning face"), "the first");
    await becomes(() => focused(one.page), "grinning face", "the focus");
    const box = await picker(chat).boundingBox();
    assert.deepEqual([box.x, box.width, Math.round(box.y + box.height)], [0, 390, 780]);
    const small = await picker(chat).evaluate((dialog) =>
      [...dialog.querySelectorAll("button")].map((one) => one.getBoundingClientRect()).filter(({ width, height }) => width < 39.5 || height < 39.5).length,
    );
    assert.equal(small, 0, "buttons below 40 px");
    await cell(chat, "grinning face").tap();
    await becomes(() => text(chat), "😀", "the box");
  });
}
