/** The picker of emoji. Its box, and where that is on a phone, are in menu.ts. */
import { css } from "lit";

export const emojiStyles = css`
  :host {
    --cell: 2.4em;
    display: block;
    inline-size: min(21em, calc(100vw - 16px));
    block-size: min(25em, calc(100dvh - 16px));
  }
  .whole {
    display: flex;
    flex-direction: column;
    block-size: 100%;
    min-block-size: 0;
  }
  p,
  h4 {
    margin: 0;
  }
  .top {
    display: flex;
    flex: none;
    gap: 4px;
    align-items: center;
    padding: 8px 8px 4px;
  }
  .search {
    position: relative;
    flex: 1;
    min-inline-size: 0;
  }
  .search input {
    inline-size: 100%;
    min-block-size: 36px;
    padding-inline: 36px 10px;
    border: 1px solid var(--g-edge);
    border-radius: 18px;
    background: var(--g-surface);
    color: var(--g-ink);
    appearance: none;
  }
  .search input::placeholder {
    color: var(--g-muted);
    opacity: 1;
  }
  .search input:focus-visible {
    border-color: var(--g-focus);
    outline-offset: -2px;
  }
  .search .icon {
    position: absolute;
    inset-block-start: calc(50% - 9px);
    inset-inline-start: 11px;
    inline-size: 18px;
    block-size: 18px;
    color: var(--g-muted);
    pointer-events: none;
  }
  .tone {
    inline-size: max(36px, 2em);
    block-size: max(36px, 2em);
    color: var(--g-ink);
    font-size: 1.2em;
    line-height: 1;
  }
  .jumps {
    display: flex;
    flex: none;
    padding-inline: 6px;
    border-block-end: 1px solid var(--g-line);
    overflow-x: auto;
    scrollbar-width: none;
  }
  .jumps button {
    flex: 1 0 auto;
    min-inline-size: 1.6em;
    padding: 5px 0;
    border-block-end: 2px solid transparent;
    color: var(--g-ink);
    font-size: 1.15em;
    line-height: 1.2;
    text-align: center;
  }
  .jumps button:hover {
    background: var(--g-soft);
  }
  .jumps button:is([aria-current="true"], [aria-pressed="true"]) {
    border-color: var(--g-link);
  }
  .jumps button:focus-visible {
    outline-offset: -2px;
  }
  .scroller {
    position: relative;
    flex: 1;
    min-block-size: 0;
    overflow: hidden auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
  }
  h4 {
    position: sticky;
    inset-block-start: 0;
    z-index: 1;
    block-size: 2em;
    padding-inline: 12px;
    background: var(--g-surface);
    color: var(--g-muted);
    font-size: 0.8667em;
    font-weight: 600;
    line-height: 2;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .rows {
    margin-inline: 8px;
  }
  .row {
    display: flex;
  }
  .cell {
    flex: none;
    inline-size: var(--cell);
    block-size: var(--cell);
    border-radius: 8px;
    text-align: center;
  }
  /* Where a system would rather draw them as text, as with forced colours, it may lack some there. */
  :is(.cell, .jumps button, .tone, .sign) {
    font-family: "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", "Twemoji Mozilla", sans-serif;
  }
  .named :is(.cell, .jumps button) {
    font-family: inherit;
  }
  .whole:not(.named) .cell {
    font-size: 1.5em;
    line-height: 1;
    inline-size: calc(var(--cell) / 1.5);
    block-size: calc(var(--cell) / 1.5);
  }
  .cell:hover,
  .cell:focus-visible {
    background: var(--g-tint);
  }
  .cell:focus-visible {
    outline-offset: -2px;
  }
  .named .cell {
    inline-size: 50%;
    padding-inline: 8px;
    font-size: 0.8667em;
    overflow: hidden;
    text-align: start;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .named .jumps button {
    padding: 6px 8px;
    font-size: 0.8667em;
  }
  .undrawn,
  .none {
    flex: none;
    padding: 8px 12px;
    color: var(--g-muted);
    font-size: 0.8667em;
  }
  .none {
    padding-block: 24px;
    text-align: center;
    overflow-wrap: anywhere;
  }
  .about {
    display: flex;
    flex: none;
    gap: 8px;
    align-items: center;
    block-size: 2.8em;
    padding-inline: 12px;
    border-block-start: 1px solid var(--g-line);
    color: var(--g-muted);
    font-size: 0.8667em;
  }
  .about .sign {
    flex: none;
    color: var(--g-ink);
    font-size: 1.6em;
    line-height: 1;
  }
  .about b {
    color: var(--g-ink);
  }
  @media (pointer: coarse) {
    :host {
      --cell: max(40px, 2.6667em);
    }
    .search input {
      min-block-size: 44px;
      border-radius: 22px;
      font-size: max(1em, 16px);
    }
    .tone,
    .jumps button {
      min-inline-size: 40px;
      min-block-size: 40px;
    }
  }
  @media (max-width: 575.98px) {
    :host {
      inline-size: 100%;
      block-size: 100%;
    }
  }
  @media (forced-colors: active) {
    .cell:focus-visible,
    .jumps button:is([aria-current="true"], [aria-pressed="true"]) {
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
  }
`;
