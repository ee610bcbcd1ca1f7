/**
 * `<gchat-finder>`: what the launcher's panel holds: the box, two filters, and below them the conversations, rooms and
 * people. Fetched when a panel is opened first. Of its lists only what can be seen is in the document (slices.ts), and for
 * the keyboard they are one list: Tab reaches it once, and arrow keys go through all of it.
 */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ConversationId, EntryView, ListFilter } from "../view.js";
import { finderStyles } from "../styles/finder.js";
import { menuStyles } from "../styles/menu.js";
import { searchStyles } from "../styles/people.js";
import { base, refusedStyles } from "../styles/theme.js";
import { DayWatcher } from "./days.js";
import { failureString } from "./failures.js";
import { Hits } from "./hits.js";
import { flagItems, flagsSaid, type Flags } from "./flags.js";
import { chatIcon, warningIcon } from "./icons.js";
import { lead } from "./lead.js";
import "./later.js";
import { Listing } from "./listing.js";
import { Menu } from "./menu.js";
import { lostTemplate } from "./people.js";
import { loadMarkdown } from "./plain.js";
import { entryTemplate, hitTemplate, personTemplate, roomTemplate, type Place } from "./rows.js";
import { SceneWatcher, type Scene } from "./scene.js";
import { PeopleSearch } from "./search.js";
import { AT_REST, byCourse, entryRow, FEW, inDock, joined, moreKey, onlineFirst, passes, personRow, roomRow, unreadFirst, type Part, type Row, type Section } from "./sections.js";
import type { Signal } from "./signals.js";
import type { Slice } from "./slices.js";
import type { StringId, Strings } from "./strings.js";
import { isFlat, keyOf, TallList } from "./tall.js";
import { waits } from "./waiting.js";

/** Nobody tells that a course has a room now: whoever has the panel open finds out by then. */
const ROOMS_MS = 30_000;
/** What a filter found is asked for again, at most so often, when something else is unread. */
const RESIFT_MS = 2_000;
/** A filter's answer that is longer is not asked for again: the person has scrolled through it. */
const FRESH = 50;
/** More unread ones than this do not all stand above the rooms. */
const MOST_AT_REST = 30;

type Filter = "unread" | "archived";

const TITLES: Readonly<Record<Section["id"], StringId>> = {
  conversations: "conversations",
  rooms: "rooms",
  online: "people_online",
  people: "people",
  messages: "messages",
};

export class GchatFinder extends LitElement {
  static override properties = {
    scene: { attribute: false },
    origin: { attribute: false },
    again: { attribute: false },
    filter: { state: true },
    whole: { state: true },
    code: { state: true },
  };
  declare scene: Scene | null;
  /** Where the focus returns from a window opened here. */
  declare origin: HTMLElement | null;
  /** The person has come back from this conversation: everything is as they left it. null: the panel was opened anew. */
  declare again: ConversationId | null;
  declare filter: Filter | null;
  /** All conversations are shown, and not the first ones only. */
  declare whole: boolean;
  /** Why what was asked for was refused. */
  declare code: string | null;

  readonly #search = new PeopleSearch(this, true, () => { this.#sift(); });
  readonly #hits = new Hits(this);
  readonly #menu = new Menu<ConversationId>(this);
  readonly #list = new TallList(this, {
    above: () => { this.#search.focus(); },
    ended: (section) => { this.#further(section); },
  });
  /** What was set of a conversation and is not answered yet. */
  #act: { act: number; flags: Flags } | null = null;
  #looks: ReturnType<typeof setInterval> | undefined;
  #resifts: ReturnType<typeof setTimeout> | undefined;
  #unread = "";
  #people: { of: unknown; parts: Part[] } | null = null;
  #collator: Intl.Collator | undefined;
  /** The row that the person comes back to is not there yet: the list has not come. */
  #awaits = false;
  /** The found people whose next page has been asked for. */
  #furtherOf: unknown = null;

  static override styles = [base, refusedStyles, searchStyles, finderStyles, menuStyles];

  constructor() {
    super();
    this.scene = null;
    this.origin = null;
    this.again = null;
    this.filter = null;
    this.whole = false;
    this.code = null;
    void loadMarkdown().then(() => { this.requestUpdate(); });
    new DayWatcher(this);
    const signals = ["list", "listed", "sifted", "roster", "line", "dock", "rooms", "courses", "found", "hits", "blocked", "done", "emptied"] as const;
    new SceneWatcher(this, signals, (signal) => { this.#heard(signal); });
  }

  /**
   * Of who has come back to the row that they went in by. Else for a mouse and a keyboard into the box; where one touches, a
   * keyboard would come up over the list.
   */
  focusIn(): void {
    const { again } = this;
    if (again !== null && this.#list.focusOne([`c:${again}`, this.#list.rover])) return;
    this.#awaits = again !== null && this.scene !== null && !Listing.of(this.scene).known;
    if (window.matchMedia("(pointer: coarse)").matches) this.#list.focusWhole();
    else this.#search.focus();
  }

  override firstUpdated(): void {
    const { scene } = this;
    if (scene === null) return;
    const look = (): void => { scene.post({ kind: "rooms" }); };
    look();
    this.#looks = setInterval(() => { if (document.visibilityState === "visible") look(); }, ROOMS_MS);
    Listing.of(scene).ask();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#looks);
    clearTimeout(this.#resifts);
    if (this.scene === null) return;
    const { text } = this.#search;
    const listing = Listing.of(this.scene);
    listing.left = { text, filter: this.filter, whole: this.whole, rover: this.#list.rover, top: this.#list.top };
    listing.keep([]);
  }

  override willUpdate(): void {
    const { scene } = this;
    if (scene === null) return;
    if (!this.hasUpdated && this.again !== null) this.#return(scene);
    this.#list.show(this.#sectionsOf(scene), this.#mode);
  }

  /** Everything is as it was when the person went into a conversation. */
  #return(scene: Scene): void {
    const { left } = Listing.of(scene);
    if (left === null) return;
    this.filter = left.filter;
    this.whole = left.whole;
    this.#search.set(left.text);
    if (left.filter !== null) this.#sift();
    this.#list.begin(this.#mode, left.rover, left.top);
  }

  get #mode(): string {
    return JSON.stringify([this.#search.text, this.filter]);
  }

  override render(): unknown {
    const { scene } = this;
    if (scene === null) return nothing;
    const { strings } = scene;
    const { sections, reachable } = this.#list;
    return html`
      ${this.#search.template(strings.get("search_all"), { enter: () => { this.#enter(); }, down: () => { this.#list.focusFirst(); } })}
      <div class="filters" role="group" aria-label=${strings.get("conversations")}>
        ${this.#filterTemplate("unread", strings)} ${this.#filterTemplate("archived", strings)}
      </div>
      ${lostTemplate(scene)}
      ${this.code === null ? nothing : html`<p class="refused" role="alert">${warningIcon}<span>${strings.get(failureString(this.code))}</span></p>`}
      <div
        class=${scene.line.state === "lost" ? "scroller dimmed" : "scroller"}
        tabindex="-1"
        @scroll=${this.#scrolled}
        @keydown=${this.#list.key}
        @focusin=${this.#list.turnedTo}
        @contextmenu=${this.#context}
      >
        ${this.#notes(scene)}
        ${repeat(sections, ({ id }) => id, (section, index) => this.#section(scene, section, index, reachable))}
        ${this.#ends(scene)}
      </div>
      <span class="out-of-sight" role="status">${this.#said(scene)}</span>
    `;
  }

  #filterTemplate(filter: Filter, strings: Strings): TemplateResult {
    const on = this.filter === filter;
    const toggle = (): void => {
      this.filter = on ? null : filter;
      this.#sift();
    };
    return html`<button class="chip" aria-pressed=${on ? "true" : "false"} @click=${toggle}>${strings.get(filter)}</button>`;
  }

  /** What stands in place of conversations. */
  #notes(scene: Scene): TemplateResult | typeof nothing {
    const { strings } = scene;
    const listing = Listing.of(scene);
    if (this.#list.sections.some(({ id }) => id === "conversations")) return nothing;
    if (this.#search.text !== "") return nothing;
    if (this.filter !== null) {
      const sifted = listing.sifted(this.#filters);
      if (sifted === null) return scene.line.state === "lost" ? nothing : html`<p class="calm breathing">${strings.get("loading_conversations")}</p>`;
      if (sifted.failed) return this.#again(strings);
      return html`<p class="calm">${strings.get(this.filter === "unread" ? "unread_none" : "archived_none")}</p>`;
    }
    if (!listing.known) return scene.line.state === "lost" ? nothing : html`<p class="calm breathing">${strings.get("loading_conversations")}</p>`;
    return html`<div class="calm first">
      <span class="badge">${chatIcon}</span>
      <p class="lead">${strings.get("first_title")}</p>
      <p class="hint">${strings.get("first_hint")}</p>
      <button class="action main" @click=${() => { this.#search.focus(); }}>${strings.get("first_search")}</button>
    </div>`;
  }

  /** What stands below the lists: nobody is online, nobody was found, or not everybody could be looked for. */
  #ends(scene: Scene): TemplateResult | typeof nothing {
    const { strings, roster, found, line } = scene;
    const { text } = this.#search;
    if (this.filter !== null && text === "") return nothing;
    if (text === "") {
      if (roster.people.length > 0 || line.state === "lost") return nothing;
      return html`<h3>${strings.get("people_online")}</h3>
        <p class=${roster.known ? "calm" : "calm breathing"}>${strings.get(roster.known ? "nobody_online" : "connecting")}</p>`;
    }
    if ((this.#search.isPending || this.#hits.isPending) && this.filter === null) return html`<p class="calm breathing">${strings.get("searching")}</p>`;
    return html`${this.#list.sections.length === 0 ? html`<p class="calm">${strings.get("found_none", text)}</p>` : nothing}
    ${found?.text === text && found.failed
      ? html`<div class="calm"><p class="hint">${strings.get("found_part")}</p>
          <button class="action" @click=${() => { this.#search.set(text); }}>${strings.get("try_again")}</button></div>`
      : nothing}`;
  }

  #again(strings: Strings): TemplateResult {
    return html`<div class="calm">
      <p class="hint">${strings.get("list_late")}</p>
      <button class="action" @click=${() => { this.#sift(); }}>${strings.get("try_again")}</button>
    </div>`;
  }

  /** How much was found, for those who do not see it. */
  #said(scene: Scene): string {
    const { text } = this.#search;
    const { strings } = scene;
    if (text === "" || this.#search.isPending || this.#hits.isPending) return "";
    const rows = this.#list.sections.reduce((sum, { parts }) => sum + parts.reduce((all, part) => all + part.rows.length, 0), 0);
    return rows === 0 ? strings.get("found_none", text) : strings.count("found_one", "found_other", rows);
  }

  #section(scene: Scene, section: Section, index: number, reachable: string): TemplateResult {
    const { strings } = scene;
    const label = strings.get(TITLES[section.id]);
    const slices = this.#list.shown[index]?.slices ?? [];
    const [only] = section.parts;
    return html`<div class="section">
      <h3>${this.filter === "archived" && section.id === "conversations" ? strings.get("archived") : label}</h3>
      <ul role="list" aria-label=${label} data-list=${section.id}>
        ${only !== undefined && isFlat(section.parts)
          ? slices.map((slice) => this.#rows(scene, section, only, slice, reachable))
          : repeat(
              slices,
              ({ part }) => section.parts[part]?.title ?? "",
              (slice) => this.#part(scene, section, slice, reachable),
            )}
      </ul>
      ${section.more === null ? nothing : this.#moreButton(scene, section, reachable)}
    </div>`;
  }

  #part(scene: Scene, section: Section, slice: Slice, reachable: string): TemplateResult {
    const part = section.parts[slice.part];
    if (part === undefined) return html``;
    return html`<li aria-setsize=${section.parts.length} aria-posinset=${slice.part + 1}>
      ${part.title === null ? nothing : html`<h4 class="clip"><bdi>${part.title}</bdi></h4>`}
      <ul role="list" aria-label=${part.title ?? nothing} data-part=${slice.part}>
        ${this.#rows(scene, section, part, slice, reachable)}
      </ul>
    </li>`;
  }

  #rows(scene: Scene, section: Section, part: Part, { from, to }: Slice, reachable: string): unknown {
    return repeat(
      part.rows.slice(from, to),
      ({ key }) => key,
      (row, at) => this.#row(scene, row, { reachable, at: from + at, size: section.more === null ? part.rows.length : -1 }, part.title),
    );
  }

  #row(scene: Scene, row: Row, { reachable, at, size }: { reachable: string; at: number; size: number }, course: string | null): TemplateResult {
    const { strings } = scene;
    const place: Place = { key: row.key, reachable: row.key === reachable, at, size, open: (button) => { this.#open(row, button); } };
    switch (row.kind) {
      case "room":
        return roomTemplate(row.room, place, strings);
      case "hit":
        return hitTemplate(row.hit, place, { strings, now: Date.now() }, this.#search.text);
      case "person":
        return personTemplate(row.person, place, scene.connected, course, strings);
      case "entry": {
        const { entry } = row;
        const folded = entry.kind !== "direct" && entry.last !== undefined && scene.blocked.has(entry.last.sender);
        return entryTemplate(entry, place, { strings, now: Date.now(), status: scene.statusOf(entry), folded, menu: this.#menuOf(scene, entry) });
      }
    }
  }

  #menuOf(scene: Scene, entry: EntryView): { open: boolean; template: TemplateResult | typeof nothing; toggle: () => void } | null {
    if (!Listing.of(scene).flags) return null;
    const { conversation } = entry;
    const { strings } = scene;
    const open = this.#menu.open === conversation;
    const set = (flags: Flags): void => {
      this.code = null;
      this.#act = { act: scene.act({ kind: "flag", conversation, ...flags }), flags };
    };
    const template = open ? this.#menu.template(strings.get("conversation_actions"), flagItems(entry, strings, set), null) : nothing;
    return { open, template, toggle: () => { this.#menu.show(open ? null : conversation); } };
  }

  #moreButton(scene: Scene, section: Section, reachable: string): TemplateResult {
    const { strings } = scene;
    const key = moreKey(section);
    const name: StringId = section.more === "all" ? "all_conversations" : section.id === "people" ? "search_more" : section.id === "messages" ? "more_messages" : "more_conversations";
    return html`<p class="retry">
      <button class="action stop" data-key=${key} tabindex=${key === reachable ? "0" : "-1"} @click=${() => { this.#further(section); }}>${strings.get(name)}</button>
    </p>`;
  }

  get #filters(): ListFilter {
    const { text } = this.#search;
    return { ...(this.filter === null ? {} : { [this.filter]: true }), ...(text === "" ? {} : { text }) };
  }

  #sectionsOf(scene: Scene): Section[] {
    const { text } = this.#search;
    const sections = text === "" && this.filter === null ? this.#restOf(scene) : [this.#siftedOf(scene), ...(this.filter === null ? [this.#foundOf(scene), this.#hits.section(text)] : [])];
    return sections.filter(({ parts }) => parts.some(({ rows }) => rows.length > 0));
  }

  #restOf(scene: Scene): Section[] {
    const listing = Listing.of(scene);
    const all = unreadFirst(listing.entries, inDock(scene.windows, listing.sifted({ unread: true })?.entries ?? []));
    const few = all.length <= FEW && !listing.more;
    const rest = Math.min(MOST_AT_REST, Math.max(AT_REST, all.filter(waits).length));
    const shown = few || this.whole ? all : all.slice(0, rest);
    const more = few ? null : !this.whole ? "all" : listing.more ? "further" : null;
    if (this.#people?.of !== scene.roster) {
      this.#collator ??= new Intl.Collator(scene.strings.locale);
      this.#people = { of: scene.roster, parts: byCourse(scene.roster.people, this.#collator.compare) };
    }
    return [
      { id: "conversations", parts: [{ title: null, rows: shown.map(entryRow) }], more },
      { id: "rooms", parts: [{ title: null, rows: scene.rooms.map(roomRow) }], more: null },
      { id: "online", parts: this.#people.parts, more: null },
    ];
  }

  /** Conversations that the filters let through: those that the page holds at once, the rest as it is found. */
  #siftedOf(scene: Scene): Section {
    const listing = Listing.of(scene);
    const filter = this.#filters;
    const sifted = listing.sifted(filter);
    const held = filter.archived === true ? [] : listing.entries.filter((entry) => passes(entry, filter));
    const known = new Set(listing.entries.map(({ conversation }) => conversation));
    const others = inDock(scene.windows, sifted?.entries ?? []).filter(
      // Their names the server has compared.
      (entry) => !known.has(entry.conversation) && passes(entry, { ...filter, text: "" }),
    );
    return { id: "conversations", parts: [{ title: null, rows: joined(held, others).map(entryRow) }], more: sifted?.more === true ? "further" : null };
  }

  #foundOf(scene: Scene): Section {
    const { found } = scene;
    const { text } = this.#search;
    // Until there is an answer, those of the last one. Who is online may all the same not be found.
    const people = found?.text === text ? found.people : (found?.people.filter((person) => this.#search.matches(person)) ?? []);
    return { id: "people", parts: [{ title: null, rows: onlineFirst(people).map(personRow) }], more: found?.text === text && found.more ? "further" : null };
  }

  /** Asks for what the filters let through; without any, for unread ones that may stand further down. */
  #sift(): void {
    const { scene } = this;
    if (scene === null) return;
    const listing = Listing.of(scene);
    const filter = this.#filters;
    const needs = Object.keys(filter).length > 0 ? filter : { unread: true as const };
    this.#hits.look(this.filter === null ? this.#search.text : "");
    listing.keep([needs, { unread: true }]);
    if (needs === filter || listing.more) listing.sift(needs);
  }

  #heard(signal: Signal): void {
    const { scene } = this;
    if (scene === null) return;
    if (signal.kind === "hits") this.#hits.came(signal);
    else if (signal.kind === "emptied") {
      this.#hits.look("");
      this.#search.clear();
      this.filter = null;
      this.code = null;
      Listing.of(scene).left = null;
    } else if (signal.kind === "done" && signal.act === this.#act?.act) {
      const { flags } = this.#act;
      this.#act = null;
      this.code = signal.code ?? null;
      if (signal.code === undefined) {
        const { conversation } = signal;
        scene.tell({ kind: "said", conversation, text: scene.strings.get(flagsSaid(flags)) });
        // It is out of the person's sight until somebody writes.
        if (flags.archived === true && scene.windows.some((window) => window.conversation === conversation)) scene.post({ kind: "close", conversation });
        this.#resift();
      }
    } else if (signal.kind === "list") {
      if (signal.known && this.#awaits) {
        this.#awaits = false;
        this.requestUpdate();
        // Whoever has gone on meanwhile is not called back.
        void this.updateComplete.then(() => (this.shadowRoot?.activeElement ?? null) !== null && this.#list.focusOne([`c:${this.again ?? ""}`]));
      }
      // Unread ones may stand further down than the page holds.
      if (signal.known && signal.more) Listing.of(scene).sift({ unread: true });
    } else if (signal.kind === "line") {
      // Another core may have taken the place of the one that knew what is shown here.
      if (signal.line.state !== "online") return;
      Listing.of(scene).ask();
      this.#search.again();
      this.#hits.again();
    } else if (signal.kind === "dock" || signal.kind === "listed") {
      const moved = signal.kind === "listed" && (signal.put.length > 0 || signal.gone.length > 0);
      const unread = scene.windows.map(({ conversation, unread: count, mentions }) => `${conversation} ${count} ${mentions}`).join();
      if (unread !== this.#unread || moved) this.#resift();
      this.#unread = unread;
    }
  }

  /** Which conversations a filter lets through is not kept in step: it is asked for again, a moment later. Names stay. */
  #resift(): void {
    this.#resifts ??= setTimeout(() => {
      this.#resifts = undefined;
      const { scene } = this;
      if (scene?.line.state !== "online" || (this.filter === null && this.#search.text !== "")) return;
      const sifted = Listing.of(scene).sifted(Object.keys(this.#filters).length > 0 ? this.#filters : { unread: true });
      if (sifted !== null && sifted.entries.length <= FRESH) this.#sift();
    }, RESIFT_MS);
  }

  #further(section: Section): void {
    const { scene } = this;
    if (scene === null) return;
    if (section.more === "all") {
      this.whole = true;
      // The button has gone: the focus is on the row that took its place.
      const last = section.parts[0]?.rows.length ?? 0;
      void this.updateComplete.then(() => { this.#list.focus(this.#list.sections[0]?.parts[0]?.rows[last]?.key); });
    } else if (section.id === "people") {
      if (this.#furtherOf === scene.found) return;
      this.#furtherOf = scene.found;
      this.#search.further();
    } else if (section.id === "messages") this.#hits.further();
    else Listing.of(scene).further(Object.keys(this.#filters).length > 0 ? this.#filters : null);
  }

  #open(row: Row, button: HTMLElement): void {
    const { scene } = this;
    if (scene === null) return;
    const origin = this.origin ?? button;
    if (row.kind === "room") scene.enter(row.room, origin);
    else if (row.kind === "person") scene.openWith(row.person, origin);
    else if (row.kind === "hit") lead(scene, row.hit.conversation, row.hit.seq, origin);
    else scene.restore(row.entry.conversation, origin);
  }

  /** The first hit. */
  #enter(): void {
    const row = this.#search.text === "" ? undefined : this.#list.sections[0]?.parts[0]?.rows[0];
    const box = this.shadowRoot?.querySelector<HTMLElement>("input");
    if (row !== undefined && box) this.#open(row, box);
  }

  /** By the right button, by a long press, or by the keyboard's own key for menus. */
  readonly #context = (event: Event): void => {
    const key = keyOf(event.target as Element);
    if (this.scene === null || key?.startsWith("c:") !== true || !Listing.of(this.scene).flags) return;
    event.preventDefault();
    this.#menu.show(key.slice(2));
  };

  readonly #scrolled = (): void => {
    // It stands beside its button, which has gone elsewhere.
    this.#menu.close(false);
    this.#list.scrolled();
  };
}
