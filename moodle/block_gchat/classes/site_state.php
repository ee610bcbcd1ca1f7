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
 * Whether the chat is closed for the whole site, and what the chat server is told when that changes.
 *
 * Whoever asks for a token is refused at once: {@see gate}. Those who are connected have a token that lives on for minutes,
 * so the server is told to end what was computed before.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class site_state {
    /**
     * After so many seconds the brake is put on a second time: a request for a token that had passed the gate when the chat
     * was closed may have read its rights version after the first.
     */
    private const ONCE_MORE = 45;

    /** @var bool whether this request looks at its end */
    private static bool $registered = false;

    /**
     * Why the chat is closed for everybody, as the site's settings say.
     *
     * @return string|null `messaging`: Moodle's messages are off, and no setting says that the chat runs without them;
     *     `disabled`: the block is disabled; null: it is not closed
     */
    public static function closed(): ?string {
        global $CFG;
        $enabled = \core_plugin_manager::instance()->get_enabled_plugins('block');
        if ($enabled !== null && !isset($enabled['gchat'])) {
            return 'disabled';
        }
        return empty($CFG->messaging) && !get_config('block_gchat', 'withoutmessaging') ? 'messaging' : null;
    }

    /**
     * Whether the chat runs although Moodle's messages are off.
     *
     * @return bool
     */
    public static function runs_without_messaging(): bool {
        global $CFG;
        return empty($CFG->messaging) && self::closed() === null;
    }

    /**
     * Looks whether the chat was closed or opened, and writes down what the server is to be told.
     *
     * @return bool whether a brake is to be put on
     */
    public static function look(): bool {
        global $DB;
        if (connection::current() === null || get_config('block_gchat', 'paused')) {
            // Nobody is told. Whoever connects begins anew.
            return false;
        }
        $closed = self::closed();
        if ($closed === (get_config('block_gchat', 'closed') ?: null)) {
            return false;
        }
        $transaction = $DB->start_delegated_transaction();
        // A second brake of a chat that is open again would only disturb.
        $DB->delete_records_select('block_gchat_outbox', 'kind = ? AND timedue > ?', [outbox::BRAKE, time()]);
        if ($closed !== null) {
            outbox::add_many([
                ['kind' => outbox::BRAKE],
                ['kind' => outbox::BRAKE, 'timedue' => time() + self::ONCE_MORE],
            ]);
        }
        set_config('closed', $closed ?? '', 'block_gchat');
        $transaction->allow_commit();
        return $closed !== null;
    }

    /**
     * Looks when this request ends, and has the server told at once.
     */
    public static function look_at_end(): void {
        if (!self::$registered) {
            self::$registered = true;
            \core_shutdown_manager::register_function([self::class, 'at_end']);
        }
    }

    /**
     * The end of a request.
     */
    public static function at_end(): void {
        self::$registered = false;
        try {
            if (self::look()) {
                sender::brakes_first();
                sender::later();
            }
        } catch (\Throwable $e) {
            // The task of every minute looks again.
            debugging('block_gchat could not look whether the chat is closed: ' . $e->getMessage(), DEBUG_DEVELOPER);
        }
    }
}
