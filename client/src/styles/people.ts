/** The lists of people: rows, the box of a search, and the calm sentences that stand where there is nobody. */
import { css } from "lit";

/** What every list with a search has. */
export const searchStyles = css`
  p,
  ul {
    margin: 0;
    padding: 0;
  }
  .teacher {
    display: inline-block;
    padding-inline: 6px;
    border-radius: 4px;
    background: var(--g-tint);
    color: var(--g-link);
    font-size: 0.9231em;
    font-weight: 600;
  }
  .calm {
    display: flex;
    flex-direction: column;
    gap: 4px;
    align-items: center;
    margin-block: auto;
    padding: 20px 16px;
    color: var(--g-muted);
    text-align: center;
  }
  .calm .hint {
    max-inline-size: 32ch;
    font-size: 0.8667em;
  }
  .badge {
    display: grid;
    place-items: center;
    inline-size: 48px;
    block-size: 48px;
    margin-block-end: 6px;
    border-radius: 50%;
    background: var(--g-tint);
    color: var(--g-link);
  }
  .badge .icon {
    inline-size: 24px;
    block-size: 24px;
  }
  .breathing {
    animation: breathe 2s ease-in-out infinite alternate;
  }
  @keyframes breathe {
    to {
      opacity: 0.75;
    }
  }
  .lost {
    display: flex;
    gap: 8px;
    align-items: center;
    padding: 8px 12px;
    border-radius: 10px;
    background: var(--g-soft);
    color: var(--g-ink);
    font-size: 0.9333em;
  }
  .lost .icon {
    color: var(--g-danger);
  }
  .retry {
    padding: 8px;
    text-align: center;
  }
  .search {
    position: relative;
    flex: none;
    margin: 2px 2px 6px;
  }
  .search .icon {
    position: absolute;
    inset-block: 0;
    inset-inline-start: 10px;
    block-size: 100%;
    inline-size: 18px;
    color: var(--g-muted);
    pointer-events: none;
  }
  input {
    display: block;
    inline-size: 100%;
    min-block-size: 36px;
    padding-block: 4px;
    padding-inline: 36px 14px;
    border: 1px solid var(--g-edge);
    border-radius: 18px;
    background: transparent;
    /* Not the box itself goes the way of what is typed: its sign stays where it is. */
    unicode-bidi: plaintext;
    appearance: none;
  }
  input::placeholder {
    color: var(--g-muted);
    opacity: 1;
  }
  input:focus-visible {
    border-color: var(--g-focus);
    outline-offset: -1px;
  }
  @media (pointer: coarse) {
    input {
      min-block-size: 44px;
      border-radius: 22px;
      font-size: max(1em, 16px);
    }
  }
`;

export const peopleStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-block-size: 0;
  }
  ul {
    min-block-size: 0;
    padding: 2px;
    overflow-y: auto;
    overscroll-behavior: contain;
    list-style: none;
    scrollbar-width: thin;
    transition: opacity 0.2s;
  }
  li {
    content-visibility: auto;
    contain-intrinsic-block-size: auto 54px;
  }
  /* Only what is not text fades, so that every word stays readable. */
  .dimmed .row {
    filter: grayscale(1);
  }
  .dimmed .name {
    color: var(--g-muted);
  }
  h4 {
    flex: none;
    margin: 0;
    padding: 4px 10px 2px;
    color: var(--g-muted);
    font-size: 0.8667em;
    font-weight: 600;
  }
  /* Narrow rows, of which a part is cut where there are more: the people online have the larger share. */
  .talks {
    --gchat-avatar-size: 26px;
    flex: none;
    max-block-size: clamp(44px, 36%, 132px);
  }
  .talks .row {
    grid-template-rows: minmax(20px, auto) minmax(20px, auto);
  }
  .talks .talk {
    min-block-size: 40px;
  }
  .talks gchat-avatar {
    justify-self: center;
  }
  .dimmed gchat-avatar {
    opacity: 0.5;
  }
  .row {
    position: relative;
    display: grid;
    grid-template: minmax(25px, auto) minmax(25px, auto) / 36px minmax(0, 1fr) auto;
    column-gap: 12px;
    padding-inline: 8px;
    border-radius: 10px;
    transition: background-color 0.12s;
  }
  .row:hover {
    background: var(--g-soft);
    --g-around: var(--g-soft);
  }
  /* The whole row is the button; of its text, only the name is the button's. */
  :is(.person, .talk) {
    display: grid;
    grid-area: 1 / 1 / 3 / 3;
    grid-template: subgrid / subgrid;
    min-block-size: 54px;
  }
  :is(.person, .talk)::after {
    content: "";
    position: absolute;
    inset: 0;
    border-radius: 10px;
  }
  :is(.person, .talk):focus-visible {
    outline: none;
  }
  :is(.person, .talk):focus-visible::after {
    outline: 2px solid var(--g-focus);
    outline-offset: -2px;
  }
  gchat-avatar {
    grid-row: 1 / 3;
    align-self: center;
  }
  .name {
    place-self: end start;
    max-inline-size: 100%;
    font-weight: 600;
    line-height: 1.35;
  }
  .plain .name {
    grid-row: 1 / 3;
    align-self: center;
  }
  .row > :is(.unread, .badges) {
    grid-area: 1 / 3 / 3;
    align-self: center;
  }
  .about {
    grid-area: 2 / 2;
    color: var(--g-muted);
    font-size: 0.8125em;
  }
`;
