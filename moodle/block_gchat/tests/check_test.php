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

use block_gchat\check\finding;
use block_gchat\check\plain_check;
use block_gchat\check\probe;

/**
 * What the status report and the connection test find, with the real chat server and with others in its place.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\check\probe
 * @covers \block_gchat\check\plain_check
 * @covers \block_gchat\check\connection
 * @covers \block_gchat\check\socket
 * @covers \block_gchat\check\backlog
 * @covers \block_gchat\check\leftovers
 */
final class check_test extends \advanced_testcase {
    /** @var string the site of these tests: not encrypted, as the chat server is not */
    private const WWWROOT = 'http://moodle.example';

    #[\Override]
    public static function setUpBeforeClass(): void {
        parent::setUpBeforeClass();
        require_once(__DIR__ . '/fixtures/running_server.php');
        require_once(__DIR__ . '/fixtures/odd_server.php');
    }

    #[\Override]
    protected function setUp(): void {
        global $CFG;
        parent::setUp();
        $this->resetAfterTest();
        $CFG->wwwroot = self::WWWROOT;
        set_config('curlsecurityblockedhosts', '');
        set_config('curlsecurityallowedport', '');
    }

    /**
     * What two checks of a report find on the two ways.
     *
     * @return string[] ids
     */
    private function found(): array {
        $probe = new probe();
        $ids = fn(plain_check $check) => array_map(fn(finding $finding) => $finding->id, $check->findings());
        return [...$ids(new check\connection($probe)), ...$ids(new check\socket($probe))];
    }

    /**
     * Connects the site to a server, and starts the real one if none is named.
     *
     * @param string|null $url
     * @param string|null $key
     * @return running_server|null
     */
    private function connect(?string $url = null, ?string $key = null): ?running_server {
        $server = $url === null ? new running_server(running_server::binary($this), self::WWWROOT) : null;
        $code = [
            'url' => $url ?? $server->connection->url,
            'site' => $server?->connection->site ?? 'somewhere',
            'kid' => $server?->connection->kid ?? 'k1',
            'key' => jwt::base64url($key ?? $server?->connection->key ?? str_repeat('k', 32)),
        ];
        connection::from_code('gchat1.' . jwt::base64url(json_encode($code)))->save();
        return $server;
    }

    public function test_a_site_that_is_not_connected(): void {
        $this->assertSame(['notconnected', 'socket_later'], $this->found());
        $this->connect('http://127.0.0.1:1/');
        set_config('key', 'sodium:bm8=', 'block_gchat');
        $this->assertSame(['keyunreadable', 'socket_later'], $this->found());
    }

    public function test_a_site_that_is_connected(): void {
        $server = $this->connect();
        $this->assertSame(['connected', 'socket_open'], $this->found());
        set_config('curlsecurityblockedhosts', "127.0.0.0/8\nlocalhost");
        $this->assertSame(['connected', 'curlsecurity', 'socket_open'], $this->found());
        // Moodle may have an address of its own for it.
        set_config('innerurl', $server->connection->url, 'block_gchat');
        set_config('url', 'http://nobody.invalid/', 'block_gchat');
        $this->assertSame(['connected', 'curlsecurity', 'socket_unreachable'], $this->found());
    }

    public function test_a_key_that_the_server_does_not_know(): void {
        $server = $this->connect(key: random_bytes(32));
        $this->assertSame(['wrongkey', 'socket_open'], $this->found());
        $this->assertNotNull($server);
    }

    public function test_a_copy_of_the_site(): void {
        global $CFG;
        $server = $this->connect();
        $CFG->wwwroot = 'http://copy.example';
        $this->assertSame(['wrongwwwroot', 'socket_origin'], $this->found());
        $this->assertSame('wrong_wwwroot', get_config('block_gchat', 'paused'));
        $server->stop();
        $this->assertSame('wrongwwwroot', $this->found()[0], 'a paused site asks nobody');
    }

    public function test_a_server_that_has_stopped(): void {
        $this->connect()->stop();
        $this->assertSame(['refused', 'socket_later'], $this->found());
    }

    public function test_a_server_that_cannot_be_found_or_is_silent_takes_little_time(): void {
        $silent = new odd_server('');
        $began = microtime(true);
        $this->connect($silent->url);
        $this->assertSame(['timeout', 'socket_later'], $this->found());
        $this->assertLessThan(2.5, microtime(true) - $began);
        $this->connect('http://nobody.invalid/');
        $this->assertSame(['name', 'socket_later'], $this->found());
        // The two ways are two servers: both may be silent.
        $this->connect($silent->url);
        set_config('innerurl', str_replace('127.0.0.1', 'localhost', $silent->url), 'block_gchat');
        $began = microtime(true);
        $this->assertSame(['timeout', 'socket_unreachable'], $this->found());
        $this->assertLessThan(3, microtime(true) - $began);
    }

    public function test_others_in_its_place(): void {
        $html = "Content-Type: text/html\r\n";
        $others = [
            'stranger' => odd_server::http(200, '<!DOCTYPE html><html></html>', $html),
            'gateway' => odd_server::http(502, '<html></html>', $html),
            'gatekeeper' => odd_server::http(403, '<html></html>', $html),
            'redirected' => odd_server::http(301, '', "Location: http://elsewhere.example/\r\n"),
            'nohttp' => new odd_server("220 mail.example ESMTP\r\n"),
        ];
        foreach ($others as $id => $other) {
            $this->connect($other->url);
            $this->assertSame($id, $this->found()[0]);
        }
        $this->connect(str_replace('http://', 'https://', $others['nohttp']->url));
        $this->assertSame('tls', $this->found()[0]);
    }

    public function test_clocks_and_protocols_that_differ(): void {
        $status = fn(array $said) => odd_server::http(200, json_encode($said + [
            'version' => '0.2.0',
            'protocol' => 1,
            'server_time' => time() * 1000,
            'users_online' => 0,
        ]), "Content-Type: application/json\r\n");
        $server = $status(['server_time' => (time() + 25) * 1000]);
        $this->connect($server->url);
        $this->assertSame(['clockahead', 'connected'], array_slice($this->found(), 0, 2));
        $server = $status(['server_time' => (time() - 25) * 1000]);
        $this->connect($server->url);
        $this->assertSame('clockbehind', $this->found()[0]);
        $server = $status(['protocol' => 2]);
        $this->connect($server->url);
        $this->assertSame('oldplugin', $this->found()[0]);
        $early = json_encode(['code' => 'token_early', 'message' => 'the call comes from the future']);
        $server = odd_server::http(401, $early, "Content-Type: application/json\r\n");
        $this->connect($server->url);
        $this->assertSame('clockapart', $this->found()[0]);
    }

    public function test_a_proxy_in_between(): void {
        global $CFG;
        $server = $this->connect();
        $proxy = odd_server::http(403, 'forbidden');
        $CFG->proxyhost = '127.0.0.1';
        $CFG->proxyport = parse_url($proxy->url, PHP_URL_PORT);
        $CFG->proxybypass = '';
        $this->assertSame(['gatekeeper', 'proxybetween', 'socket_open'], $this->found());
        $CFG->proxybypass = '127.0.0.1';
        $this->assertSame(['connected', 'socket_open'], $this->found());
        $this->assertNotNull($server);
    }

    public function test_a_backlog_is_told(): void {
        global $DB;
        $id = fn() => (new check\backlog())->findings()[0]->id;
        $this->assertSame('socket_later', $id());
        $this->connect('http://127.0.0.1:1/');
        $this->assertSame('backlog_none', $id());
        $row = ['kind' => 'course', 'target' => 5, 'timedue' => time(), 'timecreated' => time()];
        $DB->insert_record('block_gchat_outbox', $row);
        $this->assertSame('backlog_fresh', $id());
        $DB->set_field('block_gchat_outbox', 'timecreated', time() - 600);
        $this->assertSame('backlog_late', $id());
        $DB->set_field('block_gchat_outbox', 'timecreated', time() - 6000);
        $this->assertSame('backlog_stuck', $id());
        // Rows that only raise the clock wait for nothing.
        $DB->set_field('block_gchat_outbox', 'timedue', null);
        $this->assertSame('backlog_none', $id());
    }

    public function test_the_report_has_all_of_it_in_words(): void {
        global $PAGE;
        $this->setAdminUser();
        $PAGE->set_url('/report/status/index.php');
        $this->connect('http://127.0.0.1:1/');
        $checks = array_filter(
            \core\check\manager::get_status_checks(),
            fn($check) => $check->get_component() === 'block_gchat'
        );
        $this->assertCount(5, $checks);
        foreach ($checks as $check) {
            $result = $check->get_result();
            $words = $check->get_name() . $result->get_summary() . $result->get_details() . $check->report();
            $this->assertStringNotContainsString('[[', $words);
            $this->assertStringNotContainsString('{$a', $words);
        }
        $result = (new check\connection())->get_result();
        $this->assertSame('error', $result->get_status());
        $this->assertStringContainsString('127.0.0.1:1', $result->get_summary());
        $this->assertStringContainsString('systemctl start gchat', $result->get_details());
    }
}
