/**
 * What the host is asked about people (client/README.md, "People, online or not"): who has a name like this, and to make
 * somebody known to the chat server. A person's own search keeps the host's login alive.
 */
import type { Clock } from "../clock.js";
import { askHost, idleUrl } from "./host.js";
import { integer, list, nullable, object, oneOf, string } from "./shape.js";
import type { Shaped } from "./shape.js";
import type { StopReason } from "./protocol.js";
import type { PageConfig, UserId } from "../view.js";

const person = object({
  id: integer(1),
  name: string,
  picture: nullable(string),
  profile_url: nullable(string),
  role: oneOf("teacher", "student"),
  circles: list(string),
});
const answer = object({ people: list(person), next: string });

/** Somebody whom the host has found. */
export type HostPerson = Shaped<typeof person>;

export type PeopleAnswer =
  | Shaped<typeof answer>
  /** The host could not be asked, or refused; `code` of the contract where it says why. */
  | { failed: true; code?: "rate_limited"; stop?: StopReason };

export class HostPeople {
  readonly #config: PageConfig;
  readonly #fetch: typeof fetch;
  readonly #clock: Clock;

  constructor(config: PageConfig, fetcher: typeof fetch, clock: Clock) {
    this.#config = config;
    this.#fetch = fetcher;
    this.#clock = clock;
  }

  /** Whether the host finds people at all. */
  get there(): boolean {
    return typeof this.#config.peopleUrl === "string";
  }

  /** `next`: as the last answer gave it; "": from the beginning. `idle`: nobody's deed, which keeps no login alive. */
  find(text: string, next: string, idle: boolean): Promise<PeopleAnswer> {
    return this.#ask({ text, next }, idle);
  }

  /** That person alone, whom the chat server then knows; or nobody. */
  introduce(user: UserId): Promise<PeopleAnswer> {
    return this.#ask({ user }, false);
  }

  async #ask(question: { text: string; next: string } | { user: UserId }, idle: boolean): Promise<PeopleAnswer> {
    const { peopleUrl, peopleMethod } = this.#config;
    if (typeof peopleUrl !== "string") return { failed: true };
    // Moodle's functions have all of their arguments.
    const call = { index: 0, methodname: peopleMethod, args: { text: "", next: "", user: 0, ...question } };
    const body = JSON.stringify(typeof peopleMethod === "string" ? [call] : question);
    const told = await askHost(this.#fetch, this.#clock, idle ? idleUrl(this.#config, peopleUrl) : peopleUrl, body);
    if ("stop" in told) return { failed: true, stop: told.stop };
    if ("later" in told) return { failed: true, ...(told.busy === true ? { code: "rate_limited" } : {}) };
    if (told.errorcode === "toomany") return { failed: true, code: "rate_limited" };
    try {
      return answer(told.data, "");
    } catch {
      return { failed: true };
    }
  }
}
