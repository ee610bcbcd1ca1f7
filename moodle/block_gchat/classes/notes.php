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
 * What this process has written into the outbox and nobody can have sent yet, so that a bulk of changes writes few rows.
 *
 * A row says only that there is something to tell; what has become of it is computed when it is sent. So a second row for
 * the same person or course is needless as long as the first one is sent after the second change is committed:
 *
 * - In a transaction the row and all changes after it are committed together. Whoever sees the row sees the changes. If the
 *   transaction is rolled back, the row is gone, and Moodle tells no observer; so what leaned on a row is looked for after
 *   the next commit, and a row that is missing is written again.
 * - Outside a transaction a change is committed before its event. The row is held: others send it only `HOLD` seconds
 *   later, and later changes lean on it only until `MARGIN` seconds before that, as the clocks of two web servers differ.
 *   If this process ends in between, however it ends, the row is in the database and is sent by the next one that sends.
 *   This process itself may send it at any time, as it does one thing after the other: {@see self::release()}.
 *
 * Of the people of a course, some are written down one by one; then the course is, once.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class notes {
    /** So many people of one course are written down one by one. */
    public const FEW = 4;

    /** How long other processes leave a row alone that was written outside a transaction, in seconds. */
    public const HOLD = 10;

    /** So many seconds before that, changes stop leaning on the row. */
    private const MARGIN = 2;

    /** So many rows are held at once. */
    private const MOST = 1000;

    /** A course whose last change is older than this begins to count its people anew, in seconds. */
    private const PAUSE = 10;

    /** Kinds of rows of which one stands for many changes (the keys). The others say something of their own each. */
    private const MERGED = [
        outbox::USER => true,
        outbox::COURSE => true,
        outbox::CATEGORY => true,
        outbox::NARROW => true,
        outbox::SITE => true,
    ];

    /** @var array[] rows of the transaction that is open, by kind and target: `id`, `leaned`, `fields` */
    private static array $open = [];

    /** @var array[] rows that others leave alone, by kind and target: `id`, `leaned`, `fields`, `until` */
    private static array $held = [];

    /** @var array[] by course: `people` who were written down one by one, `last` change */
    private static array $courses = [];

    /**
     * Says what is to be written for a change.
     *
     * @param string $kind of outbox
     * @param array $fields `target`, `courseid` and others of the row
     * @return array|null `[kind, fields]`; null: a row that is there tells of it
     */
    public static function row(string $kind, array $fields): ?array {
        global $DB;
        if (!$DB->is_transaction_started()) {
            self::after_commit();
        }
        if (!isset(self::MERGED[$kind])) {
            return [$kind, $fields];
        }
        [$target, $courseid] = [(int) $fields['target'], (int) ($fields['courseid'] ?? 0)];
        if ($kind === outbox::USER && $courseid) {
            // Most changes of a bulk end here.
            if (self::leans_on(self::name(outbox::COURSE, $courseid))) {
                return null;
            }
            if (self::is_bulk($courseid, $target)) {
                return [outbox::COURSE, ['target' => $courseid, 'courseid' => 0] + $fields];
            }
            if (self::leans_on(self::name($kind, $target, $courseid))) {
                return null;
            }
        }
        // Somebody's row of everywhere tells of each course.
        return self::leans_on(self::name($kind, $target)) ? null : [$kind, $fields];
    }

    /**
     * When other processes may send a row that is written now.
     *
     * @param string $kind
     * @return int
     */
    public static function due(string $kind): int {
        global $DB;
        return time() + (isset(self::MERGED[$kind]) && !$DB->is_transaction_started() ? self::HOLD : 0);
    }

    /**
     * Takes note of a row that was written.
     *
     * @param string $kind
     * @param array $fields as it was written
     * @param int $id
     */
    public static function written(string $kind, array $fields, int $id): void {
        global $DB;
        if (!isset(self::MERGED[$kind])) {
            return;
        }
        $name = self::name($kind, (int) $fields['target'], $kind === outbox::USER ? (int) ($fields['courseid'] ?? 0) : 0);
        $row = ['id' => $id, 'leaned' => false, 'kind' => $kind, 'fields' => $fields];
        if ($DB->is_transaction_started()) {
            self::$open[$name] = $row;
            return;
        }
        if (count(self::$held) >= self::MOST) {
            self::$held = array_filter(self::$held, fn($row) => $row['until'] > time());
        }
        if (count(self::$held) < self::MOST) {
            if (isset(self::$held[$name])) {
                // Nothing leans on that one any more, but it is this process's to send.
                self::$held["$name " . self::$held[$name]['id']] = self::$held[$name];
            }
            self::$held[$name] = $row + ['until' => $fields['timedue'] - self::MARGIN];
        }
    }

    /**
     * After a commit: what leaned on a row of a transaction that was rolled back is written down now.
     */
    public static function after_commit(): void {
        global $DB;
        if (!self::$open) {
            return;
        }
        $leaned = array_filter(self::$open, fn($row) => $row['leaned']);
        self::$open = [];
        if ($leaned) {
            $ids = array_column($leaned, 'id');
            [$in, $params] = $DB->get_in_or_equal($ids);
            // At the source: a replica may not have them yet.
            $there = outbox::at_source(fn() => $DB->get_fieldset_select('block_gchat_outbox', 'id', "id $in", $params));
            self::write_again(array_diff_key(array_column($leaned, null, 'id'), array_flip($there)));
        }
    }

    /**
     * Before this process sends: it forgets what it holds, so that every later change writes a row of its own.
     *
     * @return array[] what was held, by the ids of the rows
     */
    public static function release(): array {
        $held = array_column(self::$held, null, 'id');
        self::$held = [];
        return $held;
    }

    /**
     * Writes rows again on which changes leaned, and which are not there any more: of a transaction that was rolled back, or
     * sent too early by a server whose clock is ahead.
     *
     * @param array[] $rows
     * @return int how many
     */
    public static function write_again(array $rows): int {
        foreach ($rows as $row) {
            outbox::write($row['kind'], ['timedue' => time()] + $row['fields']);
        }
        return count($rows);
    }

    /**
     * Forgets everything, in tests, which share one process.
     */
    public static function forget(): void {
        [self::$open, self::$held, self::$courses] = [[], [], []];
    }

    /**
     * Whether there is a row that tells of a change that is being noted.
     *
     * @param string $name
     * @return bool
     */
    private static function leans_on(string $name): bool {
        global $DB;
        if ($DB->is_transaction_started()) {
            if (!isset(self::$open[$name])) {
                return false;
            }
            self::$open[$name]['leaned'] = true;
            return true;
        }
        if (!isset(self::$held[$name]) || self::$held[$name]['until'] <= time()) {
            return false;
        }
        self::$held[$name]['leaned'] = true;
        return true;
    }

    /**
     * Whether a person is one of too many of a course to be written down alone.
     *
     * @param int $courseid
     * @param int $userid
     * @return bool
     */
    private static function is_bulk(int $courseid, int $userid): bool {
        self::$courses[$courseid] ??= ['people' => [], 'last' => 0];
        $course = &self::$courses[$courseid];
        $now = time();
        if ($course['last'] < $now - self::PAUSE) {
            $course['people'] = [];
        }
        $course['last'] = $now;
        $bulk = count($course['people']) >= self::FEW && !isset($course['people'][$userid]);
        if (!$bulk) {
            $course['people'][$userid] = true;
        }
        return $bulk;
    }

    /**
     * What a row is about.
     *
     * @param string $kind
     * @param int $target
     * @param int $courseid
     * @return string
     */
    private static function name(string $kind, int $target, int $courseid = 0): string {
        return "$kind $target $courseid";
    }
}
