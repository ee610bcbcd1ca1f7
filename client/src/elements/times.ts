/** Times as people read them, in the page's language and the browser's zone. Knows no DOM. */
import type { Strings } from "./strings.js";

const MINUTE_MS = 60_000;
/** After a pause this long the next message is preceded by its time. */
const PAUSE_MS = 15 * MINUTE_MS;

export function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

export function sameMinute(a: number, b: number): boolean {
  return Math.floor(a / MINUTE_MS) === Math.floor(b / MINUTE_MS);
}

export function afterPause(before: number, after: number): boolean {
  return after - before >= PAUSE_MS;
}

/** "10:32" */
export function clockTime(at: number, strings: Strings): string {
  return format(strings.locale, { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** "Sunday, 22 November 2026 at 10:32" */
export function fullTime(at: number, strings: Strings): string {
  return format(strings.locale, { dateStyle: "full", timeStyle: "short" }).format(at);
}

/** "Today", "Yesterday", "Tuesday" within a week, else the date. */
export function dayName(at: number, now: number, strings: Strings): string {
  if (sameDay(at, now)) return strings.get("today");
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (sameDay(at, yesterday.getTime())) return strings.get("yesterday");
  const weekAgo = new Date(now);
  weekAgo.setDate(weekAgo.getDate() - 6);
  if (at > weekAgo.getTime() && at < now) return format(strings.locale, { weekday: "long" }).format(at);
  return format(strings.locale, { dateStyle: "medium" }).format(at);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format costs far more than using it, and a window shows hundreds. */
function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat(locale, options);
  formats.set(key, made);
  return made;
}
