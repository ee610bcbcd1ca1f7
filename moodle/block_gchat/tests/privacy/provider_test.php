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

namespace block_gchat\privacy;

use block_gchat\connection;
use block_gchat\jwt;
use block_gchat\outbox;
use block_gchat\rights;
use block_gchat\running_server;
use block_gchat\server;
use core_privacy\local\metadata\collection;
use core_privacy\local\request\approved_contextlist;
use core_privacy\local\request\approved_userlist;
use core_privacy\local\request\userlist;
use core_privacy\local\request\writer;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/../fixtures/running_server.php');

/**
 * What is kept of a person can be had and erased, and a dead chat server hides neither.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\privacy\provider
 */
final class provider_test extends \core_privacy\tests\provider_testcase {
    /** @var \stdClass */
    private \stdClass $user;

    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->preventResetByRollback();
        server::forget_outage();
        $this->user = $this->getDataGenerator()->create_and_enrol($this->getDataGenerator()->create_course());
    }

    /**
     * Connects to an address at which nobody answers.
     */
    private function connect_to_nobody(): void {
        $said = ['url' => 'http://127.0.0.1:9/', 'site' => 's', 'kid' => 'k', 'key' => str_repeat('A', 43)];
        connection::from_code('gchat1.' . jwt::base64url(json_encode($said)))->save();
        rights::for_token((int) $this->user->id);
    }

    /**
     * Exports the person's data.
     *
     * @return \stdClass
     */
    private function export(): \stdClass {
        $context = \context_user::instance($this->user->id);
        $this->export_context_data_for_user($this->user->id, $context, 'block_gchat');
        return writer::with_context($context)->get_data(['Global Chat']);
    }

    public function test_every_field_is_described(): void {
        $collection = provider::get_metadata(new collection('block_gchat'));
        $this->assertCount(3, $collection->get_collection());
        foreach ($collection->get_collection() as $item) {
            $strings = array_merge([$item->get_summary()], array_values($item->get_privacy_fields()));
            foreach ($strings as $string) {
                $this->assertTrue(get_string_manager()->string_exists($string, 'block_gchat'), $string);
            }
        }
    }

    public function test_who_had_a_token_has_data_in_their_own_context(): void {
        $context = \context_user::instance($this->user->id);
        $this->assertEmpty(provider::get_contexts_for_userid((int) $this->user->id)->get_contextids());
        rights::for_token((int) $this->user->id);
        $this->assertEquals([$context->id], provider::get_contexts_for_userid((int) $this->user->id)->get_contextids());
        foreach ([$context, \context_user::instance(get_admin()->id), \context_system::instance()] as $i => $one) {
            $list = new userlist($one, 'block_gchat');
            provider::get_users_in_context($list);
            $this->assertSame($i === 0 ? [(int) $this->user->id] : [], $list->get_userids());
        }
    }

    public function test_an_export_without_the_server_says_what_is_missing(): void {
        rights::for_token((int) $this->user->id);
        $this->assertStringContainsString('not connected', $this->export()->chat_server);
        writer::reset();
        $this->connect_to_nobody();
        $data = $this->export();
        $this->assertNotNull($data->first_token);
        $this->assertStringContainsString('lacks messages', $data->incomplete);
    }

    public function test_of_whoever_was_only_introduced_it_says_so(): void {
        global $DB;
        $DB->insert_record('block_gchat_user', ['userid' => $this->user->id, 'stale' => 0, 'timecreated' => 1700000000]);
        $this->assertCount(1, provider::get_contexts_for_userid((int) $this->user->id));
        $data = $this->export();
        $this->assertNull($data->first_token);
        $this->assertStringContainsString('2023', $data->introduced);
        writer::reset();
        rights::for_token((int) $this->user->id);
        $data = $this->export();
        $this->assertNull($data->introduced);
        $this->assertNotNull($data->first_token);
    }

    public function test_an_erasure_waits_for_a_dead_server(): void {
        global $DB;
        foreach (['delete_data_for_user', 'delete_data_for_users', 'delete_data_for_all_users_in_context'] as $i => $method) {
            server::forget_outage();
            $this->connect_to_nobody();
            $context = \context_user::instance($this->user->id);
            provider::$method(match ($i) {
                0 => new approved_contextlist($this->user, 'block_gchat', [$context->id]),
                1 => new approved_userlist($context, 'block_gchat', [$this->user->id]),
                2 => $context,
            });
            $this->assertFalse($DB->record_exists('block_gchat_user', ['userid' => $this->user->id]));
            $rows = $DB->get_records('block_gchat_outbox', ['kind' => outbox::ERASE, 'target' => $this->user->id]);
            $this->assertCount($i + 1, $rows);
            $this->assertGreaterThan(0, reset($rows)->attempts);
        }
    }

    public function test_another_persons_context_is_left_alone(): void {
        global $DB;
        $this->connect_to_nobody();
        $other = \context_user::instance(get_admin()->id);
        provider::delete_data_for_user(new approved_contextlist($this->user, 'block_gchat', [$other->id]));
        provider::delete_data_for_all_users_in_context(\context_system::instance());
        $this->assertTrue($DB->record_exists('block_gchat_user', ['userid' => $this->user->id]));
        $this->assertFalse($DB->record_exists('block_gchat_outbox', ['kind' => outbox::ERASE]));
    }

    public function test_an_export_tells_of_edits_and_deletions(): void {
        global $CFG;
        $running = new running_server(running_server::binary($this), $CFG->wwwroot);
        $running->connection->save();
        $course = enrol_get_users_courses($this->user->id);
        $other = $this->getDataGenerator()->create_and_enrol(reset($course));
        $sockets = [];
        foreach ([$this->user, $other] as $person) {
            $rights = rights::for_token((int) $person->id);
            $token = jwt::user_token(connection::current(), (int) $person->id, 'abcdefgh', $rights['content'], time());
            $sockets[] = $running->open($token);
            $running->until(end($sockets), 'welcome');
        }
        $conversation = min($this->user->id, $other->id) . '-' . max($this->user->id, $other->id);
        $send = fn($who, $text, $more = []) => $running->act($sockets[$who], [
            'type' => 'send', 'conversation' => $conversation, 'text' => $text,
        ] + $more);
        $change = fn($type, $ack, $more = []) => $running->act($sockets[0], [
            'type' => $type, 'conversation' => $conversation, 'seq' => $ack['seq'], 'client_message_id' => $ack['id'],
        ] + $more);
        $edited = $send(0, 'Room seven');
        $deleted = $send(0, 'Not for you');
        $send(1, 'Thank you', ['reply_to' => $edited['seq']]);
        $change('edit', $edited, ['text' => 'Room eight']);
        $change('delete', $deleted);
        $this->assertNull($this->export()->incomplete ?? null);
        $context = \context_user::instance($this->user->id);
        $file = ['Global Chat', fullname($other) . " ($conversation)", '1-3'];
        $messages = writer::with_context($context)->get_data($file)->messages;
        $dates = fn($message) => array_diff_key($message, ['sent' => 0, 'edited' => 0]);
        $this->assertSame([
            ['number' => 1, 'from' => 'You', 'text' => 'Room eight'],
            ['number' => 2, 'from' => 'You', 'text' => '', 'deleted' => 'By its author'],
            ['number' => 3, 'from' => fullname($other), 'answers' => 1, 'text' => 'Thank you'],
        ], array_map($dates, $messages));
        $this->assertSame([true, false, false], array_map(fn($message) => isset($message['edited']), $messages));
        $this->assertStringContainsString(userdate(time(), '%Y'), $messages[0]['edited'] . $messages[0]['sent']);
        $this->assertStringNotContainsString('seven', json_encode($messages));
    }

    public function test_the_real_server_gives_and_erases(): void {
        global $CFG, $DB;
        $running = new running_server(running_server::binary($this), $CFG->wwwroot);
        $running->connection->save();
        $token = function () {
            $rights = rights::for_token((int) $this->user->id);
            return jwt::user_token(connection::current(), (int) $this->user->id, 'abcdefgh', $rights['content'], time());
        };
        $before = $token();
        $this->assertSame('welcome', $running->hello($before)['type']);
        $data = $this->export();
        $this->assertNull($data->incomplete ?? null);
        $this->assertSame(fullname($this->user), $data->chat_server['name']);

        $context = \context_user::instance($this->user->id);
        provider::delete_data_for_user(new approved_contextlist($this->user, 'block_gchat', [$context->id]));
        $this->assertSame(0, $DB->count_records('block_gchat_outbox', ['kind' => outbox::ERASE]));
        $this->assertSame('chat_not_allowed', $running->hello($before)['code']);
        $this->assertNull((new server(connection::current()))->user((int) $this->user->id));
        // They are still a member of the site: who comes back begins anew.
        $this->assertSame('welcome', $running->hello($token())['type']);
    }
}
