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
 * What the chat knows of a login: a name for it, and the page's half of the key of what the browser keeps.
 *
 * Both are derived from the id of Moodle's session with a secret of this site, so neither tells the session's id nor the
 * other, and both end with the login: nothing stores them. The other half of the key is in the {@see mark}.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class login {
    /** @var string|null a session's id for tests, which have none and cannot begin one */
    private static ?string $pretended = null;

    /**
     * The id of Moodle's session.
     *
     * @return string empty where there is none, as in web-service calls
     */
    public static function session(): string {
        return self::$pretended ?? (string) session_id();
    }

    /**
     * Pretends that there is a session, in tests.
     *
     * @param string|null $session null: no longer
     */
    public static function pretend(?string $session): void {
        if (!PHPUNIT_TEST) {
            throw new \coding_exception('only tests may pretend a login');
        }
        self::$pretended = $session;
    }

    /**
     * How many seconds this login has left: none where it has had its time, or was ended.
     *
     * @return int
     */
    public static function time_left(): int {
        global $USER;
        $session = \core\session\manager::time_remaining(self::session());
        return $session['userid'] == $USER->id ? (int) $session['timeremaining'] : 0;
    }

    /**
     * The name of this login (`sid`), the same in all its tokens.
     *
     * @return string|null null where there is no session, as in web-service calls
     */
    public static function sid(): ?string {
        $session = self::session();
        return $session === '' ? null : self::sid_of($session);
    }

    /**
     * The name of the login with this session.
     *
     * @param string $session Moodle's session id
     * @return string 32 characters
     */
    public static function sid_of(#[\SensitiveParameter] string $session): string {
        return substr(bin2hex(self::derive('sid', $session)), 0, 32);
    }

    /**
     * What pages of this login carry for the key of what the browser keeps: 32 bytes in unpadded base64url.
     *
     * @return string|null null where there is no session
     */
    public static function salt(): ?string {
        $session = self::session();
        if ($session === '') {
            return null;
        }
        return jwt::base64url(self::derive('copy', $session));
    }

    /**
     * The key with which somebody's browsers seal what they have written and not sent, the same at all their logins: 32 bytes
     * in unpadded base64url. It is given with tokens only and stands on no page.
     *
     * @param int $userid
     * @return string
     */
    public static function unsent_key(int $userid): string {
        return jwt::base64url(self::derive('unsent', (string) $userid));
    }

    /**
     * 32 bytes that nobody can compute who does not know the site's secret.
     *
     * @param string $purpose
     * @param string $of what they are made of
     * @return string
     */
    public static function derive(string $purpose, #[\SensitiveParameter] string $of): string {
        return hash_hmac('sha256', "$purpose\0$of", self::secret(), true);
    }

    /**
     * The site's secret, made at install.
     *
     * @return string
     */
    private static function secret(): string {
        $secret = get_config('block_gchat', 'copysecret');
        if (!$secret) {
            // A site whose settings were wiped; the names of the logins that are open change once.
            $secret = bin2hex(random_bytes(32));
            set_config('copysecret', $secret, 'block_gchat');
        }
        return $secret;
    }
}
