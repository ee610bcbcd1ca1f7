// A person's login to Moodle without a browser: for what is no matter of the browser's, and quicker.
const FORM = { "content-type": "application/x-www-form-urlencoded" };

export class Session {
  /** Signs in by the login form. */
  static async login(url, username, password) {
    const session = new Session(url);
    const form = await session.text("/login/index.php");
    const logintoken = /name="logintoken" value="(\w+)"/.exec(form)?.[1];
    const answer = await session.post("/login/index.php", { username, password, logintoken });
    if (!answer.headers.get("location")?.includes("testsession")) throw new Error(`${username} cannot sign in`);
    session.sesskey = /"sesskey":"(\w+)"/.exec(await session.text("/user/preferences.php"))?.[1];
    if (session.sesskey === undefined) throw new Error(`${username} has no sesskey: is something to be agreed to first?`);
    return session;
  }

  constructor(url) {
    this.url = url;
    this.jar = new Map();
  }

  /** One request, as far as the first answer: redirects are not followed. */
  async fetch(path, options = {}) {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...options.headers, cookie };
    const answer = await fetch(new URL(path, this.url), { ...options, headers, redirect: "manual", signal: AbortSignal.timeout(60_000) });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      this.jar.set(name, value);
    }
    return answer;
  }

  post(path, fields) {
    return this.fetch(path, { method: "POST", headers: FORM, body: new URLSearchParams(fields) });
  }

  /** A page's text, redirects followed. */
  async text(path) {
    let answer = await this.fetch(path);
    for (let hops = 0; answer.status >= 300 && answer.status < 400; hops++) {
      if (hops === 10) throw new Error(`${path} redirects for ever`);
      await answer.arrayBuffer();
      answer = await this.fetch(answer.headers.get("location"));
    }
    return answer.text();
  }

  /** A link of Moodle's that does something at once: the page behind it is asked for with the sesskey. Fails unless it is done. */
  async deed(path, fields = {}) {
    const url = new URL(path, this.url);
    for (const [name, value] of Object.entries({ ...fields, sesskey: this.sesskey })) url.searchParams.set(name, value);
    const answer = await this.fetch(url);
    await answer.arrayBuffer();
    if (answer.status !== 303 && answer.status !== 302) throw new Error(`${path} was answered with ${answer.status}`);
    return answer;
  }

  /** A function of Moodle's AJAX services. Gives its answer as it came, and how long it took. */
  async call(methodname, args = {}, query = "") {
    const answer = await this.fetch(`/lib/ajax/service.php?sesskey=${this.sesskey}&info=${methodname}${query}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([{ index: 0, methodname, args }]),
    });
    return JSON.parse(await answer.text())[0];
  }

  /** For a browser's context. */
  cookies() {
    return [...this.jar].map(([name, value]) => ({ name, value, url: this.url }));
  }
}
