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
 * Who gets the chat at all.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\gate
 * @covers \block_gchat\login
 */
final class gate_test extends \advanced_testcase {
    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $key = jwt::base64url(random_bytes(32));
        $said = ['url' => 'https://moodle.example/gchat/', 'site' => 's', 'kid' => 'k', 'key' => $key];
        connection::from_code('gchat1.' . jwt::base64url(json_encode($said)))->save();
        $this->setUser($this->getDataGenerator()->create_user());
        \core_useragent::instance(true, 'Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0 Safari/537.36');
        // Tests run without a session; its id is all that is asked of it.
        login::pretend('a-session-of-this-test');
    }

    #[\Override]
    protected function tearDown(): void {
        login::pretend(null);
        \core_useragent::instance(true);
        parent::tearDown();
    }

    /**
     * A page.
     *
     * @param string $layout
     * @param string $type
     * @return \moodle_page
     */
    private function page(string $layout = 'standard', string $type = 'course-view-topics'): \moodle_page {
        $page = new \moodle_page();
        $page->set_context(\context_system::instance());
        $page->set_pagelayout($layout);
        $page->set_pagetype($type);
        return $page;
    }

    public function test_a_person_on_an_ordinary_page_gets_it(): void {
        $this->assertNull(gate::refusal());
        $this->assertNull(gate::page_refusal($this->page()));
    }

    public function test_it_costs_no_query(): void {
        global $DB;
        gate::refusal();
        $reads = $DB->perf_get_reads();
        $this->assertNull(gate::page_refusal($this->page()));
        login::salt();
        connection::current();
        $this->assertSame(0, $DB->perf_get_reads() - $reads);
    }

    public function test_nobody_gets_it_who_is_not_there_as_themselves(): void {
        global $USER;
        $USER->realuser = 2;
        $this->assertSame('nochat', gate::refusal());
        unset($USER->realuser);
        foreach (['suspended' => 1, 'deleted' => 1, 'confirmed' => 0] as $field => $value) {
            $was = $USER->$field;
            $USER->$field = $value;
            $this->assertSame('nochat', gate::refusal(), $field);
            $USER->$field = $was;
        }
        $this->assertNull(gate::refusal());
        $this->setGuestUser();
        $this->assertSame('nochat', gate::refusal());
        $this->setUser(null);
        $this->assertSame('servicerequireslogin', gate::refusal());
    }

    public function test_a_login_without_a_session_or_with_an_apps_browser_gets_none(): void {
        foreach (['Mozilla/5.0 MoodleMobile 4.5', 'Mozilla/5.0 (Windows NT 10.0) SEB/3.7', 'x SafeExamBrowser 2'] as $agent) {
            \core_useragent::instance(true, $agent);
            $this->assertSame('nochat', gate::refusal(), $agent);
        }
        \core_useragent::instance(true, 'Mozilla/5.0 Chrome/130.0');
        $this->assertNull(gate::refusal());
        login::pretend('');
        $this->assertSame('nochat', gate::refusal());
        $this->assertNull(login::sid());
        $this->assertNull(login::salt());
    }

    public function test_a_login_that_still_owes_something_waits(): void {
        global $CFG, $SESSION, $USER;
        set_user_preference('auth_forcepasswordchange', 1);
        $this->assertSame('forcepasswordchangenotice', gate::refusal());
        unset_user_preference('auth_forcepasswordchange');

        $email = $USER->email;
        $USER->email = '';
        $this->assertSame('usernotfullysetup', gate::refusal());
        $USER->email = $email;

        $CFG->sitepolicy = 'https://moodle.example/policy';
        $USER->policyagreed = 0;
        $this->assertSame('sitepolicynotagreed', gate::refusal());
        $USER->policyagreed = 1;
        $this->assertNull(gate::refusal());

        set_config('enabled', 1, 'tool_mfa');
        set_config('enabled', 1, 'factor_totp');
        set_config('factor_order', 'totp', 'tool_mfa');
        $this->assertSame('servicerequireslogin', gate::refusal());
        $SESSION->tool_mfa_authenticated = true;
        $this->assertNull(gate::refusal());
    }

    public function test_a_site_that_cannot_chat_says_so_calmly(): void {
        global $CFG;
        $CFG->maintenance_enabled = 1;
        $this->assertSame('chataway', gate::refusal());
        $CFG->maintenance_enabled = 0;
        set_config('paused', 'wrong_wwwroot', 'block_gchat');
        $this->assertSame('chataway', gate::refusal());
        unset_config('paused', 'block_gchat');
        $this->assertNull(gate::refusal());
        // The key file of the data folder is another one: the stored key cannot be read.
        set_config('key', \core\encryption::encrypt('x') . 'AAAA', 'block_gchat');
        $this->assertSame('chataway', gate::refusal());
        connection::forget();
        $this->assertSame('chataway', gate::refusal());
    }

    public function test_a_site_without_messaging_has_no_chat_unless_a_setting_says_so(): void {
        global $CFG;
        $CFG->messaging = 0;
        $this->assertSame('nochat', gate::refusal());
        $this->assertSame('nochat', gate::page_refusal($this->page()));
        set_config('withoutmessaging', 1, 'block_gchat');
        $this->assertNull(gate::refusal());
        $CFG->messaging = 1;
        set_config('withoutmessaging', 0, 'block_gchat');
        $this->assertNull(gate::refusal());
        \core\plugininfo\block::enable_plugin('gchat', 0);
        $this->assertSame('nochat', gate::refusal());
    }

    public function test_bare_layouts_and_exams_get_none(): void {
        foreach (['embedded', 'secure', 'login', 'popup', 'print', 'frametop', 'maintenance', 'redirect'] as $layout) {
            $this->assertSame('layout', gate::page_refusal($this->page($layout)));
        }
        foreach (['mod-quiz-attempt', 'mod-quiz-summary', 'mod-quiz-startattempt'] as $type) {
            $this->assertSame('exam', gate::page_refusal($this->page('incourse', $type)));
        }
        foreach (['mod-quiz-view', 'mod-quiz-review', 'my-index', 'site-index'] as $type) {
            $this->assertNull(gate::page_refusal($this->page('incourse', $type)));
        }
    }

    public function test_a_login_has_a_name_and_a_salt_of_its_own(): void {
        [$sid, $salt] = [login::sid(), login::salt()];
        $this->assertMatchesRegularExpression('/^[0-9a-f]{32}$/', $sid);
        $this->assertMatchesRegularExpression('/^[A-Za-z0-9_-]{43}$/', $salt);
        $this->assertSame($sid, login::sid_of('a-session-of-this-test'));
        login::pretend('another-session');
        $this->assertNotSame($sid, login::sid());
        $this->assertNotSame($salt, login::salt());
        login::pretend('a-session-of-this-test');
        $this->assertSame([$sid, $salt], [login::sid(), login::salt()]);
        // Another site's secret, another name.
        set_config('copysecret', 'other', 'block_gchat');
        $this->assertNotSame($sid, login::sid());
    }

    public function test_the_key_is_stored_encrypted_and_can_be_read_again(): void {
        $connection = connection::current();
        $stored = get_config('block_gchat', 'key');
        $this->assertStringNotContainsString(jwt::base64url($connection->key), $stored);
        $this->assertSame(32, strlen($connection->key));
        $this->assertSame('https://moodle.example/gchat/', $connection->url);
        set_config('innerurl', 'http://10.0.0.7:8787/', 'block_gchat');
        $this->assertSame('http://10.0.0.7:8787/api/v1/', connection::current()->api_url());
    }
}
