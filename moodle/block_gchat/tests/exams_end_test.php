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

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/fixtures/sitting.php');

/**
 * The end of pauses, with real quizzes: a server that was told when one ends is told nothing more.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\exams
 * @covers \block_gchat\rights
 * @covers \block_gchat\dates
 * @covers \block_gchat\observer
 */
final class exams_end_test extends \advanced_testcase {
    use fixtures\sitting;

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
}
