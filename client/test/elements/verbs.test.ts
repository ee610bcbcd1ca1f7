// @vitest-environment jsdom
// What a person does with a message: by menu, by keyboard, and what the core is asked for.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Command, MessageView, WindowView } from "../../src/view.js";
import { all, ana, byRole, dock, focused, one, press, reading, settled, stage, talk, type, windowOf, type Stage } from "./stage.js";

const LATER = Date.now() + 600_000;
const copied: string[] = [];

beforeEach(() => {
  copied.length = 0;
  Object.defineProperty(navigator, "clipboard", {
    configurable: true,
    value: { writeText: (text: string) => Promise.resolve(void copied.push(text)) },
  });
});
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

const hers: Partial<MessageView> = { text: "Why is it zero?" };
const mine = { key: "k1", mine: true, text: "Because it is", editableUntil: LATER };

async function opened(messages: Partial<MessageView>[] = [hers, mine], window: Partial<WindowView> = {}): Promise<Stage> {
  const page = await stage();
  await page.tell(dock(windowOf(ana, window)), talk(messages));
  return page;
}

const box = (): HTMLTextAreaElement => one("textbox", /^(Message to Ana Sousa|Edit message)$/) as HTMLTextAreaElement;
const articles = (): HTMLElement[] => all().filter((element) => element.localName === "article");

/** As a screen reader says it. */
function nameOf(article: HTMLElement): string {
  const root = article.getRootNode() as ShadowRoot;
  const ids = article.getAttribute("aria-labelledby")?.split(" ") ?? [];
  return ids.map((id) => root.getElementById(id)?.textContent.replace(/\s+/g, " ").trim() ?? "").join(" ").trim();
}

function article(named: RegExp): HTMLElement {
  const found = articles().find((candidate) => named.test(nameOf(candidate)));
  if (found === undefined) throw new Error(`no message called ${String(named)}: ${articles().map(nameOf).join(" | ")}`);
  return found;
}

async function menuOf(named: RegExp): Promise<string[]> {
  article(named).querySelector<HTMLElement>("[aria-label='Message actions']")?.click();
  await settled();
  return byRole("menuitem", /./).map((item) => item.textContent.trim());
}

async function choose(named: RegExp, verb: string): Promise<void> {
  await menuOf(named);
  one("menuitem", verb).click();
  await settled();
}

/** All that the live region of the dock holds. */
const said = (): string[] => all().filter((element) => element.matches("[aria-live=polite] p")).map(({ textContent }) => textContent);

test("a message is an article that begins with its author's name, and says that it was edited", async () => {
  await opened([hers, { ...mine, edited: true }]);
  expect(articles().map(nameOf)).toEqual([
    expect.stringMatching(/^Ana Sousa, .*: Why is it zero\?$/),
    expect.stringMatching(/^You, .*: Because it is edited ·? ?Sent$/),
  ]);
});

test("a box that answers a message answers none once a backup was restored, and has its text", async () => {
  const page = await opened();
  await choose(/zero/, "Reply");
  await type(box(), "half an answer");
  await page.tell({ kind: "restored" }, dock(windowOf(ana, { draft: "half an answer" })));
  expect(byRole("button", "Cancel reply")).toEqual([]);
  expect(box().value).toBe("half an answer");
  expect(page.last("draft")).toEqual({ kind: "draft", conversation: "1-2", text: "half an answer" });
  press(box(), "Enter");
  expect(page.last("send")).toEqual({ kind: "send", conversation: "1-2", text: "half an answer" });
});

test("one message is a stop of the keyboard; the arrow keys go on, Escape goes back to the box", async () => {
  await opened([hers, { text: "two" }, { text: "three" }]);
  const stops = (): number[] => articles().map(({ tabIndex }) => tabIndex);
  expect(stops()).toEqual([-1, -1, 0]);
  articles()[2]?.focus();
  expect(press(articles()[2]!, "ArrowUp").defaultPrevented).toBe(true);
  await settled();
  expect([focused(), stops()]).toEqual([articles()[1], [-1, 0, -1]]);
  press(articles()[1]!, "Home");
  await settled();
  expect(focused()).toBe(articles()[0]);
  expect(press(articles()[0]!, "ArrowUp").defaultPrevented).toBe(false);
  press(articles()[0]!, "End");
  await settled();
  expect(focused()).toBe(articles()[2]);
  expect(press(articles()[2]!, "Escape").defaultPrevented).toBe(true);
  await settled();
  expect(focused()).toBe(box());
});

test("the menu offers what is possible now, and nothing else", async () => {
  const page = await opened([
    hers,
    mine,
    { key: "old", mine: true, text: "too old", editableUntil: Date.now() - 1 },
    { text: null, deletedBy: "author" },
    { key: "bad", seq: 0, mine: true, text: "refused", delivery: "failed", failure: "not_allowed" },
    { key: "new", seq: 0, mine: true, text: "on its way", delivery: "sending", editableUntil: LATER },
  ]);
  expect(await menuOf(/^Ana.*zero/)).toEqual(["Reply", "Copy"]);
  expect(await menuOf(/Because/)).toEqual(["Reply", "Edit", "Delete", "Copy"]);
  expect(await menuOf(/too old/)).toEqual(["Reply", "Delete", "Copy"]);
  expect(await menuOf(/on its way/)).toEqual(["Edit", "Delete", "Copy"]);
  for (const silent of [/deleted/, /refused/]) expect(article(silent).querySelector("[aria-haspopup]")).toBeNull();
  await page.tell(dock(windowOf(ana, { writing: "no" })));
  expect(await menuOf(/Because/)).toEqual(["Delete", "Copy"]);
  await page.tell(dock(windowOf(ana, { verbs: { edit: false, delete: false, reply: false, react: false, mention: false, flag: false } })));
  expect(await menuOf(/^Ana.*zero/)).toEqual(["Copy"]);
  await page.tell({ kind: "line", line: { state: "stopped", reason: "logged_out" } }, dock(windowOf(ana)));
  expect(await menuOf(/Because/)).toEqual(["Copy"]);
});

test("the menu goes by the keyboard, and the focus returns to its button", async () => {
  await opened();
  await menuOf(/Because/);
  const item = (): string => focused()?.textContent.trim() ?? "";
  expect(item()).toBe("Reply");
  for (const [key, next] of [["ArrowDown", "Edit"], ["End", "Copy"], ["ArrowDown", "Reply"], ["ArrowUp", "Copy"], ["Home", "Reply"]]) {
    expect(press(focused()!, key!).defaultPrevented).toBe(true);
    expect(item()).toBe(next);
  }
  press(focused()!, "Escape");
  await settled();
  expect(byRole("menuitem", /./)).toEqual([]);
  expect(focused()?.getAttribute("aria-label")).toBe("Message actions");
  expect(focused()?.getAttribute("aria-expanded")).toBe("false");
});

test("a press elsewhere, and a message that is deleted meanwhile, close the menu", async () => {
  const page = await opened();
  await menuOf(/Because/);
  document.body.dispatchEvent(new Event("pointerdown", { bubbles: true }));
  await settled();
  expect(byRole("menuitem", /./)).toEqual([]);
  await menuOf(/Because/);
  await page.tell({ kind: "changed", change: { conversation: "1-2", put: [{ key: "k1", seq: 2, sender: 1, mine: true, text: null, sentAt: 0, deletedBy: "moderator" }] } });
  expect(byRole("menuitem", /./)).toEqual([]);
  expect(reading()).toContain("Message deleted by a moderator");
});

test("a copy is the message's text, and says so", async () => {
  await opened();
  await choose(/zero/, "Copy");
  expect(copied).toEqual(["Why is it zero?"]);
  expect(said()).toEqual(["The message is copied."]);
});

test("the arrow key up in an empty box edits one's last message that may be edited, and the draft waits", async () => {
  const page = await opened([mine, { ...mine, key: "k2", text: "Last" }, { ...mine, key: "k3", text: "Too old", editableUntil: 1 }, hers]);
  press(box(), "ArrowUp");
  await settled();
  expect([box().getAttribute("aria-label"), box().value, focused()]).toEqual(["Edit message", "Last", box()]);
  await type(box(), " Last one ");
  expect(press(box(), "Enter").defaultPrevented).toBe(true);
  await settled();
  expect(page.last("edit")).toEqual({ kind: "edit", conversation: "1-2", key: "k2", text: "Last one" });
  expect([box().getAttribute("aria-label"), box().value]).toEqual(["Message to Ana Sousa", ""]);
  expect(said()).toEqual(["Message edited."]);
  expect(page.last("draft"), "nothing waits any more").toEqual({ kind: "draft", conversation: "1-2", text: "" });
});

test("an edit keeps the draft, and Escape, Cancel and an unchanged text leave everything as it was", async () => {
  const page = await opened(undefined, { draft: "half a thou" });
  expect(press(box(), "ArrowUp").defaultPrevented).toBe(false);
  for (const leave of [() => press(box(), "Escape"), () => { one("button", "Cancel").click(); }, () => press(box(), "Enter"), () => { one("button", "Save").click(); }]) {
    await choose(/Because/, "Edit");
    expect(box().value).toBe("Because it is");
    leave();
    await settled();
    expect([box().getAttribute("aria-label"), box().value]).toEqual(["Message to Ana Sousa", "half a thou"]);
  }
  const done = (): Command[] => page.commands().filter(({ kind }) => ["edit", "minimise", "draft", "typing"].includes(kind));
  expect(done()).toEqual([]);
  await choose(/Because/, "Edit");
  await type(box(), "something else");
  press(box(), "Escape");
  await settled();
  expect(box().value).toBe("half a thou");
  const draft = { kind: "draft", conversation: "1-2", text: "half a thou" };
  expect(done()).toEqual([{ ...draft, edit: { key: "k1", text: "something else" } }, draft]);
});

test("what is being answered waits behind an edit, as the draft does", async () => {
  const page = await opened();
  const quoted = (): number => byRole("button", "Cancel reply").length;
  await choose(/Why/, "Reply");
  press(box(), "ArrowUp");
  await settled();
  await type(box(), "Because it must");
  press(box(), "Enter");
  await settled();
  expect([box().getAttribute("aria-label"), quoted()]).toEqual(["Message to Ana Sousa", 1]);
  await type(box(), "See the book");
  await choose(/Because/, "Edit");
  press(box(), "Escape");
  await settled();
  expect([box().value, quoted()]).toEqual(["See the book", 1]);
  press(box(), "Enter");
  expect(page.last("send")).toMatchObject({ text: "See the book", replyTo: 1 });
});

test("an edit outlives a window that is put aside", async () => {
  const page = await opened();
  await choose(/Because/, "Edit");
  await type(box(), "Because it must");
  await page.tell(dock(windowOf(ana, { state: "minimised" })));
  await page.tell(dock(windowOf(ana)));
  expect([box().getAttribute("aria-label"), box().value]).toEqual(["Edit message", "Because it must"]);
});

test("what is answered belongs to the draft: it is kept with it, comes back with it, and goes with it", async () => {
  const page = await opened();
  const quoted = (): number => byRole("button", "Cancel reply").length;
  await choose(/Why/, "Reply");
  expect(page.last("draft")).toEqual({ kind: "draft", conversation: "1-2", text: "", replyTo: 1 });
  await type(box(), "Becau");
  expect(page.last("draft")).toEqual({ kind: "draft", conversation: "1-2", text: "Becau", replyTo: 1 });
  await page.tell(dock());
  expect(page.last("draft")).toMatchObject({ text: "Becau", replyTo: 1 });

  document.body.replaceChildren();
  const next = await opened([hers, mine], { draft: "Becau", draftReplyTo: 1 });
  expect([box().value, quoted()]).toEqual(["Becau", 1]);
  expect(next.last("draft")).toBeUndefined();
  press(box(), "Escape");
  await settled();
  expect(next.last("draft")).toEqual({ kind: "draft", conversation: "1-2", text: "Becau" });
  await choose(/Why/, "Reply");
  press(box(), "Enter");
  await settled();
  expect(next.last("send")).toMatchObject({ text: "Becau", replyTo: 1 });
  expect(next.last("draft")).toEqual({ kind: "draft", conversation: "1-2", text: "" });
  await next.tell(dock(windowOf(ana, { draft: "Becau", draftReplyTo: 1 })));
  expect([box().value, quoted()]).toEqual(["", 0]);
});

test("an edit that was not saved is there on the next page, while the draft still waits", async () => {
  const page = await opened([hers, mine], { draft: "later" });
  await choose(/Because/, "Edit");
  await type(one("textbox", "Edit message"), "Because so");
  const edit = { key: mine.key, text: "Because so" };
  expect(page.last("draft")).toMatchObject({ text: "later", edit });

  document.body.replaceChildren();
  const next = await opened([hers, mine], { draft: "later", draftEdit: edit });
  expect((one("textbox", "Edit message") as HTMLTextAreaElement).value).toBe("Because so");
  expect(next.last("draft")).toBeUndefined();
  press(one("textbox", "Edit message"), "Enter");
  await settled();
  expect(next.last("edit")).toMatchObject({ key: mine.key, text: "Because so" });
  expect(next.last("draft")).toEqual({ kind: "draft", conversation: "1-2", text: "later" });
  expect(box().value).toBe("later");
  await next.tell(dock(windowOf(ana, { draft: "later", draftEdit: edit })));
  expect(byRole("textbox", "Edit message"), "what was told before comes late").toEqual([]);
});

test("another message may be edited to the same text on another page", async () => {
  const page = await opened([hers, mine, { ...mine, key: "k2", text: "Because" }], { draftEdit: { key: mine.key, text: "So" } });
  await page.tell(dock(windowOf(ana, { draftEdit: { key: "k2", text: "So" } })));
  one("button", "Save").click();
  await settled();
  expect(page.last("edit")).toMatchObject({ key: "k2", text: "So" });
});

test("an edit that changes nothing is no edit on the next page either", async () => {
  const page = await opened([hers, mine], { draftEdit: { key: mine.key, text: mine.text } });
  press(one("textbox", "Edit message"), "Enter");
  await settled();
  expect(page.last("edit")).toBeUndefined();
  expect(page.last("draft")).toMatchObject({ text: "" });
});

test("another page's draft brings its quote, but not over what is being written here", async () => {
  const page = await opened();
  const quoted = (): number => byRole("button", "Cancel reply").length;
  await page.tell(dock(windowOf(ana, { draft: "Yes", draftReplyTo: 1 })));
  expect([box().value, quoted()]).toEqual(["Yes", 1]);
  await type(box(), "Yes, but");
  await page.tell(dock(windowOf(ana, { draft: "No" })));
  expect([box().value, quoted()]).toEqual(["Yes, but", 1]);
});

test("an answer that was refused comes back with what it answers", async () => {
  const page = await opened([hers, { key: "k", seq: 0, mine: true, text: "kept", replyTo: 1, delivery: "failed", failure: "rate_limited" }]);
  one("button", "Remove").click();
  await settled();
  expect(box().value).toBe("kept");
  expect(page.last("draft")).toEqual({ kind: "draft", conversation: "1-2", text: "kept", replyTo: 1 });
});

test("an answer to what is not there any more is not tried again as it is: its text can be copied or written anew", async () => {
  const failed: Partial<MessageView> = { key: "k", seq: 0, mine: true, text: "kept", replyTo: 1, delivery: "failed", failure: "no_such_message" };
  const page = await opened([hers, failed]);
  expect(byRole("button", "Try again")).toEqual([]);
  one("button", "Copy text").click();
  await settled();
  expect([copied, said()]).toEqual([["kept"], ["The message is copied."]]);
  one("button", "Remove").click();
  await settled();
  expect([box().value, byRole("button", "Cancel reply").length]).toEqual(["kept", 0]);
  press(box(), "Enter");
  expect(page.last("send")).toEqual({ kind: "send", conversation: "1-2", text: "kept" });
});

test("an edit that leaves nothing asks whether to delete, one that is too long is refused", async () => {
  const page = await opened();
  await choose(/Because/, "Edit");
  await type(box(), "x".repeat(4097));
  press(box(), "Enter");
  expect(reading()).toContain("Too long by 1 character");
  await type(box(), " \u200B");
  press(box(), "Enter");
  await settled();
  expect(one("status", /Do you want to delete the message\?/)).toBeDefined();
  expect(page.last("edit")).toBeUndefined();
  await type(box(), "x");
  expect(byRole("status", /Do you want to delete/)).toEqual([]);
  await type(box(), "");
  press(box(), "Enter");
  await settled();
  one("button", "Delete").click();
  await settled();
  expect(page.last("delete")).toEqual({ kind: "delete", conversation: "1-2", key: "k1" });
  expect(box().getAttribute("aria-label")).toBe("Message to Ana Sousa");
});

test("a refused edit says why and keeps what was written; it can be written again or forgotten", async () => {
  const failed = { state: "failed", text: "Because <b>it</b> must", failure: "rate_limited" } as const;
  const page = await opened([{ ...mine, edit: failed }]);
  expect(reading()).toContain("This change was not saved. That was too fast.");
  expect(reading()).toContain("Because <b>it</b> must");
  one("button", "Edit again").click();
  await settled();
  expect(box().value).toBe("Because <b>it</b> must");
  press(box(), "Enter");
  expect(page.last("edit")?.text).toBe("Because <b>it</b> must");
  one("button", "Dismiss").click();
  expect(page.last("dismiss")).toEqual({ kind: "dismiss", conversation: "1-2", key: "k1" });
  await page.tell(talk([{ ...mine, editableUntil: 1, edit: { ...failed, failure: "too_late" } }]));
  expect(reading()).toContain("The time in which it could be edited is over.");
  expect(byRole("button", "Edit again")).toEqual([]);
});

test("a deletion is said once and hides the message, with Undo under the focus; then a stub says who did it", async () => {
  const page = await opened();
  const put = async (more: Partial<MessageView>): Promise<void> => {
    const message = { key: "k1", seq: 2, sender: 1, mine: true, text: "Because it is", sentAt: 1_700_000_001_000, ...more };
    await page.tell({ kind: "changed", change: { conversation: "1-2", put: [message] } });
  };
  await choose(/Because/, "Delete");
  expect(page.last("delete")).toEqual({ kind: "delete", conversation: "1-2", key: "k1" });
  await put({ deleting: true });
  expect(reading()).not.toContain("Because it is");
  expect(one("status", /^Message deleted\s+Undo$/).contains(focused())).toBe(true);
  expect(said()).toEqual(["Message deleted. You can undo this for 5 seconds."]);
  one("button", "Undo").click();
  expect(page.last("undelete")).toEqual({ kind: "undelete", conversation: "1-2", key: "k1" });
  await put({});
  expect(focused()).toBe(article(/Because/));
  await put({ deleting: true });
  one("button", "Undo").focus();
  await put({ text: null, deletedBy: "me" });
  expect(focused()).toBe(article(/^You, .*: Message deleted by you$/));
  expect(byRole("status", /Undo/)).toEqual([]);
});

test("a stub says who deleted it, an erased message says no name", async () => {
  await opened([{ text: null, deletedBy: "author" }, { text: null, deletedBy: "moderator" }, { text: null }]);
  expect(articles().map((one) => one.querySelector(".bubble")?.textContent)).toEqual([
    "Message deleted by Ana Sousa",
    "Message deleted by a moderator",
    "Message deleted",
  ]);
});

test("what the person did stays said when its own change comes; what somebody wrote does not", async () => {
  const page = await opened();
  await page.tell({ kind: "arrived", conversation: "1-2", sender: 2, from: "Ana Sousa", text: "Why?", count: 1 });
  await choose(/Because/, "Delete");
  await page.tell({ kind: "retracted", conversation: "1-2" });
  expect(said()).toEqual(["Message deleted. You can undo this for 5 seconds."]);
});

test("what others edit or delete is not announced", async () => {
  const page = await opened();
  const message = { key: "m0", seq: 1, sender: 2, mine: false, sentAt: 1_700_000_000_000 };
  await page.tell({ kind: "changed", change: { conversation: "1-2", put: [{ ...message, text: "Why?", edited: true }] } });
  expect(reading()).toContain("Why?");
  await page.tell({ kind: "changed", change: { conversation: "1-2", put: [{ ...message, text: null, deletedBy: "author" }] } });
  expect(said()).toEqual([]);
});

test("an answer names its message, says whom it answers, and can be had without", async () => {
  const page = await opened();
  await choose(/zero/, "Reply");
  expect(focused()).toBe(box());
  expect(reading()).toContain("Replying to Ana Sousa Why is it zero?");
  one("button", "Cancel reply").click();
  await settled();
  expect(byRole("button", "Cancel reply")).toEqual([]);
  await choose(/zero/, "Reply");
  await type(box(), "See the book");
  press(box(), "Enter");
  await settled();
  expect(page.last("send")).toEqual({ kind: "send", conversation: "1-2", text: "See the book", replyTo: 1 });
  await type(box(), "And again");
  press(box(), "Enter");
  expect(page.last("send")).toEqual({ kind: "send", conversation: "1-2", text: "And again" });
  await choose(/Because/, "Reply");
  expect(reading()).toContain("Replying to yourself");
  expect(press(box(), "Escape").defaultPrevented).toBe(true);
  await settled();
  expect([byRole("button", "Cancel reply"), page.last("minimise")]).toEqual([[], undefined]);
});

test("a quote follows its message, as text, and leads to it", async () => {
  const page = await opened([{ text: "<img src=x onerror=alert(1)>" }, { ...mine, replyTo: 1 }]);
  const quote = one("button", /^In reply to Ana Sousa/);
  expect(quote.textContent).toContain("<img src=x onerror=alert(1)>");
  expect(quote.querySelector("img")).toBeNull();
  quote.click();
  await settled();
  expect(focused()).toBe(article(/^Ana/));
  expect(article(/^Ana/).classList.contains("found")).toBe(true);
  const changed = { key: "m0", seq: 1, sender: 2, mine: false, text: "Why?", sentAt: 1_700_000_000_000 };
  await page.tell({ kind: "changed", change: { conversation: "1-2", put: [changed] } });
  expect(one("button", /^In reply to Ana Sousa/).textContent).toContain("Why?");
  await page.tell({ kind: "changed", change: { conversation: "1-2", put: [{ ...changed, text: null, deletedBy: "author" }] } });
  expect(one("button", /^In reply to Ana Sousa/).textContent).toContain("Message deleted by Ana Sousa");
  expect(page.last("quote")).toBeUndefined();
});

test("a message far above is asked for once, and the page goes there", async () => {
  const page = await opened([{ seq: 300, text: "As I said", replyTo: 7 }, { seq: 301, text: "Again", replyTo: 7 }]);
  expect(page.commands().filter(({ kind }) => kind === "quote")).toEqual([{ kind: "quote", conversation: "1-2", seq: 7 }]);
  const old: MessageView = { key: "seq:7", seq: 7, sender: 2, mine: false, text: "The rule", sentAt: 1_600_000_000_000 };
  await page.tell({ kind: "quoted", conversation: "1-2", seq: 7, message: old });
  expect(byRole("button", /^In reply to Ana Sousa.*The rule/s)).toHaveLength(2);
  await page.tell({ kind: "quoted", conversation: "1-2", seq: 7, message: { ...old, text: "The better rule" } });
  byRole("button", /The better rule/)[0]?.click();
  await settled();
  const asked = page.last("page");
  expect(asked).toMatchObject({ conversation: "1-2", asked: "after", seq: 0 });
  const messages = Array.from({ length: 50 }, (_, at) => ({ ...old, key: `seq:${at + 1}`, seq: at + 1, text: at === 6 ? "The better rule" : `m${at}` }));
  await page.tell({ kind: "page", page: { conversation: "1-2", request: asked!.request, messages, more: true } });
  expect(focused()).toBe(article(/The better rule/));
  expect(byRole("button", "Show newer messages")).toHaveLength(1);
});

test("a quote follows its message also where the core tells only that old messages have changed", async () => {
  const page = await opened([{ seq: 300, text: "As I said", replyTo: 7 }]);
  const old: MessageView = { key: "seq:7", seq: 7, sender: 2, mine: false, text: "The rule", sentAt: 1_600_000_000_000 };
  await page.tell({ kind: "quoted", conversation: "1-2", seq: 7, message: old });
  await page.tell({ kind: "rewritten", conversation: "1-2", messages: [{ ...old, text: null, deletedBy: "author" }] });
  expect(reading()).not.toContain("The rule");
  expect(one("button", /^In reply to Ana Sousa/).textContent).toContain("Message deleted by Ana Sousa");
});

test("a quoted message that does not come is told of, and one that is not kept leads nowhere", async () => {
  const page = await opened([{ seq: 300, replyTo: 7 }, { seq: 301, replyTo: 8 }]);
  await page.tell({ kind: "quoted", conversation: "1-2", seq: 8, message: null });
  expect(reading()).toContain("This message is not kept any more");
  const quotes = byRole("button", /^In reply to/);
  expect(quotes).toHaveLength(1);
  quotes[0]?.click();
  await page.tell({ kind: "page", page: { conversation: "1-2", request: page.last("page")!.request, messages: null, more: false } });
  expect(one("alert", /That message cannot be shown now/)).toBeDefined();
});

test("messages that have changed far above are replaced where they are shown", async () => {
  const page = await opened([{ seq: 300, text: "Now" }]);
  await page.tell(talk([{ seq: 299, text: "Before" }, { seq: 300, text: "Now" }], { older: true }));
  await page.tell({ kind: "rewritten", conversation: "1-2", messages: [{ key: "m0", seq: 299, sender: 2, mine: false, text: "Before, edited", sentAt: 1, edited: true }] });
  expect(reading()).toContain("Before, edited");
});

test("what was begun with a message is gone with what the page shows", async () => {
  const page = await opened();
  await choose(/Because/, "Edit");
  await page.tell({ kind: "emptied" });
  expect(reading()).not.toContain("Because");
  await page.tell(dock(windowOf(ana)), talk([hers, mine]));
  expect([box().getAttribute("aria-label"), box().value]).toEqual(["Message to Ana Sousa", ""]);
});
