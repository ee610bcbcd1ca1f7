/** Who is typing, in words. */
import type { Strings } from "./strings.js";

export function typingText(names: readonly string[], strings: Strings): string {
  const [one = "", other = ""] = names;
  if (names.length > 2) return strings.get("typing_many");
  return names.length === 2 ? strings.get("typing_two", { one, other }) : strings.get("typing", one);
}
