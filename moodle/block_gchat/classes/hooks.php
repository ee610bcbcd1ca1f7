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

use core\hook\output\before_footer_html_generation;
use core\hook\output\before_http_headers;

/**
 * What the plugin adds to pages that Moodle makes.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class hooks {
    /**
     * Adds the script tag to the page's end. The client puts its elements where they belong by itself: what a hook
     * prints here lands inside the main region.
     *
     * @param before_footer_html_generation $hook
     */
    public static function before_footer_html_generation(before_footer_html_generation $hook): void {
        global $PAGE;
        try {
            $context = script::for_page($PAGE);
            if ($context !== null) {
                $hook->add_html($hook->renderer->render_from_template('block_gchat/script', $context));
            }
        } catch (\Throwable $e) {
            // A page without chat is better than no page.
            debugging('block_gchat: the chat is left out of this page: ' . $e->getMessage(), DEBUG_DEVELOPER);
        }
    }

    /**
     * Takes the mark of a login that has ended out of the browser, with the first page that is not of that login.
     *
     * @param before_http_headers $hook
     */
    public static function before_http_headers(before_http_headers $hook): void {
        try {
            mark::clear_unless_own();
        } catch (\Throwable $e) {
            debugging('block_gchat: the mark is left: ' . $e->getMessage(), DEBUG_DEVELOPER);
        }
    }
}
