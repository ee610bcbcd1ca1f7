// The chat on pages whose own styles, addresses and policies were not made with it in mind.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Embedding } from "../embedding.mjs";
import { atRest, seen } from "../expect.mjs";
import { People } from "../people.mjs";

let host, people;
let last = 0;
before(async () => {
  host = await Embedding.open();
  people = await People.open(host);
});
afterEach(async () => {
  Object.assign(host, { head: "", headers: {} });
  assert.deepEqual(await people.leave(), [], "what must not happen on any page");
});
after(async () => {
  await people?.close();
  await host?.close();
});

/** Two people who have never talked come, Bruno first. Gives Ana, on a page as the host makes it now. */
async function meeting() {
  last += 2;
  const circles = [{ id: `c${last}`, role: "student", title: "Algebra" }];
  host.introduce(last, { name: "Ana", circles });
  host.introduce(last + 1, { name: "Bruno", circles });
  const other = await people.enter("Bruno");
  const one = await people.enter("Ana");
  await other.go(`/as/${last + 1}`);
  await one.go(`/as/${last}`);
  return one;
}

/** They talk. */
async function talking() {
  const one = await meeting();
  await seen(one.screen.person("Bruno"), "the other in the list");
  const chat = await one.screen.open("Bruno");
  await chat.say("Hello, 你好, مرحبا");
  return { one, chat };
}

/** Where everything of the chat is, and how it looks, as far as a page's rules could reach it. */
async function appearance({ one, chat }) {
  await atRest(one.page);
  const boxes = [];
  const parts = [chat.window, chat.log, chat.box, chat.sendButton, one.screen.launcher, one.screen.person("Bruno"), chat.message("Hello, 你好, مرحبا")];
  for (const part of parts) {
    const { x, y, width, height } = await part.boundingBox();
    const style = await part.evaluate((element) => {
      const { color, fontFamily, fontSize, lineHeight, letterSpacing, textTransform, textAlign, opacity, visibility, backgroundColor } = getComputedStyle(element);
      return { color, fontFamily, fontSize, lineHeight, letterSpacing, textTransform, textAlign, opacity, visibility, backgroundColor };
    });
    // The list is in the page's flow, and takes the colour of the words around it on purpose.
    const place = part === parts[5] ? { color: null } : { x, y };
    boxes.push({ width, height, ...style, ...place });
  }
  return boxes;
}

test("no rule of a page changes a word of the chat or moves it", async () => {
  const plain = await appearance(await talking());
  await people.leave();
  // Not of the root: the size of its text is the person's own setting, which the chat follows.
  host.head = `<style>
    body, body * { text-transform: uppercase !important; line-height: 3 !important; letter-spacing: 4px !important; font: 30px serif !important; }
    body, body * { color: lime !important; text-align: center; word-spacing: 9px; text-indent: 20px; white-space: pre; opacity: 0.9; direction: ltr; }
    body > * { position: relative !important; inset: auto !important; transform: none; margin: 40px !important; padding: 20px !important; border: 3px solid red; }
    gchat-dock, gchat-roster { float: left; z-index: 1 !important; filter: blur(2px) !important; animation: none; visibility: hidden; zoom: 2; }
    body { background: #fff !important; }
    main, aside, h1 { opacity: 1 !important; }
    </style>`;
  assert.deepEqual(await appearance(await talking()), plain);
});

test("what a page hides with all that is in it hides the list, and the launcher shows the people once by itself", async () => {
  // As Moodle's Boost does it with its drawer of blocks, which is closed for every new user.
  host.head = "<style>aside { visibility: hidden; position: fixed; inset-inline-end: -22rem }</style>";
  const one = await meeting();
  await seen(one.screen.launched("Bruno"), "the other in the launcher's list");
  assert.equal(await one.page.locator("gchat-roster").isVisible(), false, "the list in the page");
  assert.equal(await one.page.evaluate(() => document.activeElement === document.body), true, "the focus stays where it was");
  await one.page.reload();
  await seen(one.screen.launcher, "the launcher");
  await seen(one.page.getByRole("button", { name: /^Global Chat, 1 online/ }), "who is online is known");
  assert.equal(await one.screen.launched("Bruno").isVisible(), false, "the second time");
});

test("the launcher shows nobody by itself where the page's own script is late to show the list", async () => {
  // As Boost does it with a drawer of blocks that is open.
  host.head = `<style>aside.late { display: none }</style>
    <script>
    document.addEventListener("DOMContentLoaded", () => document.querySelector("aside").classList.add("late"));
    window.addEventListener("load", () => setTimeout(() => document.querySelector("aside").classList.remove("late"), 700));
    </script>`;
  const one = await meeting();
  await seen(one.screen.person("Bruno"), "the other in the page's list");
  await one.page.evaluate(() => new Promise((rest) => { setTimeout(rest, 3_000); }));
  assert.equal(await one.screen.panel.isVisible(), false, "the panel");
});

test("from right to left the search's sign stays free, whatever is typed", async () => {
  host.head = '<script>document.documentElement.dir = "rtl";</script>';
  last += 1;
  const one = await people.enter("Ana");
  await one.go(`/as/${last}`);
  await one.screen.openPanel();
  for (const text of ["ana", "دانيال"]) {
    await one.screen.search.fill(text);
    const free = await one.screen.search.evaluate((box) => {
      const sign = box.parentElement.querySelector("svg").getBoundingClientRect();
      const { right } = box.getBoundingClientRect();
      return sign.left - (right - Number.parseFloat(getComputedStyle(box).paddingRight));
    });
    assert.ok(free >= 0, `${text} begins ${-free} px below the sign`);
  }
});

test("the chat starts on a page with a foreign <base>, and its addresses are the page's own", async () => {
  host.head = '<base href="https://elsewhere.example/deep/">';
  await talking();
});

test("the chat starts where the page allows no policy of trusted types", async () => {
  host.headers = { "content-security-policy": "trusted-types 'none'" };
  const one = await people.enter("Ana");
  one.concerns = () => false;
  await one.go("/as/99");
  await seen(one.screen.block.getByText("Nobody from your courses is online."), "the list");
  await seen(one.screen.launcher, "the launcher");
});

for (const [kind, page, variables] of [
  ["dark", "#16191c", ["#ffffff", "#1d2125"]],
  ["light", "#fcfcfc", ["#16191c", "#e4e6e8"]],
]) {
  test(`on a page that is ${kind}, and whose Bootstrap colours are not, the chat is ${kind} as a whole`, async () => {
    const [background, ink] = variables;
    host.head = `<style>:root { --bs-body-bg: ${background}; --bs-body-color: ${ink}; } body { background: ${page}; }</style>`;
    const { one, chat } = await talking();
    const lightness = (part, property) =>
      part.evaluate((element, name) => {
        const [number, ...others] = getComputedStyle(element)[name].match(/[\d.]+/g).map(Number);
        const scale = getComputedStyle(element)[name].startsWith("rgb") ? 255 : 1;
        return (number + others[0] + others[1]) / 3 / scale;
      }, property);
    const [surface, text] = [await lightness(chat.log, "backgroundColor"), await lightness(chat.box, "color")];
    const panel = await lightness(one.screen.launcher, "color");
    for (const words of [text, panel]) assert.ok(kind === "dark" ? words - surface > 0.6 : surface - words > 0.6, `${words} on ${surface}`);
    assert.equal(surface < 0.5, kind === "dark", "the window's own colour");
  });
}
