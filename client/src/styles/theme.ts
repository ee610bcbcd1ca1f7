/**
 * Colours, type and controls that all elements share. The two outermost hosts (`dock`, `roster`) define the tokens,
 * everything inside inherits them. The page's Bootstrap colours come first (5.x as `--bs-x`, 4.x as `--x`); all other
 * shades are mixed from those, so that a site's theme never yields half a palette.
 */
import { css } from "lit";

/**
 * For the two outermost hosts only, which the page's own rules reach: those come before plain rules for `:host`, and
 * after important ones (CSS Cascade 5, "Cascade Sorting Order"). So no page's `* { … }` gets in, nor what it inherits.
 */
export const tokens = css`
  :host {
    all: initial !important;
    /* What a page hides with all that is in it (a closed drawer of Moodle's Boost), nobody may reach by keyboard either. */
    visibility: inherit !important;
    --g-accent: var(--bs-primary, var(--primary, #0f6cbf));
    --g-on-accent: var(--gchat-on-accent, #fff);
    --g-surface: var(--gchat-surface, var(--bs-body-bg, #fff));
    --g-ink: var(--gchat-ink, var(--bs-body-color, #1d2125));
    --g-muted: color-mix(in srgb, var(--g-ink) 72%, var(--g-surface));
    --g-line: color-mix(in srgb, var(--g-ink) 13%, var(--g-surface));
    --g-edge: color-mix(in srgb, var(--g-ink) 48%, var(--g-surface));
    --g-soft: color-mix(in srgb, var(--g-ink) 6%, var(--g-surface));
    --g-bubble: color-mix(in srgb, var(--g-ink) 8%, var(--g-surface));
    --g-link: color-mix(in srgb, var(--g-accent) 88%, #000);
    --g-focus: var(--g-link);
    --g-tint: color-mix(in srgb, var(--g-accent) 10%, var(--g-surface));
    --g-online: #1e8e3e;
    --g-danger: #b3261e;
    --g-unread: #c5221f;
    --g-shadow: 0 0 0 1px rgb(0 0 0 / 5%), 0 2px 6px rgb(0 0 0 / 10%), 0 10px 28px rgb(0 0 0 / 16%);

    color: var(--g-ink) !important;
    font-family: var(
      --bs-body-font-family,
      var(--font-family-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif)
    ) !important;
    font-size: max(0.9375rem, 14px) !important;
    line-height: 1.4 !important;
    -webkit-text-size-adjust: 100% !important;
    text-size-adjust: 100% !important;
  }
  :host([hidden]) {
    display: none !important;
  }
  :host([data-scheme="dark"]) {
    color-scheme: dark !important;
    --g-surface: var(--gchat-surface, color-mix(in srgb, var(--bs-body-bg, #1b1f24) 94%, #fff));
    --g-ink: var(--gchat-ink, var(--bs-body-color, #e3e6ea));
    --g-link: color-mix(in srgb, var(--g-accent) 45%, #fff);
    --g-tint: color-mix(in srgb, var(--g-accent) 24%, var(--g-surface));
    --g-online: #4cc26b;
    --g-danger: #f2938c;
    --g-shadow: 0 0 0 1px rgb(255 255 255 / 10%), 0 4px 12px rgb(0 0 0 / 40%), 0 12px 32px rgb(0 0 0 / 45%);
  }
  /* The page's colours are for the other scheme. */
  :host([data-own]) {
    --bs-body-bg: initial !important;
    --bs-body-color: initial !important;
  }
  @media (prefers-contrast: more) {
    :host {
      --g-muted: var(--g-ink);
      --g-line: var(--g-edge);
    }
  }
`;

/** For every element. */
export const base = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  button,
  input,
  textarea {
    margin: 0;
    color: inherit;
    font: inherit;
    letter-spacing: inherit;
  }
  button {
    padding: 0;
    border: 0;
    background: none;
    text-align: start;
    cursor: pointer;
    -webkit-tap-highlight-color: transparent;
  }
  :focus {
    outline: none;
  }
  :focus-visible {
    outline: 2px solid var(--g-focus);
    outline-offset: 2px;
  }
  /* A sentence in another direction than the page's (not all languages are there) has its full stop behind it. */
  :where(p, span):where(:not(.bubble)) {
    /* stylelint-disable-next-line declaration-property-value-no-unknown -- what Chromium and Safari call it */
    text-align: -webkit-match-parent;
    text-align: match-parent;
    unicode-bidi: plaintext;
  }
  .icon {
    display: block;
    flex: none;
  }
  .quiet {
    display: inline-grid;
    flex: none;
    place-items: center;
    inline-size: 32px;
    block-size: 32px;
    border-radius: 50%;
    color: var(--g-muted);
    transition: background-color 0.12s;
  }
  .quiet:hover {
    background: var(--g-line);
    color: var(--g-ink);
  }
  .action {
    padding: 4px 10px;
    border: 1px solid var(--g-edge);
    border-radius: 999px;
    color: var(--g-link);
    font-size: 0.875em;
    font-weight: 600;
    transition: background-color 0.12s;
  }
  .action:hover {
    background: var(--g-tint);
  }
  .unread {
    display: inline-block;
    flex: none;
    min-inline-size: 20px;
    padding: 0 6px;
    border-radius: 10px;
    background: var(--g-unread);
    color: #fff;
    font-size: 12px;
    font-weight: 700;
    line-height: 20px;
    text-align: center;
    font-variant-numeric: tabular-nums;
    box-shadow: var(--g-ring, none);
  }
  .unread[data-count]::after {
    content: attr(data-count);
  }
  .badges {
    display: inline-flex;
    flex: none;
    gap: 3px;
    align-items: center;
  }
  .at {
    background: var(--g-link);
    color: var(--g-surface);
  }
  .unread.dot {
    min-inline-size: 10px;
    block-size: 10px;
    padding: 0;
    border-radius: 50%;
    background: var(--g-link);
  }
  .unread.pale {
    background: var(--g-muted);
    color: var(--g-surface);
  }
  .out-of-sight {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .clip {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .accent-probe {
    display: none;
    color: var(--g-accent);
  }
  @media (pointer: coarse) {
    .quiet {
      inline-size: 44px;
      block-size: 44px;
    }
    .action {
      min-block-size: 44px;
      padding-inline: 16px;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
      scroll-behavior: auto !important;
    }
  }
  @media (forced-colors: active) {
    .unread {
      border: 1px solid CanvasText;
    }
  }
`;

/** A sentence that says why what was asked for was refused, with its sign. */
export const refusedStyles = css`
  .refused {
    display: flex;
    flex: none;
    gap: 6px;
    align-items: flex-start;
    color: var(--g-danger);
    font-size: 0.8667em;
  }
  .refused .icon {
    inline-size: 16px;
    block-size: 16px;
    margin-block-start: 1px;
  }
`;
