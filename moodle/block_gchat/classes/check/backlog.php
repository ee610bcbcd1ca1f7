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

namespace block_gchat\check;

/**
 * Whether changes of rights reach the chat server.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class backlog extends plain_check {
    #[\Override]
    public function findings(): array {
        global $DB;
        if (!get_config('block_gchat', 'url')) {
            return [finding::na('socket_later')];
        }
        $sql = "SELECT COUNT(1) AS waiting, MIN(timecreated) AS oldest FROM {block_gchat_outbox} WHERE timedue IS NOT NULL";
        $outbox = $DB->get_record_sql($sql);
        $age = $outbox->waiting > 0 ? max(0, time() - $outbox->oldest) : 0;
        return [diagnosis::backlog((int) $outbox->waiting, $age)];
    }
}
