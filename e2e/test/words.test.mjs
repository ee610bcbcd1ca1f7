// What people write is shown with its light Markdown, on every device, and comes back as it was written.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible } from "../axe.mjs";
import { becomes, focused, gone, seen } from "../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();
const CODE = `def det(m):\n    return ${"m[0][0] * ".repeat(20)}1`;
const MARKS = Array.from({ length: 60 }, (_, at) => `line ${at + 1}.`).join("\n");

/** Ana and Bruno, who look at the same talk. `options`: of her browser. */
async function talking(options = {}) {
  const ana = await it.people.arrive("ana", { permissions: ["clipboard-read", "clipboard-write"], ...options });
  const bruno = await it.people.arrive("bruno");
  const mine = await ana.screen.open("Bruno Silva");
  await write(mine, "It begins");
  const his = bruno.screen.chat("Ana Sousa");
  await his.button("Restore").click();
  await seen(his.message("It begins"), "the talk at Bruno's");
  return { ana, bruno, mine, his };
}

/** Its text will not be found as it was written. */
async function write(chat, text) {
  const own = chat.log.locator("article.mine");
  const before = await own.count();
  await chat.box.fill(text);
  await chat.sendButton.click();
  await becomes(() => own.count(), before + 1, "the message is there");
}

const last = (chat) => chat.log.getByRole("article").last();
/** Names and texts of the elements in the last bubble. */
const inside = (chat, selector) => last(chat).locator(`.bubble ${selector}`).evaluateAll((all) => all.map((one) => `${one.localName}: ${one.textContent}`));

test("marks are seen by both, and what only looks like them stays", async () => {
  const { mine, his } = await talking();
  await write(mine, "**bold** and _it_, ~~no~~ `x_y` and 2 * 3 * 4, snake_case_name, C:\\*\\x, :-*, \\(a_1*b*c\\)");
  for (const chat of [mine, his]) {
    await becomes(() => inside(chat, "*"), ["strong: bold", "em: it", "del: no", "code: x_y"], "what is marked");
    assert.equal(await last(chat).locator(".bubble").innerText(), "bold and it, no x_y and 2 * 3 * 4, snake_case_name, C:\\*\\x, :-*, \\(a_1*b*c\\)");
  }
  await write(mine, "> Why?\n> > Really?\nBecause:\n- 第一\n- two\n  3. three\n[bank.com](https://evil.example/x) and [x](javascript:alert(1))");
  for (const chat of [mine, his]) {
    await becomes(() => inside(chat, "li li"), ["li: three"], "a list in a list");
    assert.deepEqual(await inside(chat, "blockquote blockquote"), ["blockquote: Really?"]);
    assert.equal(await last(chat).locator("ol li").evaluate((item) => item.value), 3);
    const links = await last(chat).getByRole("link").evaluateAll((all) => all.map((one) => [one.textContent, one.href]));
    assert.deepEqual(links, [["bank.com (evil.example)", "https://evil.example/x"]]);
    assert.match(await last(chat).locator(".bubble").innerText(), /\[x\]\(javascript:alert\(1\)\)$/);
  }
});

test("code is copied by its button, and scrolls by the keyboard without its window", async () => {
  const { ana, mine, his } = await talking();
  await write(mine, `Try\n\`\`\`python\n${CODE}\n\`\`\``);
  await seen(last(his).getByRole("button", { name: "Copy code" }), "the button at Bruno's");
  await last(mine).getByRole("button", { name: "Copy code" }).click();
  await becomes(() => ana.page.evaluate(() => navigator.clipboard.readText()), CODE, "what was copied");
  await seen(ana.page.locator("gchat-said").getByText("The code is copied."), "it is said");
  const block = last(mine).getByRole("group", { name: "Code" });
  await block.focus();
  await ana.page.keyboard.press("ArrowRight");
  await becomes(() => block.evaluate((pre) => pre.scrollLeft > 0), true, "it scrolls");
  assert.match(await block.evaluate((pre) => getComputedStyle(pre.querySelector("code")).fontFamily), /mono/i);
  const [bubble, log] = await Promise.all([last(mine).locator(".bubble").boundingBox(), mine.log.boundingBox()]);
  assert.ok(bubble.x >= log.x && bubble.x + bubble.width <= log.x + log.width, "the bubble is within its log");
});

test("a long text is folded, and what is unfolded stays where it was", async () => {
  const { mine, his } = await talking();
  await write(mine, MARKS);
  for (const chat of [mine, his]) {
    const more = last(chat).getByRole("button", { name: "Show more" });
    await seen(more, "the button");
    assert.doesNotMatch(await last(chat).locator(".bubble").innerText(), /line 60\./);
    const top = () => last(chat).locator(".bubble").evaluate((bubble) => Math.round(bubble.getBoundingClientRect().top));
    const before = await top();
    await more.click();
    await seen(last(chat).getByRole("button", { name: "Show less" }), "the way back");
    assert.match(await last(chat).locator(".bubble").innerText(), /line 60\./);
    assert.ok(Math.abs((await top()) - before) <= 1, "its beginning has not moved");
    const less = last(chat).getByRole("button", { name: "Show less" });
    await focused(less, "the same button has the focus");
    await less.click();
    await focused(more, "and again");
    const view = await chat.log.boundingBox();
    assert.ok((await top()) >= view.y - 1, "its beginning is seen");
  }
});

test("Edit and Copy give what was written; quotes, the list and what is said have its words", async () => {
  const { ana, bruno, mine, his } = await talking();
  const source = "**Why** is `det` _zero_?\n- really";
  await write(mine, source);
  await last(mine).getByRole("button", { name: "Message actions" }).click();
  await mine.window.getByRole("menuitem", { name: "Copy" }).click();
  await becomes(() => ana.page.evaluate(() => navigator.clipboard.readText()), source, "what was copied");
  await last(mine).getByRole("button", { name: "Message actions" }).click();
  await mine.window.getByRole("menuitem", { name: "Edit" }).click();
  assert.equal(await mine.editBox.inputValue(), source);
  await mine.editBox.press("Escape");
  await seen(bruno.page.locator("gchat-said").getByText("Ana Sousa says: Why is det zero? really"), "what is said");
  await last(his).getByRole("button", { name: "Message actions" }).click();
  await his.window.getByRole("menuitem", { name: "Reply" }).click();
  await write(his, "So it is");
  await becomes(() => last(his).locator(".quote .few").innerText(), "Why is det zero? really", "the quote");
  await write(mine, "See `x_y` and **then** some");
  await bruno.screen.openPanel();
  await seen(bruno.screen.panel.getByText("See x_y and then some"), "the list");
});

for (const [kind, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["a phone", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }]]) {
  test(`axe finds nothing serious in marked texts: ${kind}`, async () => {
    const { ana, mine } = await talking(options);
    await write(mine, `**a** \`b\`\n\`\`\`js\n${CODE}\n\`\`\`\n> c\n- d\n1. e\n[f](https://example.org/)`);
    await write(mine, MARKS);
    await accessible(ana.page, "marked and folded");
    await last(mine).getByRole("button", { name: "Show more" }).click();
    await gone(last(mine).getByRole("button", { name: "Show more" }), "unfolded");
    await accessible(ana.page, "unfolded");
  });
}
