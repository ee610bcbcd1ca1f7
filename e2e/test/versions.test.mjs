// Versions meet: the client that is kept of each release of the contract (releases/) with today's server, and today's
// client with a server that knows no more than that release. versions-plugin.test.mjs does so with the plugin.
import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, seen } from "../expect.mjs";
import { Release, RELEASES } from "../release.mjs";
import { scene } from "../scene.mjs";

const it = scene();
/** A browser waits up to 30 s between its tries. */
const BACK = 40_000;

/** Ana and Bruno use everything that this contract has, over a server that dies once. */
async function talk(ana, bruno) {
  const mine = await ana.screen.open("Bruno Silva");
  await mine.say("Tuesday?");
  await mine.say("Goes");
  const his = bruno.screen.chat("Ana Sousa");
  await his.button("Restore").click();
  await seen(his.message("Goes"), "Ana's messages at Bruno's");
  await mine.choose("Goes", "Delete");
  await his.answer("Tuesday?", "Wendesday");
  await his.edit("Wendesday", "Wednesday");
  await mine.edit("Tuesday?", "Tuesday or Wednesday?");
  await seen(mine.message("Wednesday"), "Bruno's answer, corrected, at Ana's");
  await mine.answer("Wednesday", "Good");
  const both = async (what, ...more) => {
    for (const [chat, author] of [[mine, "you"], [his, "Ana Sousa"]]) {
      const all = ["Tuesday or Wednesday?", chat.stub(author), "Wednesday", "Good", ...more];
      await becomes(() => chat.texts(), all, `where the deletion is by ${author}, ${what}`, BACK);
    }
    for (const [answer, answered] of [["Wednesday", "Tuesday or Wednesday?"], ["Good", "Wednesday"]]) {
      for (const chat of [mine, his]) await seen(chat.quote(answer).getByText(answered, { exact: true }), `the quote, ${what}`);
    }
  };
  await both("live");
  await Promise.all([ana.page.reload(), bruno.page.reload()]);
  await both("after loading again");
  await it.campus.kill();
  await mine.say("Are you there?");
  await it.campus.start();
  await both("after the server's death", "Are you there?");
  await his.say("I am");
  await both("and on it goes", "Are you there?", "I am");
}

for (const number of RELEASES) {
  const release = new Release(number);

  test(`release ${number}: its client gets on with this server, and with somebody who has this client`, async () => {
    const ana = await it.people.arrive("ana", { line: { file: release.file }, screen: await release.screen() });
    const bruno = await it.people.arrive("bruno");
    await talk(ana, bruno);
    assert.ok(ana.line.files > 1, "it was that client");
  });

  test(`release ${number}: this client gets on with its server`, async () => {
    const then = release.server();
    const line = { through: then.through };
    await talk(await it.people.arrive("ana", { line }), await it.people.arrive("bruno", { line }));
    for (const type of ["hello", "send", "edit", "delete", "dock", "read"]) assert.ok(then.sent.includes(type), `${type} was sent`);
    assert.deepEqual(then.unknown, [], "what that server would refuse");
  });

  test(`release ${number}: where a server has no features, nothing that needs one is offered or sent`, async () => {
    const then = release.server([]);
    const line = { through: then.through };
    const ana = await it.people.arrive("ana", { line });
    const bruno = await it.people.arrive("bruno", { line });
    const mine = await ana.screen.open("Bruno Silva");
    await mine.say("Tuesday?");
    const his = bruno.screen.chat("Ana Sousa");
    await his.button("Restore").click();
    await seen(his.message("Tuesday?"), "Ana's message at Bruno's");
    await his.say("Wednesday");
    await seen(mine.message("Wednesday"), "Bruno's at Ana's");
    for (const [chat, own, other] of [[mine, "Tuesday?", "Wednesday"], [his, "Wednesday", "Tuesday?"]]) {
      for (const text of [own, other]) assert.deepEqual(await chat.offers(text), ["Copy"], `offered for ${text}`);
      await chat.box.press("ArrowUp");
      assert.equal(await chat.editBox.count(), 0, "nothing to edit");
    }
    assert.deepEqual(then.unknown, [], "what that server would refuse");
  });
}
