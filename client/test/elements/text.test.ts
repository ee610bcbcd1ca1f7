// @vitest-environment jsdom
/**
 * Any text becomes the same text, and at most links that may be there. A moment of it in every run of the tests;
 * `make fuzz` sets FUZZ_SECONDS for the long form. SEED replays a run.
 */
import { render } from "lit";
import { beforeAll, expect, test } from "vitest";
import { loadLinks, textNodes } from "../../src/elements/text.js";

const INPUTS = 300;
const ATTRIBUTES = ["href", "target", "rel", "dir"];

/** What texts are put together from: addresses, markup, and characters that parsers trip over. */
const PIECES = [
  "https://moodle.example/a?b=c&d=%20#e", "http://", "HTTP://A.B", "https:", "//moodle.example", "www.moodle.example",
  "ana@moodle.example", "mailto:ana@moodle.example?subject=x", "mailto:", "javascript:alert(1)", "JaVaScRiPt\t:alert(1)//",
  "java\nscript:alert(1)", "data:text/html,<b>x</b>", "vbscript:x", "file:///etc/passwd", "ftp://moodle.example/",
  "blob:https://a.b/c", "https://a.b\"onmouseover=alert(1)//", "https://a.b/'><img src=x onerror=alert(1)>",
  "<script>alert(1)</script>", "<a href=\"javascript:alert(1)\">", "</p>", "<!--", "-->", "<![CDATA[", "&lt;", "&#x6a;",
  "{{x}}", "${x}", "<?lit$123$?>", "lit$", "?lit$", "<svg/onload=alert(1)>", "https://user:pass@a.b:99999/",
  "https://[::1]/", "https://xn--80ak6aa92e.com", "https://аррӏе.com", "localhost:8080", "a.b", "1.2.3.4", "x.museum",
  "\u0000", "\u0001", "\n", "\r\n", "\t", " ", "\u00a0", "\u200b", "\u200d", "\u202e", "\u2028", "\ufeff", "\ufffd",
  "\ud83d", "\ude00", "😀", "👩‍👩‍👧", "🇵🇹", "e\u0301", "ß", "İ", "ﷺ", "שלום", "(", ")", "[", "]", "<", ">", "\"", "'", "`", "\\",
  "/", "?", "#", "@", ":", ".", ",", "%", "%00", "%zz", "Olá", "0",
];

/** Numbers below `most` drawn from a seed (mulberry32). */
function drawn(seed: number): (most: number) => number {
  let state = seed >>> 0;
  return (most) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
}

function textOf(draw: (most: number) => number): string {
  let text = "";
  for (let parts = 1 + draw(8); parts > 0; parts -= 1) {
    const kind = draw(10);
    if (kind === 0) text += String.fromCharCode(...Array.from({ length: 1 + draw(6) }, () => draw(0x10000)));
    else if (kind === 1) text = text.slice(0, draw(text.length + 1));
    else if (kind === 2) text += text.slice(draw(text.length + 1)).slice(0, 200);
    else text += PIECES[draw(PIECES.length)] ?? "";
  }
  return text.slice(0, 4096);
}

function check(text: string, place: HTMLElement): void {
  render(textNodes(text), place);
  expect(place.textContent).toBe(text);
  for (const element of place.querySelectorAll("*")) {
    expect(element.localName).toBe("a");
    expect(element.children).toHaveLength(0);
    expect(element.getAttributeNames().filter((name) => !ATTRIBUTES.includes(name))).toEqual([]);
    expect(element.getAttribute("rel")).toBe("noopener noreferrer nofollow ugc");
    expect(new URL(element.getAttribute("href") ?? "").protocol).toMatch(/^(https?|mailto):$/);
    // Or none: jsdom's own parser refuses some hosts that Node's and the browsers' take.
    expect((element as HTMLAnchorElement).protocol).toMatch(/^(https?|mailto)?:$/);
  }
}

beforeAll(loadLinks);

test("links are made of addresses, and of nothing else", () => {
  const place = document.createElement("p");
  const links = (text: string) => {
    render(textNodes(text), place);
    return [...place.querySelectorAll("a")].map((link) => link.getAttribute("href"));
  };
  expect(links("see www.moodle.org, or ana@moodle.org")).toEqual(["https://www.moodle.org", "mailto:ana@moodle.org"]);
  expect(links("javascript:alert(1) data:text/html,x vbscript:x file:///x ftp://moodle.org/x")).toEqual([]);
});

test("any text stays that text, whatever it looks like", { timeout: 3_600_000 }, () => {
  const seed = Number(process.env["SEED"]) || Math.floor(Math.random() * 2 ** 32);
  const long = Number(process.env["FUZZ_SECONDS"]) || 0;
  const ends = Date.now() + long * 1000;
  const draw = drawn(seed);
  const place = document.createElement("p");
  let inputs = 0;
  for (; long > 0 ? Date.now() < ends : inputs < INPUTS; inputs += 1) {
    const text = textOf(draw);
    try {
      check(text, place);
    } catch (error) {
      throw new Error(`SEED=${seed}, input ${inputs}: ${JSON.stringify(text)}`, { cause: error });
    }
  }
  process.stdout.write(`text: SEED=${seed}, ${inputs} inputs\n`);
});

/** The links of a text, as they are shown. */
function links(text: string): string[] {
  const place = document.createElement("div");
  render(textNodes(text), place);
  expect(place.textContent).toBe(text);
  return [...place.querySelectorAll("a")].map((element) => element.textContent);
}

test("only what has a scheme or www. is a link, and mail addresses", () => {
  expect(links("see file.py, example.com, a.b/c and 1.2.3.4 or main.rs")).toEqual([]);
  expect(links("http://a.org www.b.org HTTPS://C.ORG/d ana@e.org mailto:f@g.org")).toEqual([
    "http://a.org", "www.b.org", "HTTPS://C.ORG/d", "ana@e.org", "mailto:f@g.org",
  ]);
});

test("a link ends where the punctuation of its script ends it", () => {
  const address = "https://example.com/a";
  for (const after of ["。次に", "、と", "，再", "」と", "）。", "！", "？", "：", "،ثم", "؟", "۔", "؛", "। फिर", "»", "“x”", "…", "　次", "・b"]) {
    expect(links(`${address}${after}`), after).toEqual([address]);
  }
  expect(links(`（${address}）`)).toEqual([address]);
  expect(links(`${address}。https://example.org/b、www.c.org`)).toEqual([address, "https://example.org/b", "www.c.org"]);
});

test("what belongs to an address stays in it", () => {
  for (const address of [
    "https://ja.wikipedia.org/wiki/東京",
    "https://ca.wikipedia.org/wiki/Paral·lel",
    "https://en.wikipedia.org/wiki/A–B_(C)",
    "https://example.com/l’eau?x=a_b#c-d",
    "https://bücher.example/ä",
  ]) {
    expect(links(`${address}.`), address).toEqual([address]);
  }
});
