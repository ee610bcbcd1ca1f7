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

use mod_quiz\quiz_settings;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/fixtures/running_server.php');
require_once(__DIR__ . '/fixtures/sitting.php');

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
    use fixtures\sitting;

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
