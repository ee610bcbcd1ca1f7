<?php
// Part of the tests of Global Chat in a real Moodle. Run beside a copy of Moodle: php deed.php ROOT < deeds.json
//
// Does what an administrator or a synchronisation script does from a command line, and prints for each deed when it was
// done (seconds since 1970, with a fraction). Deeds: [[name, argument, …], …], the names of the functions below.

define('CLI_SCRIPT', true);
require($argv[1] . '/config.php');
require_once($CFG->dirroot . '/user/lib.php');
require_once($CFG->dirroot . '/course/lib.php');
require_once($CFG->dirroot . '/group/lib.php');
require_once($CFG->libdir . '/enrollib.php');
require_once($CFG->libdir . '/clilib.php');

\core\session\manager::set_user(get_admin());
$done = [];
foreach (json_decode(stream_get_contents(STDIN), true, 32, JSON_THROW_ON_ERROR) as $deed) {
    $name = 'deed_' . array_shift($deed);
    $result = $name(...$deed);
    $done[] = ['at' => microtime(true), 'result' => $result];
    // A script of a site may go on for long after a change.
    usleep((int) (1e6 * (float) getenv('STAY')));
}
echo json_encode($done, JSON_THROW_ON_ERROR), "\n";

/** The manual enrolment of a course. */
function deed_instance(int $course): stdClass {
    global $DB;
    return $DB->get_record('enrol', ['courseid' => $course, 'enrol' => 'manual'], '*', MUST_EXIST);
}

function deed_enrol(int $course, int $user, string $role = 'student'): void {
    global $DB;
    $role = $DB->get_field('role', 'id', ['shortname' => $role], MUST_EXIST);
    enrol_get_plugin('manual')->enrol_user(deed_instance($course), $user, $role);
}

function deed_unenrol(int $course, int $user): void {
    enrol_get_plugin('manual')->unenrol_user(deed_instance($course), $user);
}

function deed_join(int $group, int $user): void {
    groups_add_member($group, $user);
}

function deed_leave(int $group, int $user): void {
    groups_remove_member($group, $user);
}

function deed_new_group(int $course, string $name): int {
    return (int) groups_create_group((object) ['courseid' => $course, 'name' => $name]);
}

function deed_rename_group(int $group, string $name): void {
    $record = groups_get_group($group, 'id, courseid', MUST_EXIST);
    groups_update_group((object) ['id' => $group, 'courseid' => $record->courseid, 'name' => $name]);
}

function deed_group_mode(int $course, int $mode): void {
    update_course((object) ['id' => $course, 'groupmode' => $mode]);
}

/** What a course says of its room, as its form keeps it. */
function deed_room(int $course, string $says): void {
    update_course((object) ['id' => $course, 'block_gchat_room' => $says]);
}

function deed_config(string $name, $value, ?string $plugin = null): void {
    set_config($name, $value, $plugin);
}

/** A setting as Moodle gives it to the plugin. */
function deed_read_config(string $plugin): stdClass {
    return get_config($plugin);
}

/** A name that Moodle's forms refuse, but that came from another system, or stands there since an older version. */
function deed_lastname(int $user, string $name): void {
    global $DB;
    $DB->set_field('user', 'lastname', $name, ['id' => $user]);
}

function deed_preference(int $user, string $name, $value): void {
    set_user_preference($name, $value, $user);
}

/** What a role may not do in a course. */
function deed_prohibit(int $course, string $role, string $capability): void {
    global $DB;
    $role = $DB->get_field('role', 'id', ['shortname' => $role], MUST_EXIST);
    assign_capability($capability, CAP_PROHIBIT, $role, context_course::instance($course)->id);
}

/** What a role may not do anywhere. */
function deed_prohibit_everywhere(string $role, string $capability): void {
    global $DB;
    $role = $DB->get_field('role', 'id', ['shortname' => $role], MUST_EXIST);
    assign_capability($capability, CAP_PROHIBIT, $role, context_system::instance(), true);
}

/** What a role may do everywhere. */
function deed_allow_everywhere(string $role, string $capability): void {
    global $DB;
    $role = $DB->get_field('role', 'id', ['shortname' => $role], MUST_EXIST);
    assign_capability($capability, CAP_ALLOW, $role, context_system::instance(), true);
}

/** Ends somebody's sessions, as an administrator does it. */
function deed_end_sessions(int $user): void {
    \core\session\manager::destroy_user_sessions($user);
}

/** Lets an enrolment end in some seconds. */
function deed_end_enrolment(int $course, int $user, int $seconds): void {
    enrol_get_plugin('manual')->update_user_enrol(deed_instance($course), $user, null, null, time() + $seconds);
}

/** The tables whose names begin so. */
function deed_tables(string $prefix): array {
    global $DB;
    return array_values(array_filter($DB->get_tables(false), fn($table) => str_starts_with($table, $prefix)));
}

function deed_drop_tables(array $tables): void {
    global $DB;
    foreach ($tables as $table) {
        $DB->get_manager()->drop_table(new xmldb_table($table));
    }
}

/** Rows of a query, for what no page shows. */
function deed_rows(string $sql): array {
    global $DB;
    return array_values($DB->get_records_sql($sql));
}

function deed_execute(string $sql): void {
    global $DB;
    $DB->execute($sql);
}

/** No pop-up over the pages that the tests read. */
function deed_no_tours(): void {
    foreach (\tool_usertours\helper::get_tours() as $tour) {
        $tour->set_enabled(false)->persist();
    }
}
