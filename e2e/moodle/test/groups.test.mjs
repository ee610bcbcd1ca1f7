// Separate groups do not see each other; whoever may access all groups sees all of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gone, seen } from "../../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();

test("groups see themselves and the teacher, the teacher sees all", async () => {
  const { path, id } = it.campus.chemistry;
  const [jorge, gil, hana, ines] = await Promise.all(["jorge", "gil", "hana", "ines"].map((slug) => it.people.arrive(slug, { path })));
  const sees = [
    [jorge, [gil, hana, ines]],
    [gil, [jorge, hana]],
    [hana, [jorge, gil]],
    [ines, [jorge]],
  ];
  for (const [viewer, others] of sees) {
    for (const other of others) await seen(viewer.screen.person(other.name), `${viewer.name} sees ${other.name}`);
    assert.equal(await viewer.screen.list.getByRole("button").count(), others.length, `${viewer.name} sees nobody else`);
  }
  const his = await jorge.screen.open(ines.name);
  await his.say("How far is the blue group?");
  const hers = ines.screen.chat(jorge.name);
  await hers.button("Restore").click();
  await hers.say("Done!");
  await seen(his.message("Done!"), "the answer");

  // When the course has no separate groups any more, everybody sees everybody.
  await it.site.deeds(["group_mode", id, 0]);
  await seen(gil.screen.person(ines.name), "Gil sees Inês");
  await seen(ines.screen.person(hana.name), "Inês sees Hana");
  await it.site.deeds(["group_mode", id, 1]);
  await gone(gil.screen.person(ines.name), "Inês in Gil's list");
  await seen(gil.screen.person(hana.name), "Gil still sees Hana");
});

test("somebody in no group sees the teacher only", async () => {
  const { chemistry, users } = it.campus;
  await it.site.deeds(["leave", chemistry.groups.red, users.gil], ["leave", chemistry.groups.blue, users.ines]);
  const [jorge, gil, ines] = await Promise.all(["jorge", "gil", "ines"].map((slug) => it.people.arrive(slug, { path: chemistry.path })));
  for (const one of [gil, ines]) {
    await seen(jorge.screen.person(one.name), `the teacher sees ${one.name}`);
    await seen(one.screen.person(jorge.name), `${one.name} sees the teacher`);
    assert.equal(await one.screen.list.getByRole("button").count(), 1, `${one.name} sees nobody else`);
  }
});
