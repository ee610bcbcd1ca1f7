// What every test file begins and ends with: a campus, browsers, and the check that nothing forbidden happened.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach } from "node:test";
import { Campus } from "./campus.mjs";
import { People } from "./people.mjs";

/** A browser for a test file, and a campus for each test: none finds what another left behind. `engine`: as of People. */
export function scene({ engine, ...options } = {}) {
  const scene = { campus: null, people: null };
  before(async () => {
    scene.people = await People.open(null, engine);
  });
  beforeEach(async () => {
    scene.campus = await Campus.open(options);
    scene.people.campus = scene.campus;
  });
  afterEach(async () => {
    const wrongs = await scene.people.leave();
    await scene.campus?.close();
    assert.deepEqual(wrongs, [], "what must not happen on any page");
  });
  after(async () => {
    await scene.people?.close();
  });
  return scene;
}
