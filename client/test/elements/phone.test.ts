// @vitest-environment jsdom
// On a phone: the round button on the page, the conversations in the panel, and one step back from each.
import { afterEach, expect, test, vi } from "vitest";
import type { EntryView, Update } from "../../src/view.js";
import { all, ana, bruno, byRole, dock, focused, one, press, reading, roster, settled, stage, talk, windowOf, type Stage } from "./stage.js";

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

const ONLINE: Update = { kind: "line", line: { state: "online" } };

function entry(person: typeof ana): EntryView {
  const { id, name, picture, profileUrl, conversation } = person;
  return { conversation, kind: "direct", title: name, contact: { id, name, picture, profileUrl, status: "online" }, writing: "yes", unread: 0, mentions: 0 };
}

/** The page is narrow, and touched by fingers. */
async function phone(...updates: Update[]): Promise<Stage> {
  const page = await stage();
  vi.stubGlobal("matchMedia", (query: string) => ({ matches: /max-width|coarse/.test(query), addEventListener: vi.fn(), removeEventListener: vi.fn() }));
  const [dockElement] = document.querySelectorAll("gchat-dock");
  // It looks when it comes into the page.
  if (dockElement !== undefined) document.body.append(dockElement);
  await page.tell(ONLINE, roster([ana]), ...updates);
  return page;
}

async function opened(): Promise<Stage> {
  const page = await phone();
  one("button", /^Global Chat/).click();
  await settled();
  await page.tell({ kind: "list", entries: [entry(bruno), entry(ana)], known: true, more: false, flags: true });
  byRole("button", "Ana Sousa").find((button) => button.matches(".stop"))!.click();
  await settled();
  return page;
}

const covered = (): boolean => document.querySelector<HTMLElement>("gchat-roster")!.inert;

test("nothing of windows stands on the page but their number on the button", async () => {
  const page = await phone(dock(windowOf(ana, { unread: 2 }), windowOf(bruno, { state: "minimised", unread: 1 })));
  expect(byRole("region", /^Chat with/)).toEqual([]);
  expect(byRole("button", /more chats/)).toEqual([]);
  expect(one("button", /^Global Chat/).getAttribute("aria-label")).toContain("3 unread messages");
  await page.tell(dock(...Array.from({ length: 12 }, (_, at) => windowOf({ ...ana, id: at + 5, conversation: `1-${at + 5}` }))));
  expect(all().filter((element) => element.matches("gchat-window, gchat-more"))).toEqual([]);
});

test("the panel covers the page, and brings no keyboard up", async () => {
  await phone();
  one("button", /^Global Chat/).click();
  await settled();
  const dialog = one("dialog", "Global Chat");
  expect([dialog.getAttribute("aria-modal"), covered()]).toEqual(["true", true]);
  expect(focused()?.matches("input")).toBe(false);
  press(focused()!, "Escape");
  await settled();
  expect([byRole("dialog", "Global Chat").length, covered()]).toEqual([0, false]);
});

test("the panel stays until the conversation that was chosen covers it, and is one step back from it", async () => {
  const page = await opened();
  expect(byRole("dialog", "Global Chat"), "no glimpse of the page").toHaveLength(1);
  await page.tell(dock(windowOf(ana)), talk([{}]));
  expect(byRole("dialog", "Global Chat")).toEqual([]);
  expect(covered()).toBe(true);
  expect(byRole("button", /^Minimise/)).toEqual([]);
  one("button", "Back").click();
  await settled();
  expect(page.last("minimise")?.conversation).toBe("1-2");
  expect(byRole("region", /^Chat with/)).toEqual([]);
  expect(byRole("dialog", "Global Chat")).toHaveLength(1);
  expect(focused(), "where the person was").toBe(byRole("button", "Ana Sousa").find((button) => button.matches(".stop")));
  expect(covered()).toBe(true);
});

test("Escape is one step back, too; closing returns to the page", async () => {
  const page = await opened();
  await page.tell(dock(windowOf(ana)), talk([{}]));
  press(one("textbox", "Message to Ana Sousa"), "Escape");
  await settled();
  expect([page.last("minimise")?.conversation, byRole("dialog", "Global Chat").length]).toEqual(["1-2", 1]);
  byRole("button", "Ana Sousa").find((button) => button.matches(".stop"))!.click();
  await settled();
  one("button", "Close chat with Ana Sousa").click();
  await page.tell(dock());
  expect(page.last("close")?.conversation).toBe("1-2");
  expect([byRole("dialog", "Global Chat").length, covered()]).toEqual([0, false]);
  expect(focused()).toBe(one("button", /^Global Chat/));
});

test("what was searched for is there again, one step back", async () => {
  const page = await phone();
  one("button", /^Global Chat/).click();
  await settled();
  await page.tell({ kind: "list", entries: [entry(bruno), entry(ana)], known: true, more: false, flags: true });
  const box = one("searchbox", "Search people and messages") as HTMLInputElement;
  box.value = "sousa";
  box.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
  await settled();
  byRole("button", "Ana Sousa").find((button) => button.matches(".stop"))!.click();
  await page.tell(dock(windowOf(ana)), talk([{}]));
  one("button", "Back").click();
  await settled();
  expect((one("searchbox", "Search people and messages") as HTMLInputElement).value).toBe("sousa");
  one("button", "Close the list").click();
  await settled();
  one("button", /^Global Chat/).click();
  await settled();
  expect((one("searchbox", "Search people and messages") as HTMLInputElement).value, "opened anew it begins anew").toBe("");
});

test("one step back from somebody who was found is their row; where that is gone, the list", async () => {
  const page = await phone();
  one("button", /^Global Chat/).click();
  await settled();
  await page.tell({ kind: "list", entries: [entry(bruno)], known: true, more: false, flags: true });
  const zoe = { ...ana, id: 9, name: "Zoe", conversation: "1-9", status: "offline" as const };
  const search = async (): Promise<void> => {
    const box = one("searchbox", "Search people and messages") as HTMLInputElement;
    box.value = "zoe";
    box.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
    await settled();
    await page.tell({ kind: "found", text: "zoe", people: [zoe], more: false, append: false });
  };
  const visit = async (): Promise<void> => {
    row().focus();
    row().click();
    await page.tell(dock(windowOf({ ...zoe, status: "online" })), talk([{}]));
  };
  const row = (): HTMLElement => byRole("button", "Zoe, offline").find((button) => button.matches(".stop"))!;
  const back = async (): Promise<void> => {
    one("button", "Back").click();
    await settled();
  };
  await search();
  await visit();
  await back();
  expect(focused()).toBe(row());
  await visit();
  await page.tell({ kind: "found", text: "zoe", people: [], more: false, append: false });
  await back();
  expect(focused()?.matches(".scroller")).toBe(true);
  // Whoever has gone meanwhile and comes again takes the focus from nobody.
  await page.tell({ kind: "found", text: "zoe", people: [zoe], more: false, append: false });
  expect(focused()?.matches(".scroller")).toBe(true);
});

test("one step back before the list has come, the row has the focus when it comes", async () => {
  const page = await phone(dock(windowOf(ana)), talk([{}]));
  byRole("button", /Ana Sousa/)[0]?.click();
  await page.tell(dock(windowOf(ana, { state: "open" })), talk([{}]));
  one("button", "Back").click();
  await settled();
  expect(focused()?.matches(".scroller")).toBe(true);
  await page.tell({ kind: "list", entries: [entry(bruno), entry(ana)], known: true, more: false, flags: true });
  expect(focused()).toBe(byRole("button", "Ana Sousa").find((button) => button.matches(".stop")));
});

test("a conversation that cannot be opened is told of where the person looks", async () => {
  const page = await opened();
  await page.tell({ kind: "refused", conversation: "1-2", code: "not_found", message: "" });
  expect(reading()).toContain("You cannot write to this person");
  expect(byRole("dialog", "Global Chat")).toHaveLength(1);
});
