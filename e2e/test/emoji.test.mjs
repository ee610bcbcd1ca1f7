// Emoji by picker, by shortcode and as reactions: emoji.mjs in Chromium.
import { emoji } from "../emoji.mjs";

emoji("chromium");
