// Every text that a person reads is there, in every language, under the id by which it is asked for.
import assert from "node:assert/strict";
import { test } from "node:test";
import { filesOf, read, strings } from "./plugin.mjs";

const LANGUAGES = [...new Set(filesOf("moodle/block_gchat/lang").map((path) => /lang\/(\w+)\//.exec(path)[1]))];
const texts = Object.fromEntries(LANGUAGES.map((language) => [language, strings(language)]));
const english = new Map(texts.en);
/** What the client says, by id: at once, and later. */
const client = (language) => Object.assign({}, ...["", "later/"].map((place) => JSON.parse(read(`client/strings/${place}${language}.json`))));

/** The ids that a source asks this plugin's strings for. */
function asked(source) {
  const id = String.raw`['"]([a-zA-Z][\w:.]*)['"]`;
  const forms = [
    // PHP: get_string('id', 'block_gchat', …), new lang_string('id', 'block_gchat'), moodle_exception('id', 'block_gchat').
    new RegExp(String.raw`(?:get_string|lang_string|moodle_exception)\(\s*${id},\s*['"]block_gchat['"]`, "g"),
    // Templates: {{#str}} id, block_gchat {{/str}}.
    /\{\{#\s*str\s*\}\}\s*([\w:.]+)\s*,\s*block_gchat\b/g,
    // What the privacy API is told of places; of their fields, see composed().
    /'(privacy:metadata:\w+)'/g,
  ];
  return forms.flatMap((form) => [...source.matchAll(form)].map(([, found]) => found));
}

const sources = filesOf("moodle/block_gchat").filter((path) => /\.(php|mustache)$/.test(path) && !path.includes("/lang/"));

/** The ids that nobody writes out: Moodle, or a class of ours, puts them together. */
function composed() {
  const ids = ["pluginname"];
  for (const path of sources) {
    const source = read(path);
    if (path.endsWith("db/access.php")) {
      for (const [, name] of source.matchAll(/'block\/(gchat:\w+)'/g)) ids.push(name);
    }
    if (path.endsWith("db/caches.php")) {
      for (const [, name] of source.matchAll(/^ {4}'(\w+)' => \[/gm)) ids.push(`cachedef_${name}`);
    }
    for (const [, name] of source.matchAll(/addHelpButton\('\w+', '(\w+)', 'block_gchat'\)/g)) ids.push(name, `${name}_help`);
    for (const [, place, fields] of source.matchAll(/\$fields\('(\w+)', \[([^\]]*)\]/g)) {
      for (const [, field] of fields.matchAll(/'(\w+)'/g)) ids.push(`privacy:metadata:${place}:${field}`);
    }
    if (/class \w+ extends plain_check/.test(source)) ids.push(`check${/class (\w+)/.exec(source)[1]}`);
    for (const [, level, name] of source.matchAll(/finding::(\w+)\('(\w+)'/g)) {
      ids.push(`finding_${name}`);
      if (["unknown", "warning", "error"].includes(level)) ids.push(`finding_${name}_mend`);
    }
  }
  return ids;
}

for (const language of LANGUAGES) {
  test(`${language}: sorted, and nothing twice`, () => {
    const source = read(`moodle/block_gchat/lang/${language}/block_gchat.php`);
    const ids = [...source.matchAll(/^\$string\['([^']+)'\]/gm)].map(([, id]) => id);
    assert.deepEqual(ids, [...new Set(ids)].sort());
    assert.deepEqual(ids, texts[language].map(([id]) => id));
  });

  test(`${language}: the client's strings are the client's`, () => {
    const mine = new Map(texts[language]);
    for (const [id, text] of Object.entries(client(language))) {
      assert.equal(mine.get(id), text, id);
    }
  });
}

test("every language has the same strings, with the same places to fill", () => {
  assert.ok(LANGUAGES.includes("en") && LANGUAGES.includes("pt"), `only ${LANGUAGES}`);
  const places = (text) => [...new Set(text.match(/\{\$a(->\w+)?\}/g) ?? [])].sort();
  for (const language of LANGUAGES) {
    assert.deepEqual(texts[language].map(([id]) => id), texts.en.map(([id]) => id), language);
    for (const [id, text] of texts[language]) assert.deepEqual(places(text), places(english.get(id)), `${language} ${id}`);
  }
});

test("every string that is asked for is there", () => {
  for (const path of sources) for (const id of asked(read(path))) assert.ok(english.has(id), `${path} asks for '${id}'`);
  for (const id of composed()) assert.ok(english.has(id), `'${id}' is missing`);
});

test("every string is asked for", () => {
  const wanted = new Set([...composed(), ...Object.keys(client("en"))]);
  const all = sources.map(read).join("\n");
  for (const id of asked(all)) wanted.add(id);
  for (const id of english.keys()) {
    // An error code is thrown under its own name, or handed on.
    assert.ok(wanted.has(id) || all.includes(`'${id}'`), `nobody asks for '${id}'`);
  }
});
