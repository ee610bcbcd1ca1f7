/** The launcher, and its panel: of one size whatever is in it, beside the windows; on a phone it covers the page. */
import { css } from "lit";
import { PANEL, px } from "./dock.js";

export const launcherStyles = css`
  .launcher {
    inline-size: var(--g-launcher-width);
  }
  /* An open panel has its place in the row: no window lies below it. */
  @media (min-width: 576px) {
    :host([shown]) .launcher {
      inline-size: ${px(PANEL)};
      max-inline-size: calc(100vw - 16px);
    }
    :host([tight]:not([shown])) .launcher {
      position: relative;
      justify-content: center;
      padding: 0;
    }
    :host([tight]:not([shown])) .launcher :is(.title, .count) {
      display: none;
    }
    :host([tight]:not([shown])) .launcher .badges {
      position: absolute;
      --g-ring: 0 0 0 2px var(--g-surface);
      inset-block-start: -6px;
      inset-inline-end: -4px;
    }
  }
  .sign {
    color: var(--g-link);
  }
  .title {
    flex: 1;
    min-inline-size: 0;
  }
  .count {
    display: inline-flex;
    gap: 5px;
    align-items: center;
    color: var(--g-muted);
    font-size: 0.8667em;
    font-variant-numeric: tabular-nums;
  }
  /* The numbers are in the button's name, in words; here they are only for the eye. */
  .count::after {
    content: attr(data-count);
  }
  .count::before {
    content: "";
    inline-size: 8px;
    block-size: 8px;
    border-radius: 50%;
    background: var(--g-online);
  }
  .launcher:has(.at) .count {
    display: none;
  }
  .count.pale::before {
    background: var(--g-muted);
  }
  .finder {
    inline-size: ${px(PANEL)};
    block-size: min(600px, calc(100dvh - var(--g-bottom, 0px) - 80px));
  }
  .head {
    display: flex;
    flex: none;
    align-items: center;
    padding-block: 8px 4px;
    padding-inline: 16px 8px;
  }
  h2 {
    flex: 1;
    margin: 0;
    font-size: 1.0667em;
    font-weight: 600;
  }
  .failed {
    padding-inline: 16px;
  }
  gchat-people,
  gchat-finder {
    flex: 1;
    min-block-size: 0;
  }
  @media (max-width: 575.98px) {
    .launcher {
      position: relative;
      justify-content: center;
      inline-size: var(--g-launcher-width);
      block-size: 56px;
      padding: 0;
      border-radius: 50%;
      background: var(--g-accent);
      color: var(--g-on-accent);
    }
    .launcher:hover {
      background: color-mix(in srgb, var(--g-accent) 88%, #000);
    }
    .launcher:focus-visible {
      outline-color: var(--g-on-accent);
    }
    .launcher .sign {
      color: inherit;
    }
    .launcher .sign .icon {
      inline-size: 26px;
      block-size: 26px;
    }
    .launcher :is(.title, .count) {
      display: none;
    }
    .launcher .badges {
      position: absolute;
      --g-ring: 0 0 0 2px var(--g-surface);
      inset-block-start: -4px;
      inset-inline-end: -4px;
    }
    .finder {
      position: fixed;
      inset-inline: 0;
      inset-block: var(--g-view-top, 0) auto;
      inline-size: auto;
      max-inline-size: none;
      block-size: var(--g-view-height, 100dvh);
      padding-block: env(safe-area-inset-top) env(safe-area-inset-bottom);
      padding-inline: env(safe-area-inset-left) env(safe-area-inset-right);
      border-radius: 0;
      box-shadow: none;
    }
    .head {
      min-block-size: 56px;
    }
  }
  @media (forced-colors: active) {
    .count::before {
      background: Highlight;
      forced-color-adjust: none;
    }
  }
`;
