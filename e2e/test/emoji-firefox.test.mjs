// Emoji by picker, by shortcode and as reactions: emoji.mjs in Debian's Firefox.
import { emoji } from "../emoji.mjs";

emoji("firefox");
