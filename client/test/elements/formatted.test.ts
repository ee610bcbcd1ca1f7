// @vitest-environment jsdom
// A message's text in the log: which elements may come of it, what is folded, what can be copied, and its words elsewhere.
import fc from "fast-check";
import { render } from "lit";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { mentionSpans } from "../../src/elements/mentions.js";
import { lineNodes, partNodes } from "../../src/elements/nodes.js";
import { formOf, isLong, loadMarkdown, oneLine } from "../../src/elements/plain.js";
import { MOST_LINES } from "../../src/elements/folding.js";
import { Strings } from "../../src/elements/strings.js";
import type { MessageView, WindowView } from "../../src/view.js";
import { PAYLOADS } from "../payloads.js";
import { all, ana, byRole, dock, focused, GROUP, groupOf, me, one, people, press, reading, settled, stage, talk, windowOf, type Stage } from "./stage.js";

const copied: string[] = [];
beforeAll(loadMarkdown);
beforeEach(() => {
  copied.length = 0;
  Object.defineProperty(navigator, "clipboard", { configurable: true, value: { writeText: (text: string) => Promise.resolve(void copied.push(text)) } });
});
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  strong: [], em: [], del: [], code: ["dir"], pre: ["tabindex", "role", "aria-label"], ul: ["dir"], ol: ["dir"], li: ["value"], blockquote: ["dir"], p: [], div: ["class", "dir"],
  a: ["href", "target", "rel", "dir"], span: ["class", "dir"], button: ["class", "aria-label", "title", "tabindex"],
};
const CLASSES = ["words", "code", "language", "host", "mention", "mention me", "quiet"];

/** A text in an element of its own. */
function shown(text: string, whole = true): HTMLElement {
  const place = document.createElement("div");
  const form = formOf(text, (words) => mentionSpans(words, [{ id: 3, name: "Ana Sousa" }]), whole)!;
  const parts = { strings: new Strings("en"), me: 3, current: false, copy: (code: string) => void copied.push(code) };
  render(form.lines === null ? partNodes(form.parts, parts) : lineNodes(form.lines, parts), place);
  // The icon on a button is the chat's own.
  for (const icon of place.querySelectorAll("button > svg.icon")) icon.remove();
  return place;
}

function check(place: HTMLElement): void {
  for (const element of place.querySelectorAll("*")) {
    const attributes = ALLOWED[element.localName];
    expect(attributes, element.localName).toBeDefined();
    expect(element.getAttributeNames().filter((name) => !attributes!.includes(name)), element.localName).toEqual([]);
    if (element.hasAttribute("class")) expect(CLASSES).toContain(element.className);
    if (element.localName !== "a") continue;
    expect(element.getAttribute("rel")).toBe("noopener noreferrer nofollow ugc");
    expect(new URL(element.getAttribute("href") ?? "").protocol).toMatch(/^(https?|mailto):$/);
    expect(element.querySelector("a, button")).toBeNull();
  }
}

/** What of `text` is not in `words`; null where there is something else in it. */
function lost(text: string, words: string): string | null {
  let at = 0;
  let missing = "";
  for (const char of text) {
    if (words.startsWith(char, at)) at += char.length;
    else missing += char;
  }
  return at === words.length ? missing : null;
}

/** Without the addresses that the chat adds. */
function wordsOf(place: HTMLElement): string {
  for (const host of place.querySelectorAll(".host")) host.remove();
  return place.textContent;
}

const WRAPS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `**${text}**`,
  (text) => `_${text}_ ~~${text}~~`,
  (text) => `\`${text}\``,
  (text) => `\`\`\`${text}\n${text}\n\`\`\``,
  (text) => `\`\`\`\n${text}`,
  (text) => `> ${text}\n> > ${text}\n${text}`,
  (text) => `- ${text}\n  1. ${text}\n- ${text}`,
  (text) => `[${text}](https://evil.example/)`,
  (text) => `[click](${text}) ![x](${text})`,
  (text) => `$$${text}$$ \\(${text}\\)`,
];

test("whatever is written, nothing comes of it but what the chat makes, and its words stay", { timeout: 120_000 }, () => {
  const spaceless = (text: string): string => text.replace(/\s/g, "");
  for (const [n, payload] of PAYLOADS.entries()) {
    for (const wrap of WRAPS.filter((_, way) => way === 0 || (n + way) % 4 === 0)) {
      const text = wrap(payload).slice(0, 4096);
      const place = shown(text);
      check(place);
      expect(lost(spaceless(text), spaceless(wordsOf(place))), JSON.stringify(text)).not.toBeNull();
      if (isLong(text)) check(shown(text, false));
    }
  }
  expect("pwned" in globalThis).toBe(false);
});

test("blocks in blocks of anything", () => {
  const line = fc.tuple(fc.constantFrom("", "> ", "- ", "1. ", "  - ", "    2. ", "> > ", "```", "```js", "\\[", "$$", "\t"), fc.constantFrom("", "a **b**", "`c`", "مرحبا", "- x", "```", "\\]", "$$", "> y", "x".repeat(90)));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      const text = lines.map(([mark, words]) => mark + words).join("\n");
      const place = shown(text);
      check(place);
      const missing = lost(text.replace(/\s/g, ""), wordsOf(place).replace(/\s/g, ""));
      expect(missing, text).not.toBeNull();
      expect(missing).toMatch(/^(?:[>*_`\d.-]|js)*$/);
    }),
    { numRuns: 500 },
  );
});

test("lines break where they were written, and each block has its direction", () => {
  expect(shown("a\n\n  **b**\nc ").textContent).toBe("a\n\n  b\nc ");
  const place = shown("مرحبا\n- أهلا\n- b\n> x\n```\ny\n```");
  expect([...place.children].map((element) => [element.localName, element.getAttribute("dir")])).toEqual([["div", "auto"], ["ul", "auto"], ["blockquote", "auto"], ["div", "ltr"]]);
  // An element in it with a direction of its own would not count for the list's.
  expect(place.querySelectorAll("ul [dir], blockquote [dir]")).toHaveLength(0);
});

test("maths is in one piece", () => {
  for (const maths of ["\\(a_1*b*c\\)", "$$\n- x_1\n> *y*\n$$", "\\[\n1. z\n\\]", "$a*b*c$"]) {
    const place = shown(`*so* ${maths} **then**\n- x`);
    const pieces = [...place.querySelectorAll("*")].flatMap((element) => [...element.childNodes]).filter((node) => node instanceof Text);
    expect(pieces.some(({ data }) => data.includes(maths)), maths).toBe(true);
  }
});

test("long code scrolls by the keyboard, short code is no stop", () => {
  const long = shown(`\`\`\`\n${"x".repeat(200)}\n\`\`\``).querySelector("pre");
  expect([long?.tabIndex, long?.getAttribute("role"), long?.getAttribute("aria-label")]).toEqual([0, "group", "Code"]);
  expect(shown("```\nls\n```").querySelector("pre")?.hasAttribute("tabindex")).toBe(false);
});

test("a text of marks alone makes few elements, and a long one is cut", () => {
  for (const text of ["*".repeat(4096), "`".repeat(4096), "> ".repeat(2048), "*a ".repeat(1365), "> ".repeat(2040) + "x", "_*".repeat(2048)]) {
    expect(shown(text).querySelectorAll("*").length, text.slice(0, 8)).toBeLessThan(20);
  }
  const items = shown("- a\n".repeat(1024), false);
  expect(items.querySelectorAll("li").length).toBeLessThanOrEqual(MOST_LINES);
  const depth = (element: Element): number => 1 + Math.max(0, ...[...element.children].map(depth));
  for (const text of ["> ".repeat(2000) + "x", "- ".repeat(2000) + "x", "**a *b ".repeat(30) + "c* d**".repeat(30), Array.from({ length: 60 }, (_, at) => `${"  ".repeat(at)}- *x*`).join("\n")]) {
    expect(depth(shown(text)), text.slice(0, 8)).toBeLessThan(20);
  }
});

test("what is cut is the beginning, and whole where it is wanted", () => {
  expect(["a\n".repeat(20).trim(), "word ".repeat(120)].map(isLong)).toEqual([false, false]);
  const lines = Array.from({ length: 40 }, (_, at) => `line ${at}`).join("\n");
  const words = `**${"word ".repeat(300)}end** more`;
  for (const text of [lines, words, `\`\`\`\n${lines}\n\`\`\``, lines.replace(/^/gm, "> "), lines.replace(/^/gm, "- "), `x\n- ${"word ".repeat(300)}`, `https://a.org/${"x".repeat(1000)}`]) {
    expect(isLong(text), text.slice(0, 20)).toBe(true);
    const [begun, whole] = [shown(text, false).textContent, shown(text).textContent];
    expect(begun.length).toBeLessThan(whole.length * 0.7);
    expect(whole.replace(/\s/g, "").startsWith(begun.replace(/…$/, "").replace(/\s/g, "")), text.slice(0, 20)).toBe(true);
  }
  expect(shown(words, false).textContent).toMatch(/word…$/);
  // What is copied is all of it.
  shown(`\`\`\`\n${lines}\n\`\`\``, false).querySelector("button")?.click();
  expect(copied).toEqual([lines]);
});

test("one line has the words without the marks", () => {
  expect(oneLine("**Look**, _this_ is `x_y`: [notes](https://a.org)\n\n> quoted\n- one\n- two")).toBe("Look, this is x_y: notes quoted one two");
  expect(oneLine("3. a\n4. b")).toBe("3. a 4. b");
  expect(oneLine("```js\nlet *a*\n```")).toBe("let *a*");
  expect(oneLine("  2 * 3 * 4, \\(a_1\\) and snake_case  ")).toBe("2 * 3 * 4, \\(a_1\\) and snake_case");
  expect(oneLine("so **this goes on and", "end")).toBe("so this goes on and");
  expect(oneLine("and this ends** so, _there_ it `goes", "ends")).toBe("and this ends so, there it goes");
  expect(oneLine("so **this goes on and")).toBe("so **this goes on and");
});

const articles = (): HTMLElement[] => all().filter((element) => element.localName === "article");
const bubbles = (): HTMLElement[] => all().filter((element) => element.matches(".bubble"));
const said = (): string[] => all().filter((element) => element.matches("[aria-live=polite] p")).map(({ textContent }) => textContent);

async function opened(messages: Partial<MessageView>[], window: Partial<WindowView> = {}): Promise<Stage> {
  const page = await stage();
  await page.tell(dock(windowOf(ana, window)), talk(messages));
  return page;
}

test("code in a message is copied by its button, as it was written", async () => {
  await opened([{ text: "Try **this**:\n```python\ndef f(*a):\n    return a\n```" }]);
  expect(bubbles()[0]?.querySelector("strong")?.textContent).toBe("this");
  expect(bubbles()[0]?.querySelector("pre > code")?.textContent).toBe("def f(*a):\n    return a");
  one("button", "Copy code").click();
  await settled();
  expect(copied).toEqual(["def f(*a):\n    return a"]);
  expect(said()).toContain("The code is copied.");
});

test("Copy and Edit give the source", async () => {
  const text = "**bold** `code`\n- a";
  await opened([{ key: "k1", mine: true, text, editableUntil: Date.now() + 600_000 }]);
  const chooses = async (verb: string): Promise<void> => {
    articles()[0]?.querySelector<HTMLElement>("[aria-label='Message actions']")?.click();
    await settled();
    one("menuitem", verb).click();
    await settled();
  };
  await chooses("Copy");
  expect(copied).toEqual([text]);
  await chooses("Edit");
  expect((one("textbox", "Edit message") as HTMLTextAreaElement).value).toBe(text);
});

test("a long text is shown by its beginning, and all of it by a button of the keyboard's stop", async () => {
  const text = Array.from({ length: 60 }, (_, at) => `line ${at}.`).join("\n");
  await opened([{ text: "short" }, { text }]);
  expect(reading()).not.toContain("line 59.");
  expect(byRole("button", "Show more")).toHaveLength(1);
  const more = one("button", "Show more");
  expect([more.getAttribute("aria-expanded"), more.tabIndex, more.closest(".bubble")]).toEqual(["false", 0, null]);
  more.focus();
  more.click();
  await settled();
  expect(reading()).toContain("line 59.");
  const less = one("button", "Show less");
  expect([less.getAttribute("aria-expanded"), focused()]).toEqual(["true", less]);
  press(less, "Enter");
  less.click();
  await settled();
  expect(reading()).not.toContain("line 59.");
  expect(focused()).toBe(one("button", "Show more"));
});

test("people are mentioned within marks, emoji alone stay large, and what fails or is gone is as before", async () => {
  const page = await stage();
  await page.tell(dock(groupOf()), people(GROUP, me, ana), talk([
    { sender: 2, text: "**@Rui Costa** and `@Rui Costa`", mentions: [1] },
    { sender: 2, text: "🎉" },
    { sender: 2, text: null },
    { key: "f", mine: true, sender: 1, text: "- lost", delivery: "failed", failure: "bad_text" },
  ], { conversation: GROUP }));
  const [mention, emoji, gone, failed] = bubbles();
  expect([...mention!.querySelectorAll(".mention.me")].map((element) => element.parentElement?.localName)).toEqual(["strong"]);
  expect([emoji?.className, emoji?.localName]).toEqual(["bubble clipped large", "p"]);
  expect(gone?.className).toBe("bubble erased");
  expect([failed?.className, failed?.querySelector("li")?.textContent]).toEqual(["bubble failed blocks", "lost"]);
});

test("quotes and what is said aloud have plain words", async () => {
  const page = await opened([{ seq: 1, text: "**Why** is `det(a)` zero?\n- _really_" }, { seq: 2, text: "So", replyTo: 1 }]);
  const quote = all().find((element) => element.matches(".quote .few"));
  expect(quote?.textContent).toBe("Why is det(a) zero? really");
  await page.tell({ kind: "arrived", conversation: ana.conversation, sender: 2, from: "Ana Sousa", text: "**Look** at `this`", count: 1 });
  expect(said()).toContain("Ana Sousa says: Look at this");
});
