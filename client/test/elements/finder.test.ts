// @vitest-environment jsdom
// The launcher's panel: everybody, every conversation and every message is found there. It is past 500 lines because all
// of that stands in one list, and each scene needs the same around it.
import { afterEach, expect, test, vi } from "vitest";
import type { EntryView, FoundPerson, HitView, ListFilter, RosterPerson, Update } from "../../src/view.js";
import { all, ana, bruno, byRole, carla, dock, focused, GROUP, one, press, reading, ROOM, roster, settled, stage, talk, type, windowOf, type Stage } from "./stage.js";

afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const ONLINE: Update = { kind: "line", line: { state: "online" } };
const NOW = Date.now();
const text = (element: Element | null | undefined): string => element?.textContent.replace(/\s+/g, " ").trim() ?? "";

function entry(person: RosterPerson, more: Partial<EntryView> = {}): EntryView {
  const { id, name, picture, profileUrl, conversation } = person;
  const last = { seq: 4, sender: id, mine: false, text: `from ${name}`, sentAt: NOW - id * 1_000 };
  return { conversation, kind: "direct", title: name, contact: { id, name, picture, profileUrl, status: "offline" }, writing: "yes", unread: 0, mentions: 0, last, ...more };
}

function person(id: number, name = `Person ${id}`): RosterPerson {
  return { ...ana, id, name, conversation: `1-${id}`, profileUrl: null, role: "student" };
}

const list = (entries: EntryView[], more = false, flags = true): Update => ({ kind: "list", entries, known: true, more, flags });
const sifted = (filter: ListFilter, entries: EntryView[], more = false): Update => ({ kind: "sifted", filter, entries, more, append: false });
const found = (name: string, people: FoundPerson[], more: Partial<Extract<Update, { kind: "found" }>> = {}): Update => ({
  kind: "found", text: name, people, more: false, append: false, ...more,
});

/** No message has what was asked for last. */
const noHits = (page: Stage): Update => ({ kind: "hits", act: page.last("find")!.act, hits: [], next: null });

async function panel(...updates: Update[]): Promise<Stage> {
  const page = await stage();
  await page.tell(ONLINE, roster([]), ...updates);
  one("button", /^Global Chat/).click();
  await settled();
  return page;
}

/** Of the buttons in a list that open something, their names. */
const rows = (name: string): (string | null)[] =>
  byRole("list", name).flatMap((of) => [...of.querySelectorAll(".stop")].map((row) => row.getAttribute("aria-label")));
const row = (name: string | RegExp): HTMLElement => byRole("button", name).find((button) => button.matches(".stop"))!;
const described = (element: HTMLElement): string => text((element.getRootNode() as ShadowRoot).getElementById(element.getAttribute("aria-describedby") ?? ""));
const box = (): HTMLInputElement => one("searchbox", "Search people and messages") as HTMLInputElement;
const searched = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

test("what is unread stands above all, then what is pinned, then the newest; each says all that it shows", async () => {
  const group: EntryView = { ...entry(carla), conversation: GROUP, kind: "group", title: "Project 3", members: 3, mentions: 1, unread: 2 };
  delete group.contact;
  const page = await panel();
  expect(page.commands().map(({ kind }) => kind)).toEqual(expect.arrayContaining(["list", "rooms"]));
  await page.tell(
    list([
      entry(bruno, { pinned: true }),
      entry(person(7, "Dora"), { muted: true, unread: 12 }),
      entry(ana, { unread: 3, last: { seq: 9, sender: 1, mine: true, text: "See\nyou", sentAt: NOW } }),
      { ...group, last: { seq: 2, sender: 4, mine: false, name: "Carla\u202E", text: "<b>Hi</b> 👋", sentAt: NOW } },
      { ...entry(person(9)), conversation: ROOM, kind: "room", title: "Algebra", unread: 5 },
    ]),
  );
  expect(rows("Conversations")).toEqual([
    "Ana Sousa, 3 unread messages",
    "Project 3, 1 mention, 2 unread messages",
    "Bruno Silva, pinned",
    "Dora, 12 unread messages, muted",
    "Algebra, New messages",
  ]);
  expect(described(row(/^Ana/))).toMatch(/^Offline, You: See you, /);
  expect(described(row(/^Project 3/))).toMatch(/^Carla: <b>Hi<\/b> 👋, /);
  expect(described(row(/^Bruno/))).toContain("from Bruno Silva");
});

test("a conversation is opened by its row, whatever it is, and the focus returns to the launcher", async () => {
  const page = await panel(list([]));
  await page.tell(list([entry(ana, { unread: 1 })]));
  row(/^Ana Sousa/).click();
  await settled();
  expect(page.last("restore")).toEqual({ kind: "restore", conversation: "1-2" });
  expect(byRole("dialog", "Global Chat"), "it makes room").toEqual([]);
  await page.tell(dock(windowOf(ana)), talk([{}]));
  expect(focused()).toBe(one("textbox", "Message to Ana Sousa"));
  press(focused()!, "Escape");
  expect(focused()).toBe(one("button", /^Global Chat/));
});

test("the list is kept in step: what changes, comes, goes, and is put elsewhere", async () => {
  const page = await panel();
  await page.tell(list([entry(ana), entry(bruno), entry(carla)]));
  await page.tell({ kind: "listed", put: [{ entry: entry(carla, { unread: 1 }), before: "1-2" }], gone: ["1-3"], others: [], more: false });
  expect(rows("Conversations")).toEqual(["Carla Nunes, 1 unread message", "Ana Sousa"]);
  await page.tell({ kind: "emptied" });
  expect(reading()).not.toMatch(/Carla|Ana/);
});

test("the list is asked for again when the line is back: another core may have taken the place of the last one", async () => {
  const page = await panel(list([]));
  const asked = (): number => page.commands().filter(({ kind }) => kind === "list").length;
  const before = asked();
  await page.tell({ kind: "line", line: { state: "lost" } });
  expect(asked()).toBe(before);
  await page.tell(ONLINE);
  expect(asked()).toBe(before + 1);
});

test("a few conversations stand above rooms and people until all are asked for; further pages come at the end", async () => {
  const many = Array.from({ length: 30 }, (_, at) => entry(person(at + 10)));
  const page = await panel({ kind: "rooms", rooms: [{ conversation: ROOM, title: "Algebra", writing: "yes", announcements: false, unread: false, mentions: 0 }] }, roster([ana]));
  await page.tell(list(many, true));
  expect(rows("Conversations")).toHaveLength(5);
  const headings = (): string[] => all().filter((element) => element.matches("h3")).map(text);
  expect(headings()).toEqual(["Conversations", "Rooms", "People online"]);
  expect(page.commands().filter((command) => command.kind === "list" && command.more === true)).toEqual([]);
  one("button", "Show all conversations").click();
  await settled();
  expect(focused(), "the first of those that have come").toBe(row("Person 15"));
  press(focused()!, "End");
  await settled();
  scroller().scrollTop = 30 * 56;
  scroller().dispatchEvent(new Event("scroll"));
  await settled();
  expect(page.commands().filter((command) => command.kind === "list" && command.more === true), "once").toHaveLength(1);
});

test("unread ones that stand further down in the list are above all as well", async () => {
  const page = await panel();
  await page.tell(list(Array.from({ length: 9 }, (_, at) => entry(person(at + 10))), true));
  expect(page.last("sift")?.filter).toEqual({ unread: true });
  await page.tell(sifted({ unread: true }, [entry(ana, { unread: 2 })]));
  expect(rows("Conversations")[0]).toBe("Ana Sousa, 2 unread messages");
  await page.tell(dock(windowOf(ana, { state: "minimised", unread: 0 })));
  expect(rows("Conversations")[9] ?? rows("Conversations").at(-1), "what has been read since").not.toContain("2 unread");
  expect(reading()).not.toContain("2 unread");
});

test("Unread and Archived show those alone, and say when there are none", async () => {
  const page = await panel(roster([carla]));
  await page.tell(list([entry(ana), entry(bruno, { unread: 1 })]));
  const chip = (name: string): HTMLElement => byRole("button", name).find((button) => button.matches(".chip"))!;
  chip("Unread").click();
  await settled();
  expect(chip("Unread").getAttribute("aria-pressed")).toBe("true");
  expect(rows("Conversations")).toEqual(["Bruno Silva, 1 unread message"]);
  expect(rows("People online")).toEqual(all().filter((element) => element.matches("gchat-people")).length === 0 ? [] : rows("People online"));
  chip("Archived").click();
  await settled();
  expect(page.last("sift")?.filter).toEqual({ archived: true });
  expect(reading()).toContain("Loading conversations…");
  await page.tell(sifted({ archived: true }, [entry(carla, { archived: true })]));
  expect(rows("Conversations")).toEqual(["Carla Nunes"]);
  await page.tell(sifted({ archived: true }, []));
  expect(reading()).toContain("Nothing is archived.");
  await page.tell({ kind: "sifted", filter: { archived: true }, entries: null, more: false, append: false });
  expect(reading()).toContain("The conversations could not be loaded.");
  one("button", "Try again").click();
  expect(page.commands().filter(({ kind }) => kind === "sift")).toHaveLength(3);
});

test("of a room what mentions the person is unread, and nothing else", async () => {
  const page = await panel();
  const room = { ...entry(person(9)), conversation: ROOM, kind: "room" as const, title: "Algebra", unread: 5 };
  await page.tell(list([room, entry(bruno, { unread: 1 })]));
  byRole("button", "Unread").find((button) => button.matches(".chip"))!.click();
  await settled();
  expect(rows("Conversations")).toEqual(["Bruno Silva, 1 unread message"]);
  await page.tell(list([{ ...room, mentions: 1 }, entry(bruno)]));
  expect(rows("Conversations")).toHaveLength(1);
  expect(rows("Conversations")[0]).toMatch(/^Algebra, 1 mention/);
});

test("whoever is online is found when the answer says so, not before", async () => {
  const page = await panel(roster([bruno, ana]), list([]));
  await type(box(), "s");
  expect(rows("People")).toEqual([]);
  await page.tell(found("s", [{ ...ana, status: "online" }, { ...person(9, "Sara"), status: "offline" }]));
  expect(rows("People")).toEqual(["Ana Sousa, online", "Sara, offline"]);
  await type(box(), "so");
  expect(rows("People"), "of the last answer those who fit stay until the next one").toEqual(["Ana Sousa, online"]);
});

test("people online stand under the first of their courses, teachers first, each once", async () => {
  const people = [
    { ...ana, circles: ["History", "Algebra"] },
    { ...bruno, circles: ["Algebra"] },
    { ...carla, circles: ["Algebra", "History"] },
  ];
  await panel(roster(people), list([]));
  const online = byRole("list", "People online").find((element) => element.dataset["list"] === "online")!;
  expect([...online.querySelectorAll("h4")].map(text)).toEqual(["Algebra", "History"]);
  expect([...online.querySelectorAll(".stop")].map((button) => button.getAttribute("aria-label"))).toEqual(["Bruno Silva, online", "Carla Nunes, online", "Ana Sousa, online"]);
  const [, second, third] = [...online.querySelectorAll<HTMLElement>(".stop")];
  expect([described(second!), described(third!)]).toEqual(["History", "Teacher Algebra"]);
});

test("a search finds what is held at once, then the rest, people online first; and says so only when nobody was found", async () => {
  const page = await panel(roster([bruno]));
  await page.tell(list([entry(ana), entry(person(9, "João Álvares"))]));
  await type(box(), "alv jo");
  expect(rows("Conversations")).toEqual(["João Álvares"]);
  expect(reading()).toContain("Searching…");
  await searched();
  expect([page.last("search"), page.last("sift")?.filter]).toEqual([{ kind: "search", text: "alv jo" }, { text: "alv jo" }]);
  const offline: FoundPerson = { ...person(11, "Joana Alves"), status: "offline" };
  await page.tell(found("alv jo", [offline], { pending: true }));
  expect(reading()).toContain("Searching…");
  await page.tell(found("alv jo", [offline, { ...person(9, "João Álvares"), status: "online" }], { more: true }));
  expect(rows("People")).toEqual(["João Álvares, online", "Joana Alves, offline"]);
  await vi.waitFor(() => { expect(page.last("search")).toEqual({ kind: "search", text: "alv jo", more: true }); });
  await page.tell(sifted({ text: "alv jo" }, [entry(person(12, "Jorge Alvim"))]));
  expect(rows("Conversations")).toEqual(["João Álvares", "Jorge Alvim"]);
  await page.tell(noHits(page));
  expect(reading()).toContain("4 results");
  row("Joana Alves, offline").click();
  expect(page.last("open")?.person).toMatchObject({ id: 11, name: "Joana Alves" });
});

test("nobody was found: that is said when all have answered, and what could not be asked can be asked again", async () => {
  const page = await panel(list([]));
  await type(box(), "zzz");
  await searched();
  await page.tell(found("zzz", [], { pending: true }));
  expect(reading()).not.toContain("Nothing was found");
  await page.tell(noHits(page), found("zzz", [], { failed: true }));
  expect(reading()).toContain("Nothing was found for “zzz”.");
  expect(reading()).toContain("People who are away could not be looked for. Try again.");
  one("button", "Try again").click();
  await searched();
  expect(page.commands().filter((command) => command.kind === "search" && command.text === "zzz")).toHaveLength(2);
  press(box(), "Escape");
  await settled();
  expect([box().value, page.last("search")?.text], "nothing is searched for any more").toEqual(["", ""]);
});

test("a press beside the panel closes it with the click, so that what is pressed stays under the pointer until then", async () => {
  const page = await panel(list([entry(ana)]));
  await page.tell(dock(windowOf(bruno)), talk([{ seq: 1 }]));
  await settled();
  const shown = (): boolean => byRole("dialog", "Global Chat").length > 0;
  // Of the dock, as a window's own buttons are.
  const button = one("button", "1 more chat");
  const point = (kind: string, at: HTMLElement = button): void => { at.dispatchEvent(new Event(kind, { bubbles: true, composed: true })); };
  expect(shown()).toBe(true);
  box().focus();
  point("pointerdown");
  button.focus();
  await settled();
  expect(shown(), "while it is pressed").toBe(true);
  point("pointerup");
  button.click();
  await settled();
  expect([shown(), button.getAttribute("aria-expanded")]).toEqual([false, "true"]);
  one("button", /^Global Chat/).click();
  await settled();
  point("pointerdown", document.body);
  point("pointerup", document.body);
  await vi.waitFor(() => { expect(shown(), "a press that is no click").toBe(false); });
});

const hit = (seq: number, more: Partial<HitView> = {}): HitView => ({
  conversation: "1-2", kind: "direct", title: "Ana Sousa", seq, sender: 2, mine: false, name: "Ana Sousa", sentAt: NOW, text: `…there is a Nêedle ${seq}`, ...more,
});

test("messages are found below people: where, by whom, when and around what; a click leads to the message itself", async () => {
  const page = await panel(list([]), dock(windowOf(ana, { state: "open" })), talk([{ seq: 200 }]));
  await type(box(), "needle");
  expect(page.last("find"), "not with each letter").toBeUndefined();
  await searched();
  const asked = page.last("find")!;
  expect(asked).toMatchObject({ text: "needle", next: null });
  await page.tell(found("needle", []), sifted({ text: "needle" }, []));
  expect(reading(), "messages may come").toContain("Searching…");
  const group = hit(4, { conversation: GROUP, kind: "group", title: " ", name: "", mine: false });
  await page.tell({ kind: "hits", act: asked.act, hits: [hit(9), hit(3, { mine: true, text: "my\nneedles" }), group], next: "3.1-2" });
  expect(rows("Messages").slice(0, 3)).toEqual(["Ana Sousa", "Ana Sousa", "Untitled"]);
  const [first, second, third] = byRole("list", "Messages").flatMap((of) => [...of.querySelectorAll<HTMLElement>(".stop")]);
  expect(described(first!)).toMatch(/^…there is a Nêedle 9, /);
  expect(described(second!)).toMatch(/^You: my needles, /);
  expect(described(third!)).toMatch(/^Deleted user: /);
  expect(all().filter((element) => element.localName === "mark").map(text)).toEqual(["Nêedle", "needles", "Nêedle"]);
  // Its end can be seen, so the next page is asked for, once.
  const further = page.last("find")!;
  expect(further).toMatchObject({ text: "needle", next: "3.1-2" });
  await page.tell({ kind: "hits", act: asked.act, hits: [hit(1)], next: null }, { kind: "hits", act: further.act, hits: [hit(2)], next: null });
  expect(rows("Messages")).toHaveLength(4);
  first!.click();
  await settled();
  expect(page.last("restore")).toEqual({ kind: "restore", conversation: "1-2" });
  expect(page.last("page"), "around the message").toMatchObject({ conversation: "1-2", asked: "after", seq: expect.any(Number) as number });
});

test("an answer of another text is passed over; with the line lost it is asked for again; nothing is left of what was found", async () => {
  const page = await panel(list([]));
  await type(box(), "one");
  await searched();
  const first = page.last("find")!;
  await type(box(), "two");
  await searched();
  const second = page.last("find")!;
  await page.tell(found("two", []), sifted({ text: "two" }, []), { kind: "hits", act: first.act, hits: [hit(1)], next: null });
  expect([rows("Messages"), reading().includes("Searching…")]).toEqual([[], true]);
  await page.tell({ kind: "hits", act: second.act, hits: null, next: null }, { kind: "line", line: { state: "lost", auto: true } as never }, ONLINE);
  const third = page.last("find")!;
  expect([third.text, third.act > second.act]).toEqual(["two", true]);
  await page.tell({ kind: "hits", act: third.act, hits: [hit(1)], next: null });
  expect(rows("Messages")).toEqual(["Ana Sousa"]);
  await type(box(), "");
  expect(rows("Messages")).toEqual([]);
  one("button", "Unread").click();
  await type(box(), "two");
  await searched();
  expect(page.last("find"), "by a filter conversations are found, and nothing else").toBe(third);
});

test("leaving the panel asks for nothing", async () => {
  const page = await panel(list([entry(ana)]));
  await type(box(), "ana");
  await searched();
  const before = page.commands().filter(({ kind }) => kind === "sift").length;
  one("button", "Close the list").click();
  await settled();
  expect([page.last("search")?.text, page.commands().filter(({ kind }) => kind === "sift").length]).toEqual(["", before]);
});

test("what a filter lets through is asked for again when conversations come, go or move, and what a name finds is not", async () => {
  const page = await panel(list([entry(ana, { unread: 1 })]));
  const sifts = (): number => page.commands().filter(({ kind }) => kind === "sift").length;
  const chip = byRole("button", "Unread").find((button) => button.matches(".chip"))!;
  const moved: Extract<Update, { kind: "listed" }> = { kind: "listed", put: [{ entry: entry(bruno), before: "1-2" }], gone: [], others: [], more: false };
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const after = async (update: Update): Promise<number> => {
      const before = sifts();
      void page.tell(update);
      await vi.advanceTimersByTimeAsync(5_000);
      return sifts() - before;
    };
    chip.click();
    void page.tell(sifted({ unread: true }, [entry(ana, { unread: 1 })]));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await after(moved)).toBe(1);
    expect(await after({ ...moved, put: [], others: [entry(ana)] }), "those that were found are told").toBe(0);
    chip.click();
    box().value = "a";
    box().dispatchEvent(new InputEvent("input"));
    await vi.advanceTimersByTimeAsync(5_000);
    void page.tell(sifted({ text: "a" }, [entry(ana)]));
    expect(await after(moved)).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

const scroller = (): HTMLElement => all().find((element) => element.matches(".scroller"))!;
const tabbed = (): (string | null)[] => all(scroller()).filter((element) => element.matches(".stop") && element.tabIndex === 0).map((element) => element.getAttribute("aria-label") ?? text(element));

test("for the keyboard all of it is one list: arrows go through, Tab reaches it once, Escape clears and then closes", async () => {
  const page = await panel({ kind: "rooms", rooms: [{ conversation: ROOM, title: "Algebra", writing: "yes", announcements: false, unread: false, mentions: 0 }] }, roster([carla]));
  await page.tell(list([entry(ana), entry(bruno)]));
  expect(focused()).toBe(box());
  press(box(), "ArrowDown");
  await settled();
  const seen: (string | null | undefined)[] = [];
  for (let step = 0; step < 4; step += 1) {
    seen.push(focused()?.getAttribute("aria-label"));
    expect(tabbed()).toEqual([focused()?.getAttribute("aria-label")]);
    expect(press(focused()!, "ArrowDown").defaultPrevented).toBe(true);
    await settled();
  }
  expect(seen).toEqual(["Ana Sousa", "Bruno Silva", "Algebra", "Carla Nunes, online"]);
  expect(focused(), "the end is the end").toBe(row("Carla Nunes, online"));
  press(focused()!, "Home");
  await settled();
  expect(focused()).toBe(row("Ana Sousa"));
  press(focused()!, "ArrowUp");
  expect(focused()).toBe(box());
  await type(box(), "bru");
  press(box(), "Escape");
  await settled();
  expect([box().value, byRole("dialog", "Global Chat").length]).toEqual(["", 1]);
  await type(box(), "bru");
  press(box(), "Enter");
  expect(page.last("restore")?.conversation, "the first hit").toBe("1-3");
  await settled();
  one("button", /^Global Chat/).click();
  await settled();
  press(box(), "Escape");
  await settled();
  expect(byRole("dialog", "Global Chat")).toEqual([]);
  expect(focused()).toBe(one("button", /^Global Chat/));
});

test("a row that moves keeps the focus, and of one that goes the next one has it", async () => {
  const page = await panel();
  await page.tell(list([entry(ana), entry(bruno), entry(carla)]));
  row("Bruno Silva").focus();
  await page.tell({ kind: "listed", put: [{ entry: entry(bruno), before: "1-2" }], gone: [], others: [], more: false });
  expect(rows("Conversations")).toEqual(["Bruno Silva", "Ana Sousa", "Carla Nunes"]);
  expect(focused()).toBe(row("Bruno Silva"));
  await page.tell({ kind: "listed", put: [], gone: ["1-3"], others: [], more: false });
  expect(focused()).toBe(row("Ana Sousa"));
  expect(byRole("dialog", "Global Chat")).toHaveLength(1);
});

test("a conversation is pinned, muted and archived by its row's menu, and what is refused is said", async () => {
  const page = await panel();
  await page.tell(list([entry(ana), entry(bruno, { pinned: true, muted: true })]));
  const menu = async (at: number): Promise<string[]> => {
    byRole("button", "Conversation actions")[at]?.click();
    await settled();
    return byRole("menuitem", /./).map(text);
  };
  expect(await menu(1)).toEqual(["Unmute", "Unpin", "Archive"]);
  one("menuitem", "Unmute").click();
  expect(page.last("flag")).toEqual({ kind: "flag", act: 1, conversation: "1-3", mutedUntil: 0 });
  await page.tell({ kind: "done", act: 1, conversation: "1-3" });
  expect(await menu(0)).toEqual(["Mute", "Pin", "Archive"]);
  one("menuitem", "Mute").click();
  expect(page.last("flag")).toMatchObject({ conversation: "1-2", mutedUntil: 253_402_300_799_999 });
  await settled();
  await menu(0);
  one("menuitem", "Pin").click();
  await page.tell({ kind: "done", act: 3, conversation: "1-2", code: "too_many_pins" });
  expect(text(byRole("alert", /./)[0])).toMatch(/20 conversations/);
  row("Ana Sousa").dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, composed: true, cancelable: true }));
  await settled();
  one("menuitem", "Archive").click();
  expect(page.last("flag")).toEqual({ kind: "flag", act: 4, conversation: "1-2", archived: true });
  await page.tell(dock(windowOf(ana, { state: "minimised", unread: 2 })));
  expect(page.last("close")).toBeUndefined();
  await page.tell({ kind: "done", act: 4, conversation: "1-2" });
  expect(page.last("close"), "its window goes, and with it its number").toEqual({ kind: "close", conversation: "1-2" });
  await page.tell(dock(), { kind: "listed", put: [], gone: ["1-2"], others: [], more: false });
  expect(focused(), "the keyboard goes on with the next one").toBe(row(/^Bruno/));
  await page.tell(list([entry(ana)], false, false));
  expect(byRole("button", "Conversation actions"), "an older server keeps none of it").toEqual([]);
});

test("an empty panel says what it is, whom one finds, and leads to the search", async () => {
  const page = await panel();
  expect(reading(), "it is not known yet").not.toContain("Chat with people from your courses");
  await page.tell(list([]));
  expect(reading()).toContain("Chat with people from your courses");
  one("button", /^Global Chat/).focus();
  one("button", "Find somebody").click();
  expect(focused()).toBe(box());
  await page.tell(list([entry(ana)]));
  expect(byRole("button", "Find somebody")).toEqual([]);
});

test("two thousand conversations and ten thousand people are a few elements, and typing costs no more than with fifty", async () => {
  const elements = (): number => all(one("dialog", "Global Chat")).length;
  const people = Array.from({ length: 10_000 }, (_, at) => ({ ...person(at + 5_000), circles: [`Course ${at % 400}`] }));
  const page = await panel(roster(people));
  await page.tell(list(Array.from({ length: 2_000 }, (_, at) => entry(person(at + 10))), true));
  expect(elements()).toBeLessThan(400);
  one("button", "Show all conversations").click();
  await settled();
  expect(elements()).toBeLessThan(400);
  await type(box(), "person");
  expect(elements()).toBeLessThan(400);
  await type(box(), "");
  press(box(), "ArrowDown");
  await settled();
  press(focused()!, "End");
  await settled();
  expect(elements()).toBeLessThan(400);
  expect(focused()?.getAttribute("aria-label"), "the last of all").toMatch(/^Person \d+, online$/);
  const last = focused()?.closest("li");
  expect([last?.getAttribute("aria-posinset"), last?.getAttribute("aria-setsize")]).toEqual(["25", "25"]);
});

test("thirty rows are all in the document", async () => {
  const page = await panel(roster(Array.from({ length: 25 }, (_, at) => person(at + 100))));
  await page.tell(list(Array.from({ length: 5 }, (_, at) => entry(person(at + 10)))));
  expect(all(one("dialog", "Global Chat")).filter((element) => element.matches(".row"))).toHaveLength(30);
  expect(all(one("dialog", "Global Chat")).length).toBeLessThan(400);
  await page.tell(roster(Array.from({ length: 60 }, (_, at) => person(at + 100))));
  expect(all(one("dialog", "Global Chat")).filter((element) => element.matches(".row")).length).toBeLessThan(30);
});

test("what comes above moves nothing that is seen", async () => {
  const page = await panel();
  await page.tell(list(Array.from({ length: 60 }, (_, at) => entry(person(at + 10)))));
  one("button", "Show all conversations").click();
  await settled();
  Object.defineProperty(scroller(), "scrollTop", { value: 1_000, writable: true });
  scroller().dispatchEvent(new Event("scroll"));
  await settled();
  await page.tell({ kind: "listed", put: [{ entry: entry(ana), before: "1-10" }], gone: [], others: [], more: false });
  expect(scroller().scrollTop).toBe(1_056);
});

test("names in it are readable, whatever people call themselves", async () => {
  const page = await panel();
  await page.tell(list([entry(person(7, "\u200B")), entry(person(8, "")), entry(person(9, "\u202EEva\n"))]));
  expect(rows("Conversations")).toEqual(["User 7", "Deleted user", "Eva"]);
});
