/** The number of unread messages before the page's title: "(2) Algebra". */

const MOST = 99;

export class PageTitle {
  #prefix = "";
  #unread = 0;
  readonly #observer = new MutationObserver(() => { this.show(this.#unread); });

  constructor() {
    // A page may change its own title later: it keeps the number.
    const title = document.querySelector("head > title");
    if (title !== null) this.#observer.observe(title, { childList: true, characterData: true, subtree: true });
  }

  show(unread: number): void {
    this.#unread = unread;
    const own = document.title.startsWith(this.#prefix) ? document.title.slice(this.#prefix.length) : document.title;
    this.#prefix = unread > 0 ? `(${unread > MOST ? `${MOST}+` : unread}) ` : "";
    const title = `${this.#prefix}${own}`;
    if (document.title !== title) document.title = title;
  }
}
