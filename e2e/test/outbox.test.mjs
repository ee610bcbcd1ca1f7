// What is written is sent: over a killed server, crashed and frozen tabs, a changed login, and a store that was put
// back. Once, in the order of writing, and by nobody else.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { becomes, seen } from "../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();
/** A browser waits up to 30 s between its tries. */
const BACK = 40_000;

/** Ana and Bruno in the same talk; `tabs` of Ana's. */
async function talking({ tabs = 1 } = {}) {
  const ana = await it.people.arrive("ana", { line: true });
  const bruno = await it.people.arrive("bruno");
  const first = await ana.screen.open("Bruno Silva");
  await first.say("It begins");
  const his = bruno.screen.chat("Ana Sousa");
  await his.button("Restore").click();
  await seen(his.message("It begins"), "Bruno reads");
  const chats = [first];
  const pages = [ana.page];
  while (chats.length < tabs) {
    const page = await ana.tab("/demo/algebra/forum");
    const chat = ana.on(page).chat("Bruno Silva");
    await seen(chat.message("It begins"), "the talk in another tab");
    pages.push(page);
    chats.push(chat);
  }
  return { ana, bruno, his, pages, chats };
}

/** As when its process dies. */
async function crash(page) {
  const tools = await page.context().newCDPSession(page);
  const gone = new Promise((resolve) => page.once("crash", resolve));
  tools.send("Page.crash").catch(() => {});
  await gone;
}

test("the server is killed while two tabs send: all of it arrives once, in one order, everywhere", async () => {
  const { ana, his, chats, pages } = await talking({ tabs: 2 });
  const [one, two] = chats;
  const written = [];
  const say = async (chat, text) => {
    written.push(text);
    await chat.say(text);
  };
  for (let n = 0; n < 4; n += 1) await Promise.all([say(one, `One ${n}`), say(two, `Two ${n}`)]);
  const killed = it.campus.kill();
  for (let n = 4; n < 8; n += 1) await Promise.all([say(one, `One ${n}`), say(two, `Two ${n}`)]);
  await killed;
  await say(one, "One last");
  await it.campus.start();
  await becomes(async () => (await his.texts()).length, written.length + 1, "everything at Bruno's", BACK);
  const order = await his.texts();
  assert.deepEqual([...order].sort(), ["It begins", ...written].sort(), "each once");
  for (const tab of ["One", "Two"]) {
    const its = order.filter((text) => text.startsWith(tab));
    assert.deepEqual(its, written.filter((text) => text.startsWith(tab)), `what tab ${tab} wrote, in its order`);
  }
  for (const chat of chats) await becomes(() => chat.texts(), order, "the same in each of Ana's tabs", BACK);
  for (const page of pages) await page.reload();
  for (const chat of chats) await becomes(() => chat.texts(), order, "and after loading again");
  assert.equal(ana.wrongs.length, 0);
});

test("a tab that crashes with unsent messages: the other tab sends them", async () => {
  const { ana, his, pages, chats } = await talking({ tabs: 2 });
  ana.line.cut();
  await chats[0].say("Unsent one");
  await chats[0].say("Unsent two");
  await seen(chats[1].message("Unsent two"), "the other tab has it");
  await crash(pages[0]);
  ana.line.release();
  const told = ["It begins", "Unsent one", "Unsent two"];
  await becomes(() => his.texts(), told, "at Bruno's", BACK);
  await chats[1].say("From the other");
  await becomes(() => his.texts(), [...told, "From the other"], "and what follows", BACK);
  assert.deepEqual(await chats[1].texts(), [...told, "From the other"]);
});

test("the only tab crashes with unsent messages: the next one sends them", async () => {
  const { ana, his, pages, chats } = await talking();
  ana.line.cut();
  await chats[0].say("Unsent one");
  await chats[0].say("Unsent two");
  await chats[0].box.fill("And a draft");
  await seen(chats[0].log.getByText("Sending…").first(), "they wait");
  // Stored, as far as the browser's database tells.
  await becomes(() => stored(pages[0], "outbox"), 2, "both are stored");
  await crash(pages[0]);
  ana.line.release();
  const page = await ana.tab("/demo/algebra/forum");
  const chat = ana.on(page).chat("Bruno Silva");
  const told = ["It begins", "Unsent one", "Unsent two"];
  await becomes(() => chat.texts(), told, "on the next page");
  await becomes(() => his.texts(), told, "at Bruno's", BACK);
  await becomes(() => stored(page, "outbox"), 0, "nothing waits any more");
});

test("a frozen tab misses nothing and sends what was written when it thaws", async () => {
  const { ana, his, pages, chats } = await talking();
  const tools = await ana.context.newCDPSession(pages[0]);
  ana.line.cut();
  await chats[0].say("Before the lid was shut");
  await tools.send("Page.setWebLifecycleState", { state: "frozen" });
  await his.say("While it was shut");
  ana.line.release();
  await tools.send("Page.setWebLifecycleState", { state: "active" });
  await becomes(async () => (await his.texts()).sort(), ["Before the lid was shut", "It begins", "While it was shut"], "at Bruno's", BACK);
  const order = await his.texts();
  await becomes(() => chats[0].texts(), order, "at Ana's, in the same order");
});

test("another login in the same browser sends and sees nothing of the first one's, whose next one sends it", async () => {
  const { ana, bruno, pages, chats } = await talking();
  await seen(ana.screen.person("Bruno Silva"), "Ana's list");
  ana.line.cut();
  await chats[0].say("Not for others");
  await becomes(() => stored(pages[0], "outbox"), 1, "it is stored");
  const other = await ana.tab("/demo/as/carla");
  const carlas = ana.on(other);
  ana.line.release();
  await seen(carlas.person("Bruno Silva"), "Carla's list", BACK);
  assert.equal(await carlas.chat("Bruno Silva").window.count(), 0, "no window of Ana's");
  assert.equal(await stored(other, "outbox"), 1, "Ana's message waits");
  await seen(pages[0].getByText(/Somebody else has signed in|You have been signed out/).first(), "Ana's page is told", BACK);
  assert.deepEqual(await owners(other), [4], "the copies are Carla's alone");
  // Whatever was to be sent would have been by the time that Carla's own message is there.
  const hers = await carlas.open("Bruno Silva");
  await hers.say("From Carla");
  await seen(bruno.screen.chat("Carla Nunes").window, "Carla's window at Bruno's");
  assert.deepEqual(await bruno.screen.chat("Ana Sousa").texts(), ["It begins"]);
  await other.goto(`${it.campus.url}/demo/as/ana`);
  await becomes(() => bruno.screen.chat("Ana Sousa").texts(), ["It begins", "Not for others"], "at Bruno's, when she is back");
  await becomes(() => stored(other, "outbox"), 0, "nothing waits any more");
});

test("a login that ends in the instant of writing, where no worker goes on: the next one has the draft, and sends", async () => {
  const bruno = await it.people.arrive("bruno");
  const ana = await it.people.enter("Ana Sousa", { line: true });
  await ana.context.addInitScript(() => delete globalThis.SharedWorker);
  await ana.page.goto(`${it.campus.url}/demo/as/ana`);
  const chat = await ana.screen.open("Bruno Silva");
  await chat.say("It begins");
  const his = bruno.screen.chat("Ana Sousa");
  await his.button("Restore").click();
  ana.line.cut();
  // In one turn: nothing of it has reached the core when the mark goes.
  await chat.box.evaluate((box) => {
    const type = (text) => {
      box.value = text;
      box.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
    };
    type("The last message");
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, composed: true, cancelable: true }));
    type("Half a thought");
    // As a logout's answer has the mark, which follows.
    const login = document.querySelector("script[data-gchat]").dataset;
    document.cookie = `${login.mark}_over=${login.sid}; path=/`;
    window.dispatchEvent(new Event("focus"));
  });
  await seen(ana.page.getByText("You have been signed out").first(), "the page is told");
  await becomes(() => chat.window.count(), 0, "nothing is shown any more");
  await ana.page.evaluate(() => fetch("/demo/logout", { method: "POST", redirect: "manual" }).then(() => undefined));
  ana.line.release();
  const next = await ana.tab("/demo/as/ana");
  const its = ana.on(next).chat("Bruno Silva");
  await becomes(() => its.box.inputValue(), "Half a thought", "the draft, at the next login");
  await becomes(() => his.texts(), ["It begins", "The last message"], "at Bruno's", BACK);
});

test("a store that was put back from a copy: what is not in it is not shown, and nothing is sent twice", async () => {
  const { ana, bruno, his, chats } = await talking({ tabs: 2 });
  const copy = `${it.campus.folder}-copy`;
  await it.campus.kill();
  try {
    cpSync(it.campus.folder, copy, { recursive: true });
    await it.campus.start();
    await chats[0].say("Will be lost with the store");
    await seen(his.message("Will be lost with the store"), "at Bruno's", BACK);
    await it.campus.kill();
    rmSync(it.campus.folder, { recursive: true });
    cpSync(copy, it.campus.folder, { recursive: true });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  newEpoch(it.campus.folder);
  await it.campus.start();
  for (const chat of [...chats, his]) await becomes(() => chat.texts(), ["It begins"], "as the store has it", BACK);
  await chats[1].say("Life goes on");
  for (const chat of [...chats, his]) await becomes(() => chat.texts(), ["It begins", "Life goes on"], "and onward", BACK);
  await Promise.all([ana.page.reload(), bruno.page.reload()]);
  for (const chat of [...chats, his]) await becomes(() => chat.texts(), ["It begins", "Life goes on"], "after loading again");
});

/** How many records the browser's database has in a store. */
function stored(page, store) {
  return page.evaluate(read, [store, "count"]);
}

/** Whose copies the browser's database has: users' ids. */
async function owners(page) {
  const keys = await page.evaluate(read, ["copies", "getAllKeys"]);
  return [...new Set(keys.map(([, user]) => user))];
}

/** Runs in the page. */
function read([store, method]) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("gchat");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const asked = opening.result.transaction(store).objectStore(store)[method]();
      asked.onerror = () => reject(asked.error);
      asked.onsuccess = () => {
        opening.result.close();
        resolve(asked.result);
      };
    };
  });
}

/** What a restore does to a store. */
function newEpoch(folder) {
  const change = "UPDATE meta SET value = ? WHERE name = 'epoch'";
  const script = `import sqlite3, sys, uuid
store = sqlite3.connect(sys.argv[1])
assert store.execute("${change}", (uuid.uuid4().bytes,)).rowcount == 1
store.commit()
store.close()`;
  execFileSync("python3", ["-c", script, join(folder, "gchat.db")]);
}
