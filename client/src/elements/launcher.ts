/**
 * `<gchat-launcher>`: the dock's own button, and the panel that it opens: conversations, rooms and people (finder.ts,
 * which is fetched with the first panel). On a phone the panel covers the page.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { ConversationId } from "../view.js";
import { PHONE } from "../styles/dock.js";
import { launcherStyles } from "../styles/launcher.js";
import { panelStyles } from "../styles/panel.js";
import { base } from "../styles/theme.js";
import type { GchatFinder } from "./finder.js";
import { chatIcon, clockIcon, closeIcon, groupIcon, warningIcon } from "./icons.js";
import { atRest, introduces } from "./introduce.js";
import { Panel } from "./panel.js";
import { loadFinder } from "./pieces.js";
import { SceneWatcher, type Scene } from "./scene.js";
import { badgesTemplate, sumOf, waitingText, type Waiting } from "./waiting.js";

/** People need so long to notice what has come by itself. */
const NOTICED_MS = 1000;

export class GchatLauncher extends Panel {
  static override properties = { ...Panel.properties, phone: { attribute: false }, broken: { state: true } };
  declare phone: boolean;
  /** What the panel holds could not be loaded. */
  declare broken: boolean;
  /** Shown without having been asked for: the focus stays where it is. */
  #byItself = false;
  #introducedAt = Number.NEGATIVE_INFINITY;
  #looked = false;
  /** The conversation that the person comes back from. */
  #again: ConversationId | null = null;

  static override styles = [base, panelStyles, launcherStyles];

  constructor() {
    super();
    this.phone = false;
    this.broken = false;
    new SceneWatcher(this, ["roster", "line", "dock", "courses", "asked"], ({ kind }) => {
      // On a phone the page would be seen until the window is there: it closes the panel itself.
      if (kind === "asked" && !this.phone) this.shown = false;
    });
  }

  /** One step back from a conversation that covers the page. */
  back(conversation: ConversationId): void {
    this.#again = conversation;
    this.shown = true;
  }

  override render(): unknown {
    const { scene } = this;
    if (scene === null) return nothing;
    const { strings, roster, line } = scene;
    if (!isOffered(scene)) return nothing;
    const online = `${strings.number(roster.people.length)}${roster.more ? "+" : ""}`;
    const waiting: Waiting = { ...sumOf(scene.windows), kind: "direct", unread: scene.unread };
    const troubled = line.state !== "online" && line.state !== "connecting";
    const name = [
      strings.get("globalchat"),
      roster.known ? strings.get("online_count", online) : "",
      waitingText(waiting, strings),
    ];
    return html`
      ${this.shown ? this.#panel(scene) : nothing}
      <button
        class="opener launcher"
        aria-label=${name.filter((part) => part !== "").join(", ")}
        aria-expanded=${this.shown ? "true" : "false"}
        aria-haspopup="dialog"
        @pointerenter=${this.#soon}
        @click=${() => { this.toggle(); }}
      >
        <span class="sign">${line.state === "paused" ? clockIcon : troubled ? warningIcon : chatIcon}</span>
        <span class="title clip">${strings.get("globalchat")}</span>
        ${roster.known
          ? html`<span class=${troubled ? "count pale" : "count"} data-count=${online}></span>`
          : nothing}
        ${badgesTemplate(waiting, strings)}
      </button>
    `;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    this.#introduce();
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    if (!this.shown || !changed.has("shown")) return;
    this.#load(!this.#byItself);
    this.#byItself = false;
  }

  /** It is likely that the panel is opened. */
  readonly #soon = (): void => {
    void loadFinder().catch(() => undefined);
  };

  /** `focus`: its list gets the focus. */
  #load(focus: boolean): void {
    const loaded = (): void => {
      this.broken = false;
      if (focus) this.#focusList();
    };
    loadFinder().then(loaded, () => (this.broken = true));
  }

  /** Whoever presses the button just as the panel comes by itself wants it open. */
  protected override toggle(): void {
    this.#again = null;
    if (this.shown && performance.now() - this.#introducedAt < NOTICED_MS) this.#focusList();
    else super.toggle();
  }

  #focusList(): void {
    void this.updateComplete.then(async () => {
      const finder = this.shadowRoot?.querySelector<GchatFinder>("gchat-finder");
      await finder?.updateComplete;
      if (finder) finder.focusIn();
      else this.shadowRoot?.querySelector<HTMLElement>(".panel button")?.focus();
    });
  }

  /**
   * Once there is somebody to show, which may have been told before this launcher was there. On a phone the panel would
   * cover the page that somebody has come for.
   */
  #introduce(): void {
    if (this.#looked || !this.#isNews) return;
    this.#looked = true;
    void atRest().then(() => { this.#showByItself(); });
  }

  /** There is somebody to show, and nothing has been opened yet. */
  get #isNews(): boolean {
    const { scene } = this;
    return !this.shown && scene !== null && scene.roster.people.length > 0 && scene.windows.length === 0;
  }

  #showByItself(): void {
    if (!this.isConnected || !this.#isNews || window.matchMedia(`(max-width: ${PHONE}px)`).matches || !introduces()) return;
    this.#byItself = true;
    this.#introducedAt = performance.now();
    this.shown = true;
  }

  #panel(scene: Scene): TemplateResult {
    const { strings, courses, line } = scene;
    const label = strings.get("close_list");
    const group = strings.get("new_group");
    const able = line.state !== "stopped" && line.state !== "paused";
    const makes = (): void => { scene.tell({ kind: "dialog", dialog: { kind: "group", with: null } }); };
    return html`<div class="panel finder" role="dialog" aria-modal=${this.phone ? "true" : nothing} aria-label=${strings.get("globalchat")}>
      <div class="head">
        <h2>${strings.get("globalchat")}</h2>
        ${able && courses.length > 0
          ? html`<button class="quiet" aria-label=${group} title=${group} @click=${makes}>${groupIcon}</button>`
          : nothing}
        <button class="quiet" aria-label=${label} title=${label} @click=${() => { this.hide(true); }}>${closeIcon}</button>
      </div>
      ${!able
        ? html`<gchat-people .scene=${scene}></gchat-people>`
        : this.broken
          ? this.#failed(scene)
          : html`<gchat-finder .scene=${scene} .origin=${this.button} .again=${this.#again}></gchat-finder>`}
    </div>`;
  }

  #failed({ strings }: Scene): TemplateResult {
    return html`<div class="failed" role="status">
      <p>${strings.get("failure_load")}</p>
      <button class="action" @click=${() => { this.#load(true); }}>${strings.get("try_again")}</button>
    </div>`;
  }
}

/** Who may not chat has no launcher, also not for the moment until the host has said so. */
function isOffered({ line, roster, windows }: Scene): boolean {
  if (line.state === "connecting") return roster.known || windows.length > 0;
  return line.state !== "stopped" || line.reason !== "not_allowed";
}
