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
 * Tells the chat server what waits in the outbox.
 *
 * On the web this happens after the answer: PHP's own shutdown functions run after core's, which has by then rolled back,
 * closed the session and printed the last tags. Where the answer cannot be finished first (mod_php), it takes 0.3 s at
 * most and leaves the rest to the task of every minute. In CLI, where the script may run for long, it happens at each
 * commit, or every few seconds while very much changes.
 *
 * What is sent is computed when it is sent, so calls may come twice or late and still say what holds. {@see rights} says
 * why none undoes a newer one.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class sender {
    /** Rows of one round. */
    private const BATCH = 1000;

    /** Rounds of one run. */
    private const ROUNDS = 20;

    /**
     * So many courses of a category are told one by one, within some two seconds; beyond, the brake is put on where something
     * was taken away, and else what changed acts with people's next tokens.
     */
    private const MOST_COURSES = 50;

    /** After so many tries a call that the server refuses (not one that it does not answer) is given up. */
    private const MOST_ATTEMPTS = 30;

    /** The time after the answer, in seconds: where the browser has it already, and where it has not. */
    private const AFTER_ANSWER = 20.0;

    /** See above. */
    private const BEFORE_END = 0.3;

    /** The time for taking leave of a server, in milliseconds. */
    private const LEAVE_MS = 1500;

    /** @var bool whether this request sends at its end */
    private static bool $registered = false;

    /** @var bool whether this CLI script sends once more at its end */
    private static bool $atend = false;

    /** @var bool whether this process is sending */
    private static bool $busy = false;

    /** @var bool whether this process looks for brakes first, which wait for nobody who sends other things */
    private static bool $brakesfirst = false;

    /** @var pace|null in CLI */
    private static ?pace $pace = null;

    /** @var int calls that the server has taken */
    private int $made = 0;

    /**
     * A run of calls.
     *
     * @param server $server
     * @param float $deadline by microtime(true)
     */
    private function __construct(
        /** @var server */
        private readonly server $server,
        /** @var float */
        private readonly float $deadline,
    ) {
    }

    /**
     * Lets the next run of this process put on the brakes that are due before anything else.
     */
    public static function brakes_first(): void {
        self::$brakesfirst = true;
    }

    /**
     * Sees to it that what has just been committed is sent soon.
     */
    public static function later(): void {
        if (self::$busy || self::$registered) {
            return;
        }
        if (CLI_SCRIPT) {
            self::in_cli();
        } else if (self::is_on()) {
            self::$registered = true;
            register_shutdown_function([self::class, 'after_answer']);
        }
    }

    /**
     * Whether there is a server that is to be told.
     *
     * @return bool
     */
    public static function is_on(): bool {
        $config = get_config('block_gchat');
        return !empty($config->url) && empty($config->paused);
    }

    /**
     * Takes leave of a server that this site will not call any more: whoever is connected there is sent away, as far as it
     * answers within a moment. (Else their tokens end within minutes.)
     *
     * @param connection $connection
     */
    public static function leave(connection $connection): void {
        try {
            $server = new server($connection, true);
            $server->limit(self::LEAVE_MS);
            $server->put_floor(outbox::version_of(outbox::ticks([], true, [])));
        } catch (\Throwable $e) {
            // Neither another connection nor an uninstall may fail on a dead server.
            unset($e);
        }
    }

    /**
     * Begins anew, in tests, which share one process: as in a script that has just begun.
     */
    public static function forget(): void {
        [self::$pace, self::$brakesfirst] = [null, false];
    }

    /**
     * Sends at the end of a request.
     */
    public static function after_answer(): void {
        self::$registered = false;
        ignore_user_abort(true);
        // Nobody waits for the answer of a script.
        $finished = CLI_SCRIPT;
        foreach (['fastcgi_finish_request', 'litespeed_finish_request'] as $finish) {
            if (function_exists($finish)) {
                $finished = (bool) $finish();
                break;
            }
        }
        try {
            self::run($finished ? self::AFTER_ANSWER : self::BEFORE_END, $finished ? 2 : 0);
        } catch (server_exception $e) {
            // The rows are still there, and the task of every minute says what is wrong. Nothing may be printed here, behind
            // a page or an answer to a script.
            unset($e);
        } catch (\Throwable $e) {
            debugging('block_gchat could not send: ' . $e->getMessage(), DEBUG_DEVELOPER);
        }
    }

    /**
     * Sends what is due.
     *
     * @param float $seconds that it may take
     * @param int $wait for another process that is sending, in seconds; it sends what has come meanwhile as well
     * @return int how many calls the server has taken
     * @throws server_exception where the server is out of order; what was not told is still in the outbox
     */
    public static function run(float $seconds = 50.0, int $wait = 0): int {
        global $DB;
        $connection = connection::current();
        if (self::$busy || $connection === null || get_config('block_gchat', 'paused') || $DB->is_transaction_started()) {
            return 0;
        }
        if (server::is_away()) {
            return 0;
        }
        $sender = new self(new server($connection), microtime(true) + $seconds);
        self::$busy = true;
        try {
            $sender->brake();
            $sender->empty_outbox($wait);
            return $sender->made;
        } finally {
            self::$busy = false;
        }
    }

    /**
     * Puts on the brakes that are due, whoever else is sending: they wait for no lock.
     */
    private function brake(): void {
        if (self::$brakesfirst) {
            self::$brakesfirst = false;
            $this->tell(outbox::brakes());
        }
    }

    /**
     * Sends what is due, if no other process is doing so.
     *
     * @param int $wait for another process that is sending, in seconds
     */
    private function empty_outbox(int $wait): void {
        $held = notes::release();
        $locks = \core\lock\lock_config::get_lock_factory('block_gchat');
        $lock = $locks->get_lock('outbox', 0);
        if (!$lock) {
            // Whoever is sending does not wait for the time of these rows either.
            outbox::let_go(array_keys($held));
            $lock = $wait > 0 ? $locks->get_lock('outbox', $wait) : false;
        }
        if (!$lock) {
            return;
        }
        try {
            for ($round = 0; $round < self::ROUNDS && $this->has_time(); $round++) {
                $rows = outbox::due(self::BATCH, array_keys($held));
                if (count($rows) < self::BATCH) {
                    // Sent by another server, whose clock is ahead, before the last change that leaned on it.
                    $early = fn($row, $id) => $row['leaned'] && !isset($rows[$id]);
                    $again = notes::write_again(array_filter($held, $early, ARRAY_FILTER_USE_BOTH));
                    $held = [];
                } else {
                    $again = 0;
                }
                if (!$rows && !$again) {
                    break;
                }
                $this->tell($rows);
            }
        } finally {
            $lock->release();
        }
    }

    /**
     * Sends at a commit in CLI, unless it is time for a pause ({@see pace}). What that leaves is sent at the next commit after
     * the pause, at the script's end, or by the task of every minute. In a pause this is called thousands of times, so it
     * reads nothing then.
     */
    private static function in_cli(): void {
        $now = microtime(true);
        self::$pace ??= new pace();
        if (!self::$pace->change($now) && !self::$brakesfirst) {
            if (!self::$atend) {
                self::$atend = true;
                register_shutdown_function([self::class, 'after_answer']);
            }
            return;
        }
        if (!self::is_on()) {
            return;
        }
        try {
            self::run(10.0);
        } catch (server_exception $e) {
            // What was not told is still in the outbox, and the task says what is wrong.
            unset($e);
        } finally {
            self::$pace->ran($now, microtime(true));
        }
    }

    /**
     * Makes the calls for some rows.
     *
     * @param \stdClass[] $rows
     */
    private function tell(array $rows): void {
        $known = outbox::known(array_map(fn($row) => (int) $row->target, $rows));
        $plan = plan::of($rows, $known);
        foreach ($plan->categories as $row => $category) {
            $courses = $this->courses_of($category);
            if (count($courses) <= self::MOST_COURSES) {
                // They are told in the next round, and so is a brake.
                outbox::replace($row, outbox::COURSE, $courses);
            } else if ($plan->narrow[$row] || $this->is_hidden($category)) {
                outbox::replace($row, outbox::BRAKE, [0]);
            } else {
                $plan->site = true;
                $plan->idle[] = $row;
            }
        }
        if ($plan->calls || $plan->site) {
            $everybody = $plan->site || $plan->targets('course') || $plan->targets('brake');
            $id = outbox::ticks($plan->targets('user'), $everybody, $plan->targets('erase'));
            $version = outbox::version_of($id);
            foreach ($plan->calls as $call) {
                $this->make($call, $version);
            }
        }
        outbox::done($plan->idle);
    }

    /**
     * Makes one call, and settles its rows.
     *
     * @param array $call as in plan
     * @param int $version
     */
    private function make(array $call, int $version): void {
        if (!$this->has_time()) {
            return;
        }
        try {
            $answer = $this->call($call, $version);
        } catch (server_exception $e) {
            if ($e->hurried) {
                // It was this run that had no time: the rows stay due, for one that has.
                return;
            }
            if ($e->is_outage()) {
                outbox::again($call['ids'], $call['attempts']);
                throw $e;
            }
            $this->put_off($call);
            return;
        } catch (\Throwable $e) {
            // One person or course that cannot be computed (a broken filter, say) must not keep all others back.
            $this->put_off($call);
            debugging("block_gchat could not tell of $call[kind] $call[target]: {$e->getMessage()}", DEBUG_DEVELOPER);
            return;
        }
        if ($answer['applied'] ?? true) {
            $this->made++;
            outbox::done($call['ids']);
            return;
        }
        // Another call or a token came between, or the clock went back. What it told is not what this one would have, so
        // this one is computed anew, with a higher version.
        outbox::seen((int) $answer['rights_version']);
        outbox::again($call['ids'], $call['attempts'], true);
    }

    /**
     * Lets a call that failed by its own fault wait for another try, of which there are only so many.
     *
     * @param array $call as in plan
     */
    private function put_off(array $call): void {
        if ($call['attempts'] >= self::MOST_ATTEMPTS && $call['kind'] !== outbox::ERASE) {
            outbox::done($call['ids']);
        } else {
            outbox::again($call['ids'], $call['attempts']);
        }
    }

    /**
     * Computes and calls.
     *
     * @param array $call
     * @param int $version
     * @return array the answer
     */
    private function call(array $call, int $version): array {
        [$kind, $target] = [$call['kind'], $call['target']];
        $this->limit();
        if ($kind === outbox::BRAKE) {
            return $this->server->put_floor($version);
        }
        if ($kind === outbox::POLICY) {
            $snapshot = policy::now($version);
            $answer = $this->server->put_policy($snapshot);
            if ($answer['applied'] ?? true) {
                policy::told($snapshot);
            }
            return $answer;
        }
        if ($kind === outbox::LOGOUT) {
            return $this->server->logout($target, $call['sid']);
        }
        if ($kind === outbox::ERASE) {
            return $this->server->delete_user($target, $version);
        }
        if ($kind === outbox::COURSE) {
            return $this->tell_course($target, $version);
        }
        $snapshot = outbox::at_source(fn() => rights::for_call($target, $version));
        $this->limit();
        return $snapshot === null ? [] : $this->server->put_user($target, $snapshot);
    }

    /**
     * Tells of a course.
     *
     * @param int $courseid
     * @param int $version
     * @return array the answer
     */
    private function tell_course(int $courseid, int $version): array {
        if (rooms::are_on() && rooms::taken() === null) {
            rooms::learn($this->server->status());
        }
        $snapshot = outbox::at_source(fn() => members::of($courseid, $version));
        $this->limit();
        try {
            $answer = $this->server->put_circle($courseid, $snapshot);
        } catch (server_exception $e) {
            if ($e->reason !== 'bad_request' || !isset($snapshot['room']) || rooms::learn($this->server->status())) {
                throw $e;
            }
            // It is an older server than it was: it knows no rooms.
            unset($snapshot['room'], $snapshot['groups']);
            $this->limit();
            $answer = $this->server->put_circle($courseid, $snapshot);
        }
        if ($answer['applied'] ?? true) {
            rooms::told($courseid, $snapshot['room'] ?? rooms::NONE);
        }
        return $answer;
    }

    /**
     * Those courses of a category, and of what is below it, in which somebody is whom the server may know.
     *
     * @param int $categoryid
     * @return int[] up to one more than are told one by one
     */
    private function courses_of(int $categoryid): array {
        global $DB;
        return outbox::at_source(fn() => array_keys($DB->get_records_sql(
            'SELECT DISTINCT c.id
               FROM {course_categories} cc
               JOIN {course} c ON c.category = cc.id
               JOIN {enrol} e ON e.courseid = c.id
               JOIN {user_enrolments} ue ON ue.enrolid = e.id
               JOIN {block_gchat_user} k ON k.userid = ue.userid
              WHERE cc.id = :id OR ' . $DB->sql_like('cc.path', ':path'),
            ['id' => $categoryid, 'path' => '%/' . $categoryid . '/%'],
            0,
            self::MOST_COURSES + 1
        )));
    }

    /**
     * Whether a category is hidden, which takes its courses away from all but their teachers.
     *
     * @param int $categoryid
     * @return bool
     */
    private function is_hidden(int $categoryid): bool {
        global $DB;
        return $DB->record_exists('course_categories', ['id' => $categoryid, 'visible' => 0]);
    }

    /**
     * Lets no call take longer than this run may.
     */
    private function limit(): void {
        $this->server->limit(max(50, (int) (($this->deadline - microtime(true)) * 1000)));
    }

    /**
     * Whether there is time for another call.
     *
     * @return bool
     */
    private function has_time(): bool {
        return $this->deadline - microtime(true) > 0.05;
    }
}
