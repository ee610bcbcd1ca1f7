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

namespace block_gchat\task;

use block_gchat\connection;
use block_gchat\dates;
use block_gchat\exams;
use block_gchat\online;
use block_gchat\outbox;
use block_gchat\policy;
use block_gchat\rooms;
use block_gchat\sender;
use block_gchat\server;
use block_gchat\server_exception;
use block_gchat\site_state;

/**
 * Tells the chat server, every minute, what no request could tell it at once, and what raises no event in Moodle: that a date
 * has passed, a session has ended, a preference or a setting of the site has changed.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class send extends \core\task\scheduled_task {
    /** The time for the look at those who are connected, in seconds. */
    private const LOOK = 20.0;

    #[\Override]
    public function get_name() {
        return get_string('tasksend', 'block_gchat');
    }

    #[\Override]
    public function execute() {
        if ($reason = get_config('block_gchat', 'paused')) {
            mtrace("paused ($reason): nothing is sent until an administrator sets the connection again");
            return;
        }
        if (connection::current() === null) {
            mtrace('not connected to a chat server');
            return;
        }
        // Tokens with new content leave ticks too, on a site where nothing else is told for long.
        outbox::purge();
        if (server::is_away()) {
            mtrace('the chat server did not answer a moment ago and is left alone for a while');
            return;
        }
        try {
            exams::reconcile();
        } catch (\Throwable $e) {
            // A quiz that is broken, or another Moodle's: revocations do not wait for it.
            mtrace('exams could not be compared: ' . $e->getMessage());
        }
        try {
            if (site_state::look()) {
                mtrace('the chat is closed (' . site_state::closed() . '): whoever is connected is sent away');
            }
            policy::look();
            sender::brakes_first();
            mtrace('people for whom a date has passed: ' . dates::pass(time()));
            mtrace('calls made: ' . sender::run());
            mtrace('calls made for rooms: ' . rooms::look(new server(connection::current())));
            self::look();
        } catch (server_exception $e) {
            // No failed task: it would be retried ever more seldom, and revocations would wait for it.
            mtrace('not sent (' . $e->reason . '): ' . $e->getMessage() . '; what waits is tried again');
        }
    }

    /**
     * Looks at those who are connected.
     *
     * @throws server_exception
     */
    private static function look(): void {
        try {
            $found = (new online(new server(connection::current()), microtime(true) + self::LOOK))->look();
        } catch (server_exception $e) {
            throw $e;
        } catch (\Throwable $e) {
            // The store of the sessions is away, Redis for one: nobody is taken for logged out, and the next minute looks again.
            mtrace('sessions and preferences could not be compared: ' . $e->getMessage());
            return;
        }
        mtrace("logins that have ended: $found[logins]; preferences that have changed: $found[preferences]");
        if (array_sum($found)) {
            mtrace('calls made: ' . sender::run(20.0));
        }
    }
}
