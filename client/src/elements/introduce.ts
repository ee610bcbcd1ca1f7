/**
 * The first time: where a page has the list of people and hides it (Moodle's Boost keeps the drawer of blocks closed for
 * every new user), the launcher shows the people by itself, once in a browser.
 */
import { isRendered } from "./scene.js";

/** A page's own scripts may still put away what covers the list: Boost keeps every drawer hidden until its script has run. */
const REST_MS = 2_000;

/** Says nothing of who was here, or when. */
const KEY = "gchat introduced";

/** Moodle empties this storage when its caches were purged, a moment after a page has begun. */
const before = isRemembered();
if (before) window.addEventListener("pagehide", remember, { once: true });

/** True once: the list is on this page, and nobody can see it. */
export function introduces(): boolean {
  const lists = [...document.querySelectorAll<HTMLElement>("gchat-roster")];
  if (lists.length === 0 || lists.some(isRendered)) return false;
  // Where nothing can be remembered: better never than on every page.
  if (before || isRemembered() || !remember()) return false;
  // Moodle empties this storage on a browser's first page as well.
  window.addEventListener("pagehide", remember, { once: true });
  return true;
}

/** Once the page's own scripts have had their time. */
export function atRest(): Promise<void> {
  return new Promise((resolve) => {
    const wait = (): void => void setTimeout(resolve, REST_MS);
    if (document.readyState === "complete") wait();
    else window.addEventListener("load", wait, { once: true });
  });
}

function isRemembered(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

function remember(): boolean {
  try {
    localStorage.setItem(KEY, "1");
    return true;
  } catch {
    return false;
  }
}
