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
 * Which changes the chat server hears of.
 *
 * Enrolments that begin or end by date, preferences, and sessions that time out or are killed raise no event: the task of
 * every minute looks for them.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$observers = [];
foreach (
    [
        'user_enrolment_created', 'user_enrolment_updated', 'user_enrolment_deleted',
        'enrol_instance_updated', 'enrol_instance_deleted',
        'group_member_added', 'group_member_removed', 'group_created', 'group_updated', 'group_deleted',
        'course_created', 'course_updated', 'course_deleted', 'course_category_updated', 'course_category_deleted',
        'role_assigned', 'role_unassigned', 'role_deleted', 'capability_assigned', 'capability_unassigned',
        'user_updated', 'user_deleted', 'user_loggedout', 'user_loggedinas',
        'message_user_blocked', 'message_user_unblocked', 'message_contact_added', 'message_contact_removed',
    ] as $event
) {
    // Inside the change's transaction. The priority makes it the first of the two where there is no transaction: Moodle
    // calls observers of equal priority in the reverse of this order, and sending would find nothing to send.
    $observers[] = [
        'eventname' => "\\core\\event\\$event",
        'callback' => '\block_gchat\observer::note',
        'priority' => 1,
    ];
    // After its commit.
    $observers[] = [
        'eventname' => "\\core\\event\\$event",
        'callback' => '\block_gchat\observer::send',
        'internal' => false,
    ];
}
$observers[] = [
    'eventname' => '\core\event\config_log_created',
    'callback' => '\block_gchat\observer::setting',
    'internal' => false,
];

// An attempt of a quiz that begins or ends may pause somebody's chat; see exams.
foreach (
    [
        'attempt_started', 'attempt_submitted', 'attempt_abandoned', 'attempt_becameoverdue', 'attempt_reopened',
        'attempt_deleted',
    ] as $event
) {
    $observers[] = [
        'eventname' => "\\mod_quiz\\event\\$event",
        'callback' => '\block_gchat\observer::note',
        'priority' => 1,
    ];
    $observers[] = [
        'eventname' => "\\mod_quiz\\event\\$event",
        'callback' => '\block_gchat\observer::send',
        'internal' => false,
    ];
}
foreach (['course_module_deleted', 'course_content_deleted'] as $event) {
    $observers[] = [
        'eventname' => "\\core\\event\\$event",
        'callback' => '\block_gchat\exams::tidy',
    ];
}

// What a course says of its room; see rooms.
foreach (['restored' => 'course_restored', 'tidy' => 'course_deleted'] as $callback => $event) {
    $observers[] = [
        'eventname' => "\\core\\event\\$event",
        'callback' => "\\block_gchat\\rooms::$callback",
    ];
}

// The mark in the browser goes with the login it is of; see mark.
foreach (['user_loggedin', 'user_loggedout', 'user_loggedinas'] as $event) {
    $observers[] = [
        'eventname' => "\\core\\event\\$event",
        'callback' => '\block_gchat\observer::mark',
    ];
}
