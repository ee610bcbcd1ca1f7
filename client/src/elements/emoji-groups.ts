/** The groups of the list of emoji: what each is called, and the sign that leads there. */
import type { StringId } from "./strings.js";

/** In the order of the list, see emoji.mjs. */
export const GROUPS: readonly { readonly title: StringId; readonly sign: string }[] = [
  { title: "emoji_smileys", sign: "😀" },
  { title: "emoji_people", sign: "👋" },
  { title: "emoji_nature", sign: "🐻" },
  { title: "emoji_food", sign: "🍎" },
  { title: "emoji_travel", sign: "🚗" },
  { title: "emoji_activities", sign: "⚽" },
  { title: "emoji_objects", sign: "💡" },
  { title: "emoji_symbols", sign: "🔣" },
  { title: "emoji_flags", sign: "🏁" },
];
export const RECENT: { readonly title: StringId; readonly sign: string } = { title: "emoji_recent", sign: "🕒" };

/** Of the tones, none first. */
export const TONE_NAMES: readonly StringId[] = ["tone_none", "tone_light", "tone_medium_light", "tone_medium", "tone_medium_dark", "tone_dark"];
