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
  readonly #whole: () => boolean;
  /** Where it was, and how high, when it was last looked at. */
  #top = 0;
  #size = { content: 0, view: 0 };
  #anchor: { key: string; top: number } | null = null;

  /** `whole`: whether the content goes on to the end of the conversation, so that its end is the end. */
  constructor(scroller: () => HTMLElement | null, whole: () => boolean) {
    this.#scroller = scroller;
    this.#whole = whole;
  }

  /** After the person scrolled, or the browser. */
  scrolled(): void {
    const scroller = this.#scroller();
    if (scroller === null) return;
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    const left = scrollHeight - scrollTop - clientHeight;
    // Where the view or its content has another size (a keyboard, a longer draft), the browser may have moved it.
    const resized = scrollHeight !== this.#size.content || clientHeight !== this.#size.view;
    if (left <= SLACK_PX && this.#whole()) this.stuck = true;
    else if (this.stuck && resized) this.toEnd();
    else if (scrollTop < this.#top) this.stuck = false;
    this.#note(scroller);
  }

  /** Before the content changes. */
  remember(): void {
    const scroller = this.#scroller();
    this.#anchor = null;
    if (scroller === null) return;
    // Where it has been scrolled in this very frame, the browser tells of it later.
    if (scroller.scrollTop !== this.#top) this.scrolled();
    if (this.stuck) return;
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
    // The end of what there was has been let go: it is not the end any more.
    if (!this.#whole()) this.stuck = false;
    if (this.stuck) {
      this.toEnd();
      return;
    }
    const anchor = this.#anchor;
    if (anchor === null) return;
    const element = [...scroller.querySelectorAll<HTMLElement>(".message[data-key]")].find(
      (candidate) => candidate.dataset["key"] === anchor.key,
    );
    if (element === undefined) return;
    scroller.scrollTop += element.getBoundingClientRect().top - anchor.top;
    this.#note(scroller);
  }

  toEnd(smooth = false): void {
    const scroller = this.#scroller();
    if (scroller === null) return;
    this.stuck = true;
    if (smooth) scroller.scrollTo({ top: scroller.scrollHeight, behavior: "smooth" });
    else scroller.scrollTop = scroller.scrollHeight;
    this.#note(scroller);
  }

  /** Brings an element to the top where it would otherwise lie above the view. */
  reveal(element: HTMLElement): void {
    const scroller = this.#scroller();
    if (scroller === null) return;
    const above = element.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    if (above >= 0) return;
    scroller.scrollTop += above - 8;
    this.#note(scroller);
    this.stuck = scroller.scrollHeight - this.#top - scroller.clientHeight <= SLACK_PX;
  }

  /** Brings an element to the middle of the view. */
  show(element: HTMLElement): void {
    const scroller = this.#scroller();
    if (scroller === null) return;
    const [box, view] = [element.getBoundingClientRect(), scroller.getBoundingClientRect()];
    // Of one that is higher than the view, the beginning.
    scroller.scrollTop += box.top - view.top - Math.max(8, (view.height - box.height) / 2);
    this.#note(scroller);
    this.stuck = this.#whole() && scroller.scrollHeight - this.#top - scroller.clientHeight <= SLACK_PX;
  }

  #note({ scrollTop, scrollHeight, clientHeight }: HTMLElement): void {
    this.#top = scrollTop;
    this.#size = { content: scrollHeight, view: clientHeight };
  }
}
