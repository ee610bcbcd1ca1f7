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
 * Whose chat is paused because they sit an exam: what Moodle's tables say, and what the chat server was told of it.
 *
 * The truth is the table of attempts: a person's pause is computed with their other rights, whenever those are. Events of
 * quizzes only say that it is time to compute. What raises no event (a quiz is deleted or edited, a setting changes) is
 * found by reconcile(), each minute, which compares what holds with what the server was told.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class exams {
    /**
     * An attempt that ends so many seconds before its pause is not told of: the call would come when the pause is over. When
     * time is up, everybody's browser submits at about the same moment, some a little before.
     */
    private const ALMOST = 2;

    /**
     * A part of the query for a person's belongings (see rights): the attempts for which it is worth asking {@see until()}.
     * Those who sit no quiz, nearly always everybody, cost no query of their own.
     *
     * @param string $name the first column
     * @param int $userid
     * @return array SQL that begins with `UNION ALL`, and its parameters; both empty where the site has no quizzes
     */
    public static function candidates(string $name, int $userid): array {
        if (!self::has_quizzes()) {
            return ['', []];
        }
        $sql = "UNION ALL
             SELECT $name, qa.id AS one, 0 AS two, 0 AS three, '' AS path
               FROM {quiz_attempts} qa
              WHERE qa.userid = :sitting AND qa.state = 'inprogress' AND qa.preview = 0 AND qa.timestart > :sitsince";
        return [$sql, ['sitting' => $userid, 'sitsince' => time() - pause::DAY]];
    }

    /**
     * Until when a person's chat is paused, in one query.
     *
     * @param int $userid
     * @return int in seconds; 0: it is not
     */
    public static function until(int $userid): int {
        return self::pauses($userid)[$userid] ?? 0;
    }

    /**
     * What a token or a call says of a pause (protocol/README.md, "Users").
     *
     * @param int $until in seconds; 0: none
     * @return array
     */
    public static function claim(int $until): array {
        return $until > time() ? ['paused_until' => $until * 1000] : [];
    }

    /**
     * Keeps what a call is about to tell of a person. Should the call fail, it is made again, with what holds then.
     *
     * @param person $person
     * @param int $until
     */
    public static function told(person $person, int $until): void {
        global $DB;
        if ($person->is_known() && $person->paused() !== $until) {
            $DB->set_field('block_gchat_user', 'paused', $until, ['userid' => $person->id()]);
        }
    }

    /**
     * Notes that a token says of a person's pause what no call has told. Whether the token reaches the server is not known,
     * so from here on neither is what the server knows: reconcile() has it told.
     *
     * @param person $person
     * @param int $until
     */
    public static function said(person $person, int $until): void {
        global $DB;
        if ($person->paused() !== null && $person->paused() !== $until) {
            $DB->set_field('block_gchat_user', 'paused', null, ['userid' => $person->id()]);
        }
    }

    /**
     * Whether the chat server ends by itself what an attempt has paused, now that the attempt ends: a call told it of a pause
     * that was in force during this attempt and is over, or almost. (Whether another attempt goes on, its own events and
     * reconcile() tell.)
     *
     * @param int $attemptid
     * @param int $userid whose attempt it is
     * @return bool
     */
    public static function is_over_anyway(int $attemptid, int $userid): bool {
        global $DB;
        return $DB->record_exists_sql(
            'SELECT 1
               FROM {quiz_attempts} qa
               JOIN {block_gchat_user} k ON k.userid = qa.userid
              WHERE qa.id = ? AND qa.userid = ? AND k.paused > qa.timestart AND k.paused <= ?',
            [$attemptid, $userid, time() + self::ALMOST]
        );
    }

    /**
     * Writes down whose pause is not what the chat server was told, so that it is told.
     */
    public static function reconcile(): void {
        global $DB;
        outbox::at_source(function () use ($DB): void {
            $holds = self::pauses();
            $told = $DB->get_records_select_menu(
                'block_gchat_user',
                'paused IS NULL OR paused > ?',
                [time()],
                '',
                'userid, paused'
            );
            $wrong = [];
            foreach ($holds + $told as $userid => $unused) {
                $known = array_key_exists($userid, $told) ? $told[$userid] : 0;
                if ($known === null || (int) $known !== ($holds[$userid] ?? 0)) {
                    $wrong[] = $userid;
                }
            }
            foreach (array_diff($wrong, self::waiting()) as $userid) {
                outbox::add(outbox::USER, $userid);
            }
        });
    }

    /**
     * What a quiz says of the chat.
     *
     * @param int $quizid
     * @return int|null pause::NEVER, pause::ALWAYS; null: as the site says
     */
    public static function quiz_says(int $quizid): ?int {
        global $DB;
        $says = $DB->get_field('block_gchat_quiz', 'pause', ['quizid' => $quizid]);
        return $says === false ? null : (int) $says;
    }

    /**
     * Sets what a quiz says of the chat. It acts on attempts in progress within a minute.
     *
     * @param int $quizid
     * @param int|null $says as quiz_says() gives it
     */
    public static function set_quiz(int $quizid, ?int $says): void {
        global $DB;
        if ($says === self::quiz_says($quizid)) {
            return;
        }
        $DB->delete_records('block_gchat_quiz', ['quizid' => $quizid]);
        if ($says !== null) {
            $DB->insert_record('block_gchat_quiz', ['quizid' => $quizid, 'pause' => $says]);
        }
    }

    /**
     * Forgets what quizzes said that are no more: an activity, or a course's content, was deleted.
     *
     * @param \core\event\base $event
     */
    public static function tidy(\core\event\base $event): void {
        global $DB;
        if (($event->other['modulename'] ?? 'quiz') === 'quiz' && self::has_quizzes()) {
            $DB->delete_records_select('block_gchat_quiz', 'quizid NOT IN (SELECT id FROM {quiz})');
        }
    }

    /**
     * Whether this site has quizzes. An administrator may uninstall that activity, and its tables are gone then.
     *
     * @return bool
     */
    public static function has_quizzes(): bool {
        return (bool) get_config('mod_quiz', 'version');
    }

    /**
     * What the site says of quizzes that say nothing.
     *
     * @return string pause::OFF, pause::EXAMS or pause::ALL
     */
    public static function site_says(): string {
        return get_config('block_gchat', 'exampause') ?: pause::EXAMS;
    }

    /**
     * Whose chat is paused, and until when.
     *
     * The limits that hold for a person, with overrides for them and their groups, are core's own (as its task has them
     * that closes attempts), but for the opening, which core has in no query. A quiz that waits to be deleted counts no more.
     *
     * @param int|null $userid only this person; null: all whom the server may know
     * @return int[] times in seconds, by user id
     */
    private static function pauses(?int $userid = null): array {
        global $CFG, $DB;
        if (!self::has_quizzes()) {
            return [];
        }
        require_once($CFG->dirroot . '/mod/quiz/locallib.php');
        $now = time();
        $where = fn(string $table, string $mark): string => "$table.state = 'inprogress' AND $table.preview = 0
                    AND $table.timestart > :since$mark" . ($userid === null ? '' : " AND $table.userid = :userid$mark");
        $limits = quiz_get_attempt_usertime_sql($where('iquiza', '1'));
        $rows = $DB->get_records_sql(
            "SELECT qa.id, qa.userid, qa.timestart, s.pause AS quizsays,
                    l.usertimeclose AS timeclose, l.usertimelimit AS timelimit,
                    COALESCE(
                        (SELECT MIN(o.timeopen) FROM {quiz_overrides} o WHERE o.quiz = qa.quiz AND o.userid = qa.userid),
                        (SELECT MIN(o.timeopen)
                           FROM {quiz_overrides} o
                           JOIN {groups_members} gm ON gm.groupid = o.groupid
                          WHERE o.quiz = qa.quiz AND gm.userid = qa.userid),
                        q.timeopen
                    ) AS timeopen
               FROM {quiz_attempts} qa
               JOIN ($limits) l ON l.id = qa.id
               JOIN {quiz} q ON q.id = qa.quiz
               JOIN {course_modules} cm ON cm.instance = q.id AND cm.deletioninprogress = 0
               JOIN {modules} m ON m.id = cm.module AND m.name = 'quiz'
               JOIN {user} u ON u.id = qa.userid AND u.deleted = 0 AND u.suspended = 0 AND u.confirmed = 1
               JOIN {block_gchat_user} k ON k.userid = qa.userid
          LEFT JOIN {block_gchat_quiz} s ON s.quizid = q.id
              WHERE {$where('qa', '2')}",
            ['since1' => $now - pause::DAY, 'since2' => $now - pause::DAY, 'userid1' => $userid, 'userid2' => $userid]
        );
        $site = self::site_says();
        $pauses = [];
        foreach ($rows as $row) {
            $until = pause::until($row, $site, $now);
            if ($until > 0) {
                $pauses[(int) $row->userid] = max($pauses[(int) $row->userid] ?? 0, $until);
            }
        }
        return $pauses;
    }

    /**
     * The people of whom something waits to be told already: what is sent then says all of their rights. (Rows that name a
     * course may be told as one of the course, which says nothing of pauses.)
     *
     * @return int[]
     */
    private static function waiting(): array {
        global $DB;
        return $DB->get_fieldset_select('block_gchat_outbox', 'DISTINCT target', 'kind = ? AND courseid = 0', [outbox::USER]);
    }
}
