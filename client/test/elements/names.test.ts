// @vitest-environment jsdom
import { afterEach, expect, test, vi } from "vitest";
import { ana, byRole, dock, focused, one, press, reading, roster, settled, stage, talk, windowOf } from "./stage.js";

afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

test("the block says what it is doing before it knows anybody", async () => {
  const page = await stage();
  expect(byRole("region", "Global Chat")).toHaveLength(1);
  expect(reading()).toContain("Connecting…");
  await page.tell({ kind: "line", line: { state: "online" } }, roster([]));
  expect(reading()).toContain("Nobody from your courses is online.");
});

test("a person is a button that begins with the full name and has the status", async () => {
  const page = await stage();
  await page.tell(roster([ana]));
  expect(byRole("list", "People online")).toHaveLength(1);
  one("button", "Ana Sousa, online").click();
  expect(page.last("open")?.person).toEqual({ id: 2, name: "Ana Sousa", picture: null, profileUrl: "/user/2" });
});

test("a lost line keeps the list and offers to try now", async () => {
  const page = await stage();
  await page.tell(roster([ana]), { kind: "line", line: { state: "lost" } });
  expect(reading()).toContain("Connection lost. Trying again…");
  expect(byRole("button", "Ana Sousa, online")).toHaveLength(1);
  one("button", "Try again now").click();
  expect(page.last("reconnect")).toBeDefined();
});

test("a roster that comes later comes to life", async () => {
  const page = await stage();
  await page.tell(roster([ana]));
  document.body.append(document.createElement("gchat-roster"));
  await settled();
  expect(byRole("region", "Global Chat")).toHaveLength(2);
});

test("a window has the names of the contract", async () => {
  const page = await stage();
  await page.tell(roster([ana]), dock(windowOf(ana)), talk([{ text: "hello" }]));
  for (const [role, name] of [
    ["region", "Chat with Ana Sousa"],
    ["link", "Ana Sousa"],
    ["button", "Minimise chat with Ana Sousa"],
    ["button", "Close chat with Ana Sousa"],
    ["log", "Messages with Ana Sousa"],
    ["textbox", "Message to Ana Sousa"],
    ["button", "Send"],
  ] as const) {
    expect(byRole(role, name), `${role} ${name}`).toHaveLength(1);
  }
  await page.tell(dock(windowOf(ana, { state: "minimised", unread: 2 })));
  one("button", "Restore chat with Ana Sousa").click();
  expect(page.last("restore")?.conversation).toBe("1-2");
});

test("unread messages stand before the page's title", async () => {
  const page = await stage();
  await page.tell(dock(windowOf(ana, { state: "minimised", unread: 2 })));
  expect(document.title).toBe("(2) Algebra");
  await page.tell(dock(windowOf(ana)));
  expect(document.title).toBe("Algebra");
});

test("the focus goes into the textbox of a window asked for, and back when it closes", async () => {
  const page = await stage();
  await page.tell(roster([ana]));
  const button = one("button", "Ana Sousa, online");
  button.focus();
  button.click();
  await page.tell(dock(windowOf(ana)), talk([]));
  expect(focused()).toBe(one("textbox", "Message to Ana Sousa"));
  press(one("textbox", "Message to Ana Sousa"), "Escape");
  expect(page.last("close")?.conversation).toBe("1-2");
  expect(focused()).toBe(button);
});

test("a window that comes by itself leaves the focus alone", async () => {
  const page = await stage();
  await page.tell(roster([ana]));
  const button = one("button", "Ana Sousa, online");
  button.focus();
  await page.tell(dock(windowOf(ana, { unread: 1 })), talk([{}]));
  expect(focused()).toBe(button);
});

test("a window that was open on the last page leaves the focus alone", async () => {
  const page = await stage();
  await page.tell(dock(windowOf(ana)), talk([{}]));
  await page.tell({ kind: "line", line: { state: "online" } }, dock(windowOf(ana)), talk([{}, {}]));
  expect(document.activeElement).toBe(document.body);
});

test("arrivals are announced politely, history is not", async () => {
  const page = await stage();
  await page.tell(dock(windowOf(ana)), talk([{ text: "old" }]));
  expect(one("log", "Messages with Ana Sousa").getAttribute("aria-live")).toBe("off");
  expect(reading()).not.toContain("says: old");
  await page.tell({ kind: "arrived", conversation: "1-2", from: "Ana Sousa", text: "new" });
  expect(reading()).toContain("Ana Sousa says: new");
});

test("many people can be filtered without accents, and the rest searched", async () => {
  const page = await stage();
  const people = Array.from({ length: 30 }, (_, id) => ({ ...ana, id: id + 2, conversation: `1-${id + 2}`, name: `Joana ${id}` }));
  await page.tell(roster([...people, { ...ana, id: 99, conversation: "1-99", name: "João Álvares" }], true));
  const field = one("searchbox", /./) as HTMLInputElement;
  field.value = "joao alv";
  field.dispatchEvent(new InputEvent("input"));
  await vi.waitFor(() => {
    expect(byRole("button", /, online$/)).toHaveLength(1);
    expect(page.last("search")?.text).toBe("joao alv");
  });
});

test("Portuguese pages are Portuguese", async () => {
  const page = await stage("pt_br");
  await page.tell(roster([]));
  expect(reading()).toContain("Ninguém das suas disciplinas está em linha.");
});
