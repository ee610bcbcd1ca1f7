/**
 * A search among people, wherever they are listed: the box, what stands in it, and the question to the server where that
 * knows of more people than the page. And the arrow keys in a list of buttons.
 */
import { html, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from "lit";
import type { FoundPerson } from "../view.js";
import { folded } from "./folded.js";
import { searchIcon } from "./icons.js";
import type { Scene } from "./scene.js";

const DELAY_MS = 250;

/** Its list has the class `person` on each button. */
type Host = ReactiveControllerHost & HTMLElement & { scene: Scene | null };

export class PeopleSearch implements ReactiveController {
  readonly #host: Host;
  #typed = "";
  #asks: ReturnType<typeof setTimeout> | undefined;

  constructor(host: Host) {
    this.#host = host;
    host.addController(this);
  }

  hostDisconnected(): void {
    clearTimeout(this.#asks);
  }

  /** What is searched for; "": everybody. */
  get text(): string {
    return this.#typed.trim();
  }

  /** The people whom the server has found for it. */
  get found(): readonly FoundPerson[] {
    const found = this.#host.scene?.found;
    return found?.text === this.text ? found.people : [];
  }

  set(typed: string): void {
    this.#typed = typed;
    clearTimeout(this.#asks);
    this.#host.requestUpdate();
    const { text } = this;
    if (text === "" || this.#host.scene?.roster.more !== true) return;
    this.#asks = setTimeout(() => this.#host.scene?.post({ kind: "search", text }), DELAY_MS);
  }

  /** By name and circle, without case and accents. */
  matches({ name, circles }: { name: string; circles: readonly string[] }): boolean {
    return folded([name, ...circles].join(" ")).includes(folded(this.text));
  }

  focus(): void {
    this.#host.shadowRoot?.querySelector<HTMLElement>("input[type=search]")?.focus();
  }

  /** `enter`: what the Enter key does. */
  template(label: string, enter?: () => void): TemplateResult {
    const key = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && this.#typed !== "") this.set("");
      else if (event.key === "ArrowDown") this.#host.shadowRoot?.querySelector<HTMLElement>(".person")?.focus();
      else if (event.key === "Enter" && enter !== undefined) enter();
      else return;
      event.preventDefault();
    };
    return html`<div class="search">
      ${searchIcon}
      <input
        type="search"
        autocomplete="off"
        spellcheck="false"
        dir="auto"
        maxlength="100"
        aria-label=${label}
        placeholder=${label}
        .value=${this.#typed}
        @input=${(event: InputEvent) => { this.set((event.target as HTMLInputElement).value); }}
        @keydown=${key}
      />
    </div>`;
  }
}

/** From button to button. `above`: what is before the first one. */
export function arrowsAmong(event: KeyboardEvent, buttons: readonly HTMLElement[], above?: () => void): void {
  const now = buttons.indexOf(event.target as HTMLElement);
  const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (to === undefined || now < 0) return;
  event.preventDefault();
  if (to < 0) above?.();
  else buttons[to]?.focus();
}
