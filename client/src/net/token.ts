/**
 * User tokens: keeps one for the tab's next pages, uses it again until shortly before it ends, and asks the host for
 * the next.
 *
 * The signature is the server's to check; here the claims only tell whose token it is and how long it lives. Must not
 * know sockets or pages (where it is kept comes in as a `TokenShelf`), and never leads the page anywhere.
 */
import type { Clock } from "../clock.js";
import { askHost, field, idleUrl } from "./host.js";
import { integer, nullable, object, string } from "./shape.js";
import type { Shaped } from "./shape.js";
import type { StopReason } from "./protocol.js";
import { fromBase64, openVault, toBase64 } from "../keep/vault.js";
import type { Cipher } from "../keep/vault.js";
import type { PageConfig } from "../view.js";

/** A token is not used in its last so many ms. */
export const SPARE_MS = 30_000;
const IV_BYTES = 12;

/** Where the page keeps the token: sessionStorage, or a worker's question to its pages. */
export interface TokenShelf {
  load(): string | null;
  /** null: forget. */
  keep(token: string | null): void;
}

export interface Token {
  token: string;
  /** Milliseconds by this computer's clock, as far as its clock and the host's allow. */
  ends: number;
  /** Length of its whole life in ms. */
  lease: number;
  /** A key of the person that came with it, see unsent.ts; null where the host gives none. */
  unsentKey: string | null;
  /** Whether it came from the shelf: a refusal is then worth one more try with a new one. */
  used: boolean;
}

/** What asking for a token came to. */
export type TokenAnswer =
  | { token: Token }
  /** The host cannot just now; `retryAfter` in ms where it said so. */
  | { later: true; retryAfter: number | null }
  | { stop: StopReason };

const claims = object({ iss: string, sub: string, sid: string, iat: integer(0), exp: integer(0) });
const kept = object({ token: string, at: integer(0), unsent_key: nullable(string) });

/** The claims of a JWT, unchecked; undefined where it is none of ours. */
export function readClaims(token: string): Shaped<typeof claims> | undefined {
  const payload = token.split(".")[1];
  if (payload === undefined) return undefined;
  try {
    const binary = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    return claims(JSON.parse(new TextDecoder().decode(bytes)), "token");
  } catch {
    return undefined;
  }
}

export class TokenSource {
  readonly #config: PageConfig;
  readonly #shelf: TokenShelf;
  readonly #fetch: typeof fetch;
  readonly #clock: Clock;
  readonly #had: ((token: Token) => void) | undefined;
  #asking: Promise<TokenAnswer> | null = null;
  /** The person has written since the host was last told so. */
  #active = false;

  /** `had` hears of each token that will be used. */
  constructor(config: PageConfig, shelf: TokenShelf, fetcher: typeof fetch, clock: Clock, had?: (token: Token) => void) {
    this.#config = config;
    this.#shelf = shelf;
    this.#fetch = fetcher;
    this.#clock = clock;
    this.#had = had;
  }

  /** The kept token while it is good, else a new one. */
  async current(): Promise<TokenAnswer> {
    const shelved = this.#shelved();
    if (shelved === undefined) return this.fresh();
    this.#had?.(shelved);
    return { token: shelved };
  }

  /** A new token from the host; several callers share one question. */
  async fresh(): Promise<TokenAnswer> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** The person writes: the next question counts as theirs, so that a host does not log out who is chatting. */
  active(): void {
    this.#active = true;
  }

  /** The kept token is of no more use. */
  discard(): void {
    this.#shelf.keep(null);
  }

  #shelved(): Token | undefined {
    const text = this.#shelf.load();
    if (text === null) return undefined;
    try {
      const { token, at, unsent_key: unsentKey } = kept(JSON.parse(text), "kept token");
      const known = this.#judge(token, at, unsentKey);
      if ("token" in known && at <= this.#clock.now() && known.token.ends - SPARE_MS > this.#clock.now()) {
        return { ...known.token, used: true };
      }
    } catch {
      // What cannot be read is not used.
    }
    this.#shelf.keep(null);
    return undefined;
  }

  /** `at`: when it was fetched, by this computer's clock, so that a wrong clock does not shorten its life. */
  #judge(token: string, at: number, unsentKey: string | null): TokenAnswer {
    const { site, user, sid } = this.#config;
    const known = readClaims(token);
    if (known?.iss !== site) return { stop: "refused" };
    if (known.sub !== String(user)) return { stop: "other_user" };
    // Another login of the same person: the page is from before it.
    if (known.sid !== sid) return { stop: "outdated" };
    const lease = Math.max(0, known.exp - known.iat) * 1000;
    return { token: { token, ends: at + lease, lease, unsentKey, used: false } };
  }

  async #ask(): Promise<TokenAnswer> {
    const at = this.#clock.now();
    const { tokenUrl, tokenBody = null } = this.#config;
    const active = this.#active;
    this.#active = false;
    const url = active ? tokenUrl : idleUrl(this.#config, tokenUrl);
    const answer = await askHost(this.#fetch, this.#clock, url, tokenBody);
    if ("stop" in answer) return answer;
    if ("later" in answer) {
      // Nobody was told.
      if (answer.unheard === true) this.#active ||= active;
      return { later: true, retryAfter: answer.retryAfter };
    }
    const [token, key] = [field(answer.data, "token"), field(answer.data, "unsent_key")];
    const unsentKey = typeof key === "string" ? key : null;
    if (typeof token !== "string") return { later: true, retryAfter: null };
    const judged = this.#judge(token, at, unsentKey);
    this.#shelf.keep("token" in judged ? JSON.stringify({ token, at, unsent_key: unsentKey }) : null);
    if ("token" in judged) this.#had?.(judged.token);
    return judged;
  }
}

/** The tab's shelf. What earlier pages put there can be had once `ready` has resolved. */
export interface SessionShelf extends TokenShelf {
  ready: Promise<void>;
}

/**
 * Keeps the token in the tab's sessionStorage, sealed: browsers copy that into duplicated tabs and bring it back with
 * closed ones, long after the logout. Where nothing can be sealed every page asks anew.
 */
export function sessionShelf(config: PageConfig, storage: () => Storage, crypto: Cipher): SessionShelf {
  const { site, user, sid } = config;
  const name = `gchat:${site}:${user}:${sid}`;
  const vault = openVault(config, `token ${site} ${user} ${sid}`, crypto).catch(() => undefined);
  let token: string | null = null;
  /** Counts what is kept, so that what is sealed late does not replace it. */
  let turn = 0;
  const ready = vault.then(async (opened) => {
    const bytes = fromBase64(stored() ?? "");
    const found = await opened?.open(name, { iv: bytes.slice(0, IV_BYTES), data: bytes.slice(IV_BYTES).buffer });
    if (turn === 0 && typeof found === "string") token = found;
  });
  /** Another user's or login's token has no business here any more. */
  function stored(): string | null {
    try {
      const store = storage();
      for (const other of Object.keys(store)) {
        if (other.startsWith(`gchat:${site}:`) && other !== name) store.removeItem(other);
      }
      return store.getItem(name);
    } catch {
      return null;
    }
  }
  function store(text: string | null): void {
    try {
      if (text === null) storage().removeItem(name);
      else storage().setItem(name, text);
    } catch {
      // Blocked or full: the token lives as long as the page.
    }
  }
  return {
    ready,
    load: () => token,
    keep(text) {
      token = text;
      turn += 1;
      const current = turn;
      if (text === null) {
        store(null);
        return;
      }
      void vault.then(async (opened) => {
        const sealed = await opened?.seal(name, text);
        if (sealed !== undefined && current === turn) store(toBase64(new Uint8Array([...sealed.iv, ...new Uint8Array(sealed.data)])));
      });
    },
  };
}
