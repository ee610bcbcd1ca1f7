/**
 * The keyboard in a log: one message at a time is a stop, the arrow keys go from one to the next, and the focus stays at
 * its message when what had it has gone.
 */
import type { ReactiveController, ReactiveControllerHost } from "lit";

export class MessageStops implements ReactiveController {
  /** The key of the message that is the stop; null: the last one. */
  current: string | null = null;
  readonly #host: ReactiveControllerHost & HTMLElement;
  /** Where the focus was before the log changed, and in which message. */
  #focused: { element: Element; key: string | undefined } | null = null;

  constructor(host: ReactiveControllerHost & HTMLElement) {
    this.#host = host;
    host.addController(this);
  }

  hostUpdate(): void {
    const element = this.#host.shadowRoot?.activeElement ?? null;
    this.#focused = element === null ? null : { element, key: keyOf(element) };
  }

  hostUpdated(): void {
    const was = this.#focused;
    this.#focused = null;
    // Unless it has gone on already, as into a menu.
    if (was === null || was.element.isConnected || this.#host.shadowRoot?.activeElement) return;
    const article = this.find(was.key);
    // What was asked for can be taken back there.
    (article?.querySelector<HTMLElement>(".undo button") ?? article ?? this.#scroller)?.focus({ preventScroll: true });
  }

  find(key: string | undefined): HTMLElement | undefined {
    return key === undefined ? undefined : this.#articles.find(({ dataset }) => dataset["key"] === key);
  }

  /** The focus has come to something in the log. */
  readonly turnedTo = (event: FocusEvent): void => {
    const key = keyOf(event.target as Element);
    if (key === undefined || key === this.current) return;
    this.current = key;
    this.#host.requestUpdate();
  };

  first(): void {
    stopAt(this.#articles[0]);
  }

  last(): void {
    stopAt(this.#articles.at(-1));
  }

  /** Goes to the next message, up or down. False: the key is to scroll. */
  next(down: boolean): boolean {
    const articles = this.#articles;
    const at = articles.findIndex(({ tabIndex }) => tabIndex === 0);
    const to = articles[at + (down ? 1 : -1)];
    // At an end there may be more, and of a message that is higher than the log the rest comes first.
    if (to === undefined || this.#goesOn(articles[at], down)) return false;
    stopAt(to);
    return true;
  }

  #goesOn(article: HTMLElement | undefined, down: boolean): boolean {
    const view = this.#scroller?.getBoundingClientRect();
    const box = article?.getBoundingClientRect();
    if (view === undefined || box === undefined || box.height <= view.height) return false;
    return down ? box.bottom > view.bottom + 1 : box.top < view.top - 1;
  }

  get #articles(): HTMLElement[] {
    return [...(this.#scroller?.querySelectorAll<HTMLElement>(".message") ?? [])];
  }

  get #scroller(): HTMLElement | null {
    return this.#host.shadowRoot?.querySelector<HTMLElement>(".scroller") ?? null;
  }
}

function keyOf(element: Element): string | undefined {
  return element.closest<HTMLElement>(".message")?.dataset["key"];
}

function stopAt(article: HTMLElement | undefined): void {
  article?.focus({ preventScroll: true });
  article?.scrollIntoView({ block: "nearest" });
}
