// A computer that several people use. After a logout, another login or the end of a login nothing of the first person is
// shown, said or readable: in the same tab or another, by Back, from the back-forward cache, in a duplicated tab, without
// the network, in a browser that was closed and opened. Each way is first gone while the login holds, to see that it works.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Computer, record } from "../computer.mjs";
import { becomes, seen } from "../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();
const SECRET = "zq-the-first-persons-message";
const DRAFT = "zq-half-a-thought";
const HERS = new RegExp(`${SECRET}|${DRAFT}|Bruno Silva`);
/** A page of the host without the chat. */
const BARE = "/demo/campus.css";
const SIGNED_OUT = /You have been signed out/;
let computer;
let ana;

beforeEach(() => {
  computer = new Computer();
});
afterEach(async () => {
  const wrongs = ana?.wrongs ?? [];
  await computer.close();
  computer.remove();
  assert.deepEqual(wrongs, [], "what must not happen on any page");
});

/** Ana talks with Bruno, and has half a message in the box. */
async function talk() {
  ana = await computer.open(it.campus);
  const bruno = await it.people.arrive("bruno");
  await ana.page.goto(`${it.campus.url}/demo/as/ana`);
  const chat = await ana.screen.open("Bruno Silva");
  await chat.say(SECRET);
  await seen(chat.log.getByText(/^(Sent|Seen)$/).first(), "it is sent");
  await chat.box.fill(DRAFT);
  await ana.go("/demo/algebra/forum");
  await seen(chat.message(SECRET), "the message on the next page");
  await becomes(() => chat.box.inputValue(), DRAFT, "the draft on the next page");
  return { bruno, chat };
}

const held = (page) => page.evaluate(() => window.held());
const ever = (page) => page.evaluate(() => window.ever);
/** Without the chat's client, as any page of the host may do it. */
const post = (page, path) => page.evaluate((path) => fetch(path, { method: "POST", redirect: "manual" }).then(() => undefined), path);
const logOut = (page) => post(page, "/demo/logout");
const marks = async () => (await ana.context.cookies()).filter(({ name }) => /^gchat_\w+_(life|browser)$/.test(name));

/** By Back, from the browser's cache. `persisted`: from that of whole pages. */
async function back(page, { persisted = false } = {}) {
  // Playwright itself does not know of pages that are put away whole.
  await page.evaluate(() => void setTimeout(() => history.back()));
  const where = () => page.evaluate(() => [location.pathname, window.persisted]).catch(() => null);
  await becomes(where, ["/demo/algebra/forum", persisted], "the page, and whether it was put away whole");
  if (persisted) return;
  const { type, transferSize } = await page.evaluate(() => {
    const [entry] = performance.getEntriesByType("navigation");
    return { type: entry.type, transferSize: entry.transferSize };
  });
  assert.deepEqual({ type, transferSize }, { type: "back_forward", transferSize: 0 }, "it came from the browser's cache");
}

async function neverShown(page, what) {
  assert.doesNotMatch(await ever(page), HERS, `${what}: in any frame`);
  assert.doesNotMatch(await held(page), HERS, `${what}: in the end`);
}

/** Leaves the chat's page for a bare one, in a way that has its document dropped. */
async function leaveFor(path, page = ana.page) {
  // A page with this listener is not put away whole.
  await page.evaluate(() => addEventListener("unload", () => {}));
  await ana.go(path, page);
}

/** As "Duplicate tab" does it, a page that opens another gives it a copy of its sessionStorage. */
async function duplicate(page) {
  const opened = ana.context.waitForEvent("page");
  await page.evaluate(() => void window.open(location.href));
  return opened;
}

test("while the login holds, Back shows the windows from the cache, also without the network", async () => {
  const { chat } = await talk();
  await leaveFor(BARE);
  await back(ana.page);
  await seen(chat.message(SECRET), "the message");
  await becomes(() => chat.box.inputValue(), DRAFT, "the draft");
  await leaveFor(BARE);
  await ana.context.setOffline(true);
  await back(ana.page);
  await seen(chat.message(SECRET), "the message, without the network");
});

test("after a logout on a page without the chat, Back shows nothing", async () => {
  await talk();
  await leaveFor(BARE);
  await logOut(ana.page);
  assert.deepEqual(await marks(), [], "the logout's answer takes the mark away");
  await back(ana.page);
  await seen(ana.page.getByText(SIGNED_OUT).first(), "it says so");
  await neverShown(ana.page, "the page that Back brought");
  await ana.page.goto(`${it.campus.url}/demo/as/ana`);
  await becomes(() => ana.screen.chat("Bruno Silva").box.inputValue(), DRAFT, "her half message has waited for her next login");
});

test("an answer that crosses the logout, and sets the mark again, brings nothing back", async () => {
  await talk();
  await leaveFor(BARE);
  const crossing = await marks();
  assert.equal(crossing.length, 2);
  await logOut(ana.page);
  await ana.context.addCookies(crossing);
  await ana.context.setOffline(true);
  await back(ana.page);
  await seen(ana.page.getByText(SIGNED_OUT).first(), "it says so without asking");
  await neverShown(ana.page, "the page that Back brought");
});

test("after a logout, Back shows nothing without the network", async () => {
  await talk();
  await leaveFor(BARE);
  await logOut(ana.page);
  await ana.context.setOffline(true);
  await back(ana.page);
  await seen(ana.page.getByText(SIGNED_OUT).first(), "it says so without asking");
  await neverShown(ana.page, "the page that Back brought");
});

test("a logout in one tab empties the others", async () => {
  await talk();
  const other = await ana.tab(BARE);
  await logOut(other);
  await becomes(async () => HERS.test(await held(ana.page)), false, "whether Ana's page holds anything");
  await seen(ana.page.getByRole("region", { name: "Global Chat" }).getByText(SIGNED_OUT), "the block says why");
});

test("another login in one tab empties the others, and Back shows nothing", async () => {
  await talk();
  const tab = await ana.tab(BARE);
  // Her session is over for this browser without a word: the cookie has gone.
  await ana.context.clearCookies({ name: "campus_login" });
  await tab.goto(`${it.campus.url}/demo/as/bruno`);
  await seen(ana.on(tab).person("Ana Sousa"), "Bruno has his chat");
  await becomes(async () => HERS.test(await held(ana.page)), false, "whether Ana's page holds anything");
  await seen(ana.page.getByText(/Somebody else has signed in/).first(), "it says why");
  await leaveFor(BARE);
  await back(ana.page);
  await seen(ana.page.getByText(/Somebody else has signed in/).first(), "it says so");
  await neverShown(ana.page, "the page that Back brought");
  assert.equal(await ana.on(tab).person("Ana Sousa").isVisible(), true, "Bruno's page goes on");
});

test("a page that is put away whole holds nothing, and comes back with the login only", async () => {
  const { chat } = await talk();
  await ana.go(BARE);
  await back(ana.page, { persisted: true });
  assert.doesNotMatch(await ana.page.evaluate(() => window.frozen), HERS, "while it was away");
  await seen(chat.message(SECRET), "the message is back");
  await becomes(() => chat.box.inputValue(), DRAFT, "and the draft");
  await ana.go(BARE);
  await logOut(ana.page);
  await back(ana.page, { persisted: true });
  await seen(ana.page.getByText(SIGNED_OUT).first(), "it says so");
  await neverShown(ana.page, "the page that came back");
});

test("a duplicated tab has nothing that can be read after the logout", async () => {
  await talk();
  const copy = await duplicate(ana.page);
  await seen(ana.on(copy).chat("Bruno Silva").message(SECRET), "the message in the copy");
  const stored = () => copy.evaluate(() => Object.entries(sessionStorage).filter(([name]) => name.startsWith("gchat")));
  const values = async () => (await stored()).map(([, value]) => `${value} ${Buffer.from(value, "base64").toString("latin1")}`).join(" ");
  await becomes(async () => (await stored()).length > 0, true, "it has a token for its next page");
  assert.doesNotMatch(await values(), /eyJ|Ana|zq-/, "no token and no text can be read");
  await logOut(ana.page);
  await becomes(async () => HERS.test(await held(copy)), false, "whether the copy holds anything");
  assert.deepEqual(await stored(), [], "nor is anything left to be read");
});

test("a browser that was closed and opened asks the host before it shows anything", async () => {
  const { chat } = await talk();
  await computer.close();
  ana = await computer.open(it.campus);
  assert.deepEqual((await marks()).map(({ name }) => name.replace(/.*_/, "")), ["life"], "half of the mark has gone with the browser");
  let asked = 0;
  await ana.page.route("**/demo/token", async (route) => {
    asked += 1;
    assert.doesNotMatch(await ever(ana.page), HERS, "before the host has answered");
    await route.continue();
  });
  await ana.go("/demo/algebra/forum");
  await seen(ana.screen.chat("Bruno Silva").message(SECRET), "the campus remembers its people for a month: hers goes on");
  await becomes(() => ana.screen.chat("Bruno Silva").box.inputValue(), DRAFT, "and her draft is there");
  assert.equal(asked, 1);
  assert.equal((await marks()).length, 2, "the mark is whole again");
  assert.ok(chat);
});

/** The chat's tabs of a browser that was closed and brings back what it had. */
async function broughtBack() {
  await computer.close();
  ana = await computer.open(it.campus, { restore: true });
  const tabs = () => ana.context.pages().filter((page) => page.url().endsWith("/demo/algebra/forum"));
  await becomes(() => tabs().length > 0, true, "the chat's tabs");
  return tabs();
}

test("tabs that a browser brings back show what they had with the login only", async () => {
  await talk();
  const bare = await ana.tab(BARE);
  const [first] = await broughtBack();
  await first.bringToFront();
  await seen(ana.on(first).chat("Bruno Silva").message(SECRET), "the message, as cookies of the browser's stay come back with its tabs");
  await logOut(ana.context.pages().find((page) => page.url().endsWith(BARE)) ?? bare);
  const [second] = await broughtBack();
  await second.bringToFront();
  assert.deepEqual(await marks(), []);
  await seen(second.getByText(SIGNED_OUT).first(), "it says so");
  await second.evaluate(record);
  assert.doesNotMatch(await held(second), HERS);
});

/** By the test's name what ends a login in this browser, done on a page without the chat; and what its pages then say. */
const ENDS = {
  "a logout leaves nothing on any page, by any way back": { end: logOut, says: SIGNED_OUT },
  "another login leaves nothing on any page, by any way back": {
    async end(page) {
      await ana.context.clearCookies({ name: "campus_login" });
      await page.goto(`${it.campus.url}/demo/as/bruno`);
      await seen(ana.on(page).person("Carla Nunes"), "Bruno has his chat");
    },
    says: /Somebody else has signed in/,
  },
  "the end of a login's time leaves nothing on any page, by any way back": {
    async end() {
      await ana.context.clearCookies({ name: "campus_login" });
      const [life] = (await marks()).filter(({ name }) => name.endsWith("_life"));
      await ana.context.addCookies([{ ...life, expires: Date.now() / 1_000 + 1 }]);
      await becomes(async () => (await marks()).length, 1, "the half that ends with the login's time has ended");
    },
    says: SIGNED_OUT,
  },
};

for (const [name, { end, says }] of Object.entries(ENDS)) {
  test(name, async () => {
    await talk();
    await it.people.arrive("carla");
    const said = (page) => seen(page.getByText(says).first(), "it says why");
    const chat = async () => {
      const page = await ana.tab("/demo/algebra/forum");
      await seen(ana.on(page).chat("Bruno Silva").message(SECRET), "the message");
      return page;
    };
    const [copy, left, whole] = [await duplicate(ana.page), await chat(), await chat()];
    await seen(ana.on(copy).chat("Bruno Silva").message(SECRET), "the message in the copy");
    await leaveFor(BARE, left);
    await ana.go(BARE, whole);
    const other = await ana.tab(BARE);
    await end(other);
    for (const open of [ana.page, copy]) {
      // Where no cookie was seen to change, whoever uses the tab has it look.
      await open.evaluate(() => void window.dispatchEvent(new Event("focus")));
      await becomes(async () => HERS.test(await held(open)), false, "whether an open page holds anything");
      await said(open);
    }
    await back(left);
    await said(left);
    await back(whole, { persisted: true });
    await said(whole);
    for (const [page, how] of [[left, "by Back"], [whole, "as a whole"]]) await neverShown(page, how);
    await leaveFor(BARE, left);
    await ana.context.setOffline(true);
    await back(left);
    await seen(left.getByText(/Connection lost|You have been signed out/).first(), "it has looked");
    await neverShown(left, "without the network");
    await ana.context.setOffline(false);
    for (const page of await broughtBack()) {
      await page.bringToFront();
      await said(page);
      await page.evaluate(record);
      assert.doesNotMatch(await held(page), HERS, "brought back");
    }
    await computer.close();
    for (const text of [SECRET, DRAFT]) assert.deepEqual(computer.filesWith(text), [], `files with ${text}`);
  });
}

test("nothing of hers can be read on the disk afterwards, and no half of a key", async () => {
  await talk();
  const token = await ana.page.evaluate(() => fetch("/demo/token", { method: "POST" }).then((answer) => answer.json()));
  const secrets = [...(await marks()).map(({ value }) => value.split(".")[1]), token.unsent_key, token.token.split(".")[2]];
  assert.equal(secrets.length, 4);
  await computer.close();
  // Chromium seals its cookies with a key that it has, too: what is looked for later is as it lies there.
  const halves = computer.cookiesNamed("gchat_%");
  assert.equal(halves.length, 2, "while the login holds the mark is there");
  for (const half of halves) assert.notDeepEqual(computer.filesWith(half), []);
  ana = await computer.open(it.campus, { restore: true });
  await becomes(async () => (await marks()).length, 2, "and comes back with the browser");
  ana.page = ana.context.pages().find((page) => page.url().endsWith("/demo/algebra/forum"));
  await ana.page.bringToFront();
  await seen(ana.screen.chat("Bruno Silva").message(SECRET), "the message");
  await leaveFor(BARE);
  await logOut(ana.page);
  await back(ana.page);
  await seen(ana.page.getByText(SIGNED_OUT).first(), "it has looked");
  await computer.close();
  assert.notDeepEqual(computer.filesWith("/demo/algebra/forum"), [], "her pages are in the browser's cache");
  assert.notDeepEqual(computer.filesWith("copies"), [], "and the chat's database is there");
  for (const text of [SECRET, DRAFT, ...secrets, ...halves]) assert.deepEqual(computer.filesWith(text), [], `files with ${text}`);
});
