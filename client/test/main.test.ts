// @vitest-environment jsdom
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { containerFor as ContainerFor, readPage as ReadPage } from "../src/main.js";
import { config } from "./stage.js";

vi.mock("../src/elements/index.js", () => ({ mount: () => undefined }));
let readPage: typeof ReadPage;
let containerFor: typeof ContainerFor;
beforeAll(async () => {
  ({ readPage, containerFor } = await import("../src/main.js"));
});
afterEach(() => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

const base = "https://moodle.example/course/view.php?id=7";
function script(over: Record<string, string | null> = {}): HTMLElement {
  const element = document.createElement("script");
  const attributes: Record<string, string | null> = {
    server: "/gchat/",
    site: config.site,
    user: "2",
    sid: config.sid,
    "token-url": "/token",
    mark: config.markName,
    salt: config.salt,
    lang: "en",
    ...over,
  };
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(`data-${name}`, value);
  return element;
}

describe("the page's script tag", () => {
  test("is read, its addresses made absolute", () => {
    expect(readPage(script(), base)).toEqual({ ...config, mark: null, tokenBody: null, tokenIdle: null, peopleUrl: null, peopleMethod: null });
  });

  test("may name where people are found, and Moodle's function for it", () => {
    expect(readPage(script({ "people-url": "/people" }), base)).toMatchObject({ peopleUrl: "https://moodle.example/people", peopleMethod: null });
    expect(readPage(script({ "people-url": "/people", "people-method": "block_gchat_people" }), base).peopleMethod).toBe("block_gchat_people");
  });

  test("may name what to send for a token", () => {
    const given = { "token-body": '[{"index":0}]', "token-idle": "nosessionupdate=true" };
    expect(readPage(script(given), base)).toMatchObject({ tokenBody: '[{"index":0}]', tokenIdle: "nosessionupdate=true" });
  });

  test("needs no language", () => {
    expect(readPage(script({ lang: null }), base).lang).toBe("en");
  });

  test.each([
    ["site", null, "data-site is missing"],
    ["server", "/gchat", "data-server must end in a slash"],
    ["server", "javascript:alert(1)//", "data-server is not an http(s) URL"],
    ["user", "0", "data-user"],
    ["user", "two", "data-user"],
    ["mark", "two words", "data-mark"],
    ["salt", "short", "data-salt"],
    ["token-idle", "&nosessionupdate=true", "data-token-idle is not name=value"],
    ["token-url", "https://elsewhere.example/token", "data-token-url must be of the page's own origin"],
    ["people-url", "https://elsewhere.example/people", "data-people-url must be of the page's own origin"],
    ["people-url", "", "data-people-url is missing"],
  ])("with data-%s = %s tells what to mend", (name, value, problem) => {
    expect(() => readPage(script({ [name]: value }), base)).toThrow(problem);
  });
});

describe("the container", () => {
  test("is what the page names, and the body if it names none", () => {
    const warn = vi.spyOn(console, "warn");
    const page = document.createElement("div");
    page.id = "page";
    document.body.append(page);
    expect(containerFor(script({ container: "#page" }))).toBe(page);
    expect(containerFor(script())).toBe(document.body);
    expect(warn).not.toHaveBeenCalled();
  });

  test("is the body, with one warning, where nothing on the page matches", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    expect(containerFor(script({ container: "#page" }))).toBe(document.body);
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("nothing on the page matches #page"));
  });
});
