/** What Markdown makes of a message's text, and the button of a long one. */
import { css } from "lit";

export const formattedStyles = css`
  .bubble.blocks {
    white-space: normal;
  }
  .blocks :where(ul, ol, blockquote, pre) {
    margin: 0;
  }
  .blocks > * + *,
  .blocks :is(blockquote, li) > * + *,
  .blocks li + li {
    margin-block-start: 4px;
  }
  .words {
    white-space: pre-wrap;
    unicode-bidi: plaintext;
  }
  .blocks :is(ul, ol) {
    padding-inline-start: 1.5em;
  }
  /* Beside the list's own bullets, whatever its letters are. */
  .blocks li > .words {
    /* stylelint-disable-next-line declaration-property-value-no-unknown -- what Chromium and Safari call it */
    text-align: -webkit-match-parent;
    text-align: match-parent;
  }
  .blocks blockquote {
    padding-inline-start: 9px;
    border-inline-start: 3px solid color-mix(in srgb, currentcolor 45%, transparent);
  }
  .bubble strong {
    font-weight: 700;
  }
  .bubble code {
    font-family: var(
      --bs-font-monospace,
      var(--font-family-monospace, ui-monospace, "SFMono-Regular", menlo, consolas, "DejaVu Sans Mono", monospace)
    );
    font-size: 0.9em;
    tab-size: 4;
  }
  .bubble code:not(pre > code),
  .code {
    border: 1px solid transparent;
    border-radius: 5px;
    background: color-mix(in srgb, currentcolor 8%, transparent);
  }
  .bubble code:not(pre > code) {
    padding-inline: 4px;
    box-decoration-break: clone;
  }
  /* Something lighter than its bubble would be too light for white letters. */
  .mine .bubble:not(.failed) code:not(pre > code),
  .mine .bubble:not(.failed) .code {
    border-color: color-mix(in srgb, currentcolor 50%, transparent);
    background: none;
  }
  .mine .bubble:not(.failed) :is(.code button, pre) {
    --g-focus: var(--g-on-accent);
  }
  .code {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: start;
    border-radius: 8px;
  }
  .code pre {
    grid-area: 1 / 1;
    align-self: center;
    padding: 6px 8px;
    border-radius: 8px;
    line-height: 1.45;
    overflow: auto hidden;
    overflow-wrap: normal;
    scrollbar-width: thin;
    scrollbar-color: color-mix(in srgb, currentcolor 45%, transparent) transparent;
    white-space: pre;
  }
  .code pre:focus-visible {
    outline-offset: -2px;
  }
  .code .language {
    align-self: center;
    padding-inline-start: 8px;
    font-size: 12px;
    overflow-wrap: anywhere;
  }
  .code .language ~ pre {
    grid-area: 2 / 1 / auto / span 2;
    padding-block-start: 0;
  }
  .code .quiet {
    grid-area: 1 / 2;
    inline-size: 28px;
    block-size: 28px;
    margin: 2px;
    border-radius: 7px;
    color: inherit;
  }
  .code .quiet:hover {
    background: color-mix(in srgb, currentcolor 15%, transparent);
  }
  .code .icon {
    inline-size: 18px;
    block-size: 18px;
  }
  .bubble .host {
    font-size: 0.9em;
  }
  .fold {
    margin-block: 3px 2px;
  }
  @media (pointer: coarse) {
    .code .quiet {
      inline-size: 44px;
      block-size: 44px;
      margin: 0;
    }
  }
  @media (forced-colors: active) {
    .bubble code:not(pre > code),
    .code {
      border-color: CanvasText;
    }
  }
`;
