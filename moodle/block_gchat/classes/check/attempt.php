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
 * What came of one HTTP request to the chat server: plain facts, judged by {@see diagnosis}.
 *
 * Needs no Moodle.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class attempt {
    /**
     * Facts of a request; those that a request did not get to keep their defaults.
     *
     * @param int $errno libcurl's error number, 0 for none
     * @param string $error libcurl's words for it
     * @param int $status HTTP status of the answer, 0 where there was none
     * @param string $body the answer's first bytes
     * @param float $sentat when the request went out, Unix seconds by Moodle's clock
     * @param float $answeredat when the answer was there
     * @param string $date the answer's Date header
     * @param bool $accepted for a WebSocket handshake: the answer to its key is right
     */
    public function __construct(
        /** @var int libcurl's error number, 0 for none */
        public readonly int $errno = 0,
        /** @var string libcurl's words for it */
        public readonly string $error = '',
        /** @var int HTTP status of the answer, 0 where there was none */
        public readonly int $status = 0,
        /** @var string the answer's first bytes */
        public readonly string $body = '',
        /** @var float when the request went out, Unix seconds by Moodle's clock */
        public readonly float $sentat = 0.0,
        /** @var float when the answer was there */
        public readonly float $answeredat = 0.0,
        /** @var string the answer's Date header */
        public readonly string $date = '',
        /** @var bool for a WebSocket handshake: the answer to its key is right */
        public readonly bool $accepted = false,
    ) {
    }

    /**
     * The body as a JSON object; empty if it is none.
     *
     * @return array
     */
    public function json(): array {
        $object = json_decode($this->body, true);
        return is_array($object) && !array_is_list($object) ? $object : [];
    }

    /**
     * How far the server's clock is ahead of Moodle's, in seconds; null where the answer does not tell.
     *
     * @return float|null
     */
    public function clock_ahead(): ?float {
        $now = ($this->sentat + $this->answeredat) / 2;
        $time = $this->json()['server_time'] ?? null;
        if (is_int($time)) {
            return $time / 1000 - $now;
        }
        $date = $this->date === '' ? false : strtotime($this->date);
        return $date === false ? null : $date - $now;
    }
}
