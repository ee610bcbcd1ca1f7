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

use core\event\base;

/**
 * Hears of changes in Moodle.
 *
 * `note` is called inside the change's transaction: it writes one row and computes nothing, and whatever goes wrong in it
 * must never break an enrolment. (Core catches exceptions of observers, but not errors such as a TypeError.) `send` is
 * called after the commit: it sees to it that the row is sent soon.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class observer {
    /**
     * Settings by which the chat may be closed ({@see site_state}), by plugin.
     */
    private const SETTINGS = [
        'core' => ['messaging'],
        'block_gchat' => ['withoutmessaging'],
        'gchat' => ['block_visibility'],
    ];

    /** What is only told of where there are rooms. */
    private const OF_ROOMS = ['\core\event\course_created', '\core\event\group_created'];

    /**
     * Writes down what has changed.
     *
     * @param base $event
     */
    public static function note(base $event): void {
        try {
            $rows = self::rows($event);
            foreach ($rows as $row) {
                outbox::add(...$row);
            }
            if ($rows && $event->eventname === '\core\event\role_unassigned') {
                lost_roles::note((int) $event->objectid);
            }
        } catch (\Throwable $e) {
            debugging('block_gchat could not note ' . $event->eventname . ': ' . $e->getMessage(), DEBUG_DEVELOPER);
        }
    }

    /**
     * Sees to it that the chat server is told.
     *
     * @param base $event
     */
    public static function send(base $event): void {
        try {
            notes::after_commit();
            if (in_array($event->eventname, self::OF_ROOMS, true) && !self::rows($event)) {
                // There is nothing to send, and the first few runs of a script are not for nothing.
                return;
            }
            $rights = self::rights_of_role($event);
            if ($rights !== null) {
                // Core forgets what it has cached of the role's rights only after the observers. A person who fetches a token
                // because of the call must not get it with the rights of before.
                accesslib_clear_role_cache($rights);
            }
            if ($rights !== null && in_array(outbox::BRAKE, array_column(self::rows($event), 0), true)) {
                sender::brakes_first();
            }
            sender::later();
        } catch (\Throwable $e) {
            debugging('block_gchat could not tell of ' . $event->eventname . ': ' . $e->getMessage(), DEBUG_DEVELOPER);
        }
    }

    /**
     * Somebody logs in or out with this browser: the mark of whoever used it before goes with the same answer.
     *
     * @param base $event
     */
    public static function mark(base $event): void {
        try {
            if ($event->eventname === '\core\event\user_loggedin') {
                mark::clear_unless_own();
            } else if ($event->eventname === '\core\event\user_loggedout') {
                $session = $event->other['sessionid'] ?? '';
                mark::over(is_string($session) && $session !== '' ? $session : login::session());
            } else {
                mark::clear();
            }
        } catch (\Throwable $e) {
            debugging('block_gchat left the mark at ' . $event->eventname . ': ' . $e->getMessage(), DEBUG_DEVELOPER);
        }
    }

    /**
     * Sees to it that the chat ends for everybody soon, where a setting of the site has closed it. Some settings are logged
     * before they are stored, so this looks when the request ends; what no log tells of, the task of every minute finds.
     *
     * @param base $event
     */
    public static function setting(base $event): void {
        $plugin = (string) ($event->other['plugin'] ?? '') ?: 'core';
        if (in_array($event->other['name'] ?? '', self::SETTINGS[$plugin] ?? [], true)) {
            site_state::look_at_end();
        }
    }

    /**
     * What the outbox is to say of an event.
     *
     * @param base $event
     * @return array[] arguments of outbox::add()
     */
    private static function rows(base $event): array {
        if (in_array($event->eventname, ['\core\event\message_contact_added', '\core\event\message_contact_removed'], true)) {
            // A contact is one in both directions, and either may take messages from contacts only.
            return [[outbox::USER, (int) $event->userid], [outbox::USER, (int) $event->relateduserid]];
        }
        $row = self::row($event);
        return $row === null ? [] : [$row];
    }

    /**
     * The role whose rights an event is about.
     *
     * @param base $event
     * @return int|null null: it is about something else
     */
    private static function rights_of_role(base $event): ?int {
        return match ($event->eventname) {
            '\core\event\capability_assigned', '\core\event\capability_unassigned', '\core\event\role_deleted'
                => (int) $event->objectid,
            default => null,
        };
    }

    /**
     * What the outbox is to say of an event with one row.
     *
     * @param base $event
     * @return array|null null: nothing
     */
    private static function row(base $event): ?array {
        $courseid = (int) $event->courseid;
        switch ($event->eventname) {
            case '\core\event\user_enrolment_created':
            case '\core\event\user_enrolment_updated':
            case '\core\event\user_enrolment_deleted':
            case '\core\event\group_member_added':
            case '\core\event\group_member_removed':
                return [outbox::USER, $event->relateduserid, $courseid];
            case '\core\event\enrol_instance_updated':
            case '\core\event\enrol_instance_deleted':
            case '\core\event\group_updated':
            case '\core\event\group_deleted':
                return [outbox::COURSE, $courseid];
            case '\core\event\group_created':
                // Nobody is in it yet, but whoever may access all groups is in its room.
                return rooms::are_in($courseid) ? [outbox::COURSE, $courseid] : null;
            case '\core\event\course_created':
                return rooms::site_says() === rooms::ALL ? [outbox::COURSE, $event->objectid] : null;
            case '\core\event\course_updated':
            case '\core\event\course_deleted':
                return [outbox::COURSE, $event->objectid];
            case '\core\event\course_category_updated':
                return [outbox::CATEGORY, $event->objectid];
            case '\core\event\course_category_deleted':
                return [outbox::SITE, 0];
            case '\core\event\role_deleted':
                // Of whoever had it a row is written already.
                return lost_roles::concern_all((int) $event->objectid) ? [outbox::BRAKE, 0] : null;
            case '\core\event\role_assigned':
            case '\core\event\role_unassigned':
                return self::row_of_role($event);
            case '\core\event\capability_assigned':
            case '\core\event\capability_unassigned':
                return self::row_of_capability($event);
            case '\core\event\user_updated':
                return [outbox::USER, $event->objectid];
            case '\core\event\user_deleted':
                return [outbox::ERASE, $event->objectid];
            case '\core\event\message_user_blocked':
            case '\core\event\message_user_unblocked':
                return [outbox::USER, $event->userid];
            case '\mod_quiz\event\attempt_submitted':
            case '\mod_quiz\event\attempt_abandoned':
            case '\mod_quiz\event\attempt_becameoverdue':
                // Where time is up for hundreds at once, nobody needs to be told: the server knew until when.
                return exams::is_over_anyway((int) $event->objectid, (int) $event->relateduserid)
                    ? null : [outbox::USER, $event->relateduserid];
            case '\mod_quiz\event\attempt_started':
            case '\mod_quiz\event\attempt_reopened':
            case '\mod_quiz\event\attempt_deleted':
                // Not with the course: it is the person who pauses, and many at once are no matter of the course.
                return [outbox::USER, $event->relateduserid];
            case '\core\event\user_loggedout':
                return self::row_of_logout($event, (int) $event->objectid, $event->other['sessionid'] ?? '');
            case '\core\event\user_loggedinas':
                // The login goes on in another's name, under the same session: what it said in its own name ends.
                return self::row_of_logout($event, (int) $event->objectid, login::session());
            default:
                return null;
        }
    }

    /**
     * The row for a role that somebody got or lost. Below a course, roles change no circle.
     *
     * @param base $event
     * @return array|null
     */
    private static function row_of_role(base $event): ?array {
        return match ((int) $event->contextlevel) {
            CONTEXT_COURSE => [outbox::USER, $event->relateduserid, (int) $event->contextinstanceid],
            CONTEXT_COURSECAT, CONTEXT_SYSTEM => [outbox::USER, $event->relateduserid],
            default => null,
        };
    }

    /**
     * The row for a capability that a role got or lost. To be allowed something takes nothing away from anybody; all else
     * may: that a permission was removed says not which one it was.
     *
     * @param base $event
     * @return array|null
     */
    private static function row_of_capability(base $event): ?array {
        if (!in_array($event->other['capability'] ?? '', roles::capabilities())) {
            return null;
        }
        $gives = (int) ($event->other['permission'] ?? CAP_INHERIT) === CAP_ALLOW;
        return match ((int) $event->contextlevel) {
            CONTEXT_COURSE => [outbox::COURSE, (int) $event->contextinstanceid],
            CONTEXT_COURSECAT => [$gives ? outbox::CATEGORY : outbox::NARROW, (int) $event->contextinstanceid],
            CONTEXT_SYSTEM => [$gives ? outbox::SITE : outbox::BRAKE, 0],
            default => null,
        };
    }

    /**
     * The row for a login that ended. It holds the login's name, never the session's id.
     *
     * @param base $event
     * @param int $userid
     * @param string $session
     * @return array|null
     */
    private static function row_of_logout(base $event, int $userid, #[\SensitiveParameter] string $session): ?array {
        return $session === '' ? null : [outbox::LOGOUT, $userid, 0, login::sid_of($session)];
    }
}
