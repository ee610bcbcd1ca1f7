/**
 * The messages of a window: bubbles, dividers, deliveries and quotes. Their menu, their reactions and what is no message
 * are beside it.
 */
import { css } from "lit";

export const logStyles = css`
  :host {
    position: relative;
    display: flex;
    flex: 1;
    min-block-size: 0;
    --gchat-avatar-size: 28px;
  }
  p {
    margin: 0;
  }
  .scroller {
    position: relative;
    display: flex;
    flex: 1;
    flex-direction: column;
    min-inline-size: 0;
    padding: 8px 12px 10px;
    background: var(--g-surface);
    contain: content;
    overflow: hidden auto;
    overflow-anchor: none;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    scrollbar-color: var(--g-line) transparent;
  }
  .scroller::before {
    content: "";
    flex: 1;
  }
  .scroller:focus-visible {
    outline-offset: -2px;
  }
  .moment,
  .divider {
    display: flex;
    flex: none;
    gap: 10px;
    align-items: center;
    justify-content: center;
    margin-block: 14px 6px;
    color: var(--g-muted);
    font-size: 12px;
  }
  .moment b {
    font-weight: 600;
  }
  .divider {
    color: var(--g-danger);
    font-weight: 600;
  }
  .divider::before,
  .divider::after {
    content: "";
    flex: 1;
    block-size: 1px;
    background: currentcolor;
    opacity: 0.5;
  }
  .message {
    position: relative;
    display: flex;
    contain: layout style;
    flex: none;
    flex-direction: column;
    align-items: flex-start;
    margin-block-start: 2px;
    padding-inline-start: 36px;
  }
  .message:focus-visible {
    border-radius: 10px;
    outline-offset: 1px;
  }
  /* A row at rest has nothing that is painted apart: no opacity, nothing positioned. There may be two hundred of them,
     and browsers look at each such part whenever a message comes. */
  .message.found::before,
  .message.editing::before {
    content: "";
    position: absolute;
    inset: -2px -8px;
    z-index: -1;
    border-radius: 10px;
    background: var(--g-tint);
    pointer-events: none;
    animation: appear 0.4s;
  }
  /* For as long as FOUND_MS in elements/log.ts. */
  .message.found::before {
    animation:
      appear 0.4s,
      appear 0.4s 2.1s reverse forwards;
  }
  .message.first {
    margin-block-start: 8px;
  }
  .message.mine {
    align-items: flex-end;
    padding-inline-start: 0;
  }
  /* Beside the first of several, where it stays when more come. */
  .message > .face {
    position: absolute;
    inset-block-start: 3px;
    inset-inline-start: 0;
  }
  .author {
    align-self: stretch;
    padding-inline-start: 12px;
    color: var(--g-muted);
    font-size: 12px;
    font-weight: 600;
    line-height: 1.5;
  }
  .message > .author ~ .line {
    margin-block-start: 1px;
  }
  .event {
    unicode-bidi: isolate;
    flex: none;
    margin-block: 6px;
    padding-inline: 16px;
    color: var(--g-muted);
    font-size: 12px;
    text-align: center;
    overflow-wrap: anywhere;
  }
  .mention {
    border-radius: 4px;
    color: var(--g-link);
    font-weight: 600;
  }
  .mention.me {
    padding-inline: 2px;
    background: color-mix(in srgb, #f7c325 38%, var(--g-surface));
    color: var(--g-ink);
  }
  .mine .bubble:not(.failed) .mention {
    color: inherit;
    text-decoration: underline;
    text-decoration-thickness: 1px;
    text-underline-offset: 3px;
  }
  .line {
    display: flex;
    gap: 8px;
    align-items: center;
    max-inline-size: 100%;
  }
  .mine .line {
    flex-direction: row-reverse;
  }
  .bubble {
    --round: 18px;
    --tight: 5px;
    min-inline-size: 0;
    max-inline-size: 232px;
    padding: 7px 12px;
    border-radius: var(--round);
    border-start-start-radius: var(--tight);
    border-end-start-radius: var(--tight);
    background: var(--g-bubble);
    overflow-wrap: anywhere;
    white-space: pre-wrap;
    unicode-bidi: plaintext;
  }
  .bubble.clipped {
    overflow: clip;
  }
  .first .bubble {
    border-start-start-radius: var(--round);
  }
  .last .bubble {
    border-end-start-radius: var(--round);
  }
  .mine .bubble {
    border-radius: var(--round);
    border-start-end-radius: var(--tight);
    border-end-end-radius: var(--tight);
    background: var(--g-accent);
    color: var(--g-on-accent);
  }
  .mine.first .bubble {
    border-start-end-radius: var(--round);
  }
  .mine.last .bubble {
    border-end-end-radius: var(--round);
  }
  .message .bubble.large {
    padding: 0;
    background: none;
    /* Where there is no font for emoji in colours, they are drawn in this one. */
    color: var(--g-ink);
    font-size: 34px;
    line-height: 1.25;
  }
  .message .bubble.erased {
    border: 1px solid var(--g-line);
    background: none;
    color: var(--g-muted);
    font-style: italic;
  }
  .message .bubble.failed {
    border: 1px solid var(--g-danger);
    background: none;
    color: var(--g-ink);
  }
  .quote {
    display: grid;
    max-inline-size: min(232px, 100%);
    margin-block: 2px;
    padding: 2px 10px;
    border-inline-start: 3px solid var(--g-edge);
    border-radius: 3px;
    color: var(--g-muted);
    font-size: 12px;
    line-height: 1.35;
    overflow: clip;
    overflow-wrap: anywhere;
  }
  button.quote:hover {
    background: var(--g-soft);
    color: var(--g-ink);
  }
  .quote.erased span,
  p.quote {
    font-style: italic;
  }
  .few {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
    overflow: hidden;
    unicode-bidi: plaintext;
  }
  .undo {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 10px;
    align-items: center;
    padding-block: 4px;
    padding-inline: 12px 6px;
    border: 1px dashed var(--g-edge);
    border-radius: 18px;
    color: var(--g-muted);
  }
  .actions {
    display: flex;
    flex: none;
    margin-inline: -4px;
  }
  .actions:has(.menu) {
    position: relative;
  }
  /* Three dots, without an element: a drawing in each row is a quarter of what a message that comes costs. */
  .actions .quiet::before {
    --aside: 6px;
    inline-size: 3px;
    block-size: 3px;
    border-radius: 50%;
    background: currentcolor;
    box-shadow:
      calc(-1 * var(--aside)) 0,
      var(--aside) 0;
    animation: appear 0.12s;
  }
  .message:hover .actions .quiet::before,
  .message:focus-within .actions .quiet::before,
  .actions [aria-expanded="true"]::before {
    content: "";
  }
  .actions .quiet {
    inline-size: 28px;
    block-size: 28px;
  }
  .message:has(.menu) {
    z-index: 1;
  }
  .bubble a {
    color: var(--g-link);
    text-decoration: underline;
    text-underline-offset: 2px;
  }
  .mine .bubble:not(.failed) a {
    color: inherit;
    --g-focus: var(--g-on-accent);
  }
  /* The text has the room first. Where the time does not fit beside it, it wraps out of its line and is not seen; it is
     in the menu too. */
  time {
    flex: 1 1 0;
    min-inline-size: 0;
    block-size: 1.5em;
    color: transparent;
    font-size: 12px;
    line-height: 1.5;
    transition: color 0.12s;
  }
  time::before {
    content: "";
    display: inline-block;
  }
  .message:hover time,
  .message:focus-within time,
  .scroller:focus-visible time {
    color: var(--g-muted);
    overflow: clip;
  }
  .delivery {
    display: flex;
    gap: 3px;
    align-items: center;
    margin-block-start: 2px;
    color: var(--g-muted);
    font-size: 12px;
  }
  .saving {
    display: flex;
    gap: 3px;
    align-items: center;
    animation: appear 0.2s 0.8s backwards;
  }
  .wanted {
    max-inline-size: 232px;
    max-block-size: 6.5em;
    padding: 4px 10px;
    border: 1px dashed var(--g-danger);
    border-radius: 10px;
    overflow: auto;
    overflow-wrap: anywhere;
    text-align: start;
    white-space: pre-wrap;
    unicode-bidi: plaintext;
  }
  .delivery .icon,
  .failure .icon {
    inline-size: 14px;
    block-size: 14px;
  }
  .delivery.seen .icon {
    color: var(--g-link);
  }
  .failure {
    display: grid;
    gap: 6px;
    justify-items: end;
    margin-block: 4px;
    font-size: 13px;
    text-align: end;
  }
  .failure p:first-child {
    display: flex;
    gap: 4px;
    align-items: flex-start;
    color: var(--g-danger);
  }
  .failure .icon {
    margin-block-start: 2px;
  }
  .ways {
    display: flex;
    gap: 8px;
  }
  .further {
    flex: none;
    padding-block: 4px;
    text-align: center;
  }
  .further .action {
    border-color: var(--g-line);
  }
  .jump {
    position: absolute;
    inset-block-end: 10px;
    inset-inline: 0;
    display: flex;
    gap: 6px;
    align-items: center;
    justify-content: center;
    inline-size: fit-content;
    min-inline-size: 36px;
    min-block-size: 36px;
    margin-inline: auto;
    padding: 4px 8px;
    border-radius: 18px;
    background: var(--g-surface);
    box-shadow: var(--g-shadow);
    color: var(--g-link);
    font-size: 13px;
    font-weight: 600;
    animation: rise 0.16s ease-out;
  }
  .jump:has(span) {
    padding-inline: 10px 14px;
    background: var(--g-accent);
    color: var(--g-on-accent);
  }
  .jump .icon {
    inline-size: 18px;
    block-size: 18px;
  }
  @keyframes appear {
    from {
      opacity: 0;
    }
  }
  @keyframes rise {
    from {
      opacity: 0;
      transform: translateY(6px);
    }
  }
  /* Where nothing hovers, the button is what one finds: it is always there, and the time is in its menu. */
  @media (hover: none) {
    .actions .quiet::before {
      content: "";
      animation: none;
    }
    time {
      display: none;
    }
  }
  @media (pointer: coarse) {
    .jump {
      min-inline-size: 44px;
      min-block-size: 44px;
      border-radius: 22px;
    }
    .actions {
      margin-inline: -8px;
    }
    .actions .quiet {
      inline-size: 44px;
      block-size: 44px;
      margin-block: -6px;
    }
    .quote {
      min-block-size: 44px;
    }
  }
  @media (max-width: 575.98px) {
    .bubble {
      max-inline-size: min(75vw, 34rem);
    }
  }
  @media (forced-colors: active) {
    /* Where the browser gives texts its own colour. */
    .scroller:not(:focus-visible) .message:not(:hover, :focus-within) time {
      opacity: 0;
    }
    .actions .quiet::before {
      background: ButtonText;
      color: ButtonText;
      forced-color-adjust: none;
    }
    .bubble,
    .jump {
      border: 1px solid CanvasText;
    }
    .message.found,
    .message.editing {
      outline: 2px solid Highlight;
    }
    .mine .bubble {
      border-color: Highlight;
    }
    .mention.me {
      outline: 1px solid Highlight;
    }
    .divider::before,
    .divider::after {
      background: CanvasText;
      forced-color-adjust: none;
    }
  }
`;
