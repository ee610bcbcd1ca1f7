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
 * What a course is told in bulk is what its people's own circles say.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\members
 */
final class members_test extends \advanced_testcase {
    /**
     * What the circles of everybody say of a course: the oracle.
     *
     * @param int $courseid
     * @param int[] $users
     * @return array members as in a course's snapshot
     */
    private function oracle(int $courseid, array $users): array {
        $members = [];
        sort($users);
        foreach ($users as $user) {
            $snapshot = rights::for_call($user, 1);
            $groups = [];
            foreach ($snapshot['circles'] as $circle) {
                [$course, $group] = explode('/', $circle['id'] . '/');
                if ($course !== "c$courseid") {
                    continue;
                }
                $role = $circle['role'];
                $groups[] = $group;
            }
            if ($groups) {
                $groups = $groups === [''] ? null : ($groups === ['-'] ? [] : $groups);
                $members[] = ['user' => $user, 'role' => $role, 'groups' => $groups];
            }
        }
        return $members;
    }

    public function test_bulk_equals_the_sum_of_the_single(): void {
        global $CFG, $DB;
        $this->resetAfterTest();
        mt_srand(7);
        $generator = $this->getDataGenerator();
        $now = time();
        $category = $generator->create_category();
        $role = fn($name) => (int) $DB->get_field('role', 'id', ['shortname' => $name]);
        $courses = [];
        foreach ([0, 1, 2] as $groupmode) {
            foreach ([0, 1] as $visible) {
                $courses[] = $generator->create_course(
                    ['category' => $category->id, 'groupmode' => $groupmode, 'visible' => $visible]
                );
            }
        }
        $courses[] = $generator->create_course(['groupmode' => 1, 'startdate' => $now - 100, 'enddate' => $now + 5000]);
        $courses[] = $generator->create_course(['startdate' => $now - 100, 'enddate' => $now - 5]);
        assign_capability('block/gchat:chat', CAP_PROHIBIT, $role('teacher'), \context_course::instance($courses[1]->id));
        assign_capability('block/gchat:chat', CAP_PREVENT, $role('student'), \context_course::instance($courses[0]->id));
        assign_capability('moodle/site:accessallgroups', CAP_ALLOW, $role('teacher'), \context_coursecat::instance($category->id));
        assign_capability('moodle/course:viewhiddencourses', CAP_ALLOW, $role('teacher'), \context_system::instance());
        $groups = [];
        foreach ($courses as $course) {
            for ($g = 0; $g < 4; $g++) {
                $groups[$course->id][] = $generator->create_group([
                    'courseid' => $course->id, 'visibility' => $g, 'participation' => $g < 2,
                ]);
            }
        }
        $users = [];
        for ($i = 0; $i < 40; $i++) {
            $user = $generator->create_user(['suspended' => (int) ($i % 13 === 0)]);
            $users[] = (int) $user->id;
            foreach ($courses as $course) {
                if (!mt_rand(0, 3)) {
                    continue;
                }
                $roles = ['student', 'student', 'teacher', 'editingteacher', 'manager', 'guest'];
                $start = [0, 0, $now - 20, $now + 4000][mt_rand(0, 3)];
                $end = [0, 0, 0, $now + 4500, $now - 3][mt_rand(0, 4)];
                $status = mt_rand(0, 7) ? ENROL_USER_ACTIVE : ENROL_USER_SUSPENDED;
                $generator->enrol_user($user->id, $course->id, $roles[mt_rand(0, 5)], 'manual', $start, $end, $status);
                foreach ($groups[$course->id] as $group) {
                    if (!mt_rand(0, 2)) {
                        groups_add_member($group, $user);
                    }
                }
            }
            if ($i % 9 === 0) {
                role_assign($role('manager'), $user->id, \context_coursecat::instance($category->id));
            }
            $DB->insert_record('block_gchat_user', ['userid' => $user->id, 'stale' => 0, 'timecreated' => 0]);
        }
        $CFG->siteadmins .= ',' . $users[3] . ',' . $users[4];
        delete_user(\core_user::get_user($users[7]));
        accesslib_clear_all_caches(true);
        $seen = 0;
        foreach ($courses as $course) {
            $snapshot = members::of((int) $course->id, 12);
            $this->assertSame(12, $snapshot['rights_version']);
            $this->assertSame($this->oracle((int) $course->id, $users), $snapshot['members'], "course $course->id");
            $seen += count($snapshot['members']);
        }
        $this->assertGreaterThan(60, $seen);
    }

    public function test_only_those_are_listed_whom_the_server_may_know(): void {
        $this->resetAfterTest();
        $course = $this->getDataGenerator()->create_course();
        $known = $this->getDataGenerator()->create_and_enrol($course);
        $this->getDataGenerator()->create_and_enrol($course);
        rights::for_token((int) $known->id);
        $this->assertSame(
            [['user' => (int) $known->id, 'role' => 'student', 'groups' => null]],
            members::of((int) $course->id, 1)['members']
        );
    }

    public function test_a_course_that_is_gone_has_nobody(): void {
        $this->assertSame(['rights_version' => 3, 'title' => '', 'members' => []], members::of(987654, 3));
        $this->assertSame([], members::of(SITEID, 3)['members']);
    }

    public function test_as_many_queries_for_many_as_for_few(): void {
        global $DB;
        $this->resetAfterTest();
        $course = $this->getDataGenerator()->create_course(['groupmode' => SEPARATEGROUPS]);
        $cost = function () use ($course, $DB): int {
            $reads = $DB->perf_get_reads();
            members::of((int) $course->id, 1);
            return $DB->perf_get_reads() - $reads;
        };
        for ($i = 0; $i < 2; $i++) {
            rights::for_token((int) $this->getDataGenerator()->create_and_enrol($course)->id);
        }
        $cost();
        $few = $cost();
        for ($i = 0; $i < 20; $i++) {
            rights::for_token((int) $this->getDataGenerator()->create_and_enrol($course)->id);
        }
        $this->assertSame($few, $cost());
    }
}
