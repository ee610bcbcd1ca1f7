/**
 * Which windows fit into the dock, and how wide they are. Windows become narrower before fewer are shown, and the
 * launcher loses its words first. Pure: widths in pixels in, conversations and widths out.
 */
import type { ConversationId } from "../view.js";

export interface Range {
  least: number;
  most: number;
}

/** The parts of the row. */
export interface Sizes {
  /** Between the row and the edges of what it may take. */
  edge: number;
  launcher: number;
  /** The button for those that do not fit. */
  more: number;
  gap: number;
  open: Range;
  bar: Range;
}

export interface Place {
  conversation: ConversationId;
  open: boolean;
  /** The higher, the later the person turned to it; the dock's own order breaks ties. */
  rank: number;
}

export interface Room {
  /** What the whole row may take, from edge to edge. */
  width: number;
  /** Sizes in the order in which they are tried; the last ones are taken where nothing fits. */
  sizes: readonly [Sizes, ...Sizes[]];
  /** The width of the launcher's panel while it is open: nothing may lie below it. 0: closed. */
  panel: number;
}

export interface Fit {
  /** Those that stay in the row; the others go behind the button. */
  shown: ReadonlySet<ConversationId>;
  /** Which of the sizes. */
  size: number;
  /** How wide an open window and a bar are. */
  open: number;
  bar: number;
  /** What it was made from, for the next one. */
  width: number;
  ranks: ReadonlyMap<ConversationId, number>;
}

/**
 * `before`: what was shown until now. A window behind the button stays there until the person turns to it, another is
 * closed, or the page gives more room: minimising windows is no wish to see others. At least one always stays in the
 * row, unless the panel needs the room.
 */
export function fitting(places: readonly Place[], room: Room, before: Fit | null): Fit {
  const ranks = new Map(places.map((place) => [place.conversation, place.rank]));
  const freed = before === null || room.width > before.width || [...before.ranks.keys()].some((one) => !ranks.has(one));
  const held = ({ conversation, rank }: Place): boolean =>
    !freed && !before.shown.has(conversation) && rank <= (before.ranks.get(conversation) ?? -1);
  const wanted = places.map((place, index) => ({ place, index })).filter(({ place }) => !held(place));
  wanted.sort((a, b) => b.place.rank - a.place.rank || b.index - a.index);
  const ranked = wanted.map(({ place }) => place);

  const fitted = (sizes: Sizes, size: number): Fit => {
    const space = room.width - 2 * sizes.edge - Math.max(sizes.launcher, room.panel) - sizes.gap;
    const stays = stay(ranked, places.length, space, sizes, room.panel > 0 || size < room.sizes.length - 1 ? 0 : 1);
    const shown = new Set(stays.map((place) => place.conversation));
    return { shown, size, ...stretch(stays, spaceFor(stays.length, places.length, space, sizes), sizes), width: room.width, ranks };
  };
  const [first, ...others] = room.sizes;
  return others.reduce(
    (fit, sizes, index) => (fit.shown.size === ranked.length ? fit : fitted(sizes, index + 1)),
    fitted(first, 0),
  );
}

/** What is left for windows beside the button for the others, where it is needed. */
function spaceFor(shown: number, all: number, space: number, sizes: Sizes): number {
  return shown === all ? space : space - sizes.more - sizes.gap;
}

/** The first ones of `ranked` that fit at their least width, `least` of them in any case. */
function stay(ranked: readonly Place[], all: number, space: number, sizes: Sizes, least: number): readonly Place[] {
  const width = (place: Place): number => (place.open ? sizes.open.least : sizes.bar.least) + sizes.gap;
  const whole = ranked.reduce((sum, place) => sum + width(place), 0);
  const room = whole <= space ? spaceFor(ranked.length, all, space, sizes) : spaceFor(0, all, space, sizes);
  let used = 0;
  const over = ranked.findIndex((place, index) => {
    used += width(place);
    return index >= least && used > room;
  });
  return over < 0 ? ranked : ranked.slice(0, over);
}

/** Between the least and the most widths, in the same measure for all. */
function stretch(shown: readonly Place[], space: number, sizes: Sizes): { open: number; bar: number } {
  const sum = (end: keyof Range): number =>
    shown.reduce((total, place) => total + (place.open ? sizes.open[end] : sizes.bar[end]) + sizes.gap, 0);
  const [least, most] = [sum("least"), sum("most")];
  const share = most > least ? Math.min(1, Math.max(0, (space - least) / (most - least))) : 1;
  const width = (range: Range): number => Math.floor(range.least + share * (range.most - range.least));
  return { open: width(sizes.open), bar: width(sizes.bar) };
}
