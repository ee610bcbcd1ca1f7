// How far a page's content moves while it loads, as browsers count it: cumulative layout shift (below 0.1 is "good").
import assert from "node:assert/strict";
import { atRest, settled } from "./expect.mjs";

/** The chat's share. */
const MOST = 0.02;

/** Counts the shifts of every page of a person from its first frame on, with what moved. */
export async function counting(person) {
  await person.context.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries()) {
        if (hadRecentInput) continue;
        const box = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
        const moved = sources.map(({ node, previousRect, currentRect }) => `${node?.localName ?? node?.nodeName} ${node?.className ?? ""}: ${box(previousRect)} -> ${box(currentRect)}`);
        window.shifts.push({ value, moved });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

/**
 * Waits until a page has loaded, and fails if too much on it has moved since it came. `own`: what the page's own scripts move,
 * as far as nothing else moves with it.
 */
export async function still(page, what, own = /(?!)/) {
  await settled(page);
  await atRest(page);
  const shifts = await page.evaluate(() => window.shifts);
  const others = shifts.filter(({ moved }) => moved.length === 0 || !moved.every((one) => own.test(one)));
  const sum = others.reduce((total, { value }) => total + value, 0);
  assert.ok(sum <= MOST, `${what}: ${sum.toFixed(3)}\n${JSON.stringify(shifts, null, 1)}`);
}
