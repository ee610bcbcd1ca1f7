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

    public function test_the_database_compares_names_as_the_rules_say(): void {
        $course = $this->getDataGenerator()->create_course();
        $ana = $this->person($course, 'Ana Sousa');
        $names = [
            'João Silva', "Joa\u{303}o Nu\u{301}n\u{303}ez", 'JOANA SILVA', 'Łukasz Żółć', "Sean O'Brien", 'Liam O’Brien',
            'Richard Strauß', 'Æon Flux', 'Işık İnan',
            'Иван Йорданов', 'Σωκράτης Παππάς', '김 민준', 'がく さとう', 'مُحَمَّد علي', 'محمد علي', 'Nguyễn Thị',
            'a.b (x)', 'Odd [^a]*', 'C++ \\d', '100% _Ana_', 'Carla 🌻', 'x{2} ^y$', 'de-la Cruz|Cruz',
        ];
        foreach ($names as $name) {
            [$first, $last] = explode(' ', $name);
            $user = $this->getDataGenerator()->create_user(['firstname' => $first, 'lastname' => $last]);
            $this->getDataGenerator()->enrol_user($user->id, $course->id);
        }
        $typed = [
            'joao', 'SILVA', 'silva joao', "nu\u{301}nez", 'nunez', 'lukasz zolc', 'ŁUK', "o'brien", 'o’BRIEN', 'strauss', 'STRAUẞ',
            'aeon', 'ao', 'isik', 'inan', 'иорданов', 'σωκρατησ', 'ΠΑΠΠΆΣ', '민준', 'か', 'محمد', 'nguyen', 'thi', 'a.b', '(x)',
            '[^a]*', 'c++', '\\d',
            '%', '_', '100%', '🌻', '.', '.*', '^', '$', '{2}', '|', 'a|b', '[a]', '(', ')', '\\', '*', '+', '?', 'an?', "'", '"',
            "' OR 1 = 1 --", 'de-la', 'nobody', 'a', 'ana ana', '   ', "\u{301}", "a\u{0}b",
        ];
        foreach ($typed as $text) {
            $has = fn(string $name): bool => names::has($name, names::words($text));
            $found = $this->names($ana, $text);
            sort($found);
            $wanted = array_filter($names, $has);
            sort($wanted);
            $this->assertSame($wanted, $found, "'$text'");
        }
    }

    public function test_what_is_searched_is_what_the_site_shows(): void {
        global $CFG;
        $course = $this->getDataGenerator()->create_course();
        $ana = $this->person($course, 'Ana Sousa');
        $user = $this->getDataGenerator()->create_user(
            ['firstname' => 'Inês', 'lastname' => 'Azul', 'alternatename' => 'Nezinha', 'middlename' => 'Maria']
        );
        $this->getDataGenerator()->enrol_user($user->id, $course->id);
        $this->assertSame([['Inês Azul'], [], []], array_map(fn($text) => $this->names($ana, $text), ['azul', 'nezinha', 'maria']));
        $CFG->fullnamedisplay = 'firstname';
        $this->assertSame([['Inês'], []], array_map(fn($text) => $this->names($ana, $text), ['ines', 'azul']), 'what is not shown');
        $CFG->fullnamedisplay = 'lastname, firstname (alternatename)';
        $this->assertSame([['Azul, Inês (Nezinha)']], array_map(fn($text) => $this->names($ana, $text), ['nezinha azul,']));
        $CFG->fullnamedisplay = 'language';
        $CFG->forcelastname = 'Somebody';
        $this->assertSame([['Inês Somebody'], []], array_map(fn($text) => $this->names($ana, $text), ['ines', 'azul']));
    }

    public function test_pages_have_twenty_and_nobody_twice_though_people_go_meanwhile(): void {
        $course = $this->getDataGenerator()->create_course();
        $ana = $this->person($course, 'Ana Sousa');
        $people = [];
        for ($i = 0; $i < 45; $i++) {
            $people[] = $this->person($course, 'José ' . ['Álves', 'alves', 'Alves'][$i % 3]);
        }
        $this->assertSame([20, 20, 5], array_map('count', $this->pages((int) $ana->id)));
        $this->assertCount(45, array_unique($this->found((int) $ana->id)));
        $me = person::read((int) $ana->id);
        $reach = rights::with_reach($me)['reach'];
        $first = people::search($me, $reach, 'alves', '');
        // Whoever was the last of the page, and one of the page, go; one comes who would be before all of them.
        $gone = [$first['people'][19]['id'], $first['people'][3]['id']];
        array_map(fn($user) => delete_user(\core_user::get_user($user)), $gone);
        $this->person($course, 'Aaron Alves');
        $second = people::search($me, $reach, 'alves', $first['next']);
        $third = people::search($me, $reach, 'alves', $second['next']);
        $this->assertSame('', $third['next']);
        $found = array_column([...$first['people'], ...$second['people'], ...$third['people']], 'id');
        sort($found);
        $this->assertSame(array_map(fn($user) => (int) $user->id, $people), $found);
        foreach (['', 'x', '%', '[]', jwt::base64url('[1,2]'), jwt::base64url('["a"]'), jwt::base64url('{"a":1}')] as $odd) {
            $this->assertSame('Aaron Alves', people::search($me, $reach, '', $odd)['people'][0]['name'], 'begins anew');
        }
    }

    public function test_a_page_is_full_though_most_of_a_course_may_not_chat(): void {
        $course = $this->getDataGenerator()->create_course();
        assign_capability('block/gchat:chat', CAP_PREVENT, $this->role('student'), \context_course::instance($course->id));
        $zoe = $this->person($course, 'Zoë Zimmer', 'editingteacher');
        for ($i = 0; $i < 50; $i++) {
            $this->person($course, 'Aaron Alves');
        }
        $ana = $this->person($course, 'Ana Sousa', 'editingteacher');
        $this->assertSame([['Zoë Zimmer']], array_map(fn($page) => array_column($page, 'name'), $this->pages((int) $ana->id)));
        // The same where a role takes the chat away that they have besides.
        unassign_capability('block/gchat:chat', $this->role('student'), \context_course::instance($course->id));
        assign_capability('block/gchat:chat', CAP_PROHIBIT, $this->role('guest'), \context_system::instance());
        foreach (get_enrolled_users(\context_course::instance($course->id)) as $user) {
            if ($user->lastname === 'Alves') {
                role_assign($this->role('guest'), $user->id, \context_course::instance($course->id));
            }
        }
        $other = $this->getDataGenerator()->create_course();
        $this->getDataGenerator()->enrol_user($ana->id, $other->id);
        $bea = $this->person($other, 'Bea Alves');
        role_assign($this->role('guest'), $bea->id, \context_course::instance($course->id));
        \cache::make('block_gchat', 'rights')->purge();
        $pages = array_map(fn($page) => array_column($page, 'name'), $this->pages((int) $ana->id));
        $this->assertSame([['Bea Alves', 'Zoë Zimmer']], $pages, 'what a role takes away in one course it takes in no other');
        $this->assertSame(['Ana Sousa'], $this->names($zoe));
    }

    public function test_a_page_is_full_though_most_of_a_course_is_out_of_sight(): void {
        $course = $this->getDataGenerator()->create_course(['groupmode' => SEPARATEGROUPS]);
        $group = $this->getDataGenerator()->create_group(['courseid' => $course->id]);
        for ($i = 0; $i < 50; $i++) {
            $user = $this->person($course, 'Aaron Alves');
            if ($i < 25) {
                set_user_preference('message_blocknoncontacts', \core_message\api::MESSAGE_PRIVACY_ONLYCONTACTS, $user->id);
                groups_add_member($group, $user);
            }
        }
        [$ana, $zoe] = [$this->person($course, 'Ana Sousa'), $this->person($course, 'Zoë Zimmer')];
        array_map(fn($user) => groups_add_member($group, $user), [$ana, $zoe]);
        $pages = fn($me) => array_map(fn($page) => array_column($page, 'name'), $this->pages((int) $me->id));
        $this->assertSame([['Zoë Zimmer']], $pages($ana), 'neither other groups nor whoever opted out take a place');
        $other = $this->getDataGenerator()->create_course();
        $this->getDataGenerator()->enrol_user($ana->id, $other->id, 'editingteacher');
        \cache::make('block_gchat', 'rights')->purge();
        $this->assertSame([['Zoë Zimmer']], $pages($ana), 'nor where one teaches another course');
    }

    public function test_groups_that_are_separate_are_kept_to(): void {
        $generator = $this->getDataGenerator();
        $course = $generator->create_course(['groupmode' => SEPARATEGROUPS]);
        $red = $generator->create_group(['courseid' => $course->id]);
        $blue = $generator->create_group(['courseid' => $course->id]);
        $secret = $generator->create_group(
            ['courseid' => $course->id, 'visibility' => GROUPS_VISIBILITY_OWN, 'participation' => 0]
        );
        $people = [];
        foreach (['Gil Red', 'Hana Red', 'Ines Blue', 'Ivo None', 'Iris None'] as $name) {
            $people[$name] = $this->person($course, $name);
        }
        $jorge = $this->person($course, 'Jorge Teacher', 'editingteacher');
        foreach (['Gil Red' => [$red], 'Hana Red' => [$red, $secret], 'Ines Blue' => [$blue, $secret]] as $name => $groups) {
            array_map(fn($group) => groups_add_member($group, $people[$name]), $groups);
        }
        $this->assertSame(['Hana Red', 'Jorge Teacher'], $this->names($people['Gil Red']));
        $this->assertSame(['Gil Red', 'Jorge Teacher'], $this->names($people['Hana Red']), 'not by a group that nobody knows of');
        $this->assertSame(['Jorge Teacher'], $this->names($people['Ivo None']));
        $this->assertSame(['Gil Red', 'Hana Red', 'Ines Blue', 'Iris None', 'Ivo None'], $this->names($jorge));
    }

    public function test_who_takes_messages_from_contacts_only_is_found_by_these_and_by_teachers(): void {
        $course = $this->getDataGenerator()->create_course();
        $choosy = $this->person($course, 'Carla Choosy');
        $student = $this->person($course, 'Bruno Student');
        $friend = $this->person($course, 'Frank Friend');
        $teacher = $this->person($course, 'Tina Teacher', 'editingteacher');
        $elsewhere = $this->getDataGenerator()->create_course();
        $this->getDataGenerator()->enrol_user($student->id, $elsewhere->id, 'editingteacher');
        set_user_preference('message_blocknoncontacts', \core_message\api::MESSAGE_PRIVACY_ONLYCONTACTS, $choosy->id);
        \core_message\api::add_contact($friend->id, $choosy->id);
        $find = fn() => array_map(fn($user) => count($this->names($user, 'choosy')), [$student, $friend, $teacher]);
        $this->assertSame([0, 1, 1], $find());
        $this->getDataGenerator()->enrol_user($choosy->id, $elsewhere->id);
        $this->assertSame([1, 1, 1], $find(), 'a teacher of another course of theirs');
        set_user_preference('message_blocknoncontacts', \core_message\api::MESSAGE_PRIVACY_COURSEMEMBER, $choosy->id);
        \core_message\api::block_user($choosy->id, $teacher->id);
        \core_message\api::block_user($friend->id, $choosy->id);
        $this->assertSame([1, 0, 0], $find(), 'a block hides in both directions');
    }

    public function test_hidden_people_are_found_as_those_who_are_away(): void {
        $course = $this->getDataGenerator()->create_course();
        [$ana, $shy] = [$this->person($course, 'Ana Sousa'), $this->person($course, 'Shy Person')];
        set_config('block_online_users_onlinestatushiding', 1);
        set_user_preference('block_online_users_uservisibility', 0, $shy->id);
        $this->assertSame(['Shy Person'], $this->names($ana));
    }

    public function test_a_right_that_is_lost_counts_at_once_whatever_is_cached(): void {
        global $DB;
        $course = $this->getDataGenerator()->create_course(['groupmode' => SEPARATEGROUPS]);
        $group = $this->getDataGenerator()->create_group(['courseid' => $course->id]);
        [$ana, $bruno] = [$this->person($course, 'Ana Sousa'), $this->person($course, 'Bruno Silva')];
        array_map(fn($user) => groups_add_member($group, $user), [$ana, $bruno]);
        $find = fn() => $this->names($ana);
        $this->assertSame(['Bruno Silva'], $find());
        // Behind Moodle's back, so that nothing of it is noted.
        $undone = function (string $table, array $where, array $change) use ($DB, $find): void {
            $before = $DB->get_record($table, $where, '*', MUST_EXIST);
            $DB->update_record($table, (object) (['id' => $before->id] + $change));
            $this->assertSame([], $find(), $table . json_encode($change));
            $DB->update_record($table, $before);
            $this->assertSame(['Bruno Silva'], $find());
        };
        foreach ([$ana, $bruno] as $user) {
            $undone('user_enrolments', ['userid' => $user->id], ['status' => ENROL_USER_SUSPENDED]);
            $undone('user_enrolments', ['userid' => $user->id], ['timeend' => time() - 1]);
            $undone('user_enrolments', ['userid' => $user->id], ['timestart' => time() + 100]);
            $undone('groups_members', ['userid' => $user->id], ['groupid' => 0]);
            $undone('role_assignments', ['userid' => $user->id], ['roleid' => $this->role('guest')]);
        }
        $undone('course', ['id' => $course->id], ['visible' => 0]);
        $undone('course', ['id' => $course->id], ['enddate' => time() - 1]);
        $undone('enrol', ['courseid' => $course->id, 'enrol' => 'manual'], ['status' => ENROL_INSTANCE_DISABLED]);
        $undone('user', ['id' => $bruno->id], ['suspended' => 1]);
        $undone('user', ['id' => $bruno->id], ['confirmed' => 0]);
        $undone('user', ['id' => $bruno->id], ['deleted' => 1]);
        $undone('groups', ['id' => $group->id], ['participation' => 0]);
    }

    public function test_a_search_is_two_queries_at_any_size(): void {
        global $DB;
        $ana = $this->person(null, 'Ana Sousa');
        foreach ([2, 9] as $size) {
            for ($c = 0; $c < $size; $c++) {
                $course = $this->getDataGenerator()->create_course(['groupmode' => $c % 3]);
                $this->getDataGenerator()->enrol_user($ana->id, $course->id, $c % 2 ? 'student' : 'editingteacher');
                for ($i = 0; $i < $size; $i++) {
                    $this->person($course, "José Alves$i");
                }
            }
            $me = person::read((int) $ana->id);
            $this->names($ana);
            $reads = $DB->perf_get_reads();
            $reach = rights::with_reach($me)['reach'];
            $this->assertSame(0, $DB->perf_get_reads() - $reads, 'it is kept with the rights');
            accesslib_clear_all_caches(true);
            $this->assertNotEmpty(people::search($me, $reach, 'jose alves', '')['people']);
            $this->assertSame(2, $DB->perf_get_reads() - $reads);
        }
    }
}
