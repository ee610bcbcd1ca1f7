/**
 * Holds back what the core tells while the elements that windows need are fetched: most pages have no window, and none
 * is to show one half.
 */
import type { Update } from "../view.js";
import type { ScenePort } from "./scene.js";

/** `load` is called for the first window, and again for later updates where it has failed. */
export function gated(port: ScenePort, load: () => Promise<void>): ScenePort {
  let stands: "closed" | "loading" | "open" = "closed";
  let held: Update[] = [];
  let heard: ScenePort["onmessage"] = null;
  const pass = (update: Update): void => {
    heard?.call(port as MessagePort, { data: update } as MessageEvent<Update>);
  };
  const opened = (next: "closed" | "open"): void => {
    stands = next;
    const late = held;
    held = [];
    late.forEach(pass);
  };
  port.onmessage = ({ data }: MessageEvent<Update>) => {
    // Nothing told before may be shown any more, also not what waits here.
    if (data.kind === "emptied") {
      held = [];
      pass(data);
      return;
    }
    if (stands === "closed" && data.kind === "dock" && data.windows.length > 0) {
      stands = "loading";
      // Without them the rest works on: no line to the host just now, or it has another version.
      load().then(
        () => { opened("open"); },
        () => { opened("closed"); },
      );
    }
    if (stands === "loading") held.push(data);
    else pass(data);
  };
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
