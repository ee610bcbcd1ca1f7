/**
 * `<gchat-emoji>`: the picker. Groups of emoji as grids, of which only the rows that can be seen are in the document; a
 * search, a skin tone, and what was used last. What this device cannot draw is left out; where it can draw none, they
 * stand there by their names. Fetched when it is opened first; the box around it, see menu.ts, closes it.
 */
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { base } from "../styles/theme.js";
import { emojiStyles } from "../styles/emoji.js";
import { isDrawn, measureAll } from "./drawn.js";
import type { Chosen } from "./emoji-button.js";
import { firstOf, movedTo, seenOf, topOf, type Grid, type Seen } from "./emoji-grid.js";
import { GROUPS, RECENT, TONE_NAMES } from "./emoji-groups.js";
import { emojiMatches, emojisAtOnce, TONES, toned, untoned, type Emoji, type Emojis, type Tone } from "./emojis.js";
import { chooseTone, toneOf, used, usedBefore } from "./habit.js";
import { searchIcon } from "./icons.js";
import type { Scene } from "./scene.js";
// What windows, panel and dialogs need of the start as well: a part that needs less of it would break the start's files
// into smaller ones, and all pages would fetch a tenth more of them.
import "./later.js";
import "./scene.js";
import "./search.js";

interface Section {
  /** For ids and jumps. */
  id: number;
  title: string;
  sign: string;
  emoji: readonly Emoji[];
}

/** The last used, before the groups. */
const RECENT_ID = -1;
const FOUND_ID = -2;
/** Until the page has said. */
const GUESSED = { columns: 8, sizes: { row: 36, head: 28 }, height: 300 };
/** So many are measured at a time: no task of the page's becomes long by it. */
const MEASURED_EACH = 40;
const MEASURED_FIRST = 120;
/** The document settles in so many passes: first the sizes, then what can be seen. */
const PASSES = 4;
/** The hand that shows the tone. */
const HAND = { emoji: "✋", tones: true };

/** What can be drawn is known of all: once a page. */
let measured = false;

export class GchatEmoji extends LitElement {
  static override properties = {
    scene: { attribute: false },
    chosen: { attribute: false },
    query: { state: true },
    tones: { state: true },
    about: { state: true },
    known: { state: true },
  };
  declare scene: Scene | null;
  declare chosen: Chosen | null;
  declare query: string;
  /** The skin tones are on show. */
  declare tones: boolean;
  /** The cell whose name stands below. */
  declare about: Emoji | null;
  /** Of so many it is known whether they can be drawn. */
  declare known: number;
  /** The cell that the keyboard is at. */
  #cell = 0;
  /** It gets the focus as soon as it is in the document. */
  #wanted = false;
  #grid: Grid = { counts: [], columns: GUESSED.columns, sizes: GUESSED.sizes };
  #sections: readonly Section[] = [];
  #seen: readonly Seen[] = [];
  #passes = 0;
  /** As they were when it was opened: nothing moves under a finger. */
  #recent: readonly Emoji[] | null = null;
  #resized: ResizeObserver | null = null;

  static override styles = [base, emojiStyles];

  constructor() {
    super();
    this.scene = null;
    this.chosen = null;
    this.query = "";
    this.tones = false;
    this.about = null;
    this.known = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (typeof ResizeObserver !== "function") return;
    this.#resized = new ResizeObserver(() => { this.requestUpdate(); });
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized?.disconnect();
    this.#resized = null;
  }

  override firstUpdated(): void {
    // On a touch screen a keyboard would cover half of them.
    if (window.matchMedia("(pointer: coarse)").matches) this.#goTo(0);
    else this.#box?.focus({ preventScroll: true });
    void this.#measure();
  }

  /** The first rows at once, the rest in pieces. */
  async #measure(): Promise<void> {
    const emojis = this.#emojis;
    if (emojis === null || this.known === Infinity) return;
    await measureAll(emojis.all.map(({ emoji }) => emoji), MEASURED_EACH, () => {
      this.known += MEASURED_EACH;
      return this.isConnected;
    });
    if (!this.isConnected) return;
    measured = true;
    this.known = Infinity;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const { scene } = this;
    const emojis = this.#emojis;
    if (scene === null || emojis === null) return;
    if (measured) this.known = Infinity;
    else this.known = Math.max(this.known, MEASURED_FIRST);
    this.#recent ??= usedBefore(scene).flatMap((emoji) => untoned(emoji, emojis) ?? []);
    if (changed.has("query") || changed.has("known")) this.#sections = this.#sectionsOf(scene, emojis, this.#recent);
    this.#grid = { ...this.#grid, counts: this.#sections.map(({ emoji }) => emoji.length) };
    this.#cell = Math.max(0, Math.min(this.#cell, this.#cells.length - 1));
    this.#seen = this.#seenNow();
  }

  #sectionsOf({ strings }: Scene, { groups, all }: Emojis, recent: readonly Emoji[]): Section[] {
    const shown = (emoji: readonly Emoji[]): readonly Emoji[] => (this.#named ? emoji : emoji.filter((one) => isDrawn(one.emoji)));
    if (this.query.trim() !== "") {
      const found = shown(emojiMatches(this.query, all));
      return found.length === 0 ? [] : [{ id: FOUND_ID, title: strings.get("emoji_found"), sign: "", emoji: found }];
    }
    let left = this.known;
    const listed = groups.map((group, id): Section => {
      const { title, sign } = GROUPS[id] ?? RECENT;
      const emoji = shown(group.slice(0, Math.max(0, left)));
      left -= group.length;
      return { id, title: strings.get(title), sign, emoji };
    });
    return [{ id: RECENT_ID, title: strings.get(RECENT.title), sign: RECENT.sign, emoji: shown(recent) }, ...listed].filter(({ emoji }) => emoji.length > 0);
  }

  override render(): unknown {
    const { scene, query, about } = this;
    if (scene === null || this.#emojis === null) return nothing;
    const { strings } = scene;
    const label = strings.get("search_emoji");
    return html`<div class=${this.#named ? "whole named" : "whole"} role="dialog" aria-label=${strings.get("emoji")}>
      <div class="top">
        <span class="search"
          >${searchIcon}<input
            type="search"
            autocomplete="off"
            dir="auto"
            enterkeyhint="done"
            aria-label=${label}
            placeholder=${label}
            .value=${query}
            @input=${this.#searched}
            @keydown=${this.#boxKey}
        /></span>
        ${this.#named ? nothing : this.#toneButton(scene)}
      </div>
      ${this.tones ? this.#toneRow(scene) : query.trim() === "" ? this.#jumps(scene) : nothing}
      ${this.#named ? html`<p class="undrawn">${strings.get("emoji_undrawn")}</p>` : nothing}
      <div
        class="scroller"
        tabindex="-1"
        @scroll=${this.#scrolled}
        @keydown=${this.#key}
        @click=${this.#clicked}
        @focusin=${this.#turnedTo}
        @pointerover=${this.#pointed}
      >
        ${repeat(this.#sections, ({ id }) => id, (section, at) => this.#section(section, at, toneOf(scene)))}
        ${this.#sections.length === 0 ? html`<p class="none">${strings.get("emoji_none", query.trim())}</p>` : nothing}
      </div>
      <p class="about" aria-hidden="true">${about === null ? nothing : html`<span class="sign">${about.emoji}</span><span class="clip"><b>${about.name}</b> ${codeOf(about)}</span>`}</p>
      <p class="out-of-sight" role="status">${this.#said(scene)}</p>
    </div>`;
  }

  #said({ strings }: Scene): string {
    if (this.query.trim() === "") return "";
    const found = this.#cells.length;
    return found === 0 ? strings.get("emoji_none", this.query.trim()) : strings.count("emoji_found_one", "emoji_found_other", found);
  }

  #section({ id, title, emoji }: Section, at: number, tone: Tone): TemplateResult {
    const { columns } = this.#grid;
    const { from = 0, to = 0, rows = 0 } = this.#seen[at] ?? {};
    const first = firstOf(this.#grid, at);
    const row = (number: number): TemplateResult => html`<div class="row" role="row" aria-rowindex=${number + 1}>
      ${emoji.slice(number * columns, (number + 1) * columns).map((one, column) => this.#button(one, first + number * columns + column, tone))}
    </div>`;
    const heading = `heading-${id}`;
    const shown = Array.from({ length: to - from }, (_, index) => row(from + index));
    return html`<section>
      <h4 id=${heading}>${title}</h4>
      ${shown.length === 0
        ? html`<div class="rows" data-section=${at}></div>`
        : html`<div class="rows" data-section=${at} role="grid" aria-labelledby=${heading} aria-rowcount=${rows} aria-colcount=${columns}>${shown}</div>`}
    </section>`;
  }

  #button(one: Emoji, cell: number, tone: Tone): TemplateResult {
    const current = cell === this.#cell;
    return html`<button
      type="button"
      role="gridcell"
      class="cell"
      data-cell=${cell}
      tabindex=${current ? "0" : "-1"}
      aria-label=${one.name}
      title="${one.name} ${codeOf(one)}"
    >${this.#named ? one.name : this.#inTone(one, tone)}</button>`;
  }

  #inTone(one: Emoji, tone: Tone): string {
    const emoji = toned(one, tone);
    return isDrawn(emoji) ? emoji : one.emoji;
  }

  #toneButton(scene: Scene): TemplateResult {
    const tone = toneOf(scene);
    const label = scene.strings.get("skin_tone", scene.strings.get(TONE_NAMES[tone] ?? "tone_none"));
    return html`<button
      type="button"
      class="quiet tone"
      aria-label=${label}
      title=${label}
      aria-expanded=${this.tones ? "true" : "false"}
      @click=${() => { this.tones = !this.tones; }}
    >${toned(HAND, tone)}</button>`;
  }

  #toneRow(scene: Scene): TemplateResult {
    const { strings } = scene;
    const now = toneOf(scene);
    const choose = (tone: Tone): void => {
      this.tones = false;
      void chooseTone(scene, tone).then(() => { this.requestUpdate(); });
      void this.updateComplete.then(() => { this.shadowRoot?.querySelector<HTMLElement>(".tone")?.focus(); });
    };
    return html`<div class="jumps" role="group" aria-label=${strings.get("skin_tones")}>
      ${TONES.map((tone) => {
        const name = strings.get(TONE_NAMES[tone] ?? "tone_none");
        return html`<button type="button" aria-label=${name} title=${name} aria-pressed=${tone === now ? "true" : "false"} @click=${() => { choose(tone); }}>${toned(HAND, tone)}</button>`;
      })}
    </div>`;
  }

  #jumps({ strings }: Scene): TemplateResult {
    const top = this.#scroller?.scrollTop ?? 0;
    const now = Math.max(0, this.#seen.findLastIndex((section) => section.top <= top + 1));
    return html`<div class="jumps" role="toolbar" aria-label=${strings.get("emoji_groups")} @keydown=${this.#jumpKey}>
      ${this.#sections.map(({ title, sign }, at) => html`<button
        type="button"
        tabindex=${at === now ? "0" : "-1"}
        aria-label=${title}
        title=${title}
        aria-current=${at === now ? "true" : "false"}
        @click=${() => { this.#jump(at); }}
      >${this.#named ? title : sign}</button>`)}
    </div>`;
  }

  override updated(): void {
    const scroller = this.#scroller;
    if (scroller === null) return;
    this.#pad(scroller);
    this.#fit(scroller);
    if (this.#passes < PASSES && !same(this.#seen, this.#seenNow())) {
      this.#passes += 1;
      this.requestUpdate();
      return;
    }
    this.#passes = 0;
    if (!this.#wanted) return;
    this.#wanted = false;
    this.#element(this.#cell)?.focus({ preventScroll: true });
  }

  /** Room for the rows that are not in the document. Through the DOM: some pages' CSP refuses a style attribute. */
  #pad(scroller: HTMLElement): void {
    const { row } = this.#grid.sizes;
    for (const rows of scroller.querySelectorAll<HTMLElement>(".rows")) {
      const seen = this.#seen[Number(rows.dataset["section"])];
      if (seen !== undefined) rows.style.paddingBlock = `${seen.from * row}px ${(seen.rows - seen.to) * row}px`;
    }
  }

  /** How much there is room for, as the page has laid it out. */
  #fit(scroller: HTMLElement): void {
    const cell = scroller.querySelector(".cell")?.getBoundingClientRect();
    const head = scroller.querySelector("h4")?.getBoundingClientRect().height ?? 0;
    const width = scroller.querySelector(".rows")?.clientWidth ?? 0;
    if (cell === undefined || cell.width === 0 || head === 0) return;
    const grid = { columns: Math.max(1, Math.floor((width + 0.5) / cell.width)), sizes: { row: cell.height, head } };
    if (same(grid, { columns: this.#grid.columns, sizes: this.#grid.sizes })) return;
    this.#grid = { ...this.#grid, ...grid };
    this.requestUpdate();
  }

  #seenNow(): Seen[] {
    const { scrollTop = 0, clientHeight = 0 } = this.#scroller ?? {};
    return seenOf(this.#grid, scrollTop, scrollTop + (clientHeight === 0 ? GUESSED.height : clientHeight));
  }

  #searched(event: InputEvent): void {
    this.query = (event.target as HTMLInputElement).value;
    this.tones = false;
    this.#cell = 0;
    this.about = null;
    if (this.#scroller !== null) this.#scroller.scrollTop = 0;
  }

  #boxKey(event: KeyboardEvent): void {
    const { key } = event;
    if (key === "ArrowDown") this.#goTo(this.#cell);
    else if (key === "Enter" && this.query.trim() !== "") this.#choose(this.#cells[0], event.shiftKey);
    else return;
    event.preventDefault();
  }

  #jumpKey(event: KeyboardEvent): void {
    const buttons = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>("button")];
    const at = buttons.findIndex((button) => button === event.target);
    const [left, right] = this.#rtl ? [at + 1, at - 1] : [at - 1, at + 1];
    const to = { ArrowLeft: left, ArrowRight: right, Home: 0, End: -1 }[event.key];
    if (event.key === "ArrowDown") this.#goTo(this.#cell);
    else if (to !== undefined) buttons.at(to === buttons.length ? 0 : to)?.focus();
    else return;
    event.preventDefault();
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.metaKey || event.defaultPrevented) return;
    const height = this.#scroller?.clientHeight ?? 0;
    const { sizes } = this.#grid;
    const cell = cellOf(event);
    if (event.key === "Enter" && cell !== null) {
      if (!event.repeat) this.#choose(this.#cells[cell], event.shiftKey);
    } else {
      const to = movedTo(this.#grid, this.#cell, event, Math.floor((height - sizes.head) / sizes.row), this.#rtl);
      if (to === null) return;
      if (to < 0) this.#box?.focus();
      else this.#goTo(to);
    }
    event.preventDefault();
  }

  #clicked(event: MouseEvent): void {
    const cell = cellOf(event);
    if (cell !== null) this.#choose(this.#cells[cell], event.shiftKey);
  }

  #turnedTo(event: FocusEvent): void {
    const cell = cellOf(event);
    if (cell === null) return;
    this.#cell = cell;
    this.about = this.#cells[cell] ?? null;
  }

  #pointed(event: PointerEvent): void {
    const cell = cellOf(event);
    if (cell !== null && event.pointerType === "mouse") this.about = this.#cells[cell] ?? null;
  }

  #scrolled(): void {
    if (!same(this.#seen, this.#seenNow())) this.requestUpdate();
  }

  #jump(section: number): void {
    const scroller = this.#scroller;
    if (scroller === null) return;
    scroller.scrollTop = this.#seen[section]?.top ?? 0;
    this.#cell = firstOf(this.#grid, section);
    this.requestUpdate();
  }

  /** Puts the focus on a cell, wherever it is: below its heading, which stays in view. */
  #goTo(cell: number): void {
    const scroller = this.#scroller;
    if (scroller === null || this.#cells.length === 0) return;
    const { row, head } = this.#grid.sizes;
    const top = topOf(this.#grid, cell);
    const height = scroller.clientHeight === 0 ? GUESSED.height : scroller.clientHeight;
    if (top - head < scroller.scrollTop) scroller.scrollTop = top - head;
    else if (top + row > scroller.scrollTop + height) scroller.scrollTop = top + row - height;
    this.#cell = cell;
    this.#wanted = true;
    this.requestUpdate();
  }

  #choose(one: Emoji | undefined, keep: boolean): void {
    const { scene } = this;
    if (one === undefined || scene === null) return;
    void used(scene, one.emoji);
    const at = this.shadowRoot?.activeElement;
    this.chosen?.(toned(one, toneOf(scene)), keep);
    if (keep && at instanceof HTMLElement) at.focus({ preventScroll: true });
  }

  get #rtl(): boolean {
    return getComputedStyle(this).direction === "rtl";
  }

  /** Not even what every font for emoji has can be drawn. */
  get #named(): boolean {
    return !isDrawn("😀");
  }

  get #emojis(): Emojis | null {
    return this.scene === null ? null : emojisAtOnce(this.scene.strings.locale);
  }

  get #cells(): readonly Emoji[] {
    return this.#sections.flatMap(({ emoji }) => emoji);
  }

  get #scroller(): HTMLElement | null {
    return this.shadowRoot?.querySelector<HTMLElement>(".scroller") ?? null;
  }

  get #box(): HTMLInputElement | null {
    return this.shadowRoot?.querySelector("input") ?? null;
  }

  #element(cell: number): HTMLElement | null {
    return this.shadowRoot?.querySelector<HTMLElement>(`[data-cell="${cell}"]`) ?? null;
  }
}

function codeOf({ shortcodes: [code = ""] }: Emoji): string {
  return `:${code}:`;
}

function cellOf({ target }: Event): number | null {
  const cell = (target as Element).closest<HTMLElement>("[data-cell]")?.dataset["cell"];
  return cell === undefined ? null : Number(cell);
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

