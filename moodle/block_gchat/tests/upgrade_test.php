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
 * A site that still has the plugin of 2013 under this name upgrades in place.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers ::xmldb_block_gchat_upgrade
 * @covers ::xmldb_block_gchat_install
 * @covers ::xmldb_block_gchat_uninstall
 */
final class upgrade_test extends \advanced_testcase {
    #[\Override]
    protected function setUp(): void {
        global $CFG;
        parent::setUp();
        $this->resetAfterTest();
        $this->preventResetByRollback();
        require_once($CFG->libdir . '/upgradelib.php');
        foreach (['install', 'upgrade', 'uninstall'] as $name) {
            require_once($CFG->dirroot . "/blocks/gchat/db/$name.php");
        }
    }

    public function test_tables_are_made_the_container_goes_on_and_old_tables_stay(): void {
        global $DB;
        $manager = $DB->get_manager();
        foreach (['block_gchat_user', 'block_gchat_outbox', 'block_gchat_quiz', 'block_gchat_course'] as $name) {
            $manager->drop_table(new \xmldb_table($name));
        }
        foreach (['copysecret', 'versionbase', 'container'] as $name) {
            unset_config($name, 'block_gchat');
        }
        $old = new \xmldb_table('block_gchat_messages');
        $old->add_field('id', XMLDB_TYPE_INTEGER, '10', null, XMLDB_NOTNULL, XMLDB_SEQUENCE);
        $old->add_field('text', XMLDB_TYPE_TEXT);
        $old->add_key('primary', XMLDB_KEY_PRIMARY, ['id']);
        $manager->create_table($old);
        $DB->insert_record('block_gchat_messages', ['text' => 'Hello of 2013']);
        set_config('block_gchat_container', '#page');
        set_config('block_gchat_server_name', 'chat.old.example');
        set_config('version', 2012091300, 'block_gchat');
        try {
            ob_start();
            $this->assertTrue(xmldb_block_gchat_upgrade(2012091300));
            ob_end_clean();
            $this->assertEquals($this->newest(), get_config('block_gchat', 'version'));
            $this->assertSame('#page', get_config('block_gchat', 'container'));
            $this->assertSame(64, strlen(get_config('block_gchat', 'copysecret')));
            $this->assertSame('Hello of 2013', $DB->get_field('block_gchat_messages', 'text', []));
            $this->assertSame([], $manager->check_database_schema(
                $manager->get_install_xml_schema(),
                ['extratables' => false, 'missingtables' => true]
            ));
            outbox::tick();
            $this->assertSame(1, $DB->count_records('block_gchat_outbox'));
            $this->assertTrue(xmldb_block_gchat_uninstall());
            $this->assertFalse(get_config('core', 'block_gchat_container'));
        } finally {
            $manager->drop_table($old);
        }
    }

    public function test_each_step_ends_with_the_tables_that_a_new_site_has(): void {
        global $DB;
        $manager = $DB->get_manager();
        // As of the first version.
        $manager->drop_table(new \xmldb_table('block_gchat_quiz'));
        $manager->drop_table(new \xmldb_table('block_gchat_course'));
        $table = new \xmldb_table('block_gchat_user');
        $manager->drop_index($table, new \xmldb_index('paused', XMLDB_INDEX_NOTUNIQUE, ['paused']));
        $manager->drop_field($table, new \xmldb_field('paused'));
        $manager->drop_index($table, new \xmldb_index('timeuntil', XMLDB_INDEX_NOTUNIQUE, ['timeuntil']));
        $manager->drop_field($table, new \xmldb_field('timeuntil'));
        $manager->drop_field($table, new \xmldb_field('preferences'));
        $DB->insert_record('block_gchat_user', ['userid' => 2, 'stale' => 0, 'timecreated' => time()]);
        set_config('version', 2026112200, 'block_gchat');
        ob_start();
        $this->assertTrue(xmldb_block_gchat_upgrade(2026112200));
        ob_end_clean();
        $this->assertEquals($this->newest(), get_config('block_gchat', 'version'));
        $this->assertEquals(0, $DB->get_field('block_gchat_user', 'paused', ['userid' => 2]));
        $this->assertSame([], $manager->check_database_schema(
            $manager->get_install_xml_schema(),
            ['extratables' => false, 'missingtables' => true]
        ));
    }

    /**
     * The version of the last step. Not every version has one.
     *
     * @return int
     */
    private function newest(): int {
        global $CFG;
        $source = file_get_contents("$CFG->dirroot/blocks/gchat/db/upgrade.php");
        $this->assertGreaterThan(0, preg_match_all('/upgrade_block_savepoint\(true, (\d+),/', $source, $steps));
        $plugin = new \stdClass();
        require("$CFG->dirroot/blocks/gchat/version.php");
        $this->assertLessThanOrEqual($plugin->version, max($steps[1]), 'a step beyond the version would run at each upgrade');
        return (int) max($steps[1]);
    }

    public function test_each_site_has_a_secret_of_its_own(): void {
        $this->assertTrue(xmldb_block_gchat_install());
        $one = get_config('block_gchat', 'copysecret');
        $this->assertTrue(xmldb_block_gchat_install());
        $this->assertNotSame($one, get_config('block_gchat', 'copysecret'));
    }
}
