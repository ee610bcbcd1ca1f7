/** What a window shows that is no message: an empty conversation, one that is being loaded, and who is typing. */
import { css } from "lit";

export const blankStyles = css`
  .hello {
    --gchat-avatar-size: 64px;
    display: grid;
    flex: 4;
    align-content: center;
    justify-items: center;
    padding: 16px;
    color: var(--g-muted);
    text-align: center;
  }
  .hello b {
    display: block;
    margin-block-start: 12px;
    color: var(--g-ink);
    font-size: 1.0667em;
    overflow: clip;
    overflow-wrap: anywhere;
  }
  .typing {
    position: relative;
    display: flex;
    flex: none;
    gap: 8px;
    align-items: center;
    min-block-size: 30px;
    margin-block-start: 8px;
    padding-inline-start: 36px;
    color: var(--g-muted);
    font-size: 12px;
  }
  .typing .clip {
    unicode-bidi: isolate;
  }
  .typing.several {
    padding-inline-start: 0;
  }
  .dots {
    display: inline-flex;
    flex: none;
    gap: 4px;
    padding: 11px 12px;
    border-radius: 16px;
    background: var(--g-bubble);
  }
  .dots i {
    inline-size: 6px;
    block-size: 6px;
    border-radius: 50%;
    background: var(--g-muted);
    animation: hop 1.2s ease-in-out infinite;
  }
  .dots i:nth-child(2) {
    animation-delay: 0.15s;
  }
  .dots i:nth-child(3) {
    animation-delay: 0.3s;
  }
  @keyframes hop {
    0%,
    60%,
    100% {
      transform: none;
    }
    30% {
      transform: translateY(-4px);
    }
  }
  .late {
    margin: auto;
    color: var(--g-muted);
    text-align: center;
  }
  .loading {
    display: grid;
    gap: 8px;
    padding-block: 8px;
  }
  .loading i {
    inline-size: 60%;
    block-size: 34px;
    border-radius: 18px;
    background: var(--g-bubble);
    animation: breathe 1s ease-in-out infinite alternate;
  }
  .loading .mine {
    inline-size: 45%;
    margin-inline-start: auto;
  }
  @keyframes breathe {
    to {
      opacity: 0.5;
    }
  }
  @media (forced-colors: active) {
    .dots {
      border: 1px solid CanvasText;
    }
    .dots i {
      background: CanvasText;
      forced-color-adjust: none;
    }
  }
`;
