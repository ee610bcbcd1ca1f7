/**
 * What the dock's buttons open: the launcher with the people online, and the menu of the windows that do not fit.
 * Both close with Escape, with a press elsewhere, and when the focus goes on.
 */
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { ConversationId, WindowView } from "../view.js";
import { base } from "../styles/theme.js";
import { PHONE } from "../styles/dock.js";
import { panelStyles } from "../styles/panel.js";
import { chatIcon, clockIcon, closeIcon, groupIcon, moreIcon, warningIcon } from "./icons.js";
import { introduces } from "./introduce.js";
import { GchatPeople, isCrowded } from "./people.js";
import { loadRooms } from "./pieces.js";
import type { Scene} from "./scene.js";
import { SceneWatcher } from "./scene.js";
import { badgesTemplate, sumOf, waitingText, type Waiting } from "./waiting.js";

/** People need so long to notice what has come by itself. */
const NOTICED_MS = 1000;
/** Up to so many rooms and people, a panel is as tall as they are. */
const FEW = 6;
/** Between a panel and the page's edge. */
const MARGIN_PX = 8;
/** Nobody tells that a course has a room now: whoever has the panel open finds out by then. */
const ROOMS_MS = 30_000;

abstract class Panel extends LitElement {
  static override properties = { scene: { attribute: false }, shown: { type: Boolean, reflect: true } };
  declare scene: Scene | null;
  declare shown: boolean;

  static override styles = [base, panelStyles];

  constructor() {
    super();
    this.scene = null;
    this.shown = false;
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.shown || event.defaultPrevented) return;
      event.preventDefault();
      this.hide(true);
    });
    this.addEventListener("focusout", (event) => {
      if (event.relatedTarget !== null && !this.contains(event.relatedTarget as Node)) this.hide(false);
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("pointerdown", this.#pressed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("pointerdown", this.#pressed);
  }

  /** `back`: the focus returns to the button. */
  hide(back: boolean): void {
    this.shown = false;
    if (back) this.focusButton();
  }

  focusButton(): void {
    this.button?.focus();
  }

  protected get button(): HTMLElement | null {
    return this.shadowRoot?.querySelector<HTMLElement>(".opener") ?? null;
  }

  protected toggle(): void {
    this.shown = !this.shown;
  }

  override updated(changed: PropertyValues<this>): void {
    if (!changed.has("shown")) return;
    if (this.shown) this.#stayOnPage();
    this.dispatchEvent(new Event("gchat-shown"));
  }

  /** What would hang over an edge of the page is moved in. */
  #stayOnPage(): void {
    const panel = this.shadowRoot?.querySelector<HTMLElement>(".panel");
    if (!panel) return;
    const { left, right } = panel.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    const over = left < MARGIN_PX ? MARGIN_PX - left : Math.min(0, width - MARGIN_PX - right);
    panel.style.translate = over === 0 ? "" : `${over}px`;
  }

  readonly #pressed = (event: Event): void => {
    if (this.shown && !event.composedPath().includes(this)) this.hide(false);
  };
}

export class GchatLauncher extends Panel {
  static override properties = { ...Panel.properties, roomless: { state: true } };
  /** The list of rooms could not be loaded. */
  declare roomless: boolean;
  /** Shown without having been asked for: the focus stays where it is. */
  #byItself = false;
  #introducedAt = Number.NEGATIVE_INFINITY;
  #looked = false;
  /** The list of rooms has been asked for. */
  #asked = false;
  #looks: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.roomless = false;
    new SceneWatcher(this, ["roster", "line", "dock", "rooms", "courses", "asked"], (signal) => {
      if (signal.kind === "asked") this.shown = false;
    });
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

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#looks);
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    if (changed.has("shown")) clearInterval(this.#looks);
    if (!this.shown) return;
    if (!this.#asked && this.scene !== null && this.scene.rooms.length > 0) this.#loadRooms();
    if (!changed.has("shown")) return;
    const look = (): void => { this.scene?.post({ kind: "rooms" }); };
    look();
    this.#looks = setInterval(() => { if (document.visibilityState === "visible") look(); }, ROOMS_MS);
    if (this.#byItself) {
      this.#byItself = false;
      return;
    }
    this.#focusList();
  }

  /** Whoever presses the button just as the panel comes by itself wants it open. */
  protected override toggle(): void {
    if (this.shown && performance.now() - this.#introducedAt < NOTICED_MS) this.#focusList();
    else super.toggle();
  }

  #focusList(): void {
    const people = this.shadowRoot?.querySelector("gchat-people");
    if (people instanceof GchatPeople) void people.updateComplete.then(() => { people.focusFirst(); });
  }

  /**
   * Once there is somebody to show, which may have been told before this launcher was there. On a phone the panel would
   * cover the page that somebody has come for.
   */
  #introduce(): void {
    const { scene } = this;
    if (this.#looked || this.shown || scene === null || scene.roster.people.length === 0 || scene.windows.length > 0) return;
    this.#looked = true;
    if (window.matchMedia(`(max-width: ${PHONE}px)`).matches || !introduces()) return;
    this.#byItself = true;
    this.#introducedAt = performance.now();
    this.shown = true;
  }

  #loadRooms(): void {
    this.#asked = true;
    loadRooms().then(
      () => (this.roomless = false),
      () => (this.roomless = true),
    );
  }

  #panel(scene: Scene): TemplateResult {
    const { strings, rooms, courses, line } = scene;
    const label = strings.get("close_list");
    const group = strings.get("new_group");
    const able = line.state !== "stopped" && line.state !== "paused";
    const roomed = able && rooms.length > 0;
    const makes = (): void => { scene.tell({ kind: "dialog", dialog: { kind: "group", with: null } }); };
    return html`<div
      class=${isCrowded(scene.roster) || (roomed && rooms.length + scene.roster.people.length > FEW) ? "panel people crowded" : "panel people"}
      role="dialog"
      aria-label=${strings.get("globalchat")}
    >
      <div class="head">
        <h2>${strings.get(roomed ? "globalchat" : "people_online")}</h2>
        ${able && courses.length > 0
          ? html`<button class="quiet" aria-label=${group} title=${group} @click=${makes}>${groupIcon}</button>`
          : nothing}
        <button class="quiet" aria-label=${label} title=${label} @click=${() => { this.hide(true); }}>${closeIcon}</button>
      </div>
      ${roomed ? html`${this.#rooms(scene)}<h3>${strings.get("people_online")}</h3>` : nothing}
      <gchat-people .scene=${scene} .origin=${this.button}></gchat-people>
    </div>`;
  }

  #rooms(scene: Scene): TemplateResult {
    if (!this.roomless) return html`<gchat-rooms .scene=${scene} .origin=${this.button}></gchat-rooms>`;
    return html`<div class="failed" role="status">
      <p>${scene.strings.get("failure_load")}</p>
      <button class="action" @click=${() => { this.#loadRooms(); }}>${scene.strings.get("try_again")}</button>
    </div>`;
  }
}

/** Who may not chat has no launcher, also not for the moment until the host has said so. */
function isOffered({ line, roster, windows }: Scene): boolean {
  if (line.state === "connecting") return roster.known || windows.length > 0;
  return line.state !== "stopped" || line.reason !== "not_allowed";
}

/** The windows for which there is no room, oldest last turned to. */
export class GchatMore extends Panel {
  static override properties = { ...Panel.properties, windows: { attribute: false } };
  declare windows: WindowView[];

  constructor() {
    super();
    this.windows = [];
    new SceneWatcher(this, ["line"]);
  }

  override render(): unknown {
    const { scene } = this;
    if (scene === null) return nothing;
    const { strings } = scene;
    const waiting = sumOf(this.windows);
    const name = [strings.count("more_chats_one", "more_chats_other", this.windows.length), waitingText(waiting, strings)];
    return html`
      ${this.shown ? this.#panel(scene) : nothing}
      <button
        class="opener more"
        aria-label=${name.filter((part) => part !== "").join(", ")}
        aria-expanded=${this.shown ? "true" : "false"}
        @click=${() => { this.toggle(); }}
      >
        ${moreIcon}<span class="words">${strings.get("more_short", this.windows.length)}</span
        ><span class="few" data-count="+${strings.number(this.windows.length)}"></span>
        ${badgesTemplate(waiting, strings)}
      </button>
    `;
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    if (changed.has("shown") && this.shown) this.shadowRoot?.querySelector<HTMLElement>(".entry")?.focus();
  }

  #panel(scene: Scene): TemplateResult {
    const { strings } = scene;
    return html`<ul class="panel menu" role="list" aria-label=${strings.get("chats")}>
      ${this.windows.map((window) => {
        const { conversation, kind, contact, title } = window;
        return html`<li>
          <button
            class="entry"
            aria-label=${strings.get("restore_chat", title)}
            aria-description=${waitingText(window, strings) || nothing}
            @click=${() => { this.#pick(scene, conversation); }}
          >
            <gchat-avatar .name=${title} .picture=${contact?.picture ?? null} .kind=${kind} .status=${scene.statusOf(window)}></gchat-avatar>
            <span class="title clip" dir="auto">${title}</span>
            ${badgesTemplate(window, strings)}
          </button>
        </li>`;
      })}
    </ul>`;
  }

  #pick(scene: Scene, conversation: ConversationId): void {
    this.shown = false;
    scene.restore(conversation);
  }
}
