// Moodle's own scripts, which move the focus while a page starts and a while after a drawer has moved.
import { becomes } from "../expect.mjs";

/** Waits until nothing of what Moodle itself waits for (`M.util.js_pending`) is under way on a page. */
export async function quiet(page) {
  await becomes(() => page.evaluate(() => window.M?.util?.pending_js?.length ?? null), 0, "Moodle's own scripts are done");
}
