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

namespace Firebase\JWT;

/**
 * What Moodle brings, as far as the plugin calls it. (The tests that need Moodle sign with Moodle's own.)
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class JWT {
    /**
     * Signs claims.
     *
     * @param array $payload
     * @param string $key
     * @param string $alg
     * @param string|null $kid
     * @return string
     */
    public static function encode(array $payload, string $key, string $alg, ?string $kid = null): string {
        assert($alg === 'HS256');
        $part = fn(string $bytes) => rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
        $json = fn(array $content) => json_encode($content, JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR);
        $signed = $part($json(['typ' => 'JWT', 'alg' => $alg, 'kid' => $kid])) . '.' . $part($json($payload));
        return $signed . '.' . $part(hash_hmac('sha256', $signed, $key, true));
    }
}
