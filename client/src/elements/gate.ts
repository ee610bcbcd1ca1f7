/**
 * Holds back what the core tells while the page's language is fetched, and the elements that windows need: most pages
 * have no window, and none is to show one half.
 */
import type { Update } from "../view.js";
import type { ScenePort } from "./scene.js";

/**
 * `load` is called for the first window, and again for later updates where it has failed. Nothing passes before
 * `first`.
 */
export function gated(port: ScenePort, load: () => Promise<void>, first: Promise<void> | null = null): ScenePort {
  let stands: "closed" | "loading" | "open" = first === null ? "closed" : "loading";
  let held: Update[] = [];
  let heard: ScenePort["onmessage"] = null;
  const pass = (update: Update): void => {
    heard?.call(port as MessagePort, { data: update } as MessageEvent<Update>);
  };
  const release = (next: "closed" | "open", to: (update: Update) => void): void => {
    stands = next;
    const late = held;
    held = [];
    late.forEach(to);
  };
  const take = (update: Update): void => {
    if (stands === "closed" && update.kind === "dock" && update.windows.length > 0) {
      stands = "loading";
      // Without them the rest works on: no line to the host just now, or it has another version.
      load().then(
        () => { release("open", pass); },
        () => { release("closed", pass); },
      );
    }
    if (stands === "loading") held.push(update);
    else pass(update);
  };
  port.onmessage = ({ data }: MessageEvent<Update>) => {
    // Nothing that waits is to be shown after all.
    if (data.kind === "emptied") {
      held = [];
      pass(data);
    } else take(data);
  };
  void first?.then(() => { release("closed", take); });
  return {
    postMessage(command: unknown) {
      port.postMessage(command);
    },
    get onmessage() {
      return heard;
    },
    set onmessage(listener) {
      heard = listener;
    },
  };
}
