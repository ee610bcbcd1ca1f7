// What Moodle reads besides PHP: XML that defines tables, templates, pictures, styles.
import assert from "node:assert/strict";
import { test } from "node:test";
import { filesOf, read, run } from "./plugin.mjs";

const files = filesOf("moodle/block_gchat");

test("every XML and SVG file is well-formed", () => {
  const documents = files.filter((path) => /\.(xml|svg)$/.test(path));
  assert.ok(documents.length > 0);
  const program = "foreach (array_slice($argv, 1) as $path) { if (!(new DOMDocument())->load($path, LIBXML_NONET)) { exit(1); } }";
  const { code, out } = run("php", ["-d", "xdebug.mode=off", "-d", "display_errors=stderr", "-r", program, "--", ...documents]);
  assert.equal(code, 0, out);
});

test("the tables are as Moodle wants them", () => {
  const source = read("moodle/block_gchat/db/install.xml");
  const names = (kind, text) => [...text.matchAll(new RegExp(`<${kind} NAME="([^"]+)"`, "g"))].map(([, name]) => name);
  for (const [table, body] of [...source.matchAll(/<TABLE [\s\S]*?<\/TABLE>/g)].map(([text]) => [names("TABLE", text)[0], text])) {
    assert.match(table, /^block_gchat(_[a-z]+)*$/, "a table is named after its plugin");
    assert.ok(table.length <= 28, `${table} is longer than the 28 characters that Moodle 4.5 has for a table`);
    const fields = names("FIELD", body);
    assert.equal(fields[0], "id", `${table}: the first field is id`);
    assert.match(body, /<FIELD NAME="id" TYPE="int" LENGTH="\d+" NOTNULL="true" SEQUENCE="true"\/>/, table);
    assert.match(body, /<KEY NAME="primary" TYPE="primary" FIELDS="id"\/>/, table);
    for (const field of fields) assert.match(field, /^[a-z][a-z_]{0,62}$/, `${table}.${field}`);
    for (const [, list] of body.matchAll(/<(?:KEY|INDEX) [^>]*?\bFIELDS="([^"]+)"/g)) {
      for (const field of list.split(/,\s*/)) assert.ok(fields.includes(field), `${table} has no field ${field}`);
    }
  }
});

test("every template names itself and shows an example that can be read", () => {
  const templates = files.filter((path) => path.endsWith(".mustache"));
  assert.ok(templates.length > 0);
  for (const path of templates) {
    const source = read(path);
    const name = /templates\/(.*)\.mustache$/.exec(path)[1];
    assert.ok(source.includes(`@template block_gchat/${name}\n`), `${path}: @template`);
    const example = /Example context \(json\):\s*(\{[\s\S]*?\})\s*\n\}\}/.exec(source);
    assert.ok(example, `${path}: Example context (json)`);
    assert.doesNotThrow(() => JSON.parse(example[1]), path);
    assert.doesNotMatch(source.replace(/\{\{![\s\S]*?\}\}/g, ""), /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/, `${path}: inline CSS or JS`);
  }
});

test("the styles work in both directions of writing", () => {
  const css = read("moodle/block_gchat/styles.css").replace(/\/\*[\s\S]*?\*\//g, "");
  assert.doesNotMatch(css, /\b(left|right)\b|(?:margin|padding|border)-(?:top|bottom)|!important/);
  assert.doesNotMatch(css, /[^-\w](?:#[0-9a-f]{3,8}|rgb|hsl)\b(?![^;]*\))/i, "a colour is the theme's: var(--bs-x, var(--x, fallback))");
});

test("nothing was left behind by a machine", () => {
  for (const path of files.filter((name) => !/\.(map|js)$/.test(name))) {
    const source = read(path);
    assert.doesNotMatch(source, /\r|\t/, `${path}: tabs or carriage returns`);
    assert.ok(source.endsWith("\n") && !source.endsWith("\n\n"), `${path}: one newline at the end`);
  }
});
