// What a text draws stays in its own bubble, and is seen: by the pixels, with the text and without it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { atRest, seen } from "../expect.mjs";
import { scene } from "../scene.mjs";

const it = scene();
const ACCENTS = `Z${"\u0301".repeat(70)}`;
const EMOJI = "😀🎉";

/** Ana and Bruno in one talk; each has what Ana says between two lines. */
async function talk(options) {
  const bruno = await it.people.arrive("bruno", options);
  const ana = await it.people.arrive("ana", options);
  const hers = await ana.screen.open("Bruno Silva");
  for (const text of ["above", ACCENTS, EMOJI, "below"]) await hers.say(text);
  const his = bruno.screen.chat("Ana Sousa");
  await his.button("Restore").click();
  await seen(his.message("below"), "all of it at Bruno's");
  return [hers, his];
}

/** Whether two pictures look alike: an edge that is drawn anew may be rounded another way, by a step or two of 255. */
function alike(page, one, other) {
  return page.evaluate(
    async (pictures) => {
      const pixels = async (picture) => {
        const bytes = Uint8Array.from(atob(picture), (sign) => sign.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
        canvas.drawImage(bitmap, 0, 0);
        return canvas.getImageData(0, 0, bitmap.width, bitmap.height).data;
      };
      const [here, there] = [await pixels(pictures[0]), await pixels(pictures[1])];
      return here.length === there.length && here.every((step, at) => Math.abs(step - there[at]) <= 8);
    },
    [one.toString("base64"), other.toString("base64")],
  );
}

/** Whether a part of the page looks the same with a bubble and without it. */
async function sameWithout(chat, bubble, clip) {
  const take = () => chat.page.screenshot({ clip, animations: "disabled", caret: "hide" });
  // Two in a row that are alike: something else may be on its way, such as what says that a message was seen.
  const shoot = async () => {
    let last = await take();
    for (let tries = 0; tries < 20; tries += 1) {
      const next = await take();
      if (await alike(chat.page, next, last)) return next;
      last = next;
    }
    throw new Error("this part of the page does not come to rest");
  };
  const shown = await shoot();
  await bubble.evaluate((element) => (element.style.visibility = "hidden"));
  const hidden = await shoot();
  await bubble.evaluate((element) => (element.style.visibility = ""));
  return alike(chat.page, shown, hidden);
}

test("seventy accents on one letter are drawn in their own bubble alone", async () => {
  for (const chat of await talk()) {
    await atRest(chat.page);
    await chat.page.mouse.move(0, 0);
    const bubble = chat.message(ACCENTS);
    const around = [];
    for (const text of ["above", EMOJI]) around.push(await chat.message(text).boundingBox());
    for (const clip of around) {
      assert.ok(await sameWithout(chat, bubble, clip), "the neighbour is drawn as it is without them");
    }
    // They would be drawn over the neighbours: the font has them, and puts one above the other.
    const { lines, high } = await bubble.evaluate((element) => ({
      lines: element.getClientRects().length,
      high: element.getBoundingClientRect().height,
    }));
    assert.ok(lines === 1 && high < 48, `one line, ${high} px high`);
    await bubble.evaluate((element) => (element.style.overflow = "visible"));
    const covered = [];
    for (const clip of around) covered.push(!(await sameWithout(chat, bubble, clip)));
    assert.ok(covered.includes(true), "a neighbour, were they not clipped");
  }
});

for (const colorScheme of ["light", "dark"]) {
  test(`emoji alone are seen, whatever font draws them, in ${colorScheme} colours`, async () => {
    for (const chat of await talk({ colorScheme })) {
      await atRest(chat.page);
      await chat.page.mouse.move(0, 0);
      const bubble = chat.message(EMOJI);
      assert.ok(!(await sameWithout(chat, bubble, await bubble.boundingBox())), "something is drawn");
      assert.match(await bubble.getAttribute("class"), /large/);
      // Where no font has them in colours they are drawn as text: in the colour of text on the window, not of bubbles.
      const [ink, window] = await bubble.evaluate((element) => {
        const around = element.closest(".scroller");
        return [getComputedStyle(element).color, getComputedStyle(around).backgroundColor];
      });
      assert.ok(contrast(ink, window) >= 4.5, `${ink} on ${window}`);
    }
  });
}

test("on a page that runs from right to left an English sentence has its full stop behind it", async () => {
  const ana = await it.people.arrive("ana", { path: "/demo/algebra?dir=rtl" });
  const sentence = ana.screen.block.getByText("Nobody from your courses is online.");
  await seen(sentence, "the sentence");
  const [letter, stop] = await sentence.evaluate((element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    let node = walker.nextNode();
    while (node !== null && node.data.trim() === "") node = walker.nextNode();
    const text = node.data;
    const end = text.trimEnd().length;
    return [end - 2, end - 1].map((at) => {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      return range.getBoundingClientRect().left;
    });
  });
  assert.ok(stop > letter, `the full stop at ${stop}, the last letter at ${letter}`);
});

/** Of two colours as computed styles have them, by WCAG 2. */
function contrast(one, other) {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
