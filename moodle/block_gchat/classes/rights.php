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
 * What the chat server is told of one person: who they are, and whom they may see.
 *
 * How no old answer can undo a newer one
 * --------------------------------------
 * The ids of the outbox are the site's clock: the database hands them out in order, and the newest row is never deleted.
 * A rights version is `versionbase` + MAX(id), read before anything is computed.
 *
 * 1. The row that a change writes in its own transaction only says that there is something to send. The version of the
 *    call that tells of it is the id of another row, a tick, which the sender inserts after that commit. So whoever reads
 *    a version as high as the call's reads it after that id was handed out, thus after the commit, and computes with the
 *    change in place. (MAX(id) of the change's own row would not do: a row with a higher id may be committed before it,
 *    and somebody who computes in between has the high version and the old rights.)
 * 2. The sender inserts two ticks at once and uses the lower one: every token that is computed later has a higher version
 *    than the call, never the same one. So a call and a token never tie, and a token with an equal version never loses
 *    to a call what only it knows, such as an enrolment that has begun since.
 * 3. What changes without an event (a date passes, a preference) changes no version. So the digest of what the last token
 *    said is kept; a token that says something else gets a tick of its own first, and is computed again. Then an older
 *    token of the same version, still held by another tab, cannot bring the old content back.
 * 4. What is cached keeps the version with which it was computed, and a token made of it says that one, not today's: a
 *    cache that has missed a change loses to the call that tells of it. Besides, the sender marks what it tells of as out
 *    of date (`stale` of a person, a `floor` in the outbox for a course), in the transaction of its ticks.
 * 5. Nobody is told to the server who never got a token and was not introduced ({@see introduce}). A person's row in
 *    `block_gchat_user` is committed before their version is read, that of a token or of the call that introduces them; the
 *    sender looks for it after the change's commit. If it does not see the row, then the row was committed later than the
 *    change, and their rights were computed later still, so with the change.
 * 6. A database that was restored from a backup has a clock that went back: the server then answers a call that it has
 *    a higher version. The sender raises `versionbase` beyond it and calls again.
 * 7. Without a connection nothing is written down, and a plugin that was uninstalled comes back with a clock at zero. So
 *    whoever connects sets the clock by the time, beyond all that the server was told, and ends what is cached.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class rights {
    /** The most people that somebody may have blocked, as far as a token names them. */
    private const MOST_BLOCKED = 1000;

    /** The most people from whom somebody may take messages, as far as a token names them. */
    private const MOST_ACCEPTED = 1000;

    /** So often somebody is introduced anew where others tell of them at the same time. */
    private const TRIES = 3;

    /**
     * What a person's token says.
     *
     * @param int $userid
     * @return array|null `content` (with its `rights_version`) and `ends`, when it must have ended; null: they may not chat
     */
    public static function for_token(int $userid): ?array {
        $person = person::read($userid);
        if ($person && $person->is_active() && !$person->has_come()) {
            self::make_known($person, '');
            $person = person::read($userid);
        }
        if (!$person || !$person->is_active()) {
            return null;
        }
        $found = self::circles_of($person);
        $content = self::content($person, $found);
        $said = self::says_as_before($person, $content);
        if (!$said && $person->digest() !== '') {
            outbox::tick();
            $person = person::read($userid);
            if (!$person || !$person->is_active()) {
                return null;
            }
            $found = self::circles_of($person, true);
            $content = self::content($person, $found);
        }
        self::remember($person, $found['until'], $said ? null : self::digest($content));
        exams::said($person, $found['paused']);
        if (!$content['rights']) {
            return null;
        }
        return ['content' => ['rights_version' => $found['version']] + $content, 'ends' => $found['ends']];
    }

    /**
     * What a call says of a person. The version must be that of a tick made before; see outbox::at_source().
     *
     * @param int $userid
     * @param int $version
     * @return array|null null: there is no such person (any more)
     */
    public static function for_call(int $userid, int $version): ?array {
        $person = person::read($userid);
        if (!$person) {
            return null;
        }
        $found = $person->is_active() ? self::compute($person) : null;
        $content = self::content($person, $found);
        if ($person->is_known()) {
            self::remember($person, $found['until'] ?? PHP_INT_MAX);
        }
        exams::told($person, $found['paused'] ?? 0);
        return ['rights_version' => $version] + $content;
    }

    /**
     * What holds for a person now, of whom nobody is told.
     *
     * @param person $person
     * @return array as in a token, but for the version
     */
    public static function now(person $person): array {
        return self::content($person, $person->is_active() ? outbox::at_source(fn() => self::compute($person)) : null);
    }

    /**
     * Has the server told of somebody whom it need not know: from now on it is told of what changes, as of everybody it knows.
     *
     * @param person $person
     * @param callable $tell `(array $snapshot): array` makes the call with what PUT takes and gives the server's answer
     * @return array|null what the server has taken; null: there is no such person any more, or others tell of them all the time
     */
    public static function introduce(person $person, callable $tell): ?array {
        self::make_known($person);
        for ($try = 0; $try < self::TRIES; $try++) {
            // The version is drawn before the content is computed, and the content after the row is there: see above, 1 and 5.
            $version = outbox::version_of(outbox::ticks([$person->id()], false, []));
            $snapshot = outbox::at_source(fn() => self::for_call($person->id(), $version));
            if ($snapshot === null) {
                return null;
            }
            try {
                $answer = $tell($snapshot);
            } catch (\Throwable $e) {
                // Whether it arrived is not known, and what it said is noted as told.
                outbox::add_many([['kind' => outbox::USER, 'target' => $person->id()]]);
                throw $e;
            }
            if ($answer['applied'] ?? true) {
                return $snapshot;
            }
            // Another call or a token came between, or the clock went back: as the sender does then.
            outbox::seen((int) $answer['rights_version']);
        }
        outbox::add_many([['kind' => outbox::USER, 'target' => $person->id()]]);
        return null;
    }

    /**
     * A person's circles and how far they reach, for the search of people: from the cache where they hold.
     *
     * @param person $person
     * @return array as compute() gives it, with `reach` of {@see reach}
     */
    public static function with_reach(person $person): array {
        $found = self::circles_of($person);
        if (!isset($found['reach'])) {
            $found['reach'] = outbox::at_source(fn() => reach::of($found['circles']));
            \cache::make('block_gchat', 'rights')->set($person->id(), $found);
        }
        return $found;
    }

    /**
     * Puts the parts together.
     *
     * @param person $person
     * @param array|null $found as compute() gives it; null: no rights at all
     * @return array
     */
    private static function content(person $person, ?array $found): array {
        $content = $person->contact() + [
            'rights' => $found === null || $found['closed'] ? [] : ['chat'],
            'circles' => $found['circles'] ?? [],
            'blocked' => $found['blocked'] ?? [],
        ] + exams::claim($found['paused'] ?? 0);
        // Left out where it is everybody: a server of before knows no such field.
        return $person->takes_from_contacts_only() ? $content + ['accepts' => $found['contacts'] ?? []] : $content;
    }

    /**
     * A person's circles, from the cache where they hold.
     *
     * @param person $person
     * @param bool $anew without looking into the cache
     * @return array as compute() gives it
     */
    private static function circles_of(person $person, bool $anew = false): array {
        $cache = \cache::make('block_gchat', 'rights');
        $found = $anew ? false : $cache->get($person->id());
        if (
            !is_array($found) || $found['newest'] < $person->stale() || $found['until'] <= time()
                || ($found['paused'] && $found['paused'] <= time())
                || $found['version'] > $person->version()
                || ($person->takes_from_contacts_only() && $found['contacts'] === null)
        ) {
            $found = outbox::at_source(fn() => self::compute($person));
            $cache->set($person->id(), $found);
        }
        return $found;
    }

    /**
     * Computes a person's circles: two queries, whatever the number of courses and groups, and one more for those who
     * have begun an attempt of a quiz in the last day and not ended it.
     *
     * @param person $person read before, so that its version is older than everything here
     * @return array `version`, `newest`, `circles`, `closed`, `blocked`, `contacts` (null: not asked for), `paused`, `ends`,
     *     `until`
     */
    private static function compute(person $person): array {
        roles::forget();
        $choosy = $person->takes_from_contacts_only();
        [$enrolments, $groups, $blocked, $roles, $contacts, $sits] = self::belongings($person->id(), $choosy);
        $courses = enrol_get_all_users_courses($person->id(), false, 'enddate', 'visible DESC, sortorder ASC');
        $system = \context_system::instance();
        foreach ($courses as $course) {
            \context_helper::preload_from_record($course);
            $course->title = self::title($course->fullname, $system);
        }
        $may = roles::judge($person->id(), $roles);
        $found = circles::of($courses, $enrolments, $groups, $may, time(), strlen(json_encode($contacts)));
        // The end of a pause is none of the dates at which something is to be told: the server, which knows it, ends the pause.
        $paused = $sits ? exams::until($person->id()) : 0;
        return [
            'version' => $person->version(),
            'newest' => $person->newest(),
            'blocked' => $blocked,
            'contacts' => $choosy ? $contacts : null,
            'paused' => $paused,
        ] + $found;
    }

    /**
     * A course's name as plain text: as the site's pages show it, without tags and with entities as what they stand for.
     *
     * @param string $fullname
     * @param \context $system filters are asked for here only: a course's own would cost a query each
     * @return string
     */
    public static function title(string $fullname, \context $system): string {
        $title = strip_tags(format_string($fullname, true, ['context' => $system, 'escape' => false]));
        return \core_text::substr(trim(html_entity_decode($title, ENT_QUOTES | ENT_HTML5, 'UTF-8')), 0, 255);
    }

    /**
     * What else the tables say of a person, in one query. (Not as a recordset, which costs three on PostgreSQL.)
     *
     * Own groups are asked for here, not through groups_get_user_groups(), which answers by what the caller may see, and
     * shows people also those of their groups that nobody else may know of.
     *
     * @param int $userid
     * @param bool $choosy whether to ask for their contacts
     * @return array enrolments, groups, blocked, roles as `[role, path of the context]`, contacts, and whether they may sit
     *     an exam
     */
    private static function belongings(int $userid, bool $choosy): array {
        global $CFG, $DB;
        require_once($CFG->libdir . '/grouplib.php');
        $name = fn(string $kind, string $id) => $DB->sql_concat("'$kind'", $id) . ' AS name';
        [$sitting, $sittingparams] = exams::candidates($name('a', 'qa.id'), $userid);
        // A contact is one in both directions, whoever of the two asked for it: \core_message\api::is_contact().
        $contact = fn(string $kind, string $mine, string $theirs, string $param) => "UNION ALL
             SELECT {$name($kind, 'mc.id')}, mc.$theirs AS one, 0 AS two, 0 AS three, '' AS path
               FROM {message_contacts} mc
              WHERE mc.$mine = :$param";
        $contacts = $contact('c', 'userid', 'contactid', 'user5') . ' ' . $contact('d', 'contactid', 'userid', 'user6');
        $rows = $DB->get_records_sql(
            "SELECT {$name('e', 'ue.id')}, e.courseid AS one, ue.timestart AS two, ue.timeend AS three, '' AS path
               FROM {user_enrolments} ue
               JOIN {enrol} e ON e.id = ue.enrolid
              WHERE ue.userid = :user1 AND ue.status = :active AND e.status = :enabled
          UNION ALL
             SELECT {$name('g', 'gm.id')}, g.courseid AS one, g.id AS two, 0 AS three, '' AS path
               FROM {groups_members} gm
               JOIN {groups} g ON g.id = gm.groupid
              WHERE gm.userid = :user2 AND g.participation = 1 AND g.visibility IN (:all, :members)
          UNION ALL
             SELECT {$name('b', 'b.id')}, b.blockeduserid AS one, 0 AS two, 0 AS three, '' AS path
               FROM {message_users_blocked} b
              WHERE b.userid = :user3
          UNION ALL
             SELECT {$name('r', 'ra.id')}, ra.roleid AS one, 0 AS two, 0 AS three, ctx.path
               FROM {role_assignments} ra
               JOIN {context} ctx ON ctx.id = ra.contextid
              WHERE ra.userid = :user4 " . ($choosy ? $contacts : '') . "
          $sitting",
            $sittingparams + [
                'user1' => $userid,
                'active' => ENROL_USER_ACTIVE,
                'enabled' => ENROL_INSTANCE_ENABLED,
                'user2' => $userid,
                'all' => GROUPS_VISIBILITY_ALL,
                'members' => GROUPS_VISIBILITY_MEMBERS,
                'user3' => $userid,
                'user4' => $userid,
            ] + ($choosy ? ['user5' => $userid, 'user6' => $userid] : [])
        );
        [$enrolments, $groups, $blocked, $roles, $known, $sits] = [[], [], [], [], [], false];
        foreach ($rows as $row) {
            match ($row->name[0]) {
                'e' => $enrolments[] = [(int) $row->one, (int) $row->two, (int) $row->three],
                'g' => $groups[(int) $row->one][] = (int) $row->two,
                'b' => $blocked[] = (int) $row->one,
                'r' => $roles[] = [(int) $row->one, $row->path],
                'c', 'd' => $known[] = (int) $row->one,
                'a' => $sits = true,
            };
        }
        [$blocked, $known] = [self::first($blocked, self::MOST_BLOCKED), self::first($known, self::MOST_ACCEPTED)];
        return [$enrolments, $groups, $blocked, $roles, $known, $sits];
    }

    /**
     * The lowest of some ids, each once, in order.
     *
     * @param int[] $ids
     * @param int $most
     * @return int[]
     */
    private static function first(array $ids, int $most): array {
        sort($ids);
        return array_slice(array_values(array_unique($ids)), 0, $most);
    }

    /**
     * Whether a token says what the last one said. That one may have said a pause that is over: to the server, a pause that is
     * over and none are the same.
     *
     * @param person $person
     * @param array $content
     * @return bool
     */
    private static function says_as_before(person $person, array $content): bool {
        $before = [self::digest($content)];
        if ($person->last_pause() && !isset($content['paused_until'])) {
            $before[] = self::digest($content + ['paused_until' => $person->last_pause() * 1000]);
        }
        return in_array($person->digest(), $before, true);
    }

    /**
     * A short name for what a token says, whatever its version.
     *
     * @param array $content
     * @return string
     */
    private static function digest(array $content): string {
        $paused = array_intersect_key($content, ['paused_until' => 0]);
        return hash('sha256', json_encode(array_diff_key($content, $paused) + $paused, JSON_THROW_ON_ERROR));
    }

    /**
     * Writes down that the server may know this person from now on. It is committed before anything of theirs is read.
     *
     * @param person $person
     * @param string|null $digest empty: they get their first token; null: they are introduced, and what is there stays
     */
    private static function make_known(person $person, ?string $digest = null): void {
        global $DB;
        $row = ['userid' => $person->id()];
        if (!$person->is_known()) {
            try {
                $DB->insert_record('block_gchat_user', $row + ['digest' => $digest, 'stale' => 0, 'timecreated' => time()]);
                return;
            } catch (\dml_write_exception $e) {
                // Two requests at once: the other one has written it.
                if (!$DB->record_exists('block_gchat_user', $row)) {
                    throw $e;
                }
            }
        }
        if ($digest !== null) {
            $DB->set_field_select('block_gchat_user', 'digest', $digest, 'userid = ? AND digest IS NULL', [$person->id()]);
        }
    }

    /**
     * Keeps what the chat server is told: of preferences and dates, which raise no event when they act, so that the task of
     * every minute can compare; and of a token, its digest.
     *
     * @param person $person
     * @param int $until when something of it begins or ends by date; PHP_INT_MAX: never
     * @param string|null $digest of a token; null: the token says what the last one said, or a call is made
     */
    private static function remember(person $person, int $until, ?string $digest = null): void {
        global $DB;
        $told = ['preferences' => $person->preferences(), 'timeuntil' => $until === PHP_INT_MAX ? null : $until];
        $changed = $told === $person->told() ? [] : $told;
        if ($digest !== null && $person->digest() !== $digest) {
            $changed['digest'] = $digest;
        }
        foreach ($changed as $name => $value) {
            $DB->set_field('block_gchat_user', $name, $value, ['userid' => $person->id()]);
        }
    }
}
