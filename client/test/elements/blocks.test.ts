// What a text consists of: lines, code, quotations and lists, and what only looks like them.
import { expect, test } from "vitest";
import { blocksOf, DEEPEST, type Block } from "../../src/elements/blocks.js";

/** In short: lines as a text, code as `lang: text`, quotations and lists as what is in them. */
function told(blocks: readonly Block[]): unknown[] {
  return blocks.map((block) => {
    if (block.kind === "text") return block.units.join("\n");
    if (block.kind === "code") return { code: block.text, ...(block.language === "" ? {} : { language: block.language }) };
    if (block.kind === "quote") return { quote: told(block.blocks) };
    return block.ordered
      ? { numbered: block.items.map((item) => [item.value, ...told(item.blocks)]) }
      : { list: block.items.map((item) => told(item.blocks)) };
  });
}

const of = (text: string): unknown[] => told(blocksOf(text));

test("what is no block is text as it was written", () => {
  for (const text of [
    "1. ", "1.", "-", "- ", "*", "* * *", "---", "- - -", ">", "> ", ">_<", ">:(", ">>> print(1)", ">=5", "->", "-5", "1.5 kg", "2024. A year", "007. Bond",
    "a) one\nb) two", "1) one", "+ 5", "# heading", "a | b\n|---|", "    four spaces", "\tx", "```", "``````", "``` a b", "x ```y", "a\n\n\nb", "~~~\nx\n~~~",
    "$$\n- a\n> b\n$$", "see \\[\n- x_1\n\\] there", "\\(\n1. x\n\\)", "$$",
  ]) expect(of(text), text).toEqual([text]);
});

test("code is between fences, and nothing in it counts", () => {
  const code = "if a > b:\n\n    *x* = `1`\n- y\n> z";
  expect(of(`\`\`\`\n${code}\n\`\`\``)).toEqual([{ code }]);
  expect(of(`Look:\n\`\`\`python\n${code}\n\`\`\`\nThere`)).toEqual(["Look:", { code, language: "python" }, "There"]);
  expect(of("```c++\nint x;\n```")).toEqual([{ code: "int x;", language: "c++" }]);
  expect(of("````\n```\nx\n```\n````")).toEqual([{ code: "```\nx\n```" }]);
  expect(of("```\n  indented\n```")).toEqual([{ code: "  indented" }]);
});

test("fences are found where people put them", () => {
  expect(of("```npm run check```")).toEqual([{ code: "npm run check" }]);
  expect(of("```\nfoo\nbar```\nz")).toEqual([{ code: "foo\nbar" }, "z"]);
  expect(of("```foo\n```")).toEqual([{ code: "foo" }]);
  expect(of("```int x; int y;\nint z;\n```")).toEqual([{ code: "int x; int y;\nint z;" }]);
  expect(of("```\nx\n``` and so on")).toEqual([{ code: "x" }, "and so on"]);
  expect(of("```\n\n```")).toEqual(["```\n\n```"]);
});

test("code that is not closed goes on to the end", () => {
  expect(of("a\n```js\nlet b\n\nc")).toEqual(["a", { code: "let b\n\nc", language: "js" }]);
  expect(of("``` a b\nc")).toEqual(["``` a b\nc"]);
  expect(of("``` a b\n```js\nc")).toEqual(["``` a b", { code: "c", language: "js" }]);
});

test("a quotation has the lines with its mark, and no answer", () => {
  expect(of("> q\n> r\nanswer")).toEqual([{ quote: ["q\nr"] }, "answer"]);
  expect(of("> a\n>\n> b")).toEqual([{ quote: ["a\n\nb"] }]);
  expect(of("> > one\n> two\n>> three")).toEqual([{ quote: [{ quote: ["one"] }, "two", { quote: ["three"] }] }]);
  expect(of("> ```\n> x\n> ```\n> - y")).toEqual([{ quote: [{ code: "x" }, { list: [["y"]] }] }]);
});

test("lists, in lists, in any script", () => {
  expect(of("Buy:\n- a\n* b\n• c\nThanks")).toEqual(["Buy:", { list: [["a"], ["b"], ["c"]] }, "Thanks"]);
  expect(of("- 第一\n- 第二")).toEqual([{ list: [["第一"], ["第二"]] }]);
  expect(of("- مرحبا\n  - أهلا\n- שלום")).toEqual([{ list: [["مرحبا", { list: [["أهلا"]] }], ["שלום"]] }]);
  expect(of("- a\n\n- b\n\n\n- c\n\nd")).toEqual([{ list: [["a"], ["b"], ["c"]] }, "d"]);
  expect(of("- a\n  more\n\n  still\n- b")).toEqual([{ list: [["a\nmore\n\nstill"], ["b"]] }]);
  expect(of("1. x\n   ```\n     y\n   ```\n2. z")).toEqual([{ numbered: [[1, "x", { code: "  y" }], [2, "z"]] }]);
  expect(of("1. a\n\t- b\n2. c")).toEqual([{ numbered: [[1, "a", { list: [["b"]] }], [2, "c"]] }]);
});

test("numbers stay as they were written, or count where all are alike", () => {
  expect(of("3. a\n7. b")).toEqual([{ numbered: [[3, "a"], [7, "b"]] }]);
  expect(of("1. a\n1. b\n1. c")).toEqual([{ numbered: [[1, "a"], [2, "b"], [3, "c"]] }]);
  expect(of("0. a")).toEqual([{ numbered: [[0, "a"]] }]);
  expect(of("1. a\n- b")).toEqual([{ numbered: [[1, "a"]] }, { list: [["b"]] }]);
});

test("lines end as they do anywhere", () => {
  expect(of("x\r\n- a\r\n- b\r\ny\rz")).toEqual(["x", { list: [["a"], ["b"]] }, "y\rz"]);
});

test("however deep and however many, it ends", () => {
  const depth = (blocks: readonly Block[]): number =>
    Math.max(0, ...blocks.map((block) => (block.kind === "quote" ? 1 + depth(block.blocks) : block.kind === "list" ? 1 + Math.max(...block.items.map((item) => depth(item.blocks))) : 0)));
  for (const mark of ["> ", "- ", "1. ", "> - "]) expect(depth(blocksOf(`${mark.repeat(800)}x`)), mark).toBeLessThanOrEqual(DEEPEST);
  const steps = Array.from({ length: 80 }, (_, at) => `${"  ".repeat(at)}- x`).join("\n");
  expect(depth(blocksOf(steps))).toBeLessThanOrEqual(DEEPEST);
  const [list] = blocksOf("- a\n".repeat(1024).trim());
  expect(list?.kind === "list" ? list.items.length : 0).toBe(1024);
  for (const line of ["``` a b\n", "```x\n", "$$\n", "\\[ \\( $$\n", "> \n", "- \n", "\n- a\n\n"]) {
    const text = line.repeat(Math.ceil(4096 / line.length)).slice(0, 4096);
    expect(JSON.stringify(blocksOf(text)).length, line).toBeLessThan(200_000);
  }
});
