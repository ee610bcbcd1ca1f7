/**
 * What all dialogs have: they lie over the page, keep the focus inside, close with Escape, and ask first where something
 * would be lost. What they ask of the core is answered by `done`; while that is refused, everything stays as it is.
 */
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { ConversationId } from "../view.js";
import { base, refusedStyles } from "../styles/theme.js";
import { dialogStyles } from "../styles/dialog.js";
import { failureString } from "./failures.js";
import { closeIcon, warningIcon } from "./icons.js";
import { SceneWatcher, type Scene } from "./scene.js";
import type { Act, Signal } from "./signals.js";
import type { StringId } from "./strings.js";

/** The contract's limit of a group's name, in characters. */
const LONGEST_TITLE = 100;
const FOCUSABLE = "button, input, select";

/** What is asked before something is done that cannot be taken back. */
export interface Question {
  text: string;
  /** The buttons: the first one changes nothing, and has the focus. */
  no: StringId;
  yes: StringId;
  does: () => void;
}

export abstract class Dialog extends LitElement {
  static override properties = {
    scene: { attribute: false },
    question: { state: true },
    code: { state: true },
    acting: { state: true },
  };
  declare scene: Scene | null;
  /** What is being asked, in place of the buttons. */
  declare question: Question | null;
  /** Why the last act was refused. */
  declare code: string | null;
  /** The act whose answer is awaited; 0: none. */
  declare acting: number;
  /** Something in it had the focus before it was rendered. */
  #focused = false;

  static override styles = [base, refusedStyles, dialogStyles];

  constructor() {
    super();
    this.scene = null;
    this.question = null;
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

  /** What the person has done, for those who do not see it; "": where the focus goes says enough. */
  protected said(): string {
    return "";
  }

  /** What was asked for is done, in this conversation. */
  protected done(conversation: ConversationId): void {
    const { scene } = this;
    const text = this.said();
    this.close();
    scene?.tell({ kind: "mended", conversation });
    if (text !== "") scene?.tell({ kind: "said", conversation, text });
  }

  /** What had the focus has gone. */
  protected refocus(): void {
    this.#first();
  }

  protected ask(question: Question): void {
    this.question = question;
    void this.updateComplete.then(() => { this.shadowRoot?.querySelector<HTMLElement>(".keep")?.focus(); });
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
    const { scene } = this;
    if (this.question !== null) this.#answer();
    else if (scene === null || !this.isDirty()) this.close();
    else this.ask({ text: scene.strings.get("discard_ask"), no: "keep_editing", yes: "discard", does: () => { this.close(); } });
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
          ${scene.line.state === "lost" ? html`<p class="hint" role="status">${strings.get("connection_lost")}</p>` : nothing}
          ${this.question === null ? html`<div class="ways">${this.buttons(scene)}</div>` : this.#question(scene, this.question)}
        </div>
      </div>
    </dialog>`;
  }

  #question({ strings }: Scene, { text, no, yes, does }: Question): TemplateResult {
    return html`<p class="question" role="alert">${text}</p>
      <div class="ways">
        <button type="button" class="action keep" @click=${() => { this.#answer(); }}>${strings.get(no)}</button>
        <button type="button" class="action bad" @click=${() => { this.#answer(does); }}>${strings.get(yes)}</button>
      </div>`;
  }

  #answer(does?: () => void): void {
    this.question = null;
    void this.updateComplete.then(() => { this.#first(); });
    does?.();
  }

  override firstUpdated(): void {
    const dialog = this.#dialog;
    // Older browsers have none that keeps the rest of the page away: there the Tab key alone does.
    if (typeof dialog?.showModal === "function") dialog.showModal();
    else dialog?.setAttribute("open", "");
    this.#first();
  }

  protected override update(changed: PropertyValues): void {
    this.#focused = this.shadowRoot !== null && this.shadowRoot.activeElement !== null;
    super.update(changed);
  }

  /** Nobody who touches the screen, or presses beside a button, wants the focus moved: a keyboard would come up. */
  override updated(changed: PropertyValues): void {
    super.updated(changed);
    if (this.#focused && this.shadowRoot?.activeElement === null) this.refocus();
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

/** In which a group gets its name. */
export function nameField(label: string, value: string, change: (name: string) => void): TemplateResult {
  return html`<label
    ><span>${label}</span
    ><input
      type="text"
      autocomplete="off"
      dir="auto"
      maxlength=${LONGEST_TITLE}
      aria-label=${label}
      .value=${value}
      @input=${(event: InputEvent) => { change((event.target as HTMLInputElement).value); }}
  /></label>`;
}
