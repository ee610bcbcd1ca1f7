// People in browsers: one Chromium, a context of its own for each person, and a watch on everything that must not
// happen on any page (a script from somebody's text, an error, a breach of the page's policy).
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
// Of 1.65 Debian's Firefox is asked for a command that it does not know yet.
import { firefox } from "playwright-firefox-esr";
import { follow, PATIENCE_MS } from "./expect.mjs";
import { Line } from "./line.mjs";
import { Screen } from "./screen.mjs";

const PATHS = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Chromium leaves loopback addresses out of proxies unless told otherwise; `Line` is one.
  "--proxy-bypass-list=<-loopback>",
];

export const NAMES = { ana: "Ana Sousa", bruno: "Bruno Silva", carla: "Carla Nunes", daniel: "Daniel Costa" };

/** How Chromium is started. */
export function browserOptions() {
  const executablePath = PATHS.find((path) => path && existsSync(path));
  if (executablePath === undefined) throw new Error("Chromium is missing: run 'scripts/install browser'");
  // The sandbox needs what root in a container does not have; the pages are this repository's own.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return { executablePath, args: [...FLAGS, ...sandbox] };
}

/** Debian's Firefox, by WebDriver BiDi. */
function launchFirefox() {
  const executablePath = [process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox"].find((path) => path && existsSync(path));
  if (executablePath === undefined) throw new Error("Firefox is missing: run 'scripts/install browser'");
  return firefox.launch({ channel: "moz-firefox", executablePath });
}

export class People {
  /** `engine`: `"chromium"`, or `"firefox"`. */
  static async open(campus = null, engine = process.env.GCHAT_BROWSER ?? "chromium") {
    const people = new this();
    people.campus = campus;
    people.browser = await (engine === "firefox" ? launchFirefox() : chromium.launch(browserOptions()));
    people.all = [];
    return people;
  }

  /** A browser of its own, signed in as `slug`, on a page of the campus. */
  async arrive(slug, { path, ...options } = {}) {
    const person = await this.enter(NAMES[slug], options);
    await person.page.goto(`${this.campus.url}/demo/as/${slug}`);
    if (path !== undefined) await person.go(path);
    return person;
  }

  /** A browser of its own, for somebody who is not signed in yet; `line`: true, or what it does to what passes. */
  async enter(name, { line = false, screen = Screen, ...options } = {}) {
    const person = new Person(this.campus, name, screen);
    person.line = line ? await Line.open(line) : null;
    person.context = await this.browser.newContext({
      locale: "en-GB",
      viewport: { width: 1280, height: 800 },
      ...options,
      ...(person.line === null ? {} : { proxy: { server: person.line.address, bypass: "<-loopback>" } }),
    });
    person.context.setDefaultTimeout(PATIENCE_MS);
    this.all.push(person);
    person.page = await person.tab();
    return person;
  }

  /** Everybody leaves. Gives what must not have happened. */
  async leave() {
    const wrongs = this.all.flatMap((person) => person.wrongs.map((wrong) => `${person.name}: ${wrong}`));
    for (const person of this.all.splice(0)) {
      await person.context.close();
      await person.line?.close();
    }
    return wrongs;
  }

  async close() {
    await this.leave();
    await this.browser.close();
  }
}

export class Person {
  constructor(campus, name, screen = Screen) {
    this.campus = campus;
    this.name = name;
    this.Screen = screen;
    this.wrongs = [];
    /** Whether something wrong is to be told of, by the address or the stack that it comes from. */
    this.concerns = () => true;
    /** How far a page has to be before something is done on it. */
    this.loaded = { waitUntil: "load" };
  }

  /** Another tab of the same browser. */
  async tab(path) {
    const page = await this.context.newPage();
    follow(page);
    page.on("dialog", (dialog) => {
      this.wrongs.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("pageerror", (error) => {
      if (this.concerns(error.stack ?? "")) this.wrongs.push(`an uncaught error: ${error.message}`);
    });
    page.on("response", (response) => {
      if (response.status() < 400 || response.request().isNavigationRequest() || !this.concerns(response.url())) return;
      this.wrongs.push(`${response.status()} for ${new URL(response.url()).pathname}`);
    });
    page.on("console", (message) => {
      // Chromium reports policy breaches here too. That a server is away is the test's doing, not a fault.
      if (message.type() !== "error" || /ERR_|WebSocket|Failed to load resource/.test(message.text())) return;
      if (!this.concerns(message.location().url)) return;
      this.wrongs.push(`on the console: ${message.text()}`);
    });
    if (path !== undefined) await this.go(path, page);
    return page;
  }

  async go(path, page = this.page) {
    const answer = await page.goto(this.campus.url + path, this.loaded);
    // Else a test would only tell what is missing on a page that tells why there is none.
    if (answer !== null && answer.status() >= 500) {
      const said = await page.locator("body").innerText();
      throw new Error(`${path} was answered with ${answer.status()}: ${said.slice(0, 4_000)}`);
    }
  }

  /** What the block and the dock show, by the names that everybody hears. */
  on(page) {
    return new this.Screen(page);
  }

  get screen() {
    return new this.Screen(this.page);
  }
}
