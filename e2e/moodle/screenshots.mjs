// Pictures of the chat in a real Moodle, to be looked at: `node moodle/screenshots.mjs [FOLDER [PART…]]`, on the running site
// that MOODLE_SITE names, or on one made of the first tree of MOODLE_DIR.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { becomes, seen, settled } from "../expect.mjs";
import { campus, NAMES } from "./campus.mjs";
import { connect, SETTINGS } from "./connect.mjs";
import { attach } from "./control.mjs";
import { Members } from "./members.mjs";
import { WEB, folder as ownedBy } from "./process.mjs";
import { quiet } from "./quiet.mjs";
import { install } from "./site.mjs";

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), "gchat-pictures-"));
mkdirSync(folder, { recursive: true });
const running = process.env.MOODLE_SITE;
const site = running ? attach(running) : await prepared();
const people = await Members.open(site);
const BIG = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
let place;

try {
  await pictures();
} finally {
  await site.chat.start();
  await people.close();
  if (!running) await site.close();
}
console.log(folder);

async function prepared() {
  const made = await install(process.env.MOODLE_DIR.split(":")[0], process.env.DATABASES?.split(",")[0] ?? "mariadb", { say: console.log });
  await made.unzip();
  await made.upgrade();
  await made.warm(["boost", "classic"]);
  await connect(made);
  await made.seed({ everywhere: true });
  return made;
}

async function pictures() {
  const parts = {
    people: () => ofPeople("", BIG),
    dark: () => ofPeople("dark-", { ...BIG, colorScheme: "dark" }, ["course"]),
    phone: () => ofPeople("phone-", PHONE, ["course", "forum"]),
    classic: () => ofPeople("classic-", BIG, ["course", "forum"], "classic"),
    rtl: rightToLeft,
    settings: ofAdministrators,
    nothing: ofNothing,
    closed: () => ofClosed("", BIG),
    "closed-phone": () => ofClosed("phone-", PHONE),
    exam: () => ofExam("", BIG),
    "exam-phone": () => ofExam("phone-", PHONE),
    first: () => ofFirstVisit("", BIG),
    "first-phone": () => ofFirstVisit("phone-", PHONE),
    rooms: () => ofRooms("", BIG),
    "rooms-dark": () => darkened(() => ofRooms("dark-", { ...BIG, colorScheme: "dark" })),
    "rooms-dark-phone": () => darkened(() => ofRooms("dark-phone-", { ...PHONE, colorScheme: "dark" })),
    "rooms-phone": () => ofRooms("phone-", PHONE),
    "rooms-rtl": () => mirrored(() => ofRooms("rtl-", BIG)),
    "rooms-settings": () => ofRoomSettings("", BIG),
    "rooms-settings-phone": () => ofRoomSettings("phone-", PHONE),
    finding: () => ofFinding("", BIG),
    "finding-dark": () => darkened(() => ofFinding("dark-", { ...BIG, colorScheme: "dark" })),
    "finding-phone": () => ofFinding("phone-", PHONE),
    "finding-rtl": () => mirrored(() => ofFinding("rtl-", BIG)),
  };
  const named = process.argv.slice(3);
  await site.deeds(["config", "allowthemechangeonurl", 1]);
  for (const part of named.length > 0 ? named : Object.keys(parts)) await parts[part]();
}

async function picture(page, name) {
  // Chromium paints a page's pictures and letters late on a busy machine.
  await settled(page);
  await page.screenshot({ path: join(folder, `${site.tree.branch}-${name}.png`), animations: "disabled" });
  console.log(name);
}

/** Ana on the named pages, with talks to Bruno and Carla in the dock. */
async function ofPeople(prefix, options, wanted = ["course", "dashboard", "mycourses", "forum", "participants"], theme = "") {
  place = await campus(site);
  people.login = place.login;
  const { algebra } = place;
  const paths = {
    course: algebra.path,
    dashboard: "/my/",
    mycourses: "/my/courses.php",
    forum: `/mod/forum/view.php?id=${algebra.modules.forum}`,
    participants: `/user/index.php?id=${algebra.id}`,
  };
  const themed = (path) => (theme === "" ? path : `${path}${path.includes("?") ? "&" : "?"}theme=${theme}`);
  const others = [];
  for (const slug of ["bruno", "carla", "eva", "frank"]) others.push(await people.arrive(slug, { path: algebra.path }));
  const ana = await people.arrive("ana", { ...options, path: themed("/my/") });
  for (const [other, mine, his] of [
    [others[0], "Morning, Bruno! Did you get through exercise 3?", "Almost. May I divide by two first?"],
    [others[1], "Hi Carla, are you coming on Thursday?", "Yes! 14:00 in the library 📚 https://example.org/map"],
  ]) {
    await ana.go(themed(paths.forum));
    await ana.screen.launcher.click();
    await ana.screen.launched(other.name).click();
    const chat = ana.screen.chat(other.name);
    await chat.say(mine);
    const theirs = other.screen.chat(ana.name);
    await theirs.button("Restore").click();
    await theirs.say(his);
    await seen(chat.message(his).last(), "the answer");
  }
  for (const name of wanted) {
    await ana.go(themed(paths[name]));
    await seen(ana.screen.chat(others[0].name).window.or(ana.page.getByRole("button", { name: /more chats?$/ })).first(), "the dock");
    await picture(ana.page, prefix + name);
  }
  await ana.go(themed(paths.forum));
  await ana.screen.launcher.click();
  await seen(ana.screen.launched(others[0].name), "the launcher's list");
  await picture(ana.page, `${prefix}launcher`);
  await people.leave();
}

function rightToLeft() {
  return mirrored(() => ofPeople("rtl-", BIG, ["course"]));
}

/** As in a language that is written from right to left: none is installed, so English is said to be one. */
async function mirrored(deed) {
  const local = ownedBy(join(ownedBy(join(site.data, "lang"), WEB), "en_local"), WEB);
  writeFileSync(join(local, "langconfig.php"), "<?php\n$string['thisdirection'] = 'rtl';\n");
  await site.php(["admin/cli/purge_caches.php"]);
  try {
    await deed();
  } finally {
    rmSync(local, { recursive: true });
    await site.php(["admin/cli/purge_caches.php"]);
    await site.warm();
  }
}

/** In the dark colours that Boost has from Moodle 5.0 on, and that themes and plugins for dark pages switch on. */
async function darkened(deed) {
  const script = '<script>document.documentElement.dataset.bsTheme = "dark";</script>';
  await site.deeds(["config", "additionalhtmlhead", script]);
  try {
    await deed();
  } finally {
    await site.deeds(["config", "additionalhtmlhead", ""]);
  }
}

async function ofAdministrators() {
  const admin = await people.administrator(BIG);
  const page = async (path, name) => {
    await admin.page.goto(site.url + path, { timeout: 120_000 });
    await picture(admin.page, name);
  };
  const status = async (name) => {
    await admin.page.goto(`${site.url}/report/status/index.php`, { timeout: 120_000 });
    await admin.page.locator("tr", { hasText: "Global Chat" }).first().scrollIntoViewIfNeeded();
    await picture(admin.page, name);
  };
  await page(SETTINGS, "settings");
  await status("status");
  await page("/blocks/gchat/connectiontest.php", "test");
  await site.chat.kill();
  await page(SETTINGS, "settings-dead");
  await status("status-dead");
  await page("/blocks/gchat/connectiontest.php", "test-dead");
  await site.chat.start();
  await people.leave();
}

/** Ana in a talk with somebody who was unenrolled since, and with what she was writing. */
async function ofClosed(prefix, options) {
  place = await campus(site);
  people.login = place.login;
  const { path, id } = place.algebra;
  const bruno = await people.arrive("bruno", { path });
  const ana = await people.arrive("ana", { ...options, path: "/my/" });
  const chat = await openFromLauncher(ana, bruno.name);
  await chat.say("Morning, Bruno! Did you get through exercise 3?");
  const his = bruno.screen.chat(ana.name);
  await his.button("Restore").click();
  await his.say("Almost. May I divide by two first?");
  await chat.box.fill("You may: two is never");
  await site.deeds(["unenrol", id, place.users.bruno]);
  await seen(chat.window.getByText(/You cannot write to/), "why nothing can be written");
  await picture(ana.page, `${prefix}closed`);
  await people.leave();
}

/** Bruno's other tab, and the attempt itself, while he sits an exam. */
async function ofExam(prefix, options) {
  place = await campus(site);
  people.login = place.login;
  const { path, modules } = place.algebra;
  const instance = `(SELECT instance FROM {course_modules} WHERE id = ${modules.quiz})`;
  await site.deeds(["execute", `UPDATE {quiz} SET timelimit = 600 WHERE id = ${instance}`]);
  const ana = await people.arrive("ana", { path });
  const bruno = await people.arrive("bruno", { ...options, path });
  await (await openFromLauncher(bruno, ana.name)).say("Which formula was it?");
  const exam = await bruno.tab(`/mod/quiz/view.php?id=${modules.quiz}`);
  await settled(exam);
  await exam.getByRole("button", { name: /^Attempt quiz/ }).click();
  // Where the quiz has a time limit, Moodle asks once more, but where its script is late.
  const sure = exam.getByRole("dialog").getByRole("button", { name: "Start attempt" });
  await Promise.race([sure.click(), exam.waitForURL("**/mod/quiz/attempt.php*")]).catch(() => {});
  await exam.waitForURL("**/mod/quiz/attempt.php*");
  await picture(exam, `${prefix}exam-attempt`);
  await seen(bruno.page.getByText(/^Chat is paused/).filter({ visible: true }).first(), "that the chat is paused");
  await bruno.page.bringToFront();
  await picture(bruno.page, `${prefix}exam-paused`);
  await people.leave();
}

/** Carla, who has never opened Boost's drawer of blocks, on her first page. */
async function ofFirstVisit(prefix, options) {
  place = await campus(site);
  people.login = place.login;
  const { path } = place.algebra;
  await site.deeds(["execute", `DELETE FROM {user_preferences} WHERE name = 'drawer-open-block' AND userid = ${place.users.carla}`]);
  const others = [];
  for (const slug of ["ana", "bruno", "eva"]) others.push(await people.arrive(slug, { path }));
  const carla = await people.arrive("carla", { ...options, path });
  // On a phone the list would cover the page.
  const wide = options.viewport.width > 600;
  await seen(wide ? carla.screen.launched(others[0].name) : carla.page.getByRole("button", { name: /^Global Chat, 3 online/ }), "who is online");
  await picture(carla.page, `${prefix}first-visit`);
  await people.leave();
}

/** Opens a talk by the launcher, which every page has. */
async function openFromLauncher(person, name) {
  if (!(await person.screen.launched(name).isVisible())) await person.screen.launcher.click();
  await person.screen.launched(name).click();
  return person.screen.chat(name);
}

/** Bruno and Ana, who teaches, in the room of their course and in a group: the list, members, a mention, reactions, the menus. */
async function ofRooms(prefix, options) {
  place = await campus(site);
  people.login = place.login;
  const { path, title, id } = place.algebra;
  await site.deeds(["config", "rooms", "some", "block_gchat"], ["room", id, "open"]);
  const carla = await people.arrive("carla", { path });
  const eva = await people.arrive("eva", { path });
  const bruno = await people.arrive("bruno", { ...options, path });
  const theirs = await openRoom(carla, title);
  await theirs.say("Is the library open on Saturday?");
  await (await openRoom(eva, title)).say("Yes, from 10 to 16 📚 https://example.org/library");
  const panel = await openPanel(bruno);
  await panel.getByRole("button", { name: "New group" }).click();
  const dialog = bruno.page.getByRole("dialog", { name: "New group" });
  await dialog.getByRole("textbox", { name: "Group name" }).fill("Project 3: bridges");
  for (const { name } of [carla, eva]) await dialog.getByRole("list", { name: "People", exact: true }).getByRole("button", { name }).click();
  await picture(bruno.page, `${prefix}new-group`);
  await dialog.getByRole("button", { name: "Create group" }).click();
  const group = bruno.screen.chat("Project 3: bridges");
  await group.say("Who builds the first pillar?");
  const hers = carla.screen.chat("Project 3: bridges");
  await hers.button("Restore").click();
  await hers.say("I can, if somebody brings the glue.");
  await hers.say("And a ruler of 50 cm.");
  await seen(group.message("And a ruler of 50 cm."), "what Carla wrote");
  await picture(bruno.page, `${prefix}group`);
  await act(group, "Members");
  const members = bruno.page.getByRole("dialog", { name: "Members" });
  await seen(members.getByRole("list", { name: "Members" }).getByRole("listitem").first(), "the members");
  await picture(bruno.page, `${prefix}group-members`);
  await bruno.page.keyboard.press("Escape");
  await group.window.getByRole("button", { name: "Conversation actions" }).click();
  await picture(bruno.page, `${prefix}group-menu`);
  await bruno.page.keyboard.press("Escape");
  if (options.isMobile) await group.button("Close").click();
  else await group.button("Minimise").click();
  const his = await openRoom(bruno, title);
  await his.say("Then I am coming too");
  await his.box.pressSequentially("@carl");
  await seen(his.window.getByRole("option").first(), "the completion");
  await picture(bruno.page, `${prefix}mention-completion`);
  await bruno.page.keyboard.press("Enter");
  await his.box.pressSequentially("shall we meet there at 11?");
  await his.sendButton.click();
  await seen(his.message(/shall we meet there/), "the mention");
  await react(theirs, "Then I am coming too", /👍|thumbs up/i);
  await seen(his.article("Then I am coming too").getByRole("button", { name: "👍 1", exact: true }), "the reaction");
  await picture(bruno.page, `${prefix}room-student`);
  await his.choose("Is the library open on Saturday?", "React");
  await picture(bruno.page, `${prefix}reactions`);
  await bruno.page.keyboard.press("Escape");
  // On a phone a window is all there is.
  if (options.isMobile) await his.window.getByRole("button", { name: "Back" }).click();
  else await openPanel(bruno);
  await picture(bruno.page, `${prefix}rooms`);
  const ana = await people.arrive("ana", { ...options, path });
  const teacher = await openRoom(ana, title);
  await picture(ana.page, `${prefix}room-teacher`);
  await teacher.window.getByRole("button", { name: "Conversation actions" }).click();
  await picture(ana.page, `${prefix}room-teacher-menu`);
  await teacher.window.getByRole("menuitemcheckbox").click();
  await teacher.say("Exam on Friday, room 12. Please bring a calculator.");
  if (!(await his.log.isVisible())) await openRoom(bruno, title);
  await seen(his.message(/Exam on Friday/), "the announcement");
  await seen(his.window.getByText("Only teachers can write here now."), "why nothing can be written");
  await picture(bruno.page, `${prefix}room-announcements`);
  await people.leave();
}

/** Ana's panel: empty, with conversations of which some are unread, and with what a search finds; and somebody's profile. */
async function ofFinding(prefix, options) {
  place = await campus(site);
  people.login = place.login;
  const { path } = place.algebra;
  const ana = await people.arrive("ana", { ...options, path });
  await ana.screen.launcher.click();
  await seen(ana.page.getByRole("button", { name: "Find somebody" }), "the empty panel");
  await picture(ana.page, `${prefix}finding-empty`);
  await ana.page.keyboard.press("Escape");
  const others = [];
  for (const slug of ["bruno", "carla", "frank"]) others.push(await people.arrive(slug, { path }));
  for (const [other, text] of [[others[0], "Almost. May I divide by two first?"], [others[1], "Yes! 14:00 in the library 📚"], [others[2], "Thank you, that was it."]]) {
    await (await other.screen.open(ana.name)).say(text);
  }
  await others[2].context.close();
  await ana.go(path);
  await ana.screen.openPanel();
  await ana.screen.listed(others[2].name).click();
  const chat = ana.screen.chat(others[2].name);
  await chat.say("Good. See you on Friday.");
  if (options.isMobile) await chat.window.getByRole("button", { name: "Back" }).click();
  else await ana.screen.openPanel();
  await picture(ana.page, `${prefix}finding-list`);
  await ana.screen.search.fill("a");
  await seen(ana.screen.found(NAMES.eva), "who was never there");
  await picture(ana.page, `${prefix}finding-search`);
  await ana.go(`/user/profile.php?id=${place.users.eva}`);
  await ana.page.getByRole("link", { name: "Chat", exact: true }).scrollIntoViewIfNeeded();
  await picture(ana.page, `${prefix}finding-profile`);
  await people.leave();
}

/** What says whether there are rooms: the site's settings, and the form of a course. */
async function ofRoomSettings(prefix, options) {
  place = await campus(site);
  people.login = place.login;
  await site.deeds(["config", "rooms", "some", "block_gchat"]);
  const admin = await people.administrator({ ...options, path: SETTINGS });
  await admin.page.getByRole("combobox", { name: "Rooms" }).scrollIntoViewIfNeeded();
  await picture(admin.page, `${prefix}rooms-site`);
  const ana = await people.arrive("ana", { ...options, path: `/course/edit.php?id=${place.algebra.id}` });
  const header = ana.page.locator("#id_block_gchat_header").getByRole("button", { name: "Global Chat" });
  const field = ana.page.getByRole("combobox", { name: "Room of the course" });
  // Until all scripts are there, a press opens nothing.
  await quiet(ana.page);
  await becomes(async () => {
    if (!(await field.isVisible())) await header.click();
    return field.isVisible();
  }, true, "the field of the form");
  await field.scrollIntoViewIfNeeded();
  await picture(ana.page, `${prefix}rooms-course`);
  await people.leave();
}

async function openPanel(person) {
  const panel = person.page.getByRole("dialog", { name: "Global Chat" });
  // Where Moodle's scripts move the focus, the panel closes.
  await quiet(person.page);
  if (!(await panel.isVisible())) await person.screen.launcher.click();
  await seen(panel, "the panel");
  return panel;
}

async function openRoom(person, title) {
  const panel = await openPanel(person);
  await panel.getByRole("list", { name: "Rooms" }).getByRole("button", { name: title }).click();
  const chat = person.screen.chat(title);
  await seen(chat.log, "the room");
  return chat;
}

async function act(chat, item) {
  await chat.window.getByRole("button", { name: "Conversation actions" }).click();
  await chat.window.getByRole("menuitem", { name: item, exact: true }).click();
}

async function react(chat, text, name) {
  await chat.choose(text, "React");
  await chat.window.getByRole("toolbar").getByRole("button", { name }).click();
}

/** An empty list, and a server that is away. */
async function ofNothing() {
  place = await campus(site);
  people.login = place.login;
  const daniel = await people.arrive("daniel", { ...BIG, path: place.biology.path });
  await seen(daniel.screen.block.getByText("Nobody from your courses is online."), "the empty list");
  await picture(daniel.page, "empty");
  await site.chat.kill();
  await daniel.page.reload();
  await picture(daniel.page, "away-at-first");
  await seen(daniel.screen.block.getByText(/lost|not connected/i).first(), "the notice", 60_000);
  await picture(daniel.page, "away");
  await site.chat.start();
  await people.leave();
}
