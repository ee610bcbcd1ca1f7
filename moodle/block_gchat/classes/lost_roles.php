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
 * Which roles this process has just taken from people, and how many people that were: whether the deletion of a role concerns
 * the chat at all.
 *
 * Moodle deletes a role in three steps (`delete_role()`): it takes the role from everybody, with an event for each of them; it
 * deletes the role's permissions; it deletes the role, with an event that does not say what the role could do. So the people
 * are written down one by one, and by the last event the permissions are gone: they are asked for at the first of the events.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class lost_roles {
    /** From so many people on who had a role, its deletion is told by one call to all, not by one of each. */
    public const MANY = 30;

    /** What is known of a role is asked for anew after so many seconds, and whoever lost it before is not counted. */
    private const PAUSE = 10;

    /** @var array[] by role: `concerns` the chat, `asked` and `last` (times in seconds), how many `people` */
    private static array $roles = [];

    /**
     * Takes note that somebody has lost a role.
     *
     * @param int $roleid
     */
    public static function note(int $roleid): void {
        $now = time();
        $role = self::$roles[$roleid] ?? ['concerns' => false, 'asked' => 0, 'last' => 0, 'people' => 0];
        if ($role['asked'] < $now - self::PAUSE) {
            [$role['concerns'], $role['asked']] = [self::concerns($roleid), $now];
        }
        $role['people'] = $role['last'] < $now - self::PAUSE ? 1 : $role['people'] + 1;
        $role['last'] = $now;
        self::$roles[$roleid] = $role;
    }

    /**
     * Whether a role that was deleted is to be told of by one call to all. That is so where many people had it and it gave or
     * prohibited what the chat asks for, and where everybody had it.
     *
     * @param int $roleid
     * @return bool
     */
    public static function concern_all(int $roleid): bool {
        global $CFG;
        $role = self::$roles[$roleid] ?? ['concerns' => false, 'people' => 0];
        // The role of everybody who is logged in is assigned to nobody. (Moodle's own page does not let it be deleted.)
        return $roleid === (int) ($CFG->defaultuserroleid ?? 0) || ($role['concerns'] && $role['people'] >= self::MANY);
    }

    /**
     * Forgets everything, in tests, which share one process.
     */
    public static function forget(): void {
        self::$roles = [];
    }

    /**
     * Whether a role has, anywhere, one of the capabilities that the chat asks for.
     *
     * @param int $roleid
     * @return bool
     */
    private static function concerns(int $roleid): bool {
        global $DB;
        [$in, $params] = $DB->get_in_or_equal(roles::capabilities());
        return $DB->record_exists_select('role_capabilities', "capability $in AND roleid = ?", [...$params, $roleid]);
    }
}
