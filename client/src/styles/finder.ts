/**
 * What the launcher's panel holds. All rows have one height and all headings of parts another, in letters, so that larger
 * ones have room: elements/tall.ts counts with them.
 */
import { css } from "lit";

export const finderStyles = css`
  :host {
    --gchat-avatar-size: 38px;
    display: flex;
    flex-direction: column;
    min-block-size: 0;
  }
  .search {
    margin: 2px 12px 8px;
  }
  /* Beside it stands what was typed, where that runs the other way than the page. */
  input::-webkit-search-cancel-button {
    margin-inline-start: 8px;
  }
  .filters {
    display: flex;
    flex: none;
    gap: 8px;
    padding: 0 12px 8px;
  }
  .chip {
    padding: 3px 12px;
    border: 1px solid var(--g-edge);
    border-radius: 999px;
    font-size: 0.8667em;
    transition: background-color 0.12s;
  }
  .chip:hover {
    background: var(--g-soft);
  }
  .chip[aria-pressed="true"] {
    border-color: var(--g-link);
    background: var(--g-tint);
    color: var(--g-link);
    font-weight: 600;
  }
  .lost,
  .refused {
    margin: 0 12px 8px;
  }
  .scroller {
    position: relative;
    display: flex;
    flex: 1;
    flex-direction: column;
    min-block-size: 0;
    padding: 0 6px 8px;
    border-block-start: 1px solid var(--g-line);
    overflow: hidden auto;
    overflow-anchor: none;
    overscroll-behavior: contain;
    scrollbar-width: thin;
  }
  .scroller:focus-visible {
    outline: none;
  }
  .section {
    flex: none;
  }
  mark {
    background: none;
    color: var(--g-ink);
    font-weight: 600;
  }
  h3,
  h4 {
    margin: 0;
    color: var(--g-muted);
    font-weight: 600;
  }
  h3 {
    padding: 10px 10px 4px;
    font-size: 0.8667em;
  }
  h4 {
    block-size: 2em;
    padding-inline: 10px;
    font-size: 0.8em;
    line-height: 2;
  }
  ul {
    list-style: none;
  }
  .row {
    position: relative;
    display: grid;
    grid-template: 1fr 1fr / 38px minmax(0, 1fr) auto;
    column-gap: 12px;
    block-size: 3.7333em;
    padding-inline: 10px;
    border-radius: 10px;
    overflow: clip;
    transition: background-color 0.12s;
  }
  .turned {
    background: var(--g-soft);
    --g-around: var(--g-soft);
  }
  @media (hover: hover) {
    .row:hover {
      background: var(--g-soft);
      --g-around: var(--g-soft);
    }
  }
  /* The whole row is the button; of its text, only the name is the button's. */
  .row > .stop {
    display: grid;
    grid-area: 1 / 1 / 3 / 3;
    grid-template: subgrid / subgrid;
    min-inline-size: 0;
  }
  .row > .stop::after {
    content: "";
    position: absolute;
    inset: 0;
    border-radius: 10px;
  }
  .row > .stop:focus-visible {
    outline: none;
  }
  .row > .stop:focus-visible::after {
    outline: 2px solid var(--g-focus);
    outline-offset: -2px;
  }
  gchat-avatar {
    grid-row: 1 / 3;
    align-self: center;
  }
  .name {
    place-self: end start;
    grid-column: 2;
    max-inline-size: 100%;
    font-weight: 600;
    line-height: 1.4;
  }
  .alone .name {
    grid-row: 1 / 3;
    align-self: center;
  }
  .when {
    grid-area: 1 / 3;
    place-self: end end;
    color: var(--g-muted);
    font-size: 0.8em;
    line-height: 1.75;
  }
  .about {
    grid-area: 2 / 2;
    place-self: start stretch;
    color: var(--g-muted);
    font-size: 0.8667em;
    line-height: 1.5;
  }
  .signs {
    display: inline-flex;
    grid-area: 2 / 3;
    gap: 4px;
    align-items: center;
    place-self: start end;
    min-block-size: 20px;
    color: var(--g-muted);
  }
  .alone .signs {
    grid-row: 1 / 3;
    align-self: center;
  }
  .signs .icon {
    inline-size: 15px;
    block-size: 15px;
  }
  .waits .name {
    font-weight: 700;
  }
  .waits > .about {
    color: var(--g-ink);
    font-weight: 600;
  }
  .waits > .when {
    color: var(--g-link);
    font-weight: 600;
  }
  .dimmed gchat-avatar {
    opacity: 0.5;
  }
  /* Over the time of the last message, as soon as somebody turns to the row; where one touches, beside it. */
  .acts {
    position: absolute;
    inset-block-start: calc(50% - 16px);
    inset-inline-end: 8px;
    opacity: 0;
  }
  .acts::before {
    content: "";
    inline-size: 3px;
    block-size: 3px;
    border-radius: 50%;
    background: currentcolor;
    box-shadow:
      0 -6px 0,
      0 6px 0;
  }
  .row:hover > .acts,
  .acts:focus-visible,
  .stop:focus-visible ~ .acts,
  .acts[aria-expanded="true"] {
    opacity: 1;
  }
  /* In place of the time and the number. */
  @media (hover: hover) {
    .row:has(.acts):hover > :is(.when, .signs),
    .row:has(.acts[aria-expanded="true"]) > :is(.when, .signs) {
      visibility: hidden;
    }
  }
  /* For the keyboard beside them. */
  .row:has(.acts):has(> :focus-visible) {
    padding-inline-end: 44px;
  }
  .first {
    flex: none;
    gap: 6px;
    margin-block: 0;
    padding-block: 28px 20px;
  }
  .lead {
    color: var(--g-ink);
    font-weight: 600;
  }
  .first .main {
    margin-block-start: 8px;
  }
  .main {
    padding: 6px 16px;
    border-color: transparent;
    background: var(--g-accent);
    color: var(--g-on-accent);
  }
  .main:hover {
    background: color-mix(in srgb, var(--g-accent) 88%, #000);
  }
  .calm {
    flex: none;
    margin-block: 0;
  }
  @media (pointer: coarse) {
    .chip {
      min-block-size: 36px;
      padding-inline: 16px;
    }
    .row {
      block-size: 4.2667em;
    }
    .row:has(.acts) {
      padding-inline-end: 44px;
    }
    .acts {
      inset-block-start: calc(50% - 22px);
      inset-inline-end: 0;
      opacity: 1;
    }
  }
  @media (forced-colors: active) {
    .chip[aria-pressed="true"] {
      border-color: Highlight;
      color: Highlight;
    }
    .main,
    .acts {
      border: 1px solid CanvasText;
    }
  }
`;
