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
 * Site and course say together whether a course has a room.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\rooms
 */
final class rooms_test extends \PHPUnit\Framework\TestCase {
    /**
     * What the site says, what the course says, what holds.
     *
     * @return array
     */
    public static function sayings(): array {
        return [
            'no rooms, whatever a course says' => ['off', 'open', 'none'],
            'no rooms' => ['off', 'site', 'none'],
            'a closed one is none either' => ['off', 'closed', 'none'],
            'a course that says nothing' => ['some', 'site', 'none'],
            'a course that says so' => ['some', 'open', 'open'],
            'a course that closes it' => ['some', 'closed', 'closed'],
            'a course that has none' => ['some', 'none', 'none'],
            'everywhere' => ['all', 'site', 'open'],
            'everywhere but there' => ['all', 'none', 'none'],
            'everywhere, closed there' => ['all', 'closed', 'closed'],
            'everywhere, and the course says so too' => ['all', 'open', 'open'],
            'a setting that nobody knows' => ['sometimes', 'open', 'none'],
            'a course says what nobody knows' => ['all', 'perhaps', 'open'],
        ];
    }

    /**
     * Site and course.
     *
     * @dataProvider sayings
     * @param string $site
     * @param string $course
     * @param string $holds
     */
    public function test_what_holds(string $site, string $course, string $holds): void {
        $this->assertSame($holds, rooms::holds($site, $course));
    }
}
