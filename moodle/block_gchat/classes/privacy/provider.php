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
use block_gchat\outbox;
use block_gchat\sender;
use block_gchat\server;
use block_gchat\server_exception;
use core_privacy\local\metadata\collection;
use core_privacy\local\request\approved_contextlist;
use core_privacy\local\request\approved_userlist;
use core_privacy\local\request\contextlist;
use core_privacy\local\request\transform;
use core_privacy\local\request\userlist;
use core_privacy\local\request\writer;

/**
 * What is kept of a person, here and on the chat server.
 *
 * Messages lie on the server alone. An export asks it for them, and says so where it does not answer; an erasure waits in
 * the outbox until the server has confirmed it.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class provider implements
    \core_privacy\local\metadata\provider,
    \core_privacy\local\request\core_userlist_provider,
    \core_privacy\local\request\plugin\provider {
    /** Messages that are asked for at once, and exported into one file. */
    private const PAGE = 500;

    #[\Override]
    public static function get_metadata(collection $collection): collection {
        $fields = function (string $place, array $names): array {
            return array_combine($names, array_map(fn($name) => "privacy:metadata:$place:$name", $names));
        };
        $collection->add_external_location_link('server', $fields('server', [
            'userid', 'name', 'picture', 'profile_url', 'lang', 'hidden', 'circles', 'blocked', 'accepts', 'paused_until',
            'login', 'messages', 'windows', 'read', 'presence',
        ]), 'privacy:metadata:server');
        $collection->add_database_table(
            'block_gchat_user',
            $fields('block_gchat_user', ['userid', 'digest', 'stale', 'preferences', 'timeuntil', 'paused', 'timecreated']),
            'privacy:metadata:block_gchat_user'
        );
        $collection->add_database_table(
            'block_gchat_outbox',
            $fields('block_gchat_outbox', ['kind', 'target', 'courseid', 'sid', 'timecreated']),
            'privacy:metadata:block_gchat_outbox'
        );
        return $collection;
    }

    #[\Override]
    public static function get_contexts_for_userid(int $userid): contextlist {
        $list = new contextlist();
        if (outbox::known([$userid])) {
            $list->add_user_context($userid);
        }
        return $list;
    }

    #[\Override]
    public static function get_users_in_context(userlist $userlist) {
        $context = $userlist->get_context();
        if ($context->contextlevel == CONTEXT_USER && outbox::known([$context->instanceid])) {
            $userlist->add_user($context->instanceid);
        }
    }

    #[\Override]
    public static function export_user_data(approved_contextlist $contextlist) {
        $userid = (int) $contextlist->get_user()->id;
        foreach ($contextlist->get_contexts() as $context) {
            if ($context->contextlevel == CONTEXT_USER && $context->instanceid == $userid) {
                self::export($context, $userid);
            }
        }
    }

    #[\Override]
    public static function delete_data_for_all_users_in_context(\context $context) {
        if ($context->contextlevel == CONTEXT_USER) {
            self::erase([$context->instanceid]);
        }
    }

    #[\Override]
    public static function delete_data_for_user(approved_contextlist $contextlist) {
        $userid = (int) $contextlist->get_user()->id;
        foreach ($contextlist->get_contexts() as $context) {
            if ($context->contextlevel == CONTEXT_USER && $context->instanceid == $userid) {
                self::erase([$userid]);
            }
        }
    }

    #[\Override]
    public static function delete_data_for_users(approved_userlist $userlist) {
        $context = $userlist->get_context();
        if ($context->contextlevel == CONTEXT_USER && in_array($context->instanceid, $userlist->get_userids())) {
            self::erase([$context->instanceid]);
        }
    }

    /**
     * Erases people: at once if the server answers, else as soon as it does.
     *
     * @param int[] $userids
     */
    private static function erase(array $userids): void {
        foreach (outbox::known($userids) as $userid => $unused) {
            outbox::add_erasure((int) $userid);
        }
        try {
            server::forget_outage();
            sender::run();
        } catch (server_exception $e) {
            // It stays in the outbox, and the task of every minute tries again.
            unset($e);
        }
    }

    /**
     * Exports what is kept of a person.
     *
     * @param \context $context
     * @param int $userid
     */
    private static function export(\context $context, int $userid): void {
        global $DB;
        $place = [get_string('pluginname', 'block_gchat')];
        $data = (object) ['first_token' => null, 'introduced' => null, 'chat_server' => null];
        $row = $DB->get_record('block_gchat_user', ['userid' => $userid], 'timecreated, digest');
        if ($row) {
            // Whoever has never come was introduced by somebody who opened a chat with them.
            $data->{$row->digest === null ? 'introduced' : 'first_token'} = transform::datetime($row->timecreated);
        }
        try {
            $connection = connection::current();
            if ($connection === null) {
                $data->chat_server = get_string('privacy:export:notconnected', 'block_gchat');
            } else {
                $server = new server($connection, true);
                $data->chat_server = $server->user($userid) ?? get_string('privacy:export:nothing', 'block_gchat');
                foreach ($data->chat_server['conversations'] ?? [] as $conversation) {
                    self::export_conversation($server, $context, $place, $userid, $conversation);
                }
            }
        } catch (server_exception $e) {
            // An export that passes over what it could not get would be a false answer to the person who asked.
            $data->incomplete = get_string('privacy:export:incomplete', 'block_gchat', $e->getMessage());
        }
        writer::with_context($context)->export_data($place, $data);
    }

    /**
     * Exports the messages of a conversation, a page a file.
     *
     * @param server $server
     * @param \context $context
     * @param string[] $place
     * @param int $userid
     * @param array $conversation
     * @throws server_exception
     */
    private static function export_conversation(
        server $server,
        \context $context,
        array $place,
        int $userid,
        array $conversation
    ): void {
        $id = $conversation['conversation'];
        $removed = get_string('deleted_user', 'block_gchat');
        [$title, $other] = [exported::title($conversation, $removed), exported::other($conversation, $removed)];
        $after = 0;
        do {
            $page = $server->messages($userid, $id, $after, self::PAGE);
            $messages = $page['messages'] ?? [];
            if (!$messages) {
                return;
            }
            $last = end($messages)['seq'];
            $file = array_merge($place, [$title, "{$messages[0]['seq']}-$last"]);
            writer::with_context($context)->export_data($file, (object) [
                'messages' => array_map(fn($message) => exported::message(
                    $message,
                    $message['sender'] == $userid ? get_string('you', 'block_gchat') : $other ?? (string) $message['sender'],
                    fn($time) => transform::datetime($time)
                ), $messages),
            ]);
            [$before, $after] = [$after, $last];
        } while ($page['more'] && $after > $before);
    }
}
