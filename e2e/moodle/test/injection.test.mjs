// Names, titles and messages with scripts in them are shown as they are, and nothing of them runs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seen } from "../../expect.mjs";
import { NAMES } from "../campus.mjs";
import { scene } from "../scene.mjs";

const it = scene();
const SCRIPT = "<img src=x onerror=alert(1)>";
const PAYLOADS = [
  "<script>window.pwned = 1; alert(1)</script>",
  SCRIPT,
  "</textarea></p></style></script><b onclick=alert(1)>bold</b>",
  "javascript:alert(document.domain)",
  "https://example.org/\"onmouseover=\"alert(1)",
  "{{#js}}alert(1){{/js}} {{{x}}} ${alert(1)} [[block_gchat]]",
  "<span lang=\"en\" class=\"multilang\">a</span> $$\\href{javascript:alert(1)}{x}$$ :-)",
];

test("a name with a script is text in block, window, launcher and title", async () => {
  const { algebra, users } = it.campus;
  await it.site.deeds(["lastname", users.frank, SCRIPT]);
  const frank = await it.people.arrive("frank", { path: algebra.path });
  frank.name = `${NAMES.frank.split(" {{")[0]} ${SCRIPT}`;
  const ana = await it.people.arrive("ana", { path: algebra.path });
  await seen(ana.screen.person(frank.name), "Frank's whole name in the list");
  const mine = await ana.screen.open(frank.name);
  for (const payload of PAYLOADS) await mine.say(payload);
  const his = frank.screen.chat(ana.name);
  await his.button("Restore").click();
  await seen(his.message(PAYLOADS.at(-1)), "the last message");
  await his.say("<b>Back</b>");
  await seen(mine.message("<b>Back</b>"), "the answer");
  // Moodle's filters run over pages as they are made, and some over what comes later.
  await ana.page.reload();
  await seen(mine.message("<b>Back</b>"), "after loading again");
  const texts = await mine.log.locator(".bubble").evaluateAll((bubbles) => bubbles.map((one) => one.textContent));
  assert.deepEqual(texts, [...PAYLOADS, "<b>Back</b>"]);
  for (const page of [ana.page, frank.page]) assert.equal(await page.evaluate(() => "pwned" in window), false);
  // Moodle trusts the names in its database, and prints one's own as it is at the top of one's own pages.
  assert.ok((await frank.session.text(algebra.path)).includes(SCRIPT), "the script in Frank's menu is Moodle's");
  assert.deepEqual(new Set(frank.wrongs.splice(0)), new Set(["a dialog: 1"]));
});
