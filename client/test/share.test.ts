/**
 * Pages on the one core of a shared worker: the page's half and the worker's, with the real core between them.
 *
 * It is past 500 lines because its scenes share one stage.
 */
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Attach, DEATHS_MOST, HERE_MS } from "../src/attach.js";
import type { WorkerEnd } from "../src/attach.js";
import { LONELY_MS, Pages } from "../src/pages.js";
import { paint, startCore } from "../src/start.js";
import type { Command, PageConfig, Update } from "../src/view.js";
import { Browser, emptyHistory, GROUP, group, live, message, Page as Tab, shownOf, talkOf, window, withWindow } from "./browser.js";
import { config, MemoryShelf, OTHER_MARK, settled, tokenOf } from "./stage.js";

let browser: Browser;
let worker: Worker | null;

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  browser = new Browser();
  worker = null;
});
afterEach(() => {
  worker?.die();
});

/** Two ends that speak by structured clones, in order, a turn later. */
function channel(): [WorkerEnd["port"], WorkerEnd["port"]] {
  const end = (other: () => WorkerEnd["port"]): WorkerEnd["port"] => ({
    onmessage: null,
    postMessage: (data: unknown) => {
      const cloned: unknown = structuredClone(data);
      queueMicrotask(() => {
        other().onmessage?.call(other() as never, { data: cloned } as MessageEvent);
      });
    },
    close: () => undefined,
  });
  const one = end(() => two);
  const two = end(() => one);
  return [one, two];
}

/** The shared worker, with a tab of the stage for its sockets. */
class Worker {
  readonly place = new Tab(browser, config);
  readonly locks = browser.locks.of();
  readonly ends: (() => void)[] = [];
  #pages: Pages | null = null;

  async begin(): Promise<this> {
    void this.locks.request("gchat worker", () => {
      this.#pages = new Pages({
        clock: browser.clock,
        locks: this.locks,
        lock: "gchat worker",
        start: async (port, own, place) => {
          await startCore(port, own, { ...this.place.environment(), locks: this.locks, ...place });
          this.ends.push(() => void port.onmessage?.call(port as never, { data: { kind: "end" } } as MessageEvent));
        },
      });
      return new Promise(() => undefined);
    });
    await settled();
    return this;
  }

  connect(port: WorkerEnd["port"]): void {
    this.#pages?.connect(port);
  }

  die(): void {
    for (const end of this.ends) end();
    this.locks.die();
    this.#pages = null;
  }
}

class SharingPage {
  readonly heard: Update[] = [];
  readonly shelf = new MemoryShelf();
  readonly locks = browser.locks.of();
  readonly open: Command[] = [];
  /** Cores that were started in the page. */
  readonly here: Tab[] = [];
  visible = true;
  readonly attach: Attach;

  constructor(own: Partial<PageConfig> = {}, openWorker: () => WorkerEnd | undefined = () => this.connected()) {
    this.attach = new Attach({
      config: { ...config, ...own },
      clock: browser.clock,
      sharing: true,
      locks: this.locks,
      shelf: this.shelf,
      name: String(Math.random()),
      openWorker,
      visible: () => this.visible,
      unkept: () => Promise.resolve([...this.open]),
      startHere: (port, left) => {
        const tab = new Tab(browser, config);
        this.here.push(tab);
        void startCore(port, config, { ...tab.environment(), left: () => left });
      },
      paint: (post) => paint(config, new Tab(browser, config).environment(), post),
    });
    this.attach.onmessage = ({ data }: MessageEvent<Update>) => {
      if (data.kind === "durable") this.open.splice(0, this.open.length, ...this.open.filter((one) => !data.entries.includes((one as { entry: number }).entry)));
      this.heard.push(data);
    };
  }

  connected(): WorkerEnd {
    const [ours, theirs] = channel();
    queueMicrotask(() => worker?.connect(theirs));
    return { port: ours, onerror: null };
  }

  async start(): Promise<this> {
    this.attach.start();
    await settled();
    return this;
  }

  async does(command: Command): Promise<void> {
    if ("entry" in command) this.open.push(command);
    this.attach.postMessage(command);
    await settled();
  }

  /** As a crash: no word, only its locks are free. */
  async dies(): Promise<void> {
    this.locks.die();
    await settled();
  }

  last<K extends Update["kind"]>(kind: K): Extract<Update, { kind: K }> | undefined {
    return this.heard.filter((update): update is Extract<Update, { kind: K }> => update.kind === kind).at(-1);
  }

  get shown(): string[] {
    return shownOf(talkOf(this.heard, "2-3"));
  }
}

const page = (own?: Partial<PageConfig>): Promise<SharingPage> => new SharingPage(own).start();
const visibilities = () => worker!.place.socket.of("visibility").map(({ visible }) => visible);

describe("pages of one login", () => {
  beforeEach(async () => {
    worker = await new Worker().begin();
  });

  test("share one socket, and a later one is told everything", async () => {
    const one = await page();
    const socket = await worker!.place.online(withWindow);
    emptyHistory(socket);
    socket.says(live(message(1)));
    await settled();
    const other = await page();
    expect(worker!.place.sockets).toHaveLength(1);
    expect(other.shown).toEqual(["m1 theirs"]);
    expect(other.last("line")?.line.state).toBe("online");
    const kinds = other.heard.map(({ kind }) => kind);
    expect(kinds.lastIndexOf("conversation")).toBeLessThan(kinds.lastIndexOf("dock"));
    await other.does({ kind: "send", conversation: "2-3", text: "hello" });
    expect(one.shown).toEqual(other.shown);
    expect(socket.of("send")).toHaveLength(1);
  });

  test("are hidden when all of them are, and seen again when one is", async () => {
    const one = await page();
    const other = await page();
    await worker!.place.online();
    await one.does({ kind: "visible", visible: false });
    expect(visibilities()).toEqual([]);
    await other.does({ kind: "visible", visible: false });
    expect(visibilities()).toEqual([false]);
    await one.does({ kind: "visible", visible: true });
    await one.dies();
    expect(visibilities()).toEqual([false, true, false]);
  });

  test("hear of their own entries and refusals only", async () => {
    const one = await page();
    const other = await page();
    const socket = await worker!.place.online(withWindow);
    await one.does({ kind: "draft", conversation: "2-3", text: "one", entry: 7 });
    await other.does({ kind: "draft", conversation: "2-3", text: "other", entry: 7 });
    await other.does({ kind: "search", text: "b" });
    const { request } = socket.of("search")[0]!;
    socket.says({ type: "contacts", request, contacts: [], next: null });
    socket.says({ type: "error", code: "not_found", message: "…", final: true, conversation: "2-3" });
    await settled();
    expect(one.heard.filter(({ kind }) => kind === "durable")).toEqual([{ kind: "durable", entries: [7] }]);
    expect(other.heard.filter(({ kind }) => kind === "durable")).toEqual([{ kind: "durable", entries: [7] }]);
    expect([one.last("found"), one.last("refused")]).toEqual([undefined, undefined]);
    expect(other.last("found")).toBeDefined();
    expect(other.last("refused")).toMatchObject({ code: "not_found" });
  });

  test("find messages each for themselves, asked again where the server could not answer just now", async () => {
    const one = await page();
    const other = await page();
    const socket = await worker!.place.online({ features: ["find"] });
    await one.does({ kind: "find", act: 1, text: "needle", next: null });
    await other.does({ kind: "find", act: 1, text: "hay", next: "7.2-3" });
    const [first, second] = socket.of("find");
    expect([first!.text, second!.text, second!.next, second!.limit]).toEqual(["needle", "hay", "7.2-3", 20]);
    const hit = { conversation: "2-3", title: "Bruno", seq: 7, sender: 2, name: "Ana", sent_at: 5, text: "a needle" };
    socket.says({ type: "found", request: first!.request, messages: [hit, { ...hit, conversation: "x-1" }], next: "7.2-3" });
    socket.says({ type: "error", code: "unavailable", message: "…", final: false, request: second!.request, retry_after_ms: 10 });
    await settled();
    const { sent_at: sentAt, ...rest } = hit;
    expect(one.last("hits")).toEqual({ kind: "hits", act: 1, hits: [{ ...rest, kind: "direct", sentAt, mine: true }], next: "7.2-3" });
    expect(other.last("hits")).toBeUndefined();
    await browser.clock.pass(10);
    const again = socket.of("find")[2]!;
    expect(again.text).toBe("hay");
    socket.says({ type: "error", code: "bad_frame", message: "…", final: true, request: again.request });
    await settled();
    expect(other.last("hits")).toEqual({ kind: "hits", act: 1, hits: [], next: null });
  });

  test("find nothing where the server does not know how, and are told where nobody was asked", async () => {
    const one = await page();
    await one.does({ kind: "find", act: 1, text: "x", next: null });
    expect(one.last("hits")?.hits, "there is no line").toEqual([]);
    const socket = await worker!.place.online({ features: [] });
    await one.does({ kind: "find", act: 2, text: "x", next: null });
    expect([one.last("hits")?.hits, socket.of("find")]).toEqual([[], []]);
  });

  test("hear what they have asked for, whatever another one shows meanwhile", async () => {
    const one = await page();
    const other = await page();
    const socket = await worker!.place.online(withWindow);
    await one.does({ kind: "search", text: "b" });
    // By rendering a message that has just come.
    await other.does({ kind: "quote", conversation: "2-3", seq: 1 });
    // And by what somebody writes there, with both on show.
    await other.does({ kind: "draft", conversation: "2-3", text: "there" });
    await other.does({ kind: "draft", conversation: "2-3", text: "there it is" });
    socket.says({ type: "contacts", request: socket.of("search")[0]!.request, contacts: [], next: null });
    await settled();
    expect([one.last("found")?.text, other.last("found")]).toEqual(["b", undefined]);
  });

  test("hear of the list once they have shown it, each as it stands, and the server is asked once", async () => {
    const one = await page();
    const other = await page();
    const silent = await page();
    const socket = await worker!.place.online();
    await one.does({ kind: "list" });
    const contact = { id: 3, name: "Bruno", picture: null, profile_url: null, status: "offline" as const };
    const entry = { ...window({ contact, seq: 1, rev: 1 }), state: "closed" as const };
    socket.says({ type: "list", request: socket.of("list")[0]!.request, conversations: [entry], next: "n" });
    await settled();
    socket.says({ type: "flags", conversation: "2-3", pinned: true });
    await settled();
    await other.does({ kind: "list" });
    expect(other.last("list")).toMatchObject({ known: true, more: true, entries: [{ title: "Bruno", pinned: true }] });
    await other.does({ kind: "list", more: true });
    expect(socket.of("list").map((frame) => "next" in frame && frame.next)).toEqual([null, "n"]);
    socket.says({ type: "list", request: socket.of("list")[1]!.request, conversations: [{ ...entry, conversation: "2-4" }], next: null });
    await settled();
    expect([one, other].map((each) => each.last("listed"))).toMatchObject([{ put: [{ before: null }], more: false }, { put: [{ before: null }], more: false }]);
    const late = await page();
    expect([silent, late].map((each) => [each.last("list"), each.last("listed")])).toEqual([[undefined, undefined], [undefined, undefined]]);
    // Nothing of it stays for a page that comes while the chat is paused.
    socket.drops(4011);
    await settled();
    await silent.does({ kind: "list" });
    expect(silent.last("list")).toMatchObject({ known: false, entries: [] });
  });

  test("have what filters find told to each that shows the list, whichever asked last", async () => {
    const [one, other, silent] = [await page(), await page(), await page()];
    const socket = await worker!.place.online();
    const answer = async (at: number): Promise<void> => {
      socket.says({ type: "list", request: socket.of("list")[at]!.request, conversations: [], next: null });
      await settled();
    };
    for (const each of [one, other]) await each.does({ kind: "list" });
    await answer(0);
    await one.does({ kind: "sift", filter: { unread: true } });
    await other.does({ kind: "sift", filter: { archived: true } });
    await answer(1);
    expect(one.last("sifted")).toMatchObject({ filter: { unread: true }, entries: [] });
    await answer(2);
    expect(other.last("sifted")).toMatchObject({ filter: { archived: true }, entries: [] });
    expect(silent.last("sifted")).toBeUndefined();
  });

  test("have the search of one go on when another leaves its own", async () => {
    const [one, other] = [await page(), await page()];
    const socket = await worker!.place.online(withWindow);
    await one.does({ kind: "search", text: "b" });
    await other.does({ kind: "search", text: "c" });
    await one.does({ kind: "search", text: "" });
    for (let turn = 0; turn < 2; turn += 1) {
      socket.says({ type: "contacts", request: socket.of("search").at(-1)!.request, contacts: [], next: null });
      await settled();
    }
    expect(other.last("found")?.text).toBe("c");
  });

  test("have flags answered to the one that set them", async () => {
    const one = await page();
    const other = await page();
    const socket = await worker!.place.online(withWindow);
    await one.does({ kind: "flag", act: 1, conversation: "2-3", archived: true });
    await other.does({ kind: "flag", act: 1, conversation: "2-3", pinned: true });
    socket.says({ type: "flags", request: socket.of("flag")[0]!.request, conversation: "2-3", archived: true });
    await settled();
    expect([one.last("done"), other.last("done")]).toEqual([{ kind: "done", act: 1, conversation: "2-3" }, undefined]);
  });

  test("are told of names, rooms, courses and blocks when they come later, and of nothing whose window is gone", async () => {
    const one = await page();
    const socket = await worker!.place.online({ dock: { version: 1, windows: [group()] }, blocked: [9] });
    emptyHistory(socket);
    const bruno = { id: 3, name: "Bruno", picture: null, profile_url: null, role: "student" as const };
    socket.says({ type: "roster", circle: "c7", version: 1, total: 1, contacts: [bruno] });
    socket.says(live(message(1), GROUP));
    await one.does({ kind: "rooms" });
    const room = { conversation: "r-c7", circle: "c7", title: "Algebra", writing: "yes" as const };
    socket.says({ type: "rooms", request: socket.of("rooms")[0]!.request, rooms: [room], next: null });
    await settled();
    const other = await page();
    for (const kind of ["people", "rooms", "courses", "blocked"] as const) {
      expect(other.last(kind), kind).toEqual(one.last(kind));
      expect(other.last(kind), kind).toBeDefined();
    }
    const kinds = other.heard.map(({ kind }) => kind);
    expect(kinds.indexOf("people")).toBeLessThan(kinds.lastIndexOf("conversation"));
    socket.says({ type: "dock", version: 2, windows: [] });
    await settled();
    expect((await page()).last("people")).toBeUndefined();
  });

  test("hear what came of what they have done to a group, under their own number, and no other page does", async () => {
    const one = await page();
    const other = await page();
    const socket = await worker!.place.online({ dock: { version: 1, windows: [group()] } });
    for (const [title, at] of [["one", one], ["other", other]] as const) {
      await at.does({ kind: "rename", act: 1, conversation: GROUP, title });
    }
    const [first, second] = socket.of("rename");
    const acked = (id: string) => ({ type: "ack" as const, id, conversation: GROUP, seq: 1, rev: 1, sent_at: 5 });
    socket.says({ type: "error", code: "bad_title", message: "…", final: true, id: second!.id });
    await settled();
    expect([one.last("done"), other.last("done")]).toEqual([undefined, { kind: "done", act: 1, conversation: GROUP, code: "bad_title" }]);
    socket.says(acked(first!.id));
    await settled();
    expect(one.last("done")).toEqual({ kind: "done", act: 1, conversation: GROUP });
  });

  test("that go show no members any more", async () => {
    const [one, other] = [await page(), await page()];
    const socket = await worker!.place.online({ dock: { version: 1, windows: [group()] } });
    emptyHistory(socket);
    for (const at of [one, one, other]) await at.does({ kind: "members", conversation: GROUP });
    await other.does({ kind: "members", conversation: GROUP, over: true });
    const questions = () => socket.of("members").filter(({ users }) => users === undefined);
    const asked = async (seq: number): Promise<number> => {
      // Also those that were put while an answer was awaited.
      for (let answered = 0; answered < questions().length; ) {
        const { request } = questions()[answered++]!;
        socket.says({ type: "members", request, conversation: GROUP, total: 0, members: [] });
        await settled();
      }
      const before = questions().length;
      socket.says(live(message(seq, { sender: 2, text: null, system: { kind: "left" } }), GROUP));
      await settled();
      return questions().length - before;
    };
    expect(await asked(1)).toBe(1);
    expect([one, other].map((at) => at.last("members")?.members)).toEqual([[], []]);
    await one.dies();
    expect(await asked(2)).toBe(0);
  });

  test("keep each other's token, and the newer one is used", async () => {
    const token = (age: number) => JSON.stringify({ token: tokenOf(browser.clock.now() - age, { jti: String(age) }), at: browser.clock.now() - age, unsent_key: null });
    const one = new SharingPage();
    one.shelf.content = token(60_000);
    await one.start();
    worker!.place.socket.opens();
    expect(worker!.place.socket.of("hello")[0]?.token).toBe((JSON.parse(one.shelf.content) as { token: string }).token);
    const other = new SharingPage();
    other.shelf.content = token(1_000);
    await other.start();
    worker!.place.socket.drops(1006);
    await browser.clock.pass(1_000);
    worker!.place.socket.opens();
    expect(worker!.place.socket.of("hello")[0]?.token).toBe((JSON.parse(other.shelf.content) as { token: string }).token);
    worker!.place.socket.drops(4010);
    await browser.clock.pass(5_000);
    expect(one.shelf.content).toBe(other.shelf.content);
    expect(one.shelf.content).not.toBe(token(1_000));
  });

  test("are all emptied when the login ends, and one that comes later is told nothing of it", async () => {
    const one = await page();
    const other = await page();
    const socket = await worker!.place.online(withWindow);
    emptyHistory(socket);
    socket.says(live(message(1, { text: "a secret" })));
    await settled();
    const before = [one, other].map(({ heard }) => heard.length);
    expect(JSON.stringify([one.heard, other.heard])).toMatch(/a secret.*a secret/);
    socket.drops(4410);
    await settled();
    for (const [n, { heard }] of [one, other].entries()) {
      const since = heard.slice(before[n]);
      expect(since.map(({ kind }) => kind)).toContain("emptied");
      expect(JSON.stringify(since)).not.toMatch(/a secret|Bruno/);
      expect(since.findLast((update) => update.kind === "dock")).toMatchObject({ windows: [] });
    }
    const late = await page();
    expect(JSON.stringify(late.heard)).not.toMatch(/a secret|Bruno/);
  });

  test("with another mark than the core's begin it anew: they have just looked", async () => {
    await page();
    await worker!.place.online();
    await page({ mark: OTHER_MARK });
    expect(worker!.place.sockets).toHaveLength(2);
    expect(worker!.place.sockets[0]!.closed).toBe(true);
  });

  test("that come while the core has stopped begin it anew", async () => {
    const one = await page();
    (await worker!.place.online()).drops(4403);
    await settled();
    expect(one.last("line")?.line).toEqual({ state: "stopped", reason: "not_allowed" });
    await page();
    await worker!.place.online();
    expect(one.last("line")?.line.state).toBe("online");
    expect(worker!.place.sockets).toHaveLength(2);
  });

  test("that are all gone leave no socket behind, but not at once", async () => {
    const one = await page();
    const socket = await worker!.place.online();
    one.attach.leave();
    await browser.clock.pass(LONELY_MS - 1_000);
    expect(socket.closed).toBe(false);
    const next = await page();
    // A page that looks has the line probed.
    socket.says({ type: "pong" });
    await browser.clock.pass(LONELY_MS);
    expect(socket.closed).toBe(false);
    await next.dies();
    await browser.clock.pass(LONELY_MS);
    expect(socket.closed).toBe(true);
  });
});

describe("a page", () => {
  test("whose worker dies begins another and does again what was not kept", async () => {
    worker = await new Worker().begin();
    const one = await page();
    await worker.place.online(withWindow);
    const first = worker;
    worker = null;
    first.die();
    // Written in between: nobody is there.
    await one.does({ kind: "send", conversation: "2-3", text: "in between", key: "019aaaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa", entry: 1 });
    worker = await new Worker().begin();
    await browser.clock.pass(HERE_MS - 1);
    if (one.here.length > 0) throw new Error("it went without");
    one.attach.leave();
    await one.does({ kind: "back" });
    const socket = await worker.place.online(withWindow);
    expect(socket.of("send")).toMatchObject([{ text: "in between", client_message_id: "019aaaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa" }]);
    expect(one.open).toEqual([]);
  });

  test("whose worker dies hears that what it asked for will not be answered", async () => {
    worker = await new Worker().begin();
    const one = await page();
    await worker.place.online({ dock: { version: 1, windows: [group()] } });
    await one.does({ kind: "rename", act: 3, conversation: GROUP, title: "other" });
    const first = worker;
    worker = await new Worker().begin();
    first.die();
    await settled();
    expect(one.last("done")).toEqual({ kind: "done", act: 3, conversation: GROUP, code: "no_connection" });
    expect(one.heard.filter(({ kind }) => kind === "done")).toHaveLength(1);
  });

  test.each([
    ["there is none", () => undefined],
    [
      "it is forbidden",
      () => {
        throw new DOMException("forbidden", "SecurityError");
      },
    ],
  ])("has the core itself where %s", async (_, openWorker) => {
    const one = await new SharingPage({}, openWorker).start();
    expect(one.here).toHaveLength(1);
    await one.does({ kind: "visible", visible: true });
    expect(one.here[0]!.sockets).toHaveLength(1);
  });

  test("that ends keeps what was done in its last instant, and a failed message that was removed does not come back", async () => {
    const one = await new SharingPage({}, () => undefined).start();
    const socket = await one.here[0]!.online(withWindow);
    emptyHistory(socket);
    await one.does({ kind: "send", conversation: "2-3", text: "refused" });
    const id = socket.of("send")[0]!.client_message_id;
    socket.says({ type: "error", code: "not_allowed", message: "…", final: true, id });
    await settled();
    one.attach.postMessage({ kind: "discard", conversation: "2-3", key: id });
    one.attach.postMessage({ kind: "send", conversation: "2-3", text: "the last message" });
    one.attach.postMessage({ kind: "draft", conversation: "2-3", text: "the last words" });
    one.attach.end();
    await settled();
    expect(socket.closed).toBe(true);
    expect(socket.of("send")).toHaveLength(1);
    const next = await browser.page();
    const its = await next.online(withWindow);
    emptyHistory(its);
    await settled();
    expect(next.windows).toMatchObject([{ draft: "the last words" }]);
    expect(its.of("send").map(({ text }) => text)).toEqual(["the last message"]);
    expect(next.shown).toEqual(["the last message sending"]);
  });

  test("that ends while its core begins leaves no socket, and keeps what it was to do", async () => {
    const one = new SharingPage({}, () => undefined);
    one.open.push({ kind: "draft", conversation: "2-3", text: "left", entry: 1 });
    one.attach.start();
    one.attach.end();
    await settled();
    expect(one.here.flatMap(({ sockets }) => sockets)).toEqual([]);
    const next = await browser.page();
    await next.online(withWindow);
    await settled();
    expect(next.windows).toMatchObject([{ draft: "left" }]);
  });

  test("has the core itself where the worker never answers, with all that was done meanwhile", async () => {
    const one = await page();
    await one.does({ kind: "send", conversation: "2-3", text: "early", entry: 1 });
    expect(one.here).toHaveLength(0);
    await browser.clock.pass(HERE_MS);
    expect(one.here).toHaveLength(1);
    await settled();
    const socket = await one.here[0]!.online(withWindow);
    expect(socket.of("send").map(({ text }) => text)).toEqual(["early"]);
  });

  test(`that has lost ${DEATHS_MOST} workers does without`, async () => {
    let one: SharingPage | null = null;
    for (let n = 0; n < DEATHS_MOST; n += 1) {
      worker = await new Worker().begin();
      if (one === null) one = await page();
      else {
        one.attach.postMessage({ kind: "back" });
        await settled();
      }
      const dead = worker;
      worker = null;
      dead.die();
      await settled();
    }
    expect(one!.here).toHaveLength(1);
  });

  test("is painted from the copy before the worker has said a word, and writes nothing by it", async () => {
    const before = await browser.page();
    const socket = await before.online({ dock: { version: 1, windows: [window()] } });
    emptyHistory(socket);
    socket.says(live(message(1)));
    await browser.clock.pass(1_000);
    before.end();
    await settled();
    const written = vi.spyOn(IDBObjectStore.prototype, "put");
    const one = await page();
    expect(one.shown).toEqual(["m1 theirs"]);
    expect(one.last("dock")?.windows).toMatchObject([{ conversation: "2-3" }]);
    expect(written).not.toHaveBeenCalled();
  });
});
