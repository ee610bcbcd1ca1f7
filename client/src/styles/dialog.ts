/** What lies over the page: a new group, people to add, members. */
import { css } from "lit";

export const dialogStyles = css`
  dialog {
    position: fixed;
    inset: 0;
    z-index: 5;
    inline-size: min(420px, calc(100vw - 24px));
    max-inline-size: none;
    block-size: fit-content;
    max-block-size: min(640px, calc(100dvh - 24px));
    margin: auto;
    padding: 0;
    border: 0;
    border-radius: 18px;
    background: var(--g-surface);
    color: var(--g-ink);
    box-shadow: var(--g-shadow);
    overflow: hidden;
    pointer-events: auto;
    animation: rise 0.16s ease-out;
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 45%);
  }
  .whole {
    display: flex;
    flex-direction: column;
    max-block-size: inherit;
    overflow-y: auto;
    overscroll-behavior: contain;
  }
  p,
  ul {
    margin: 0;
    padding: 0;
  }
  .head {
    display: flex;
    flex: none;
    align-items: center;
    padding-block: 12px 4px;
    padding-inline: 20px 10px;
  }
  h2 {
    flex: 1;
    margin: 0;
    font-size: 1.2em;
    font-weight: 600;
  }
  .fields {
    display: grid;
    flex: none;
    gap: 10px;
    padding: 4px 20px 10px;
  }
  label {
    display: grid;
    gap: 4px;
    font-size: 0.8667em;
    font-weight: 600;
  }
  input,
  select {
    display: block;
    inline-size: 100%;
    min-block-size: 40px;
    padding-inline: 12px;
    border: 1px solid var(--g-edge);
    border-radius: 10px;
    background: var(--g-surface);
    color: inherit;
    font: inherit;
    font-size: 15px;
    font-weight: 400;
  }
  :is(input, select):focus-visible {
    border-color: var(--g-focus);
    outline-offset: -1px;
  }
  input::placeholder {
    color: var(--g-muted);
    opacity: 1;
  }
  .search {
    position: relative;
    flex: none;
    padding: 0 20px 6px;
  }
  .search input {
    padding-inline: 38px;
    border-radius: 20px;
    appearance: none;
  }
  .search .icon {
    position: absolute;
    inset-block-start: 11px;
    inset-inline-start: 32px;
    inline-size: 18px;
    block-size: 18px;
    color: var(--g-muted);
    pointer-events: none;
  }
  .chips {
    --gchat-avatar-size: 24px;
    display: flex;
    flex: none;
    flex-wrap: wrap;
    gap: 6px;
    max-block-size: 108px;
    padding: 2px 20px 10px;
    overflow-y: auto;
    list-style: none;
  }
  .chips li {
    display: flex;
    gap: 6px;
    align-items: center;
    max-inline-size: 100%;
    padding-inline-start: 4px;
    border-radius: 16px;
    background: var(--g-tint);
    --g-around: var(--g-tint);
    font-size: 0.8667em;
  }
  .chips .quiet {
    inline-size: 30px;
    block-size: 30px;
  }
  .chips .icon {
    inline-size: 14px;
    block-size: 14px;
  }
  .people {
    flex: 1 1 auto;
    min-block-size: 132px;
    padding: 2px 12px;
    overflow-y: auto;
    overscroll-behavior: contain;
    list-style: none;
    scrollbar-width: thin;
  }
  .member {
    display: flex;
    gap: 12px;
    align-items: center;
    min-block-size: 50px;
    padding-inline: 10px;
  }
  /* The whole row is the button; of its text, only the name is the button's. */
  .row {
    position: relative;
    display: grid;
    grid-template: minmax(25px, auto) minmax(25px, auto) / 36px minmax(0, 1fr) 20px;
    column-gap: 12px;
    padding-inline: 10px;
    border-radius: 10px;
  }
  .person {
    display: grid;
    grid-area: 1 / 1 / 3 / 4;
    grid-template: subgrid / subgrid;
  }
  .person::after {
    content: "";
    position: absolute;
    inset: 0;
    border-radius: 10px;
  }
  .row:hover,
  .row:has([aria-pressed="true"]) {
    background: var(--g-soft);
    --g-around: var(--g-soft);
  }
  .person:focus-visible {
    outline: none;
  }
  .person:focus-visible::after {
    outline: 2px solid var(--g-focus);
    outline-offset: -2px;
  }
  .person gchat-avatar,
  .person .icon {
    grid-row: 1 / 3;
    align-self: center;
  }
  .person .icon {
    grid-column: 3;
    color: var(--g-link);
  }
  .row .name {
    place-self: end start;
    max-inline-size: 100%;
    line-height: 1.35;
  }
  .row:not(:has(bdi:not(:empty))) .name {
    grid-row: 1 / 3;
    align-self: center;
  }
  .row .about {
    grid-area: 2 / 2;
  }
  .texts {
    display: grid;
    flex: 1;
    justify-items: start;
    min-inline-size: 0;
    line-height: 1.35;
  }
  .texts > * {
    max-inline-size: 100%;
  }
  .name {
    font-weight: 600;
  }
  .about {
    color: var(--g-muted);
    font-size: 0.8125em;
  }
  .label {
    display: inline-block;
    margin-inline-end: 4px;
    padding-inline: 6px;
    border-radius: 4px;
    background: var(--g-tint);
    color: var(--g-link);
    font-size: 0.9231em;
    font-weight: 600;
  }
  .calm,
  .ask {
    padding: 20px;
    color: var(--g-muted);
    text-align: center;
  }
  .ask {
    padding-block: 8px;
    color: inherit;
    text-align: start;
    overflow-wrap: anywhere;
  }
  .calm p + p {
    margin-block-start: 10px;
  }
  /* Where the page is lower than all of it, the rest scrolls beneath. */
  .foot {
    position: sticky;
    inset-block-end: 0;
    z-index: 1;
    background: var(--g-surface);
    display: grid;
    flex: none;
    gap: 8px;
    padding: 12px 20px 16px;
  }
  /* A dialog that only shows something. */
  .foot:has(> .ways:empty:only-child) {
    padding-block: 0 8px;
  }
  .ways {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    align-items: center;
    justify-content: flex-end;
  }
  .hint {
    flex: 1 1 160px;
    color: var(--g-muted);
    font-size: 0.8667em;
  }
  .action {
    min-block-size: 36px;
    padding-inline: 16px;
  }
  .main {
    border-color: transparent;
    background: var(--g-accent);
    color: var(--g-on-accent);
  }
  .main:hover {
    background: color-mix(in srgb, var(--g-accent) 88%, #000);
  }
  .main:disabled {
    background: var(--g-line);
    color: var(--g-muted);
    cursor: default;
  }
  .bad {
    color: var(--g-danger);
  }
  .main.bad {
    background: #b3261e;
    color: #fff;
  }
  @keyframes rise {
    from {
      opacity: 0;
      transform: translateY(8px);
    }
  }
  @media (pointer: coarse) {
    input,
    select {
      min-block-size: 44px;
      font-size: 16px;
    }
    .action {
      min-block-size: 44px;
    }
    .chips .quiet {
      inline-size: 40px;
      block-size: 40px;
    }
    .search .icon {
      inset-block-start: 13px;
    }
  }
  @media (max-width: 575.98px) {
    /* While a touch keyboard is up, in what can be seen beside it. */
    dialog {
      inset-block: var(--g-view-top, 0) auto;
      inline-size: calc(100vw - 16px);
      max-block-size: calc(var(--g-view-height, 100dvh) - 16px);
      margin-block: 8px auto;
    }
    .ways .hint {
      flex-basis: 100%;
    }
  }
  @media (max-height: 620px) {
    .chips {
      flex-wrap: nowrap;
      overflow-x: auto;
    }
    .chips li {
      flex: none;
    }
  }
  @media (forced-colors: active) {
    dialog {
      border: 1px solid CanvasText;
    }
    .person[aria-pressed="true"]::after {
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
  }
`;
