// The windows stay while one walks through Moodle, over reloads, and in every tab; and where no block is, a launcher is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, gone, seen } from "../../expect.mjs";
import { scene } from "../scene.mjs";
import { offered } from "../places.mjs";

const it = scene();

/** Ana and Bruno, with a window between them that has a message of each. */
async function talking() {
  const path = it.campus.algebra.path;
  const ana = await it.people.arrive("ana", { path });
  const bruno = await it.people.arrive("bruno", { path });
  const mine = await ana.screen.open(bruno.name);
  await mine.say("Before the walk");
  const his = bruno.screen.chat(ana.name);
  await his.button("Restore").click();
  await his.say("I walk too");
  await seen(mine.message("I walk too"), "the answer");
  return { ana, bruno, mine, his };
}

test("windows, texts and drafts stay from page to page", async () => {
  const { ana, bruno, mine, his } = await talking();
  await mine.box.fill("A draft, half wri");
  const { algebra, users } = it.campus;
  const walk = [
    `/mod/page/view.php?id=${algebra.modules.page}`,
    `/mod/forum/view.php?id=${algebra.modules.forum}`,
    `/user/index.php?id=${algebra.id}`,
    `/user/profile.php?id=${users.bruno}`,
    "/my/",
    "/my/courses.php",
    "/calendar/view.php?view=month",
    algebra.path,
  ];
  for (const path of walk) {
    await ana.go(path);
    await seen(mine.message("I walk too"), `the messages on ${path}`);
    await becomes(() => mine.box.inputValue(), "A draft, half wri", `the draft on ${path}`);
    assert.equal(await mine.message("Before the walk").count(), 1, `once on ${path}`);
  }
  await mine.box.press("End");
  await mine.box.pressSequentially("tten");
  await mine.box.press("Enter");
  await seen(his.message("A draft, half written"), "the finished draft at Bruno's");
  await ana.page.reload();
  await seen(mine.message("A draft, half written"), "after loading again");
  assert.deepEqual(await mine.texts(), ["Before the walk", "I walk too", "A draft, half written"]);
  await seen(ana.screen.person(bruno.name), "and Bruno in the list");
});

test("a second tab shows the same windows, and closing in one closes in both", async () => {
  const { ana, mine } = await talking();
  const tab = await ana.tab("/my/");
  const there = ana.on(tab).chat(mine.name);
  await seen(there.message("I walk too"), "the messages in the second tab");
  await there.button("Minimise").click();
  await seen(mine.button("Restore"), "minimised in the first tab too");
  await mine.button("Restore").click();
  await seen(there.box, "restored in the second tab too");
  await there.say("From the second tab");
  await seen(mine.message("From the second tab"), "in the first");
  await mine.button("Close").click();
  await gone(there.window, "the window in the second tab");
});

test("on a page without the block the launcher has the list", async () => {
  const forum = `/mod/forum/view.php?id=${it.campus.algebra.modules.forum}`;
  const ana = await it.people.arrive("ana", { path: forum });
  const bruno = await it.people.arrive("bruno", { path: forum });
  assert.equal(await ana.screen.block.count(), 0, "no block here");
  await ana.screen.launcher.click();
  await ana.screen.launched(bruno.name).click();
  const mine = ana.screen.chat(bruno.name);
  await mine.say("By the launcher");
  await seen(bruno.screen.chat(ana.name).button("Restore"), "a window at Bruno's");
});

test("with 'every page' off the chat is only where the block is", async () => {
  const { algebra } = it.campus;
  await it.site.deeds(["config", "everypage", 0, "block_gchat"]);
  try {
    const ana = await it.people.arrive("ana", { path: algebra.path });
    const bruno = await it.people.arrive("bruno", { path: algebra.path });
    await ana.screen.open(bruno.name);
    assert.equal(await offered(ana.page), true, "on the course page, which has the block");
    await ana.go(`/mod/forum/view.php?id=${algebra.modules.forum}`);
    assert.equal(await offered(ana.page), false, "on the forum, which has not");
    await ana.go("/my/");
    assert.equal(await offered(ana.page), true, "on the dashboard, which has the block");
    await seen(ana.screen.chat(bruno.name).box, "with the window of before");
  } finally {
    await it.site.deeds(["config", "everypage", 1, "block_gchat"]);
  }
});

test("the container is what the setting says", async () => {
  const inside = () => document.querySelector("#page gchat-dock") !== null;
  const ana = await it.people.arrive("ana", { path: it.campus.algebra.path });
  await seen(ana.screen.block, "the block");
  await becomes(() => ana.page.evaluate(inside), false, "in the body at first");
  await it.site.deeds(["config", "container", "#page", "block_gchat"]);
  try {
    await ana.page.reload();
    await seen(ana.screen.block, "the block");
    await becomes(() => ana.page.evaluate(inside), true, "in #page when it is said so");
    const bruno = await it.people.arrive("bruno", { path: it.campus.algebra.path });
    await (await ana.screen.open(bruno.name)).say("In the page");
  } finally {
    await it.site.deeds(["config", "container", "body", "block_gchat"]);
  }
});
