// @vitest-environment jsdom
// Groups: made, added to, renamed, looked at and left.
import { afterEach, expect, test, vi } from "vitest";
import type { MemberView, Update, WindowView } from "../../src/view.js";
import { all, ana, bruno, byRole, carla, dock, focused, GROUP, groupOf, me, one, people, press, reading, ROOM, roomOf, roster } from "./stage.js";
import { settled, stage, talk, type, windowOf, type Stage } from "./stage.js";

afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

const algebra = { circle: "c7", title: "Algebra" };
const history = { circle: "c8", title: "History" };
const ONLINE: Update = { kind: "line", line: { state: "online" } };
const courses = (...list: { circle: string; title: string }[]): Update => ({ kind: "courses", courses: list });
const text = (element: Element): string => element.textContent.replace(/\s+/g, " ").trim();
const disabled = (name: string): boolean => (one("button", name) as HTMLButtonElement).disabled;
const described = (element: HTMLElement): string => text((element.getRootNode() as ShadowRoot).getElementById(element.getAttribute("aria-describedby") ?? "")!);

async function panel(...list: { circle: string; title: string }[]): Promise<Stage> {
  const page = await stage();
  await page.tell(ONLINE, roster([ana, bruno, { ...carla, shares: ["c8"], circles: ["History"] }]), courses(...list));
  one("button", /^Global Chat/).click();
  await settled();
  return page;
}

async function newGroup(...list: { circle: string; title: string }[]): Promise<Stage> {
  const page = await panel(...list);
  one("button", "New group").click();
  await settled();
  return page;
}

async function group(more: Partial<WindowView> = {}): Promise<Stage> {
  const page = await stage();
  await page.tell(ONLINE, roster([ana, bruno, carla]), courses(algebra), dock(groupOf(more)), people(GROUP, me, ana, bruno));
  await page.tell(talk([{ sender: 1, mine: true, key: "k1" }, { sender: 2 }, { sender: 1, mine: true, key: "k3" }], { conversation: GROUP }));
  return page;
}

async function actions(): Promise<string[]> {
  one("button", "Conversation actions").click();
  await settled();
  return byRole("menuitem", /./).map(text);
}

async function choose(name: string): Promise<void> {
  await actions();
  one("menuitem", name).click();
  await settled();
}

function members(...list: Partial<MemberView>[]): Update {
  const full = list.map((member): MemberView => ({ id: 1, name: "Rui Costa", picture: null, profileUrl: null, status: "online", maker: false, readSeq: 0, ...member }));
  return { kind: "members", conversation: GROUP, members: full };
}

const answer = (page: Stage, kind: "make" | "add" | "remove" | "rename" | "announce", code?: string): Update => {
  const asked = page.last(kind)!;
  const conversation = "conversation" in asked ? asked.conversation : GROUP;
  return { kind: "done", act: asked.act, conversation, ...(code === undefined ? {} : { code }) };
};

test("a group is made of a name and two people, and its window gets the focus", async () => {
  const page = await newGroup(algebra);
  expect(byRole("dialog", "Global Chat"), "the panel makes room").toEqual([]);
  const dialog = all().find((element) => element.localName === "dialog")!;
  expect([dialog.getAttribute("aria-modal"), text((dialog.getRootNode() as ShadowRoot).getElementById("title")!)]).toEqual(["true", "New group"]);
  expect(focused()).toBe(one("textbox", "Group name"));
  expect(byRole("combobox", "Course")).toEqual([]);
  expect(disabled("Create group")).toBe(true);
  await type(one("textbox", "Group name"), " Project 3 ");
  one("button", "Ana Sousa").click();
  await settled();
  expect(disabled("Create group")).toBe(true);
  one("button", "Bruno Silva").click();
  one("button", "Carla Nunes").click();
  await settled();
  expect(one("list", "Chosen people").children).toHaveLength(3);
  one("button", "Remove Ana Sousa").click();
  await settled();
  expect(one("button", "Bruno Silva").getAttribute("aria-pressed")).toBe("true");
  one("button", "Create group").click();
  await settled();
  expect(page.last("make")).toEqual({ kind: "make", act: 1, circle: "c7", title: "Project 3", users: [3, 4] });
  expect(disabled("Create group"), "once").toBe(true);
  await page.tell(dock(groupOf()), talk([], { conversation: GROUP }), answer(page, "make"));
  expect(all().filter((element) => element.localName === "dialog")).toEqual([]);
  expect(focused()).toBe(one("textbox", "Message to Project 3"));
});

test("what was entered stays where it is refused, and the reason is said", async () => {
  const page = await newGroup(algebra);
  await type(one("textbox", "Group name"), "Project 3");
  one("button", "Ana Sousa").click();
  one("button", "Bruno Silva").click();
  await settled();
  for (const [code, said] of [
    ["bad_title", "This name cannot be used."],
    ["bad_group", "A group has 3 to 50 people."],
    ["cannot_add", "One of these people cannot be in a group"],
    ["no_connection", "There is no connection just now."],
    ["not_allowed", "You may not do this here."],
  ]) {
    one("button", "Create group").click();
    await page.tell(answer(page, "make", code));
    expect(text(byRole("alert", /./)[0]!), code).toContain(said);
  }
  expect((one("textbox", "Group name") as HTMLInputElement).value).toBe("Project 3");
  expect(one("list", "Chosen people").children).toHaveLength(2);
  expect(disabled("Create group")).toBe(false);
});

test("Escape asks only where something was entered", async () => {
  await newGroup(algebra);
  const open = (): boolean => all().some((element) => element.localName === "dialog");
  expect(press(one("textbox", "Group name"), "Escape").defaultPrevented).toBe(true);
  await settled();
  expect(open()).toBe(false);
  expect(focused()).toBe(one("button", /^Global Chat/));
  document.body.replaceChildren();
  await newGroup(algebra);
  await type(one("textbox", "Group name"), "P");
  press(one("textbox", "Group name"), "Escape");
  await settled();
  expect(focused()).toBe(one("button", "Keep editing"));
  one("button", "Keep editing").click();
  await settled();
  expect((one("textbox", "Group name") as HTMLInputElement).value).toBe("P");
  press(one("textbox", "Group name"), "Escape");
  await settled();
  press(focused()!, "Escape");
  await settled();
  expect([open(), byRole("button", "Discard")], "a second Escape discards nothing").toEqual([true, []]);
  press(one("textbox", "Group name"), "Escape");
  await settled();
  one("button", "Discard").click();
  await settled();
  expect(open()).toBe(false);
});

test("Tab stays inside", async () => {
  await newGroup(algebra);
  const last = one("button", "Cancel");
  last.focus();
  expect(press(last, "Tab").defaultPrevented).toBe(true);
  expect(focused()?.getAttribute("aria-label")).toBe("Close");
  press(focused()!, "Tab", { shiftKey: true });
  expect(focused()).toBe(last);
});

test("of several courses one is chosen, whose people come first", async () => {
  const page = await newGroup(algebra, history);
  const names = (): string[] => [...one("list", "People").querySelectorAll("[aria-pressed]")].map((button) => button.getAttribute("aria-label")!);
  expect(names()).toEqual(["Ana Sousa", "Bruno Silva", "Carla Nunes"]);
  const course = one("combobox", "Course") as HTMLSelectElement;
  course.value = "c8";
  course.dispatchEvent(new Event("change"));
  await settled();
  expect(names()).toEqual(["Carla Nunes", "Ana Sousa", "Bruno Silva"]);
  await type(one("textbox", "Group name"), "P");
  one("button", "Carla Nunes").click();
  one("button", "Ana Sousa").click();
  await settled();
  one("button", "Create group").click();
  expect(page.last("make")).toMatchObject({ circle: "c8", users: [4, 2] });
});

test("people are searched without accents, on the server too, and chosen by Enter", async () => {
  const page = await panel(algebra);
  await page.tell(roster([{ ...ana, name: "João Á" }, bruno], true));
  one("button", "New group").click();
  await settled();
  const search = (): HTMLElement => byRole("searchbox", "Search people").find((box) => box.closest("dialog") !== null)!;
  await type(search(), "joao a");
  expect([...one("list", "People").children].map((row) => text(row.querySelector(".name")!))).toEqual(["João Á"]);
  await vi.waitFor(() => { expect(page.last("search")).toMatchObject({ text: "joao a" }); });
  const away = { ...carla, name: "Joao Abel", status: "offline" as const };
  await page.tell({ kind: "found", text: "joao a", people: [away], more: false, append: false });
  expect(one("list", "People").children, "who is away, too").toHaveLength(2);
  press(search(), "Enter");
  await settled();
  expect(one("list", "Chosen people").children).toHaveLength(1);
  expect((search() as HTMLInputElement).value).toBe("");
  await type(search(), "zzz");
  expect(reading()).toContain("Searching…");
  await page.tell({ kind: "found", text: "zzz", people: [], more: false, append: false });
  expect(reading()).toContain("Nobody was found.");
  // There is nobody to choose: what was typed stays. Whoever is chosen already stays so.
  press(search(), "Enter");
  await settled();
  expect((search() as HTMLInputElement).value).toBe("zzz");
  await type(search(), "joao a");
  press(search(), "Enter");
  await settled();
  expect(one("list", "Chosen people").children).toHaveLength(1);
});

test("what is missing for a group is said, and that there are too many", async () => {
  const page = await newGroup(algebra);
  expect(reading()).toContain("Choose at least two people.");
  one("button", "Ana Sousa").click();
  one("button", "Bruno Silva").click();
  await settled();
  expect(reading()).toContain("Give the group a name.");
  await type(one("textbox", "Group name"), "P");
  expect(reading()).not.toContain("Give the group a name.");
  await page.tell(roster(Array.from({ length: 50 }, (_, at) => ({ ...ana, id: at + 2, name: `Person ${at}` }))));
  for (const row of [...one("list", "People").querySelectorAll<HTMLElement>("[aria-pressed=false]")]) row.click();
  await settled();
  expect(one("list", "Chosen people").children).toHaveLength(49);
  expect(text(byRole("alert", /./)[0]!)).toContain("A group has 3 to 50 people.");
});

test("the focus is moved only where what had it has gone: nobody else's keyboard comes up", async () => {
  const page = await newGroup(algebra);
  const box = one("textbox", "Group name");
  box.blur();
  await page.tell(roster([ana, carla]));
  expect(document.activeElement).toBe(document.body);
  one("button", "Ana Sousa").click();
  await settled();
  expect(document.activeElement, "as on a phone, where a button that is touched has no focus").toBe(document.body);
  const chip = one("button", "Remove Ana Sousa");
  chip.focus();
  chip.click();
  await settled();
  expect(focused()).toBe(byRole("searchbox", "Search people").find((search) => search.closest("dialog") !== null));
});

test("a dialog says that the line is lost, for as long as it is", async () => {
  const page = await newGroup(algebra);
  const dialog = (): string => text(all().find((element) => element.localName === "dialog")!);
  await page.tell({ kind: "line", line: { state: "lost" } });
  expect(dialog()).toContain("Connection lost.");
  await page.tell(ONLINE);
  expect(dialog()).not.toContain("Connection lost.");
});

test("Add people in a conversation of two makes a new group with that person", async () => {
  const page = await stage();
  await page.tell(ONLINE, roster([ana, bruno, carla]), dock(windowOf(ana)), talk([{}]));
  expect(byRole("button", "Conversation actions"), "where the server has no groups").toEqual([]);
  await page.tell(courses(algebra));
  expect(await actions()).toEqual(["Add people"]);
  one("menuitem", "Add people").click();
  await settled();
  expect(one("list", "Chosen people").children).toHaveLength(1);
  expect(byRole("button", "Remove Ana Sousa")).toHaveLength(1);
  one("button", "Bruno Silva").click();
  await type(one("textbox", "Group name"), "Three");
  one("button", "Create group").click();
  expect(page.last("make")).toMatchObject({ title: "Three", users: [2, 3] });
});

test("the menu of a group goes by the keyboard, and each item does its own", async () => {
  const page = await group();
  expect(await actions()).toEqual(["Members", "Add people", "Rename", "Mute", "Pin", "Archive", "Leave"]);
  press(focused()!, "End");
  expect(text(focused()!)).toBe("Leave");
  press(focused()!, "Escape");
  await settled();
  expect(focused()).toBe(one("button", "Conversation actions"));
  expect(page.last("minimise"), "Escape closed the menu alone").toBeUndefined();
  await page.tell(dock(groupOf({ writing: "no" })));
  expect(await actions()).toEqual(["Members", "Mute", "Pin", "Archive", "Leave"]);
  press(focused()!, "Escape");
  await page.tell(dock(groupOf({ writing: "no", left: true })));
  expect(await actions(), "what one has left is still in the list").toEqual(["Mute", "Pin", "Archive"]);
});

test("people are added to a group; those in it are not offered", async () => {
  const page = await group();
  await choose("Add people");
  await page.tell(members({}, { id: 2, name: "Ana Sousa" }, { id: 3, name: "Bruno Silva" }));
  expect([...one("list", "People").children].map((row) => text(row.querySelector(".name")!))).toEqual(["Carla Nunes"]);
  expect(disabled("Add")).toBe(true);
  one("button", "Carla Nunes").click();
  await settled();
  one("button", "Add").click();
  expect(page.last("add")).toEqual({ kind: "add", act: 1, conversation: GROUP, users: [4] });
  await page.tell(answer(page, "add"));
  expect(byRole("list", "People")).toEqual([]);
  expect(reading()).toContain("You added Carla Nunes");
  expect(page.last("members")).toEqual({ kind: "members", conversation: GROUP, over: true });
});

test("members have their labels; the maker and teachers may take people out, nobody themselves", async () => {
  const page = await group();
  await choose("Members");
  expect(reading()).toContain("Loading members…");
  await page.tell(members({}, { id: 2, name: "Ana Sousa", role: "teacher" }, { id: 3, name: "Bruno Silva", maker: true, status: "offline" }, { id: 9, name: "" }));
  const rows = (): string[] => [...one("list", "Members").children].map(text);
  expect(rows()).toEqual(["You Online", "Ana Sousa Teacher Online", "Bruno Silva Made the group Offline", "Deleted user Online"]);
  expect(byRole("button", /^Remove /)).toEqual([]);
  await page.tell(members({ role: "teacher" }, { id: 2, name: "Ana Sousa", role: "teacher" }, { id: 3, name: "<b>Bruno", maker: true }));
  expect(byRole("button", /^Remove /), "a teacher, whoever made it").toHaveLength(2);
  await page.tell(members({ maker: true }, { id: 2, name: "Ana Sousa" }, { id: 3, name: "<b>Bruno" }));
  expect(byRole("button", /^Remove /).map((button) => button.getAttribute("aria-label"))).toEqual(["Remove Ana Sousa", "Remove <b>Bruno"]);
  one("button", "Remove Ana Sousa").click();
  await settled();
  expect(page.last("remove"), "it cannot be taken back, so it is asked").toBeUndefined();
  expect(text(byRole("alert", /./)[0]!)).toContain("Remove Ana Sousa from the group?");
  expect(focused()).toBe(one("button", "Cancel"));
  press(focused()!, "Escape");
  await settled();
  expect(byRole("button", "Remove")).toEqual([]);
  one("button", "Remove Ana Sousa").click();
  await settled();
  one("button", "Remove").click();
  expect(page.last("remove")).toEqual({ kind: "remove", act: 1, conversation: GROUP, user: 2 });
  await page.tell(answer(page, "remove"));
  expect(reading()).toContain("Ana Sousa is not in the group any more.");
  await page.tell(members({ maker: true }, { id: 3, name: "<b>Bruno" }));
  expect(rows()).toHaveLength(2);
  one("button", "Remove <b>Bruno").click();
  await settled();
  one("button", "Remove").click();
  await page.tell(answer(page, "remove", "not_allowed"));
  expect(text(byRole("alert", /./)[0]!)).toBe("You may not do this here.");
});

test("a group is renamed", async () => {
  const page = await group();
  await choose("Rename");
  const box = one("textbox", "Group name") as HTMLInputElement;
  expect([box.value, disabled("Save")]).toEqual(["Project 3", true]);
  await type(box, "Project 4");
  box.form?.dispatchEvent(new Event("submit", { cancelable: true }));
  expect(page.last("rename")).toEqual({ kind: "rename", act: 1, conversation: GROUP, title: "Project 4" });
  await page.tell(answer(page, "rename"));
  expect(byRole("textbox", "Group name")).toEqual([]);
  expect(focused()).toBe(one("button", "Conversation actions"));
  expect(reading()).toContain("You named the group “Project 4”");
});

test("from Members to Add people, the focus returns to where the first was asked for", async () => {
  const page = await group();
  await choose("Members");
  await page.tell(members({}, { id: 2, name: "Ana Sousa" }));
  one("button", "Add people").focus();
  one("button", "Add people").click();
  await settled();
  expect(focused()).toBe(byRole("searchbox", "Search people").find((search) => search.closest("dialog") !== null));
  one("button", "Cancel").click();
  await settled();
  expect(all().filter((element) => element.localName === "dialog")).toEqual([]);
  expect(focused()).toBe(one("button", "Conversation actions"));
});

test("leaving asks once, and the dialog of a window that is gone goes too", async () => {
  const page = await group();
  await choose("Leave");
  expect(page.last("remove")).toBeUndefined();
  expect(reading()).toContain("Do you want to leave “Project 3”?");
  one("button", "Leave").click();
  expect(page.last("remove")).toEqual({ kind: "remove", act: 1, conversation: GROUP, user: 1 });
  await page.tell(dock());
  expect(all().filter((element) => element.localName === "dialog")).toEqual([]);
  expect(focused()).toBe(one("button", /^Global Chat/));
});

test("who has seen a message of one's own is asked for in a group", async () => {
  const page = await group();
  const buttons = byRole("button", "Message actions");
  buttons[1]!.click();
  await settled();
  expect(byRole("menuitem", /^Seen by/)).toEqual([]);
  buttons[2]!.click();
  await settled();
  one("menuitem", "Seen by …").click();
  await settled();
  expect(page.last("members")).toEqual({ kind: "members", conversation: GROUP });
  await page.tell(members({ readSeq: 3 }, { id: 2, name: "Ana Sousa", readSeq: 3 }, { id: 3, name: "Bruno Silva", readSeq: 2 }));
  expect([...one("list", "Seen by").children].map((row) => text(row.querySelector(".name")!))).toEqual(["Ana Sousa"]);
  await page.tell(members({ readSeq: 3 }, { id: 2, name: "Ana Sousa", readSeq: 1 }));
  expect(reading()).toContain("Nobody has seen this message yet.");
});

test("a teacher makes a room one for announcements, and is told where that is refused", async () => {
  const page = await stage();
  await page.tell(ONLINE, dock(roomOf()), talk([], { conversation: ROOM }));
  expect(byRole("button", "Conversation actions")).toEqual([]);
  await page.tell(dock(roomOf({ moderates: true })));
  one("button", "Conversation actions").click();
  await settled();
  const item = one("menuitemcheckbox", "Only teachers can write");
  expect(item.getAttribute("aria-checked")).toBe("false");
  item.click();
  expect(page.last("announce")).toEqual({ kind: "announce", act: 1, conversation: ROOM, on: true });
  await page.tell(answer(page, "announce", "not_allowed"));
  expect(text(byRole("alert", /./)[0]!)).toBe("You may not do this here.");
  one("button", "Conversation actions").click();
  await settled();
  one("menuitemcheckbox", "Only teachers can write").click();
  await page.tell(answer(page, "announce"));
  expect(reading()).toContain("Only teachers can write here now");
  await page.tell(dock(roomOf({ moderates: true, announcements: true })));
  one("button", "Conversation actions").click();
  await settled();
  expect(one("menuitemcheckbox", "Only teachers can write").getAttribute("aria-checked")).toBe("true");
});

test("nothing of a dialog stays on a page that is emptied", async () => {
  const page = await newGroup(algebra);
  await type(one("textbox", "Group name"), "Secret");
  await page.tell({ kind: "emptied" });
  expect(all().filter((element) => element.localName === "dialog")).toEqual([]);
});

test("a person's circles describe them in the picker", async () => {
  await newGroup(algebra);
  expect(described(one("button", "Carla Nunes"))).toBe("History");
});
