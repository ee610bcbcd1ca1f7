// The administrator's side: the connection code, the status report and the connection test.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { becomes, seen } from "../../expect.mjs";
import { connect, paste, SETTINGS } from "../connect.mjs";
import { quiet } from "../quiet.mjs";
import { scene } from "../scene.mjs";

const it = scene();
const STATUS = "/report/status/index.php";
const TEST = "/blocks/gchat/connectiontest.php";

after(async () => {
  // Whatever a test has left, the next file finds a site that is connected.
  await it.site.chat.start();
  await connect(it.site);
});

const stored = async () => (await it.site.deeds(["read_config", "block_gchat"]))[0].result;

/** The connection code with parts of it replaced. */
function code(changes) {
  const parts = JSON.parse(Buffer.from(it.site.code.slice("gchat1.".length), "base64url").toString());
  return `gchat1.${Buffer.from(JSON.stringify({ ...parts, ...changes })).toString("base64url")}`;
}

test("a wrong connection code is refused with what to do, and nothing is lost", async () => {
  const admin = await it.people.administrator({ path: SETTINGS });
  const before = await stored();
  const wrong = ["hello", "gchat1.e30", it.site.code.slice(0, -30), code({ url: "ftp://example.org/" }), code({ key: "short" })];
  for (const one of wrong) {
    const said = await paste(admin.page, one);
    assert.match(said, /connection code/i, one);
    assert.match(said, /gchat site add/, `what to do about ${one}`);
    assert.deepEqual(await stored(), before, `what is stored after ${one}`);
    assert.ok(!(await admin.page.content()).includes(one.length > 30 ? one : "\u0000"), "what was pasted is not shown again");
  }
  const ana = await it.people.arrive("ana", { path: it.campus.algebra.path });
  const bruno = await it.people.arrive("bruno", { path: it.campus.algebra.path });
  await seen(ana.screen.person(bruno.name), "the chat goes on");
});

test("the key is stored encrypted, and no page shows it", async () => {
  const { key } = JSON.parse(Buffer.from(it.site.code.slice("gchat1.".length), "base64url").toString());
  const admin = await it.people.administrator({ path: SETTINGS });
  assert.ok(!(await admin.page.content()).includes(key), "the settings page");
  const config = await stored();
  for (const [name, value] of Object.entries(config)) assert.ok(!String(value).includes(key), `the setting ${name}`);
  await admin.go("/report/configlog/index.php");
  assert.ok(!(await admin.page.content()).includes(key), "the log of settings");
});

test("the code may be broken over lines, and pasted twice", async () => {
  const admin = await it.people.administrator({ path: SETTINGS });
  const said = await paste(admin.page, `  ${it.site.code.replace(/.{60}/g, "$&\n ")}\n`);
  assert.ok(said.includes(`${it.site.url}/gchat/`), said);
  const ana = await it.people.arrive("ana", { path: it.campus.algebra.path });
  const bruno = await it.people.arrive("bruno", { path: it.campus.algebra.path });
  await seen(ana.screen.person(bruno.name), "the chat goes on");
});

test("the time to edit messages is the setting's: on its page at once, from a command line within a minute", async () => {
  const admin = await it.people.administrator({ path: SETTINGS });
  const ana = await it.people.arrive("ana", { path: it.campus.algebra.path });
  const bruno = await it.people.arrive("bruno", { path: it.campus.algebra.path });
  await seen(ana.screen.person(bruno.name), "Ana sees Bruno");
  const mine = await ana.screen.open(bruno.name);
  await mine.say("Room 7");
  await seen(mine.log.locator(".delivery").getByText("Sent", { exact: true }), "it is stored");
  assert.deepEqual(await mine.offers("Room 7"), ["React", "Reply", "Edit", "Delete", "Copy"], "until the setting says otherwise");
  const offersAnew = async () => {
    await ana.go(it.campus.algebra.path);
    await seen(mine.message("Room 7"), "the message on the next page");
    // Where the focus goes elsewhere, a menu closes.
    await quiet(ana.page);
    return mine.offers("Room 7");
  };
  try {
    // A page that is open has been told the time of before; the server refuses by the new one.
    await mine.choose("Room 7", "Edit");
    await mine.editBox.fill("Room 8");
    await saveMinutes(admin.page, 0);
    await mine.window.getByRole("button", { name: "Save", exact: true }).click();
    await seen(mine.window.getByText(/The time in which it could be edited is over/), "Ana is told that it is too late");
    await mine.window.getByRole("button", { name: "Dismiss", exact: true }).click();
    assert.deepEqual(await offersAnew(), ["React", "Reply", "Delete", "Copy"], "with 0 minutes");

    await it.site.deeds(["config", "editseconds", "600", "block_gchat"]);
    await it.site.php(["admin/cli/scheduled_task.php", "--execute=\\block_gchat\\task\\send"]);
    assert.deepEqual(await offersAnew(), ["React", "Reply", "Edit", "Delete", "Copy"], "with 10 minutes");
    await mine.edit("Room 7", "Room 9");
    await bruno.screen.chat(ana.name).button("Restore").click();
    await seen(bruno.screen.chat(ana.name).message("Room 9"), "the edit at Bruno's");
  } finally {
    await admin.go(SETTINGS);
    await saveMinutes(admin.page, 15);
  }
});

/** Sets the time to edit messages, as an administrator does it. */
async function saveMinutes(page, minutes) {
  await page.locator("#id_s_block_gchat_editsecondsv").fill(String(minutes));
  await page.locator("#id_s_block_gchat_editsecondsu").selectOption("60");
  await Promise.all([page.waitForEvent("domcontentloaded"), page.getByRole("button", { name: "Save changes" }).click()]);
  await seen(page.getByText("Changes saved"), "it is saved");
}

/** The lines about the chat on the status report: what each is called, and what it says. */
async function report(page) {
  await page.goto(it.site.url + STATUS);
  const rows = page.locator("tr", { hasText: /global chat/i });
  return (await rows.allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());
}

test("the status report says that all is well", async () => {
  const admin = await it.people.administrator();
  const rows = await report(admin.page);
  assert.ok(rows.length > 0, "the chat is in the report");
  for (const row of rows) assert.match(row, /^OK|^N\/A|^Info/i, row);
  await admin.go(TEST);
  const said = await admin.page.locator("#region-main").innerText();
  assert.ok(said.includes(`${it.site.url}/gchat/`) || /well|ok|works/i.test(said), said);
});

test("the status report says that the server is not there", async () => {
  const admin = await it.people.administrator();
  await it.site.chat.kill();
  try {
    const rows = await report(admin.page);
    assert.ok(rows.some((row) => /^(Error|Critical|Warning)/i.test(row)), rows.join("\n"));
    await admin.go(TEST);
    const said = await admin.page.locator("#region-main").innerText();
    assert.match(said, /502|cannot be reached|not running|does not answer|start/i);
  } finally {
    await it.site.chat.start();
  }
  const rows = await report(admin.page);
  for (const row of rows) assert.match(row, /^OK|^N\/A|^Info/i, row);
});

test("the status report says that the key is wrong", async () => {
  const admin = await it.people.administrator({ path: SETTINGS });
  try {
    await paste(admin.page, code({ key: Buffer.alloc(32, 7).toString("base64url") }));
    const rows = await report(admin.page);
    assert.ok(rows.some((row) => /^(Error|Critical|Warning)/i.test(row) && /key/i.test(row)), rows.join("\n"));
    const bruno = await it.people.arrive("bruno", { path: it.campus.algebra.path });
    await seen(bruno.screen.block.getByText("The chat does not accept this page. Please tell an administrator."), "Bruno is told");
  } finally {
    await admin.go(SETTINGS);
    await paste(admin.page, it.site.code);
  }
  await becomes(async () => (await report(admin.page)).every((row) => /^OK|^N\/A|^Info/i.test(row)), true, "well again");
});
