/**
 * `<gchat-window>`: one conversation in the dock, open or as a bar. The names of its region and buttons are a
 * contract: screen readers say them, and the browser tests (e2e/people.mjs) find everything by them.
 */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import type { WindowView } from "../view.js";
import { base } from "../styles/theme.js";
import { windowStyles } from "../styles/window.js";
import type { GchatComposer } from "./composer.js";
import { failureString } from "./failures.js";
import { closeIcon, minimiseIcon, warningIcon } from "./icons.js";
import { GchatLog } from "./log.js";
import type { Scene} from "./scene.js";
import { SceneWatcher } from "./scene.js";

/** The person here has done this to the window; the dock moves the focus. */
export type WindowDeed = CustomEvent<{ deed: "minimise" | "close" }>;

export class GchatWindow extends LitElement {
  static override properties = {
    scene: { attribute: false },
    window: { attribute: false },
    open: { type: Boolean, reflect: true },
    refused: { state: true },
  };
  declare scene: Scene | null;
  declare window: WindowView | null;
  /** Shown as a whole window here; on a phone a window can be open elsewhere and a bar here. */
  declare open: boolean;
  /** The code of an action that was refused, until the next one. */
  declare refused: string | null;

  static override styles = [base, windowStyles];

  constructor() {
    super();
    this.scene = null;
    this.window = null;
    this.open = false;
    this.refused = null;
    new SceneWatcher(this, ["refused", "line", "goto"], (signal) => {
      if (!("conversation" in signal) || signal.conversation !== this.window?.conversation) return;
      this.refused = signal.kind === "refused" ? signal.code : null;
    });
    this.addEventListener("keydown", (event) => { this.#key(event); });
    for (const kind of ["dragenter", "dragover", "drop"] as const) {
      this.addEventListener(kind, (event) => { this.#dragged(event); });
    }
  }

  /** Puts the cursor into the textbox, or onto the bar's button. */
  focusIn(): void {
    const composer = this.#composer;
    if (composer !== null) void composer.updateComplete.then(() => { composer.focus(); });
    else this.shadowRoot?.querySelector<HTMLElement>(".restore")?.focus();
  }

  override render(): unknown {
    const { scene, window } = this;
    if (scene === null || window === null) return nothing;
    const name = window.contact.name === "" ? scene.strings.get("deleted_user") : window.contact.name;
    return html`<section
      role="region"
      class=${window.unread > 0 ? "waiting" : ""}
      aria-label=${scene.strings.get("chat_with", name)}
    >
      ${this.open ? this.#whole(scene, window, name) : this.#bar(scene, window, name)}
    </section>`;
  }

  #bar(scene: Scene, window: WindowView, name: string): TemplateResult {
    const { strings } = scene;
    return html`<header>
      <button
        class="restore"
        aria-label=${strings.get("restore_chat", name)}
        aria-describedby="state"
        @click=${() => { scene.restore(window.conversation); }}
      >
        <gchat-avatar .name=${name} .picture=${window.contact.picture} .status=${scene.statusOf(window)}></gchat-avatar>
        <span class="name clip" dir="auto">${name}</span>
        ${window.typing ? html`<span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>` : nothing}
      </button>
      ${this.#state(scene, window)}
      ${this.#closer(scene, name)}
    </header>`;
  }

  #whole(scene: Scene, window: WindowView, name: string): TemplateResult {
    const { strings } = scene;
    const { profileUrl, picture } = window.contact;
    const status = scene.statusOf(window);
    const href = webAddress(profileUrl);
    const label = strings.get("minimise_chat", name);
    return html`<header @click=${this.#headerClick}>
        <gchat-avatar .name=${name} .picture=${picture} .status=${status}></gchat-avatar>
        <span class="who">
          ${href === null
            ? html`<span class="name clip" dir="auto">${name}</span>`
            : html`<a class="name clip" dir="auto" href=${href}>${name}</a>`}
          <span class="status clip">${strings.get(status ?? "no_connection")}</span>
        </span>
        ${this.#state(scene, window)}
        <button class="quiet" aria-label=${label} title=${label} @click=${() => { this.#do("minimise"); }}>
          ${minimiseIcon}
        </button>
        ${this.#closer(scene, name)}
      </header>
      <gchat-log .scene=${scene} .window=${window} .name=${name}></gchat-log>
      ${this.refused === null
        ? nothing
        : html`<p class="refused" role="alert">${warningIcon}<span>${strings.get(failureString(this.refused))}</span></p>`}
      <gchat-composer .scene=${scene} .window=${window} .name=${name} @gchat-sent=${this.#sent}></gchat-composer>`;
  }

  /** The number on the header, in words for those who do not see it. */
  #state(scene: Scene, window: WindowView): TemplateResult {
    const { strings } = scene;
    if (this.open && window.unread === 0) return html``;
    const unread = window.unread === 0 ? "" : strings.count("unread_one", "unread_other", window.unread);
    return html`${window.unread > 0
        ? html`<span class="unread" aria-hidden="true">${strings.badge(window.unread)}</span>`
        : nothing}<span id="state" class="out-of-sight"
        >${[this.open ? "" : strings.get(scene.statusOf(window) ?? "no_connection"), unread].filter((part) => part !== "").join(", ")}</span
      >`;
  }

  #closer(scene: Scene, name: string): TemplateResult {
    const label = scene.strings.get("close_chat", name);
    return html`<button class="quiet close" aria-label=${label} title=${label} @click=${() => { this.#do("close"); }}>
      ${closeIcon}
    </button>`;
  }

  /** The bare header is a wide target for the mouse; the button beside it is for everybody. */
  #headerClick(event: MouseEvent): void {
    const target = event.target as Element;
    if (target.closest("a, button") === null) this.#do("minimise");
  }

  /** Escape puts the window aside. Closing is the button's: a key pressed in passing must not end a conversation. */
  #key(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.open || event.defaultPrevented) return;
    event.preventDefault();
    this.#do("minimise");
  }

  /** A file that is let go over a window would otherwise be opened by the browser in place of the page, or taken by it. */
  #dragged(event: DragEvent): void {
    if (event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.type === "drop") this.#composer?.refuseFiles();
  }

  get #composer(): GchatComposer | null {
    return this.shadowRoot?.querySelector<GchatComposer>("gchat-composer") ?? null;
  }

  #sent(): void {
    this.refused = null;
    const log = this.shadowRoot?.querySelector("gchat-log");
    if (log instanceof GchatLog) log.follow();
  }

  #do(deed: "minimise" | "close"): void {
    const conversation = this.window?.conversation;
    if (conversation === undefined) return;
    // The composer is about to go: what it holds must be with the core before the window is.
    this.scene?.tell({ kind: "flush" });
    this.scene?.post({ kind: deed, conversation });
    this.dispatchEvent(new CustomEvent("gchat-deed", { detail: { deed } }) satisfies WindowDeed);
  }
}

function webAddress(address: string | null): string | null {
  if (address === null) return null;
  try {
    const url = new URL(address, location.href);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}
