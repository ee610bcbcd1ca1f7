/**
 * An esbuild plugin that shrinks what esbuild leaves alone: the style sheets in css`…` (minified, as esbuild would a
 * .css file) and the line breaks with their indentation in html`…` (to one space, which renders the same). The source
 * map still leads to the lines as they were written.
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { transform } from "esbuild";
import MagicString from "magic-string";
import ts from "typescript";

export const shrink = {
  name: "shrink templates",
  setup(build) {
    build.onLoad({ filter: /\/src\/(elements|styles)\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const text = new MagicString(source);
      for (const { tag, pieces } of templates(path, source)) {
        const shrunk = tag === "css" ? await minified(pieces.map(({ raw }) => raw)) : pieces.map(({ raw }) => flat(raw));
        pieces.forEach(({ start, end, raw }, index) => {
          if (shrunk[index] !== raw) text.update(start, end, shrunk[index]);
        });
      }
      const map = text.generateMap({ source: basename(path), includeContent: true, hires: true });
      return { contents: `${text.toString()}\n//# sourceMappingURL=${map.toUrl()}`, loader: "ts" };
    });
  },
};

/** The texts of every tagged template, between its `${…}`, with where they stand. */
function templates(path, source) {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    if (ts.isTaggedTemplateExpression(node) && ["css", "html", "svg"].includes(node.tag.getText())) {
      const { template } = node;
      const parts = ts.isNoSubstitutionTemplateLiteral(template)
        ? [template]
        : [template.head, ...template.templateSpans.map((span) => span.literal)];
      found.push({ tag: node.tag.getText(), pieces: parts.map((part) => piece(part, source)) });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Without the backticks, `${` and `}` around it. */
function piece(part, source) {
  const start = part.getStart() + 1;
  const end = part.getEnd() - (source[part.getEnd() - 1] === "`" ? 1 : 2);
  return { start, end, raw: source.slice(start, end) };
}

const flat = (markup) => markup.replace(/\s*\n\s*/g, " ");

/** What is filled in is a value, so a made-up word stands for it meanwhile. */
async function minified(sheet) {
  if (sheet.some((part) => part.includes("\\"))) throw new Error("css`…` with a backslash: shrink.mjs cannot take it");
  const { code } = await transform(sheet.join("filled-in"), { loader: "css", minify: true, charset: "utf8" });
  const parts = code.trim().split("filled-in");
  if (parts.length !== sheet.length) throw new Error("css`…`: only values can be filled in, see shrink.mjs");
  return parts;
}
