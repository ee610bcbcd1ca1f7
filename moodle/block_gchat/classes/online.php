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

use core\session\handler;
use core\session\manager;

/**
 * The look at those who are connected, every minute, for what raises no event: a session that timed out or was killed, and
 * preferences that changed. Of those who are not connected, and of whoever was introduced and has never come, the preferences
 * of so many are compared in a run.
 *
 * Where core keeps the sessions in its table (with the handlers database, file and memcached), they are asked for with one
 * query for a thousand people. A handler with a store of its own (Redis) is asked person by person, for so many in a run; the
 * next run goes on after the last of them.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class online {
    /** People of one page. */
    private const PAGE = 1000;

    /** People whose sessions are asked for one by one in a run. */
    public const SLICE = 1000;

    /** People who need not be connected, whose preferences are compared in a run. */
    public const OTHERS = 1000;

    /** @var bool whether sessions are asked for one by one */
    private readonly bool $onebyone;

    /**
     * Begins a look.
     *
     * @param server $server
     * @param float $deadline by microtime(true)
     * @param string|null $handler class of the sessions' handler; null: the site's
     * @param int $slice people whose sessions are asked for one by one in this run
     */
    public function __construct(
        /** @var server */
        private readonly server $server,
        /** @var float by microtime(true) */
        private readonly float $deadline,
        ?string $handler = null,
        /** @var int people whose sessions are asked for one by one in this run */
        private readonly int $slice = self::SLICE
    ) {
        $this->onebyone = !self::in_table($handler ?? manager::get_handler_class());
    }

    /**
     * Looks, and writes down what the server is to be told.
     *
     * @return int[] `logins` that have ended, `preferences` that have changed
     * @throws server_exception
     */
    public function look(): array {
        $cache = \cache::make('block_gchat', 'server');
        $after = (int) $cache->get('after');
        $left = $this->onebyone ? $this->slice : PHP_INT_MAX;
        $found = ['logins' => 0, 'preferences' => 0];
        $seen = [];
        do {
            $page = $this->server->logins($after, min(self::PAGE, $left));
            $logins = array_column($page['logins'], 'sids', 'user');
            $seen += $logins;
            if ($logins) {
                $rows = [...$this->ended($logins), ...self::changed(array_keys($logins))];
                outbox::add_many($rows);
                foreach ($rows as $row) {
                    $found[$row['kind'] === outbox::LOGOUT ? 'logins' : 'preferences']++;
                }
            }
            $after = (int) ($page['next'] ?? 0);
            $left -= count($logins);
        } while ($after && $left > 0 && microtime(true) < $this->deadline);
        $cache->set('after', $after);
        $found['preferences'] += self::look_at_others($seen);
        return $found;
    }

    /**
     * Looks at some people whom the server may know, in the order of their ids; the next run goes on after the last of them.
     *
     * @param array $seen keys are ids of people who have been looked at already
     * @return int preferences that have changed
     */
    private static function look_at_others(array $seen): int {
        global $DB;
        $cache = \cache::make('block_gchat', 'server');
        $users = array_map(intval(...), array_keys($DB->get_records_select_menu(
            'block_gchat_user',
            'userid > ?',
            [(int) $cache->get('others')],
            'userid',
            'userid, id',
            0,
            self::OTHERS
        )));
        $cache->set('others', count($users) < self::OTHERS ? 0 : end($users));
        $users = array_values(array_filter($users, fn($user) => !isset($seen[$user])));
        $rows = $users ? self::changed($users) : [];
        outbox::add_many($rows);
        return count($rows);
    }

    /**
     * Whether core's table has the sessions of a handler.
     *
     * @param string $class
     * @return bool
     */
    private static function in_table(string $class): bool {
        return (new \ReflectionMethod($class, 'get_sessions_by_userid'))->getDeclaringClass()->getName() === handler::class;
    }

    /**
     * Rows for those logins that have ended: their session is gone, is another person's by now, or is past its time.
     *
     * @param array[] $logins names of logins, by user id
     * @return array[]
     */
    private function ended(array $logins): array {
        $live = [];
        foreach ($this->sessions(array_keys($logins)) as $session) {
            if (!empty($session->sid)) {
                $live[(int) $session->userid][login::sid_of($session->sid)] = $session;
            }
        }
        $rows = [];
        foreach ($logins as $user => $sids) {
            foreach ($sids as $sid) {
                $session = $live[$user][$sid] ?? null;
                if ($session === null || self::is_past_its_time($session)) {
                    $rows[] = ['kind' => outbox::LOGOUT, 'target' => $user, 'sid' => $sid];
                }
            }
        }
        return $rows;
    }

    /**
     * The sessions of some people.
     *
     * @param int[] $users
     * @return iterable of `sid`, `userid`, `timecreated`, `timemodified`
     */
    private function sessions(array $users): iterable {
        global $DB;
        if ($this->onebyone) {
            foreach ($users as $user) {
                yield from manager::get_sessions_by_userid($user);
            }
            return;
        }
        [$in, $params] = $DB->get_in_or_equal($users);
        // At the source: on a replica the newest logins may be missing.
        yield from outbox::at_source(fn() => $DB->get_records_select(
            'sessions',
            "userid $in",
            $params,
            '',
            'id, sid, userid, timecreated, timemodified'
        ));
    }

    /**
     * Whether a session has had its time, as Moodle decides at the next page of it. (The token does not ask the plugins of
     * authentication: who has no time left must load a page.)
     *
     * @param \stdClass $session
     * @return bool
     */
    private static function is_past_its_time(\stdClass $session): bool {
        global $CFG;
        $now = \core\di::get(\core\clock::class)->time();
        if ($session->timemodified >= $now - $CFG->sessiontimeout) {
            return false;
        }
        $user = \core_user::get_user($session->userid);
        foreach ($user ? get_enabled_auth_plugins() : [] as $name) {
            $plugin = get_auth_plugin($name);
            if ($plugin->ignore_timeout_hook($user, $session->sid, $session->timecreated, $session->timemodified)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Rows for those of whom the server was told other preferences than they have.
     *
     * @param int[] $users
     * @return array[]
     */
    private static function changed(array $users): array {
        return array_map(
            fn($user) => ['kind' => outbox::USER, 'target' => $user],
            person::with_other_preferences($users)
        );
    }
}
