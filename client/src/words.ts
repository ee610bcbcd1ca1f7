/** Names as they are compared by the contract (`search`): without case and accents, in plain letters, word by word. */

/** What Unicode does not decompose, in lower case, and what everybody types for it. */
const PLAIN = new Map("đd ðd ħh ıi łl øo ŧt ςσ ’' ʼ' ßss æae œoe".split(" ").map(([letter = "", ...plain]) => [letter, plain.join("")]));

export const folded = (text: string): string =>
  text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase().replace(/[^ -~]/gu, (letter) => PLAIN.get(letter) ?? letter);

/** Whether the name has each word of the text, in any order: "silva jo" finds "João Silva". */
export function hasWords(name: string, text: string): boolean {
  const within = folded(name);
  return folded(text).split(/\s+/u).every((word) => within.includes(word));
}
