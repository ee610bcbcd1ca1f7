/** The dock's buttons, the launcher and "more", and the panels that they open. */
import { css } from "lit";

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
  .panel {
    position: absolute;
    inset-block-end: calc(100% + 8px);
    inset-inline-end: 0;
    z-index: 1;
    display: flex;
    flex-direction: column;
    max-inline-size: calc(100vw - 16px);
    margin: 0;
    overflow: hidden;
    border-radius: 14px;
    background: var(--g-surface);
    box-shadow: var(--g-shadow);
    list-style: none;
    animation: rise 0.16s ease-out;
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
  }
  @media (forced-colors: active) {
    .opener,
    .panel {
      border: 1px solid CanvasText;
    }
  }
`;
