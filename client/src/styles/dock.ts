/** The row at the bottom. The widths are numbers because `fit` counts with them. */
import { css, unsafeCSS } from "lit";

/** The last width of a phone: below Bootstrap's `sm`. */
export const PHONE = 575.98;
export const OPEN = 328;
export const BAR = { wide: 208, phone: 136 } as const;
export const LAUNCHER = { wide: 220, phone: 56 } as const;
export const MORE = { wide: 104, phone: 88 } as const;
export const EDGE = { wide: 20, phone: 12 } as const;
export const GAP = 10;

const px = (number: number): ReturnType<typeof unsafeCSS> => unsafeCSS(`${number}px`);

export const dockStyles = css`
  :host {
    --g-bottom: var(--gchat-bottom, var(--g-measured-bottom, 0px));
    --g-end: var(--gchat-end, var(--g-measured-end, 0px));
    --g-window-width: ${px(OPEN)};
    --g-bar-width: ${px(BAR.wide)};
    --g-launcher-width: ${px(LAUNCHER.wide)};
    position: fixed;
    inset-block-end: var(--g-bottom);
    inset-inline: 0;
    /* Above a page's own parts, below its navigation, drawers and all that comes with a backdrop. */
    z-index: var(--gchat-z-index, 1010);
    display: block;
    pointer-events: none;
  }
  .dock {
    display: flex;
    gap: ${px(GAP)};
    align-items: flex-end;
    justify-content: flex-end;
    padding-inline: ${px(EDGE.wide)} calc(${px(EDGE.wide)} + var(--g-end));
  }
  .notices {
    display: flex;
    justify-content: flex-end;
    padding-inline: ${px(EDGE.wide)} calc(${px(EDGE.wide)} + var(--g-end));
  }
  .notice {
    display: flex;
    gap: 8px;
    align-items: center;
    box-sizing: border-box;
    max-inline-size: min(400px, 100%);
    margin-block-end: 12px;
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
  @media (max-width: 575.98px) {
    .notices {
      padding-inline: ${px(EDGE.phone)};
    }
    :host {
      --g-bar-width: ${px(BAR.phone)};
      --g-launcher-width: ${px(LAUNCHER.phone)};
    }
    .dock {
      align-items: center;
      padding-inline: ${px(EDGE.phone)} calc(${px(EDGE.phone)} + var(--g-end));
      padding-block-end: calc(12px + env(safe-area-inset-bottom));
    }
    .covered > :not([open]) {
      visibility: hidden;
    }
  }
  /* Above drawers too, still below modals. */
  :host([aside]),
  :host([whole]) {
    z-index: calc(var(--gchat-z-index, 1010) + 30);
  }
  :host([aside]) .dock > :not([open]) {
    visibility: hidden;
  }
  @media print {
    :host {
      display: none;
    }
  }
`;
