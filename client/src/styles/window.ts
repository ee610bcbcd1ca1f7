/** A window of the dock: whole, as a bar, and over the whole screen on a phone. */
import { css } from "lit";

export const windowStyles = css`
  :host {
    --gchat-avatar-size: 32px;
    display: block;
    flex: none;
    inline-size: var(--g-bar-width);
    pointer-events: auto;
    animation: arrive 0.18s ease-out;
  }
  :host([open]) {
    inline-size: var(--g-window-width);
  }
  section {
    display: flex;
    flex-direction: column;
    overflow: hidden;
    border-radius: 14px 14px 0 0;
    background: var(--g-surface);
    box-shadow: var(--g-shadow);
  }
  /* Moodle's navigation stays over the page's top. */
  :host([open]) section {
    block-size: min(460px, calc(100dvh - var(--g-bottom, 0px) - 72px));
  }
  header {
    position: relative;
    display: flex;
    flex: none;
    gap: 4px;
    align-items: center;
    min-block-size: 46px;
    padding-inline-end: 6px;
  }
  :host([open]) header {
    min-block-size: 54px;
    padding-inline-start: 12px;
    border-block-end: 1px solid var(--g-line);
    cursor: pointer;
  }
  .who {
    display: grid;
    flex: 1;
    justify-items: start;
    min-inline-size: 0;
    padding-inline: 8px 4px;
  }
  .name {
    max-inline-size: 100%;
    font-weight: 600;
    line-height: 1.3;
  }
  .who .name {
    padding-block: 1px;
  }
  a.name {
    border-radius: 4px;
    color: inherit;
    text-decoration: none;
  }
  a.name:hover {
    text-decoration: underline;
  }
  a.name:focus-visible {
    outline-offset: 0;
  }
  .status {
    max-inline-size: 100%;
    color: var(--g-muted);
    font-size: 12px;
    line-height: 1.3;
  }
  .restore {
    --gchat-avatar-size: 28px;
    display: flex;
    flex: 1;
    gap: 8px;
    align-items: center;
    align-self: stretch;
    min-inline-size: 0;
    padding-inline-start: 10px;
  }
  .restore::after {
    content: "";
    position: absolute;
    inset: 0;
    border-radius: 14px 14px 0 0;
  }
  .restore:hover::after {
    background: color-mix(in srgb, var(--g-ink) 5%, transparent);
  }
  .restore:focus-visible {
    outline: none;
  }
  .restore:focus-visible::after {
    outline: 2px solid var(--g-focus);
    outline-offset: -3px;
  }
  .actions {
    display: flex;
    flex: none;
  }
  .actions:has(.menu) {
    position: relative;
  }
  .back:dir(rtl) .icon {
    transform: scaleX(-1);
  }
  .close {
    position: relative;
    z-index: 1;
  }
  :host(:not([open])) .waiting {
    background: var(--g-tint);
    --g-around: var(--g-tint);
  }
  /* Of a narrow bar's name more is seen so. */
  :host(:not([open])) .at + .unread {
    display: none;
  }
  .refused {
    margin: 0;
    padding: 6px 14px;
  }
  .dots {
    display: inline-flex;
    flex: none;
    gap: 3px;
  }
  .dots i {
    inline-size: 4px;
    block-size: 4px;
    border-radius: 50%;
    background: var(--g-muted);
    animation: pulse 1s ease-in-out infinite alternate;
  }
  .dots i:nth-child(2) {
    animation-delay: 0.2s;
  }
  .dots i:nth-child(3) {
    animation-delay: 0.4s;
  }
  @keyframes pulse {
    from {
      opacity: 0.3;
    }
  }
  @keyframes arrive {
    from {
      opacity: 0;
      transform: translateY(16px);
    }
  }
  @media (max-width: 575.98px) {
    :host([open]) {
      position: fixed;
      inset-inline: 0;
      inset-block-start: var(--g-view-top, 0);
      inline-size: auto;
      block-size: var(--g-view-height, 100dvh);
    }
    :host([open]) section {
      block-size: 100%;
      padding-block: env(safe-area-inset-top) env(safe-area-inset-bottom);
      padding-inline: env(safe-area-inset-left) env(safe-area-inset-right);
      border-radius: 0;
      box-shadow: none;
    }
    :host([open]) header {
      min-block-size: 60px;
      padding-inline-start: 4px;
      cursor: auto;
    }
  }
  @media (forced-colors: active) {
    section {
      border: 1px solid CanvasText;
    }
  }
`;
