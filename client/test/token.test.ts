import { describe, expect, test } from "vitest";
import { TokenSource } from "../src/token.js";
import { config, json, ManualClock, MemoryShelf, tokenOf } from "./stage.js";

function stage(answer: (clock: ManualClock) => Response | Promise<Response>) {
  const clock = new ManualClock();
  const shelf = new MemoryShelf();
  const asked: RequestInit[] = [];
  const fetcher = (_url: unknown, init?: RequestInit): Promise<Response> => {
    asked.push(init ?? {});
    return Promise.resolve(answer(clock));
  };
  return { clock, shelf, asked, source: new TokenSource(config, shelf, fetcher, clock) };
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
