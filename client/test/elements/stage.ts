/** A page with the real elements on it and a core that does only what a test says. */
import { afterEach, beforeEach, vi } from "vitest";
import { mount } from "../../src/elements/index.js";
// Fetched when they are needed first: in a test they are there.
import "../../src/elements/dialogs.js";
import "../../src/elements/finder.js";
import "../../src/elements/windows.js";
import type { Command, ConversationView, MessageView, RosterPerson, Update, WindowView } from "../../src/view.js";

export interface Stage {
  tell: (...updates: Update[]) => Promise<void>;
  commands: () => Command[];
  last: <K extends Command["kind"]>(kind: K) => Extract<Command, { kind: K }> | undefined;
}

/** jsdom has none of it; nothing here depends on what they answer. */
function completeBrowser(): void {
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: vi.fn(), removeEventListener: vi.fn() }));
  Element.prototype.scrollIntoView = vi.fn();
  vi.spyOn(document, "hasFocus").mockReturnValue(true);
}

export async function stage(lang = "en"): Promise<Stage> {
  completeBrowser();
  // A head of its own: those of earlier tests are still watched by their pages.
  document.head.replaceWith(document.createElement("head"));
  document.title = "Algebra";
  document.body.replaceChildren(document.createElement("gchat-roster"));
  const posted: Command[] = [];
  const port = { onmessage: null, postMessage: (command: Command) => posted.push(command) } as unknown as MessagePort;
  const config = { server: "/", site: "s", user: 1, sid: "x", tokenUrl: "/", markName: "gchat", salt: "", mark: null, lang };
  mount(port, config, document.body);
  // Another language than English is fetched first: a turn or two are not enough for it on a busy computer.
  await vi.waitFor(() => { if (document.querySelector("gchat-dock") === null) throw new Error("not mounted yet"); }, { timeout: 20_000, interval: 1 });
  await settled();
  return {
    tell: async (...updates) => {
      for (const data of updates) port.onmessage?.(new MessageEvent("message", { data }));
      await settled();
    },
    commands: () => posted,
    last: (kind) => posted.findLast((command) => command.kind === kind) as never,
  };
}

/**
 * Takes away, after each test of a file, the listeners of this kind that its pages have put on the window or the document:
 * in a browser they go with their page, and here they would hear of the next one's events.
 */
export function forgetListeners(target: "window" | "document", kind: string): void {
  const listeners: EventListener[] = [];
  const host = target === "window" ? window : document;
  beforeEach(() => {
    const add = host.addEventListener.bind(host);
    vi.spyOn(host, "addEventListener").mockImplementation((of: string, listener: unknown, options?: unknown) => {
      if (of === kind) listeners.push(listener as EventListener);
      add(of, listener as EventListener, options as boolean);
    });
  });
  afterEach(() => {
    for (const listener of listeners.splice(0)) host.removeEventListener(kind, listener);
  });
}

/** Elements render inside one another, each a turn later. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await new Promise((resolve) => setTimeout(resolve));
}

/** The page's own markup. */
export function fragment(markup: string): DocumentFragment {
  return document.createRange().createContextualFragment(markup);
}

/** Everything on the page, through open shadow roots. */
export function all(root: ParentNode = document): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>("*")].flatMap((element) => [
    element,
    ...(element.shadowRoot === null ? [] : all(element.shadowRoot)),
  ]);
}

const TAGS: Readonly<Record<string, string>> = { button: "button", textbox: "textarea, input[type=text]", combobox: "select", link: "a[href]", list: "ul", searchbox: "input[type=search]" };

export function byRole(role: string, name: string | RegExp): HTMLElement[] {
  return all().filter((element) => {
    if (element.getAttribute("role") !== role && !element.matches(TAGS[role] ?? "never")) return false;
    const called = element.getAttribute("aria-label") ?? element.textContent.trim();
    return typeof name === "string" ? called === name : name.test(called);
  });
}

export function one(role: string, name: string | RegExp): HTMLElement {
  const [first] = byRole(role, name);
  if (first === undefined) throw new Error(`no ${role} called ${String(name)}`);
  return first;
}

export function focused(): Element | null {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at;
}

/** All text that can be read, through shadow roots. */
export function reading(root: ParentNode = document.body): string {
  return all(root)
    .flatMap((element) => [...element.childNodes])
    .filter((node) => node instanceof Text && !(node.parentElement instanceof HTMLStyleElement))
    .map((node) => node.textContent)
    .join(" ")
    .replace(/\s+/g, " ");
}

export function press(element: Element, key: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true, ...more });
  element.dispatchEvent(event);
  return event;
}

export async function type(element: HTMLElement, text: string): Promise<void> {
  (element as HTMLTextAreaElement).value = text;
  element.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
  await settled();
}

export const ana: RosterPerson = {
  id: 2,
  conversation: "1-2",
  name: "Ana Sousa",
  picture: null,
  profileUrl: "/user/2",
  role: "teacher",
  shares: ["c7"],
  circles: ["Algebra"],
  status: "online",
};

export function windowOf(person: RosterPerson, more: Partial<WindowView> = {}): WindowView {
  const { id, name, picture, profileUrl, conversation } = person;
  const contact = { id, name, picture, profileUrl, status: "online" as const };
  return {
    conversation,
    kind: "direct",
    state: "open",
    title: name,
    contact,
    mentions: 0,
    unread: 0,
    draft: "",
    typing: [],
    writing: "yes",
    verbs: { edit: true, delete: true, reply: true, react: false, mention: false, flag: false },
    ...more,
  };
}

export const bruno: RosterPerson = { ...ana, id: 3, conversation: "1-3", name: "Bruno Silva", profileUrl: "/user/3", role: "student" };
export const carla: RosterPerson = { ...ana, id: 4, conversation: "1-4", name: "Carla Nunes", profileUrl: "/user/4", role: "student" };
export const GROUP = "g-0190a5a0-0000-7000-8000-000000000001";
export const ROOM = "r-c7";

const ALL = { edit: true, delete: true, reply: true, react: true, mention: true, flag: true };

export function groupOf(more: Partial<WindowView> = {}): WindowView {
  return {
    conversation: GROUP, kind: "group", state: "open", title: "Project 3", circle: "c7", members: 3,
    mentions: 0, unread: 0, draft: "", typing: [], writing: "yes", verbs: ALL, ...more,
  };
}

export function roomOf(more: Partial<WindowView> = {}): WindowView {
  return {
    conversation: ROOM, kind: "room", state: "open", title: "Algebra", circle: "c7",
    mentions: 0, unread: 0, draft: "", typing: [], writing: "yes", verbs: ALL, ...more,
  };
}

/** As the people of a conversation are called. */
export function people(conversation: string, ...faces: Pick<RosterPerson, "id" | "name">[]): Update {
  return { kind: "people", conversation, people: faces.map(({ id, name }) => ({ id, name, picture: null, profileUrl: null })) };
}

export const me = { id: 1, name: "Rui Costa" };

export function dock(...windows: WindowView[]): Update {
  return { kind: "dock", windows, unread: windows.reduce((sum, window) => sum + window.unread, 0) };
}

export function roster(people: RosterPerson[], more = false): Update {
  return { kind: "roster", roster: { people, known: true, more } };
}

export function talk(messages: Partial<MessageView>[], more: Partial<ConversationView> = {}): Update {
  const full = messages.map((message, index) => ({
    key: `m${index}`,
    seq: index + 1,
    sender: message.mine === true ? 1 : 2,
    mine: false,
    text: "hi",
    sentAt: 1_700_000_000_000 + index * 1000,
    ...message,
  }));
  return {
    kind: "conversation",
    view: { conversation: "1-2", messages: full, older: false, loading: false, late: false, readSeq: full.length, seenSeq: 0, ...more },
  };
}
