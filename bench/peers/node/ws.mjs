// A chat server on `ws`: FOLDER (database, key), PORT, full|off.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { WebSocketServer } from "ws";
import { between, People } from "./people.mjs";
import { Store } from "./store.mjs";
import { verify } from "./token.mjs";

const [folder, port, durability] = process.argv.slice(2);
const key = readFileSync(join(folder, "key"));
const store = new Store(join(folder, "messages.db"), durability === "full");
const people = new People();
const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(port),
  perMessageDeflate: false,
  maxPayload: 65_536,
  backlog: 4096,
});

const HELLO_MS = 5_000;
const HEARTBEAT_MS = 45_000;

/** Encodes once, whoever gets it. */
function tell(sockets, frame) {
  const bytes = Buffer.from(JSON.stringify(frame));
  for (const socket of sockets) socket.send(bytes, { binary: false });
}

function hello(socket, frame) {
  if (frame.type !== "hello") throw new Error("hello expected");
  const identity = verify(frame.token, key);
  clearTimeout(socket.patience);
  socket.user = identity.user;
  const came = people.arrive(identity, socket);
  const rosters = [...identity.courses.keys()].map((course) => ({ course, contacts: people.roster(course) }));
  tell([socket], { type: "welcome", user: identity.user, rosters });
  for (const course of came) {
    tell(people.audience(course), { type: "joined", course, contact: people.contact(identity.user, course) });
  }
}

function send(socket, { id, to, text }) {
  const code = typeof id === "string" && id.length <= 36 ? people.refusal(socket.user, to, text) : "bad_frame";
  if (code) return tell([socket], { type: "error", id, code });
  const message = { conversation: between(socket.user, to), sender: socket.user, id, text, sent_at: Date.now() };
  store.append(message, (error) => {
    if (error || message.conflict) return tell([socket], { type: "error", id, code: error ? "unavailable" : "conflict" });
    const { conversation, seq, sent_at } = message;
    tell([socket], { type: "ack", id, conversation, seq, sent_at });
    if (message.repeated) return;
    const frame = Buffer.from(JSON.stringify({ type: "message", ...message }));
    for (const user of [socket.user, to]) {
      for (const one of people.sockets(user)) one.send(frame, { binary: false });
    }
  });
}

server.on("connection", (socket) => {
  socket.alive = true;
  socket.patience = setTimeout(() => socket.terminate(), HELLO_MS);
  socket.on("error", () => socket.terminate());
  socket.on("pong", () => (socket.alive = true));
  socket.on("message", (data, binary) => {
    try {
      if (binary) throw new Error("frames are text");
      const frame = JSON.parse(data.toString());
      if (socket.user === undefined) hello(socket, frame);
      else if (frame.type === "send") send(socket, frame);
      else throw new Error("an unknown frame");
    } catch {
      socket.close(4400, "protocol violation");
    }
  });
  socket.on("close", () => {
    clearTimeout(socket.patience);
    if (socket.user === undefined) return;
    for (const course of people.leave(socket.user, socket)) {
      tell(people.audience(course), { type: "left", course, user: socket.user });
    }
  });
});

setInterval(() => {
  for (const socket of server.clients) {
    if (!socket.alive) socket.terminate();
    socket.alive = false;
    socket.ping();
  }
}, HEARTBEAT_MS);
process.on("SIGTERM", () => process.exit(0));
