// Everybody and every conversation is found, by the names that everybody hears; told once, for every browser.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Embedding } from "./embedding.mjs";
import { becomes, focused, gone, seen } from "./expect.mjs";
import { People } from "./people.mjs";
import { scene } from "./scene.mjs";

/** What a right has ended is gone within two seconds, on an idle machine. */
const LIVE = 10_000;

/** The panel of the launcher, opened. */
export async function panel({ page, screen }) {
  const dialog = page.getByRole("dialog", { name: "Global Chat" });
  if ((await dialog.count()) === 0) await screen.launcher.click();
  await dialog.waitFor();
  return {
    dialog,
    box: dialog.getByRole("searchbox", { name: "Search people and messages" }),
    conversations: dialog.getByRole("list", { name: "Conversations" }),
    online: dialog.getByRole("list", { name: "People online" }),
    people: dialog.getByRole("list", { name: "People", exact: true }),
    messages: dialog.getByRole("list", { name: "Messages", exact: true }),
  };
}

/** The button of a conversation or person, which begins with the name. */
export const row = (list, name) => list.getByRole("button", { name: new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\b`) });

/**
 * Ana closes a conversation, Bruno goes, and she finds it again by the list; `phone`: she comes on another device, and finds
 * it there by `part` of his name.
 */
export async function foundAgain({ ana, bruno, phone, part }) {
  const chat = await ana.screen.open(bruno.name);
  await chat.say("See you on Monday");
  await seen(chat.message("See you on Monday"), "the message");
  await chat.button("Close").click();
  await gone(chat.window, "the window");
  await bruno.page.goto("about:blank");
  await gone(ana.screen.person(bruno.name), "Bruno in the block", 60_000);
  const other = await phone();
  for (const [device, find] of [
    [ana, async ({ conversations }) => row(conversations, bruno.name)],
    [other, async ({ box, conversations }) => (await box.fill(part), row(conversations, bruno.name))],
  ]) {
    await (await find(await panel(device))).click();
    const found = device.screen.chat(bruno.name);
    await seen(found.message("See you on Monday"), "what was written");
  }
}

/** What Ana does with Bruno's and Carla's conversations on one device is so on the other. */
export async function inStep({ ana, phone, bruno, carla }) {
  await (await bruno.screen.open(ana.name)).say("One");
  await (await carla.screen.open(ana.name)).say("Two");
  const lists = [await panel(ana), await panel(phone)];
  const names = async ({ conversations }) => (await conversations.getByRole("button", { name: /^(Bruno|Carla)/ }).evaluateAll((all) => all.map((one) => one.getAttribute("aria-label") ?? one.textContent))).map((name) => name.trim().split(/[ ,]/)[0]);
  for (const list of lists) await becomes(() => names(list), ["Carla", "Bruno"], "the newest first");
  const act = async (person, name, item) => {
    const chat = person.screen.chat(name);
    if ((await chat.box.count()) === 0) await row((await panel(person)).conversations, name).click();
    await chat.window.getByRole("button", { name: "Conversation actions" }).click();
    await chat.window.getByRole("menuitem", { name: item, exact: true }).click();
  };
  await act(ana, bruno.name, "Pin");
  for (const person of [ana, phone]) {
    const list = await panel(person);
    await seen(row(list.conversations, carla.name).and(list.dialog.getByRole("button", { name: /unread/ })), "Carla's, unread");
  }
  await act(phone, carla.name, "Mute");
  const muted = ana.screen.chat(carla.name);
  await becomes(async () => names(await panel(ana)), ["Bruno", "Carla"], "the pinned one first, once both are read");
  await act(phone, carla.name, "Archive");
  await gone(muted.window, "the archived window", LIVE);
  await becomes(async () => names(await panel(ana)), ["Bruno"], "without the archived one");
  await carla.screen.chat(ana.name).say("Three");
  await becomes(async () => names(await panel(ana)), ["Bruno", "Carla"], "with its next message");
  assert.equal(await muted.window.count(), 0, "a muted one brings no window");
}

/**
 * Forty messages of nine people wait for one who uses the keyboard alone. `come`: the reader comes to a page with the chat;
 * `senders`: `[{id, name, token}]`; `sender`: a page of the host from which they write, `to` the reader, on `server`.
 */
export async function byKeyboard({ reader, come, sender, server, to, senders }) {
  const said = Array.from({ length: 40 }, (_, n) => ({ from: senders[n % senders.length].id, text: `Message ${n}` }));
  await sender.page.evaluate(write, { server, to, said, tokens: senders.map(({ id, token }) => [id, token]) });
  await come();
  const { page } = reader;
  await page.bringToFront();
  await seen(reader.screen.launcher.and(page.getByRole("button", { name: /40 unread/ })), "forty unread");
  // Boost takes the focus to its drawer a moment after the page has loaded.
  const stays = () => reader.screen.launcher.evaluate((button) => {
    button.focus();
    return new Promise((resolve) => { setTimeout(() => resolve(button.getRootNode().activeElement === button), 700); });
  });
  await becomes(stays, true, "the launcher has the focus");
  const read = [];
  const left = () => said.filter(({ from }) => !read.includes(`Message to ${senders.find(({ id }) => id === from).name}`)).length;
  for (let conversations = senders.length; conversations > 0; conversations -= 1) {
    await page.keyboard.press("Enter");
    await seen(reader.screen.panel, "the panel");
    const shown = await panel(reader);
    await focused(shown.box, "the search has the focus");
    await becomes(() => shown.conversations.getByRole("button", { name: /unread/ }).count(), conversations, "those with something unread");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const window = page.getByRole("region", { name: /^Chat with Sender/ }).filter({ has: page.getByRole("textbox") });
    await becomes(async () => (await window.getByRole("textbox").evaluateAll((all) => all.filter((one) => one.getRootNode().activeElement === one).map((one) => one.getAttribute("aria-label")))).length, 1, "a box with the focus");
    read.push(await page.evaluate(() => { let at = document.activeElement; while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; return at.getAttribute("aria-label"); }));
    await becomes(async () => (await reader.screen.launcher.getAttribute("aria-label")).match(/(\d+) unread/)?.[1] ?? "0", String(left()), "what is left");
    // Minimised, the focus returns to the launcher.
    await page.keyboard.press("Escape");
    await focused(reader.screen.launcher, "the launcher has the focus");
  }
  assert.deepEqual([...new Set(read)].length, senders.length, read.join());
}

/** The scenarios, in this browser. */
export function finding(engine) {
  const it = scene({ engine });

  test(`${engine}: somebody who was never there is found by a part of the name, and finds what was written`, async () => {
    const ana = await it.people.arrive("ana", { path: "/demo/algebra" });
    const shown = await panel(ana);
    await shown.box.fill("alvares jo");
    await row(shown.people, "João Álvares").click();
    const chat = ana.screen.chat("João Álvares");
    await chat.say("Welcome! The first sheet is on the page.");
    await seen(chat.message("Welcome! The first sheet is on the page."), "the message");
    const joao = await it.people.enter("João Álvares");
    await joao.page.goto(`${it.campus.url}/demo/as/joao`);
    const his = joao.screen.chat("Ana Sousa");
    await his.button("Restore").click();
    await seen(his.message("Welcome! The first sheet is on the page."), "what was written before he came");
    await his.say("Thank you");
    await seen(chat.message("Thank you"), "his answer");
  });

  test(`${engine}: a closed conversation is found again by the list and by name, wherever and whoever is away`, async () => {
    const ana = await it.people.arrive("ana", { path: "/demo/algebra" });
    const bruno = await it.people.arrive("bruno", { path: "/demo/algebra" });
    await foundAgain({ ana, bruno, phone: () => it.people.arrive("ana", { path: "/demo/algebra/forum" }), part: "silva b" });
  });

  test(`${engine}: two devices are in step: pinned, muted, archived, read`, async () => {
    const ana = await it.people.arrive("ana", { path: "/demo/algebra" });
    const phone = await it.people.arrive("ana", { path: "/demo/algebra/forum" });
    const bruno = await it.people.arrive("bruno", { path: "/demo/algebra" });
    const carla = await it.people.arrive("carla", { path: "/demo/algebra" });
    await inStep({ ana, phone, bruno, carla });
  });

  test(`${engine}: who has lost the course is gone from the search at once, and what was said is read and not answered`, async () => {
    const ana = await it.people.arrive("ana", { path: "/demo/algebra" });
    const bruno = await it.people.arrive("bruno", { path: "/demo/algebra" });
    const chat = await ana.screen.open("Bruno Silva");
    await chat.say("Before");
    await seen(bruno.screen.chat("Ana Sousa").button("Restore"), "it at Bruno's");
    const shown = await panel(ana);
    await shown.box.fill("silva");
    await seen(row(shown.people, "Bruno Silva"), "Bruno");
    const tab = await bruno.tab("/demo/people/2");
    await tab.evaluate(() => fetch("/demo/enrol?course=algebra&member=false", { method: "POST", redirect: "manual" }));
    await gone(row(shown.people, "Bruno Silva"), "Bruno among the people", LIVE);
    await row(shown.conversations, "Bruno Silva").click();
    await seen(chat.message("Before"), "what was said");
    await becomes(() => chat.box.isEditable(), false, "the box");
  });

  test(`${engine}: a link opens somebody's window, and stays in no address`, async () => {
    await it.people.arrive("bruno", { path: "/demo/algebra" });
    const ana = await it.people.arrive("ana", { path: "/demo/algebra#gchat-with=3" });
    await ana.screen.chat("Bruno Silva").box.waitFor();
    await becomes(() => ana.page.evaluate(() => location.hash), "", "the address");
    await ana.page.evaluate(() => { location.hash = "#gchat-with=4"; });
    await ana.screen.chat("Carla Nunes").window.waitFor();
  });
}

/** Forty messages of nine people wait for one who uses the keyboard alone. */
export function waiting(engine) {
  let host, people;
  before(async () => {
    host = await Embedding.open();
    people = await People.open(host, engine);
  });
  afterEach(() => people.leave());
  after(async () => {
    await people.close();
    await host.close();
  });

  test(`${engine}: forty unread messages of nine conversations are read one after the other, by keyboard alone`, async () => {
    const senders = Array.from({ length: 9 }, (_, n) => ({ id: 11 + n, name: `Sender ${"ABCDEFGHI"[n]}` }));
    for (const sender of senders) {
      host.introduce(sender.id, { name: sender.name });
      sender.token = host.token(sender.id);
    }
    const reader = await people.enter("Reader");
    await reader.page.goto(`${host.url}/as/2`);
    await reader.screen.launcher.waitFor();
    await reader.page.goto(`${host.url}/empty`);
    const sender = await people.enter("Sender");
    await sender.page.goto(`${host.url}/empty`);
    await byKeyboard({ reader, come: () => reader.page.goto(`${host.url}/as/2`), sender, server: `${host.url.replace("http", "ws")}/gchat/ws`, to: 2, senders });
  });
}

/** In a page: each of these people signs in and sends what they say, one after the other. */
async function write({ server, to, said, tokens }) {
  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const uuid = (kind) => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    if (kind === 7) for (let n = 0; n < 6; n += 1) bytes[n] = Math.floor(Date.now() / 2 ** (8 * (5 - n))) % 256;
    bytes[6] = (bytes[6] % 16) + kind * 16;
    bytes[8] = (bytes[8] % 64) + 128;
    return hex(bytes).replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };
  for (const [user, token] of tokens) {
    const socket = new WebSocket(server);
    const heard = [];
    let wake = () => {};
    socket.onmessage = ({ data }) => { heard.push(JSON.parse(data)); wake(); };
    const frame = async (type) => {
      for (;;) {
        const at = heard.findIndex((one) => one.type === type || one.type === "error");
        if (at >= 0) {
          const [found] = heard.splice(at, 1);
          if (found.type === "error") throw new Error(JSON.stringify(found));
          return found;
        }
        await new Promise((next) => { wake = next; });
      }
    };
    await new Promise((open, fail) => { socket.onopen = open; socket.onerror = fail; });
    socket.send(JSON.stringify({ type: "hello", protocol: 1, token, session: uuid(4), visible: false }));
    await frame("welcome");
    for (const { text } of said.filter(({ from }) => from === user)) {
      socket.send(JSON.stringify({ type: "send", client_message_id: uuid(7), conversation: [user, to].sort((one, other) => one - other).join("-"), text }));
      await frame("ack");
    }
    socket.close();
  }
}
