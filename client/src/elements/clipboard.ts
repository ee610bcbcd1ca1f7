/** What a person copies by a button. */

/**
 * Resolves to whether the text is in the clipboard. `near`: an element beside which a box may be for an instant, for
 * pages without a secure context, where only what is selected can be copied.
 */
export async function copyText(text: string, near: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text, near);
  }
}

function copySelected(text: string, near: Element): boolean {
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "out-of-sight";
  const focused = (near.getRootNode() as ShadowRoot | Document).activeElement;
  near.after(box);
  box.select();
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is no other way outside a secure context
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    box.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}
