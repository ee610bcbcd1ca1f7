import { describe, expect, test } from "vitest";
import { TokenSource } from "../src/net/token.js";
import type { PageConfig } from "../src/view.js";
import { config, json, ManualClock, MemoryShelf, tokenOf } from "./stage.js";

function stage(answer: (clock: ManualClock) => Response | Promise<Response>, over: Partial<PageConfig> = {}) {
  const clock = new ManualClock();
  const shelf = new MemoryShelf();
  const asked: (RequestInit & { url: string })[] = [];
  const fetcher = (url: unknown, init?: RequestInit): Promise<Response> => {
    asked.push({ ...init, url: url as string });
    return Promise.resolve(answer(clock));
  };
  return { clock, shelf, asked, source: new TokenSource({ ...config, ...over }, shelf, fetcher, clock) };
}
const good = (clock: ManualClock) => json({ token: tokenOf(clock.now()) });

describe("a token", () => {
  test("is asked for once, then used again until shortly before its end", async () => {
    const { source, asked, clock } = stage(good);
    expect(await source.current()).toMatchObject({ token: { lease: 600_000, used: false } });
    clock.time += 560_000;
    expect(await source.current()).toMatchObject({ token: { used: true } });
    expect(asked).toHaveLength(1);
    clock.time += 20_000;
    expect(await source.current()).toMatchObject({ token: { used: false } });
    expect(asked).toHaveLength(2);
  });

  test("is asked for with the page's own cookies and never leads anywhere", async () => {
    const { source, asked } = stage(good);
    await source.current();
    expect(asked[0]).toMatchObject({ method: "POST", credentials: "same-origin", redirect: "manual" });
  });

  test("lives as long on a computer whose clock is wrong", async () => {
    const { source, clock, asked } = stage((at) => json({ token: tokenOf(at.now() + 3_600_000) }));
    await source.current();
    clock.time += 500_000;
    await source.current();
    expect(asked).toHaveLength(1);
  });

  test("is asked for once by two who want it at the same time", async () => {
    const { source, asked } = stage(good);
    await Promise.all([source.fresh(), source.fresh()]);
    expect(asked).toHaveLength(1);
  });

  test.each([
    ["another user's", { sub: "3" }, "other_user"],
    ["another login's", { sid: "ffffffffffffffff" }, "outdated"],
    ["another site's", { iss: "other" }, "refused"],
  ])("of %s is not used", async (_, claims, stop) => {
    const { source, shelf } = stage((at) => json({ token: tokenOf(at.now(), claims) }));
    expect(await source.current()).toEqual({ stop });
    expect(shelf.content).toBeNull();
  });
});

describe("a host that gives no token", () => {
  test.each([
    ["401", () => json({}, 401), { stop: "logged_out" }],
    ["403", () => json({}, 403), { stop: "not_allowed" }],
    ["404", () => json({}, 404), { stop: "refused" }],
    ["a login page", () => new Response("<p>", { headers: { "Content-Type": "text/html" } }), { stop: "logged_out" }],
    ["303", () => new Response(null, { status: 303 }), { stop: "logged_out" }],
    ["503", () => json({}, 503, { "Retry-After": "7" }), { later: true, retryAfter: 7000 }],
    ["500", () => new Response("<p>", { status: 500 }), { later: true, retryAfter: null }],
    ["nonsense", () => json({ other: 1 }), { later: true, retryAfter: null }],
    ["no network", () => Promise.reject(new TypeError("failed")), { later: true, retryAfter: null }],
  ])("%s is a calm state", async (_, answer, expected) => {
    expect(await stage(answer).source.current()).toEqual(expected);
  });
});

describe("Moodle's AJAX service", () => {
  const moodle: Partial<PageConfig> = {
    tokenUrl: "https://moodle.example/lib/ajax/service.php?sesskey=s&info=block_gchat_get_token",
    tokenBody: '[{"index":0,"methodname":"block_gchat_get_token","args":{}}]',
    tokenIdle: "nosessionupdate=true",
  };
  const goodCall = (clock: ManualClock) => json([{ error: false, data: { token: tokenOf(clock.now()) } }]);
  const failedCall = (errorcode: string) => () => json([{ error: true, exception: { errorcode, message: "m" } }]);

  test("is asked with the page's body and understood", async () => {
    const { source, asked } = stage(goodCall, moodle);
    expect(await source.current()).toMatchObject({ token: { lease: 600_000 } });
    expect(asked[0]).toMatchObject({ body: moodle.tokenBody, headers: { "Content-Type": "application/json" } });
  });

  test("a plain host gets an empty body", async () => {
    const { source, asked } = stage(good);
    source.active();
    await source.current();
    expect(asked[0]).toMatchObject({ url: config.tokenUrl, body: null, headers: { Accept: "application/json" } });
    expect(asked[0]?.headers).not.toHaveProperty("Content-Type");
  });

  test("a call keeps the login alive only where the person has written since the last one", async () => {
    const { source, asked } = stage(goodCall, moodle);
    await source.fresh();
    source.active();
    await source.fresh();
    await source.fresh();
    const idle = `${moodle.tokenUrl!}&nosessionupdate=true`;
    expect(asked.map(({ url }) => url)).toEqual([idle, moodle.tokenUrl, idle]);
  });

  test("writing that Moodle did not hear of is told with the next call", async () => {
    let fails = true;
    const answer = (clock: ManualClock) => (fails ? Promise.reject<Response>(new TypeError("failed")) : goodCall(clock));
    const { source, asked } = stage(answer, moodle);
    source.active();
    await source.fresh();
    fails = false;
    await source.fresh();
    expect(asked.map(({ url }) => url)).toEqual([moodle.tokenUrl, moodle.tokenUrl]);
  });

  test("the idle query begins the address's query where it has none", async () => {
    const { source, asked } = stage(good, { tokenIdle: "idle=1" });
    await source.fresh();
    expect(asked[0]?.url).toBe(`${config.tokenUrl}?idle=1`);
  });

  test.each([
    ["servicerequireslogin", { stop: "logged_out" }],
    ["requireloginerror", { stop: "logged_out" }],
    ["invalidsesskey", { stop: "outdated" }],
    ["sitepolicynotagreed", { stop: "site_first" }],
    ["forcepasswordchangenotice", { stop: "site_first" }],
    ["usernotfullysetup", { stop: "site_first" }],
    ["redirecterrordetected", { stop: "site_first" }],
    ["nochat", { stop: "not_allowed" }],
    ["chataway", { later: true, retryAfter: null }],
    ["dmlreadexception", { later: true, retryAfter: null }],
    ["constructor", { later: true, retryAfter: null }],
  ])("%s is a calm state", async (errorcode, expected) => {
    expect(await stage(failedCall(errorcode), moodle).source.current()).toEqual(expected);
    const beforeTheCall = () => json({ error: "m", errorcode });
    expect(await stage(beforeTheCall, moodle).source.current()).toEqual(expected);
  });

  test.each([[[]], [null], ["token"], [[{ error: false, data: null }]], [[{ error: false, data: { token: 1 } }]]])(
    "%j is nothing to go by",
    async (body) => {
      expect(await stage(() => json(body), moodle).source.current()).toEqual({ later: true, retryAfter: null });
    },
  );
});
