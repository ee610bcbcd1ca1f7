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

/**
 * Where Moodle itself reaches the chat server, if not where browsers do: an http(s) address that ends in a slash.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class inner_address extends \admin_setting_configtext {
    /**
     * The setting `block_gchat/innerurl`.
     */
    public function __construct() {
        parent::__construct(
            'block_gchat/innerurl',
            new \lang_string('setting_innerurl', 'block_gchat'),
            new \lang_string('setting_innerurl_desc', 'block_gchat'),
            '',
            PARAM_RAW_TRIMMED
        );
        $this->set_force_ltr(true);
    }

    /**
     * Stores the address, with its final slash.
     *
     * @param mixed $data what was typed
     * @return string what is wrong with it; empty if nothing is
     */
    #[\Override]
    public function write_setting($data) {
        try {
            return parent::write_setting(trim((string) $data) === '' ? '' : connection::address((string) $data));
        } catch (\InvalidArgumentException $e) {
            return $e->getMessage();
        }
    }
}
