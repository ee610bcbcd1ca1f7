/** The number of unread messages before the page's title: "(2) Algebra". */

const MOST = 99;

export class PageTitle {
  #prefix = "";

  constructor() {
    const title = document.querySelector("head > title");
    if (title === null) return;
    // A page may change its own title later: it keeps the number. Whoever else puts something before the title is
    // left alone, so that the two never chase each other.
    const observer = new MutationObserver(() => {
      if (!document.title.includes(this.#prefix)) document.title = `${this.#prefix}${document.title}`;
    });
    observer.observe(title, { childList: true, characterData: true, subtree: true });
  }

  show(unread: number): void {
    const own = document.title.replace(this.#prefix, "");
    this.#prefix = unread > 0 ? `(${unread > MOST ? `${MOST}+` : unread}) ` : "";
    const title = `${this.#prefix}${own}`;
    if (document.title !== title) document.title = title;
  }
}
