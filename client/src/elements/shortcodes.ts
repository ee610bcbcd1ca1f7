/** Where somebody types a shortcode: what they are about to type, and what they have typed whole. Pure. */

/** More of it is not typed before it is chosen. */
const LONGEST_QUERY = 40;
/** So much of it tells more than a smiley of two signs does. */
const SHORTEST_QUERY = 2;

/**
 * What stands between a colon and the cursor. null: no shortcode is being typed. Behind a letter, a digit or another
 * colon it is a time or an address; scripts without capitals write no space before it. Between backquotes it is code.
 */
export function shortcodeAsked(text: string, cursor: number): { from: number; query: string } | null {
  const from = text.lastIndexOf(":", cursor - 1);
  if (from < 0 || cursor <= from) return null;
  const query = text.slice(from + 1, cursor);
  if (query.length < SHORTEST_QUERY || query.length > LONGEST_QUERY) return null;
  return /^[\p{L}+][\p{L}\p{M}\p{N}_+-]*$/u.test(query) && begins(text, from) ? { from, query } : null;
}

/** The shortcode that ends with the colon before the cursor. null: there is none. */
export function shortcodeEnded(text: string, cursor: number): { from: number; code: string } | null {
  if (text.charAt(cursor - 1) !== ":") return null;
  const from = text.lastIndexOf(":", cursor - 2);
  if (from < 0 || cursor < 2) return null;
  const code = text.slice(from + 1, cursor - 1).toLowerCase();
  return code.length <= LONGEST_QUERY && /^[a-z0-9_+-]+$/.test(code) && begins(text, from) ? { from, code } : null;
}

function begins(text: string, at: number): boolean {
  if (/[\p{Lu}\p{Ll}\p{N}_:/]$/u.test(text.slice(Math.max(0, at - 2), at))) return false;
  return (text.slice(0, at).split("`").length - 1) % 2 === 0;
}
