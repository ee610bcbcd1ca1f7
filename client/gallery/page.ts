/** Mounts the real elements with a scripted port in the state that the address names. */
import { mount } from "../src/elements/index.js";
import type { Command } from "../src/view.js";
import { STATES } from "./states.js";

declare global {
  interface Window {
    /** What the elements have asked for, for whoever looks. */
    commands: Command[];
    /** Tells a state (again). */
    tell: (state: string) => void;
  }
}

const query = new URLSearchParams(location.search);
const channel = new MessageChannel();
window.commands = [];
channel.port2.onmessage = (event: MessageEvent<Command>) => window.commands.push(event.data);
mount(
  channel.port1,
  { server: "/", site: "gallery", user: 1, sid: "gallery", tokenUrl: "/", markName: "gchat", salt: "", mark: null, lang: query.get("lang") ?? "en" },
  document.body,
);
window.tell = (state) => {
  for (const update of STATES[state]?.() ?? []) channel.port2.postMessage(update);
};
window.tell(query.get("state") ?? "empty");
