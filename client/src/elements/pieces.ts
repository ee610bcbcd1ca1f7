/**
 * The parts of the chat that come later: each is fetched when somebody needs it first, and asked for again where that
 * has failed.
 */
import type { Scene } from "./scene.js";
import type { DialogAsked } from "./signals.js";

export function define(elements: Readonly<Record<string, CustomElementConstructor>>): void {
  for (const [name, element] of Object.entries(elements)) {
    if (customElements.get(name) === undefined) customElements.define(name, element);
  }
}

export async function loadWindows(): Promise<void> {
  define((await import("./windows.js")).WINDOWS);
}

/** What the launcher's panel holds. */
export async function loadFinder(): Promise<void> {
  define({ "gchat-finder": (await import("./finder.js")).GchatFinder });
}

export async function loadDialog(asked: DialogAsked, scene: Scene): Promise<HTMLElement> {
  return (await import("./dialogs.js")).dialogFor(asked, scene);
}
