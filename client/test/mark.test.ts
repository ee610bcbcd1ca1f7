import { describe, expect, test } from "vitest";
import { readMark } from "../src/mark.js";
import { sessionShelf } from "../src/net/token.js";
import { openVault } from "../src/keep/vault.js";
import { config, crypto, OTHER_MARK, settled, TabStorage } from "./stage.js";

const { sid } = config;
const A = "AAAAAAAAAAAAAAAAAAAAAA";
const B = "BBBBBBBBBBBBBBBBBBBBBB";
const WHOLE = `gchat_life=${sid}.${A}; gchat_browser=${sid}.${B}`;
const read = (cookies: string): string | null => readMark(config, cookies);

describe("the mark", () => {
  test("is there with both halves of this login, whatever else there is", () => {
    expect(read(`other=1; gchat_life=${sid}.${A}; gchat_browser=${sid}.${B}; x`)).toBe(`${A}.${B}`);
  });

  test("is there after a logout of another login", () => {
    expect(read(`${WHOLE}; gchat_over=another`)).toBe(`${A}.${B}`);
  });

  test("of a site within a site is found among cookies by the same name", () => {
    expect(read(`gchat_life=another.${B}; gchat_life=${sid}.${A}; gchat_browser=${sid}.${B}`)).toBe(`${A}.${B}`);
  });

  test.each([
    ["no cookie at all", ""],
    ["no half that ends with the browser", `gchat_life=${sid}.${A}`],
    ["no half that ends with the login's time", `gchat_browser=${sid}.${A}`],
    ["another login's", `gchat_life=another.${A}; gchat_browser=another.${B}`],
    ["one half of another login's", `gchat_life=${sid}.${A}; gchat_browser=another.${B}`],
    ["too few random bytes", `gchat_life=${sid}.short; gchat_browser=${sid}.${B}`],
    ["a logout of this login, though an answer has set both halves again", `${WHOLE}; gchat_over=${sid}`],
    ["another name", `notgchat_life=${sid}.${A}; notgchat_browser=${sid}.${B}`],
  ])("is missing with %s", (_, cookies) => {
    expect(read(cookies)).toBeNull();
  });
});

describe("what is sealed", () => {
  const records = async (over: Partial<typeof config>, purpose = "copy") => openVault({ ...config, ...over }, purpose, crypto);

  test("opens with the same mark, salt and purpose only", async () => {
    const sealed = await (await records({}))!.seal("a", "text");
    expect(await (await records({}))!.open("a", sealed)).toBe("text");
    const others = [
      records({ mark: OTHER_MARK }),
      records({ mark: config.mark!.replace("s", "S") }),
      records({ salt: config.salt.replace("A", "B") }),
      records({}, "another"),
    ];
    for (const other of others) expect(await (await other)!.open("a", sealed)).toBeUndefined();
    expect(await (await records({}))!.open("b", sealed)).toBeUndefined();
  });

  test("needs a mark, a salt and a secure context", async () => {
    expect(await records({ mark: null })).toBeUndefined();
    expect(await records({ salt: "short" })).toBeUndefined();
    expect(await openVault(config, "copy", { getRandomValues: crypto.getRandomValues.bind(crypto) })).toBeUndefined();
  });
});

describe("the tab's token", () => {
  const tab = () => new TabStorage();
  const shelf = async ({ storage }: TabStorage, over: Partial<typeof config> = {}, cipher: Parameters<typeof sessionShelf>[2] = crypto) => {
    const opened = sessionShelf({ ...config, ...over }, () => storage, cipher);
    await opened.ready;
    return opened;
  };

  test("is there for the tab's next page, unreadable where it lies", async () => {
    const one = tab();
    (await shelf(one)).keep("a token");
    await settled();
    expect([...one.items]).toHaveLength(1);
    expect(atob([...one.items.values()][0]!)).not.toContain("token");
    expect((await shelf(one)).load()).toBe("a token");
  });

  test.each([
    ["without the mark", { mark: null }],
    ["with another login's mark", { mark: OTHER_MARK }],
  ])("%s cannot be read, as in a tab that was duplicated before the logout", async (_, over) => {
    const one = tab();
    (await shelf(one)).keep("a token");
    await settled();
    expect((await shelf(one, over)).load()).toBeNull();
  });

  test("of another login is erased", async () => {
    const one = tab();
    (await shelf(one)).keep("a token");
    await settled();
    await shelf(one, { sid: "cccccccccccc" });
    expect(one.items.size).toBe(0);
  });

  test("that is forgotten while it is being sealed stays forgotten", async () => {
    const one = tab();
    const opened = await shelf(one);
    opened.keep("a token");
    opened.keep(null);
    await settled();
    expect(one.items.size).toBe(0);
    expect(opened.load()).toBeNull();
  });

  test("lives as long as the page where nothing can be sealed", async () => {
    const one = tab();
    const plain = { getRandomValues: crypto.getRandomValues.bind(crypto) };
    const opened = await shelf(one, {}, plain);
    opened.keep("a token");
    await settled();
    expect(opened.load()).toBe("a token");
    expect(one.items.size).toBe(0);
  });

  test("needs no storage", async () => {
    const blocked = (): Storage => {
      throw new DOMException("blocked", "SecurityError");
    };
    const opened = sessionShelf(config, blocked, crypto);
    await opened.ready;
    opened.keep("a token");
    await settled();
    expect(opened.load()).toBe("a token");
  });
});
