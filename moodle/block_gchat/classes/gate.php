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
 * Who gets the chat at all: one test for the hook, the block, the token and the search of people, so that none of them says yes
 * where another says no.
 *
 * Everything it looks at lies in the session, the configuration or the request: it asks the database nothing on a normal
 * page. Whom a person may talk to is not decided here: see {@see rights}.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class gate {
    /** Layouts of pages that are no place for a dock. */
    private const BARE_LAYOUTS = ['embedded', 'secure', 'login', 'popup', 'print', 'frametop', 'maintenance', 'redirect'];

    /** Pages on which somebody sits an exam. */
    private const EXAM_PAGES = ['mod-quiz-attempt', 'mod-quiz-summary', 'mod-quiz-startattempt'];

    /**
     * Why the person of this request gets no chat.
     *
     * @return string|null null: they do. Else an error code of the token call: `nochat`, `chataway`,
     *     `servicerequireslogin`, `forcepasswordchangenotice`, `usernotfullysetup`, `sitepolicynotagreed`
     */
    public static function refusal(): ?string {
        global $CFG;

        if (during_initial_install() || !empty($CFG->upgraderunning)) {
            return 'chataway';
        }
        if (!isloggedin()) {
            return 'servicerequireslogin';
        }
        return self::refusal_of_person() ?? self::refusal_of_login() ?? self::refusal_of_site();
    }

    /**
     * A refusal as the client reads it from what it calls.
     *
     * @param string $code as refusal() gives it, or `toomany`
     * @return \moodle_exception
     */
    public static function refused(string $code): \moodle_exception {
        $component = match ($code) {
            'nochat', 'chataway', 'toomany' => 'block_gchat',
            'servicerequireslogin' => 'webservice',
            default => 'error',
        };
        return new \moodle_exception($code, $component);
    }

    /**
     * Why this page gets no chat.
     *
     * @param \moodle_page $page
     * @return string|null null: it does. Else as refusal(), or `layout` or `exam`
     */
    public static function page_refusal(\moodle_page $page): ?string {
        if (in_array($page->pagelayout, self::BARE_LAYOUTS)) {
            return 'layout';
        }
        foreach (self::EXAM_PAGES as $exam) {
            if (str_starts_with((string) $page->pagetype, $exam)) {
                return 'exam';
            }
        }
        return self::refusal();
    }

    /**
     * Why this person may not chat, whatever they do.
     *
     * @return string|null
     */
    private static function refusal_of_person(): ?string {
        global $USER;

        // A "log in as" gets no token: the chat must not speak in a name that is not one's own.
        if (isguestuser() || \core\session\manager::is_loggedinas()) {
            return 'nochat';
        }
        if (!empty($USER->deleted) || !empty($USER->suspended) || empty($USER->confirmed)) {
            return 'nochat';
        }
        return null;
    }

    /**
     * Why this login may not chat, or not yet.
     *
     * The pages on which a password is changed, a policy agreed to or a second factor shown have footers like others.
     *
     * @return string|null
     */
    private static function refusal_of_login(): ?string {
        global $SESSION, $USER;

        if ((defined('WS_SERVER') && WS_SERVER) || login::sid() === null) {
            return 'nochat';
        }
        // The Moodle app has no dock, and Safe Exam Browser must have none.
        $agent = (string) \core_useragent::get_user_agent_string();
        if (\core_useragent::is_moodle_app() || preg_match('/\bSEB\b|SafeExamBrowser/', $agent)) {
            return 'nochat';
        }
        if (get_user_preferences('auth_forcepasswordchange')) {
            return 'forcepasswordchangenotice';
        }
        // Not the strict test, which asks the database: require_login() of the page has made that one.
        if (user_not_fully_set_up($USER, false)) {
            return 'usernotfullysetup';
        }
        if (empty($USER->policyagreed) && !is_siteadmin() && ($USER->auth ?? '') !== 'webservice') {
            $policies = new \core_privacy\local\sitepolicy\manager();
            if ($policies->is_defined()) {
                return 'sitepolicynotagreed';
            }
        }
        if (
            empty($SESSION->tool_mfa_authenticated) && get_config('tool_mfa', 'enabled')
                && class_exists(\tool_mfa\manager::class) && \tool_mfa\manager::is_ready()
        ) {
            return 'servicerequireslogin';
        }
        return null;
    }

    /**
     * Why nobody may chat just now.
     *
     * @return string|null
     */
    private static function refusal_of_site(): ?string {
        global $CFG;

        if (
            !empty($CFG->maintenance_enabled)
                && !has_capability('moodle/site:maintenanceaccess', \context_system::instance())
        ) {
            return 'chataway';
        }
        if (get_config('block_gchat', 'paused') || connection::current() === null) {
            return 'chataway';
        }
        return site_state::closed() === null ? null : 'nochat';
    }
}
