/**
 * The elements' front door: starts the chat on a page. Everything they know comes through the port as `Update`s, and
 * everything they want goes back as `Command`s.
 */
import type { Shelf } from "../keep/shelf.js";
import type { PageConfig, UserId } from "../view.js";
import { conversationOf } from "../net/protocol.js";
import { GchatAvatar } from "./avatar.js";
import { watchButtons } from "./buttons.js";
import { GchatDock } from "./dock.js";
import { gated } from "./gate.js";
import { GchatLauncher } from "./launcher.js";
import { watchLink } from "./link.js";
import { GchatPeople } from "./people.js";
import { define, loadWindows } from "./pieces.js";
import { GchatRoster, provideRosters } from "./roster.js";
import { GchatSaid } from "./said.js";
import { Scene, type ScenePort } from "./scene.js";
import { Strings } from "./strings.js";
import { PageTitle } from "./title.js";

const ELEMENTS: Readonly<Record<string, CustomElementConstructor>> = {
  "gchat-avatar": GchatAvatar,
  "gchat-people": GchatPeople,
  "gchat-launcher": GchatLauncher,
  "gchat-dock": GchatDock,
  "gchat-roster": GchatRoster,
  "gchat-said": GchatSaid,
};

/** Puts the dock into `container` and brings every `<gchat-roster>` of the page to life, later ones included. */
export function mount(port: ScenePort, config: PageConfig, container: Element, shelf: Shelf | null = null): void {
  const strings = new Strings(config.lang);
  const scene = new Scene(gated(port, loadWindows, strings.ready), strings, config.user);
  scene.shelf = shelf;
  const title = new PageTitle();
  scene.subscribe((signal) => {
    if (signal.kind === "dock") title.show(scene.unread);
  });
  const show = (): void => {
    define(ELEMENTS);
    provideRosters(scene);
    const dock = new GchatDock();
    dock.scene = scene;
    dock.lang = strings.locale;
    container.append(dock);
  };
  const shown = strings.ready?.then(show);
  if (shown === undefined) show();
  const ask = (user: UserId, origin: HTMLElement | null): void => {
    if (user === config.user) return;
    const open = (): void => {
      scene.openById(user, conversationOf(config.user, user), origin);
    };
    if (shown === undefined) open();
    else void shown.then(open);
  };
  watchButtons(ask);
  watchLink((user) => { ask(user, null); });

  const tellVisible = (): void => {
    scene.post({ kind: "visible", visible: document.visibilityState === "visible" });
  };
  tellVisible();
  document.addEventListener("visibilitychange", tellVisible);
  // Back from the browser's cache of pages, the core has to look again.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    tellVisible();
    scene.post({ kind: "back" });
  });
  window.addEventListener("pagehide", () => {
    scene.tell({ kind: "flush" });
    scene.post({ kind: "leaving" });
    // A page that comes back from the browser's cache is drawn before its scripts run: by then somebody else may look.
    scene.take({ kind: "emptied" });
  });
}
