// A WebSocket client of one page: enough of RFC 6455 to see what a proxy does to a socket, and no more.
import { randomBytes, randomUUID } from "node:crypto";
import { request } from "node:http";

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** Asks for a socket. The status of the answer, and the socket if it was opened. */
export function upgrade(server, { origin, from, headers = {} }) {
  const asked = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": randomBytes(16).toString("base64"),
    ...(origin === undefined ? {} : { origin }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${server}ws`, { headers: asked, agent: false, localAddress: from, timeout: 15_000 });
    sent.on("timeout", () => sent.destroy(new Error(`no answer from ${server}ws`)));
    sent.on("error", reject);
    sent.on("response", (answer) => {
      answer.resume();
      answer.on("end", () => resolve({ status: answer.statusCode }));
    });
    sent.on("upgrade", (answer, stream, head) => resolve({ status: answer.statusCode, socket: new Socket(stream, head) }));
    sent.end();
  });
}

/** Opens a socket and signs in. */
export async function signIn(server, origin, token, options = {}) {
  const { status, socket } = await upgrade(server, { origin, ...options });
  if (socket === undefined) throw new Error(`the socket was answered ${status} instead of 101`);
  socket.send({ type: "hello", protocol: 1, token, session: randomUUID(), visible: true });
  await socket.next("welcome");
  return socket;
}

export class Socket {
  #stream;
  #bytes;
  #waiting = [];
  #frames = [];

  constructor(stream, head) {
    this.#stream = stream;
    this.#bytes = head;
    this.opened = performance.now();
    /** Answers the server's pings, as every client must. */
    this.polite = true;
    /** What was received since the socket was opened: `{ type, at }`, in seconds. */
    this.log = [];
    /** Resolves with `{ code, after }`: the server's close code, null if the line was cut; and after how many seconds. */
    this.closed = new Promise((resolve) => {
      const end = () => resolve({ code: this.code ?? null, after: this.age() });
      stream.on("close", end);
      stream.on("error", end);
    });
    stream.setTimeout(0);
    stream.on("data", (data) => {
      this.#bytes = Buffer.concat([this.#bytes, data]);
      this.#read();
    });
    stream.on("end", () => stream.destroy());
    this.#read();
  }

  age() {
    return (performance.now() - this.opened) / 1000;
  }

  get open() {
    return !this.#stream.destroyed;
  }

  send(frame) {
    this.#write(TEXT, Buffer.from(JSON.stringify(frame)));
  }

  /** The next frame of this type; those before it are passed over. */
  next(type, within = 10_000) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no ${type} within ${within} ms; there came ${JSON.stringify(this.log)}`)), within);
      this.#waiting.push((frame) => {
        if (frame.type !== type) return false;
        clearTimeout(late);
        resolve(frame);
        return true;
      });
      this.#deliver();
    });
  }

  end() {
    this.#stream.destroy();
  }

  #deliver() {
    while (this.#waiting.length > 0 && this.#frames.length > 0) {
      if (this.#waiting[0](this.#frames.shift())) this.#waiting.shift();
    }
  }

  #write(opcode, payload) {
    const mask = randomBytes(4);
    const length = payload.length < 126 ? [payload.length | 0x80] : [126 | 0x80, payload.length >> 8, payload.length & 0xff];
    const masked = payload.map((byte, n) => byte ^ mask[n & 3]);
    this.#stream.write(Buffer.concat([Buffer.from([0x80 | opcode, ...length]), mask, masked]));
  }

  #read() {
    for (;;) {
      const bytes = this.#bytes;
      if (bytes.length < 2) return;
      const short = bytes[1] & 0x7f;
      const start = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (bytes.length < start) return;
      const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
      if (bytes.length < start + length) return;
      this.#bytes = bytes.subarray(start + length);
      this.#take(bytes[0] & 0x0f, bytes.subarray(start, start + length));
    }
  }

  #take(opcode, payload) {
    if (opcode === PING) this.#write(PONG, payload);
    if (opcode === CLOSE) {
      this.code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.#write(CLOSE, payload.subarray(0, 2));
    }
    if (opcode !== TEXT) return;
    const frame = JSON.parse(payload.toString());
    this.log.push({ type: frame.type, at: Math.round(this.age()) });
    if (frame.type === "ping" && this.polite) this.send({ type: "pong" });
    this.#frames.push(frame);
    this.#deliver();
  }
}
