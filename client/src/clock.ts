/** Time and chance as the core gets them, so that tests decide both. */

/** Ends what it stands for; calling it again does nothing. */
export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since 1970-01-01 UTC by this computer's clock. */
  now(): number;
  /** Milliseconds since some instant, by a clock that nobody sets: for what is measured and does not outlive the page. */
  elapsed(): number;
  /** Runs `task` once after `ms` milliseconds. */
  after(ms: number, task: () => void): Cancel;
  /** From 0 to below 1. */
  random(): number;
}

export const realClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => {
      clearTimeout(timer);
    };
  },
  random: () => Math.random(),
};
