/** Who is shown anything on a page, and when the page is emptied. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Door, LOOK_MS } from "../src/door.js";
import type { Stay } from "../src/door.js";
import type { Command, PageConfig, Update } from "../src/view.js";
import { Locks } from "./browser.js";
import { config, json, ManualClock, OTHER_MARK, settled, tokenOf } from "./stage.js";

const MARK = config.mark;
let clock: ManualClock;
let mark: string | null;
/** What the host answers; by default a token, whose answer sets the mark. */
let answer: () => Promise<Response>;
let asked: number;
let over: boolean;

beforeEach(() => {
  clock = new ManualClock();
  mark = MARK;
  asked = 0;
  over = false;
  answer = () => {
    mark = MARK;
    return Promise.resolve(json({ token: tokenOf(clock.now()) }));
  };
});

class OpenStay implements Stay {
  readonly commands: Command[] = [];
  readonly calls: string[] = [];
  readonly port = { onmessage: null, postMessage: (command: Command) => this.commands.push(command) } as unknown as MessagePort;
  readonly config: PageConfig;
  readonly token: string | null;

  constructor(own: PageConfig, token: string | null) {
    this.config = own;
    this.token = token;
  }

  leave = (): void => void this.calls.push("leave");
  back = (): void => void this.calls.push("back");
  end = (): void => void this.calls.push("end");

  tells(update: Update): void {
    this.port.onmessage?.(new MessageEvent("message", { data: update }));
  }
}

class Page {
  readonly heard: Update[] = [];
  readonly stays: OpenStay[] = [];
  readonly told = vi.fn();
  readonly door: Door;

  constructor(locks?: LockManager) {
    this.door = new Door({
      config: { ...config, mark: null },
      clock,
      fetch: () => {
        asked += 1;
        return answer();
      },
      locks,
      mark: () => (over ? null : mark),
      over: () => over,
      open: (own, token) => {
        const stay = new OpenStay(own, token);
        this.stays.push(stay);
        return stay;
      },
      tell: this.told,
    });
    this.door.onmessage = ({ data }: MessageEvent<Update>) => this.heard.push(data);
  }

  async start(): Promise<this> {
    this.door.start();
    await settled();
    return this;
  }

  get stay(): OpenStay {
    return this.stays.at(-1)!;
  }

  get line(): unknown {
    const lines = this.heard.flatMap((update) => (update.kind === "line" ? [update.line] : []));
    return lines.at(-1);
  }

  get emptied(): number {
    return this.heard.filter(({ kind }) => kind === "emptied").length;
  }
}

const page = (): Promise<Page> => new Page().start();

describe("a page that is loaded", () => {
  test("with the mark begins at once, and asks nobody", async () => {
    const one = new Page();
    one.door.start();
    expect(one.stays.map(({ config: { mark } }) => mark)).toEqual([MARK]);
    await settled();
    expect(asked).toBe(0);
  });

  test("without the mark begins with the token that sets it", async () => {
    mark = null;
    const one = new Page();
    one.door.start();
    expect(one.stays).toEqual([]);
    await settled();
    expect(one.stay.config.mark).toBe(MARK);
    expect(one.stay.token).toContain(tokenOf(clock.now()));
    expect(asked).toBe(1);
  });

  test("opens the window that was asked for before anybody was let in, once", async () => {
    mark = null;
    const one = new Page();
    one.door.start();
    const open: Command = { kind: "open", person: { id: 3 } };
    one.door.postMessage(open);
    await settled();
    expect(one.stay.commands).toEqual([open]);
    mark = OTHER_MARK;
    one.door.look();
    await settled();
    expect(one.stays).toHaveLength(2);
    expect(one.stay.commands).toEqual([]);
  });

  test("that is left before anybody is let in forgets what was asked for", async () => {
    mark = null;
    const one = new Page();
    one.door.start();
    one.door.postMessage({ kind: "open", person: { id: 3 } });
    one.door.leave();
    one.door.postMessage({ kind: "back" });
    await settled();
    expect(one.stay.commands).toEqual([]);
  });

  test("whose mark is heard of before the answer that set it waits for that token", async () => {
    mark = null;
    let answered = (): void => undefined;
    answer = () => {
      mark = MARK;
      return new Promise((resolve) => {
        answered = () => {
          resolve(json({ token: tokenOf(clock.now()) }));
        };
      });
    };
    const one = await page();
    one.door.look();
    expect(one.stays).toEqual([]);
    answered();
    await settled();
    expect(one.stays.map(({ token }) => token === null)).toEqual([false]);
    expect(asked).toBe(1);
  });

  test("whose answer has crossed the logout shows nothing, and says so", async () => {
    mark = null;
    answer = () => {
      over = true;
      return Promise.resolve(json({ token: tokenOf(clock.now()) }));
    };
    const one = await page();
    expect(one.stays).toEqual([]);
    expect(one.line).toEqual({ state: "stopped", reason: "logged_out" });
  });

  test("that can read no mark is emptied by the logout all the same", async () => {
    mark = null;
    answer = () => Promise.resolve(json({ token: tokenOf(clock.now()) }));
    const one = await page();
    over = true;
    one.door.look();
    expect([one.emptied, one.stay.calls]).toEqual([1, ["end"]]);
    expect(one.line).toEqual({ state: "stopped", reason: "logged_out" });
  });

  test("goes in without an answer where another page has had one meanwhile", async () => {
    mark = null;
    answer = () => {
      mark = MARK;
      return Promise.resolve(new Response(null, { status: 503 }));
    };
    const one = await page();
    expect(one.stays.map(({ token }) => token)).toEqual([null]);
  });

  test.each([
    ["a login that is over", () => Promise.resolve(new Response("", { status: 401 })), "logged_out"],
    ["another person's", () => Promise.resolve(json({ token: tokenOf(clock.now(), { sub: "3" }) })), "other_user"],
    ["a later one of the same person", () => Promise.resolve(json({ token: tokenOf(clock.now(), { sid: "cccccccccccc" }) })), "outdated"],
  ])("without the mark shows nothing of %s, says so, and has other tabs ask", async (_, said, reason) => {
    mark = null;
    answer = said;
    const one = await page();
    expect(one.line).toEqual({ state: "stopped", reason });
    expect(one.told).toHaveBeenCalledOnce();
    mark = MARK;
    one.door.look();
    one.door.postMessage({ kind: "back" });
    await clock.pass(10 * LOOK_MS);
    expect(one.stays).toEqual([]);
    expect(asked).toBe(1);
  });

  test("without the mark and without the host waits, tries again, and can be told to", async () => {
    mark = null;
    const host = answer;
    answer = () => Promise.reject(new TypeError("offline"));
    const one = await page();
    expect(one.line).toEqual({ state: "lost" });
    one.door.look();
    await settled();
    expect(asked).toBe(1);
    one.door.postMessage({ kind: "reconnect" });
    await settled();
    expect(asked).toBe(2);
    answer = host;
    await clock.pass(2_000);
    expect(one.stay.config.mark).toBe(MARK);
    expect(asked).toBe(3);
  });

  test("beside others without the mark lets one of them ask", async () => {
    mark = null;
    const locks = new Locks();
    const pages = Array.from({ length: 5 }, () => new Page(locks.of()));
    await Promise.all(pages.map((one) => one.start()));
    expect(pages.map(({ stays }) => stays.length)).toEqual([1, 1, 1, 1, 1]);
    expect(asked).toBe(1);
  });

  test("of a host that sets no mark, or in a browser that keeps it, begins with the token and keeps nothing", async () => {
    mark = null;
    answer = () => Promise.resolve(json({ token: tokenOf(clock.now()) }));
    const one = await page();
    expect(one.stay.config.mark).toBeNull();
    one.door.look();
    await clock.pass(3 * LOOK_MS);
    expect(asked).toBe(1);
    expect(one.stays).toHaveLength(1);
  });
});

describe("a page that is open", () => {
  test("is emptied as soon as the mark is seen to be gone, before its core ends, and hears no more of that core", async () => {
    const one = await page();
    const { stay } = one;
    one.door.onmessage = ({ data }: MessageEvent<Update>) => {
      one.heard.push(data);
      if (data.kind === "emptied") one.door.postMessage({ kind: "draft", conversation: "2-3", text: "the last words" });
    };
    answer = () => Promise.resolve(new Response("", { status: 401 }));
    mark = null;
    one.door.look();
    expect(one.heard[0]).toEqual({ kind: "emptied" });
    expect(stay.commands).toMatchObject([{ kind: "draft", text: "the last words" }]);
    expect(stay.calls).toEqual(["end"]);
    stay.tells({ kind: "dock", windows: [], unread: 7 });
    await settled();
    expect(one.heard.map(({ kind }) => kind)).toEqual(["emptied", "line", "line"]);
    expect(one.line).toEqual({ state: "stopped", reason: "logged_out" });
  });

  test("looks by itself: a login may end while nobody touches the page", async () => {
    const one = await page();
    mark = null;
    answer = () => Promise.reject(new TypeError("offline"));
    await clock.pass(LOOK_MS);
    expect(one.emptied).toBe(1);
    expect(one.line).toEqual({ state: "lost" });
  });

  test("goes on where the host says that the login holds: only the mark had run out", async () => {
    const one = await page();
    mark = null;
    one.door.look();
    await settled();
    expect(one.stays).toHaveLength(2);
    expect(one.stay.config.mark).toBe(MARK);
  });

  test("with another mark than it began with begins anew", async () => {
    const one = await page();
    mark = OTHER_MARK;
    one.door.look();
    expect(one.stays.map(({ config }) => config.mark)).toEqual([MARK, OTHER_MARK]);
    expect(asked).toBe(0);
  });

  test("is not touched while the mark holds", async () => {
    const one = await page();
    one.door.look();
    await clock.pass(5 * LOOK_MS);
    expect([one.emptied, one.stays.length, asked]).toEqual([0, 1, 0]);
  });

  test("whose core has stopped stays so", async () => {
    const one = await page();
    one.stay.tells({ kind: "line", line: { state: "stopped", reason: "replaced" } });
    mark = null;
    one.door.look();
    await clock.pass(2 * LOOK_MS);
    expect(asked).toBe(0);
    expect(one.line).toEqual({ state: "stopped", reason: "replaced" });
  });
});

describe("a page that comes back from the browser's cache", () => {
  test("hears nothing while it is away, and goes on with the mark", async () => {
    const one = await page();
    one.door.leave();
    one.stay.tells({ kind: "dock", windows: [], unread: 7 });
    expect(one.heard).toEqual([]);
    one.door.postMessage({ kind: "back" });
    one.stay.tells({ kind: "dock", windows: [], unread: 7 });
    expect(one.heard).toMatchObject([{ kind: "dock" }]);
    expect(one.stay.calls).toEqual(["leave", "back"]);
  });

  test("stays empty without the mark until the host has answered", async () => {
    const one = await page();
    answer = () => Promise.resolve(new Response("", { status: 401 }));
    one.door.leave();
    mark = null;
    one.door.postMessage({ kind: "back" });
    expect(one.stay.calls).toEqual(["leave", "end"]);
    await settled();
    expect(one.stays).toHaveLength(1);
    expect(one.line).toEqual({ state: "stopped", reason: "logged_out" });
  });

  test("asks the host where there never was a mark", async () => {
    mark = null;
    answer = () => Promise.resolve(json({ token: tokenOf(clock.now()) }));
    const one = await page();
    one.door.leave();
    one.door.postMessage({ kind: "back" });
    await settled();
    expect(asked).toBe(2);
    expect(one.stays.map(({ calls }) => calls)).toEqual([["leave", "end"], []]);
  });

  test("passes over the answer to a question from before it left", async () => {
    mark = null;
    let late: (response: Response) => void = () => undefined;
    answer = () => new Promise((resolve) => (late = resolve));
    const one = await page();
    one.door.leave();
    late(json({ token: tokenOf(clock.now()) }));
    await settled();
    expect(one.stays).toEqual([]);
    answer = () => Promise.resolve(new Response("", { status: 401 }));
    one.door.postMessage({ kind: "back" });
    await settled();
    expect(one.line).toEqual({ state: "stopped", reason: "logged_out" });
  });
});
