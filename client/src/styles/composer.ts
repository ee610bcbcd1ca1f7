/** Where a message is written. */
import { css } from "lit";

export const composerStyles = css`
  :host {
    position: relative;
    display: block;
    flex: none;
    padding: 8px;
    border-block-start: 1px solid var(--g-line);
  }
  p {
    margin: 0;
    padding: 0 8px 6px;
    color: var(--g-muted);
    font-size: 12px;
  }
  .hint.bad {
    color: var(--g-danger);
    font-weight: 600;
  }
  .purpose {
    display: flex;
    gap: 8px;
    align-items: center;
    justify-content: space-between;
    margin-block-end: 6px;
    padding: 2px 2px 2px 10px;
    border-inline-start: 3px solid var(--g-link);
    border-radius: 3px;
    background: var(--g-soft);
  }
  .purpose:dir(rtl) {
    padding: 2px 10px 2px 2px;
  }
  .purpose p {
    display: grid;
    min-inline-size: 0;
    padding: 0;
    overflow-wrap: anywhere;
  }
  .purpose b {
    color: var(--g-link);
  }
  .ways {
    text-align: end;
  }
  /* No mistake of the person's: said, not warned of. */
  .hint.closed {
    color: var(--g-ink);
    font-size: 13px;
  }
  [role="listbox"] {
    --gchat-avatar-size: 26px;
    position: absolute;
    inset-block-end: calc(100% - 2px);
    inset-inline: 8px;
    z-index: 3;
    margin: 0;
    padding: 6px;
    border-radius: 12px;
    background: var(--g-surface);
    box-shadow: var(--g-shadow);
    list-style: none;
  }
  [role="option"] {
    display: flex;
    gap: 10px;
    align-items: center;
    min-block-size: 38px;
    padding-inline: 8px;
    border-radius: 8px;
    cursor: pointer;
  }
  [role="option"]:is(:hover, [aria-selected="true"]) {
    background: var(--g-tint);
    --g-around: var(--g-tint);
  }
  [role="option"] .sign {
    flex: none;
    min-inline-size: 1.3em;
    font-size: 1.3em;
    line-height: 1;
    text-align: center;
  }
  .row {
    display: flex;
    gap: 4px;
    align-items: flex-end;
  }
  textarea {
    display: block;
    flex: 1;
    min-inline-size: 0;
    min-block-size: 38px;
    max-block-size: 132px;
    padding: 7px 14px;
    border: 1px solid var(--g-edge);
    border-radius: 19px;
    background: var(--g-surface);
    color: var(--g-ink);
    line-height: 1.45;
    overflow-wrap: anywhere;
    resize: none;
    scrollbar-width: thin;
  }
  textarea::placeholder {
    color: var(--g-muted);
    opacity: 1;
  }
  textarea:focus-visible {
    border-color: var(--g-focus);
    outline-offset: -2px;
  }
  textarea:read-only {
    background: var(--g-soft);
  }
  textarea[aria-invalid="true"] {
    border-color: var(--g-danger);
  }
  .smile .quiet {
    inline-size: 34px;
    block-size: 38px;
  }
  .send {
    display: grid;
    flex: none;
    place-items: center;
    inline-size: 38px;
    block-size: 38px;
    border-radius: 50%;
    color: var(--g-link);
    transition: background-color 0.12s;
  }
  .send:hover {
    background: var(--g-tint);
  }
  .send[aria-disabled="true"] {
    background: none;
    color: var(--g-muted);
    cursor: default;
  }
  .send:dir(rtl) .icon {
    transform: scaleX(-1);
  }
  @media (forced-colors: active) {
    [role="listbox"] {
      border: 1px solid CanvasText;
    }
    [role="option"][aria-selected="true"] {
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
  }
  @media (pointer: coarse) {
    [role="option"] {
      min-block-size: 44px;
    }
    textarea {
      min-block-size: 44px;
      padding-block: 9px;
      border-radius: 22px;
      font-size: max(1em, 16px);
    }
    .smile .quiet {
      inline-size: 40px;
      block-size: 44px;
    }
    .send {
      inline-size: 44px;
      block-size: 44px;
    }
  }
`;
