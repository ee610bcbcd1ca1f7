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
 * The block: who is online now.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use block_gchat\output\block_content;
use block_gchat\script;

/**
 * The block: a place for the list that the browser's client fills, and something sensible to read until it does.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class block_gchat extends block_base {
    #[\Override]
    public function init() {
        $this->title = get_string('pluginname', 'block_gchat');
    }

    #[\Override]
    public function has_config() {
        return true;
    }

    /**
     * Everywhere: a person who has the block on one page looks for it on the next.
     *
     * @return array page formats
     */
    #[\Override]
    public function applicable_formats() {
        return ['all' => true];
    }

    /**
     * One a page: two lists of the same people would only confuse.
     *
     * @return bool
     */
    #[\Override]
    public function instance_allow_multiple() {
        return false;
    }

    /**
     * Empty, so that Moodle leaves the block out, for those who may not chat here.
     *
     * @return stdClass with text and footer
     */
    #[\Override]
    public function get_content() {
        if ($this->content !== null) {
            return $this->content;
        }
        $this->content = (object) ['text' => '', 'footer' => ''];
        if (empty($this->instance)) {
            return $this->content;
        }
        $content = block_content::for_page($this->page);
        if ($content === null) {
            return $this->content;
        }
        if ($content->has_roster()) {
            script::want($this->page);
        }
        $this->content->text = $this->page->get_renderer('core')->render($content);
        return $this->content;
    }
}
