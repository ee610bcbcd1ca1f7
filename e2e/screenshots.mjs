// Pictures of every state, to be looked at: `node screenshots.mjs [FOLDER]`. The one for the README goes to docs/images.
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Campus } from "./campus.mjs";
import { becomes, seen } from "./expect.mjs";
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
await people.close();
await campus.close();
console.log(folder);
