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
 * The mark: two cookies by which the client knows that the login of a page still holds in this browser.
 *
 * Moodle lets browsers show most pages again without asking, also after the logout. What a page carries then proves nothing,
 * and half of the key of what the browser keeps is therefore here: without the mark of its own login a page can read and show
 * nothing. One cookie ends with the session's time, the other with the browser. Each token's answer sets both; the answer to a
 * logout, and every page of nobody's or of another login, takes them away. A third cookie names the login that was logged out
 * last: a token's answer that crosses the logout may set the two again, and the client passes them over.
 *
 * Scripts must read them, so they are not HttpOnly. They sign nobody in, and neither tells the session's id.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class mark {
    /** The half that ends with the session's time. */
    private const LIFE = 'life';

    /** The half that ends with the browser. */
    private const BROWSER = 'browser';

    /** Names the login that was logged out last. */
    private const OVER = 'over';

    /** @var array[] the cookies that were set, in tests: a command line has no answer to set them in */
    private static array $said = [];

    /**
     * The name that both cookies begin with. Two Moodles at one host have two.
     *
     * @return string
     */
    public static function name(): string {
        global $CFG;
        return 'gchat_' . bin2hex(substr(login::derive('mark name', $CFG->wwwroot), 0, 4));
    }

    /**
     * Sets the mark of this login.
     *
     * @param int $seconds how long the session has left
     */
    public static function renew(int $seconds): void {
        self::cookie(self::LIFE, self::half(self::LIFE), time() + $seconds);
        self::cookie(self::BROWSER, self::half(self::BROWSER), 0);
    }

    /**
     * Takes the mark out of the browser, whoever's it is.
     */
    public static function clear(): void {
        self::cookie(self::LIFE, '', 1);
        self::cookie(self::BROWSER, '', 1);
    }

    /**
     * Takes the mark out of the browser for good: this login has been logged out.
     *
     * @param string $session Moodle's session id
     */
    public static function over(#[\SensitiveParameter] string $session): void {
        self::clear();
        if ($session !== '') {
            self::cookie(self::OVER, login::sid_of($session), 0);
        }
    }

    /**
     * Takes the mark out of the browser unless it is of the login of this request.
     *
     * For logins that ended without a word: a session that was killed, or whose time was over.
     */
    public static function clear_unless_own(): void {
        // A script that goes without Moodle's session, such as help.php, does not know whose browser it is.
        if ((NO_MOODLE_COOKIES && !PHPUNIT_TEST) || login::session() === '') {
            return;
        }
        $sid = isloggedin() && !isguestuser() ? login::sid() : null;
        foreach ([self::LIFE, self::BROWSER] as $half) {
            $value = $_COOKIE[self::name() . "_$half"] ?? '';
            if (is_string($value) && $value !== '' && ($sid === null || !str_starts_with($value, "$sid."))) {
                self::clear();
                return;
            }
        }
    }

    /**
     * The cookies that were set since this was last asked, in tests.
     *
     * @return array[] by name: `value`, and the options of setcookie()
     */
    public static function said(): array {
        $said = self::$said;
        self::$said = [];
        return $said;
    }

    /**
     * What one of the cookies holds: the login's name, and a secret of this login.
     *
     * @param string $half
     * @return string
     */
    private static function half(string $half): string {
        $secret = substr(login::derive("mark $half", login::session()), 0, 16);
        return login::sid() . '.' . jwt::base64url($secret);
    }

    /**
     * Sets one of the cookies, if the answer has not begun.
     *
     * @param string $half
     * @param string $value
     * @param int $expires 0: with the browser
     */
    private static function cookie(string $half, string $value, int $expires): void {
        global $CFG;
        $name = self::name() . "_$half";
        $options = [
            'expires' => $expires,
            'path' => rtrim((string) parse_url($CFG->wwwroot, PHP_URL_PATH), '/') . '/',
            'secure' => str_starts_with($CFG->wwwroot, 'https://'),
            'httponly' => false,
            'samesite' => 'Lax',
        ];
        if (PHPUNIT_TEST) {
            self::$said[$name] = ['value' => $value] + $options;
        } else if (!CLI_SCRIPT && !headers_sent()) {
            setcookie($name, $value, $options);
        }
    }
}
