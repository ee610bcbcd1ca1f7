/**
 * The list that completes a name behind an `@`: whom it offers, which one is at hand, and the keyboard in it. The focus
 * stays in the box. Remembers whom the person has chosen: only those are mentioned, by their ids.
 */
import { html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from "lit";
import type { Face, UserId, WindowView } from "../view.js";
import { mentionAsked, mentionMatches, mentionSpans } from "./mentions.js";
import { isWithin, type Scene } from "./scene.js";

/** So many are offered at once: they are all seen, without scrolling. */
const OFFERED = 5;
/** The contract's number of mentions of a message. */
const MOST_MENTIONS = 20;

interface Host extends ReactiveControllerHost {
  scene: Scene | null;
  window: WindowView | null;
}

export class Completion implements ReactiveController {
  readonly #host: Host;
  /** The `@` in the box whose name is being typed. */
  #asked: { from: number; query: string } | null = null;
  /** The `@` that the person has closed the list of. */
  #closed: number | null = null;
  #at = 0;
  /** Names as they were written into the text, by id. null: in a draft. */
  readonly #chosen = new Map<UserId, string | null>();
  #unwatch: (() => void) | null = null;

  constructor(host: Host) {
    this.#host = host;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.#asked = null;
    this.#unwatch?.();
    this.#unwatch = null;
  }

  /** The text or the cursor has moved. */
  moved({ value, selectionStart, selectionEnd }: HTMLTextAreaElement): void {
    const { window } = this.#host;
    const able = window !== null && window.kind !== "direct" && window.verbs.mention;
    const asked = able && selectionStart === selectionEnd ? mentionAsked(value, selectionStart) : null;
    if (asked?.from !== this.#closed) this.#closed = null;
    const before = this.#asked;
    this.#asked = asked !== null && asked.from === this.#closed ? null : asked;
    if (this.#asked !== null && window?.kind === "group") this.#unwatch ??= this.#host.scene?.watchMembers(window.conversation) ?? null;
    if (before?.from === this.#asked?.from && before?.query === this.#asked?.query) return;
    this.#at = 0;
    this.#host.requestUpdate();
  }

  /** The focus has gone. */
  left(): void {
    if (this.#asked === null) return;
    this.#asked = null;
    this.#host.requestUpdate();
  }

  close(): void {
    this.#closed = this.#asked?.from ?? null;
    this.#asked = null;
    this.#host.requestUpdate();
  }

  /** Whether the key was for the list. `choose` gets the text with the name, and where the cursor goes. */
  key(key: string, area: HTMLTextAreaElement, choose: (text: string, cursor: number) => void): boolean {
    const offered = this.#offered;
    if (offered.length === 0) return false;
    if (key === "ArrowDown" || key === "ArrowUp") {
      this.#at = (this.#at + (key === "ArrowDown" ? 1 : offered.length - 1)) % offered.length;
      this.#host.requestUpdate();
    } else if (key === "Enter" || key === "Tab") this.#choose(offered[this.#at], area, choose);
    else if (key === "Escape") this.close();
    else return false;
    return true;
  }

  /** The id of the option at hand, for the box; none: there is no list. */
  get option(): string | null {
    const offered = this.#offered[this.#at];
    return offered === undefined ? null : `mention-${offered.id}`;
  }

  template(label: string, area: () => HTMLTextAreaElement | null, choose: (text: string, cursor: number) => void): TemplateResult | typeof nothing {
    const offered = this.#offered;
    if (offered.length === 0) return nothing;
    // The box keeps the focus.
    const hold = (event: Event): void => { event.preventDefault(); };
    return html`<ul id="mentions" role="listbox" aria-label=${label} @pointerdown=${hold} @mousedown=${hold}>
      ${offered.map((face, at) => {
        const chosen = (): void => {
          const box = area();
          if (box !== null) this.#choose(face, box, choose);
        };
        return html`<li id="mention-${face.id}" role="option" aria-selected=${at === this.#at ? "true" : "false"} @click=${chosen}>
          <gchat-avatar .name=${face.name} .picture=${face.picture}></gchat-avatar><span class="clip" dir="auto">${face.name}</span>
        </li>`;
      })}
    </ul>`;
  }

  /** Those of the chosen whose names still stand in the text. Of a draft's the page may not know the name yet. */
  mentioned(text: string): UserId[] {
    const { scene, window } = this.#host;
    if (scene === null || window === null || this.#chosen.size === 0) return [];
    const faces = scene.facesOf(window.conversation);
    const chosen = [...this.#chosen].map(([id, name]) => ({ id, name: name ?? faces.get(id)?.name }));
    const named = chosen.flatMap(({ id, name }) => (name === undefined ? [] : [{ id, name }]));
    const unknown = text.includes("@") ? chosen.filter(({ name }) => name === undefined) : [];
    const spans = new Set(mentionSpans(text, named).map(({ id }) => id));
    const said = new Set(named.filter(({ id }) => spans.has(id)).map(({ name }) => name));
    // Of people who are called alike the text does not say who is meant: all who were chosen.
    const ids = [...named.filter(({ name }) => said.has(name)), ...unknown].map(({ id }) => id);
    return ids.slice(0, MOST_MENTIONS);
  }

  /** Another text has taken the place of the one that was written: a draft, with whom it mentions, or none. */
  begin(mentions: readonly UserId[] = []): void {
    this.#chosen.clear();
    for (const id of mentions) this.#chosen.set(id, null);
    this.#asked = null;
  }

  #choose(face: Face | undefined, area: HTMLTextAreaElement, choose: (text: string, cursor: number) => void): void {
    const asked = this.#asked;
    if (face === undefined || asked === null) return;
    const end = asked.from + 1 + asked.query.length;
    const before = `${area.value.slice(0, asked.from)}@${face.name}`;
    const after = area.value.slice(end);
    this.#chosen.set(face.id, face.name);
    this.#asked = null;
    // One space behind it, whether or not there was one.
    choose(`${before} ${after.replace(/^ /, "")}`, before.length + 1);
    this.#host.requestUpdate();
  }

  get #offered(): Face[] {
    return this.#asked === null ? [] : mentionMatches(this.#asked.query, this.#known(), OFFERED);
  }

  /** Members of the group; of a room those of its circle who are online, and whoever has written there. */
  #known(): Face[] {
    const { scene, window } = this.#host;
    if (scene === null || window === null) return [];
    const { conversation, kind, circle = "" } = window;
    const faces = [...scene.facesOf(conversation).values()];
    // Whoever holds the whole course is in the rooms of its groups too.
    const online = scene.roster.people.filter(({ shares }) => shares.some((held) => isWithin(circle, held)));
    const people: readonly Face[] = kind === "group" ? (scene.membersOf(conversation) ?? faces) : [...online, ...faces];
    const seen = new Set([scene.user]);
    const known = people.filter(({ id, name }) => name !== "" && !seen.has(id) && seen.add(id));
    return kind === "group" ? known.sort((one, other) => one.name.localeCompare(other.name, scene.strings.locale)) : known;
  }
}
