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
 * Who is in a course, as a call tells it: the same as every person's own circles say of that course ({@see circles}), but
 * asked for in bulk, with as many queries for ten thousand people as for ten. And whether the course has a room ({@see rooms}).
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class members {
    /**
     * Holds the course.
     *
     * @param \stdClass $course
     * @param \context $context
     * @param int $now
     */
    private function __construct(
        /** @var \stdClass */
        private readonly \stdClass $course,
        /** @var \context */
        private readonly \context $context,
        /** @var int */
        private readonly int $now,
    ) {
    }

    /**
     * A course's snapshot. Only those are listed whom the server may know: it ignores the others.
     *
     * @param int $courseid
     * @param int $version of a tick made before; see outbox::at_source()
     * @return array as in protocol/README.md, `PUT /api/v1/circles/{course}`
     */
    public static function of(int $courseid, int $version): array {
        global $DB;
        $course = $DB->get_record_sql(
            'SELECT c.id, c.fullname, c.visible, c.groupmode, c.enddate, r.room
               FROM {course} c
          LEFT JOIN {block_gchat_course} r ON r.courseid = c.id
              WHERE c.id = ?',
            [$courseid]
        );
        $context = $course ? \context_course::instance($courseid, IGNORE_MISSING) : null;
        if (!$context || $courseid == SITEID) {
            return ['rights_version' => $version, 'title' => '', 'members' => []];
        }
        $title = rights::title($course->fullname, \context_system::instance());
        $now = time();
        $members = (new self($course, $context, $now))->members();
        dates::note($course, array_column($members, 'user'), $now);
        return ['rights_version' => $version, 'title' => $title] + rooms::claim($course) + ['members' => $members];
    }

    /**
     * Lists them, by user id.
     *
     * @return array[]
     */
    private function members(): array {
        if (circles::has_ended($this->course, $this->now)) {
            return [];
        }
        $people = $this->with('block/gchat:chat');
        if (!$this->course->visible) {
            $people = array_intersect_key($people, $this->with('moodle/course:viewhiddencourses') + $this->administrators());
        }
        if (!$people) {
            return [];
        }
        ksort($people);
        $teachers = $this->with('block/gchat:teach');
        $separate = $this->course->groupmode == SEPARATEGROUPS;
        $allgroups = $separate ? $this->with('moodle/site:accessallgroups') : [];
        $groups = $separate ? $this->groups() : [];
        $members = [];
        foreach (array_keys($people) as $user) {
            $members[] = [
                'user' => $user,
                'role' => isset($teachers[$user]) ? 'teacher' : 'student',
                'groups' => circles::groups($this->course, $groups[$user] ?? [], isset($allgroups[$user])),
            ];
        }
        return $members;
    }

    /**
     * Active people of the course, enrolled at this second, who may do something.
     *
     * The enrolment is tested here, as core's own test (get_enrolled_with_capabilities_join) rounds the time to 100 s and knows
     * nothing of suspended people.
     *
     * @param string $capability
     * @return array keys are user ids
     */
    private function with(string $capability): array {
        global $DB;
        $join = get_with_capability_join($this->context, $capability, 'u.id');
        if ($join->cannotmatchanyrows) {
            return [];
        }
        $ids = $DB->get_fieldset_sql(
            "SELECT u.id
               FROM {user} u
               JOIN {block_gchat_user} k ON k.userid = u.id
                    $join->joins
              WHERE $join->wheres AND u.deleted = 0 AND u.suspended = 0 AND u.confirmed = 1
                    AND EXISTS (
                        SELECT 1
                          FROM {user_enrolments} ue
                          JOIN {enrol} e ON e.id = ue.enrolid
                         WHERE ue.userid = u.id AND e.courseid = :gchatcourse
                               AND ue.status = :gchatactive AND e.status = :gchatenabled
                               AND ue.timestart <= :gchatstart AND (ue.timeend = 0 OR ue.timeend > :gchatend)
                    )",
            $join->params + [
                'gchatcourse' => $this->course->id,
                'gchatactive' => ENROL_USER_ACTIVE,
                'gchatenabled' => ENROL_INSTANCE_ENABLED,
                'gchatstart' => $this->now,
                'gchatend' => $this->now,
            ]
        );
        return array_fill_keys(array_map('intval', $ids), true);
    }

    /**
     * Those groups of everybody that others may know of.
     *
     * @return array group ids by user id
     */
    private function groups(): array {
        global $CFG, $DB;
        require_once($CFG->libdir . '/grouplib.php');
        $rows = $DB->get_recordset_sql(
            'SELECT gm.userid, gm.groupid
               FROM {groups_members} gm
               JOIN {groups} g ON g.id = gm.groupid
               JOIN {block_gchat_user} k ON k.userid = gm.userid
              WHERE g.courseid = ? AND g.participation = 1 AND g.visibility IN (?, ?)',
            [$this->course->id, GROUPS_VISIBILITY_ALL, GROUPS_VISIBILITY_MEMBERS]
        );
        $groups = [];
        foreach ($rows as $row) {
            $groups[(int) $row->userid][] = (int) $row->groupid;
        }
        $rows->close();
        return $groups;
    }

    /**
     * The site's administrators, who see hidden courses.
     *
     * @return array keys are user ids
     */
    private function administrators(): array {
        global $CFG;
        return array_fill_keys(array_map('intval', explode(',', (string) $CFG->siteadmins)), true);
    }
}
