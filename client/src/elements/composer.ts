/**
 * `<gchat-composer>`: where a message is written. Owns the text being typed: sends it, keeps it as the draft, says
 * when it is too long, and never lets it go before the core has it.
 */
import { LitElement, html, nothing, type PropertyValues } from "lit";
import { live } from "lit/directives/live.js";
import type { WindowView, Writing } from "../view.js";
import { base } from "../styles/theme.js";
import { composerStyles } from "../styles/composer.js";
import { isBlank } from "./blank.js";
import { sendIcon } from "./icons.js";
import { stoppedString } from "./people.js";
import type { Scene} from "./scene.js";
import { SceneWatcher } from "./scene.js";
import type { StringId } from "./strings.js";
import { textLength } from "./text.js";

/** The contract's `message_chars`. */
const LONGEST = 4096;
const NEAR_LONGEST = 200;
const REFUSALS: Readonly<Record<Exclude<Writing, "yes">, StringId>> = {
  no: "writing_no",
  blocked: "writing_blocked",
  gone: "writing_gone",
};
/** Echoes are at most so many keystrokes late. */
const OWN_KEPT = 100;
const TYPING_EVERY_MS = 3000;
const TALLEST_PX = 132;

export class GchatComposer extends LitElement {
  static override properties = {
    scene: { attribute: false },
    window: { attribute: false },
    name: {},
    text: { state: true },
    files: { state: true },
  };
  declare scene: Scene | null;
  declare window: WindowView | null;
  declare name: string;
  declare text: string;
  /** Somebody has tried to send a file, and has not gone on yet: it is said that this cannot be. */
  declare files: boolean;
  /** The draft as the core last told it, to see when it tells another one. */
  #draft: string | null = null;
  /** What the core has as the draft, as far as is known here. */
  #kept = "";
  /** Drafts that came from here: their echo must not bring back what has been sent meanwhile. */
  readonly #own = new Set<string>();
  #typedAt = Number.NEGATIVE_INFINITY;

  static override styles = [base, composerStyles];

  constructor() {
    super();
    this.scene = null;
    this.window = null;
    this.name = "";
    this.text = "";
    this.files = false;
    new SceneWatcher(this, ["line", "flush", "handback"], (signal) => {
      if (signal.kind === "flush") this.#save();
      if (signal.kind === "handback" && signal.conversation === this.window?.conversation && this.text === "") {
        this.text = signal.text;
        this.#save();
        this.focus();
      }
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#save();
  }

  override focus(): void {
    const area = this.#area;
    area?.focus({ preventScroll: true });
    area?.setSelectionRange(area.value.length, area.value.length);
  }

  /** Says that files are not sent. */
  refuseFiles(): void {
    this.files = true;
    this.focus();
  }

  override willUpdate(): void {
    const draft = this.window?.draft ?? "";
    if (draft === this.#draft) return;
    // Of two pages that one person writes on, the one with the cursor is right.
    const writing = document.hasFocus() && this.#area !== null && this.shadowRoot?.activeElement === this.#area;
    const untouched = this.text === "" || (this.text === this.#draft && !writing);
    if (untouched && !this.#own.has(draft)) {
      this.text = draft;
      this.#kept = draft;
    }
    this.#draft = draft;
  }

  override render(): unknown {
    const { scene } = this;
    if (scene === null) return nothing;
    const { strings, line } = scene;
    const left = LONGEST - textLength(this.text);
    const refusal = this.#refusal(scene);
    const hint = refusal ?? (this.files ? strings.get("no_files") : this.#hint(left));
    const bad = left < 0;
    const closed = refusal !== null;
    const empty = isBlank(this.text);
    return html`
      ${line.state === "lost" ? html`<p class="note">${strings.get("not_connected")}</p>` : nothing}
      <p id="hint" class=${closed ? "hint closed" : bad || this.files ? "hint bad" : "hint"} role="status" ?hidden=${hint === ""}>${hint}</p>
      <div class="row">
        <textarea
          rows="1"
          dir="auto"
          enterkeyhint=${breaksOnEnter() ? "enter" : "send"}
          autocomplete="off"
          aria-label=${strings.get("message_to", this.name)}
          aria-describedby="hint"
          aria-invalid=${left < 0 ? "true" : "false"}
          ?readonly=${closed}
          placeholder=${closed ? "" : strings.get("write_message")}
          .value=${live(this.text)}
          @input=${this.#typed}
          @keydown=${this.#key}
          @paste=${this.#pasted}
          @blur=${this.#save}
        ></textarea>
        <button
          class="send"
          type="button"
          aria-label=${strings.get("send")}
          title=${strings.get("send")}
          aria-disabled=${empty || bad || closed ? "true" : "false"}
          @click=${this.#send}
        >
          ${sendIcon}
        </button>
      </div>
    `;
  }

  override updated(changed: PropertyValues): void {
    const area = this.#area;
    const row = area?.parentElement;
    // Measuring has the page laid out: only where the text is another.
    if (!area || !row || !changed.has("text")) return;
    // Meanwhile the box is one line high. Were the row as well, the log would grow, and the browser would scroll it.
    row.style.minBlockSize = `${row.offsetHeight}px`;
    area.style.blockSize = "auto";
    const edge = area.offsetHeight - area.clientHeight;
    const height = area.scrollHeight + edge;
    area.style.blockSize = `${Math.min(height, TALLEST_PX)}px`;
    area.style.overflowY = height > TALLEST_PX ? "auto" : "hidden";
    row.style.minBlockSize = "";
  }

  /** Why nothing can be written here at all, in words. The text stays, to be copied, or sent when it is allowed again. */
  #refusal({ strings, line }: Scene): string | null {
    if (line.state === "stopped") return strings.get(stoppedString(line));
    const writing = this.window?.writing ?? "yes";
    return writing === "yes" ? null : strings.get(REFUSALS[writing], this.name);
  }

  #hint(left: number): string {
    const strings = this.scene?.strings;
    if (strings === undefined || left > NEAR_LONGEST) return "";
    if (left < 0) return strings.count("too_long_one", "too_long_other", -left);
    return strings.count("chars_left_one", "chars_left_other", left);
  }

  #typed(event: InputEvent): void {
    this.text = (event.target as HTMLTextAreaElement).value;
    this.files = false;
    const conversation = this.window?.conversation;
    if (conversation === undefined) return;
    this.#save();
    const now = Date.now();
    if (isBlank(this.text) || now - this.#typedAt < TYPING_EVERY_MS) return;
    this.#typedAt = now;
    this.scene?.post({ kind: "typing", conversation });
  }

  /** Text that comes with a picture of itself (an office does that) is pasted as text. */
  #pasted(event: ClipboardEvent): void {
    const files = event.clipboardData?.files.length ?? 0;
    if (files === 0 || event.clipboardData?.getData("text/plain") !== "") return;
    event.preventDefault();
    this.refuseFiles();
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || event.altKey || breaksOnEnter()) return;
    event.preventDefault();
    if (!event.repeat) this.#send();
  }

  #send(): void {
    const { scene, window } = this;
    if (scene === null || window === null) return;
    this.focus();
    const length = textLength(this.text);
    if (isBlank(this.text) || length > LONGEST || this.#refusal(scene) !== null) return;
    scene.post({ kind: "send", conversation: window.conversation, text: this.text.trim() });
    this.#typedAt = Number.NEGATIVE_INFINITY;
    this.text = "";
    this.#save();
    this.dispatchEvent(new CustomEvent("gchat-sent"));
  }

  /** Tells the core the draft, if it has changed since. */
  #save(): void {
    const conversation = this.window?.conversation;
    if (conversation === undefined || this.text === this.#kept) return;
    this.#kept = this.text;
    if (this.text !== "") this.#own.add(this.text);
    const [oldest] = this.#own;
    if (this.#own.size > OWN_KEPT && oldest !== undefined) this.#own.delete(oldest);
    this.scene?.post({ kind: "draft", conversation, text: this.text });
  }

  get #area(): HTMLTextAreaElement | null {
    return this.shadowRoot?.querySelector("textarea") ?? null;
  }
}

/** On a touch keyboard Enter breaks the line, as people expect there; the button sends. */
function breaksOnEnter(): boolean {
  return window.matchMedia("(pointer: coarse)").matches;
}
