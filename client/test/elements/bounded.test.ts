// @vitest-environment jsdom
/** The document holds no more for what came and went: nodes are counted, comments included. */
import { expect, test } from "vitest";
import type { MessageView, Update } from "../../src/view.js";
import { all, ana, dock, one, settled, stage, talk, type, windowOf } from "./stage.js";

/** All nodes of the page, through shadow roots. */
const nodes = (): number => {
  const count = (node: Node): number => {
    const root = node instanceof Element ? node.shadowRoot : null;
    return 1 + (root === null ? 0 : count(root)) + [...node.childNodes].reduce((sum, child) => sum + count(child), 0);
  };
  return count(document);
};

const message = (seq: number): MessageView => ({ key: `seq:${seq}`, seq, mine: false, text: `m${seq}`, sentAt: 1_700_000_000_000 + seq * 1_000 });
const span = (from: number, to: number): MessageView[] => Array.from({ length: to - from + 1 }, (_, at) => message(from + at));
const arrives = (seq: number): Update => ({ kind: "changed", change: { conversation: "1-2", put: [message(seq)], from: Math.max(1, seq - 49) } });
const rows = (): number => all().filter((element) => element.matches(".message")).length;

test("windows that were opened and closed leave no node", async () => {
  const page = await stage();
  const round = async (): Promise<void> => {
    await page.tell(talk([{}, {}]), dock(windowOf(ana)));
    expect(rows()).toBe(2);
    await page.tell(dock());
  };
  await round();
  const before = nodes();
  for (let turn = 0; turn < 20; turn += 1) await round();
  expect(nodes()).toBe(before);
});

test("a draft touches no row of the log", async () => {
  const page = await stage();
  await page.tell(talk(span(1, 50)), dock(windowOf(ana)));
  const log = one("log", "Messages with Ana Sousa");
  const changes: MutationRecord[] = [];
  const observer = new MutationObserver((records) => changes.push(...records));
  observer.observe(log, { childList: true, subtree: true, attributes: true, characterData: true });
  await type(one("textbox", "Message to Ana Sousa"), "half a thought");
  await page.tell({ kind: "windows", windows: [windowOf(ana, { draft: "half a thought", unread: 1 })], unread: 1 });
  await settled();
  expect(changes).toEqual([]);
  await page.tell(arrives(51));
  // The new row, its neighbour's corner, and nothing of the other fifty.
  expect(new Set(changes.map(({ target }) => target)).size).toBeLessThan(10);
  observer.disconnect();
});
