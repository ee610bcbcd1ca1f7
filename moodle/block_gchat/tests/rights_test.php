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
 * Whom somebody may see, computed from a real Moodle's tables.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\rights
 * @covers \block_gchat\person
 * @covers \block_gchat\roles
 */
final class rights_test extends \advanced_testcase {
    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
    }

    /**
     * Somebody's circles by id, with the role; null: no token at all.
     *
     * @param int $userid
     * @return array|null
     */
    private function circles(int $userid): ?array {
        \cache::make('block_gchat', 'rights')->purge();
        $rights = rights::for_token($userid);
        return $rights === null ? null : array_column($rights['content']['circles'], 'role', 'id');
    }

    /**
     * A person in a course.
     *
     * @param \stdClass $course
     * @param string $role
     * @param int $start
     * @param int $end
     * @param int $status
     * @return \stdClass
     */
    private function member(\stdClass $course, string $role = 'student', int $start = 0, int $end = 0, int $status = 0): \stdClass {
        return $this->getDataGenerator()->create_and_enrol($course, $role, null, 'manual', $start, $end, $status);
    }

    public function test_roles_come_from_the_capability(): void {
        $course = $this->getDataGenerator()->create_course(['fullname' => 'A & B <b>bold</b>']);
        $this->assertSame(["c$course->id" => 'student'], $this->circles($this->member($course)->id));
        $this->assertSame(["c$course->id" => 'teacher'], $this->circles($this->member($course, 'teacher')->id));
        $this->assertSame(["c$course->id" => 'teacher'], $this->circles($this->member($course, 'editingteacher')->id));
        $rights = rights::for_token((int) $this->member($course)->id);
        $this->assertSame('A & B bold', $rights['content']['circles'][0]['title']);
    }

    public function test_an_enrolment_holds_between_its_dates_and_no_longer(): void {
        $course = $this->getDataGenerator()->create_course();
        $now = time();
        $this->assertSame([], $this->circles($this->member($course, 'student', $now + 30)->id));
        $this->assertSame([], $this->circles($this->member($course, 'student', 0, $now - 1)->id));
        $this->assertSame([], $this->circles($this->member($course, 'student', 0, 0, ENROL_USER_SUSPENDED)->id));
        $user = $this->member($course, 'student', $now - 1, $now + 40);
        $this->assertSame(["c$course->id" => 'student'], $this->circles($user->id));
        $this->assertEquals($now + 40, rights::for_token((int) $user->id)['ends']);
    }

    public function test_a_disabled_instance_enrols_nobody(): void {
        global $DB;
        $course = $this->getDataGenerator()->create_course();
        $user = $this->member($course);
        $instance = $DB->get_record('enrol', ['courseid' => $course->id, 'enrol' => 'manual'], '*', MUST_EXIST);
        enrol_get_plugin('manual')->update_status($instance, ENROL_INSTANCE_DISABLED);
        $this->assertSame([], $this->circles($user->id));
    }

    public function test_a_hidden_course_is_for_its_teachers(): void {
        $course = $this->getDataGenerator()->create_course(['visible' => 0]);
        $this->assertSame([], $this->circles($this->member($course)->id));
        $this->assertSame(["c$course->id" => 'teacher'], $this->circles($this->member($course, 'editingteacher')->id));
    }

    public function test_a_course_that_has_ended_is_closed(): void {
        $generator = $this->getDataGenerator();
        $ended = $generator->create_course(['startdate' => time() - 1000, 'enddate' => time() - 1]);
        $ending = $generator->create_course(['startdate' => time() - 1000, 'enddate' => time() + 50]);
        $user = $this->member($ended, 'editingteacher');
        $generator->enrol_user($user->id, $ending->id);
        $this->assertSame(["c$ending->id" => 'student'], $this->circles($user->id));
        $this->assertEquals($ending->enddate, rights::for_token((int) $user->id)['ends']);
    }

    public function test_separate_groups_part_people_and_their_teacher_sees_all(): void {
        $generator = $this->getDataGenerator();
        $course = $generator->create_course(['groupmode' => SEPARATEGROUPS]);
        $groups = [$generator->create_group(['courseid' => $course->id]), $generator->create_group(['courseid' => $course->id])];
        [$one, $both, $none, $teacher] = [
            $this->member($course), $this->member($course), $this->member($course), $this->member($course, 'editingteacher'),
        ];
        $tutor = $this->member($course, 'teacher');
        foreach ([[$one, 0], [$both, 0], [$both, 1], [$teacher, 1], [$tutor, 1]] as [$user, $group]) {
            groups_add_member($groups[$group], $user);
        }
        $name = fn($group) => "c$course->id/g{$groups[$group]->id}";
        $this->assertSame([$name(0) => 'student'], $this->circles($one->id));
        $this->assertSame([$name(0) => 'student', $name(1) => 'student'], $this->circles($both->id));
        $this->assertSame(["c$course->id/-" => 'student'], $this->circles($none->id));
        $this->assertSame(["c$course->id" => 'teacher'], $this->circles($teacher->id));
        // A non-editing teacher may not access all groups.
        $this->assertSame([$name(1) => 'teacher'], $this->circles($tutor->id));
    }

    public function test_no_group_that_others_may_not_know_of_becomes_a_circle(): void {
        $generator = $this->getDataGenerator();
        $course = $generator->create_course(['groupmode' => SEPARATEGROUPS]);
        $user = $this->member($course);
        $group = fn($visibility, $participation) => $generator->create_group([
            'courseid' => $course->id, 'visibility' => $visibility, 'participation' => $participation,
        ]);
        foreach (
            [
                $group(GROUPS_VISIBILITY_OWN, false), $group(GROUPS_VISIBILITY_NONE, false),
                $group(GROUPS_VISIBILITY_MEMBERS, false), $group(GROUPS_VISIBILITY_ALL, false),
            ] as $hidden
        ) {
            groups_add_member($hidden, $user);
        }
        $this->setUser($user);
        $this->assertSame(["c$course->id/-" => 'student'], $this->circles($user->id));
        $shown = $group(GROUPS_VISIBILITY_MEMBERS, true);
        groups_add_member($shown, $user);
        $this->assertSame(["c$course->id/g$shown->id" => 'student'], $this->circles($user->id));
    }

    public function test_prohibiting_the_capability_in_a_course_closes_the_chat_there(): void {
        global $DB;
        $generator = $this->getDataGenerator();
        $courses = [$generator->create_course(), $generator->create_course()];
        $user = $this->member($courses[0]);
        $generator->enrol_user($user->id, $courses[1]->id);
        $student = $DB->get_field('role', 'id', ['shortname' => 'student']);
        assign_capability('block/gchat:chat', CAP_PREVENT, $student, \context_course::instance($courses[0]->id));
        $this->assertSame(["c{$courses[1]->id}" => 'student'], $this->circles($user->id));
        assign_capability('block/gchat:chat', CAP_PROHIBIT, $student, \context_course::instance($courses[1]->id));
        $this->assertNull($this->circles($user->id));
    }

    public function test_the_suspended_the_deleted_and_guests_get_nothing(): void {
        global $DB;
        $course = $this->getDataGenerator()->create_course();
        [$suspended, $deleted, $unconfirmed] = [$this->member($course), $this->member($course), $this->member($course)];
        $this->assertNotNull($this->circles($suspended->id));
        $DB->set_field('user', 'suspended', 1, ['id' => $suspended->id]);
        $DB->set_field('user', 'confirmed', 0, ['id' => $unconfirmed->id]);
        delete_user($deleted);
        foreach ([$suspended->id, $deleted->id, $unconfirmed->id, guest_user()->id, 0, 987654] as $id) {
            $this->assertNull($this->circles((int) $id));
        }
        $snapshot = rights::for_call((int) $suspended->id, 5);
        $this->assertSame([5, [], []], [$snapshot['rights_version'], $snapshot['rights'], $snapshot['circles']]);
        $this->assertNull(rights::for_call(987654, 5));
    }

    public function test_a_switched_role_and_a_log_in_as_change_nothing(): void {
        global $DB, $USER;
        $course = $this->getDataGenerator()->create_course();
        $other = $this->getDataGenerator()->create_course();
        $teacher = $this->member($course, 'editingteacher');
        $this->getDataGenerator()->enrol_user($teacher->id, $other->id);
        $this->setUser($teacher);
        $wanted = $this->circles($teacher->id);
        $this->assertSame('teacher', $wanted["c$course->id"]);
        $student = $DB->get_field('role', 'id', ['shortname' => 'student']);
        role_switch($student, \context_course::instance($course->id));
        $this->assertNotEmpty($USER->access['rsw']);
        $this->assertSame($wanted, $this->circles($teacher->id));
        // Core denies everything outside that course, for anybody who is asked for.
        $this->setUser($this->member($course, 'editingteacher'));
        $USER->loginascontext = \context_course::instance($course->id);
        $this->assertFalse(has_capability('block/gchat:chat', \context_course::instance($other->id), $teacher->id));
        $this->assertSame($wanted, $this->circles($teacher->id));
    }

    public function test_what_roles_says_is_what_core_says(): void {
        global $DB;
        $generator = $this->getDataGenerator();
        $course = $generator->create_course();
        $category = \context_coursecat::instance($course->category);
        $role = fn($name) => $DB->get_field('role', 'id', ['shortname' => $name]);
        assign_capability('block/gchat:teach', CAP_ALLOW, $role('student'), \context_course::instance($course->id));
        assign_capability('block/gchat:chat', CAP_PROHIBIT, $role('user'), \context_course::instance($course->id));
        assign_capability('moodle/site:accessallgroups', CAP_PREVENT, $role('editingteacher'), $category);
        $users = [$this->member($course), $this->member($course, 'editingteacher'), $this->member($course, 'teacher')];
        role_assign($role('manager'), $users[0]->id, $category);
        role_assign($role('coursecreator'), $users[1]->id, \context_system::instance());
        $capabilities = array_combine(['chat', 'teach', 'allgroups', 'hidden'], roles::capabilities());
        foreach ($users as $user) {
            $assigned = $DB->get_records_sql(
                'SELECT ra.id, ra.roleid, ctx.path FROM {role_assignments} ra JOIN {context} ctx ON ctx.id = ra.contextid
                  WHERE ra.userid = ?',
                [$user->id]
            );
            $may = roles::judge((int) $user->id, array_map(fn($row) => [(int) $row->roleid, $row->path], $assigned));
            foreach ($capabilities as $short => $long) {
                $core = has_capability($long, \context_course::instance($course->id), $user->id, false);
                $this->assertSame($core, $may($short, $course), "$long of $user->username");
            }
        }
    }

    public function test_contact_hidden_and_blocked_are_said(): void {
        global $CFG;
        $course = $this->getDataGenerator()->create_course();
        [$user, $other] = [$this->member($course), $this->member($course)];
        $content = rights::for_token((int) $user->id)['content'];
        $this->assertSame(fullname($user), $content['name']);
        $this->assertSame("$CFG->wwwroot/user/profile.php?id=$user->id", $content['profile_url']);
        $this->assertSame([null, 'en'], [$content['picture'], $content['lang']]);
        $this->assertSame([false, []], [$content['hidden'], $content['blocked']]);
        \core_message\api::block_user($user->id, $other->id);
        set_user_preference('block_online_users_uservisibility', 0, $user);
        set_config('block_online_users_onlinestatushiding', 1);
        \cache::make('block_gchat', 'rights')->purge();
        $content = rights::for_token((int) $user->id)['content'];
        $this->assertSame([true, [(int) $other->id]], [$content['hidden'], $content['blocked']]);
        // The site may forbid hiding.
        set_config('block_online_users_onlinestatushiding', 0);
        $this->assertFalse(rights::for_token((int) $user->id)['content']['hidden']);
    }

    public function test_from_whom_messages_are_taken_is_said_as_core_decides_it(): void {
        global $DB;
        $course = $this->getDataGenerator()->create_course();
        [$user, $asked, $asks, $stranger] = [
            $this->member($course), $this->member($course), $this->member($course), $this->member($course),
        ];
        \core_message\api::add_contact($user->id, $asked->id);
        \core_message\api::add_contact($asks->id, $user->id);
        $accepts = function () use ($user): ?array {
            return rights::for_token((int) $user->id)['content']['accepts'] ?? null;
        };
        $this->assertNull($accepts());
        foreach ([0, 1] as $messagingallusers) {
            set_config('messagingallusers', $messagingallusers);
            foreach ([null, 0, 1, 2] as $preference) {
                set_user_preference('message_blocknoncontacts', $preference, $user->id);
                $told = $accepts();
                foreach ([$asked, $asks, $stranger] as $other) {
                    $core = \core_message\api::can_send_message($user->id, $other->id);
                    $ours = $told === null || in_array($other->id, $told);
                    $this->assertSame($core, $ours, "preference $preference, all users $messagingallusers, $other->id");
                }
            }
        }
        set_user_preference('message_blocknoncontacts', 1, $user->id);
        $wanted = [(int) $asked->id, (int) $asks->id];
        sort($wanted);
        $this->assertSame($wanted, $accepts());
        $this->assertSame($wanted, rights::for_call((int) $user->id, 5)['accepts']);
    }

    public function test_a_picture_is_one_of_this_sites_own(): void {
        global $CFG, $DB;
        $user = $this->member($this->getDataGenerator()->create_course());
        $CFG->enablegravatar = 1;
        $this->assertNull(rights::for_token((int) $user->id)['content']['picture']);
        $DB->set_field('user', 'picture', 77, ['id' => $user->id]);
        $context = \context_user::instance($user->id);
        $wanted = "$CFG->wwwroot/pluginfile.php/$context->id/user/icon/f1?rev=77";
        $this->assertSame($wanted, rights::for_token((int) $user->id)['content']['picture']);
    }

    public function test_new_content_never_goes_out_with_an_old_version(): void {
        $course = $this->getDataGenerator()->create_course();
        $user = $this->member($course);
        $first = rights::for_token((int) $user->id)['content'];
        $this->assertSame($first, rights::for_token((int) $user->id)['content']);
        // A preference raises no event, and so no version.
        set_config('block_online_users_onlinestatushiding', 1);
        set_user_preference('block_online_users_uservisibility', 0, $user);
        $second = rights::for_token((int) $user->id)['content'];
        $this->assertTrue($second['hidden']);
        $this->assertGreaterThan($first['rights_version'], $second['rights_version']);
        $this->assertSame($second, rights::for_token((int) $user->id)['content']);
    }

    public function test_what_is_cached_ends_with_a_mark_and_keeps_its_version(): void {
        global $DB;
        $course = $this->getDataGenerator()->create_course();
        $user = $this->member($course);
        $first = rights::for_token((int) $user->id)['content'];
        // Somebody else's changes raise the version: what is cached holds, with the version of when it was computed.
        $id = outbox::ticks([], false, []);
        $reads = $DB->perf_get_reads();
        $this->assertSame($first, rights::for_token((int) $user->id)['content']);
        $this->assertSame(1, $DB->perf_get_reads() - $reads);
        // The person's own does not.
        $id = outbox::ticks([(int) $user->id], false, []);
        $second = rights::for_token((int) $user->id)['content'];
        $this->assertGreaterThan(outbox::version_of($id), $second['rights_version']);
        $id = outbox::ticks([], true, []);
        $this->assertGreaterThan(outbox::version_of($id), rights::for_token((int) $user->id)['content']['rights_version']);
        $this->assertSame($second['circles'], $first['circles']);
    }

    public function test_a_title_is_what_pages_show(): void {
        $system = \context_system::instance();
        $titles = [
            'Tom & Jerry' => 'Tom & Jerry',
            'Tom &amp; Jerry' => 'Tom & Jerry',
            'A < B' => 'A < B',
            '<b>Bold</b> &lt;i&gt;' => 'Bold <i>',
            '"Both" \'quotes\'' => '"Both" \'quotes\'',
        ];
        foreach ($titles as $name => $title) {
            $this->assertSame($title, rights::title($name, $system));
        }
    }

    public function test_a_new_connection_begins_anew(): void {
        global $DB;
        $code = 'gchat1.' . jwt::base64url(json_encode([
            'url' => 'http://127.0.0.1:9/', 'site' => 'moodle', 'kid' => 'k1', 'key' => jwt::base64url(random_bytes(32)),
        ]));
        connection::from_code($code)->save();
        $course = $this->getDataGenerator()->create_course();
        $user = $this->member($course);
        $first = rights::for_token((int) $user->id)['content'];
        $this->assertCount(1, $first['circles']);
        // A change while nobody is connected is written nowhere.
        connection::forget();
        $instance = $DB->get_record('enrol', ['courseid' => $course->id, 'enrol' => 'manual'], '*', MUST_EXIST);
        enrol_get_plugin('manual')->unenrol_user($instance, $user->id);
        connection::from_code($code)->save();
        $second = rights::for_token((int) $user->id)['content'];
        $this->assertSame([], $second['circles']);
        $this->assertGreaterThan($first['rights_version'], $second['rights_version']);
        // The plugin comes again to a site that the server knows: its clock goes on from there.
        $DB->delete_records('block_gchat_outbox');
        set_config('versionbase', 0, 'block_gchat');
        \cache::make('block_gchat', 'rights')->purge();
        connection::from_code($code)->save();
        $third = rights::for_token((int) $user->id)['content'];
        $this->assertGreaterThanOrEqual($second['rights_version'], $third['rights_version']);
    }

    public function test_sixty_courses_with_groups_cost_five_queries_at_most(): void {
        global $DB;
        $generator = $this->getDataGenerator();
        $user = $generator->create_user();
        for ($i = 0; $i < 60; $i++) {
            $course = $generator->create_course(['groupmode' => $i % 3, 'visible' => $i % 10 ? 1 : 0]);
            $generator->enrol_user($user->id, $course->id, $i % 4 ? 'student' : 'editingteacher');
            for ($g = 0; $g < 3; $g++) {
                groups_add_member($generator->create_group(['courseid' => $course->id]), $user);
            }
        }
        rights::for_token((int) $user->id);
        accesslib_clear_all_caches(true);
        $this->setUser($user);
        \cache::make('block_gchat', 'rights')->purge();
        $reads = $DB->perf_get_reads();
        $rights = rights::for_token((int) $user->id);
        $this->assertLessThanOrEqual(5, $DB->perf_get_reads() - $reads);
        $this->assertGreaterThan(60, count($rights['content']['circles']));
        // From the cache: one, which also says that it still holds.
        $reads = $DB->perf_get_reads();
        $this->assertSame($rights, rights::for_token((int) $user->id));
        $this->assertSame(1, $DB->perf_get_reads() - $reads);
    }
}
