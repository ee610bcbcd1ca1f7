/**
 * The dialogs in which people are chosen: **New group**, and **Add people** to one. Whoever is online is there at once, and
 * those with whom a window is open; a search finds the others. Who may be in a group the server decides.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ConversationId, CourseView, Face, Status, UserId } from "../view.js";
import { isBlank } from "./blank.js";
import { Dialog, nameField } from "./dialog.js";
import { closeIcon } from "./icons.js";
import { saveIcon } from "./signs.js";
import { isWithin, type Scene } from "./scene.js";
import { arrowsAmong, PeopleSearch } from "./search.js";
import type { DialogAsked } from "./signals.js";

/** Somebody who can be chosen. */
interface Candidate extends Face {
  status: Status;
  shares: readonly string[];
  circles: readonly string[];
}

/** More are not shown: a search finds the others. */
const MOST_SHOWN = 100;
/** The contract's limits of a group, its maker among them. */
const LEAST_OTHERS = 2;
const MOST_OTHERS = 49;

abstract class Picker extends Dialog {
  static override properties = { ...Dialog.properties, chosen: { state: true } };
  declare chosen: readonly Face[];
  readonly #search = new PeopleSearch(this, true);

  constructor() {
    super();
    this.chosen = [];
  }

  /** The course whose people come first, as a circle. */
  protected abstract course(scene: Scene): string | undefined;
  /** Who is there already. */
  protected abstract taken(scene: Scene): ReadonlySet<UserId>;

  protected get ids(): UserId[] {
    return this.chosen.map(({ id }) => id);
  }

  protected picker(scene: Scene): TemplateResult {
    const { strings } = scene;
    const people = this.#matching(scene);
    return html`
      ${this.chosen.length === 0 ? nothing : this.#chips(scene)}
      ${this.#search.template(strings.get("search_people"), { enter: () => { this.#enter(); } })}
      ${people.length === 0
        ? html`<p class="calm" role="status">${strings.get(this.#search.isPending ? "searching" : "people_none")}</p>`
        : html`<ul class="people" role="list" aria-label=${strings.get("people")} @keydown=${this.#listKey}>
            ${repeat(people, ({ id }) => id, (person) => this.#person(scene, person))}
          </ul>`}
    `;
  }

  #chips({ strings }: Scene): TemplateResult {
    return html`<ul class="chips" role="list" aria-label=${strings.get("chosen_people")}>
      ${repeat(
        this.chosen,
        ({ id }) => id,
        (face) => {
          const label = strings.get("remove_person", face.name);
          return html`<li>
            <gchat-avatar .name=${face.name} .picture=${face.picture}></gchat-avatar><span class="clip" dir="auto">${face.name}</span>
            <button type="button" class="quiet" aria-label=${label} title=${label} @click=${() => { this.#drop(face.id); }}>${closeIcon}</button>
          </li>`;
        },
      )}
    </ul>`;
  }

  #person(scene: Scene, person: Candidate): TemplateResult {
    const { id, name, picture, status, circles } = person;
    const chosen = this.ids.includes(id);
    return html`<li class="row">
      <button
        type="button"
        class="person"
        aria-label=${name}
        aria-describedby="about-${id}"
        aria-pressed=${chosen ? "true" : "false"}
        @click=${() => { this.#toggle(person); }}
      >
        <gchat-avatar .name=${name} .picture=${picture} .status=${scene.connected ? status : null}></gchat-avatar>
        <span class="name clip" dir="auto">${name}</span>
        ${chosen ? saveIcon : nothing}
      </button>
      <span class="about clip" id="about-${id}"><bdi>${circles.join(", ")}</bdi></span>
    </li>`;
  }

  #matching(scene: Scene): Candidate[] {
    const { roster, windows } = scene;
    const taken = this.taken(scene);
    const known = new Map<UserId, Candidate>(roster.people.map((person) => [person.id, person]));
    const { found } = this.#search;
    for (const person of found) known.set(person.id, person);
    const hits = new Set(found.map(({ id }) => id));
    for (const { contact } of windows) {
      if (contact !== undefined && contact.name !== "" && !known.has(contact.id)) known.set(contact.id, { ...contact, shares: [], circles: [] });
    }
    const course = this.course(scene);
    const title = scene.courses.find(({ circle }) => circle === course)?.title;
    // Of those whom the host has found it is known how their courses are called.
    const rank = ({ shares, circles }: Candidate): number =>
      course === undefined || shares.some((held) => isWithin(held, course)) || circles.some((circle) => circle === title) ? 0 : 1;
    return [...known.values()]
      .filter((person) => person.id !== scene.user && !taken.has(person.id))
      .filter((person) => hits.has(person.id) || this.#search.matches(person))
      .sort((one, other) => rank(one) - rank(other))
      .slice(0, MOST_SHOWN);
  }

  #toggle({ id, name, picture, profileUrl }: Candidate): void {
    if (this.ids.includes(id)) this.#drop(id);
    else if (this.chosen.length < MOST_OTHERS) this.chosen = [...this.chosen, { id, name, picture, profileUrl }];
    else this.code = "bad_group";
  }

  #drop(id: UserId): void {
    this.chosen = this.chosen.filter((face) => face.id !== id);
  }

  /** The button may have been the chip's own. */
  protected override refocus(): void {
    this.#search.focus();
  }

  /** Whoever is left of a search is chosen, and the next one can be typed. */
  #enter(): void {
    const [first] = this.#people;
    if (this.#search.text === "" || first === undefined) return;
    if (first.getAttribute("aria-pressed") !== "true") first.click();
    this.#search.set("");
  }

  #listKey(event: KeyboardEvent): void {
    arrowsAmong(event, this.#people, () => { this.#search.focus(); });
  }

  get #people(): HTMLElement[] {
    return [...(this.shadowRoot?.querySelectorAll<HTMLElement>(".person") ?? [])];
  }
}

export class GchatNewGroup extends Picker {
  static override properties = { ...Picker.properties, asked: { attribute: false }, called: { state: true }, circle: { state: true } };
  declare asked: Extract<DialogAsked, { kind: "group" }>;
  declare called: string;
  declare circle: string;

  constructor() {
    super();
    this.called = "";
    this.circle = "";
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("asked") && this.asked.with !== null) this.chosen = [this.asked.with];
  }

  protected override heading({ strings }: Scene): string {
    return strings.get("new_group");
  }

  protected override isDirty(): boolean {
    const { with: given } = this.asked;
    return this.called.trim() !== "" || this.chosen.some(({ id }) => id !== given?.id);
  }

  protected override course(scene: Scene): string | undefined {
    return scene.courses.length > 1 ? this.#course(scene)?.circle : undefined;
  }

  protected override taken(): ReadonlySet<UserId> {
    return new Set();
  }

  protected override content(scene: Scene): TemplateResult {
    const { strings, courses } = scene;
    const several = courses.length > 1;
    const current = this.#course(scene);
    return html`<form id="form" class="fields" @submit=${this.#submitted}>
        ${nameField(strings.get("group_name"), this.called, (name) => (this.called = name))}
        ${several
          ? html`<label
              ><span>${strings.get("course")}</span
              ><select
                aria-label=${strings.get("course")}
                @change=${(event: Event) => (this.circle = (event.target as HTMLSelectElement).value)}
              >
                ${courses.map(({ circle, title }) => html`<option value=${circle} ?selected=${circle === current?.circle}>${title}</option>`)}
              </select></label
            >`
          : nothing}
      </form>
      ${this.picker(scene)}`;
  }

  protected override buttons({ strings }: Scene): TemplateResult {
    const few = this.chosen.length < LEAST_OTHERS;
    const needs = few ? "group_needs" : isBlank(this.called) ? "group_needs_name" : null;
    return html`${needs === null ? nothing : html`<p class="hint">${strings.get(needs)}</p>`}
      <button type="button" class="action" @click=${() => { this.leave(); }}>${strings.get("cancel")}</button>
      <button type="submit" form="form" class="action main" ?disabled=${needs !== null || this.acting !== 0}>${strings.get("create_group")}</button>`;
  }

  protected override done(conversation: ConversationId): void {
    this.close();
    this.scene?.tell({ kind: "asked", conversation });
  }

  /** Out of several the one in which the first chosen person is. */
  #course({ courses, roster }: Scene): CourseView | undefined {
    const [first] = this.chosen;
    const theirs = roster.people.find(({ id }) => id === first?.id)?.shares ?? [];
    return courses.find(({ circle }) => circle === this.circle) ?? courses.find(({ circle }) => theirs.some((held) => isWithin(held, circle))) ?? courses[0];
  }

  #submitted(event: Event): void {
    event.preventDefault();
    const course = this.scene === null ? undefined : this.#course(this.scene);
    if (course === undefined || this.chosen.length < LEAST_OTHERS || isBlank(this.called)) return;
    this.act({ kind: "make", circle: course.circle, title: this.called.trim(), users: this.ids });
  }
}

export class GchatAddPeople extends Picker {
  static override properties = { ...Picker.properties, asked: { attribute: false } };
  declare asked: Extract<DialogAsked, { kind: "add" | "members" | "rename" | "leave" }>;
  #unwatch: (() => void) | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unwatch?.();
  }

  override willUpdate(): void {
    this.#unwatch ??= this.scene?.watchMembers(this.asked.conversation) ?? null;
  }

  protected override heading({ strings }: Scene): string {
    return strings.get("add_people");
  }

  protected override isDirty(): boolean {
    return this.chosen.length > 0;
  }

  protected override stands(): boolean {
    return this.scene?.windows.some(({ conversation }) => conversation === this.asked.conversation) === true;
  }

  protected override course({ windows, courses }: Scene): string | undefined {
    const window = windows.find(({ conversation }) => conversation === this.asked.conversation);
    return courses.length > 1 ? window?.circle : undefined;
  }

  protected override taken(scene: Scene): ReadonlySet<UserId> {
    return new Set(scene.membersOf(this.asked.conversation)?.map(({ id }) => id));
  }

  protected override content(scene: Scene): TemplateResult {
    return this.picker(scene);
  }

  protected override said(): string {
    const strings = this.scene?.strings;
    return strings?.get("system_added_you", strings.list(this.chosen.map(({ name }) => name))) ?? "";
  }

  protected override buttons({ strings }: Scene): TemplateResult {
    const { conversation } = this.asked;
    const add = (): void => { this.act({ kind: "add", conversation, users: this.ids }); };
    return html`<button type="button" class="action" @click=${() => { this.leave(); }}>${strings.get("cancel")}</button>
      <button type="button" class="action main" ?disabled=${this.chosen.length === 0 || this.acting !== 0} @click=${add}>${strings.get("add")}</button>`;
  }
}
