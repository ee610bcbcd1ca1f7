// @vitest-environment jsdom
/** The document holds no more for what came and went: nodes are counted, comments included. */
import { expect, test, vi } from "vitest";
import { HELD_MESSAGES } from "../../src/core/talk.js";
import { GchatLog } from "../../src/elements/log.js";
import type * as Message from "../../src/elements/message.js";
import { messageTemplate } from "../../src/elements/message.js";
import { shownOf } from "../../src/elements/reading.js";
import { PLAIN, Scene } from "../../src/elements/scene.js";
import { Strings } from "../../src/elements/strings.js";
import type { Command, MessageView, Update } from "../../src/view.js";
import { all, ana, dock, one, settled, stage, talk, type, windowOf } from "./stage.js";

/** The real one, with its calls counted: what makes rows anew costs a page most, and leaves no trace in the document. */
vi.mock("../../src/elements/message.js", async (original) => {
  const real = await original<typeof Message>();
  return { ...real, messageTemplate: vi.fn(real.messageTemplate) };
});

/** All nodes of the page, through shadow roots. */
const nodes = (): number => {
  const count = (node: Node): number => {
    const root = node instanceof Element ? node.shadowRoot : null;
    return 1 + (root === null ? 0 : count(root)) + [...node.childNodes].reduce((sum, child) => sum + count(child), 0);
  };
  return count(document);
};

const message = (seq: number): MessageView => ({ key: `seq:${seq}`, seq, sender: 2, mine: false, text: `m${seq}`, sentAt: 1_700_000_000_000 + seq * 1_000 });
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

test("of a minimised window the page holds the end alone, and of a closed one nothing", () => {
  const posted: Command[] = [];
  const scene = new Scene({ onmessage: null, postMessage: (command: Command) => posted.push(command) }, new Strings("en"), 1);
  const asked = (kind: Command["kind"]): number => posted.filter((command) => command.kind === kind).length;
  const shown = (): number | undefined => {
    const reading = scene.readings.get("1-2");
    return reading === undefined ? undefined : shownOf(reading).length;
  };
  const scrolledThrough = (): void => {
    scene.take({ kind: "conversation", view: { conversation: "1-2", messages: span(451, 500), older: true, loading: false, late: false, readSeq: 500, seenSeq: 0 } });
    scene.take(dock(windowOf(ana)));
    scene.further("1-2", "before");
    scene.take({ kind: "page", page: { conversation: "1-2", request: asked("page"), messages: span(401, 450), more: true } });
    scene.quoteOf("1-2", 7);
    scene.purpose("1-2", { reply: 7 });
    expect(shown()).toBe(2 * HELD_MESSAGES);
  };
  scrolledThrough();
  scene.take(dock(windowOf(ana, { state: "minimised" })));
  expect(shown()).toBe(HELD_MESSAGES);
  scene.take(dock());
  expect([shown(), scene.purposeOf("1-2"), asked("quote")]).toEqual([undefined, PLAIN, 1]);
  scene.quoteOf("1-2", 7);
  expect(asked("quote"), "nor what was quoted there").toBe(2);
});

test("a draft touches no row of the log, and a message that comes only the last ones", async () => {
  const page = await stage();
  await page.tell(talk(span(1, 50)), dock(windowOf(ana)));
  const log = one("log", "Messages with Ana Sousa");
  const made = vi.mocked(messageTemplate);
  const rendered = vi.spyOn(GchatLog.prototype, "render");
  expect(made.mock.calls.length).toBeGreaterThanOrEqual(50);
  made.mockClear();
  const changes: MutationRecord[] = [];
  const observer = new MutationObserver((records) => changes.push(...records));
  observer.observe(log, { childList: true, subtree: true, attributes: true, characterData: true });
  await type(one("textbox", "Message to Ana Sousa"), "half a thought");
  await page.tell({ kind: "windows", windows: [windowOf(ana, { draft: "half a thought", unread: 1 })], unread: 1 });
  await settled();
  expect([changes, rendered.mock.calls, made.mock.calls]).toEqual([[], [], []]);
  await page.tell(arrives(51));
  // The new row, its neighbour's corner, and nothing of the other fifty.
  expect(new Set(changes.map(({ target }) => target)).size).toBeLessThan(10);
  expect(made.mock.calls.length).toBeLessThan(5);
  const renders = rendered.mock.calls.length;
  expect(renders).toBeLessThan(5);
  // What the person's own read mark says is shown nowhere in it.
  await page.tell({ kind: "changed", change: { conversation: "1-2", readSeq: 51 } });
  expect(rendered.mock.calls.length).toBe(renders);
  observer.disconnect();
});
