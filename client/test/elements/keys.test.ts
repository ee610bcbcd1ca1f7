// @vitest-environment jsdom
// One keyboard for the page, the chat and an input method: who gets a key.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ana, dock, one, press, roster, stage, talk, type, windowOf, type Stage } from "./stage.js";

const heard: string[] = [];
const listen = (event: Event): void => {
  heard.push(event instanceof KeyboardEvent ? `${event.type} ${event.key}` : event.type);
};
const KINDS = ["keydown", "keyup", "keypress", "beforeinput", "input", "paste", "cut", "copy", "compositionend"];

beforeEach(() => {
  heard.length = 0;
  for (const kind of KINDS) document.addEventListener(kind, listen);
});

afterEach(() => {
  for (const kind of KINDS) document.removeEventListener(kind, listen);
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

const box = (): HTMLTextAreaElement => one("textbox", "Message to Ana Sousa") as HTMLTextAreaElement;

async function opened(): Promise<Stage> {
  const page = await stage();
  await page.tell(roster([ana]), dock(windowOf(ana)), talk([{}]));
  return page;
}

function release(element: Element, key: string): void {
  element.dispatchEvent(new KeyboardEvent("keyup", { key, code: key, bubbles: true, composed: true }));
}

test("what is typed in a textbox is not the page's, down and up", async () => {
  await opened();
  for (const key of ["k", "?", "ç", "Enter", "ArrowLeft", "Backspace", "Delete"]) {
    press(box(), key, { code: key });
    release(box(), key);
  }
  press(box(), "z", { ctrlKey: true });
  for (const kind of ["keypress", "beforeinput", "input", "paste", "cut", "copy", "compositionend"]) {
    box().dispatchEvent(Object.assign(new Event(kind, { bubbles: true, composed: true }), kind === "paste" && { clipboardData: { files: [] } }));
  }
  expect(heard).toEqual([]);
});

test("Tab, and shortcuts outside of a textbox, go on to the page", async () => {
  await opened();
  press(box(), "Tab");
  press(one("button", "Send"), "k", { ctrlKey: true });
  press(one("button", "Send"), "F1");
  expect(heard).toEqual(["keydown Tab", "keydown k", "keydown F1"]);
});

test("what buttons, lists and the log use is not the page's", async () => {
  await opened();
  for (const key of ["j", "Enter", " ", "PageDown"]) press(one("log", /./), key);
  press(one("button", "Ana Sousa, online"), "ArrowDown");
  expect(heard).toEqual([]);
});

test("a key that the chat handled stays unseen when it is released elsewhere", async () => {
  await opened();
  press(box(), "Escape", { code: "Escape" });
  release(one("button", "Ana Sousa, online"), "Escape");
  expect(heard).toEqual([]);
  press(one("button", "Ana Sousa, online"), "Escape", { code: "Escape" });
  expect(heard).toEqual(["keydown Escape"]);
});

test("a key that ends an input method's word does nothing here, also where only its code tells", async () => {
  const page = await opened();
  await type(box(), "にほん");
  for (const key of ["Escape", "Enter"]) {
    press(box(), key, { isComposing: true });
    press(box(), key, { keyCode: 229 });
  }
  expect(page.commands().filter(({ kind }) => kind === "minimise" || kind === "close" || kind === "send")).toEqual([]);
});

test("a held Enter that has opened a window does not send its draft", async () => {
  const page = await stage();
  await page.tell(dock(windowOf(ana, { state: "minimised", draft: "half a thou" })));
  const bar = one("button", "Restore chat with Ana Sousa");
  press(bar, "Enter", { code: "Enter" });
  bar.click();
  await page.tell(dock(windowOf(ana, { draft: "half a thou" })), talk([]));
  expect(press(box(), "Enter", { code: "Enter", repeat: true }).defaultPrevented).toBe(true);
  expect(page.last("send")).toBeUndefined();
  press(box(), "Enter", { code: "Enter" });
  expect(page.last("send")?.text).toBe("half a thou");
});

test("a held Enter in the textbox sends once, a held Escape minimises once", async () => {
  const page = await opened();
  await type(box(), "hello");
  press(box(), "Enter", { code: "Enter", repeat: false });
  await type(box(), "again");
  press(box(), "Enter", { code: "Enter", repeat: true });
  press(box(), "Escape", { code: "Escape" });
  press(box(), "Escape", { code: "Escape", repeat: true });
  expect(page.commands().filter(({ kind }) => kind === "send")).toHaveLength(1);
  expect(page.commands().filter(({ kind }) => kind === "minimise")).toHaveLength(1);
});
