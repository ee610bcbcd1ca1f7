// What is inside a line: what marks make, what only looks like marks, and that nothing else of a text is ever changed.
import fc from "fast-check";
import { Tokenizer } from "marked";
import { beforeAll, expect, test, vi } from "vitest";
import { DEEPEST_MARKS, inlinesOf as found, wordsOf, type Inline } from "../../src/elements/markdown.js";
import { MOST_MARKS } from "../../src/elements/marks.js";
import { mentionSpans, type Named } from "../../src/elements/mentions.js";
import { addressesIn, loadLinks } from "../../src/elements/text.js";
import { PAYLOADS } from "../payloads.js";

beforeAll(loadLinks);

const inlinesOf = (text: string, people: readonly Named[]): Inline[] => found(text, { mentions: (words) => mentionSpans(words, people), addresses: addressesIn });

/** In short: what is marked stands in angle brackets behind its kind. */
function told(inlines: readonly Inline[]): string {
  return inlines
    .map((one) => {
      if (one.kind === "text") return one.text;
      const inside = "inside" in one ? told(one.inside) : one.text;
      return one.kind === "link" ? `link<${inside}|${one.href}|${one.host}>` : `${one.kind}<${inside}>`;
    })
    .join("");
}

const of = (text: string): string => told(inlinesOf(text, [{ id: 3, name: "Ana Sousa" }]));

test("what people write for other reasons stays as it is", () => {
  for (const text of [
    "2 * 3 * 4", "2*3*4", "a*b + (c*d)", "2**3**4", "f(**kwargs, **more)", "int *p, *q;", "char **a, **b", "x*y*(z)", "5*, 6*", "(*) foo (*)", "*see below",
    "snake_case_name and other_name", "__init__ and __main__", "_private", "-_-", "^_^ and ^_^", "T_T", ">_<",
    ":-* and :-*", ":* :*", "*_*", "*.*", "*.* and *.*", "*.js, *.ts", "foo/*.js bar/*.ts", "src/**/x/**", "/*c*/ /* d */", ".* and .*", "(.*) or (.*)", "f***ing", "****", "**", "***", "*", "_", "~", "~~", "`", "``",
    "C:\\*\\x and D:\\*\\y", "C:\\dir\\*", "\\\\server\\share", "¯\\_(ツ)_/¯", "\\*not\\*", "2 \\* 3 \\* 4", "\\n and \\t", "\\`x\\`",
    "~/folder and ~/other", "~5 to ~7", "~~~c~~~", "*67#", "*123*456#", "*️⃣ and *️⃣", "5 * 3 *2", "<b>*x*</b>", "&amp; &#106; &lt;b&gt;",
    "[a]", "[a][b]", "[a]: b", "[x] done", "[](x)", "a](b)", "[^1]", "# a", "a | b", "| - | - |", "![]", "!",
  ]) expect(of(text), text).toBe(text);
});

test("bold, italic, struck out and code", () => {
  expect(of("**bold** and *it* _it_ ~~no~~ ~no~ `c*o*de`")).toBe("strong<bold> and em<it> em<it> del<no> del<no> code<c*o*de>");
  expect(of("*a **b _c_** d*")).toBe("em<a strong<b em<c>> d>");
  expect(of("***both***")).toBe("em<strong<both>>");
  expect(of("“*x*”, (**y**), «_z_»: **a**'s, **b**!")).toBe("“em<x>”, (strong<y>), «em<z>»: strong<a>'s, strong<b>!");
  expect(of("*¿Qué?* **tudo bem?**🎉 **🎉**")).toBe("em<¿Qué?> strong<tudo bem?>🎉 strong<🎉>");
  expect(of("`` a`b `` `a`b`c` ` x ` *`y`*")).toBe("code<a`b> code<a>bcode<c> code<x> em<code<y>>");
  expect(of("`C:\\` and `\\`")).toBe("code<C:\\> and code<\\>");
});

test("in scripts without spaces, and from right to left", () => {
  expect(of("这是**重点**内容，还有*这个*。")).toBe("这是strong<重点>内容，还有em<这个>。");
  expect(of("这是**重点。**内容")).toBe("这是strong<重点。>内容");
  expect(of("これは**「大事」**です")).toBe("これはstrong<「大事」>です");
  expect(of("**중요**한 것")).toBe("strong<중요>한 것");
  expect(of("مرحبا **بكم** في _البيت_؟")).toBe("مرحبا strong<بكم> في em<البيت>؟");
});

test("maths is the host's", () => {
  for (const maths of ["$a_1*b_2*c$", "$$\\sum_{i}*x*$$", "\\(a*b*c\\)", "\\[ x_1 * *y* _z_ \\]", "$$\na *b* c\n$$", "\\(`x`\\)", "$f^*$ and $g^*$", "$\\$5*a*b$"]) {
    expect(inlinesOf(maths, []), maths).toEqual([{ kind: "text", text: maths }]);
    expect(of(`**so** ${maths} _there_`), maths).toBe(`strong<so> ${maths} em<there>`);
  }
  expect(of("$5 and $6, *or* $7")).toBe("$5 and $6, em<or> $7");
  expect(of("`$x` *and* `$y`")).toBe("code<$x> em<and> code<$y>");
  expect(of("\\( *open*")).toBe("\\( em<open>");
});

test("addresses keep their stars and lines, and leave those around them", () => {
  expect(of("https://a.org/*x*y* and https://a.org/b_c_d_")).toBe("address<https://a.org/*x*y*> and address<https://a.org/b_c_d_>");
  expect(of("**https://a.org/x** _see https://a.org/y_z_ ~~www.a.org~~")).toBe("strong<address<https://a.org/x>> em<see address<https://a.org/y_z>> del<address<www.a.org>>");
  expect(of("`https://a.org` ana@a.org")).toBe("code<https://a.org> address<ana@a.org>");
});

test("a link says where it leads, unless its name is that", () => {
  expect(of("[the *notes*](https://a.org/n)")).toBe("link<the em<notes>|https://a.org/n|a.org>");
  expect(of("[https://bank.com](https://evil.org/)")).toBe("link<https://bank.com|https://evil.org/|evil.org>");
  expect(of("[bаnk.com](https://bank.com)")).toBe("link<bаnk.com|https://bank.com|bank.com>");
  expect(of("[bank.com](https://bank.com@evil.org/x)")).toBe("link<bank.com|https://bank.com@evil.org/x|evil.org>");
  expect(of("[bank.com](https://bank.com/login) [https://a.org/x](https://a.org/x) [www.b.org](www.b.org)")).toBe(
    "link<bank.com|https://bank.com/login|> link<https://a.org/x|https://a.org/x|> link<www.b.org|https://www.b.org|>",
  );
  expect(of("[write](mailto:a@b.org) [x](https://аррӏе.com/)")).toBe("link<write|mailto:a@b.org|a@b.org> link<x|https://аррӏе.com/|xn--80ak6aa92e.com>");
  expect(of("[x](https://en.wikipedia.org/wiki/A_(b)_c) [y](https://a.org \"a title\")")).toBe(
    "link<x|https://en.wikipedia.org/wiki/A_(b)_c|en.wikipedia.org> link<y|https://a.org|a.org>",
  );
  // No pictures: they would call out.
  expect(of("![plan](https://a.org/x.png)")).toBe("link<plan|https://a.org/x.png|a.org>");
});

test("only http, https and mailto are links", () => {
  for (const address of ["javascript:pwned()", "JaVaScRiPt:pwned()", "data:text/html,x", "vbscript:x", "//evil.org/x", "/x", "x", "#x", "ftp://a.org", "file:///x", "https:evil.org/x", "http://"]) {
    expect(of(`[x](${address}) *y*`), address).toBe(`[x](${address}) em<y>`);
  }
});

test("mentions are marked in marks, and not in code", () => {
  expect(of("**@Ana Sousa** `@Ana Sousa` [@Ana Sousa](https://a.org) @Ana")).toBe("strong<mention<@Ana Sousa>> code<@Ana Sousa> link<mention<@Ana Sousa>|https://a.org|a.org> @Ana");
  expect(told(inlinesOf("*hi* @a_b *c _d", [{ id: 4, name: "a_b *c" }]))).toBe("em<hi> mention<@a_b *c> _d");
});

const PIECES = [
  "*", "**", "***", "_", "__", "~", "~~", "`", "``", "```", "[", "]", "(", ")", "](", "![", "\\", "\\(", "\\)", "\\[", "\\]", "$", "$$", "<", ">", "!", "\"", "'", ".", ",", "-", "/", "=", " ", "  ", "\t", "\n", "a", "b1", "ç",
  "重点", "。", "مرحبا", "🎉", "👩‍👩‍👧", "e\u0301", "\u202e", "\ud83d", "*️⃣", "@Ana Sousa", "https://a.org/b_c*d", "www.a.org", "ana@a.org", "[x](https://a.org)", "](javascript:x)", "<img src=x onerror=pwned()>", "&amp;",
];
const texts = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => pieces.join("")),
  fc.constantFrom(...PAYLOADS).chain((payload) => fc.constantFrom("*", "**", "_", "~~", "`", "> ", "[", "- ").map((mark) => `${mark}${payload}${mark} **x** [${payload}](https://a.org)`)),
);

/** What of `text` is not in `shown`; null where `shown` has something else than it, or in another order. */
function lost(text: string, shown: string): string | null {
  let at = 0;
  let missing = "";
  for (const char of text) {
    if (shown.startsWith(char, at)) at += char.length;
    else missing += char;
  }
  return at === shown.length ? missing : null;
}

test("any text comes out as it went in, without marks", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const inlines = inlinesOf(text, [{ id: 3, name: "Ana Sousa" }]);
      const missing = lost(text, wordsOf(inlines));
      expect(missing, "nothing else is shown").not.toBeNull();
      const flat = (all: readonly Inline[]): Inline[] => all.flatMap((one) => [one, ...("inside" in one ? flat(one.inside) : [])]);
      const found = flat(inlines);
      // What is lost are marks; with links, their addresses too.
      if (!found.some(({ kind }) => kind === "link")) expect(missing).toMatch(/^[*_~` ]*$/);
      for (const one of found) if (one.kind === "link" || one.kind === "address") expect(one.href).toMatch(/^(?:https?|mailto):/i);
      if (found.every(({ kind }) => kind === "text" || kind === "mention" || kind === "address")) expect(missing).toBe("");
    }),
    { numRuns: 2_000 },
  );
});

test("what is marked comes out marked", () => {
  const word = fc.constantFrom("one", "dois", "três", "x²", "重点", "بيت", "a_b", "2*3");
  const marked = fc.oneof(
    word.map((of) => [of, of]),
    word.map((of) => [`**${of}**`, `strong<${of}>`]),
    word.map((of) => [`_${of}_`, `em<${of}>`]),
    word.map((of) => [`~~${of}~~`, `del<${of}>`]),
    word.map((of) => [`\`${of}\``, `code<${of}>`]),
    word.map((of) => [`[${of}](https://a.org/x_y)`, `link<${of}|https://a.org/x_y|a.org>`]),
    word.map((of) => [`\\(${of}*_${of}_*\\)`, `\\(${of}*_${of}_*\\)`]),
  );
  fc.assert(
    fc.property(fc.array(marked, { minLength: 1, maxLength: 12 }), (all) => {
      expect(of(all.map(([text]) => text).join(" "))).toBe(all.map(([, shown]) => shown).join(" "));
    }),
    { numRuns: 500 },
  );
});

test("what is made to last for ever ends soon", () => {
  const steps = vi.spyOn(Tokenizer.prototype, "inlineText");
  const tries = vi.spyOn(Tokenizer.prototype, "emStrong");
  const depth = (all: readonly Inline[]): number => Math.max(0, ...all.map((one) => ("inside" in one ? 1 + depth(one.inside) : 0)));
  const parts = [
    "*", "_", "`", "~", "[", "]", "(", "\\", "$", "*a ", "**a ", "a* ", "_a ", "[a](", "[a](https://b", "*a b*c ", "*a*", "*a* ", "**a*", "`a", "``a` ", "~~a ", "*_", "*_a", "[](", "![", "<a>", "*[a](https://x.y) ", "a**b", "https://a.b/ ",
    "*https://a.b ", "`a` ", "[x](https://a.b) ", "[`", "[\\", "_ ", "*\\", "(*a)", "[[a]", "](", "*重", "重*", "\\(", "\\[a", "$a", "$a$ ", "$$a", "@Ana Sousa ", "*@Ana Sousa* ", " ", "a", "ana@a.b ", "(*重(",
  ];
  for (const part of parts) {
    for (const text of [part.repeat(Math.ceil(4096 / part.length)), `${part.repeat(2000 / part.length)}x${Array.from(part).reverse().join("").repeat(2000 / part.length)}`]) {
      steps.mockClear();
      tries.mockClear();
      const inlines = inlinesOf(text.slice(0, 4096), [{ id: 3, name: "Ana Sousa" }]);
      expect(lost(text.slice(0, 4096), wordsOf(inlines)), part).not.toBeNull();
      expect(depth(inlines), part).toBeLessThanOrEqual(DEEPEST_MARKS);
      expect(steps.mock.calls.length, part).toBeLessThan(20 * MOST_MARKS);
      expect(tries.mock.calls.length, part).toBeLessThan(20 * MOST_MARKS);
    }
  }
});
