// A chat server on Socket.IO: FOLDER (database, key), PORT, full|off.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { Server } from "socket.io";
import { between, People } from "./people.mjs";
import { Store } from "./store.mjs";
import { verify } from "./token.mjs";

const [folder, port, durability] = process.argv.slice(2);
const key = readFileSync(join(folder, "key"));
const store = new Store(join(folder, "messages.db"), durability === "full");
const people = new People();
const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  serveClient: false,
  maxHttpBufferSize: 65_536,
  pingInterval: 45_000,
});

io.use((socket, next) => {
  try {
    socket.data.identity = verify(socket.handshake.auth.token, key);
    next();
  } catch (error) {
    next(error);
  }
});

io.on("connection", (socket) => {
  const { identity } = socket.data;
  const { user } = identity;
  const courses = [...identity.courses.keys()];
  const came = people.arrive(identity, socket);
  socket.join([`user ${user}`, ...courses.map((course) => `course ${course}`)]);
  socket.emit("welcome", { user, rosters: courses.map((course) => ({ course, contacts: people.roster(course) })) });
  for (const course of came) {
    io.to(`course ${course}`).emit("joined", { course, contact: people.contact(user, course) });
  }

  socket.on("send", ({ id, to, text } = {}, answer) => {
    if (typeof answer !== "function") return;
    const code = typeof id === "string" && id.length <= 36 ? people.refusal(user, to, text) : "bad_frame";
    if (code) return answer({ code });
    const message = { conversation: between(user, to), sender: user, id, text, sent_at: Date.now() };
    store.append(message, (error) => {
      if (error || message.conflict) return answer({ code: error ? "unavailable" : "conflict" });
      answer({ conversation: message.conversation, seq: message.seq, sent_at: message.sent_at });
      if (!message.repeated) io.to(`user ${user}`).to(`user ${to}`).emit("message", message);
    });
  });

  socket.on("disconnect", () => {
    for (const course of people.leave(user, socket)) io.to(`course ${course}`).emit("left", { course, user });
  });
});

http.listen({ host: "127.0.0.1", port: Number(port), backlog: 4096 });
process.on("SIGTERM", () => process.exit(0));
