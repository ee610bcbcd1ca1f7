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
 * Introduces somebody to the chat server whom another person wants to write to, and who may never have been there.
 *
 * Moodle's word is the authority: the browser names an id, and nobody is introduced whom the one who asks may not write to.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class introduction {
    /** The time that the server has to take it, in milliseconds: somebody waits for the answer. */
    private const WAIT_MS = 4000;

    /**
     * Introduces somebody.
     *
     * @param person $me who asks
     * @param int $userid who is asked for
     * @param server $server
     * @return array|null as people::card(); null: they may not be found
     * @throws server_exception where the server does not take it
     */
    public static function of(person $me, int $userid, server $server): ?array {
        if (server::is_away()) {
            throw new server_exception('away', 'the chat server did not answer a moment ago and is left alone for a while');
        }
        $other = $userid === $me->id() ? null : person::read($userid);
        $mine = rights::now($me);
        // Nothing is left behind of somebody who may not be found.
        if ($other === null || !circles::to_write($me->id(), $mine, $userid, rights::now($other))) {
            return null;
        }
        $server->limit(self::WAIT_MS);
        $told = rights::introduce($other, fn($snapshot) => $server->put_user($userid, $snapshot));
        $shared = $told === null ? [] : circles::to_write($me->id(), $mine, $userid, $told);
        return $shared ? people::card($other, $shared) : null;
    }
}
