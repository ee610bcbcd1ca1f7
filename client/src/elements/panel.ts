/**
 * What the dock's buttons open. It closes with Escape, with a press elsewhere, and when the focus goes on by Tab or to
 * something else of the dock. Whatever else moves it is not the person: Moodle's Boost does, a moment after a page has loaded.
 */
import { LitElement, type PropertyValues } from "lit";
import type { Scene } from "./scene.js";

/** A press that is no click (a drag, say) ends it so much later. */
const NO_CLICK_MS = 300;
/** Between a panel and the page's edge. */
const MARGIN_PX = 8;

export abstract class Panel extends LitElement {
  static override properties = { scene: { attribute: false }, shown: { type: Boolean, reflect: true } };
  declare scene: Scene | null;
  declare shown: boolean;
  #tabbed = false;
  /**
   * Something else is being pressed. As the row of windows moves when the panel closes, it closes after the click: until
   * then what is pressed stays under the pointer.
   */
  #pressing = false;

  constructor() {
    super();
    this.scene = null;
    this.shown = false;
    this.addEventListener("keydown", (event) => {
      this.#tabs(event);
      if (event.key !== "Escape" || !this.shown || event.defaultPrevented) return;
      event.preventDefault();
      this.hide(true);
    });
    this.addEventListener("focusout", (event) => {
      const to = event.relatedTarget as Node | null;
      if (to === null || this.contains(to) || this.#pressing) return;
      if (this.#tabbed || to.getRootNode() === this.getRootNode()) this.hide(false);
    });
  }

  /** The browser moves the focus as soon as everybody has heard of the key. */
  #tabs({ key }: KeyboardEvent): void {
    if (key !== "Tab") return;
    this.#tabbed = true;
    setTimeout(() => { this.#tabbed = false; });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("pointerdown", this.#pressed);
    document.addEventListener("pointerup", this.#released);
    document.addEventListener("click", this.#clicked);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("pointerdown", this.#pressed);
    document.removeEventListener("pointerup", this.#released);
    document.removeEventListener("click", this.#clicked);
  }

  /** `back`: the focus returns to the button. */
  hide(back: boolean): void {
    this.shown = false;
    if (back) this.focusButton();
  }

  focusButton(): void {
    this.button?.focus();
  }

  protected get button(): HTMLElement | null {
    return this.shadowRoot?.querySelector<HTMLElement>(".opener") ?? null;
  }

  protected toggle(): void {
    this.shown = !this.shown;
  }

  override updated(changed: PropertyValues<this>): void {
    if (!changed.has("shown")) return;
    if (this.shown) this.#stayOnPage();
    this.dispatchEvent(new Event("gchat-shown"));
  }

  /** What would hang over an edge of the page is moved in. */
  #stayOnPage(): void {
    const panel = this.shadowRoot?.querySelector<HTMLElement>(".panel");
    if (!panel) return;
    const { left, right } = panel.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    // On a phone it is as wide as the page.
    if (right - left >= width) return;
    const over = left < MARGIN_PX ? MARGIN_PX - left : Math.min(0, width - MARGIN_PX - right);
    panel.style.translate = over === 0 ? "" : `${over}px`;
  }

  readonly #pressed = (event: Event): void => {
    this.#pressing = this.shown && !event.composedPath().includes(this);
  };

  readonly #released = (): void => {
    if (this.#pressing) setTimeout(this.#clicked, NO_CLICK_MS);
  };

  readonly #clicked = (): void => {
    if (!this.#pressing) return;
    this.#pressing = false;
    if (this.shown) this.hide(false);
  };
}
