/**
 * `<gchat-dock>`: the row of windows at the bottom of the page. Decides which windows fit, where the focus goes when
 * one comes or leaves by the person's own hand. A window that comes by a message never takes the focus.
 */
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ConversationId, LineView, WindowView } from "../view.js";
import { base, tokens } from "../styles/theme.js";
import { dockStyles, PANEL, PHONE, WIDE } from "../styles/dock.js";
import { coverPage, holdFocus } from "./cover.js";
import { followKeyboard, keepClear } from "./edge.js";
import { failureString } from "./failures.js";
import { fitting, type Fit, type Place } from "./fit.js";
import { clockIcon, closeIcon, warningIcon } from "./icons.js";
import { keepKeys } from "./keys.js";
import type { GchatLauncher } from "./launcher.js";
import { stoppedString } from "./people.js";
import { loadDialog } from "./pieces.js";
import { SceneWatcher, isRendered, type Scene } from "./scene.js";
import { followScheme } from "./scheme.js";
import type { DialogAsked, Signal } from "./signals.js";
import type { StringId } from "./strings.js";
import type { GchatWindow, WindowDeed } from "./window.js";

/** A window asked for gets the focus if it comes within this time; later, people are elsewhere. */
const ASKED_FOR_MS = 5000;
/** Why a window does not come. */
const UNOPENED = /^failure_(?:not|load|rate)/;
/** A window that is refused goes within this time. */
const REFUSED_MS = 3000;

export class GchatDock extends LitElement {
  static override properties = {
    scene: { attribute: false },
    notice: { state: true },
    phone: { state: true },
    dialog: { state: true },
  };
  declare scene: Scene | null;
  /** What went wrong outside any window, until it is dismissed. */
  declare notice: StringId | null;
  declare phone: boolean;
  /** What lies over the page. */
  declare dialog: HTMLElement | null;
  /** The dialog that was shown last, and where the focus was before it. */
  #last: { dialog: HTMLElement; origin: HTMLElement | null } | null = null;
  /** When the person last turned to a window, as a rising number. */
  readonly #ranks = new Map<ConversationId, number>();
  #rank = 0;
  #wanted: { conversation: ConversationId; until: number } | null = null;
  /** The window that was asked for last, until the person turns away from it. */
  #opening: ConversationId | null = null;
  /** What was refused there: the window may go by it, a moment later. */
  #refusal: { conversation: ConversationId; code: string; until: number } | null = null;
  /** On a phone: the one window that covers the page. Only a person's own hand opens it: a page that loads is seen. */
  #whole: ConversationId | null = null;
  /** What the row shows, apart from while the launcher's panel takes its place. */
  #fit: Fit | null = null;
  #stops: (() => void)[] = [];
  /** Windows have been shown: whoever loses them is told why. */
  #peopled = false;
  #uncover: (() => void) | null = null;
  #watched: ResizeObserver | null = null;
  /** The page's width in px, as long as it is known. */
  #known: number | null = null;

  static override styles = [tokens, base, dockStyles];

  constructor() {
    super();
    this.scene = null;
    this.notice = null;
    this.phone = false;
    this.dialog = null;
    const signals = ["dock", "dialog", "line", "asked", "awaited", "emptied", "refused"] as const;
    new SceneWatcher(this, signals, (signal) => { this.#heard(signal); });
    this.addEventListener("focusin", () => { this.#turnedTo(); });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const media = window.matchMedia(`(max-width: ${PHONE}px)`);
    const changed = (): void => {
      this.phone = media.matches;
    };
    changed();
    media.addEventListener("change", changed);
    this.#stops = [
      () => { media.removeEventListener("change", changed); },
      keepClear(this, () => this.phone, () => {
        this.#known = null;
        this.requestUpdate();
      }),
      followKeyboard(this),
      holdFocus(this),
      keepKeys(this),
      this.#watchWidth(),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#cover(false);
  }

  override firstUpdated(): void {
    this.#stops.push(followScheme(this, false));
  }

  override render(): unknown {
    const { scene } = this;
    if (scene === null) return nothing;
    const { strings } = scene;
    const places = scene.windows.map((window) => this.#place(window));
    const open = new Set(places.filter((place) => place.open).map((place) => place.conversation));
    // On a phone nothing but the launcher stands on the page, and the one window that covers it.
    const fit = this.phone ? null : this.#fitted(places);
    const tight = fit !== null && fit.size > 0;
    this.toggleAttribute("tight", tight);
    const shown = scene.windows.filter(({ conversation }) => (fit?.shown ?? open).has(conversation));
    const folded = this.phone ? [] : scene.windows.filter((window) => !shown.includes(window));
    const above = shown.some((window) => open.has(window.conversation));
    return html`
      <span class="accent-probe"></span>
      <div class=${above ? "notices above" : "notices"} role="status">
        ${this.notice === null ? nothing : this.#notice(scene, this.notice)}
      </div>
      <div class=${this.phone && (open.size > 0 || this.#launcher?.shown === true) ? "dock covered" : "dock"} role="region" aria-label=${strings.get("chats")}>
        ${folded.length > 0 ? html`<gchat-more .scene=${scene} .windows=${folded} ?tight=${tight}></gchat-more>` : nothing}
        ${repeat(
          [...shown].reverse(),
          (window) => window.conversation,
          (window) =>
            html`<gchat-window
              .scene=${scene}
              .window=${window}
              .open=${open.has(window.conversation)}
              .phone=${this.phone}
              @gchat-deed=${(event: WindowDeed) => { this.#done(window.conversation, event.detail.deed); }}
            ></gchat-window>`,
        )}
        <gchat-launcher .scene=${scene} .phone=${this.phone} ?tight=${tight} @gchat-shown=${() => { this.requestUpdate(); }}></gchat-launcher>
      </div>
      ${this.dialog ?? nothing}
      <gchat-said .scene=${scene}></gchat-said>
    `;
  }

  #notice(scene: Scene, text: StringId): TemplateResult {
    const label = scene.strings.get("dismiss");
    // A pause is as it should be, and ends by itself.
    const calm = text === "paused";
    return html`<div class=${calm ? "notice calm" : "notice"}>
      ${calm ? clockIcon : warningIcon}
      <p>${scene.strings.get(text)}</p>
      <button class="quiet" aria-label=${label} title=${label} @click=${() => { this.#dismiss(); }}>${closeIcon}</button>
    </div>`;
  }

  #dismiss(): void {
    this.notice = null;
    this.#launcher?.focusButton();
  }

  /** A window that takes another place in the row is moved in the document, and would lose the focus by it. */
  protected override update(changed: PropertyValues<this>): void {
    const focused = this.shadowRoot === null ? null : focusedIn(this.shadowRoot);
    super.update(changed);
    if (focused?.isConnected === true && isRendered(focused) && this.shadowRoot?.activeElement === null) focused.focus({ preventScroll: true });
  }

  override updated(): void {
    const covered = this.#uncover !== null;
    // The panel stays until what was chosen there is over it.
    if (this.phone && this.#whole !== null && this.#element(this.#whole)?.open === true) this.#launcher?.hide(false);
    this.#cover(this.shadowRoot?.querySelector(".covered") !== null);
    // Another tab has closed what covered the page here, with the focus in it.
    if (covered && this.#uncover === null && document.activeElement === document.body) this.#launcher?.focusButton();
    const wanted = this.#wanted;
    if (wanted === null) return;
    const element = this.#element(wanted.conversation);
    if (Date.now() > wanted.until) this.#wanted = null;
    else if (element?.open === true) {
      this.#wanted = null;
      void element.updateComplete.then(() => { element.focusIn(); });
    }
  }

  #cover(whole: boolean): void {
    this.toggleAttribute("whole", whole);
    if (whole) this.#uncover ??= coverPage(this);
    else {
      this.#uncover?.();
      this.#uncover = null;
    }
  }

  #heard(signal: Signal): void {
    if (signal.kind === "asked") {
      this.#wanted = { conversation: signal.conversation, until: Date.now() + ASKED_FOR_MS };
      this.#opening = signal.conversation;
      this.#refusal = null;
      this.#forget();
      this.#rankUp(signal.conversation);
      this.#whole = signal.conversation;
    } else if (signal.kind === "awaited") {
      this.#forget();
      this.notice = (this.scene === null ? null : whyNot(this.scene.line)) ?? this.notice;
    } else if (signal.kind === "dialog") {
      void this.#show(signal.dialog);
    } else if (signal.kind === "refused") {
      this.#refused(signal);
    } else if (signal.kind === "emptied") {
      this.#empty();
    } else if (signal.kind === "dock") {
      this.#peopled ||= signal.windows.length > 0;
      this.#sayRefusal();
    } else if (signal.kind === "line" && signal.line.state === "stopped" && this.#peopled) {
      this.notice = stoppedString(signal.line);
    } else if (signal.kind === "line" && signal.line.state === "paused") {
      if (this.#peopled) this.notice = "paused";
    } else if (signal.kind === "line" && (this.notice === "paused" || this.notice === "connection_lost")) {
      this.notice = null;
    }
  }

  /** The focus returns from a dialog where it came from: also from one that another one asked for. */
  async #show(asked: DialogAsked): Promise<void> {
    const { scene } = this;
    if (scene === null || this.dialog !== null) return;
    const focused = focusedIn(document);
    const origin = this.#last !== null && focused?.getRootNode() === this.#last.dialog.shadowRoot ? this.#last.origin : focused;
    try {
      const dialog = await loadDialog(asked, scene);
      this.#last = { dialog, origin };
      dialog.addEventListener("gchat-closed", () => {
        if (this.dialog !== dialog) return;
        this.dialog = null;
        void this.updateComplete.then(() => {
          if (this.dialog !== null) return;
          this.#last = null;
          if (origin?.isConnected === true && isRendered(origin)) origin.focus();
          else this.#launcher?.focusButton();
        });
      });
      this.dialog = dialog;
    } catch {
      this.notice = "failure_load";
    }
  }

  /** A window says itself what was refused there; one that does not come, or goes again by it, cannot. */
  #refused({ conversation, code }: Extract<Signal, { kind: "refused" }>): void {
    if (conversation === undefined) this.notice = failureString(code);
    if (conversation === undefined || this.#opening !== conversation) return;
    this.#refusal = { conversation, code, until: Date.now() + REFUSED_MS };
    this.#sayRefusal();
  }

  /** Another try does away with what was said of the last one. */
  #forget(): void {
    if (UNOPENED.test(this.notice ?? "")) this.notice = null;
  }

  #sayRefusal(): void {
    const refusal = this.#refusal;
    if (refusal === null || this.scene?.windows.some(({ conversation }) => conversation === refusal.conversation) === true) return;
    this.#refusal = null;
    if (this.#wanted?.conversation === refusal.conversation) this.#wanted = null;
    // There was no conversation yet that could be found.
    if (Date.now() < refusal.until) this.notice = failureString(refusal.code === "not_found" ? "not_allowed" : refusal.code);
  }

  /** Nothing of anybody stays, nor which windows were turned to. */
  #empty(): void {
    this.notice = null;
    this.dialog = null;
    this.#ranks.clear();
    this.#fit = null;
    this.#wanted = null;
    this.#opening = null;
    this.#refusal = null;
    this.#whole = null;
  }

  #place(window: WindowView): Place {
    const { conversation } = window;
    const open = window.state === "open" && (!this.phone || this.#whole === conversation);
    return { conversation, open, rank: this.#ranks.get(conversation) ?? 0 };
  }

  /** Which windows stay in the row, and how wide everything is: told to the styles. */
  #fitted(places: readonly Place[]): Fit {
    const style = getComputedStyle(this);
    const taken = (side: string): number => Number.parseFloat(style.getPropertyValue(`--g-measured-${side}`)) || 0;
    const width = this.#width() - taken("end") - taken("start");
    const panel = this.#launcher?.shown === true ? PANEL : 0;
    const fit = fitting(places, { width, sizes: WIDE, panel }, this.#fit);
    if (panel === 0) this.#fit = fit;
    this.style.setProperty("--g-window-width", `${fit.open}px`);
    this.style.setProperty("--g-bar-width", `${fit.bar}px`);
    return fit;
  }

  /** The page's width. It is asked for where it may have changed only: each question has the page laid out. */
  #width(): number {
    if (this.#watched === null) return document.documentElement.clientWidth;
    this.#known ??= document.documentElement.clientWidth;
    return this.#known;
  }

  /** The dock is as wide as the page: scroll bars, which nothing else tells of, change it too. */
  #watchWidth(): () => void {
    if (typeof ResizeObserver !== "function") return () => undefined;
    this.#watched = new ResizeObserver(() => {
      if (this.#known === document.documentElement.clientWidth) return;
      this.#known = null;
      this.requestUpdate();
    });
    this.#watched.observe(this);
    return () => {
      this.#watched?.disconnect();
      this.#watched = null;
      this.#known = null;
    };
  }

  /** The focus returns where it came from: to what opened the window, else to the window's bar, else the launcher. */
  #done(conversation: ConversationId, deed: WindowDeed["detail"]["deed"]): void {
    if (this.#whole === conversation) this.#whole = null;
    if (this.#wanted?.conversation === conversation) this.#wanted = null;
    if (this.#opening === conversation) this.#opening = null;
    this.#refusal = null;
    this.#cover(false);
    if (deed === "close") this.#ranks.delete(conversation);
    const origin = this.scene?.takeOrigin(conversation) ?? null;
    if (deed === "back") {
      this.#launcher?.back(conversation);
      return;
    }
    if (origin !== null) {
      origin.focus();
      return;
    }
    this.requestUpdate();
    void this.updateComplete.then(async () => {
      const element = this.#element(conversation);
      await element?.updateComplete;
      if (deed === "minimise" && element !== null && !element.open) element.focusIn();
      else if (deed === "close") this.#launcher?.focusButton();
      else this.#barWhenItComes(conversation);
    });
  }

  /** The core answers a moment later; until then the window is still open. */
  #barWhenItComes(conversation: ConversationId): void {
    const stop = this.scene?.subscribe((signal) => {
      if (signal.kind !== "dock") return;
      stop?.();
      void this.updateComplete.then(async () => {
        const element = this.#element(conversation);
        await element?.updateComplete;
        const idle = document.activeElement === document.body || document.activeElement === hostOf(this);
        if (element?.open === false && idle) element.focusIn();
      });
    });
  }

  #turnedTo(): void {
    // By name: its class is fetched with the first window.
    const turned = this.shadowRoot?.activeElement?.closest<GchatWindow>("gchat-window");
    const conversation = turned?.window?.conversation;
    if (conversation !== undefined) this.#rankUp(conversation);
  }

  #rankUp(conversation: ConversationId): void {
    this.#rank += 1;
    this.#ranks.set(conversation, this.#rank);
  }

  #element(conversation: ConversationId): GchatWindow | null {
    const windows = this.shadowRoot?.querySelectorAll<GchatWindow>("gchat-window") ?? [];
    return [...windows].find((element) => element.window?.conversation === conversation) ?? null;
  }

  get #launcher(): GchatLauncher | null {
    return this.shadowRoot?.querySelector<GchatLauncher>("gchat-launcher") ?? null;
  }
}

/** What to say where a window cannot come now. */
function whyNot(line: LineView): StringId | null {
  if (line.state === "stopped") return stoppedString(line);
  if (line.state === "paused") return "paused";
  return line.state === "lost" ? "connection_lost" : null;
}

/** What has the focus, through shadow roots. */
function focusedIn({ activeElement }: DocumentOrShadowRoot): HTMLElement | null {
  const inside = activeElement?.shadowRoot?.activeElement ? focusedIn(activeElement.shadowRoot) : null;
  return inside ?? (activeElement instanceof HTMLElement ? activeElement : null);
}

/** What `document.activeElement` names while the focus is inside: the outermost host. */
function hostOf(element: Element): Element {
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? hostOf(root.host) : element;
}
