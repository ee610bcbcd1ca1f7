// Waiting for what must become true. Nothing here sleeps for a fixed time: it asks until it is so, or until it is late.
import assert from "node:assert/strict";
import { setTimeout as later } from "node:timers/promises";

/** How long what must become true may take where no test says otherwise: longer where pages are heavy. */
const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 10_000);

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

export async function focused(locator, what) {
  await becomes(() => locator.evaluate((element) => element.getRootNode().activeElement === element), true, what);
}
