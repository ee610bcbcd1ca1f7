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
 * How often somebody has asked for something in this minute.
 *
 * It is counted in a cache, so two requests at the same instant may count as one: this keeps a script from asking thousands of
 * times, and nothing else depends on it.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class asked {
    /**
     * Counts, and says whether it was too often.
     *
     * @param string $what `search` or `introduction`
     * @param int $userid
     * @param int $most in a minute
     * @return bool
     */
    public static function too_often(string $what, int $userid, int $most): bool {
        $cache = \cache::make('block_gchat', 'asked');
        $minute = intdiv(\core\di::get(\core\clock::class)->time(), 60);
        [$of, $times] = array_map(intval(...), explode(' ', (string) $cache->get("{$what}_$userid") . ' 0'));
        $times = $of === $minute ? $times + 1 : 1;
        $cache->set("{$what}_$userid", "$minute $times");
        return $times > $most;
    }
}
