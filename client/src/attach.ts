/**
 * The page's end of the core: in the shared worker where the browser has one that answers, else in the page itself.
 *
 * Each side notices the other's death by a Web Lock that it held: a page whose worker has died begins another one and
 * does again what was not kept. Must not know what commands and updates say.
 */
import type { Cancel, Clock } from "./clock.js";
import type { FromPage, FromWorker, PagePort } from "./pages.js";
import type { TokenShelf } from "./net/token.js";
import type { Command, ConversationId, PageConfig, Update } from "./view.js";

/**
 * A worker that has not taken the page in by then is not waited for. A forbidden one says so at once; this is for what
 * no browser is known to do, and long, because busy old computers are slow.
 */
export const HERE_MS = 20_000;
/** The worker is not started later than this for the sake of the first paint. */
const PAINT_MS = 400;
/** A page that has lost so many workers does without. */
export const DEATHS_MOST = 3;

/** The part of SharedWorker that is used. */
export interface WorkerEnd {
  port: PagePort & Pick<MessagePort, "close">;
  onerror: ((event: ErrorEvent) => unknown) | null;
}

export interface AttachParts {
  config: PageConfig;
  clock: Clock;
  /** Whether a worker is worth a try. */
  sharing: boolean;
  /** Without locks there is no sharing: nobody would notice a death. */
  locks: LockManager | undefined;
  shelf: TokenShelf;
  /** A name that no other page has. */
  name: string;
  /** undefined where the browser has none; may throw where it is forbidden. */
  openWorker(): WorkerEnd | undefined;
  visible(): boolean;
  /** What the tab's last page left and what this one did, as far as no core has kept it. */
  unkept(): Promise<Command[]>;
  /** Starts a core in the page behind this port, which does this first. Its last command is `end`. */
  startHere(port: MessagePort, left: Promise<Command[]>): void;
  /** Tells once what the browser's copy has. */
  paint(post: (update: Update) => void): Promise<void>;
}

type State = "new" | "waiting" | "joined" | "here" | "ended";

export class Attach implements PagePort {
  onmessage: PagePort["onmessage"] = null;
  readonly #parts: AttachParts;
  #state: State = "new";
  /** Counts workers, so that what an abandoned one says late is passed over. */
  #turn = 0;
  #deaths = 0;
  /** Where commands go; what comes before somebody is there waits. */
  #post: ((command: Command) => void) | null = null;
  #waiting: Command[] = [];
  /** What was asked of a core and has no answer: nobody answers when it is gone. */
  readonly #acts = new Map<number, ConversationId>();
  /** Lets go of the present worker: timer, locks, port. */
  #letGo: Cancel = () => undefined;
  /** Tells the core in the page that it is over, behind all that it was told. */
  #endHere: Cancel = () => undefined;

  constructor(parts: AttachParts) {
    this.#parts = parts;
  }

  /**
   * Once, when the elements listen. Where there will be a worker the page paints by itself, and in a tab that has been
   * here before it does so first: a worker takes its time to start, and the computer's cores from the page.
   */
  start(): void {
    const parts = this.#parts;
    const begin = (): void => {
      if (this.#state === "new") this.#connect();
    };
    if (!parts.sharing || parts.shelf.load() === null) begin();
    else parts.clock.after(PAINT_MS, begin);
    if (!parts.sharing) return;
    const post = (update: Update): void => {
      if (this.#state === "new" || this.#state === "waiting") this.#hear(update);
    };
    parts.paint(post).then(begin, begin);
  }

  postMessage(command: Command): void {
    // Come back from the browser's cache of pages: the worker took the page for gone, or is gone itself.
    if (command.kind === "back" && this.#state !== "here") this.#connect();
    else if (this.#post === null) this.#waiting.push(command);
    else this.#post(command);
  }

  /** The page is being left; it may come back. */
  leave(): void {
    if (this.#state === "here" || this.#state === "ended") return;
    this.#state = "waiting";
    this.#abandon();
  }

  /** For good: the worker is let go of; a core of the page's own ends once it has kept what it was told. */
  end(): void {
    this.#state = "ended";
    this.#waiting = [];
    this.#abandon();
    this.#endHere();
  }

  #connect(): void {
    if (this.#state === "ended") return;
    this.#abandon();
    const turn = this.#turn;
    const { locks, clock } = this.#parts;
    let worker: WorkerEnd | undefined;
    try {
      worker = locks === undefined ? undefined : this.#parts.openWorker();
    } catch {
      // Forbidden by the page's policy, or by the person's settings.
    }
    if (worker === undefined || locks === undefined) {
      this.#goWithout();
      return;
    }
    this.#state = "waiting";
    const abort = new AbortController();
    const late = clock.after(HERE_MS, () => {
      this.#goWithout();
    });
    const { port } = worker;
    this.#letGo = () => {
      late();
      abort.abort();
      port.onmessage = null;
      port.close();
    };
    worker.onerror = () => {
      if (turn === this.#turn && this.#state === "waiting") this.#goWithout();
    };
    port.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (turn !== this.#turn) return;
      switch (data.kind) {
        case "here":
          void this.#join(port, locks, data.lock, abort.signal);
          return;
        case "joined":
          late();
          this.#state = "joined";
          this.#attach(port);
          return;
        case "failed":
          this.#goWithout();
          return;
        case "token":
          this.#parts.shelf.keep(data.token);
          return;
        default:
          this.#hear(data);
      }
    };
  }

  async #join(port: PagePort, locks: LockManager, workerLock: string, signal: AbortSignal): Promise<void> {
    const turn = this.#turn;
    const { config, shelf, name } = this.#parts;
    const lock = `gchat page ${name} ${turn}`;
    // Held before the worker waits for it, and until the page lets go or dies.
    const held = new Promise<void>((resolve) => {
      const whole = locks.request(lock, { signal }, () => {
        resolve();
        return new Promise<void>((free) => {
          signal.addEventListener("abort", () => {
            free();
          });
        });
      });
      whole.catch(() => undefined);
    });
    await held;
    const left = await this.#unkept();
    if (turn !== this.#turn) return;
    locks
      .request(workerLock, { signal }, () => {
        if (turn === this.#turn) this.#died();
      })
      .catch(() => undefined);
    const join: FromPage = { kind: "join", config, token: shelf.load(), visible: this.#parts.visible(), lock, left };
    port.postMessage(join);
  }

  #died(): void {
    this.#deaths += 1;
    if (this.#deaths < DEATHS_MOST) this.#connect();
    else this.#goWithout();
  }

  #goWithout(): void {
    this.#abandon();
    this.#state = "here";
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<Update>) => {
      this.#hear(data);
    };
    this.#endHere = () => {
      port1.postMessage({ kind: "end" } satisfies Command);
    };
    const left = this.#unkept();
    this.#parts.startHere(port2, left);
    void left.then(() => {
      if (this.#state === "here") this.#attach(port1);
    });
  }

  /** What a new core has to do first. Entries of the journal that wait here are among it: what else waits follows. */
  async #unkept(): Promise<Command[]> {
    const unkept = await this.#parts.unkept().catch((): Command[] => []);
    this.#waiting = this.#waiting.filter((command) => !("entry" in command));
    return unkept;
  }

  #attach(port: PagePort): void {
    this.#post = (command) => {
      if ("act" in command) this.#acts.set(command.act, "conversation" in command ? command.conversation : "");
      port.postMessage(command);
    };
    for (const command of this.#waiting.splice(0)) this.#post(command);
  }

  #abandon(): void {
    this.#turn += 1;
    this.#post = null;
    this.#letGo();
    this.#letGo = () => undefined;
    for (const [act, conversation] of this.#acts) this.#hear({ kind: "done", act, conversation, code: "no_connection" });
  }

  #hear(update: Update): void {
    if (update.kind === "done") this.#acts.delete(update.act);
    this.onmessage?.call(this as never, { data: update } as MessageEvent<Update>);
  }
}
