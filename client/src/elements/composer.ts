/**
 * `<gchat-composer>`: where a message is written, answered or edited. Owns the text being typed: sends it, keeps it as
 * the draft, says when it is too long, completes names, and never lets it go before the core has it. While a message is
 * edited, the draft waits.
 */
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import type { EditDraft, UserId, WindowView } from "../view.js";
import { base } from "../styles/theme.js";
import { composerStyles } from "../styles/composer.js";
import { menuStyles } from "../styles/menu.js";
import { isBlank } from "./blank.js";
import { Completion } from "./completion.js";
import { Shortcodes } from "./completion-emoji.js";
import { People } from "./completion-people.js";
import { EmojiButton } from "./emoji-button.js";
import { replaceText } from "./insert.js";
import { saveIcon, sendIcon } from "./signs.js";
import { stoppedString } from "./people.js";
import { purposeTemplate } from "./purpose.js";
import { PLAIN, SceneWatcher, type Purpose, type Scene } from "./scene.js";
import type { Signal } from "./signals.js";
import type { StringId } from "./strings.js";
import { textLength } from "./text.js";
import { mayEdit, meansOf } from "./verbs.js";

/** The contract's `message_chars`. */
const LONGEST = 4096;
const NEAR_LONGEST = 200;
/** Echoes are at most so many keystrokes late. */
const OWN_KEPT = 100;
const TYPING_EVERY_MS = 3000;
const TALLEST_PX = 132;
/** Nothing is being written. */
const NO_DRAFT = draftName("", null);

export class GchatComposer extends LitElement {
  static override properties = {
    scene: { attribute: false },
    window: { attribute: false },
    name: {},
    text: { state: true },
    files: { state: true },
    emptied: { state: true },
  };
  declare scene: Scene | null;
  declare window: WindowView | null;
  declare name: string;
  /** The draft. */
  declare text: string;
  /** Somebody has tried to send a file, and has not gone on yet: it is said that this cannot be. */
  declare files: boolean;
  /** Somebody has tried to save an edit that leaves nothing: it is asked whether the message is to be deleted. */
  declare emptied: boolean;
  /** The draft as the core last told it, to see when it tells another one; see `draftName`. */
  #draft: string | null = null;
  /** What the core has as the draft, as far as is known here. */
  #kept = NO_DRAFT;
  /** What the draft is to answer, and the edit for which it waits: the scene forgets it before a window that goes is told. */
  #written: Purpose = PLAIN;
  /** Drafts that came from here: their echo must not bring back what has been sent meanwhile. */
  readonly #own = new Set<string>();
  /** The text for which the box was last made as high as it is. */
  #measured = "";
  #typedAt = Number.NEGATIVE_INFINITY;
  readonly #people = new People(this);
  readonly #shortcodes = new Shortcodes(this);
  readonly #completion = new Completion(this, [this.#people, this.#shortcodes]);
  readonly #emoji = new EmojiButton(this, (emoji) => { this.#insert(emoji); });

  static override styles = [base, composerStyles, menuStyles];

  constructor() {
    super();
    this.scene = null;
    this.window = null;
    this.name = "";
    this.text = "";
    this.files = false;
    this.emptied = false;
    const concerns = (signal: Signal): boolean => {
      if (!("conversation" in signal)) return true;
      if (signal.conversation !== this.window?.conversation) return false;
      return signal.kind !== "reading" || this.#purpose.reply !== null;
    };
    new SceneWatcher(this, ["line", "flush", "handback", "purpose", "reading", "members"], (signal) => { this.#heard(signal); }, concerns);
  }

  #heard(signal: Signal): void {
    if (signal.kind === "flush") this.#save();
    if (signal.kind === "handback" && this.text === "") {
      this.text = signal.text;
      this.#begin(signal.mentions);
      this.scene?.purpose(signal.conversation, { reply: signal.reply });
      this.focus();
    }
    if (signal.kind === "purpose") {
      this.#written = this.#purpose;
      this.#save();
    }
    if (signal.kind === "purpose" && signal.turn) {
      this.emptied = false;
      this.files = false;
      void this.updateComplete.then(() => { this.focus(); });
    }
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
    const { window, scene } = this;
    if (window === null || scene === null) return;
    const { draft, draftReplyTo: reply = null, draftMentions, draftEdit } = window;
    const told = draftName(draft, reply, draftEdit);
    if (told === this.#draft) return;
    // Of two pages that one person writes on, the one with the cursor is right.
    const writing = document.hasFocus() && this.#area !== null && this.shadowRoot?.activeElement === this.#area;
    const shown = this.#name;
    // A window that was put aside and comes back has what is to be answered, and no text yet.
    const began = this.#draft === null && this.text === "";
    if ((began || shown === NO_DRAFT || (shown === this.#draft && !writing)) && !this.#own.has(told)) {
      this.text = draft;
      this.#begin(draftMentions);
      this.#kept = told;
      const edit = this.#editTold(scene, window, began);
      this.#written = { reply, edit };
      const now = this.#purpose;
      const sameEdit = edit?.key === now.edit?.key && edit?.text === now.edit?.text;
      if (reply !== now.reply || !sameEdit) scene.purpose(window.conversation, { reply, edit });
    }
    this.#draft = told;
  }

  /** What the core knows of the edit; the scene may know more where a window was put aside just before. */
  #editTold(scene: Scene, { conversation, draftEdit }: WindowView, began: boolean): Purpose["edit"] {
    if (draftEdit === undefined) return began ? this.#purpose.edit : null;
    return { ...draftEdit, before: scene.textOf(conversation, draftEdit.key) };
  }

  override render(): unknown {
    const { scene } = this;
    if (scene === null) return nothing;
    const { strings, line } = scene;
    const { edit } = this.#purpose;
    const text = edit?.text ?? this.text;
    const left = LONGEST - textLength(text);
    const refusal = this.#refusal(scene);
    const hint = refusal ?? (this.files ? strings.get("no_files") : this.emptied ? strings.get("delete_instead") : this.#hint(left));
    const bad = left < 0;
    const closed = refusal !== null;
    const useless = isBlank(text) && edit === null;
    const label = strings.get(edit === null ? "send" : "save");
    const completion = closed ? null : this.#completion;
    // Where several write, nobody looks for a box that is of no use, unless something stands in it.
    const bare = closed && text === "" && this.window?.kind !== "direct";
    return html`
      ${line.state === "lost" ? html`<p class="note">${strings.get("not_connected")}</p>` : nothing}
      ${this.window === null ? nothing : purposeTemplate(scene, this.window, () => { this.#cancel(); })}
      <p id="hint" class=${closed ? "hint closed" : bad || this.files ? "hint bad" : "hint"} role="status" ?hidden=${hint === ""}>${hint}</p>
      ${this.emptied && !closed ? this.#deleter(scene) : nothing}
      ${completion?.template(strings, this.#replace) ?? nothing}
      <div class="row" ?hidden=${bare}>
        <textarea
          rows="1"
          dir="auto"
          enterkeyhint=${breaksOnEnter() ? "enter" : "send"}
          autocomplete="off"
          aria-label=${edit === null ? strings.get("message_to", this.name) : strings.get("edit_message")}
          aria-describedby="hint"
          aria-autocomplete="list"
          aria-controls=${completion?.option ? "offers" : nothing}
          aria-activedescendant=${completion?.option ?? nothing}
          aria-invalid=${left < 0 ? "true" : "false"}
          ?readonly=${closed}
          placeholder=${closed ? "" : strings.get("write_message")}
          .value=${live(text)}
          @input=${this.#typed}
          @keydown=${this.#key}
          @keyup=${this.#moved}
          @click=${this.#moved}
          @paste=${this.#pasted}
          @blur=${this.#left}
        ></textarea>
        ${closed ? nothing : this.#emoji.template(scene)}
        <button
          class="send"
          type="button"
          aria-label=${label}
          title=${label}
          aria-disabled=${useless || bad || closed ? "true" : "false"}
          @click=${this.#done}
        >
          ${edit === null ? sendIcon : saveIcon}
        </button>
      </div>
    `;
  }

  #deleter(scene: Scene): TemplateResult {
    return html`<p class="ways">
      <button class="action" type="button" @click=${() => { this.#delete(scene); }}>${scene.strings.get("delete")}</button>
    </p>`;
  }

  override updated(changed: PropertyValues): void {
    const area = this.#area;
    const row = area?.parentElement;
    // Measuring has the page laid out: only where the text is another.
    const shown = area?.value ?? "";
    if (!area || !row || (!changed.has("text") && shown === this.#measured)) return;
    this.#measured = shown;
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
    const { window } = this;
    return window === null || window.writing === "yes" ? null : strings.get(refusalOf(window), this.name);
  }

  #hint(left: number): string {
    const strings = this.scene?.strings;
    if (strings === undefined || left > NEAR_LONGEST) return "";
    if (left < 0) return strings.count("too_long_one", "too_long_other", -left);
    return strings.count("chars_left_one", "chars_left_other", left);
  }

  #typed(event: InputEvent): void {
    if (this.#shortcodes.typed(event, this.#replace)) return;
    const text = (event.target as HTMLTextAreaElement).value;
    this.files = false;
    this.emptied = false;
    const conversation = this.window?.conversation;
    const { edit } = this.#purpose;
    if (edit !== null && conversation !== undefined) {
      this.scene?.purpose(conversation, { edit: { ...edit, text } });
      this.#moved(event);
      return;
    }
    this.text = text;
    if (conversation === undefined) return;
    this.#moved(event);
    this.#save();
    const now = Date.now();
    if (isBlank(this.text) || now - this.#typedAt < TYPING_EVERY_MS) return;
    this.#typedAt = now;
    this.scene?.post({ kind: "typing", conversation });
  }

  #moved(event: Event): void {
    this.#completion.moved(event.target as HTMLTextAreaElement);
  }

  #left(): void {
    this.#completion.left();
    this.#save();
  }

  /** In the place of a part of the text. */
  readonly #replace = (from: number, to: number, text: string): void => {
    const area = this.#area;
    if (area === null) return;
    // One space behind a name, whether or not there was one.
    const spaced = text.endsWith(" ") && area.value.charAt(to) === " ";
    replaceText(area, from, spaced ? to + 1 : to, text);
  };

  /** At the cursor. */
  #insert(text: string): void {
    const area = this.#area;
    if (area !== null) replaceText(area, area.selectionStart, area.selectionEnd, text);
  }

  /** Another text has taken the place of the one that was written, and mentions these. */
  #begin(mentions?: readonly UserId[]): void {
    this.#people.begin(mentions);
    this.#completion.left();
  }

  /** Text that comes with a picture of itself (an office does that) is pasted as text. */
  #pasted(event: ClipboardEvent): void {
    const files = event.clipboardData?.files.length ?? 0;
    if (files === 0 || event.clipboardData?.getData("text/plain") !== "") return;
    event.preventDefault();
    this.refuseFiles();
  }

  #key(event: KeyboardEvent): void {
    const { key } = event;
    if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) {
      // With Control it has always sent, as with nothing.
      if (key !== "Enter" || event.shiftKey || event.altKey) return;
    } else if (this.#completion.key(key, this.#replace)) {
      event.preventDefault();
      return;
    }
    if (key === "Escape" ? this.#cancel() : key === "ArrowUp" ? this.#editLast() : key === "Enter" && !breaksOnEnter()) {
      event.preventDefault();
      if (key === "Enter" && !event.repeat) this.#done();
    }
  }

  /** With the arrow key up in an empty box. */
  #editLast(): boolean {
    const { scene, window } = this;
    if (scene === null || window === null || this.text !== "" || this.#purpose.edit !== null) return false;
    const means = meansOf(scene, window);
    const messages = scene.readings.get(window.conversation)?.newest.messages ?? [];
    const last = messages.findLast((message) => mayEdit(message, means, Date.now()));
    if (last === undefined) return false;
    const before = last.text ?? "";
    scene.purpose(window.conversation, { edit: { key: last.key, before, text: before } }, true);
    return true;
  }

  /** Back from an edit to the draft and what it answers, or from an answer to a message. */
  #cancel(): boolean {
    const { scene, window } = this;
    const { edit, reply } = this.#purpose;
    if (scene === null || window === null || (edit === null && reply === null)) return false;
    scene.purpose(window.conversation, edit === null ? { reply: null } : { edit: null }, true);
    return true;
  }

  #done(): void {
    const { scene, window } = this;
    if (scene === null || window === null) return;
    this.focus();
    if (this.#refusal(scene) !== null) return;
    const { edit, reply } = this.#purpose;
    if (edit === null) this.#send(scene, window, reply);
    else this.#edit(scene, window, edit);
  }

  #send(scene: Scene, { conversation }: WindowView, reply: Purpose["reply"]): void {
    if (isBlank(this.text) || textLength(this.text) > LONGEST) return;
    const text = this.text.trim();
    const mentions = this.#people.mentioned(text);
    scene.post({
      kind: "send",
      conversation,
      text,
      ...(reply === null ? {} : { replyTo: reply }),
      ...(mentions.length === 0 ? {} : { mentions }),
    });
    this.#begin();
    this.#typedAt = Number.NEGATIVE_INFINITY;
    this.text = "";
    if (reply !== null) scene.purpose(conversation, { reply: null });
    this.#save();
    this.dispatchEvent(new CustomEvent("gchat-sent"));
  }

  #edit(scene: Scene, { conversation }: WindowView, { key, before, text }: NonNullable<Purpose["edit"]>): void {
    if (textLength(text) > LONGEST) return;
    this.emptied = isBlank(text);
    if (this.emptied) return;
    if (text.trim() !== before.trim()) {
      scene.post({ kind: "edit", conversation, key, text: text.trim() });
      scene.tell({ kind: "said", conversation, text: scene.strings.get("message_edited") });
    }
    this.#cancel();
  }

  /** Nothing is left of the message that was edited. */
  #delete(scene: Scene): void {
    const { edit } = this.#purpose;
    const conversation = this.window?.conversation;
    if (edit === null || conversation === undefined) return;
    scene.post({ kind: "delete", conversation, key: edit.key });
    scene.tell({ kind: "said", conversation, text: scene.strings.get("deleted_undo") });
    this.#cancel();
  }

  /** Tells the core the draft, if it has changed since. */
  #save(): void {
    const conversation = this.window?.conversation;
    const { reply } = this.#written;
    const [name, edit] = [this.#name, this.#edited];
    if (conversation === undefined || name === this.#kept) return;
    this.#kept = name;
    if (name !== NO_DRAFT) this.#own.add(name);
    const mentions = this.#people.mentioned(this.text);
    const [oldest] = this.#own;
    if (this.#own.size > OWN_KEPT && oldest !== undefined) this.#own.delete(oldest);
    this.scene?.post({
      kind: "draft",
      conversation,
      text: this.text,
      ...(reply === null ? {} : { replyTo: reply }),
      ...(mentions.length === 0 ? {} : { mentions }),
      ...(edit === null ? {} : { edit: { key: edit.key, text: edit.text } }),
    });
  }

  get #name(): string {
    return draftName(this.text, this.#written.reply, this.#edited);
  }

  /** An edit that would change something. */
  get #edited(): Purpose["edit"] {
    const { edit } = this.#written;
    return edit === null || edit.text === edit.before ? null : edit;
  }

  get #purpose(): Purpose {
    const { scene, window } = this;
    return scene === null || window === null ? PLAIN : scene.purposeOf(window.conversation);
  }

  get #area(): HTMLTextAreaElement | null {
    return this.shadowRoot?.querySelector("textarea") ?? null;
  }
}

/** Stands for a text, what it is to answer, and what is edited meanwhile. */
function draftName(text: string, reply: Purpose["reply"], edit: EditDraft | null = null): string {
  return `${reply ?? ""} ${edit === null ? "" : `${edit.key} ${edit.text}`}\n${text}`;
}

/** The sentence for a window in which nothing can be written. */
function refusalOf({ kind, writing, left, announcements, moderates }: WindowView): StringId {
  if (kind === "group") return left === true ? "group_left" : "writing_group";
  if (kind === "room") return announcements === true && moderates !== true ? "writing_announcements" : "writing_closed";
  if (writing === "blocked") return "writing_blocked";
  return writing === "gone" ? "writing_gone" : "writing_no";
}

/** On a touch keyboard Enter breaks the line, as people expect there; the button sends. */
function breaksOnEnter(): boolean {
  return window.matchMedia("(pointer: coarse)").matches;
}
