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

/**
 * What the plugin costs a script that enrols people one by one:
 * `php moodle/tests/measure_enrol.php /path/to/moodle [pairs of runs] [people]`.
 *
 * It needs a test site with the plugin, connected to a chat server that runs. Each run is a process of its own, as a script of
 * a site is, with a new course; of a pair, one has the plugin's observers and the other has not, in alternating order. The
 * clocks run from just before the first enrolment, so what the plugin loads is in it. Courses and people are deleted again.
 *
 * On a busy machine two runs differ by more than the plugin costs. So each run with the plugin also measures how long its
 * observers took, and is compared with what is left of itself: the last line of each group.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

define('CLI_SCRIPT', true);

// phpcs:ignore moodle.Files.RequireLogin.Missing -- the command line.
require_once(($argv[1] ?? '.') . '/config.php');
require_once($CFG->libdir . '/enrollib.php');
// As Moodle's own scripts that enrol from a database or a directory.
require_once($CFG->dirroot . '/course/lib.php');

/** What is measured of a run, and how it is printed. A processor is hardly busier because the machine is. */
const MEASURED = [
    'time' => 'ms',
    'PHP\'s processor' => 'ms',
    'PHP\'s and PostgreSQL\'s' => 'ms',
    'reads' => '',
    'writes' => '',
];

/** When a run is looked at. */
const IN_LOOP = 'in the loop';
/** The same. */
const TO_END = 'to the script\'s end';

/**
 * What this process has used so far.
 *
 * @return float[] as MEASURED
 */
function used(): array {
    global $DB;
    $used = getrusage();
    $seconds = $used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec'];
    $processor = $seconds * 1e3 + ($used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec']) / 1e3;
    return [hrtime(true) / 1e6, $processor, $processor + database(), $DB->perf_get_reads(), $DB->perf_get_writes()];
}

/**
 * The processor time of this process's connection in the database, in milliseconds, where the system tells it.
 *
 * @return float 0: it does not
 */
function database(): float {
    global $DB;
    static $file = null;
    $file ??= $DB->get_dbfamily() === 'postgres' ? '/proc/' . $DB->get_field_sql('SELECT pg_backend_pid()') . '/schedstat' : '';
    return is_readable($file) ? (int) file_get_contents($file) / 1e6 : 0.0;
}

/**
 * Takes the plugin's observers away from this process, as if it were not installed, or measures how long they take.
 *
 * @param bool $with whether to measure them
 * @param float $inside how long they have taken, in milliseconds
 */
function change_observers(bool $with, float &$inside): void {
    $all = \core\event\manager::get_all_observers();
    foreach ($all as $event => $observers) {
        foreach ($observers as $i => $observer) {
            if ([$observer->plugintype, $observer->plugin] !== ['block', 'gchat']) {
                continue;
            }
            $callable = $observer->callable;
            $observer->callable = function ($event) use ($callable, &$inside): void {
                $began = hrtime(true);
                $callable($event);
                $inside += (hrtime(true) - $began) / 1e6;
            };
            if (!$with) {
                unset($all[$event][$i]);
            }
        }
    }
    (new ReflectionProperty(\core\event\manager::class, 'allobservers'))->setValue(null, $all);
}

/**
 * One run, in a process of its own: enrols people, and prints what that has used in the loop and to the script's end.
 *
 * @param bool $with whether the plugin's observers are there
 * @param int $courseid
 * @param int[] $people
 */
function run_once(bool $with, int $courseid, array $people): void {
    global $DB;
    \core\session\manager::set_user(get_admin());
    $instance = $DB->get_record('enrol', ['courseid' => $courseid, 'enrol' => 'manual'], '*', MUST_EXIST);
    $role = (int) $DB->get_field('role', 'id', ['shortname' => 'student'], MUST_EXIST);
    $manual = enrol_get_plugin('manual');
    $inside = 0.0;
    change_observers($with, $inside);
    $before = used();
    foreach ($people as $user) {
        $manual->enrol_user($instance, $user, $role);
    }
    $loop = used();
    // After whatever the plugin has put there.
    register_shutdown_function(function () use ($before, $loop, &$inside): void {
        $since = fn($now) => array_map(fn($now, $before) => $now - $before, $now, $before);
        [$loop, $end] = [$since($loop), $since(used())];
        $else = $loop[0] - $inside;
        echo json_encode([IN_LOOP => [...$loop, $loop[0] / $else], TO_END => [...$end, $end[0] / $else]]), "\n";
    });
}

/**
 * Starts a run.
 *
 * @param bool $with
 * @param int $courseid
 * @param int[] $people
 * @return array[] what it has used
 */
function start(bool $with, int $courseid, array $people): array {
    global $CFG;
    $command = [PHP_BINARY, __FILE__, $CFG->dirroot, 'run', $with ? 'with' : 'without', $courseid, implode(',', $people)];
    $process = proc_open(array_map(strval(...), $command), [1 => ['pipe', 'w']], $pipes);
    $said = stream_get_contents($pipes[1]);
    if (proc_close($process) !== 0 || !is_array($used = json_decode($said, true))) {
        throw new RuntimeException("a run failed: $said");
    }
    return $used;
}

/**
 * The one in the middle.
 *
 * @param float[] $values
 * @return float
 */
function middle(array $values): float {
    sort($values);
    $half = intdiv(count($values), 2);
    return count($values) % 2 ? $values[$half] : ($values[$half - 1] + $values[$half]) / 2;
}

/**
 * Measures pairs of runs, and prints them.
 *
 * @param bool $known whether the people have opened the chat
 * @param int[] $people
 * @param int $pairs
 */
function measure_pairs(bool $known, array $people, int $pairs): void {
    global $DB;
    $DB->delete_records_list('block_gchat_user', 'userid', $people);
    if ($known) {
        $row = fn($user) => ['userid' => $user, 'stale' => 0, 'timecreated' => time()];
        $DB->insert_records('block_gchat_user', array_map($row, $people));
        // The chat server gets to know them.
        \block_gchat\outbox::add_many(array_map(fn($user) => ['kind' => \block_gchat\outbox::USER, 'target' => $user], $people));
    }
    $generator = new testing_data_generator();
    $all = [];
    for ($pair = 0; $pair < $pairs; $pair++) {
        foreach ($pair % 2 ? [true, false] : [false, true] as $with) {
            $course = $generator->create_course(['shortname' => 'measured ' . random_string(12)], ['createsections' => false]);
            \block_gchat\sender::run();
            $all[$with][] = start($with, (int) $course->id, $people);
            delete_course($course, false);
            \block_gchat\sender::run();
            if (\block_gchat\server::is_away() || $DB->record_exists_select('block_gchat_outbox', 'timedue IS NOT NULL')) {
                throw new RuntimeException('the chat server was not told of everything');
            }
        }
    }
    printf("%d people whom the chat server %s, %d pairs\n", count($people), $known ? 'knows' : 'does not know', $pairs);
    foreach (array_keys($all[true][0]) as $until) {
        foreach (array_keys(MEASURED) as $i => $what) {
            [$with, $without] = array_map(fn($runs) => array_map(fn($run) => $run[$until][$i], $runs), [$all[true], $all[false]]);
            printf(
                "  %-20s %-24s %8.1f with, %8.1f without %-3s ratio %.3f (of the least %.3f, in the middle of the pairs %.3f)\n",
                $until,
                $what,
                middle($with),
                middle($without),
                MEASURED[$what],
                middle($with) / middle($without),
                min($with) / min($without),
                middle(array_map(fn($one, $other) => $one / $other, $with, $without))
            );
        }
        $shares = array_map(fn($run) => end($run[$until]), $all[true]);
        sort($shares);
        printf("  %-20s of the same run's time without its observers: %.3f (", $until, middle($shares));
        echo implode(' ', array_map(fn($share) => sprintf('%.3f', $share), $shares)), ")\n";
    }
}

if (($argv[2] ?? '') === 'run') {
    run_once($argv[3] === 'with', (int) $argv[4], array_map(intval(...), explode(',', $argv[5])));
    return;
}

require_once($CFG->libdir . '/testing/generator/lib.php');
require_once($CFG->dirroot . '/user/lib.php');
\core\session\manager::set_user(get_admin());
// A course that is deleted here needs no backup in the recycle bin.
$CFG->forced_plugin_settings['tool_recyclebin'] = ['categorybinenable' => 0];
$generator = new testing_data_generator();
$people = [];
for ($i = 0; $i < (int) ($argv[3] ?? 300); $i++) {
    $people[] = (int) $generator->create_user()->id;
}
printf("Moodle %s, PHP %s, %s\n", $CFG->release, PHP_VERSION, $DB->get_name() . ' ' . $DB->get_server_info()['version']);
try {
    foreach ([true, false] as $known) {
        measure_pairs($known, $people, (int) ($argv[2] ?? 12));
    }
} finally {
    foreach ($people as $user) {
        delete_user($DB->get_record('user', ['id' => $user]));
    }
}
