/**
 * The menu of a message: which one is open, where it is on the page, and the keyboard in it. It stands beside its
 * button, and the browser shows it above everything (`popover`), as the log would cut it off.
 */
import { html, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from "lit";
import type { StringId, Strings } from "./strings.js";
import type { Verb } from "./verbs.js";

export interface OpenMenu {
  /** Of the message. */
  readonly key: string;
  readonly verbs: readonly Verb[];
}

const NAMES: Readonly<Record<Verb, StringId>> = { reply: "reply", edit: "edit", delete: "delete", copy: "copy" };
/** Between the menu and the page's edge. */
const MARGIN_PX = 8;

export class MessageMenu implements ReactiveController {
  open: OpenMenu | null = null;
  readonly #host: ReactiveControllerHost & HTMLElement;
  /** It has been asked for and not been shown yet. */
  #fresh = false;

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
      // Its message has gone.
      this.open = null;
      return;
    }
    if (!this.#fresh) return;
    this.#fresh = false;
    if (typeof menu.showPopover === "function") {
      menu.showPopover();
      this.place();
    } else {
      // Older browsers show it in the log, which is scrolled to it.
      menu.classList.add("inside");
      menu.scrollIntoView({ block: "nearest" });
    }
    menu.querySelector<HTMLElement>("button")?.focus({ preventScroll: true });
  }

  toggle(key: string, verbs: readonly Verb[]): void {
    if (this.open?.key === key) {
      this.close(true);
      return;
    }
    this.open = verbs.length > 0 ? { key, verbs } : null;
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

  /** `time`: of the message, for those whose finger does not hover. */
  template({ verbs }: OpenMenu, time: string, strings: Strings, choose: (verb: Verb) => void): TemplateResult {
    const item = (verb: Verb): TemplateResult => {
      const chosen = (): void => {
        this.close(true);
        choose(verb);
      };
      return html`<button role="menuitem" tabindex="-1" class=${verb} @click=${chosen}>${strings.get(NAMES[verb])}</button>`;
    };
    return html`<div class="menu" popover="manual" @keydown=${this.#key} @focusout=${this.#left}>
      <p>${time}</p>
      <div role="menu" aria-label=${strings.get("message_actions")}>${verbs.map(item)}</div>
    </div>`;
  }

  readonly #key = (event: KeyboardEvent): void => {
    const menu = this.#menu;
    if (menu === null || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Tab") {
      // From the button the focus goes where the key leads.
      this.close(true);
      return;
    }
    const items = [...menu.querySelectorAll<HTMLElement>("button")];
    const at = items.findIndex((item) => item === event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) items.at(to === items.length ? 0 : to)?.focus({ preventScroll: true });
    else if (event.key === "Escape") this.close(true);
    else return;
    event.preventDefault();
  };

  readonly #left = (event: FocusEvent): void => {
    const to = event.relatedTarget;
    const menu = this.#menu;
    // The button closes it by its own press, and another message's menu takes its place.
    if (to === null || menu === null || menu !== event.currentTarget || this.#fresh) return;
    if (menu.contains(to as Node) || to === menu.previousElementSibling) return;
    this.close(false);
  };

  readonly #pressed = (event: Event): void => {
    const menu = this.#menu;
    if (menu === null) return;
    const path = event.composedPath();
    if (!path.includes(menu) && !path.includes(menu.previousElementSibling as EventTarget)) this.close(false);
  };

  /** Below its button where there is room, else above it, and within the page. */
  readonly place = (): void => {
    const menu = this.#menu;
    const button = menu?.previousElementSibling?.getBoundingClientRect();
    if (menu === null || button === undefined || menu.classList.contains("inside")) return;
    const { width, height } = menu.getBoundingClientRect();
    const page = { width: document.documentElement.clientWidth, height: globalThis.innerHeight };
    const below = button.bottom + height + MARGIN_PX <= page.height;
    const left = Math.min(Math.max(MARGIN_PX, button.left), page.width - width - MARGIN_PX);
    menu.style.left = `${Math.max(0, left)}px`;
    menu.style.top = `${Math.max(0, below ? button.bottom : button.top - height)}px`;
  };

  get #menu(): HTMLElement | null {
    return this.#host.shadowRoot?.querySelector<HTMLElement>(".menu") ?? null;
  }
}
