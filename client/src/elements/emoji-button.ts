/** How the picker of emoji is opened: by the button beside the box, and for a reaction. It is fetched when it is first. */
import { html, nothing, type ReactiveControllerHost, type TemplateResult } from "lit";
import type { ConversationId, WindowView } from "../view.js";
import { loadEmojis } from "./emojis.js";
import { readHabits } from "./habit.js";
import { Menu } from "./menu.js";
import { define } from "./pieces.js";
import type { Scene } from "./scene.js";
import { smileIcon } from "./signs.js";

/** `keep`: the person wants to choose another one after it. */
export type Chosen = (emoji: string, keep: boolean) => void;

/** Resolves to whether all of it is there; where it is not, that is said in the window. */
export async function loadPicker(scene: Scene, conversation: ConversationId): Promise<boolean> {
  try {
    const [{ GchatEmoji }] = await Promise.all([import("./emoji.js"), loadEmojis(scene.strings.locale), readHabits(scene)]);
    define({ "gchat-emoji": GchatEmoji });
    return true;
  } catch {
    scene.tell({ kind: "refused", conversation, code: "host_unavailable", message: "" });
    return false;
  }
}

/** For a menu's box of the kind `picker`. */
export function pickerTemplate(scene: Scene, chosen: Chosen): TemplateResult {
  return html`<gchat-emoji tabindex="-1" .scene=${scene} .chosen=${chosen}></gchat-emoji>`;
}

interface Host extends ReactiveControllerHost, HTMLElement {
  window: WindowView | null;
}

export class EmojiButton {
  readonly #host: Host;
  readonly #menu: Menu<"emoji">;
  readonly #insert: (emoji: string) => void;

  constructor(host: Host, insert: (emoji: string) => void) {
    this.#host = host;
    this.#insert = insert;
    this.#menu = new Menu<"emoji">(host);
  }

  template(scene: Scene): TemplateResult {
    const label = scene.strings.get("emoji");
    const open = this.#menu.open !== null;
    return html`<span class="smile"
      ><button
        class="quiet"
        type="button"
        aria-label=${label}
        title=${label}
        aria-haspopup="dialog"
        aria-expanded=${open ? "true" : "false"}
        @click=${() => { void this.#pressed(scene); }}
      >
        ${smileIcon}</button
      >${open ? this.#menu.box(pickerTemplate(scene, this.#chosen), "picker") : nothing}</span
    >`;
  }

  async #pressed(scene: Scene): Promise<void> {
    const conversation = this.#host.window?.conversation;
    if (this.#menu.open !== null) this.#menu.close(true);
    else if (conversation !== undefined && (await loadPicker(scene, conversation)) && this.#host.isConnected) this.#menu.show("emoji");
  }

  readonly #chosen: Chosen = (emoji, keep) => {
    if (!keep) this.#menu.close(true);
    this.#menu.during(() => { this.#insert(emoji); });
  };
}
