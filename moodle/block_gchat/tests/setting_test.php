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

use block_gchat\setting\connection_code;
use block_gchat\setting\inner_address;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->libdir . '/adminlib.php');

/**
 * The settings take what is right, say what is wrong, and give no secret away.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\setting\connection_code
 * @covers \block_gchat\setting\inner_address
 */
final class setting_test extends \advanced_testcase {
    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->setAdminUser();
    }

    /**
     * A connection code.
     *
     * @param string $key its bytes
     * @return string
     */
    private function code(string $key): string {
        $said = ['url' => 'https://chat.example/gchat/', 'site' => 's1', 'kid' => 'k1', 'key' => jwt::base64url($key)];
        return 'gchat1.' . jwt::base64url(json_encode($said));
    }

    public function test_a_code_connects_and_ends_a_pause(): void {
        set_config('paused', 'wrong_wwwroot', 'block_gchat');
        set_config('innerurl', 'http://127.0.0.1:8787/', 'block_gchat');
        $setting = new connection_code();
        $key = random_bytes(32);
        $this->assertSame('', $setting->write_setting("  " . chunk_split($this->code($key), 40, "\n")));
        $this->assertTrue($setting->post_write_settings(''));
        $connection = connection::current();
        $this->assertSame(['https://chat.example/gchat/', 's1', 'k1'], [$connection->url, $connection->site, $connection->kid]);
        $this->assertSame($key, $connection->key);
        $this->assertSame('http://127.0.0.1:8787/', $connection->innerurl);
        $this->assertFalse(get_config('block_gchat', 'paused'));
    }

    public function test_an_empty_box_changes_nothing(): void {
        $setting = new connection_code();
        $setting->write_setting($this->code(str_repeat('a', 32)));
        $before = get_config('block_gchat');
        $this->assertSame('', $setting->write_setting(" \n"));
        $this->assertFalse($setting->post_write_settings(''));
        $this->assertEquals($before, get_config('block_gchat'));
    }

    public function test_a_wrong_code_is_explained_and_not_repeated(): void {
        $setting = new connection_code();
        $good = $this->code(str_repeat('a', 32));
        $poor = 'gchat1.' . jwt::base64url('{"url":"https://x.example/"}');
        foreach (['hello', substr($good, 0, 50), $poor, $good . '!'] as $wrong) {
            $error = $setting->write_setting($wrong);
            $this->assertMatchesRegularExpression('/^[a-z]/', $error);
            $this->assertStringContainsString('gchat site add', $error);
            $this->assertStringNotContainsString($wrong, $error . $setting->output_html($wrong));
        }
        $this->assertFalse($setting->post_write_settings(''));
        $this->assertNull(connection::current());
    }

    public function test_the_key_is_shown_nowhere(): void {
        global $DB;
        $setting = new connection_code();
        $key = random_bytes(32);
        $code = $this->code($key);
        $setting->write_setting($code);
        $html = $setting->output_html($setting->get_setting());
        $this->assertStringContainsString('https://chat.example/gchat/', $html);
        $this->assertStringContainsString('k1', $html);
        $log = json_encode(array_values($DB->get_records('config_log', ['plugin' => 'block_gchat'])));
        $this->assertStringContainsString('k1', $log);
        $stored = json_encode($DB->get_records('config_plugins', ['plugin' => 'block_gchat']));
        foreach ([jwt::base64url($key), $code] as $secret) {
            $this->assertStringNotContainsString($secret, $html . $log . $stored);
        }
    }

    public function test_an_inner_address_is_one(): void {
        $setting = new inner_address();
        foreach (['http://127.0.0.1:8787', 'https://chat.internal/gchat/', ''] as $good) {
            $this->assertSame('', $setting->write_setting($good), $good);
            $this->assertSame($good === '' ? '' : rtrim($good, '/') . '/', $setting->get_setting());
        }
        $host = 'chat.internal/';
        foreach ([$host, "ftp://$host", 'http://', "http://a:b@$host", "http://$host?x", 'x y'] as $wrong) {
            $this->assertNotSame('', $setting->write_setting($wrong), $wrong);
            $this->assertSame('', $setting->get_setting());
        }
    }
}
