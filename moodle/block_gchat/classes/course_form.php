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

use core_course\hook\after_form_definition;
use core_course\hook\after_form_submission;

/**
 * What a course says of its room, in the course's own form.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class course_form {
    /**
     * Adds the field, where the site lets courses have rooms, for whoever may set it.
     *
     * @param after_form_definition $hook
     */
    public static function after_form_definition(after_form_definition $hook): void {
        // The context of a course that is being made is its category's.
        if (!rooms::are_on() || !has_capability('block/gchat:configurecourse', $hook->formwrapper->get_context())) {
            return;
        }
        $mform = $hook->mform;
        $mform->addElement('header', 'block_gchat_header', get_string('pluginname', 'block_gchat'));
        $mform->addElement('select', 'block_gchat_room', get_string('courseroom', 'block_gchat'), self::choices());
        $mform->addHelpButton('block_gchat_room', 'courseroom', 'block_gchat');
        $courseid = (int) ($hook->formwrapper->get_course()->id ?? 0);
        $mform->setDefault('block_gchat_room', $courseid ? rooms::course_says($courseid) : rooms::AS_SITE);
    }

    /**
     * Keeps what the form says. A form without the field, and a script that makes or changes a course, say nothing.
     *
     * @param after_form_submission $hook
     */
    public static function after_form_submission(after_form_submission $hook): void {
        $data = $hook->get_data();
        $says = $data->block_gchat_room ?? null;
        if (is_string($says) && isset(self::choices()[$says]) && !empty($data->id)) {
            rooms::set_course((int) $data->id, $says);
        }
    }

    /**
     * What a course may say.
     *
     * @return string[] in words
     */
    private static function choices(): array {
        $site = rooms::holds(rooms::site_says(), rooms::AS_SITE);
        $words = [
            rooms::OPEN => get_string('courseroom_open', 'block_gchat'),
            rooms::CLOSED => get_string('courseroom_closed', 'block_gchat'),
            rooms::NONE => get_string('courseroom_none', 'block_gchat'),
        ];
        return [rooms::AS_SITE => get_string('courseroom_site', 'block_gchat', $words[$site])] + $words;
    }
}
