/**
 * The page's door: lets in who has the host's mark (see mark.ts), and shows nothing to anybody else.
 *
 * With the mark the chat begins at once. Without it the host is asked for a token first, whose answer sets the mark
 * again. It looks again whenever somebody may have come or gone: on focus, when the page is seen, when it comes back from
 * the browser's cache, when cookies change, each minute. Where the mark is gone the page is emptied at once.
 *
 * Must not know what commands and updates say beyond that.
 */
import type { Cancel, Clock } from "./clock.js";
import { backoff, HOST_BACKOFF_MOST_MS } from "./net/connection.js";
import type { PagePort } from "./pages.js";
import { TokenSource } from "./net/token.js";
import type { TokenShelf } from "./net/token.js";
import type { Command, LineView, PageConfig, Update } from "./view.js";

/** Somebody may be away from a page that nobody touches, with the host out of reach, when their login ends. */
export const LOOK_MS = 60_000;

/** What is behind the door while the mark holds. */
export interface Stay {
  port: PagePort;
  /** The page is being left; it may come back. */
  leave(): void;
  /** It has come back. */
  back(): void;
  /** The mark is gone. */
  end(): void;
}

export interface DoorParts {
  config: PageConfig;
  clock: Clock;
  fetch: typeof fetch;
  locks: LockManager | undefined;
  /** The mark as it is now. */
  mark(): string | null;
  /** Whether the host has logged this login out in this browser. */
  over(): boolean;
  /** `token`: what the host has just answered, for the shelf. */
  open(config: PageConfig, token: string | null): Stay;
  /** The host says that this login is over: pages of other tabs should ask as well. */
  tell(): void;
}

export class Door implements PagePort {
  onmessage: PagePort["onmessage"] = null;
  readonly #parts: DoorParts;
  readonly #tokens: TokenSource;
  readonly #shelf: TokenShelf;
  #stay: Stay | null = null;
  /** The mark that `#stay` was opened with. */
  #entered: string | null = null;
  /** Left: whatever is told meanwhile would be on the page when it comes back. */
  #away = false;
  /** The host or the server has said no, until the page is loaded again. */
  #over = false;
  /** Counts questions to the host, so that an abandoned one's answer is passed over. */
  #turn = 0;
  #asking = false;
  #attempts = 0;
  #retry: Cancel | null = null;
  /** The window that was asked for before anybody was let in. */
  #wish: Command | null = null;

  constructor(parts: DoorParts) {
    this.#parts = parts;
    let token: string | null = null;
    this.#shelf = { load: () => token, keep: (text) => (token = text) };
    this.#tokens = new TokenSource(parts.config, this.#shelf, parts.fetch, parts.clock);
  }

  /** Once, when the elements listen. */
  start(): void {
    this.look();
    const again = (): void => {
      this.#parts.clock.after(LOOK_MS, () => {
        this.look();
        again();
      });
    };
    again();
  }

  postMessage(command: Command): void {
    if (command.kind === "back") this.#back();
    else if (this.#stay !== null) this.#stay.port.postMessage(command);
    // Nothing is shown that could be acted on, but for the button beside "Connection lost" and those of the host.
    else if (command.kind === "reconnect") this.#ask();
    else if (command.kind === "open") this.#wish = command;
  }

  /** The page is being left; it may come back. */
  leave(): void {
    this.#away = true;
    this.#wish = null;
    this.#turn += 1;
    this.#asking = false;
    this.#stay?.leave();
  }

  /** Somebody may have come or gone. */
  look(): void {
    if (this.#over || this.#away || this.#loggedOut()) return;
    const mark = this.#parts.mark();
    if (this.#stay !== null) {
      if (mark !== this.#entered) this.#shut();
    } else if (this.#asking) {
      // The answer's cookie is heard of before the answer: who entered now would ask for a second token.
    } else if (mark !== null) this.#enter(mark);
    else if (this.#retry === null) this.#ask();
  }

  /** From the browser's cache of pages. A page that never had a mark cannot tell who looks now. */
  #back(): void {
    this.#away = false;
    if (this.#over) return;
    const mark = this.#parts.mark();
    if (this.#stay === null) this.look();
    else if (mark === null || mark !== this.#entered) this.#shut();
    else this.#stay.back();
  }

  /** True, and the end until the page is loaded again, where this login has been logged out. */
  #loggedOut(): boolean {
    if (!this.#parts.over()) return false;
    this.#over = true;
    if (this.#stay !== null) this.#empty();
    this.#line({ state: "stopped", reason: "logged_out" });
    return true;
  }

  #enter(mark: string | null): void {
    this.#turn += 1;
    this.#asking = false;
    this.#retry?.();
    this.#retry = null;
    this.#attempts = 0;
    const token = this.#shelf.load();
    this.#shelf.keep(null);
    const stay = this.#parts.open({ ...this.#parts.config, mark }, token);
    this.#stay = stay;
    this.#entered = mark;
    stay.port.onmessage = ({ data }: MessageEvent<Update>) => {
      if (this.#stay !== stay || this.#away) return;
      if (data.kind === "line" && data.line.state === "stopped") this.#over = true;
      this.#hear(data);
    };
    if (this.#wish !== null) stay.port.postMessage(this.#wish);
    this.#wish = null;
  }

  #empty(): void {
    // While the core is there, so that it gets what only the elements have.
    this.#hear({ kind: "emptied" });
    this.#stay?.end();
    this.#stay = null;
  }

  #shut(): void {
    this.#empty();
    this.#line({ state: "connecting" });
    this.look();
  }

  #ask(): void {
    if (this.#asking || this.#over) return;
    this.#asking = true;
    this.#retry?.();
    this.#retry = null;
    void this.#answered((this.#turn += 1));
  }

  async #answered(turn: number): Promise<void> {
    const { config, locks, clock } = this.#parts;
    // One page asks for all of this login; the others then find the mark.
    const ask = async (): Promise<Awaited<ReturnType<TokenSource["fresh"]>> | null> =>
      turn !== this.#turn || this.#parts.mark() !== null ? null : this.#tokens.fresh();
    const name = `gchat door ${config.site} ${config.user} ${config.sid}`;
    // Where locks are forbidden every page asks for itself.
    const answer = await (locks === undefined ? ask() : locks.request(name, ask).catch(ask));
    if (turn !== this.#turn) return;
    this.#asking = false;
    // The answer has crossed the logout.
    if (this.#loggedOut()) return;
    // "later", and another page has had an answer meanwhile.
    if (answer === null || "token" in answer || ("later" in answer && this.#parts.mark() !== null)) {
      this.#enter(this.#parts.mark());
    } else if ("stop" in answer) {
      this.#over = true;
      this.#line({ state: "stopped", reason: answer.stop });
      this.#parts.tell();
    } else {
      const wait = answer.retryAfter ?? backoff(this.#attempts, clock.random(), HOST_BACKOFF_MOST_MS);
      this.#attempts += 1;
      this.#retry = clock.after(wait, () => {
        this.#retry = null;
        this.look();
      });
      this.#line({ state: "lost" });
    }
  }

  #line(line: LineView): void {
    this.#hear({ kind: "line", line });
  }

  #hear(update: Update): void {
    this.onmessage?.call(this as never, { data: update } as MessageEvent<Update>);
  }
}
