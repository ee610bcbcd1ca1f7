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
 * What the site allows of everybody, as the chat server is told it. {@see snapshot} is pure, without Moodle.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class policy {
    /** For how long after a message its author may edit it, in seconds, until the setting says otherwise. */
    public const EDIT_SECONDS = 900;

    /** The longest time that the server takes: a year. */
    private const LONGEST = 31536000;

    /**
     * The body of `PUT policy` (protocol/README.md).
     *
     * @param int $version
     * @param mixed $seconds as the setting `editseconds` is stored; false: not yet
     * @return array
     */
    public static function snapshot(int $version, mixed $seconds): array {
        return [
            'rights_version' => $version,
            'students_see_students' => true,
            'edit_seconds' => is_numeric($seconds) ? min(max((int) $seconds, 0), self::LONGEST) : self::EDIT_SECONDS,
        ];
    }

    /**
     * What holds now.
     *
     * @param int $version
     * @return array as {@see snapshot}
     */
    public static function now(int $version): array {
        return self::snapshot($version, get_config('block_gchat', 'editseconds'));
    }

    /**
     * Has the server told: the setting has changed, or the server is another one.
     */
    public static function changed(): void {
        outbox::add(outbox::POLICY, 0);
        sender::later();
    }

    /**
     * Keeps what the server has taken.
     *
     * @param array $snapshot
     */
    public static function told(array $snapshot): void {
        set_config('policytold', self::mark($snapshot), 'block_gchat');
    }

    /**
     * Compares what holds now with what the server has taken last: nobody is called when config.php or a command line
     * changes the setting. What is to be told is written down.
     */
    public static function look(): void {
        global $DB;
        if (self::mark(self::now(0)) === get_config('block_gchat', 'policytold')) {
            return;
        }
        if (!$DB->record_exists('block_gchat_outbox', ['kind' => outbox::POLICY])) {
            outbox::add(outbox::POLICY, 0);
        }
    }

    /**
     * What a server was told, and which server: another one knows nothing of it.
     *
     * @param array $snapshot
     * @return string
     */
    private static function mark(array $snapshot): string {
        unset($snapshot['rights_version']);
        $connection = connection::current();
        return json_encode(['url' => $connection?->url, 'site' => $connection?->site, 'policy' => $snapshot]);
    }
}
