/** CSS lives in `css` templates beside the elements; what is written there is logical, so that it mirrors for RTL. */
export default {
  extends: "stylelint-config-standard",
  overrides: [{ files: ["src/**/*.ts"], customSyntax: "postcss-lit" }],
  rules: {
    "property-disallowed-list": [
      ["/^(margin|padding|border)-(left|right|top|bottom)/", "left", "right", "top", "bottom", "width", "height"],
      { message: "use the logical property: the chat mirrors for right-to-left pages" },
    ],
    // Fallback chains of the page's fonts and colours come first, then what is made of them.
    "custom-property-empty-line-before": null,
    "declaration-empty-line-before": null,
    "rule-empty-line-before": null,
    "at-rule-empty-line-before": null,
    "comment-empty-line-before": null,
    "property-no-vendor-prefix": [true, { ignoreProperties: ["/text-size-adjust$/"] }],
    // Safari before 16.4 does not know the range notation.
    "media-feature-range-notation": "prefix",
    // Where a template has a value of TypeScript, postcss-lit leaves a placeholder.
    "declaration-property-value-no-unknown": [true, { ignoreProperties: { "/.*/": "/POSTCSS_LIT/" } }],
    "value-keyword-case": ["lower", { ignoreKeywords: [/^POSTCSS_LIT/, "Canvas", "CanvasText", "Highlight"] }],
    "no-descending-specificity": null,
  },
};
