// @vitest-environment jsdom
/** The host's own buttons, `data-gchat-message`. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ana, dock, focused, forgetListeners, fragment, one, reading, roster, settled, stage, talk, windowOf } from "./stage.js";
import type { Stage } from "./stage.js";

let active: boolean;
beforeEach(() => {
  // jsdom cannot press by a hand: what a script presses counts where the person has just done something.
  active = true;
  Object.defineProperty(navigator, "userActivation", { configurable: true, get: () => ({ isActive: active }) });
});
forgetListeners("document", "click");
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

const online = { kind: "line", line: { state: "online" } } as const;

/** A page that is online, with this of the host's on it. */
async function pageWith(markup: string): Promise<Stage> {
  const page = await stage();
  await page.tell(online);
  document.body.append(fragment(markup));
  return page;
}

async function press(selector = "[data-gchat-message]"): Promise<void> {
  document.querySelector<HTMLElement>(selector)?.click();
  await settled();
}

const BUTTON = '<button type="button" data-gchat-message="2">Message</button>';
const notice = (): string => {
  const notices = document.querySelector("gchat-dock")?.shadowRoot?.querySelector(".notices");
  return notices?.textContent.replace(/\s+/g, " ").trim() ?? "";
};

test("opens the window by the id alone, whatever else it says, and has the focus again when that is closed", async () => {
  const page = await pageWith(
    '<button type="button" data-gchat-message="2" data-gchat-name="The principal"><b>Message</b></button>',
  );
  document.querySelector("button")?.focus();
  await press("button b");
  expect(page.last("open")).toEqual({ kind: "open", person: { id: 2 } });
  expect(reading(document.querySelector("gchat-dock")!.shadowRoot!)).not.toContain("The principal");
  await page.tell(dock(windowOf(ana)), talk([]));
  expect(focused()).toBe(one("textbox", "Message to Ana Sousa"));
  expect(notice()).toBe("");
  one("button", "Close chat with Ana Sousa").click();
  expect(document.activeElement).toBe(document.querySelector("body > button"));
});

test.each([
  ["that is said to be of no use", '<div aria-disabled="true" data-gchat-message="2">Message</div>'],
  ["that cannot be used", '<button disabled data-gchat-message="2">Message</button>'],
  ["with oneself", '<button data-gchat-message="1">Message</button>'],
])("a click opens no window %s", async (_, markup) => {
  const page = await pageWith(markup);
  await press();
  expect(page.last("open")).toBeUndefined();
});

test("any element does, by its keys too where they reach it", async () => {
  const page = await pageWith('<span tabindex="0" role="button" data-gchat-message="2"><b>Message</b></span><p tabindex="0">Text</p>');
  await press("span b");
  expect(page.last("open")).toEqual({ kind: "open", person: { id: 2 } });
  const opened = (): number => page.commands().filter(({ kind }) => kind === "open").length;
  for (const [element, key, most] of [["span", "Enter", 2], ["span", " ", 3], ["span", "a", 3], ["p", "Enter", 3]] as const) {
    const down = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true });
    document.querySelector(element)?.dispatchEvent(down);
    await settled();
    expect([opened(), down.defaultPrevented], `${element} ${key}`).toEqual([most, element === "span" && key !== "a"]);
  }
});

test.each(["", "0", "-2", "2.5", "Ana", "9007199254740993"])("an id like %j is told to the host", async (id) => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const page = await pageWith(`<button data-gchat-message="${id}">Message</button>`);
  await press();
  expect(page.last("open")).toBeUndefined();
  expect(warn).toHaveBeenCalledWith(expect.stringContaining("data-gchat-message is not a user's id"));
});

test("what a script presses by itself opens nothing", async () => {
  const page = await pageWith(BUTTON);
  active = false;
  await press();
  expect(page.last("open")).toBeUndefined();
});

test("a click that the host has taken opens nothing", async () => {
  const page = await pageWith(BUTTON);
  document.querySelector("button")?.addEventListener("click", (event) => { event.preventDefault(); });
  await press();
  expect(page.last("open")).toBeUndefined();
});

test("a button that submits a form without the chat does not with it", async () => {
  const page = await pageWith('<form><button data-gchat-message="2">Message</button></form>');
  const submitted = vi.fn((event: Event) => { event.preventDefault(); });
  document.querySelector("form")?.addEventListener("submit", submitted);
  await press();
  expect(submitted).not.toHaveBeenCalled();
  expect(page.last("open")).toEqual({ kind: "open", person: { id: 2 } });
});

test("while the chat is paused or over it says so, and nothing opens later", async () => {
  const page = await pageWith(BUTTON);
  await page.tell({ kind: "emptied" }, { kind: "line", line: { state: "paused", until: 0 } });
  await press();
  expect(notice()).toContain("Chat is paused during your quiz.");
  await page.tell(online);
  expect(notice()).toBe("");
  await page.tell({ kind: "emptied" }, { kind: "line", line: { state: "stopped", reason: "not_allowed" } });
  await press();
  expect(notice()).toContain("You may not use the chat on this site.");
  expect(page.last("open")).toBeUndefined();
});

test("without the line it says so, and the window of who is known here comes all the same", async () => {
  const page = await pageWith(BUTTON);
  const lost = { kind: "line", line: { state: "lost" } } as const;
  await page.tell(lost);
  await press();
  expect(notice()).toContain("Connection lost. Trying again…");
  expect(page.last("open")).toEqual({ kind: "open", person: { id: 2 } });
  await page.tell(online);
  expect(notice()).toBe("");
  await page.tell(roster([ana]), lost);
  await press();
  expect(notice()).toBe("");
});

test("somebody who cannot be written to is told of, until the next try", async () => {
  const page = await pageWith(BUTTON);
  await press();
  await page.tell({ kind: "refused", code: "not_found", message: "…", conversation: "1-2" });
  expect(notice()).toContain("You cannot write to this person.");
  await press();
  expect(notice()).toBe("");
  await page.tell({ kind: "refused", code: "rate_limited", message: "…", conversation: "1-2" });
  expect(notice()).toContain("That was too fast.");
});

test("a window that was shown at once and is refused then is told of when it goes", async () => {
  const page = await pageWith(BUTTON);
  document.querySelector("button")?.click();
  await page.tell(dock(windowOf(ana)), talk([]));
  await page.tell({ kind: "refused", code: "not_found_here", message: "…", conversation: "1-2" });
  expect(notice(), "the window itself says it as long as it is there").toBe("");
  await page.tell(dock());
  expect(notice()).toContain("This person cannot be written to in the chat.");
});

test("what was refused in a window that the person closes is told nowhere else", async () => {
  const page = await pageWith(BUTTON);
  document.querySelector("button")?.click();
  await page.tell(dock(windowOf(ana)), talk([]));
  await page.tell({ kind: "refused", code: "rate_limited", message: "…", conversation: "1-2" });
  one("button", "Close chat with Ana Sousa").click();
  await page.tell(dock());
  expect(notice()).toBe("");
});

test("what is refused of other windows is theirs to say", async () => {
  const page = await pageWith(BUTTON);
  await page.tell({ kind: "refused", code: "not_found", message: "…", conversation: "1-2" });
  expect(notice()).toBe("");
});

test("a click before the page's language has come is not lost", async () => {
  const page = stage("pt");
  document.body.append(fragment(BUTTON));
  document.querySelector("button")?.click();
  const { last, tell } = await page;
  await vi.waitFor(() => {
    expect(last("open")).toEqual({ kind: "open", person: { id: 2 } });
  });
  await tell(online, dock(windowOf(ana)), talk([]));
  await vi.waitFor(() => {
    expect(focused()?.matches("textarea")).toBe(true);
  });
});
