/**
 * What all dialogs have: they lie over the page, keep the focus inside, close with Escape, and ask first where something
 * would be lost. What they ask of the core is answered by `done`; while that is refused, everything stays as it is.
 */
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { ConversationId } from "../view.js";
import { base } from "../styles/theme.js";
import { dialogStyles } from "../styles/dialog.js";
import { failureString } from "./failures.js";
import { closeIcon, warningIcon } from "./icons.js";
import type { Act, Scene } from "./scene.js";
import { SceneWatcher, type Signal } from "./scene.js";

const FOCUSABLE = "button, input, select";

export abstract class Dialog extends LitElement {
  static override properties = {
    scene: { attribute: false },
    asking: { state: true },
    code: { state: true },
    acting: { state: true },
  };
  declare scene: Scene | null;
  /** Whether what was entered may be lost is being asked. */
  declare asking: boolean;
  /** Why the last act was refused. */
  declare code: string | null;
  /** The act whose answer is awaited; 0: none. */
  declare acting: number;

  static override styles = [base, dialogStyles];

  constructor() {
    super();
    this.scene = null;
    this.asking = false;
    this.code = null;
    this.acting = 0;
    new SceneWatcher(this, ["line", "roster", "dock", "people", "members", "courses", "found", "done"], (signal) => { this.#heard(signal); });
    this.addEventListener("keydown", (event) => { this.#key(event); });
  }

  protected abstract heading(scene: Scene): string;
  protected abstract content(scene: Scene): TemplateResult;
  /** The buttons at the end. */
  protected abstract buttons(scene: Scene): TemplateResult | typeof nothing;

  /** Something would be lost. */
  protected isDirty(): boolean {
    return false;
  }

  /** What the dialog is about is still there. */
  protected stands(): boolean {
    return true;
  }

  /** What was asked for is done, in this conversation. */
  protected done(conversation: ConversationId): void {
    this.close();
    this.scene?.tell({ kind: "mended", conversation });
  }

  protected act(command: Act): void {
    if (this.acting !== 0 || this.scene === null) return;
    this.code = null;
    this.acting = this.scene.act(command);
  }

  close(): void {
    this.dispatchEvent(new Event("gchat-closed"));
  }

  /** The person wants out of it. */
  leave(): void {
    if (this.isDirty() && !this.asking) {
      this.asking = true;
      void this.updateComplete.then(() => { this.shadowRoot?.querySelector<HTMLElement>(".keep")?.focus(); });
    } else this.close();
  }

  override render(): unknown {
    const { scene } = this;
    if (scene === null) return nothing;
    const { strings } = scene;
    const label = strings.get("close");
    return html`<dialog
      role="dialog"
      aria-modal="true"
      aria-labelledby="title"
      @cancel=${(event: Event) => {
        event.preventDefault();
        this.leave();
      }}
      @close=${() => { this.close(); }}
      @pointerdown=${(event: Event) => { if (event.target === event.currentTarget) this.leave(); }}
    >
      <div class="whole">
        <div class="head">
          <h2 id="title">${this.heading(scene)}</h2>
          <button type="button" class="quiet" aria-label=${label} title=${label} @click=${() => { this.leave(); }}>${closeIcon}</button>
        </div>
        ${this.content(scene)}
        <div class="foot">
          ${this.code === null
            ? nothing
            : html`<p class="refused" role="alert">${warningIcon}<span>${strings.get(failureString(this.code, "group"))}</span></p>`}
          ${this.asking ? this.#question(scene) : html`<div class="ways">${this.buttons(scene)}</div>`}
        </div>
      </div>
    </dialog>`;
  }

  #question({ strings }: Scene): TemplateResult {
    const keep = (): void => {
      this.asking = false;
      void this.updateComplete.then(() => { this.#first(); });
    };
    return html`<p role="alert">${strings.get("discard_ask")}</p>
      <div class="ways">
        <button type="button" class="action keep" @click=${keep}>${strings.get("keep_editing")}</button>
        <button type="button" class="action bad" @click=${() => { this.close(); }}>${strings.get("discard")}</button>
      </div>`;
  }

  override firstUpdated(): void {
    const dialog = this.#dialog;
    // Older browsers have none that keeps the rest of the page away: there the Tab key alone does.
    if (typeof dialog?.showModal === "function") dialog.showModal();
    else dialog?.setAttribute("open", "");
    this.#first();
  }

  override updated(changed: PropertyValues): void {
    super.updated(changed);
    // What had the focus has gone.
    if (this.shadowRoot?.activeElement === null && document.activeElement === document.body) this.#first();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    const dialog = this.#dialog;
    if (typeof dialog?.close === "function") dialog.close();
  }

  #heard(signal: Signal): void {
    if (signal.kind === "done" && signal.act === this.acting) {
      this.acting = 0;
      if (signal.code === undefined) this.done(signal.conversation);
      else this.code = signal.code;
    } else if (signal.kind === "dock" && !this.stands()) this.close();
  }

  #key(event: KeyboardEvent): void {
    if (event.defaultPrevented) return;
    if (event.key === "Escape") {
      event.preventDefault();
      this.leave();
    }
    if (event.key !== "Tab") return;
    const stops = [...(this.#dialog?.querySelectorAll<HTMLButtonElement>(FOCUSABLE) ?? [])].filter(
      ({ disabled, tabIndex, hidden }) => !disabled && tabIndex >= 0 && !hidden,
    );
    const at = this.shadowRoot?.activeElement ?? null;
    const to = event.shiftKey && at === stops[0] ? stops.at(-1) : !event.shiftKey && at === stops.at(-1) ? stops[0] : undefined;
    if (to === undefined) return;
    event.preventDefault();
    to.focus();
  }

  #first(): void {
    const dialog = this.#dialog;
    (dialog?.querySelector<HTMLElement>("input") ?? dialog?.querySelector<HTMLElement>(".ways button") ?? dialog?.querySelector<HTMLElement>("button"))?.focus();
  }

  get #dialog(): HTMLDialogElement | null {
    return this.shadowRoot?.querySelector("dialog") ?? null;
  }
}
