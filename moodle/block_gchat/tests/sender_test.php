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
require_once(__DIR__ . '/fixtures/odd_server.php');

/**
 * What is written down reaches the real chat server, and a dead one slows nothing and loses nothing.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\sender
 * @covers \block_gchat\server
 * @covers \block_gchat\task\send
 */
final class sender_test extends \advanced_testcase {
    /** @var running_server|null */
    private ?running_server $server = null;

    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        // Observers that send are called after the commit, so there must be one.
        $this->preventResetByRollback();
        server::forget_outage();
        notes::forget();
        sender::forget();
    }

    #[\Override]
    protected function tearDown(): void {
        $this->server?->stop();
        $this->server = null;
        server::forget_outage();
        parent::tearDown();
    }

    /**
     * Connects this site to a chat server that runs.
     */
    private function connect(): void {
        global $CFG;
        $this->server = new running_server(running_server::binary($this), $CFG->wwwroot);
        $this->server->connection->save();
        // As with a code: the minute's task has nothing of its own to tell.
        policy::told(policy::now(0));
    }

    /**
     * A token of somebody.
     *
     * @param \stdClass $user
     * @param string $sid
     * @return string
     */
    private function token(\stdClass $user, string $sid = 'abcdefgh'): string {
        $rights = rights::for_token((int) $user->id);
        return jwt::user_token(connection::current(), (int) $user->id, $sid, $rights['content'], time(), $rights['ends']);
    }

    /**
     * The server's answer to a token: the circles, or the code of its refusal.
     *
     * @param string $token
     * @return array|string
     */
    private function signed_in(string $token): array|string {
        // What a test does next, a script of its own does.
        sender::forget();
        $answer = $this->server->hello($token);
        if ($answer['type'] !== 'welcome') {
            return $answer['code'];
        }
        $circles = array_column($answer['circles'], 'role', 'id');
        ksort($circles);
        return $circles;
    }

    /**
     * What still waits, in short.
     *
     * @return string[]
     */
    private function waiting(): array {
        global $DB;
        sender::forget();
        $rows = $DB->get_records_select('block_gchat_outbox', 'timedue IS NOT NULL', [], 'id');
        return array_values(array_map(fn($row) => "$row->kind $row->target", $rows));
    }

    public function test_a_change_holds_against_the_token_from_before(): void {
        global $DB;
        $this->connect();
        $generator = $this->getDataGenerator();
        $course = $generator->create_course();
        $other = $generator->create_course();
        $user = $generator->create_and_enrol($course);
        $generator->enrol_user($user->id, $other->id);
        $token = $this->token($user);
        $this->assertSame(["c$course->id" => 'student', "c$other->id" => 'student'], $this->signed_in($token));

        // In CLI it is sent with the commit.
        $instance = $DB->get_record('enrol', ['courseid' => $course->id, 'enrol' => 'manual'], '*', MUST_EXIST);
        enrol_get_plugin('manual')->unenrol_user($instance, $user->id);
        $this->assertSame([], $this->waiting());
        $this->assertSame(["c$other->id" => 'student'], $this->signed_in($token));
        // A new token brings it back, with a higher version than the call's.
        $generator->enrol_user($user->id, $course->id, 'editingteacher');
        $wanted = ["c$course->id" => 'teacher', "c$other->id" => 'student'];
        $this->assertSame($wanted, $this->signed_in($token));
        $this->assertSame($wanted, $this->signed_in($this->token($user)));

        user_update_user((object) ['id' => $user->id, 'suspended' => 1], false);
        $this->assertSame('chat_not_allowed', $this->signed_in($token));
        $this->assertNull(rights::for_token((int) $user->id));
    }

    public function test_a_login_that_ended_is_refused(): void {
        $this->connect();
        $user = $this->getDataGenerator()->create_and_enrol($this->getDataGenerator()->create_course());
        $token = $this->token($user, login::sid_of('the-session'));
        $this->assertIsArray($this->signed_in($token));
        \core\event\user_loggedout::create([
            'userid' => $user->id, 'objectid' => $user->id, 'other' => ['sessionid' => 'the-session'],
        ])->trigger();
        $this->assertSame('logged_out', $this->signed_in($token));
        $this->assertIsArray($this->signed_in($this->token($user, login::sid_of('another'))));
    }

    public function test_a_deleted_person_is_erased(): void {
        global $DB;
        $this->connect();
        $user = $this->getDataGenerator()->create_and_enrol($this->getDataGenerator()->create_course());
        $token = $this->token($user);
        $this->assertIsArray($this->signed_in($token));
        delete_user($user);
        $this->assertSame([], $this->waiting());
        $this->assertSame('chat_not_allowed', $this->signed_in($token));
        $this->assertFalse($DB->record_exists('block_gchat_user', ['userid' => $user->id]));
    }

    public function test_a_course_that_changes_is_told_as_a_whole(): void {
        $this->connect();
        $generator = $this->getDataGenerator();
        $course = $generator->create_course();
        $group = $generator->create_group(['courseid' => $course->id]);
        $users = [$generator->create_and_enrol($course), $generator->create_and_enrol($course)];
        groups_add_member($group, $users[0]);
        $tokens = array_map(fn($user) => $this->token($user), $users);
        foreach ($tokens as $token) {
            $this->assertSame(["c$course->id" => 'student'], $this->signed_in($token));
        }
        update_course((object) ['id' => $course->id, 'groupmode' => SEPARATEGROUPS]);
        $this->assertSame([], $this->waiting());
        // The old tokens name the course as it was: the client is to fetch others.
        $this->assertSame(['token_expired', 'token_expired'], array_map(fn($token) => $this->signed_in($token), $tokens));
        $this->assertSame(["c$course->id/g$group->id" => 'student'], $this->signed_in($this->token($users[0])));
        $this->assertSame(["c$course->id/-" => 'student'], $this->signed_in($this->token($users[1])));
        // A whole category.
        \core_course_category::get($course->category)->hide();
        $this->assertSame([], $this->waiting());
        $this->assertSame('token_expired', $this->signed_in($tokens[0]));
        delete_course($course, false);
        // Many events: what was too much for a script to send at once, it sends at its end.
        sender::after_answer();
        $this->assertSame([], $this->waiting());
    }

    public function test_a_clock_that_went_back_is_set_beyond_the_servers(): void {
        global $DB;
        $this->connect();
        $user = $this->getDataGenerator()->create_and_enrol($this->getDataGenerator()->create_course());
        set_config('versionbase', 70000000, 'block_gchat');
        $this->assertIsArray($this->signed_in($this->token($user)));
        // The database is restored from a backup of before.
        set_config('versionbase', 0, 'block_gchat');
        \cache::make('block_gchat', 'rights')->purge();
        user_update_user((object) ['id' => $user->id, 'suspended' => 1], false);
        sender::run();
        $this->assertSame([], $this->waiting());
        $this->assertGreaterThan(70000000, (int) get_config('block_gchat', 'versionbase'));
        $DB->set_field('user', 'suspended', 0, ['id' => $user->id]);
        $token = $this->token($user);
        $DB->set_field('user', 'suspended', 1, ['id' => $user->id]);
        $this->assertIsArray($this->signed_in($token));
    }

    public function test_a_dead_server_slows_nothing_and_loses_nothing(): void {
        $this->connect();
        $user = $this->getDataGenerator()->create_and_enrol($this->getDataGenerator()->create_course());
        $token = $this->token($user);
        $this->assertIsArray($this->signed_in($token));
        $this->server->stop();

        $began = microtime(true);
        for ($i = 0; $i < 5; $i++) {
            user_update_user((object) ['id' => $user->id, 'suspended' => $i % 2 ? 0 : 1], false);
        }
        $this->assertTrue(server::is_away());
        $this->assertLessThan(3, microtime(true) - $began);
        // The first call failed, and one row tells of all that came after.
        $this->assertSame(["user $user->id", "user $user->id"], $this->waiting());

        // The task leaves it alone as well, and is no failed task when it finds it dead.
        ob_start();
        (new task\send())->execute();
        $this->assertStringContainsString('left alone', ob_get_clean());
        server::forget_outage();
        ob_start();
        (new task\send())->execute();
        $this->assertStringContainsString('not sent (unreachable)', ob_get_clean());
        $this->assertCount(2, $this->waiting());

        // It is back: one call tells of all that changed.
        $this->server->start();
        server::forget_outage();
        $this->setAdminUser();
        $this->make_due();
        $this->assertSame(1, sender::run());
        $this->assertSame([], $this->waiting());
        $this->assertFalse(server::is_away());
        $this->assertSame('chat_not_allowed', $this->signed_in($token));
    }

    /**
     * Lets the time pass for which rows wait.
     */
    private function make_due(): void {
        global $DB;
        $DB->set_field_select('block_gchat_outbox', 'timedue', time(), 'timedue IS NOT NULL');
    }

    public function test_a_dead_server_is_left_alone_for_longer_each_time(): void {
        $this->connect();
        $this->server->stop();
        $waits = [];
        for ($i = 0; $i < 6; $i++) {
            try {
                (new server(connection::current(), true))->status();
                $this->fail('answered');
            } catch (server_exception $e) {
                $this->assertSame(['unreachable', 7, true], [$e->reason, $e->errno, $e->is_outage()]);
            }
            [$until] = explode(' ', \cache::make('block_gchat', 'server')->get('away'));
            $waits[] = (int) round(((int) $until - time()) / 30);
        }
        $this->assertSame([1, 2, 4, 8, 10, 10], $waits);
        try {
            (new server(connection::current()))->status();
            $this->fail('asked');
        } catch (server_exception $e) {
            $this->assertSame('away', $e->reason);
        }
    }

    public function test_a_copy_of_the_site_pauses(): void {
        global $CFG;
        $this->connect();
        $user = $this->getDataGenerator()->create_and_enrol($this->getDataGenerator()->create_course());
        $this->token($user);
        $CFG->wwwroot = 'https://staging.example';
        user_update_user((object) ['id' => $user->id, 'suspended' => 1], false);
        $this->assertSame('wrong_wwwroot', get_config('block_gchat', 'paused'));
        $this->assertSame(0, sender::run());
        ob_start();
        (new task\send())->execute();
        $this->assertStringContainsString('paused', ob_get_clean());
        // An administrator acts.
        connection::current()->save();
        $this->assertFalse(get_config('block_gchat', 'paused'));
    }

    public function test_another_sites_key_is_refused_in_words(): void {
        $this->connect();
        $said = ['url' => $this->server->connection->url, 'site' => $this->server->connection->site, 'kid' => 'k1'];
        $code = 'gchat1.' . jwt::base64url(json_encode($said + ['key' => jwt::base64url(random_bytes(32))]));
        try {
            (new server(connection::from_code($code)))->status();
            $this->fail('taken');
        } catch (server_exception $e) {
            $this->assertSame(['bad_token', 401, true], [$e->reason, $e->status, $e->is_outage()]);
        }
    }

    /**
     * Connects this site to a server that is not the chat server.
     *
     * @param odd_server $server
     */
    private function connect_to(odd_server $server): void {
        $said = ['url' => $server->url, 'site' => 'moodle', 'kid' => 'k1', 'key' => jwt::base64url(random_bytes(32))];
        connection::from_code('gchat1.' . jwt::base64url(json_encode($said)))->save();
    }

    public function test_what_cannot_be_computed_keeps_nobody_back(): void {
        global $DB;
        $server = odd_server::http(200, '{"applied": true, "rights_version": 1}');
        $this->connect_to($server);
        $generator = $this->getDataGenerator();
        $course = $generator->create_course();
        $users = [$generator->create_and_enrol($course), $generator->create_and_enrol($generator->create_course())];
        array_map(fn($user) => rights::for_token((int) $user->id), $users);
        array_map(fn($user) => outbox::add(outbox::USER, (int) $user->id), $users);
        // A course whose place is lost.
        $DB->delete_records('context', ['contextlevel' => CONTEXT_COURSE, 'instanceid' => $course->id]);
        $DB->set_field('course', 'category', 987654, ['id' => $course->id]);
        accesslib_clear_all_caches(true);
        $this->assertSame(1, sender::run());
        $this->assertSame(["user {$users[0]->id}"], $this->waiting());
        $this->assertSame([], outbox::due(10));
        $this->assertDebuggingCalled();
    }

    public function test_a_call_that_could_be_older_than_the_servers_start_is_made_again(): void {
        global $CFG;
        $this->connect();
        $this->server->stop();
        $this->server->start(false);
        $old = jwt::call($this->server->connection, $CFG->wwwroot, 'GET', '/api/v1/status', '', time() - 20);
        $this->assertSame('issued_before_start', $this->server->get('api/v1/status', $old)['code']);
        // This one is of the second in which the server has started.
        $this->assertSame(1, (new server($this->server->connection))->status()['protocol']);
        $this->assertFalse(server::is_away());
    }

    public function test_a_lack_of_time_is_no_outage(): void {
        $server = new odd_server('');
        $this->connect_to($server);
        $user = $this->getDataGenerator()->create_and_enrol($this->getDataGenerator()->create_course());
        rights::for_token((int) $user->id);
        outbox::add(outbox::USER, (int) $user->id);
        $this->make_due();
        // As at the end of a request whose answer cannot be finished first.
        $this->assertSame(0, sender::run(0.3));
        $this->assertFalse(server::is_away());
        $this->assertCount(1, outbox::due(10));
    }

    public function test_nobody_is_told_of_who_never_had_a_token(): void {
        $this->connect();
        $course = $this->getDataGenerator()->create_course();
        $this->server->stop();
        // A server that is not asked is not missed.
        $this->getDataGenerator()->create_and_enrol($course);
        $this->assertFalse(server::is_away());
        $this->assertSame([], array_filter($this->waiting(), fn($row) => str_starts_with($row, 'user')));
    }
}
