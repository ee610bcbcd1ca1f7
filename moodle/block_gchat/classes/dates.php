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
 * Enrolments and courses that begin or end by date, which raises no event.
 *
 * Whenever the chat server is told of somebody, the next date at which that changes is kept with them (`timeuntil`). A token
 * ends by then; but a call that came after the token may have brought an earlier date. So the task of every minute looks
 * whose date has passed, and has them told anew. The end of a pause ({@see exams}) is none of these dates: the server, which was
 * told of it, ends the pause, and a room full of people whose time is up at once costs no calls.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class dates {
    /** So many people are looked at with one query. */
    private const CHUNK = 1000;

    /** So many people are looked at in one run; the others in the next. */
    private const MOST = 20000;

    /**
     * Writes down whom the server is to be told of because a date has passed.
     *
     * @param int $now
     * @return int how many people's date has passed
     */
    public static function pass(int $now): int {
        global $DB;
        $people = outbox::at_source(fn() => $DB->get_records_select_menu(
            'block_gchat_user',
            'timeuntil <= ?',
            [$now],
            'timeuntil',
            'userid, timeuntil',
            0,
            self::MOST
        ));
        foreach (array_chunk($people, self::CHUNK, true) as $some) {
            self::pass_of(array_map(intval(...), $some), $now);
        }
        return count($people);
    }

    /**
     * Takes note of the dates of a course of which the server is told as a whole.
     *
     * @param \stdClass $course `id`, `enddate`
     * @param int[] $users whom the server is told of
     * @param int $now
     */
    public static function note(\stdClass $course, array $users, int $now): void {
        global $DB;
        $dates = $course->enddate > $now ? array_fill_keys($users, (int) $course->enddate) : [];
        $rows = $DB->get_recordset_sql(
            'SELECT ue.id, ue.userid, ue.timestart, ue.timeend
               FROM {enrol} e
               JOIN {user_enrolments} ue ON ue.enrolid = e.id
               JOIN {block_gchat_user} k ON k.userid = ue.userid
              WHERE e.courseid = ? AND (ue.timestart > ? OR ue.timeend > ?)',
            [$course->id, $now, $now]
        );
        foreach ($rows as $row) {
            foreach ([(int) $row->timestart, (int) $row->timeend] as $date) {
                if ($date > $now) {
                    $dates[$row->userid] = min($date, $dates[$row->userid] ?? PHP_INT_MAX);
                }
            }
        }
        $rows->close();
        $bydate = [];
        foreach ($dates as $user => $date) {
            $bydate[$date][] = $user;
        }
        foreach ($bydate as $date => $users) {
            foreach (array_chunk($users, self::CHUNK) as $some) {
                [$in, $params] = $DB->get_in_or_equal($some);
                $where = "(timeuntil IS NULL OR timeuntil > ?) AND userid $in";
                $DB->set_field_select('block_gchat_user', 'timeuntil', $date, $where, array_merge([$date], $params));
            }
        }
    }

    /**
     * Writes down some people, each with the courses where a date has passed, and keeps their next dates.
     *
     * @param int[] $people the date that has passed, by user id
     * @param int $now
     */
    private static function pass_of(array $people, int $now): void {
        global $DB;
        [$in, $params] = $DB->get_in_or_equal(array_keys($people), SQL_PARAMS_NAMED);
        $since = min($people);
        $rows = outbox::at_source(fn() => $DB->get_records_sql(
            "SELECT ue.id, ue.userid, e.courseid, ue.timestart, ue.timeend, c.enddate
               FROM {user_enrolments} ue
               JOIN {enrol} e ON e.id = ue.enrolid
               JOIN {course} c ON c.id = e.courseid
              WHERE ue.userid $in AND (ue.timestart >= :since1 OR ue.timeend >= :since2 OR c.enddate >= :since3)",
            $params + ['since1' => $since, 'since2' => $since, 'since3' => $since]
        ));
        [$next, $tell] = [[], []];
        foreach ($rows as $row) {
            foreach ([(int) $row->timestart, (int) $row->timeend, (int) $row->enddate] as $date) {
                if ($date > $now) {
                    $next[$row->userid] = min($date, $next[$row->userid] ?? PHP_INT_MAX);
                } else if ($date >= $people[$row->userid]) {
                    $tell[$row->userid][$row->courseid] = true;
                }
            }
        }
        $outbox = [];
        foreach (array_keys($people) as $user) {
            // Nothing found: the date is of something that is no more. Then they are told of as a whole.
            foreach (array_keys($tell[$user] ?? [0 => true]) as $course) {
                $outbox[] = ['kind' => outbox::USER, 'target' => $user, 'courseid' => $course];
            }
        }
        $transaction = $DB->start_delegated_transaction();
        outbox::add_many($outbox);
        self::keep($people, $next);
        $transaction->allow_commit();
    }

    /**
     * Keeps people's next dates, with one statement for each date.
     *
     * @param int[] $people the date that has passed, by user id
     * @param int[] $next by user id
     */
    private static function keep(array $people, array $next): void {
        global $DB;
        $bydate = [];
        foreach ($people as $user => $passed) {
            $bydate[$next[$user] ?? 0][] = $user;
        }
        foreach ($bydate as $date => $users) {
            [$in, $params] = $DB->get_in_or_equal($users);
            // Not where a token has brought another date meanwhile.
            $where = "timeuntil <= ? AND userid $in";
            $params = array_merge([max($people)], $params);
            $DB->set_field_select('block_gchat_user', 'timeuntil', $date ?: null, $where, $params);
        }
    }
}
