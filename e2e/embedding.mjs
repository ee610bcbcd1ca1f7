// A host in a few lines beside the real server: pages with the block, tokens for whomever a test invents, and the
// server's own paths passed on, so that everything is of one origin.
import { spawn, spawnSync } from "node:child_process";
import { createHash, createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const BINARY = process.env.GCHAT_BIN ?? resolve(import.meta.dirname, "..", process.env.CARGO_TARGET_DIR ?? "target", "debug", "gchat");

export class Embedding {
  /** Starts host and server. `limits`: settings of the server, by the names of its environment. */
  static async open(limits = {}) {
    const host = new Embedding();
    host.folder = mkdtempSync(join(tmpdir(), "gchat-e2e-"));
    host.database = join(host.folder, "gchat.db");
    host.http = createServer((incoming, outgoing) => host.#answer(incoming, outgoing)).listen(0, "127.0.0.1");
    await once(host.http, "listening");
    host.http.on("upgrade", (incoming, socket, head) => host.#tunnel(incoming, socket, head));
    host.url = `http://127.0.0.1:${host.http.address().port}`;
    /** What pages have in their head, and headers beside. */
    host.head = "";
    host.headers = {};
    /** How many tokens pages have asked for. */
    host.tokens = 0;
    const added = spawnSync(BINARY, ["site", "add", host.url, "--server-url", `${host.url}/gchat/`, "--database", host.database], { encoding: "utf8" });
    const code = /gchat1\.([\w-]+)/.exec(added.stdout)?.[1];
    if (code === undefined) throw new Error(`no connection code: ${added.stderr}`);
    Object.assign(host, JSON.parse(Buffer.from(code, "base64url").toString()), { url: host.url });
    host.limits = limits;
    await host.start();
    return host;
  }

  /** Starts the server, at the port that it had. */
  async start() {
    const args = ["serve", "--listen", `127.0.0.1:${this.port ?? 0}`, "--database", this.database];
    const child = spawn(BINARY, args, { env: { ...process.env, ...this.limits, GCHAT_LOG_FORMAT: "json" }, stdio: ["ignore", "ignore", "pipe"] });
    const end = () => child.kill("SIGKILL");
    process.once("exit", end);
    child.once("exit", () => process.off("exit", end));
    this.child = child;
    this.ended = once(child, "exit");
    const said = [];
    this.port = await new Promise((resolve, reject) => {
      createInterface(child.stderr).on("line", (line) => {
        said.push(line);
        const port = /"listen":"[^"]*:(\d+)"/.exec(line)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
      child.on("error", (error) => reject(new Error(`cannot start ${BINARY}; build it with 'cargo build -p gchat'`, { cause: error })));
      child.on("exit", (code) => reject(new Error(`the server ended (${code}): ${said.join("\n")}`)));
    });
  }

  /** As an upgrade of the package does it: drains, and waits for the end. */
  async stop(signal = "SIGTERM") {
    this.child.kill(signal);
    await this.ended;
  }

  async close() {
    await this.stop("SIGKILL");
    this.http.closeAllConnections();
    this.http.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Says what a person's token says: name, circles, addresses. Whoever is not introduced has a plain name. */
  introduce(user, claims) {
    this.people ??= new Map();
    this.people.set(user, claims);
  }

  /** What the host says of a person, in tokens as in calls. */
  #rights(user) {
    return {
      rights_version: 1, name: `Person ${user}`, picture: null, profile_url: null, lang: "en", hidden: false, rights: ["chat"],
      circles: [{ id: "c0", role: "student", title: "Algebra" }], blocked: [], ...this.people?.get(user),
    };
  }

  token(user) {
    const now = Math.floor(Date.now() / 1_000);
    return this.#sign({
      iss: this.site, aud: "gchat", sub: String(user), sid: `login-of-${user}`, jti: randomUUID(), iat: now, nbf: now, exp: now + 600,
      ...this.#rights(user),
    });
  }

  /** Introduces somebody anew, to the server at once. `claims` differ from before. */
  async change(user, claims) {
    const before = this.#rights(user);
    this.introduce(user, { ...before, ...claims, rights_version: before.rights_version + 1 });
    return this.#call("PUT", `/api/v1/users/${user}`, this.#rights(user));
  }

  /** Says who is in a course, and whether it has rooms. `members`: ids, who all hold the whole course as students. */
  async course(id, { members, ...said }) {
    const all = members.map((user) => ({ user, role: "student", groups: null }));
    return this.#call("PUT", `/api/v1/circles/${id}`, { rights_version: 1, members: all, ...said });
  }

  /** The person is removed from the host. */
  async remove(user) {
    const { rights_version } = this.#rights(user);
    return this.#call("DELETE", `/api/v1/users/${user}`, { rights_version: rights_version + 1 });
  }

  /** How the server says that it is. */
  status() {
    return this.#call("GET", "/api/v1/status");
  }

  async #call(method, path, body) {
    const now = Math.floor(Date.now() / 1_000);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const claims = {
      iss: this.site, aud: "gchat-api", jti: randomUUID(), iat: now + 1, exp: now + 61, wwwroot: this.url, method, path,
      body_sha256: createHash("sha256").update(text ?? "").digest("hex"),
    };
    const headers = { authorization: `Bearer ${this.#sign(claims)}`, ...(text === undefined ? {} : { "content-type": "application/json" }) };
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, { method, headers, body: text });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  #sign(claims) {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${part({ alg: "HS256", typ: "JWT", kid: this.kid })}.${part(claims)}`;
    return `${signed}.${createHmac("sha256", Buffer.from(this.key, "base64url")).update(signed).digest("base64url")}`;
  }

  /** The page of a user has the block and the script; it asks for nothing from anywhere else. */
  #page(user) {
    return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A page</title>
<link rel="icon" href="data:,">${this.head}<script>window.pwned = () => { window.ran = (window.ran ?? 0) + 1; };</script>
<main><h1>A page</h1><aside style="max-inline-size: 20rem"><gchat-roster><p>People online appear here.</p></gchat-roster></aside></main>
<script type="module" src="${this.url}/gchat/client/gchat.js" data-gchat data-server="/gchat/" data-site="${this.site}" data-user="${user}"
  data-sid="login-of-${user}" data-token-url="/token?user=${user}" data-mark="gchat" data-salt="${"A".repeat(43)}" data-lang="en"></script></html>`;
  }

  #answer(incoming, outgoing) {
    const { pathname, searchParams } = new URL(incoming.url, this.url);
    const say = (type, text) => outgoing.writeHead(200, { "content-type": type }).end(text);
    if (pathname.startsWith("/gchat/")) return this.#pass(incoming, outgoing);
    if (pathname === "/empty") return say("text/html", "<!doctype html><title>Empty</title><link rel=icon href=data:,>");
    if (pathname.startsWith("/as/")) {
      for (const [name, value] of Object.entries(this.headers)) outgoing.setHeader(name, value);
      return say("text/html", this.#page(Number(pathname.slice(4))));
    }
    if (pathname === "/token") {
      this.tokens += 1;
      const user = Number(searchParams.get("user"));
      // A secret of the login would be random; these people have one login each, and nothing to hide.
      const mark = ["life", "browser"].map((half) => `gchat_${half}=login-of-${user}.${"A".repeat(22)}; Path=/; SameSite=Lax`);
      outgoing.setHeader("set-cookie", mark);
      return say("application/json", JSON.stringify({ token: this.token(user) }));
    }
    // Whatever a name or an address leads to on this host is a picture that would like to be a page.
    return say("image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="pwned()"><script>pwned()</script></svg>`);
  }

  #pass(incoming, outgoing) {
    const onward = request({ port: this.port, host: "127.0.0.1", path: incoming.url.slice("/gchat".length), method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  }

  #tunnel(incoming, socket, head) {
    const server = connect(this.port, "127.0.0.1", () => {
      const lines = [`GET ${incoming.url.slice("/gchat".length)} HTTP/1.1`];
      for (let n = 0; n < incoming.rawHeaders.length; n += 2) lines.push(`${incoming.rawHeaders[n]}: ${incoming.rawHeaders[n + 1]}`);
      server.write(`${lines.join("\r\n")}\r\n\r\n`);
      server.write(head);
      server.pipe(socket).pipe(server);
    });
    server.on("error", () => socket.destroy());
    socket.on("error", () => server.destroy());
    socket.on("close", () => server.destroy());
    server.on("close", () => socket.destroy());
  }
}
