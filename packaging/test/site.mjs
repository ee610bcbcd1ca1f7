// What a host does: signs tokens for its people, and calls the server (protocol/README.md).
import { createHash, createHmac, randomUUID } from "node:crypto";
import { ask } from "./process.mjs";

const base64 = (value) => Buffer.from(value).toString("base64url");
const now = () => Math.floor(Date.now() / 1000);

export class Site {
  /** `url`: the site's own address; `code`: its connection code. */
  constructor(url, code) {
    this.url = url;
    const [version, content] = code.split(".");
    if (version !== "gchat1") throw new Error(`not a connection code: ${code}`);
    Object.assign(this, { code: JSON.parse(Buffer.from(content, "base64url").toString()) });
  }

  #sign(claims) {
    const head = base64(JSON.stringify({ alg: "HS256", typ: "JWT", kid: this.code.kid }));
    const signed = `${head}.${base64(JSON.stringify({ iss: this.code.site, ...claims }))}`;
    const key = Buffer.from(this.code.key, "base64url");
    return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
  }

  /** A user token, ten minutes long. */
  token(user, name, course) {
    const circles = [{ id: course, role: "student", title: `Course ${course}` }];
    const life = { jti: randomUUID(), iat: now(), nbf: now(), exp: now() + 600 };
    const contact = { name, picture: null, profile_url: null, lang: "en", hidden: false };
    return this.#sign({
      aud: "gchat",
      sub: String(user),
      sid: `login-of-${user}`,
      ...life,
      ...contact,
      rights_version: 1,
      rights: ["chat"],
      circles,
      blocked: [],
    });
  }

  /** A signed call, as the plugin makes it. `server`: the server's address with its final slash. */
  call(server, method, path, body) {
    const bytes = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
    const token = this.#sign({
      aud: "gchat-api",
      jti: randomUUID(),
      iat: now() + 1,
      exp: now() + 60,
      wwwroot: this.url,
      method,
      path: `/api/v1/${path}`,
      body_sha256: createHash("sha256").update(bytes).digest("hex"),
    });
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "content-length": Buffer.byteLength(bytes) };
    return ask(`${server}api/v1/${path}`, { method, headers, body: bytes });
  }
}
