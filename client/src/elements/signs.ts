/** The icons of what comes later: windows, dialogs and the panel. */
import { svg } from "lit";
import { icon } from "./icons.js";

export const sendIcon = icon(
  svg`<path d="M3.2 3.8 17 10 3.2 16.2 5 10Zm1.8 6.2h6.5" fill="currentColor" fill-opacity=".18"/>`,
);
export const downIcon = icon(svg`<path d="M10 4.5v11m-4.5-4.5 4.5 4.5 4.5-4.5"/>`);
export const moreIcon = icon(svg`<path d="M5.5 12.5 10 8l4.5 4.5"/>`);
export const smileIcon = icon(svg`<circle cx="10" cy="10" r="6.8"/><path d="M7 11.8c1.5 2 4.5 2 6 0M7.6 8h.01M12.4 8h.01"/>`);
export const dotsIcon = icon(svg`<path d="M10 4.5v.01M10 10v.01M10 15.5v.01" stroke-width="2.6"/>`);
export const sentIcon = icon(svg`<path d="m5 10.5 3.5 3.5L15 7"/>`);
export const seenIcon = icon(svg`<path d="m2 10.5 3.5 3.5L12 7m-2.5 6.5.5.5L16.5 7"/>`);
export const copyIcon = icon(svg`<path d="M7.5 7.5h8v8h-8ZM12.5 7.5v-3h-8v8h3"/>`);
export const saveIcon = icon(svg`<path d="m4 10.5 4 4L16 6"/>`);
export const minimiseIcon = icon(svg`<path d="M5 13.5h10"/>`);
export const backIcon = icon(svg`<path d="M11.5 4.5 6 10l5.5 5.5M6.5 10H16"/>`);
export const pinIcon = icon(svg`<path d="M7.5 3h5l-.6 5.2 2.6 2.6v1.4h-9v-1.4l2.6-2.6Zm2.5 9.2V17"/>`);
export const muteIcon = icon(svg`<path d="M4.5 14h11c-1.3-1.5-1.6-3-1.6-5a3.9 3.9 0 0 0-7.8 0c0 2-.3 3.5-1.6 5Zm3.8 2.2a1.9 1.9 0 0 0 3.4 0M3.5 3.5l13 13"/>`);
