import { expect, test } from "vitest";
import { UnloadJournal } from "../src/keep/journal.js";
import type { Command, PageConfig, Update } from "../src/view.js";
import { config, crypto, OTHER_MARK, settled, TabStorage } from "./stage.js";

/** The sessionStorage of one tab. */
class Tab {
  readonly #stage = new TabStorage();
  readonly items = this.#stage.items;
  readonly storage = this.#stage.storage;

  async page(over: Partial<PageConfig> = {}, subtle = true): Promise<Page> {
    const page = new Page(this, { ...config, ...over }, subtle);
    await settled();
    return page;
  }
}

/** One page of the tab: what its elements do, and what its core hears. */
class Page {
  readonly heard: Command[] = [];
  readonly journal: UnloadJournal;
  readonly #inner = { onmessage: null, postMessage: (command: Command) => this.heard.push(command) } as unknown as MessagePort;
  readonly #port;

  constructor(tab: Tab, own: PageConfig, subtle: boolean) {
    const kept = subtle ? crypto : { getRandomValues: crypto.getRandomValues.bind(crypto) };
    this.journal = new UnloadJournal({ config: own, crypto: kept, storage: () => tab.storage, now: () => 1_795_376_400_000 });
    this.#port = this.journal.port(this.#inner);
    this.#port.onmessage = () => undefined;
  }

  does(...commands: Command[]): void {
    for (const command of commands) this.#port.postMessage(command);
  }

  coreTells(update: Update): void {
    this.#inner.onmessage?.(new MessageEvent("message", { data: update }));
  }

  coreKeeps(): void {
    const entries = this.heard.flatMap((command) => ("entry" in command ? [command.entry] : []));
    this.#inner.onmessage?.(new MessageEvent("message", { data: { kind: "durable", entries } }));
  }
}

const draft = (text: string): Command => ({ kind: "draft", conversation: "2-3", text });

test("what the core has not kept is done again by the tab's next page, once", async () => {
  const tab = new Tab();
  const page = await tab.page();
  page.does({ kind: "send", conversation: "2-3", text: "sent" }, draft("h"), draft("half a thou"), { kind: "typing", conversation: "2-3" });
  page.journal.leave();
  const next = await tab.page();
  const left = await next.journal.unkept();
  expect(left).toMatchObject([
    { kind: "send", text: "sent", key: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown },
    { kind: "draft", text: "half a thou" },
  ]);
  expect(left[0]).toMatchObject({ key: (page.heard[0] as { key?: string }).key });
  expect(tab.items.size).toBe(0);
  // Left again before its core had kept it.
  next.journal.leave();
  expect(await (await tab.page()).journal.unkept()).toMatchObject([{ text: "sent" }, { text: "half a thou" }]);
  expect(await (await tab.page()).journal.unkept()).toEqual([]);
});

test("the last word on a message counts, and names its seq for a core that does not know it", async () => {
  const tab = new Tab();
  const page = await tab.page();
  const own = { key: "k1", seq: 7, sender: 2, mine: true, text: "old", sentAt: 1 };
  page.coreTells({ kind: "page", page: { conversation: "2-3", request: 1, messages: [own], more: false } });
  const about = { conversation: "2-3", key: "k1" };
  page.does({ kind: "edit", ...about, text: "a" }, { kind: "edit", ...about, text: "b" });
  page.coreTells({ kind: "emptied" });
  page.does({ kind: "delete", ...about, seq: 7 }, { kind: "delete", conversation: "2-3", key: "k2" }, { kind: "undelete", conversation: "2-3", key: "k2" });
  page.journal.leave();
  expect(await (await tab.page()).journal.unkept()).toMatchObject([
    { kind: "edit", key: "k1", text: "b", seq: 7 },
    { kind: "delete", key: "k1", seq: 7 },
    { kind: "undelete", key: "k2", at: 1_795_376_400_000 },
  ]);
});

test("of reactions the last word on a message counts, and names somebody else's message as the server knows it", async () => {
  const tab = new Tab();
  const page = await tab.page();
  const theirs = (conversation: string, id: string) => ({
    kind: "page" as const,
    page: { conversation, request: 1, messages: [{ key: "seq:7", id, seq: 7, sender: 3, mine: false, text: "old", sentAt: 1 }], more: false },
  });
  page.coreTells(theirs("2-3", "n3"));
  page.coreTells(theirs("2-4", "n4"));
  const about = { conversation: "2-3", key: "seq:7" };
  page.does({ kind: "react", ...about, emoji: ["👍"] }, { kind: "react", ...about, emoji: ["🎉"] });
  page.does({ kind: "react", conversation: "2-4", key: "seq:7", emoji: [] }, { kind: "delete", ...about });
  expect(page.heard).toMatchObject([{ seq: 7, id: "n3" }, {}, { seq: 7, id: "n4" }, { kind: "delete", seq: 7, id: "n3" }]);
  page.journal.leave();
  expect(await (await tab.page()).journal.unkept()).toMatchObject([
    { kind: "react", conversation: "2-3", emoji: ["🎉"], seq: 7, id: "n3" },
    { kind: "react", conversation: "2-4", emoji: [], seq: 7, id: "n4" },
    { kind: "delete", conversation: "2-3", seq: 7, id: "n3" },
  ]);
});

test("a message is left with whom it mentions, and a room that was entered; nothing that is asked at once is", async () => {
  const tab = new Tab();
  const page = await tab.page();
  page.does({ kind: "send", conversation: "r-c7", text: "@Bruno", mentions: [3] });
  page.does({ kind: "draft", conversation: "r-c7", text: "@Carla", mentions: [4] });
  page.does({ kind: "minimise", conversation: "r-c7" }, { kind: "enter", conversation: "r-c7", title: "Algebra" });
  page.does({ kind: "announce", act: 1, conversation: "r-c7", on: true }, { kind: "rooms" }, { kind: "members", conversation: "r-c7" });
  page.journal.leave();
  expect(await (await tab.page()).journal.unkept()).toMatchObject([
    { kind: "send", mentions: [3] },
    { kind: "draft", mentions: [4] },
    { kind: "enter", title: "Algebra" },
  ]);
});

test("what the core has kept is not left", async () => {
  const tab = new Tab();
  const page = await tab.page();
  page.does(draft("kept"));
  page.coreKeeps();
  page.journal.leave();
  expect(tab.items.size).toBe(0);
});

test("it is unreadable where it lies, and each time with another keystream", async () => {
  const tab = new Tab();
  const page = await tab.page();
  const notes = new Set<string>();
  for (const text of ["canary canary canary", "canary canary canary!"]) {
    page.does(draft(text));
    page.journal.leave();
    await settled();
    const [note = ""] = tab.items.values();
    expect(atob(note)).not.toContain("canary");
    notes.add(note.slice(0, 20));
  }
  expect(notes.size).toBe(2);
});

test.each([
  ["another login", { sid: "0000000000000000" }],
  ["another user", { user: 3 }],
])("%s finds nothing, and erases it", async (_, over) => {
  const tab = new Tab();
  const page = await tab.page();
  page.does(draft("mine"));
  page.journal.leave();
  expect(tab.items.size).toBe(1);
  expect(await (await tab.page({ ...over, mark: OTHER_MARK })).journal.unkept()).toEqual([]);
  expect(tab.items.size).toBe(0);
});

test("another key or a cut note reads as nothing", async () => {
  const tab = new Tab();
  const page = await tab.page();
  page.does(draft("mine"));
  page.journal.leave();
  const [[name, note]] = [...tab.items] as [[string, string]];
  expect(await (await tab.page({ mark: OTHER_MARK })).journal.unkept()).toEqual([]);
  tab.items.set(name, note.slice(0, 40));
  expect(await (await tab.page()).journal.unkept()).toEqual([]);
  tab.items.set(name, "no base64 !");
  expect(await (await tab.page()).journal.unkept()).toEqual([]);
});

test("the longest message and the longest draft fit; an older draft gives way", async () => {
  const tab = new Tab();
  const page = await tab.page();
  const long = "😀".repeat(4096);
  const drafts = ["2-3", "2-4", "2-5", "2-6"].map((conversation): Command => ({ kind: "draft", conversation, text: long }));
  page.does(...drafts, { kind: "send", conversation: "2-3", text: long });
  page.journal.leave();
  const left = await (await tab.page()).journal.unkept();
  expect(left.map((command) => `${command.kind} ${"conversation" in command ? command.conversation : ""}`)).toEqual([
    "draft 2-5",
    "draft 2-6",
    "send 2-3",
  ]);
});

test("without a secure context nothing is left", async () => {
  const tab = new Tab();
  const page = await tab.page({}, false);
  page.does(draft("mine"));
  page.journal.leave();
  expect(tab.items.size).toBe(0);
});
