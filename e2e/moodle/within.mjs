// How long after a commit in Moodle something is seen.
import assert from "node:assert/strict";

export const LIMIT_MS = 2_000;

/**
 * Does `deed` and waits for `seen`. The commit lies between the request and its answer: `deed` gives the latest time that
 * it can have been (ms since 1970), or nothing where that is when it ends.
 */
export async function within(what, deed, seen) {
  const asked = Date.now();
  let answered = null;
  const done = deed().then((at) => (answered = at ?? Date.now()));
  const changed = seen(LIMIT_MS * 10).then(() => Date.now());
  const [, at] = await Promise.all([done, changed]);
  console.log(`${what}: ${Math.max(0, at - answered)} ms after the commit, ${at - asked} ms after it was asked for`);
  assert.ok(at - answered <= LIMIT_MS, `${what}: took ${at - answered} ms`);
}
