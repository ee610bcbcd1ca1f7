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
 * A change is written down with the change, and never breaks it.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\outbox
 * @covers \block_gchat\observer
 * @covers \block_gchat\lost_roles
 */
final class outbox_test extends \advanced_testcase {
    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        // Connected, as far as the observers look; nobody answers at this address, and nothing is sent in these tests.
        set_config('url', 'http://127.0.0.1:9/', 'block_gchat');
        notes::forget();
        lost_roles::forget();
    }

    /**
     * What was written down since the last time, in short.
     *
     * @return string[]
     */
    private function written(): array {
        global $DB;
        $rows = $DB->get_records_select('block_gchat_outbox', 'timedue IS NOT NULL', [], 'id');
        $DB->delete_records_select('block_gchat_outbox', 'timedue IS NOT NULL');
        notes::forget();
        return array_values(array_unique(array_map(fn($row) => "$row->kind $row->target in $row->courseid", $rows)));
    }

    public function test_changes_of_enrolments_groups_and_roles_are_written_down(): void {
        global $DB;
        $generator = $this->getDataGenerator();
        [$course, $user] = [$generator->create_course(), $generator->create_user()];
        $group = $generator->create_group(['courseid' => $course->id]);
        $context = \context_course::instance($course->id);
        $manual = enrol_get_plugin('manual');
        $instance = $DB->get_record('enrol', ['courseid' => $course->id, 'enrol' => 'manual'], '*', MUST_EXIST);
        $role = (int) $DB->get_field('role', 'id', ['shortname' => 'teacher']);
        $this->written();

        $here = "user $user->id in $course->id";
        $manual->enrol_user($instance, $user->id);
        $this->assertSame([$here], $this->written());
        $manual->update_user_enrol($instance, $user->id, ENROL_USER_SUSPENDED);
        $this->assertSame([$here], $this->written());
        groups_add_member($group, $user);
        $this->assertSame([$here], $this->written());
        groups_remove_member($group, $user);
        $this->assertSame([$here], $this->written());
        role_assign($role, $user->id, $context);
        $this->assertSame([$here], $this->written());
        role_unassign($role, $user->id, $context->id);
        $this->assertSame([$here], $this->written());
        role_assign($role, $user->id, \context_coursecat::instance($course->category));
        $this->assertSame(["user $user->id in 0"], $this->written());
        $manual->unenrol_user($instance, $user->id);
        $this->assertContains($here, $this->written());

        $all = ["course $course->id in 0"];
        $manual->update_status($instance, ENROL_INSTANCE_DISABLED);
        $this->assertSame($all, $this->written());
        groups_update_group((object) ['id' => $group->id, 'courseid' => $course->id, 'name' => 'Other']);
        $this->assertSame($all, $this->written());
        groups_delete_group($group);
        $this->assertSame($all, $this->written());
        update_course((object) ['id' => $course->id, 'groupmode' => SEPARATEGROUPS]);
        $this->assertSame($all, $this->written());
        assign_capability('block/gchat:chat', CAP_PREVENT, $role, $context);
        $this->assertSame($all, $this->written());
        unassign_capability('block/gchat:chat', $role, $context->id);
        $this->assertSame($all, $this->written());
        assign_capability('moodle/course:update', CAP_PREVENT, $role, $context);
        $this->assertSame([], $this->written());
        delete_course($course, false);
        $this->assertContains($all[0], $this->written());
    }

    public function test_changes_of_categories_and_the_site_are_written_down(): void {
        global $DB;
        $category = $this->getDataGenerator()->create_category();
        $role = $this->getDataGenerator()->create_role();
        $this->written();
        $category->update(['name' => 'Other']);
        $this->assertSame(["category $category->id in 0"], $this->written());
        assign_capability('block/gchat:teach', CAP_ALLOW, $role, \context_coursecat::instance($category->id));
        $this->assertSame(["category $category->id in 0"], $this->written());
        assign_capability('block/gchat:teach', CAP_PREVENT, $role, \context_coursecat::instance($category->id), true);
        $this->assertSame(["narrow $category->id in 0"], $this->written());
        assign_capability('block/gchat:teach', CAP_ALLOW, $role, \context_system::instance());
        $this->assertSame(['site 0 in 0'], $this->written());
        assign_capability('block/gchat:teach', CAP_PROHIBIT, $role, \context_system::instance(), true);
        $this->assertSame(['brake 0 in 0'], $this->written());
        unassign_capability('block/gchat:teach', $role, \context_system::instance()->id);
        $this->assertSame(['brake 0 in 0'], $this->written());
        $category->delete_full(false);
        $this->assertSame(['site 0 in 0'], $this->written());
    }

    /**
     * Roles that are deleted.
     *
     * @return array[]
     */
    public static function deleted_roles(): array {
        $few = lost_roles::MANY - 1;
        return [
            'many had it, and it gave a capability of the chat' => ['block/gchat:chat', CAP_ALLOW, $few + 1, true],
            'many had it, and it prohibited one' => ['block/gchat:teach', CAP_PROHIBIT, $few + 1, true],
            'many had it, and it let them see all groups' => ['moodle/site:accessallgroups', CAP_ALLOW, $few + 1, true],
            'many had it, and it was no matter of the chat' => ['moodle/course:update', CAP_ALLOW, $few + 1, false],
            'few had it' => ['block/gchat:chat', CAP_ALLOW, $few, false],
            'nobody had it' => ['block/gchat:chat', CAP_ALLOW, 0, false],
        ];
    }

    /**
     * The emergency brake is put on for a role that is deleted only where that took something of the chat from many people.
     *
     * @param string $capability
     * @param int $permission
     * @param int $holders
     * @param bool $brake
     * @dataProvider deleted_roles
     */
    public function test_a_role_that_is_deleted_concerns_those_who_had_it(
        string $capability,
        int $permission,
        int $holders,
        bool $brake
    ): void {
        $generator = $this->getDataGenerator();
        $role = $generator->create_role();
        // Without an archetype it has no capability at first.
        assign_capability($capability, $permission, $role, \context_system::instance());
        $people = [];
        for ($i = 0; $i < $holders; $i++) {
            $people[] = $user = $generator->create_user()->id;
            role_assign($role, $user, \context_system::instance());
        }
        $this->written();
        delete_role($role);
        $expected = array_map(fn($user) => "user $user in 0", $people);
        $this->assertSame([...$expected, ...($brake ? ['brake 0 in 0'] : [])], $this->written());
    }

    public function test_a_role_that_many_have_in_activities_is_no_matter_of_the_chat(): void {
        $generator = $this->getDataGenerator();
        $module = $generator->create_module('page', ['course' => $generator->create_course()->id]);
        $role = $generator->create_role();
        assign_capability('moodle/site:accessallgroups', CAP_ALLOW, $role, \context_system::instance());
        for ($i = 0; $i < lost_roles::MANY; $i++) {
            role_assign($role, $generator->create_user()->id, \context_module::instance($module->cmid));
        }
        $this->written();
        delete_role($role);
        $this->assertSame([], $this->written());
    }

    public function test_the_role_of_everybody_concerns_everybody(): void {
        $role = $this->getDataGenerator()->create_role();
        set_config('defaultuserroleid', $role);
        $this->written();
        delete_role($role);
        $this->assertSame(['brake 0 in 0'], $this->written());
    }

    public function test_changes_of_people_are_written_down(): void {
        $generator = $this->getDataGenerator();
        [$user, $other] = [$generator->create_user(), $generator->create_user()];
        $this->written();
        user_update_user((object) ['id' => $user->id, 'suspended' => 1], false);
        $this->assertSame(["user $user->id in 0"], $this->written());
        \core_message\api::block_user($user->id, $other->id);
        $this->assertSame(["user $user->id in 0"], $this->written());
        \core_message\api::unblock_user($user->id, $other->id);
        $this->assertSame(["user $user->id in 0"], $this->written());
        \core_message\api::add_contact($user->id, $other->id);
        $this->assertSame(["user $user->id in 0", "user $other->id in 0"], $this->written());
        \core_message\api::remove_contact($user->id, $other->id);
        $this->assertSame(["user $user->id in 0", "user $other->id in 0"], $this->written());
        delete_user($user);
        $this->assertContains("erase $user->id in 0", $this->written());
    }

    public function test_a_logout_is_written_down_without_the_sessions_id(): void {
        global $DB;
        $user = $this->getDataGenerator()->create_user();
        $DB->delete_records('block_gchat_outbox');
        \core\event\user_loggedout::create([
            'userid' => $user->id, 'objectid' => $user->id, 'other' => ['sessionid' => 'the-session'],
        ])->trigger();
        $row = $DB->get_record('block_gchat_outbox', []);
        $this->assertSame(['logout', $user->id], [$row->kind, $row->target]);
        $this->assertSame(login::sid_of('the-session'), $row->sid);
        $this->assertStringNotContainsString('the-session', json_encode($row));
    }

    public function test_a_log_in_as_ends_the_login_that_it_goes_on_with(): void {
        global $DB;
        $this->setAdminUser();
        $user = $this->getDataGenerator()->create_user();
        $DB->delete_records('block_gchat_outbox');
        login::pretend('the-session');
        \core\session\manager::loginas($user->id, \context_system::instance());
        login::pretend(null);
        $row = $DB->get_record('block_gchat_outbox', []);
        $this->assertEquals(['logout', get_admin()->id], [$row->kind, $row->target]);
        $this->assertSame(login::sid_of('the-session'), $row->sid);
    }

    public function test_a_change_that_is_rolled_back_leaves_no_row(): void {
        global $DB;
        $this->preventResetByRollback();
        set_config('paused', 'test', 'block_gchat');
        [$course, $user] = [$this->getDataGenerator()->create_course(), $this->getDataGenerator()->create_user()];
        unset_config('paused', 'block_gchat');
        server::forget_outage();
        $DB->delete_records('block_gchat_outbox');
        $transaction = $DB->start_delegated_transaction();
        $this->getDataGenerator()->enrol_user($user->id, $course->id);
        $this->assertTrue($DB->record_exists('block_gchat_outbox', ['target' => $user->id]));
        try {
            $transaction->rollback(new \Exception('no'));
        } catch (\Exception $e) {
            $this->assertSame('no', $e->getMessage());
        }
        $this->assertSame(0, $DB->count_records('block_gchat_outbox'));
    }

    public function test_an_error_in_the_observer_does_not_break_the_change(): void {
        global $DB;
        $this->preventResetByRollback();
        server::forget_outage();
        $course = $this->getDataGenerator()->create_course();
        $user = $this->getDataGenerator()->create_user();
        $transaction = $DB->start_delegated_transaction();
        $this->getDataGenerator()->enrol_user($user->id, $course->id);
        // Core catches exceptions of observers, but not this TypeError, which would leave the enrolment undone.
        \core\event\user_loggedout::create([
            'userid' => $user->id, 'objectid' => $user->id, 'other' => ['sessionid' => ['no', 'string']],
        ])->trigger();
        $transaction->allow_commit();
        $this->assertDebuggingCalled(null, DEBUG_DEVELOPER);
        $this->assertTrue(is_enrolled(\context_course::instance($course->id), $user->id));
        $this->assertSame(["user $user->id in $course->id"], array_slice($this->written(), -1));
    }

    public function test_without_a_connection_only_erasures_of_people_whom_a_server_may_know_are_kept(): void {
        global $DB;
        foreach ([['paused', 'wrong_wwwroot'], ['url', '']] as [$name, $value]) {
            set_config($name, $value, 'block_gchat');
            $course = $this->getDataGenerator()->create_course();
            [$known, $unknown] = [
                $this->getDataGenerator()->create_and_enrol($course),
                $this->getDataGenerator()->create_and_enrol($course),
            ];
            $DB->insert_record('block_gchat_user', ['userid' => $known->id, 'stale' => 0, 'timecreated' => time()]);
            delete_user($known);
            delete_user($unknown);
            $this->assertSame(["erase $known->id in 0"], $this->written());
        }
    }

    public function test_the_clock_only_rises(): void {
        global $DB;
        $versions = [];
        for ($i = 0; $i < 4; $i++) {
            $versions[] = outbox::version_of(outbox::tick($i === 1 ? outbox::FLOOR : outbox::TICK));
            outbox::purge();
            $this->assertLessThanOrEqual(2, $DB->count_records('block_gchat_outbox'));
        }
        $this->assertSame($versions, array_unique($versions));
        $sorted = $versions;
        sort($sorted);
        $this->assertSame($sorted, $versions);
        // The floor is still there: what was cached before it stays out of date.
        $this->assertSame(1, $DB->count_records('block_gchat_outbox', ['kind' => outbox::FLOOR]));
        // A server that has a higher version, after a backup was restored.
        outbox::seen(5000000);
        $this->assertGreaterThan(5000000, outbox::version_of((int) $DB->get_field_sql('SELECT MAX(id) FROM {block_gchat_outbox}')));
        $base = get_config('block_gchat', 'versionbase');
        outbox::seen(4999999);
        $this->assertSame($base, get_config('block_gchat', 'versionbase'));
    }

    public function test_the_clock_stays_at_what_the_server_was_told(): void {
        global $DB;
        $told = outbox::ticks([], false, []);
        // While calls are made, somebody writes a row, which turns out to need none.
        outbox::add(outbox::USER, 7);
        outbox::purge();
        outbox::done(array_keys(outbox::due(10)));
        $this->assertGreaterThan($told, (int) $DB->get_field_sql('SELECT MAX(id) FROM {block_gchat_outbox}'));
    }

    public function test_waits_grow_and_end(): void {
        global $DB;
        outbox::add(outbox::COURSE, 7);
        $id = (int) $DB->get_field('block_gchat_outbox', 'id', ['target' => 7]);
        $waits = [];
        for ($attempts = 0; $attempts < 12; $attempts++) {
            outbox::again([$id], $attempts);
            $row = $DB->get_record('block_gchat_outbox', ['id' => $id]);
            $this->assertEquals($attempts + 1, $row->attempts);
            $waits[] = (int) round(($row->timedue - time()) / 30);
        }
        $this->assertSame([1, 2, 4, 8, 10, 10, 10, 10, 10, 10, 10, 10], $waits);
        $this->assertSame([], outbox::due(10));
    }
}
