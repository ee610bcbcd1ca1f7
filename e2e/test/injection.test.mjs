// Whatever somebody types is shown as typed, and nothing of it runs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, seen } from "../expect.mjs";
import { scene } from "../scene.mjs";

// The fifth classmate's name is an image with a script.
const it = scene({ classmates: 6 });
const NAME = "<img src=x onerror=alert(1)>";

const PAYLOADS = [
  "<script>window.pwned = 1; alert(1)</script>",
  NAME,
  "<svg/onload=alert(1)>",
  "<iframe srcdoc=\"<script>parent.pwned=1</script>\"></iframe>",
  "<a href=\"javascript:alert(1)\">click</a>",
  "javascript:alert(document.domain)",
  "data:text/html,<script>alert(1)</script>",
  "https://example.org/\"onmouseover=\"alert(1)",
  "https://example.org/'><img/src/onerror=alert(1)>",
  "${alert(1)} {{constructor.constructor('alert(1)')()}} <%= 1 %>",
  "</textarea></p></style></script><b onclick=alert(1)>bold</b>",
  "&lt;b&gt; &#60;b&#62; &amp;amp;",
  "\u202Ertl override \u2066isolate\u2069 e\u0301\u0301\u0301\u0301",
  "<style>*{display:none!important}</style>",
  "<base href=\"https://evil.example/\"><meta http-equiv=refresh content=0>",
];

test("messages are shown as typed", async () => {
  const ana = await it.people.arrive("ana");
  const bruno = await it.people.arrive("bruno");
  const mine = await ana.screen.open("Bruno Silva");
  for (const payload of PAYLOADS) await mine.say(payload);
  const his = bruno.screen.chat("Ana Sousa");
  await his.button("Restore").click();
  await seen(his.message(PAYLOADS.at(-1)), "the last one");
  for (const [chat, page] of [[mine, ana.page], [his, bruno.page]]) {
    const texts = await chat.log.locator(".bubble").evaluateAll((bubbles) => bubbles.map((one) => one.textContent));
    assert.deepEqual(texts.slice(-PAYLOADS.length), PAYLOADS);
    const inside = await chat.log.locator(".bubble *").evaluateAll((all) => all.map((one) => [one.localName, one.protocol ?? ""]));
    for (const [name, protocol] of inside) {
      assert.ok(name === "a" ? /^(https?|mailto):$/.test(protocol) : name === "br", `<${name}> ${protocol} in a message`);
    }
    assert.equal(await page.evaluate(() => "pwned" in window), false);
    assert.equal(new URL(page.url()).origin, it.campus.url);
  }
});

test("edits and quotes are shown as typed", async () => {
  const ana = await it.people.arrive("ana");
  const bruno = await it.people.arrive("bruno");
  const mine = await ana.screen.open("Bruno Silva");
  await mine.say("0");
  const his = bruno.screen.chat("Ana Sousa");
  await his.button("Restore").click();
  await mine.answer("0", "The answer");
  const texts = (chat) => chat.log.locator(".bubble").evaluateAll((bubbles) => bubbles.map((one) => one.textContent));
  const quoted = (chat) => chat.log.locator(".quote .few").evaluateAll((quotes) => quotes.map((one) => one.textContent));
  for (const payload of PAYLOADS) {
    await mine.log.getByRole("article").first().getByRole("button", { name: "Message actions" }).click();
    await mine.window.getByRole("menuitem", { name: "Edit" }).click();
    await mine.editBox.fill(payload);
    await mine.editBox.press("Enter");
    for (const chat of [mine, his]) {
      await becomes(() => texts(chat), [payload, "The answer"], "the edit");
      await becomes(() => quoted(chat), [payload.replace(/\s+/g, " ")], "the quote");
    }
  }
  for (const [chat, page] of [[mine, ana.page], [his, bruno.page]]) {
    const inside = await chat.log.locator(".quote *").evaluateAll((all) => all.map((one) => one.localName));
    assert.deepEqual([...new Set(inside)].sort(), ["b", "span"]);
    assert.equal(await page.evaluate(() => "pwned" in window), false);
    assert.equal(new URL(page.url()).origin, it.campus.url);
  }
});

test("names are shown as typed, in the list, in the window, and in what is announced", async () => {
  const ana = await it.people.arrive("ana");
  const person = ana.screen.person(NAME);
  await seen(person, "the classmate with that name", 45_000);
  const chat = await ana.screen.open(NAME);
  await seen(chat.window.getByRole("link", { name: NAME }), "the name on the window");
  await chat.say("Hello!");
  await seen(chat.log.locator(".message:not(.mine) .bubble"), "the classmate answers", 30_000);
  await chat.window.getByRole("link", { name: NAME }).click();
  await seen(ana.page.getByRole("heading", { name: NAME }), "the profile");
  const images = await ana.page.evaluate(() => [...document.images].map((image) => image.getAttribute("src")));
  assert.ok(!images.includes("x"), images.join());
});
