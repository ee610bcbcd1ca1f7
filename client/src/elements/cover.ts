/** What keeps a page and the chat over it out of each other's way: scrolling and focus. */

/** A window covers the whole page, on a phone: until the returned function is called nothing else scrolls or has focus. */
export function coverPage(host: HTMLElement): () => void {
  const { style } = document.documentElement;
  const overflow = style.overflow;
  style.overflow = "hidden";
  const behind: HTMLElement[] = [];
  for (let at: Element = host; at.parentElement !== null && at !== document.body; at = at.parentElement) {
    for (const other of at.parentElement.children) {
      if (other !== at && other instanceof HTMLElement && !other.inert) behind.push(other);
    }
  }
  for (const element of behind) element.inert = true;
  return () => {
    style.overflow = overflow;
    for (const element of behind) element.inert = false;
  };
}

/**
 * Lets the focus stay in `host` while it lies over a drawer (`aside`, see edge.ts): on narrow screens Moodle's drawers
 * take back every focus that goes elsewhere on the page, the person's own click into a chat included. What lies over
 * the dock itself (a modal) may do so.
 */
export function holdFocus(host: HTMLElement): () => void {
  const hold = (event: Event): void => {
    const over = host.hasAttribute("aside") && !document.body.classList.contains("modal-open");
    if (over && event.target === host) event.stopImmediatePropagation();
  };
  window.addEventListener("focus", hold, true);
  return () => {
    window.removeEventListener("focus", hold, true);
  };
}
