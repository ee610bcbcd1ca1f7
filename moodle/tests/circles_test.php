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
 * Which circles follow from what the tables say.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\circles
 */
final class circles_test extends \PHPUnit\Framework\TestCase {
    /** When it is. */
    private const NOW = 1000000;

    /**
     * Works them out.
     *
     * @param array $courses fields of courses by id
     * @param array $enrolments
     * @param array $groups
     * @param array $may capabilities by course id
     * @return array
     */
    private function circles(array $courses, array $enrolments, array $groups = [], array $may = []): array {
        $rows = [];
        foreach ($courses as $id => $fields) {
            $rows[] = (object) ($fields + ['id' => $id, 'title' => "C$id", 'visible' => 1, 'groupmode' => 0, 'enddate' => 0]);
        }
        $allowed = fn($capability, $course) => in_array($capability, $may[$course->id] ?? ['chat']);
        return circles::of($rows, $enrolments, $groups, $allowed, self::NOW);
    }

    /**
     * Their ids.
     *
     * @param array $found
     * @return string[]
     */
    private function ids(array $found): array {
        return array_column($found['circles'], 'id');
    }

    public function test_a_course_is_a_circle_with_the_role_that_the_capability_gives(): void {
        $found = $this->circles([7 => [], 9 => []], [[7, 0, 0], [9, 0, 0]], [], [9 => ['chat', 'teach']]);
        $this->assertSame([
            ['id' => 'c7', 'role' => 'student', 'title' => 'C7'],
            ['id' => 'c9', 'role' => 'teacher', 'title' => 'C9'],
        ], $found['circles']);
        $this->assertFalse($found['closed']);
        $this->assertSame([PHP_INT_MAX, PHP_INT_MAX], [$found['ends'], $found['until']]);
    }

    public function test_dates_count_to_the_second(): void {
        $now = self::NOW;
        $this->assertSame(['c1'], $this->ids($this->circles([1 => []], [[1, $now, 0]])));
        $this->assertSame([], $this->ids($this->circles([1 => []], [[1, $now + 1, 0]])));
        $this->assertSame(['c1'], $this->ids($this->circles([1 => []], [[1, 0, $now + 1]])));
        $this->assertSame([], $this->ids($this->circles([1 => []], [[1, 0, $now]])));
        $this->assertSame(['c1'], $this->ids($this->circles([1 => ['enddate' => $now + 1]], [[1, 0, 0]])));
        $this->assertSame([], $this->ids($this->circles([1 => ['enddate' => $now]], [[1, 0, 0]])));
    }

    public function test_it_holds_until_the_next_date(): void {
        $now = self::NOW;
        $found = $this->circles([1 => []], [[1, 0, $now + 50], [1, 0, $now + 90], [2, $now + 30, 0]]);
        $this->assertSame([$now + 90, $now + 30], [$found['ends'], $found['until']]);
        $found = $this->circles([1 => ['enddate' => $now + 20]], [[1, 0, $now + 50], [1, 0, 0]]);
        $this->assertSame([$now + 20, $now + 20], [$found['ends'], $found['until']]);
        $found = $this->circles([1 => []], [[1, 0, $now - 5], [1, $now - 5, 0]]);
        $this->assertSame([PHP_INT_MAX, PHP_INT_MAX], [$found['ends'], $found['until']]);
    }

    public function test_a_hidden_course_is_for_those_who_see_it(): void {
        $courses = [1 => ['visible' => 0], 2 => ['visible' => 0]];
        $found = $this->circles($courses, [[1, 0, 0], [2, 0, 0]], [], [2 => ['chat', 'hidden']]);
        $this->assertSame(['c2'], $this->ids($found));
        $this->assertFalse($found['closed']);
    }

    public function test_separate_groups_are_circles_of_their_own(): void {
        $courses = [1 => ['groupmode' => 1], 2 => ['groupmode' => 1], 3 => ['groupmode' => 1], 4 => ['groupmode' => 2]];
        $found = $this->circles(
            $courses,
            [[1, 0, 0], [2, 0, 0], [3, 0, 0], [4, 0, 0]],
            [1 => [12, 11, 12], 3 => [31], 4 => [41]],
            [3 => ['chat', 'allgroups']]
        );
        $this->assertSame(['c1/g11', 'c1/g12', 'c2/-', 'c3', 'c4'], $this->ids($found));
    }

    public function test_closing_the_chat_in_every_course_closes_it(): void {
        $this->assertFalse($this->circles([1 => [], 2 => []], [[1, 0, 0], [2, 0, 0]], [], [1 => []])['closed']);
        $this->assertTrue($this->circles([1 => [], 2 => []], [[1, 0, 0], [2, 0, 0]], [], [1 => [], 2 => []])['closed']);
        $this->assertFalse($this->circles([], [])['closed']);
    }

    public function test_a_token_of_very_many_circles_fits_a_frame(): void {
        $size = fn(array $found) => strlen(json_encode($found['circles'], JSON_UNESCAPED_SLASHES));
        $held = function (int $number, string $title): array {
            $ids = range(1, $number);
            $courses = array_fill_keys($ids, ['title' => $title]);
            return $this->circles($courses, array_map(fn($id) => [$id, 0, 0], $ids));
        };
        // Usual ones are left as they are.
        $found = $held(120, str_repeat('Algebra ', 20));
        $this->assertSame([str_repeat('Algebra ', 20)], array_values(array_unique(array_column($found['circles'], 'title'))));
        // Where letters take six bytes each, titles give way and circles stay.
        $found = $held(120, str_repeat('Математика ', 23));
        $this->assertCount(120, $found['circles']);
        $this->assertSame(30, mb_strlen($found['circles'][0]['title']));
        $this->assertLessThanOrEqual(28000, $size($found));
        // Too many even without: those that matter most stay.
        $found = $held(1200, str_repeat('я', 255));
        $this->assertLessThanOrEqual(28000, $size($found));
        $this->assertGreaterThan(500, count($found['circles']));
        $this->assertSame(['id' => 'c1', 'role' => 'student', 'title' => ''], $found['circles'][0]);
    }

    public function test_a_list_of_accepted_people_takes_its_room_from_the_titles(): void {
        $courses = [];
        for ($id = 1; $id <= 120; $id++) {
            $courses[] = (object) ['id' => $id, 'title' => str_repeat('x', 170), 'visible' => 1, 'groupmode' => 0, 'enddate' => 0];
        }
        $enrolments = array_map(fn($course) => [$course->id, 0, 0], $courses);
        $may = fn(string $capability): bool => $capability === 'chat';
        $size = fn(int $taken) => strlen(json_encode(circles::of($courses, $enrolments, [], $may, 1000, $taken)['circles']));
        $this->assertGreaterThan(20000, $size(2));
        $this->assertLessThanOrEqual(28000 - 9000, $size(9000));
    }
}
