// @vitest-environment jsdom
// Until Markdown can be read, and where it cannot be, texts are shown as they were written. The tests are in order: once it
// has come it is there.
import { afterEach, expect, test, vi } from "vitest";
import type * as Plain from "../../src/elements/plain.js";
import { oneLine } from "../../src/elements/plain.js";
import { all, ana, dock, settled, stage, talk, windowOf } from "./stage.js";

const gate = vi.hoisted(() => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => { open = resolve; });
  return { open, opened };
});
vi.mock("../../src/elements/plain.js", async (original) => {
  const real = await original<typeof Plain>();
  return { ...real, loadMarkdown: () => gate.opened.then(real.loadMarkdown) };
});

afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

const bubbles = (): string[] => all().filter((element) => element.matches(".bubble")).map(({ textContent }) => textContent);

async function opened(...texts: string[]): Promise<(text: string) => Promise<void>> {
  const page = await stage();
  await page.tell(dock(windowOf(ana)), talk(texts.map((text) => ({ text }))));
  return (text) => page.tell(talk([...texts, text].map((one) => ({ text: one }))));
}

test("what would look the same does not wait, nor does what comes below it", async () => {
  const more = await opened("plain words, https://moodle.org/a-b and 3.5");
  expect(bubbles()).toEqual(["plain words, https://moodle.org/a-b and 3.5"]);
  await more("**bold**");
  expect(bubbles()).toEqual(["plain words, https://moodle.org/a-b and 3.5", "**bold**"]);
});

test("what will look otherwise waits for it, not for long, and changes when it comes", async () => {
  await opened("**bold**", "x");
  expect(bubbles()).toEqual([]);
  await vi.waitFor(() => { expect(bubbles()).toEqual(["**bold**", "x"]); }, { timeout: 10_000 });
  expect(oneLine("**a**\n b")).toBe("**a** b");
  gate.open();
  await vi.waitFor(() => { expect(bubbles()).toEqual(["bold", "x"]); }, { timeout: 10_000 });
  expect(oneLine("**a**\n b")).toBe("a b");
});

test("once it is there nothing waits", async () => {
  await opened("**bold**");
  await settled();
  expect(bubbles()).toEqual(["bold"]);
});
