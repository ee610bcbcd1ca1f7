/** Leads somebody to a message in whatever conversation it is: its window opens, and shows it as soon as it can. */
import type { ConversationId, Seq } from "../view.js";
import type { Scene } from "./scene.js";

/** Where somebody is being led to, on each page. */
const leads = new WeakMap<Scene, { conversation: ConversationId; seq: Seq }>();

/** `origin`: where the focus returns to. */
export function lead(scene: Scene, conversation: ConversationId, seq: Seq, origin: HTMLElement): void {
  leads.set(scene, { conversation, seq });
  scene.restore(conversation, origin);
  const isOpen = scene.windows.some((window) => window.conversation === conversation && window.state === "open");
  if (isOpen && scene.readings.get(conversation)?.newest.loading === false) follow(scene, conversation);
}

/** The log of a window shows its messages. */
export function follow(scene: Scene, conversation: ConversationId): void {
  const led = leads.get(scene);
  if (led?.conversation !== conversation) return;
  leads.delete(scene);
  scene.goTo(conversation, led.seq);
}
