/** Text that is put into a box for somebody. */

/**
 * In the place of what stands between `from` and `to`, as if it was typed: the box has the focus, hears of it by an
 * `input` event, and the browser's undo takes it back, which it does of nothing that a script sets.
 */
export function replaceText(area: HTMLTextAreaElement, from: number, to: number, text: string): void {
  const { value } = area;
  area.focus({ preventScroll: true });
  area.setSelectionRange(from, to);
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is no other way that keeps the undo
    document.execCommand("insertText", false, text);
  } catch {
    // There are browsers without it.
  }
  if (area.value !== value || value.slice(from, to) === text) return;
  area.setRangeText(text, from, to, "end");
  area.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true, inputType: "insertText", data: text }));
}
