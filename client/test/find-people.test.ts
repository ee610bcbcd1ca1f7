/**
 * People, online or not: who is found by server and host, and how somebody is opened whom the server has never seen.
 *
 * It is past 500 lines because its scenes share one stage.
 */
import { describe, expect, test } from "vitest";
import { LEFT_MS } from "../src/core/search.js";
import type { Contact, Server } from "../src/net/protocol.js";
import type { HostPerson } from "../src/net/people.js";
import type { PageConfig, UserId } from "../src/view.js";
import { emptyHistory, window } from "./browser.js";
import type { Page } from "./browser.js";
import { fresh, inFreshBrowsers, of, person, refusal, roster } from "./groups.js";
import { config, json, settled, tokenOf, welcome } from "./stage.js";

inFreshBrowsers();

const URL_ = "https://moodle.example/people";
const host: Partial<PageConfig> = { peopleUrl: URL_ };
const hosts = (id: UserId, name: string, over: Partial<HostPerson> = {}): HostPerson => ({ id, name, picture: null, profile_url: `/user?id=${id}`, role: "student", circles: ["Algebra"], ...over });

interface Asked {
  url: string;
  body: unknown;
  init: RequestInit;
  answer(given: Response | Error): Promise<void>;
}

/** A page whose host is asked for people, and answers when the test says so. */
async function asking(over: Partial<PageConfig> = host, hello: Parameters<Page["online"]>[0] | null = {}): Promise<{ page: Page; asked: Asked[]; tokens: () => number }> {
  const asked: Asked[] = [];
  let tokens = 0;
  const fetcher = (url: unknown, init: RequestInit = {}): Promise<Response> => {
    if ((url as string).startsWith(config.tokenUrl)) {
      tokens += 1;
      return Promise.resolve(json({ token: tokenOf(fresh().clock.now()) }));
    }
    return new Promise((resolve, reject) => {
      const answer = async (given: Response | Error): Promise<void> => {
        if (given instanceof Error) reject(given);
        else resolve(given);
        await settled();
      };
      asked.push({ url: url as string, body: JSON.parse(init.body as string) as unknown, init, answer });
    });
  };
  const page = await fresh().page(over, { fetch: fetcher });
  if (hello !== null) await page.online(hello);
  return { page, asked, tokens: () => tokens };
}
const people = (...them: HostPerson[]): Response => json({ people: them, next: "" });
const found = (page: Page): [string, string][] => (page.last("found")?.people ?? []).map(({ name, status }) => [name, status]);
/** More people are online than the roster's slice has. */
const crowd = (...them: ReturnType<typeof person>[]): Server<"roster"> => ({ ...roster(...them), total: 500 });

async function contacts(page: Page, them: ReturnType<typeof person>[], next: string | null = null): Promise<void> {
  page.socket.says({ type: "contacts", request: page.socket.of("search").at(-1)!.request, contacts: them, next });
  await settled();
}

describe("a search", () => {
  test("finds those online at once and everybody whom the host finds behind them, each once, with who they are now", async () => {
    const { page, asked } = await asking();
    page.socket.says(crowd(person(5, "Joana Silva"), person(6, "Rui")));
    await page.does({ kind: "search", text: "silva jo" });
    expect(page.socket.of("search")).toMatchObject([{ text: "silva jo", next: null }]);
    expect(asked).toMatchObject([{ url: URL_, body: { text: "silva jo", next: "" } }]);
    expect(asked[0]?.init).toMatchObject({ method: "POST", credentials: "same-origin", redirect: "manual", headers: { "Content-Type": "application/json" } });
    expect(page.last("found")).toBeUndefined();
    await contacts(page, [person(5, "Joana Silva"), person(7, "João Silva")]);
    expect(page.last("found")).toMatchObject({ text: "silva jo", pending: true, append: false, more: false });
    expect(found(page)).toEqual([["Joana Silva", "online"], ["João Silva", "online"]]);
    await asked[0]!.answer(people(hosts(7, "João Silva"), hosts(2, "Oneself Silva"), hosts(8, "Jorge Silva", { role: "teacher" }), hosts(6, "Rui")));
    expect(page.last("found")).not.toHaveProperty("pending");
    expect(found(page)).toEqual([["Joana Silva", "online"], ["João Silva", "online"], ["Jorge Silva", "offline"], ["Rui", "online"]]);
    expect(page.last("found")?.people.at(2)).toEqual({
      id: 8,
      conversation: "2-8",
      name: "Jorge Silva",
      picture: null,
      profileUrl: "/user?id=8",
      role: "teacher",
      shares: [],
      circles: ["Algebra"],
      status: "offline",
    });
    // Of whom only the server knew, the host says what they share.
    expect(page.last("found")?.people.slice(0, 2).map(({ circles }) => circles)).toEqual([["Algebra"], ["Algebra"]]);
  });

  test("without a host asks the server only where a roster has more people than it shows, and finds in the rosters without accents", async () => {
    const { page } = await asking({});
    page.socket.says(roster(person(5, "João Sìlva"), person(6, "Rui")));
    await page.does({ kind: "search", text: "SILVA joao" });
    expect(page.socket.of("search")).toEqual([]);
    expect(found(page)).toEqual([["João Sìlva", "online"]]);
    page.socket.says({ ...crowd(person(5, "João Sìlva")), version: 2 });
    await page.does({ kind: "search", text: "silva" });
    expect(page.socket.of("search")).toHaveLength(1);
  });

  test("lists nobody whom neither server nor host lists, though a roster has them", async () => {
    const { page, asked } = await asking();
    page.socket.says(roster(person(5, "Carla Silva"), person(6, "Bruno Silva")));
    await page.does({ kind: "search", text: "silva" });
    expect(page.last("found")).toBeUndefined();
    // She takes messages from her contacts only.
    await contacts(page, [person(6, "Bruno Silva")]);
    await asked[0]!.answer(people(hosts(6, "Bruno Silva")));
    expect(found(page)).toEqual([["Bruno Silva", "online"]]);
    // In a list of those who are online she stays.
    await page.does({ kind: "search", text: "silva", online: true });
    expect(found(page)).toEqual([["Bruno Silva", "online"], ["Carla Silva", "online"]]);
  });

  test("asks no host where there is none, and none for nothing", async () => {
    const one = await asking({});
    one.page.socket.says(roster(person(5, "Eva")));
    await one.page.does({ kind: "search", text: "e" });
    expect(one.page.last("found")).toEqual({ kind: "found", text: "e", people: [expect.objectContaining({ id: 5 })], more: false, append: false });
    const { page, asked } = await asking();
    await page.does({ kind: "search", text: "" });
    await page.does({ kind: "search", text: "  " });
    expect([one.asked, asked]).toEqual([[], []]);
  });

  test("asks the host one question at a time, of several wishes the latest", async () => {
    const { page, asked } = await asking();
    page.socket.says(roster());
    for (const text of ["a", "an", "ana"]) await page.does({ kind: "search", text });
    expect(asked.map(({ body }) => body)).toEqual([{ text: "a", next: "" }]);
    await asked[0]!.answer(people(hosts(8, "Abel")));
    expect(asked.map(({ body }) => body)).toEqual([{ text: "a", next: "" }, { text: "ana", next: "" }]);
    expect(of(page, "found").flatMap(({ people: them }) => them)).toEqual([]);
    await asked[1]!.answer(people(hosts(9, "Anabela")));
    expect(page.last("found")).toMatchObject({ text: "ana", people: [{ id: 9 }] });
  });

  test("goes on page by page: the server's, then the host's, and tells nobody twice", async () => {
    const { page, asked } = await asking();
    page.socket.says(crowd(person(5, "Eva 5")));
    await page.does({ kind: "search", text: "eva" });
    await asked[0]!.answer(json({ people: [hosts(8, "Eva 8")], next: "h1" }));
    // What the server has found comes first.
    expect(page.last("found")).toBeUndefined();
    await contacts(page, [person(5, "Eva 5")], "s1");
    expect(page.last("found")).toMatchObject({ more: true, append: false, people: [{ id: 5 }, { id: 8 }] });
    await page.does({ kind: "search", text: "eva", more: true });
    expect(page.socket.of("search").at(-1)).toMatchObject({ next: "s1" });
    await contacts(page, [person(6, "Eva 6")]);
    expect(page.last("found")).toMatchObject({ more: true, append: true, people: [{ id: 6 }] });
    await page.does({ kind: "search", text: "eva", more: true });
    expect(asked.at(-1)?.body).toEqual({ text: "eva", next: "h1" });
    await asked.at(-1)!.answer(people(hosts(6, "Eva 6"), hosts(9, "Eva 9")));
    expect(page.last("found")).toMatchObject({ more: false, append: true, people: [{ id: 9 }] });
    await page.does({ kind: "search", text: "eva", more: true });
    expect([asked, page.socket.of("search")].map(({ length }) => length)).toEqual([2, 2]);
  });

  test("of another text begins anew where its next page is asked for: another page has searched since", async () => {
    const { page, asked } = await asking();
    page.socket.says(roster());
    await page.does({ kind: "search", text: "eva" });
    await asked[0]!.answer(json({ people: [hosts(8, "Eva 8")], next: "h1" }));
    await page.does({ kind: "search", text: "rui" });
    await asked[1]!.answer(people());
    await page.does({ kind: "search", text: "eva", more: true });
    expect(asked[2]?.body).toEqual({ text: "eva", next: "" });
    await asked[2]!.answer(json({ people: [hosts(8, "Eva 8")], next: "h1" }));
    expect(page.last("found")).toMatchObject({ text: "eva", append: false, more: true });
  });

  test("for those who are online alone asks the server and no host, also when it is asked again", async () => {
    const { page, asked } = await asking();
    page.socket.says(crowd(person(5, "Eva")));
    await page.does({ kind: "search", text: "eva", online: true });
    await contacts(page, [person(5, "Eva"), person(6, "Eva")]);
    page.socket.says({ type: "circles", circles: welcome().circles });
    await settled();
    expect([page.socket.of("search").length, asked.length]).toEqual([2, 0]);
  });

  test("that the server could not answer just now is asked again", async () => {
    const { page, asked } = await asking();
    page.socket.says(crowd());
    await page.does({ kind: "search", text: "e" });
    await asked[0]!.answer(people());
    page.socket.says({ type: "error", code: "unavailable", message: "…", final: false, request: page.socket.of("search")[0]!.request });
    await fresh().clock.pass(10_000);
    expect(page.socket.of("search")).toMatchObject([{ text: "e" }, { text: "e" }]);
    await contacts(page, [person(5, "Eva")]);
    expect(found(page)).toEqual([["Eva", "online"]]);
  });

  test("leaves out whom the person has blocked, and knows who is online by their window", async () => {
    const shown = window({ contact: { ...(person(8, "Ada") as Contact), status: "online" }, conversation: "2-8" });
    const { page, asked } = await asking(host, { blocked: [9], dock: { version: 1, windows: [shown] } });
    page.socket.says(roster(person(9, "Adam")));
    await page.does({ kind: "search", text: "ad" });
    await contacts(page, []);
    expect(found(page)).toEqual([]);
    await asked[0]!.answer(people(hosts(8, "Ada"), hosts(9, "Adam"), hosts(10, "Adela")));
    expect(found(page)).toEqual([["Ada", "online"], ["Adela", "offline"]]);
  });

  test("asks again for what is shown when the person's rights change, as nobody's deed, and shows the old answer until then", async () => {
    const { page, asked } = await asking({ ...host, tokenIdle: "idle=1" });
    page.socket.says(roster());
    await page.does({ kind: "search", text: "a" });
    await contacts(page, []);
    await asked[0]!.answer(people(hosts(8, "Ada"), hosts(9, "Adam")));
    const told = of(page, "found").length;
    for (const frame of [
      { type: "circles", circles: welcome().circles },
      { type: "writing", conversation: "2-8", writing: "no" },
    ] as const) {
      page.socket.says(frame);
      await settled();
      await contacts(page, []);
    }
    expect(of(page, "found")).toHaveLength(told);
    await asked[1]!.answer(people(hosts(8, "Ada"), hosts(9, "Adam")));
    // Asked before the second of them.
    expect(of(page, "found")).toHaveLength(told);
    await asked[2]!.answer(people(hosts(9, "Adam")));
    expect(found(page)).toEqual([["Adam", "offline"]]);
    // The person's own question keeps the host's login alive; these do not.
    expect(asked.map(({ url }) => url)).toEqual([URL_, `${URL_}?idle=1`, `${URL_}?idle=1`]);
    // The box was emptied: there is nothing to ask again for.
    await page.does({ kind: "search", text: "" });
    page.socket.says({ type: "circles", circles: welcome().circles });
    await settled();
    expect(asked).toHaveLength(3);
  });

  test("asks again, once for several, when somebody who is shown has left a roster, and keeps what is shown where that fails", async () => {
    const { page, asked } = await asking();
    page.socket.says(roster(person(5, "Bruno Silva"), person(6, "Carla Silva"), person(7, "Rui")));
    await page.does({ kind: "search", text: "silva" });
    await contacts(page, [person(5, "Bruno Silva"), person(6, "Carla Silva")]);
    await asked[0]!.answer(people(hosts(5, "Bruno Silva"), hosts(6, "Carla Silva"), hosts(8, "Dora Silva")));
    const leave = async (user: UserId, from: number): Promise<void> => {
      page.socket.says({ type: "roster_diff", circle: "c7", from, version: from + 1, total: 3 - from, joined: [], left: [user] });
      await fresh().clock.pass(1_000);
    };
    await leave(7, 1);
    await fresh().clock.pass(LEFT_MS);
    expect(asked).toHaveLength(1);
    await leave(5, 2);
    await leave(6, 3);
    await fresh().clock.pass(LEFT_MS);
    expect(asked.map(({ body }) => body)).toEqual([{ text: "silva", next: "" }, { text: "silva", next: "" }]);
    await contacts(page, []);
    await asked[1]!.answer(people(hosts(6, "Carla Silva"), hosts(8, "Dora Silva")));
    expect(found(page)).toEqual([["Carla Silva", "offline"], ["Dora Silva", "offline"]]);
    page.socket.says({ type: "circles", circles: welcome().circles });
    await settled();
    await contacts(page, []);
    const told = of(page, "found").length;
    await asked[2]!.answer(json({}, 429));
    expect(of(page, "found")).toHaveLength(told);
    // It is asked for again by and by.
    await fresh().clock.pass(30_000);
    expect(asked).toHaveLength(4);
  });

  test("tells who comes online of those who are shown, and asks again for as many as are shown", async () => {
    const { page, asked } = await asking();
    page.socket.says(roster(person(5, "Eva 5")));
    await page.does({ kind: "search", text: "eva" });
    await contacts(page, [person(5, "Eva 5")]);
    await asked[0]!.answer(json({ people: [hosts(8, "Eva 8")], next: "h1" }));
    await page.does({ kind: "search", text: "eva", more: true });
    await asked[1]!.answer(people(hosts(9, "Eva 9")));
    page.socket.says({ type: "roster_diff", circle: "c7", from: 1, version: 2, total: 2, joined: [person(9, "Eva 9")], left: [] });
    await fresh().clock.pass(1_000);
    expect(found(page)).toEqual([["Eva 5", "online"], ["Eva 8", "offline"], ["Eva 9", "online"]]);
    expect(page.last("found")?.append).toBe(false);
    page.socket.says({ type: "roster_diff", circle: "c7", from: 2, version: 3, total: 1, joined: [], left: [5] });
    await fresh().clock.pass(LEFT_MS + 1_000);
    const told = of(page, "found").length;
    await contacts(page, [person(9, "Eva 9")]);
    await asked[2]!.answer(json({ people: [hosts(5, "Eva 5"), hosts(8, "Eva 8")], next: "h1" }));
    // Three were on show: so the next page as well before any of it is told. The one that is online was found already.
    expect(of(page, "found")).toHaveLength(told + 1);
    expect(found(page)).toEqual([["Eva 9", "online"], ["Eva 5", "offline"], ["Eva 8", "offline"]]);
  });

  test("is told what has come where rights change before anything of this text is shown", async () => {
    const { page, asked } = await asking();
    page.socket.says(roster());
    await page.does({ kind: "search", text: "a" });
    await contacts(page, []);
    await asked[0]!.answer(people(hosts(8, "Ada")));
    await page.does({ kind: "search", text: "ad" });
    await contacts(page, []);
    page.socket.says({ type: "circles", circles: welcome().circles });
    await settled();
    await asked[1]!.answer(people());
    await contacts(page, []);
    await asked[2]!.answer(json({}, 429));
    expect(page.last("found")).toMatchObject({ text: "ad", failed: true });
  });

  test("works without a line to the server, and has those online when that is back", async () => {
    const { page, asked } = await asking();
    page.socket.says(crowd());
    page.socket.drops(1006);
    await page.does({ kind: "search", text: "e" });
    await asked[0]!.answer(people(hosts(8, "Eva 8")));
    expect(found(page)).toEqual([["Eva 8", "offline"]]);
    await fresh().clock.pass(1_000);
    await page.online();
    await contacts(page, [person(5, "Eva 5")]);
    expect(found(page)).toEqual([["Eva 5", "online"], ["Eva 8", "offline"]]);
  });

  test("that was asked of a line that is lost is asked again on the next one", async () => {
    const { page, asked } = await asking();
    page.socket.says(crowd());
    await page.does({ kind: "search", text: "e" });
    expect(page.socket.of("search")).toHaveLength(1);
    await asked[0]!.answer(people(hosts(8, "Eva 8")));
    page.socket.drops(1006);
    await settled();
    expect(found(page)).toEqual([["Eva 8", "offline"]]);
    await fresh().clock.pass(1_000);
    await page.online();
    expect(page.socket.of("search")).toMatchObject([{ text: "e", next: null }]);
    await contacts(page, [person(5, "Eva 5")]);
    expect(found(page)).toEqual([["Eva 5", "online"], ["Eva 8", "offline"]]);
  });

  test("that the server does not answer tells what the host has found", async () => {
    const { page, asked } = await asking();
    page.socket.says(crowd());
    await page.does({ kind: "search", text: "e" });
    await asked[0]!.answer(people(hosts(8, "Eva 8")));
    expect(page.last("found")).toBeUndefined();
    await fresh().clock.pass(10_000);
    expect(found(page)).toEqual([["Eva 8", "offline"]]);
  });

  test("tells nothing of what was searched for before the page was emptied", async () => {
    const { page, asked } = await asking();
    page.socket.says(roster());
    await page.does({ kind: "search", text: "e" });
    page.socket.drops(4011);
    await settled();
    const told = of(page, "found").length;
    await asked[0]!.answer(people(hosts(8, "Eva 8")));
    expect(of(page, "found")).toHaveLength(told);
  });
});

describe("the host's answer", () => {
  const moodle: Partial<PageConfig> = { peopleUrl: `${URL_}?sesskey=s`, peopleMethod: "block_gchat_people" };

  test("of Moodle is asked for and read in its form", async () => {
    const { page, asked } = await asking(moodle);
    page.socket.says(roster());
    await page.does({ kind: "search", text: "e" });
    expect(asked[0]).toMatchObject({ url: `${URL_}?sesskey=s`, body: [{ index: 0, methodname: "block_gchat_people", args: { text: "e", next: "", user: 0 } }] });
    await contacts(page, []);
    await asked[0]!.answer(json([{ error: false, data: { people: [hosts(8, "Eva")], next: "n" } }]));
    expect(page.last("found")).toMatchObject({ people: [{ id: 8 }], more: true });
    await page.does({ kind: "open", person: { id: 8 } });
    page.socket.says({ type: "error", code: "not_found", message: "…", final: true, conversation: "2-8" });
    await settled();
    expect(asked[1]?.body).toEqual([{ index: 0, methodname: "block_gchat_people", args: { text: "", next: "", user: 8 } }]);
  });

  test.each([
    ["too many questions", () => json({}, 429)],
    ["Moodle's toomany", () => json([{ error: true, exception: { errorcode: "toomany" } }])],
    ["a fault", () => json({}, 500)],
    ["no network", () => new TypeError("failed")],
    ["nonsense", () => json({ people: [{ id: "8" }], next: "" })],
    ["nothing", () => json([])],
  ])("%s is told as failed, with those online", async (_, answer) => {
    const { page, asked, tokens } = await asking();
    page.socket.says(roster(person(5, "Eva")));
    await page.does({ kind: "search", text: "e" });
    await contacts(page, [person(5, "Eva")]);
    await asked[0]!.answer(answer());
    expect(page.last("found")).toMatchObject({ failed: true, people: [{ id: 5 }], more: false });
    expect(tokens()).toBe(1);
  });

  test.each([
    ["401", () => json({}, 401)],
    ["a redirect", () => new Response(null, { status: 303 })],
    ["nochat", () => json([{ error: true, exception: { errorcode: "nochat" } }])],
    ["a session that is over", () => json([{ error: true, exception: { errorcode: "servicerequireslogin" } }])],
  ])("%s makes the core ask whether the login holds, and leads nowhere", async (_, answer) => {
    const { page, asked, tokens } = await asking();
    page.socket.says(roster());
    await page.does({ kind: "search", text: "e" });
    await contacts(page, []);
    await asked[0]!.answer(answer());
    expect(page.last("found")).toMatchObject({ failed: true });
    expect(tokens()).toBe(2);
  });

  test("that does not come is given up", async () => {
    const { page, asked } = await asking();
    page.socket.says(roster());
    await page.does({ kind: "search", text: "e" });
    asked[0]!.init.signal?.addEventListener("abort", () => void asked[0]!.answer(new Error("aborted")));
    await fresh().clock.pass(20_000);
    expect(page.last("found")).toMatchObject({ failed: true });
  });
});

describe("somebody whom the server has never seen", () => {
  const refuse = async (page: Page, code = "not_found"): Promise<void> => {
    page.socket.says({ type: "error", code, message: "…", final: true, conversation: "2-8" });
    await settled();
  };
  const opening = async (known = false): Promise<Awaited<ReturnType<typeof asking>>> => {
    const stage = await asking();
    const eva = { id: 8, name: "Eva", picture: null, profileUrl: null };
    await stage.page.does({ kind: "open", person: known ? eva : { id: 8 } });
    return stage;
  };

  test.each(["not_found", "unknown_recipient"])("is made known by the host where the server says %s, and the window opened again", async (code) => {
    const { page, asked } = await opening();
    await refuse(page, code);
    expect(asked.map(({ body }) => body)).toEqual([{ user: 8 }]);
    expect(page.last("refused")).toBeUndefined();
    await asked[0]!.answer(people(hosts(8, "Eva")));
    expect(page.socket.of("dock")).toMatchObject([{ conversation: "2-8", state: "open" }, { conversation: "2-8", state: "open" }]);
    const contact = { id: 8, name: "Eva", picture: null, profile_url: null, status: "offline" as const };
    page.socket.says({ type: "dock", version: 1, windows: [window({ conversation: "2-8", contact })] });
    await settled();
    expect(page.windows).toMatchObject([{ conversation: "2-8", title: "Eva", state: "open" }]);
    expect(page.last("refused")).toBeUndefined();
  });

  test("who was found is shown at once, and stays while the host is asked, however long that takes", async () => {
    const { page, asked } = await opening(true);
    await refuse(page);
    await page.does({ kind: "minimise", conversation: "2-8" });
    // Another one, which the server does not answer, is given up after a while.
    await page.does({ kind: "open", person: { id: 9 } });
    await fresh().clock.pass(12_000);
    expect(page.windows).toMatchObject([{ title: "Eva", state: "minimised" }]);
    expect(page.socket.of("dock").map(({ conversation }) => conversation)).toEqual(["2-8", "2-9"]);
    await asked[0]!.answer(people(hosts(8, "Eva")));
    expect(page.socket.of("dock").at(-1)).toMatchObject({ state: "minimised" });
  });

  test("is asked for once: a second refusal is told", async () => {
    const { page, asked } = await opening(true);
    await refuse(page);
    await asked[0]!.answer(people(hosts(8, "Eva")));
    await refuse(page);
    expect(page.last("refused")).toMatchObject({ conversation: "2-8", code: "not_found" });
    expect([asked.length, page.windows]).toEqual([1, []]);
    // Whoever asks again is asked for again.
    await page.does({ kind: "open", person: { id: 8 } });
    await refuse(page);
    expect(asked).toHaveLength(2);
  });

  test("is asked for again after a refusal of the host, and after a window that came and went", async () => {
    const { page, asked } = await opening();
    await refuse(page);
    await asked[0]!.answer(people());
    await page.does({ kind: "open", person: { id: 8 } });
    await refuse(page);
    await asked[1]!.answer(people(hosts(8, "Eva")));
    page.socket.says({ type: "dock", version: 1, windows: [window({ conversation: "2-8" })] });
    await page.does({ kind: "close", conversation: "2-8" });
    page.socket.says({ type: "dock", version: 2, windows: [] });
    await page.does({ kind: "open", person: { id: 8 } });
    await refuse(page);
    expect(asked).toHaveLength(3);
  });

  test.each([
    ["nobody", () => people(), "not_found_here"],
    ["somebody else", () => people(hosts(9, "Eve")), "not_found_here"],
    ["that it was asked too often", () => json({}, 429), "rate_limited"],
    ["nothing", () => new TypeError("failed"), "host_unavailable"],
  ])("stays unknown where the host answers %s, and the page is told why", async (_, answer, code) => {
    const { page, asked } = await opening(true);
    await refuse(page);
    await asked[0]!.answer(answer());
    expect(page.last("refused")).toMatchObject({ conversation: "2-8", code });
    expect(page.windows).toEqual([]);
    expect(page.socket.of("dock")).toHaveLength(1);
  });

  test("is nobody's wish any more when the window was closed meanwhile", async () => {
    const { page, asked } = await opening(true);
    await refuse(page);
    await page.does({ kind: "close", conversation: "2-8" });
    await asked[0]!.answer(people());
    expect(page.last("refused")).toBeUndefined();
    expect([page.windows, page.socket.of("dock").length]).toEqual([[], 1]);
  });

  test("gets what was written to them before they were known", async () => {
    const { page, asked } = await opening(true);
    await page.does({ kind: "send", conversation: "2-8", text: "hello" });
    await refuse(page);
    const [first] = page.socket.of("send");
    page.socket.says({ ...refusal(first!.client_message_id, "unknown_recipient"), conversation: "2-8" });
    await settled();
    await asked[0]!.answer(people(hosts(8, "Eva")));
    expect(page.socket.of("send").map(({ text }) => text)).toEqual(["hello", "hello"]);
    emptyHistory(page.socket);
    await settled();
    expect(page.talk("2-8")?.messages).toMatchObject([{ text: "hello", delivery: "sending" }]);
  });

  test("is refused as before where there is no host to ask", async () => {
    const { page, asked } = await asking({});
    await page.does({ kind: "open", person: { id: 8 } });
    await refuse(page);
    expect(page.last("refused")).toMatchObject({ code: "not_found" });
    expect(asked).toEqual([]);
  });
});
