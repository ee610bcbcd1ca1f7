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
 * Steps from one version to the next.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

/**
 * Upgrades.
 *
 * @param int $oldversion
 * @return bool
 */
function xmldb_block_gchat_upgrade(int $oldversion): bool {
    global $CFG, $DB;

    if ($oldversion < 2026112200) {
        // The plugin that had this name until 2013 (version 2012091300). Of its settings, the container's goes on; its own
        // server, and its tables with what people wrote, are left as they are.
        $manager = $DB->get_manager();
        foreach (['block_gchat_user', 'block_gchat_outbox'] as $table) {
            if (!$manager->table_exists($table)) {
                $manager->install_one_table_from_xmldb_file("$CFG->dirroot/blocks/gchat/db/install.xml", $table);
            }
        }
        if (!get_config('block_gchat', 'copysecret')) {
            set_config('copysecret', bin2hex(random_bytes(32)), 'block_gchat');
            set_config('versionbase', 0, 'block_gchat');
        }
        if (in_array($CFG->block_gchat_container ?? '', ['body', '#page'])) {
            set_config('container', $CFG->block_gchat_container, 'block_gchat');
        }
        upgrade_block_savepoint(true, 2026112200, 'gchat');
    }

    if ($oldversion < 2026112901) {
        // Attempts of quizzes pause the chat: what the server was told of it, and what quizzes say.
        $manager = $DB->get_manager();
        $table = new xmldb_table('block_gchat_user');
        $field = new xmldb_field('paused', XMLDB_TYPE_INTEGER, '10', null, null, null, '0', 'stale');
        if (!$manager->field_exists($table, $field)) {
            $manager->add_field($table, $field);
        }
        $index = new xmldb_index('paused', XMLDB_INDEX_NOTUNIQUE, ['paused']);
        if (!$manager->index_exists($table, $index)) {
            $manager->add_index($table, $index);
        }
        if (!$manager->table_exists('block_gchat_quiz')) {
            $manager->install_one_table_from_xmldb_file("$CFG->dirroot/blocks/gchat/db/install.xml", 'block_gchat_quiz');
        }
        upgrade_block_savepoint(true, 2026112901, 'gchat');
    }

    if ($oldversion < 2026112902) {
        // What the task of every minute compares with people's preferences and with the clock.
        $manager = $DB->get_manager();
        $table = new xmldb_table('block_gchat_user');
        $fields = [
            new xmldb_field('preferences', XMLDB_TYPE_CHAR, '10', null, null, null, null, 'stale'),
            new xmldb_field('timeuntil', XMLDB_TYPE_INTEGER, '10', null, null, null, null, 'preferences'),
        ];
        foreach ($fields as $field) {
            if (!$manager->field_exists($table, $field)) {
                $manager->add_field($table, $field);
            }
        }
        $index = new xmldb_index('timeuntil', XMLDB_INDEX_NOTUNIQUE, ['timeuntil']);
        if (!$manager->index_exists($table, $index)) {
            $manager->add_index($table, $index);
        }
        upgrade_block_savepoint(true, 2026112902, 'gchat');
    }

    if ($oldversion < 2026113000) {
        // Rooms: what courses say of theirs, and what the server was told of it.
        if (!$DB->get_manager()->table_exists('block_gchat_course')) {
            $file = "$CFG->dirroot/blocks/gchat/db/install.xml";
            $DB->get_manager()->install_one_table_from_xmldb_file($file, 'block_gchat_course');
        }
        upgrade_block_savepoint(true, 2026113000, 'gchat');
    }

    return true;
}
