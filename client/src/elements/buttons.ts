/**
 * The host's own elements: `<button data-gchat-message="USER">`, or any other, anywhere on the page, opens the window with
 * that person, online or not (client/README.md, "A button of the host's own").
 *
 * Only the id is read. Who it is the server says: a page may hold what its users have written, and nobody's window may
 * open under another's name.
 */
import type { UserId } from "../view.js";

/** These the browser presses itself, by their keys. */
const PRESSED = "button, a[href], input, summary";

/** Has `ask` called when the person here presses such an element, also one that comes into the page later. */
export function watchButtons(ask: (user: UserId, button: HTMLElement) => void): void {
  document.addEventListener("keydown", (event) => {
    const element = event.composedPath()[0];
    if (element === undefined || !isAsking(element) || element.matches(PRESSED) || event.defaultPrevented) return;
    if ((event.key !== "Enter" && event.key !== " ") || event.repeat) return;
    // The space would scroll the page.
    event.preventDefault();
    element.click();
  });
  document.addEventListener("click", (event) => {
    const button = event.composedPath().find(isAsking);
    // What the host's own script has taken is the host's.
    if (button === undefined || event.defaultPrevented || !byHand(event)) return;
    // It may submit a form where there is no chat.
    event.preventDefault();
    const user = Number(button.dataset["gchatMessage"]);
    if (Number.isSafeInteger(user) && user > 0) ask(user, button);
    else console.warn("gchat: data-gchat-message is not a user's id: 1, 2, 3 …");
  });
}

function isAsking(target: EventTarget): target is HTMLElement {
  return target instanceof HTMLElement && target.hasAttribute("data-gchat-message") && !target.matches(":disabled, [aria-disabled=true]");
}

/** By the person, also where an extension for those who use no mouse presses it for them: not by a script alone. */
function byHand(event: MouseEvent): boolean {
  return event.isTrusted || ("userActivation" in navigator && navigator.userActivation.isActive);
}
