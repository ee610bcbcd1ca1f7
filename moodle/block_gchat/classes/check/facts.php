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
 * What is known of the way from Moodle and from browsers to the chat server, before it is judged.
 *
 * Needs no Moodle.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class facts {
    /**
     * The facts of one look at the site.
     *
     * @param string $wwwroot Moodle's own address
     * @param string $url the server's address for browsers; empty: not connected
     * @param string $innerurl the server's address for Moodle, where it is another one
     * @param string $paused why the plugin has stopped calling; empty: it has not
     * @param attempt|null $call the signed call for the server's status
     * @param attempt|null $handshake the opening of a socket, as a browser does it
     * @param string $proxy the proxy that Moodle's calls go through, host and port
     * @param bool $readable the stored key can be read
     * @param bool $blocked Moodle's curl security would block the calls of others to this address
     * @param string $closed why the chat is closed for everybody, as in site_state; empty: it is not
     * @param bool $nomessaging the chat runs although Moodle's messages are off
     * @param bool $rooms the site lets courses have rooms
     */
    public function __construct(
        /** @var string Moodle's own address */
        public readonly string $wwwroot,
        /** @var string the server's address for browsers; empty: not connected */
        public readonly string $url = '',
        /** @var string the server's address for Moodle, where it is another one */
        public readonly string $innerurl = '',
        /** @var string why the plugin has stopped calling; empty: it has not */
        public readonly string $paused = '',
        /** @var attempt|null the signed call for the server's status */
        public readonly ?attempt $call = null,
        /** @var attempt|null the opening of a socket, as a browser does it */
        public readonly ?attempt $handshake = null,
        /** @var string the proxy that Moodle's calls go through, host and port */
        public readonly string $proxy = '',
        /** @var bool the stored key can be read */
        public readonly bool $readable = true,
        /** @var bool Moodle's curl security would block the calls of others to this address */
        public readonly bool $blocked = false,
        /** @var string why the chat is closed for everybody, as in site_state; empty: it is not */
        public readonly string $closed = '',
        /** @var bool the chat runs although Moodle's messages are off */
        public readonly bool $nomessaging = false,
        /** @var bool the site lets courses have rooms */
        public readonly bool $rooms = false,
    ) {
    }

    /**
     * Where Moodle calls the server.
     *
     * @return string
     */
    public function api(): string {
        return $this->innerurl === '' ? $this->url : $this->innerurl;
    }

    /**
     * The origin of the site's pages, as browsers name it.
     *
     * @return string
     */
    public function origin(): string {
        $parts = parse_url($this->wwwroot);
        return strtolower($parts['scheme'] . '://' . $parts['host']) . (isset($parts['port']) ? ':' . $parts['port'] : '');
    }

    /**
     * Host and port of an address.
     *
     * @param string $url
     * @return string
     */
    public static function host(string $url): string {
        $parts = parse_url($url);
        $usual = strtolower($parts['scheme'] ?? '') === 'https' ? 443 : 80;
        return ($parts['host'] ?? $url) . ':' . ($parts['port'] ?? $usual);
    }
}
