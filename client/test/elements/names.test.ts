// @vitest-environment jsdom
import { afterEach, expect, test, vi } from "vitest";
import { pictureSource } from "../../src/elements/avatar.js";
import { failureString } from "../../src/elements/failures.js";
import { closing, errorCodes } from "../../src/net/protocol.js";
import { all, ana, byRole, dock, focused, fragment, one, press } from "./stage.js";
import { reading, roster, settled, stage, talk, windowOf } from "./stage.js";

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

test("the host's own text in the block stays until there is something to say", async () => {
  const page = await stage();
  const block = document.querySelector("gchat-roster")!;
  block.append(fragment("<p>In a moment.</p>"));
  await page.tell({ kind: "line", line: { state: "connecting" } });
  expect(block.shadowRoot?.querySelector("[role=region] slot")).not.toBeNull();
  expect(reading()).not.toContain("Connecting…");
  await page.tell(roster([ana]));
  expect(block.shadowRoot?.querySelector("slot")).toBeNull();
  expect(byRole("button", "Ana Sousa, online")).toHaveLength(1);
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

test("who may not chat is told so in the block, and has no launcher at any time", async () => {
  const page = await stage();
  const launchers = () => byRole("button", /^Global Chat/);
  expect(launchers()).toEqual([]);
  await page.tell({ kind: "line", line: { state: "stopped", reason: "not_allowed" } });
  expect(launchers()).toEqual([]);
  expect(reading()).toContain("You may not use the chat on this site.");
  expect(byRole("button", "Load the page again")).toEqual([]);
});

test("a server that is away leaves the launcher, and says so", async () => {
  const page = await stage();
  await page.tell({ kind: "line", line: { state: "lost" } });
  expect(byRole("button", /^Global Chat/)).toHaveLength(1);
  expect(reading()).toContain("Connection lost. Trying again…");
});

test("what the site wants first is said, and the page is never led away", async () => {
  const page = await stage();
  await page.tell(dock(windowOf(ana, { draft: "half a thought" })), talk([{}]));
  await page.tell({ kind: "line", line: { state: "stopped", reason: "site_first" } });
  expect(reading()).toContain("The site wants something from you first");
  expect(byRole("button", "Load the page again")).toHaveLength(1);
  expect((one("textbox", "Message to Ana Sousa") as HTMLTextAreaElement).value).toBe("half a thought");
});

test("nobody's status is claimed while the line is down", async () => {
  const page = await stage();
  await page.tell({ kind: "line", line: { state: "online" } }, dock(windowOf(ana)), talk([{}]));
  const header = (): string => one("region", "Chat with Ana Sousa").querySelector("header")?.textContent ?? "";
  expect(header()).toContain("Online");
  await page.tell({ kind: "line", line: { state: "lost" } });
  expect(header()).toContain("Not connected");
  expect(header()).not.toMatch(/online|offline/i);
  await page.tell(dock(windowOf(ana, { state: "minimised" })));
  expect(header()).not.toMatch(/online|offline/i);
  expect(all().filter((element) => element.matches("gchat-window gchat-avatar[status]"))).toEqual([]);
  await page.tell({ kind: "line", line: { state: "online" } });
  expect(header()).toContain("Online");
});

test("what goes wrong outside any window is a notice that can be dismissed", async () => {
  const page = await stage();
  await page.tell({ kind: "line", line: { state: "online" } });
  await page.tell({ kind: "refused", code: "outbox_unreadable", message: "…" });
  expect(reading()).toContain("cannot be read any more. Please do it again.");
  one("button", "Dismiss").click();
  await settled();
  expect(reading()).not.toContain("cannot be read any more");
  expect(focused()).toBe(one("button", /^Global Chat/));
});

test("every error code that the line does not tell has a sentence of its own", () => {
  const unforeseen = new Set(["bad_frame", "hello_repeated"]);
  for (const code of [...Object.keys(errorCodes), "outbox_unreadable"]) {
    if (closing(code)) continue;
    expect(failureString(code) === "failure_other", code).toBe(unforeseen.has(code));
  }
});

test("messages that do not come can be asked for again", async () => {
  const page = await stage();
  await page.tell(dock(windowOf(ana)), talk([], { loading: true }));
  expect(reading()).toContain("Loading messages…");
  await page.tell(talk([], { loading: true, late: true }));
  expect(reading()).toContain("The messages have not come.");
  one("button", "Try again").click();
  expect(page.last("first")?.conversation).toBe("1-2");
  await page.tell(talk([{ seq: 9 }], { older: true }));
  one("button", "Show older messages").click();
  await settled();
  expect(byRole("button", "Loading messages…")).toHaveLength(1);
  const { request } = page.last("page")!;
  await page.tell({ kind: "page", page: { conversation: "1-2", request, messages: null, more: true } });
  expect(byRole("button", "Show older messages")).toHaveLength(1);
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
  document.querySelector("title")!.replaceWith(Object.assign(document.createElement("title"), { textContent: "Forum" }));
  await settled();
  expect(document.title).toBe("(2) Forum");
  document.title = "Algebra";
  await settled();
  await page.tell(dock(windowOf(ana)));
  expect(document.title).toBe("Algebra");
});

test("the focus goes into the textbox of a window asked for, and back when Escape minimises it", async () => {
  const page = await stage();
  await page.tell(roster([ana]));
  const button = one("button", "Ana Sousa, online");
  button.focus();
  button.click();
  await page.tell(dock(windowOf(ana)), talk([]));
  expect(focused()).toBe(one("textbox", "Message to Ana Sousa"));
  press(one("textbox", "Message to Ana Sousa"), "Escape");
  expect(page.last("minimise")?.conversation).toBe("1-2");
  expect(page.last("close")).toBeUndefined();
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
  await page.tell({ kind: "arrived", conversation: "1-2", sender: 2, from: "Ana Sousa", text: "new", count: 1 });
  expect(reading()).toContain("Ana Sousa says: new");
  await page.tell({ kind: "arrived", conversation: "1-2", sender: 2, from: "Ana Sousa", text: "last", count: 7 });
  await vi.waitFor(() => { expect(reading()).toContain("Ana Sousa has sent 7 new messages"); });
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
    expect(page.last("search"), "in a list of those who are online").toEqual({ kind: "search", text: "joao alv", online: true });
  });
});

test("Portuguese pages are Portuguese", async () => {
  const page = await stage("pt_br");
  await page.tell(roster([]));
  expect(reading()).toContain("Ninguém das suas disciplinas está em linha.");
});

test("a picture is shown only from the page's own origin", () => {
  expect(pictureSource("/pluginfile.php/5/user/icon/f1")).toBe(`${location.origin}/pluginfile.php/5/user/icon/f1`);
  expect(pictureSource(`${location.origin}/f1`)).toBe(`${location.origin}/f1`);
  for (const other of ["https://elsewhere.example/f1", "//elsewhere.example/f1", "data:image/png,", "javascript:alert(1)", "http://", ""]) {
    expect(pictureSource(other), other).toBeNull();
  }
});

test("a pause is said where the windows were and in the list, and its end takes the words away", async () => {
  const page = await stage();
  await page.tell({ kind: "line", line: { state: "online" } }, roster([ana]), dock(windowOf(ana)), talk([{}]));
  await page.tell({ kind: "emptied" }, { kind: "line", line: { state: "paused", until: 1 } });
  expect(byRole("region", /^Chat with/)).toEqual([]);
  expect(byRole("status", /Chat is paused during your quiz/)).toHaveLength(2);
  expect(document.querySelector("gchat-dock")?.shadowRoot?.querySelector(".notice.calm"), "nothing is wrong").toBeTruthy();
  expect(byRole("button", /^Global Chat/)).toHaveLength(1);
  await page.tell(dock(windowOf(ana)), talk([{}]), { kind: "line", line: { state: "online" } }, roster([ana]));
  expect(reading()).not.toContain("paused");
  expect(byRole("button", "Ana Sousa, online")).toHaveLength(1);
});

test("a name that cannot be read has a stand-in, and one with controls is on one line", async () => {
  const page = await stage();
  const people = ["", "\u200B\u2800", "\u202Eana\u202C", "Ana\nSousa\u0007", "علي\u200F"].map((name, id) => ({ ...ana, id: id + 2, conversation: `1-${id + 2}`, name }));
  await page.tell(roster(people), dock(windowOf(people[1]!, { state: "minimised" })));
  const names = byRole("button", /, online$/).map((button) => button.getAttribute("aria-label"));
  expect(names).toEqual(["User 2, online", "User 3, online", "ana, online", "Ana Sousa, online", "علي\u200F, online"]);
  expect(byRole("region", "Chat with User 3")).toHaveLength(1);
  await page.tell(
    { kind: "arrived", conversation: "1-4", sender: 4, from: "\u202Eana", text: "hi", count: 1 },
    { kind: "arrived", conversation: "1-3", sender: 3, from: "\u200B\u2800", text: "ho", count: 1 },
  );
  const said = all().find((element) => element.getAttribute("aria-live") === "polite")?.children ?? [];
  await vi.waitFor(() => {
    expect([...said].map(({ textContent }) => textContent)).toEqual(["ana says: hi", "User 3 says: ho"]);
  });
});

test("what was today is yesterday after midnight, in a window that nothing happens in", async () => {
  vi.useFakeTimers({ now: new Date(2026, 10, 23, 23, 58), toFake: ["Date", "setInterval", "clearInterval"] });
  try {
    const page = await stage();
    await page.tell(dock(windowOf(ana)), talk([{ sentAt: Date.now() }]));
    expect(reading()).toContain("Today");
    await vi.advanceTimersByTimeAsync(3 * 60_000);
    await settled();
    expect(reading()).toContain("Yesterday");
    expect(reading()).not.toContain("Today");
  } finally {
    vi.useRealTimers();
  }
});

test("the panel stays where the page's own script takes the focus, and closes where Tab leads out of it", async () => {
  const page = await stage();
  await page.tell({ kind: "line", line: { state: "online" } }, roster([ana]));
  const elsewhere = document.body.appendChild(document.createElement("button"));
  const opener = one("button", /^Global Chat/);
  opener.click();
  await settled();
  opener.focus();
  elsewhere.focus();
  await settled();
  expect(byRole("dialog", "Global Chat")).toHaveLength(1);
  opener.focus();
  press(opener, "Tab");
  elsewhere.focus();
  await settled();
  expect(byRole("dialog", "Global Chat")).toEqual([]);
});

test("where the page hides the list, the launcher shows it once by itself, and leaves the focus alone", async () => {
  const rendered = vi.fn().mockReturnValue(false);
  Object.assign(HTMLElement.prototype, { checkVisibility: rendered });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
  const rested = (): Promise<unknown> => vi.advanceTimersByTimeAsync(3_000);
  try {
    localStorage.clear();
    let page = await stage();
    await page.tell({ kind: "line", line: { state: "online" } }, roster([]));
    expect(byRole("dialog", "Global Chat"), "there is nobody to show").toEqual([]);
    await page.tell(roster([ana]));
    expect(byRole("dialog", "Global Chat"), "the page's own scripts may still show the list").toEqual([]);
    await rested();
    expect(byRole("dialog", "Global Chat")).toHaveLength(1);
    expect(document.activeElement).toBe(document.body);
    one("button", /^Global Chat/).click();
    await settled();
    expect(byRole("dialog", "Global Chat"), "a press just then does not close it").toHaveLength(1);
    page = await stage();
    await page.tell({ kind: "line", line: { state: "online" } }, roster([ana]));
    await rested();
    expect(byRole("dialog", "Global Chat"), "the second time").toEqual([]);
    localStorage.clear();
    rendered.mockReturnValue(true);
    page = await stage();
    await page.tell({ kind: "line", line: { state: "online" } }, roster([ana]));
    await rested();
    expect(byRole("dialog", "Global Chat"), "where the list can be seen").toEqual([]);
  } finally {
    vi.useRealTimers();
    Reflect.deleteProperty(HTMLElement.prototype, "checkVisibility");
  }
});
