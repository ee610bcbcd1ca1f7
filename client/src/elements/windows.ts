/** The elements that only a page with windows needs: fetched with its first window. */
import { GchatComposer } from "./composer.js";
import "./later.js";
import { GchatLog } from "./log.js";
import { GchatMore } from "./more.js";
import { GchatUndrawn } from "./undrawn.js";
import { GchatWindow } from "./window.js";

export const WINDOWS: Readonly<Record<string, CustomElementConstructor>> = {
  "gchat-composer": GchatComposer,
  "gchat-log": GchatLog,
  "gchat-more": GchatMore,
  "gchat-undrawn": GchatUndrawn,
  "gchat-window": GchatWindow,
};
