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
 * The people whom somebody may find: everybody with whom they share a circle and to whom they may write, online or not, and
 * whether or not the chat server knows them.
 *
 * Two queries find a page of them, beside what is cached of the person who looks: the first asks for names in their order, as
 * narrowly as the database can tell ({@see reach}); the second for all that decides about the few who were found. From that
 * their circles are worked out by the rules that make tokens ({@see circles}), and so are those of the person who looks. So
 * nobody is listed by what was cached, or by a query alone. A page may have fewer people than it could; `next` says whether
 * there are more.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class people {
    /** People of one page. */
    public const PAGE = 20;

    /** The most circles that are named of a person. */
    private const MOST_CIRCLES = 3;

    /**
     * Looks for people whose name has all words of a text.
     *
     * @param person $me who looks
     * @param array $reach of {@see reach}
     * @param string $text
     * @param string $next what the page before gave; empty: the first page
     * @return array `people`, each with `id`, `name`, `picture`, `profile_url`, `role` and `circles`; `next`: empty at the end
     */
    public static function search(person $me, array $reach, string $text, string $next): array {
        if (!$reach['parts']) {
            return ['people' => [], 'next' => ''];
        }
        $words = names::words($text);
        [$after, $id] = self::place($next);
        $rows = outbox::at_source(fn() => self::named($me->id(), $reach['parts'], $words, $after, $id));
        $page = array_slice($rows, 0, self::PAGE, true);
        $last = end($page);
        return [
            'people' => $page ? outbox::at_source(fn() => self::who_are($me, $reach, $page, $words)) : [],
            'next' => count($rows) > count($page) ? jwt::base64url(json_encode([$last->sortname, (int) $last->id])) : '',
        ];
    }

    /**
     * A person as the answer has them.
     *
     * @param person $person
     * @param array[] $shared as circles::shared()
     * @return array
     */
    public static function card(person $person, array $shared): array {
        $teaches = in_array('teacher', array_column($shared, 'theirs'), true);
        return ['id' => $person->id()] + $person->shown() + [
            'role' => $teaches ? 'teacher' : 'student',
            'circles' => array_slice(array_column($shared, 'title'), 0, self::MOST_CIRCLES),
        ];
    }

    /**
     * The first query: some more people than a page has, by name.
     *
     * @param int $me
     * @param array[] $parts of reach
     * @param string[] $words
     * @param string|null $after the name after which to begin
     * @param int $id and the id of whoever has it
     * @return \stdClass[] by id
     */
    private static function named(int $me, array $parts, array $words, ?string $after, int $id): array {
        global $CFG, $DB;
        [$shown, $params] = \core_user\fields::get_sql_fullname('u');
        $fields = fn(string $alias) => implode(', ', array_map(fn($name) => "$alias.$name", \core_user\fields::get_name_fields()));
        $where = [];
        foreach ($words as $i => $word) {
            if ($DB->sql_regex_supported()) {
                $where[] = 'p.shown ' . $DB->sql_regex(true, true) . " :word$i";
                $params["word$i"] = names::pattern($word);
            } else {
                $where[] = $DB->sql_like('p.shown', ":word$i", false, false);
                $params["word$i"] = '%' . $DB->sql_like_escape($word) . '%';
            }
        }
        if ($after !== null) {
            $where[] = '(LOWER(p.shown) > :after OR (LOWER(p.shown) = :same AND p.id > :afterid))';
            $params += ['after' => $after, 'same' => $after, 'afterid' => $id];
        }
        $where[] = 'NOT EXISTS (SELECT 1 FROM {message_users_blocked} b WHERE b.userid = :me1 AND b.blockeduserid = p.id)';
        $where[] = 'NOT EXISTS (SELECT 1 FROM {message_users_blocked} b WHERE b.userid = p.id AND b.blockeduserid = :me2)';
        // Conditions of the person, not of each enrolment, where the same counts everywhere: databases ask these last.
        [$roles, $contexts] = self::roles_of_all($parts);
        if ($roles !== null) {
            $where[] = self::has('p.id', $roles, $contexts);
        }
        $teaches = in_array(true, array_column($parts, 'teach'), true);
        if (!$teaches) {
            $where[] = self::accepts($me);
        }
        $in = fn($part) => self::in_part($part, $roles, $teaches && !$part['teach'] ? self::accepts($me) : null);
        $now = time();
        $where[] = 'EXISTS (
                SELECT 1
                  FROM {user_enrolments} ue
                  JOIN {enrol} e ON e.id = ue.enrolid
                 WHERE ue.userid = p.id AND ue.status = :active AND e.status = :enabled
                       AND ue.timestart <= :started AND (ue.timeend = 0 OR ue.timeend > :ends)
                       AND (' . implode(' OR ', array_map($in, $parts)) . '))';
        $params += [
            'me' => $me, 'me1' => $me, 'me2' => $me, 'guest' => (int) $CFG->siteguest, 'active' => ENROL_USER_ACTIVE,
            'enabled' => ENROL_INSTANCE_ENABLED, 'started' => $now, 'ends' => $now,
        ];
        return $DB->get_records_sql(
            "SELECT p.id, p.picture, LOWER(p.shown) AS sortname, {$fields('p')}
               FROM (
                    SELECT u.id, u.picture, {$fields('u')}, $shown AS shown
                      FROM {user} u
                     WHERE u.deleted = 0 AND u.suspended = 0 AND u.confirmed = 1 AND u.id <> :me AND u.id <> :guest
                    ) p
              WHERE " . implode(' AND ', $where) . '
           ORDER BY LOWER(p.shown), p.id',
            $params,
            0,
            self::PAGE + 1
        );
    }

    /**
     * What the first query asks of somebody in one part of the courses. All in it are ids, which come from the database.
     *
     * @param array $part of reach
     * @param int[]|null $asked the roles that are asked for already
     * @param string|null $accepts what is to be asked of whether they take messages
     * @return string SQL of the tables `p` (people), `ue` and `e`
     */
    private static function in_part(array $part, ?array $asked, ?string $accepts): string {
        global $CFG, $DB;
        $list = self::list(...);
        $has = fn(?array $roles) => $roles === null ? '1 = 1' : self::has('ue.userid', $roles, $part['contexts']);
        $where = ["e.courseid IN ({$list($part['courses'])})"];
        if ($part['chat'][0] !== null && $part['chat'][0] !== $asked) {
            $where[] = $has($part['chat'][0]);
        }
        if ($part['chat'][1]) {
            // Only where there is a prohibition: such a role takes the chat away in its own context, not in others.
            $where[] = "NOT EXISTS (
                        SELECT 1
                          FROM {role_assignments} ra
                          JOIN {context} rx ON rx.id = ra.contextid
                          JOIN {context} cx ON cx.contextlevel = " . CONTEXT_COURSE . " AND cx.instanceid = e.courseid
                         WHERE ra.userid = ue.userid AND ra.roleid IN ({$list($part['chat'][1])})
                               AND (rx.id = cx.id OR cx.path LIKE {$DB->sql_concat('rx.path', "'/%'")}))";
        }
        if ($part['hidden'] !== null) {
            $where[] = "({$has($part['hidden'][0])} OR p.id IN (" . $list(explode(',', (string) $CFG->siteadmins)) . '))';
        }
        if ($part['groups'] !== null) {
            $where[] = "({$has($part['allgroups'][0])} OR EXISTS (
                        SELECT 1
                          FROM {groups_members} gm
                         WHERE gm.userid = ue.userid AND gm.groupid IN ({$list($part['groups'])})))";
        }
        if ($accepts !== null) {
            $where[] = $accepts;
        }
        return '(' . implode(' AND ', $where) . ')';
    }

    /**
     * The roles that let somebody chat in any of the courses.
     *
     * @param array[] $parts of reach
     * @return array their ids, or null where none are to be asked for in some course; and the ids of the contexts
     */
    private static function roles_of_all(array $parts): array {
        $lists = array_map(fn($part) => $part['chat'][0], $parts);
        if (in_array(null, $lists, true)) {
            return [null, []];
        }
        $roles = array_values(array_unique(array_merge(...$lists)));
        sort($roles);
        return [$roles, array_values(array_unique(array_merge(...array_column($parts, 'contexts'))))];
    }

    /**
     * Whether somebody has one of some roles in one of some contexts.
     *
     * @param string $user
     * @param int[] $roles
     * @param int[] $contexts
     * @return string SQL
     */
    private static function has(string $user, array $roles, array $contexts): string {
        return "EXISTS (
                        SELECT 1
                          FROM {role_assignments} ra
                         WHERE ra.userid = $user AND ra.roleid IN (" . self::list($roles) . ")
                               AND ra.contextid IN (" . self::list($contexts) . "))";
    }

    /**
     * Ids as SQL has them.
     *
     * @param array $ids
     * @return string
     */
    private static function list(array $ids): string {
        return implode(',', array_map(intval(...), $ids)) ?: '0';
    }

    /**
     * Whether somebody takes messages from whoever is no teacher of theirs: from everybody, or from their contacts.
     *
     * @param int $me
     * @return string SQL of the table `p`
     */
    private static function accepts(int $me): string {
        return "(NOT EXISTS (
                        SELECT 1
                          FROM {user_preferences} q
                         WHERE q.userid = p.id AND q.name = '" . person::NONCONTACTS . "'
                               AND q.value = '" . \core_message\api::MESSAGE_PRIVACY_ONLYCONTACTS . "')
                        OR EXISTS (SELECT 1 FROM {message_contacts} mc WHERE mc.userid = p.id AND mc.contactid = $me)
                        OR EXISTS (SELECT 1 FROM {message_contacts} mc WHERE mc.userid = $me AND mc.contactid = p.id))";
    }

    /**
     * Those of the people who were found whom the rules let be found.
     *
     * @param person $me
     * @param array $reach
     * @param \stdClass[] $page by id
     * @param string[] $words
     * @return array[]
     */
    private static function who_are(person $me, array $reach, array $page, array $words): array {
        $facts = facts::of($me->id(), array_keys($page), $reach);
        $mine = $facts->says($me->id());
        [$titles, $people] = [[], []];
        foreach ($page as $row) {
            $shared = circles::to_write($me->id(), $mine, (int) $row->id, $facts->says((int) $row->id));
            $person = person::of_row($row, $facts->context((int) $row->id));
            if (!$shared || !names::has($person->shown()['name'], $words)) {
                continue;
            }
            foreach (array_slice(array_keys($shared), 0, self::MOST_CIRCLES) as $circle) {
                $titles[$circle] ??= rights::title($facts->fullname($circle), \context_system::instance());
                $shared[$circle]['title'] = $titles[$circle];
            }
            $people[] = self::card($person, $shared);
        }
        return $people;
    }

    /**
     * Reads what a page gave for the next one.
     *
     * @param string $next
     * @return array the name, or null to begin anew, and the id
     */
    private static function place(string $next): array {
        $said = json_decode((string) base64_decode(strtr($next, '-_', '+/')), true);
        $good = is_array($said) && count($said) === 2 && is_string($said[0] ?? null) && is_int($said[1] ?? null);
        return $good ? $said : [null, 0];
    }
}
