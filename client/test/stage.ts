/** What the tests of the core stand on: a clock that a test moves, a socket that it speaks through, a fake host. */
import { webcrypto } from "node:crypto";
import type { Cancel, Clock } from "../src/clock.js";
import type { Socket } from "../src/net/connection.js";
import { defaultLimits, FEATURES } from "../src/net/protocol.js";
import type { ClientFrame, Server, ServerFrame } from "../src/net/protocol.js";
import type { TokenShelf } from "../src/net/token.js";
import type { PageConfig } from "../src/view.js";

export const config: PageConfig = {
  server: "https://moodle.example/gchat/",
  site: "m6qk",
  user: 2,
  sid: "b7f0c5b1d2a94e64",
  tokenUrl: "https://moodle.example/token",
  markName: "gchat",
  salt: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
  mark: "sixteen-bytes-or-more.and-as-many-of-these",
  lang: "en",
};

/** Of a login after or before `config`'s. */
export const OTHER_MARK = "of-another-login-here.and-as-many-of-these";

export class ManualClock implements Clock {
  /** May be set. */
  time = 1_795_376_400_000;
  chance = 0.5;
  #elapsed = 0;
  #tasks: { at: number; task: () => void }[] = [];

  elapsed(): number {
    return this.#elapsed;
  }

  now(): number {
    return this.time;
  }

  random(): number {
    return this.chance;
  }

  after(ms: number, task: () => void): Cancel {
    const entry = { at: this.#elapsed + ms, task };
    this.#tasks.push(entry);
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== entry);
    };
  }

  /** Moves on, running what falls due in order, and lets promises settle. */
  async pass(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    for (;;) {
      await settled();
      const next = this.#tasks.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
      if (next === undefined) break;
      this.#tasks = this.#tasks.filter((task) => task !== next);
      this.#to(Math.max(this.#elapsed, next.at));
      next.task();
    }
    this.#to(end);
    await settled();
  }

  /** Nothing runs meanwhile. */
  sleep(ms: number): void {
    this.#to(this.#elapsed + ms);
  }

  #to(elapsed: number): void {
    this.time += elapsed - this.#elapsed;
    this.#elapsed = elapsed;
  }
}

let encrypting = 0;

/** WebCrypto, which works in threads of its own; `settled` waits for what it has begun. */
export const crypto = {
  getRandomValues: webcrypto.getRandomValues.bind(webcrypto),
  subtle: new Proxy(webcrypto.subtle, {
    get(subtle, name) {
      const method: unknown = Reflect.get(subtle, name);
      if (typeof method !== "function") return method;
      return async (...given: unknown[]): Promise<unknown> => {
        encrypting += 1;
        try {
          return await (Reflect.apply(method, subtle, given) as Promise<unknown>);
        } finally {
          encrypting -= 1;
        }
      };
    },
  }),
} as unknown as Crypto;

/** Lets promises come to rest, also those of WebCrypto and the fake database. */
export async function settled(): Promise<void> {
  for (let idle = 0; idle < 60; idle += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (encrypting > 0) idle = 0;
  }
}

/** The server's end of one socket. */
export class FakeSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  readonly sent: ClientFrame[] = [];
  closed = false;

  send(data: unknown): void {
    if (this.closed) throw new Error("closed");
    this.sent.push(JSON.parse(data as string) as ClientFrame);
  }

  close(): void {
    this.closed = true;
  }

  opens(): void {
    this.onopen?.call(this as never, {} as Event);
  }

  says(frame: ServerFrame | string): void {
    const data = typeof frame === "string" ? frame : JSON.stringify(frame);
    this.onmessage?.call(this as never, { data } as MessageEvent);
  }

  drops(code: number): void {
    this.closed = true;
    this.onclose?.call(this as never, { code } as CloseEvent);
  }

  of<K extends ClientFrame["type"]>(type: K): Extract<ClientFrame, { type: K }>[] {
    return this.sent.filter((frame): frame is Extract<ClientFrame, { type: K }> => frame.type === type);
  }
}

export class MemoryShelf implements TokenShelf {
  content: string | null = null;

  load(): string | null {
    return this.content;
  }

  keep(content: string | null): void {
    this.content = content;
  }
}

/** The sessionStorage of one tab. */
export class TabStorage {
  readonly items = new Map<string, string>();

  readonly storage = new Proxy(this.items, {
    ownKeys: () => [...this.items.keys()],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    get: (items, name) => {
      if (name === "getItem") return (key: string) => items.get(key) ?? null;
      if (name === "setItem") return (key: string, value: string) => void items.set(key, value);
      if (name === "removeItem") return (key: string) => void items.delete(key);
      return undefined;
    },
  }) as unknown as Storage;
}

/** A token that nobody checks, as the host would sign it at `at` (ms). */
export function tokenOf(at: number, over: Record<string, unknown> = {}): string {
  const iat = Math.floor(at / 1000);
  const claims = { iss: config.site, sub: String(config.user), sid: config.sid, iat, exp: iat + 600, ...over };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });

export function welcome(over: Partial<Server<"welcome">> = {}): Server<"welcome"> {
  return {
    type: "welcome",
    protocol: 1,
    epoch: "e1",
    boot: "b1",
    server_time: 1_795_376_400_000,
    lease_ends: 1_795_377_000_000,
    user: { id: 2, name: "Ana", picture: null, profile_url: null, hidden: false },
    circles: [{ id: "c7", role: "student", title: "Algebra" }],
    dock: { version: 0, windows: [] },
    features: [...FEATURES],
    changes: [],
    limits: defaultLimits,
    ...over,
  };
}

/** Web Crypto that takes its time with some of what it seals or opens, until `go`. */
export function slowly(way: "encrypt" | "decrypt", held: (name: string) => boolean): { crypto: Crypto; go: () => void } {
  let go: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => (go = resolve));
  const subtle = new Proxy(crypto.subtle, {
    get(real, name) {
      const method = Reflect.get(real, name) as (...given: unknown[]) => Promise<unknown>;
      if (name !== way) return method;
      return async (given: AesGcmParams, ...rest: unknown[]) => {
        if (given.additionalData !== undefined && held(new TextDecoder().decode(given.additionalData))) await waiting;
        return method(given, ...rest);
      };
    },
  });
  return { crypto: { getRandomValues: crypto.getRandomValues.bind(crypto), subtle } as Crypto, go };
}
