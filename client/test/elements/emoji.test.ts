// @vitest-environment jsdom
/** Emoji in the composer and as reactions: the picker by its names and keys, and shortcodes. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { measureBy } from "../../src/elements/drawn.js";
import { loadPicker } from "../../src/elements/emoji-button.js";
import { loadEmojis } from "../../src/elements/emojis.js";
import { Scene } from "../../src/elements/scene.js";
import { Strings } from "../../src/elements/strings.js";
import type { WindowView } from "../../src/view.js";
import { all, ana, byRole, dock, focused, GROUP, groupOf, me, one, people, press, reading, settled, stage, talk, type, windowOf, type Stage } from "./stage.js";

beforeEach(async () => {
  measureBy(null);
  const scene = new Scene({ onmessage: null, postMessage: () => undefined }, new Strings("en"), 1);
  // Fetched when it is opened first: here it is there.
  expect(await loadPicker(scene, "1-2")).toBe(true);
});

afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
  measureBy();
});

async function opened(more: Partial<WindowView> = {}, lang = "en"): Promise<Stage> {
  const page = await stage(lang);
  await page.tell({ kind: "line", line: { state: "online" } }, dock(windowOf(ana, more)), talk([{ text: "Hi" }]));
  return page;
}

const box = (): HTMLTextAreaElement => one("textbox", /^(?:Message to|Mensagem para)/) as HTMLTextAreaElement;
const search = (): HTMLInputElement => one("searchbox", /^(?:Search emoji|Procurar emojis)$/) as HTMLInputElement;
const cells = (): HTMLElement[] => byRole("gridcell", /./);
const names = (): (string | null)[] => cells().map((cell) => cell.getAttribute("aria-label"));
const isOpen = (): boolean => byRole("dialog", "Emoji").length > 0;
const options = (): string[] => byRole("option", /./).map((option) => option.textContent.replace(/\s+/g, " ").trim());

async function open(name = "Emoji"): Promise<void> {
  one("button", name).click();
  await vi.waitFor(() => { if (!isOpen()) throw new Error("not open yet"); }, { timeout: 20_000, interval: 1 });
  await settled();
}

/** As a browser does it: the text grows by what is typed. */
async function types(text: string, inputType = "insertText"): Promise<void> {
  for (const sign of text) {
    const area = box();
    area.focus();
    area.setRangeText(sign, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new InputEvent("input", { data: sign, inputType, bubbles: true, composed: true }));
    await settled();
  }
}

test("the button opens a dialog with a search, groups and a grid with names; Escape gives the focus back", async () => {
  const page = await opened();
  expect(isOpen()).toBe(false);
  await open();
  expect(isOpen()).toBe(true);
  expect(one("button", "Emoji").getAttribute("aria-expanded")).toBe("true");
  expect(focused()).toBe(search());
  expect(names().slice(0, 3)).toEqual(["grinning face", "grinning face with big eyes", "grinning face with smiling eyes"]);
  const jumps = all(one("toolbar", "Groups of emoji")).filter((element) => element.matches("button"));
  expect(jumps.map((button) => button.getAttribute("aria-label")).slice(0, 2)).toEqual(["Smileys and emotion", "People and body"]);
  expect(byRole("grid", /./).length).toBeGreaterThan(0);
  press(search(), "Escape");
  await settled();
  expect(isOpen()).toBe(false);
  expect(focused()).toBe(one("button", "Emoji"));
  expect(page.last("minimise")).toBeUndefined();
});

test("only a part of them is in the document", async () => {
  await opened();
  await open();
  await vi.waitFor(() => { expect(byRole("button", "Flags")).toHaveLength(1); }, { timeout: 20_000 });
  expect(cells().length).toBeGreaterThan(40);
  expect(cells().length).toBeLessThan(200);
  one("button", "Flags").click();
  await settled();
  expect(cells().length).toBeLessThan(200);
});

test("the arrow keys go through the grid, one cell is the stop, and up from the first row is the search", async () => {
  await opened();
  await open();
  press(search(), "ArrowDown");
  await settled();
  expect(focused()).toBe(cells()[0]);
  for (const [key, at] of [["ArrowRight", 1], ["ArrowDown", 9], ["Home", 8], ["End", 15], ["ArrowLeft", 14], ["ArrowUp", 6]] as const) {
    expect(press(focused()!, key).defaultPrevented, key).toBe(true);
    await settled();
    expect(focused()?.getAttribute("data-cell"), key).toBe(`${at}`);
  }
  expect(cells().filter(({ tabIndex }) => tabIndex === 0)).toEqual([focused()]);
  press(focused()!, "ArrowUp");
  await settled();
  expect(focused()).toBe(search());
});

test("a choice goes in at the cursor, and with Shift another one can follow", async () => {
  const page = await opened({ draft: "Well done!" });
  box().setSelectionRange(4, 9);
  await open();
  await type(search(), "tada");
  press(search(), "ArrowDown");
  await settled();
  press(focused()!, "Enter", { shiftKey: true });
  await settled();
  expect([box().value, isOpen()]).toEqual(["Well🎉!", true]);
  expect(focused()?.getAttribute("aria-label")).toBe("party popper");
  press(focused()!, "Enter");
  await settled();
  expect([box().value, isOpen(), box().selectionStart]).toEqual(["Well🎉🎉!", false, 8]);
  expect(focused()).toBe(box());
  expect(page.last("draft")).toMatchObject({ text: "Well🎉🎉!" });
  press(box(), "Enter");
  expect(page.last("send")).toMatchObject({ text: "Well🎉🎉!" });
});

test("the search finds names in the page's language and says how many", async () => {
  await opened({}, "pt");
  await open();
  await type(search(), "MAO ACENANDO");
  expect(names()).toContain("mão acenando");
  expect(reading()).toMatch(/\d+ emojis? encontrados?/);
  await type(search(), "nada disto há");
  expect(cells()).toEqual([]);
  expect(reading()).toContain("Não foi encontrado nenhum emoji para “nada disto há”.");
  await type(search(), "tada");
  press(search(), "Enter");
  await settled();
  expect(box().value).toBe("🎉");
});

test("a skin tone is chosen once", async () => {
  await opened();
  await open();
  one("button", "Skin tone: none").click();
  await settled();
  one("button", "medium dark").click();
  await settled();
  expect(focused()).toBe(one("button", "Skin tone: medium dark"));
  await type(search(), "waving hand");
  expect(cells()[0]?.textContent).toBe("👋🏾");
  cells()[0]?.click();
  await settled();
  expect(box().value).toBe("👋🏾");
  await types(" :wave:");
  expect(box().value).toBe("👋🏾 👋🏾");
});

test("what was used last comes first, newest first, until the page is emptied", async () => {
  const page = await opened();
  for (const name of ["rocket", "tada", "rocket"]) {
    await open();
    await type(search(), name);
    press(search(), "Enter");
    await settled();
  }
  await open();
  expect(byRole("button", "Recently used")).toHaveLength(1);
  expect(names().slice(0, 3)).toEqual(["rocket", "party popper", "grinning face"]);
  await page.tell({ kind: "emptied" });
  await page.tell({ kind: "line", line: { state: "online" } }, dock(windowOf(ana)), talk([{ text: "Hi" }]));
  await open();
  expect(byRole("button", "Recently used")).toEqual([]);
});

test("what this device cannot draw is left out; where it draws none, all are there by their names", async () => {
  const has = (signs: string) => (text: string): number => Array.from(text).reduce((sum, sign) => sum + (signs.includes(sign) ? 25 : 12), 0);
  measureBy(has("😀😄🚀"));
  await opened();
  await open();
  await vi.waitFor(() => { expect(names().filter((name) => name?.startsWith("keycap") === false)).toEqual(["grinning face", "grinning face with smiling eyes", "rocket"]); }, { timeout: 20_000 });
  press(search(), "Escape");
  await settled();
  measureBy(has(""));
  await open();
  expect(reading()).toContain("This device cannot draw emoji.");
  expect(cells()[0]?.textContent).toBe("grinning face");
});

test("beside an emoji that is not drawn stands its name", async () => {
  measureBy((text) => (text.startsWith("😀") ? 25 : 12));
  const page = await opened();
  await loadEmojis("en");
  const reactions = [{ emoji: "🎉", count: 1, users: [2], mine: false }];
  await page.tell(talk([{ text: "Well 😀" }, { text: "Done 🎉 and 🎉🚀", reactions }, { text: "7 #" }]));
  const noted = all().filter((element) => element.localName === "gchat-undrawn");
  expect(noted.map(({ shadowRoot }) => shadowRoot?.textContent.replace(/\).*/s, ")"))).toEqual(["(party popper, rocket)", "(party popper)"]);
  expect(one("button", "🎉 1"), "as those hear it who do not see").toBeDefined();
});

test("More emoji opens the same for a reaction", async () => {
  const page = await stage();
  await page.tell({ kind: "line", line: { state: "online" } }, dock(groupOf()), people(GROUP, me, ana), talk([{ key: "seq:1", text: "Done!" }], { conversation: GROUP }));
  one("button", "Message actions").click();
  await settled();
  one("menuitem", "React").click();
  await settled();
  await open("More emoji");
  expect(isOpen()).toBe(true);
  expect(focused()).toBe(search());
  press(search(), "ArrowDown");
  await settled();
  expect(focused()).toBe(cells()[0]);
  press(focused()!, "ArrowDown");
  await settled();
  expect(focused()?.getAttribute("data-cell"), "no message's key").toBe("8");
  await type(search(), "rocket");
  press(search(), "Enter");
  await settled();
  expect(page.last("react")).toEqual({ kind: "react", conversation: GROUP, key: "seq:1", emoji: ["🚀"] });
  expect(isOpen()).toBe(false);
  expect(focused()).toBe(one("button", "Message actions"));
});

test("a shortcode is completed, also between two, by the keyboard", async () => {
  const page = await opened();
  await loadEmojis("en");
  await types("Hi :ta");
  expect(byRole("listbox", "Emoji")).toHaveLength(1);
  expect(options()).toHaveLength(5);
  expect([box().getAttribute("aria-controls"), box().getAttribute("aria-autocomplete")]).toEqual(["offers", "list"]);
  await types("da");
  expect(options()[0]).toBe("🎉:tada: party popper");
  expect(press(box(), "Enter").defaultPrevented).toBe(true);
  await settled();
  expect([box().value, options(), page.last("send")]).toEqual(["Hi 🎉", [], undefined]);
  press(box(), "Enter");
  expect(page.last("send")).toMatchObject({ text: "Hi 🎉" });
});

test("smileys, times and addresses open nothing and stay", async () => {
  await opened();
  await loadEmojis("en");
  for (const text of [":)", ":-D", "10:30", "https://ab", "::ta", ":t", ":nosuchcode:"]) {
    await type(box(), "");
    await types(text);
    expect([box().value, options()], text).toEqual([text, []]);
  }
});

test("one that is typed whole becomes its emoji; one that comes back by undo, or is not known, stays", async () => {
  const page = await opened();
  await loadEmojis("en");
  await types("Well :tada:");
  expect(box().value).toBe("Well 🎉");
  expect(page.last("draft")).toMatchObject({ text: "Well 🎉" });
  await type(box(), "");
  await types("`:tada:` 10:30: :nix:");
  expect(box().value).toBe("`:tada:` 10:30: :nix:");
  box().value = "Well :tada:";
  box().setSelectionRange(11, 11);
  box().dispatchEvent(new InputEvent("input", { inputType: "historyUndo", bubbles: true, composed: true }));
  await settled();
  expect(box().value).toBe("Well :tada:");
});

test("an edit gets emoji as a new message does, and mentions nobody by them", async () => {
  const page = await opened();
  await loadEmojis("en");
  await page.tell(talk([{ key: "k1", sender: 1, mine: true, text: "Hi", editableUntil: Date.now() + 60_000 }]));
  one("button", "Message actions").click();
  await settled();
  one("menuitem", "Edit").click();
  await settled();
  const area = one("textbox", "Edit message") as HTMLTextAreaElement;
  area.setSelectionRange(2, 2);
  await open();
  await type(search(), "tada");
  press(search(), "Enter");
  await settled();
  expect(area.value).toBe("Hi🎉");
  one("button", "Save").click();
  expect(page.last("edit")).toMatchObject({ text: "Hi🎉" });
});

test("where nothing can be written there is no button", async () => {
  await opened({ writing: "no" });
  expect(byRole("button", "Emoji")).toEqual([]);
});
