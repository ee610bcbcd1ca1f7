// @vitest-environment jsdom
// What somebody sets of a conversation for themselves, by its window; and what is muted.
import { afterEach, expect, test } from "vitest";
import { all, ana, bruno, byRole, dock, focused, groupOf, one, reading, ROOM, roomOf, roster, settled, stage, talk, type, windowOf, type Stage } from "./stage.js";
import type { Update, WindowView } from "../../src/view.js";

afterEach(() => {
  document.body.replaceChildren();
});

const ONLINE: Update = { kind: "line", line: { state: "online" } };
const VERBS = { edit: true, delete: true, reply: true, react: false, mention: false, flag: true };

async function opened(more: Partial<WindowView> = {}, messages = [{}]): Promise<Stage> {
  const page = await stage();
  await page.tell(ONLINE, roster([ana]), talk(messages), dock(windowOf(ana, { verbs: VERBS, ...more })));
  return page;
}

async function items(): Promise<string[]> {
  byRole("button", "Conversation actions")[0]?.click();
  await settled();
  return byRole("menuitem", /./).map((item) => item.textContent.trim());
}

test("a conversation is muted, pinned and archived by its window's menu; archived, its window closes", async () => {
  const page = await opened();
  expect(await items()).toEqual(["Mute", "Pin", "Archive"]);
  one("menuitem", "Mute").click();
  expect(page.last("flag")).toEqual({ kind: "flag", act: 1, conversation: "1-2", mutedUntil: 253_402_300_799_999 });
  await page.tell({ kind: "done", act: 1, conversation: "1-2" }, dock(windowOf(ana, { verbs: VERBS, muted: true, pinned: true })));
  expect(reading()).toContain("The conversation is muted.");
  expect(await items()).toEqual(["Unmute", "Unpin", "Archive"]);
  one("menuitem", "Archive").click();
  expect(page.last("flag")).toMatchObject({ conversation: "1-2", archived: true });
  await page.tell({ kind: "done", act: 2, conversation: "1-2" });
  expect(page.last("close")?.conversation).toBe("1-2");
  await page.tell(dock());
  expect(focused()).toBe(one("button", /^Global Chat/));
});

test("what was refused is said in the window", async () => {
  const page = await opened();
  await items();
  one("menuitem", "Pin").click();
  await page.tell({ kind: "done", act: 1, conversation: "1-2", code: "too_many_pins" });
  expect(byRole("alert", /./)[0]?.textContent).toMatch(/20 conversations/);
});

test("nothing is offered by an older server, nor where nothing has been written", async () => {
  await opened({ verbs: { ...VERBS, flag: false } });
  expect(await items()).toEqual([]);
  document.body.replaceChildren();
  const page = await opened({}, []);
  expect(await items()).toEqual([]);
  await page.tell(talk([{}]));
  expect(await items(), "the first message has come").toEqual(["Mute", "Pin", "Archive"]);
});

test("what is muted counts nowhere but in its own window, mentions aside", async () => {
  const page = await stage();
  const muted = windowOf(bruno, { state: "minimised", unread: 7, muted: true });
  await page.tell(ONLINE, roster([ana]), { kind: "dock", windows: [muted], unread: 0 });
  const launcher = (): string | null => one("button", /^Global Chat/).getAttribute("aria-label");
  expect(launcher()).toBe("Global Chat, 1 online");
  expect(all().filter((element) => element.matches("gchat-people .talks")), "nor in the block").toEqual([]);
  expect(all().some((element) => element.matches(".unread.pale"))).toBe(true);
  await page.tell({ kind: "dock", windows: [{ ...muted, mentions: 1 }], unread: 0 });
  expect(launcher()).toBe("Global Chat, 1 online, 1 mention");
  expect(byRole("list", "Unread")).toHaveLength(1);
});

test("the block shows who has written and was not read above the people online, and opens their windows", async () => {
  const page = await stage();
  const written = windowOf(bruno, { state: "minimised", unread: 3 });
  const windows = [windowOf(ana), written, groupOf({ state: "minimised", unread: 1, title: "<b>Project" }), roomOf({ state: "minimised", unread: 4 })];
  await page.tell(ONLINE, roster([ana]), dock(...windows));
  const block = document.querySelector("gchat-roster")!;
  const headings = all(block.shadowRoot!).filter((element) => element.matches("h4")).map((element) => element.textContent);
  expect(headings).toEqual(["Unread", "People online"]);
  const rows = [...one("list", "Unread").querySelectorAll<HTMLElement>("button")];
  expect(rows.map((row) => row.getAttribute("aria-label")), "rooms are quiet").toEqual(["Bruno Silva, 3 unread messages", "<b>Project, 1 unread message"]);
  rows[0]?.focus();
  rows[0]?.click();
  expect(page.last("restore")?.conversation).toBe("1-3");
  await page.tell(dock(...windows.map((window) => (window.conversation === "1-3" ? { ...window, state: "open" as const, unread: 0 } : { ...window, unread: 0 }))));
  expect(byRole("list", "Unread")).toEqual([]);
  expect(windows.some(({ conversation }) => conversation === ROOM)).toBe(true);
});

test("of very many people the block shows the first, and its filter finds the others", async () => {
  const page = await stage();
  const people = Array.from({ length: 520 }, (_, at) => ({ ...ana, id: at + 10, conversation: `1-${at + 10}`, name: `Person ${at}` }));
  await page.tell(ONLINE, roster(people));
  expect(one("list", "People online").children).toHaveLength(500);
  await type(one("searchbox", "Search people"), "person 519");
  expect(byRole("button", /^Person /).map((button) => button.getAttribute("aria-label"))).toEqual(["Person 519, online"]);
});
