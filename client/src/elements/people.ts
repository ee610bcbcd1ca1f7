/**
 * The block's lists: who has written and was not read, and the people who are online, with a filter once there are many.
 * The filter acts at once on those that are here; search on the server reaches the rest.
 */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { FoundPerson, LineView, WindowView } from "../view.js";
import { base } from "../styles/theme.js";
import { peopleStyles, searchStyles } from "../styles/people.js";
import { clockIcon, peopleIcon, warningIcon } from "./icons.js";
import type { Scene} from "./scene.js";
import { SceneWatcher } from "./scene.js";
import { arrowsAmong, PeopleSearch } from "./search.js";
import type { StringId } from "./strings.js";
import { badgesTemplate, waits, waitingText } from "./waiting.js";

/** From here on a filter helps, and arrow keys move where Tab would take too long. */
const MANY = 8;
/** More are not shown, as a page pays for each: the filter finds the others. */
const MOST_SHOWN = 500;

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

/** That the line is lost, and the way to try again at once. */
export function lostTemplate(scene: Scene): TemplateResult {
  const lost = scene.line.state === "lost";
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
  `;
}

export class GchatPeople extends LitElement {
  static override properties = {
    scene: { attribute: false },
    rover: { state: true },
  };
  declare scene: Scene | null;
  /** The id of the person whose button Tab reaches while arrow keys move. */
  declare rover: number;
  readonly #search = new PeopleSearch(this, false);

  static override styles = [base, searchStyles, peopleStyles];

  constructor() {
    super();
    this.scene = null;
    this.rover = 0;
    new SceneWatcher(this, ["roster", "line", "dock", "found", "emptied"], ({ kind }) => {
      if (kind === "emptied") this.#search.clear();
    });
  }

  override render(): unknown {
    const scene = this.scene;
    if (scene === null) return html`<p class="calm"></p>`;
    const { roster, line } = scene;
    if (line.state === "stopped") return this.#stopped(scene, line);
    if (line.state === "paused") {
      return html`<div class="calm" role="status"><span class="badge">${clockIcon}</span><p>${scene.strings.get("paused")}</p></div>`;
    }
    const many = roster.people.length > MANY || roster.more;
    const shown = (many ? this.#matching(scene) : roster.people).slice(0, MOST_SHOWN);
    return html`
      ${lostTemplate(scene)} ${this.#unread(scene)}
      <h4>${scene.strings.get("people_online")}</h4>
      ${many ? this.#search.template(scene.strings.get("search_people")) : nothing}
      ${this.#list(scene, shown, many, line.state === "lost")}
    `;
  }

  /** Who has written and was not read, of the windows in the dock. */
  #unread(scene: Scene): TemplateResult | typeof nothing {
    const { strings } = scene;
    const unread = scene.windows.filter(waits);
    if (unread.length === 0) return nothing;
    const label = strings.get("unread");
    return html`<h4>${label}</h4>
      <ul class="talks" role="list" aria-label=${label}>
        ${repeat(
          unread,
          ({ conversation }) => conversation,
          (window) => this.#talk(scene, window),
        )}
      </ul>`;
  }

  #talk(scene: Scene, window: WindowView): TemplateResult {
    const { conversation, title, kind, contact } = window;
    return html`<li class="row plain">
      <button
        class="talk"
        aria-label=${`${title}, ${waitingText(window, scene.strings)}`}
        @click=${(event: Event) => { scene.restore(conversation, event.currentTarget as HTMLElement); }}
      >
        <gchat-avatar .name=${title} .picture=${contact?.picture ?? null} .kind=${kind} .status=${scene.statusOf(window)}></gchat-avatar>
        <span class="name clip" dir="auto">${title}</span>
      </button>
      ${badgesTemplate(window, scene.strings)}
    </li>`;
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

  #list(scene: Scene, shown: readonly FoundPerson[], many: boolean, lost: boolean): TemplateResult {
    const strings = scene.strings;
    if (shown.length === 0 && this.#search.text !== "" && many) {
      return html`<p class="calm" role="status">${strings.get("search_none", this.#search.text)}</p>`;
    }
    if (shown.length === 0) {
      if (lost) return html`${nothing}`;
      if (!scene.roster.known) return html`<p class="calm breathing">${strings.get("connecting")}</p>`;
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
      ${many && scene.found !== null && scene.found.more && scene.found.text === this.#search.text
        ? html`<p class="retry">
            <button
              class="action"
              @click=${() => { this.#search.further(); }}
            >
              ${strings.get("search_more")}
            </button>
          </p>`
        : nothing}
    `;
  }

  #person(scene: Scene, person: FoundPerson, reachable: boolean): TemplateResult {
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
          scene.openWith(person, event.currentTarget as HTMLElement);
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

  #matching({ roster }: Scene): FoundPerson[] {
    const here = roster.people.filter((person) => this.#search.matches(person));
    const known = new Set(here.map((person) => person.id));
    return [...here, ...this.#search.found.filter((person) => !known.has(person.id))];
  }

  #listKey(event: KeyboardEvent): void {
    arrowsAmong(event, [...(this.shadowRoot?.querySelectorAll<HTMLElement>(".person") ?? [])], () => { this.#search.focus(); });
  }
}
