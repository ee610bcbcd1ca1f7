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
 * What the browser may call.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$functions = [
    'block_gchat_find_people' => [
        'classname' => \block_gchat\external\find_people::class,
        'description' => 'Finds people whom the person may write to. Whoever is asked for by id is made known to the chat server.',
        'type' => 'write',
        'ajax' => true,
        'loginrequired' => true,
    ],
    'block_gchat_get_token' => [
        'classname' => \block_gchat\external\get_token::class,
        'description' => 'Signs a short token with which the person signs in to the chat server.',
        'type' => 'read',
        'ajax' => true,
        'loginrequired' => true,
    ],
];
