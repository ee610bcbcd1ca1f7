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
 * What the chat server is still to be told, and the clock of the rights versions; {@see rights} says why it holds.
 *
 * A change writes one row in its own transaction, so that it is told of if and only if it is committed. A row names whom or
 * what it is about, never what has become of it: that is computed when it is sent.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class outbox {
    /** A person's rights changed (`target` the user; `courseid` where, if in one course). */
    public const USER = 'user';

    /** A person is to be erased. Those with attempts are known to the server; the others are if they ever got a token. */
    public const ERASE = 'erase';

    /** A login has ended. */
    public const LOGOUT = 'logout';

    /** A course, or who is in it, changed. */
    public const COURSE = 'course';

    /** A category changed, and with it perhaps all of its courses. */
    public const CATEGORY = 'category';

    /** As a category, and it is known that something was taken away. */
    public const NARROW = 'narrow';

    /** Something was taken away that may concern everybody: the server ends what was computed before. */
    public const BRAKE = 'brake';

    /** What the site allows of everybody changed, or the server is another one. */
    public const POLICY = 'policy';

    /** Anything may have changed, and nothing was taken away: what is cached ends. */
    public const SITE = 'site';

    /** Nothing to tell: a number of the clock. */
    public const TICK = 'tick';

    /** A tick, and what is cached of anybody with a lower number is out of date. */
    public const FLOOR = 'floor';

    /** How far beyond the server's version the clock is set when it went back: others may have higher ones still. */
    private const LEAP = 1000000;

    /**
     * The longest wait before another try, in seconds: what has failed through a long outage is told as soon as the server
     * is back, which {@see server} finds out in as many.
     */
    private const LONGEST_WAIT = 300;

    /** So many ids in one statement. */
    private const CHUNK = 1000;

    /**
     * Writes down that something changed, in the change's own transaction.
     *
     * Without a connection, or while it is paused, only erasures are kept, of people whom a server may know: whoever
     * connects next begins anew. Of a bulk of changes, {@see notes} lets few rows be written; it is asked first, so that
     * the others read no configuration either.
     *
     * @param string $kind
     * @param int $target
     * @param int $courseid
     * @param string|null $sid
     */
    public static function add(string $kind, int $target, int $courseid = 0, ?string $sid = null): void {
        $row = notes::row($kind, ['target' => $target, 'courseid' => $courseid, 'sid' => $sid]);
        if ($row !== null && (sender::is_on() || ($kind === self::ERASE && self::known([$target])))) {
            [$kind, $fields] = $row;
            self::write($kind, $fields + ['timedue' => notes::due($kind)]);
        }
    }

    /**
     * Writes a row that tells of a change.
     *
     * @param string $kind
     * @param array $fields
     */
    public static function write(string $kind, array $fields): void {
        notes::written($kind, $fields, self::insert($kind, $fields));
    }

    /**
     * Writes down many things at once that were found out, not noted: each is to be told now.
     *
     * @param array[] $rows `kind`, `target`, and what else is not nothing
     */
    public static function add_many(array $rows): void {
        global $DB;
        $known = ['kind' => '', 'target' => 0, 'courseid' => 0, 'sid' => null, 'timedue' => time(), 'timecreated' => time()];
        $DB->insert_records('block_gchat_outbox', array_map(fn($row) => array_replace($known, $row), $rows));
    }

    /**
     * Writes down that everything kept of a living person is to be erased.
     *
     * Their row is taken away in the same transaction: a token that did not see this erasure has a lower version than its
     * call, and the server refuses it; one that did begins anew, with a row of its own.
     *
     * @param int $userid
     */
    public static function add_erasure(int $userid): void {
        global $DB;
        $transaction = $DB->start_delegated_transaction();
        self::insert(self::ERASE, ['target' => $userid, 'attempts' => 1, 'timedue' => time()]);
        $DB->delete_records('block_gchat_user', ['userid' => $userid]);
        $transaction->allow_commit();
        \cache::make('block_gchat', 'rights')->delete($userid);
    }

    /**
     * Raises the rights version.
     *
     * @param string $kind TICK or FLOOR
     * @return int the row's id
     */
    public static function tick(string $kind = self::TICK): int {
        return self::insert($kind, ['timedue' => null]);
    }

    /**
     * Makes the version of a round of calls: a tick after the commit of what they tell of, and one above it, at once.
     *
     * @param int[] $users what is cached of them is out of date
     * @param bool $everybody what is cached of anybody is
     * @param int[] $erased users who are about to be erased
     * @return int the lower one's id
     */
    public static function ticks(array $users, bool $everybody, array $erased): int {
        global $DB;
        $transaction = $DB->start_delegated_transaction();
        $id = self::tick($everybody ? self::FLOOR : self::TICK);
        self::tick();
        foreach (array_chunk($users, self::CHUNK) as $some) {
            [$in, $params] = $DB->get_in_or_equal($some);
            $DB->set_field_select('block_gchat_user', 'stale', $id, "userid $in", $params);
        }
        foreach (array_chunk($erased, self::CHUNK) as $some) {
            [$in, $params] = $DB->get_in_or_equal($some);
            $DB->delete_records_select('block_gchat_user', "userid $in", $params);
            [$in, $params] = $DB->get_in_or_equal($some, SQL_PARAMS_NAMED);
            $params['kind'] = self::ERASE;
            $DB->set_field_select('block_gchat_outbox', 'attempts', 1, "kind = :kind AND attempts = 0 AND target $in", $params);
        }
        $transaction->allow_commit();
        return $id;
    }

    /**
     * The rights version that goes with a row's id.
     *
     * @param int $id
     * @return int
     */
    public static function version_of(int $id): int {
        return (int) get_config('block_gchat', 'versionbase') + $id;
    }

    /**
     * Takes note of a version that the server has. If the clock is behind it (the database was restored from a backup),
     * it is set beyond.
     *
     * @param int $version
     */
    public static function seen(int $version): void {
        $newest = self::at_source(fn() => self::newest());
        if ($version > self::version_of($newest)) {
            set_config('versionbase', $version + self::LEAP - $newest, 'block_gchat');
            self::tick(self::FLOOR);
        }
    }

    /**
     * Begins anew, with a server that this site is being connected to.
     *
     * Without a connection nothing is written down, so what is cached may have missed a change. And the server may know
     * this site from before: from before the plugin was uninstalled, or a backup restored. The time in milliseconds is
     * beyond every version that it can have been told, as rows are written more seldom.
     */
    public static function begin(): void {
        // Whatever the ids are at: the versions go on from the time.
        $least = (int) (microtime(true) * 1000) - self::tick(self::FLOOR);
        if ((int) get_config('block_gchat', 'versionbase') < $least) {
            set_config('versionbase', $least, 'block_gchat');
        }
        // What was computed between the two ends as well.
        self::tick(self::FLOOR);
    }

    /**
     * Rows to be sent now, oldest first.
     *
     * @param int $limit
     * @param int[] $own rows that this process holds: it need not wait for their time
     * @return \stdClass[] by id
     */
    public static function due(int $limit, array $own = []): array {
        global $DB;
        [$where, $params] = ['timedue <= ?', [time()]];
        if ($own) {
            [$in, $ids] = $DB->get_in_or_equal($own);
            [$where, $params] = ["timedue <= ? OR (timedue IS NOT NULL AND id $in)", array_merge($params, $ids)];
        }
        return self::at_source(fn() => $DB->get_records_select('block_gchat_outbox', $where, $params, 'id', '*', 0, $limit));
    }

    /**
     * Lets every process send some rows now.
     *
     * @param int[] $ids
     */
    public static function let_go(array $ids): void {
        global $DB;
        if ($ids) {
            [$in, $params] = $DB->get_in_or_equal($ids);
            $DB->set_field_select('block_gchat_outbox', 'timedue', time(), "timedue IS NOT NULL AND id $in", $params);
        }
    }

    /**
     * Brakes that are to be put on now.
     *
     * @return \stdClass[] by id
     */
    public static function brakes(): array {
        global $DB;
        return self::at_source(fn() => $DB->get_records_select(
            'block_gchat_outbox',
            'kind = ? AND timedue <= ?',
            [self::BRAKE, time()],
            'id'
        ));
    }

    /**
     * Those of these people whom the server may know.
     *
     * @param int[] $users
     * @return array keys are user ids
     */
    public static function known(array $users): array {
        global $DB;
        return self::at_source(function () use ($DB, $users): array {
            $known = [];
            foreach (array_chunk(array_unique($users), self::CHUNK) as $some) {
                [$in, $params] = $DB->get_in_or_equal($some);
                $known += array_flip($DB->get_fieldset_select('block_gchat_user', 'userid', "userid $in", $params));
            }
            return $known;
        });
    }

    /**
     * Takes rows away that have been told.
     *
     * @param int[] $ids
     */
    public static function done(array $ids): void {
        global $DB;
        foreach (array_chunk($ids, self::CHUNK) as $some) {
            $DB->delete_records_list('block_gchat_outbox', 'id', $some);
        }
    }

    /**
     * Puts rows for what it stands for in a row's place.
     *
     * @param int $id
     * @param string $kind
     * @param int[] $targets
     */
    public static function replace(int $id, string $kind, array $targets): void {
        global $DB;
        $transaction = $DB->start_delegated_transaction();
        foreach ($targets as $target) {
            self::insert($kind, ['target' => $target, 'timedue' => time()]);
        }
        $DB->delete_records('block_gchat_outbox', ['id' => $id]);
        $transaction->allow_commit();
    }

    /**
     * Lets rows wait for another try, longer each time.
     *
     * @param int[] $ids
     * @param int $attempts made before this one
     * @param bool $soon whether the first tries follow at once
     */
    public static function again(array $ids, int $attempts, bool $soon = false): void {
        global $DB;
        $wait = $soon && $attempts < 3 ? 0 : min(30 * 2 ** min($attempts, 12), self::LONGEST_WAIT);
        foreach (array_chunk($ids, self::CHUNK) as $some) {
            [$in, $params] = $DB->get_in_or_equal($some);
            $DB->execute(
                "UPDATE {block_gchat_outbox} SET attempts = attempts + 1, timedue = ? WHERE id $in",
                array_merge([time() + $wait], $params)
            );
        }
    }

    /**
     * Takes old ticks away; the newest one and the newest floor stay. (The newest row would not do: it may be one that
     * somebody has just written, and taken away without another tick, the clock would be behind what the server was told.)
     */
    public static function purge(): void {
        global $DB;
        $tick = (int) $DB->get_field_sql('SELECT MAX(id) FROM {block_gchat_outbox} WHERE timedue IS NULL');
        $floor = (int) $DB->get_field_sql('SELECT MAX(id) FROM {block_gchat_outbox} WHERE kind = ?', [self::FLOOR]);
        $DB->delete_records_select('block_gchat_outbox', 'timedue IS NULL AND id < ? AND id <> ?', [$tick, $floor]);
    }

    /**
     * Computes in a transaction where the site has read replicas, so that it reads from the primary: a version that was
     * read there must not go with rights that a replica still has from before.
     *
     * @param callable $compute
     * @return mixed what it gives
     */
    public static function at_source(callable $compute): mixed {
        global $CFG, $DB;
        if (empty($CFG->dboptions['readonly'])) {
            return $compute();
        }
        $transaction = $DB->start_delegated_transaction();
        try {
            $result = $compute();
            $transaction->allow_commit();
            return $result;
        } catch (\Throwable $e) {
            $transaction->rollback($e);
            throw $e;
        }
    }

    /**
     * The highest id.
     *
     * @return int
     */
    private static function newest(): int {
        global $DB;
        return (int) $DB->get_field_sql('SELECT MAX(id) FROM {block_gchat_outbox}');
    }

    /**
     * Writes a row.
     *
     * @param string $kind
     * @param array $fields
     * @return int its id
     */
    private static function insert(string $kind, array $fields): int {
        global $DB;
        return $DB->insert_record('block_gchat_outbox', ['kind' => $kind, 'timecreated' => time()] + $fields);
    }
}
