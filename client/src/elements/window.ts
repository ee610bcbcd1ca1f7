/**
 * `<gchat-window>`: one conversation in the dock, open or as a bar. The names of its region and buttons are a
 * contract: screen readers say them, and the browser tests (e2e/people.mjs) find everything by them.
 */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import type { ConversationId, WindowView } from "../view.js";
import { base, refusedStyles } from "../styles/theme.js";
import { menuStyles } from "../styles/menu.js";
import { windowStyles } from "../styles/window.js";
import type { GchatComposer } from "./composer.js";
import { failureString } from "./failures.js";
import { flagItems, flagsSaid, type Flags } from "./flags.js";
import { closeIcon, warningIcon } from "./icons.js";
import { backIcon, dotsIcon, minimiseIcon } from "./signs.js";
import { GchatLog } from "./log.js";
import { Menu, type Item } from "./menu.js";
import { SceneWatcher, isWithin, type Scene } from "./scene.js";
import type { DialogAsked } from "./signals.js";
import { badgesTemplate, waitingText } from "./waiting.js";

/** The person here has done this to the window; the dock moves the focus. */
export type WindowDeed = CustomEvent<{ deed: Deed }>;

/** `back`: put aside as well, and the list of conversations takes its place. */
type Deed = "minimise" | "close" | "back";

export class GchatWindow extends LitElement {
  static override properties = {
    scene: { attribute: false },
    window: { attribute: false },
    open: { type: Boolean, reflect: true },
    phone: { attribute: false },
    refused: { state: true },
  };
  declare scene: Scene | null;
  declare window: WindowView | null;
  /** Shown as a whole window here; on a phone a window can be open elsewhere and a bar here. */
  declare open: boolean;
  /** It covers the page: it is not put aside there, as nothing of it would be left, but left for the list. */
  declare phone: boolean;
  /** The code of an action that was refused, until the next one. */
  declare refused: string | null;

  readonly #menu = new Menu<"actions">(this);
  /** A switch of the room that is not answered yet, and whether it is switched on. */
  #act = 0;
  #on = false;
  /** What was set of the conversation and is not answered yet. */
  #flagged: { act: number; flags: Flags } | null = null;
  /** Something has been written, as it was rendered last. */
  #begun = false;

  static override styles = [base, refusedStyles, windowStyles, menuStyles];

  constructor() {
    super();
    this.scene = null;
    this.window = null;
    this.open = false;
    this.phone = false;
    this.refused = null;
    new SceneWatcher(this, ["refused", "line", "goto", "mended", "done", "courses"], (signal) => {
      if (!("conversation" in signal) || signal.conversation !== this.window?.conversation) return;
      if (signal.kind === "done") {
        if (signal.act === this.#act) this.#announced(signal.conversation, signal.code);
        else if (signal.act === this.#flagged?.act) this.#set(signal.conversation, signal.code);
      } else this.refused = signal.kind === "refused" ? signal.code : null;
    });
    // A message that comes changes nothing here, but for the first.
    new SceneWatcher(this, ["reading"], undefined, () => this.window !== null && this.#hasBegun(this.window) !== this.#begun);
    this.addEventListener("keydown", (event) => { this.#key(event); });
    for (const kind of ["dragenter", "dragover", "drop"] as const) {
      this.addEventListener(kind, (event) => { this.#dragged(event); });
    }
  }

  /** Puts the cursor into the textbox, or onto the bar's button. */
  focusIn(): void {
    const composer = this.#composer;
    if (composer !== null) void composer.updateComplete.then(() => { composer.focus(); });
    else this.shadowRoot?.querySelector<HTMLElement>(".restore")?.focus();
  }

  override render(): unknown {
    const { scene, window } = this;
    if (scene === null || window === null) return nothing;
    const name = window.title;
    return html`<section
      role="region"
      class=${window.unread > 0 || window.mentions > 0 ? "waiting" : ""}
      aria-label=${scene.strings.get("chat_with", name)}
    >
      ${this.open ? this.#whole(scene, window, name) : this.#bar(scene, window, name)}
    </section>`;
  }

  #bar(scene: Scene, window: WindowView, name: string): TemplateResult {
    const { strings } = scene;
    return html`<header>
      <button
        class="restore"
        aria-label=${strings.get("restore_chat", name)}
        aria-describedby="state"
        @click=${() => { scene.restore(window.conversation); }}
      >
        ${avatar(scene, window)}
        <span class="name clip" dir="auto">${name}</span>
        ${window.typing.length > 0 ? html`<span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>` : nothing}
      </button>
      ${this.#state(scene, window)}
      ${this.#closer(scene, name)}
    </header>`;
  }

  #whole(scene: Scene, window: WindowView, name: string): TemplateResult {
    const { strings } = scene;
    const href = webAddress(window.contact?.profileUrl ?? null);
    const label = strings.get("minimise_chat", name);
    const back = strings.get("go_back");
    return html`<header @click=${this.#headerClick}>
        ${this.phone
          ? html`<button class="quiet back" aria-label=${back} title=${back} @click=${() => { this.#do("back"); }}>${backIcon}</button>`
          : nothing}
        ${avatar(scene, window)}
        <span class="who">
          ${href === null
            ? html`<span class="name clip" dir="auto">${name}</span>`
            : html`<a class="name clip" dir="auto" href=${href}>${name}</a>`}
          <span class="status clip" dir="auto">${secondLine(scene, window)}</span>
        </span>
        ${this.#state(scene, window)} ${this.#actions(scene, window)}
        ${this.phone
          ? nothing
          : html`<button class="quiet" aria-label=${label} title=${label} @click=${() => { this.#do("minimise"); }}>${minimiseIcon}</button>`}
        ${this.#closer(scene, name)}
      </header>
      <gchat-log .scene=${scene} .window=${window} .name=${name}></gchat-log>
      ${this.refused === null
        ? nothing
        : html`<p class="refused" role="alert">${warningIcon}<span>${strings.get(failureString(this.refused, window.kind))}</span></p>`}
      <gchat-composer .scene=${scene} .window=${window} .name=${name} @gchat-sent=${this.#sent}></gchat-composer>`;
  }

  /** The number on the header, in words for those who do not see it. */
  #state(scene: Scene, window: WindowView): TemplateResult {
    const { strings } = scene;
    const waiting = waitingText(window, strings);
    if (this.open && waiting === "") return html``;
    return html`${badgesTemplate(window, strings)}<span id="state" class="out-of-sight"
        >${[this.open ? "" : secondLine(scene, window), waiting].filter((part) => part !== "").join(", ")}</span
      >`;
  }

  /** What can be done with the conversation; nothing at all: no button. */
  #actions(scene: Scene, window: WindowView): TemplateResult | typeof nothing {
    const items = this.#items(scene, window);
    if (items.length === 0) return nothing;
    const label = scene.strings.get("conversation_actions");
    const open = this.#menu.open !== null;
    return html`<span class="actions"
      ><button
        class="quiet"
        aria-label=${label}
        title=${label}
        aria-haspopup="menu"
        aria-expanded=${open ? "true" : "false"}
        @click=${() => { this.#menu.show(open ? null : "actions"); }}
      >
        ${dotsIcon}</button
      >${open ? this.#menu.template(label, items, null) : nothing}</span
    >`;
  }

  #items(scene: Scene, window: WindowView): Item[] {
    const { strings } = scene;
    const { kind, conversation, contact, writing, left, moderates, announcements } = window;
    if (scene.line.state === "stopped") return [];
    const ask = (dialog: DialogAsked) => (): void => { scene.tell({ kind: "dialog", dialog }); };
    const writes = writing === "yes";
    const items: Item[] = [];
    if (kind === "direct" && contact !== undefined && writes && scene.courses.length > 0) {
      items.push({ id: "add", name: strings.get("add_people"), choose: ask({ kind: "group", with: contact }) });
    }
    if (kind === "group" && left !== true) {
      items.push({ id: "members", name: strings.get("members"), choose: ask({ kind: "members", conversation }) });
      if (writes) {
        items.push({ id: "add", name: strings.get("add_people"), choose: ask({ kind: "add", conversation }) });
        items.push({ id: "rename", name: strings.get("rename"), choose: ask({ kind: "rename", conversation }) });
      }
    }
    if (kind === "room" && moderates === true && (writes || announcements === true)) {
      const on = announcements === true;
      const choose = (): void => {
        this.#on = !on;
        this.#act = scene.act({ kind: "announce", conversation, on: !on });
      };
      items.push({ id: "announce", name: strings.get("only_teachers"), checked: on, choose });
    }
    items.push(...this.#flagItems(scene, window));
    if (kind === "group" && left !== true) items.push({ id: "leave", name: strings.get("leave"), choose: ask({ kind: "leave", conversation }) });
    return items;
  }

  /** Of a conversation in which nothing has been written nothing can be set. */
  #flagItems(scene: Scene, window: WindowView): Item[] {
    const { conversation, verbs } = window;
    this.#begun = this.#hasBegun(window);
    if (!verbs.flag || !this.#begun) return [];
    return flagItems(window, scene.strings, (flags) => {
      this.#flagged = { act: scene.act({ kind: "flag", conversation, ...flags }), flags };
    });
  }

  #hasBegun({ conversation }: WindowView): boolean {
    return this.scene?.readings.get(conversation)?.newest.messages.some(({ seq }) => seq > 0) === true;
  }

  #set(conversation: ConversationId, code: string | undefined): void {
    const { scene } = this;
    const flags = this.#flagged?.flags;
    this.#flagged = null;
    this.refused = code ?? null;
    if (scene === null || flags === undefined || code !== undefined) return;
    scene.tell({ kind: "said", conversation, text: scene.strings.get(flagsSaid(flags)) });
    // It is out of the person's sight until somebody writes.
    if (flags.archived === true) this.#do("close");
  }

  /** The line in the log is not heard. */
  #announced(conversation: ConversationId, code: string | undefined): void {
    const { scene } = this;
    this.refused = code ?? null;
    if (code !== undefined || scene === null) return;
    scene.tell({ kind: "said", conversation, text: scene.strings.get(this.#on ? "announcements_on" : "announcements_off") });
  }

  #closer(scene: Scene, name: string): TemplateResult {
    const label = scene.strings.get("close_chat", name);
    return html`<button class="quiet close" aria-label=${label} title=${label} @click=${() => { this.#do("close"); }}>
      ${closeIcon}
    </button>`;
  }

  /** The bare header is a wide target for the mouse; the button beside it is for everybody. */
  #headerClick(event: MouseEvent): void {
    const target = event.target as Element;
    if (!this.phone && target.closest("a, button, .menu") === null) this.#do("minimise");
  }

  /** Escape puts the window aside. Closing is the button's: a key pressed in passing must not end a conversation. */
  #key(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.open || event.defaultPrevented) return;
    event.preventDefault();
    this.#do(this.phone ? "back" : "minimise");
  }

  /** A file that is let go over a window would otherwise be opened by the browser in place of the page, or taken by it. */
  #dragged(event: DragEvent): void {
    if (event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.type === "drop") this.#composer?.refuseFiles();
  }

  get #composer(): GchatComposer | null {
    return this.shadowRoot?.querySelector<GchatComposer>("gchat-composer") ?? null;
  }

  #sent(): void {
    this.refused = null;
    const log = this.shadowRoot?.querySelector("gchat-log");
    if (log instanceof GchatLog) log.follow();
  }

  #do(deed: Deed): void {
    const conversation = this.window?.conversation;
    if (conversation === undefined) return;
    // The composer is about to go: what it holds must be with the core before the window is.
    this.scene?.tell({ kind: "flush" });
    this.scene?.post({ kind: deed === "back" ? "minimise" : deed, conversation });
    this.dispatchEvent(new CustomEvent("gchat-deed", { detail: { deed } }) satisfies WindowDeed);
  }
}

function avatar(scene: Scene, window: WindowView): TemplateResult {
  const { title, kind, contact } = window;
  return html`<gchat-avatar .name=${title} .picture=${contact?.picture ?? null} .kind=${kind} .status=${scene.statusOf(window)}></gchat-avatar>`;
}

/** Below the name: the other person's status, how many are in a group, or of which course a room is. */
function secondLine(scene: Scene, window: WindowView): string {
  const { strings, connected } = scene;
  const { kind, circle = "", title, members, announcements } = window;
  if (!connected) return strings.get("no_connection");
  if (kind === "direct") return strings.get(scene.statusOf(window) ?? "no_connection");
  if (kind === "group") return members === undefined ? "" : strings.count("members_one", "members_other", members);
  if (announcements === true) return strings.get("room_announcements");
  const course = scene.courses.find((one) => isWithin(circle, one.circle));
  return course === undefined || course.title === title ? strings.get("room") : course.title;
}

function webAddress(address: string | null): string | null {
  if (address === null) return null;
  try {
    const url = new URL(address, location.href);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}
