// A WebSocket that passes by, read and changed on its way (RFC 6455). It is not compressed: the offer is taken out.

import { request } from "node:http";

const TEXT = 1;
const CONTINUED = 0;

/**
 * Joins a client's socket and the server's, from the upgrade on. `through.client` and `through.server` get each text and
 * give what goes on in its place, or null: nothing does. Throws in them end both sides.
 */
export function joined(client, server, through) {
  const end = () => [client, server].forEach((socket) => socket.destroy());
  passing(client, server, { head: withoutExtensions, change: through.client, masked: true, end });
  passing(server, client, { head: (head) => head, change: through.server, masked: false, end });
}

/** Signs in with a token. Gives the first frame of the answer, and what leaves again. */
export async function hello(address, origin, token) {
  const headers = { origin, connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" };
  const asked = request(address, { headers }).end();
  const [socket, head] = await new Promise((resolve, reject) => {
    asked.on("upgrade", (_, ...upgraded) => resolve(upgraded));
    asked.on("response", (answer) => reject(new Error(`no socket: ${answer.statusCode}`)));
    asked.on("error", reject);
  });
  socket.on("error", () => {});
  const frame = { type: "hello", protocol: 1, token, session: "8a4e2f1c-6a1b-4a63-9d0e-5b1c7f3a2e90", visible: true };
  socket.write(made(JSON.stringify(frame), true));
  let bytes = head;
  for (let found; (found = first(bytes)) === null || found.opcode !== TEXT; ) {
    if (found !== null) bytes = bytes.subarray(found.length);
    else bytes = Buffer.concat([bytes, ...(await new Promise((next) => socket.once("data", (data) => next([data]))))]);
  }
  return { answer: JSON.parse(first(bytes).content().toString()), leave: () => socket.destroy() };
}

function passing(from, to, { head, change, masked, end }) {
  let bytes = Buffer.alloc(0);
  let upgraded = false;
  let parts = [];
  from.on("data", (data) => {
    bytes = Buffer.concat([bytes, data]);
    if (!upgraded) {
      const at = bytes.indexOf("\r\n\r\n");
      if (at < 0) return;
      upgraded = true;
      to.write(head(bytes.subarray(0, at).toString("latin1")) + "\r\n\r\n", "latin1");
      bytes = bytes.subarray(at + 4);
    }
    try {
      for (let frame; (frame = first(bytes)) !== null; bytes = bytes.subarray(frame.length)) {
        const { opcode, whole } = frame;
        if (opcode !== TEXT && opcode !== CONTINUED) {
          to.write(bytes.subarray(0, frame.length));
          continue;
        }
        parts.push(frame.content());
        if (!whole) continue;
        const text = change(Buffer.concat(parts).toString());
        parts = [];
        if (text !== null) to.write(made(text, masked));
      }
    } catch {
      end();
    }
  });
  from.on("end", () => to.end());
}

/** A request's head without the compression that it offers. */
function withoutExtensions(head) {
  return head.split("\r\n").filter((line) => !/^sec-websocket-extensions:/i.test(line)).join("\r\n");
}

/** The first frame of what has come, or null while it is not whole. */
function first(bytes) {
  if (bytes.length < 2) return null;
  const masked = (bytes[1] & 0x80) !== 0;
  let length = bytes[1] & 0x7f;
  let at = 2;
  if (length >= 126) {
    at = length === 126 ? 4 : 10;
    if (bytes.length < at) return null;
    length = length === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  }
  const mask = masked ? bytes.subarray(at, at + 4) : null;
  if (masked) at += 4;
  if (bytes.length < at + length) return null;
  const content = () => Buffer.from(bytes.subarray(at, at + length).map((byte, i) => (mask === null ? byte : byte ^ mask[i % 4])));
  return { opcode: bytes[0] & 0x0f, whole: (bytes[0] & 0x80) !== 0, length: at + length, content };
}

/** A text as one frame; a client's has to have a mask, and one of zeros leaves the text as it is. */
function made(text, masked) {
  const content = Buffer.from(text);
  const bit = masked ? 0x80 : 0;
  let head;
  if (content.length < 126) head = Buffer.from([0x80 | TEXT, bit | content.length]);
  else if (content.length < 65_536) {
    head = Buffer.from([0x80 | TEXT, bit | 126, 0, 0]);
    head.writeUInt16BE(content.length, 2);
  } else {
    head = Buffer.concat([Buffer.from([0x80 | TEXT, bit | 127]), Buffer.alloc(8)]);
    head.writeBigUInt64BE(BigInt(content.length), 2);
  }
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0), content]);
}
