/** Where pages of one site tell each other, within a browser, whose login they are from. */
import type { Channel } from "./core/pending.js";
import type { PageConfig } from "./view.js";

/** The channel's name. */
export function loginsOf({ site }: Pick<PageConfig, "site">): string {
  return `gchat login ${site}`;
}

export class Logins {
  readonly #channel: Channel | undefined;
  readonly #own: string;

  /** `other`: a page of another login is here, or says so: whose login holds is the host's to say. */
  constructor(channel: Channel | undefined, { user, sid }: Pick<PageConfig, "user" | "sid">, other: () => void) {
    this.#channel = channel;
    this.#own = `${user} ${sid}`;
    if (channel === undefined) return;
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data !== this.#own) other();
    };
  }

  tell(): void {
    this.#channel?.postMessage(this.#own);
  }

  end(): void {
    this.#channel?.close();
  }
}
