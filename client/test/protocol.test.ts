import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  closeCodes,
  closeMeaning,
  conversationOf,
  errorCodes,
  FEATURES,
  circleOf,
  courseOf,
  kindOf,
  parseServerFrame,
  serverFrames,
} from "../src/net/protocol.js";
import type { ClientFrame } from "../src/net/protocol.js";
import { boolean, integer, list, nullable, object, oneOf, optional, string } from "../src/net/shape.js";
import type { Read } from "../src/net/shape.js";

const protocol = new URL("../../protocol/", import.meta.url);
const contract = readFileSync(new URL("README.md", protocol), "utf8");

function fixtures(side: "client" | "server"): { file: string; type: string; value: unknown }[] {
  return readdirSync(new URL(`fixtures/${side}/`, protocol)).map((file) => ({
    file,
    type: file.slice(0, file.indexOf(".")),
    value: JSON.parse(readFileSync(new URL(`fixtures/${side}/${file}`, protocol), "utf8")) as unknown,
  }));
}

const held = list(object({ circle: string, version: integer(0) }));
const seq = optional(integer(1));
const verb = { id: string, conversation: string, seq: integer(1), client_message_id: string };
const users = list(integer(1));
const act = { id: string, conversation: string };
const yes: Read<true> = (value, at) => {
  if (value !== true) throw new Error(`${at} is not true`);
  return value;
};
const type = <K extends string>(name: K): Read<K> => oneOf(name);
const asked = { type: type("list"), request: integer(1), limit: integer(1) };
/** The two forms of `list`. */
const entries = object({ ...asked, conversations: list(string) });
const pages = object({ ...asked, next: nullable(string), unread: optional(yes), archived: optional(yes), text: optional(string) });
/** A reader for each frame of the client; the compiler holds it against `ClientFrame`. */
const clientFrames: { [K in ClientFrame["type"]]: Read<Extract<ClientFrame, { type: K }>> } = {
  hello: object({
    type: type("hello"),
    protocol: integer(1),
    token: string,
    session: string,
    visible: boolean,
    features: optional(list(oneOf(...FEATURES))),
    cursor: optional(
      object({
        epoch: string,
        conversations: list(object({ conversation: string, rev: integer(0), seq: integer(0) })),
      }),
    ),
    rosters: optional(object({ boot: string, versions: held })),
  }),
  renew: object({ type: type("renew"), token: string }),
  send: object({ type: type("send"), client_message_id: string, conversation: string, text: string, reply_to: seq, mentions: optional(users) }),
  edit: object({ type: type("edit"), ...verb, text: string }),
  delete: object({ type: type("delete"), ...verb }),
  react: object({ type: type("react"), ...verb, emoji: list(string) }),
  make: object({ type: type("make"), ...act, circle: string, title: string, users }),
  add: object({ type: type("add"), ...act, users }),
  remove: object({ type: type("remove"), ...act, user: integer(1) }),
  rename: object({ type: type("rename"), ...act, title: string }),
  announce: object({ type: type("announce"), ...act, on: boolean }),
  members: object({ type: type("members"), request: integer(1), conversation: string, users: optional(users) }),
  rooms: object({ type: type("rooms"), request: integer(1), next: nullable(string), limit: integer(1) }),
  list: (value, at) => (typeof value === "object" && "conversations" in value! ? entries : pages)(value, at),
  flag: object({
    type: type("flag"),
    request: integer(1),
    conversation: string,
    pinned: optional(boolean),
    archived: optional(boolean),
    muted_until: optional(integer(0)),
    seq: optional(integer(0)),
  }),
  changes: object({
    type: type("changes"),
    request: integer(1),
    conversation: string,
    rev: integer(0),
    seq: integer(0),
    limit: integer(1),
  }),
  history: object({
    type: type("history"),
    request: integer(1),
    conversation: string,
    before: seq,
    after: seq,
    limit: integer(1),
  }),
  read: object({ type: type("read"), conversation: string, seq: integer(1) }),
  typing: object({ type: type("typing"), conversation: string }),
  dock: object({
    type: type("dock"),
    conversation: string,
    state: oneOf("open", "minimised", "closed"),
    base: integer(0),
    seen: optional(integer(0)),
  }),
  visibility: object({ type: type("visibility"), visible: boolean, rosters: optional(held) }),
  roster: object({ type: type("roster"), circle: string }),
  search: object({
    type: type("search"),
    request: integer(1),
    text: string,
    circle: optional(string),
    next: nullable(string),
    limit: integer(1),
  }),
  find: object({
    type: type("find"),
    request: integer(1),
    text: string,
    conversation: optional(string),
    next: nullable(string),
    limit: integer(1),
  }),
  ping: object({ type: type("ping") }),
  pong: object({ type: type("pong") }),
};

describe("the contract's fixtures", () => {
  test.each(fixtures("server"))("server/$file is read and made again the same", ({ type: name, value }) => {
    const parsed = parseServerFrame(JSON.stringify(value));
    expect(parsed).toEqual({ frame: value });
    expect("frame" in parsed && parsed.frame.type).toBe(name);
  });

  test.each(fixtures("client"))("client/$file is read and made again the same", ({ type: name, value }) => {
    expect(Object.keys(clientFrames)).toContain(name);
    expect(clientFrames[name as keyof typeof clientFrames](value, "")).toEqual(value);
  });

  test("every frame has a fixture, and a section in the contract", () => {
    for (const [side, frames] of [["server", serverFrames] as const, ["client", clientFrames] as const]) {
      const shown = new Set(fixtures(side).map((fixture) => fixture.type));
      expect([...shown].sort()).toEqual(Object.keys(frames).sort());
      for (const name of shown) expect(contract).toContain(`### \`${name}\``);
    }
  });

  test("the features are the contract's", () => {
    const features = JSON.parse(readFileSync(new URL("features.json", protocol), "utf8")) as object;
    expect([...FEATURES].sort()).toEqual(Object.keys(features).sort());
  });

  test("the tables of codes are the contract's", () => {
    const errors = contract.slice(contract.indexOf("## Error codes"), contract.indexOf("## Close codes"));
    for (const [, code, final] of errors.matchAll(/^\| `(\w+)` \| (yes|no) \|/gm)) {
      expect(errorCodes, code).toHaveProperty(code!, { final: final === "yes" });
    }
    const closes = contract.slice(contract.indexOf("## Close codes"), contract.indexOf("## Limits"));
    const listed = [...closes.matchAll(/^\| (4\d\d\d) \| ([^|]+) \| (yes|no)/gm)];
    expect(listed.map(([, code]) => Number(code))).toEqual(Object.keys(closeCodes).map(Number));
    for (const [, code, name, back] of listed) {
      expect(closeCodes[Number(code)]).toMatchObject({ name: name!.trim(), comeBack: back === "yes" });
    }
  });
});

describe("a frame that the contract does not allow", () => {
  test.each([
    ["binary", new ArrayBuffer(4)],
    ["no JSON", "{"],
    ["an array", "[]"],
    ["null", "null"],
    ["an unknown type", '{"type":"later"}'],
    ["a name of Object.prototype", '{"type":"constructor"}'],
    ["a field missing", '{"type":"presence","user":3}'],
    ["a wrong type", '{"type":"presence","user":"3","status":"online"}'],
    ["an unsafe integer", '{"type":"renewed","lease_ends":1e300}'],
    ["a wrong item", '{"type":"roster","circle":"c7","version":1,"total":1,"contacts":[null]}'],
  ])("%s is a problem, not an exception", (_, data) => {
    expect(parseServerFrame(data)).toHaveProperty("problem");
  });

  test("its problem never holds content", () => {
    const secret = "canary words";
    for (const text of [`{"type":"typing","conversation":3,"user":"${secret}"}`, secret, `{"type":"${secret}"}`]) {
      expect(JSON.stringify(parseServerFrame(text))).not.toContain(secret);
    }
  });

  test("unknown fields are passed over", () => {
    expect(parseServerFrame('{"type":"pong","new":1}')).toEqual({ frame: { type: "pong" } });
  });
});

test("an unknown close code is final only among 4400 … 4499", () => {
  expect(closeMeaning(1006).comeBack).toBe(true);
  expect(closeMeaning(4050).comeBack).toBe(true);
  expect(closeMeaning(4499).comeBack).toBe(false);
});

test("windows of kinds that are not known are passed over, and those of known ones must be whole", () => {
  const fixture = (file: string) => fixtures("server").find((one) => one.file === file)!.value;
  const { windows } = (fixture("welcome.json") as { dock: { windows: object[] } }).dock;
  const shared = (fixture("dock.group.json") as { windows: object[] }).windows;
  const later = { conversation: "x-7", kind: "broadcast", title: "Algebra", members: 3 };
  const dock = { type: "dock", version: 8, windows: [later, ...windows, ...shared, later] };
  expect(parseServerFrame(JSON.stringify(dock))).toEqual({ frame: { ...dock, windows: [...windows, ...shared] } });
  for (const [window, field] of [[windows[0], "contact"], [windows[0], "other_read_seq"], [shared[0], "title"], [shared[1], "circle"]] as const) {
    const without = { ...window, [field]: undefined };
    expect(parseServerFrame(JSON.stringify({ ...dock, windows: [without] })), field).toHaveProperty("problem");
  }
});

test("a conversation's kind is told by its id, and there are others that are not known", () => {
  const group = "g-0199f1ca-31b0-7a44-8e15-9d2c4b6a7f01";
  const known = { "2-3": "direct", "9-10": "direct", [group]: "group", "r-c7": "room", "r-c7~g3": "room", "r-a.b:c_d-e~-": "room" };
  for (const [id, kind] of Object.entries(known)) expect(kindOf(id), id).toBe(kind);
  const unknown = ["10-9", "3-3", "09-10", "9-10-11", "g.7", "", "g-7", group.toUpperCase(), `${group}0`, "r-", "r-c7~", "r-c7~g3~x", "r-c7/g3", "x-7"];
  for (const id of unknown) expect(kindOf(id), id).toBeUndefined();
  expect([circleOf("r-c7"), circleOf("r-c7~g3"), courseOf("c7/g3"), courseOf("c7")]).toEqual(["c7", "c7/g3", "c7", "c7"]);
});

test("a conversation is named by its users, lower first", () => {
  expect(conversationOf(10, 9)).toBe("9-10");
});
