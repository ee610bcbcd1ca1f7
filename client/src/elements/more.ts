/** `<gchat-more>`: the button for the windows that do not fit into the dock, and their menu. It comes with the first window. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { ConversationId, WindowView } from "../view.js";
import { moreStyles } from "../styles/more.js";
import { panelStyles } from "../styles/panel.js";
import { base } from "../styles/theme.js";
import { moreIcon } from "./signs.js";
import { Panel } from "./panel.js";
import { SceneWatcher, type Scene } from "./scene.js";
import { badgesTemplate, sumOf, waitingText } from "./waiting.js";

/** The windows for which there is no room, oldest last turned to. */
export class GchatMore extends Panel {
  static override properties = { ...Panel.properties, windows: { attribute: false } };
  declare windows: WindowView[];

  static override styles = [base, panelStyles, moreStyles];

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
