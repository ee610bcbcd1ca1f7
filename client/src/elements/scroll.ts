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
  #top = 0;
  #anchor: { key: string; top: number } | null = null;

  constructor(scroller: () => HTMLElement | null) {
    this.#scroller = scroller;
  }

  /** After the person scrolled. */
  scrolled(): void {
    const scroller = this.#scroller();
    if (scroller === null) return;
    const { scrollTop } = scroller;
    const left = scroller.scrollHeight - scrollTop - scroller.clientHeight;
    // Only a move upwards lets go: when the view shrinks (a keyboard, a longer draft) the end moves, not the person.
    if (left <= SLACK_PX) this.stuck = true;
    else if (scrollTop < this.#top) this.stuck = false;
    this.#top = scrollTop;
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
    this.#top = scroller.scrollTop;
  }

  /** Brings an element to the top where it would otherwise lie above the view. */
  reveal(element: HTMLElement): void {
    const scroller = this.#scroller();
    if (scroller === null) return;
    const above = element.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    if (above >= 0) return;
    scroller.scrollTop += above - 8;
    this.#top = scroller.scrollTop;
    this.stuck = scroller.scrollHeight - this.#top - scroller.clientHeight <= SLACK_PX;
  }
}
