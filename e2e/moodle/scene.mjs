// What every test file in Moodle begins and ends with: the running site, a campus of its own for each test, browsers, and
// the check that nothing forbidden happened.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach } from "node:test";
import { campus } from "./campus.mjs";
import { attach } from "./control.mjs";
import { Members } from "./members.mjs";

/** `it.site`, `it.people`, and for each test a new `it.campus`: nobody there is still online from the test before. */
export function scene() {
  const folder = process.env.MOODLE_SITE;
  if (folder === undefined) throw new Error("MOODLE_SITE names no running site: start one with 'node moodle/serve.mjs TREE'");
  const it = { site: attach(folder), people: null, campus: null };
  /** Notes what Moodle tells the chat server from now on. Gives the calls so far. */
  it.calls = () => {
    const before = apiCalls(folder).length;
    return () => apiCalls(folder).slice(before);
  };
  let logged = 0;
  before(async () => {
    it.people = await Members.open(it.site);
  });
  beforeEach(async () => {
    logged = complaints(folder).length;
    it.campus = await campus(it.site);
    it.people.login = it.campus.login;
  });
  afterEach(async () => {
    const wrongs = await it.people.leave();
    assert.deepEqual(wrongs, [], "what must not happen on any page");
    const said = complaints(folder).slice(logged);
    assert.deepEqual(said, [], "what PHP complained of");
  });
  after(async () => {
    await it.people?.close();
  });
  return it;
}

/** The lines of PHP's log that are about the plugin. */
function complaints(folder) {
  return readFileSync(join(folder, "php.log"), "utf8").split("\n").filter((line) => /gchat/.test(line.replaceAll(folder, "")));
}

/** The calls to the chat server's API in the web server's log. */
function apiCalls(folder) {
  const lines = readFileSync(join(folder, "web", "access.log"), "utf8").split("\n");
  return lines.map((line) => /"((?:PUT|POST|DELETE|GET) \/gchat\/api\/\S+)/.exec(line)?.[1]).filter((call) => call !== undefined);
}
