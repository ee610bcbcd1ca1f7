// The chat moves nothing on Moodle's pages, and its windows fit beside Moodle's drawers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { atRest, becomes, seen, settled } from "../../expect.mjs";
import { counting, still } from "../../shift.mjs";
import { quiet } from "../quiet.mjs";
import { scene } from "../scene.mjs";

const it = scene();
/** Moodle's drawers, which its own script slides to and fro while a page loads, and the page between them. */
const DRAWERS = /^div drawers? /;

/** Whether drawers of blocks and of the course's index are open, as Moodle keeps it for a person. */
async function drawers(page, open) {
  for (const [drawer, toggler] of [["#theme_boost-drawers-courseindex", ".drawer-left-toggle"], ["#theme_boost-drawers-blocks", ".drawer-right-toggle"]]) {
    const shown = () => page.locator(drawer).evaluate((one) => one.classList.contains("show"));
    const button = open ? page.locator(`${toggler} button`).first() : page.locator(`${drawer} button[data-action="closedrawer"]`).first();
    // Moodle's script may not be listening yet: pressed until it is.
    await becomes(
      async () => {
        if ((await shown()) !== open) await button.evaluate((one) => one.click());
        await atRest(page);
        return shown();
      },
      open,
      `${drawer} is open`,
    );
    // Moodle moves the focus only a while later, which would close the list of people, and stores what was chosen.
    await quiet(page);
  }
}

test("nothing moves on a course's page when the chat comes, with and without windows", async () => {
  const { path } = it.campus.algebra;
  const bruno = await it.people.arrive("bruno", { path });
  const carla = await it.people.arrive("carla", { path });
  const ana = await it.people.arrive("ana", { path });
  await drawers(ana.page, true);
  await seen(ana.screen.person(bruno.name), "Bruno in the list");
  await counting(ana);
  await ana.go(path);
  await seen(ana.screen.person(carla.name), "the list");
  await still(ana.page, "without windows", DRAWERS);
  for (const other of [bruno, carla]) await (await ana.screen.open(other.name)).say("Hello");
  // Not the dashboard: Moodle's own calendar and timeline move there (0.05).
  for (const page of [path, `/mod/forum/view.php?id=${it.campus.algebra.modules.forum}`]) {
    await ana.go(page);
    await seen(ana.screen.chat(carla.name).window, "the window");
    await still(ana.page, `with windows, ${page}`, DRAWERS);
  }
});

for (const [width, open, least] of [[1400, true, 2], [1400, false, 3], [1024, true, 1], [1024, false, 3]]) {
  test(`at ${width} px with Moodle's drawers ${open ? "open" : "closed"} at least ${least} windows fit, and lie over neither`, async () => {
    const { path } = it.campus.algebra;
    for (const slug of ["bruno", "carla", "eva"]) await it.people.arrive(slug, { path });
    const ana = await it.people.arrive("ana", { path, viewport: { width, height: 800 } });
    const { page } = ana;
    await drawers(page, false);
    const people = page.getByRole("dialog", { name: "Global Chat" }).getByRole("button", { name: /, online$/ });
    for (let n = 0; n < 3; n++) {
      await ana.screen.launcher.click();
      await becomes(() => people.count(), 3, "three people");
      await people.nth(n).click();
      await becomes(() => people.count(), 0, "the list closes");
      await seen(page.getByRole("textbox", { name: /^Message to/ }).first(), "a window");
    }
    await drawers(page, open);
    await atRest(page);
    const windows = await page.getByRole("region", { name: /^Chat with / }).all();
    assert.ok(windows.length >= least, `${windows.length} windows`);
    for (const one of [...windows, ana.screen.launcher]) {
      const box = await one.boundingBox();
      for (const drawer of await page.locator(".drawer.show").all()) {
        const side = await drawer.boundingBox();
        const beside = box.x + box.width <= side.x + 1 || box.x >= side.x + side.width - 1;
        assert.ok(beside, `${JSON.stringify(box)} beside ${JSON.stringify(side)}`);
      }
    }
  });
}

test("whoever has never opened the drawer of blocks is shown once who is online, and gets into nothing that is hidden", async () => {
  const { path } = it.campus.algebra;
  await it.site.deeds(["execute", `DELETE FROM {user_preferences} WHERE name = 'drawer-open-block' AND userid = ${it.campus.users.carla}`]);
  const ana = await it.people.arrive("ana", { path });
  const carla = await it.people.arrive("carla", { path });
  await seen(carla.screen.launched(ana.name), "Ana, without a click");
  assert.equal(await carla.screen.person(ana.name).isVisible(), false, "the list in the closed drawer");
  assert.equal(await carla.page.evaluate(() => document.activeElement === document.body), true, "the focus stays where it was");
  await settled(carla.page);
  await carla.go(path);
  await seen(carla.page.getByRole("button", { name: /^Global Chat, 1 online/ }), "the launcher");
  await atRest(carla.page);
  assert.equal(await carla.screen.launched(ana.name).isVisible(), false, "the second time");
});
