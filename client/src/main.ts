/**
 * The entry: reads what the page says about itself from `script[data-gchat]`, starts the core and mounts the
 * elements. A host that would rather call than mark up imports this module and calls `start`.
 */
import { Attach } from "./attach.js";
import { Door } from "./door.js";
import type { Stay } from "./door.js";
import type { WorkerEnd } from "./attach.js";
import { mount } from "./elements/index.js";
import { environmentHere } from "./environment.js";
import { uuid4 } from "./ids.js";
import { loginsOf } from "./logins.js";
import { isMarkName, isOver, readMark } from "./mark.js";
import { UnloadJournal } from "./keep/journal.js";
import { paint, startCore } from "./start.js";
import { sessionShelf } from "./net/token.js";
import { openDatabase } from "./keep/database.js";
import { openVault, readSalt } from "./keep/vault.js";
import type { PageConfig } from "./view.js";

/** The worker's file beside this one, which the build names by its content. */
declare const WORKER_FILE: string;

/** A page that cannot be read: the message names the attribute and the fix. */
class PageError extends Error {}

/** Starts the chat in `container`. Call it once per page. */
export function start(config: PageConfig, container: Element): void {
  const here = environmentHere(nothingHere);
  const door = new Door({
    config,
    clock: here.clock,
    fetch: here.fetch,
    locks: here.locks,
    mark: () => readMark(config, document.cookie),
    over: () => isOver(config, document.cookie),
    open: (marked, token) => stay(marked, token),
    tell() {
      const logins = here.openChannel(loginsOf(config));
      logins?.postMessage("over");
      logins?.close();
    },
  });
  mount(door, config, container, { config, openDatabase, openVault, readMark });
  door.start();
  const look = (): void => {
    door.look();
  };
  globalThis.addEventListener("focus", look);
  document.addEventListener("visibilitychange", look);
  if ("cookieStore" in globalThis) globalThis.cookieStore.addEventListener("change", look);
  here.watchNetwork(() => {
    door.postMessage({ kind: "reconnect" });
  });
  // After the elements' own listener: what they tell on leaving is among it.
  globalThis.addEventListener("pagehide", () => {
    door.leave();
  });
}

/** Before the mark is known nothing has been kept or left. */
const nothingHere = { shelf: { load: () => null, keep: () => undefined }, visible: true, left: () => Promise.resolve([]) };

/** The chat of this page as long as the mark holds. */
function stay(config: PageConfig, token: string | null): Stay {
  const { crypto } = globalThis;
  const storage = (): Storage => globalThis.sessionStorage;
  const journal = new UnloadJournal({ config, crypto, storage, now: () => Date.now() });
  const shelf = sessionShelf(config, storage, crypto);
  if (token !== null) shelf.keep(token);
  const visible = (): boolean => document.visibilityState === "visible";
  const here = environmentHere({ shelf, visible: visible(), left: () => journal.unkept() });
  const attach = new Attach({
    config,
    clock: here.clock,
    sharing: "SharedWorker" in globalThis && here.locks !== undefined,
    locks: here.locks,
    shelf,
    name: uuid4((bytes) => void crypto.getRandomValues(bytes)),
    openWorker: () => openWorker(config),
    visible,
    unkept: () => journal.unkept(),
    startHere(port, left) {
      const environment = { ...here, visible: visible(), left: () => left };
      startCore(port, config, environment).catch((error: unknown) => {
        console.error("gchat: cannot start:", error);
      });
    },
    paint: (post) => paint(config, here, post),
  });
  void shelf.ready.then(() => {
    attach.start();
  });
  return {
    port: journal.port(attach),
    leave() {
      journal.leave();
      attach.leave();
    },
    back() {
      journal.back();
      attach.postMessage({ kind: "back" });
    },
    end() {
      // For this login's next stay, if there is one: sealed with its mark, nobody else can read it.
      journal.leave();
      shelf.keep(null);
      attach.end();
    },
  };
}

/** One for all pages of this login. A script of another origin cannot have any: its pages go without. */
function openWorker({ server, site, user, sid }: PageConfig): WorkerEnd | undefined {
  const url = new URL(WORKER_FILE, import.meta.url);
  if (!("SharedWorker" in globalThis) || url.origin !== location.origin) return undefined;
  return new SharedWorker(url, { type: "module", name: JSON.stringify(["gchat", server, site, user, sid]) });
}

/** Reads the attributes of the script tag. Throws where one is missing or wrong. */
export function readPage(script: HTMLElement, base: string): PageConfig {
  const attribute = (name: string): string => {
    const value = script.getAttribute(`data-${name}`);
    if (value === null || value === "") throw new PageError(`data-${name} is missing: the host's page must set it`);
    return value;
  };
  const address = (name: string): URL => {
    const text = attribute(name);
    if (!URL.canParse(text, base)) throw new PageError(`data-${name} is not a URL`);
    const url = new URL(text, base);
    if (!/^https?:$/.test(url.protocol)) throw new PageError(`data-${name} is not an http(s) URL`);
    return url;
  };
  const server = address("server");
  if (!server.pathname.endsWith("/")) throw new PageError("data-server must end in a slash");
  const user = Number(attribute("user"));
  if (!Number.isSafeInteger(user) || user < 1) throw new PageError("data-user is not a user's id: 1, 2, 3 …");
  const markName = attribute("mark");
  if (!isMarkName(markName)) throw new PageError("data-mark is not a cookie's name: letters, digits, - and _, 64 at most");
  const salt = attribute("salt");
  if (readSalt(salt) === undefined) throw new PageError("data-salt is not 32 bytes in unpadded base64url");
  const tokenUrl = address("token-url");
  const own = ({ origin }: URL, name: string): void => {
    if (origin !== new URL(base).origin) throw new PageError(`data-${name} must be of the page's own origin`);
  };
  own(tokenUrl, "token-url");
  const peopleUrl = script.hasAttribute("data-people-url") ? address("people-url") : null;
  if (peopleUrl !== null) own(peopleUrl, "people-url");
  const tokenIdle = script.getAttribute("data-token-idle");
  if (tokenIdle !== null && !/^[^?&#=]+=[^#]*$/.test(tokenIdle)) throw new PageError("data-token-idle is not name=value");
  return {
    server: server.origin + server.pathname,
    site: attribute("site"),
    user,
    sid: attribute("sid"),
    tokenUrl: tokenUrl.href,
    tokenBody: script.getAttribute("data-token-body"),
    tokenIdle,
    peopleUrl: peopleUrl?.href ?? null,
    peopleMethod: script.getAttribute("data-people-method"),
    markName,
    salt,
    // Looked for when the chat starts.
    mark: null,
    lang: script.getAttribute("data-lang") ?? "en",
  };
}

/** Where the page wants the chat. A theme without that place gets it in the body: a chat there is better than none. */
export function containerFor(script: HTMLElement): Element {
  const selector = script.getAttribute("data-container") ?? "body";
  const container = document.querySelector(selector);
  if (container !== null) return container;
  console.warn(`gchat: data-container: nothing on the page matches ${selector}; the chat is put into the body`);
  return document.body;
}

function startFromPage(): void {
  const script = document.querySelector<HTMLElement>("script[data-gchat]");
  if (script === null) return;
  try {
    // Of the page's own address: its <base> may be another site's.
    const config = readPage(script, location.href);
    start(config, containerFor(script));
  } catch (error) {
    console.error(`gchat: ${error instanceof Error ? error.message : "cannot start"}`);
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startFromPage, { once: true });
else startFromPage();
