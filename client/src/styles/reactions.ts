/** The reactions under a message. */
import { css } from "lit";

export const reactionsStyles = css`
  .reactions {
    display: flex;
    flex-wrap: wrap;
    gap: 4px;
    max-inline-size: 100%;
    margin-block: 3px 5px;
  }
  .mine .reactions {
    justify-content: flex-end;
  }
  .reaction {
    display: inline-flex;
    gap: 4px;
    align-items: center;
    min-block-size: 26px;
    padding-inline: 8px;
    border: 1px solid var(--g-line);
    border-radius: 13px;
    background: var(--g-surface);
    color: var(--g-muted);
    font-size: 12px;
    font-weight: 600;
    line-height: 1;
    font-variant-numeric: tabular-nums;
  }
  .reaction .emoji {
    font-size: 14px;
  }
  .reaction:hover {
    background: var(--g-soft);
  }
  .reaction[aria-pressed="true"] {
    border-color: var(--g-link);
    background: var(--g-tint);
    color: var(--g-link);
  }
  .reaction[aria-disabled="true"] {
    cursor: default;
  }
  .another {
    padding-inline: 5px;
  }
  .another .icon {
    inline-size: 16px;
    block-size: 16px;
  }
  @media (pointer: coarse) {
    .reaction {
      min-inline-size: 44px;
      min-block-size: 36px;
      justify-content: center;
      border-radius: 18px;
      font-size: 13px;
    }
  }
  @media (forced-colors: active) {
    .reaction[aria-pressed="true"] {
      border-color: Highlight;
    }
  }
`;
