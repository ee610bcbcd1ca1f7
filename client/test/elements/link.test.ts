// @vitest-environment jsdom
/** A link to somebody: `#gchat-with=5`. */
import { afterEach, expect, test, vi } from "vitest";
import { ana, dock, focused, forgetListeners, one, settled, stage, talk, windowOf } from "./stage.js";

forgetListeners("window", "hashchange");
afterEach(() => {
  document.body.replaceChildren();
  history.replaceState(null, "", "/");
});

const online = { kind: "line", line: { state: "online" } } as const;

test("opens the window as the page is loaded, and goes off the address, which else stays", async () => {
  history.replaceState({ host: 1 }, "", "/course/view.php?id=7#gchat-with=2");
  const page = await stage();
  expect(page.last("open")).toEqual({ kind: "open", person: { id: 2 } });
  expect(location.href).toMatch(/\/course\/view\.php\?id=7$/);
  expect(history.state).toEqual({ host: 1 });
  await page.tell(online, dock(windowOf(ana)), talk([]));
  expect(focused()).toBe(one("textbox", "Message to Ana Sousa"));
});

test("opens it again when it is followed on the page", async () => {
  const page = await stage();
  await page.tell(online);
  for (let turn = 1; turn <= 2; turn += 1) {
    location.hash = "#gchat-with=2";
    await vi.waitFor(() => {
      expect(page.commands().filter(({ kind }) => kind === "open")).toHaveLength(turn);
    });
    expect(location.hash).toBe("");
  }
});

test.each(["#gchat-with=", "#gchat-with=0", "#gchat-with=-2", "#gchat-with=2x", "#gchat-with=%32", "#gchat-with=9007199254740993"])(
  "%s does nothing, and the host is told",
  async (hash) => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    history.replaceState(null, "", `/${hash}`);
    const page = await stage();
    expect(page.last("open")).toBeUndefined();
    expect(location.hash).toBe(hash);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("#gchat-with"));
  },
);

test.each(["#section-3", "#gchat-with", "#a#gchat-with=2", ""])("%s is the host's own", async (hash) => {
  history.replaceState(null, "", `/${hash}`);
  const page = await stage();
  expect(page.last("open")).toBeUndefined();
  expect(location.hash).toBe(hash);
});

test("to oneself opens nothing", async () => {
  history.replaceState(null, "", "/#gchat-with=1");
  const page = await stage();
  await settled();
  expect([page.last("open"), location.hash]).toEqual([undefined, ""]);
});
