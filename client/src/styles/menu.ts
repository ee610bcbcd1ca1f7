/** Menus: of a message, of a window; the emoji at hand, and the box of all emoji. */
import { css } from "lit";

export const menuStyles = css`
  .menu {
    position: fixed;
    inset: auto;
    z-index: 2;
    min-inline-size: 132px;
    max-block-size: calc(100dvh - 16px);
    margin: 0;
    padding: 6px;
    border: 0;
    border-radius: 12px;
    background: var(--g-surface);
    box-shadow: var(--g-shadow);
    color: var(--g-ink);
    overflow: auto;
  }
  .menu.inside {
    display: block;
    position: absolute;
    inset-block-start: 100%;
    inset-inline: auto 0;
  }
  .mine .menu.inside {
    inset-inline: 0 auto;
  }
  .menu p {
    max-inline-size: 180px;
    padding: 4px 12px 6px;
    color: var(--g-muted);
    font-size: 12px;
  }
  .menu button {
    display: block;
    inline-size: 100%;
    padding: 7px 12px;
    border-radius: 8px;
  }
  .menu button:hover,
  .menu button:focus {
    background: var(--g-tint);
  }
  .menu button:focus-visible {
    outline-offset: -2px;
  }
  .menu :is(.delete, .leave) {
    color: var(--g-danger);
  }
  .menu [aria-checked] {
    padding-inline-start: 32px;
  }
  .menu [aria-checked="true"]::before {
    content: "✓";
    display: inline-block;
    inline-size: 20px;
    margin-inline-start: -20px;
    font-weight: 700;
  }
  .menu.bar {
    /* In one row where the page has room, wherever it stands before it is placed. */
    inline-size: max-content;
    max-inline-size: calc(100vw - 16px);
    padding: 4px;
    border-radius: 24px;
  }
  .menu.bar p {
    max-inline-size: 250px;
    padding-block: 2px 6px;
    text-align: center;
  }
  .menu.picker {
    padding: 0;
    overflow: hidden;
  }
  .menu [role="toolbar"] {
    display: flex;
    flex-wrap: wrap;
    gap: 2px;
  }
  .menu .emoji {
    display: grid;
    place-items: center;
    inline-size: 40px;
    block-size: 40px;
    padding: 0;
    border-radius: 50%;
    font-size: 22px;
    line-height: 1;
    transition: transform 0.12s;
  }
  .menu .emoji:is(:hover, :focus) {
    transform: scale(1.15);
  }
  .menu .emoji[aria-pressed="true"] {
    background: var(--g-tint);
    box-shadow: inset 0 0 0 2px var(--g-link);
  }
  .menu .emoji[aria-disabled="true"] {
    opacity: 0.4;
    transform: none;
    cursor: default;
  }
  /* Here it is not drawn. */
  .menu .emoji.named {
    inline-size: auto;
    padding-inline: 8px;
    border-radius: 20px;
    font-size: 13px;
  }
  .menu .emoji .icon {
    margin: auto;
    color: var(--g-muted);
  }
  @media (pointer: coarse) {
    .menu button {
      min-block-size: 44px;
      padding-inline: 16px;
    }
    .menu .emoji {
      inline-size: 44px;
      block-size: 44px;
      padding: 0;
    }
  }
  /* A phone's at the bottom of what can be seen, above a touch keyboard. */
  @media (max-width: 575.98px) {
    .menu.picker {
      --high: min(26em, calc(var(--g-view-height, 100dvh) - 8px));
      inset-block-start: calc(var(--g-view-top, 0px) + var(--g-view-height, 100dvh) - var(--high)) !important;
      inset-inline: 0 !important;
      inline-size: 100%;
      max-inline-size: none;
      block-size: var(--high);
      max-block-size: none;
      border-end-start-radius: 0;
      border-end-end-radius: 0;
    }
  }
  @media (forced-colors: active) {
    .menu {
      border: 1px solid CanvasText;
    }
    .menu button:focus {
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
  }
`;
