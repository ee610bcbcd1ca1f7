<?php
// This file is part of Moodle - https://moodle.org/
//
// Moodle is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// Moodle is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with Moodle.  If not, see <https://www.gnu.org/licenses/>.

namespace block_gchat;

use mod_quiz\quiz_attempt;
use mod_quiz\quiz_settings;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/fixtures/running_server.php');

/**
 * Whose chat is paused, computed from a real Moodle's tables, with real quizzes.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\exams
 * @covers \block_gchat\rights
 * @covers \block_gchat\observer
 * @covers ::block_gchat_coursemodule_edit_post_actions
 */
final class exams_test extends \advanced_testcase {
    /** @var \stdClass */
    private \stdClass $course;

    /** @var \stdClass a student whom the server may know */
    private \stdClass $user;

    #[\Override]
    protected function setUp(): void {
        global $CFG;
        parent::setUp();
        $this->resetAfterTest();
        require_once($CFG->dirroot . '/mod/quiz/locallib.php');
        require_once($CFG->dirroot . '/blocks/gchat/lib.php');
        // Connected, as far as the observers look; nobody answers at this address.
        set_config('url', 'http://127.0.0.1:9/', 'block_gchat');
        notes::forget();
        $this->setAdminUser();
        $this->course = $this->getDataGenerator()->create_course();
        $this->user = $this->student();
    }

    /**
     * A student of the course who has had a token.
     *
     * @return \stdClass
     */
    private function student(): \stdClass {
        $user = $this->getDataGenerator()->create_and_enrol($this->course, 'student');
        rights::for_token((int) $user->id);
        return $user;
    }

    /**
     * A quiz with a question.
     *
     * @param array $fields
     * @return \stdClass
     */
    private function quiz(array $fields = []): \stdClass {
        $generator = $this->getDataGenerator();
        $quiz = $generator->get_plugin_generator('mod_quiz')->create_instance($fields + [
            'course' => $this->course->id, 'grade' => 100.0, 'sumgrades' => 1,
        ]);
        $questions = $generator->get_plugin_generator('core_question');
        $category = $questions->create_question_category();
        quiz_add_quiz_question($questions->create_question('truefalse', null, ['category' => $category->id])->id, $quiz);
        return $quiz;
    }

    /**
     * Begins an attempt, as the page does.
     *
     * @param \stdClass $quiz
     * @param \stdClass|null $user
     * @param bool $preview
     * @return quiz_attempt
     */
    private function attempt(\stdClass $quiz, ?\stdClass $user = null, bool $preview = false): quiz_attempt {
        $user ??= $this->user;
        $this->setUser($user);
        $settings = quiz_settings::create($quiz->id, $user->id);
        $usage = \question_engine::make_questions_usage_by_activity('mod_quiz', $settings->get_context());
        $usage->set_preferred_behaviour($quiz->preferredbehaviour);
        $attempt = quiz_create_attempt($settings, 1, null, time(), $preview, $user->id);
        quiz_start_new_attempt($settings, $usage, $attempt, 1, time());
        quiz_attempt_save_started($settings, $usage, $attempt);
        $this->setAdminUser();
        return quiz_attempt::create($attempt->id);
    }

    /**
     * Ends an attempt. (Moodle 5.0 has another name for it.)
     *
     * @param quiz_attempt $attempt
     */
    private function submit(quiz_attempt $attempt): void {
        if (method_exists($attempt, 'process_submit')) {
            $attempt->process_submit(time(), false);
            $attempt->process_grade_submission(time());
        } else {
            $attempt->process_finish(time(), false);
        }
    }

    /**
     * For how many seconds a new token pauses the chat; it looks into no cache.
     *
     * @param \stdClass|null $user
     * @return int 0: it does not
     */
    private function paused(?\stdClass $user = null): int {
        \cache::make('block_gchat', 'rights')->purge();
        $said = rights::for_token((int) ($user ?? $this->user)->id)['content']['paused_until'] ?? null;
        // A second may pass between the attempt's start and this.
        return $said === null ? 0 : (int) round(($said / 1000 - time()) / 5) * 5;
    }

    /**
     * The people of whom something was written down since the last time.
     *
     * @return int[]
     */
    private function written(): array {
        global $DB;
        $targets = $DB->get_fieldset_select('block_gchat_outbox', 'target', 'kind = ? AND courseid = 0', [outbox::USER]);
        $DB->delete_records('block_gchat_outbox', ['kind' => outbox::USER]);
        notes::forget();
        return array_values(array_unique(array_map('intval', $targets)));
    }

    /**
     * Does what the sender does before a call: it computes what it will say.
     *
     * @return array
     */
    private function tell(): array {
        return rights::for_call((int) $this->user->id, 5);
    }

    /**
     * What the task of every minute finds.
     *
     * @return int[]
     */
    private function reconciled(): array {
        $this->written();
        exams::reconcile();
        return $this->written();
    }

    public function test_an_attempt_with_a_time_limit_pauses_and_its_end_ends_that(): void {
        $attempt = $this->attempt($this->quiz(['timelimit' => 600]));
        $this->assertContains((int) $this->user->id, $this->written());
        $this->assertSame(600, $this->paused());
        $this->assertEqualsWithDelta((time() + 600) * 1000, $this->tell()['paused_until'], 5000);
        $this->submit($attempt);
        $this->assertContains((int) $this->user->id, $this->written());
        $this->assertSame(0, $this->paused());
        $this->assertArrayNotHasKey('paused_until', $this->tell());
    }

    public function test_each_way_in_which_an_attempt_ends_or_goes_on_is_written_down(): void {
        $mine = [(int) $this->user->id];
        $quiz = $this->quiz(['timelimit' => 600, 'overduehandling' => 'graceperiod', 'graceperiod' => 3600]);
        $attempt = $this->attempt($quiz);
        $this->written();
        $attempt->process_going_overdue(time(), false);
        $this->assertSame($mine, $this->written());
        $this->assertSame(0, $this->paused());
        $attempt->process_abandon(time(), false);
        $this->assertSame($mine, $this->written());
        $attempt->process_reopen_abandoned(time());
        $this->assertSame($mine, $this->written());
        $this->assertSame(600, $this->paused());
        quiz_delete_attempt($attempt->get_attempt(), quiz_settings::create($quiz->id)->get_quiz());
        $this->assertSame($mine, $this->written());
        $this->assertSame(0, $this->paused());
    }

    public function test_practice_and_previews_pause_nobody(): void {
        $this->attempt($this->quiz());
        $this->assertSame(0, $this->paused());
        $teacher = $this->getDataGenerator()->create_and_enrol($this->course, 'editingteacher');
        $this->attempt($this->quiz(['timelimit' => 600]), $teacher, true);
        $this->assertSame(0, $this->paused($teacher));
        $this->assertSame([], $this->reconciled());
    }

    public function test_what_holds_for_the_person_counts_and_the_longest_of_several(): void {
        global $DB;
        $override = fn(array $fields) => $DB->insert_record('quiz_overrides', $fields);
        $group = $this->getDataGenerator()->create_group([
            'courseid' => $this->course->id, 'visibility' => GROUPS_VISIBILITY_NONE, 'participation' => false,
        ]);
        groups_add_member($group, $this->user);
        $quiz = $this->quiz(['timelimit' => 600]);
        $this->attempt($quiz);
        // Extra time by a group that nobody sees.
        $override(['quiz' => $quiz->id, 'groupid' => $group->id, 'timelimit' => 900]);
        $this->assertSame(900, $this->paused());
        $override(['quiz' => $quiz->id, 'userid' => $this->user->id, 'timelimit' => 1200]);
        $this->assertSame(1200, $this->paused());
        // A quiz open for weeks, but for this person for an hour: by the opening of theirs.
        $long = $this->quiz(['timeopen' => time() - 90 * DAYSECS, 'timeclose' => time() + 3600]);
        $this->attempt($long);
        $this->assertSame(1200, $this->paused());
        $override(['quiz' => $long->id, 'userid' => $this->user->id, 'timeopen' => time() - 600]);
        $this->assertSame(3600, $this->paused());
        // No limit any more in the first, and the other way round in the second.
        $DB->set_field('quiz_overrides', 'timelimit', 0, ['quiz' => $quiz->id, 'userid' => $this->user->id]);
        $DB->delete_records('quiz_overrides', ['quiz' => $long->id]);
        $this->assertSame(0, $this->paused());
    }

    public function test_a_quiz_that_opens_and_closes_within_a_day_pauses(): void {
        $this->attempt($this->quiz(['timeopen' => time() - 600, 'timeclose' => time() + 600]));
        $this->assertSame(600, $this->paused());
    }

    public function test_the_settings_of_site_and_quiz_decide(): void {
        [$exam, $practice] = [$this->quiz(['timelimit' => 600]), $this->quiz()];
        $this->attempt($exam);
        $this->attempt($practice);
        $says = function (\stdClass $quiz, string $pause): void {
            $data = (object) ['modulename' => 'quiz', 'instance' => $quiz->id, 'block_gchat_pause' => $pause];
            $this->assertSame($data, block_gchat_coursemodule_edit_post_actions($data, $this->course));
        };
        set_config('exampause', pause::ALL, 'block_gchat');
        $this->assertSame(DAYSECS, $this->paused());
        $says($practice, '0');
        $this->assertSame(600, $this->paused());
        set_config('exampause', pause::OFF, 'block_gchat');
        $this->assertSame(0, $this->paused());
        $says($practice, '1');
        $this->assertSame(DAYSECS, $this->paused());
        $says($practice, '');
        $this->assertSame(0, $this->paused());
        $this->assertNull(exams::quiz_says((int) $practice->id));
        // Scripts that change a quiz without the form's field, and other activities, change nothing.
        $says($exam, '1');
        foreach ([['modulename' => 'quiz'], ['modulename' => 'forum', 'block_gchat_pause' => '0']] as $fields) {
            $data = (object) ($fields + ['instance' => $exam->id]);
            block_gchat_coursemodule_edit_post_actions($data, $this->course);
        }
        $this->assertSame(pause::ALWAYS, exams::quiz_says((int) $exam->id));
    }

    public function test_what_a_quiz_said_goes_with_it(): void {
        global $DB;
        $quizzes = [$this->quiz(), $this->quiz(), $this->quiz()];
        $elsewhere = $this->getDataGenerator()->get_plugin_generator('mod_quiz')->create_instance([
            'course' => $this->getDataGenerator()->create_course()->id,
        ]);
        array_map(fn($quiz) => exams::set_quiz((int) $quiz->id, pause::ALWAYS), array_merge($quizzes, [$elsewhere]));
        course_delete_module($quizzes[0]->cmid);
        $this->assertSame(3, $DB->count_records('block_gchat_quiz'));
        delete_course($this->course, false);
        $this->assertEquals([$elsewhere->id], $DB->get_fieldset_select('block_gchat_quiz', 'quizid', ''));
    }

    public function test_each_minute_what_no_event_told_is_found(): void {
        global $DB;
        $mine = [(int) $this->user->id];
        $quiz = $this->quiz();
        $this->attempt($quiz);
        $this->tell();
        $this->assertSame([], $this->reconciled(), 'practice');
        // The teacher sets a time limit.
        $DB->set_field('quiz', 'timelimit', 600, ['id' => $quiz->id]);
        $this->assertSame($mine, $this->reconciled());
        $this->assertSame($mine, $this->reconciled(), 'until it is told');
        $this->tell();
        $this->assertSame([], $this->reconciled(), 'once it is told');
        // What waits already is not written down again.
        $DB->set_field('quiz', 'timelimit', 900, ['id' => $quiz->id]);
        outbox::add(outbox::USER, (int) $this->user->id);
        exams::reconcile();
        $this->assertSame(1, $DB->count_records('block_gchat_outbox', ['kind' => outbox::USER]));
        $this->tell();
        // It waits to be deleted, in the recycle bin's way.
        $DB->set_field('course_modules', 'deletioninprogress', 1, ['id' => $quiz->cmid]);
        $this->assertSame($mine, $this->reconciled());
        $this->assertArrayNotHasKey('paused_until', $this->tell());
        $DB->set_field('course_modules', 'deletioninprogress', 0, ['id' => $quiz->cmid]);
        $this->tell();
        // Attempts of a deleted quiz go without an event.
        $this->written();
        quiz_delete_instance($quiz->id);
        $this->assertSame($mine, $this->reconciled());
        $this->assertArrayNotHasKey('paused_until', $this->tell());
        $this->assertSame([], $this->reconciled());
    }

    public function test_a_pause_that_a_token_told_is_told_by_a_call_as_well(): void {
        $quiz = $this->quiz(['timelimit' => 600]);
        $this->attempt($quiz);
        $this->tell();
        quiz_delete_instance($quiz->id);
        // A token says so before the task comes; nobody knows whether it got to the server.
        $this->assertSame(0, $this->paused());
        $this->assertNull(person::read((int) $this->user->id)->paused());
        $this->assertSame([(int) $this->user->id], $this->reconciled());
        $this->tell();
        $this->assertSame(0, person::read((int) $this->user->id)->paused());
        $this->assertSame([], $this->reconciled());
    }

    public function test_a_pause_ends_by_itself_and_what_is_cached_with_it(): void {
        global $DB;
        $attempt = $this->attempt($this->quiz(['timelimit' => 600]));
        $this->assertSame(600, $this->paused());
        $this->tell();
        $this->assertArrayHasKey('paused_until', rights::for_token((int) $this->user->id)['content']);
        // Its time is up, and cron has not looked at it yet.
        $this->let_pass($attempt);
        $this->assertArrayNotHasKey('paused_until', rights::for_token((int) $this->user->id)['content'], 'from the cache');
        $this->assertSame(0, $this->paused());
        $this->assertSame([], $this->reconciled(), 'the server knew when it ends');
    }

    /**
     * Moves an attempt of ten minutes into the past, and with it what was kept of it, so that its time has been up for a second.
     *
     * @param quiz_attempt $attempt
     */
    private function let_pass(quiz_attempt $attempt): void {
        global $DB;
        $user = $attempt->get_userid();
        $DB->set_field('quiz_attempts', 'timestart', time() - 601, ['id' => $attempt->get_attemptid()]);
        $DB->set_field('block_gchat_user', 'paused', time() - 1, ['userid' => $user]);
        $cache = \cache::make('block_gchat', 'rights');
        if ($cached = $cache->get($user)) {
            $cache->set($user, ['paused' => time() - 1] + $cached);
        }
    }

    public function test_where_time_is_up_for_many_at_once_nothing_is_told(): void {
        global $DB;
        $quiz = $this->quiz(['timelimit' => 600]);
        $attempts = [];
        for ($i = 0; $i < 5; $i++) {
            $user = $this->student();
            $attempts[] = $this->attempt($quiz, $user);
        }
        // Their time is up in three seconds; so the server is told, by calls and by the tokens of pages.
        $end = time() + 3;
        $DB->set_field('quiz_attempts', 'timestart', $end - 600, ['quiz' => $quiz->id]);
        foreach ($attempts as $attempt) {
            rights::for_call($attempt->get_userid(), 5);
            \cache::make('block_gchat', 'rights')->purge();
            $this->assertSame($end * 1000, rights::for_token($attempt->get_userid())['content']['paused_until']);
        }
        $DB->delete_records('block_gchat_outbox');
        notes::forget();
        $wait = function (int $until): void {
            while (time() < $until) {
                usleep(20000);
            }
        };
        // One is submitted by a browser whose clock is a little ahead, another as time is up, the others by cron.
        $wait($end - 1);
        $this->submit($attempts[0]);
        $wait($end);
        $this->submit($attempts[1]);
        $attempts[2]->process_going_overdue(time(), false);
        $attempts[3]->process_abandon(time(), false);
        // The date of nobody's enrolment has come.
        dates::pass(time());
        exams::reconcile();
        $this->submit($attempts[4]);
        $this->assertSame(0, $DB->count_records('block_gchat_outbox'));
        // Nor does the next token of each cost a number of the clock.
        foreach ($attempts as $attempt) {
            $this->assertArrayNotHasKey('paused_until', rights::for_token($attempt->get_userid())['content']);
        }
        $this->assertSame(0, $DB->count_records('block_gchat_outbox'));
    }

    public function test_the_end_of_an_attempt_is_told_where_the_server_would_not_know(): void {
        global $DB;
        $mine = [(int) $this->user->id];
        $quiz = $this->quiz(['timelimit' => 600]);
        // It is submitted long before its time is up.
        $attempt = $this->attempt($quiz);
        $this->tell();
        $this->written();
        $this->submit($attempt);
        $this->assertSame($mine, $this->written());
        $this->tell();
        // No call told of it: a token may have.
        $attempt = $this->attempt($this->quiz(['timelimit' => 600]));
        $this->assertSame(600, $this->paused());
        $this->let_pass($attempt);
        $DB->set_field('block_gchat_user', 'paused', null, ['userid' => $this->user->id]);
        $this->written();
        $this->submit($attempt);
        $this->assertSame($mine, $this->written());
        $this->tell();
        // What was told is the pause of an attempt of before.
        $attempt = $this->attempt($this->quiz(['timelimit' => 600]));
        $DB->set_field('block_gchat_user', 'paused', time() - 1, ['userid' => $this->user->id]);
        $this->written();
        $this->submit($attempt);
        $this->assertSame($mine, $this->written());
    }

    public function test_those_who_may_not_chat_are_told_of_once(): void {
        global $DB;
        $this->attempt($this->quiz(['timelimit' => 600]));
        $this->tell();
        $DB->set_field('user', 'suspended', 1, ['id' => $this->user->id]);
        $this->tell();
        $this->assertSame([], $this->reconciled());
        // Nor is anybody whom no server knows.
        $stranger = $this->getDataGenerator()->create_and_enrol($this->course);
        $this->attempt($this->quiz(['timelimit' => 600]), $stranger);
        $this->assertSame([], $this->reconciled());
    }

    public function test_only_those_who_sit_a_quiz_cost_a_query_more(): void {
        global $DB;
        $reads = function (\stdClass $user) use ($DB): int {
            \cache::make('block_gchat', 'rights')->purge();
            $before = $DB->perf_get_reads();
            rights::for_token((int) $user->id);
            return $DB->perf_get_reads() - $before;
        };
        $reads($this->user);
        $calm = $reads($this->user);
        $quiz = $this->quiz(['timelimit' => 600]);
        $this->attempt($quiz);
        $this->paused();
        $this->assertSame($calm + 1, $reads($this->user));
        $this->attempt($this->quiz(['timelimit' => 600]));
        $this->paused();
        $this->assertSame($calm + 1, $reads($this->user), 'two attempts');
        // The task asks as often for many as for one.
        $minute = function () use ($DB): int {
            $before = $DB->perf_get_reads();
            exams::reconcile();
            return $DB->perf_get_reads() - $before;
        };
        $this->tell();
        $minute();
        $one = $minute();
        for ($i = 0; $i < 5; $i++) {
            $user = $this->student();
            $this->attempt($quiz, $user);
            rights::for_call((int) $user->id, 5);
        }
        $this->assertSame($one, $minute());
    }

    public function test_a_site_without_quizzes_has_no_pauses(): void {
        $this->attempt($this->quiz(['timelimit' => 600]));
        unset_config('version', 'mod_quiz');
        $this->assertSame(0, $this->paused());
        exams::reconcile();
    }

    public function test_the_server_is_told_at_the_start_and_at_the_end(): void {
        global $CFG;
        $this->preventResetByRollback();
        server::forget_outage();
        $server = new running_server(running_server::binary($this), $CFG->wwwroot);
        $server->connection->save();
        $user = $this->student();
        $token = jwt::user_token(
            $server->connection,
            (int) $user->id,
            'abcdefgh',
            rights::for_token((int) $user->id)['content'],
            time()
        );
        $this->assertSame('welcome', $server->hello($token)['type']);
        // A script that changes much sends ever more seldom, so the task of every minute does it here: the old token is
        // answered with the pause.
        $attempt = $this->attempt($this->quiz(['timelimit' => 600]), $user);
        sender::run();
        $answer = $server->hello($token);
        $this->assertSame('paused', $answer['type']);
        $this->assertEqualsWithDelta((time() + 600) * 1000, $answer['until'], 5000);
        $this->submit($attempt);
        sender::run();
        $this->assertSame('welcome', $server->hello($token)['type']);
    }
}
