/**
 * `<gchat-said>`: the dock's live region, which says aloud what has arrived and what the person has done. Not what was
 * there before.
 */
import { LitElement, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ConversationId, WindowView } from "../view.js";
import { base } from "../styles/theme.js";
import { SceneWatcher, type Scene } from "./scene.js";
import type { Signal } from "./signals.js";
import { spoken, type Strings } from "./strings.js";

const SAID_KEPT = 8;
/** What others write is said so often at most: nobody hears more, and each time costs the page a frame of its own. */
const SAY_EVERY_MS = 500;
/** A screen reader has taken it by then; longer nothing stays where nobody sees it. */
const SAID_MS = 10_000;

/** `theirs`: it has what somebody wrote, which may be erased. What the person did stays said until it was heard. */
interface Said {
  key: number;
  conversation: ConversationId;
  text: string;
  theirs: boolean;
}

export class GchatSaid extends LitElement {
  static override properties = { scene: { attribute: false }, said: { state: true } };
  declare scene: Scene | null;
  declare said: Said[];
  #unsay: ReturnType<typeof setTimeout> | undefined;
  /** What is to be said when the pause that runs has ended. */
  #waiting: Omit<Said, "key">[] = [];
  #pause: ReturnType<typeof setTimeout> | undefined;

  static override styles = base;

  constructor() {
    super();
    this.scene = null;
    this.said = [];
    new SceneWatcher(this, ["arrived", "said", "retracted", "emptied"], (signal) => { this.#heard(signal); });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#empty();
  }

  override render(): unknown {
    if (this.scene === null) return nothing;
    return html`<div class="out-of-sight" aria-live="polite">
      ${repeat(
        this.said,
        (entry) => entry.key,
        (entry) => html`<p>${entry.text}</p>`,
      )}
    </div>`;
  }

  #heard(signal: Signal): void {
    if (signal.kind === "arrived" && this.scene !== null) {
      const window = this.scene.windows.find(({ conversation }) => conversation === signal.conversation);
      if (window === undefined || !this.scene.folds(window, signal.sender)) {
        this.#say(signal.conversation, announcement(this.scene.strings, signal, window), true);
      }
    } else if (signal.kind === "said") {
      this.#say(signal.conversation, signal.text, false);
    } else if (signal.kind === "retracted") {
      const stays = ({ conversation, theirs }: Omit<Said, "key">): boolean => !theirs || conversation !== signal.conversation;
      this.said = this.said.filter(stays);
      this.#waiting = this.#waiting.filter(stays);
    } else if (signal.kind === "emptied") {
      this.#empty();
    }
  }

  #say(conversation: ConversationId, text: string, theirs: boolean): void {
    this.#waiting.push({ conversation, text, theirs });
    if (!theirs || this.#pause === undefined) this.#speak();
  }

  #speak(): void {
    const key = this.said.at(-1)?.key ?? 0;
    const added = this.#waiting.splice(0).map((said, at) => ({ ...said, key: key + 1 + at }));
    this.said = [...this.said, ...added].slice(-SAID_KEPT);
    clearTimeout(this.#unsay);
    this.#unsay = setTimeout(() => (this.said = []), SAID_MS);
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (this.#waiting.length > 0) this.#speak();
    }, SAY_EVERY_MS);
  }

  #empty(): void {
    clearTimeout(this.#unsay);
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#waiting = [];
    this.said = [];
  }
}

function announcement(
  strings: Strings,
  { from: name, text, count }: Extract<Signal, { kind: "arrived" }>,
  window: WindowView | undefined,
): string {
  const said = { name, count: strings.number(count), text: spoken.plain(text), title: window?.title ?? "" };
  if (window === undefined || window.kind === "direct") return strings.get(count > 1 ? "arrived_many" : "arrived", said);
  return strings.get(count > 1 ? "arrived_in_many" : "arrived_in", said);
}
