/** The rooms in the launcher's panel. */
import { css } from "lit";

export const roomsStyles = css`
  :host {
    --gchat-avatar-size: 28px;
    display: flex;
    flex-direction: column;
    min-block-size: 0;
  }
  h3 {
    flex: none;
    margin: 0;
    padding: 4px 16px;
    color: var(--g-muted);
    font-size: 0.8667em;
    font-weight: 600;
  }
  ul {
    min-block-size: 0;
    margin: 0;
    padding: 2px 8px;
    overflow-y: auto;
    overscroll-behavior: contain;
    list-style: none;
    scrollbar-width: thin;
  }
  .room {
    display: flex;
    gap: 12px;
    align-items: center;
    inline-size: 100%;
    min-block-size: 40px;
    padding-inline: 10px 8px;
    border-radius: 10px;
    transition: background-color 0.12s;
  }
  .room:hover {
    background: var(--g-soft);
  }
  .room:focus-visible {
    outline-offset: -2px;
  }
  .name {
    flex: 1;
    min-inline-size: 0;
  }
  .waits {
    font-weight: 700;
  }
  @media (pointer: coarse) {
    .room {
      min-block-size: 44px;
    }
  }
`;
