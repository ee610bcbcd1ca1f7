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
 * When a script sends what it has changed.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\pace
 */
final class pace_test extends \PHPUnit\Framework\TestCase {
    /** When it begins. */
    private const BEGIN = 1.8e9;

    /**
     * Lets a script change something again and again, and says when it has sent.
     *
     * @param pace $pace
     * @param float $every seconds from one change to the next
     * @param float $until seconds
     * @param float $takes how long it takes to send
     * @return float[] seconds since the beginning
     */
    private function sent(pace $pace, float $every, float $until, float $takes): array {
        $sent = [];
        for ($now = 0.0; $now < $until; $now += $every) {
            if ($pace->change(self::BEGIN + $now)) {
                $sent[] = round($now, 2);
                $pace->ran(self::BEGIN + $now, self::BEGIN + $now + $takes);
                $now += $takes;
            }
        }
        return $sent;
    }

    public function test_what_is_done_to_one_person_is_sent_at_once(): void {
        $this->assertCount(pace::BURST, $this->sent(new pace(), 0.01, 0.01 * pace::BURST - 0.001, 0.0));
    }

    public function test_then_there_are_pauses_each_longer_than_the_one_before(): void {
        $pauses = [];
        $sent = array_slice($this->sent(new pace(), 0.05, 32.0, 0.0), pace::BURST - 1);
        foreach (array_slice($sent, 1) as $i => $at) {
            $pauses[] = round($at - $sent[$i]);
        }
        $this->assertSame([2.0, 4.0, 8.0, 8.0, 8.0], $pauses);
    }

    public function test_sending_takes_a_small_share_of_the_time_however_long_it_takes(): void {
        foreach ([0.05, 0.3, 2.0] as $takes) {
            $sent = $this->sent(new pace(), 0.05, 1000.0, $takes);
            $this->assertGreaterThan(pace::BURST, count($sent));
            $this->assertLessThanOrEqual(1000.0 / pace::SHARE + $takes, count($sent) * $takes, "$takes s each");
        }
    }

    public function test_after_a_calm_it_begins_anew(): void {
        $pace = new pace();
        $this->assertCount(pace::BURST, $this->sent($pace, 0.05, 7.0, 2.0));
        // Not calm, however long ago it has sent: something changes all the time.
        foreach ([15.0, 24.0, 33.0, 42.0] as $now) {
            $this->assertFalse($pace->change(self::BEGIN + $now));
        }
        $this->assertTrue($pace->change(self::BEGIN + 42.1 + pace::CALM));
    }
}
