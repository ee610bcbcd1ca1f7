// What the plugin says of other people's code in it is true.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bundled, declaration, title } from "./thirdparty.mjs";
import { read } from "./plugin.mjs";

const FIX = "run 'node moodle/checks/thirdparty.mjs' and commit what it writes";
const libraries = bundled();

test("thirdpartylibs.xml names what is in the bundles, with its version and licence", () => {
  assert.ok(libraries.length > 0);
  assert.equal(read("moodle/block_gchat/thirdpartylibs.xml"), declaration(libraries), FIX);
});

test("each licence's text goes with it", () => {
  const text = read("moodle/block_gchat/LICENSES-thirdparty.txt");
  const titles = [...text.matchAll(/^(.*)\n=+$/gm)].map(([, found]) => found);
  assert.deepEqual(titles, libraries.map(title), FIX);
});

test("each may be combined with the GPL, version 3", () => {
  const allowed = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0"];
  for (const { name, license } of libraries) assert.ok(allowed.includes(license), `${name}: ${license}`);
});
