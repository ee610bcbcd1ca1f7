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

global $CFG;
require_once($CFG->libdir . '/adminlib.php');
require_once(__DIR__ . '/fixtures/running_server.php');

/**
 * The time to edit messages reaches the real chat server, whichever way it was set.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\policy
 * @covers \block_gchat\sender
 * @covers \block_gchat\setting\connection_code
 * @covers \block_gchat\task\send
 */
final class edit_time_test extends \advanced_testcase {
    /** @var running_server */
    private running_server $server;

    /** @var \stdClass */
    private \stdClass $user;

    #[\Override]
    protected function setUp(): void {
        global $CFG;
        parent::setUp();
        $this->resetAfterTest();
        $this->preventResetByRollback();
        $this->setAdminUser();
        server::forget_outage();
        notes::forget();
        sender::forget();
        $this->server = new running_server(running_server::binary($this), $CFG->wwwroot);
        $this->server->connection->save();
        $this->user = $this->getDataGenerator()->create_and_enrol($this->getDataGenerator()->create_course());
    }

    #[\Override]
    protected function tearDown(): void {
        $this->server->stop();
        server::forget_outage();
        notes::forget();
        parent::tearDown();
    }

    /**
     * The time that the server tells whoever comes now.
     *
     * @return int in seconds
     */
    private function limit(): int {
        $rights = rights::for_token((int) $this->user->id);
        $token = jwt::user_token(connection::current(), (int) $this->user->id, 'abcdefgh', $rights['content'], time());
        return $this->server->hello($token)['limits']['edit_seconds'];
    }

    /**
     * Saves the setting as its page does.
     *
     * @param int $minutes
     */
    private function save(int $minutes): void {
        // The tree of settings remembers what it was made with.
        admin_get_root(true, true);
        sender::forget();
        admin_write_settings((object) ['s_block_gchat_editseconds' => ['v' => $minutes, 'u' => MINSECS]]);
    }

    /**
     * What the task of every minute says of its calls.
     *
     * @return int
     */
    private function calls(): int {
        sender::forget();
        notes::forget();
        ob_start();
        (new task\send())->execute();
        $this->assertSame(1, preg_match('/^calls made: (\d+)$/m', $said = ob_get_clean(), $found), $said);
        return (int) $found[1];
    }

    public function test_the_page_of_the_setting_tells_at_once(): void {
        $this->assertSame(900, $this->limit());
        $this->save(2);
        $this->assertSame(120, $this->limit());
        $this->save(0);
        $this->assertSame(0, $this->limit());
        $this->assertSame(0, $this->calls());
    }

    public function test_config_php_and_a_command_line_are_told_of_within_a_minute(): void {
        global $CFG;
        // A server that has been told nothing yet.
        $this->assertSame([1, 0], [$this->calls(), $this->calls()]);
        set_config('editseconds', 60, 'block_gchat');
        $this->assertSame(900, $this->limit());
        $this->assertSame([1, 0], [$this->calls(), $this->calls()]);
        $this->assertSame(60, $this->limit());
        $CFG->forced_plugin_settings = ['block_gchat' => ['editseconds' => 0]];
        $this->assertSame([1, 0], [$this->calls(), $this->calls()]);
        $this->assertSame(0, $this->limit());
        // The same in other words is nothing to tell.
        $CFG->forced_plugin_settings = ['block_gchat' => ['editseconds' => '-5']];
        $this->assertSame(0, $this->calls());
    }

    public function test_a_server_that_was_away_is_told_once(): void {
        global $DB;
        $this->calls();
        $this->server->stop();
        $this->save(0);
        server::forget_outage();
        ob_start();
        (new task\send())->execute();
        $this->assertStringContainsString('not sent', ob_get_clean());
        $this->assertSame(1, $DB->count_records('block_gchat_outbox', ['kind' => outbox::POLICY]));
        $this->server->start();
        server::forget_outage();
        $DB->set_field('block_gchat_outbox', 'timedue', time(), ['kind' => outbox::POLICY]);
        $this->assertSame([1, 0], [$this->calls(), $this->calls()]);
        $this->assertSame(0, $this->limit());
    }

    public function test_another_server_is_told_with_its_code(): void {
        global $CFG;
        $this->save(1);
        $other = new running_server(running_server::binary($this), $CFG->wwwroot);
        $parts = array_intersect_key((array) $other->connection, array_flip(['url', 'site', 'kid']));
        $code = json_encode($parts + ['key' => jwt::base64url($other->connection->key)]);
        sender::forget();
        $this->assertSame('', (new setting\connection_code())->write_setting('gchat1.' . jwt::base64url($code)));
        [$this->server, $before] = [$other, $this->server];
        $before->stop();
        $this->assertSame(60, $this->limit());
        $this->assertSame(0, $this->calls());
    }
}
