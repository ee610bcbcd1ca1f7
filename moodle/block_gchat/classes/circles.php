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
 * Which circles somebody is in, worked out from what Moodle's tables say: the pure part, without Moodle.
 *
 * A circle is a course (`c7`), one of its groups (`c7/g3`), or, in a course with separate groups, "in no group" (`c7/-`);
 * see protocol/README.md, "Circles". Times are compared to the second: Moodle's own functions round them to 100 s.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class circles {
    /**
     * The most bytes that a token's circles may take as JSON. In base64, and with what else the client says in the same
     * frame, they have to fit the server's 64 KiB; with more, the client would try in vain for ever. It is fewer than the
     * 1,000 circles that a token may name.
     */
    private const MOST_BYTES = 28000;

    /** Where they take more, titles are cut to so many characters, one after the other; then circles are left out. */
    private const TITLES = [60, 30, 12, 0];

    /** As in SEPARATEGROUPS of Moodle's grouplib. */
    private const SEPARATE_GROUPS = 1;

    /**
     * Works out one person's circles.
     *
     * @param \stdClass[] $courses in which they have an enrolment of any kind, in the order in which they matter: `id`,
     *     `title`, `visible`, `groupmode`, `enddate`
     * @param array[] $enrolments `[courseid, timestart, timeend]`, those that nobody has suspended; 0: no such date
     * @param array $groups by course id, the ids of those groups of theirs that others may know of
     * @param callable $may `(string $capability, \stdClass $course): bool`, with `chat`, `teach`, `allgroups`, `hidden`
     * @param int $now
     * @param int $taken bytes of the token's that the list of those from whom they take messages needs
     * @return array `circles`; `closed`: they have courses, but the chat is closed to them in all; `ends`: when the first
     *     of the circles ends; `until`: when this must be worked out again (both PHP_INT_MAX: never)
     */
    public static function of(
        array $courses,
        array $enrolments,
        array $groups,
        callable $may,
        int $now,
        int $taken = 0
    ): array {
        [$enrolled, $ends, $until] = self::active($enrolments, $now);
        $circles = [];
        $closed = 0;
        foreach ($courses as $course) {
            if (empty($enrolled[$course->id]) || self::has_ended($course, $now)) {
                continue;
            }
            if (!$course->visible && !$may('hidden', $course)) {
                continue;
            }
            if ($course->enddate > $now) {
                $until = min($until, (int) $course->enddate);
            }
            if (!$may('chat', $course)) {
                $closed++;
                continue;
            }
            $ends = min($ends, $enrolled[$course->id], $course->enddate > 0 ? (int) $course->enddate : PHP_INT_MAX);
            $role = $may('teach', $course) ? 'teacher' : 'student';
            foreach (self::names($course, $groups[$course->id] ?? [], fn() => $may('allgroups', $course)) as $name) {
                $circles[] = ['id' => $name, 'role' => $role, 'title' => $course->title];
            }
        }
        return [
            'circles' => self::fitting($circles, self::MOST_BYTES - $taken),
            'closed' => $closed > 0 && !$circles,
            'ends' => $ends,
            'until' => min($until, $ends),
        ];
    }

    /**
     * What a person's membership in a course is called in a snapshot of that course: null is the bare course.
     *
     * @param \stdClass $course `groupmode`
     * @param int[] $groups of this course, those of theirs that others may know of
     * @param bool $allgroups whether they may access all groups
     * @return string[]|null
     */
    public static function groups(\stdClass $course, array $groups, bool $allgroups): ?array {
        if ($course->groupmode != self::SEPARATE_GROUPS || $allgroups) {
            return null;
        }
        sort($groups);
        return array_map(fn($group) => "g$group", array_values(array_unique($groups)));
    }

    /**
     * What two people share: who may see whom, as the chat server decides it (protocol/README.md, "Circles").
     *
     * @param array[] $mine circles as of() gives them
     * @param array[] $theirs
     * @return array[] by the course's circle, in the order of the first one's: `title`, `mine` (the first one's role there) and
     *     `theirs`
     */
    public static function shared(array $mine, array $theirs): array {
        $held = [];
        foreach ($theirs as $circle) {
            [$course, $group] = self::parts($circle['id']);
            $held[$course][$group] = $circle['role'];
        }
        $shared = [];
        foreach ($mine as $circle) {
            [$course, $group] = self::parts($circle['id']);
            foreach ($held[$course] ?? [] as $other => $role) {
                if ($group === '' || $other === '' || ($group === $other && $group !== '-')) {
                    $shared[$course] ??= ['title' => $circle['title'], 'mine' => $circle['role'], 'theirs' => $role];
                }
            }
        }
        return $shared;
    }

    /**
     * What somebody shares with a person to whom they may write: nothing where they may not.
     *
     * @param int $me
     * @param array $mine what a token says of them: `rights`, `circles`, `blocked`, `accepts` where it is not everybody
     * @param int $them
     * @param array $theirs
     * @return array[] as shared()
     */
    public static function to_write(int $me, array $mine, int $them, array $theirs): array {
        if ($me === $them || !in_array('chat', $mine['rights'], true) || !in_array('chat', $theirs['rights'], true)) {
            return [];
        }
        if (in_array($them, $mine['blocked'], true) || in_array($me, $theirs['blocked'], true)) {
            return [];
        }
        $shared = self::shared($mine['circles'], $theirs['circles']);
        $teaches = in_array('teacher', array_column($shared, 'mine'), true);
        return $teaches || !isset($theirs['accepts']) || in_array($me, $theirs['accepts'], true) ? $shared : [];
    }

    /**
     * Whether a course is past its end.
     *
     * @param \stdClass $course `enddate`
     * @param int $now
     * @return bool
     */
    public static function has_ended(\stdClass $course, int $now): bool {
        return $course->enddate > 0 && $course->enddate <= $now;
    }

    /**
     * A circle's course, as a circle, and its group: empty for the whole course.
     *
     * @param string $id
     * @return string[]
     */
    private static function parts(string $id): array {
        return explode('/', "$id/");
    }

    /**
     * Names the circles of one course.
     *
     * @param \stdClass $course
     * @param int[] $groups
     * @param callable $allgroups asked only where it matters
     * @return string[]
     */
    private static function names(\stdClass $course, array $groups, callable $allgroups): array {
        $groups = self::groups($course, $groups, $course->groupmode == self::SEPARATE_GROUPS && $allgroups());
        if ($groups === null) {
            return ["c$course->id"];
        }
        return array_map(fn($group) => "c$course->id/$group", $groups ?: ['-']);
    }

    /**
     * As many circles, with as much of their titles, as a token can carry.
     *
     * @param array[] $circles
     * @param int $room bytes
     * @return array[]
     */
    private static function fitting(array $circles, int $room): array {
        // As the token's JSON has them: what is not ASCII takes six bytes or more.
        $fits = fn(array $circles) => strlen(json_encode($circles, JSON_UNESCAPED_SLASHES)) <= $room;
        foreach (self::TITLES as $length) {
            if ($fits($circles)) {
                return $circles;
            }
            $cut = fn(array $circle) => array_replace($circle, ['title' => mb_substr($circle['title'], 0, $length)]);
            $circles = array_map($cut, $circles);
        }
        while (!$fits($circles)) {
            $circles = array_slice($circles, 0, intdiv(count($circles) * 9, 10));
        }
        return $circles;
    }

    /**
     * Sorts enrolments by now.
     *
     * @param array[] $enrolments
     * @param int $now
     * @return array when each course's last enrolment ends, by course id; PHP_INT_MAX; when the first begins
     */
    private static function active(array $enrolments, int $now): array {
        $enrolled = [];
        $begins = PHP_INT_MAX;
        foreach ($enrolments as [$courseid, $start, $end]) {
            if ($end > 0 && $end <= $now) {
                continue;
            }
            if ($start > $now) {
                $begins = min($begins, (int) $start);
                continue;
            }
            $enrolled[$courseid] = max($enrolled[$courseid] ?? 0, $end > 0 ? (int) $end : PHP_INT_MAX);
        }
        return [$enrolled, PHP_INT_MAX, $begins];
    }
}
