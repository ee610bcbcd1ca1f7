/**
 * People behind an `@`: whom the list offers in a group or room. Remembers whom the person has chosen: only those are
 * mentioned, by their ids.
 */
import { html, type ReactiveController, type ReactiveControllerHost } from "lit";
import type { Face, UserId, WindowView } from "../view.js";
import type { Asked, Offer, Source } from "./completion.js";
import { mentionAsked, mentionMatches, mentionSpans } from "./mentions.js";
import { isWithin, type Scene } from "./scene.js";

const OFFERED = 5;
/** The contract's number of mentions of a message. */
const MOST_MENTIONS = 20;

interface Host extends ReactiveControllerHost {
  scene: Scene | null;
  window: WindowView | null;
}

export class People implements ReactiveController, Source {
  readonly label = "mention_whom";
  readonly #host: Host;
  /** Names as they were written into the text, by id. null: in a draft. */
  readonly #chosen = new Map<UserId, string | null>();
  #unwatch: (() => void) | null = null;

  constructor(host: Host) {
    this.#host = host;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.#unwatch?.();
    this.#unwatch = null;
  }

  /** An edit mentions whom its message has mentioned. */
  asked(text: string, cursor: number): Asked | null {
    const { scene, window } = this.#host;
    if (scene === null || window === null || window.kind === "direct" || !window.verbs.mention) return null;
    if (scene.purposeOf(window.conversation).edit !== null) return null;
    const asked = mentionAsked(text, cursor);
    if (asked !== null && window.kind === "group") this.#unwatch ??= scene.watchMembers(window.conversation);
    return asked;
  }

  offers(query: string): Offer[] {
    return mentionMatches(query, this.#known(), OFFERED).map(({ id, name, picture }) => ({
      id: `${id}`,
      shown: html`<gchat-avatar .name=${name} .picture=${picture}></gchat-avatar><span class="clip" dir="auto">${name}</span>`,
      text: `@${name} `,
      chosen: () => { this.#chosen.set(id, name); },
    }));
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
