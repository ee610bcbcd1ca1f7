/** Names as they are compared by the contract (`search`): without case and accents, the Greek sigma in one form, word by word. */

export const folded = (text: string): string => text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase().replaceAll("ς", "σ");

/** Whether the name has each word of the text, in any order: "silva jo" finds "João Silva". */
export function hasWords(name: string, text: string): boolean {
  const within = folded(name);
  return folded(text).split(/\s+/u).every((word) => within.includes(word));
}
