// What a page shows stays where it is while the chat comes: layout shift as browsers count it (CLS; below 0.1 is "good").
import assert from "node:assert/strict";
import { test } from "node:test";
import { atRest, becomes, seen, settled } from "../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene({ classmates: 6 });
const MOST = 0.02;

/** Counts the shifts of every page of a person from its first frame on, with what moved. */
async function counting(person) {
  await person.context.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries()) {
        if (hadRecentInput) continue;
        const box = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
        const moved = sources.map(({ node, previousRect, currentRect }) => `${node?.localName ?? node?.nodeName} ${node?.className ?? ""}: ${box(previousRect)} -> ${box(currentRect)}`);
        window.shifts.push({ value, moved });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

async function still(page, what) {
  await settled(page);
  await atRest(page);
  const shifts = await page.evaluate(() => window.shifts);
  const sum = shifts.reduce((total, { value }) => total + value, 0);
  assert.ok(sum <= MOST, `${what}: ${sum.toFixed(3)}\n${JSON.stringify(shifts, null, 1)}`);
}

for (const [kind, options] of [["a desktop", {}], ["a phone", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }]]) {
  test(`nothing moves when the chat comes: ${kind}`, async () => {
    const ana = await it.people.arrive("ana", options);
    await it.people.arrive("bruno");
    await it.people.arrive("carla");
    await seen(ana.screen.person("Bruno Silva"), "Bruno in the list");
    await counting(ana);
    await ana.go("/demo/algebra/forum");
    await seen(ana.screen.person("Bruno Silva"), "the list");
    await still(ana.page, "without windows");
    const chat = await ana.screen.open("Bruno Silva");
    await chat.say("Hello");
    if (kind === "a desktop") await (await ana.screen.open("Carla Nunes")).say("Hello to you");
    for (const path of ["/demo/algebra", "/demo/algebra/forum"]) {
      await ana.go(path);
      await seen(chat.window, "the window");
      await seen(ana.screen.person("Bruno Silva"), "the list");
      await still(ana.page, `with windows, ${path}`);
    }
    const fresh = await it.people.arrive("carla", { ...options, path: "/" });
    await counting(fresh);
    await fresh.go("/demo/algebra");
    await seen(fresh.screen.person("Bruno Silva"), "the list, where the browser knew nobody");
    await still(fresh.page, "the first page");
  });
}
