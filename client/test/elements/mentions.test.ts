// @vitest-environment jsdom
import { afterEach, expect, test, vi } from "vitest";
import { mentionAsked, mentionMatches, mentionSpans } from "../../src/elements/mentions.js";
import type { MemberView, Update, WindowView } from "../../src/view.js";
import { all, ana, bruno, byRole, carla, dock, GROUP, groupOf, me, one, people, press, ROOM, roomOf, roster, settled, stage, talk, type Stage } from "./stage.js";

afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

const joao = { id: 5, name: "João Costa" };

function members(...list: { id: number; name: string }[]): Update {
  const full = list.map(({ id, name }): MemberView => ({ id, name, picture: null, profileUrl: null, status: "online", maker: id === 2, readSeq: 0 }));
  return { kind: "members", conversation: GROUP, members: full };
}

async function opened(more: Partial<WindowView> = {}): Promise<Stage> {
  const page = await stage();
  await page.tell(dock(groupOf(more)), people(GROUP, me, ana), talk([{ sender: 2 }], { conversation: GROUP }));
  return page;
}

const box = (): HTMLTextAreaElement => one("textbox", /^Message to/) as HTMLTextAreaElement;
const options = (): string[] => byRole("option", /./).map((option) => option.textContent.trim());
const atHand = (): string | undefined => {
  const id = box().getAttribute("aria-activedescendant");
  return id === null ? undefined : (box().getRootNode() as ShadowRoot).getElementById(id)?.textContent.trim();
};

async function write(text: string): Promise<void> {
  box().value = text;
  box().setSelectionRange(text.length, text.length);
  box().dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
  await settled();
}

test("an @ in a group offers its members, by the keyboard, and the choice is sent as an id", async () => {
  const page = await opened();
  expect(page.last("members")).toBeUndefined();
  await write("Hi @");
  expect(page.last("members")).toEqual({ kind: "members", conversation: GROUP });
  await page.tell(members(carla, ana, me, bruno, joao));
  expect(byRole("listbox", "People to mention")).toHaveLength(1);
  expect(options()).toEqual(["Ana Sousa", "Bruno Silva", "Carla Nunes", "João Costa"]);
  expect([atHand(), box().getAttribute("aria-controls")]).toEqual(["Ana Sousa", "offers"]);
  press(box(), "ArrowDown");
  await settled();
  expect(atHand()).toBe("Bruno Silva");
  press(box(), "ArrowUp");
  press(box(), "ArrowUp");
  await settled();
  expect(atHand()).toBe("João Costa");
  expect(press(box(), "Enter").defaultPrevented).toBe(true);
  await settled();
  expect([box().value, options()]).toEqual(["Hi @João Costa ", []]);
  expect(page.last("send")).toBeUndefined();
  press(box(), "Enter");
  expect(page.last("send")).toEqual({ kind: "send", conversation: GROUP, text: "Hi @João Costa", mentions: [5] });
});

test("accents and case are of no matter, Tab takes, Escape leaves and comes not back", async () => {
  const page = await opened();
  await write("@JOAO");
  await page.tell(members(ana, joao));
  expect(options()).toEqual(["João Costa"]);
  press(box(), "Tab");
  await settled();
  expect(box().value).toBe("@João Costa ");
  await write("@João Costa and @so");
  expect(options()).toEqual(["Ana Sousa"]);
  press(box(), "Escape");
  await settled();
  expect(options()).toEqual([]);
  expect(page.last("minimise")).toBeUndefined();
  await write("@João Costa and @sou");
  expect(options()).toEqual([]);
  press(box(), "Enter");
  expect(page.last("send")).toMatchObject({ text: "@João Costa and @sou", mentions: [5] });
});

test("a name that was taken out of the text is not mentioned, and an address mentions nobody", async () => {
  const page = await opened();
  await write("@ana");
  press(box(), "Enter");
  await settled();
  expect(box().value).toBe("@Ana Sousa ");
  await write("ana@Ana Sousa2, no");
  press(box(), "Enter");
  expect(page.last("send")).not.toHaveProperty("mentions");
  await write("mail me@ana");
  expect(options()).toEqual([]);
});

test("whom a draft mentions is kept with it, and comes back with it; a name alone mentions nobody", async () => {
  const page = await opened();
  await write("@ana");
  press(box(), "Enter");
  await settled();
  expect(page.last("draft")).toEqual({ kind: "draft", conversation: GROUP, text: "@Ana Sousa ", mentions: [2] });
  document.body.replaceChildren();
  const next = await opened({ draft: "Well, @Ana Sousa!", draftMentions: [2] });
  press(box(), "Enter");
  expect(next.last("send")).toMatchObject({ mentions: [2] });
  await settled();
  await write("@Ana Sousa, ");
  press(box(), "Enter");
  expect(next.last("send")).not.toHaveProperty("mentions");
});

test("whom a draft mentions is not forgotten because the name is not there yet", async () => {
  const page = await opened({ draft: "@Bruno Silva", draftMentions: [3] });
  await write("@Bruno Silva, hi");
  expect(page.last("draft")).toMatchObject({ mentions: [3] });
  await page.tell(people(GROUP, bruno));
  await write("Bruno @Silva, hi");
  expect(page.last("draft")).not.toHaveProperty("mentions");
});

test("in a room people of its circle who are online are offered, and those who have written", async () => {
  const page = await stage();
  const other = { ...carla, shares: ["c8"] };
  await page.tell(roster([ana, bruno, other]), dock(roomOf()), people(ROOM, me, joao), talk([{}], { conversation: ROOM }));
  await write("@");
  expect(options()).toEqual(["Ana Sousa", "Bruno Silva", "João Costa"]);
  expect(page.last("members")).toBeUndefined();
});

test("in a group's room its own people are offered, and those of the whole course; nobody of another group or course", async () => {
  const page = await stage();
  const shares = (person: typeof ana, ...held: string[]): typeof ana => ({ ...person, shares: held });
  const rita = { ...ana, id: 6, conversation: "1-6", name: "Rita Melo" };
  await page.tell(roster([shares(ana, "c7"), shares(bruno, "c7/g1"), shares(carla, "c7/g2"), shares(rita, "c8")]));
  await page.tell(dock(roomOf({ circle: "c7/g1", title: "Algebra: red" })), talk([{}], { conversation: ROOM }));
  await write("@");
  expect(options()).toEqual(["Ana Sousa", "Bruno Silva"]);
  await page.tell(roster([shares(rita, "c8")]));
  await write("@r");
  expect(options(), "where nobody is online there").toEqual([]);
});

test("two people who are called alike are both mentioned where both were chosen", async () => {
  const page = await opened();
  await write("@");
  await page.tell(members(me, ana, { id: 7, name: "Ana Sousa" }));
  for (const key of ["ArrowUp", "Enter"]) press(box(), key);
  await settled();
  await write(`${box().value}@`);
  press(box(), "Enter");
  await settled();
  press(box(), "Enter");
  expect(page.last("send")).toMatchObject({ text: "@Ana Sousa @Ana Sousa", mentions: [7, 2] });
});

test("whom a refused message mentions comes back with its text", async () => {
  const page = await opened();
  await page.tell(talk([{ key: "k1", seq: 0, sender: 1, mine: true, text: "@Bruno Silva, look", mentions: [3], delivery: "failed", failure: "not_allowed" }], { conversation: GROUP }));
  await page.tell(people(GROUP, bruno));
  one("button", "Remove").click();
  await settled();
  expect(box().value).toBe("@Bruno Silva, look");
  press(box(), "Enter");
  expect(page.last("send")).toMatchObject({ text: "@Bruno Silva, look", mentions: [3] });
});

test("between two people, and where the server has no mentions, an @ is an @", async () => {
  await opened({ verbs: { edit: true, delete: true, reply: true, react: true, mention: false, flag: false } });
  await write("@");
  expect(options()).toEqual([]);
});

test("mentioned names are marked in the log, one's own more, and nothing else is", async () => {
  const page = await opened();
  await page.tell(people(GROUP, me, ana, bruno), talk([
    { sender: 2, text: "@Rui Costa and @Bruno Silva: see https://example.org/@Rui", mentions: [1, 3] },
    { sender: 2, text: "@Bruno Silva", mentions: [] },
  ], { conversation: GROUP }));
  const marked = all().filter((element) => element.matches(".mention"));
  expect(marked.map((element) => [element.textContent, element.classList.contains("me")])).toEqual([["@Rui Costa", true], ["@Bruno Silva", false]]);
  expect(all().find((element) => element.matches("article .bubble"))?.textContent).toBe("@Rui Costa and @Bruno Silva: see https://example.org/@Rui");
});

test("members are watched as long as the box is there", async () => {
  const page = await opened();
  await write("@");
  await page.tell(dock());
  expect(page.last("members")).toEqual({ kind: "members", conversation: GROUP, over: true });
});

test("of names that begin alike the longest counts, and a word that goes on is another", () => {
  const both = [{ id: 1, name: "Ana" }, { id: 2, name: "Ana Sousa" }];
  expect(mentionSpans("@Ana Sousa @Ana @Anabela", both)).toEqual([{ from: 0, to: 10, id: 2 }, { from: 11, to: 15, id: 1 }]);
  expect(mentionAsked("Hi @Ana", 7)).toEqual({ from: 3, query: "Ana" });
  for (const text of ["a@b", "@ x", "none", "@a\nb"]) expect(mentionAsked(text, text.length), text).toBeNull();
  expect(mentionMatches("s", [...both, { id: 3, name: "Sara" }], 8).map(({ id }) => id)).toEqual([3, 2]);
});
