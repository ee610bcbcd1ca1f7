/**
 * Keeps the dock clear of what the page has at its bottom. Moodle's Boost has a sticky footer, which the dock rises
 * above, and round buttons in the corner, which it stands beside (on a phone, above). A theme that knows better sets
 * `--gchat-bottom` and `--gchat-end`, which win.
 */

const GAP_PX = 12;
const FOOTERS = ".hasstickyfooter .stickyfooter, .hasstickyfooter #sticky-footer";
const BUTTONS = ".btn-footer-popover, .btn-footer-communication";

/** Sets `--g-measured-bottom` and `--g-measured-end` on `host` until the returned function is called. */
export function keepClear(host: HTMLElement, phone: () => boolean, moved: () => void): () => void {
  const measure = (): void => {
    const footer = heightOf(document.querySelectorAll(FOOTERS));
    const buttons = [...document.querySelectorAll(BUTTONS)].map(fixedBox).filter((box) => box !== null);
    let bottom = footer;
    let end = 0;
    for (const box of buttons) {
      if (phone()) bottom = Math.max(bottom, window.innerHeight - box.top + GAP_PX);
      else end = Math.max(end, isRtl(host) ? box.right : document.documentElement.clientWidth - box.left);
    }
    host.style.setProperty("--g-measured-bottom", `${bottom}px`);
    host.style.setProperty("--g-measured-end", `${end}px`);
    moved();
  };
  const observer = new MutationObserver(measure);
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  window.addEventListener("resize", measure);
  window.addEventListener("load", measure);
  measure();
  return () => {
    observer.disconnect();
    window.removeEventListener("resize", measure);
    window.removeEventListener("load", measure);
  };
}

/** While a touch keyboard is up, only a part of the layout viewport can be seen: a phone's window takes just that. */
export function followKeyboard(host: HTMLElement): () => void {
  const view = (window as Partial<Window>).visualViewport;
  if (!view) return () => undefined;
  const apply = (): void => {
    // Zoomed by fingers, the window stays where it is: people zoom to read, not to shrink it.
    if (view.scale > 1.01) return;
    host.style.setProperty("--g-view-height", `${view.height}px`);
    host.style.setProperty("--g-view-top", `${view.offsetTop}px`);
  };
  view.addEventListener("resize", apply);
  view.addEventListener("scroll", apply);
  apply();
  return () => {
    view.removeEventListener("resize", apply);
    view.removeEventListener("scroll", apply);
  };
}

export function isRtl(element: HTMLElement): boolean {
  return getComputedStyle(element).direction === "rtl";
}

function heightOf(elements: Iterable<Element>): number {
  let height = 0;
  for (const element of elements) {
    const box = fixedBox(element);
    if (box !== null && box.bottom >= window.innerHeight - 1) height = Math.max(height, window.innerHeight - box.top);
  }
  return height;
}

/** The box of an element that stays in place while the page scrolls; null where it is not shown. */
function fixedBox(element: Element): DOMRect | null {
  const box = element.getBoundingClientRect();
  if (box.width === 0 || box.height === 0) return null;
  for (let at: Element | null = element; at !== null; at = at.parentElement) {
    const { position } = getComputedStyle(at);
    if (position === "fixed" || position === "sticky") return box;
  }
  return null;
}
