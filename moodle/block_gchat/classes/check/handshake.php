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
 * Opens a socket as a browser does, as far as the server's answer, and closes it.
 *
 * It uses libcurl and not PHP's streams, for its time limits hold for names and TLS as well. Needs no Moodle.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class handshake {
    /** @var string what RFC 6455 (section 1.3) has the server mix into its answer */
    private const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

    /** @var int bytes of a refusal that are worth reading */
    private const BODY_LIMIT = 2000;

    /**
     * Tries to open a socket.
     *
     * @param string $url the server's address for browsers
     * @param string $origin of the site's pages
     * @param int $timeout milliseconds for all of it
     * @param string $cacert file with certificates to trust; empty: those of the machine
     * @return attempt
     */
    public static function attempt(string $url, string $origin, int $timeout, string $cacert = ''): attempt {
        $key = base64_encode(random_bytes(16));
        $status = 0;
        $accept = '';
        $date = '';
        $body = '';
        $handle = curl_init($url . 'ws');
        curl_setopt_array($handle, [
            CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
            CURLOPT_HTTPHEADER => [
                'Connection: Upgrade',
                'Upgrade: websocket',
                'Sec-WebSocket-Version: 13',
                'Sec-WebSocket-Key: ' . $key,
                'Origin: ' . $origin,
            ],
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_CONNECTTIMEOUT_MS => $timeout,
            CURLOPT_TIMEOUT_MS => $timeout,
            CURLOPT_NOSIGNAL => true,
            // Browsers do not go through the proxy of Moodle's machine.
            CURLOPT_PROXY => '',
            CURLOPT_HEADERFUNCTION => function ($handle, string $line) use (&$status, &$accept, &$date): int {
                if (preg_match('~^HTTP/\S+ (\d{3})~', $line, $match)) {
                    $status = (int) $match[1];
                } else if (preg_match('~^sec-websocket-accept:\s*(\S+)~i', $line, $match)) {
                    $accept = $match[1];
                } else if (preg_match('~^date:\s*(.+)~i', $line, $match)) {
                    $date = trim($match[1]);
                }
                // A socket that is open says nothing more by itself: leave after the last header.
                return $status === 101 && trim($line) === '' ? 0 : strlen($line);
            },
            CURLOPT_WRITEFUNCTION => function ($handle, string $bytes) use (&$body): int {
                $body .= substr($bytes, 0, self::BODY_LIMIT - strlen($body));
                return strlen($body) < self::BODY_LIMIT ? strlen($bytes) : 0;
            },
        ]);
        if ($cacert !== '') {
            curl_setopt($handle, CURLOPT_CAINFO, $cacert);
        }
        $sentat = microtime(true);
        curl_exec($handle);
        $attempt = new attempt(
            errno: $status === 0 ? curl_errno($handle) : 0,
            error: $status === 0 ? curl_error($handle) : '',
            status: $status,
            body: $body,
            sentat: $sentat,
            answeredat: microtime(true),
            date: $date,
            accepted: $accept !== '' && hash_equals(base64_encode(sha1($key . self::GUID, true)), $accept),
        );
        curl_close($handle);
        return $attempt;
    }
}
