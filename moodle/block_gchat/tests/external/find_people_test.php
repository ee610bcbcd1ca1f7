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
use block_gchat\notes;
use block_gchat\outbox;
use block_gchat\person;
use block_gchat\rights;
use block_gchat\running_server;
use block_gchat\sender;
use block_gchat\server;
use core_external\external_api;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/../fixtures/running_server.php');

/**
 * People are found, and introduced to the real chat server.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\external\find_people
 * @covers \block_gchat\introduction
 * @covers \block_gchat\asked
 * @covers \block_gchat\rights
 * @covers \block_gchat\online
 */
final class find_people_test extends \advanced_testcase {
    /** @var running_server */
    private running_server $server;

    /** @var \stdClass */
    private \stdClass $course;

    /** @var \stdClass who asks */
    private \stdClass $ana;

    /** @var \stdClass who has never been there */
    private \stdClass $joao;

    #[\Override]
    protected function setUp(): void {
        global $CFG, $DB;
        parent::setUp();
        $this->resetAfterTest();
        $this->preventResetByRollback();
        server::forget_outage();
        notes::forget();
        sender::forget();
        $this->server = new running_server(running_server::binary($this), $CFG->wwwroot);
        $this->server->connection->save();
        $this->course = $this->getDataGenerator()->create_course(['fullname' => 'Álgebra <i>&amp;</i> more']);
        $this->ana = $this->getDataGenerator()->create_and_enrol($this->course, 'editingteacher');
        $this->joao = $this->getDataGenerator()->create_user(
            ['firstname' => 'João', 'lastname' => 'Álvares', 'picture' => 7, 'lang' => 'en']
        );
        $this->getDataGenerator()->enrol_user($this->joao->id, $this->course->id);
        $this->setUser($this->ana);
        login::pretend('a-session-of-this-test');
        $DB->insert_record('sessions', [
            'sid' => 'a-session-of-this-test', 'userid' => $this->ana->id, 'state' => 0,
            'timecreated' => time() - 60, 'timemodified' => time() - 30, 'firstip' => '::1', 'lastip' => '::1',
        ]);
    }

    #[\Override]
    protected function tearDown(): void {
        login::pretend(null);
        $this->server->stop();
        server::forget_outage();
        notes::forget();
        parent::tearDown();
    }

    /**
     * What the function answers.
     *
     * @param string $text
     * @param string $next
     * @param int|string $user
     * @return array
     */
    private function find(string $text = '', string $next = '', int|string $user = 0): array {
        return external_api::clean_returnvalue(find_people::execute_returns(), find_people::execute($text, $next, (int) $user));
    }

    /**
     * The error code of a refusal.
     *
     * @param int|string $user
     * @return string
     */
    private function refusal(int|string $user = 0): string {
        try {
            find_people::execute('', '', (int) $user);
        } catch (\moodle_exception $e) {
            return $e->errorcode;
        }
        return 'none';
    }

    /**
     * What the server keeps of somebody.
     *
     * @param \stdClass $user
     * @return array|null
     */
    private function kept(\stdClass $user): ?array {
        return (new server(connection::current()))->user((int) $user->id);
    }

    /**
     * What the task of every minute does.
     */
    private function minute(): void {
        sender::forget();
        ob_start();
        (new \block_gchat\task\send())->execute();
        ob_end_clean();
    }

    public function test_an_answer_has_what_the_contract_says(): void {
        global $CFG, $DB;
        $found = $this->find('alvares JOAO');
        $this->assertSame([[
            'id' => (int) $this->joao->id,
            'name' => 'João Álvares',
            'picture' => "$CFG->wwwroot/pluginfile.php/" . \context_user::instance($this->joao->id)->id . '/user/icon/f1?rev=7',
            'profile_url' => "$CFG->wwwroot/user/profile.php?id={$this->joao->id}",
            'role' => 'student',
            'circles' => ['Álgebra & more'],
        ]], $found['people']);
        $this->assertSame('', $found['next']);
        $this->setUser($this->joao);
        $DB->set_field('sessions', 'userid', $this->joao->id, ['sid' => 'a-session-of-this-test']);
        $this->assertSame([], $this->find('joao')['people'], 'never oneself');
    }

    public function test_a_search_leaves_nothing_behind(): void {
        global $DB;
        $this->find('alvares');
        $this->assertFalse($DB->record_exists('block_gchat_user', ['userid' => $this->joao->id]));
        $this->assertNull($this->kept($this->joao));
    }

    public function test_who_was_never_there_is_introduced_with_no_more_than_a_name_and_rights(): void {
        $found = $this->find('', '', $this->joao->id);
        $this->assertSame(['João Álvares'], array_column($found['people'], 'name'));
        $this->assertNotNull($found['people'][0]['picture'], 'Moodle shows it to whoever asks Moodle');
        $kept = $this->kept($this->joao);
        $this->assertSame(['João Álvares', null, null, ''], [$kept['name'], $kept['picture'], $kept['profile_url'], $kept['lang']]);
        $this->assertSame(['chat'], $kept['rights']);
        $this->assertSame(["c{$this->course->id}"], array_column($kept['circles'], 'id'));
        // What changes of them afterwards is told, and no more of them than before.
        $other = $this->getDataGenerator()->create_and_enrol($this->getDataGenerator()->create_course());
        \core_message\api::block_user($this->joao->id, $other->id);
        $this->joao->lastname = 'Alves';
        $this->joao->lang = 'en';
        user_update_user($this->joao, false, true);
        $this->minute();
        $kept = $this->kept($this->joao);
        $this->assertSame([(int) $other->id], $kept['blocked']);
        $this->assertSame(['João Alves', null, null, ''], [$kept['name'], $kept['picture'], $kept['profile_url'], $kept['lang']]);
        // When they come, they say the rest themselves.
        $rights = rights::for_token((int) $this->joao->id);
        $this->assertSame('en', $rights['content']['lang']);
        $this->assertStringContainsString('/user/icon/f1', $rights['content']['picture']);
        $this->assertGreaterThan($kept['rights_version'], $rights['content']['rights_version']);
        outbox::add(outbox::USER, (int) $this->joao->id);
        $this->minute();
        $this->assertStringContainsString('/user/icon/f1', $this->kept($this->joao)['picture']);
    }

    public function test_one_writes_to_somebody_who_comes_later_and_finds_it(): void {
        $token = function (\stdClass $user): string {
            ['content' => $content, 'ends' => $ends] = rights::for_token((int) $user->id);
            $sid = login::sid_of("session of $user->id");
            return jwt::user_token(connection::current(), (int) $user->id, $sid, $content, time(), $ends);
        };
        $ana = $this->server->open($token($this->ana));
        $this->server->until($ana, 'welcome');
        $this->find('', '', $this->joao->id);
        $ids = [(int) $this->ana->id, (int) $this->joao->id];
        sort($ids);
        $ack = $this->server->act($ana, ['type' => 'send', 'conversation' => implode('-', $ids), 'text' => 'Are you there?']);
        $this->assertSame(1, $ack['seq']);
        $joao = $this->server->open($token($this->joao));
        $welcome = $this->server->until($joao, 'welcome');
        $this->assertSame(1, array_column($welcome['dock']['windows'], 'unread', 'conversation')[implode('-', $ids)]);
        $this->server->say($joao, ['type' => 'history', 'request' => 1, 'conversation' => implode('-', $ids), 'limit' => 10]);
        $this->assertSame(['Are you there?'], array_column($this->server->until($joao, 'history')['messages'], 'text'));
    }

    public function test_nobody_is_introduced_who_may_not_be_found(): void {
        global $DB;
        $stranger = $this->getDataGenerator()->create_and_enrol($this->getDataGenerator()->create_course());
        $suspended = $this->getDataGenerator()->create_user(['suspended' => 1]);
        $this->getDataGenerator()->enrol_user($suspended->id, $this->course->id);
        $deleted = $this->getDataGenerator()->create_and_enrol($this->course);
        delete_user($DB->get_record('user', ['id' => $deleted->id]));
        $blocked = $this->getDataGenerator()->create_and_enrol($this->course);
        \core_message\api::block_user($blocked->id, $this->ana->id);
        $none = array_map(fn($id) => (object) ['id' => $id], [99999999, -5]);
        foreach ([$stranger, $suspended, $deleted, $blocked, guest_user(), $this->ana, ...$none] as $user) {
            $this->assertSame(['people' => [], 'next' => ''], $this->find('', '', $user->id));
            $this->assertFalse($DB->record_exists('block_gchat_user', ['userid' => $user->id]));
            if ($user->id > 0) {
                $this->assertNull($this->kept($user));
            }
        }
    }

    public function test_preferences_of_somebody_who_has_never_come_reach_the_server(): void {
        $this->find('', '', $this->joao->id);
        // Nothing else is left to tell.
        $this->minute();
        $this->assertArrayNotHasKey('accepts', array_filter($this->kept($this->joao), fn($value) => $value !== null));
        set_user_preference('message_blocknoncontacts', \core_message\api::MESSAGE_PRIVACY_ONLYCONTACTS, $this->joao->id);
        $this->minute();
        $this->assertSame([], $this->kept($this->joao)['accepts']);
    }

    public function test_whoever_is_erased_is_gone_though_they_never_came(): void {
        global $DB;
        $this->find('', '', $this->joao->id);
        delete_user($DB->get_record('user', ['id' => $this->joao->id]));
        $this->minute();
        $this->assertNull($this->kept($this->joao));
        $this->assertFalse($DB->record_exists('block_gchat_user', ['userid' => $this->joao->id]));
    }

    public function test_a_call_that_came_between_is_not_undone_and_the_person_is_introduced(): void {
        $this->find('', '', $this->joao->id);
        // Another call with a higher version than the clock's, as when two introduce them at the same instant.
        $person = person::read((int) $this->joao->id);
        $version = $person->version() + 2;
        (new server(connection::current()))->put_user($person->id(), ['rights_version' => $version] + rights::now($person));
        $this->assertCount(1, $this->find('', '', $this->joao->id)['people']);
        $this->assertGreaterThan($version, $this->kept($this->joao)['rights_version']);
    }

    public function test_a_dead_server_is_said_at_once_and_told_later(): void {
        $this->server->stop();
        $began = microtime(true);
        $this->assertSame('chataway', $this->refusal($this->joao->id));
        $this->assertSame('chataway', $this->refusal($this->joao->id));
        $this->assertLessThan(3, microtime(true) - $began);
        $this->assertSame('none', $this->refusal(), 'people are found all the same');
        $this->server->start();
        server::forget_outage();
        $this->minute();
        $this->assertSame('João Álvares', $this->kept($this->joao)['name']);
    }

    public function test_refusals_have_the_codes_that_the_client_knows(): void {
        global $CFG, $DB, $USER;
        $USER->realuser = 2;
        $this->assertSame('nochat', $this->refusal());
        unset($USER->realuser);
        $DB->set_field('sessions', 'timemodified', time() - $CFG->sessiontimeout - 1, ['sid' => 'a-session-of-this-test']);
        $this->assertSame('servicerequireslogin', $this->refusal());
        $DB->set_field('sessions', 'timemodified', time(), ['sid' => 'a-session-of-this-test']);
        $this->assertSame('none', $this->refusal());
        $teacher = $DB->get_field('role', 'id', ['shortname' => 'editingteacher']);
        assign_capability('block/gchat:chat', CAP_PROHIBIT, $teacher, \context_course::instance($this->course->id));
        \cache::make('block_gchat', 'rights')->purge();
        $this->assertSame(['nochat', 'nochat'], [$this->refusal(), $this->refusal($this->joao->id)]);
        set_config('paused', 'wrong_wwwroot', 'block_gchat');
        $this->assertSame('chataway', $this->refusal());
        unset_config('paused', 'block_gchat');
        $this->setGuestUser();
        $this->assertSame('nochat', $this->refusal());
    }

    public function test_who_asks_too_often_waits(): void {
        $this->mock_clock_with_frozen(1000000020);
        for ($i = 0; $i < 20; $i++) {
            $this->assertSame('none', $this->refusal(99999999));
        }
        $this->assertSame('toomany', $this->refusal($this->joao->id));
        for ($i = 0; $i < 120; $i++) {
            $this->assertSame('none', $this->refusal());
        }
        $this->assertSame('toomany', $this->refusal());
        $this->mock_clock_with_frozen(1000000080);
        $this->assertSame('none', $this->refusal());
    }
}
