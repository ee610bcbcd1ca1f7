// @vitest-environment jsdom
import { expect, test } from "vitest";
import { coverPage, holdFocus } from "../../src/elements/cover.js";
import { fragment } from "./stage.js";

test("a covered page is inert and still, but for the dock, and afterwards as it was", () => {
  document.body.replaceChildren(fragment('<nav></nav><div id="page"><main></main><aside></aside></div><footer></footer>'));
  const dock = document.createElement("div");
  document.querySelector("#page")?.append(dock);
  document.querySelector("aside")!.inert = true;
  document.documentElement.style.overflow = "clip";
  const inert = () => [...document.querySelectorAll<HTMLElement>("*")].filter((at) => at.inert).map((at) => at.localName);
  const uncover = coverPage(dock);
  expect(inert()).toEqual(["nav", "main", "aside", "footer"]);
  expect(document.documentElement.style.overflow).toBe("hidden");
  uncover();
  expect(inert()).toEqual(["aside"]);
  expect(document.documentElement.style.overflow).toBe("clip");
});

test("over a drawer that keeps the focus to itself the dock has its own, below a modal it has not", () => {
  document.body.replaceChildren(fragment('<div id="dock"><button></button></div>'));
  const dock = document.querySelector<HTMLElement>("#dock")!;
  const root = dock.attachShadow({ mode: "open" });
  root.append(fragment("<button></button>"));
  let caught = 0;
  document.addEventListener("focus", () => (caught += 1), true);
  const stop = holdFocus(dock);
  const focus = () => {
    root.querySelector("button")?.dispatchEvent(new FocusEvent("focus", { composed: true }));
    return caught;
  };
  expect(focus()).toBe(1);
  dock.toggleAttribute("aside", true);
  expect(focus()).toBe(1);
  document.body.classList.add("modal-open");
  expect(focus()).toBe(2);
  document.body.classList.remove("modal-open");
  stop();
  expect(focus()).toBe(3);
});
