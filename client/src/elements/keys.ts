/**
 * The keyboard at the outermost host of the chat. One place decides for all handlers inside: what belongs to an input
 * method reaches none of them, one press does one thing, and a key that the chat uses is not the page's as well.
 */

/**
 * Whether a key belongs to an input method that composes a word. `isComposing` says so during the word; on the key
 * that ends it, Safari has already sent `compositionend` and only the key code tells (229, UI Events, "Legacy key
 * attributes").
 */
export function isComposing(event: KeyboardEvent): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- Safari says it nowhere else
  return event.isComposing || event.keyCode === 229;
}

/** What is typed, pasted or composed in the chat: none of it is the page's. */
const TEXT_EVENTS = [
  "beforeinput",
  "input",
  "keypress",
  "copy",
  "cut",
  "paste",
  "compositionstart",
  "compositionupdate",
  "compositionend",
] as const;
/** Keys that press a button or leave something. */
const DEEDS = new Set(["Enter", " ", "Escape"]);
/** Keys that have a name; those that write are called by what they write (UI Events, "Key values"). */
const NAMED = /^[A-Z][A-Za-z0-9]+$/;
/** Keys that buttons, lists and scrolling use. */
const USED = new Set(["Enter", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown"]);
/** Keys that are the page's and the browser's in a text field too. */
const PASSED = /^(?:Tab|Escape|Shift|Control|Alt|AltGraph|Meta|F\d{1,2})$/;

/** Where the press of a key began, for its repeats. One person has one keyboard. */
const began = new Map<string, EventTarget | undefined>();
/** Keys whose press the page has not seen: it does not see their release either, wherever the focus is by then. */
const unseen = new Set<string>();

/**
 * Keeps the keyboard in order at `host` until the returned function is called. Listeners of the page in the capture
 * phase, on the window or the document, come before anything here: no element can keep a key from those.
 */
export function keepKeys(host: HTMLElement): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  host.addEventListener("keydown", before, { capture: true, signal });
  host.addEventListener("keyup", before, { capture: true, signal });
  host.addEventListener("keydown", after, { signal });
  host.addEventListener("keyup", released, { signal });
  for (const kind of TEXT_EVENTS) host.addEventListener(kind, ended, { signal });
  return () => {
    stop.abort();
  };
}

/** Before any handler inside. */
function before(event: KeyboardEvent): void {
  if (isComposing(event)) {
    event.stopPropagation();
    return;
  }
  if (event.type !== "keydown") return;
  const [target] = event.composedPath();
  if (!event.repeat) began.set(event.code, target);
  else if (DEEDS.has(event.key) && (began.get(event.code) !== target || event.key === "Escape" || !isTextField(target))) {
    // Held down: it opened a window, say, and the focus is in its textbox by now.
    event.preventDefault();
    event.stopPropagation();
  }
}

/** After all handlers inside. */
function after(event: KeyboardEvent): void {
  if (!isOurs(event)) return;
  event.stopPropagation();
  unseen.add(event.code);
}

function released(event: KeyboardEvent): void {
  if (unseen.delete(event.code) || isOurs(event)) event.stopPropagation();
}

function ended(event: Event): void {
  event.stopPropagation();
}

/** In a text field all that edits; elsewhere what types, presses or moves, and not with a modifier: those are shortcuts. */
function isOurs(event: KeyboardEvent): boolean {
  if (event.defaultPrevented) return true;
  if (isTextField(event.composedPath()[0])) return !PASSED.test(event.key);
  const shortcut = (event.ctrlKey || event.metaKey) && !event.getModifierState("AltGraph");
  return !shortcut && (!NAMED.test(event.key) || USED.has(event.key));
}

function isTextField(target: EventTarget | undefined): boolean {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;
}
