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
 * What one person may do in courses, by the roles that the database gives them now.
 *
 * Not `has_capability()`: for the person of the request it answers from the session, as of when the request began and with
 * a role that is switched; in a "log in as" it denies everything outside that course, for anybody; and in CLI it asks the
 * database once a check. A token must say what holds after the rights version was read, whoever asks. So the role
 * assignments are read fresh, all at once, and judged by core's own function.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class roles {
    /** What the chat asks, by its short name. */
    private const CAPABILITIES = [
        'chat' => 'block/gchat:chat',
        'teach' => 'block/gchat:teach',
        'allgroups' => 'moodle/site:accessallgroups',
        'hidden' => 'moodle/course:viewhiddencourses',
    ];

    /**
     * Those who change who is in which circle, where a role gets or loses them.
     *
     * @return string[]
     */
    public static function capabilities(): array {
        return array_values(self::CAPABILITIES);
    }

    /**
     * The capability that something is asked by.
     *
     * @param string $name `chat`, `teach`, `allgroups` or `hidden`
     * @return string
     */
    public static function capability(string $name): string {
        return self::CAPABILITIES[$name];
    }

    /**
     * Forgets what this process remembers of the roles' capabilities, which may be older than the rights version: it does
     * not hear of changes made by others, and core has no function for that. What is cached between requests is asked.
     */
    public static function forget(): void {
        global $ACCESSLIB_PRIVATE;
        $ACCESSLIB_PRIVATE->cacheroledefs = [];
    }

    /**
     * Judges by somebody's roles.
     *
     * @param int $userid
     * @param array[] $roles `[role, path of the context]`, everything that is assigned to them
     * @return callable `(string $capability, \stdClass $course): bool`, as circles::of() takes it
     */
    public static function judge(int $userid, array $roles): callable {
        global $CFG;
        $access = ['ra' => [], 'rsw' => [], 'time' => time()];
        if (!empty($CFG->defaultuserroleid)) {
            $roles[] = [(int) $CFG->defaultuserroleid, \context_system::instance()->path];
        }
        foreach ($roles as [$role, $path]) {
            $access['ra'][$path][$role] = $role;
        }
        return function (string $capability, \stdClass $course) use ($userid, $access): bool {
            // Being an administrator opens hidden courses, as everywhere, but no chat: for that one has a role there.
            if ($capability === 'hidden' && is_siteadmin($userid)) {
                return true;
            }
            $context = \context_course::instance($course->id);
            return has_capability_in_accessdata(self::CAPABILITIES[$capability], $context, $access);
        };
    }
}
