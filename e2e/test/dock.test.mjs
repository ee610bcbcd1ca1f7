// Where the dock's parts are: on the page, beside one another, and where they were.
import assert from "node:assert/strict";
import { test } from "node:test";
import { atRest, becomes, focused, seen } from "../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene({ classmates: 14 });

/** Opens windows with so many classmates, by the launcher. */
async function crowd(page, count) {
  const launcher = page.getByRole("button", { name: /^Global Chat/ });
  const people = page.getByRole("dialog", { name: "Global Chat" }).getByRole("button", { name: /, online$/ });
  await launcher.click();
  await becomes(async () => (await people.count()) >= count, true, "people in the list");
  const names = await people.evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
  await page.keyboard.press("Escape");
  for (const name of names.slice(0, count)) {
    await launcher.click();
    await page.getByRole("dialog", { name: "Global Chat" }).getByRole("button", { name, exact: true }).click();
    await seen(page.getByRole("textbox", { name: `Message to ${name.replace(/, online$/, "")}`, exact: true }), "its textbox");
  }
}

const windows = (page) => page.getByRole("region", { name: /^Chat with / });
const overlap = (one, other) =>
  one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;

for (const [kind, path, width] of [["", "/demo/algebra", 1024], [" from right to left", "/demo/algebra?dir=rtl", 1024], [" in little room", "/demo/algebra", 640]]) {
  test(`all of the dock is on the page, and nothing lies over a window${kind}`, async () => {
    const ana = await it.people.arrive("ana", { path, viewport: { width, height: 800 } });
    const { page } = ana;
    const inside = async (locator, what) => {
      await atRest(page);
      const box = await locator.boundingBox();
      assert.ok(box.x >= 0 && box.x + box.width <= width && box.y >= 0, `${what}: ${JSON.stringify(box)}`);
      return box;
    };
    await crowd(page, 5);
    const more = page.getByRole("button", { name: /^\d more chats?/ });
    await more.click();
    const menu = page.getByRole("list", { name: "Chats" });
    await inside(menu, "the menu of the windows that do not fit");
    const hidden = await menu.getByRole("button").count();
    assert.equal(hidden + (await windows(page).count()), 5, "every window is in the row or in the menu");
    for (const one of await windows(page).all()) assert.ok((await inside(one, "a window")).width >= 260, "not too narrow");
    await page.keyboard.press("Escape");
    await focused(more, "the focus is back on the button");

    await page.getByRole("button", { name: /^Global Chat/ }).click();
    const panel = await inside(page.getByRole("dialog", { name: "Global Chat" }), "the list of people");
    for (const one of await windows(page).all()) {
      assert.ok(!overlap(panel, await inside(one, "a window beside the list")), "the list lies over no window");
    }
    await page.keyboard.press("Escape");
    await atRest(page);
    assert.equal((await windows(page).count()) + hidden, 5, "as before");
  });
}

test("the search field stays where it is while one types", async () => {
  const ana = await it.people.arrive("ana");
  const { page } = ana;
  await becomes(async () => (await ana.screen.list.getByRole("button").count()) > 8, true, "a long list");
  await page.getByRole("button", { name: /^Global Chat/ }).click();
  const field = page.getByRole("dialog", { name: "Global Chat" }).getByRole("searchbox");
  await atRest(page);
  const where = await field.boundingBox();
  for (const text of ["a", "nobody is called this", "bruno", ""]) {
    await field.fill(text);
    await atRest(page);
    assert.deepEqual(await field.boundingBox(), where, `typed "${text}"`);
  }
});

test("minimising windows makes no hidden one pop up", async () => {
  const ana = await it.people.arrive("ana", { viewport: { width: 1024, height: 800 } });
  const { page } = ana;
  await crowd(page, 4);
  const names = await windows(page).evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")).sort());
  assert.equal(names.length, 3);
  for (let bars = 1; bars <= 3; bars++) {
    await page.getByRole("button", { name: /^Minimise chat/ }).first().click();
    await becomes(() => page.getByRole("button", { name: /^Restore chat/ }).count(), bars, "one bar more");
  }
  assert.deepEqual(await windows(page).evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")).sort()), names);
  await page.getByRole("button", { name: "1 more chat" }).click();
  await page.getByRole("list", { name: "Chats" }).getByRole("button").click();
  await becomes(() => page.getByRole("textbox", { name: /^Message to/ }).count(), 1, "the one that was asked for");
  await seen(page.getByRole("textbox", { name: /^Message to/ }), "its textbox");
});
