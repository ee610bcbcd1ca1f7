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

require_once(__DIR__ . '/fixtures/running_server.php');

/**
 * Very many changes cost Moodle little, and none of them is lost, however the process ends.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\notes
 * @covers \block_gchat\sender
 */
final class bulk_test extends \advanced_testcase {
    /** So many people are enrolled. */
    private const PEOPLE = 300;

    /** @var running_server|null */
    private ?running_server $server = null;

    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->preventResetByRollback();
        server::forget_outage();
        sender::forget();
        notes::forget();
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
     * Connects this site to a chat server that runs.
     */
    private function connect(): void {
        global $CFG;
        $this->server ??= new running_server(running_server::binary($this), $CFG->wwwroot);
        $this->server->connection->save();
    }

    /**
     * Makes people.
     *
     * @param bool $known whether the server may know them
     * @return int[]
     */
    private function people(bool $known): array {
        global $DB;
        $people = [];
        for ($i = 0; $i < self::PEOPLE; $i++) {
            $people[] = (int) $this->getDataGenerator()->create_user()->id;
        }
        if ($known) {
            $row = fn($user) => ['userid' => $user, 'stale' => 0, 'timecreated' => time()];
            $DB->insert_records('block_gchat_user', array_map($row, $people));
        }
        return $people;
    }

    /**
     * Enrols people one by one, as a script does, and counts what it costs the database, up to the script's end.
     *
     * @param int[] $people
     * @param bool $unenrol whether to end it again, and to count only that
     * @return int[] reads and writes
     */
    private function cost(array $people, bool $unenrol = false): array {
        global $DB;
        $course = $this->getDataGenerator()->create_course();
        $instance = $DB->get_record('enrol', ['courseid' => $course->id, 'enrol' => 'manual'], '*', MUST_EXIST);
        $role = (int) $DB->get_field('role', 'id', ['shortname' => 'student'], MUST_EXIST);
        $manual = enrol_get_plugin('manual');
        $enrol = fn() => array_map(fn($user) => $manual->enrol_user($instance, $user, $role), $people);
        $measured = $enrol;
        if ($unenrol) {
            $enrol();
            sender::after_answer();
            $measured = fn() => array_map(fn($user) => $manual->unenrol_user($instance, $user), $people);
        }
        sender::forget();
        [$reads, $writes] = [$DB->perf_get_reads(), $DB->perf_get_writes()];
        $measured();
        sender::after_answer();
        return [$DB->perf_get_reads() - $reads, $DB->perf_get_writes() - $writes];
    }

    /**
     * Who is there, and what is done with them.
     *
     * @return array[]
     */
    public static function bulks(): array {
        return [
            'people whom the server does not know are enrolled' => [false, false],
            'people whom the server knows are enrolled' => [true, false],
            'people whom the server knows are unenrolled' => [true, true],
        ];
    }

    /**
     * A loop costs a twentieth more at most.
     *
     * @param bool $known
     * @param bool $unenrol
     * @dataProvider bulks
     */
    public function test_a_loop_costs_a_twentieth_more_at_most(bool $known, bool $unenrol): void {
        global $DB;
        $this->connect();
        // Once before, so that what is cached is cached for both.
        $this->cost($this->people($known), $unenrol);
        connection::forget();
        [$reads, $writes] = $this->cost($this->people($known), $unenrol);
        $this->connect();
        [$morereads, $morewrites] = $this->cost($this->people($known), $unenrol);
        $said = "$morereads reads instead of $reads, $morewrites writes instead of $writes";
        $this->assertLessThanOrEqual(1.05 * $reads, $morereads, $said);
        $this->assertLessThanOrEqual(1.05 * $writes, $morewrites, $said);
        $this->assertFalse(server::is_away());
        $this->assertSame([], $this->waiting(), json_encode($DB->get_records_select('block_gchat_outbox', 'timedue > 0')));
    }

    public function test_a_change_of_a_bulk_asks_neither_database_nor_configuration(): void {
        global $CFG, $DB;
        $this->connect();
        $course = $this->getDataGenerator()->create_course();
        $people = $this->people(false);
        // From here on, caches count.
        $CFG->perfdebug = 15;
        \cache_factory::reset();
        $reads = fn() => array_sum(array_column(\cache_helper::get_stats()['core/config']['stores'] ?? [], 'hits'));
        // What is sent at once is sent.
        $this->enrol($course, array_splice($people, 0, 10));
        $this->assertGreaterThan(0, $reads());
        $before = [$reads(), $DB->perf_get_queries()];
        foreach ($people as $user) {
            $event = \core\event\user_enrolment_created::create([
                'objectid' => $user,
                'courseid' => $course->id,
                'context' => \context_course::instance($course->id),
                'relateduserid' => $user,
                'other' => ['enrol' => 'manual'],
            ]);
            observer::note($event);
            observer::send($event);
        }
        $this->assertSame($before, [$reads(), $DB->perf_get_queries()]);
    }

    public function test_people_and_their_course_are_told_of_in_one_call(): void {
        global $DB;
        $this->connect();
        $course = $this->getDataGenerator()->create_course();
        $people = array_slice($this->people(true), 0, notes::FEW + 5);
        $this->server->stop();
        $transaction = $DB->start_delegated_transaction();
        $this->enrol($course, $people);
        $this->assertSame([outbox::USER => notes::FEW, outbox::COURSE => 1], $this->waiting());
        $transaction->allow_commit();
        $this->server->start();
        server::forget_outage();
        $DB->set_field_select('block_gchat_outbox', 'timedue', time(), 'timedue IS NOT NULL');
        $this->assertSame(1, sender::run());
        $this->assertSame([], $this->waiting());
    }

    /**
     * Rows that wait, by what they are about.
     *
     * @return int[] how many of each
     */
    private function waiting(): array {
        global $DB;
        $rows = $DB->get_records_select('block_gchat_outbox', 'timedue IS NOT NULL', [], 'id');
        return array_count_values(array_map(fn($row) => $row->kind, $rows));
    }

    /**
     * Connects to nobody: what is written down waits.
     */
    private function connect_to_nobody(): void {
        set_config('url', 'http://127.0.0.1:9/', 'block_gchat');
    }

    /**
     * Enrols people.
     *
     * @param \stdClass $course
     * @param int[] $people
     */
    private function enrol(\stdClass $course, array $people): void {
        foreach ($people as $user) {
            $this->getDataGenerator()->enrol_user($user, $course->id);
        }
    }

    public function test_a_bulk_is_some_people_and_then_one_row_of_the_course(): void {
        global $DB;
        $course = $this->getDataGenerator()->create_course();
        $people = $this->people(false);
        $this->connect_to_nobody();
        $transaction = $DB->start_delegated_transaction();
        $this->enrol($course, $people);
        update_course((object) ['id' => $course->id, 'fullname' => 'Another name']);
        $this->assertSame([outbox::USER => notes::FEW, outbox::COURSE => 1], $this->waiting());
        $transaction->allow_commit();
        $this->assertSame([outbox::USER => notes::FEW, outbox::COURSE => 1], $this->waiting());
        // The next change may have been committed after that row was sent.
        update_course((object) ['id' => $course->id, 'fullname' => 'A third name']);
        $this->assertSame(2, $this->waiting()[outbox::COURSE]);
        // Outside a transaction one row tells of many as well.
        update_course((object) ['id' => $course->id, 'fullname' => 'A fourth name']);
        $this->assertSame(2, $this->waiting()[outbox::COURSE]);
    }

    public function test_a_process_sends_all_of_its_rows_at_its_end(): void {
        global $DB;
        $this->connect();
        $course = $this->getDataGenerator()->create_course();
        $user = $this->people(true)[0];
        $name = ['target' => $user, 'courseid' => (int) $course->id, 'sid' => null];
        // Two rows of one person, as nothing may lean on the first any more; others may send neither yet.
        for ($i = 0; $i < 2; $i++) {
            outbox::write(outbox::USER, $name + ['timedue' => time() + 60]);
        }
        $this->assertSame([], $DB->get_records_select('block_gchat_outbox', 'timedue <= ?', [time()]));
        sender::after_answer();
        $this->assertSame([], $this->waiting());
    }

    public function test_nothing_leans_on_a_row_that_was_rolled_back(): void {
        global $DB;
        $course = $this->getDataGenerator()->create_course();
        $user = $this->getDataGenerator()->create_user();
        $this->connect_to_nobody();
        $inner = function () use ($DB, $course, $user): void {
            $outer = $DB->start_delegated_transaction();
            $nested = $DB->start_delegated_transaction();
            $this->enrol($course, [(int) $user->id]);
            $nested->allow_commit();
            $outer->rollback(new \RuntimeException('undone'));
        };
        try {
            $inner();
        } catch (\RuntimeException $e) {
            $this->assertSame('undone', $e->getMessage());
        }
        $this->assertSame([], $this->waiting());
        $transaction = $DB->start_delegated_transaction();
        $this->enrol($course, [(int) $user->id]);
        $transaction->allow_commit();
        $this->assertSame([outbox::USER => 1], $this->waiting());
    }

    public function test_a_row_of_a_process_that_died_tells_of_all_that_leaned_on_it(): void {
        global $DB;
        $this->connect();
        $course = $this->getDataGenerator()->create_course();
        $people = array_slice($this->people(true), 0, notes::FEW + 5);
        $this->server->stop();
        $this->enrol($course, $people);
        $this->assertSame(1, $this->waiting()[outbox::COURSE]);
        // The process is killed. Another one leaves its rows alone, as for all it knows more changes may lean on them.
        notes::forget();
        $held = fn() => array_filter(outbox::due(100), fn($row) => $row->kind === outbox::COURSE);
        $this->assertSame([], $held());
        // When the time for that has passed, it tells of everybody.
        $DB->set_field_select('block_gchat_outbox', 'timedue', time(), 'timedue IS NOT NULL');
        $this->server->start();
        server::forget_outage();
        sender::run();
        $this->assertSame([], $this->waiting());
        foreach ($people as $user) {
            $rights = rights::for_token($user);
            $token = jwt::user_token(connection::current(), $user, 'abcdefgh', $rights['content'], time());
            $this->assertSame('welcome', $this->server->hello($token)['type']);
        }
    }

    public function test_a_row_that_was_sent_too_early_is_written_again(): void {
        global $DB;
        $this->connect();
        $course = $this->getDataGenerator()->create_course();
        $user = $this->people(true)[0];
        $this->server->stop();
        $this->enrol($course, [$user]);
        // A server whose clock is far ahead has sent it before the last change leaned on it.
        $DB->delete_records_select('block_gchat_outbox', 'timedue IS NOT NULL');
        groups_add_member($this->getDataGenerator()->create_group(['courseid' => $course->id]), $user);
        $this->server->start();
        server::forget_outage();
        $this->assertGreaterThan(0, sender::run());
        $this->assertSame([], $this->waiting());
    }
}
