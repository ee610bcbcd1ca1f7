// Hundreds of texts that would like to run, as messages, names, titles of courses, groups and rooms, mentions, pictures
// and profile addresses, the addresses also from a server that lets everything through: nothing runs, nothing is asked of
// a foreign host, no element comes that is not the chat's own, and the page keeps its shape.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Embedding } from "../embedding.mjs";
import { atRest, becomes, seen } from "../expect.mjs";
import { PAYLOADS, SHAPES, URLS } from "../payloads.mjs";
import { People } from "../people.mjs";

const VICTIM = 2;
const AUTHOR = 3;
const FIRST = 100;
/** Messages that a window has at once: the client asks for 50. */
const FULL = 45;
/** Of edited ones with an answer each, whose quotes are fetched where they are above. */
const EDITED = 22;
/** What a name may be: 200 characters, and something. Three of four: each is a socket. */
const NAMES = [...new Set(PAYLOADS.map((text) => [...text].slice(0, 200).join("")))].filter((_, n) => n % 4 !== 3);
/** A text that shows nothing (protocol/fixtures/text/shows_nothing.json): no message, and no name to read. */
const NOTHING = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]*$/u;
const MANY = {
  GCHAT_LIMITS_FRAMES_PER_SECOND: "100000", GCHAT_LIMITS_FRAME_BURST: "100000", GCHAT_LIMITS_QUEUE_FRAMES: "5000",
  GCHAT_LIMITS_MESSAGES_PER_SECOND: "100000", GCHAT_LIMITS_MESSAGE_BURST: "100000", GCHAT_LIMITS_QUEUE_BYTES: "33554432",
};
/** What the chat's own templates are made of; more than these can only have come out of a text. */
const OWN = /^(gchat-[a-z]+|article|section|header|footer|div|span|p|b|i|ul|li|h[1-6]|em|del|code|pre|blockquote|button|input|textarea|label|time|svg|path|circle|rect|line|g|slot|style|form|dialog|ol|br|strong|small|kbd|nav|bdi)$/;

let host, people;
before(async () => {
  host = await Embedding.open(MANY);
  people = await People.open(host);
  NAMES.forEach((name, n) => {
    const title = [...PAYLOADS[n]].slice(0, 100).join("");
    host.introduce(FIRST + n, { name, circles: circles(n, title), ...addresses(n) });
  });
  const held = NAMES.map((_, n) => circles(n, [...PAYLOADS[n]].slice(0, 60).join(""))).flat();
  host.introduce(VICTIM, { name: "Vera", circles: [...new Map(held.map((circle) => [circle.id, circle])).values()] });
  for (let n = 0; n < 10; n += 1) host.introduce(AUTHOR + n, { name: PAYLOADS[n * 7], circles: circles(0, "Algebra") });
});
afterEach(async () => assert.deepEqual(await people.leave(), [], "what must not happen on any page"));
after(async () => {
  await people?.close();
  await host?.close();
});

/** Each of them shares two courses with Vera, so that her list names the courses. */
function circles(n, title) {
  return [`a${Math.floor(n / 60)}`, `b${n}`].map((id) => ({ id, role: "student", title }));
}

/** Addresses that the server takes: http(s) alone. */
function addresses(n) {
  const fine = URLS.filter((url) => URL.canParse(url) && /^https?:/.test(new URL(url).protocol));
  return { picture: fine[n % fine.length], profile_url: fine[(n + 7) % fine.length] };
}

/** Vera's page. What comes for it from the server is first made worse by `worse`. */
async function vera(worse, options) {
  const person = await people.enter("Vera", options);
  person.context.setDefaultTimeout(30_000);
  person.foreign = [];
  person.context.on("request", (asked) => {
    const { protocol, origin } = new URL(asked.url());
    if (!["data:", "blob:"].includes(protocol) && origin !== host.url) person.foreign.push(asked.url());
  });
  // A worker's socket is out of reach: without workers, the page has the socket.
  await person.context.addInitScript(() => delete globalThis.SharedWorker);
  await person.context.routeWebSocket(/\/gchat\/ws$/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((text) => socket.send(JSON.stringify(worse(JSON.parse(text)))));
  });
  await person.go(`/as/${VICTIM}`);
  await seen(person.page.locator("gchat-roster .person").first(), "somebody in her list", 30_000);
  return person;
}

/** Everybody signs in, from a page of the same host, and does `deed` (runs there). Their sockets stay. */
async function arrive(users) {
  const crowd = await people.enter("The crowd");
  crowd.context.setDefaultTimeout(30_000);
  await crowd.go("/empty");
  await crowd.page.evaluate(async (all) => {
    globalThis.sockets = new Map();
    const join = ([user, token]) =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`ws://${location.host}/gchat/ws`);
        globalThis.sockets.set(user, socket);
        const hello = { type: "hello", protocol: 1, token, session: crypto.randomUUID(), visible: false };
        socket.addEventListener("open", () => socket.send(JSON.stringify(hello)));
        socket.addEventListener("message", ({ data }) => {
          const frame = JSON.parse(data);
          if (frame.type === "welcome") resolve();
          if (frame.type === "ping") socket.send('{"type":"pong"}');
        });
        socket.addEventListener("close", ({ code, reason }) => reject(new Error(`${user}: ${code} ${reason}`)));
      });
    for (let n = 0; n < all.length; n += 20) await Promise.all(all.slice(n, n + 20).map(join));
  }, users.map((user) => [user, host.token(user)]));
  return crowd;
}

/** One of the crowd writes these texts to Vera: the codes of what was refused, by text. */
function write(crowd, user, texts) {
  return crowd.page.evaluate(async ([user, to, texts]) => {
    const socket = globalThis.sockets.get(user);
    const waiting = new Map(), refused = [];
    const conversation = `${Math.min(user, to)}-${Math.max(user, to)}`;
    await new Promise((resolve) => {
      socket.addEventListener("message", ({ data }) => {
        const frame = JSON.parse(data);
        if (!waiting.has(frame.id) || !["ack", "error"].includes(frame.type)) return;
        if (frame.type === "error") refused.push([frame.code, waiting.get(frame.id)]);
        waiting.delete(frame.id);
        if (waiting.size === 0) resolve();
      });
      texts.forEach((text, n) => {
        const time = (Date.now() + n).toString(16).padStart(12, "0");
        const id = `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
        waiting.set(id, text);
        socket.send(JSON.stringify({ type: "send", client_message_id: id, conversation, text }));
      });
    });
    return refused;
  }, [user, VICTIM, texts]);
}

/** One of the crowd writes to Vera, edits what it wrote into these texts, and answers each. Gives what was refused. */
function rewrite(crowd, user, texts) {
  return crowd.page.evaluate(async ([user, to, texts]) => {
    const socket = globalThis.sockets.get(user);
    const conversation = `${Math.min(user, to)}-${Math.max(user, to)}`;
    let last = 0;
    const id = () => {
      const time = (last = Math.max(Date.now(), last + 1)).toString(16).padStart(12, "0");
      return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
    };
    const ask = (frame, key) =>
      new Promise((resolve) => {
        const heard = ({ data }) => {
          const answer = JSON.parse(data);
          if (!["ack", "error"].includes(answer.type) || answer.id !== key) return;
          socket.removeEventListener("message", heard);
          resolve(answer);
        };
        socket.addEventListener("message", heard);
        socket.send(JSON.stringify({ ...frame, conversation }));
      });
    const refused = [];
    for (const text of texts) {
      const [message, verb, answer] = [id(), id(), id()];
      const sent = await ask({ type: "send", client_message_id: message, text: "to be edited" }, message);
      const edited = await ask({ type: "edit", id: verb, seq: sent.seq, client_message_id: message, text }, verb);
      const answered = await ask({ type: "send", client_message_id: answer, text: "re", reply_to: sent.seq }, answer);
      refused.push(...[sent, edited, answered].filter(({ type }) => type === "error").map(({ code }) => [code, text]));
    }
    return refused;
  }, [user, VICTIM, texts]);
}

/** One of the crowd does these in a conversation, one after another: the answers, each with the id that was asked with. */
function tell(crowd, user, conversation, frames) {
  return crowd.page.evaluate(async ([user, conversation, frames]) => {
    const socket = globalThis.sockets.get(user), answers = [];
    for (const frame of frames) {
      const time = (globalThis.last = Math.max(Date.now(), (globalThis.last ?? 0) + 1)).toString(16).padStart(12, "0");
      const id = `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
      answers.push(await new Promise((resolve) => {
        const heard = ({ data }) => {
          const answer = JSON.parse(data);
          if (!["ack", "error"].includes(answer.type) || answer.id !== id) return;
          socket.removeEventListener("message", heard);
          resolve(answer);
        };
        socket.addEventListener("message", heard);
        socket.send(JSON.stringify({ [frame.type === "send" ? "client_message_id" : "id"]: id, conversation, ...frame }));
      }));
    }
    return answers;
  }, [user, conversation, frames]);
}

/** Everything on the page, shadow roots included: what must not be there, in words. */
function strange(page) {
  return page.evaluate((own) => {
    const found = [], allowed = new RegExp(own);
    const look = (root) => {
      for (const element of root.querySelectorAll("*")) {
        const name = element.localName, say = (what) => found.push(`<${name}> ${what}: ${element.outerHTML.slice(0, 200)}`);
        if (root !== document && !allowed.test(name) && !["a", "img"].includes(name)) say("is not of the chat");
        for (const { name: attribute, value } of element.attributes) {
          if (/^on/i.test(attribute)) say(`has ${attribute}`);
          if (["href", "src", "action", "formaction", "xlink:href", "srcset", "data", "poster"].includes(attribute) && root !== document) {
            const { protocol, origin } = new URL(value, document.baseURI);
            if (name === "a" ? !/^(https?|mailto):$/.test(protocol) : origin !== location.origin) say(`leads to ${value}`);
          }
        }
        if (element.shadowRoot !== null) look(element.shadowRoot);
      }
    };
    look(document);
    const outside = [...document.body.children].map((child) => child.localName).filter((name) => !/^(main|script|gchat-.*|div|link|style|h1)$/.test(name));
    if (outside.length > 0) found.push(`beside the page: ${outside}`);
    if ("ran" in window) found.push(`pwned() was called ${window.ran} times`);
    for (const key of ["pwned", "polluted"]) if (key in {}) found.push(`every object has ${key}`);
    return found;
  }, OWN.source);
}

/** Where the page or a part of it is wider than it may be, or a window has lost its header or its composer. */
function misshapen(page) {
  return page.evaluate(() => {
    const wrong = [], root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) wrong.push(`the page is ${root.scrollWidth} wide in ${root.clientWidth}`);
    const all = (selector, from = document) => [
      ...from.querySelectorAll(selector),
      ...[...from.querySelectorAll("*")].flatMap((element) => (element.shadowRoot === null ? [] : all(selector, element.shadowRoot))),
    ];
    const within = (part, whole, what) => {
      const [a, b] = [part.getBoundingClientRect(), whole];
      if (a.height < 8 || a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1) {
        wrong.push(`${what} is at ${[a.left, a.top, a.right, a.bottom].map(Math.round)}, not within ${[b.left, b.top, b.right, b.bottom].map(Math.round)}`);
      }
    };
    const view = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
    for (const window of all("gchat-window[open]")) {
      within(window, view, "a window");
      const whole = window.getBoundingClientRect();
      for (const part of ["header", "gchat-composer"]) within(window.shadowRoot.querySelector(part), whole, part);
      for (const button of all("header button", window.shadowRoot)) within(button, whole, button.ariaLabel?.slice(0, 20) ?? "a button");
    }
    for (const bubble of all(".bubble")) {
      const log = bubble.getRootNode().host;
      const [a, b] = [bubble.getBoundingClientRect(), log.getBoundingClientRect()];
      if (a.right > b.right + 1 || a.left < b.left - 1) wrong.push(`a message is wider than its log: ${bubble.textContent.slice(0, 40)}`);
    }
    for (const part of [...all(".author"), ...all(".event"), ...all("gchat-log .reactions"), ...all("dialog li"), ...all("gchat-finder .row"), ...all("[role=option]")]) {
      const whole = part.closest("dialog") ?? part.getRootNode().host;
      const [a, b] = [part.getBoundingClientRect(), whole.getBoundingClientRect()];
      if (a.right > b.right + 1 || a.left < b.left - 1) wrong.push(`<${part.localName} class="${part.className}"> is wider than what holds it: ${part.textContent.slice(0, 40)}`);
      // What has happened is told in as many lines as it takes, as a message is.
      if (!part.matches(".event") && a.height > 160) wrong.push(`<${part.localName} class="${part.className}"> is ${a.height} high: ${part.textContent.slice(0, 40)}`);
    }
    for (const part of [...all(".quote"), ...all(".delivery")]) {
      const [a, b] = [part.getBoundingClientRect(), part.getRootNode().host.getBoundingClientRect()];
      if (a.right > b.right + 1 || a.left < b.left - 1) wrong.push(`a ${part.className} is wider than its log: ${part.textContent.slice(0, 40)}`);
      if (a.height > 80) wrong.push(`a ${part.className} is ${a.height} high: ${part.textContent.slice(0, 40)}`);
    }
    for (const block of all("gchat-roster")) {
      const box = block.getBoundingClientRect();
      for (const row of all("li.row", block.shadowRoot)) {
        const { left, right, height } = row.getBoundingClientRect();
        if (right > box.right + 5 || left < box.left - 5 || height > 120) wrong.push(`somebody's row is misshapen: ${row.textContent.slice(0, 40)}`);
      }
    }
    return wrong;
  });
}

async function unharmed(person, what) {
  // A window rises from below the page's end: where it is on its way says nothing.
  await atRest(person.page);
  assert.deepEqual(await strange(person.page), [], what);
  assert.deepEqual(await misshapen(person.page), [], what);
  assert.deepEqual(person.foreign, [], `${what}: asked of foreign hosts`);
  assert.equal(person.page.url(), `${host.url}/as/${VICTIM}`, what);
}

const asItIs = (frame) => frame;

/** Every contact's addresses, by their ids, as a server might give them that checks nothing. */
function withAddresses(frame) {
  const walk = (value) => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (value !== null && typeof value === "object") {
      if ("profile_url" in value) [value.picture, value.profile_url] = [URLS[value.id % URLS.length], URLS[value.id % URLS.length]];
      Object.values(value).forEach(walk);
    }
  };
  walk(frame);
  return frame;
}

/** A name as it is shown: without controls, and with a stand-in where nothing of it could be seen. */
function readable(name, n) {
  const shown = name.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]+/gu, " ").trim();
  return NOTHING.test(shown) ? `User ${FIRST + n}` : shown;
}

/** A text as it is shown: the server trims white space at both ends, and two of the texts are code. */
function typed(text) {
  return text.replace(/^[\s\u0085]+|[\s\u0085]+$/gu, "").replace(/^`( ?)([^`]+)\1`$/, "$2");
}

/** Long texts are shown whole only where that is asked for. */
function unfolded(person) {
  return person.page.locator("gchat-window[open] .fold button[aria-expanded=false]").evaluateAll((all) => all.forEach((button) => button.click()));
}

/** Sends these texts by as many authors as there are windows' fulls of them, and looks at each window. */
async function look(texts, options) {
  const authors = Array.from({ length: Math.ceil(texts.length / FULL) }, (_, n) => AUTHOR + n);
  const crowd = await arrive(authors);
  const person = await vera(asItIs, options);
  for (const [n, author] of authors.entries()) {
    const part = texts.slice(n * FULL, (n + 1) * FULL);
    assert.deepEqual(await write(crowd, author, part), []);
    await person.page.locator(`gchat-roster .person[data-id="${author}"]`).click();
    const bubbles = person.page.locator("gchat-window[open] .bubble");
    // Above them may be older ones: the window comes back with the first message, and the page of history that it fetches
    // ends with however many are there by then.
    const shown = () => unfolded(person).then(() => bubbles.evaluateAll((all, last) => all.slice(-last).map((one) => one.textContent), part.length));
    await becomes(shown, part.map(typed), `the messages of ${author}`, 30_000);
    await unharmed(person, `with the messages of ${author}`);
    await person.page.locator("gchat-window[open] button.close").click();
    await becomes(() => bubbles.count(), 0, "the window is closed", 30_000);
  }
  return crowd;
}

test(`${PAYLOADS.length} messages are shown as they were typed`, async () => {
  const crowd = await look(PAYLOADS.filter((text) => !NOTHING.test(text)));
  const nothing = PAYLOADS.filter((text) => NOTHING.test(text));
  assert.deepEqual(await write(crowd, AUTHOR, nothing), nothing.map((text) => ["empty_message", text]));
  const zero = ["\u0000", "a\u0000<b>"];
  assert.deepEqual(await write(crowd, AUTHOR, zero), zero.map((text) => ["bad_text", text]));
});

test(`${SHAPES.length} that would break the page leave it whole on a phone`, async () => {
  await look(SHAPES.filter((text) => !NOTHING.test(text)), { viewport: { width: 360, height: 640 } });
});

test("as edits and quotes they are shown as they were typed, and none of them breaks the page", async () => {
  const part = PAYLOADS.filter((text, n) => !NOTHING.test(text) && n % 3 === 0);
  const authors = Array.from({ length: Math.ceil(part.length / EDITED) }, (_, n) => AUTHOR + n);
  const crowd = await arrive(authors);
  const person = await vera(asItIs, { viewport: { width: 360, height: 640 } });
  for (const [n, author] of authors.entries()) {
    const texts = part.slice(n * EDITED, (n + 1) * EDITED);
    assert.deepEqual(await rewrite(crowd, author, texts), []);
    await person.page.locator(`gchat-roster .person[data-id="${author}"]`).click();
    const shown = (selector) => person.page.locator(`gchat-window[open] ${selector}`).evaluateAll((all, last) => all.slice(-last).map((one) => one.textContent), 2 * texts.length);
    const trimmed = texts.map(typed);
    await becomes(() => unfolded(person).then(() => shown(".bubble")), trimmed.flatMap((text) => [text, "re"]), `the messages of ${author}`, 30_000);
    const lines = trimmed.map((text) => text.replace(/\s+/g, " "));
    // Long ones are cut.
    const quotes = async () => (await shown(".quote .few")).map((text, at) => (text.endsWith("…") ? lines[at].startsWith(text.slice(0, -1)) : text === lines[at]));
    await becomes(quotes, texts.map(() => true), "the quotes", 30_000);
    await unharmed(person, `with the edits of ${author}`);
    await person.page.locator("gchat-window[open] button.close").click();
    await becomes(() => person.page.locator("gchat-window[open]").count(), 0, "the window is closed", 30_000);
  }
});

test(`${NAMES.length} names, course titles and addresses are shown as they are, on one line`, async () => {
  // A browser has 255 sockets to one server at most.
  const all = NAMES.map((_, n) => FIRST + n), half = Math.ceil(all.length / 2);
  const crowds = [await arrive(all.slice(0, half)), await arrive(all.slice(half))];
  const person = await vera(withAddresses);
  const buttons = person.page.locator("gchat-roster .person");
  await becomes(() => buttons.count(), NAMES.length, "everybody in the list", 30_000);
  const names = await buttons.locator(".name").evaluateAll((all) => all.map((one) => one.textContent));
  assert.deepEqual(names.sort(), NAMES.map(readable).sort());
  await unharmed(person, "with the names");
  // Some open as windows: the header has the name, its link the profile's address.
  for (let n = 0; n < NAMES.length; n += 53) {
    await write(crowds[n < half ? 0 : 1], FIRST + n, ["hello"]);
    await person.page.locator(`gchat-roster .person[data-id="${FIRST + n}"]`).click();
    const name = person.page.locator("gchat-window[open] header .name");
    await becomes(() => name.allTextContents(), [readable(NAMES[n], n)], "the name on the window", 30_000);
    await unharmed(person, `with the window of ${JSON.stringify(NAMES[n])}`);
    await person.page.locator("gchat-window[open] button.close").click();
    await becomes(() => name.count(), 0, "the window is closed", 30_000);
  }
});

test("as titles of groups and rooms, and as names of who writes, is mentioned, reacts and is a member, they are shown as they are", async () => {
  const people = NAMES.slice(0, FULL - 1).map((name, n) => ({ id: FIRST + n, name: readable(name, n) }));
  const crowd = await arrive([AUTHOR, ...people.map(({ id }) => id)]);
  const person = await vera(asItIs);
  const group = `g-${crypto.randomUUID().replace(/^(.{14})./, "$17")}`;
  const done = async (user, frames) => {
    const answers = await tell(crowd, user, group, frames);
    assert.deepEqual(answers.filter(({ type }) => type === "error"), []);
    return answers;
  };
  const last = (selector, count) => person.page.locator(`gchat-window[open] ${selector}`).evaluateAll((all, most) => all.slice(-most).map((one) => one.textContent.trim()), count);
  await done(AUTHOR, [{ type: "make", circle: "a0", title: "A group", users: [VICTIM, ...people.map(({ id }) => id)] }]);
  await done(AUTHOR, [{ type: "send", text: "Welcome" }]);
  await person.page.locator("gchat-window .restore").click();
  await seen(person.page.locator("gchat-window[open] .event").first(), "that it was made", 30_000);
  // Who writes.
  for (const { id } of people) await done(id, [{ type: "send", text: `by ${id}` }]);
  await becomes(() => last(".author", people.length), people.map(({ name }) => name), "the authors", 30_000);
  await unharmed(person, "with the authors");
  // Who is mentioned.
  await done(AUTHOR, people.map(({ id, name }) => ({ type: "send", text: `Hello @${name}!`, mentions: [id] })));
  await becomes(() => last(".mention", people.length), people.map(({ name }) => `@${name}`), "the mentions", 30_000);
  await unharmed(person, "with the mentions");
  // Who reacts.
  const [{ seq, id: message }] = await done(AUTHOR, [{ type: "send", text: "And what do you say?" }]);
  for (const { id } of people.slice(0, 20)) await done(id, [{ type: "react", seq, client_message_id: message, emoji: ["👍"] }]);
  await seen(person.page.getByRole("button", { name: "👍 20", exact: true }), "twenty reactions", 30_000);
  const title = await person.page.getByRole("button", { name: "👍 20", exact: true }).getAttribute("title");
  for (const { name } of people.slice(0, 10)) assert.ok(title.includes(name), `${name} is named: ${title}`);
  // Whom an @ offers.
  await person.page.locator("gchat-window[open] textarea").pressSequentially("@");
  await becomes(() => person.page.getByRole("option").count(), 5, "the names that are offered", 30_000);
  await unharmed(person, "with the names that are offered");
  await person.page.keyboard.press("Escape");
  // Who is in it.
  await person.page.getByRole("button", { name: "Conversation actions" }).click();
  await person.page.getByRole("menuitem", { name: "Members" }).click();
  const names = person.page.locator("dialog li .name");
  const author = readable(PAYLOADS[0], AUTHOR - FIRST);
  await becomes(async () => (await names.allTextContents()).sort(), [...people.map(({ name }) => name), author, "You"].sort(), "the members", 30_000);
  await unharmed(person, "with the members");
  await person.page.keyboard.press("Escape");
  // What it is called.
  const titles = [...new Set(PAYLOADS.map((text) => [...text].slice(0, 100).join("")))].filter((text, n) => n % 3 === 1 && !NOTHING.test(text));
  for (let n = 0; n < titles.length; n += FULL) {
    const part = titles.slice(n, n + FULL), lines = part.map((text) => `“${readable(text, 0)}”`);
    await done(AUTHOR, part.map((title) => ({ type: "rename", title })));
    const shown = async () => (await last(".event", part.length)).map((line, at) => line.endsWith(lines[at]) || line);
    await becomes(shown, lines.map(() => true), "what it was called", 30_000);
    await becomes(() => person.page.locator("gchat-window[open] header .name").allTextContents(), [readable(part.at(-1), 0)], "the title on the window", 30_000);
    await unharmed(person, "with the titles of the group");
  }
  const nothing = await tell(crowd, AUTHOR, group, PAYLOADS.filter((text) => NOTHING.test(text)).map((title) => ({ type: "rename", title })));
  assert.ok(nothing.length > 0 && nothing.every(({ code }) => code === "bad_title"), JSON.stringify(nothing));
  await person.page.locator("gchat-window[open] button.close").click();
  // What rooms are called.
  const groups = Object.fromEntries(PAYLOADS.filter((_, n) => n % 6 === 2).map((text, n) => [`g${n}`, [...text].slice(0, 200).join("")]));
  const course = "<img src=x onerror=pwned()>";
  await host.course("a0", { title: course, room: "open", groups, members: [VICTIM, AUTHOR, ...people.map(({ id }) => id)] });
  await person.screen.launcher.click();
  const called = [course, ...Object.values(groups).map((text) => readable(`${course}: ${text}`, 0))].sort();
  // Only those that can be seen are in the document.
  const scrolled = async (by) => {
    await person.page.locator("gchat-finder .scroller").evaluate((scroller, px) => (scroller.scrollTop = px === 0 ? 0 : scroller.scrollTop + px), by);
    await atRest(person.page);
    return person.page.locator("gchat-finder [data-list=rooms] .name").allTextContents();
  };
  const rooms = async () => {
    const names = new Set(await scrolled(0));
    for (let by = 0; by < called.length * 60; by += 300) for (const name of await scrolled(300)) names.add(name);
    return [...names].sort();
  };
  await becomes(rooms, [...new Set(called)], "the rooms", 60_000);
  await unharmed(person, "with the rooms");
  await scrolled(0);
  await person.page.locator("gchat-finder [data-list=rooms] .stop").first().click();
  await seen(person.page.locator("gchat-window[open] header .name"), "a room", 30_000);
  assert.ok(called.includes(await person.page.locator("gchat-window[open] header .name").textContent()));
  await unharmed(person, "with the window of a room");
});

test("what must not happen is seen when it does", async () => {
  await arrive([AUTHOR]);
  const person = await vera(asItIs);
  await person.page.evaluate(() => {
    const list = document.querySelector("gchat-roster").shadowRoot.querySelector("gchat-people").shadowRoot;
    const plant = document.createElement("div");
    plant.innerHTML = `<marquee>x</marquee><a href="javascript:pwned()">x</a><img src="http://127.0.0.1:1/x" onerror="pwned()">`;
    plant.style.inlineSize = "3000px";
    list.append(plant);
  });
  await becomes(async () => (await strange(person.page)).filter((what) => what.includes("pwned() was called")).length, 1, "the script has run", 30_000);
  const seen = (await strange(person.page)).join("\n");
  for (const what of ["<marquee> is not of the chat", "<a> leads to javascript:", "<img> has onerror", "<img> leads to http://127.0.0.1:1/x"]) {
    assert.ok(seen.includes(what), `${what}: ${seen}`);
  }
  assert.match((await misshapen(person.page)).join(), /the page is \d+ wide/);
  assert.deepEqual(person.foreign, ["http://127.0.0.1:1/x"]);
});
