/**
 * A link to somebody: `#gchat-with=5` at the end of any address of the site opens the window with that person, for courses'
 * pages and mails (client/README.md, "A link to somebody"). Only the id is read; who it is the server says, and whether
 * anybody is signed in here is known before (door.ts keeps the wish until then).
 */
import type { UserId } from "../view.js";

const LINK = /^#gchat-with=(.*)$/;

/** Has `ask` called for the link that the page was loaded with, and for one that is followed on it. */
export function watchLink(ask: (user: UserId) => void): void {
  const look = (): void => {
    const [, id] = LINK.exec(location.hash) ?? [];
    if (id === undefined) return;
    if (!/^[1-9]\d*$/.test(id) || !Number.isSafeInteger(Number(id))) {
      console.warn("gchat: #gchat-with= is not followed by a user's id: 1, 2, 3 …");
      return;
    }
    // Else each reload, and each Back to this page, would open it again.
    history.replaceState(history.state, "", location.pathname + location.search);
    ask(Number(id));
  };
  window.addEventListener("hashchange", look);
  look();
}
