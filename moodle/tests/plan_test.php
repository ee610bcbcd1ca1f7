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
 * One call for each target, however many rows speak of it.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\plan
 */
final class plan_test extends \PHPUnit\Framework\TestCase {
    /**
     * Rows of the outbox.
     *
     * @param array ...$rows kind, target, and what else is not nothing
     * @return \stdClass[]
     */
    private function rows(array ...$rows): array {
        $made = [];
        foreach ($rows as $i => $row) {
            $given = ['kind' => $row[0], 'target' => $row[1]] + ($row[2] ?? []);
            $made[] = (object) ($given + ['id' => $i + 1, 'courseid' => 0, 'sid' => null, 'attempts' => 0]);
        }
        return $made;
    }

    /**
     * Calls in short.
     *
     * @param plan $plan
     * @return string[]
     */
    private function calls(plan $plan): array {
        return array_values(array_map(
            fn($call) => "{$call['kind']} {$call['target']} " . implode(',', $call['ids']),
            $plan->calls
        ));
    }

    public function test_rows_of_one_target_become_one_call(): void {
        $plan = plan::of($this->rows(
            ['user', 5, ['courseid' => 7]],
            ['course', 7],
            ['user', 5],
            ['course', 7],
            ['user', 6, ['courseid' => 7]]
        ), [5 => 1, 6 => 1]);
        // Of the course as a whole one is told anyway, and with it of its people.
        $this->assertSame(['user 5 3', 'course 7 1,2,4,5'], $this->calls($plan));
        $this->assertSame([], $plan->idle);
    }

    public function test_people_of_a_course_that_is_not_told_as_a_whole_are_told_one_by_one(): void {
        $rows = $this->rows(['user', 5, ['courseid' => 7]], ['course', 8], ['user', 5], ['user', 6, ['courseid' => 7]]);
        $this->assertSame(['user 5 1,3', 'user 6 4', 'course 8 2'], $this->calls(plan::of($rows, [5 => 1, 6 => 1])));
    }

    public function test_whoever_never_had_a_token_is_not_told_of(): void {
        $rows = $this->rows(['user', 5], ['logout', 5, ['sid' => 'x']], ['erase', 5], ['erase', 6, ['attempts' => 1]]);
        $plan = plan::of($rows, [7 => 1]);
        $this->assertSame(['erase 6 4'], $this->calls($plan));
        $this->assertSame([1, 2, 3], $plan->idle);
    }

    public function test_logouts_go_first_and_courses_last(): void {
        $plan = plan::of($this->rows(
            ['course', 7],
            ['user', 5],
            ['erase', 6],
            ['logout', 5, ['sid' => 'x']],
            ['logout', 5, ['sid' => 'y']]
        ), [5 => 1, 6 => 1]);
        $this->assertSame(['logout 5 4', 'logout 5 5', 'erase 6 3', 'user 5 2', 'course 7 1'], $this->calls($plan));
    }

    public function test_the_policy_is_told_once(): void {
        $plan = plan::of($this->rows(['policy', 0], ['user', 5], ['policy', 0], ['brake', 0]), [5 => 1]);
        $this->assertSame(['brake 0 4', 'policy 0 1,3', 'user 5 2'], $this->calls($plan));
    }

    public function test_many_people_of_a_course_become_one_call(): void {
        $rows = [];
        for ($user = 1; $user <= plan::MANY; $user++) {
            $rows[] = ['user', $user, ['courseid' => 7]];
        }
        $rows[] = ['user', 1, ['courseid' => 8]];
        $known = array_fill_keys(range(1, plan::MANY), 1);
        $plan = plan::of($this->rows(...$rows), $known);
        $this->assertSame(['user', 'course'], array_column($plan->calls, 'kind'));
        $this->assertSame([7], $plan->targets('course'));
        // Those whom the server does not know make no crowd.
        $plan = plan::of($this->rows(...$rows), array_slice($known, 1, null, true));
        $this->assertSame([], $plan->targets('course'));
        $this->assertCount(plan::MANY - 1, $plan->targets('user'));
    }

    public function test_a_category_and_the_site_are_named(): void {
        $plan = plan::of($this->rows(['category', 3], ['site', 0], ['narrow', 4]), []);
        $this->assertSame([1 => 3, 3 => 4], $plan->categories);
        $this->assertSame([1 => false, 3 => true], $plan->narrow);
        $this->assertTrue($plan->site);
        $this->assertSame([2], $plan->idle);
    }

    public function test_a_brake_is_one_call_and_comes_first(): void {
        $plan = plan::of($this->rows(['course', 7], ['logout', 5, ['sid' => 'x']], ['brake', 0], ['brake', 0]), [5 => 1]);
        $this->assertSame(['brake 0 3,4', 'logout 5 2', 'course 7 1'], $this->calls($plan));
    }
}
