/** The button for the windows that do not fit, and their menu. On a phone there is none. */
import { css } from "lit";

export const moreStyles = css`
  .more {
    padding-inline: 10px 14px;
    white-space: nowrap;
  }
  .more .icon {
    color: var(--g-muted);
  }
  .more .at + .unread {
    display: none;
  }
  .few::after {
    content: attr(data-count);
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
  :host([tight]) .badges {
    position: absolute;
    --g-ring: 0 0 0 2px var(--g-surface);
    inset-block-start: -6px;
    inset-inline-end: -4px;
  }
  .menu {
    --gchat-avatar-size: 28px;
    inline-size: 240px;
    max-block-size: min(340px, calc(100dvh - var(--g-bottom, 0px) - 80px));
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
  .entry .title {
    flex: 1;
    min-inline-size: 0;
  }
`;
