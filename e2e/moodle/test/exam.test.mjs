// Whoever sits an exam has no chat, on any page and device, and has it back as soon as the attempt is over, whatever ended
// it. Practice leaves the chat alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, gone, seen, settled } from "../../expect.mjs";
import { scene } from "../scene.mjs";
import { within } from "../within.mjs";

const it = scene();
const PAUSED = /Chat is paused during your quiz/;

const quiz = () => it.campus.algebra.modules.quiz;
const view = () => `/mod/quiz/view.php?id=${quiz()}`;
/** The task of every minute. */
const minute = () => it.site.php(["admin/cli/scheduled_task.php", "--execute=\\block_gchat\\task\\send"]);
const instance = () => `(SELECT instance FROM {course_modules} WHERE id = ${quiz()})`;

/** Ana, who teaches, and Bruno see each other in Algebra. Bruno has another tab on the quiz. */
async function two() {
  const { path } = it.campus.algebra;
  const ana = await it.people.arrive("ana", { path });
  const bruno = await it.people.arrive("bruno", { path });
  await Promise.all([seen(ana.screen.person(bruno.name), "Ana sees Bruno"), seen(bruno.screen.person(ana.name), "Bruno sees Ana")]);
  const exam = await bruno.tab(view());
  // What Moodle's own scripts still ask for must be there when the button is used.
  await settled(exam);
  return { ana, bruno, exam };
}

/** Begins an attempt as a student does. Where it has a time limit, Moodle asks once more. */
async function begin(exam) {
  await exam.getByRole("button", { name: /^(Attempt|Re-attempt) quiz/ }).click();
  const sure = exam.getByRole("dialog").getByRole("button", { name: "Start attempt" });
  await Promise.race([sure.click(), exam.waitForURL("**/mod/quiz/attempt.php*")]).catch(() => {});
  await exam.waitForURL("**/mod/quiz/attempt.php*", { waitUntil: "commit" });
}

/** As far as the last button before an attempt is submitted. Gives what presses it. */
async function finish(exam) {
  await exam.getByRole("button", { name: "Finish attempt" }).first().click();
  await exam.waitForURL("**/mod/quiz/summary.php*");
  await settled(exam);
  await exam.getByRole("button", { name: "Submit all and finish" }).click();
  const sure = exam.getByRole("dialog").getByRole("button", { name: "Submit all and finish" });
  await seen(sure, "Moodle asks once more");
  // What a site shows after a submission is its own matter (some log people out there): the redirect is not followed.
  const submitted = async (route) => {
    assert.equal((await route.fetch({ maxRedirects: 0 })).status(), 303);
    await route.fulfill({ contentType: "text/html", body: "<title>Over</title>" });
  };
  await exam.route("**/mod/quiz/processattempt.php*", submitted, { times: 1 });
  return async () => {
    await sure.click();
    await exam.waitForFunction(() => document.title === "Over");
  };
}

test("an exam pauses all tabs and devices; submitting it, or deleting the quiz, ends that", async () => {
  await it.site.deeds(["execute", `UPDATE {quiz} SET timelimit = 600 WHERE id = ${instance()}`]);
  const { ana, bruno, exam } = await two();
  await (await bruno.screen.open(ana.name)).say("Which formula was it?");
  const chat = bruno.screen.chat(ana.name);

  await within("an attempt begins", () => begin(exam), async (late) => {
    await seen(bruno.page.getByText(PAUSED).first(), "Bruno's other tab says that the chat is paused", late);
    await gone(ana.screen.person(bruno.name), "Bruno in Ana's list", late);
  });
  assert.equal(await chat.message("Which formula was it?").isVisible(), false, "what was said is not on the screen");
  assert.equal(await bruno.screen.person(ana.name).isVisible(), false, "nor who is online");
  const phone = await it.people.arrive("bruno", { path: "/my/" });
  await seen(phone.page.getByText(PAUSED).first(), "another device of Bruno's says so too");

  const back = async (late) => {
    await seen(ana.screen.person(bruno.name), "Bruno is back in Ana's list", late);
    await seen(bruno.screen.person(ana.name), "and Ana in Bruno's", late);
  };
  const submit = await finish(exam);
  await within("the attempt is submitted", submit, back);
  await seen(phone.screen.person(ana.name), "on the other device as well");
  await gone(bruno.page.getByText(PAUSED), "the words about the quiz");
  await seen(chat.message("Which formula was it?"), "what was said is there again");

  await bruno.go(view(), exam);
  await settled(exam);
  await begin(exam);
  await gone(ana.screen.person(bruno.name), "Bruno in Ana's list, in a second attempt");
  const deleted = await ana.session.call("core_courseformat_update_course", { action: "cm_delete", courseid: it.campus.algebra.id, ids: [quiz()] });
  assert.equal(deleted.error, false, JSON.stringify(deleted.exception));
  await minute();
  await back();
});

test("practice and a teacher's preview pause nobody, unless the quiz says so in its form", async () => {
  const { ana, bruno, exam } = await two();
  await begin(exam);
  await minute();
  await it.people.arrive("carla", { path: it.campus.algebra.path });
  await seen(ana.screen.person("Carla 🌻 Nunes"), "Ana sees Carla, who came later");
  assert.equal(await ana.screen.person(bruno.name).isVisible(), true, "and Bruno still");

  const form = await ana.tab(`/course/modedit.php?update=${quiz()}`);
  await settled(form);
  const choice = form.locator("#id_block_gchat_pause");
  assert.equal(await choice.inputValue(), "", "as the site says");
  await choice.selectOption({ label: "Paused during every attempt" }, { force: true });
  await form.locator("#id_submitbutton").click();
  await form.waitForURL("**/mod/quiz/view.php*");
  await minute();
  await seen(bruno.page.getByText(PAUSED).first(), "Bruno's chat is paused now");
  await gone(ana.screen.person(bruno.name), "Bruno in Ana's list");
  await form.goto(`${it.site.url}/course/modedit.php?update=${quiz()}`);
  await becomes(() => choice.inputValue(), "1", "the form says what was chosen");

  await ana.go(view(), form);
  await settled(form);
  await form.getByRole("button", { name: "Preview quiz" }).click();
  await form.waitForURL("**/mod/quiz/attempt.php*");
  await minute();
  const carla = await it.people.arrive("carla", { path: "/my/" });
  await seen(carla.screen.person(ana.name), "the teacher is online during a preview");
});
