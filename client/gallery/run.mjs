/**
 * Opens every state of the gallery in chromium, writes a screenshot of each and runs axe over it.
 *
 *     node gallery/run.mjs [FOLDER]
 *
 * Fails on a serious or critical violation, on an error in the page, and when anything that somebody wrote has run.
 */
import { mkdtemp, mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { shrink } from "../shrink.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const folder = process.argv[2] ?? (await mkdtemp(join(tmpdir(), "gchat-gallery-")));
await mkdir(folder, { recursive: true });

const DESKTOP = { width: 1440, height: 800 };
const WIDE = { width: 1600, height: 800 };
const PHONE = { width: 390, height: 780 };
/** name, state, and what differs from a light desktop in English. */
const SHOTS = [
  { name: "connecting", state: "connecting" },
  { name: "empty", state: "empty" },
  { name: "busy", state: "busy" },
  { name: "busy-launcher", state: "busy", act: openLauncher },
  { name: "three", state: "three", size: WIDE },
  { name: "three-hover", state: "three", size: WIDE, act: (page) => page.getByText("Ahh, of course").hover() },
  { name: "three-dark", state: "three", size: WIDE, dark: true },
  { name: "three-bootstrap-dark", state: "three", size: WIDE, theme: "dark" },
  { name: "three-contrast", state: "three", forced: true },
  { name: "three-pt", state: "three", lang: "pt" },
  { name: "failed", state: "failed" },
  { name: "crowded", state: "crowded", act: (page) => page.getByRole("button", { name: /more chat/ }).click() },
  { name: "long", state: "long" },
  { name: "loading", state: "loading" },
  { name: "lost", state: "lost" },
  { name: "lost-dark", state: "lost", dark: true },
  { name: "stopped", state: "stopped" },
  { name: "rtl", state: "rtl", rtl: true },
  { name: "verbs", state: "verbs" },
  { name: "verbs-top", state: "verbs", act: (page) => scrolled(page, 0) },
  { name: "verbs-menu", state: "verbs", act: openMenu },
  { name: "verbs-menu-dark", state: "verbs", dark: true, act: openMenu },
  { name: "verbs-menu-contrast", state: "verbs", forced: true, act: openMenu },
  { name: "verbs-menu-pt", state: "verbs", lang: "pt", act: (page) => openMenu(page, "Ações da mensagem") },
  { name: "verbs-menu-old", state: "verbs", old: true, act: openMenu },
  { name: "verbs-reply", state: "verbs", act: (page) => chooses(page, "Reply") },
  { name: "verbs-reply-dark", state: "verbs", dark: true, act: (page) => chooses(page, "Reply") },
  { name: "verbs-edit", state: "verbs", act: (page) => chooses(page, "Edit") },
  { name: "verbs-found", state: "verbs", act: follow },
  { name: "verbs-zoom", state: "verbs", size: { width: 360, height: 200 }, act: (page) => openFirst(page).then(() => openMenu(page)) },
  { name: "verbs-long", state: "verbslong" },
  { name: "verbs-rtl", state: "verbsrtl", rtl: true, act: openMenu },
  { name: "verbs-rtl-reply", state: "verbsrtl", rtl: true, act: (page) => chooses(page, "Reply") },
  { name: "words", state: "words" },
  { name: "words-top", state: "words", act: (page) => everywhere(page, 0) },
  { name: "words-whole", state: "words", act: unfold },
  { name: "words-dark", state: "words", dark: true },
  { name: "words-dark-top", state: "words", dark: true, act: (page) => everywhere(page, 0) },
  { name: "words-contrast", state: "words", forced: true },
  { name: "words-pt", state: "words", lang: "pt" },
  { name: "words-large", state: "words", large: true },
  { name: "words-rtl", state: "wordsrtl", rtl: true, act: (page) => everywhere(page, 0) },
  { name: "phone-words", state: "words", size: PHONE, touch: true, act: openFirst },
  { name: "phone-words-top", state: "words", size: PHONE, touch: true, act: (page) => openFirst(page).then(() => everywhere(page, 0)) },
  { name: "phone-words-dark", state: "words", size: PHONE, touch: true, dark: true, act: openFirst },
  { name: "phone-words-rtl", state: "wordsrtl", size: PHONE, touch: true, rtl: true, act: openFirst },
  { name: "project", state: "project" },
  { name: "project-top", state: "project", act: (page) => scrolled(page, 0) },
  { name: "project-dark", state: "project", dark: true },
  { name: "project-contrast", state: "project", forced: true },
  { name: "project-pt", state: "project", lang: "pt" },
  { name: "project-menu", state: "project", act: (page) => openMenu(page) },
  { name: "project-actions", state: "project", act: (page) => press(page, "Conversation actions") },
  { name: "react", state: "project", act: react },
  { name: "react-dark", state: "project", dark: true, act: react },
  { name: "react-full", state: "three_reactions", act: (page) => react(page, -1) },
  { name: "mention", state: "project", act: (page) => mention(page, "Thanks @") },
  { name: "mention-dark", state: "project", dark: true, act: (page) => mention(page, "Thanks @a") },
  { name: "emoji", state: "project", act: emoji },
  { name: "emoji-dark", state: "project", dark: true, act: emoji },
  { name: "emoji-contrast", state: "project", forced: true, act: (page) => emoji(page).then(() => page.keyboard.press("ArrowDown")) },
  { name: "emoji-pt", state: "project", lang: "pt", act: (page) => emoji(page, "mao") },
  { name: "emoji-rtl", state: "projectrtl", rtl: true, act: (page) => emoji(page).then(() => page.keyboard.press("ArrowDown")) },
  { name: "emoji-large", state: "project", large: true, act: emoji },
  { name: "emoji-zoom", state: "project", size: { width: 720, height: 400 }, act: emoji },
  { name: "emoji-search", state: "project", act: (page) => emoji(page, "party") },
  { name: "emoji-none", state: "project", act: (page) => emoji(page, "nothing is called this") },
  { name: "emoji-tones", state: "project", act: (page) => emoji(page).then(() => press(page, "Skin tone: none")) },
  { name: "emoji-flags", state: "project", act: (page) => emoji(page).then(() => page.waitForTimeout(1500)).then(() => press(page, "Flags")) },
  { name: "emoji-recent", state: "project", act: usedEmoji },
  { name: "emoji-react", state: "project", act: (page) => react(page).then(() => emoji(page, "", "More emoji")) },
  { name: "emoji-undrawn", state: "project", undrawn: true, act: emoji },
  { name: "react-undrawn", state: "project", undrawn: true, act: react },
  { name: "project-undrawn", state: "project", undrawn: true },
  { name: "emoji-shortcode", state: "project", act: (page) => mention(page, "Thanks :pa") },
  { name: "emoji-shortcode-dark", state: "project", dark: true, act: (page) => mention(page, "Thanks :pa") },
  { name: "left", state: "left" },
  { name: "room-new", state: "newroom", act: (page) => press(page, "Conversation actions") },
  { name: "kinds", state: "kinds", size: WIDE },
  { name: "kinds-dark", state: "kinds", size: WIDE, dark: true },
  { name: "kinds-panel", state: "kinds", size: WIDE, act: openLauncher },
  { name: "kinds-panel-dark", state: "kinds", size: WIDE, dark: true, act: openLauncher },
  { name: "group-new", state: "kinds", act: (page) => newGroup(page) },
  { name: "group-new-filled", state: "kinds", act: (page) => newGroup(page, true) },
  { name: "group-new-dark", state: "kinds", dark: true, act: (page) => newGroup(page, true) },
  { name: "group-new-contrast", state: "kinds", forced: true, act: (page) => newGroup(page, true) },
  { name: "group-discard", state: "kinds", act: (page) => newGroup(page, true).then(() => page.keyboard.press("Escape")).then(() => page.keyboard.press("Escape")) },
  { name: "members", state: "members", act: (page) => dialog(page, "Members", "members") },
  { name: "members-dark", state: "members", dark: true, act: (page) => dialog(page, "Members", "members") },
  { name: "rename", state: "project", act: (page) => dialog(page, "Rename") },
  { name: "leave", state: "project", act: (page) => dialog(page, "Leave") },
  { name: "seen-by", state: "members", act: seenBy },
  { name: "project-rtl", state: "projectrtl", rtl: true },
  { name: "project-rtl-react", state: "projectrtl", rtl: true, act: (page) => react(page, -1) },
  { name: "project-rtl-mention", state: "projectrtl", rtl: true, act: (page) => mention(page, "@") },
  { name: "group-new-rtl", state: "projectrtl", rtl: true, act: (page) => newGroup(page, true) },
  { name: "find-rest", state: "finding", act: openLauncher },
  { name: "find-1024", state: "finding", size: { width: 1024, height: 768 }, act: openLauncher },
  { name: "find-dark", state: "finding", dark: true, act: openLauncher },
  { name: "find-contrast", state: "finding", forced: true, act: openLauncher },
  { name: "find-pt", state: "finding", lang: "pt", act: openLauncher },
  { name: "find-menu", state: "finding", act: rowMenu },
  { name: "find-below", state: "finding", act: (page) => openLauncher(page).then(() => below(page, 900)) },
  { name: "find-search", state: "finding", act: (page) => openLauncher(page).then(() => types(page, "a")) },
  { name: "find-messages", state: "finding", act: (page) => openLauncher(page).then(() => types(page, "loo")) },
  { name: "find-messages-dark", state: "finding", dark: true, act: (page) => openLauncher(page).then(() => types(page, "loo")) },
  { name: "find-messages-rtl", state: "finding", rtl: true, act: (page) => openLauncher(page).then(() => types(page, "loo")) },
  { name: "find-search-none", state: "finding", act: (page) => openLauncher(page).then(() => types(page, "nobody is called this")) },
  { name: "find-unread", state: "finding", act: (page) => openLauncher(page).then(() => press(page, "Unread")) },
  { name: "find-archived", state: "finding", act: (page) => openLauncher(page).then(() => press(page, "Archived")) },
  { name: "find-crowd", state: "crowd", act: openLauncher },
  { name: "find-crowd-all", state: "crowd", act: (page) => openLauncher(page).then(() => press(page, "Show all conversations")).then(() => below(page, 1800)) },
  { name: "find-crowd-below", state: "crowd", act: (page) => openLauncher(page).then(() => below(page, 5000)) },
  { name: "find-empty", state: "empty", act: openLauncher },
  { name: "find-nobody-dark", state: "nobody", dark: true, act: openLauncher },
  { name: "find-rtl", state: "findingrtl", rtl: true, act: openLauncher },
  { name: "find-large", state: "finding", large: true, act: openLauncher },
  { name: "find-lost", state: "finding", act: (page) => openLauncher(page).then(() => page.evaluate(() => window.tell("lost"))) },
  { name: "phone-find", state: "finding", size: PHONE, touch: true, act: openLauncher },
  { name: "phone-find-dark", state: "finding", size: PHONE, touch: true, dark: true, act: openLauncher },
  { name: "phone-find-messages", state: "finding", size: PHONE, touch: true, act: (page) => openLauncher(page).then(() => types(page, "loo")) },
  { name: "phone-find-search", state: "finding", size: PHONE, touch: true, act: (page) => openLauncher(page).then(() => types(page, "ana")) },
  { name: "phone-find-empty", state: "empty", size: PHONE, touch: true, act: openLauncher },
  { name: "phone-find-rtl", state: "findingrtl", size: PHONE, touch: true, rtl: true, act: openLauncher },
  { name: "phone-page", state: "finding", size: PHONE, touch: true },
  { name: "phone-project", state: "project", size: PHONE, touch: true, act: openFirst },
  { name: "phone-project-dark", state: "project", size: PHONE, touch: true, dark: true, act: openFirst },
  { name: "phone-react", state: "project", size: PHONE, touch: true, act: (page) => openFirst(page).then(() => react(page)) },
  { name: "phone-emoji", state: "project", size: PHONE, touch: true, act: (page) => openFirst(page).then(() => emoji(page)) },
  { name: "phone-emoji-dark", state: "project", size: PHONE, touch: true, dark: true, act: (page) => openFirst(page).then(() => emoji(page)) },
  { name: "phone-emoji-react", state: "project", size: PHONE, touch: true, act: (page) => openFirst(page).then(() => react(page)).then(() => emoji(page, "", "More emoji")) },
  { name: "phone-320-emoji", state: "project", size: { width: 320, height: 568 }, touch: true, act: (page) => openFirst(page).then(() => emoji(page)) },
  { name: "phone-mention", state: "project", size: PHONE, touch: true, act: (page) => openFirst(page).then(() => mention(page, "@")) },
  { name: "phone-actions", state: "project", size: PHONE, touch: true, act: (page) => openFirst(page).then(() => press(page, "Conversation actions")) },
  { name: "phone-kinds", state: "kinds", size: PHONE, touch: true },
  { name: "phone-kinds-panel", state: "kinds", size: PHONE, touch: true, act: openLauncher },
  { name: "phone-group-new", state: "kinds", size: PHONE, touch: true, act: (page) => newGroup(page, true) },
  { name: "phone-320-group-new", state: "kinds", size: { width: 320, height: 568 }, touch: true, act: (page) => newGroup(page, true) },
  { name: "phone-members", state: "members", size: PHONE, touch: true, act: (page) => openFirst(page).then(() => dialog(page, "Members", "members")) },
  { name: "phone-verbs", state: "verbs", size: PHONE, touch: true, act: openFirst },
  { name: "phone-verbs-dark", state: "verbs", size: PHONE, touch: true, dark: true, act: openFirst },
  { name: "phone-verbs-menu", state: "verbs", size: PHONE, touch: true, act: (page) => openFirst(page).then(() => openMenu(page)) },
  { name: "phone-320", state: "verbs", size: { width: 320, height: 568 }, touch: true, act: openFirst },
  { name: "phone-320-edit", state: "verbs", size: { width: 320, height: 568 }, touch: true, act: (page) => openFirst(page).then(() => chooses(page, "Edit")) },
  { name: "phone-320-reply", state: "verbs", size: { width: 320, height: 568 }, touch: true, act: (page) => openFirst(page).then(() => chooses(page, "Reply")) },
  { name: "phone-verbs-rtl", state: "verbsrtl", size: PHONE, touch: true, rtl: true, act: openFirst },
  { name: "phone", state: "phone", size: PHONE, touch: true, act: openFirst },
  { name: "phone-dark", state: "phone", size: PHONE, touch: true, dark: true, act: openFirst },
  { name: "phone-launcher", state: "bars", size: PHONE, touch: true, act: openLauncher },
  { name: "phone-rtl", state: "rtl", size: PHONE, touch: true, rtl: true, act: openFirst },
];

/** The first window: on a phone there are no bars, and what is open is chosen in the panel or the block. */
async function openFirst(page) {
  await page.evaluate(() => window.first());
  await page.getByRole("textbox", { name: /^Message to/ }).first().waitFor();
}

async function rowMenu(page) {
  await openLauncher(page);
  await page.getByRole("list", { name: "Conversations" }).getByRole("button", { name: "Conversation actions" }).nth(1).click();
  await page.getByRole("menu").waitFor();
}

async function below(page, top) {
  await page.locator("gchat-finder .scroller").evaluate((scroller, to) => (scroller.scrollTop = to), top);
}

async function types(page, text) {
  await page.getByRole("searchbox", { name: "Search people and messages" }).fill(text);
  await page.waitForTimeout(400);
}

/** The menu of the last message that is there. */
async function openMenu(page, name = "Message actions") {
  const button = page.getByRole("button", { name, exact: true }).filter({ visible: true }).nth(-3);
  await button.scrollIntoViewIfNeeded();
  await button.click();
  await page.getByRole("menu").waitFor();
}

async function chooses(page, verb) {
  await openMenu(page);
  await page.getByRole("menuitem", { name: verb }).click();
}

async function press(page, name) {
  await page.getByRole("button", { name, exact: true }).filter({ visible: true }).first().click();
}

/** The emoji at hand, at the message that is `at` from the end. */
async function react(page, at = -3) {
  const button = page.getByRole("button", { name: "Message actions", exact: true }).filter({ visible: true }).nth(at);
  await button.scrollIntoViewIfNeeded();
  await button.click();
  await page.getByRole("menuitem", { name: "React" }).click();
  await page.getByRole("toolbar").waitFor();
}

async function mention(page, text) {
  await page.getByRole("textbox", { name: /^Message to/ }).filter({ visible: true }).first().pressSequentially(text);
  await page.keyboard.press("ArrowDown");
  await page.getByRole("listbox").waitFor();
}

/** The picker, with what is searched in it. */
async function emoji(page, text = "", name = "Emoji") {
  await press(page, name);
  const box = page.getByRole("searchbox", { name: /^(?:Search emoji|Procurar emojis)$/ });
  await box.waitFor();
  if (text !== "") await box.fill(text);
  await page.waitForTimeout(500);
}

/** Some have been used before. */
async function usedEmoji(page) {
  for (const text of ["rocket", "tada", "thumbsup"]) {
    await emoji(page, text);
    await page.keyboard.press("Enter");
  }
  await emoji(page);
}

/** As on a device without a font for emoji: each sign is as wide as the next. */
function drawsNone() {
  CanvasRenderingContext2D.prototype.measureText = (text) => ({ width: 12 * Array.from(text).length });
  CanvasRenderingContext2D.prototype.getImageData = (x, y, width, height) => new ImageData(width, height);
}

async function newGroup(page, filled = false) {
  await openLauncher(page);
  await press(page, "New group");
  await page.getByRole("textbox", { name: "Group name" }).waitFor();
  if (!filled) return;
  await page.getByRole("textbox", { name: "Group name" }).fill("Project 3");
  const people = page.getByRole("list", { name: "People", exact: true }).getByRole("button");
  for (const at of [0, 2, 3, 5]) if (at < (await people.count())) await people.nth(at).click();
  await page.getByRole("searchbox").last().fill("a");
}

/** What the core would answer is told again, since a dialog asks for it. */
async function dialog(page, item, state = null) {
  await press(page, "Conversation actions");
  await page.getByRole("menuitem", { name: item }).click();
  await page.getByRole("dialog").last().waitFor();
  if (state !== null) await page.evaluate((name) => window.tell(name), state);
}

async function seenBy(page) {
  const button = page.getByRole("button", { name: "Message actions", exact: true }).filter({ visible: true }).nth(-1);
  await button.click();
  await page.getByRole("menuitem", { name: "Seen by" }).click();
  await page.getByRole("dialog").last().waitFor();
  await page.evaluate(() => window.tell("members"));
}

async function follow(page) {
  await page.getByRole("button", { name: /^In reply to/ }).nth(1).click();
  await page.mouse.move(0, 0);
}

/** All logs. */
async function everywhere(page, top) {
  await page.getByRole("log").evaluateAll((logs, to) => logs.forEach((log) => (log.scrollTop = to)), top);
  await page.mouse.move(0, 0);
}

/** The last long text of the talk that has some, from its beginning. */
async function unfold(page) {
  const buttons = page.getByRole("button", { name: "Show more" });
  await buttons.nth(1).click();
  await page.getByRole("button", { name: "Show less" }).first().waitFor();
}

async function scrolled(page, top) {
  await page.getByRole("log").evaluate((log, to) => (log.scrollTop = to), top);
}

async function openLauncher(page) {
  await page.getByRole("button", { name: /^(?:Global Chat|Chat Global)/ }).click();
}

const bundle = await build({
  entryPoints: [join(here, "page.ts")],
  bundle: true,
  format: "esm",
  write: false,
  target: "es2022",
  plugins: [shrink],
});
const files = {
  "/": ["text/html", await readFile(join(here, "page.html"))],
  "/page.js": ["text/javascript", bundle.outputFiles[0].contents],
  "/face.svg": [
    "image/svg+xml",
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path fill="#e8c9a0" d="M0 0h9v9H0z"/><circle cx="4.5" cy="3.5" r="2" fill="#7a4b2a"/><path fill="#2a5d7a" d="M1 9a3.5 3.5 0 0 1 7 0z"/></svg>',
  ],
};
const server = createServer((request, response) => {
  const file = files[new URL(request.url, "http://gallery").pathname];
  response.writeHead(file ? 200 : 404, { "content-type": file?.[0] ?? "text/plain" });
  response.end(file?.[1]);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = `http://127.0.0.1:${server.address().port}/`;
const axe = await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
const only = process.env.ONLY?.split(",");
for (const shot of SHOTS.filter(({ name }) => only === undefined || only.includes(name))) {
  const context = await browser.newContext({
    viewport: shot.size ?? DESKTOP,
    hasTouch: shot.touch ?? false,
    isMobile: shot.touch ?? false,
    colorScheme: shot.dark ? "dark" : "light",
    forcedColors: shot.forced ? "active" : "none",
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(5000);
  if (shot.undrawn) await page.addInitScript(drawsNone);
  if (shot.old) await page.addInitScript(() => delete HTMLElement.prototype.showPopover);
  const complain = (what) => {
    console.error(`${shot.name}: ${what}`);
    process.exitCode = 1;
  };
  page.on("pageerror", (error) => complain(error.stack));
  page.on("dialog", (dialog) => (complain(`something ran: ${dialog.message()}`), dialog.dismiss()));
  await page.goto(`${address}?state=${shot.state}&lang=${shot.lang ?? "en"}`);
  if (shot.rtl) await page.evaluate(() => (document.documentElement.dir = "rtl"));
  if (shot.large) await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
  if (shot.theme) {
    await page.evaluate((theme) => {
      document.documentElement.dataset.bsTheme = theme;
      const host = document.documentElement.style;
      for (const [name, colour] of [["--page", "#16181b"], ["--card", "#212529"], ["--text", "#dee2e6"]]) {
        host.setProperty(name, colour);
      }
      for (const [name, colour] of [["--bs-body-bg", "#212529"], ["--bs-body-color", "#dee2e6"], ["--bs-primary", "#0d6efd"]]) {
        host.setProperty(name, colour);
      }
    }, shot.theme);
  }
  await page.waitForTimeout(300);
  await shot.act?.(page).catch((error) => complain(error.message));
  await page.waitForTimeout(200);
  await page.screenshot({ path: join(folder, `${shot.name}.png`) });
  if (!shot.forced) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    for (const { id, impact, nodes } of violations) {
      const where = nodes.slice(0, 3).map((node) => `${node.target.flat().join(" ")}: ${node.any[0]?.message ?? ""}`).join("\n    ");
      if (impact === "serious" || impact === "critical") complain(`${impact}: ${id}\n    ${where}`);
      else console.log(`${shot.name}: ${impact}: ${id} (${nodes.length})`);
    }
  }
  await context.close();
}
await browser.close();
server.close();
console.log(folder);
