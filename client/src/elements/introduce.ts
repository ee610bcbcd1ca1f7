/**
 * The first time: where a page has the list of people and hides it (Moodle's Boost keeps the drawer of blocks closed for
 * every new user), the launcher shows the people by itself, once in a browser.
 */
import { isRendered } from "./scene.js";

/** Says nothing of who was here, or when. */
const KEY = "gchat introduced";

/** True once: the list is on this page, and nobody can see it. */
export function introduces(): boolean {
  const lists = [...document.querySelectorAll<HTMLElement>("gchat-roster")];
  if (lists.length === 0 || lists.some(isRendered)) return false;
  try {
    if (localStorage.getItem(KEY) !== null) return false;
    remember();
    // Moodle empties this storage on a browser's first page, and again when its caches were purged.
    window.addEventListener("pagehide", remember, { once: true });
    return true;
  } catch {
    // Nothing can be remembered here: better never than on every page.
    return false;
  }
}

function remember(): void {
  localStorage.setItem(KEY, "1");
}
