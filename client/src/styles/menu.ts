/** The menu of a message. */
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
  .menu .delete {
    color: var(--g-danger);
  }
  @media (pointer: coarse) {
    .menu button {
      min-block-size: 44px;
      padding-inline: 16px;
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
