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

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/fixtures/running_server.php');

/**
 * Whoever is connected loses what Moodle takes away, also where Moodle says nothing: with the real chat server.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\sender
 * @covers \block_gchat\site_state
 * @covers \block_gchat\dates
 * @covers \block_gchat\online
 * @covers \block_gchat\task\send
 */
final class connected_test extends \advanced_testcase {
    /** @var running_server */
    private running_server $server;

    /** @var \stdClass */
    private \stdClass $course;

    #[\Override]
    protected function setUp(): void {
        global $CFG;
        parent::setUp();
        $this->resetAfterTest();
        $this->preventResetByRollback();
        server::forget_outage();
        notes::forget();
        sender::forget();
        $this->server = new running_server(running_server::binary($this), $CFG->wwwroot);
        $this->server->connection->save();
        $this->course = $this->getDataGenerator()->create_course();
    }

    #[\Override]
    protected function tearDown(): void {
        $this->server->stop();
        server::forget_outage();
        notes::forget();
        parent::tearDown();
    }

    /**
     * A person of the course with a session of Moodle's.
     *
     * @return \stdClass user, with `session`
     */
    private function person(): \stdClass {
        global $DB;
        $user = $this->getDataGenerator()->create_and_enrol($this->course);
        $user->session = random_string(26);
        $DB->insert_record('sessions', (object) [
            'state' => 0, 'sid' => $user->session, 'userid' => $user->id, 'timecreated' => time(), 'timemodified' => time(),
        ]);
        return $user;
    }

    /**
     * Their token.
     *
     * @param \stdClass $user
     * @return string
     */
    private function token(\stdClass $user): string {
        $rights = rights::for_token((int) $user->id);
        $sid = login::sid_of($user->session);
        return jwt::user_token(connection::current(), (int) $user->id, $sid, $rights['content'], time(), $rights['ends']);
    }

    /**
     * Connects somebody.
     *
     * @param \stdClass $user
     * @return resource
     */
    private function connect(\stdClass $user) {
        $socket = $this->server->open($this->token($user));
        $this->server->until($socket, 'welcome');
        return $socket;
    }

    /**
     * What the task of every minute does.
     *
     * @return string what it says
     */
    private function minute(): string {
        sender::forget();
        notes::forget();
        ob_start();
        (new task\send())->execute();
        return ob_get_clean();
    }

    public function test_a_right_taken_from_a_role_ends_everybodys_connection_with_one_call(): void {
        global $DB;
        $users = [$this->person(), $this->person()];
        $sockets = array_map(fn($user) => $this->connect($user), $users);
        $tokens = array_map(fn($user) => $this->token($user), $users);
        $student = (int) $DB->get_field('role', 'id', ['shortname' => 'student']);
        sender::forget();
        assign_capability('block/gchat:chat', CAP_PROHIBIT, $student, \context_system::instance(), true);
        foreach ($sockets as $socket) {
            $this->assertSame('token_expired', $this->server->until($socket, 'error')['code']);
            $this->assertSame(4010, $this->server->until($socket, 4010));
        }
        $this->assertSame('token_expired', $this->server->hello($tokens[0])['code']);
        $this->assertNull(rights::for_token((int) $users[0]->id));
        // It is given back: that ends nobody's connection, and the next token has it.
        unassign_capability('block/gchat:chat', $student, \context_system::instance()->id);
        assign_capability('block/gchat:chat', CAP_ALLOW, $student, \context_system::instance(), true);
        sender::after_answer();
        $socket = $this->connect($users[0]);
        $DB->delete_records('block_gchat_outbox', ['kind' => outbox::BRAKE]);
        assign_capability('block/gchat:teach', CAP_ALLOW, $student, \context_system::instance(), true);
        $this->assertSame(0, $DB->count_records('block_gchat_outbox', ['kind' => outbox::BRAKE]));
        $this->assertIsResource($socket);
    }

    public function test_a_role_of_few_that_is_deleted_ends_nobody_elses_connection(): void {
        [$tutor, $other] = [$this->person(), $this->person()];
        $role = $this->getDataGenerator()->create_role();
        assign_capability('block/gchat:teach', CAP_ALLOW, $role, \context_system::instance());
        role_assign($role, $tutor->id, \context_system::instance());
        sender::after_answer();
        $tokens = array_map(fn($user) => $this->token($user), [$tutor, $other]);
        $this->assertSame('teacher', $this->server->hello($tokens[0])['circles'][0]['role']);
        sender::forget();
        delete_role($role);
        $this->assertSame('student', $this->server->hello($tokens[0])['circles'][0]['role']);
        $this->assertSame('welcome', $this->server->hello($tokens[1])['type']);
    }

    public function test_a_brake_waits_for_nobody_who_sends(): void {
        global $DB;
        $user = $this->person();
        $socket = $this->connect($user);
        $student = (int) $DB->get_field('role', 'id', ['shortname' => 'student']);
        $lock = \core\lock\lock_config::get_lock_factory('block_gchat')->get_lock('outbox', 0);
        $this->assertNotFalse($lock);
        try {
            assign_capability('block/gchat:chat', CAP_PREVENT, $student, \context_system::instance(), true);
            $this->assertSame(4010, $this->server->until($socket, 4010));
        } finally {
            $lock->release();
        }
    }

    public function test_messaging_that_is_switched_off_ends_the_chat(): void {
        global $CFG, $DB;
        $user = $this->person();
        $socket = $this->connect($user);
        $this->assertStringNotContainsString('closed', $this->minute());
        set_config('messaging', 0);
        $this->assertSame('messaging', site_state::closed());
        $this->assertStringContainsString('the chat is closed (messaging)', $this->minute());
        $this->assertSame(4010, $this->server->until($socket, 4010));
        // Once more, for a token that was on its way; that is all.
        $this->assertSame(1, $DB->count_records('block_gchat_outbox', ['kind' => outbox::BRAKE]));
        $this->assertStringNotContainsString('closed', $this->minute());
        // A setting of ours says that the chat runs all the same.
        set_config('withoutmessaging', 1, 'block_gchat');
        $this->assertNull(site_state::closed());
        $this->assertTrue(site_state::runs_without_messaging());
        $this->minute();
        $this->assertSame(0, $DB->count_records('block_gchat_outbox', ['kind' => outbox::BRAKE]));
        $this->connect($user);
        $this->assertSame('0', $CFG->messaging);
    }

    public function test_a_setting_that_is_saved_on_a_page_acts_at_its_end(): void {
        $socket = $this->connect($this->person());
        $this->minute();
        sender::forget();
        // As the page of the setting does it; its request ends then.
        set_config('messaging', 0);
        add_to_config_log('messaging', '1', '0', '');
        site_state::at_end();
        $this->assertSame(4010, $this->server->until($socket, 4010));
    }

    public function test_a_disabled_block_ends_the_chat(): void {
        $socket = $this->connect($this->person());
        \core\plugininfo\block::enable_plugin('gchat', 0);
        $this->assertSame('disabled', site_state::closed());
        $this->minute();
        $this->assertSame(4010, $this->server->until($socket, 4010));
        \core\plugininfo\block::enable_plugin('gchat', 1);
        $this->assertNull(site_state::closed());
    }

    public function test_another_connection_or_an_uninstall_sends_everybody_away(): void {
        global $CFG;
        $user = $this->person();
        $socket = $this->connect($user);
        $said = ['url' => 'http://127.0.0.1:9/', 'site' => 'other', 'kid' => 'k1', 'key' => jwt::base64url(random_bytes(32))];
        require_once($CFG->libdir . '/adminlib.php');
        $code = 'gchat1.' . jwt::base64url(json_encode($said));
        $this->assertSame('', (new setting\connection_code())->write_setting($code));
        $this->assertSame(4010, $this->server->until($socket, 4010));
        // A dead one is left as fast.
        require_once($CFG->dirroot . '/blocks/gchat/db/uninstall.php');
        $this->assertTrue(xmldb_block_gchat_uninstall());
        $this->server->connection->save();
        $socket = $this->connect($user);
        $this->assertTrue(xmldb_block_gchat_uninstall());
        $this->assertSame(4010, $this->server->until($socket, 4010));
    }

    public function test_a_session_that_is_gone_is_ended_within_a_minute(): void {
        global $DB;
        [$gone, $old, $stays] = [$this->person(), $this->person(), $this->person()];
        $sockets = array_map(fn($user) => $this->connect($user), [$gone, $old, $stays]);
        $this->assertStringContainsString('logins that have ended: 0', $this->minute());
        \core\session\manager::destroy($gone->session);
        $DB->set_field('sessions', 'timemodified', time() - get_config('core', 'sessiontimeout') - 5, ['sid' => $old->session]);
        $this->assertStringContainsString('logins that have ended: 2', $this->minute());
        $this->assertSame(4410, $this->server->until($sockets[0], 4410));
        $this->assertSame(4410, $this->server->until($sockets[1], 4410));
        $this->assertStringContainsString('logins that have ended: 0', $this->minute());
        // The third one is connected still.
        $logins = (new server(connection::current()))->logins(0, 1000)['logins'];
        $this->assertEquals([$stays->id], array_column($logins, 'user'));
        // A session that another person has by now.
        $DB->set_field('sessions', 'userid', $gone->id, ['sid' => $stays->session]);
        $this->minute();
        $this->assertSame(4410, $this->server->until($sockets[2], 4410));
    }

    public function test_sessions_of_a_thousand_people_cost_one_query(): void {
        global $DB;
        $sockets = array_map(fn($user) => $this->connect($user), [$this->person(), $this->person(), $this->person()]);
        $look = fn(?string $handler) => (new online(new server(connection::current()), microtime(true) + 10, $handler))->look();
        $cost = function (?string $handler) use ($DB, $look): int {
            $reads = $DB->perf_get_reads();
            $this->assertSame(['logins' => 0, 'preferences' => 0], $look($handler));
            return $DB->perf_get_reads() - $reads;
        };
        $cost(null);
        foreach ([null, \core\session\database::class, \core\session\file::class, \core\session\memcached::class] as $handler) {
            // One of the sessions, one of the preferences, and one for those who are not connected: here they all are.
            $this->assertSame(3, $cost($handler), (string) $handler);
        }
        // With a store of its own: one a person.
        $this->assertSame(count($sockets) + 2, $cost(\core\session\redis::class));
    }

    public function test_a_run_goes_on_where_the_last_one_ended(): void {
        $users = [$this->person(), $this->person(), $this->person()];
        $sockets = array_map(fn($user) => $this->connect($user), $users);
        $this->assertCount(3, $sockets);
        \cache::make('block_gchat', 'server')->set('after', (int) $users[1]->id);
        foreach ($users as $user) {
            \core\session\manager::destroy($user->session);
        }
        $look = fn() => (new online(new server(connection::current()), microtime(true) + 10))->look();
        $this->assertSame(1, $look()['logins']);
        $this->assertSame(3, $look()['logins']);
    }

    public function test_a_store_of_its_own_is_asked_for_so_many_people_in_a_run_and_the_next_run_goes_on(): void {
        $users = [$this->person(), $this->person(), $this->person()];
        $sockets = array_map(fn($user) => $this->connect($user), $users);
        $this->assertCount(3, $sockets);
        foreach ($users as $user) {
            \core\session\manager::destroy($user->session);
        }
        $look = fn(string $handler) =>
            (new online(new server(connection::current()), microtime(true) + 10, $handler, 2))->look()['logins'];
        $this->assertSame(2, $look(\core\session\redis::class));
        $this->assertSame(1, $look(\core\session\redis::class));
        // One query tells of a thousand: there is nothing to divide.
        $this->assertSame(3, $look(\core\session\database::class));
    }

    public function test_a_session_that_a_plugin_of_authentication_keeps_has_not_ended(): void {
        global $CFG, $DB;
        require_once(__DIR__ . '/fixtures/keeps/auth.php');
        [$kept, $old] = [$this->person(), $this->person()];
        $sockets = [$this->connect($kept), $this->connect($old)];
        $session = $DB->get_record('sessions', ['sid' => $kept->session], '*', MUST_EXIST);
        $modified = time() - (int) $CFG->sessiontimeout - 5;
        $DB->set_field('sessions', 'timemodified', $modified);
        \auth_plugin_keeps::$kept = [(int) $kept->id, $kept->session, (int) $session->timecreated, $modified];
        // Core looks for plugins by this name in its folder: so this one is found, and nothing is put there.
        $name = '../blocks/gchat/tests/fixtures/keeps';
        class_alias(\auth_plugin_keeps::class, "auth_plugin_$name");
        $CFG->auth = $name;
        $this->assertStringContainsString('logins that have ended: 1', $this->minute());
        $this->assertSame(4410, $this->server->until($sockets[1], 4410));
        $logins = (new server(connection::current()))->logins(0, 1000)['logins'];
        $this->assertEquals([$kept->id], array_column($logins, 'user'));
    }

    public function test_an_enrolment_that_ends_by_date_ends_within_a_minute(): void {
        global $DB;
        $other = $this->getDataGenerator()->create_course();
        $user = $this->person();
        $this->getDataGenerator()->enrol_user($user->id, $other->id);
        $socket = $this->connect($user);
        $token = $this->token($user);
        // The call that tells of the new date comes after the token, which has minutes to live.
        $instance = $DB->get_record('enrol', ['courseid' => $this->course->id, 'enrol' => 'manual'], '*', MUST_EXIST);
        sender::forget();
        enrol_get_plugin('manual')->update_user_enrol($instance, $user->id, null, null, time() + 100);
        $this->assertEqualsWithDelta(time() + 100, $this->until($user), 2);
        // And passes.
        $DB->set_field('user_enrolments', 'timeend', time() - 1, ['userid' => $user->id, 'enrolid' => $instance->id]);
        $DB->set_field('block_gchat_user', 'timeuntil', time() - 1, ['userid' => $user->id]);
        $this->assertStringContainsString('a date has passed: 1', $this->minute());
        do {
            $circles = array_column($this->server->until($socket, 'circles')['circles'], 'id');
        } while (count($circles) > 1);
        $this->assertSame(["c$other->id"], $circles);
        $this->assertSame(["c$other->id"], array_column($this->server->hello($token)['circles'], 'id'));
        $this->assertNull($this->until($user));
        $this->assertStringContainsString('a date has passed: 0', $this->minute());
    }

    /**
     * When somebody is to be told of anew.
     *
     * @param \stdClass $user
     * @return int|null
     */
    private function until(\stdClass $user): ?int {
        global $DB;
        $until = $DB->get_field('block_gchat_user', 'timeuntil', ['userid' => $user->id]);
        return $until === null ? null : (int) $until;
    }

    public function test_a_course_that_is_told_as_a_whole_brings_its_dates(): void {
        global $DB;
        [$one, $two, $three] = [$this->person(), $this->person(), $this->person()];
        array_map(fn($user) => $this->token($user), [$one, $two, $three]);
        sender::after_answer();
        $now = time();
        $DB->set_field('user_enrolments', 'timeend', $now + 50, ['userid' => $one->id]);
        $DB->set_field('block_gchat_user', 'timeuntil', $now + 20, ['userid' => $three->id]);
        sender::forget();
        update_course((object) ['id' => $this->course->id, 'startdate' => $now - 500, 'enddate' => $now + 70]);
        $told = array_map(fn($user) => $this->until($user), [$one, $two, $three]);
        $this->assertSame([$now + 50, $now + 70, $now + 20], $told);
        // When they pass, the course is told of, and the next date is kept.
        $DB->set_field('user_enrolments', 'timeend', $now - 3, ['userid' => $one->id]);
        $DB->set_field('block_gchat_user', 'timeuntil', $now - 3, ['userid' => $one->id]);
        $this->assertSame(1, dates::pass($now));
        $this->assertSame($now + 70, $this->until($one));
        $row = $DB->get_record_select('block_gchat_outbox', 'timedue IS NOT NULL', []);
        $this->assertEquals([outbox::USER, $one->id, $this->course->id], [$row->kind, $row->target, $row->courseid]);
    }

    public function test_preferences_act_within_a_minute(): void {
        [$user, $other] = [$this->person(), $this->person()];
        $this->connect($user);
        $this->assertStringContainsString('preferences that have changed: 0', $this->minute());
        $socket = $this->connect($user);
        set_config('block_online_users_onlinestatushiding', 1);
        set_user_preference('block_online_users_uservisibility', 0, $user);
        set_user_preference('message_blocknoncontacts', \core_message\api::MESSAGE_PRIVACY_ONLYCONTACTS, $user);
        $this->assertStringContainsString('preferences that have changed: 1', $this->minute());
        $kept = (new server(connection::current()))->user((int) $user->id);
        $this->assertTrue($kept['hidden']);
        $this->assertSame([], $kept['accepts']);
        $this->assertStringContainsString('preferences that have changed: 0', $this->minute());
        // A new contact is told of at once.
        sender::forget();
        \core_message\api::add_contact($other->id, $user->id);
        $this->assertSame([(int) $other->id], (new server(connection::current()))->user((int) $user->id)['accepts']);
        $this->assertIsResource($socket);
    }
}
