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

use block_gchat\connection;
use block_gchat\gate;
use block_gchat\jwt;
use block_gchat\login;
use block_gchat\mark;
use block_gchat\rights;
use core\session\manager;
use core_external\external_api;
use core_external\external_function_parameters;
use core_external\external_single_structure;
use core_external\external_value;

/**
 * Signs the token with which the person of this request signs in to the chat server.
 *
 * The browser calls it in the background, every few minutes. So it holds no session lock while it works, does not keep the
 * login alive (the call is made with `nosessionupdate`), and treats a login as over once its time is, although Moodle
 * would still let it act until cron cleans up.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class get_token extends external_api {
    /**
     * Nothing: the login says who asks.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([]);
    }

    /**
     * Signs a token.
     *
     * @return array `token`, `unsent_key`
     * @throws \moodle_exception its error code tells the client what to do: `nochat` nothing, `chataway` try later, and
     *     those of core, such as `servicerequireslogin`
     */
    public static function execute(): array {
        global $USER;

        self::validate_context(\context_system::instance());
        manager::write_close();

        $refusal = gate::refusal();
        if ($refusal !== null) {
            throw gate::refused($refusal);
        }
        $rights = rights::for_token((int) $USER->id);
        // As late as can be: a logout meanwhile has taken the mark away, and this answer must not bring it back.
        $left = login::time_left();
        if ($left <= 0) {
            throw gate::refused('servicerequireslogin');
        }
        if ($rights === null) {
            throw gate::refused('nochat');
        }
        $connection = connection::current();
        mark::renew($left);
        return [
            'token' => jwt::user_token(
                $connection,
                (int) $USER->id,
                login::sid(),
                $rights['content'],
                time(),
                // A page whose mark has run out is emptied: the token's end comes no later, and its renewal before that.
                min($rights['ends'], time() + $left)
            ),
            'unsent_key' => login::unsent_key((int) $USER->id),
        ];
    }

    /**
     * A token.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return new external_single_structure([
            'token' => new external_value(PARAM_RAW, 'The token, a JWT of ten minutes at most'),
            'unsent_key' => new external_value(PARAM_RAW, 'The key of what the person has written and not sent'),
        ]);
    }
}
