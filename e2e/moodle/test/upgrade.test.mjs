// A site that has the abandoned plugin of this name gets this one over it, and one that wants to be rid of it is.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { seen } from "../../expect.mjs";
import { connect } from "../connect.mjs";
import { scene } from "../scene.mjs";

const it = scene();
const TABLES = ["block_gchat_users", "block_gchat_sessions", "block_gchat_user_sessions", "block_gchat_messages"];

after(() => it.site.seed({ everywhere: true }));

test("uninstalling leaves nothing, and the abandoned plugin is replaced by this one", async () => {
  await it.site.php(["admin/cli/uninstall_plugins.php", "--plugins=block_gchat", "--run"]);
  const [{ result: config }, { result: left }, { result: tasks }, { result: blocks }] = await it.site.deeds(
    ["read_config", "block_gchat"],
    ["tables", "block_gchat"],
    ["rows", "SELECT id, classname FROM {task_scheduled} WHERE component = 'block_gchat' UNION SELECT id, classname FROM {task_adhoc} WHERE component = 'block_gchat'"],
    ["rows", "SELECT id, blockname FROM {block_instances} WHERE blockname = 'gchat'"],
  );
  assert.deepEqual([Object.keys(config), left, tasks, blocks], [[], [], [], []]);

  // The abandoned plugin, as such a site has it.
  it.site.oldPlugin();
  await it.site.upgrade();
  const [{ result: old }, { result: tables }] = await it.site.deeds(["read_config", "block_gchat"], ["tables", "block_gchat"]);
  assert.equal(old.version, "2012091300");
  assert.deepEqual(tables.sort(), [...TABLES].sort());
  const spec = { courses: [{ shortname: `Old ${process.pid}`, members: ["ana", "bruno"].map((slug) => ({ user: it.campus.login(slug) })) }] };
  const { courses } = await it.site.seed(spec);
  const path = `/course/view.php?id=${Object.values(courses)[0].id}`;

  await it.site.unzip();
  await it.site.upgrade();
  await it.site.warm();
  const [{ result: now }, { result: both }] = await it.site.deeds(["read_config", "block_gchat"], ["tables", "block_gchat"]);
  assert.ok(Number(now.version) > 2026000000, now.version);
  for (const table of TABLES) assert.ok(both.includes(table), `${table} is kept until somebody says otherwise`);
  // A site that is not connected yet has pages like any other.
  const before = await it.people.arrive("bruno", { path });
  assert.equal(await before.page.locator("script[data-gchat]").count(), 0);
  await before.context.close();
  await connect(it.site);
  const ana = await it.people.arrive("ana", { path });
  const bruno = await it.people.arrive("bruno", { path });
  await seen(ana.screen.person(bruno.name), "Ana sees Bruno in the block of before");
  await (await ana.screen.open(bruno.name)).say("Back again");
  await seen(bruno.screen.chat(ana.name).button("Restore"), "Bruno is told");
  await it.site.deeds(["drop_tables", TABLES]);
});
