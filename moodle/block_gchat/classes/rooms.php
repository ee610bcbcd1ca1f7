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
 * Which courses have rooms, and what the chat server was told of it.
 *
 * The site says whether there are rooms at all, and each course may say otherwise. The server hears of a course's room in the
 * call that tells who is in the course ({@see members}); what it was told last is kept, so that the task of every minute
 * finds every course of which it is still to hear: a setting was changed, for thousands of courses perhaps; the server is
 * another one, came back from a backup, or has learnt of rooms. A server that knows no rooms refuses a call that speaks of
 * them, so it is asked before the first one; a page asks nothing.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class rooms {
    /** The site: there are no rooms. */
    public const OFF = 'off';

    /** The site: courses that say so have a room. */
    public const SOME = 'some';

    /** The site: courses have a room unless they say otherwise. */
    public const ALL = 'all';

    /** A course: as the site says. */
    public const AS_SITE = 'site';

    /** A course: it has a room. */
    public const OPEN = 'open';

    /** A course: it has a room, in which nobody writes any more. */
    public const CLOSED = 'closed';

    /** A course: it has no room. */
    public const NONE = 'none';

    /** What the server was told: nobody knows. */
    private const UNKNOWN = 'unknown';

    /** The most groups of which a call may give the titles. */
    private const MOST_GROUPS = 10000;

    /** From so many groups on, titles are cut to SHORT characters: a call has 8 MiB. */
    private const MANY_GROUPS = 1000;

    /** See above. */
    private const SHORT = 100;

    /** So many courses are written down at once: they are told within some two seconds, and other changes wait no longer. */
    private const PORTION = 50;

    /** The time in which courses are told in one run of the task, in seconds. */
    private const RUN = 20.0;

    /**
     * What holds in a course. Pure, without Moodle.
     *
     * @param string $site what the site says
     * @param string $course what the course says
     * @return string OPEN, CLOSED or NONE
     */
    public static function holds(string $site, string $course): string {
        if ($site !== self::SOME && $site !== self::ALL) {
            return self::NONE;
        }
        if (in_array($course, [self::OPEN, self::CLOSED, self::NONE], true)) {
            return $course;
        }
        return $site === self::ALL ? self::OPEN : self::NONE;
    }

    /**
     * What the site says.
     *
     * @return string OFF, SOME or ALL
     */
    public static function site_says(): string {
        return get_config('block_gchat', 'rooms') ?: self::OFF;
    }

    /**
     * Whether the site lets courses have rooms.
     *
     * @return bool
     */
    public static function are_on(): bool {
        return self::site_says() !== self::OFF;
    }

    /**
     * What a course says.
     *
     * @param int $courseid
     * @return string AS_SITE, OPEN, CLOSED or NONE
     */
    public static function course_says(int $courseid): string {
        global $DB;
        return $DB->get_field('block_gchat_course', 'room', ['courseid' => $courseid]) ?: self::AS_SITE;
    }

    /**
     * Whether a course has a room.
     *
     * @param int $courseid
     * @return bool
     */
    public static function are_in(int $courseid): bool {
        return self::are_on() && self::holds(self::site_says(), self::course_says($courseid)) !== self::NONE;
    }

    /**
     * Sets what a course says, and has the server told.
     *
     * @param int $courseid
     * @param string $says as {@see course_says} gives it
     */
    public static function set_course(int $courseid, string $says): void {
        if ($says === self::course_says($courseid)) {
            return;
        }
        self::keep($courseid, 'room', $says);
        if (self::are_on()) {
            outbox::add(outbox::COURSE, $courseid);
            sender::later();
        }
    }

    /**
     * The setting of the site has changed: the first courses are told at once, the others by the task of every minute.
     */
    public static function changed(): void {
        if (sender::is_on() && self::taken() !== false && self::note()) {
            sender::later();
        }
    }

    /**
     * A course was copied, or restored from a backup: the new one says what the old one says. (A backup holds nothing of a
     * block's settings for a course.)
     *
     * @param \core\event\course_restored $event
     */
    public static function restored(\core\event\course_restored $event): void {
        try {
            $original = (int) ($event->other['originalcourseid'] ?? 0);
            if ($original && (int) $event->other['target'] === \backup::TARGET_NEW_COURSE) {
                self::set_course((int) $event->objectid, self::course_says($original));
            }
        } catch (\Throwable $e) {
            debugging('block_gchat: a copied course has no setting of its room: ' . $e->getMessage(), DEBUG_DEVELOPER);
        }
    }

    /**
     * A course is gone.
     *
     * @param \core\event\course_deleted $event
     */
    public static function tidy(\core\event\course_deleted $event): void {
        global $DB;
        $DB->delete_records('block_gchat_course', ['courseid' => $event->objectid]);
    }

    /**
     * What a call says of a course's room, and of those of its groups.
     *
     * @param \stdClass $course `id`, `groupmode`, and `room`: what it says, null for nothing
     * @return array as in protocol/README.md, `PUT /api/v1/circles/{course}`; empty: there is none, or the server knows none
     */
    public static function claim(\stdClass $course): array {
        $room = self::holds(self::site_says(), $course->room ?? self::AS_SITE);
        if ($room === self::NONE || !self::taken()) {
            return [];
        }
        $titles = $course->groupmode == SEPARATEGROUPS ? self::titles((int) $course->id) : [];
        return ['room' => $room] + ($titles ? ['groups' => $titles] : []);
    }

    /**
     * Begins anew, with a server that this site is being connected to: what it was told before may be out of date.
     */
    public static function begin(): void {
        if (get_config('block_gchat', 'roomserver')) {
            set_config('roomserver', '', 'block_gchat');
        }
    }

    /**
     * Whether the server that this site is connected to takes rooms, as it said last.
     *
     * @return bool|null null: it was not asked yet
     */
    public static function taken(): ?bool {
        $known = json_decode((string) get_config('block_gchat', 'roomserver'), true);
        $same = is_array($known) && array_intersect_key($known, self::server()) === self::server();
        return $same ? $known['rooms'] : null;
    }

    /**
     * Takes note of what a server says of itself. Nobody knows what another server, or one from a backup, was told.
     *
     * @param array $status as in protocol/README.md, `GET /api/v1/status`
     * @return bool whether it takes rooms
     */
    public static function learn(array $status): bool {
        global $DB;
        $takes = in_array('rooms', (array) ($status['features'] ?? []), true);
        $known = json_encode(self::server() + ['epoch' => (string) ($status['epoch'] ?? ''), 'rooms' => $takes]);
        if ($known !== get_config('block_gchat', 'roomserver')) {
            $told = $takes ? self::UNKNOWN : self::NONE;
            $DB->set_field_select('block_gchat_course', 'told', $told, 'told <> ?', [$told]);
            set_config('roomserver', $known, 'block_gchat');
        }
        return $takes;
    }

    /**
     * Keeps what the server was told of a course.
     *
     * @param int $courseid
     * @param string $room OPEN, CLOSED or NONE
     */
    public static function told(int $courseid, string $room): void {
        global $DB;
        if (!self::are_used()) {
            return;
        }
        $told = $DB->get_field('block_gchat_course', 'told', ['courseid' => $courseid]) ?: self::NONE;
        // Of a course that is gone, nothing is kept.
        if ($told !== $room && ($room === self::NONE || $DB->record_exists('course', ['id' => $courseid]))) {
            self::keep($courseid, 'told', $room);
        }
    }

    /**
     * Tells of the courses of which the server is still to hear, a portion at a time, so that other changes wait for none.
     *
     * @param server $server
     * @return int how many calls the server has taken
     * @throws server_exception
     */
    public static function look(server $server): int {
        if (!self::are_used() || !self::learn($server->status())) {
            return 0;
        }
        $until = microtime(true) + self::RUN;
        $made = 0;
        do {
            $some = self::note() ? sender::run(max(1.0, $until - microtime(true))) : 0;
            $made += $some;
        } while ($some && microtime(true) < $until);
        return $made;
    }

    /**
     * Whether this site has rooms, or has had them.
     *
     * @return bool
     */
    private static function are_used(): bool {
        return self::are_on() || get_config('block_gchat', 'roomserver') !== false;
    }

    /**
     * Writes down a portion of the courses of which the server was told something else than what holds, the newest first.
     * Those that wait to be told already are passed over, and those that have ended and were told nothing.
     *
     * @return int how many
     */
    private static function note(): int {
        global $DB;
        $holds = match (self::site_says()) {
            self::ALL => "COALESCE(NULLIF(r.room, 'site'), 'open')",
            self::SOME => "COALESCE(NULLIF(r.room, 'site'), 'none')",
            default => "'none'",
        };
        $courses = outbox::at_source(fn() => $DB->get_records_sql(
            "SELECT c.id
               FROM {course} c
          LEFT JOIN {block_gchat_course} r ON r.courseid = c.id
              WHERE c.id <> :site AND COALESCE(r.told, 'none') <> $holds
                    AND (c.enddate = 0 OR c.enddate > :now OR COALESCE(r.told, 'none') <> 'none')
                    AND NOT EXISTS (SELECT 1 FROM {block_gchat_outbox} o WHERE o.kind = :kind AND o.target = c.id)
           ORDER BY c.id DESC",
            ['site' => SITEID, 'now' => time(), 'kind' => outbox::COURSE],
            0,
            self::PORTION
        ));
        outbox::add_many(array_map(fn($id) => ['kind' => outbox::COURSE, 'target' => $id], array_keys($courses)));
        return count($courses);
    }

    /**
     * The titles of a course's groups that are circles.
     *
     * @param int $courseid
     * @return string[] by the names that {@see circles} gives them
     */
    private static function titles(int $courseid): array {
        global $CFG, $DB;
        require_once($CFG->libdir . '/grouplib.php');
        $names = $DB->get_records_select_menu(
            'groups',
            'courseid = ? AND participation = 1 AND visibility IN (?, ?)',
            [$courseid, GROUPS_VISIBILITY_ALL, GROUPS_VISIBILITY_MEMBERS],
            'id',
            'id, name',
            0,
            self::MOST_GROUPS
        );
        $system = \context_system::instance();
        $titles = [];
        foreach ($names as $id => $name) {
            $title = rights::title($name, $system);
            $titles["g$id"] = count($names) > self::MANY_GROUPS ? \core_text::substr($title, 0, self::SHORT) : $title;
        }
        return $titles;
    }

    /**
     * The server that this site is connected to.
     *
     * @return string[]
     */
    private static function server(): array {
        $config = get_config('block_gchat');
        return ['url' => $config->url ?? '', 'site' => $config->site ?? '', 'kid' => $config->kid ?? ''];
    }

    /**
     * Writes one field of a course's row.
     *
     * @param int $courseid
     * @param string $field
     * @param string $value
     */
    private static function keep(int $courseid, string $field, string $value): void {
        global $DB;
        if (!$DB->record_exists('block_gchat_course', ['courseid' => $courseid])) {
            $row = ['courseid' => $courseid, 'room' => self::AS_SITE, 'told' => self::NONE];
            try {
                $DB->insert_record('block_gchat_course', [$field => $value] + $row);
                return;
            } catch (\dml_write_exception $e) {
                // Another process has written the row meanwhile, or it cannot be written: then neither can what follows.
                unset($e);
            }
        }
        $DB->set_field('block_gchat_course', $field, $value, ['courseid' => $courseid]);
    }
}
