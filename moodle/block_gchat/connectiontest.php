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
 * The connection test: asks the chat server now, and says what is wrong and how to mend it.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use block_gchat\check;

require_once(__DIR__ . '/../../config.php');
require_once($CFG->libdir . '/adminlib.php');

admin_externalpage_setup('block_gchat_connectiontest');

$probe = new check\probe(true);
$checks = [
    new check\connection($probe),
    new check\socket($probe),
    new check\storage($probe),
    new check\backlog($probe),
    new check\leftovers($probe),
];

echo $OUTPUT->header();
// Somebody waits here for seconds; their other pages need not. (The header has shown what the session had to tell.)
\core\session\manager::write_close();
echo $OUTPUT->heading(get_string('connectiontest', 'block_gchat'));
echo $OUTPUT->render_from_template('block_gchat/connection_test', [
    'checks' => array_map(
        fn($check) => ['name' => $check->get_name(), 'details' => $check->report()],
        $checks
    ),
    'againurl' => $PAGE->url->out(false),
    'settingsurl' => (new moodle_url('/admin/settings.php', ['section' => 'blocksettinggchat']))->out(false),
]);
echo $OUTPUT->footer();
