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
 * Runs when the plugin leaves a site, before core drops its tables and settings.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

/**
 * Takes away what core does not know of, and has the chat server send away whoever is connected, if it answers within a
 * moment: an uninstall must not fail on a dead one. What the server keeps goes with `gchat site remove` there.
 *
 * @return bool
 */
function xmldb_block_gchat_uninstall(): bool {
    $connection = \block_gchat\connection::current();
    if ($connection !== null) {
        \block_gchat\sender::leave($connection);
    }
    // Of the plugin that had this name until 2013.
    foreach (['block_gchat_server_name', 'block_gchat_server_port', 'block_gchat_container'] as $name) {
        unset_config($name);
    }
    return true;
}
