/** What ends for good, or is erased, is gone from the core and from all that it tells. */
import { expect, test } from "vitest";
import { closeCodes } from "../src/net/protocol.js";
import type { Update } from "../src/view.js";
import { type Browser, changesOf, eachInFreshBrowser, emptyHistory, live, message, window, withWindow } from "./browser.js";
import type { Page } from "./browser.js";
import { settled, welcome } from "./stage.js";

let browser: Browser;
eachInFreshBrowser((fresh) => {
  browser = fresh;
});

async function talking(): Promise<Page> {
  const page = await browser.page();
  const socket = await page.online(withWindow);
  emptyHistory(socket);
  socket.says({ type: "roster", circle: "c7", version: 1, total: 1, contacts: [{ id: 3, name: "Bruno", picture: null, profile_url: null, role: "student" }] });
  socket.says(live(message(1, { text: "a secret" })));
  await page.does({ kind: "draft", conversation: "2-3", text: "a draft" });
  await page.does({ kind: "send", conversation: "2-9", text: "unsent" });
  await browser.clock.pass(1_000);
  return page;
}

const kinds = (updates: readonly Update[]): string[] => updates.map(({ kind }) => kind);
const finals = Object.entries(closeCodes).flatMap(([code, meaning]) => (meaning.comeBack ? [] : [[meaning.name, Number(code)] as const]));

test.each(finals)("%s: the pages are emptied before they are told, and nothing comes back", async (_, code) => {
  const page = await talking();
  expect(JSON.stringify(page.updates)).toMatch(/a secret.*a draft/);
  const before = page.updates.length;
  page.socket.drops(code);
  await settled();
  await page.does({ kind: "page", conversation: "2-3", asked: "before", seq: 1, request: 1 });
  await page.does({ kind: "visible", visible: true });
  await page.does({ kind: "back" });
  await browser.clock.pass(60_000);
  const since = page.updates.slice(before);
  expect(kinds(since)[0]).toBe("emptied");
  expect(kinds(since)).toContain("line");
  expect(page.windows).toEqual([]);
  expect(page.last("roster")?.roster).toEqual({ people: [], known: false, more: false });
  expect(JSON.stringify(since)).not.toMatch(/a secret|a draft|unsent|Bruno/);
});

test("a message that is erased or edited is not to stay said", async () => {
  const page = await talking();
  page.socket.says(live(message(1, { rev: 2, text: null })));
  await settled();
  expect(kinds(page.updates).filter((kind) => kind === "retracted")).toHaveLength(1);
  page.socket.says(live(message(1, { rev: 3, text: "another", edited_at: 5 })));
  await settled();
  expect(kinds(page.updates).filter((kind) => kind === "retracted")).toHaveLength(2);
  page.socket.drops(1006);
  await browser.clock.pass(1_000);
  const reset = changesOf(0, [], { rev: 2, reset: true, more: true });
  page.socket.opens();
  page.socket.says(welcome({ dock: { version: 1, windows: [window({ rev: 2, seq: 1 })] }, changes: [reset] }));
  await settled();
  expect(kinds(page.updates).filter((kind) => kind === "retracted")).toHaveLength(3);
});
