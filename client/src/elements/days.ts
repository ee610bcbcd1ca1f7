/** Has an element rendered again when a new day begins: what was "Today" is "Yesterday" then. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

/** A timer that was to end while the computer slept is late by this at most, as one looks again. */
const LOOK_MS = 60_000;

export class DayWatcher implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #day = "";
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    this.#day = new Date().toDateString();
    this.#timer = setInterval(this.#look, LOOK_MS);
    document.addEventListener("visibilitychange", this.#look);
  }

  hostDisconnected(): void {
    clearInterval(this.#timer);
    document.removeEventListener("visibilitychange", this.#look);
  }

  readonly #look = (): void => {
    const today = new Date().toDateString();
    if (today === this.#day) return;
    this.#day = today;
    this.#host.requestUpdate();
  };
}
