/** The row at the bottom. The widths are numbers because `fit` counts with them. */
import { css, unsafeCSS } from "lit";
import type { Sizes } from "../elements/fit.js";

/** The last width of a phone: below Bootstrap's `sm`. */
export const PHONE = 575.98;
const GAP = 10;
/** As it is where there is room, and where there is not: then the launcher and the "more" button lose their words. */
export const WIDE: readonly [Sizes, Sizes] = [
  { edge: 20, launcher: 220, more: 104, gap: GAP, open: { least: 260, most: 328 }, bar: { least: 150, most: 208 } },
  { edge: 8, launcher: 64, more: 64, gap: GAP, open: { least: 260, most: 328 }, bar: { least: 150, most: 208 } },
];
const [ROOMY, TIGHT] = WIDE;
/** On a phone an open window covers the page: of the row there is the launcher only. */
const NARROW = { edge: 12, launcher: 56 };
/** The launcher's panel. */
export const PANEL = 360;

/** A number of pixels as CSS. */
export const px = (number: number): ReturnType<typeof unsafeCSS> => unsafeCSS(`${number}px`);

export const dockStyles = css`
  /* Important, as rules of the page for every element would otherwise come before these. */
  :host {
    --g-bottom: var(--gchat-bottom, var(--g-measured-bottom, 0px));
    --g-end: var(--gchat-end, var(--g-measured-end, 0px));
    --g-edge-width: ${px(ROOMY.edge)};
    --g-launcher-width: ${px(ROOMY.launcher)};
    position: fixed !important;
    inset-block-end: var(--g-bottom) !important;
    inset-inline: 0 !important;
    /* Above a page's own parts, below its navigation, drawers and all that comes with a backdrop. */
    z-index: var(--gchat-z-index, 1010) !important;
    display: block !important;
    pointer-events: none !important;
  }
  :host([tight]) {
    --g-edge-width: ${px(TIGHT.edge)};
    --g-launcher-width: ${px(TIGHT.launcher)};
  }
  /* Without a height, and all that is in it rises above it: a window that comes moves no box, which browsers would
     count as a shift of the page's layout. */
  .dock {
    display: flex;
    gap: ${px(GAP)};
    align-items: flex-end;
    justify-content: flex-end;
    block-size: 0;
    padding-inline: var(--g-edge-width) calc(var(--g-edge-width) + var(--g-end));
  }
  .notices {
    position: absolute;
    z-index: 2;
    inset-block-end: 58px;
    inset-inline: 0;
    display: flex;
    justify-content: flex-end;
    padding-inline: var(--g-edge-width) calc(var(--g-edge-width) + var(--g-end));
  }
  .notices.above {
    inset-block-end: calc(min(460px, 100dvh - var(--g-bottom) - 72px) + 12px);
  }
  .notice {
    display: flex;
    gap: 8px;
    align-items: center;
    box-sizing: border-box;
    max-inline-size: min(400px, 100%);
    padding-block: 8px;
    padding-inline: 14px 6px;
    border-radius: 14px;
    background: var(--g-surface);
    box-shadow: var(--g-shadow);
    font-size: 14px;
    line-height: 1.4;
    pointer-events: auto;
  }
  .notice p {
    flex: 1;
    margin: 0;
  }
  .notice > .icon {
    flex: none;
    inline-size: 18px;
    block-size: 18px;
    color: var(--g-danger);
  }
  .notice.calm > .icon {
    color: var(--g-link);
  }
  @media (max-width: 575.98px) {
    :host {
      --g-edge-width: ${px(NARROW.edge)};
      --g-launcher-width: ${px(NARROW.launcher)};
    }
    .notices,
    .notices.above {
      inset-block-end: calc(80px + env(safe-area-inset-bottom));
    }
    .dock {
      align-items: center;
      block-size: auto;
      padding-block-end: calc(12px + env(safe-area-inset-bottom));
    }
    .covered > :not([open], [shown]) {
      visibility: hidden;
    }
  }
  /* Above drawers too, still below modals. */
  :host([aside]),
  :host([whole]) {
    z-index: calc(var(--gchat-z-index, 1010) + 30) !important;
  }
  :host([aside]) .dock > :not([open]) {
    visibility: hidden;
  }
  @media print {
    :host {
      display: none !important;
    }
  }
`;
