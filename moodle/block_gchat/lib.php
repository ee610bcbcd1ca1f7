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
 * Callbacks of Moodle that are functions.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

/**
 * What the status report of the site says about the chat.
 *
 * @return \core\check\check[]
 */
function block_gchat_status_checks(): array {
    $probe = new \block_gchat\check\probe();
    return [
        new \block_gchat\check\connection($probe),
        new \block_gchat\check\socket($probe),
        new \block_gchat\check\storage($probe),
        new \block_gchat\check\backlog($probe),
        new \block_gchat\check\leftovers($probe),
    ];
}

/**
 * What a quiz says of its attempts and the chat, in the form of the activity.
 *
 * @param moodleform_mod $formwrapper
 * @param MoodleQuickForm $mform
 */
function block_gchat_coursemodule_standard_elements($formwrapper, $mform): void {
    if ($formwrapper->get_current()->modulename !== 'quiz') {
        return;
    }
    $site = get_string('exampause_' . \block_gchat\exams::site_says(), 'block_gchat');
    $mform->addElement('header', 'block_gchat_header', get_string('pluginname', 'block_gchat'));
    // The select's values are texts, so that "as the site says" is none of the numbers of pause.
    $mform->addElement('select', 'block_gchat_pause', get_string('exampause', 'block_gchat'), [
        '' => get_string('exampause_site', 'block_gchat', $site),
        \block_gchat\pause::ALWAYS => get_string('exampause_always', 'block_gchat'),
        \block_gchat\pause::NEVER => get_string('exampause_never', 'block_gchat'),
    ]);
    $mform->addHelpButton('block_gchat_pause', 'exampause', 'block_gchat');
    $quizid = (int) ($formwrapper->get_current()->instance ?? 0);
    $mform->setDefault('block_gchat_pause', $quizid ? \block_gchat\exams::quiz_says($quizid) ?? '' : '');
}

/**
 * Keeps what the form of a quiz says.
 *
 * @param stdClass $data of the form, or of a script that makes or changes activities; then it need not have this field
 * @param stdClass $course
 * @return stdClass the same data
 */
function block_gchat_coursemodule_edit_post_actions($data, $course) {
    if ($data->modulename === 'quiz' && isset($data->block_gchat_pause) && !empty($data->instance)) {
        $says = match ((string) $data->block_gchat_pause) {
            (string) \block_gchat\pause::ALWAYS => \block_gchat\pause::ALWAYS,
            (string) \block_gchat\pause::NEVER => \block_gchat\pause::NEVER,
            default => null,
        };
        \block_gchat\exams::set_quiz((int) $data->instance, $says);
    }
    return $data;
}

/**
 * A link on somebody's profile that opens the chat with them, where the page has the chat. It asks no database: whether one may
 * write to them is decided when it is pressed.
 *
 * @param \core_user\output\myprofile\tree $tree
 * @param stdClass $user
 * @param bool $iscurrentuser
 * @param stdClass|null $course
 */
function block_gchat_myprofile_navigation(\core_user\output\myprofile\tree $tree, $user, $iscurrentuser, $course): void {
    global $PAGE;
    if ($iscurrentuser || !empty($user->deleted) || !empty($user->suspended) || isguestuser($user)) {
        return;
    }
    if (!\block_gchat\script::is_for($PAGE)) {
        return;
    }
    // The page stays as it is: what is behind the # is for the chat.
    $url = new moodle_url($PAGE->url, null, "gchat-with=$user->id");
    $tree->add_node(new \core_user\output\myprofile\node(
        'contact',
        'block_gchat',
        get_string('profile_chat', 'block_gchat'),
        null,
        $url
    ));
}
