/** How names are compared with what somebody types: as the contract has it for `search`. */

/** Without case and accents: "joao" finds "João". */
export function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
}

/** Whether each word of `wanted` is somewhere in `text`, in any order. */
export function matches(text: string, wanted: string): boolean {
  const whole = folded(text);
  return folded(wanted)
    .split(/\s+/)
    .every((word) => whole.includes(word));
}
