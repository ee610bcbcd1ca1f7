// The people of a Moodle, in browsers.
import { People } from "../people.mjs";
import { NAMES } from "./campus.mjs";
import { ADMIN, PASSWORD } from "./site.mjs";
import { Session } from "./session.mjs";

export class Members extends People {
  /** The login of one of the campus's people. */
  login = (slug) => slug;

  async enter(name, options) {
    const person = await super.enter(name, options);
    // Moodle makes scripts and stylesheets when they are first asked for.
    person.context.setDefaultTimeout(60_000);
    // Moodle's own scripts go on for long, and nothing here waits for them.
    person.loaded = { waitUntil: "domcontentloaded" };
    // Nor is what goes wrong in them, such as when somebody loses a course while its page is loading.
    person.concerns = (from) => /gchat/.test(from);
    return person;
  }

  /** A browser of its own for one of the campus's people, already signed in, on a page if one is named. */
  arrive(slug, options) {
    return this.#signedIn(NAMES[slug], this.login(slug), PASSWORD, options);
  }

  /** The same for the administrator. */
  administrator(options) {
    return this.#signedIn("the administrator", ADMIN.username, ADMIN.password, options);
  }

  async #signedIn(name, username, password, { path, ...options } = {}) {
    const person = await this.enter(name, options);
    person.session = await Session.login(this.campus.url, username, password);
    await person.context.addCookies(person.session.cookies());
    if (path !== undefined) await person.go(path);
    return person;
  }

  /** The administrator, by the login form as everybody sees it. */
  async signIn({ username, password } = ADMIN) {
    const person = await this.enter(username);
    // The form's script takes the fields' values away if they come before it.
    await person.page.goto(`${this.campus.url}/login/index.php`, { waitUntil: "networkidle" });
    await person.page.getByLabel("Username").fill(username);
    await person.page.getByLabel("Password", { exact: true }).fill(password);
    await person.page.getByRole("button", { name: "Log in", exact: true }).click();
    await person.page.waitForURL((url) => !url.pathname.startsWith("/login/"));
    return person;
  }
}
