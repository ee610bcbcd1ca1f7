/**
 * `<gchat-roster>`: the block. The host places it with a fallback text inside; it may come into the page before or
 * after the chat starts. It takes the colours of the block around it.
 */
import { LitElement, css, html } from "lit";
import { base, tokens } from "../styles/theme.js";
import { keepKeys } from "./keys.js";
import type { Scene} from "./scene.js";
import { SceneWatcher } from "./scene.js";
import { followScheme } from "./scheme.js";

let current: Scene | null = null;
const waiting = new Set<GchatRoster>();

/** Gives the page's scene to every roster, those that come later included. */
export function provideRosters(scene: Scene): void {
  current = scene;
  for (const roster of waiting) roster.scene = scene;
}

export class GchatRoster extends LitElement {
  static override properties = { scene: { attribute: false } };
  declare scene: Scene | null;
  #unfollow: (() => void) | null = null;
  #unkeep: (() => void) | null = null;

  static override styles = [
    tokens,
    base,
    css`
      /* The height is the same before and after people come, so that nothing below is pushed. */
      :host {
        display: block !important;
        block-size: var(--gchat-list-height, min(18rem, 80vh)) !important;
      }
      section {
        display: flex;
        flex-direction: column;
        block-size: 100%;
        margin-inline: -4px;
      }
      gchat-people {
        flex: 1;
      }
    `,
  ];

  constructor() {
    super();
    this.scene = null;
    new SceneWatcher(this, ["line", "roster"]);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    waiting.add(this);
    this.#unkeep = keepKeys(this);
    if (current !== null) this.scene = current;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    waiting.delete(this);
    this.#unkeep?.();
    this.#unfollow?.();
    this.#unfollow = null;
  }

  override render(): unknown {
    const { scene } = this;
    if (scene === null) return html`<slot></slot>`;
    // The host's own text stays until there is something to say: one change to read, and one to look at.
    const early = scene.line.state === "connecting" && !scene.roster.known && this.childElementCount > 0;
    return html`<span class="accent-probe"></span>
      <section role="region" aria-label=${scene.strings.get("globalchat")}>
        ${early ? html`<slot></slot>` : html`<gchat-people .scene=${scene}></gchat-people>`}
      </section>`;
  }

  override updated(): void {
    this.#unfollow ??= followScheme(this, true);
  }
}
