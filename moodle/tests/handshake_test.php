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

namespace block_gchat\check;

use block_gchat\odd_server;
use block_gchat\running_server;

/**
 * A handshake with the real server, with a real web server in between, and with those who do not know what it is.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\check\handshake
 */
final class handshake_test extends \PHPUnit\Framework\TestCase {
    /** @var string the site of these tests */
    private const ORIGIN = 'https://moodle.example';

    /** @var running_server|null for all tests */
    private static ?running_server $server = null;

    #[\Override]
    public static function setUpBeforeClass(): void {
        require_once(__DIR__ . '/../block_gchat/tests/fixtures/odd_server.php');
    }

    #[\Override]
    protected function setUp(): void {
        self::$server ??= new running_server(running_server::binary($this), self::ORIGIN);
    }

    #[\Override]
    public static function tearDownAfterClass(): void {
        self::$server = null;
    }

    /**
     * What a site with this address for browsers finds.
     *
     * @param string $url
     * @param string $origin
     * @return string id of the finding
     */
    private function found(string $url, string $origin = self::ORIGIN): string {
        $shake = handshake::attempt($url, $origin, 1000);
        // The site itself is not encrypted here: that an open address is wrong elsewhere is told before the handshake.
        return diagnosis::socket(new facts('http://moodle.example', $url, handshake: $shake))[0]->id;
    }

    public function test_the_server_opens_a_socket_for_its_site_and_for_no_other(): void {
        $url = self::$server->connection->url;
        $this->assertSame('socket_open', $this->found($url));
        $this->assertSame('socket_origin', $this->found($url, 'https://elsewhere.example'));
        $this->assertSame('socket_notpassed', $this->found($url . 'nowhere/'));
        $shake = handshake::attempt($url, self::ORIGIN, 1000);
        $this->assertLessThan(3, abs($shake->clock_ahead() ?? 0));
    }

    public function test_a_web_server_in_between(): void {
        $nginx = '/usr/sbin/nginx';
        if (!is_executable($nginx)) {
            $this->markTestSkipped('no nginx to test with');
        }
        $folder = sys_get_temp_dir() . '/gchat-nginx-' . bin2hex(random_bytes(6));
        mkdir($folder);
        $free = stream_socket_server('tcp://127.0.0.1:0');
        $port = (int) substr(strrchr(stream_socket_get_name($free, false), ':'), 1);
        $dead = stream_socket_server('tcp://127.0.0.1:0');
        $nobody = stream_socket_get_name($dead, false);
        fclose($free);
        fclose($dead);
        $to = rtrim(self::$server->connection->url, '/');
        $upgrade = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';
        $temporary = '';
        foreach (['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'] as $name) {
            $temporary .= "{$name}_temp_path $folder/$name;";
        }
        file_put_contents("$folder/conf", "daemon off; master_process off; pid $folder/pid; error_log $folder/log;
            events {} http { access_log off; $temporary server { listen 127.0.0.1:$port;
            location /good/ { proxy_pass $to/; $upgrade }
            location /plain/ { proxy_pass $to/; }
            location /noorigin/ { proxy_pass $to/; $upgrade proxy_set_header Origin ''; }
            location /dead/ { proxy_pass http://$nobody/; $upgrade }
            location /shut/ { return 403; }
            location /page/ { default_type text/html; return 200 '<html></html>'; }
            location /moved/ { return 301 /good/; } } }");
        $process = proc_open([$nginx, '-p', $folder, '-e', "$folder/log", '-c', "$folder/conf"], [], $pipes);
        try {
            $end = microtime(true) + 10;
            while (!($socket = @stream_socket_client("tcp://127.0.0.1:$port")) && microtime(true) < $end) {
                usleep(10000);
            }
            $this->assertNotFalse($socket, (string) file_get_contents("$folder/log"));
            fclose($socket);
            $wanted = [
                'good' => 'socket_open',
                'plain' => 'socket_notpassed',
                'noorigin' => 'socket_origin',
                'dead' => 'socket_gateway',
                'shut' => 'socket_forbidden',
                'page' => 'socket_notpassed',
                'moved' => 'socket_notpassed',
                'other' => 'socket_notpassed',
            ];
            foreach ($wanted as $path => $id) {
                $this->assertSame($id, $this->found("http://127.0.0.1:$port/$path/"), $path);
            }
        } finally {
            proc_terminate($process);
            proc_close($process);
            array_map('rmdir', glob("$folder/*", GLOB_ONLYDIR));
            array_map('unlink', glob("$folder/*"));
            rmdir($folder);
        }
    }

    public function test_who_does_not_know_what_it_is(): void {
        $liar = odd_server::http(101, '', "Upgrade: websocket\r\nSec-WebSocket-Accept: bm90IHRoZSBhbnN3ZXI=\r\n");
        $this->assertSame('socket_notpassed', $this->found($liar->url));
        $mail = new odd_server("220 mail.example ESMTP\r\n");
        $this->assertSame('socket_unreachable', $this->found($mail->url));
        $encrypted = str_replace('http://', 'https://', $mail->url);
        $this->assertSame('socket_tls', $this->found($encrypted));
    }

    public function test_the_silent_and_the_absent_take_no_longer_than_the_limit(): void {
        $silent = new odd_server('');
        $began = microtime(true);
        $this->assertSame('socket_unreachable', $this->found($silent->url));
        $this->assertSame('socket_unreachable', $this->found('http://nobody.invalid/'));
        $this->assertSame('socket_unreachable', $this->found('http://127.0.0.1:1/'));
        $this->assertLessThan(3.5, microtime(true) - $began);
    }
}
