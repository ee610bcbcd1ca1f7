// What axe-core finds on a page, shadow roots included.
import assert from "node:assert/strict";
import axe from "axe-core";

/** Fails if axe finds anything serious or critical. */
export async function accessible(page, state) {
  // Colours are measured when nothing moves any more.
  await page.evaluate(() =>
    Promise.allSettled(document.getAnimations().filter((one) => one.effect?.getTiming().iterations !== Infinity).map((one) => one.finished)),
  );
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, help, nodes }) => `${id} (${help}): ${nodes.map(({ target, failureSummary }) => `${target.flat().join(" ")}: ${failureSummary}`).join("; ")}`);
  });
  assert.deepEqual(found, [], state);
}
