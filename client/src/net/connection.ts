/**
 * The one socket: signs in, renews, answers pings, notices silence, and comes back after whatever closed it, as the
 * close-code table says.
 *
 * Must not know what the frames mean beyond that: they go to `frame`, and `hello` asks for what to resume.
 */
import type { Cancel, Clock } from "../clock.js";
import { closeMeaning, parseServerFrame, PAUSED, PROTOCOL } from "./protocol.js";
import type { ClientFrame, HelloFrame, Server, ServerFrame, StopReason } from "./protocol.js";
import type { Token, TokenSource } from "./token.js";
import type { LineView } from "../view.js";

/** The part of WebSocket that is used. */
export type Socket = Pick<WebSocket, "send" | "close" | "onopen" | "onmessage" | "onclose" | "onerror">;

/** No frame for so long: the socket is dead. The server pings every 45 s. */
export const SILENCE_MS = 100_000;
/** A probe (`ping`) is answered within so long, or the socket is dead. */
export const PROBE_MS = 5_000;
/**
 * The clock is looked at so often; where more than `ASLEEP_MS` more have passed, the computer has slept and the socket
 * may be gone without a word. Pages in the background have their timers held back by up to a minute.
 */
const TICK_MS = 15_000;
export const ASLEEP_MS = 75_000;
/** From the call to `welcome`. */
const WELCOME_MS = 15_000;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MOST_MS = 30_000;
/** A host in trouble is asked less often: all its pages ask. */
export const HOST_BACKOFF_MOST_MS = 120_000;

export interface ConnectionEvents {
  /** Every well-formed frame but ping and pong; `welcome` or `paused` first on each connection. */
  frame(frame: ServerFrame): void;
  status(status: LineView): void;
  /** What to resume, asked when the socket has opened. */
  hello(): Pick<HelloFrame, "visible" | "features" | "cursor" | "rosters">;
}

export interface ConnectionParts {
  /** The server's socket address: `wss://…/ws`. */
  url: string;
  /** UUID v4 of this stay. */
  session: string;
  clock: Clock;
  tokens: TokenSource;
  open(url: string): Socket;
  /** Tells developers; never content. */
  warn(text: string): void;
}

/** Full jitter below the doubling bound, in ms. `attempts` before this one: 0, 1, 2 … */
export function backoff(attempts: number, random: number, most = BACKOFF_MOST_MS): number {
  return random * Math.min(most, BACKOFF_FIRST_MS * 2 ** Math.min(attempts, 16));
}

export class Connection {
  readonly #parts: ConnectionParts;
  readonly #events: ConnectionEvents;
  #socket: Socket | null = null;
  #token: Token | null = null;
  #status: LineView = { state: "connecting" };
  #attempts = 0;
  /** Counts tries, so that what an abandoned one brings late is passed over. */
  #try = 0;
  #calling = false;
  #lastHeard = 0;
  /** No call before then, by this computer's clock: the server has named a time. */
  #drainUntil = 0;
  #refusedOnce = false;
  #retry: Cancel | null = null;
  #welcomeBy: Cancel | null = null;
  #silence: Cancel | null = null;
  #probe: Cancel | null = null;
  #renewal: Cancel | null = null;
  #tick: Cancel | null = null;

  constructor(parts: ConnectionParts, events: ConnectionEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  get status(): LineView {
    return this.#status;
  }

  /** Whether frames can be sent now: between `welcome` and the close. */
  get online(): boolean {
    return this.#status.state === "online";
  }

  /** Signed in: the socket answers, also while the person is paused. */
  get #seated(): boolean {
    return this.#socket !== null && (this.#status.state === "online" || this.#status.state === "paused");
  }

  /** Begins; nothing happens where `wake` has begun already. */
  start(): void {
    if (this.#socket === null && !this.#calling && this.#retry === null) void this.#call();
  }

  /** Sends where the connection is online; what must not be lost is in the outbox. True if it went out. */
  send(frame: ClientFrame): boolean {
    return this.online && this.#write(frame);
  }

  /** Tries at once where the connection is lost; else finds out whether the socket still lives. */
  wake(): void {
    if (this.#status.state === "stopped") return;
    if (this.#socket !== null) {
      this.probe();
    } else if (!this.#calling && this.#parts.clock.now() >= this.#drainUntil) {
      this.#attempts = 0;
      void this.#call();
    }
  }

  /** The page was away, and its socket may be gone without a word: begins anew at once, with the same session. */
  restart(): void {
    if (this.#status.state === "stopped") return;
    this.#letGo();
    this.#attempts = 0;
    this.#setStatus({ state: "connecting" });
    void this.#call();
  }

  /** The socket must answer within `PROBE_MS`, or it is given up. */
  probe(): void {
    if (!this.#seated || this.#probe !== null) return;
    this.#write({ type: "ping" });
    this.#probe = this.#parts.clock.after(PROBE_MS, () => {
      this.#lose("a probe without answer", null);
    });
  }

  /** The host may have another login by now: asks it for a token at once. Another person's ends it for good. */
  recheck(): void {
    if (this.#status.state === "stopped") return;
    if (this.#seated) {
      void this.#renew();
      return;
    }
    // What is under way has the token in doubt.
    this.#parts.tokens.discard();
    void this.#call();
  }

  /** Ends for good. */
  stop(reason: StopReason): void {
    this.#letGo();
    this.#parts.tokens.discard();
    this.#setStatus({ state: "stopped", reason });
  }

  /** Lets the socket go without a word to the elements: the page or worker ends. */
  end(): void {
    this.#letGo();
  }

  async #call(): Promise<void> {
    this.#letGo();
    const current = (this.#try += 1);
    this.#calling = true;
    const answer = await this.#parts.tokens.current();
    if (current !== this.#try) return;
    this.#calling = false;
    if ("stop" in answer) {
      this.stop(answer.stop);
      return;
    }
    if ("later" in answer) {
      this.#comeBack(answer.retryAfter, HOST_BACKOFF_MOST_MS);
      return;
    }
    this.#token = answer.token;
    let socket: Socket;
    try {
      socket = this.#parts.open(this.#parts.url);
    } catch {
      // Not a WebSocket address, or forbidden by the page's Content-Security-Policy.
      this.#parts.warn("the socket cannot be opened: check data-server and the page's Content-Security-Policy");
      this.stop("refused");
      return;
    }
    this.#socket = socket;
    socket.onopen = () => {
      const { session } = this.#parts;
      this.#write({ type: "hello", protocol: PROTOCOL, token: answer.token.token, session, ...this.#events.hello() });
    };
    socket.onmessage = (event: MessageEvent) => {
      this.#heard(event.data);
    };
    socket.onclose = (event: CloseEvent) => {
      this.#closed(event.code);
    };
    this.#welcomeBy = this.#parts.clock.after(WELCOME_MS, () => {
      this.#lose("no welcome", null);
    });
  }

  #heard(data: unknown): void {
    this.#lastHeard = this.#parts.clock.now();
    // Any frame shows that the socket lives.
    this.#probe?.();
    this.#probe = null;
    const parsed = parseServerFrame(data);
    if ("problem" in parsed) {
      this.#parts.warn(`passed over ${parsed.problem}`);
      return;
    }
    const { frame } = parsed;
    switch (frame.type) {
      case "ping":
        this.#write({ type: "pong" });
        return;
      case "pong":
        return;
      case "welcome":
        this.#welcomed(frame, { state: "online" });
        return;
      case "paused":
        this.#welcomed(frame, { state: "paused", until: frame.until });
        return;
      case "renewed":
        this.#planRenewal();
        return;
      case "drain":
        this.#drainUntil = this.#parts.clock.now() + frame.retry_after_ms;
        return;
      case "error":
        if (frame.code === "token_expired") {
          this.#parts.tokens.discard();
          // Many are told at once: the host is asked when the server says.
          if (frame.retry_after_ms !== undefined) this.#drainUntil = this.#parts.clock.now() + frame.retry_after_ms;
        }
        // Signed in too often: the server says when to come back.
        if (frame.code === "rate_limited" && this.#welcomeBy !== null && frame.retry_after_ms !== undefined) {
          this.#drainUntil = this.#parts.clock.now() + frame.retry_after_ms;
        }
        break;
      default:
        break;
    }
    this.#events.frame(frame);
  }

  #welcomed(frame: Server<"welcome"> | Server<"paused">, status: LineView): void {
    this.#welcomeBy?.();
    this.#welcomeBy = null;
    this.#attempts = 0;
    this.#refusedOnce = false;
    this.#drainUntil = 0;
    this.#watchSilence();
    this.#watchSleep();
    this.#planRenewal();
    this.#status = status;
    // The frame first: what the new status triggers must see its content.
    this.#events.frame(frame);
    this.#events.status(this.#status);
  }

  #watchSilence(): void {
    this.#silence?.();
    const wait = this.#lastHeard + SILENCE_MS - this.#parts.clock.now();
    this.#silence = this.#parts.clock.after(Math.max(0, wait), () => {
      if (this.#parts.clock.now() - this.#lastHeard >= SILENCE_MS) this.#lose("silence", null);
      else this.#watchSilence();
    });
  }

  #watchSleep(): void {
    const { clock } = this.#parts;
    const then = clock.now();
    this.#tick?.();
    this.#tick = clock.after(TICK_MS, () => {
      if (clock.now() - then > TICK_MS + ASLEEP_MS) this.probe();
      this.#watchSleep();
    });
  }

  /** At a random time when 60 to 80 % of the lease has passed, so that a whole site does not ask at once. */
  #planRenewal(): void {
    this.#renewal?.();
    const { clock } = this.#parts;
    if (this.#token === null) return;
    const { ends, lease } = this.#token;
    const left = ends - clock.now();
    const wait = left - lease * (0.2 + 0.2 * clock.random());
    this.#renewIn(wait > 0 ? wait : clock.random() * Math.max(0, left) * 0.5);
  }

  #renewIn(ms: number): void {
    this.#renewal = this.#parts.clock.after(ms, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const current = this.#try;
    this.#renewal?.();
    const answer = await this.#parts.tokens.fresh();
    if (current !== this.#try || this.#socket === null) return;
    if ("stop" in answer) {
      this.stop(answer.stop);
    } else if ("later" in answer) {
      // The lease may last till the host is back; if not, the server closes and the way back asks again.
      this.#renewIn(answer.retryAfter ?? 5_000 + this.#parts.clock.random() * 25_000);
    } else {
      this.#token = answer.token;
      this.#write({ type: "renew", token: answer.token.token });
      // Until `renewed` comes; then anew.
      this.#planRenewal();
    }
  }

  #closed(code: number): void {
    const meaning = closeMeaning(code);
    if (meaning.comeBack) {
      if (meaning.freshToken) this.#parts.tokens.discard();
      // Once that time has passed, a server that is still away is tried ever more seldom.
      const wait = this.#drainUntil - this.#parts.clock.now();
      // When a pause begins nothing may be shown any more, however long the way back takes.
      this.#lose(meaning.name, wait > 0 ? wait : null, code === PAUSED ? { state: "paused", until: null } : undefined);
    } else if (meaning.reason === "refused" && code === 4401 && this.#token?.used === true && !this.#refusedOnce) {
      // A token kept from an earlier page may be signed with a key that has been rotated out since.
      this.#refusedOnce = true;
      this.#parts.tokens.discard();
      this.#lose(meaning.name, 0);
    } else {
      this.#parts.warn(`the server closed: ${meaning.name}`);
      this.stop(meaning.reason);
    }
  }

  #lose(why: string, wait: number | null, status?: LineView): void {
    if (this.#seated) this.#parts.warn(`connection lost: ${why}`);
    this.#letGo();
    this.#comeBack(wait, undefined, status);
  }

  #comeBack(wait: number | null, most?: number, status: LineView = { state: "lost" }): void {
    const { clock } = this.#parts;
    const delay = wait ?? backoff(this.#attempts, clock.random(), most);
    this.#attempts += 1;
    this.#retry?.();
    this.#retry = clock.after(delay, () => void this.#call());
    this.#setStatus(status);
  }

  #setStatus(status: LineView): void {
    this.#status = status;
    this.#events.status(status);
  }

  #write(frame: ClientFrame): boolean {
    try {
      this.#socket?.send(JSON.stringify(frame));
      return this.#socket !== null;
    } catch {
      // Closing already: onclose follows.
      return false;
    }
  }

  #letGo(): void {
    this.#try += 1;
    this.#calling = false;
    for (const cancel of [this.#retry, this.#welcomeBy, this.#silence, this.#probe, this.#renewal, this.#tick]) cancel?.();
    this.#retry = this.#welcomeBy = this.#silence = this.#probe = this.#renewal = this.#tick = null;
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    // A dead socket takes its time to close; nothing of it is heard any more.
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.onerror = null;
    socket.close(1000);
  }
}

/** `https://host/gchat/` → `wss://host/gchat/ws`. */
export function socketUrl(server: string): string {
  return `${server.replace(/^http/, "ws")}ws`;
}
