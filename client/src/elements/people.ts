/**
 * The people who are online, as a list of buttons, with a filter once there are many. Shown in the host's block and in
 * the dock's own panel. The filter acts at once on those that are here; search on the server reaches the rest.
 */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { LineView, RosterPerson, RosterView } from "../view.js";
import { base } from "../styles/theme.js";
import { peopleStyles } from "../styles/people.js";
import { folded } from "./folded.js";
import { clockIcon, peopleIcon, searchIcon, warningIcon } from "./icons.js";
import type { Scene} from "./scene.js";
import { SceneWatcher } from "./scene.js";
import type { StringId } from "./strings.js";

/** From here on a filter helps, and arrow keys move where Tab would take too long. */
const MANY = 8;
const SEARCH_DELAY_MS = 250;

const STOPPED: Readonly<Record<Extract<LineView, { state: "stopped" }>["reason"], StringId>> = {
  logged_out: "stopped_logged_out",
  not_allowed: "stopped_not_allowed",
  other_user: "stopped_other_user",
  too_many: "stopped_too_many",
  replaced: "stopped_replaced",
  outdated: "stopped_outdated",
  site_first: "stopped_site_first",
  refused: "stopped_refused",
};

/** The sentence for a line that is over. */
export function stoppedString(line: Extract<LineView, { state: "stopped" }>): StringId {
  return STOPPED[line.reason];
}

/** Whether there are so many that a filter helps. */
export function isCrowded(roster: RosterView): boolean {
  return roster.people.length > MANY || roster.more;
}

export class GchatPeople extends LitElement {
  static override properties = {
    scene: { attribute: false },
    filter: { state: true },
    rover: { state: true },
  };
  declare scene: Scene | null;
  /** Where the focus returns from a window opened here; null: to the person's button itself. */
  declare origin: HTMLElement | null;
  declare filter: string;
  /** The id of the person whose button Tab reaches while arrow keys move. */
  declare rover: number;
  #searching: ReturnType<typeof setTimeout> | undefined;

  static override styles = [base, peopleStyles];

  constructor() {
    super();
    this.scene = null;
    this.origin = null;
    this.filter = "";
    this.rover = 0;
    new SceneWatcher(this, ["roster", "line", "dock", "found", "emptied"], ({ kind }) => {
      if (kind !== "emptied") return;
      clearTimeout(this.#searching);
      this.filter = "";
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#searching);
  }

  /** The filter where there is one, else the first person. */
  focusFirst(): void {
    this.shadowRoot?.querySelector<HTMLElement>("input, .person")?.focus();
  }

  override render(): unknown {
    const scene = this.scene;
    if (scene === null) return html`<p class="calm"></p>`;
    const { roster, line } = scene;
    if (line.state === "stopped") return this.#stopped(scene, line);
    if (line.state === "paused") {
      return html`<div class="calm" role="status"><span class="badge">${clockIcon}</span><p>${scene.strings.get("paused")}</p></div>`;
    }
    const many = isCrowded(roster);
    const shown = many ? this.#matching(scene) : roster.people;
    const lost = line.state === "lost";
    return html`
      <div class="status" role="status">
        ${lost ? html`<p class="lost">${warningIcon}<span>${scene.strings.get("connection_lost")}</span></p>` : nothing}
      </div>
      ${lost
        ? html`<p class="retry">
            <button class="action" @click=${() => { scene.post({ kind: "reconnect" }); }}>
              ${scene.strings.get("try_again_now")}
            </button>
          </p>`
        : nothing}
      ${many ? this.#search(scene) : nothing} ${this.#list(scene, shown, many, lost)}
    `;
  }

  #stopped(scene: Scene, line: Extract<LineView, { state: "stopped" }>): TemplateResult {
    const again = line.reason !== "not_allowed" && line.reason !== "refused";
    return html`
      <div class="calm" role="status">
        ${warningIcon}
        <p>${scene.strings.get(stoppedString(line))}</p>
      </div>
      ${again
        ? html`<p class="retry">
            <button class="action" @click=${() => { location.reload(); }}>${scene.strings.get("load_page_again")}</button>
          </p>`
        : nothing}
    `;
  }

  #search(scene: Scene): TemplateResult {
    const label = scene.strings.get("search_people");
    return html`<div class="search">
      ${searchIcon}
      <input
        type="search"
        autocomplete="off"
        spellcheck="false"
        dir="auto"
        maxlength="100"
        aria-label=${label}
        placeholder=${label}
        .value=${this.filter}
        @input=${(event: InputEvent) => { this.#filtered((event.target as HTMLInputElement).value); }}
        @keydown=${this.#searchKey}
      />
    </div>`;
  }

  #list(scene: Scene, shown: RosterPerson[], many: boolean, lost: boolean): TemplateResult {
    const strings = scene.strings;
    if (shown.length === 0 && this.filter.trim() !== "" && many) {
      return html`<p class="calm" role="status">${strings.get("search_none", this.filter.trim())}</p>`;
    }
    if (shown.length === 0) {
      if (lost) return html`${nothing}`;
      if (!scene.roster.known) return html`<p class="calm waiting">${strings.get("connecting")}</p>`;
      return html`<div class="calm">
        <span class="badge">${peopleIcon}</span>
        <p>${strings.get("nobody_online")}</p>
        <p class="hint">${strings.get("nobody_online_hint")}</p>
      </div>`;
    }
    const rover = shown.some((person) => person.id === this.rover) ? this.rover : shown[0]?.id;
    return html`
      <ul class=${lost ? "dimmed" : ""} role="list" aria-label=${strings.get("people_online")} @keydown=${this.#listKey}>
        ${repeat(
          shown,
          (person) => person.id,
          (person) => this.#person(scene, person, !many || person.id === rover),
        )}
      </ul>
      ${many && scene.found !== null && scene.found.more && scene.found.text === this.filter.trim()
        ? html`<p class="retry">
            <button
              class="action"
              @click=${() => { scene.post({ kind: "search", text: this.filter.trim(), more: true }); }}
            >
              ${strings.get("search_more")}
            </button>
          </p>`
        : nothing}
    `;
  }

  #person(scene: Scene, person: RosterPerson, reachable: boolean): TemplateResult {
    const strings = scene.strings;
    const unread = scene.windows.find((window) => window.conversation === person.conversation)?.unread ?? 0;
    const teacher = person.role === "teacher";
    const plain = !teacher && person.circles.length === 0;
    return html`<li class=${plain ? "row plain" : "row"}>
      <button
        class="person"
        data-id=${person.id}
        tabindex=${reachable ? 0 : -1}
        aria-label=${strings.get("person_online", person.name)}
        aria-describedby="about-${person.id}"
        @click=${(event: Event) => {
          scene.openWith(person, this.origin ?? (event.currentTarget as HTMLElement));
        }}
        @focusin=${() => (this.rover = person.id)}
      >
        <gchat-avatar .name=${person.name} .picture=${person.picture} status="online"></gchat-avatar>
        <span class="name clip" dir="auto">${person.name}</span>
      </button>
      <span class="about clip" id="about-${person.id}"
        >${teacher ? html`<span class="teacher">${strings.get("teacher")}</span> ` : nothing}<span dir="auto"
          >${person.circles.join(", ")}</span
        ><span class="out-of-sight"
          >${unread > 0 ? `, ${strings.count("unread_one", "unread_other", unread)}` : ""}</span
        ></span
      >
      ${unread > 0 ? html`<span class="unread" aria-hidden="true">${strings.badge(unread)}</span>` : nothing}
    </li>`;
  }

  #matching(scene: Scene): RosterPerson[] {
    const wanted = folded(this.filter.trim());
    if (wanted === "") return scene.roster.people;
    const here = scene.roster.people.filter((person) => folded([person.name, ...person.circles].join(" ")).includes(wanted));
    if (scene.found?.text !== this.filter.trim()) return here;
    const known = new Set(here.map((person) => person.id));
    return [...here, ...scene.found.people.filter((person) => !known.has(person.id))];
  }

  #filtered(text: string): void {
    this.filter = text;
    clearTimeout(this.#searching);
    const wanted = text.trim();
    if (wanted === "" || this.scene?.roster.more !== true) return;
    this.#searching = setTimeout(() => this.scene?.post({ kind: "search", text: wanted }), SEARCH_DELAY_MS);
  }

  #searchKey(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.filter !== "") {
      event.preventDefault();
      event.stopPropagation();
      this.#filtered("");
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      this.shadowRoot?.querySelector<HTMLElement>(".person")?.focus();
    }
  }

  #listKey(event: KeyboardEvent): void {
    const buttons = [...(this.shadowRoot?.querySelectorAll<HTMLElement>(".person") ?? [])];
    const now = buttons.indexOf(this.shadowRoot?.activeElement as HTMLElement);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined || now < 0) return;
    event.preventDefault();
    buttons[to]?.focus();
  }
}
