// What is kept of a release of the contract (releases/N, made by scripts/keep-release): its client, and its contract as
// its own fixtures tell it, by which today's other side is held to what was known then.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "releases");

/** The numbers of all. */
export const RELEASES = readdirSync(FOLDER).sort((a, b) => a - b);

export class Release {
  constructor(number) {
    this.folder = join(FOLDER, number);
    this.features = this.json("features.json");
  }

  json(path) {
    return JSON.parse(readFileSync(join(this.folder, path), "utf8"));
  }

  /** The words on its client's screen. */
  async screen() {
    return (await import(join(this.folder, "screen.mjs"))).Screen;
  }

  /** A file of its client, for the path of the server's; the server has none that is not kept. */
  file = (path) => {
    const name = /\/client\/([^/]+)$/.exec(path)?.[1];
    return name === undefined ? undefined : readFileSync(join(this.folder, "client", name));
  };

  /** A server of then, or of a time before some of its features: see `Then`. */
  server(features = Object.keys(this.features)) {
    return new Then(this, features);
  }

  /** Its API: see `ApiThen`. */
  api() {
    return new ApiThen(this);
  }

  /** What the fixtures of one side know, by the type of a frame or by the name of a body. */
  shapes(side, nameOf) {
    const shapes = new Shapes();
    for (const file of readdirSync(join(this.folder, "fixtures", side)).sort()) {
      shapes.learn(nameOf(file), this.json(`fixtures/${side}/${file}`));
    }
    return shapes;
  }
}

/** Today's server, as one of then: what passes is what was known then. */
class Then {
  constructor(release, features) {
    this.features = features;
    this.of = release.features;
    const type = (file) => file.slice(0, file.indexOf("."));
    this.known = { client: release.shapes("client", type), server: release.shapes("server", type) };
    /** The types of the frames that a client sent. */
    this.sent = [];
    /** What a client sent and this server does not know: it would refuse it. */
    this.unknown = [];
    /** What today's server said beyond that, and was not passed on. */
    this.left = new Set();
  }

  /** To a line: see `joined`. */
  get through() {
    return { client: (text) => this.#fromClient(JSON.parse(text)), server: (text) => this.#fromServer(JSON.parse(text)) };
  }

  #fromClient(frame) {
    this.sent.push(frame.type);
    if (frame.type === "hello") {
      // A server ignores what it does not know there.
      const { kept } = this.known.client.split("hello", frame);
      if (kept.features) kept.features = kept.features.filter((feature) => this.features.includes(feature));
      return JSON.stringify(kept);
    }
    const wrong = this.known.client.has(frame.type) ? this.known.client.split(frame.type, frame).unknown : [frame.type];
    for (const [feature, { frames = [], fields = {} }] of Object.entries(this.of)) {
      if (this.features.includes(feature)) continue;
      if (frames.includes(frame.type)) wrong.push(frame.type);
      wrong.push(...(fields[frame.type] ?? []).filter((field) => field in frame).map((field) => `${frame.type}.${field}`));
    }
    this.unknown.push(...wrong);
    return JSON.stringify(frame);
  }

  #fromServer(frame) {
    if (!this.known.server.has(frame.type)) {
      this.left.add(frame.type);
      return null;
    }
    const { kept, unknown } = this.known.server.split(frame.type, frame);
    for (const path of unknown) this.left.add(path);
    if (frame.type === "welcome") kept.features = kept.features.filter((feature) => this.features.includes(feature));
    return JSON.stringify(kept);
  }
}

/** The bodies of each call's question and answer, by the names of their fixtures. */
const CALLS = [
  ["PUT", /^users\/\d+$/, "user.put"],
  ["GET", /^users\/\d+$/, "user.get"],
  ["DELETE", /^users\/\d+$/, "user.delete"],
  ["GET", /^users\/\d+\/conversations\/[\d-]+$/, "conversation.get"],
  ["PUT", /^circles\/[^/]+$/, "circles.put"],
  ["POST", /^logouts$/, "logout.post"],
  ["GET", /^logins$/, "logins.get"],
  ["PUT", /^floor$/, "floor.put"],
  ["PUT", /^policy$/, "policy.put"],
  ["GET", /^status$/, "status"],
];

/** Today's API, as one of then. */
class ApiThen {
  constructor(release) {
    this.known = release.shapes("api", (file) => file.replace(/\.json$/, ""));
    /** What was called and this server does not know. */
    this.unknown = [];
  }

  call(method, url, body) {
    const name = this.#name(method, url);
    if (name === undefined) this.unknown.push(`${method} ${url}`);
    else if (body !== "") this.unknown.push(...this.known.split(name, JSON.parse(body)).unknown);
  }

  answer(method, url, status, content) {
    return this.known.split(status === 200 ? `${this.#name(method, url)}.answer` : "error", content).kept;
  }

  #name(method, url) {
    const path = /^\/api\/v1\/([^?]*)/.exec(url)?.[1] ?? "";
    return CALLS.find(([of, pattern]) => of === method && pattern.test(path))?.[2];
  }
}

/** What every one of the examples has, and a value has not, or of another type: what was promised to whoever reads it. */
export function lacking(examples, value, path = "") {
  const [example] = examples.filter((one) => one !== null);
  if (example === undefined || value === null) return [];
  if (Array.isArray(example) !== Array.isArray(value) || typeof example !== typeof value) return [`${path}: ${JSON.stringify(value)}`];
  if (Array.isArray(example)) return value.flatMap((item, n) => lacking(examples.flat(), item, `${path}[${n}]`));
  if (!isObject(example)) return [];
  const promised = Object.keys(example).filter((key) => examples.every((one) => one === null || key in one));
  const within = (key) => examples.filter((one) => one !== null).map((one) => one[key]);
  return promised.flatMap((key) => (key in value ? lacking(within(key), value[key], `${path}.${key}`) : [`${path}.${key}`]));
}

/**
 * The fields that examples have, by name of the example. A field's content has one shape wherever it stands in a list of
 * that name: `messages` of `history` and of `changes` are the same thing.
 */
class Shapes {
  #roots = new Map();
  #lists = new Map();

  has(name) {
    return this.#roots.has(name);
  }

  learn(name, value) {
    this.#roots.set(name, this.#learnt(this.#roots.get(name) ?? new Map(), value));
  }

  #learnt(fields, value) {
    for (const [key, content] of Object.entries(value)) {
      if (Array.isArray(content)) {
        const items = this.#lists.get(key) ?? new Map();
        this.#lists.set(key, items);
        for (const item of content) if (isObject(item)) this.#learnt(items, item);
        fields.set(key, items);
      } else if (isObject(content)) {
        const known = fields.get(key);
        fields.set(key, this.#learnt(known instanceof Map ? known : new Map(), content));
      } else if (!fields.has(key)) fields.set(key, null);
    }
    return fields;
  }

  /** A value without what the examples do not have, and the paths of that. */
  split(name, value) {
    const unknown = [];
    const cut = (fields, content, path) => {
      if (Array.isArray(content)) return content.map((item) => cut(fields, item, path));
      if (!isObject(content)) return content;
      const kept = {};
      for (const [key, part] of Object.entries(content)) {
        const at = `${path}.${key}`;
        if (fields?.has(key)) kept[key] = cut(fields.get(key), part, at);
        else unknown.push(at);
      }
      return kept;
    };
    return { kept: cut(this.#roots.get(name), value, name), unknown };
  }
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
