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

namespace block_gchat\setting;

use block_gchat\connection;
use block_gchat\policy;
use block_gchat\sender;

/**
 * The box for the connection code of `gchat site add`: address, site id and key in one paste.
 *
 * What it shows afterwards is where the site is connected, never the key, and never what was pasted.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class connection_code extends \admin_setting {
    /** @var bool whether the last write stored another connection */
    private bool $changed = false;

    /**
     * The setting `block_gchat/code`, under which nothing is stored.
     */
    public function __construct() {
        parent::__construct(
            'block_gchat/code',
            new \lang_string('setting_code', 'block_gchat'),
            new \lang_string('setting_code_desc', 'block_gchat'),
            ''
        );
    }

    /**
     * The box is always empty: what is stored is parts of the code, under their own names.
     *
     * @return string
     */
    #[\Override]
    public function get_setting() {
        return '';
    }

    /**
     * Takes a code apart and stores its parts; an empty box changes nothing.
     *
     * @param mixed $data what was pasted
     * @return string what is wrong with it; empty if nothing is
     */
    #[\Override]
    public function write_setting($data) {
        $this->changed = false;
        // Mail and terminals break long lines.
        $code = preg_replace('/\s+/', '', (string) $data);
        if ($code === '') {
            return '';
        }
        try {
            $connection = connection::from_code($code);
        } catch (\InvalidArgumentException $e) {
            return $e->getMessage();
        }
        $before = connection::current();
        if ($before !== null && [$before->url, $before->site] !== [$connection->url, $connection->site]) {
            sender::leave($before);
        }
        $connection->save();
        policy::changed();
        // The key itself goes into no log.
        foreach (['url', 'site', 'kid'] as $part) {
            if (($before?->$part ?? null) !== $connection->$part) {
                add_to_config_log($part, $before?->$part ?? null, $connection->$part, 'block_gchat');
            }
        }
        $this->changed = true;
        return '';
    }

    #[\Override]
    public function post_write_settings($original) {
        return $this->changed;
    }

    /**
     * The box, and above it where the site is connected.
     *
     * @param mixed $data what was pasted, if it was refused: it is not shown again
     * @param string $query what the administrator searches for
     * @return string
     */
    #[\Override]
    public function output_html($data, $query = '') {
        global $OUTPUT;
        $connection = connection::current();
        $state = $connection === null
            ? get_string('setting_code_notconnected', 'block_gchat')
            : get_string('setting_code_connected', 'block_gchat', [
                'url' => $connection->url,
                'site' => $connection->site,
                'kid' => $connection->kid,
            ]);
        $context = ['id' => $this->get_id(), 'name' => $this->get_full_name(), 'state' => $state];
        $element = $OUTPUT->render_from_template('block_gchat/setting_code', $context);
        return format_admin_setting($this, $this->visiblename, $element, $this->description, true, '', null, $query);
    }
}
