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

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->libdir . '/adminlib.php');
require_once($CFG->dirroot . '/course/lib.php');
require_once($CFG->dirroot . '/course/edit_form.php');
require_once($CFG->dirroot . '/backup/util/includes/backup_includes.php');
require_once($CFG->dirroot . '/backup/util/includes/restore_includes.php');
require_once(__DIR__ . '/fixtures/running_server.php');
require_once(__DIR__ . '/fixtures/roomless_server.php');

/**
 * Which courses have rooms, by the site's setting and their own, and what the chat server is told of it.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\rooms
 * @covers \block_gchat\course_form
 * @covers \block_gchat\members
 * @covers \block_gchat\sender
 */
final class rooms_test extends \advanced_testcase {
    /** What a server says of itself that knows rooms. */
    private const KNOWS = ['features' => ['edit', 'rooms'], 'epoch' => 'one'];

    /** @var running_server|null */
    private ?running_server $server = null;

    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->preventResetByRollback();
        $this->setAdminUser();
        server::forget_outage();
        notes::forget();
        sender::forget();
    }

    #[\Override]
    protected function tearDown(): void {
        $this->server?->stop();
        $this->server = null;
        server::forget_outage();
        notes::forget();
        parent::tearDown();
    }

    /**
     * What a call says of a course's room.
     *
     * @param \stdClass $course
     * @return array
     */
    private function said(\stdClass $course): array {
        return array_intersect_key(members::of((int) $course->id, 1), ['room' => 0, 'groups' => 0]);
    }

    /**
     * Connects this site to somebody else than a chat server.
     *
     * @param string $url
     */
    private function connect(string $url = 'http://127.0.0.1:9/'): void {
        $code = ['url' => $url, 'site' => 's', 'kid' => 'k', 'key' => jwt::base64url(str_repeat('k', 32))];
        connection::from_code('gchat1.' . jwt::base64url(json_encode($code)))->save();
    }

    /**
     * Courses that wait to be told of. Nothing of it is sent.
     *
     * @return int[]
     */
    private function waiting(): array {
        global $DB;
        $courses = $DB->get_fieldset_select('block_gchat_outbox', 'target', 'kind = ?', [outbox::COURSE]);
        $DB->delete_records('block_gchat_outbox', ['kind' => outbox::COURSE]);
        notes::forget();
        sort($courses);
        return array_map('intval', $courses);
    }

    /**
     * Leaves everything that is to be sent where it is, as if the server had not answered a moment ago.
     */
    private function send_nothing(): void {
        \cache::make('block_gchat', 'server')->set('away', (time() + 300) . ' 30');
    }

    /**
     * Runs the task of every minute.
     *
     * @return string what it says
     */
    private function minute(): string {
        sender::forget();
        notes::forget();
        ob_start();
        (new task\send())->execute();
        return ob_get_clean();
    }

    public function test_a_site_without_rooms_says_what_it_always_said(): void {
        $course = $this->getDataGenerator()->create_course(['groupmode' => SEPARATEGROUPS]);
        $this->getDataGenerator()->create_group(['courseid' => $course->id]);
        rooms::set_course((int) $course->id, rooms::OPEN);
        rooms::learn(self::KNOWS);
        $this->assertSame(['rights_version', 'title', 'members'], array_keys(members::of((int) $course->id, 1)));
    }

    public function test_site_and_course_say_together(): void {
        $course = $this->getDataGenerator()->create_course();
        rooms::learn(self::KNOWS);
        set_config('rooms', rooms::SOME, 'block_gchat');
        $this->assertSame([], $this->said($course));
        rooms::set_course((int) $course->id, rooms::OPEN);
        $this->assertSame(['room' => 'open'], $this->said($course));
        rooms::set_course((int) $course->id, rooms::CLOSED);
        $this->assertSame(['room' => 'closed'], $this->said($course));
        set_config('rooms', rooms::ALL, 'block_gchat');
        rooms::set_course((int) $course->id, rooms::NONE);
        $this->assertSame([], $this->said($course));
        rooms::set_course((int) $course->id, rooms::AS_SITE);
        $this->assertSame(['room' => 'open'], $this->said($course));
        set_config('rooms', rooms::OFF, 'block_gchat');
        $this->assertSame([], $this->said($course));
    }

    public function test_separate_groups_have_titles_as_far_as_they_are_circles(): void {
        $generator = $this->getDataGenerator();
        rooms::learn(self::KNOWS);
        set_config('rooms', rooms::ALL, 'block_gchat');
        $course = $generator->create_course(['groupmode' => SEPARATEGROUPS]);
        $this->assertSame(['room' => 'open'], $this->said($course), 'no groups yet');
        $groups = [];
        foreach (['A &amp; <b>B</b> 🦊', 'Members', 'Own', 'Nobody'] as $visibility => $name) {
            $group = ['courseid' => $course->id, 'name' => $name, 'visibility' => $visibility, 'participation' => $visibility < 2];
            $groups[] = $generator->create_group($group)->id;
        }
        $quiet = $generator->create_group(['courseid' => $course->id, 'participation' => 0]);
        $this->assertFalse((bool) $quiet->participation);
        $generator->create_group(['courseid' => $generator->create_course()->id]);
        $this->assertSame(['g' . $groups[0] => 'A & B 🦊', 'g' . $groups[1] => 'Members'], $this->said($course)['groups']);
        $visible = $generator->create_course(['groupmode' => VISIBLEGROUPS]);
        $generator->create_group(['courseid' => $visible->id]);
        $this->assertSame(['room' => 'open'], $this->said($visible));
    }

    public function test_a_server_that_knows_no_rooms_is_told_of_none(): void {
        $course = $this->getDataGenerator()->create_course();
        set_config('rooms', rooms::ALL, 'block_gchat');
        $this->assertSame([null, []], [rooms::taken(), $this->said($course)]);
        rooms::learn(['features' => ['edit'], 'epoch' => 'one']);
        $this->assertSame([false, []], [rooms::taken(), $this->said($course)]);
        rooms::learn([]);
        $this->assertSame([false, []], [rooms::taken(), $this->said($course)]);
        rooms::learn(self::KNOWS);
        $this->assertTrue(rooms::taken());
        // Another server has said nothing yet.
        set_config('url', 'https://other.example/', 'block_gchat');
        $this->assertSame([null, []], [rooms::taken(), $this->said($course)]);
    }

    public function test_rooms_cost_one_query_whatever_the_number_of_people_and_groups(): void {
        global $DB;
        $generator = $this->getDataGenerator();
        $course = $generator->create_course(['groupmode' => SEPARATEGROUPS]);
        $plain = $generator->create_course();
        rooms::learn(self::KNOWS);
        $cost = function (\stdClass $course) use ($DB): int {
            members::of((int) $course->id, 1);
            $reads = $DB->perf_get_reads();
            members::of((int) $course->id, 1);
            return $DB->perf_get_reads() - $reads;
        };
        $more = function (int $people) use ($course, $plain, $generator): void {
            for ($i = 0; $i < $people; $i++) {
                $user = $generator->create_and_enrol($course);
                $generator->enrol_user($user->id, $plain->id);
                rights::for_token((int) $user->id);
                groups_add_member($generator->create_group(['courseid' => $course->id])->id, $user->id);
            }
        };
        $more(2);
        [$off, $plainoff] = [$cost($course), $cost($plain)];
        set_config('rooms', rooms::ALL, 'block_gchat');
        $this->assertSame([$off + 1, $plainoff], [$cost($course), $cost($plain)]);
        $more(20);
        $this->assertSame([$off + 1, $plainoff], [$cost($course), $cost($plain)]);
        $this->assertCount(22, $this->said($course)['groups']);
    }

    /**
     * The form of a course, as somebody sees it.
     *
     * @param \stdClass|null $course null: one that is being made
     * @param \stdClass $category
     * @return \HTML_QuickForm_select|null its field for the room
     */
    private function field(?\stdClass $course, \stdClass $category): ?\HTML_QuickForm_select {
        global $PAGE;
        $PAGE->set_url('/course/edit.php');
        $form = new \course_edit_form(null, [
            'course' => $course ?? (object) ['id' => null], 'category' => $category, 'editoroptions' => [
                'context' => \context_system::instance(), 'subdirs' => 0,
            ], 'returnto' => 0, 'returnurl' => '',
        ]);
        $mform = (new \ReflectionProperty(\moodleform::class, '_form'))->getValue($form);
        return $mform->elementExists('block_gchat_room') ? $mform->getElement('block_gchat_room') : null;
    }

    public function test_the_form_of_a_course_asks_whoever_may_say(): void {
        $generator = $this->getDataGenerator();
        $category = \core_course_category::get($generator->create_category()->id)->get_db_record();
        $course = get_course($generator->create_course(['category' => $category->id])->id);
        $teacher = $generator->create_and_enrol($course, 'editingteacher');
        $this->setUser($teacher);
        $this->assertNull($this->field($course, $category), 'the site has no rooms');
        set_config('rooms', rooms::SOME, 'block_gchat');
        $words = fn() => array_column($this->field($course, $category)->_options, 'text');
        $this->assertSame(['As the site says (No room)', 'Open', 'Closed for writing', 'No room'], $words());
        $this->assertSame(['site'], $this->field($course, $category)->getSelected());
        set_config('rooms', rooms::ALL, 'block_gchat');
        $this->assertSame('As the site says (Open)', $words()[0]);
        rooms::set_course((int) $course->id, rooms::CLOSED);
        $this->assertSame(['closed'], $this->field($course, $category)->getSelected());
        $this->assertNull($this->field(null, $category), 'a teacher makes no courses');
        $role = \core\di::get(\moodle_database::class)->get_field('role', 'id', ['shortname' => 'editingteacher']);
        assign_capability('block/gchat:configurecourse', CAP_PREVENT, $role, \context_course::instance($course->id));
        $this->assertNull($this->field($course, $category));
        $this->setAdminUser();
        $this->assertNotNull($this->field($course, $category));
        $this->assertSame(['site'], $this->field(null, $category)->getSelected());
    }

    public function test_what_the_form_says_is_kept_and_told(): void {
        global $DB;
        $this->connect();
        $this->send_nothing();
        set_config('rooms', rooms::SOME, 'block_gchat');
        $form = ['category' => 1, 'fullname' => 'Algebra', 'shortname' => 'alg', 'block_gchat_room' => 'open'];
        $course = create_course((object) $form);
        $this->assertSame([rooms::OPEN, [(int) $course->id]], [rooms::course_says((int) $course->id), $this->waiting()]);
        update_course((object) ['id' => $course->id, 'block_gchat_room' => 'closed']);
        $this->assertSame([rooms::CLOSED, [(int) $course->id]], [rooms::course_says((int) $course->id), $this->waiting()]);
        // A script that knows nothing of it, and one that says nonsense.
        update_course((object) ['id' => $course->id, 'fullname' => 'Algebra 2']);
        update_course((object) ['id' => $course->id, 'block_gchat_room' => 'ajar']);
        update_course((object) ['id' => $course->id, 'block_gchat_room' => ['open']]);
        $this->assertSame(rooms::CLOSED, rooms::course_says((int) $course->id));
        update_course((object) ['id' => $course->id, 'block_gchat_room' => 'site']);
        $this->assertSame(rooms::AS_SITE, rooms::course_says((int) $course->id));
        $this->assertTrue($DB->record_exists('block_gchat_course', ['courseid' => $course->id]));
        delete_course($course->id, false);
        $this->assertFalse($DB->record_exists('block_gchat_course', []));
    }

    /**
     * Restores a backup of a course.
     *
     * @param int $courseid
     * @param int $target
     * @param int $into the course to restore into; 0: a new one
     * @return int the course that it is now
     */
    private function restore(int $courseid, int $target, int $into = 0): int {
        global $CFG, $USER;
        $CFG->backup_file_logger_level = \backup::LOG_NONE;
        $yes = \backup::INTERACTIVE_NO;
        $backup = new \backup_controller(\backup::TYPE_1COURSE, $courseid, \backup::FORMAT_MOODLE, $yes, \backup::MODE_IMPORT, 2);
        $id = $backup->get_backupid();
        $backup->execute_plan();
        $backup->destroy();
        $into = $into ?: \restore_dbops::create_new_course('Copy', "copy$courseid", 1);
        $restore = new \restore_controller($id, $into, $yes, \backup::MODE_GENERAL, $USER->id, $target);
        $this->assertTrue($restore->execute_precheck());
        $restore->execute_plan();
        $restore->destroy();
        return $into;
    }

    public function test_a_copy_says_what_its_course_says(): void {
        $this->connect();
        $this->send_nothing();
        set_config('rooms', rooms::SOME, 'block_gchat');
        $course = (int) $this->getDataGenerator()->create_course()->id;
        $other = (int) $this->getDataGenerator()->create_course()->id;
        rooms::set_course($course, rooms::CLOSED);
        $this->waiting();
        $copy = $this->restore($course, \backup::TARGET_NEW_COURSE);
        $this->assertSame(rooms::CLOSED, rooms::course_says($copy));
        $this->assertContains($copy, $this->waiting());
        // What is restored into a course that is there changes no setting of it.
        $this->restore($course, \backup::TARGET_EXISTING_ADDING, $other);
        $this->assertSame(rooms::AS_SITE, rooms::course_says($other));
    }

    public function test_new_groups_and_courses_are_told_where_there_are_rooms(): void {
        $generator = $this->getDataGenerator();
        $this->connect();
        $this->send_nothing();
        $course = $generator->create_course();
        $quiet = $generator->create_course();
        $generator->create_group(['courseid' => $course->id]);
        $this->assertSame([], $this->waiting());
        set_config('rooms', rooms::SOME, 'block_gchat');
        rooms::set_course((int) $course->id, rooms::OPEN);
        $this->waiting();
        $generator->create_course();
        $generator->create_group(['courseid' => $quiet->id]);
        $this->assertSame([], $this->waiting());
        $group = $generator->create_group(['courseid' => $course->id]);
        $this->assertSame([(int) $course->id], $this->waiting());
        groups_update_group((object) ['id' => $group->id, 'courseid' => $course->id, 'name' => 'Another']);
        $this->assertSame([(int) $course->id], $this->waiting());
        set_config('rooms', rooms::ALL, 'block_gchat');
        $new = $generator->create_course();
        $this->assertSame([(int) $new->id], $this->waiting());
    }

    public function test_a_setting_for_many_courses_is_told_in_portions(): void {
        global $DB;
        $generator = $this->getDataGenerator();
        $this->connect();
        $this->send_nothing();
        rooms::learn(self::KNOWS);
        $courses = [];
        for ($i = 0; $i < 55; $i++) {
            $courses[] = (int) $generator->create_course()->id;
        }
        $ended = $generator->create_course(['startdate' => time() - 100, 'enddate' => time() - 5]);
        $none = $generator->create_course();
        rooms::set_course((int) $none->id, rooms::NONE);
        admin_get_root(true, true);
        admin_write_settings((object) ['s_block_gchat_rooms' => rooms::ALL]);
        // The newest first.
        $this->assertSame(array_slice($courses, 5), $this->waiting());
        foreach (array_slice($courses, 3) as $course) {
            rooms::told($course, rooms::OPEN);
        }
        // One of them waits already: nothing is written down twice.
        outbox::add_many([['kind' => outbox::COURSE, 'target' => $courses[0]]]);
        rooms::changed();
        $this->assertSame(array_slice($courses, 0, 3), $this->waiting());
        foreach ($courses as $course) {
            rooms::told($course, rooms::OPEN);
        }
        rooms::changed();
        $this->assertSame([], $this->waiting());
        // Off again: those that were told, and no others.
        admin_get_root(true, true);
        admin_write_settings((object) ['s_block_gchat_rooms' => rooms::OFF]);
        $this->assertSame(array_slice($courses, 5), $this->waiting());
        $DB->delete_records('course', ['id' => $ended->id]);
        rooms::told((int) $ended->id, rooms::OPEN);
        $this->assertFalse($DB->record_exists('block_gchat_course', ['courseid' => $ended->id]), 'it is gone');
    }

    public function test_a_server_from_a_backup_and_another_one_are_told_again(): void {
        global $DB;
        $this->connect();
        $course = (int) $this->getDataGenerator()->create_course()->id;
        set_config('rooms', rooms::ALL, 'block_gchat');
        rooms::learn(self::KNOWS);
        rooms::told($course, rooms::OPEN);
        $told = fn() => $DB->get_field('block_gchat_course', 'told', ['courseid' => $course]);
        rooms::learn(self::KNOWS);
        $this->assertSame('open', $told());
        rooms::learn(['epoch' => 'two'] + self::KNOWS);
        $this->assertSame('unknown', $told());
        rooms::told($course, rooms::OPEN);
        // One that knows no rooms has none, and must be told when it has learnt of them.
        rooms::learn(['features' => []]);
        $this->assertSame('none', $told());
        rooms::learn(self::KNOWS);
        $this->assertSame('unknown', $told());
        rooms::told($course, rooms::OPEN);
        // The same server, connected anew: what changed in between was not written down.
        connection::current()->save();
        $this->assertNull(rooms::taken());
        rooms::learn(self::KNOWS);
        $this->assertSame('unknown', $told());
    }

    public function test_a_server_of_release_1_goes_on_hearing_of_courses(): void {
        global $DB;
        $old = new roomless_server();
        $this->connect($old->url);
        policy::told(policy::now(0));
        set_config('rooms', rooms::ALL, 'block_gchat');
        $course = $this->getDataGenerator()->create_course();
        $call = "PUT /api/v1/circles/c$course->id";
        $this->assertContains("$call 200", $old->calls());
        $this->assertFalse(rooms::taken());
        // It was newer, and is older again: what it refuses is told without the room.
        rooms::learn(self::KNOWS);
        sender::forget();
        update_course((object) ['id' => $course->id, 'fullname' => 'Algebra']);
        $this->assertSame(["$call 400", 'GET /api/v1/status 200', "$call 200"], array_values($old->calls()));
        $this->assertFalse($DB->record_exists('block_gchat_outbox', ['kind' => outbox::COURSE]));
        $this->assertFalse($DB->record_exists_select('block_gchat_course', "told <> 'none'"));
        // The minute asks whether it has learnt of rooms, and tells it of none.
        $this->assertStringContainsString('calls made for rooms: 0', $this->minute());
        $this->assertContains('GET /api/v1/status 200', $old->calls());
        // Without rooms, nothing is asked.
        set_config('rooms', rooms::OFF, 'block_gchat');
        unset_config('roomserver', 'block_gchat');
        $this->minute();
        $this->assertNotContains('GET /api/v1/status 200', $old->calls());
    }

    /**
     * The rooms that somebody has on the real server.
     *
     * @param \stdClass $user
     * @return string[] what each is called and whether one may write there, by conversation
     */
    private function rooms_of(\stdClass $user): array {
        sender::forget();
        $content = rights::for_token((int) $user->id)['content'];
        $token = jwt::user_token(connection::current(), (int) $user->id, 'abcdefgh', $content, time());
        $socket = $this->server->open($token);
        $this->server->until($socket, 'welcome');
        $this->server->say($socket, ['type' => 'rooms', 'request' => 1, 'limit' => 100]);
        $rooms = $this->server->until($socket, 'rooms')['rooms'];
        fclose($socket);
        $found = array_map(fn($room) => "$room[title] $room[writing]", array_column($rooms, null, 'conversation'));
        ksort($found);
        return $found;
    }

    public function test_the_real_server_has_the_rooms_that_site_and_course_say(): void {
        global $CFG;
        $generator = $this->getDataGenerator();
        $this->server = new running_server(running_server::binary($this), $CFG->wwwroot);
        $this->server->connection->save();
        policy::told(policy::now(0));
        $this->assertTrue(rooms::learn((new server(connection::current()))->status()));
        $course = $generator->create_course(['groupmode' => SEPARATEGROUPS, 'fullname' => 'Algebra']);
        [$one, $two] = [
            $generator->create_group(['courseid' => $course->id, 'name' => 'One']),
            $generator->create_group(['courseid' => $course->id, 'name' => 'Two']),
        ];
        $teacher = $generator->create_and_enrol($course, 'editingteacher');
        $student = $generator->create_and_enrol($course);
        groups_add_member($one, $student);
        $this->assertSame([[], []], [$this->rooms_of($teacher), $this->rooms_of($student)]);
        // The page of the setting tells at once.
        admin_get_root(true, true);
        admin_write_settings((object) ['s_block_gchat_rooms' => rooms::ALL]);
        $id = "r-c$course->id";
        $all = [$id => 'Algebra yes', "$id~g$one->id" => 'Algebra: One yes', "$id~g$two->id" => 'Algebra: Two yes'];
        $this->assertSame($all, $this->rooms_of($teacher));
        $this->assertSame(["$id~g$one->id" => 'Algebra: One yes'], $this->rooms_of($student));
        // Another group, another name, a new group.
        groups_remove_member($one, $student);
        groups_add_member($two, $student);
        sender::forget();
        groups_update_group((object) ['id' => $two->id, 'courseid' => $course->id, 'name' => 'Zwei']);
        $this->assertSame(["$id~g$two->id" => 'Algebra: Zwei yes'], $this->rooms_of($student));
        $three = $generator->create_group(['courseid' => $course->id, 'name' => 'Three']);
        $this->assertArrayHasKey("$id~g$three->id", $this->rooms_of($teacher));
        // The course's own form closes them, and takes them away.
        update_course((object) ['id' => $course->id, 'block_gchat_room' => 'closed']);
        $this->assertSame(["$id~g$two->id" => 'Algebra: Zwei no'], $this->rooms_of($student));
        update_course((object) ['id' => $course->id, 'block_gchat_room' => 'none']);
        $this->assertSame([], $this->rooms_of($teacher));
        // A command line: the task of every minute finds it.
        set_config('rooms', rooms::OFF, 'block_gchat');
        update_course((object) ['id' => $course->id, 'block_gchat_room' => 'site']);
        set_config('rooms', rooms::ALL, 'block_gchat');
        $this->assertSame([], $this->rooms_of($student));
        $this->assertMatchesRegularExpression('/^calls made for rooms: [1-9]/m', $this->minute());
        $this->assertSame(["$id~g$two->id" => 'Algebra: Zwei yes'], $this->rooms_of($student));
        $this->assertStringContainsString('calls made for rooms: 0', $this->minute());
    }
}
