/**
 * The vault of what a person has written and not sent: drafts and the outbox. What they keep over the end of their login
 * is for their next one only: where the host gives a key of the person with each token, it is sealed with that.
 *
 * That key lies in the browser only as part of the login's copy, sealed with the login's own: after the logout nobody has
 * it but the host, which gives it to that person again. Where the host gives none, the login's key seals, and what was not
 * sent ends with the login.
 */
import type { Database } from "./database.js";
import { openVault, readSalt, vaultOfBytes } from "./vault.js";
import type { Cipher, Sealed, Vault } from "./vault.js";
import type { PageConfig } from "../view.js";

const PART = "unsent key";

export class UnsentVault implements Vault {
  readonly #config: PageConfig;
  readonly #crypto: Cipher;
  readonly #database: Database;
  readonly #login: Vault;
  #person: Vault | null = null;
  #key: string | null = null;
  /** The host has been heard: what does not open now never will. */
  #certain = false;

  private constructor(config: PageConfig, crypto: Cipher, database: Database, login: Vault) {
    this.#config = config;
    this.#crypto = crypto;
    this.#database = database;
    this.#login = login;
  }

  /** With the key that earlier pages of this login were given; undefined where nothing can be sealed. */
  static async open(config: PageConfig, crypto: Cipher, database: Database | undefined): Promise<UnsentVault | undefined> {
    const login = await openVault(config, `unsent ${config.site} ${config.user}`, crypto).catch(() => undefined);
    if (database === undefined || login === undefined) return undefined;
    const vault = new UnsentVault(config, crypto, database, login);
    try {
      const { site, user, sid } = config;
      const record = await database.get("copies", [site, user, sid, PART]);
      const key = record === undefined ? undefined : await login.open(PART, record);
      if (typeof key === "string") await vault.#take(key);
    } catch {
      // The next token brings it.
    }
    return vault;
  }

  get certain(): boolean {
    return this.#certain;
  }

  /** What came with a token. True: something may open now, or be known never to, that was in doubt before. */
  async learn(key: string | null): Promise<boolean> {
    const news = !this.#certain || (key !== null && key !== this.#key);
    if (key !== null && key !== this.#key && (await this.#take(key))) {
      const { site, user, sid } = this.#config;
      const sealed = await this.#login.seal(PART, key);
      await this.#database.put("copies", { site, user, sid, part: PART, ...sealed }).catch(() => undefined);
    }
    this.#certain = true;
    return news;
  }

  seal(name: string, value: unknown): Promise<Sealed> {
    return (this.#person ?? this.#login).seal(name, value);
  }

  async open(name: string, sealed: Sealed): Promise<unknown> {
    return (await this.#person?.open(name, sealed)) ?? this.#login.open(name, sealed);
  }

  async #take(key: string): Promise<boolean> {
    const bytes = readSalt(key);
    const person = bytes === undefined ? undefined : await vaultOfBytes(bytes, this.#crypto).catch(() => undefined);
    if (person === undefined) return false;
    this.#person = person;
    this.#key = key;
    this.#certain = true;
    return true;
  }
}
