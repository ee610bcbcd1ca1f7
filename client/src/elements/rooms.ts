/** `<gchat-rooms>`: the person's rooms in the launcher's panel. Fetched when a panel is opened that has any. */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { RoomView } from "../view.js";
import { base } from "../styles/theme.js";
import { roomsStyles } from "../styles/rooms.js";
import "./later.js";
import type { Scene } from "./scene.js";
import { SceneWatcher } from "./scene.js";
import { arrowsAmong } from "./search.js";
import { badgesTemplate, waitingText, type Waiting } from "./waiting.js";

/** From here on arrow keys move where Tab would take too long. */
const MANY = 8;

export class GchatRooms extends LitElement {
  static override properties = { scene: { attribute: false }, rover: { state: true } };
  declare scene: Scene | null;
  /** Where the focus returns from a room opened here. */
  declare origin: HTMLElement | null;
  /** The room whose button Tab reaches while arrow keys move. */
  declare rover: string;

  static override styles = [base, roomsStyles];

  constructor() {
    super();
    this.scene = null;
    this.origin = null;
    this.rover = "";
    new SceneWatcher(this, ["rooms", "dock"]);
  }

  override render(): unknown {
    const { scene } = this;
    if (scene === null || scene.rooms.length === 0) return nothing;
    const label = scene.strings.get("rooms");
    const [first] = scene.rooms;
    const many = scene.rooms.length > MANY;
    const rover = scene.rooms.some(({ conversation }) => conversation === this.rover) ? this.rover : first?.conversation;
    return html`<h3 id="rooms">${label}</h3>
      <ul role="list" aria-label=${label} @keydown=${this.#key}>
        ${repeat(
          scene.rooms,
          (room) => room.conversation,
          (room) => this.#room(scene, room, !many || room.conversation === rover),
        )}
      </ul>`;
  }

  #room(scene: Scene, room: RoomView, reachable: boolean): TemplateResult {
    const { strings } = scene;
    const { conversation, title, unread, mentions } = room;
    const waiting: Waiting = { kind: "room", unread: unread ? 1 : 0, mentions };
    const text = waitingText(waiting, strings);
    return html`<li>
      <button
        class="room"
        aria-label=${title}
        aria-describedby=${text === "" ? nothing : `about-${conversation}`}
        tabindex=${reachable ? "0" : "-1"}
        @click=${(event: Event) => { scene.enter(room, this.origin ?? (event.currentTarget as HTMLElement)); }}
        @focusin=${() => (this.rover = conversation)}
      >
        <gchat-avatar .name=${title} .kind=${"room"}></gchat-avatar>
        <span class=${text === "" ? "name clip" : "name clip waits"} dir="auto">${title}</span>
        ${badgesTemplate(waiting, strings)}
      </button>
      <span class="out-of-sight" id="about-${conversation}">${text}</span>
    </li>`;
  }

  #key(event: KeyboardEvent): void {
    arrowsAmong(event, [...(this.shadowRoot?.querySelectorAll<HTMLElement>(".room") ?? [])]);
  }
}
