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
 * The chat server, as this site calls it: the only class of the plugin that does HTTP.
 *
 * It is never used while a page is made. Calls have short timeouts, follow no redirect, and after one that got no answer
 * the server is left alone for a while, so that a dead one slows nothing. A server that says `wrong_wwwroot` (this site
 * is a copy of the real one) pauses the plugin until an administrator acts.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class server {
    /** How long a server that did not answer is left alone, in seconds: at first, doubled each time, and at most. */
    private const OUTAGE = 30;

    /** See above. */
    private const LONGEST_OUTAGE = 300;

    /** The time to connect, in milliseconds. */
    private const CONNECT_MS = 2000;

    /** The time for a whole call, in milliseconds. */
    private const TOTAL_MS = 5000;

    /** The time for a call with a large course, in milliseconds. */
    private const COURSE_MS = 20000;

    /** The pause before a call is signed again that the server could not tell from one of before its start, in milliseconds. */
    private const START_PAUSE_MS = 1000;

    /** @var int|null the time that a call may take at most, in milliseconds, where somebody waits for it */
    private ?int $limit = null;

    /**
     * Calls go to this server.
     *
     * @param connection $connection
     * @param bool $patient whether to call although it did not answer a moment ago (for people who asked, and for tasks)
     */
    public function __construct(
        /** @var connection */
        private readonly connection $connection,
        /** @var bool */
        private readonly bool $patient = false,
    ) {
    }

    /**
     * Lets every further call take this long at most.
     *
     * @param int $milliseconds
     */
    public function limit(int $milliseconds): void {
        $this->limit = $milliseconds;
    }

    /**
     * The server's own state: `version`, `protocol`, `features`, `server_time` (milliseconds), `epoch`, `users_online`,
     * `connections`.
     *
     * @return array
     * @throws server_exception
     */
    public function status(): array {
        return $this->call('GET', 'status');
    }

    /**
     * Tells a person's rights.
     *
     * @param int $userid
     * @param array $snapshot as in protocol/README.md, `PUT /api/v1/users/{user}`
     * @return array `applied`, `rights_version`
     * @throws server_exception
     */
    public function put_user(int $userid, array $snapshot): array {
        return $this->call('PUT', "users/$userid", $snapshot);
    }

    /**
     * Erases a person and every message of theirs.
     *
     * @param int $userid
     * @param int $version
     * @return array `applied`, `rights_version`
     * @throws server_exception
     */
    public function delete_user(int $userid, int $version): array {
        return $this->call('DELETE', "users/$userid", ['rights_version' => $version]);
    }

    /**
     * Tells who is in a course.
     *
     * @param int $courseid
     * @param array $snapshot `rights_version`, `title`, `members`, and `room` and `groups` where it has a room
     * @return array `applied`, `rights_version`
     * @throws server_exception
     */
    public function put_circle(int $courseid, array $snapshot): array {
        return $this->call('PUT', "circles/c$courseid", $snapshot, self::COURSE_MS);
    }

    /**
     * Ends what was computed before: every connection and token of a lower rights version has to be renewed.
     *
     * @param int $version
     * @return array `applied`, `rights_version`
     * @throws server_exception
     */
    public function put_floor(int $version): array {
        return $this->call('PUT', 'floor', ['rights_version' => $version]);
    }

    /**
     * Tells what the site allows of everybody.
     *
     * @param array $snapshot `rights_version`, `students_see_students`, `edit_seconds`
     * @return array `applied`, `rights_version`
     * @throws server_exception
     */
    public function put_policy(array $snapshot): array {
        return $this->call('PUT', 'policy', $snapshot);
    }

    /**
     * Logins that are connected, in the order of the users' ids.
     *
     * @param int $after the user after whom to begin
     * @param int $limit so many users, 1 to 1000
     * @return array `logins` of `user` and `sids`, `next`: the user after whom to go on, or null
     * @throws server_exception
     */
    public function logins(int $after, int $limit): array {
        return $this->call('GET', "logins?after=$after&limit=$limit");
    }

    /**
     * Ends a login.
     *
     * @param int $userid
     * @param string $sid
     * @return array `closed`
     * @throws server_exception
     */
    public function logout(int $userid, string $sid): array {
        return $this->call('POST', 'logouts', ['user' => $userid, 'sid' => $sid]);
    }

    /**
     * Everything that is kept of a person, without their messages.
     *
     * @param int $userid
     * @return array|null null: nothing is kept
     * @throws server_exception
     */
    public function user(int $userid): ?array {
        return $this->found(fn() => $this->call('GET', "users/$userid"));
    }

    /**
     * A page of a conversation, oldest messages first.
     *
     * @param int $userid
     * @param string $conversation
     * @param int $after the last seq of the page before
     * @param int $limit 1 to 500
     * @return array|null `messages`, `more`; null: there is none
     * @throws server_exception
     */
    public function messages(int $userid, string $conversation, int $after, int $limit = 500): ?array {
        $path = "users/$userid/conversations/" . rawurlencode($conversation) . "?after=$after&limit=$limit";
        return $this->found(fn() => $this->call('GET', $path));
    }

    /**
     * Whether the server did not answer a moment ago.
     *
     * @return bool
     */
    public static function is_away(): bool {
        return self::outage()[0] > time();
    }

    /**
     * The outage that was noticed.
     *
     * @return int[] when it is tried again, and how long it was left alone; both 0: none
     */
    private static function outage(): array {
        $noted = explode(' ', (string) \cache::make('block_gchat', 'server')->get('away'));
        return [(int) $noted[0], (int) ($noted[1] ?? 0)];
    }

    /**
     * Lets the next call go out again.
     */
    public static function forget_outage(): void {
        \cache::make('block_gchat', 'server')->delete('away');
    }

    /**
     * Turns the server's `not_found` into null.
     *
     * @param callable $call
     * @return array|null
     */
    private function found(callable $call): ?array {
        try {
            return $call();
        } catch (server_exception $e) {
            if ($e->reason === 'not_found') {
                return null;
            }
            throw $e;
        }
    }

    /**
     * Makes one signed call.
     *
     * @param string $method
     * @param string $path below `api/v1/`, with its query
     * @param array|null $content of the body
     * @param int $milliseconds that it may take
     * @return array the answer
     * @throws server_exception
     */
    private function call(string $method, string $path, ?array $content = null, int $milliseconds = self::TOTAL_MS): array {
        if (!$this->patient && self::is_away()) {
            throw new server_exception('away', 'the chat server did not answer a moment ago and is left alone for a while');
        }
        $flags = JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE;
        $body = $content === null ? '' : json_encode($content, $flags);
        $hurried = $this->limit !== null && $this->limit < $milliseconds;
        $milliseconds = $hurried ? $this->limit : $milliseconds;
        $until = microtime(true) + $milliseconds / 1000;
        try {
            while (true) {
                $left = max(1, (int) (($until - microtime(true)) * 1000));
                $said = $this->attempt($method, $path, $body, $left, $hurried, $left > 2 * self::START_PAUSE_MS);
                if ($said !== null) {
                    break;
                }
                usleep(self::START_PAUSE_MS * 1000);
            }
            if (self::outage()[0]) {
                self::forget_outage();
            }
            return $said;
        } catch (server_exception $e) {
            $this->remember($e);
            throw $e;
        }
    }

    /**
     * Signs and makes a call once.
     *
     * @param string $method
     * @param string $path below `api/v1/`, with its query
     * @param string $body
     * @param int $milliseconds that it may take
     * @param bool $hurried whether that is less than its usual time
     * @param bool $again whether there is time to make it again after a pause
     * @return array|null the answer; null: the server has just started, make it again after a pause
     * @throws server_exception
     */
    private function attempt(
        string $method,
        string $path,
        string $body,
        int $milliseconds,
        bool $hurried,
        bool $again,
    ): ?array {
        global $CFG;
        // Only here: most of a script's changes are of people for whom nothing is called.
        require_once($CFG->libdir . '/filelib.php');
        $token = jwt::call($this->connection, $CFG->wwwroot, $method, "/api/v1/$path", $body, time());
        // This address was set by the administrator, and this class calls no other: Moodle's list of blocked hosts, which
        // protects against addresses that people type in, would refuse a server on the same machine.
        $curl = new \curl(['ignoresecurity' => true]);
        $curl->setHeader([
            "Authorization: Bearer $token",
            'Content-Type: application/json',
            'Accept: application/json',
            'Expect:',
        ]);
        $answer = $curl->post($this->connection->api_url() . $path, $body, [
            'CURLOPT_CUSTOMREQUEST' => $method,
            'CURLOPT_FOLLOWLOCATION' => 0,
            'CURLOPT_CONNECTTIMEOUT_MS' => min(self::CONNECT_MS, $milliseconds),
            'CURLOPT_TIMEOUT_MS' => $milliseconds,
            // Without this, timeouts below a second end a call at once where names are looked up with alarms.
            'CURLOPT_NOSIGNAL' => 1,
            // Core leaves this off; here a stranger's certificate must not learn who is in which course.
            'CURLOPT_SSL_VERIFYPEER' => 1,
        ]);
        try {
            return $this->judge($curl, (string) $answer, $hurried);
        } catch (server_exception $e) {
            if ($again && $e->reason === 'issued_before_start') {
                return null;
            }
            throw $e;
        }
    }

    /**
     * Reads an answer.
     *
     * @param \curl $curl
     * @param string $answer
     * @param bool $hurried whether it got less than its usual time
     * @return array
     * @throws server_exception
     */
    private function judge(\curl $curl, string $answer, bool $hurried): array {
        $errno = (int) $curl->get_errno();
        $info = $curl->get_info();
        $status = (int) ($info['http_code'] ?? 0);
        if ($errno !== 0 || $status === 0) {
            // Where PHP cannot finish the answer first, calls get a fraction of a second. A far server or a large course
            // needs more: that is no outage, which would keep those away who have the time.
            $hurried = $hurried && $errno === CURLE_OPERATION_TIMEDOUT && ($info['connect_time'] ?? 0) > 0;
            // What curl says names the address and the cause, and holds no secret.
            $why = trim((string) $curl->error) ?: 'no answer';
            throw new server_exception('unreachable', "the chat server does not answer: $why", 0, $errno, $hurried);
        }
        if ($status >= 300 && $status < 400) {
            throw new server_exception('redirected', 'the address leads to another one: set that one', $status);
        }
        $said = json_decode($answer, true);
        if ($status === 200 && is_array($said)) {
            return $said;
        }
        if (is_array($said) && is_string($said['code'] ?? null) && is_string($said['message'] ?? null)) {
            // The server has just started: whoever has the time makes the call again.
            $hurried = $hurried && $said['code'] === 'issued_before_start';
            throw new server_exception($said['code'], $said['message'], $status, 0, $hurried);
        }
        throw new server_exception('unexpected', "the address answers, but not as a chat server does (HTTP $status)", $status);
    }

    /**
     * Draws the lessons of a failed call for the next ones.
     *
     * @param server_exception $e
     */
    private function remember(server_exception $e): void {
        if ($e->reason === 'wrong_wwwroot') {
            set_config('paused', 'wrong_wwwroot', 'block_gchat');
        }
        if ($e->is_outage()) {
            $wait = min(max(self::OUTAGE, self::outage()[1] * 2), self::LONGEST_OUTAGE);
            \cache::make('block_gchat', 'server')->set('away', (time() + $wait) . " $wait");
        }
    }
}
