/**
 * The words that people read: one source per language, keyed and written like Moodle's language strings, so that the
 * plugin's `lang/` files are made from the same JSON. What a page shows at once is here in English, the rest comes with
 * what shows it (later.ts); another language is fetched before anything is shown, so that nothing is ever painted in the
 * wrong language first.
 */
import en from "../../strings/en.json";
import type later from "../../strings/later/en.json";

export type StringId = keyof typeof en | keyof typeof later;
type Placeholder = string | number | Readonly<Record<string, string | number>>;
type Texts = Readonly<Record<StringId, string>>;

const LANGUAGES: Readonly<Record<string, () => Promise<{ texts: Texts }>>> = {
  pt: () => import("./portuguese.js"),
};

const RIGHT_TO_LEFT = /^(?:ar|ckb|dv|fa|he|ps|sd|ug|ur|yi)\b/;

const english: Partial<Texts> = { ...en };

export function addEnglish(more: Partial<Texts>): void {
  Object.assign(english, more);
}

/** What is said aloud of a message: as it was written, until windows come, which know better (plain.ts). */
export const spoken = { plain: (text: string): string => text };

export class Strings {
  /** A BCP 47 tag for `Intl` and for `lang` attributes. */
  readonly locale: string;
  /** Resolves when the language is there (or cannot be had: English it is); null where nothing is to be waited for. */
  readonly ready: Promise<void> | null;
  #texts: Partial<Texts> = english;
  /** Made once: making it costs far more than using it. */
  #numbers: Intl.NumberFormat | undefined;
  #lists: Intl.ListFormat | undefined;

  /** `lang` as the host names it: `pt_br` falls back to `pt`, anything unknown to English. */
  constructor(lang: string) {
    const tag = lang.replaceAll("_", "-");
    const short = tag.split("-")[0]?.toLowerCase() ?? "en";
    const load = LANGUAGES[short];
    this.locale = knownLocale(load === undefined && short !== "en" ? "en" : tag);
    this.ready =
      load?.().then(
        ({ texts }) => {
          this.#texts = texts;
        },
        () => undefined,
      ) ?? null;
  }

  /** Of sentences that begin with a name, whatever that is written in. */
  get direction(): "ltr" | "rtl" {
    return RIGHT_TO_LEFT.test(this.locale) ? "rtl" : "ltr";
  }

  /** The text with `{$a}` and `{$a->name}` filled in. What is filled in is never read as a placeholder again. */
  get(id: StringId, a?: Placeholder): string {
    return (this.#texts[id] ?? id).replace(/\{\$a(?:->([a-z]+))?\}/g, (whole, field: string | undefined) => {
      if (a === undefined) return whole;
      if (typeof a === "object") return field === undefined ? whole : String(a[field] ?? whole);
      return field === undefined ? (typeof a === "number" ? this.number(a) : a) : whole;
    });
  }

  /** One or other, with the number as `{$a}`. */
  count(one: StringId, other: StringId, n: number): string {
    return this.get(n === 1 ? one : other, n);
  }

  number(n: number): string {
    this.#numbers ??= new Intl.NumberFormat(this.locale);
    return this.#numbers.format(n);
  }

  /** "Ana, Bruno and Carla" */
  list(parts: readonly string[]): string {
    this.#lists ??= new Intl.ListFormat(this.locale);
    return this.#lists.format(parts);
  }

  /** Up to 99 as it is: badges stay narrow. */
  badge(n: number): string {
    return n > 99 ? "99+" : this.number(n);
  }
}

function knownLocale(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? "en";
  } catch {
    return "en";
  }
}
