/** The launcher, the "more" button and what they open. */
import { css } from "lit";
import { PANEL, px } from "./dock.js";

export const panelStyles = css`
  :host {
    position: relative;
    display: block;
    flex: none;
    pointer-events: auto;
  }
  .opener {
    display: flex;
    gap: 8px;
    align-items: center;
    min-block-size: 46px;
    padding-inline: 12px;
    border-radius: 14px 14px 0 0;
    background: var(--g-surface);
    box-shadow: var(--g-shadow);
    color: var(--g-ink);
    font-weight: 600;
    transition: background-color 0.12s;
  }
  .opener:hover {
    background: color-mix(in srgb, var(--g-ink) 5%, var(--g-surface));
  }
  .opener:focus-visible {
    outline-offset: -3px;
  }
  .launcher {
    inline-size: var(--g-launcher-width);
  }
  /* An open panel has its place in the row: no window lies below it. */
  @media (min-width: 576px) {
    :host([shown]) .launcher {
      inline-size: ${px(PANEL)};
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
    :host([tight]) .more {
      inline-size: var(--g-launcher-width);
      gap: 4px;
      justify-content: center;
      padding: 0;
    }
    :host([tight]) .words,
    :host(:not([tight])) .few {
      display: none;
    }
    :host([tight]) .more .badges {
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
  .launcher:has(.at) .count,
  .more .at + .unread {
    display: none;
  }
  .count.pale::before {
    background: var(--g-muted);
  }
  .more {
    padding-inline: 10px 14px;
    white-space: nowrap;
  }
  .more .icon {
    color: var(--g-muted);
  }
  .few::after {
    content: attr(data-count);
  }
  .panel {
    position: absolute;
    inset-block-end: calc(100% + 8px);
    inset-inline-end: 0;
    z-index: 1;
    display: flex;
    flex-direction: column;
    inline-size: ${px(PANEL)};
    max-inline-size: calc(100vw - 16px);
    max-block-size: min(340px, calc(100dvh - var(--g-bottom, 0px) - 80px));
    margin: 0;
    overflow: hidden;
    border-radius: 14px;
    background: var(--g-surface);
    box-shadow: var(--g-shadow);
    list-style: none;
    animation: rise 0.16s ease-out;
  }
  .people {
    --tallest: min(460px, calc(100dvh - var(--g-bottom, 0px) - 80px));
    min-block-size: min(200px, var(--tallest));
    max-block-size: var(--tallest);
  }
  /* Of one size, whatever a search finds: what people type into must not move. */
  .crowded {
    block-size: var(--tallest);
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
  gchat-rooms,
  .failed {
    flex: 0 1 auto;
    max-block-size: 45%;
    padding-block-end: 6px;
  }
  h3 {
    flex: none;
    margin: 0;
    padding: 6px 16px 2px;
    border-block-start: 1px solid var(--g-line);
    color: var(--g-muted);
    font-size: 0.8667em;
    font-weight: 600;
  }
  .failed {
    padding-inline: 16px;
    color: var(--g-muted);
    font-size: 0.8667em;
  }
  .failed p {
    margin: 0 0 8px;
  }
  gchat-people {
    flex: 1;
    min-block-size: 0;
    padding: 0 6px 6px;
  }
  .menu {
    --gchat-avatar-size: 28px;
    inline-size: 240px;
    padding: 6px;
    overflow-y: auto;
  }
  .entry {
    display: flex;
    gap: 10px;
    align-items: center;
    inline-size: 100%;
    min-block-size: 44px;
    padding-inline: 8px;
    border-radius: 8px;
  }
  .entry:hover {
    background: var(--g-soft);
  }
  .entry:focus-visible {
    outline-offset: -2px;
  }
  @keyframes rise {
    from {
      opacity: 0;
      transform: translateY(8px);
    }
  }
  @media (max-width: 575.98px) {
    .opener {
      border-radius: 23px;
    }
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
    .launcher .title,
    .launcher .count {
      display: none;
    }
    .launcher .badges {
      position: absolute;
      --g-ring: 0 0 0 2px var(--g-surface);
      inset-block-start: -4px;
      inset-inline-end: -4px;
    }
    .people {
      position: fixed;
      inset-inline: 8px;
      inset-block-end: calc(var(--g-bottom, 0px) + 80px);
      inline-size: auto;
      max-inline-size: none;
      --tallest: min(560px, calc(var(--g-view-height, 100dvh) - var(--g-bottom, 0px) - 96px));
    }
    .more {
      padding-inline: 8px 12px;
    }
    .few {
      display: none;
    }
  }
  @media (forced-colors: active) {
    .opener,
    .panel {
      border: 1px solid CanvasText;
    }
    .count::before {
      background: Highlight;
      forced-color-adjust: none;
    }
  }
`;
