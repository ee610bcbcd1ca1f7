// What axe-core finds on a page, shadow roots included.
import assert from "node:assert/strict";
import axe from "axe-core";
import { atRest } from "./expect.mjs";

/** Fails if axe finds anything serious or critical: on the whole page, or in the elements that `selectors` name. */
export async function accessible(page, state, selectors = []) {
  await atRest(page); // a text that fades in has too little contrast
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
