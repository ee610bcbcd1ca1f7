/**
 * A menu, or another small box of buttons, that a button opens: which one is open, where it is on the page, and the
 * keyboard in it. It stands beside its button, and the browser shows it above everything (`popover`), as the box
 * around it would cut it off.
 */
import { html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from "lit";
import { isRtl } from "./edge.js";

export interface Item {
  /** Its class, too. */
  readonly id: string;
  readonly name: string;
  /** Of one that is switched on and off. */
  readonly checked?: boolean;
  readonly choose: () => void;
}

/** Between the menu and the page's edge. */
const MARGIN_PX = 8;

export class Menu<Open> implements ReactiveController {
  open: Open | null = null;
  readonly #host: ReactiveControllerHost & HTMLElement;
  /** It has been asked for and not been shown yet. */
  #fresh = false;
  #busy = false;

  constructor(host: ReactiveControllerHost & HTMLElement) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    document.addEventListener("pointerdown", this.#pressed);
    globalThis.addEventListener("resize", this.place);
  }

  hostDisconnected(): void {
    document.removeEventListener("pointerdown", this.#pressed);
    globalThis.removeEventListener("resize", this.place);
    this.open = null;
  }

  hostUpdated(): void {
    const menu = this.#menu;
    if (menu === null) {
      // What it was opened for has gone.
      this.open = null;
      return;
    }
    if (!this.#fresh) return;
    this.#fresh = false;
    if (typeof menu.showPopover === "function") {
      menu.showPopover();
      this.place();
    } else {
      // Older browsers show it where it stands, which is scrolled to it.
      menu.classList.add("inside");
      menu.scrollIntoView({ block: "nearest" });
    }
    menu.querySelector<HTMLElement>("button, [tabindex]")?.focus({ preventScroll: true });
  }

  /** null: it is closed, and the focus returns to its button. */
  show(open: Open | null): void {
    if (open === null) {
      this.close(true);
      return;
    }
    this.open = open;
    this.#fresh = true;
    this.#host.requestUpdate();
  }

  /** `back`: the focus returns to the button. */
  close(back: boolean): void {
    if (this.open === null) return;
    const button = this.#menu?.previousElementSibling;
    this.open = null;
    if (back && button instanceof HTMLElement) button.focus({ preventScroll: true });
    this.#host.requestUpdate();
  }

  /** The focus may leave it and come back while `work` runs. */
  during(work: () => void): void {
    this.#busy = true;
    work();
    this.#busy = false;
  }

  /** `head`: a line above the items. */
  template(label: string, items: readonly Item[], head: string | null): TemplateResult {
    const item = ({ id, name, checked, choose }: Item): TemplateResult => {
      const chosen = (): void => {
        this.close(true);
        choose();
      };
      return html`<button
        role=${checked === undefined ? "menuitem" : "menuitemcheckbox"}
        aria-checked=${checked ?? nothing}
        tabindex="-1"
        class=${id}
        @click=${chosen}
      >${name}</button>`;
    };
    return this.box(html`${head === null ? nothing : html`<p>${head}</p>`}
      <div role="menu" aria-label=${label}>${items.map(item)}</div>`);
  }

  /** Any buttons; of the kind `picker`, one element that has a keyboard of its own. */
  box(content: TemplateResult, kind = ""): TemplateResult {
    return html`<div class="menu ${kind}" popover="manual" @keydown=${this.#key} @focusout=${this.#left}>${content}</div>`;
  }

  readonly #key = (event: KeyboardEvent): void => {
    const menu = this.#menu;
    if (menu === null || event.ctrlKey || event.altKey || event.metaKey) return;
    if (menu.classList.contains("picker") && event.key !== "Escape") {
      // Nor are its keys those of a list around it.
      if (event.key !== "Tab") event.stopPropagation();
      return;
    }
    if (event.key === "Tab") {
      // From the button the focus goes where the key leads.
      this.close(true);
      return;
    }
    const items = [...menu.querySelectorAll<HTMLElement>("button")];
    const at = items.findIndex((item) => item === event.target);
    const [left, right] = isRtl(menu) ? [at + 1, at - 1] : [at - 1, at + 1];
    const across: Readonly<Record<string, number>> = menu.querySelector("[role=toolbar]") === null ? {} : { ArrowLeft: left, ArrowRight: right };
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, ...across, Home: 0, End: -1 }[event.key];
    if (to !== undefined) items.at(to === items.length ? 0 : to)?.focus({ preventScroll: true });
    else if (event.key === "Escape") this.close(true);
    else return;
    event.preventDefault();
  };

  readonly #left = (event: FocusEvent): void => {
    const to = event.relatedTarget;
    const menu = this.#menu;
    // The button closes it by its own press, and another one's menu takes its place.
    if (to === null || menu === null || menu !== event.currentTarget || this.#fresh || this.#busy) return;
    if (menu.contains(to as Node) || to === menu.previousElementSibling) return;
    this.close(false);
  };

  readonly #pressed = (event: Event): void => {
    const menu = this.#menu;
    if (menu === null) return;
    const path = event.composedPath();
    if (!path.includes(menu) && !path.includes(menu.previousElementSibling as EventTarget)) this.close(false);
  };

  /** Below its button where there is room, else above it, and within the page. What is small covers less above. */
  readonly place = (): void => {
    const menu = this.#menu;
    const button = menu?.previousElementSibling?.getBoundingClientRect();
    if (menu === null || button === undefined || menu.classList.contains("inside")) return;
    const { width, height } = menu.getBoundingClientRect();
    const page = { width: document.documentElement.clientWidth, height: globalThis.innerHeight };
    const small = menu.classList.contains("bar") && button.top - height >= MARGIN_PX;
    const below = !small && button.bottom + height + MARGIN_PX <= page.height;
    // What is as wide as its window stands in the middle of it.
    const host = this.#host.getBoundingClientRect();
    const start = menu.classList.contains("picker") ? (host.left + host.right - width) / 2 : button.left;
    const left = Math.min(Math.max(MARGIN_PX, start), page.width - width - MARGIN_PX);
    menu.style.left = `${Math.max(0, left)}px`;
    menu.style.top = `${Math.max(0, below ? button.bottom : button.top - height)}px`;
  };

  get #menu(): HTMLElement | null {
    return this.#host.shadowRoot?.querySelector<HTMLElement>(".menu") ?? null;
  }
}
