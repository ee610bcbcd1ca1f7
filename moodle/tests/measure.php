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
 * What a token costs a person in 60 courses with groups: `php moodle/tests/measure.php /path/to/moodle`.
 *
 * It needs a site with the plugin, makes what it measures in a transaction, and takes that back at the end.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

define('CLI_SCRIPT', true);

// phpcs:ignore moodle.Files.RequireLogin.Missing -- the command line.
require_once(($argv[1] ?? '.') . '/config.php');
require_once($CFG->libdir . '/testing/generator/lib.php');
require_once($CFG->dirroot . '/group/lib.php');

/** So many courses, groups in each, and other people in each. */
const SIZE = ['courses' => 60, 'groups' => 5, 'people' => 2];

/** So many times each thing is done. */
const TIMES = 200;

/**
 * Makes somebody with courses.
 *
 * @return stdClass
 */
function somebody(): stdClass {
    $generator = new testing_data_generator();
    $people = [];
    for ($i = 0; $i <= SIZE['people']; $i++) {
        $people[] = $generator->create_user();
    }
    for ($i = 0; $i < SIZE['courses']; $i++) {
        $course = $generator->create_course(['groupmode' => $i % 3], ['createsections' => false]);
        foreach ($people as $person) {
            $generator->enrol_user($person->id, $course->id, $i % 4 ? 'student' : 'editingteacher');
        }
        for ($g = 0; $g < SIZE['groups']; $g++) {
            groups_add_member($generator->create_group(['courseid' => $course->id]), $people[0]);
        }
    }
    return $people[0];
}

/**
 * Does something many times, as many requests would: what a request has in its memory is forgotten in between.
 *
 * @param string $what
 * @param callable $do
 */
function measure(string $what, callable $do): void {
    global $DB;
    $processor = function (): float {
        $used = getrusage();
        return ($used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec']) * 1e3
            + ($used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec']) / 1e3;
    };
    $took = [];
    $used = 0.0;
    for ($i = 0; $i < TIMES; $i++) {
        accesslib_clear_all_caches(true);
        $reads = $DB->perf_get_reads();
        [$began, $before] = [hrtime(true), $processor()];
        $do();
        $took[] = (hrtime(true) - $began) / 1e6;
        $used += $processor() - $before;
        $queries = $DB->perf_get_reads() - $reads;
    }
    sort($took);
    printf(
        "%-24s %d queries, %6.1f ms in the middle (least %.1f, 95th percentile %.1f), %.1f ms of them PHP's processor\n",
        $what,
        $queries,
        $took[intdiv(TIMES, 2)],
        $took[0],
        $took[intdiv(TIMES * 95, 100)],
        $used / TIMES
    );
}

$transaction = $DB->start_delegated_transaction();
$user = somebody();
if ($DB->get_dbfamily() === 'postgres') {
    // On a site in use the database knows the size of its tables.
    foreach (['user', 'course', 'enrol', 'user_enrolments', 'groups', 'groups_members', 'role_assignments', 'context'] as $table) {
        $DB->execute("ANALYZE {{$table}}");
    }
}
\core\session\manager::set_user($DB->get_record('user', ['id' => $user->id]));
$cache = cache::make('block_gchat', 'rights');
$rights = \block_gchat\rights::for_token((int) $user->id);
printf("Moodle %s, PHP %s, %s\n", $CFG->release, PHP_VERSION, $DB->get_name() . ' ' . $DB->get_server_info()['version']);
printf("%d courses, %d circles\n", SIZE['courses'], count($rights['content']['circles']));
measure('rights, computed', function () use ($cache, $user): void {
    $cache->delete($user->id);
    \block_gchat\rights::for_token((int) $user->id);
});
measure('rights, from the cache', fn() => \block_gchat\rights::for_token((int) $user->id));
$key = str_repeat('A', 43);
$said = ['url' => 'https://moodle.example/gchat/', 'site' => 's', 'kid' => 'k', 'key' => $key];
$connection = \block_gchat\connection::from_code('gchat1.' . \block_gchat\jwt::base64url(json_encode($said)));
measure('signing', fn() => \block_gchat\jwt::user_token($connection, (int) $user->id, 'abcdefgh', $rights['content'], time()));
$cache->delete($user->id);
$DB->force_transaction_rollback();
