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
 * Whoever is found is whom one may write to, and everybody is found whom one may write to.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\people
 * @covers \block_gchat\reach
 * @covers \block_gchat\facts
 */
final class people_test extends \advanced_testcase {
    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
    }

    /**
     * The names of those whom somebody finds, over all pages.
     *
     * @param int $me
     * @param string $text
     * @return array[] answers of people::search(), each with one page
     */
    private function pages(int $me, string $text = ''): array {
        $person = person::read($me);
        $reach = rights::with_reach($person)['reach'];
        [$pages, $next] = [[], ''];
        do {
            $page = people::search($person, $reach, $text, $next);
            $pages[] = $page['people'];
            $next = $page['next'];
        } while ($next !== '');
        return $pages;
    }

    /**
     * The ids of those whom somebody finds.
     *
     * @param int $me
     * @param string $text
     * @return int[]
     */
    private function found(int $me, string $text = ''): array {
        return array_column(array_merge(...$this->pages($me, $text)), 'id');
    }

    /**
     * The names of those whom somebody finds.
     *
     * @param \stdClass $me
     * @param string $text
     * @return string[]
     */
    private function names(\stdClass $me, string $text = ''): array {
        return array_column(array_merge(...$this->pages((int) $me->id, $text)), 'name');
    }

    /**
     * Somebody in a course.
     *
     * @param \stdClass|null $course
     * @param string $name first and last
     * @param string $role
     * @return \stdClass
     */
    private function person(?\stdClass $course, string $name, string $role = 'student'): \stdClass {
        [$first, $last] = explode(' ', $name);
        $user = $this->getDataGenerator()->create_user(['firstname' => $first, 'lastname' => $last]);
        if ($course) {
            $this->getDataGenerator()->enrol_user($user->id, $course->id, $role);
        }
        return $user;
    }

    /**
     * The id of a role.
     *
     * @param string $name
     * @return int
     */
    private function role(string $name): int {
        global $DB;
        return (int) $DB->get_field('role', 'id', ['shortname' => $name], MUST_EXIST);
    }

    public function test_whoever_is_found_is_whom_one_may_write_to(): void {
        global $CFG, $DB;
        mt_srand(11);
        $generator = $this->getDataGenerator();
        $now = time();
        [$category, $other] = [$generator->create_category(), $generator->create_category()];
        $inner = $generator->create_category(['parent' => $category->id]);
        $courses = [];
        foreach ([0, 1, 2] as $groupmode) {
            foreach ([0, 1] as $visible) {
                foreach ([$category, $inner, $other] as $place) {
                    $courses[] = $generator->create_course(
                        ['category' => $place->id, 'groupmode' => $groupmode, 'visible' => $visible],
                        ['createsections' => false]
                    );
                }
            }
        }
        $courses[] = $generator->create_course(['groupmode' => 1, 'startdate' => $now - 100, 'enddate' => $now + 5000]);
        $courses[] = $generator->create_course(['startdate' => $now - 100, 'enddate' => $now - 5]);
        $say = fn($permission, $role, $context, $name = 'block/gchat:chat')
            => assign_capability($name, $permission, $this->role($role), $context);
        $say(CAP_PROHIBIT, 'teacher', \context_course::instance($courses[1]->id));
        $say(CAP_PREVENT, 'student', \context_course::instance($courses[2]->id));
        $say(CAP_PREVENT, 'student', \context_coursecat::instance($inner->id));
        $say(CAP_ALLOW, 'student', \context_course::instance($courses[4]->id));
        $say(CAP_PROHIBIT, 'guest', \context_coursecat::instance($other->id));
        $say(CAP_ALLOW, 'guest', \context_course::instance($courses[0]->id));
        $say(CAP_ALLOW, 'user', \context_course::instance($courses[6]->id));
        $say(CAP_PROHIBIT, 'user', \context_course::instance($courses[9]->id));
        $say(CAP_ALLOW, 'teacher', \context_coursecat::instance($category->id), 'moodle/site:accessallgroups');
        $say(CAP_PREVENT, 'editingteacher', \context_course::instance($courses[7]->id), 'moodle/site:accessallgroups');
        $say(CAP_ALLOW, 'teacher', \context_system::instance(), 'moodle/course:viewhiddencourses');
        $say(CAP_PREVENT, 'student', \context_course::instance($courses[3]->id), 'block/gchat:teach');
        $say(CAP_ALLOW, 'student', \context_course::instance($courses[5]->id), 'block/gchat:teach');
        $groups = [];
        foreach ($courses as $course) {
            for ($g = 0; $g < 4; $g++) {
                $groups[$course->id][] = $generator->create_group([
                    'courseid' => $course->id, 'visibility' => $g, 'participation' => $g < 2,
                ]);
            }
        }
        $users = [];
        for ($i = 0; $i < 34; $i++) {
            $user = $generator->create_user([
                'suspended' => (int) ($i % 13 === 0), 'confirmed' => (int) ($i % 17 !== 0),
                'firstname' => ['João', 'Ana', 'ana', 'Łukasz', "Zoe\u{308}"][$i % 5], 'lastname' => "O'Name" . $i % 3,
            ]);
            $users[] = (int) $user->id;
            foreach ($courses as $course) {
                if (mt_rand(0, 4) < 3) {
                    continue;
                }
                $roles = ['student', 'student', 'teacher', 'editingteacher', 'manager', 'guest'];
                $start = [0, 0, 0, $now - 20, $now + 4000][mt_rand(0, 4)];
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
                role_assign($this->role('manager'), $user->id, \context_coursecat::instance($category->id));
                role_assign($this->role('guest'), $user->id, \context_coursecat::instance($inner->id));
            }
            if ($i % 7 === 0) {
                set_user_preference('message_blocknoncontacts', \core_message\api::MESSAGE_PRIVACY_ONLYCONTACTS, $user->id);
            }
        }
        for ($i = 0; $i < 40; $i++) {
            [$one, $two] = [$users[mt_rand(0, 33)], $users[mt_rand(0, 33)]];
            if ($one !== $two && $i % 3 === 0 && !\core_message\api::is_blocked($one, $two)) {
                \core_message\api::block_user($one, $two);
            } else if ($one !== $two && !\core_message\api::is_contact($one, $two)) {
                \core_message\api::add_contact($one, $two);
            }
        }
        $CFG->siteadmins .= ',' . $users[3] . ',' . $users[4];
        delete_user(\core_user::get_user($users[7]));
        accesslib_clear_all_caches(true);
        $says = [];
        foreach ($users as $user) {
            $says[$user] = rights::now(person::read($user));
        }
        $seen = 0;
        foreach ($users as $me) {
            $wanted = array_values(array_filter($users, fn($other) => circles::to_write($me, $says[$me], $other, $says[$other])));
            $found = $this->found($me);
            $this->assertSame(array_unique($found), $found, 'nobody twice');
            sort($found);
            $this->assertSame($wanted, $says[$me]['rights'] ? $found : $wanted, "whom $me finds");
            $seen += count($found);
        }
        $this->assertGreaterThan(150, $seen);
        $this->assertLessThan(34 * 30, $seen);
    }
}
