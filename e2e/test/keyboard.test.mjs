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

test("messages are read, edited, answered and deleted by the keyboard alone", async () => {
  const ana = await it.people.arrive("ana");
  await it.people.arrive("bruno");
  const chat = await ana.screen.open("Bruno Silva");
  for (const text of ["One", "Two", "Three"]) await chat.say(text);
  const { keyboard } = ana.page;
  const stop = (text) => focused(chat.article(text), `${text} has the focus`);
  const goTo = async (text) => {
    // From the box back: the button of the message that is the stop, then the message.
    await keyboard.press("Shift+Tab");
    await focused(chat.article(text).getByRole("button", { name: "Message actions" }), "the button of the stop");
    await keyboard.press("Shift+Tab");
    await stop(text);
  };
  await goTo("Three");
  await keyboard.press("ArrowUp");
  await stop("Two");
  await keyboard.press("Home");
  await stop("One");
  await keyboard.press("End");
  await stop("Three");
  await keyboard.press("ArrowUp");
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  const item = (name) => chat.window.getByRole("menuitem", { name });
  await focused(item("React"), "the first item has the focus");
  await keyboard.press("ArrowDown");
  await focused(item("Reply"), "the next one");
  await keyboard.press("Escape");
  await focused(chat.article("Two").getByRole("button", { name: "Message actions" }), "the focus is back on the button");
  await seen(chat.box, "the window is still open");
  await keyboard.press("Enter");
  await keyboard.press("ArrowDown");
  await keyboard.press("ArrowDown");
  await keyboard.press("Enter");
  await focused(chat.editBox, "the box edits");
  await keyboard.type(" and a half");
  await keyboard.press("Enter");
  await seen(chat.message("Two and a half"), "the edit");
  await focused(chat.box, "the box is for messages again");
  await goTo("Two and a half");
  await keyboard.press("ArrowUp");
  await stop("One");
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await keyboard.press("ArrowDown");
  await keyboard.press("Enter");
  await focused(chat.box, "the box answers");
  await keyboard.type("Answered");
  await keyboard.press("Enter");
  await seen(chat.quote("Answered").getByText("One", { exact: true }), "the quote");
  await goTo("One");
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await keyboard.press("End");
  await keyboard.press("ArrowUp");
  await focused(item("Delete"), "the last but one item");
  await keyboard.press("Enter");
  await focused(chat.log.getByRole("button", { name: "Undo" }), "the way back has the focus");
  await keyboard.press("Enter");
  await seen(chat.message("One"), "it is back");
  await stop("One");
  await keyboard.press("Escape");
  await focused(chat.box, "back in the box");
});
