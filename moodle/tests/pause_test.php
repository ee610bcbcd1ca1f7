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

/**
 * Which attempts pause the chat, and until when.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\pause
 */
final class pause_test extends \PHPUnit\Framework\TestCase {
    /** When it is; the attempts below began 100 s ago. */
    private const NOW = 1000000;

    /**
     * How much longer an attempt pauses the chat, in seconds.
     *
     * @param array $fields of the attempt
     * @param string $site what the site says
     * @return int 0: it does not
     */
    private function left(array $fields, string $site = pause::EXAMS): int {
        $attempt = (object) ($fields + [
            'timestart' => self::NOW - 100, 'timeopen' => 0, 'timeclose' => 0, 'timelimit' => 0, 'quizsays' => null,
        ]);
        return max(0, pause::until($attempt, $site, self::NOW) - self::NOW);
    }

    public function test_a_practice_quiz_without_limits_pauses_nobody(): void {
        $this->assertSame(0, $this->left([]));
        $this->assertSame(0, $this->left(['timeopen' => self::NOW - 50]));
        $this->assertSame(0, $this->left(['timeclose' => self::NOW + 50]), 'it closes, but is open for ever before');
        $week = ['timeopen' => self::NOW - 3 * pause::DAY, 'timeclose' => self::NOW + 4 * pause::DAY];
        $this->assertSame(0, $this->left($week));
    }

    public function test_a_time_limit_pauses_until_it_is_up(): void {
        $this->assertSame(500, $this->left(['timelimit' => 600]));
        $this->assertSame(1, $this->left(['timelimit' => 101]));
        $this->assertSame(0, $this->left(['timelimit' => 100]));
        $this->assertSame(0, $this->left(['timelimit' => 60]), 'an attempt that was left open after its time');
        $this->assertSame(200, $this->left(['timelimit' => 600, 'timeclose' => self::NOW + 200]), 'closing comes first');
    }

    public function test_a_quiz_that_opens_and_closes_within_a_day_pauses_until_it_closes(): void {
        $day = fn(int $length) => ['timeopen' => self::NOW - 1000, 'timeclose' => self::NOW - 1000 + $length];
        $this->assertSame(2600, $this->left($day(3600)));
        $this->assertSame(pause::DAY - 1000, $this->left($day(pause::DAY)));
        $this->assertSame(0, $this->left($day(pause::DAY + 1)));
        $this->assertSame(0, $this->left($day(900)), 'closed');
    }

    public function test_no_pause_lasts_longer_than_a_day_after_the_attempts_start(): void {
        $this->assertSame(pause::DAY - 100, $this->left(['timelimit' => 3 * pause::DAY]));
        $this->assertSame(pause::DAY - 100, $this->left([], pause::ALL));
        $old = ['timestart' => self::NOW - pause::DAY];
        $this->assertSame(0, $this->left($old, pause::ALL));
        $this->assertSame(0, $this->left($old + ['timelimit' => 3 * pause::DAY, 'quizsays' => pause::ALWAYS]));
    }

    public function test_a_quiz_may_say_otherwise_than_the_site(): void {
        $exam = ['timelimit' => 600];
        $this->assertSame(0, $this->left($exam, pause::OFF));
        $this->assertSame(500, $this->left($exam + ['quizsays' => pause::ALWAYS], pause::OFF));
        foreach ([pause::OFF, pause::EXAMS, pause::ALL] as $site) {
            $this->assertSame(0, $this->left($exam + ['quizsays' => pause::NEVER], $site), $site);
            $this->assertSame(pause::DAY - 100, $this->left(['quizsays' => pause::ALWAYS], $site), $site);
        }
    }

    public function test_what_the_database_gives_as_text_counts_as_numbers(): void {
        $text = ['timestart' => (string) (self::NOW - 100), 'timelimit' => '600', 'timeclose' => '0', 'quizsays' => '1'];
        $this->assertSame(500, $this->left($text));
        $this->assertSame(0, $this->left(['quizsays' => '0'] + $text));
    }
}
