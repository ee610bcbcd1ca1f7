// All tabs of a browser share one socket, in a worker; whoever goes, tab or worker, the others go on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, seen } from "../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();
/** A browser waits up to 30 s between its tries; so long for a worker that says nothing. */
const BACK = 40_000;

/** Ana's browser with two tabs of the same talk, and Bruno's. */
async function twoTabs({ prepare = async () => {} } = {}) {
  const ana = await it.people.enter("Ana Sousa", { line: true });
  await prepare(ana);
  await ana.page.goto(`${it.campus.url}/demo/as/ana`);
  const bruno = await it.people.arrive("bruno");
  const first = await ana.screen.open("Bruno Silva");
  await first.say("It begins");
  const tab = await ana.tab("/demo/algebra/forum");
  const second = ana.on(tab).chat("Bruno Silva");
  await seen(second.message("It begins"), "the talk in the second tab");
  await seen(ana.on(tab).person("Bruno Silva"), "the list in the second tab");
  const his = bruno.screen.chat("Ana Sousa");
  await his.button("Restore").click();
  await seen(his.message("It begins"), "Bruno reads");
  return { ana, bruno, tab, first, second, his };
}

/** The shared workers of somebody's browser, as its own tools name them. */
async function workers(person) {
  const [page] = person.context.pages();
  const { targetInfo } = await (await person.context.newCDPSession(page)).send("Target.getTargetInfo");
  const tools = await it.people.browser.newBrowserCDPSession();
  const { targetInfos } = await tools.send("Target.getTargets");
  const found = targetInfos.filter(
    ({ type, browserContextId }) => type === "shared_worker" && browserContextId === targetInfo.browserContextId,
  );
  return { tools, found };
}

test("two tabs share one socket, and the one that opened it may close", async () => {
  const { ana, tab, second, his } = await twoTabs();
  assert.equal(ana.line.sockets, 1);
  const { asked } = ana.line;
  await ana.page.close();
  await second.say("From the tab that is left");
  await seen(his.message("From the tab that is left"), "at Bruno's");
  await his.say("And back");
  await seen(second.message("And back"), "his answer");
  const third = await ana.tab("/demo/algebra");
  const again = ana.on(third).chat("Bruno Silva");
  await seen(again.message("And back"), "in a new tab");
  await tab.close();
  await again.say("From the third");
  await seen(his.message("From the third"), "at Bruno's");
  assert.equal(ana.line.asked, asked, "no socket more was asked for");
  assert.deepEqual(await his.texts(), ["It begins", "From the tab that is left", "And back", "From the third"]);
});

test("what is written in one tab is in the other: messages, windows, drafts", async () => {
  const { tab, first, second } = await twoTabs();
  await first.say("Said in the first");
  await seen(second.message("Said in the first"), "in the second");
  await second.say("Said in the second");
  await seen(first.message("Said in the second"), "in the first");
  assert.deepEqual(await first.texts(), await second.texts());
  await first.box.fill("A draft, half wri");
  await becomes(() => second.box.inputValue(), "A draft, half wri", "the draft in the second tab");
  // The tools let every tab think that it has the focus.
  await first.box.blur();
  await tab.bringToFront();
  await second.box.press("End");
  await second.box.pressSequentially("tten");
  await second.box.press("Enter");
  await seen(first.message("A draft, half written"), "finished in the second, shown in the first");
  await becomes(() => first.box.inputValue(), "", "nothing is left in the first box");
});

test("a worker that dies is followed by another: nothing is lost or shown twice", async () => {
  const { ana, first, second, his } = await twoTabs();
  const { tools, found } = await workers(ana);
  assert.equal(found.length, 1, "one worker for both tabs");
  ana.line.cut();
  await first.say("Before it died");
  await seen(first.log.getByText("Sending…"), "it waits");
  await tools.send("Target.closeTarget", { targetId: found[0].targetId });
  await first.say("After it died");
  await second.say("And from the other tab");
  ana.line.release();
  for (const chat of [first, second, his]) {
    await seen(chat.message("And from the other tab"), "the last one", BACK);
    const told = ["It begins", "Before it died", "After it died", "And from the other tab"];
    await becomes(() => chat.texts(), told, "all of it, once, in order");
  }
  const after = await workers(ana);
  assert.equal(after.found.length, 1, "one worker again");
  assert.notEqual(after.found[0].targetId, found[0].targetId);
  await becomes(() => ana.line.sockets, 1, "one socket again");
});

test("without shared workers each tab has its own socket", async () => {
  const without = () => delete window.SharedWorker;
  const { ana, first, second, his } = await twoTabs({ prepare: (ana) => ana.context.addInitScript(without) });
  assert.equal((await workers(ana)).found.length, 0);
  assert.equal(ana.line.sockets, 2);
  await first.say("From the first");
  await second.say("From the second");
  for (const chat of [first, second, his]) {
    await becomes(() => chat.texts(), ["It begins", "From the first", "From the second"], "once, in order");
  }
});

test("a worker that is forbidden, or says nothing, is done without", async () => {
  const kinds = {
    forbidden: () => {
      window.SharedWorker = class {
        constructor() {
          throw new DOMException("forbidden", "SecurityError");
        }
      };
    },
    silent: () => {
      window.SharedWorker = class {
        port = new MessageChannel().port1;
        onerror = null;
      };
    },
    "not to be had": () => {
      const Real = window.SharedWorker;
      window.SharedWorker = class extends Real {
        constructor(url, options) {
          super(new URL("gchat-worker-of-another-build.js", url), options);
        }
      };
    },
  };
  const bruno = await it.people.arrive("bruno");
  for (const [kind, prepare] of Object.entries(kinds)) {
    const ana = await it.people.enter("Ana Sousa");
    ana.concerns = (place) => !place.includes("another-build");
    await ana.context.addInitScript(prepare);
    await ana.page.goto(`${it.campus.url}/demo/as/ana`);
    await seen(ana.screen.person("Bruno Silva"), `the list, with a worker that is ${kind}`, BACK);
    const chat = await ana.screen.open("Bruno Silva");
    await chat.say(`The worker is ${kind}`);
    await seen(bruno.screen.chat("Ana Sousa").window, "a window at Bruno's");
    const restore = bruno.screen.chat("Ana Sousa").button("Restore");
    if (await restore.isVisible()) await restore.click();
    await seen(bruno.screen.chat("Ana Sousa").message(`The worker is ${kind}`), "it arrives");
    await ana.context.close();
  }
});

test("a page of the browser's Back is one of the worker's pages again", async () => {
  const { ana, first, his } = await twoTabs();
  await ana.page.getByRole("link", { name: "Algebra forum" }).click();
  await ana.page.waitForURL("**/demo/algebra/forum");
  await ana.page.goBack();
  await ana.page.waitForURL("**/demo/algebra");
  await his.say("Are you back?");
  await seen(first.message("Are you back?"), "on the page that came back");
  await first.say("I am");
  await seen(his.message("I am"), "at Bruno's");
  assert.deepEqual(await first.texts(), ["It begins", "Are you back?", "I am"]);
});
