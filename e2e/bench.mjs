// What the client costs a browser: `make bench-client`, one line a figure, `name value unit goal ok|short`. Real server,
// real Chromium, a conversation of five thousand messages. bench/README.md says how it is measured.
import { exit } from "node:process";
import { Campus } from "./campus.mjs";
import { becomes, seen } from "./expect.mjs";
import { fill } from "./history.mjs";
import { Meter } from "./meter.mjs";
import { People } from "./people.mjs";

const [ANA, BRUNO] = [2, 3];
const MANY = 5_000;
const FEW = 50;
/** How often each thing is done: the rest of a machine disturbs less. */
const TIMES = 20;
const RECEIVE_SECONDS = 20;
const WINDOWS = Number(process.env.WINDOWS ?? 1_000);

let short = false;

/** `goal`: at most so much. */
function figure(name, value, unit, goal = null) {
  const told = Number.isInteger(value) ? String(value) : value.toFixed(value < 1 ? 3 : 2);
  const verdict = goal === null ? "" : value <= goal ? " ok" : " short";
  short ||= verdict === " short";
  console.log(`${name} ${told} ${unit}${goal === null ? "" : ` ≤${goal}${verdict}`}`);
}

/** Everything of a document, shadow trees included. */
const elements = (page) =>
  page.evaluate(() => {
    const count = (root) => [...root.querySelectorAll("*")].reduce((sum, one) => sum + 1 + (one.shadowRoot === null ? 0 : count(one.shadowRoot)), 0);
    return count(document);
  });

const drawn = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** Ana with a window in which so many messages were written, and Bruno's line without any page around it. */
async function talked(messages) {
  const campus = await Campus.open();
  const people = await People.open(campus);
  for (const slug of ["bruno", "ana"]) await seen((await people.arrive(slug)).screen.block, "the block");
  await campus.kill();
  fill(campus, ANA, BRUNO, messages);
  await campus.start();
  const [bruno, ana] = people.all;
  await ana.page.reload();
  const sender = await speaker(bruno);
  const chat = await ana.screen.open("Bruno Silva");
  await seen(chat.log.getByText(new RegExp(`^${messages - 1}: |^${messages}: `)).first(), "the newest messages");
  return { campus, people, ana, chat, sender, meter: await Meter.of(ana.page) };
}

/** Bruno writes by the protocol, at a pace of his own. */
async function speaker(bruno) {
  await bruno.page.goto(`${bruno.campus.url}/demo/people/3`);
  await bruno.page.evaluate(async () => {
    const { token } = await (await fetch("/demo/token", { method: "POST" })).json();
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/gchat/ws`);
    await new Promise((open) => (socket.onopen = open));
    const say = (frame) => socket.send(JSON.stringify(frame));
    let acked = 0;
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.type === "ping") say({ type: "pong" });
      if (frame.type === "ack") acked += 1;
    };
    say({ type: "hello", protocol: 1, token, session: crypto.randomUUID(), visible: false });
    globalThis.write = async (texts, pauseMs) => {
      const whole = acked + texts.length;
      for (const text of texts) {
        const id = crypto.randomUUID();
        say({ type: "send", client_message_id: `${id.slice(0, 14)}7${id.slice(15)}`, conversation: "2-3", text });
        await new Promise((later) => setTimeout(later, pauseMs));
      }
      while (acked < whole) await new Promise((later) => setTimeout(later, 20));
    };
  });
  return (texts, pauseMs) => bruno.page.evaluate(([said, pause]) => globalThis.write(said, pause), [texts, pauseMs]);
}

const texts = (word) => Array.from({ length: TIMES }, (_, at) => `${word} ${at}`);

/** What typing, receiving and sending cost as the page stands, in ms for one. */
async function everyday({ ana, chat, sender, meter }, word) {
  const typed = await meter.cost(async () => {
    await chat.box.pressSequentially("twenty letters, typed", { delay: 30 });
    await ana.page.waitForTimeout(500);
  });
  await chat.box.fill("");
  const received = await meter.cost(async () => {
    await sender(texts(`${word} received`), 150);
    await ana.page.waitForTimeout(500);
  });
  const sent = await meter.cost(async () => {
    for (const text of texts(`${word} sent`)) {
      await chat.box.fill(text);
      await chat.box.press("Enter");
      await chat.message(text).waitFor();
      await ana.page.waitForTimeout(120);
    }
    await seen(chat.log.locator(".delivery.sent").last(), "the delivery");
  });
  return { typed: typed / 20, received: received / TIMES, sent: sent / TIMES };
}

const firstOf = (chat) => chat.log.evaluate((log) => log.querySelector(".message")?.dataset.key);

/** Scrolls to the first of all messages, as a person with a wheel does. Gives the longest task of script, in ms. */
async function climb({ people, ana, chat }) {
  await people.browser.startTracing(ana.page, { categories: ["devtools.timeline"] });
  const older = chat.log.getByRole("button", { name: /Show older messages|Loading messages/ });
  let most = 0;
  while ((await older.count()) > 0) {
    const before = await firstOf(chat);
    await chat.log.evaluate((log) => log.scrollBy(0, -log.clientHeight * 3));
    await drawn(ana.page);
    if ((await firstOf(chat)) !== before) most = Math.max(most, await chat.log.locator(".message").count());
  }
  const { traceEvents } = JSON.parse((await people.browser.stopTracing()).toString());
  const script = new Set(["FunctionCall", "EvaluateScript", "FireAnimationFrame", "EventDispatch", "TimerFire", "RunMicrotasks"]);
  const tasks = traceEvents.filter(({ ph, name }) => ph === "X" && script.has(name));
  return { longest: Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur)) / 1_000, rows: most };
}

/**
 * What a page costs that does nothing but add a line to a list in a window as large, and scroll to it, as often: in ms,
 * for as many. It tells how fast the machine draws just then.
 */
async function plainList(context) {
  const page = await context.newPage();
  await page.setContent(`<style>
    div { position: fixed; inset: auto 20px 0 auto; width: 328px; height: 340px; overflow: auto; contain: content; }
    p { margin: 2px 0 0; padding: 7px 12px; border-radius: 18px; background: #eee; font: 15px/1.35 sans-serif; }
  </style><div></div>`);
  await page.bringToFront();
  const meter = await Meter.of(page);
  const write = (count, pauseMs) =>
    page.evaluate(async ([lines, pause]) => {
      const list = document.querySelector("div");
      for (let at = 0; at < lines; at += 1) {
        list.append(Object.assign(document.createElement("p"), { textContent: `quick ${at}` }));
        if (list.childElementCount > 100) list.firstElementChild.remove();
        list.scrollTop = list.scrollHeight;
        await new Promise((later) => setTimeout(later, pause));
      }
    }, [count, pauseMs]);
  await write(100, 0);
  const cost = await meter.cost(() => write(10 * RECEIVE_SECONDS, 100));
  await page.close();
  return cost;
}

async function conversations() {
  const few = await talked(FEW);
  const cheap = await everyday(few, "few");
  // A second of nothing belongs to the machine, not to the messages.
  const idle = await few.meter.cost(() => few.ana.page.waitForTimeout(5_000));
  const calmElements = await elements(few.ana.page);
  const share = await few.meter.cost(() => few.sender(Array.from({ length: 10 * RECEIVE_SECONDS }, (_, at) => `quick ${at}`), 100));
  figure("client.receive_10_a_second.core", share / 10 / RECEIVE_SECONDS, "%", 5);
  const floor = await plainList(few.ana.context);
  figure("client.plain_list_10_a_second.core", floor / 10 / RECEIVE_SECONDS, "%");
  figure("client.receive_10_a_second_by_plain_list", share / floor, "x");
  figure("client.idle.core", idle / 50, "%");
  await few.people.close();
  await few.campus.close();

  const many = await talked(MANY);
  const { longest, rows } = await climb(many);
  figure("client.climb_5000.longest_script_task", longest, "ms", 50);
  figure("client.climb_5000.most_messages_in_document", rows, "messages", 200);
  figure("client.climb_5000.elements", await elements(many.ana.page), "elements");
  figure("client.hold_50.elements", calmElements, "elements");
  const dear = await everyday(many, "many");
  for (const deed of ["typed", "received", "sent"]) {
    figure(`client.${deed}_50`, cheap[deed], "ms");
    figure(`client.${deed}_5000`, dear[deed], "ms");
    figure(`client.${deed}_5000_by_50`, dear[deed] / cheap[deed], "x", 1.5);
  }
  await many.people.close();
  await many.campus.close();
}

/** Opens and closes a window again and again; the first rounds fill what is filled once. */
async function windows() {
  const campus = await Campus.open();
  const people = await People.open(campus);
  await people.arrive("bruno");
  const ana = await people.arrive("ana");
  const chat = await ana.screen.open("Bruno Silva");
  await chat.say("hello");
  await chat.button("Close").click();
  const meter = await Meter.of(ana.page);
  const rounds = async (count) => {
    await ana.screen.openAndClose("Bruno Silva", count);
    await becomes(() => ana.page.getByRole("region", { name: /^Chat with/ }).count(), 0, "the windows");
    await drawn(ana.page);
  };
  await rounds(20);
  const before = await meter.held();
  await rounds(WINDOWS);
  const after = await meter.held();
  figure(`client.windows_${WINDOWS}.nodes_left`, after.nodes - before.nodes, "nodes", 0);
  figure(`client.windows_${WINDOWS}.listeners_left`, after.listeners - before.listeners, "listeners", 0);
  await people.close();
  await campus.close();
}

/** Cumulative layout shift of a page load, as browsers report it. */
async function shift(ana) {
  await ana.page.addInitScript(() => {
    globalThis.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  let worst = 0;
  for (let load = 0; load < 5; load += 1) {
    await ana.page.reload();
    await seen(ana.screen.person("Bruno Silva"), "the list");
    await ana.page.waitForTimeout(500);
    worst = Math.max(worst, await ana.page.evaluate(() => globalThis.shifted));
  }
  return worst;
}

/**
 * How long after the script's start a window and its messages are in a frame, on pages of a browser that has them, in ms: the
 * middle of many. The client looks for its own tag first.
 */
async function warm(ana, text) {
  await ana.page.addInitScript((text) => {
    const { querySelector } = Document.prototype;
    Document.prototype.querySelector = function (selector) {
      if (selector === "script[data-gchat]") globalThis.began ??= performance.now();
      return querySelector.call(this, selector);
    };
    const inside = (root) => [...root.querySelectorAll("*")].map(({ shadowRoot }) => (shadowRoot === null ? "" : shadowRoot.textContent + inside(shadowRoot))).join("");
    const look = () => {
      if (globalThis.began !== undefined && inside(document).includes(text)) globalThis.shown = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, text);
  const all = [];
  for (let load = 0; load < TIMES; load += 1) {
    await ana.page.reload();
    await becomes(() => ana.page.evaluate(() => globalThis.shown !== undefined), true, "the window");
    all.push(await ana.page.evaluate(() => globalThis.shown - globalThis.began));
  }
  return all.sort((one, other) => one - other)[TIMES / 2];
}

async function loads() {
  const campus = await Campus.open({ classmates: 12 });
  const people = await People.open(campus);
  await people.arrive("bruno");
  const ana = await people.arrive("ana", { path: "/demo/algebra" });
  await seen(ana.screen.person("Bruno Silva"), "the list");
  figure("client.load.layout_shift", await shift(ana), "CLS", 0.02);
  await (await ana.screen.open("Bruno Silva")).say("hello");
  figure("client.load_with_window.layout_shift", await shift(ana), "CLS", 0.02);
  figure("client.load_with_window.window_after_script", await warm(ana, "hello"), "ms", 150);
  await people.close();
  await campus.close();
}

const parts = { conversations, windows, loads };
const wanted = process.argv.slice(2);
for (const [name, part] of Object.entries(parts)) if (wanted.length === 0 || wanted.includes(name)) await part();
exit(short ? 1 : 0);
