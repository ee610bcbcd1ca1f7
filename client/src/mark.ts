/**
 * The mark: what the host leaves in the browser for as long as a login holds there, so that a page from the browser's
 * cache can tell without asking anybody. Without it, or with another login's, nothing that is kept can be read.
 *
 * It is two cookies that scripts can read: `NAME_life` ends with the login's time, `NAME_browser` with the browser. Each
 * holds the login's `sid`, a dot, and 16 random bytes or more in unpadded base64url. Both are needed for the key.
 *
 * `NAME_over` holds the `sid` of the login that was logged out last. An answer that crosses the logout can set the other
 * two once more: for that login they do not count again.
 */
import type { PageConfig } from "./view.js";

const HALVES = ["life", "browser"];

/** A cookie's name as a host may choose it. */
export function isMarkName(name: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(name);
}

/** Whether this page's login has been logged out in this browser. */
export function isOver({ markName, sid }: Pick<PageConfig, "markName" | "sid">, cookies: string): boolean {
  return cookies.split(";").some((pair) => pair.trim() === `${markName}_over=${sid}`);
}

/** The mark of this page's login in a `document.cookie`; null where it is missing, broken, or another login's. */
export function readMark({ markName, sid }: Pick<PageConfig, "markName" | "sid">, cookies: string): string | null {
  if (isOver({ markName, sid }, cookies)) return null;
  const pairs = cookies.split(";").map((pair) => pair.trim());
  const halves = HALVES.map((half) => {
    const start = `${markName}_${half}=${sid}.`;
    // Of several by one name (a site within a site) the one of this login counts.
    const found = pairs.find((pair) => pair.startsWith(start))?.slice(start.length) ?? "";
    return /^[A-Za-z0-9_-]{22,}$/.test(found) ? found : null;
  });
  return halves.includes(null) ? null : halves.join(".");
}
