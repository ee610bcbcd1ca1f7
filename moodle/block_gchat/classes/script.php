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

/**
 * The script tag that brings the chat onto a page: once a page, and only for those who may chat there.
 *
 * Making it asks no database and no server: a page costs the same whether the chat server lives or not.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class script {
    /** @var \WeakMap|null the pages whose block waits for the client */
    private static ?\WeakMap $wanted = null;

    /** @var \WeakMap|null the pages that have the tag */
    private static ?\WeakMap $printed = null;

    /**
     * Says that the page has the block, so that it needs the client even where not every page has it.
     *
     * @param \moodle_page $page
     */
    public static function want(\moodle_page $page): void {
        self::$wanted ??= new \WeakMap();
        self::$wanted[$page] = true;
    }

    /**
     * The context of the template `block_gchat/script`; null where the page gets no chat, or has its tag already.
     *
     * @param \moodle_page $page
     * @return array|null
     */
    public static function for_page(\moodle_page $page): ?array {
        self::$printed ??= new \WeakMap();
        if (isset(self::$printed[$page]) || !self::is_for($page)) {
            return null;
        }
        $connection = connection::current();
        if ($connection === null) {
            return null;
        }
        self::$printed[$page] = true;
        return self::context($connection);
    }

    /**
     * Whether a page gets the tag, as far as its blocks are made already.
     *
     * @param \moodle_page $page
     * @return bool
     */
    public static function is_for(\moodle_page $page): bool {
        $everypage = get_config('block_gchat', 'everypage');
        // Not set yet (false) is as the default: every page.
        if ($everypage !== false && !$everypage && !isset(self::$wanted[$page])) {
            return false;
        }
        return gate::page_refusal($page) === null;
    }

    /**
     * All that the client reads from the tag.
     *
     * @param connection $connection
     * @return array
     */
    private static function context(connection $connection): array {
        global $CFG, $USER;
        $service = fn(string $function) => "$CFG->wwwroot/lib/ajax/service.php?sesskey=" . sesskey() . "&info=$function";
        return [
            'src' => $CFG->wwwroot . '/blocks/gchat/js/gchat.js?v=' . get_config('block_gchat', 'version'),
            'server' => $connection->url,
            'site' => $connection->site,
            'user' => (int) $USER->id,
            'sid' => login::sid(),
            'tokenurl' => $service('block_gchat_get_token'),
            'tokenbody' => '[{"index":0,"methodname":"block_gchat_get_token","args":{}}]',
            // What the client adds while nobody types: such a call does not keep the Moodle login alive.
            'tokenidle' => 'nosessionupdate=true',
            'peopleurl' => $service('block_gchat_find_people'),
            'peoplemethod' => 'block_gchat_find_people',
            'mark' => mark::name(),
            'salt' => login::salt(),
            'lang' => current_language(),
            'container' => get_config('block_gchat', 'container') ?: 'body',
        ];
    }
}
