/**
 * The list that completes what is typed behind a sign: which source is asked, which of its offers is at hand, and the
 * keyboard in it. The focus stays in the box. Must not know what the sources offer.
 */
import { html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from "lit";
import type { StringId, Strings } from "./strings.js";

/** What is typed behind the sign at `from`. */
export interface Asked {
  readonly from: number;
  readonly query: string;
}

export interface Offer {
  /** Among all that the source may offer. */
  readonly id: string;
  readonly shown: TemplateResult;
  /** What takes the place of sign and query. With a space at its end, no second one follows. */
  readonly text: string;
  /** It is about to be put in. */
  readonly chosen: () => void;
}

export interface Source {
  /** What its list is called. */
  readonly label: StringId;
  /** null: it is not for this. Called at each move: what it needs for its offers it may fetch now. */
  asked(text: string, cursor: number): Asked | null;
  /** In the order in which they are shown; so few that all are seen without scrolling. */
  offers(query: string): readonly Offer[];
}

/** Puts a text in the place of what stands between two others. */
export type Replace = (from: number, to: number, text: string) => void;

export class Completion implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #sources: readonly Source[];
  #asked: (Asked & { source: Source }) | null = null;
  /** The sign that the person has closed the list of. */
  #closed: number | null = null;
  #at = 0;

  constructor(host: ReactiveControllerHost, sources: readonly Source[]) {
    this.#host = host;
    this.#sources = sources;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.#asked = null;
  }

  /** The text or the cursor has moved. */
  moved({ value, selectionStart, selectionEnd }: HTMLTextAreaElement): void {
    const asked = selectionStart === selectionEnd ? this.#ask(value, selectionStart) : null;
    if (asked?.from !== this.#closed) this.#closed = null;
    const before = this.#asked;
    this.#asked = asked !== null && asked.from === this.#closed ? null : asked;
    if (before?.from === this.#asked?.from && before?.query === this.#asked?.query) return;
    this.#at = 0;
    this.#host.requestUpdate();
  }

  #ask(text: string, cursor: number): (Asked & { source: Source }) | null {
    for (const source of this.#sources) {
      const asked = source.asked(text, cursor);
      if (asked !== null) return { ...asked, source };
    }
    return null;
  }

  /** The focus has gone, or another text has taken the place of the one that was written. */
  left(): void {
    if (this.#asked === null) return;
    this.#asked = null;
    this.#host.requestUpdate();
  }

  close(): void {
    this.#closed = this.#asked?.from ?? null;
    this.left();
  }

  /** Whether the key was for the list. */
  key(key: string, replace: Replace): boolean {
    const offered = this.#offered;
    if (offered.length === 0) return false;
    if (key === "ArrowDown" || key === "ArrowUp") {
      this.#at = (this.#at + (key === "ArrowDown" ? 1 : offered.length - 1)) % offered.length;
      this.#host.requestUpdate();
    } else if (key === "Enter" || key === "Tab") this.#choose(offered[this.#at], replace);
    else if (key === "Escape") this.close();
    else return false;
    return true;
  }

  /** The id of the option at hand, for the box; none: there is no list. */
  get option(): string | null {
    const offered = this.#offered[this.#at];
    return offered === undefined ? null : `offer-${offered.id}`;
  }

  template(strings: Strings, replace: Replace): TemplateResult | typeof nothing {
    const offered = this.#offered;
    if (this.#asked === null || offered.length === 0) return nothing;
    // The box keeps the focus.
    const hold = (event: Event): void => { event.preventDefault(); };
    const label = strings.get(this.#asked.source.label);
    return html`<ul id="offers" role="listbox" aria-label=${label} @pointerdown=${hold} @mousedown=${hold}>
      ${offered.map((offer, at) => html`<li
        id="offer-${offer.id}"
        role="option"
        aria-selected=${at === this.#at ? "true" : "false"}
        @click=${() => { this.#choose(offer, replace); }}
      >${offer.shown}</li>`)}
    </ul>`;
  }

  #choose(offer: Offer | undefined, replace: Replace): void {
    const asked = this.#asked;
    if (offer === undefined || asked === null) return;
    this.#asked = null;
    offer.chosen();
    replace(asked.from, asked.from + 1 + asked.query.length, offer.text);
    this.#host.requestUpdate();
  }

  get #offered(): readonly Offer[] {
    return this.#asked === null ? [] : this.#asked.source.offers(this.#asked.query);
  }
}
