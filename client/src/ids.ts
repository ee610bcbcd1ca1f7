/** Makes the ids that the client may choose: UUID v4 for a session, UUID v7 for messages (RFC 9562). */

/** Fills the array with random bytes, as `crypto.getRandomValues` does. */
export type RandomBytes = (bytes: Uint8Array<ArrayBuffer>) => void;

function formatted(bytes: Uint8Array, version: number): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** `crypto.randomUUID` is missing where the page is no secure context; this is not. */
export function uuid4(random: RandomBytes): string {
  const bytes = new Uint8Array(16);
  random(bytes);
  return formatted(bytes, 4);
}

/**
 * UUID v7s whose text order is the order of their making, even within a millisecond and when the clock falls back:
 * the outbox is sorted by them.
 */
export class OrderedIds {
  readonly #random: RandomBytes;
  readonly #now: () => number;
  #last = 0;

  constructor(random: RandomBytes, now: () => number) {
    this.#random = random;
    this.#now = now;
  }

  /** Later ids will be above this one. Anything but a UUID v7 is passed over. */
  follow(id: string): void {
    const time = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
    if (Number.isFinite(time)) this.#last = Math.max(this.#last, time);
  }

  next(): string {
    const bytes = new Uint8Array(16);
    this.#random(bytes);
    // A millisecond of its own for each: nobody writes a thousand messages a second for long.
    this.#last = Math.max(this.#last + 1, this.#now());
    let rest = this.#last;
    for (let index = 5; index >= 0; index -= 1) {
      bytes[index] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return formatted(bytes, 7);
  }
}
