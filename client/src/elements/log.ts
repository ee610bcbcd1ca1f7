/**
 * `<gchat-log>`: the messages of one window. Owns the scroll, the "New" divider and which messages have really been
 * shown to somebody. It shows a run of the conversation (see reading.ts), which it has moved on before the person
 * reaches an end of it.
 */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import type { ConversationId, ConversationView, MessageView, Seq, WindowView } from "../view.js";
import { base } from "../styles/theme.js";
import { blankStyles } from "../styles/blank.js";
import { formattedStyles } from "../styles/formatted.js";
import { logStyles } from "../styles/log.js";
import { menuStyles } from "../styles/menu.js";
import { reactionsStyles } from "../styles/reactions.js";
import { actsOf, type Acts } from "./acts.js";
import { DayWatcher } from "./days.js";
import { follow } from "./lead.js";
import { downIcon } from "./signs.js";
import { Menu } from "./menu.js";
import { markTemplate, messageTemplate, type Look, type OpenMenu, type Surroundings } from "./message.js";
import { loadMarkdown, willChange } from "./plain.js";
import { hasNewer, shownOf, type Reading, type Side } from "./reading.js";
import { SceneWatcher, isRendered, type Scene } from "./scene.js";
import { ScrollKeeper } from "./scroll.js";
import type { Signal } from "./signals.js";
import { MessageStops } from "./stops.js";
import { threadRows, type Row } from "./thread.js";
import { typingText } from "./typing.js";
import { mayEdit, mayReact, mayRetry, mayTakeBack, meansOf, verbsOf, type Means } from "./verbs.js";

/** People need so long to find the message that they were led to. */
const FOUND_MS = 2500;
/** So long a text that will look otherwise with its Markdown waits for it: shown as it was written first, it would jump. */
const MARKDOWN_MS = 500;
/** So much of a long message has to be in view for it to count as shown. */
const SHOWN_PX = 40;

export class GchatLog extends LitElement {
  static override properties = {
    scene: { attribute: false },
    window: { attribute: false, hasChanged: concerns },
    name: {},
    missed: { state: true },
    away: { state: true },
    found: { state: true },
    copied: { state: true },
  };
  declare scene: Scene | null;
  declare window: WindowView | null;
  /** What the window is called. */
  declare name: string;
  /** New messages have come below the view. */
  declare missed: boolean;
  /** The view is not at the end. */
  declare away: boolean;
  /** The seq of the message that somebody has just been led to. */
  declare found: Seq | null;
  /** The key of the failed message whose text was copied last. */
  declare copied: string | null;
  readonly #menu = new Menu<OpenMenu>(this);
  readonly #stops = new MessageStops(this);
  readonly #scroll = new ScrollKeeper(
    () => this.#scroller,
    () => this.#atNewest,
  );
  /** Keys of messages of blocked people that are shown nevertheless. */
  readonly #unfolded = new Set<string>();
  /** Keys of long messages that are shown whole. */
  readonly #whole = new Set<string>();
  #newAfter: Seq | null = null;
  #opened = false;
  #lastKey: string | undefined;
  #told: Seq = 0;
  /** Whether Markdown and addresses can be told from text yet. */
  #formatted = false;
  /** Nothing waits for that any more. */
  #asWritten = false;
  #unfind: ReturnType<typeof setTimeout> | undefined;
  #resized: ResizeObserver | null = null;

  static override styles = [base, logStyles, formattedStyles, reactionsStyles, menuStyles, blankStyles];

  constructor() {
    super();
    this.scene = null;
    this.window = null;
    this.name = "";
    this.missed = false;
    this.away = false;
    this.found = null;
    this.copied = null;
    const own = (signal: Signal): boolean =>
      signal.kind === "line" || signal.kind === "blocked" || ("conversation" in signal && signal.conversation === this.window?.conversation);
    const heard = (signal: Signal): void => {
      if (signal.kind === "goto") void this.updateComplete.then(() => { this.#goneTo(signal.seq); });
    };
    new SceneWatcher(this, ["reading", "purpose", "goto", "line", "people", "blocked"], heard, own);
    new DayWatcher(this);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void loadMarkdown().then(() => {
      this.#formatted = true;
      this.requestUpdate();
    });
    setTimeout(() => {
      this.#asWritten = true;
      if (!this.#formatted) this.requestUpdate();
    }, MARKDOWN_MS);
    document.addEventListener("visibilitychange", this.#look);
    globalThis.addEventListener("focus", this.#look);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.#look);
    globalThis.removeEventListener("focus", this.#look);
    this.#resized?.disconnect();
    this.#resized = null;
    clearTimeout(this.#unfind);
  }

  /** Own words are always followed to the end. */
  follow(): void {
    this.#newAfter = null;
    this.#toEnd();
  }

  override willUpdate(): void {
    this.#scroll.remember();
    const view = this.#reading?.newest;
    if (view === undefined || this.#loads) return;
    const last = view.messages.at(-1);
    if (!this.#opened) {
      this.#newAfter = view.readSeq;
      this.scene?.toEnd(view.conversation);
    } else if (last !== undefined && last.key !== this.#lastKey) {
      if (last.mine && this.#atNewest) this.#scroll.stuck = true;
      else if (isNews(last) && !this.#scroll.stuck) this.missed = true;
      if (isNews(last) && !someoneLooks() && !hasNew(view, this.#newAfter)) this.#newAfter = view.readSeq;
    }
    this.#lastKey = last?.key;
  }

  override render(): unknown {
    const { scene, window } = this;
    if (scene === null || window === null) return nothing;
    const { strings } = scene;
    const reading = this.#reading;
    const loading = reading === undefined || this.#loads;
    return html`
      <div
        class="scroller"
        role="log"
        aria-live="off"
        aria-label=${strings.get("messages_with", this.name)}
        aria-busy=${loading ? "true" : "false"}
        tabindex=${loading || shownOf(reading).length === 0 ? "0" : "-1"}
        @scroll=${this.#scrolled}
        @keydown=${this.#key}
        @focusin=${this.#stops.turnedTo}
      >
        ${loading ? this.#loading(scene, reading?.newest) : this.#thread(scene, window, reading)}
      </div>
      ${this.away
        ? html`<button class="jump" aria-label=${strings.get(this.missed ? "new_messages" : "jump_latest")} @click=${this.#jump}>
            ${downIcon}${this.missed ? html`<span>${strings.get("new_messages")}</span>` : nothing}
          </button>`
        : nothing}
    `;
  }

  override updated(): void {
    const view = this.#reading?.newest;
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
    if (!this.#opened && !this.#loads) {
      this.#opened = true;
      const divider = scroller.querySelector<HTMLElement>(".divider");
      if (divider !== null) this.#scroll.reveal(divider);
    }
    this.#noteAway();
    this.#look();
    if (this.#opened && this.scene !== null && view !== undefined) follow(this.scene, view.conversation);
  }

  #loading(scene: Scene, view: ConversationView | undefined): TemplateResult {
    if (view?.late === true) {
      const again = (): void => {
        scene.post({ kind: "first", conversation: view.conversation });
      };
      return html`<div class="late" role="status">
        <p>${scene.strings.get("messages_late")}</p>
        <p><button class="action" @click=${again}>${scene.strings.get("try_again")}</button></p>
      </div>`;
    }
    return html`<div class="loading">
      <span class="out-of-sight">${scene.strings.get("loading")}</span>
      <i></i><i class="mine"></i><i></i>
    </div>`;
  }

  #thread(scene: Scene, window: WindowView, reading: Reading): TemplateResult {
    const { strings } = scene;
    const { older, newest } = reading;
    const messages = shownOf(reading);
    const newer = hasNewer(reading);
    if (messages.length === 0 && !older) {
      return html`${this.#hello(scene, window)} ${this.#typing(scene, window)}`;
    }
    const { conversation, seenSeq } = newest;
    const means = meansOf(scene, window);
    const around: Surroundings = {
      strings,
      kind: window.kind,
      me: scene.user,
      name: (user) => scene.nameOf(window, user),
      menu: this.#menu,
      ...this.#acts(scene, conversation, window),
    };
    const now = Date.now();
    const today = new Date(now).toDateString();
    const stop = messages.some(({ key }) => key === this.#stops.current) ? this.#stops.current : messages.at(-1)?.key;
    // Most rows are as they were: making them anew is what costs.
    const row = (one: Row): unknown => {
      const made = [...shown(one, today), this.#formatted, this.name, scene.facesOf(conversation)];
      if (one.kind !== "message") return guard(made, () => markTemplate(one, around, now));
      const look = this.#lookOf(scene, window, one.message, means, one.key === stop);
      return guard([...made, ...(Object.values(look) as unknown[])], () => messageTemplate(one, look, around));
    };
    return html`
      ${older ? this.#further(scene, reading, "before") : nothing}
      ${repeat(threadRows(messages, { newAfter: this.#newAfter, seenSeq, cut: newer }), ({ key }) => key, row)}
      ${newer ? this.#further(scene, reading, "after") : this.#typing(scene, window)}
    `;
  }

  #acts(scene: Scene, conversation: ConversationId, window: WindowView): Acts {
    return actsOf(scene, conversation, {
      means: () => meansOf(scene, this.window ?? window),
      show: (menu) => {
        const { open } = this.#menu;
        const closes = menu.verbs !== null && (open?.key === menu.key || menu.verbs.length === 0);
        this.#menu.show(closes ? null : menu);
      },
      near: () => this.#scroller ?? this,
      copied: (key) => { this.copied = key; },
      unfold: (key) => {
        this.#unfolded.add(key);
        this.requestUpdate();
      },
      fold: (key) => { this.#fold(key); },
    });
  }

  #hello({ strings }: Scene, { kind, contact }: WindowView): TemplateResult {
    const [first = this.name] = this.name.split(/\s+/);
    const greets = kind === "direct";
    return html`<div class="hello">
      <gchat-avatar .name=${this.name} .picture=${contact?.picture ?? null} .kind=${kind}></gchat-avatar>
      <p><b dir="auto">${greets ? strings.get("say_hello", first) : this.name}</b></p>
      <p>${strings.get(greets ? "say_hello_hint" : kind === "group" ? "group_start" : "room_empty")}</p>
    </div>`;
  }

  #lookOf(scene: Scene, window: WindowView, message: MessageView, means: Means, current: boolean): Look {
    const now = Date.now();
    const { conversation } = window;
    const { key, seq, sender, replyTo } = message;
    const { open } = this.#menu;
    const folded = !message.mine && message.text !== null && scene.folds(window, sender) && !this.#unfolded.has(key);
    const quote = replyTo === undefined || message.text === null ? undefined : scene.quoteOf(conversation, replyTo);
    return {
      author: scene.nameOf(window, sender),
      picture: scene.pictureOf(window, sender),
      folded,
      current,
      whole: this.#whole.has(key),
      offers: !folded && verbsOf(message, means, now).length > 0,
      menu: open?.key === key ? open : null,
      quote,
      quoted: quote ? scene.nameOf(window, quote.sender) : "",
      quoteFolded: quote ? !quote.mine && scene.folds(window, quote.sender) : false,
      reacts: mayReact(message, means),
      takes: mayTakeBack(message, means),
      found: seq > 0 && seq === this.found,
      editing: scene.purposeOf(conversation).edit?.key === key,
      editable: mayEdit(message, means, now),
      retriable: mayRetry(message, means),
      copied: key === this.copied,
    };
  }

  /** The way on at one end of the run, for those who do not scroll. */
  #further(scene: Scene, { newest, asked }: Reading, side: Side): TemplateResult {
    const waits = asked !== null && "side" in asked && asked.side === side;
    const label = waits ? "loading" : side === "before" ? "older_messages" : "newer_messages";
    return html`<p class="further">
      <button
        class="action"
        aria-disabled=${waits ? "true" : "false"}
        @click=${() => { scene.further(newest.conversation, side); }}
      >
        ${scene.strings.get(label)}
      </button>
    </p>`;
  }

  #typing(scene: Scene, window: WindowView): TemplateResult | typeof nothing {
    const { typing } = window;
    const [first] = typing;
    if (first === undefined) return nothing;
    const names = typing.map((user) => scene.nameOf(window, user));
    return html`<div class=${typing.length === 1 ? "typing" : "typing several"}>
      ${typing.length === 1
        ? html`<gchat-avatar class="face" .name=${names[0] ?? ""} .picture=${scene.pictureOf(window, first)}></gchat-avatar>`
        : nothing}
      <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>
      <span class="clip" dir=${scene.strings.direction}>${typingText(names, scene.strings)}</span>
    </div>`;
  }

  #scrolled(): void {
    this.#scroll.scrolled();
    this.#menu.place();
    this.#noteAway();
    const { scene, window } = this;
    const scroller = this.#scroller;
    if (scene !== null && window !== null && scroller !== null && !this.#scroll.stuck) {
      // A screenful ahead, so that who scrolls seldom waits.
      const { scrollTop, clientHeight, scrollHeight } = scroller;
      if (scrollTop < clientHeight) scene.further(window.conversation, "before");
      else if (scrollHeight - scrollTop < 2 * clientHeight) scene.further(window.conversation, "after");
    }
    this.#look();
  }

  #noteAway(): void {
    this.away = !this.#scroll.stuck;
    if (this.#scroll.stuck) this.missed = false;
    if (this.window !== null) this.scene?.follow(this.window.conversation, this.#scroll.stuck);
  }

  /** From message to message, and back to the box. */
  #key(event: KeyboardEvent): void {
    const { scene, window } = this;
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || scene === null || window === null) return;
    const { key } = event;
    if (key === "Escape") scene.tell({ kind: "purpose", conversation: window.conversation, turn: true });
    else if (key === "Home") this.#stops.first();
    else if (key === "End") this.#toLast();
    else if (!(key === "ArrowUp" || key === "ArrowDown") || !this.#stops.next(key === "ArrowDown")) return;
    event.preventDefault();
  }

  /** What can be seen stays where it is; of what is folded, the beginning is seen. */
  #fold(key: string): void {
    const less = this.#whole.delete(key);
    if (!less) this.#whole.add(key);
    this.#scroll.stuck = false;
    this.requestUpdate();
    void this.updateComplete.then(() => {
      const article = this.#stops.find(key);
      if (less && article !== undefined) this.#scroll.reveal(article);
      this.#noteAway();
    });
  }

  /** The end of the conversation, not of what is loaded of it. */
  #toLast(): void {
    this.#toEnd();
    void this.updateComplete.then(() => {
      this.#stops.last();
      this.#noteAway();
    });
  }

  /** Somebody has followed a quote. Where its message has not come, it is said. */
  #goneTo(seq: Seq): void {
    const { scene, window } = this;
    if (scene === null || window === null) return;
    const article = this.#stops.find(this.#reading?.run.find((message) => message.seq === seq)?.key);
    if (article === undefined) {
      scene.tell({ kind: "refused", conversation: window.conversation, code: "quote_failed", message: "" });
      return;
    }
    this.#scroll.show(article);
    article.focus({ preventScroll: true });
    this.#noteAway();
    this.found = seq;
    clearTimeout(this.#unfind);
    this.#unfind = setTimeout(() => (this.found = null), FOUND_MS);
  }

  #jump(): void {
    this.#scroller?.focus({ preventScroll: true });
    if (this.#atNewest) this.#scroll.toEnd(true);
    else this.#toEnd();
    this.#noteAway();
  }

  #toEnd(): void {
    if (!this.#atNewest && this.window !== null) this.scene?.toEnd(this.window.conversation);
    this.#scroll.toEnd();
  }

  /** Tells the core what has been read: shown, in a window that can be seen, on a page that somebody looks at. */
  readonly #look = (): void => {
    const { scene } = this;
    const view = this.#reading?.newest;
    const scroller = this.#scroller;
    if (scene === null || view === undefined || scroller === null || !someoneLooks() || !isRendered(this)) return;
    const edge = scroller.getBoundingClientRect().bottom;
    let shown = Math.max(view.readSeq, this.#told);
    // From the end: what is above was looked at before.
    const elements = scroller.querySelectorAll<HTMLElement>(".message[data-seq]");
    for (let at = elements.length - 1; at >= 0; at -= 1) {
      const element = elements[at];
      const seq = Number(element?.dataset["seq"]);
      // One's own have none.
      if (element === undefined || seq === 0) continue;
      if (seq <= shown) break;
      const box = element.getBoundingClientRect();
      if (box.top + Math.min(box.height, SHOWN_PX) > edge + 1) continue;
      shown = seq;
      break;
    }
    if (shown <= Math.max(view.readSeq, this.#told)) return;
    this.#told = shown;
    scene.post({ kind: "seen", conversation: view.conversation, seq: shown });
  };

  get #reading(): Reading | undefined {
    return this.window === null ? undefined : this.scene?.readings.get(this.window.conversation);
  }

  /** There is nothing to be shown yet. */
  get #loads(): boolean {
    const reading = this.#reading;
    if (reading === undefined || reading.newest.loading) return true;
    return !this.#opened && !this.#formatted && !this.#asWritten && shownOf(reading).some(({ text }) => willChange(text));
  }

  /** What is shown reaches the end of the conversation. */
  get #atNewest(): boolean {
    return this.#reading === undefined || !hasNewer(this.#reading);
  }

  get #scroller(): HTMLElement | null {
    return this.shadowRoot?.querySelector<HTMLElement>(".scroller") ?? null;
  }
}

/** Whether a window's change shows in its log: a draft, for one, does not. */
function concerns(window: WindowView | null, before: WindowView | null | undefined): boolean {
  if (window === null || !before) return window !== before;
  return (
    window.conversation !== before.conversation ||
    window.kind !== before.kind ||
    window.typing.join() !== before.typing.join() ||
    window.moderates !== before.moderates ||
    window.writing !== before.writing ||
    Object.entries(window.verbs).join() !== Object.entries(before.verbs).join() ||
    window.contact?.picture !== before.contact?.picture
  );
}

/** What a row is made of. */
function shown(row: Row, today: string): unknown[] {
  if (row.kind === "new") return [];
  if (row.kind === "time") return [row.at, row.day, today];
  if (row.kind === "event") return [row.message];
  return [row.message, row.first, row.last, row.leads, row.delivery, row.spelt];
}

/** Somebody else has written it. */
function isNews({ mine, system }: MessageView): boolean {
  return !mine && system === undefined;
}

function someoneLooks(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

function hasNew(view: ConversationView, after: Seq | null): boolean {
  return after !== null && view.messages.some((message) => isNews(message) && message.seq > after && message.seq <= view.readSeq);
}
