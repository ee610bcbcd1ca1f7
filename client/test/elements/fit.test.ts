import { expect, test } from "vitest";
import { fitting, type Fit, type Place, type Room } from "../../src/elements/fit.js";
import { WIDE } from "../../src/styles/dock.js";

const windows = (states: string, ranks: Record<string, number> = {}): Place[] =>
  [...states.matchAll(/\w/g)].map(([name]) => ({
    conversation: name.toLowerCase(),
    open: name === name.toUpperCase(),
    rank: ranks[name.toLowerCase()] ?? 0,
  }));
const room = (width: number, panel = 0): Room => ({ width, sizes: WIDE, panel });
const shown = (fit: Fit): string => [...fit.shown].sort().join("");

/** What the row takes of the page. */
function taken(fit: Fit, places: Place[], { panel }: Room): number {
  const sizes = WIDE[fit.size as 0 | 1];
  const inRow = places.filter((place) => fit.shown.has(place.conversation));
  const sum = inRow.reduce((total, place) => total + (place.open ? fit.open : fit.bar) + sizes.gap, 0);
  const more = inRow.length < places.length ? sizes.more + sizes.gap : 0;
  return 2 * sizes.edge + Math.max(sizes.launcher, panel) + sum + more;
}

test("the windows turned to last stay in the row", () => {
  expect(shown(fitting(windows("ABC", { a: 9 }), room(760), null))).toBe("ac");
});

test("windows become narrower before fewer are shown", () => {
  expect(fitting(windows("AB"), room(1400), null)).toMatchObject({ open: 328, size: 0 });
  // Moodle at 1,400 px with both of its drawers open, at 1,024 px with one, and with both.
  expect(shown(fitting(windows("ABC"), room(800), null))).toBe("bc");
  expect(shown(fitting(windows("AB"), room(709), null))).toBe("ab");
  expect(shown(fitting(windows("AB"), room(424), null))).toBe("b");
});

test("the row never takes more than there is, from one window on", () => {
  for (let width = 424; width < 2000; width += 7) {
    for (const states of ["A", "AB", "AbC", "ABCDEF", "abcdefgh"]) {
      for (const panel of [0, 320]) {
        const places = windows(states);
        const fit = fitting(places, room(width, panel), null);
        expect(taken(fit, places, room(width, panel)), `${states} in ${width}`).toBeLessThanOrEqual(width);
        if (panel === 0) expect(fit.shown.size).toBeGreaterThan(0);
        if (places.some((place) => place.open && fit.shown.has(place.conversation))) expect(fit.open).toBeGreaterThanOrEqual(260);
      }
    }
  }
});

test("minimising windows makes no hidden one pop up", () => {
  const before = fitting(windows("ABCD"), room(1000), null);
  expect(shown(before)).toBe("bcd");
  const after = fitting(windows("Abcd"), room(1000), before);
  expect(shown(after)).toBe("bcd");
  expect(shown(fitting(windows("Abcd"), room(1000), null)), "a page that loads shows what fits").toBe("abcd");
});

test("a hidden window comes when it is asked for, when another is closed, and when there is more room", () => {
  const before = fitting(windows("ABCD"), room(1000), null);
  expect(shown(fitting(windows("ABCD", { a: 1 }), room(1000), before))).toBe("acd");
  expect(shown(fitting(windows("ABC"), room(1000), before))).toBe("abc");
  expect(shown(fitting(windows("ABCD"), room(1500), before))).toBe("abcd");
});

test("no window lies below the launcher's panel", () => {
  expect(shown(fitting(windows("AB"), room(700), null))).toBe("ab");
  expect(shown(fitting(windows("AB"), room(700, 320), null))).toBe("b");
  expect(shown(fitting(windows("AB"), room(600, 320), null))).toBe("");
});
