/**
 * A person's picture, or their initials on a colour that stays theirs; of a group its first letter, of a room a sign, on
 * a square. The initials are always there; a picture lies
 * over them once it has loaded, so a slow or broken one never leaves a hole.
 */
import { LitElement, css, html, nothing } from "lit";
import type { Kind } from "../view.js";

/** Each has a contrast of at least 4.5 with white. */
const COLOURS = [
  "#5b5fc7",
  "#0b6a8f",
  "#0f766e",
  "#3f6f2a",
  "#8a5a00",
  "#b0413e",
  "#a23b72",
  "#4a6583",
  "#6d4ba8",
  "#8e4585",
] as const;

export class GchatAvatar extends LitElement {
  static override properties = {
    name: {},
    picture: {},
    kind: { reflect: true },
    status: { reflect: true },
    broken: { state: true },
  };
  declare name: string;
  declare picture: string | null;
  /** Of what it is: of a person ("direct"), or of a group or room. */
  declare kind: Kind;
  /** "online" and "offline" add a dot. */
  declare status: string | null;
  declare broken: boolean;

  static override styles = css`
    :host {
      --size: var(--gchat-avatar-size, 36px);
      position: relative;
      display: inline-block;
      flex: none;
      inline-size: var(--size);
      block-size: var(--size);
    }
    .face {
      background: var(--face);
      display: grid;
      place-items: center;
      inline-size: 100%;
      block-size: 100%;
      overflow: hidden;
      border-radius: 50%;
      color: #fff;
      font-size: calc(var(--size) * 0.38);
      font-weight: 600;
      line-height: 1;
      user-select: none;
    }
    :host(:is([kind="group"], [kind="room"])) .face {
      border-radius: 30%;
      font-size: calc(var(--size) * 0.48);
    }
    /* Not as text: it is no part of any name, and nobody wants to find or copy it. */
    .face::before {
      content: attr(data-initials);
    }
    .face > *,
    .face::before {
      grid-area: 1 / 1;
    }
    img {
      inline-size: 100%;
      block-size: 100%;
      object-fit: cover;
    }
    .dot {
      position: absolute;
      inset-block-end: -1px;
      inset-inline-end: -1px;
      box-sizing: border-box;
      inline-size: max(10px, calc(var(--size) * 0.3));
      block-size: max(10px, calc(var(--size) * 0.3));
      border: 2px solid var(--g-around, var(--g-surface));
      border-radius: 50%;
      background: var(--g-online);
    }
    :host([status="offline"]) .dot {
      background: var(--g-around, var(--g-surface));
      box-shadow: inset 0 0 0 2px var(--g-muted);
    }
    @media (forced-colors: active) {
      .face {
        border: 1px solid CanvasText;
      }
      .dot {
        border-color: Canvas;
        background: Highlight;
        forced-color-adjust: none;
      }
    }
  `;

  constructor() {
    super();
    this.name = "";
    this.picture = null;
    this.kind = "direct";
    this.status = null;
    this.broken = false;
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has("picture")) this.broken = false;
    // Through the DOM: a style attribute is refused where the page's CSP forbids inline styles.
    if (changed.has("name")) this.style.setProperty("--face", avatarColour(this.name));
  }

  override render(): unknown {
    const source = this.broken ? null : pictureSource(this.picture);
    const image =
      source === null
        ? nothing
        : html`<img
            src=${source}
            alt=""
            loading="lazy"
            decoding="async"
            referrerpolicy="no-referrer"
            @error=${() => (this.broken = true)}
          />`;
    const dot = this.status === null ? nothing : html`<span class="dot"></span>`;
    return html`<span class="face" aria-hidden="true"
        data-initials=${this.kind === "direct" ? initials(this.name) : this.kind === "group" ? letter(this.name) : "#"}
        >${image}</span
      >${dot}`;
  }
}

/** Only a picture of the page's own origin: another's server would learn who looks at whom, and when. */
export function pictureSource(picture: string | null): string | null {
  if (picture === null || picture === "") return null;
  try {
    const url = new URL(picture, location.href);
    return url.origin === location.origin ? url.href : null;
  } catch {
    return null;
  }
}

/** The first letters of the first and the last word that have any. */
export function initials(name: string): string {
  const letters = name
    .split(/\s+/)
    .map((word) => (/[\p{L}\p{N}]/u.exec(word))?.[0])
    .filter((letter) => letter !== undefined);
  const [first] = letters;
  const last = letters.at(-1);
  if (first === undefined) return "?";
  return (letters.length > 1 && last !== undefined ? first + last : first).toUpperCase();
}

/** The first letter of a group's title. */
function letter(title: string): string {
  return Array.from(initials(title))[0] ?? "?";
}

export function avatarColour(name: string): string {
  let hash = 7;
  for (const sign of name) hash = (hash * 31 + (sign.codePointAt(0) ?? 0)) >>> 0;
  return COLOURS[hash % COLOURS.length] ?? COLOURS[0];
}
