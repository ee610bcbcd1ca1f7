/** Mounts the real elements with a scripted port in the state that the address names. */
import type { GchatDock } from "../src/elements/dock.js";
import { mount } from "../src/elements/index.js";
import type { Command } from "../src/view.js";
import { answers, STATES } from "./states.js";

declare global {
  interface Window {
    /** What the elements have asked for, for whoever looks. */
    commands: Command[];
    /** Tells a state (again). */
    tell: (state: string) => void;
    /** Asks for the first window that is open. */
    first: () => void;
  }
}

const query = new URLSearchParams(location.search);
const channel = new MessageChannel();
window.commands = [];
let current = query.get("state") ?? "empty";
channel.port2.onmessage = ({ data }: MessageEvent<Command>) => {
  window.commands.push(data);
  for (const update of answers(current, data)) channel.port2.postMessage(update);
};
mount(
  channel.port1,
  { server: "/", site: "gallery", user: 1, sid: "gallery", tokenUrl: "/", markName: "gchat", salt: "", mark: null, lang: query.get("lang") ?? "en" },
  document.body,
);
window.tell = (state) => {
  if (state in STATES && state !== "members") current = state;
  for (const update of STATES[state]?.() ?? []) channel.port2.postMessage(update);
};
window.first = () => {
  const scene = document.querySelector<GchatDock>("gchat-dock")?.scene;
  const window = scene?.windows.find(({ state }) => state === "open") ?? scene?.windows[0];
  if (window !== undefined) scene?.restore(window.conversation);
};
window.tell(current);
