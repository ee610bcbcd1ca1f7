/** The number of unread messages before the page's title: "(2) Algebra". */

const MOST = 99;

export class PageTitle {
  #prefix = "";

  constructor() {
    // A page may change its title later, or the whole element: it keeps the number. Whoever else puts something before
    // the title is left alone, so that the two never chase each other.
    const observer = new MutationObserver(() => {
      if (!document.title.includes(this.#prefix)) document.title = `${this.#prefix}${document.title}`;
    });
    observer.observe(document.head, { childList: true, characterData: true, subtree: true });
  }

  show(unread: number): void {
    const own = document.title.replace(this.#prefix, "");
    this.#prefix = unread > 0 ? `(${unread > MOST ? `${MOST}+` : unread}) ` : "";
    const title = `${this.#prefix}${own}`;
    if (document.title !== title) document.title = title;
  }
}
