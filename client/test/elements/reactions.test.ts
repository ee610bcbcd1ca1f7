// @vitest-environment jsdom
import { afterEach, expect, test, vi } from "vitest";
import type { MessageView, WindowView } from "../../src/view.js";
import { all, ana, bruno, byRole, carla, dock, focused, GROUP, groupOf, me, one, people, press, reading, settled, stage, talk, type Stage } from "./stage.js";

afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

async function opened(message: Partial<MessageView> = {}, more: Partial<WindowView> = {}): Promise<Stage> {
  const page = await stage();
  await page.tell({ kind: "line", line: { state: "online" } }, dock(groupOf(more)), people(GROUP, me, ana, bruno, carla));
  await page.tell(talk([{ key: "seq:1", text: "Done!", ...message }], { conversation: GROUP }));
  return page;
}

async function open(): Promise<void> {
  one("button", "Message actions").click();
  await settled();
  one("menuitem", "React").click();
  await settled();
}

const text = (element: Element): string => element.textContent.replace(/\s+/g, " ").trim();
const chips = (): HTMLElement[] => all().filter((element) => element.matches("[role=group] button[aria-pressed]"));
const atHand = (): HTMLElement[] => all().filter((element) => element.matches("[role=toolbar] button"));
const like = { emoji: "👍", count: 2, users: [2, 3], mine: false };

test("the six at hand, and the way to all others, are a toolbar with names, arrow keys and Escape", async () => {
  const page = await opened();
  await open();
  expect(byRole("toolbar", "React")).toHaveLength(1);
  expect(atHand().map((button) => button.getAttribute("aria-label"))).toEqual(["thumbs up", "heart", "laughing", "surprised", "sad", "party popper", "More emoji"]);
  expect(focused()).toBe(atHand()[0]);
  for (const [key, at] of [["ArrowRight", 1], ["ArrowLeft", 0], ["ArrowLeft", 6], ["Home", 0], ["End", 6]] as const) {
    press(focused()!, key);
    expect(focused(), key).toBe(atHand()[at]);
  }
  expect(press(focused()!, "Escape").defaultPrevented).toBe(true);
  await settled();
  expect(atHand()).toEqual([]);
  expect(focused()).toBe(one("button", "Message actions"));
  await open();
  atHand()[5]?.click();
  await settled();
  expect(page.last("react")).toEqual({ kind: "react", conversation: GROUP, key: "seq:1", emoji: ["🎉"] });
  expect(atHand()).toEqual([]);
});

test("a reaction is a toggle button with emoji and count, and says whose it is", async () => {
  const page = await opened({ reactions: [like, { emoji: "❤️", count: 14, users: [4, 1], mine: true }] });
  expect(chips().map(text)).toEqual(["👍 2", "❤️ 14"]);
  expect(chips().map((chip) => chip.getAttribute("aria-pressed"))).toEqual(["false", "true"]);
  expect(chips().map(({ title }) => title)).toEqual(["Ana Sousa and Bruno Silva", "You, Carla Nunes, and 12 more"]);
  chips()[0]?.click();
  expect(page.last("react")).toMatchObject({ emoji: ["❤️", "👍"] });
});

test("a second press before the core's answer is added to the first", async () => {
  const page = await opened({ reactions: [like, { emoji: "🎉", count: 1, users: [2], mine: false }] });
  chips()[0]?.click();
  chips()[1]?.click();
  expect(page.last("react")).toMatchObject({ emoji: ["👍", "🎉"] });
  chips()[0]?.click();
  expect(page.last("react")).toMatchObject({ emoji: ["🎉"] });
});

test("the focus stays at the message of a reaction that is taken back, and comes to no other reaction", async () => {
  const heart = { emoji: "❤️", count: 1, users: [1], mine: true };
  const page = await opened({ reactions: [heart, like] });
  chips()[0]?.focus();
  const shows = async (reactions: NonNullable<MessageView["reactions"]>): Promise<void> => {
    await page.tell(talk([{ key: "seq:1", text: "Done!", reactions }], { conversation: GROUP }));
  };
  await shows([like]);
  expect(focused()?.localName).toBe("article");
  await shows([like, heart]);
  chips()[1]?.focus();
  await shows([heart]);
  expect(focused(), "another's that is gone").toBe(chips()[0]);
});

test("a fourth is refused in words, and taking one back makes room", async () => {
  const own = ["👍", "❤️", "😂"].map((emoji) => ({ emoji, count: 1, users: [1], mine: true }));
  const page = await opened({ reactions: [...own, { emoji: "🎉", count: 1, users: [2], mine: false }] });
  chips()[3]?.click();
  await settled();
  expect(page.last("react")).toBeUndefined();
  expect(reading()).toContain("You can react with 3 emoji at most.");
  chips()[0]?.click();
  await settled();
  expect(page.last("react")).toMatchObject({ emoji: ["❤️", "😂"] });
  expect(reading()).not.toContain("You can react with 3 emoji at most.");
  document.body.replaceChildren();
  const other = await opened({ reactions: own });
  await open();
  expect(atHand().map((button) => button.getAttribute("aria-disabled"))).toEqual(["false", "false", "false", "true", "true", "true", "true"]);
  atHand()[3]?.click();
  expect(other.last("react")).toBeUndefined();
});

test("who may not write takes their own back and adds none", async () => {
  const page = await opened({ reactions: [like, { emoji: "❤️", count: 1, users: [1], mine: true }] }, { writing: "no" });
  chips()[0]?.click();
  expect(page.last("react")).toBeUndefined();
  chips()[1]?.click();
  expect(page.last("react")).toMatchObject({ emoji: [] });
  expect(byRole("button", "React")).toEqual([]);
});

test("a server without reactions, a stub and what is on its way offer none", async () => {
  const page = await opened({}, { verbs: { edit: true, delete: true, reply: true, react: false, mention: true, flag: true } });
  one("button", "Message actions").click();
  await settled();
  expect(byRole("menuitem", "React")).toEqual([]);
  await page.tell(dock(groupOf()), talk([{ text: null, deletedBy: "author", reactions: [like] }, { seq: 0, mine: true, delivery: "sending" }], { conversation: GROUP }));
  expect(chips()).toEqual([]);
  one("button", "Message actions").click();
  await settled();
  expect(byRole("menuitem", "React")).toEqual([]);
});
