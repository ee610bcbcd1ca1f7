// @vitest-environment jsdom
// Groups and rooms: whose messages they are, what has happened, and what differs from a conversation of two.
import { afterEach, expect, test, vi } from "vitest";
import type { MessageView, SystemView, WindowView } from "../../src/view.js";
import { all, ana, bruno, byRole, carla, dock, GROUP, groupOf, me, one, people, press, reading, ROOM, roomOf } from "./stage.js";
import { roster, settled, stage, talk, type Stage } from "./stage.js";

afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

async function group(messages: Partial<MessageView>[], more: Partial<WindowView> = {}): Promise<Stage> {
  const page = await stage();
  await page.tell({ kind: "line", line: { state: "online" } }, dock(groupOf(more)), people(GROUP, me, ana, bruno, carla));
  await page.tell(talk(messages, { conversation: GROUP }));
  return page;
}

async function room(messages: Partial<MessageView>[], more: Partial<WindowView> = {}): Promise<Stage> {
  const page = await stage();
  await page.tell({ kind: "line", line: { state: "online" } }, dock(roomOf(more)), people(ROOM, me, ana, bruno));
  await page.tell(talk(messages, { conversation: ROOM }));
  return page;
}

const articles = (): HTMLElement[] => all().filter((element) => element.localName === "article");
const text = (element: Element | null | undefined): string => element?.textContent.replace(/\s+/g, " ").trim() ?? "";
const events = (): string[] => all().filter((element) => element.matches(".event")).map(text);
const menu = async (at: number): Promise<string[]> => {
  articles()[at]?.querySelector<HTMLElement>("[aria-label='Message actions']")?.click();
  await settled();
  return byRole("menuitem", /./).map(text);
};

function nameOf(article: HTMLElement | undefined): string {
  const root = article?.getRootNode() as ShadowRoot;
  const ids = article?.getAttribute("aria-labelledby")?.split(" ") ?? [];
  return ids.map((id) => text(root.getElementById(id))).join(" ").trim();
}

const system = (sender: number, what: SystemView, mine = false): Partial<MessageView> => ({ sender, mine, text: null, system: what });

test("a group's and a room's window are called by their titles", async () => {
  const page = await group([{}]);
  for (const [role, name] of [
    ["region", "Chat with Project 3"],
    ["button", "Minimise chat with Project 3"],
    ["button", "Close chat with Project 3"],
    ["log", "Messages with Project 3"],
    ["textbox", "Message to Project 3"],
  ] as const) expect(byRole(role, name), `${role} ${name}`).toHaveLength(1);
  expect(text(one("region", "Chat with Project 3").querySelector(".who"))).toBe("Project 3 3 members");
  await page.tell(dock(groupOf({ title: "\u202Eevil\n", members: 1 })));
  expect(text(one("region", "Chat with evil").querySelector(".who"))).toBe("evil 1 member");
  await page.tell(dock(groupOf({ title: "\u200B" })));
  expect(byRole("region", "Chat with Untitled")).toHaveLength(1);
  await page.tell(dock(roomOf()), { kind: "courses", courses: [{ circle: "c7", title: "Algebra I" }] });
  expect(text(one("region", "Chat with Algebra").querySelector(".who"))).toBe("Algebra Algebra I");
  expect(all().filter((element) => element.matches("gchat-window gchat-avatar[status]")), "no status of several people").toEqual([]);
  await page.tell(dock(roomOf({ state: "minimised" })));
  one("button", "Restore chat with Algebra").click();
  expect(page.last("restore")?.conversation).toBe(ROOM);
});

test("a message begins with its author's name, which is shown once a run", async () => {
  await group([{ sender: 2 }, { sender: 2 }, { sender: 3 }, { sender: 1, mine: true }, { sender: 3 }, { sender: 3, sentAt: 1_700_000_100_000 }]);
  expect(articles().map((one) => nameOf(one).replace(/,.*/, ""))).toEqual(["Ana Sousa", "Ana Sousa", "Bruno Silva", "You", "Bruno Silva", "Bruno Silva"]);
  const shown = articles().map((one) => text(one.querySelector(".author")));
  expect(shown).toEqual(["Ana Sousa", "", "Bruno Silva", "", "Bruno Silva", ""]);
  expect(articles().map((one) => one.querySelector("gchat-avatar.face") !== null)).toEqual([true, false, true, false, true, false]);
});

test("a name that is not known yet is …, and one of somebody removed says so, as soon as it is told", async () => {
  const page = await stage();
  await page.tell(dock(groupOf()), talk([{ sender: 9 }, { sender: 8, text: null, deletedBy: "author" }], { conversation: GROUP }));
  expect(nameOf(articles()[0])).toMatch(/^…,/);
  await page.tell(people(GROUP, { id: 9, name: "" }, { id: 8, name: "Eva\u0007" }));
  expect(nameOf(articles()[0])).toMatch(/^Deleted user,/);
  expect(nameOf(articles()[1])).toMatch(/^Eva,.*: Message deleted by Eva$/);
});

test("stubs and quotes name the author, a moderator's stub does not", async () => {
  await group([{ sender: 2, text: "Why?" }, { sender: 3, replyTo: 1, text: "So" }, { sender: 3, text: null, deletedBy: "author" }, { sender: 2, text: null, deletedBy: "moderator" }]);
  expect(byRole("button", /^In reply to Ana Sousa:/)).toHaveLength(1);
  expect(reading()).toContain("Message deleted by Bruno Silva");
  expect(reading()).toContain("Message deleted by a moderator");
});

test("what has happened is told in a quiet line, with names", async () => {
  await group([
    system(2, { kind: "made", users: [3, 4], title: "Project 3" }),
    system(1, { kind: "added", users: [4] }, true),
    system(2, { kind: "added", users: [1, 3] }),
    system(2, { kind: "removed", users: [3] }),
    system(3, { kind: "left", users: [] }),
    system(2, { kind: "renamed", users: [], title: "\u202EProject 4" }),
    system(2, { kind: "announcements", users: [], on: true }),
    system(2, { kind: "announcements", users: [], on: false }),
    system(2, { kind: "added", users: [3, 4, 11, 12, 13, 14, 15, 16] }),
  ]);
  expect(events()).toEqual([
    "Ana Sousa made the group “Project 3” with Bruno Silva and Carla Nunes",
    "You added Carla Nunes",
    "Ana Sousa added you and Bruno Silva",
    "Ana Sousa removed Bruno Silva",
    "Bruno Silva left",
    "Ana Sousa named the group “Project 4”",
    "Only teachers can write here now",
    "Everybody can write here again",
    "Ana Sousa added Bruno Silva, Carla Nunes, …, …, …, …, and 2 more",
  ]);
  expect(articles()).toEqual([]);
});

test("what has happened is not new, and ends a run", async () => {
  await group([{ sender: 2 }, system(3, { kind: "left", users: [] }), { sender: 2 }], { conversation: GROUP });
  expect(articles().map((one) => text(one.querySelector(".author")))).toEqual(["Ana Sousa", "Ana Sousa"]);
  document.body.replaceChildren();
  const page = await stage();
  await page.tell(dock(groupOf()), talk([{ sender: 2 }, system(3, { kind: "left", users: [] })], { conversation: GROUP, readSeq: 1 }));
  expect(all().filter((element) => element.matches(".divider"))).toEqual([]);
});

test("who is typing is told by name, of several people as such", async () => {
  const page = await group([{}], { typing: [2] });
  expect(reading()).toContain("Ana Sousa is typing…");
  await page.tell(dock(groupOf({ typing: [2, 3] })));
  expect(reading()).toContain("Ana Sousa and Bruno Silva are typing…");
  await page.tell(dock(groupOf({ typing: [2, 3, 4] })));
  expect(reading()).toContain("Several people are typing…");
});

test("a blocked person's messages are folded until one is asked for, and never said aloud", async () => {
  const page = await group([{ sender: 2, text: "Spam, spam" }, { sender: 2, text: "and spam" }, { sender: 3, replyTo: 1, text: "Stop" }]);
  await page.tell({ kind: "blocked", users: [2] });
  expect(reading()).not.toContain("Spam");
  expect(nameOf(articles()[0])).toMatch(/^Ana Sousa,.*Message from somebody you have blocked/);
  expect(articles()[0]?.querySelector("[aria-haspopup]")).toBeNull();
  await page.tell({ kind: "arrived", conversation: GROUP, sender: 2, from: "Ana Sousa", text: "Spam again", count: 1 });
  expect(reading()).not.toContain("Spam again");
  byRole("button", "Show")[0]?.click();
  await settled();
  expect(articles().slice(0, 2).map((one) => text(one.querySelector(".bubble")))).toEqual(["Spam, spam", ""]);
  await page.tell({ kind: "blocked", users: [] });
  expect(byRole("button", "Show")).toEqual([]);
});

test("in a conversation of two nothing is folded", async () => {
  const page = await stage();
  await page.tell({ kind: "blocked", users: [2] }, roster([ana]));
  await page.tell(dock({ ...groupOf(), conversation: "1-2", kind: "direct", title: "Ana Sousa", contact: { ...ana } }), talk([{ text: "old" }]));
  expect(reading()).toContain("old");
});

test("arrivals say where they are", async () => {
  const page = await group([{}]);
  await page.tell({ kind: "arrived", conversation: GROUP, sender: 2, from: "Ana Sousa", text: "Hi", count: 1 });
  expect(reading()).toContain("Ana Sousa says in Project 3: Hi");
});

test("a teacher deletes others' messages in a room that they moderate, and nobody else does", async () => {
  const page = await room([{ sender: 2, key: "seq:1", text: "Bad" }]);
  expect(await menu(0)).toEqual(["React", "Reply", "Copy"]);
  await page.tell(dock(roomOf({ moderates: true })));
  expect(await menu(0)).toEqual([]);
  expect(await menu(0)).toEqual(["React", "Reply", "Delete", "Copy"]);
  one("menuitem", "Delete").click();
  expect(page.last("delete")).toEqual({ kind: "delete", conversation: ROOM, key: "seq:1" });
});

test("a window in which one cannot write says why", async () => {
  const page = await group([{}], { writing: "no", left: true });
  const told = (): string => text(all().find((element) => element.id === "hint"));
  expect(told()).toBe("You are not in this group any more.");
  expect(one("textbox", /^Message to/).closest<HTMLElement>(".row")?.hidden).toBe(true);
  await page.tell(dock(groupOf({ writing: "no" })));
  expect(told()).toContain("You cannot write in this group now.");
  await page.tell(dock(roomOf({ writing: "no", announcements: true })));
  expect(told()).toBe("Only teachers can write here now.");
  await page.tell(dock(roomOf({ writing: "no" })));
  expect(told()).toContain("This room is closed.");
  await page.tell(dock(roomOf({ writing: "no", draft: "half a thought" })));
  expect(one("textbox", "Message to Algebra").closest<HTMLElement>(".row")?.hidden, "what stands there can be copied").toBe(false);
});

test("rooms are asked for with the panel, are buttons with what waits in words, and are entered", async () => {
  const page = await stage();
  await page.tell({ kind: "line", line: { state: "online" } }, roster([ana]));
  one("button", /^Global Chat/).click();
  await settled();
  expect(page.last("rooms")).toEqual({ kind: "rooms" });
  expect(byRole("list", "Rooms")).toEqual([]);
  const rooms = [
    { conversation: ROOM, title: "Algebra", writing: "yes" as const, announcements: false, unread: true, mentions: 0 },
    { conversation: "r-c8", title: "History", writing: "no" as const, announcements: true, unread: true, mentions: 2 },
    { conversation: "r-c9~a", title: "<b>Physics", writing: "yes" as const, announcements: false, unread: false, mentions: 0 },
  ];
  await page.tell({ kind: "rooms", rooms });
  expect(byRole("list", "Rooms")).toHaveLength(1);
  const described = (name: string): string => {
    const button = one("button", name);
    return text((button.getRootNode() as ShadowRoot).getElementById(button.getAttribute("aria-describedby") ?? ""));
  };
  expect(["Algebra", "History", "<b>Physics"].map(described)).toEqual(["New messages", "2 mentions", ""]);
  press(one("button", "Algebra"), "ArrowDown");
  one("button", "History").click();
  expect(page.last("enter")).toEqual({ kind: "enter", conversation: "r-c8", title: "History" });
  await settled();
  expect(byRole("dialog", "Global Chat"), "the panel makes room").toEqual([]);
});

test("rooms are asked for again while the panel is open, as nobody tells that there are others", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const page = await stage();
  await page.tell({ kind: "line", line: { state: "online" } }, roster([ana]));
  const asked = (): number => page.commands().filter(({ kind }) => kind === "rooms").length;
  one("button", /^Global Chat/).click();
  await settled();
  vi.advanceTimersByTime(65_000);
  expect(asked()).toBe(3);
  press(one("button", "Close the list"), "Escape");
  await settled();
  vi.advanceTimersByTime(65_000);
  expect(asked()).toBe(3);
  vi.useRealTimers();
});

test("rooms are quiet: a dot and no number; a mention has a badge of its own, everywhere", async () => {
  const page = await stage();
  const badges = (root: string): (string | undefined)[] =>
    all().filter((element) => element.matches(".unread") && (element.getRootNode() as ShadowRoot).host.matches(root)).map(({ dataset }) => dataset["count"]);
  await page.tell(roster([ana]), dock(roomOf({ state: "minimised", unread: 7 })));
  expect(badges("gchat-window")).toEqual([undefined]);
  await page.tell(dock(roomOf({ state: "minimised", unread: 2, mentions: 2 })));
  expect(badges("gchat-window")).toEqual(["@"]);
  expect(reading(one("region", "Chat with Algebra"))).toContain("2 mentions");
  await page.tell(dock(groupOf({ state: "minimised", unread: 5, mentions: 1 })));
  expect(badges("gchat-window")).toEqual(["@", "5"]);
  expect(badges("gchat-launcher")).toEqual(["@", "5"]);
  expect(one("button", /^Global Chat/).getAttribute("aria-label")).toBe("Global Chat, 1 online, 1 mention, 5 unread messages");
});

test("rooms for which the dock has no place count nothing there; their mentions do", async () => {
  const page = await stage();
  const many = (more: Partial<WindowView>): WindowView[] =>
    Array.from({ length: 20 }, (_, n) => roomOf({ conversation: `r-c${n}`, title: `Room ${n}`, state: "minimised", unread: 7, ...more }));
  await page.tell(roster([ana]), dock(...many({})));
  const label = (): string => one("button", /more chats/).getAttribute("aria-label") ?? "";
  expect(label()).toMatch(/^\d+ more chats$/);
  await page.tell(dock(...many({ mentions: 1 })));
  expect(label()).toMatch(/^\d+ more chats, \d+ mentions$/);
});
