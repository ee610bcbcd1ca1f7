/** The elements that only a page with windows needs: fetched with its first window. */
import { GchatComposer } from "./composer.js";
import "./later.js";
import { GchatLog } from "./log.js";
import { GchatMore } from "./more.js";
import { beginning, loadMarkdown } from "./plain.js";
import { spoken } from "./strings.js";
import { GchatUndrawn } from "./undrawn.js";
import { GchatWindow } from "./window.js";

// Where no log is open, too: what comes is said in plain words.
spoken.plain = beginning;
void loadMarkdown();

export const WINDOWS: Readonly<Record<string, CustomElementConstructor>> = {
  "gchat-composer": GchatComposer,
  "gchat-log": GchatLog,
  "gchat-more": GchatMore,
  "gchat-undrawn": GchatUndrawn,
  "gchat-window": GchatWindow,
};
