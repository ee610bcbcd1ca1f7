/**
 * Makes the chat look like the page it lies on. Shadow roots cannot see the page's classes, and a dark system does not
 * make a Moodle page dark: so the page itself is read (Bootstrap's `data-bs-theme`, else the colours it really
 * paints), and hosts get `data-scheme`, a text colour that can be read on the accent, and `data-own` where the page's Bootstrap
 * colours are for the other scheme.
 */

export type Scheme = "light" | "dark";
type Rgba = readonly [red: number, green: number, blue: number, alpha: number];

/** Below this luminance a background counts as dark: white text has the better contrast on it. */
const DARK_LUMINANCE = 0.18;
/** Text for a dark background is above it, text for a light one below. */
const MIDDLE_LUMINANCE = 0.3;

/** Keeps `host` in step with the page until the returned function is called. `blend`: take the colours around it. */
export function followScheme(host: HTMLElement, blend: boolean): () => void {
  const apply = (): void => { applyScheme(host, blend); };
  const media = window.matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(apply);
  const options = { attributes: true, attributeFilter: ["class", "data-bs-theme", "style"] };
  observer.observe(document.documentElement, options);
  observer.observe(document.body, options);
  media.addEventListener("change", apply);
  window.addEventListener("load", apply);
  apply();
  return () => {
    observer.disconnect();
    media.removeEventListener("change", apply);
    window.removeEventListener("load", apply);
  };
}

function applyScheme(host: HTMLElement, blend: boolean): void {
  const around = backgroundBehind(blend ? host.parentElement : document.body);
  const scheme = (blend ? null : declaredScheme()) ?? schemeOf(around) ?? pageScheme();
  if (host.dataset["scheme"] !== scheme) host.dataset["scheme"] = scheme;
  if (!blend) {
    host.toggleAttribute("data-own", false);
    host.toggleAttribute("data-own", isForeign(host, scheme));
  }
  if (blend) {
    const ink = host.parentElement === null ? "" : getComputedStyle(host.parentElement).color;
    setProperty(host, "--gchat-ink", ink);
    setProperty(host, "--gchat-surface", around === null ? "" : `rgb(${around.slice(0, 3).join(" ")})`);
  }
  const accent = resolvedAccent(host);
  setProperty(host, "--gchat-on-accent", accent === null || luminance(accent) < 0.36 ? "" : "#111");
}

/** Whether the text is in a colour for the other scheme: a theme may paint the page and leave Bootstrap's variables alone. */
function isForeign(host: HTMLElement, scheme: Scheme): boolean {
  const ink = parseColour(getComputedStyle(host).color);
  return ink !== null && luminance(ink) < MIDDLE_LUMINANCE === (scheme === "dark");
}

function setProperty(host: HTMLElement, name: string, value: string): void {
  if (host.style.getPropertyValue(name) === value) return;
  if (value === "") host.style.removeProperty(name);
  else host.style.setProperty(name, value);
}

function declaredScheme(): Scheme | null {
  for (const element of [document.body, document.documentElement]) {
    const theme = element.dataset["bsTheme"];
    if (theme === "dark" || theme === "light") return theme;
  }
  return null;
}

/** What a page without any background of its own shows: the canvas, dark only where the page allows it. */
function pageScheme(): Scheme {
  const allowed = getComputedStyle(document.documentElement).colorScheme;
  return allowed.includes("dark") && window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function schemeOf(background: Rgba | null): Scheme | null {
  return background === null ? null : luminance(background) < DARK_LUMINANCE ? "dark" : "light";
}

/** The first opaque background from `start` upwards, over shadow roots. */
function backgroundBehind(start: Element | null): Rgba | null {
  for (let element = start; element !== null; element = parentOf(element)) {
    const colour = parseColour(getComputedStyle(element).backgroundColor);
    if (colour !== null && colour[3] > 0.9) return colour;
  }
  return null;
}

function parentOf(element: Element): Element | null {
  if (element.parentElement !== null) return element.parentElement;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}

function resolvedAccent(host: HTMLElement): Rgba | null {
  const probe = host.shadowRoot?.querySelector(".accent-probe");
  return probe === null || probe === undefined ? null : parseColour(getComputedStyle(probe).color);
}

/** `rgb(…)` and `color(srgb …)`, the forms in which browsers answer. */
export function parseColour(text: string): Rgba | null {
  const numbers = text.match(/[\d.]+%?/g)?.map((part) => Number.parseFloat(part));
  const [red, green, blue, alpha = 1] = numbers ?? [];
  if (red === undefined || green === undefined || blue === undefined) return null;
  if (text.startsWith("rgb")) return [red, green, blue, alpha];
  if (text.startsWith("color(srgb ")) return [red * 255, green * 255, blue * 255, alpha];
  return null;
}

/** WCAG 2 relative luminance, 0 … 1. */
export function luminance(colour: Rgba): number {
  const [red = 0, green = 0, blue = 0] = colour.slice(0, 3).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
