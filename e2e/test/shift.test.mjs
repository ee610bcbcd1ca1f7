// What a page shows stays where it is while the chat comes: layout shift as browsers count it (CLS; below 0.1 is "good").
import { test } from "node:test";
import { seen } from "../expect.mjs";
import { scene } from "../scene.mjs";
import { counting, still } from "../shift.mjs";

const it = scene({ classmates: 6 });

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
      // On a phone nothing covers a page that loads.
      await seen(kind === "a phone" ? ana.screen.launcher : chat.window, "the chat");
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
