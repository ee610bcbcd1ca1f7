// @vitest-environment jsdom
/** What is told to be gone is gone from everywhere on the page, also from where nobody sees it. */
import { expect, test, vi } from "vitest";
import { all, ana, dock, one, reading, roster, settled, stage, talk, type, windowOf } from "./stage.js";
import type { Stage } from "./stage.js";

const TEXT = "meet me at the gate";

/** Everything that the page holds, in texts, boxes and attributes. */
function held(): string {
  const attributes = all().flatMap((element) => [...element.attributes].map(({ value }) => value));
  const boxes = all().flatMap((element) => ("value" in element ? [String(element.value)] : []));
  return [document.title, reading(), ...attributes, ...boxes].join("\n");
}

/** A page with a window, a draft, a roster that is filtered, an announcement and a number in the title. */
async function full(): Promise<Stage> {
  const page = await stage();
  const many = Array.from({ length: 9 }, (_, n) => ({ ...ana, id: n + 2, conversation: `1-${n + 2}`, name: `Ana ${n}` }));
  const window = windowOf(ana, { unread: 3, draft: "half a thought" });
  await page.tell({ kind: "line", line: { state: "online" } }, roster(many), talk([{ text: TEXT }]), dock(window));
  await page.tell({ kind: "arrived", conversation: "1-2", sender: 2, from: "Ana Sousa", text: TEXT, count: 1 });
  await type(one("searchbox", "Search people"), "ana");
  for (const part of ["Ana", TEXT, "half a thought", "(3) Algebra"]) expect(held()).toContain(part);
  return page;
}

const expectNothing = (): void => {
  for (const part of [/\bana\b/i, new RegExp(TEXT), /half a thought/, /written at the end/, /\(3\)/]) expect(held()).not.toMatch(part);
  expect(document.title).toBe("Algebra");
};

test("emptied, a page holds nothing, and what was only in a box has gone to the core", async () => {
  const page = await full();
  const box = one("textbox", "Message to Ana Sousa") as HTMLTextAreaElement;
  box.value = "written at the end";
  box.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
  await page.tell({ kind: "emptied" });
  expectNothing();
  expect(page.last("draft")).toMatchObject({ conversation: "1-2", text: "written at the end" });
  await page.tell(dock(windowOf(ana)), talk([{ text: TEXT }]));
  expect(held()).toContain(TEXT);
});

test("whoever loses their windows for good is told why", async () => {
  const page = await full();
  await page.tell({ kind: "emptied" }, { kind: "line", line: { state: "stopped", reason: "logged_out" } });
  expectNothing();
  expect(all().find((element) => element.matches(".notices"))?.textContent).toContain("You have been signed out.");
});

test("a page that is left is empty before it is put away", async () => {
  await full();
  globalThis.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
  await Promise.resolve();
  await settled();
  expectNothing();
});

test("what waits for the elements of windows is not shown after all", async () => {
  vi.resetModules();
  const { gated } = await import("../../src/elements/gate.js");
  let loaded = (): void => undefined;
  const inner = { onmessage: null, postMessage: () => undefined } as unknown as MessagePort;
  const port = gated(inner, () => new Promise((resolve) => (loaded = resolve)));
  const heard: string[] = [];
  port.onmessage = ({ data }: MessageEvent<{ kind: string }>) => heard.push(data.kind);
  for (const data of [dock(windowOf(ana)), talk([{ text: TEXT }]), { kind: "emptied" }]) {
    inner.onmessage?.(new MessageEvent("message", { data }));
  }
  loaded();
  await settled();
  expect(heard).toEqual(["emptied"]);
});

const said = (): string => all().find((element) => element.getAttribute("aria-live") === "polite")?.textContent.trim() ?? "";

test("what was said aloud goes when its message is erased, and by itself a little later", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  try {
    const page = await full();
    const arrives = (text: string): Promise<void> =>
      page.tell({ kind: "arrived", conversation: "1-2", sender: 2, from: "Ana Sousa", text, count: 1 });
    expect(said()).toContain(TEXT);
    await arrives("not said yet");
    await page.tell({ kind: "retracted", conversation: "1-9" });
    expect(said()).toContain(TEXT);
    await page.tell({ kind: "retracted", conversation: "1-2" });
    expect(said()).toBe("");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(said()).toBe("");
    await arrives("another");
    expect(said()).toContain("another");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(said()).toBe("");
  } finally {
    vi.useRealTimers();
  }
});

test("of what many write at once all is said, in few changes of the page", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  try {
    const page = await full();
    await vi.advanceTimersByTimeAsync(1_000);
    const region = all().find((element) => element.getAttribute("aria-live") === "polite")!;
    const heard: string[] = [];
    let changes = 0;
    const watcher = new MutationObserver((records) => {
      changes += 1;
      for (const { addedNodes } of records) heard.push(...[...addedNodes].map(({ textContent }) => textContent?.trim() ?? "").filter((text) => text !== ""));
    });
    watcher.observe(region, { childList: true });
    const began = Date.now();
    const texts = Array.from({ length: 20 }, (_, n) => `Ana Sousa says: no. ${n}`);
    for (const n of texts.keys()) {
      await page.tell({ kind: "arrived", conversation: "1-2", sender: 2, from: "Ana Sousa", text: `no. ${n}`, count: 1 });
      await vi.advanceTimersByTimeAsync(80);
    }
    await vi.advanceTimersByTimeAsync(1_000);
    watcher.disconnect();
    expect(heard).toEqual(texts);
    expect(changes).toBeLessThanOrEqual((Date.now() - began) / 500 + 2);
  } finally {
    vi.useRealTimers();
  }
});
