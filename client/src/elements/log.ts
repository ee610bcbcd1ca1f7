/**
 * `<gchat-log>`: the messages of one window. Owns the scroll, the "New" divider and the reading: it alone knows which
 * messages have really been shown to somebody.
 */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ConversationView, MessageView, Seq, WindowView } from "../view.js";
import { base } from "../styles/theme.js";
import { logStyles } from "../styles/log.js";
import { downIcon } from "./icons.js";
import { rowTemplate, type Surroundings } from "./message.js";
import type { Scene} from "./scene.js";
import { isRendered, SceneWatcher } from "./scene.js";
import { ScrollKeeper } from "./scroll.js";
import { loadLinks } from "./text.js";
import { threadRows } from "./thread.js";

/** Older messages are asked for before the top is reached. */
const NEAR_TOP_PX = 96;
/** So much of a long message has to be in view for it to count as shown. */
const SHOWN_PX = 40;

export class GchatLog extends LitElement {
  static override properties = {
    scene: { attribute: false },
    window: { attribute: false },
    name: {},
    missed: { state: true },
    away: { state: true },
    asked: { state: true },
  };
  declare scene: Scene | null;
  declare window: WindowView | null;
  /** The other person's name as it is shown. */
  declare name: string;
  /** New messages have come below the view. */
  declare missed: boolean;
  /** The view is not at the end. */
  declare away: boolean;
  /** Older messages were asked for and have not come yet. */
  declare asked: boolean;
  readonly #scroll = new ScrollKeeper(() => this.#scroller);
  #newAfter: Seq | null = null;
  #opened = false;
  #lastKey: string | undefined;
  #firstKey: string | undefined;
  #told: Seq = 0;
  /** Whoever was on the button for older messages stays in the log when it goes with the last of them. */
  #onOlder = false;
  #resized: ResizeObserver | null = null;

  static override styles = [base, logStyles];

  constructor() {
    super();
    this.scene = null;
    this.window = null;
    this.name = "";
    this.missed = false;
    this.away = false;
    this.asked = false;
    new SceneWatcher(this, ["conversation", "line"], (signal) => {
      if (signal.kind === "line") this.asked = false;
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    loadLinks().then(
      () => {
        this.requestUpdate();
      },
      () => undefined,
    );
    document.addEventListener("visibilitychange", this.#look);
    globalThis.addEventListener("focus", this.#look);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.#look);
    globalThis.removeEventListener("focus", this.#look);
    this.#resized?.disconnect();
    this.#resized = null;
  }

  /** Own words are always followed to the end. */
  follow(): void {
    this.#newAfter = null;
    this.#scroll.toEnd();
  }

  override willUpdate(): void {
    const view = this.#view;
    this.#scroll.remember();
    this.#onOlder = this.shadowRoot?.activeElement?.closest(".older") instanceof HTMLElement;
    if (view === undefined || view.loading) return;
    const last = view.messages.at(-1);
    const first = view.messages[0];
    if (!this.#opened) {
      this.#newAfter = view.readSeq;
    } else if (last !== undefined && last.key !== this.#lastKey) {
      if (last.mine) this.#scroll.stuck = true;
      else if (!this.#scroll.stuck) this.missed = true;
      if (!last.mine && !someoneLooks() && !hasNew(view, this.#newAfter)) this.#newAfter = view.readSeq;
    }
    if (first?.key !== this.#firstKey || !view.older) this.asked = false;
    this.#firstKey = first?.key;
    this.#lastKey = last?.key;
  }

  override render(): unknown {
    const { scene, window } = this;
    if (scene === null || window === null) return nothing;
    const { strings } = scene;
    const view = this.#view;
    return html`
      <div
        class="scroller"
        role="log"
        aria-live="off"
        aria-label=${strings.get("messages_with", this.name)}
        aria-busy=${view === undefined || view.loading ? "true" : "false"}
        tabindex="0"
        @scroll=${this.#scrolled}
      >
        ${view === undefined || view.loading ? this.#loading(scene) : this.#thread(scene, window, view)}
      </div>
      ${this.away
        ? html`<button class="jump" aria-label=${strings.get(this.missed ? "new_messages" : "jump_latest")} @click=${this.#jump}>
            ${downIcon}${this.missed ? html`<span>${strings.get("new_messages")}</span>` : nothing}
          </button>`
        : nothing}
    `;
  }

  override updated(): void {
    const view = this.#view;
    const scroller = this.#scroller;
    if (scroller === null) return;
    if (this.#resized === null && typeof ResizeObserver === "function") {
      this.#resized = new ResizeObserver(() => {
        if (this.#scroll.stuck) this.#scroll.toEnd();
        this.#look();
      });
      this.#resized.observe(scroller);
    }
    this.#scroll.keep();
    if (!this.#opened && view !== undefined && !view.loading) {
      this.#opened = true;
      const divider = scroller.querySelector<HTMLElement>(".divider");
      if (divider !== null) this.#scroll.reveal(divider);
    }
    if (this.#onOlder && view?.older === false) scroller.focus({ preventScroll: true });
    this.#noteAway();
    this.#look();
  }

  #loading(scene: Scene): TemplateResult {
    return html`<div class="loading">
      <span class="out-of-sight">${scene.strings.get("loading")}</span>
      <i></i><i class="mine"></i><i></i>
    </div>`;
  }

  #thread(scene: Scene, window: WindowView, view: ConversationView): TemplateResult {
    const { strings } = scene;
    if (view.messages.length === 0 && !view.older) {
      const [first = this.name] = this.name.split(/\s+/);
      return html`<div class="hello">
          <gchat-avatar .name=${this.name} .picture=${window.contact.picture}></gchat-avatar>
          <p><b dir="auto">${strings.get("say_hello", first)}</b></p>
          <p>${strings.get("say_hello_hint")}</p>
        </div>
        ${this.#typing(scene, window)}`;
    }
    const around: Surroundings = {
      strings,
      name: this.name,
      picture: window.contact.picture,
      retry: (message) => { scene.post({ kind: "retry", conversation: view.conversation, key: message.key }); },
      discard: (message) => { this.#discard(scene, view, message); },
    };
    const now = Date.now();
    return html`
      ${view.older
        ? html`<p class="older">
            <button class="action" aria-disabled=${this.asked ? "true" : "false"} @click=${this.#older}>
              ${strings.get(this.asked ? "loading" : "older_messages")}
            </button>
          </p>`
        : nothing}
      ${repeat(
        threadRows(view.messages, this.#newAfter),
        (row) => row.key,
        (row) => rowTemplate(row, around, now),
      )}
      ${this.#typing(scene, window)}
    `;
  }

  #typing(scene: Scene, window: WindowView): TemplateResult | typeof nothing {
    if (!window.typing) return nothing;
    return html`<div class="typing">
      <gchat-avatar class="face" .name=${this.name} .picture=${window.contact.picture}></gchat-avatar>
      <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>
      <span class="clip" dir="auto">${scene.strings.get("typing", this.name)}</span>
    </div>`;
  }

  #discard(scene: Scene, view: ConversationView, message: MessageView): void {
    const { conversation } = view;
    scene.post({ kind: "discard", conversation, key: message.key });
    scene.tell({ kind: "handback", conversation, text: message.text ?? "" });
  }

  #scrolled(): void {
    this.#scroll.scrolled();
    this.#noteAway();
    if ((this.#scroller?.scrollTop ?? NEAR_TOP_PX) < NEAR_TOP_PX && !this.#scroll.stuck) this.#older();
    this.#look();
  }

  #noteAway(): void {
    this.away = !this.#scroll.stuck;
    if (this.#scroll.stuck) this.missed = false;
  }

  #jump(): void {
    this.#scroller?.focus({ preventScroll: true });
    this.#scroll.toEnd(true);
    this.#noteAway();
  }

  #older(): void {
    const view = this.#view;
    if (view === undefined || !view.older || this.asked) return;
    this.asked = true;
    this.scene?.post({ kind: "older", conversation: view.conversation });
  }

  /** Tells the core what has been read: shown, in a window that can be seen, on a page that somebody looks at. */
  readonly #look = (): void => {
    const { scene } = this;
    const view = this.#view;
    const scroller = this.#scroller;
    if (scene === null || view === undefined || scroller === null || !someoneLooks() || !isRendered(this)) return;
    const edge = scroller.getBoundingClientRect().bottom;
    let shown = Math.max(view.readSeq, this.#told);
    for (const element of scroller.querySelectorAll<HTMLElement>(".message[data-seq]")) {
      const seq = Number(element.dataset["seq"]);
      if (seq <= shown) continue;
      const box = element.getBoundingClientRect();
      if (box.top + Math.min(box.height, SHOWN_PX) <= edge + 1) shown = seq;
    }
    if (shown <= Math.max(view.readSeq, this.#told)) return;
    this.#told = shown;
    scene.post({ kind: "seen", conversation: view.conversation, seq: shown });
  };

  get #view(): ConversationView | undefined {
    return this.window === null ? undefined : this.scene?.conversations.get(this.window.conversation);
  }

  get #scroller(): HTMLElement | null {
    return this.shadowRoot?.querySelector<HTMLElement>(".scroller") ?? null;
  }
}

function someoneLooks(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

function hasNew(view: ConversationView, after: Seq | null): boolean {
  return after !== null && view.messages.some((message) => !message.mine && message.seq > after && message.seq <= view.readSeq);
}
