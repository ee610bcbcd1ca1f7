<?php
// Part of the tests of Global Chat in a real Moodle. Run beside a copy of Moodle: php seed.php ROOT < spec.json
//
// Makes people, courses, groups, enrolments, activities and blocks by Moodle's own functions, and prints their ids as
// JSON. Spec: {users: [{username, firstname, lastname, …}], courses: [{shortname, fullname, groupmode, visible, block,
// groups: [name], modules: ["page", …], members: [{user, role, groups}]}], everywhere: bool}.

define('CLI_SCRIPT', true);
require($argv[1] . '/config.php');
require_once($CFG->dirroot . '/user/lib.php');
require_once($CFG->dirroot . '/course/lib.php');
require_once($CFG->dirroot . '/group/lib.php');
require_once($CFG->dirroot . '/mod/quiz/locallib.php');
require_once($CFG->libdir . '/enrollib.php');
require_once($CFG->libdir . '/blocklib.php');
require_once($CFG->libdir . '/questionlib.php');
require_once($CFG->libdir . '/testing/generator/lib.php');

\core\session\manager::set_user(get_admin());
$spec = json_decode(stream_get_contents(STDIN), false, 32, JSON_THROW_ON_ERROR);
$made = ['users' => [], 'courses' => []];
foreach ($spec->users ?? [] as $user) {
    $made['users'][$user->username] = seed_user($user);
}
foreach ($spec->courses ?? [] as $course) {
    $made['courses'][$course->shortname] = seed_course($course);
}
if (!empty($spec->everywhere)) {
    seed_default_blocks();
}
echo json_encode($made, JSON_THROW_ON_ERROR), "\n";

/** A person with the tests' one password. */
function seed_user(stdClass $user): int {
    global $CFG;
    $id = (int) user_create_user((object) ((array) $user + [
        'email' => $user->username . '@example.org',
        'password' => 'Chat.2026-now',
        'confirmed' => 1,
        'mnethostid' => $CFG->mnet_localhost_id,
        'maildisplay' => 0,
    ]));
    // Boost keeps the blocks in a drawer; this person has opened it once.
    set_user_preference('drawer-open-block', 1, $id);
    return $id;
}

/** A course with everything in it. */
function seed_course(stdClass $spec): array {
    $course = create_course((object) [
        'shortname' => $spec->shortname,
        'fullname' => $spec->fullname ?? $spec->shortname,
        'category' => core_course_category::get_default()->id,
        'format' => 'topics',
        'numsections' => 2,
        'visible' => $spec->visible ?? 1,
        'groupmode' => $spec->groupmode ?? NOGROUPS,
        'groupmodeforce' => isset($spec->groupmode) ? 1 : 0,
    ]);
    $made = ['id' => (int) $course->id, 'groups' => [], 'modules' => [], 'enrolments' => []];
    foreach ($spec->groups ?? [] as $name) {
        $made['groups'][$name] = (int) groups_create_group((object) ['courseid' => $course->id, 'name' => $name]);
    }
    foreach ($spec->members ?? [] as $member) {
        $made['enrolments'][$member->user] = seed_member($course, $member, $made['groups']);
    }
    foreach ($spec->modules ?? [] as $type) {
        $made['modules'][$type] = seed_module($course, $type);
    }
    if ($spec->block ?? true) {
        seed_block(context_course::instance($course->id), 'course-view-*', null);
    }
    // Makes the activities' contexts. Moodle leaves that to the first visit, and fails where several people make it at once.
    get_fast_modinfo($course->id);
    // Moodle makes the contexts of activities at the first look, and two first looks at once fail on MariaDB.
    get_fast_modinfo($course->id);
    return $made;
}

/** An enrolment, and its groups. Gives the enrolment's id. */
function seed_member(stdClass $course, stdClass $member, array $groups): int {
    global $DB;
    $instance = $DB->get_record('enrol', ['courseid' => $course->id, 'enrol' => 'manual'], '*', MUST_EXIST);
    $userid = $DB->get_field('user', 'id', ['username' => $member->user], MUST_EXIST);
    $role = $DB->get_field('role', 'id', ['shortname' => $member->role ?? 'student'], MUST_EXIST);
    enrol_get_plugin('manual')->enrol_user($instance, $userid, $role);
    foreach ($member->groups ?? [] as $name) {
        groups_add_member($groups[$name], $userid);
    }
    return (int) $DB->get_field('user_enrolments', 'id', ['enrolid' => $instance->id, 'userid' => $userid], MUST_EXIST);
}

/** An activity of the plainest kind. Gives its course module id. */
function seed_module(stdClass $course, string $type): int {
    $module = (new testing_data_generator())->create_module($type, [
        'course' => $course->id,
        'name' => ucfirst($type) . ' of ' . $course->shortname,
    ]);
    if ($type === 'quiz') {
        seed_question($module);
    }
    return (int) $module->cmid;
}

/** A question to attempt, in the quiz's own bank. */
function seed_question(stdClass $quiz): void {
    global $DB;
    $context = context_module::instance($quiz->cmid);
    $category = (object) [
        'name' => 'Questions',
        'contextid' => $context->id,
        'parent' => question_get_top_category($context->id, true)->id,
        'info' => '',
        'infoformat' => FORMAT_HTML,
        'stamp' => make_unique_id_code(),
        'sortorder' => 1,
    ];
    $category->id = $DB->insert_record('question_categories', $category);
    $text = fn(string $text): array => ['text' => $text, 'format' => FORMAT_HTML];
    $question = question_bank::get_qtype('truefalse')->save_question((object) ['qtype' => 'truefalse'], (object) [
        'category' => "$category->id,$context->id",
        'name' => 'True?',
        'questiontext' => $text('<p>True?</p>'),
        'generalfeedback' => $text(''),
        'defaultmark' => 1,
        'penalty' => 1,
        'correctanswer' => 1,
        'feedbacktrue' => $text(''),
        'feedbackfalse' => $text(''),
        'status' => \core_question\local\bank\question_version_status::QUESTION_STATUS_READY,
    ]);
    quiz_add_quiz_question($question->id, $quiz);
    \mod_quiz\quiz_settings::create($quiz->id)->get_grade_calculator()->recompute_quiz_sumgrades();
}

/** A block of ours in a context. */
function seed_block(context $context, string $pages, ?int $subpage): void {
    global $DB;
    $DB->get_record('block', ['name' => 'gchat'], '*', MUST_EXIST);
    $page = new moodle_page();
    $page->set_context($context);
    $page->blocks->add_region('side-pre');
    $page->blocks->add_block('gchat', 'side-pre', -1, false, $pages, $subpage);
}

/** The block on everybody's dashboard and on My courses. */
function seed_default_blocks(): void {
    global $DB;
    foreach ($DB->get_records('my_pages', ['userid' => null]) as $page) {
        if (in_array("$page->name/$page->private", ['__default/1', '__courses/0'])) {
            seed_block(context_system::instance(), 'my-index', $page->id);
        }
    }
}
