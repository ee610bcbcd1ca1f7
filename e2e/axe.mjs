// What axe-core finds on a page, shadow roots included.
import assert from "node:assert/strict";
import axe from "axe-core";

/** Fails if axe finds anything serious or critical: on the whole page, or in the elements that `selectors` name. */
export async function accessible(page, state, selectors = []) {
  // Colours are measured when nothing moves any more.
  await page.evaluate(() =>
    Promise.allSettled(document.getAnimations().filter((one) => one.effect?.getTiming().iterations !== Infinity).map((one) => one.finished)),
  );
  await page.evaluate(axe.source);
  const found = await page.evaluate(async (chosen) => {
    const include = chosen.filter((selector) => document.querySelector(selector) !== null);
    const { violations } = await globalThis.axe.run(chosen.length === 0 ? document : { include }, { resultTypes: ["violations"] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, help, nodes }) => `${id} (${help}): ${nodes.map(({ target, failureSummary }) => `${target.flat().join(" ")}: ${failureSummary}`).join("; ")}`);
  }, selectors);
  assert.deepEqual(found, [], state);
}
