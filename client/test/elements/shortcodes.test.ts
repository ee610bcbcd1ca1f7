import { expect, test } from "vitest";
import { shortcodeAsked, shortcodeEnded } from "../../src/elements/shortcodes.js";

const asked = (text: string): string | null => shortcodeAsked(text, text.length)?.query ?? null;
const ended = (text: string): string | null => shortcodeEnded(text, text.length)?.code ?? null;

test("a colon and two letters are a shortcode that is being typed", () => {
  for (const [text, query] of [[":ta", "ta"], ["Hi :tada", "tada"], ["(:ta", "ta"], ["🎉:ta", "ta"], ["a\n:fe", "fe"], [":+1", "+1"], [":coração", "coração"], ["很好:ta", "ta"], [":thumbs_up", "thumbs_up"]] as const) {
    expect(asked(text), text).toBe(query);
  }
  expect(shortcodeAsked("Hi :tada you", 6)).toEqual({ from: 3, query: "ta" });
});

test("smileys, times, addresses and code are what they are", () => {
  const not = ["", ":", ":t", ":)", ":-)", ":-D", ":D", ":P", ":/", "10:30", "at 10:30 or", "https://", "https://ex", "http:ab", "a:bc", "::ab", "x_:ab", ": ab", ":ab c", "`:ab", "C:ab", `:${"a".repeat(41)}`];
  for (const text of not) expect(asked(text), text).toBeNull();
  expect(asked("`code` :ta")).toBe("ta");
});

test("the second colon ends one", () => {
  for (const [text, code] of [[":tada:", "tada"], ["Well :+1:", "+1"], [":TADA:", "tada"], ["(:tada:", "tada"], [":-1:", "-1"]] as const) expect(ended(text), text).toBe(code);
  for (const text of ["::", ":", "", "10:30:", "a:b:", ":a b:", ":tada: ", "`:tada:", "x:tada:", "https://x:80:"]) expect(ended(text), text).toBeNull();
  expect(shortcodeEnded("Well :tada: yes", 11)).toEqual({ from: 5, code: "tada" });
});
