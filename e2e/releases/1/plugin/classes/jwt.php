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

use Firebase\JWT\JWT as signature;

/**
 * What this site signs: tokens of its users, and its own calls to the chat server (protocol/README.md).
 *
 * Pure: everything comes in as an argument, but for random ids. It knows no database and no HTTP.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class jwt {
    /** The longest life of a user token in seconds, as the server allows. */
    public const TOKEN_LIFE = 600;

    /** The life of a signed call in seconds. */
    private const CALL_LIFE = 60;

    /**
     * Signs the token with which a person signs in.
     *
     * @param connection $connection
     * @param int $userid
     * @param string $sid the login's name
     * @param array $content `rights_version`, `name`, `picture`, `profile_url`, `lang`, `hidden`, `rights`, `circles`, `blocked`
     * @param int $now
     * @param int $until when it must have ended, such as the end of an enrolment
     * @return string
     */
    public static function user_token(
        connection $connection,
        int $userid,
        string $sid,
        array $content,
        int $now,
        int $until = PHP_INT_MAX
    ): string {
        $claims = [
            'iss' => $connection->site,
            'aud' => 'gchat',
            'sub' => (string) $userid,
            'sid' => $sid,
            'jti' => self::random_id(),
            'iat' => $now,
            'nbf' => $now,
            'exp' => min($now + self::TOKEN_LIFE, $until),
        ];
        return self::sign($connection, $claims + $content);
    }

    /**
     * Signs one call to the server's API.
     *
     * @param connection $connection
     * @param string $wwwroot this site's own address; the server refuses another, as a clone's
     * @param string $method such as `PUT`
     * @param string $path from `/api/v1/` on, with its query
     * @param string $body
     * @param int $now
     * @return string
     */
    public static function call(
        connection $connection,
        string $wwwroot,
        string $method,
        string $path,
        string $body,
        int $now
    ): string {
        return self::sign($connection, [
            'iss' => $connection->site,
            'aud' => 'gchat-api',
            'jti' => self::random_id(),
            'iat' => $now,
            'exp' => $now + self::CALL_LIFE,
            'wwwroot' => $wwwroot,
            'method' => $method,
            'path' => $path,
            'body_sha256' => hash('sha256', $body),
        ]);
    }

    /**
     * Encodes as unpadded base64url.
     *
     * @param string $bytes
     * @return string
     */
    public static function base64url(#[\SensitiveParameter] string $bytes): string {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }

    /**
     * Signs claims with the site's key.
     *
     * @param connection $connection
     * @param array $claims
     * @return string
     */
    private static function sign(connection $connection, array $claims): string {
        return signature::encode($claims, $connection->key, 'HS256', $connection->kid);
    }

    /**
     * An id that no other has.
     *
     * @return string
     */
    private static function random_id(): string {
        return bin2hex(random_bytes(16));
    }
}
