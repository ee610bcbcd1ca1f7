/** The few icons, drawn on a 20 × 20 grid with the text's colour. Decorative: names are on the buttons. */
import { svg, html, type TemplateResult } from "lit";

export function icon(shape: TemplateResult): TemplateResult {
  return html`<svg
    class="icon"
    viewBox="0 0 20 20"
    width="20"
    height="20"
    fill="none"
    stroke="currentColor"
    stroke-width="1.75"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    ${shape}
  </svg>`;
}

export const chatIcon = icon(
  svg`<path d="M3 9.2C3 5.8 6.1 3 10 3s7 2.8 7 6.2-3.1 6.2-7 6.2c-.9 0-1.8-.15-2.6-.42L3.7 16.5l1.05-3.1A5.8 5.8 0 0 1 3 9.2Z"/><path d="M7 9.2h.01M10 9.2h.01M13 9.2h.01" stroke-width="2.2"/>`,
);
export const closeIcon = icon(svg`<path d="m5.5 5.5 9 9m0-9-9 9"/>`);
export const searchIcon = icon(svg`<circle cx="9" cy="9" r="5"/><path d="m13 13 3.5 3.5"/>`);
export const warningIcon = icon(svg`<path d="M10 3.5 17.5 16.5h-15ZM10 8.5v3.5m0 2.2v.1"/>`);
export const peopleIcon = icon(
  svg`<circle cx="7.5" cy="7" r="3"/><path d="M2.5 16.5c0-3 2.2-4.8 5-4.8s5 1.8 5 4.8M13 4.3a3 3 0 0 1 0 5.4m1.5 2.4c1.8.6 3 2.2 3 4.4"/>`,
);
export const groupIcon = icon(
  svg`<circle cx="7.5" cy="7" r="3"/><path d="M2 16.5c0-3 2.4-4.8 5.5-4.8 1.6 0 3 .5 4 1.3M15 10v6m-3-3h6"/>`,
);
export const clockIcon = icon(svg`<circle cx="10" cy="10" r="6.5"/><path d="M10 6.5V10l2.3 1.5"/>`);
