/**
 * Keeps the dock clear of what the page has at its bottom and its sides. Moodle's Boost has a sticky footer, which the
 * dock rises above (on a phone, above the round buttons too), round buttons and a drawer of blocks, which it stands
 * beside, and a drawer on the other side, which its windows stop short of. On narrow screens the drawers lie over the
 * page: there only open windows stay, above them. A theme that knows better sets `--gchat-bottom` and `--gchat-end`,
 * which win.
 */

const GAP_PX = 12;
const FOOTERS = ".hasstickyfooter .stickyfooter, .hasstickyfooter #sticky-footer";
const BUTTONS = ".btn-footer-popover, .btn-footer-communication";
const DRAWER = ".drawer-right";
const OTHER_DRAWER = ".drawer-left";
/** Where Moodle marks that something came or went, as a class. */
const MARKED = `body, #page, ${DRAWER}, ${OTHER_DRAWER}`;
/** Below Bootstrap's `lg` a drawer lies over the page. */
const NARROW = 992;

/** Sets `--g-measured-bottom`, `-end`, `-start` and `aside` on `host` until the returned function is called. */
export function keepClear(host: HTMLElement, phone: () => boolean, moved: () => void): () => void {
  const measure = (): void => {
    const footer = heightOf(document.querySelectorAll(FOOTERS));
    const width = document.documentElement.clientWidth;
    const rtl = isRtl(host);
    const fromEnd = (box: DOMRect): number => (rtl ? box.right : width - box.left);
    const fromStart = (box: DOMRect): number => (rtl ? width - box.left : box.right);
    const shown = (selector: string): DOMRect[] =>
      boxes(selector).filter((box) => box.left < width && box.right > 0);
    const drawers = shown(DRAWER);
    const narrow = window.innerWidth < NARROW;
    const buttons = boxes(BUTTONS);
    const tops = phone() ? buttons.map((box) => window.innerHeight - box.top + GAP_PX) : [];
    const ends = phone() ? [] : [...(narrow ? [] : drawers), ...buttons].map(fromEnd);
    host.style.setProperty("--g-measured-bottom", `${Math.max(footer, ...tops)}px`);
    host.style.setProperty("--g-measured-end", `${Math.max(0, ...ends)}px`);
    const starts = narrow ? [] : shown(OTHER_DRAWER).map(fromStart);
    host.style.setProperty("--g-measured-start", `${Math.max(0, ...starts)}px`);
    host.toggleAttribute("aside", narrow && drawers.length > 0);
    moved();
  };
  const observer = new MutationObserver(measure);
  const watch = (): void => {
    for (const element of document.querySelectorAll(MARKED)) {
      observer.observe(element, { attributes: true, attributeFilter: ["class"] });
    }
    measure();
  };
  // What slides in is where it belongs only then.
  const slid = (event: Event): void => {
    if (event.target instanceof Element && event.target.matches(`${MARKED}, ${BUTTONS}, ${FOOTERS}`)) measure();
  };
  window.addEventListener("resize", measure);
  window.addEventListener("load", watch);
  document.addEventListener("transitionend", slid);
  watch();
  return () => {
    observer.disconnect();
    window.removeEventListener("resize", measure);
    window.removeEventListener("load", watch);
    document.removeEventListener("transitionend", slid);
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

function boxes(selector: string): DOMRect[] {
  return [...document.querySelectorAll(selector)].map(fixedBox).filter((box) => box !== null);
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
