// @vitest-environment jsdom
// Parts of the chat that are fetched later, and do not come.
import { afterEach, expect, test, vi } from "vitest";
import type * as Pieces from "../../src/elements/pieces.js";
import { loadDialog, loadFinder } from "../../src/elements/pieces.js";
import { all, ana, byRole, focused, one, reading, ROOM, roster, settled, stage } from "./stage.js";

vi.mock("../../src/elements/pieces.js", async (original) => {
  const real = await original<typeof Pieces>();
  return { ...real, loadDialog: vi.fn(real.loadDialog), loadFinder: vi.fn(real.loadFinder) };
});

afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

const FAILED = "A part of the chat could not be loaded.";

test("a dialog that does not come is told of, and comes when it is asked for again", async () => {
  const page = await stage();
  await page.tell({ kind: "line", line: { state: "online" } }, roster([ana]), { kind: "courses", courses: [{ circle: "c7", title: "Algebra" }] });
  vi.mocked(loadDialog).mockRejectedValueOnce(new TypeError("no such file"));
  const ask = async (): Promise<void> => {
    one("button", /^Global Chat/).click();
    await settled();
    one("button", "New group").click();
    await settled();
  };
  await ask();
  expect(reading()).toContain(FAILED);
  expect(all().filter((element) => element.localName === "dialog")).toEqual([]);
  one("button", "Dismiss").click();
  one("button", "Close the list").click();
  await settled();
  await ask();
  expect(byRole("textbox", "Group name")).toHaveLength(1);
});

test("what the panel holds does not come: that is told in it, with another try", async () => {
  const page = await stage();
  vi.mocked(loadFinder).mockRejectedValueOnce(new TypeError("no such file"));
  const room = { conversation: ROOM, title: "Algebra", writing: "yes" as const, announcements: false, unread: false, mentions: 0 };
  await page.tell({ kind: "line", line: { state: "online" } }, roster([ana]), { kind: "rooms", rooms: [room] });
  one("button", /^Global Chat/).click();
  await settled();
  expect(reading()).toContain(FAILED);
  one("button", "Try again").click();
  await settled();
  expect(reading()).not.toContain(FAILED);
  expect(byRole("list", "Rooms")).toHaveLength(1);
  expect(focused()).toBe(one("searchbox", "Search people and messages"));
});
