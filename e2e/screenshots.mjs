// Pictures of every state, to be looked at: `node screenshots.mjs [FOLDER]`. The one for the README goes to docs/images.
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Campus } from "./campus.mjs";
import { Embedding } from "./embedding.mjs";
import { becomes, gone, seen } from "./expect.mjs";
import { People } from "./people.mjs";

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), "gchat-pictures-"));
const readme = join(import.meta.dirname, "..", "docs", "images");
for (const one of [folder, readme]) mkdirSync(one, { recursive: true });

async function picture(page, name, where = folder) {
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(where, `${name}.png`), animations: "disabled" });
  console.log(name);
}

/** Ana, with Bruno and Carla, in three windows with something in them. */
async function busy(people, options) {
  const ana = await people.arrive("ana", { line: true, ...options });
  const others = [await people.arrive("bruno"), await people.arrive("carla")];
  for (const other of others) {
    const mine = await ana.screen.open(other.name);
    await mine.say(other.name === "Bruno Silva" ? "Morning, Bruno! Did you get through exercise 3?" : "Hi Carla, are you coming on Thursday?");
    const his = other.screen.chat("Ana Sousa");
    await his.button("Restore").click();
    await his.say(other.name === "Bruno Silva" ? "Almost. May I divide by two first?" : "Yes! 14:00 in the library 📚");
    await mine.log.getByText(/May I divide|library/).waitFor();
    await mine.say(other.name === "Bruno Silva" ? "You may: two is never zero 🙂" : "See you there");
  }
  return ana;
}

const quiet = await Campus.open();
let people = await People.open(quiet);
const alone = await people.arrive("ana");
await seen(alone.screen.block.getByText("Nobody from your courses is online."), "the empty list");
await picture(alone.page, "empty");
await alone.go("/");
await picture(alone.page, "home");
await alone.go("/demo/people/2");
await seen(alone.screen.block.getByText("Nobody from your courses is online."), "the empty list");
await picture(alone.page, "person");
await people.close();
await quiet.close();

const campus = await Campus.open({ classmates: 25 });
people = await People.open(campus);
const full = async (person) => {
  const buttons = person.screen.list.getByRole("button");
  await becomes(async () => (await buttons.count()) >= 12, true, "a busy list", 60_000);
};
const size = { viewport: { width: 1440, height: 900 } };

let ana = await busy(people, size);
await full(ana);
await picture(ana.page, "busy");
await picture(ana.page, "chat", readme);
const classmate = ana.screen.list.getByRole("button", { name: /^(?!Bruno Silva|Carla Nunes)/ }).first();
await classmate.click();
await becomes(() => ana.page.getByRole("textbox", { name: /^Message to/ }).count(), 3, "three windows");
await picture(ana.page, "three-windows");
const bruno = ana.screen.chat("Bruno Silva");
await bruno.answer("Almost. May I divide by two first?", "You may, as two is never zero 🙂");
await bruno.edit("You may: two is never zero 🙂", "You may!");
await picture(ana.page, "answered");
await bruno.menu("You may!");
await picture(ana.page, "message-menu");
await ana.page.keyboard.press("Escape");
ana.line.cut();
await seen(ana.screen.block.getByText("Connection lost. Trying again…"), "the notice", 40_000);
await picture(ana.page, "connection-lost");
await people.leave();

for (const [name, options, path] of [
  ["dark", { ...size, colorScheme: "dark" }, "/demo/algebra"],
  ["rtl", size, "/demo/algebra?dir=rtl"],
  ["portuguese", size, "/demo/algebra?lang=pt"],
  ["phone", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }, "/demo/algebra"],
]) {
  for (const other of ["bruno", "carla"]) await people.arrive(other);
  ana = await people.arrive("ana", { ...options, path });
  await ana.page.getByRole("button", { name: /^Bruno Silva, / }).waitFor();
  await picture(ana.page, name);
  if (name === "phone") {
    await ana.screen.open("Bruno Silva");
    await picture(ana.page, "phone-window");
  }
  await people.leave();
}
await verbs();
await panels();
await people.close();
await campus.close();
await closed();
console.log(folder);

/** What one does with messages: edited, answered, deleted by either, about to be deleted, its menu, and the box then. */
async function verbs() {
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
  for (const [name, options, path] of [
    ["desktop", size, "/demo/algebra"],
    ["dark", { ...size, colorScheme: "dark" }, "/demo/algebra"],
    ["rtl", size, "/demo/algebra?dir=rtl"],
    ["forced", { ...size, forcedColors: "active" }, "/demo/algebra"],
    ["phone", phone, "/demo/algebra"],
    ["phone-dark", { ...phone, colorScheme: "dark" }, "/demo/algebra"],
  ]) {
    const other = await people.arrive("bruno");
    const ana = await people.arrive("carla", { ...options, path });
    const mine = await ana.screen.open("Bruno Silva");
    const round = `(${name})`;
    await mine.say(`Is exercise 4 for Thursday? ${round}`);
    const theirs = other.screen.chat("Carla Nunes");
    const restore = theirs.button("Restore");
    if (await restore.isVisible()) await restore.click();
    await theirs.say(`Wrong window, sorry ${round}`);
    await theirs.say(`For Friday, I think ${round}`);
    await theirs.choose(`Wrong window, sorry ${round}`, "Delete");
    await mine.answer(`For Friday, I think ${round}`, `Then there is time ${round}`);
    await mine.edit(`Then there is time ${round}`, `Then there is time enough ${round}`);
    await gone(mine.message(`Wrong window, sorry ${round}`), "what the other has deleted");
    await mine.say(`Never mind ${round}`);
    await mine.choose(`Never mind ${round}`, "Delete");
    await seen(mine.log.getByRole("button", { name: "Undo" }), "the way back");
    await picture(ana.page, `verbs-${name}-undo`);
    await mine.choose(`For Friday, I think ${round}`, "Reply");
    await picture(ana.page, `verbs-${name}-reply`);
    await mine.choose(`Then there is time enough ${round}`, "Edit");
    await picture(ana.page, `verbs-${name}-edit`);
    await ana.page.keyboard.press("Escape");
    await mine.menu(`For Friday, I think ${round}`);
    await picture(ana.page, `verbs-${name}-menu`);
    await people.leave();
  }
}

/** The launcher's panel: at rest, with a search, by its filters, with a row's menu, beside a window; and on a phone. */
async function panels() {
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
  for (const [name, options, path] of [
    ["desktop", size, "/demo/algebra"],
    ["narrow", { viewport: { width: 1024, height: 700 } }, "/demo/algebra"],
    ["dark", { ...size, colorScheme: "dark" }, "/demo/algebra"],
    ["forced", { ...size, forcedColors: "active" }, "/demo/algebra"],
    ["rtl", size, "/demo/algebra?dir=rtl"],
    ["phone", phone, "/demo/algebra"],
  ]) {
    const { page, screen } = await people.arrive("ana", { ...options, path });
    for (const slug of ["bruno", "carla"]) {
      const other = await people.arrive(slug);
      await (await other.screen.open("Ana Sousa")).say(`Hi Ana, are you coming on Thursday? (${name})`);
    }
    const panel = await screen.openPanel();
    await seen(screen.listed("Carla Nunes"), "her conversations");
    await picture(page, `panel-${name}`);
    await screen.search.fill("sil");
    await seen(screen.found("Bruno Silva"), "Bruno, found");
    await picture(page, `panel-${name}-search`);
    await screen.search.fill("");
    await panel.getByRole("list", { name: "Conversations" }).getByRole("button", { name: "Conversation actions" }).first().click();
    await page.getByRole("menuitem", { name: "Pin" }).waitFor();
    await picture(page, `panel-${name}-menu`);
    await page.keyboard.press("Escape");
    await panel.getByRole("button", { name: "Archived", exact: true }).click();
    await seen(panel.getByText("Nothing is archived."), "that nothing is");
    await picture(page, `panel-${name}-archived`);
    await panel.getByRole("button", { name: "Archived", exact: true }).click();
    await screen.listed("Bruno Silva").click();
    await seen(screen.chat("Bruno Silva").box, "the window");
    if (name === "phone") await picture(page, "panel-phone-conversation");
    else {
      await screen.openPanel();
      await seen(screen.listed("Bruno Silva"), "the panel beside it");
      await picture(page, `panel-${name}-window`);
    }
    await people.leave();
  }
}

/** Windows that are closed to writing, each for its reason, a message that was refused among them; then a pause. */
async function closed() {
  const [ANA, BRUNO, CARLA, DANIEL] = [2, 3, 4, 5];
  const circles = [{ id: "c0", role: "student", title: "Algebra" }];
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
  for (const [name, options, prepare = () => {}] of [
    ["desktop", { ...size, line: true }],
    ["dark", { ...size, line: true, colorScheme: "dark" }],
    ["rtl", { ...size, line: true }, (page) => page.addInitScript(() => addEventListener("DOMContentLoaded", () => (document.documentElement.dir = "rtl")))],
    ["phone", { ...phone, line: true }],
  ]) {
    const host = await Embedding.open();
    host.head = `<style>:root { color-scheme: light dark; font-family: sans-serif; } body { margin: 2rem; background: Canvas; color: CanvasText; }</style>`;
    const people = await People.open(host);
    for (const [user, called] of [[ANA, "Ana Sousa"], [BRUNO, "Bruno Silva"], [CARLA, "Carla Nunes"], [DANIEL, "Daniel Costa"]]) {
      host.introduce(user, { name: called, circles });
    }
    const others = [];
    for (const [user, called] of [[BRUNO, "Bruno Silva"], [CARLA, "Carla Nunes"], [DANIEL, "Daniel Costa"]]) {
      const other = await people.enter(called);
      await other.go(`/as/${user}`);
      others.push(other);
    }
    const ana = await people.enter("Ana Sousa", options);
    await prepare(ana.page);
    await ana.go(`/as/${ANA}`);
    const chats = [];
    for (const { name: called } of others) {
      const chat = await ana.screen.open(called);
      await chat.say(`Hi ${called.split(" ")[0]}, are you coming on Thursday?`);
      chats.push(chat);
      if (name === "phone" && chats.length < 3) await chat.button("Close").click();
    }
    // What is sent while the line is down is refused when it is back.
    const last = chats[name === "phone" ? 2 : 0];
    ana.line.cut();
    await last.say("I could bring the book along, and the notes of last week");
    await last.box.fill("Half a thought");
    await host.change(ANA, { blocked: [BRUNO] });
    await host.change(CARLA, { circles: [{ id: "c1", role: "student", title: "History" }] });
    if (name !== "phone") await host.remove(DANIEL);
    else await host.change(DANIEL, { accepts: [] });
    ana.line.release();
    ana.page.getByRole("button", { name: "Try again now" }).first().click().catch(() => {});
    await seen(last.window.getByText("Not sent.", { exact: false }).first(), "the refusal", 40_000);
    await seen(last.window.getByRole("button", { name: "Copy text" }), "what can be done with it");
    await picture(ana.page, `writing-${name}`);
    await host.change(ANA, { paused_until: Date.now() + 600_000 });
    await seen(ana.page.getByText("Chat is paused during your quiz.").first(), "the pause", 40_000);
    await becomes(() => ana.page.getByRole("textbox", { name: /^Message to/ }).count(), 0, "no window");
    await picture(ana.page, `paused-${name}`);
    await people.close();
    await host.close();
  }
}
