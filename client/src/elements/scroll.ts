/**
 * Where a log is scrolled to. It stays at the bottom while the person is there, and otherwise keeps the message at
 * the top of the view where it is, whatever is added above or below it.
 */

/** This near the end counts as at the end: zoomed pages have fractions of pixels. */
const SLACK_PX = 24;

export class ScrollKeeper {
  /** New messages move the view along. */
  stuck = true;
  readonly #scroller: () => HTMLElement | null;
  #anchor: { key: string; top: number } | null = null;

  constructor(scroller: () => HTMLElement | null) {
    this.#scroller = scroller;
  }

  /** After the person scrolled. */
  scrolled(): void {
    const scroller = this.#scroller();
    if (scroller === null) return;
    this.stuck = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight <= SLACK_PX;
  }

  /** Before the content changes. */
  remember(): void {
    const scroller = this.#scroller();
    this.#anchor = null;
    if (scroller === null || this.stuck) return;
    const edge = scroller.getBoundingClientRect().top;
    for (const element of scroller.querySelectorAll<HTMLElement>(".message[data-key]")) {
      const box = element.getBoundingClientRect();
      if (box.bottom > edge) {
        this.#anchor = { key: element.dataset["key"] ?? "", top: box.top };
        return;
      }
    }
  }

  /** After it has changed. */
  keep(): void {
    const scroller = this.#scroller();
    if (scroller === null) return;
    if (this.stuck) {
      this.toEnd();
      return;
    }
    const anchor = this.#anchor;
    if (anchor === null) return;
    const element = [...scroller.querySelectorAll<HTMLElement>(".message[data-key]")].find(
      (candidate) => candidate.dataset["key"] === anchor.key,
    );
    if (element !== undefined) scroller.scrollTop += element.getBoundingClientRect().top - anchor.top;
  }

  toEnd(smooth = false): void {
    const scroller = this.#scroller();
    if (scroller === null) return;
    this.stuck = true;
    if (smooth) scroller.scrollTo({ top: scroller.scrollHeight, behavior: "smooth" });
    else scroller.scrollTop = scroller.scrollHeight;
  }

  /** Brings an element to the top where it would otherwise lie above the view. */
  reveal(element: HTMLElement): void {
    const scroller = this.#scroller();
    if (scroller === null) return;
    const above = element.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    if (above >= 0) return;
    scroller.scrollTop += above - 8;
    this.scrolled();
  }
}
