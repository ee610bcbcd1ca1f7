// The line between one browser and the server: a small HTTP proxy whose sockets a test can hold back or cut, while
// pages go on loading. Browsers ask a proxy for a WebSocket with CONNECT, and for a page with GET, so the two are
// told apart even where the socket lives in a worker that no test tool can reach.
import { once } from "node:events";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { joined } from "./socket.mjs";

export class Line {
  /**
   * `file`: what is served in place of the server's own, by the path (bytes, or undefined: the server's); `through`: what
   * is made of each text of a WebSocket, see `joined`.
   */
  static async open({ file = () => undefined, through = null } = {}) {
    const line = new Line();
    line.through = through;
    /** How many files it has served itself. */
    line.files = 0;
    line.waiting = new Set();
    line.tunnels = new Set();
    line.held = false;
    /** How many WebSockets have been asked for so far. */
    line.asked = 0;
    line.server = createServer((incoming, outgoing) => {
      const kept = file(new URL(incoming.url).pathname);
      if (kept === undefined) return forward(incoming, outgoing);
      line.files += 1;
      outgoing.writeHead(200, { "content-type": "text/javascript; charset=utf-8", "cache-control": "no-cache" }).end(kept);
    });
    line.server.on("connect", (incoming, socket) => line.#tunnel(incoming, socket));
    line.server.listen(0, "127.0.0.1");
    await once(line.server, "listening");
    line.address = `http://127.0.0.1:${line.server.address().port}`;
    return line;
  }

  /** New WebSockets wait, unanswered, until `release`. */
  hold() {
    this.held = true;
  }

  release() {
    this.held = false;
    for (const go of this.waiting) go();
    this.waiting.clear();
  }

  /** Ends every WebSocket, and holds new ones. */
  cut() {
    this.hold();
    for (const socket of this.tunnels) socket.destroy();
  }

  /** How many WebSockets there are now. */
  get sockets() {
    return this.tunnels.size;
  }

  async close() {
    this.cut();
    this.server.closeAllConnections();
    this.server.close();
  }

  async #tunnel(incoming, socket) {
    socket.on("error", () => {});
    // The browser's own calls to its maker are no concern of a test.
    if (!/^(127\.|localhost:)/.test(incoming.url)) {
      socket.destroy();
      return;
    }
    this.tunnels.add(socket);
    this.asked += 1;
    socket.on("close", () => this.tunnels.delete(socket));
    if (this.held) await new Promise((go) => this.waiting.add(go));
    if (socket.destroyed) return;
    const [host, port] = incoming.url.split(":");
    const server = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (this.through === null) socket.pipe(server).pipe(socket);
      else joined(socket, server, this.through);
    });
    server.on("error", () => socket.destroy());
    socket.on("close", () => server.destroy());
    server.on("close", () => socket.destroy());
  }
}

function forward(incoming, outgoing) {
  const { "proxy-connection": _, ...headers } = incoming.headers;
  const onward = request(incoming.url, { method: incoming.method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.rawHeaders);
    answer.pipe(outgoing);
  });
  // The server is away: the browser gets no answer either.
  onward.on("error", () => outgoing.destroy());
  incoming.pipe(onward);
}
