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
 * What the search of people costs on a site of 40,000: `php moodle/tests/measure_people.php /path/to/moodle`.
 *
 * It needs a test site with the plugin, makes what it measures, and deletes it again: 40,000 people, of whom 10,000 are in one
 * course; a teacher of 400 courses of 60 other people each; and one course with everybody. (Not in a transaction: MariaDB looks
 * up more of rows that are not committed.)
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

define('CLI_SCRIPT', true);

// phpcs:ignore moodle.Files.RequireLogin.Missing -- the command line.
require_once(($argv[1] ?? '.') . '/config.php');
require_once($CFG->libdir . '/testing/generator/lib.php');
require_once($CFG->dirroot . '/course/lib.php');

/** So many people, of whom so many are in one course; and so many courses of a teacher, with so many people in each. */
const SIZE = ['people' => 40000, 'course' => 10000, 'courses' => 400, 'each' => 60];

/** So many times each thing is done. */
const TIMES = 15;

/** Names that are there often, some with letters that nobody types. */
const FIRST = [
    'João', 'Maria', 'Ana', 'António', 'Inês', 'Łukasz', 'Zoë', 'Bruno', 'Conceição', 'François', 'Sofia', 'Tomás', 'Yusuf',
    'Olga', 'Jürgen', 'Nuno', 'Beatriz', 'Ольга', 'محمد', 'Minh', 'Åsa', 'Siobhán', 'Luís', 'Vera', 'Pedro', 'Rita', 'Hugo',
];
/** The same of last names, each with a number. */
const LAST = [
    'Silva', 'Álvares', "O'Brien", 'Gonçalves', 'Müller', 'Castro', 'Fernández', 'Núñez', 'Teixeira', 'Nowak', 'Santos',
    'Oliveira', 'Иванова', 'Nguyễn', 'Almeida', 'Sørensen', 'Moreira', 'Lopes', 'de Albuquerque e Vasconcelos', 'Kowalski',
];

/**
 * Makes everybody. (By the generator it takes an hour.)
 *
 * @return int[] their ids
 */
function make_people(): array {
    global $CFG, $DB;
    $mark = random_string(10);
    $rows = [];
    for ($i = 0; $i < SIZE['people']; $i++) {
        $rows[] = [
            'username' => "$mark$i", 'firstname' => FIRST[$i % count(FIRST)],
            'lastname' => LAST[intdiv($i, count(FIRST)) % count(LAST)] . ($i % 7 ? '' : " $i"),
            'email' => "$mark$i@example.org", 'confirmed' => 1, 'mnethostid' => $CFG->mnet_localhost_id, 'auth' => 'manual',
            'timecreated' => time(), 'timemodified' => time(),
        ];
    }
    $DB->insert_records('user', $rows);
    return array_map(intval(...), $DB->get_fieldset_select('user', 'id', $DB->sql_like('username', '?'), ["$mark%"]));
}

/**
 * Puts people into a course.
 *
 * @param int[] $people
 * @param string $role
 * @param stdClass|null $course null: a new one
 * @return stdClass the course
 */
function enrol_all(array $people, string $role = 'student', ?stdClass $course = null): stdClass {
    global $DB;
    $course ??= (new testing_data_generator())->create_course(
        ['shortname' => 'measured ' . random_string(12)],
        ['createsections' => false]
    );
    $enrolid = $DB->get_field('enrol', 'id', ['courseid' => $course->id, 'enrol' => 'manual'], MUST_EXIST);
    $roleid = $DB->get_field('role', 'id', ['shortname' => $role], MUST_EXIST);
    $contextid = context_course::instance($course->id)->id;
    $now = ['timecreated' => time(), 'timemodified' => time()];
    $DB->insert_records('user_enrolments', array_map(fn($user) => [
        'enrolid' => $enrolid, 'userid' => $user, 'status' => 0, 'timestart' => 0, 'timeend' => 0, 'modifierid' => 2,
    ] + $now, $people));
    $DB->insert_records('role_assignments', array_map(fn($user) => [
        'roleid' => $roleid, 'contextid' => $contextid, 'userid' => $user, 'timemodified' => time(), 'modifierid' => 2,
        'component' => '', 'itemid' => 0, 'sortorder' => 0,
    ], $people));
    return $course;
}

/**
 * The processor time of this process and of its connection in the database, in milliseconds. On a busy machine it says more
 * than the time that passes.
 *
 * @return float
 */
function processor(): float {
    global $DB;
    static $thread = null;
    $thread ??= (int) $DB->get_field_sql($DB->get_dbfamily() === 'postgres'
        ? 'SELECT pg_backend_pid()' : 'SELECT tid FROM information_schema.processlist WHERE id = CONNECTION_ID()');
    $used = getrusage();
    $mine = ($used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec']) * 1e3
        + ($used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec']) / 1e3;
    return $mine + (int) file_get_contents("/proc/$thread/schedstat") / 1e6;
}

/**
 * Searches many times, as many requests would: what a request has in its memory is forgotten in between.
 *
 * @param string $who
 * @param int $user
 * @param string $text
 */
function measure_search(string $who, int $user, string $text): void {
    global $DB;
    [$took, $used] = [[], []];
    for ($i = 0; $i < TIMES; $i++) {
        accesslib_clear_all_caches(true);
        $person = \block_gchat\person::read($user);
        $reach = \block_gchat\rights::with_reach($person)['reach'];
        $reads = $DB->perf_get_reads();
        [$began, $before] = [hrtime(true), processor()];
        $page = \block_gchat\people::search($person, $reach, $text, '');
        $took[] = (hrtime(true) - $began) / 1e6;
        $used[] = processor() - $before;
        $queries = $DB->perf_get_reads() - $reads;
    }
    sort($took);
    sort($used);
    printf(
        "%-32s %-20s %2d found%s, %d queries, %5.1f ms in the middle (least %.1f), %.1f ms of processors\n",
        $who,
        "'$text'",
        count($page['people']),
        $page['next'] === '' ? '' : '+',
        $queries,
        $took[intdiv(TIMES, 2)],
        $took[0],
        $used[intdiv(TIMES, 2)]
    );
}

[$people, $courses] = [[], []];
try {
    $people = make_people();
    [$teacher, $student, $somebody] = array_slice($people, 0, 3);
    $rest = array_slice($people, 3);
    for ($i = 0; $i < SIZE['courses']; $i++) {
        $course = enrol_all(array_slice($rest, $i * SIZE['each'], SIZE['each']));
        $courses[] = enrol_all([$teacher], 'editingteacher', $course);
    }
    $courses[] = enrol_all([$student, ...array_slice($rest, 0, SIZE['course'] - 1)]);
    $courses[] = enrol_all([$somebody, ...$rest]);
    // On a site in use the database knows the size of its tables.
    foreach (['user', 'course', 'enrol', 'user_enrolments', 'role_assignments', 'context'] as $table) {
        $DB->execute(($DB->get_dbfamily() === 'postgres' ? 'ANALYZE' : 'ANALYZE TABLE') . " {{$table}}");
    }
    printf("Moodle %s, PHP %s, %s\n", $CFG->release, PHP_VERSION, $DB->get_name() . ' ' . $DB->get_server_info()['version']);
    $who = [
        'a teacher of 400 courses' => $teacher,
        'a student of a course of 10,000' => $student,
        'somebody of a course of 40,000' => $somebody,
    ];
    foreach ($who as $name => $user) {
        foreach (['joao silva', 'sorensen', 'a', '', 'nobodyiscalledso'] as $text) {
            measure_search($name, $user, $text);
        }
    }
} finally {
    foreach (array_chunk($people, 1000) as $some) {
        foreach (['user_enrolments' => 'userid', 'role_assignments' => 'userid', 'user' => 'id'] as $table => $field) {
            $DB->delete_records_list($table, $field, $some);
        }
        \cache::make('block_gchat', 'rights')->delete_many($some);
    }
    // A course that is deleted here needs no backup in the recycle bin.
    $CFG->forced_plugin_settings['tool_recyclebin'] = ['categorybinenable' => 0];
    array_map(fn($course) => delete_course($course, false), $courses);
}
