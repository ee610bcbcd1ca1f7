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

/**
 * An export says what became of messages.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\privacy\exported
 */
final class exported_test extends \PHPUnit\Framework\TestCase {
    public function test_edited_deleted_and_answered_messages_say_so(): void {
        $date = fn(int $time): string => gmdate('H:i:s', $time);
        $messages = fixture('api/conversation.get.answer')['messages'];
        $shown = array_map(fn($message) => exported::message($message, "user $message[sender]", $date), $messages);
        $sent = fn(int $i): string => $date((int) ($messages[$i]['sent_at'] / 1000));
        $edited = $date((int) ($messages[0]['edited_at'] / 1000));
        $this->assertSame([
            ['number' => 1, 'from' => 'user 3', 'sent' => $sent(0), 'text' => 'Olá, Ana!', 'edited' => $edited],
            ['number' => 2, 'from' => 'user 2', 'sent' => $sent(1), 'text' => '', 'deleted' => 'By its author'],
            ['number' => 3, 'from' => 'user 2', 'sent' => $sent(2), 'answers' => 1, 'text' => 'Olá!'],
        ], $shown);
    }

    public function test_a_moderators_deletion_says_so(): void {
        $stub = ['deleted' => 'moderator'] + fixture('api/conversation.get.answer')['messages'][1];
        $this->assertSame('By a moderator', exported::message($stub, 'Ana', fn(int $time): string => "at $time")['deleted']);
    }

    public function test_what_happened_whom_it_mentions_and_reactions_are_there(): void {
        $kept = fixture('api/conversation.get.answer')['messages'][0];
        $said = exported::message($kept + ['mentions' => [2], 'mine' => ['👍']], 'Bruno', fn(int $time): string => "at $time");
        $this->assertSame([[2], ['👍']], [$said['mentions'], $said['your_reactions']]);
        $system = ['kind' => 'added', 'users' => [4]];
        $said = exported::message(['text' => null, 'system' => $system] + $kept, 'Bruno', fn(int $time): string => "at $time");
        $this->assertSame([$system, ''], [$said['happened'], $said['text']]);
    }

    public function test_a_conversation_is_called_by_its_person_or_its_title(): void {
        $kept = fixture('api/user.get.answer')['conversations'];
        $titles = array_map(fn($conversation) => exported::title($conversation, 'Deleted user'), $kept);
        $group = 'Project 3 (g-0199f1ca-31b0-7a44-8e15-9d2c4b6a7f01)';
        $this->assertSame(["Bruno O'Silva (2-3)", 'Deleted user (1-2)', $group], $titles);
        $this->assertSame('r-c7', exported::title(['conversation' => 'r-c7', 'kind' => 'room'], 'Deleted user'));
    }

    public function test_the_other_person_has_a_name_where_there_is_one(): void {
        $others = array_map(
            fn($conversation) => exported::other($conversation, 'Deleted user'),
            fixture('api/user.get.answer')['conversations']
        );
        $this->assertSame(["Bruno O'Silva", 'Deleted user'], array_slice($others, 0, 2));
        $group = ['conversation' => 'g.7', 'kind' => 'group', 'title' => 'Algebra'];
        $this->assertNull(exported::other($group, 'Deleted user'), 'of a kind that a later server has');
    }
}
