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
 * Settings of the chat: where its server is, and where it shows.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

if ($ADMIN->fulltree) {
    $settings->add(new \block_gchat\setting\connection_code());
    // The browser asks for this once the page stands, so a dead server delays nobody.
    $settings->add(new admin_setting_check('block_gchat/connectioncheck', new \block_gchat\check\connection(), true));
    $settings->add(new \block_gchat\setting\inner_address());
    $settings->add(new admin_setting_configcheckbox(
        'block_gchat/withoutmessaging',
        new lang_string('setting_withoutmessaging', 'block_gchat'),
        new lang_string('setting_withoutmessaging_desc', 'block_gchat'),
        0
    ));
    $settings->add(new admin_setting_configcheckbox(
        'block_gchat/everypage',
        new lang_string('setting_everypage', 'block_gchat'),
        new lang_string('setting_everypage_desc', 'block_gchat'),
        1
    ));
    $settings->add(new admin_setting_configselect(
        'block_gchat/container',
        new lang_string('setting_container', 'block_gchat'),
        new lang_string('setting_container_desc', 'block_gchat'),
        'body',
        [
            'body' => new lang_string('setting_container_body', 'block_gchat'),
            '#page' => new lang_string('setting_container_page', 'block_gchat'),
        ]
    ));
    $editseconds = new admin_setting_configduration(
        'block_gchat/editseconds',
        new lang_string('setting_editseconds', 'block_gchat'),
        new lang_string('setting_editseconds_desc', 'block_gchat'),
        \block_gchat\policy::EDIT_SECONDS,
        MINSECS
    );
    $editseconds->set_updatedcallback('\block_gchat\policy::changed');
    $settings->add($editseconds);
    $settings->add(new admin_setting_configselect(
        'block_gchat/exampause',
        new lang_string('setting_exampause', 'block_gchat'),
        new lang_string('setting_exampause_desc', 'block_gchat'),
        \block_gchat\pause::EXAMS,
        [
            \block_gchat\pause::EXAMS => new lang_string('exampause_exams', 'block_gchat'),
            \block_gchat\pause::ALL => new lang_string('exampause_all', 'block_gchat'),
            \block_gchat\pause::OFF => new lang_string('exampause_off', 'block_gchat'),
        ]
    ));
    $rooms = new admin_setting_configselect(
        'block_gchat/rooms',
        new lang_string('setting_rooms', 'block_gchat'),
        new lang_string('setting_rooms_desc', 'block_gchat'),
        \block_gchat\rooms::OFF,
        [
            \block_gchat\rooms::OFF => new lang_string('siterooms_off', 'block_gchat'),
            \block_gchat\rooms::SOME => new lang_string('siterooms_some', 'block_gchat'),
            \block_gchat\rooms::ALL => new lang_string('siterooms_all', 'block_gchat'),
        ]
    );
    $rooms->set_updatedcallback('\block_gchat\rooms::changed');
    $settings->add($rooms);
}

$ADMIN->add('blocksettings', new admin_externalpage(
    'block_gchat_connectiontest',
    new lang_string('connectiontest', 'block_gchat'),
    new moodle_url('/blocks/gchat/connectiontest.php'),
    'moodle/site:config',
    true
));
