// A computer that several people use: Moodle lets browsers show its pages again without asking, also after the logout.
import assert from "node:assert/strict";
import { test } from "node:test";
import { record } from "../../computer.mjs";
import { becomes, seen } from "../../expect.mjs";
import { offered } from "../places.mjs";
import { scene } from "../scene.mjs";
import { Session } from "../session.mjs";
import { PASSWORD } from "../site.mjs";

const it = scene();
const SECRET = "zq-the-first-persons-message";
const DRAFT = "zq-half-a-thought";
const HERS = new RegExp(`${SECRET}|${DRAFT}`);
/** A page of Moodle without the chat. */
const BARE = "/help.php?component=moodle&identifier=fullnamecourse&lang=en";

/**
 * In every page: Moodle's own scripts get no answer, as they lead a page whose login is over to the login page, and here it
 * is to stay. (Playwright's routes would do it, and turn the browser's cache off.)
 */
function leaveAlone() {
  const { open } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    if (String(url).includes("/lib/ajax/service")) this.send = () => {};
    return open.call(this, method, url, ...rest);
  };
}

/** Ana talks with Bruno and has half a message in the box, on a page that browsers may keep. */
async function talk() {
  const { algebra } = it.campus;
  const ana = await it.people.arrive("ana", { path: algebra.path });
  await ana.context.addInitScript(record);
  await ana.context.addInitScript(leaveAlone);
  const bruno = await it.people.arrive("bruno", { path: algebra.path });
  const chat = await ana.screen.open(bruno.name);
  await chat.say(SECRET);
  await seen(chat.log.getByText(/^(Sent|Seen)$/).first(), "it is sent");
  await chat.box.fill(DRAFT);
  const forum = `/mod/forum/view.php?id=${algebra.modules.forum}`;
  await ana.go(forum);
  await seen(chat.message(SECRET), "the message in the forum");
  await becomes(() => chat.box.inputValue(), DRAFT, "the draft in the forum");
  return { ana, bruno, chat, forum };
}

const marks = async (person) => (await person.context.cookies()).filter(({ name }) => /^gchat_\w+_(life|browser)$/.test(name));

async function leave(ana) {
  await ana.go(BARE);
  assert.equal(await offered(ana.page), false, "a page without the chat");
}

/** In the page itself, as any page of Moodle may do it. */
async function logOut(ana, page) {
  const { sesskey } = ana.session;
  await page.evaluate((path) => fetch(path).then((answer) => answer.text()).then(() => undefined), `/login/logout.php?sesskey=${sesskey}`);
}

/** By Back, from the browser's cache. */
async function back({ page }, forum) {
  await page.evaluate(() => void setTimeout(() => history.back()));
  await becomes(() => page.evaluate(() => location.pathname + location.search).catch(() => null), forum, "the page before");
  const { type, transferSize } = await page.evaluate(() => {
    const [entry] = performance.getEntriesByType("navigation");
    return { type: entry.type, transferSize: entry.transferSize };
  });
  assert.deepEqual({ type, transferSize }, { type: "back_forward", transferSize: 0 }, "it came from the browser's cache");
}

/** The page has asked, and says so; where there is no block, in the launcher's list. */
async function told(ana) {
  await ana.screen.launcher.click();
  await seen(ana.page.getByText(/You have been signed out|out of date/).first(), "it says that the login is over");
}

async function neverShown({ page }) {
  assert.doesNotMatch(await page.evaluate(() => window.ever), HERS, "in any frame");
  assert.doesNotMatch(await page.evaluate(() => window.held()), HERS, "in the end");
}

test("Back shows the windows while the login holds, and nothing after a logout on a page without the chat", async () => {
  const { ana, chat, forum } = await talk();
  await leave(ana);
  await back(ana, forum);
  await seen(chat.message(SECRET), "the message, while she is signed in");
  await leave(ana);
  assert.equal((await marks(ana)).length, 2);
  await logOut(ana, ana.page);
  assert.deepEqual(await marks(ana), [], "the logout's answer takes the mark away");
  await back(ana, forum);
  await told(ana);
  await neverShown(ana);
});

test("a logout in one tab empties the others", async () => {
  const { ana } = await talk();
  const other = await ana.tab(BARE);
  await logOut(ana, other);
  await becomes(async () => HERS.test(await ana.page.evaluate(() => window.held())), false, "whether Ana's page holds anything");
  await seen(ana.page.getByText(/You have been signed out/).first(), "it says why");
});

test("a session that was ended without a word leaves nothing once somebody has seen the login page", async () => {
  const { ana, forum } = await talk();
  await leave(ana);
  assert.equal((await marks(ana)).length, 2, "a page without a session leaves the mark alone");
  await it.site.deeds(["execute", `DELETE FROM {sessions} WHERE userid = ${it.campus.users.ana}`]);
  await ana.go("/login/index.php");
  assert.deepEqual(await marks(ana), [], "a page of nobody takes the mark away");
  await ana.go(BARE);
  await ana.page.evaluate(() => {
    window.left = true;
    setTimeout(() => history.go(-2));
  });
  // It has the address of this one.
  const where = () => ana.page.evaluate(() => window.left === undefined && location.pathname + location.search).catch(() => null);
  await becomes(where, BARE, "the page before the login page");
  await back(ana, forum);
  await told(ana);
  await neverShown(ana);
});

test("a token's answer sets the mark, and another login has another", async () => {
  const login = () => Session.login(it.site.url, it.campus.login("bruno"), PASSWORD);
  const cookies = async (session) => {
    const answer = await session.fetch(`/lib/ajax/service.php?sesskey=${session.sesskey}&nosessionupdate=true`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '[{"index":0,"methodname":"block_gchat_get_token","args":{}}]',
    });
    const [{ error }] = await answer.json();
    assert.equal(error, false);
    return answer.headers.getSetCookie().filter((line) => line.startsWith("gchat_")).sort();
  };
  const first = await login();
  const [browser, life] = await cookies(first);
  assert.match(browser, /^gchat_[0-9a-f]{8}_browser=[0-9a-f]{32}\.[\w-]{22}; path=\/; SameSite=Lax$/i);
  const [, seconds] = /^gchat_[0-9a-f]{8}_life=[0-9a-f]{32}\.[\w-]{22};.* Max-Age=(\d+); path=\/; SameSite=Lax$/i.exec(life) ?? [];
  assert.ok(Number(seconds) > 0 && Number(seconds) <= 8 * 60 * 60, life);
  const value = (line) => /=([^;]*)/.exec(line)[1];
  assert.equal(value((await cookies(first))[1]), value(life), "the same for all tokens of a login");
  const [other] = await cookies(await login());
  assert.notEqual(value(other), value(browser));
  const away = await first.deed("/login/logout.php");
  const [over, ...ended] = away.headers.getSetCookie().filter((line) => line.startsWith("gchat_")).sort().reverse();
  assert.match(over, /^gchat_[0-9a-f]{8}_over=[0-9a-f]{32}; path=\/; SameSite=Lax$/i);
  assert.equal(value(over), value(browser).split(".")[0], "it names the login that was logged out");
  assert.equal(ended.length, 2);
  for (const line of ended) assert.match(line, /^gchat_[0-9a-f]{8}_(life|browser)=deleted;.*Max-Age=0/i);
});
