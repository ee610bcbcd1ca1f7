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
  if (sameDay(at, daysBefore(now, 1))) return strings.get("yesterday");
  if (at > daysBefore(now, 6) && at < now) return format(strings.locale, { weekday: "long" }).format(at);
  return format(strings.locale, { dateStyle: "medium" }).format(at);
}

/** In a list: "10:32" today, "Yesterday", "Tue" within a week, else "22 Nov", and with the year where that is another. */
export function shortTime(at: number, now: number, strings: Strings): string {
  if (sameDay(at, now)) return clockTime(at, strings);
  if (sameDay(at, daysBefore(now, 1))) return strings.get("yesterday");
  if (at > daysBefore(now, 6) && at < now) return format(strings.locale, { weekday: "short" }).format(at);
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : { year: "numeric" as const };
  return format(strings.locale, { day: "numeric", month: "short", ...year }).format(at);
}

function daysBefore(now: number, days: number): number {
  const day = new Date(now);
  day.setDate(day.getDate() - days);
  return day.getTime();
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
