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
 * A connection code is read as it was made, or refused with the fix.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\connection
 */
final class connection_test extends \PHPUnit\Framework\TestCase {
    public function test_the_contracts_code_is_read(): void {
        $fixture = fixture('connection_code');
        $connection = connection::from_code(" {$fixture['code']}\n");
        $this->assertSame($fixture['content']['url'], $connection->url);
        $this->assertSame($fixture['content']['site'], $connection->site);
        $this->assertSame($fixture['content']['kid'], $connection->kid);
        $this->assertSame($fixture['content']['key'], jwt::base64url($connection->key));
        $this->assertSame(32, strlen($connection->key));
        $this->assertSame('https://moodle.example/gchat/api/v1/', $connection->api_url());
        $this->assertSame('http://10.0.0.7:8008/api/v1/', $connection->at('http://10.0.0.7:8008/')->api_url());
    }

    public function test_a_code_of_the_real_server_is_read(): void {
        $database = tempnam(sys_get_temp_dir(), 'gchat');
        unlink($database);
        $command = [running_server::binary($this), 'site', 'add', 'https://moodle.example', '--database', $database];
        exec(implode(' ', array_map('escapeshellarg', $command)) . ' 2>/dev/null', $lines, $code);
        array_map('unlink', glob("$database*"));
        $this->assertSame(0, $code);
        $found = array_values(preg_grep('/gchat1\./', $lines));
        $connection = connection::from_code(preg_replace('/.*(gchat1\.\S+).*/', '$1', $found[0]));
        $this->assertSame('https://moodle.example/gchat/', $connection->url);
        $this->assertGreaterThanOrEqual(32, strlen($connection->key));
    }

    /**
     * Codes that are none, each with what is said of it.
     *
     * @return array
     */
    public static function damaged(): array {
        $content = ['url' => 'https://m.example/gchat/', 'site' => 's', 'kid' => 'k1', 'key' => str_repeat('A', 43)];
        $code = fn(array $with) => 'gchat1.' . jwt::base64url(json_encode(array_filter($with + $content)));
        $whole = $code([]);
        return [
            'empty' => ['', 'begins with “gchat1.”'],
            'another version' => ['gchat2.e30', 'begins with “gchat1.”'],
            'nothing in it' => ['gchat1.', 'damaged'],
            'cut off' => [substr($whole, 0, -9), 'damaged'],
            'padded' => ["$whole==", 'damaged'],
            'with a line break in it' => [substr_replace($whole, "\n", 40, 0), 'damaged'],
            'ordinary base64' => ['gchat1.eyJ+Lz8/', 'damaged'],
            'a list' => ['gchat1.' . jwt::base64url('["url"]'), 'has no url'],
            'no JSON' => ['gchat1.' . jwt::base64url('hello'), 'damaged'],
            'no key' => [$code(['key' => null]), 'has no key'],
            'a number for a site' => [$code(['site' => 7]), 'has no site'],
            'an odd site' => [$code(['site' => "s\n"]), 'the site in the connection code has characters'],
            'a short key' => [$code(['key' => str_repeat('A', 42)]), 'shorter than 32 bytes'],
            'a key that is none' => [$code(['key' => str_repeat('+', 43)]), 'shorter than 32 bytes'],
            'another scheme' => [$code(['url' => 'javascript:alert(1)//']), 'must be like'],
            'a name in the address' => [$code(['url' => 'https://me:pw@m.example/']), 'must have no name'],
            'a query' => [$code(['url' => 'https://m.example/?a=1']), 'must have no name'],
            'quotes in the address' => [$code(['url' => 'https://m.example/"><script>']), 'must be like'],
        ];
    }

    /**
     * What is wrong is named, with the fix, and the key is not.
     *
     * @dataProvider damaged
     * @param string $code
     * @param string $said
     */
    public function test_a_damaged_code_is_refused_with_the_fix(string $code, string $said): void {
        try {
            connection::from_code($code);
            $this->fail('taken');
        } catch (\InvalidArgumentException $e) {
            $this->assertStringContainsString($said, $e->getMessage());
            $this->assertStringNotContainsString('AAAA', $e->getMessage());
            $this->assertDoesNotMatchRegularExpression('/^[A-Z]/', $e->getMessage());
        }
    }

    public function test_an_address_ends_with_one_slash(): void {
        $this->assertSame('http://127.0.0.1:8008/', connection::address('http://127.0.0.1:8008'));
        $this->assertSame('https://m.example/gchat/', connection::address(' https://m.example/gchat// '));
    }

    public function test_the_key_is_in_no_trace(): void {
        if (PHP_VERSION_ID < 80200) {
            $this->markTestSkipped('PHP hides arguments since 8.2');
        }
        try {
            connection::from_code('gchat1.' . jwt::base64url('{"url":"https://m.example/","site":"s","kid":"k","key":"c2VjcmV0"}'));
        } catch (\InvalidArgumentException $e) {
            $this->assertStringNotContainsString('c2VjcmV0', $e->getTraceAsString());
            $this->assertStringNotContainsString('gchat1.', $e->getTraceAsString());
        }
    }
}
