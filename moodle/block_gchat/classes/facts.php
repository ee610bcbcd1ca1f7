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
 * What decides about a few people, read at once: their enrolments, groups and roles in some courses, whom they have blocked and
 * from whom they take messages. Their circles follow from it by the same rules as those of a token.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class facts {
    /** @var \stdClass[] courses that somebody is enrolled in: `id`, `title`, `fullname`, `visible`, `groupmode`, `enddate` */
    private array $courses = [];

    /** @var array[] by user id, enrolments as circles::of() takes them */
    private array $enrolments = [];

    /** @var array[] by user id, group ids by course id */
    private array $groups = [];

    /** @var array[] by user id, roles as roles::judge() takes them */
    private array $roles = [];

    /** @var array[] by user id, whom of the others they have blocked */
    private array $blocked = [];

    /** @var array[] by user id, who of the others is a contact of theirs */
    private array $contacts = [];

    /** @var array by user id, those who take messages from contacts only */
    private array $choosy = [];

    /** @var int[] by user id, the contexts of people */
    private array $contexts = [];

    /**
     * Made by of().
     *
     * @param array[] $reach the courses, in their order
     */
    private function __construct(
        /** @var array[] contexts of the courses by their ids, in the order of the courses */
        private readonly array $reach,
    ) {
    }

    /**
     * Reads it.
     *
     * @param int $me
     * @param int[] $others
     * @param array $reach as reach::of() gives it for the first one: nothing but its courses counts
     * @return self
     */
    public static function of(int $me, array $others, array $reach): self {
        global $CFG, $DB;
        require_once($CFG->libdir . '/grouplib.php');
        $facts = new self($reach['courses']);
        // All are ids, which come from the database.
        $list = fn(array $ids) => implode(',', array_map(intval(...), $ids)) ?: '0';
        [$people, $others, $courses] = [$list([$me, ...$others]), $list($others), $list(array_keys($reach['courses']))];
        // Somebody may be in hundreds of courses: only those matter in which others are.
        $shared = "SELECT oe.courseid
                     FROM {user_enrolments} ou
                     JOIN {enrol} oe ON oe.id = ou.enrolid
                    WHERE ou.userid IN ($others) AND oe.courseid IN ($courses)";
        $paths = implode(array_column($reach['courses'], 'ctxpath'));
        $contexts = $list(array_unique(explode('/', trim($paths, '/'))));
        $name = fn(string $kind, string $id) => $DB->sql_concat("'$kind'", $id) . ' AS name';
        $rows = $DB->get_records_sql(
            "SELECT {$name('e', 'ue.id')}, ue.userid, e.courseid AS one, ue.timestart AS two, ue.timeend AS three, '' AS text
               FROM {user_enrolments} ue
               JOIN {enrol} e ON e.id = ue.enrolid
              WHERE ue.userid IN ($people) AND e.courseid IN ($shared) AND ue.status = :active AND e.status = :enabled
          UNION ALL
             SELECT {$name('g', 'gm.id')}, gm.userid, g.courseid AS one, g.id AS two, 0 AS three, '' AS text
               FROM {groups_members} gm
               JOIN {groups} g ON g.id = gm.groupid
              WHERE gm.userid IN ($people) AND g.courseid IN ($shared) AND g.participation = 1 AND g.visibility IN (:all, :members)
          UNION ALL
             SELECT {$name('r', 'ra.id')}, ra.userid, ra.roleid AS one, 0 AS two, 0 AS three, ctx.path AS text
               FROM {role_assignments} ra
               JOIN {context} ctx ON ctx.id = ra.contextid
              WHERE ra.userid IN ($people) AND ra.contextid IN ($contexts)
          UNION ALL
             SELECT {$name('b', 'b.id')}, b.userid, b.blockeduserid AS one, 0 AS two, 0 AS three, '' AS text
               FROM {message_users_blocked} b
              WHERE b.userid IN ($people) AND b.blockeduserid IN ($people)
          UNION ALL
             SELECT {$name('c', 'mc.id')}, mc.userid, mc.contactid AS one, 0 AS two, 0 AS three, '' AS text
               FROM {message_contacts} mc
              WHERE mc.userid IN ($people) AND mc.contactid IN ($people)
          UNION ALL
             SELECT {$name('q', 'q.id')}, q.userid, 0 AS one, 0 AS two, 0 AS three, q.value AS text
               FROM {user_preferences} q
              WHERE q.userid IN ($people) AND q.name = :noncontacts
          UNION ALL
             SELECT {$name('x', 'ctx.id')}, ctx.instanceid AS userid, ctx.id AS one, 0 AS two, 0 AS three, '' AS text
               FROM {context} ctx
              WHERE ctx.contextlevel = :level AND ctx.instanceid IN ($people)
          UNION ALL
             SELECT {$name('f', 'c.id')}, c.id AS userid, c.visible AS one, c.groupmode AS two, c.enddate AS three,
                    c.fullname AS text
               FROM {course} c
              WHERE c.id IN ($shared)",
            [
                'active' => ENROL_USER_ACTIVE,
                'enabled' => ENROL_INSTANCE_ENABLED,
                'all' => GROUPS_VISIBILITY_ALL,
                'members' => GROUPS_VISIBILITY_MEMBERS,
                'noncontacts' => person::NONCONTACTS,
                'level' => CONTEXT_USER,
            ]
        );
        foreach ($rows as $row) {
            $facts->take($row->name[0], $row, (int) $row->userid, (int) $row->one);
        }
        return $facts;
    }

    /**
     * What a token would say of somebody, as far as it is about these courses and people. Whoever is asked about is active.
     *
     * @param int $user
     * @return array `rights`, `circles` (without titles), `blocked`, and `accepts` where it is not everybody
     */
    public function says(int $user): array {
        $enrolments = $this->enrolments[$user] ?? [];
        $courses = array_intersect_key($this->courses, array_column($enrolments, 0, 0));
        foreach (array_keys($courses) as $course) {
            \context_helper::preload_from_record((object) $this->reach[$course]);
        }
        $may = roles::judge($user, $this->roles[$user] ?? []);
        $found = circles::of($courses, $enrolments, $this->groups[$user] ?? [], $may, time());
        $says = [
            'rights' => $found['circles'] ? ['chat'] : [],
            'circles' => $found['circles'],
            'blocked' => $this->blocked[$user] ?? [],
        ];
        return isset($this->choosy[$user]) ? $says + ['accepts' => $this->contacts[$user] ?? []] : $says;
    }

    /**
     * The full name of a course, as its table has it.
     *
     * @param string $circle of the course
     * @return string
     */
    public function fullname(string $circle): string {
        return $this->courses[(int) substr($circle, 1)]->fullname ?? '';
    }

    /**
     * The id of somebody's context.
     *
     * @param int $user
     * @return int|null null: they have none
     */
    public function context(int $user): ?int {
        return $this->contexts[$user] ?? null;
    }

    /**
     * Takes a row.
     *
     * @param string $kind the first letter of its name
     * @param \stdClass $row
     * @param int $user whom it is about, or which course
     * @param int $one
     */
    private function take(string $kind, \stdClass $row, int $user, int $one): void {
        switch ($kind) {
            case 'e':
                $this->enrolments[$user][] = [$one, (int) $row->two, (int) $row->three];
                break;
            case 'g':
                $this->groups[$user][$one][] = (int) $row->two;
                break;
            case 'r':
                $this->roles[$user][] = [$one, $row->text];
                break;
            case 'b':
                $this->blocked[$user][] = $one;
                break;
            case 'c':
                // A contact is one in both directions, whoever of the two asked for it.
                $this->contacts[$user][] = $one;
                $this->contacts[$one][] = $user;
                break;
            case 'q':
                if (person::is_contacts_only($row->text)) {
                    $this->choosy[$user] = true;
                }
                break;
            case 'x':
                $this->contexts[$user] = $one;
                break;
            case 'f':
                // Titles are made of those that are shown.
                $this->courses[$user] = (object) [
                    'id' => $user, 'title' => '', 'fullname' => $row->text, 'visible' => $one,
                    'groupmode' => (int) $row->two, 'enddate' => (int) $row->three,
                ];
                break;
        }
    }
}
