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

namespace block_gchat\external;

use block_gchat\connection;
use block_gchat\jwt;
use block_gchat\login;
use block_gchat\mark;
use core_external\external_api;

/**
 * The token call says who asks, for ten minutes at most, and refuses in words that the client knows.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\external\get_token
 */
final class get_token_test extends \advanced_testcase {
    /** @var \stdClass */
    private \stdClass $user;

    /** @var \stdClass */
    private \stdClass $course;

    #[\Override]
    protected function setUp(): void {
        global $DB;
        parent::setUp();
        $this->resetAfterTest();
        $said = ['url' => 'https://moodle.example/gchat/', 'site' => 's', 'kid' => 'k', 'key' => str_repeat('A', 43)];
        connection::from_code('gchat1.' . jwt::base64url(json_encode($said)))->save();
        $this->course = $this->getDataGenerator()->create_course();
        $this->user = $this->getDataGenerator()->create_and_enrol($this->course);
        $this->setUser($this->user);
        login::pretend('a-session-of-this-test');
        $DB->insert_record('sessions', [
            'sid' => 'a-session-of-this-test', 'userid' => $this->user->id, 'state' => 0,
            'timecreated' => time() - 60, 'timemodified' => time() - 30, 'firstip' => '::1', 'lastip' => '::1',
        ]);
    }

    #[\Override]
    protected function tearDown(): void {
        login::pretend(null);
        parent::tearDown();
    }

    /**
     * The claims of a new token.
     *
     * @return array
     */
    private function claims(): array {
        $answer = external_api::clean_returnvalue(get_token::execute_returns(), get_token::execute());
        $key = new \Firebase\JWT\Key(connection::current()->key, 'HS256');
        return json_decode(json_encode(\Firebase\JWT\JWT::decode($answer['token'], $key)), true);
    }

    /**
     * The error code of a refusal.
     *
     * @return string
     */
    private function refusal(): string {
        try {
            get_token::execute();
        } catch (\moodle_exception $e) {
            return $e->errorcode;
        }
        return 'none';
    }

    public function test_a_token_says_who_asks(): void {
        $claims = $this->claims();
        $this->assertSame(['s', 'gchat', $this->user->id], [$claims['iss'], $claims['aud'], $claims['sub']]);
        $this->assertSame(login::sid(), $claims['sid']);
        $this->assertSame(600, $claims['exp'] - $claims['iat']);
        $this->assertSame(['chat'], $claims['rights']);
        $this->assertSame(["c{$this->course->id}"], array_column($claims['circles'], 'id'));
        $this->assertSame(fullname($this->user), $claims['name']);
        $this->assertIsInt($claims['rights_version']);
        // Every call gives another token.
        $this->assertNotSame($claims['jti'], $this->claims()['jti']);
    }

    public function test_the_key_of_unsent_texts_is_the_persons_over_all_logins(): void {
        $key = get_token::execute()['unsent_key'];
        $this->assertMatchesRegularExpression('/^[A-Za-z0-9_-]{43}$/', $key);
        login::pretend('a-later-session');
        $this->assertSame($key, login::unsent_key((int) $this->user->id));
        $this->assertNotSame($key, login::unsent_key((int) $this->user->id + 1));
        $this->assertNotSame($key, login::salt());
    }

    public function test_its_answer_sets_the_mark_for_as_long_as_the_login_has_left(): void {
        global $CFG, $DB;
        mark::said();
        get_token::execute();
        $said = mark::said();
        $life = $said[mark::name() . '_life']['expires'] - time();
        $this->assertEqualsWithDelta($CFG->sessiontimeout - 30, $life, 5);
        $this->assertSame(0, $said[mark::name() . '_browser']['expires']);
        $DB->set_field('sessions', 'timemodified', time() - $CFG->sessiontimeout - 1, ['sid' => 'a-session-of-this-test']);
        $this->assertSame('servicerequireslogin', $this->refusal());
        $this->assertSame([], mark::said(), 'a refusal sets none');
    }

    public function test_a_token_never_outlives_an_enrolment(): void {
        $other = $this->getDataGenerator()->create_course();
        $this->getDataGenerator()->enrol_user($this->user->id, $other->id, 'student', 'manual', 0, time() + 120);
        \cache::make('block_gchat', 'rights')->purge();
        $claims = $this->claims();
        $this->assertLessThanOrEqual(120, $claims['exp'] - $claims['iat']);
        $this->assertGreaterThan(100, $claims['exp'] - $claims['iat']);
    }

    public function test_a_login_whose_time_is_over_gets_none(): void {
        global $CFG, $DB;
        $DB->set_field('sessions', 'timemodified', time() - $CFG->sessiontimeout - 1, ['sid' => 'a-session-of-this-test']);
        $this->assertSame('servicerequireslogin', $this->refusal());
        $DB->delete_records('sessions', ['sid' => 'a-session-of-this-test']);
        $this->assertSame('servicerequireslogin', $this->refusal());
    }

    public function test_it_does_not_keep_the_login_alive(): void {
        global $DB;
        $before = $DB->get_record('sessions', ['sid' => 'a-session-of-this-test']);
        get_token::execute();
        $this->assertEquals($before, $DB->get_record('sessions', ['sid' => 'a-session-of-this-test']));
    }

    public function test_refusals_have_the_codes_that_the_client_knows(): void {
        global $DB, $USER;
        set_config('paused', 'wrong_wwwroot', 'block_gchat');
        $this->assertSame('chataway', $this->refusal());
        unset_config('paused', 'block_gchat');
        $USER->realuser = 2;
        $this->assertSame('nochat', $this->refusal());
        unset($USER->realuser);
        $student = $DB->get_field('role', 'id', ['shortname' => 'student']);
        assign_capability('block/gchat:chat', CAP_PROHIBIT, $student, \context_course::instance($this->course->id));
        $this->assertSame('nochat', $this->refusal());
        set_user_preference('auth_forcepasswordchange', 1);
        $this->assertSame('forcepasswordchangenotice', $this->refusal());
    }
}
