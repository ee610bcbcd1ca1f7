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
 * Where the chat gets onto Moodle's pages, and what a course says of it into the course's form.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$callbacks = [
    [
        'hook' => \core\hook\output\before_footer_html_generation::class,
        'callback' => \block_gchat\hooks::class . '::before_footer_html_generation',
    ],
    [
        'hook' => \core\hook\output\before_http_headers::class,
        'callback' => \block_gchat\hooks::class . '::before_http_headers',
    ],
    [
        'hook' => \core_course\hook\after_form_definition::class,
        'callback' => \block_gchat\course_form::class . '::after_form_definition',
    ],
    [
        'hook' => \core_course\hook\after_form_submission::class,
        'callback' => \block_gchat\course_form::class . '::after_form_submission',
    ],
];
