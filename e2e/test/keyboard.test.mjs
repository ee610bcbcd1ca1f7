// One keyboard for the chat and the page around it, in a real browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, focused, seen } from "../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();

test("a held Enter on a bar opens the window and leaves its draft alone", async () => {
  const ana = await it.people.arrive("ana");
  await it.people.arrive("bruno");
  const { keyboard } = ana.page;
  const chat = await ana.screen.open("Bruno Silva");
  await keyboard.type("half a thought");
  await keyboard.press("Escape");
  await seen(chat.button("Restore"), "the window's bar");
  await chat.button("Restore").focus();
  await keyboard.down("Enter");
  await focused(chat.box, "the textbox has the focus, and Enter is still held");
  await keyboard.down("Enter");
  await keyboard.down("Enter");
  await keyboard.up("Enter");
  assert.equal(await chat.box.inputValue(), "half a thought");
  assert.deepEqual(await chat.texts(), []);
  await keyboard.press("Enter");
  await seen(chat.message("half a thought"), "a press of its own sends");
});

test("the page's shortcuts hear nothing of what is typed in the chat, and Tab goes on", async () => {
  const ana = await it.people.arrive("ana");
  await it.people.arrive("bruno");
  const chat = await ana.screen.open("Bruno Silva");
  await ana.page.evaluate(() => {
    window.heard = [];
    for (const kind of ["keydown", "keyup", "keypress", "beforeinput", "input", "paste", "copy", "cut"]) {
      document.addEventListener(kind, (event) => window.heard.push(`${kind} ${event.key ?? ""}`));
    }
  });
  const { keyboard } = ana.page;
  await keyboard.type("jk? ç");
  await keyboard.press("ControlOrMeta+a");
  await keyboard.press("ControlOrMeta+x");
  await keyboard.press("ControlOrMeta+v");
  await keyboard.press("Shift+Enter");
  assert.equal(await chat.box.inputValue(), "jk? ç\n");
  await keyboard.press("Escape");
  await seen(chat.button("Restore"), "the window's bar");
  const heard = () => ana.page.evaluate(() => window.heard.filter((key) => !/Control|Meta|Shift/.test(key)));
  assert.deepEqual(await heard(), []);
  await chat.button("Restore").focus();
  await keyboard.press("Tab");
  await becomes(heard, ["keydown Tab", "keyup Tab"], "Tab is heard");
});
