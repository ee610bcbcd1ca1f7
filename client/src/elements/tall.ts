/**
 * Lists of any length in one scroller, of which only what can be seen is in the document (slices.ts); for the keyboard
 * they are one list. Keeps what is seen and what has the focus where it is, whatever comes or goes. Knows no rows but by
 * their keys: a row's button has the class `stop` and its key in `data-key`, a list its section in `data-list`, and a part
 * of a list its number in `data-part`.
 */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import { moreKey, stopsOf, type Section } from "./sections.js";
import { heightOfAll, placeOf, rowsFrom, shownOf, type Shown, type Sizes } from "./slices.js";

/** Until the page has said how high it is. */
const GUESSED: Sizes = { row: 56, head: 30 };
const GUESSED_VIEW_PX = 560;
/** The document settles in so many passes: first the sizes, then what can be seen. */
const PASSES = 4;
/** So few rows are all in the document: browsers find any of them by its text. */
const FEW_ROWS = 30;
/** Of each list so many rows are remembered, to find one that has not moved itself. */
const REMEMBERED = 4;

export interface TallParts {
  /** The arrow key at the first row leads there. */
  above: () => void;
  /** The end of this section can be seen, and there is more of it. */
  ended: (section: Section) => void;
}

export class TallList implements ReactiveController {
  sections: readonly Section[] = [];
  /** Of each section. */
  shown: readonly Shown[] = [];
  /** The key of the row that had the focus last. */
  rover = "";
  readonly #host: ReactiveControllerHost & HTMLElement;
  readonly #parts: TallParts;
  #sizes = GUESSED;
  #passes = 0;
  /** What is listed; the scroll position and the rover are of this only. */
  #mode = "";
  /** Rows that could be seen before a change, and where in the view. */
  #anchors: readonly { key: string; at: number }[] = [];
  /** The row that had the focus before a change. */
  #focused: { key: string; index: number } | null = null;
  /** It gets the focus as soon as it is in the document. */
  #wanted: string | null = null;
  /** Where to scroll to as soon as there is something. */
  #top: number | null = null;

  constructor(host: ReactiveControllerHost & HTMLElement, parts: TallParts) {
    this.#host = host;
    this.#parts = parts;
    host.addController(this);
  }

  get top(): number {
    return this.#scroller?.scrollTop ?? 0;
  }

  /** Begins where the person left it. */
  begin(mode: string, rover: string, top: number): void {
    this.#mode = mode;
    this.rover = rover;
    this.#top = top;
  }

  /** Before the host renders. In another `mode` other things are listed, from the top. */
  show(sections: readonly Section[], mode: string): void {
    const scroller = this.#scroller;
    if (mode === this.#mode) this.#remember();
    else {
      this.#anchors = [];
      this.#focused = null;
      this.#wanted = null;
      this.rover = "";
      if (scroller !== null) scroller.scrollTop = 0;
    }
    this.#mode = mode;
    this.sections = sections;
    // A row that has gone meanwhile would take the focus when it comes back, from whatever has it then.
    if (this.#wanted !== null && !stopsOf(sections).includes(this.#wanted)) this.#wanted = null;
    this.shown = this.#shownNow();
  }

  hostUpdated(): void {
    this.#pad();
    this.#measure();
    this.#keepPlace();
    this.#keepFocus();
    if (this.#passes < PASSES && !same(this.shown, this.#shownNow())) {
      this.#passes += 1;
      this.#host.requestUpdate();
      return;
    }
    this.#passes = 0;
    this.sections.forEach((section, index) => {
      const last = this.shown[index]?.slices.at(-1);
      const end = section.parts.length - 1;
      if (section.more === "further" && last?.part === end && last.to === section.parts[end]?.rows.length) this.#parts.ended(section);
    });
  }

  /** The row that Tab reaches: the rover while it is in the document, else the first one that is. */
  get reachable(): string {
    const there = this.sections.flatMap((section, index) => [
      ...(this.shown[index]?.slices ?? []).flatMap(({ part, from, to }) => (section.parts[part]?.rows ?? []).slice(from, to).map(({ key }) => key)),
      ...(section.more === null ? [] : [moreKey(section)]),
    ]);
    return there.includes(this.rover) ? this.rover : (there[0] ?? "");
  }

  /** Puts the focus on a row, wherever it is. */
  focus(key: string | undefined): void {
    if (key === undefined) return;
    this.rover = key;
    this.#wanted = key;
    const scroller = this.#scroller;
    const at = this.#placeOf(key);
    if (scroller !== null && at !== null && this.#element(key) === null) {
      scroller.scrollTop = Math.max(0, at < scroller.scrollTop ? at - this.#sizes.head : at + this.#sizes.row - scroller.clientHeight);
    }
    this.#host.requestUpdate();
  }

  /** On the first of these rows that there is; false: there is none of them. */
  focusOne(keys: readonly string[]): boolean {
    const stops = stopsOf(this.sections);
    const key = keys.find((one) => stops.includes(one));
    this.focus(key);
    return key !== undefined;
  }

  focusFirst(): void {
    this.focus(stopsOf(this.sections)[0]);
  }

  /** For those who touch: a keyboard comes up for no list. */
  focusWhole(): void {
    this.#scroller?.focus({ preventScroll: true });
  }

  /** A key in the scroller. */
  readonly key = (event: KeyboardEvent): void => {
    const target = event.target as Element;
    if (event.defaultPrevented || target.closest(".menu") !== null || event.ctrlKey || event.altKey || event.metaKey) return;
    const stops = stopsOf(this.sections);
    const now = stops.indexOf(keyOf(target) ?? this.rover);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: stops.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to < 0) this.#parts.above();
    else this.focus(stops[to]);
  };

  readonly turnedTo = (event: FocusEvent): void => {
    const key = keyOf(event.target as Element);
    if (key === undefined || key === this.rover) return;
    this.rover = key;
    this.#host.requestUpdate();
  };

  readonly scrolled = (): void => {
    if (!same(this.shown, this.#shownNow())) this.#host.requestUpdate();
  };

  /** Room for the rows that are not in the document. Through the DOM: some pages' CSP refuses a style attribute. */
  #pad(): void {
    const { row } = this.#sizes;
    const pad = ({ style }: HTMLElement, before: number, after: number): void => {
      style.paddingBlock = `${before}px ${after}px`;
    };
    this.sections.forEach(({ id, parts }, index) => {
      const list = this.#list(id);
      const shown = this.shown[index];
      if (list === null || shown === undefined) return;
      const rest = (part: number, to: number): number => ((parts[part]?.rows.length ?? 0) - to) * row;
      const [only] = shown.slices;
      if (isFlat(parts) && only !== undefined) pad(list, only.from * row, rest(0, only.to));
      else pad(list, shown.before, shown.after);
      for (const inner of list.querySelectorAll<HTMLElement>("[data-part]")) {
        const slice = shown.slices.find(({ part }) => part === Number(inner.dataset["part"]));
        if (slice !== undefined) pad(inner, slice.from * row, rest(slice.part, slice.to));
      }
    });
  }

  #measure(): void {
    const height = (selector: string, known: number): number => {
      const measured = this.#scroller?.querySelector(selector)?.getBoundingClientRect().height ?? 0;
      return measured === 0 ? known : measured;
    };
    const sizes = { row: height(".row", this.#sizes.row), head: height("h4", this.#sizes.head) };
    if (same(sizes, this.#sizes)) return;
    this.#sizes = sizes;
    this.#pad();
  }

  #shownNow(): Shown[] {
    const few = this.sections.reduce((sum, { parts }) => sum + parts.reduce((all, { rows }) => all + rows.length, 0), 0) <= FEW_ROWS;
    const { top, height } = few ? { top: 0, height: Infinity } : this.#view;
    return this.sections.map(({ parts }, index) => {
      const from = this.#topOf(index);
      return shownOf(parts, this.#sizes, top - from, top + height - from);
    });
  }

  /** Where a section's list begins: below all rows before it at least, also while the page has not laid it out. */
  #topOf(index: number): number {
    const before = this.sections.slice(0, index).reduce((sum, { parts }) => sum + heightOfAll(parts, this.#sizes), 0);
    const id = this.sections[index]?.id;
    return Math.max(before, id === undefined ? 0 : (this.#list(id)?.offsetTop ?? 0));
  }

  #placeOf(key: string): number | null {
    for (const [index, section] of this.sections.entries()) {
      const at = placeOf(section, key, this.#sizes);
      if (at !== null) return this.#topOf(index) + at;
    }
    return null;
  }

  /** What must not be lost by the change that comes: which rows can be seen, and which one has the focus. */
  #remember(): void {
    const { top, height } = this.#view;
    this.#anchors = [];
    if (top > 0) {
      this.#anchors = this.sections.flatMap((section, index) => {
        const from = this.#topOf(index);
        return rowsFrom(section, this.#sizes, top - from, REMEMBERED)
          .map(({ key, at }) => ({ key, at: at + from - top }))
          .filter(({ at }) => at < height);
      });
    }
    const active = this.#host.shadowRoot?.activeElement?.closest(".scroller *") ?? null;
    const key = active === null ? undefined : keyOf(active);
    this.#focused = key === undefined ? null : { key, index: stopsOf(this.sections).indexOf(key) };
  }

  /** What came or went above moves nothing that can be seen. */
  #keepPlace(): void {
    const scroller = this.#scroller;
    if (scroller === null) return;
    if (this.#top !== null && this.sections.length > 0) {
      scroller.scrollTop = this.#top;
      this.#top = null;
    }
    for (const { key, at } of this.#anchors) {
      const now = this.#placeOf(key);
      const moved = now === null ? null : now - scroller.scrollTop - at;
      // One that has gone to the top, say, is not followed.
      if (moved === null || Math.abs(moved) > this.#view.height) continue;
      if (Math.abs(moved) >= 1) scroller.scrollTop += moved;
      break;
    }
    this.#anchors = [];
  }

  /** A row that has moved keeps the focus; of one that has gone, the next one gets it. */
  #keepFocus(): void {
    const wanted = this.#wanted === null ? null : this.#element(this.#wanted);
    if (wanted !== null) {
      this.#wanted = null;
      wanted.focus({ preventScroll: true });
      wanted.scrollIntoView({ block: "nearest" });
      return;
    }
    const was = this.#focused;
    this.#focused = null;
    if (was === null || this.#wanted !== null || this.#host.shadowRoot?.activeElement !== null) return;
    const stops = stopsOf(this.sections);
    if (stops.includes(was.key)) (this.#element(was.key) ?? this.#scroller)?.focus({ preventScroll: true });
    else if (stops.length > 0) this.focus(stops[Math.min(was.index, stops.length - 1)]);
    else this.#parts.above();
  }

  get #view(): { top: number; height: number } {
    const height = this.#scroller?.clientHeight ?? 0;
    return { top: this.top, height: height === 0 ? GUESSED_VIEW_PX : height };
  }

  get #scroller(): HTMLElement | null {
    return this.#host.shadowRoot?.querySelector<HTMLElement>(".scroller") ?? null;
  }

  #list(id: Section["id"]): HTMLElement | null {
    return this.#scroller?.querySelector<HTMLElement>(`[data-list="${id}"]`) ?? null;
  }

  #element(key: string): HTMLElement | null {
    return [...(this.#scroller?.querySelectorAll<HTMLElement>(".stop") ?? [])].find(({ dataset }) => dataset["key"] === key) ?? null;
  }
}

/** One part without a heading: its rows are the list's own. */
export function isFlat(parts: Section["parts"]): boolean {
  return parts.length === 1 && parts[0]?.title === null;
}

/** Of a row, or of the button beside it. */
export function keyOf(element: Element): string | undefined {
  const row = element.closest(".stop") ?? element.closest(".row")?.querySelector(".stop");
  return row instanceof HTMLElement ? row.dataset["key"] : undefined;
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
