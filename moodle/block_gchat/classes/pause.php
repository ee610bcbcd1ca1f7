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
 * Which quiz attempt pauses the chat of the person who makes it, and until when: the pure part, without Moodle.
 *
 * All times are in seconds since 1970. No pause outlives its attempt's end, and none lasts longer than a day from the
 * attempt's start: a take-home test of three days, or an attempt that somebody forgot to submit, must not cut a person off
 * for days.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class pause {
    /** What a quiz says: its attempts never pause the chat. */
    public const NEVER = 0;

    /** What a quiz says: its attempts always pause the chat. */
    public const ALWAYS = 1;

    /** What the site says of quizzes that say nothing: no attempt pauses the chat. */
    public const OFF = 'off';

    /** What the site says: exams do, see {@see is_exam()}. The default. */
    public const EXAMS = 'exams';

    /** What the site says: every attempt does. */
    public const ALL = 'all';

    /** The longest pause after an attempt's start, and the longest time between opening and closing of an exam. */
    public const DAY = 86400;

    /**
     * Until when an attempt that is in progress pauses the chat.
     *
     * @param \stdClass $attempt `timestart`; `timeopen`, `timeclose`, `timelimit` as they hold for this person (0: none);
     *     `quizsays`: NEVER, ALWAYS, or null where the site decides
     * @param string $site OFF, EXAMS or ALL
     * @param int $now
     * @return int 0: it does not, or not any more
     */
    public static function until(\stdClass $attempt, string $site, int $now): int {
        $pauses = match ($attempt->quizsays === null ? null : (int) $attempt->quizsays) {
            self::NEVER => false,
            self::ALWAYS => true,
            default => $site === self::ALL || ($site === self::EXAMS && self::is_exam($attempt)),
        };
        if (!$pauses) {
            return 0;
        }
        $end = $attempt->timestart + self::DAY;
        if ($attempt->timelimit > 0) {
            $end = min($end, $attempt->timestart + $attempt->timelimit);
        }
        if ($attempt->timeclose > 0) {
            $end = min($end, (int) $attempt->timeclose);
        }
        return $end > $now ? $end : 0;
    }

    /**
     * Whether an attempt is one of an exam: it has a time limit, or its quiz opens and closes within a day.
     *
     * @param \stdClass $attempt as for until()
     * @return bool
     */
    private static function is_exam(\stdClass $attempt): bool {
        return $attempt->timelimit > 0 || (
            $attempt->timeopen > 0 && $attempt->timeclose > 0 && $attempt->timeclose - $attempt->timeopen <= self::DAY
        );
    }
}
