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

namespace block_gchat\external;

use block_gchat\asked;
use block_gchat\connection;
use block_gchat\gate;
use block_gchat\introduction;
use block_gchat\login;
use block_gchat\people;
use block_gchat\person;
use block_gchat\rights;
use block_gchat\server;
use block_gchat\server_exception;
use core\session\manager;
use core_external\external_api;
use core_external\external_function_parameters;
use core_external\external_multiple_structure;
use core_external\external_single_structure;
use core_external\external_value;

/**
 * Finds people whom the person of this request may write to, online or not: by a part of their name, or one by their id.
 *
 * Whoever is asked for by id is made known to the chat server, so that one can write to somebody who has never been there. See
 * client/README.md, "People, online or not".
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class find_people extends external_api {
    /** How often somebody may search in a minute: more often than anybody types. */
    private const SEARCHES = 120;

    /** How many people somebody may be introduced to in a minute. */
    private const INTRODUCTIONS = 20;

    /**
     * What is looked for.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'text' => new external_value(PARAM_RAW, 'Words that the name has; empty: everybody', VALUE_DEFAULT, ''),
            'next' => new external_value(PARAM_RAW, 'What the page before gave; empty: the first page', VALUE_DEFAULT, ''),
            'user' => new external_value(PARAM_INT, 'The id of the one person who is asked for; 0: none', VALUE_DEFAULT, 0),
        ]);
    }

    /**
     * Finds people.
     *
     * @param string $text
     * @param string $next
     * @param int $user
     * @return array `people`, `next`
     * @throws \moodle_exception its error code tells the client what to do: those of the token call, and `toomany`
     */
    public static function execute(string $text = '', string $next = '', int $user = 0): array {
        global $USER;

        $asked = self::validate_parameters(self::execute_parameters(), ['text' => $text, 'next' => $next, 'user' => $user]);
        self::validate_context(\context_system::instance());
        manager::write_close();

        $refusal = gate::refusal() ?? (login::time_left() > 0 ? null : 'servicerequireslogin');
        if ($refusal !== null) {
            throw gate::refused($refusal);
        }
        $me = (int) $USER->id;
        $often = $asked['user']
            ? asked::too_often('introduction', $me, self::INTRODUCTIONS) : asked::too_often('search', $me, self::SEARCHES);
        if ($often) {
            throw gate::refused('toomany');
        }
        $person = person::read($me);
        $found = $person && $person->is_active() ? rights::with_reach($person) : null;
        if ($found === null || $found['closed'] || $found['paused'] > time()) {
            throw gate::refused('nochat');
        }
        if (!$asked['user']) {
            return people::search($person, $found['reach'], $asked['text'], $asked['next']);
        }
        try {
            $other = introduction::of($person, $asked['user'], new server(connection::current()));
        } catch (server_exception $e) {
            throw gate::refused('chataway');
        }
        return ['people' => $other === null ? [] : [$other], 'next' => ''];
    }

    /**
     * People.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return new external_single_structure([
            'people' => new external_multiple_structure(new external_single_structure([
                'id' => new external_value(PARAM_INT, 'The id of the user'),
                'name' => new external_value(PARAM_RAW, 'The full name, as text'),
                'picture' => new external_value(PARAM_RAW, 'The picture’s address; null: none', VALUE_REQUIRED, null, NULL_ALLOWED),
                'profile_url' => new external_value(PARAM_RAW, 'The address of the profile'),
                'role' => new external_value(PARAM_ALPHA, 'teacher: in a course that both share; else student'),
                'circles' => new external_multiple_structure(
                    new external_value(PARAM_RAW, 'The title of a course that both share, as text')
                ),
            ])),
            'next' => new external_value(PARAM_RAW, 'What to ask for the next page with; empty: this is the last'),
        ]);
    }
}
