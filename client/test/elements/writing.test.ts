// @vitest-environment jsdom
import { afterEach, expect, test, vi } from "vitest";
import { all, ana, byRole, dock, one, press, reading, settled, stage, talk, type, windowOf, type Stage } from "./stage.js";

afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

const boxes = (): HTMLElement[] => all().filter((element) => element.matches("textarea.out-of-sight"));
const box = (): HTMLTextAreaElement => one("textbox", "Message to Ana Sousa") as HTMLTextAreaElement;

async function opened(draft = ""): Promise<Stage> {
  const page = await stage();
  await page.tell(dock(windowOf(ana, { draft })), talk([]));
  return page;
}

test("Enter sends, Shift+Enter does not, nor does Enter while an input method composes", async () => {
  const page = await opened();
  await type(box(), " hello ");
  press(box(), "Enter", { shiftKey: true });
  press(box(), "Enter", { isComposing: true });
  expect(page.last("send")).toBeUndefined();
  expect(press(box(), "Enter").defaultPrevented).toBe(true);
  expect(page.last("send")).toEqual({ kind: "send", conversation: "1-2", text: "hello" });
  await vi.waitFor(() => {
    expect(box().value).toBe("");
  });
});

test("nothing that can be seen is not sent", async () => {
  const page = await opened();
  await type(box(), "  \n \u200B\u2800");
  one("button", "Send").click();
  expect(page.last("send")).toBeUndefined();
});

test("a text that is too long is refused with a sentence and kept", async () => {
  const page = await opened();
  const text = "😀".repeat(4097);
  await type(box(), text);
  one("button", "Send").click();
  expect(page.last("send")).toBeUndefined();
  expect(reading()).toContain("Too long by 1 character.");
  expect(box().value).toBe(text);
  await type(box(), "😀".repeat(4096));
  one("button", "Send").click();
  expect(page.last("send")).toBeDefined();
});

test("a draft is restored, kept, and not brought back by its own echo", async () => {
  const page = await opened("half a thou");
  expect(box().value).toBe("half a thou");
  await type(box(), "half a thought");
  globalThis.dispatchEvent(new Event("pagehide"));
  expect(page.last("draft")?.text).toBe("half a thought");
  expect(page.commands().at(-1)).toEqual({ kind: "leaving" });
  press(box(), "Enter");
  expect(page.last("draft")?.text).toBe("");
  await page.tell(dock(windowOf(ana, { draft: "half a thought" })));
  expect(box().value).toBe("");
});

test("every word of a draft is with the core as it is typed", async () => {
  const page = await opened();
  await type(box(), "h");
  await type(box(), "ha");
  expect(page.commands().filter((command) => command.kind === "draft").map(({ text }) => text)).toEqual(["h", "ha"]);
});

test("typing is told at most every three seconds", async () => {
  const page = await opened();
  await type(box(), "a");
  await type(box(), "ab");
  expect(page.commands().filter((command) => command.kind === "typing")).toHaveLength(1);
});

test("markup is text, and only web and mail addresses are links", async () => {
  const page = await stage();
  const text = "<img src=x onerror=alert(1)> javascript:alert(1) https://example.org/a ana@example.org";
  await page.tell(dock(windowOf(ana)), talk([{ text }]));
  const log = one("log", "Messages with Ana Sousa");
  expect(log.querySelector("img")).toBeNull();
  expect(log.textContent).toContain("<img src=x onerror=alert(1)> javascript:alert(1)");
  await vi.waitFor(() => {
    expect(log.querySelector("a")).not.toBeNull();
  });
  const links = [...log.querySelectorAll("a")];
  expect(links.map((link) => link.getAttribute("href"))).toEqual(["https://example.org/a", "mailto:ana@example.org"]);
  expect(links[0]?.rel).toBe("noopener noreferrer nofollow ugc");
});

test("a failed message says why and can be tried again or taken back", async () => {
  const page = await stage();
  const failed = { key: "k", seq: 0, mine: true, text: "kept", delivery: "failed", failure: "unknown_recipient" } as const;
  await page.tell(dock(windowOf(ana)), talk([failed]));
  expect(reading()).toContain("This person has not used the chat yet.");
  one("button", "Try again").click();
  expect(page.last("retry")).toEqual({ kind: "retry", conversation: "1-2", key: "k" });
  one("button", "Remove").click();
  expect(page.last("discard")?.key).toBe("k");
  await vi.waitFor(() => {
    expect(box().value).toBe("kept");
  });
});

test("a failed message that a try could only fail again is copied instead, until one may write again", async () => {
  const page = await stage();
  const failed = { key: "k", seq: 0, mine: true, text: "kept", delivery: "failed", failure: "not_allowed" } as const;
  const copied = vi.fn(() => Promise.resolve());
  vi.stubGlobal("navigator", Object.assign(Object.create(navigator), { clipboard: { writeText: copied } }));
  for (const writing of ["no", "blocked", "gone"] as const) {
    await page.tell(dock(windowOf(ana, { writing })), talk([failed]));
    expect(byRole("button", "Try again"), writing).toEqual([]);
    expect(reading(), writing).toContain("kept");
    one("button", "Remove");
  }
  one("button", "Copy text").click();
  expect(copied).toHaveBeenCalledExactlyOnceWith("kept");
  await vi.waitFor(() => one("button", "Copied"));
  expect(page.last("retry")).toBeUndefined();
  await page.tell(dock(windowOf(ana, { writing: "yes" })));
  one("button", "Try again").click();
  expect(page.last("retry")?.key).toBe("k");
  // Of this one the text itself is refused, whoever it is for.
  await page.tell(talk([{ ...failed, failure: "message_too_long" }]));
  expect(byRole("button", "Try again")).toEqual([]);
  one("button", "Copied");
  vi.unstubAllGlobals();
});

test("where the page may not use the clipboard, what is copied is selected for an instant", async () => {
  const page = await stage();
  await page.tell(dock(windowOf(ana, { writing: "no" })), talk([{ key: "k", seq: 0, mine: true, text: "kept", delivery: "failed", failure: "not_allowed" }]));
  let selected = "";
  Object.assign(document, {
    execCommand: () => {
      const box = boxes()[0] as HTMLTextAreaElement;
      selected = box.value.slice(box.selectionStart, box.selectionEnd);
      return true;
    },
  });
  one("button", "Copy text").click();
  await vi.waitFor(() => one("button", "Copied"));
  expect(selected).toBe("kept");
  expect(boxes()).toEqual([]);
  Reflect.deleteProperty(document, "execCommand");
});

test("messages count as seen only on a page that somebody looks at", async () => {
  const page = await stage();
  const looking = vi.spyOn(document, "hasFocus").mockReturnValue(false);
  await page.tell(dock(windowOf(ana)), talk([{}, {}], { readSeq: 0 }));
  expect(page.last("seen")).toBeUndefined();
  looking.mockReturnValue(true);
  globalThis.dispatchEvent(new Event("focus"));
  expect(page.last("seen")).toEqual({ kind: "seen", conversation: "1-2", seq: 2 });
});

test("an erased message is a stub, and older ones can be asked for", async () => {
  const page = await stage();
  await page.tell(dock(windowOf(ana)), talk([{ seq: 9, text: null }], { older: true }));
  expect(reading()).toContain("Message deleted");
  one("button", "Show older messages").click();
  expect(page.last("page")).toMatchObject({ conversation: "1-2", asked: "before", seq: 9 });
  expect(byRole("button", "Show older messages")).toHaveLength(1);
});

function carrying(kind: string, data: object): Event {
  const event = new Event(kind, { bubbles: true, composed: true, cancelable: true });
  return Object.assign(event, kind === "paste" ? { clipboardData: data } : { dataTransfer: data });
}

test("a picture that is pasted or dropped is answered with a sentence, and the text stays", async () => {
  const page = await opened("half a thou");
  const picture = { files: [new File(["x"], "a.png")], getData: () => "" };
  const pasted = carrying("paste", picture);
  box().dispatchEvent(pasted);
  await settled();
  expect(pasted.defaultPrevented).toBe(true);
  expect(one("status", /Files and pictures cannot be sent/)).toBeDefined();
  expect(box().value).toBe("half a thou");
  await type(box(), "half a thought");
  expect(reading()).not.toContain("Files and pictures");

  const elsewhere: string[] = [];
  document.body.addEventListener("drop", () => elsewhere.push("drop"), { once: true });
  const dropped = carrying("drop", { types: ["Files"] });
  one("log", /./).dispatchEvent(dropped);
  await settled();
  expect([dropped.defaultPrevented, elsewhere]).toEqual([true, []]);
  expect(reading()).toContain("Files and pictures cannot be sent");
  expect(page.last("send")).toBeUndefined();
});

test("text that comes with a picture of itself is pasted, and dropped text is the browser's", async () => {
  await opened();
  const pasted = carrying("paste", { files: [new File(["x"], "a.png")], getData: () => "a table" });
  box().dispatchEvent(pasted);
  const dropped = carrying("drop", { types: ["text/plain"] });
  box().dispatchEvent(dropped);
  expect([pasted.defaultPrevented, dropped.defaultPrevented]).toEqual([false, false]);
});

test.each([
  ["no", "You cannot write to Ana Sousa now. What you have written stays here."],
  ["blocked", "You have blocked Ana Sousa, so you cannot write to each other."],
  ["gone", "This person is not on the site any more."],
] as const)("a window that is closed to writing (%s) says why, keeps the text and sends nothing", async (writing, why) => {
  const page = await opened();
  await type(box(), "half a thought");
  await page.tell(dock(windowOf(ana, { writing, draft: "half a thought" })));
  expect(one("status", new RegExp(why))).toBeDefined();
  expect([box().value, box().readOnly]).toEqual(["half a thought", true]);
  press(box(), "Enter");
  one("button", "Send").click();
  expect(page.last("send")).toBeUndefined();
  expect(one("button", "Send").getAttribute("aria-disabled")).toBe("true");
  await page.tell(dock(windowOf(ana, { writing: "yes", draft: "half a thought" })));
  expect(reading()).not.toContain(why);
  press(box(), "Enter");
  expect(page.last("send")?.text).toBe("half a thought");
});
