import { describe, expect, test } from "vitest";
import { backoff, Connection } from "../src/net/connection.js";
import { closeCodes } from "../src/net/protocol.js";
import type { ServerFrame } from "../src/net/protocol.js";
import { TokenSource } from "../src/net/token.js";
import type { LineView } from "../src/view.js";
import { config, FakeSocket, json, ManualClock, MemoryShelf, settled, tokenOf, welcome } from "./stage.js";

function stage(down = false) {
  const clock = new ManualClock();
  const shelf = new MemoryShelf();
  const sockets: FakeSocket[] = [];
  const lines: LineView[] = [];
  const frames: ServerFrame[] = [];
  const warnings: string[] = [];
  const host = { asked: 0, answer: () => (down ? json({}, 503) : json({ token: tokenOf(clock.now()) })) };
  const fetcher = () => {
    host.asked += 1;
    return Promise.resolve(host.answer());
  };
  const connection = new Connection(
    {
      url: "wss://moodle.example/gchat/ws",
      session: "s",
      clock,
      tokens: new TokenSource(config, shelf, fetcher, clock),
      open() {
        const socket = new FakeSocket();
        sockets.push(socket);
        return socket;
      },
      warn: (text) => warnings.push(text),
    },
    { frame: (frame) => frames.push(frame), status: (status) => lines.push(status), hello: () => ({ visible: true }) },
  );
  const last = (): FakeSocket => sockets.at(-1)!;
  const signIn = async (): Promise<FakeSocket> => {
    await settled();
    last().opens();
    last().says(welcome());
    return last();
  };
  connection.start();
  return { clock, sockets, lines, frames, warnings, host, connection, last, signIn };
}

describe("signing in", () => {
  test("sends hello with the token first, and is online with welcome", async () => {
    const { signIn, lines, frames } = stage();
    const socket = await signIn();
    expect(socket.sent).toHaveLength(1);
    expect(socket.sent[0]).toMatchObject({ type: "hello", protocol: 1, session: "s", visible: true });
    expect(lines).toEqual([{ state: "online" }]);
    expect(frames.map(({ type }) => type)).toEqual(["welcome"]);
  });

  test("gives up a socket that never welcomes", async () => {
    const { clock, sockets, last } = stage();
    await settled();
    last().opens();
    await clock.pass(15_000);
    expect(sockets[0]!.closed).toBe(true);
    await clock.pass(30_000);
    expect(sockets.length).toBeGreaterThan(1);
  });

  test("uses a kept token anew only once when the server refuses it", async () => {
    const { clock, signIn, last, lines, host } = stage();
    (await signIn()).drops(1006);
    await clock.pass(1_000);
    last().opens();
    last().drops(4401);
    expect(lines.at(-1)).toEqual({ state: "lost" });
    await clock.pass(10);
    expect(host.asked).toBe(2);
    last().drops(4401);
    expect(lines.at(-1)).toEqual({ state: "stopped", reason: "refused" });
  });
});

describe("a pause", () => {
  test("is a line of its own: the socket is kept, nothing is sent, and it comes back when the server closes", async () => {
    const { clock, last, lines, frames, connection, sockets } = stage();
    await settled();
    last().opens();
    last().says({ type: "paused", until: 1_795_380_000_000 });
    expect(lines).toEqual([{ state: "paused", until: 1_795_380_000_000 }]);
    expect(frames.map(({ type }) => type)).toEqual(["paused"]);
    expect(connection.online).toBe(false);
    expect(connection.send({ type: "typing", conversation: "2-3" })).toBe(false);
    await clock.pass(15_000);
    expect(sockets, "it is not taken for a socket that never welcomes").toHaveLength(1);
    connection.wake();
    expect(last().sent.at(-1)).toEqual({ type: "ping" });
    last().says({ type: "pong" });
    last().drops(4012);
    await clock.pass(500);
    expect(sockets).toHaveLength(2);
    last().opens();
    last().says(welcome());
    expect(lines.at(-1)).toEqual({ state: "online" });
  });

  test("renews the token", async () => {
    const { clock, last } = stage();
    await settled();
    last().opens();
    last().says({ type: "paused", until: 1_795_380_000_000 });
    for (let s = 0; s < 500; s += 10) {
      await clock.pass(10_000);
      last().says({ type: "ping" });
    }
    expect(last().sent.map(({ type }) => type)).toContain("renew");
  });
});

describe("coming back", () => {
  test.each(Object.entries(closeCodes))("after %s goes by the table", async (code, meaning) => {
    const { clock, signIn, sockets, lines } = stage();
    (await signIn()).drops(Number(code));
    await clock.pass(60_000);
    expect(sockets.length > 1).toBe(meaning.comeBack);
    if (!meaning.comeBack) expect(lines.at(-1)).toEqual({ state: "stopped", reason: meaning.reason });
  });

  test("asks for a new token only where the old one is of no more use", async () => {
    for (const [code, asked] of [[1006, 1], [4002, 1], [4001, 2], [4010, 2]] as const) {
      const { clock, signIn, host } = stage();
      (await signIn()).drops(code);
      await clock.pass(1_000);
      expect(host.asked, String(code)).toBe(asked);
    }
  });

  test("waits with full jitter below a doubling bound of at most 30 s", () => {
    expect([0, 1, 2, 3].map((attempts) => backoff(attempts, 1))).toEqual([500, 1000, 2000, 4000]);
    expect(backoff(40, 1)).toBe(30_000);
    expect(backoff(40, 0)).toBe(0);
  });

  test("waits as long as a draining server said", async () => {
    const { clock, signIn, sockets } = stage();
    const socket = await signIn();
    socket.says({ type: "drain", retry_after_ms: 2350 });
    socket.drops(1012);
    await clock.pass(2349);
    expect(sockets).toHaveLength(1);
    await clock.pass(1);
    expect(sockets).toHaveLength(2);
  });

  test("waits longer each time where the server is still away after the time that it said", async () => {
    const { clock, signIn, sockets } = stage();
    const socket = await signIn();
    socket.says({ type: "drain", retry_after_ms: 1_000 });
    socket.drops(1012);
    await clock.pass(1_000);
    const tried = sockets.length;
    for (let n = 0; n < 100; n += 1) {
      sockets.at(-1)!.drops(1006);
      await clock.pass(100);
    }
    expect(tried).toBe(2);
    expect(sockets.length, "tries in ten seconds").toBeLessThan(12);
  });

  test("waits after too many sign-ins as long as the server said, whatever wakes it, and then as after any loss", async () => {
    const { clock, last, sockets, connection, host } = stage();
    await settled();
    last().opens();
    last().says({ type: "error", code: "rate_limited", message: "…", final: false, retry_after_ms: 9_000 });
    last().drops(4005);
    await clock.pass(8_999);
    connection.wake();
    await settled();
    expect(sockets).toHaveLength(1);
    await clock.pass(1);
    expect(sockets).toHaveLength(2);
    // The token is as good as before.
    expect(host.asked).toBe(1);
    last().drops(4005);
    await clock.pass(1_000);
    expect(sockets).toHaveLength(3);
  });

  test("asks the host for a new token when the server says, where many are told at once", async () => {
    const { clock, signIn, sockets, host, connection } = stage();
    const socket = await signIn();
    const error = { type: "error", code: "token_expired", message: "the floor rose", final: false } as const;
    socket.says({ ...error, retry_after_ms: 61_000 });
    socket.drops(4010);
    await clock.pass(60_999);
    connection.wake();
    expect([sockets.length, host.asked], "not before, whatever wakes it").toEqual([1, 1]);
    await clock.pass(1);
    expect([sockets.length, host.asked]).toEqual([2, 2]);
  });

  test("is tried at once when the person or the network says so", async () => {
    const { clock, signIn, sockets, connection } = stage();
    (await signIn()).drops(1006);
    await clock.pass(250);
    sockets.at(-1)!.drops(1006);
    connection.wake();
    await clock.pass(0);
    expect(sockets).toHaveLength(3);
  });

  test("waits for a host that has no token just now", async () => {
    const { clock, host, lines, sockets } = stage(true);
    await clock.pass(100);
    expect(lines).toEqual([{ state: "lost" }]);
    host.answer = () => json({ token: tokenOf(clock.now()) });
    await clock.pass(60_000);
    expect(sockets.length).toBeGreaterThan(0);
  });
});

describe("an open line", () => {
  test("answers ping", async () => {
    const socket = await stage().signIn();
    socket.says({ type: "ping" });
    expect(socket.of("pong")).toHaveLength(1);
  });

  test("passes over malformed frames and lives on", async () => {
    const { signIn, frames, warnings, connection } = stage();
    const socket = await signIn();
    socket.says("canary");
    socket.says('{"type":"message","conversation":"canary"}');
    expect(frames).toHaveLength(1);
    expect(warnings).toHaveLength(2);
    expect(warnings.join()).not.toContain("canary");
    expect(connection.online).toBe(true);
  });

  test("is given up after 100 s of silence, and not while frames come", async () => {
    const { signIn, clock, lines } = stage();
    const socket = await signIn();
    await clock.pass(90_000);
    socket.says({ type: "ping" });
    await clock.pass(99_000);
    expect(lines).toHaveLength(1);
    await clock.pass(1_000);
    expect(lines.at(-1)).toEqual({ state: "lost" });
  });

  test("is given up when a probe has no answer within 5 s", async () => {
    const { signIn, clock, lines, connection } = stage();
    const socket = await signIn();
    connection.wake();
    expect(socket.of("ping")).toHaveLength(1);
    socket.says({ type: "pong" });
    await clock.pass(5_000);
    expect(lines).toHaveLength(1);
    connection.wake();
    await clock.pass(5_000);
    expect(socket.closed).toBe(true);
    expect(lines[1]).toEqual({ state: "lost" });
  });

  test("is renewed in band when 60 to 80 % of the lease has passed", async () => {
    for (const [chance, at] of [[0, 480_000], [0.999, 360_200]] as const) {
      const { signIn, clock } = stage();
      clock.chance = chance;
      const socket = await signIn();
      for (let passed = 0; passed < at - 50_000; passed += 50_000) {
        await clock.pass(50_000);
        socket.says({ type: "ping" });
      }
      expect(socket.of("renew")).toHaveLength(0);
      await clock.pass(60_000);
      expect(socket.of("renew")).toHaveLength(1);
    }
  });

  test("a host in trouble is asked ever less often, down to every two minutes at most", async () => {
    const { clock, host } = stage(true);
    clock.chance = 0.999;
    await clock.pass(600_000);
    const soFar = host.asked;
    await clock.pass(600_000);
    expect(host.asked - soFar).toBeLessThanOrEqual(6);
    expect(host.asked - soFar).toBeGreaterThanOrEqual(4);
  });

  test("ends when the renewal answers for somebody else", async () => {
    const { signIn, clock, host, lines } = stage();
    const socket = await signIn();
    host.answer = () => json({ token: tokenOf(clock.now(), { sub: "3" }) });
    for (let turn = 0; turn < 10; turn += 1) {
      await clock.pass(50_000);
      socket.says({ type: "ping" });
    }
    expect(lines.at(-1)).toEqual({ state: "stopped", reason: "other_user" });
    expect(socket.closed).toBe(true);
  });
});
