// Waiting for what must become true. Nothing here sleeps for a fixed time: it asks until it is so, or until it is late.
import assert from "node:assert/strict";
import { setTimeout as later } from "node:timers/promises";

/** How long what must become true may take where no test says otherwise: longer where pages are heavy. */
export const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 30_000);

/** Asks until `ask` gives something that equals `wanted`. */
export async function becomes(ask, wanted, what, within = PATIENCE_MS) {
  const end = performance.now() + within;
  let found;
  for (;;) {
    found = await ask();
    if (same(found, wanted)) return;
    if (performance.now() > end) break;
    await later(25);
  }
  assert.deepEqual(found, wanted, `${what}, within ${within} ms`);
}

function same(found, wanted) {
  try {
    assert.deepEqual(found, wanted);
    return true;
  } catch {
    return false;
  }
}

/** Waits for a locator to be seen. */
export async function seen(locator, what, within = PATIENCE_MS) {
  try {
    await locator.waitFor({ state: "visible", timeout: within });
  } catch (error) {
    throw new Error(`${what}: not seen within ${within} ms`, { cause: error });
  }
}

/** Waits for a locator to be gone. */
export async function gone(locator, what, within = PATIENCE_MS) {
  try {
    await locator.waitFor({ state: "hidden", timeout: within });
  } catch (error) {
    throw new Error(`${what}: still there after ${within} ms`, { cause: error });
  }
}

/** What each followed page has asked for and not got yet, and when that last changed. */
const asked = new WeakMap();

/** Follows a new page's requests, for `settled`. The browser never says that a shared worker's file has come. */
export function follow(page) {
  const state = { open: new Set(), since: performance.now() };
  const changed = (change) => (request) => {
    if (/\/gchat-worker-[^/]*\.js/.test(request.url())) return;
    change(request);
    state.since = performance.now();
  };
  page.on("request", changed((request) => state.open.add(request)));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, changed((request) => state.open.delete(request)));
  asked.set(page, state);
}

/** Waits until a page has asked for nothing for half a second: "networkidle" for pages with a shared worker. */
export async function settled(page, within = 60_000) {
  const state = asked.get(page);
  await becomes(() => state.open.size === 0 && performance.now() - state.since > 500, true, "the page asks for nothing", within);
}

/** Waits until nothing on a page moves that will ever stop, shadow trees included: the document's own list lacks them. */
export async function atRest(page) {
  const moving = () =>
    page.evaluate(async () => {
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      const roots = [document];
      for (const root of roots) {
        for (const element of root.querySelectorAll("*")) if (element.shadowRoot !== null) roots.push(element.shadowRoot);
      }
      const animations = roots.flatMap((root) => root.getAnimations());
      return animations.filter((one) => one.playState === "running" && one.effect.getComputedTiming().endTime !== Infinity).length;
    });
  await becomes(moving, 0, "the number of animations that have not ended");
}

export async function focused(locator, what) {
  await becomes(() => locator.evaluate((element) => element.getRootNode().activeElement === element), true, what);
}
