/** Whether a text shows nothing. server/src/talk/text.rs judges by the same list: see the contract's fixture. */

const BLANK = /^[\s\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800\uFFF9-\uFFFB\u{1D159}]*$/u;

/** Such a message is refused as `empty_message`. */
export function isBlank(text: string): boolean {
  return BLANK.test(text);
}
