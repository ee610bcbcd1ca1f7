/**
 * A search among people, wherever they are listed: the box, what stands in it, and the question to the core where that
 * may know of more people than the page. And the arrow keys in a list of buttons.
 */
import { html, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from "lit";
import type { FoundPerson } from "../view.js";
import { hasWords } from "../words.js";
import { searchIcon } from "./icons.js";
import type { Scene } from "./scene.js";

const DELAY_MS = 250;

/** Who has asked last, of each page. */
const latest = new WeakMap<Scene, PeopleSearch>();

type Host = ReactiveControllerHost & HTMLElement & { scene: Scene | null };

/** What keys in the box do. */
export interface BoxKeys {
  enter?: () => void;
  /** Into the list. Without it: to the first button of the class `person`. */
  down?: () => void;
}

export class PeopleSearch implements ReactiveController {
  readonly #host: Host;
  /** Whether people who are not online are found as well. */
  readonly #everybody: boolean;
  readonly #asking: (text: string) => void;
  #typed = "";
  #asked = false;
  #asks: ReturnType<typeof setTimeout> | undefined;

  /** `asking`: called with each text that the core is asked for. */
  constructor(host: Host, everybody: boolean, asking: (text: string) => void = () => undefined) {
    this.#host = host;
    this.#everybody = everybody;
    this.#asking = asking;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.#leave();
  }

  /** What is searched for; "": everybody. */
  get text(): string {
    return this.#typed.trim();
  }

  /** The people whom the core has found for it. */
  get found(): readonly FoundPerson[] {
    const found = this.#host.scene?.found;
    if (found?.text !== this.text) return [];
    return this.#everybody ? found.people : found.people.filter(({ status }) => status === "online");
  }

  /** Whether more may be found for it by and by. */
  get isPending(): boolean {
    const { found, connected = false } = this.#host.scene ?? {};
    return this.text !== "" && connected && (found?.text !== this.text || found.pending);
  }

  /** The core may be another one: it is asked for what is not answered. */
  again(): void {
    if (this.isPending) this.#ask(this.text);
  }

  /** The next page of what was found. */
  further(): void {
    this.#host.scene?.post({ kind: "search", text: this.text, more: true, ...this.#kind });
  }

  set(typed: string): void {
    this.#typed = typed;
    this.#host.requestUpdate();
    const { text } = this;
    clearTimeout(this.#asks);
    if (text === "") {
      this.#leave();
      this.#asking(text);
    }
    else if (this.#everybody || this.#host.scene?.roster.more === true) this.#asks = setTimeout(() => { this.#ask(text); }, DELAY_MS);
  }

  /** Nothing may stay in it, and nothing is asked. */
  clear(): void {
    clearTimeout(this.#asks);
    this.#typed = "";
    this.#asked = false;
    this.#host.requestUpdate();
  }

  #ask(text: string): void {
    clearTimeout(this.#asks);
    const { scene } = this.#host;
    if (scene !== null) latest.set(scene, this);
    scene?.post({ kind: "search", text, ...this.#kind });
    this.#asked = true;
    this.#asking(text);
  }

  /** Nothing is searched for any more, if anything was. */
  #leave(): void {
    clearTimeout(this.#asks);
    const { scene } = this.#host;
    // What another list of the page has asked since goes on.
    if (this.#asked && scene !== null && latest.get(scene) === this) scene.post({ kind: "search", text: "" });
    this.#asked = false;
  }

  get #kind(): { online?: true } {
    return this.#everybody ? {} : { online: true };
  }

  /** By name and circle. */
  matches({ name, circles }: { name: string; circles: readonly string[] }): boolean {
    return hasWords([name, ...circles].join(" "), this.text);
  }

  focus(): void {
    this.#host.shadowRoot?.querySelector<HTMLElement>("input[type=search]")?.focus();
  }

  template(label: string, { enter, down }: BoxKeys = {}): TemplateResult {
    const key = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && this.#typed !== "") this.set("");
      else if (event.key === "ArrowDown") (down ?? this.#first)();
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
        maxlength="100"
        aria-label=${label}
        placeholder=${label}
        .value=${this.#typed}
        @input=${(event: InputEvent) => { this.set((event.target as HTMLInputElement).value); }}
        @keydown=${key}
      />
    </div>`;
  }

  readonly #first = (): void => {
    this.#host.shadowRoot?.querySelector<HTMLElement>(".person")?.focus();
  };
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
