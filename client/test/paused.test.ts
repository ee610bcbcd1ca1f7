/** While a person's chat is paused nothing of it is shown, on pages that are there and on those that load. */
import { expect, test } from "vitest";
import { type Browser, eachInFreshBrowser, emptyHistory, live, message, type Page, withWindow } from "./browser.js";
import { settled } from "./stage.js";

let browser: Browser;
eachInFreshBrowser((fresh) => {
  browser = fresh;
});

async function talking(): Promise<Page> {
  const page = await browser.page();
  const socket = await page.online(withWindow);
  emptyHistory(socket);
  socket.says(live(message(1, { text: "a secret" })));
  await page.does({ kind: "draft", conversation: "2-3", text: "a draft" });
  await settled();
  return page;
}

async function pause(page: Page): Promise<void> {
  page.socket.drops(4011);
  await settled();
  await browser.clock.pass(5_000);
  page.socket.opens();
  page.socket.says({ type: "paused", until: browser.clock.now() + 60_000 });
  await settled();
}

test("a pause that begins empties the pages at once, however long the way back takes", async () => {
  const page = await talking();
  const before = page.updates.length;
  page.socket.drops(4011);
  await settled();
  expect(page.windows).toEqual([]);
  expect(page.last("line")?.line).toEqual({ state: "paused", until: null });
  expect(page.updates.slice(before).map(({ kind }) => kind)).toContain("emptied");
  // Nobody answers: the page says so, and shows nothing.
  await browser.clock.pass(500);
  page.socket.drops(1006);
  await settled();
  expect(page.last("line")?.line.state).toBe("lost");
  const late = await browser.page();
  await settled();
  expect(JSON.stringify([page.updates.slice(before), late.updates])).not.toMatch(/a secret|a draft/);
  late.end();
  await browser.clock.pass(2_000);
  await page.online(withWindow);
  await settled();
  expect(page.windows[0]?.draft).toBe("a draft");
});

test("a pause empties the pages, and what comes back has the drafts", async () => {
  const page = await talking();
  const before = page.updates.length;
  await pause(page);
  expect(page.last("line")?.line.state).toBe("paused");
  expect(page.windows).toEqual([]);
  expect(page.updates.slice(before).map(({ kind }) => kind)).toContain("emptied");
  await browser.clock.pass(5_000);
  const late = await browser.page();
  await settled();
  expect(JSON.stringify(late.updates)).not.toMatch(/a secret|a draft/);
  late.end();

  page.socket.drops(4012);
  await browser.clock.pass(5_000);
  await page.online(withWindow);
  await settled();
  expect(page.windows[0]?.draft).toBe("a draft");
});
