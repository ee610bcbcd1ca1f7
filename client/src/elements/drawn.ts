/**
 * Whether this device draws an emoji, told by widths: what no font has is as wide as a character that nobody has ever
 * assigned, and a sequence that is not drawn as one is as wide as its parts. Pixels are read only where widths alone do
 * not tell, as browsers that guard against recognition falsify them. In doubt it counts as drawn.
 */

/** What no font has: a reserved place among the pictographs, far from those that are given out. */
const NOWHERE = "\u{1fffd}";
/** What every font for emoji has. */
const EVERYWHERE = "😀";
const SIZE_PX = 20;
/** Widths of the same differ by less, and the parts of a grey by less than this of 255. */
const SAME_PX = 0.6;
const GREY = 30;

type Width = (text: string) => number;

const known = new Map<string, boolean>();
/** null: widths tell nothing here. undefined: nobody has asked yet. */
let width: Width | null | undefined;

/** For tests; undefined: by this device again. */
export function measureBy(other?: Width | null): void {
  width = other;
  known.clear();
}

export function isDrawn(emoji: string): boolean {
  const before = known.get(emoji);
  if (before !== undefined) return before;
  if (width === undefined) width = widthHere();
  const drawn = width === null || told(emoji, width);
  known.set(emoji, drawn);
  return drawn;
}

/** Measures `each` at a time and lets the page go on between, as long as `on` says so. */
export async function measureAll(emoji: readonly string[], each: number, on: () => boolean): Promise<void> {
  for (let at = 0; at < emoji.length && on(); at += each) {
    emoji.slice(at, at + each).forEach(isDrawn);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function told(emoji: string, width: Width): boolean {
  const parts = (emoji.match(/./gsu) ?? []).filter((part) => !/[\u200D\uFE0F\u20E3\u{e0000}-\u{e007f}]/u.test(part));
  const [first = ""] = parts;
  // A digit with a frame around it is drawn as a digit at least.
  if (/^[0-9#*]/.test(first)) return true;
  if (parts.length === 1) return !same(width(first), width(NOWHERE));
  // Of flags the parts are letters.
  if (!/^\p{Regional_Indicator}/u.test(first) && !parts.every(isDrawn)) return false;
  return width(emoji) < parts.reduce((sum, part) => sum + width(part), 0) - SAME_PX;
}

function same(one: number, other: number): boolean {
  return Math.abs(one - other) < SAME_PX;
}

function widthHere(): Width | null {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE_PX;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  // In doubt: there are browsers, and tests, without any.
  if (!context) return null;
  context.font = `${SIZE_PX}px sans-serif`;
  const width: Width = (text) => context.measureText(text).width;
  // Without any font for emoji, or as wide as the sign for what is missing by chance: only the first has no colours.
  return same(width(EVERYWHERE), width(NOWHERE)) && hasColours(context) ? null : width;
}

function hasColours(context: CanvasRenderingContext2D): boolean {
  context.fillText(EVERYWHERE, 0, SIZE_PX * 0.85);
  const { data } = context.getImageData(0, 0, SIZE_PX, SIZE_PX);
  for (let at = 0; at < data.length; at += 4) {
    const [red = 0, green = 0, blue = 0] = data.slice(at, at + 3);
    if (Math.max(red, green, blue) - Math.min(red, green, blue) > GREY) return true;
  }
  return false;
}
