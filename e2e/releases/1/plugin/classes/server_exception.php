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
 * The chat server did not do what it was asked to.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class server_exception extends \RuntimeException {
    /**
     * Says what happened.
     *
     * @param string $reason `unreachable` (no answer: see $errno), `redirected`, `unexpected` (an answer that is not the
     *     server's: a proxy's page, say), `away` (not asked at all: it did not answer a moment ago), or the code of the
     *     server's own refusal, as in protocol/README.md (`bad_token`, `token_expired`, `wrong_wwwroot`, `unavailable`, …)
     * @param string $message lower case; what it was and how to mend it; no secret is in it
     * @param int $status of HTTP; 0: no answer
     * @param int $errno of curl; 0: none
     * @param bool $hurried whether it was only that the caller had no time to wait for the answer
     */
    public function __construct(
        /** @var string see above */
        public readonly string $reason,
        string $message,
        /** @var int of HTTP; 0: no answer */
        public readonly int $status = 0,
        /** @var int of curl; 0: none */
        public readonly int $errno = 0,
        /** @var bool see above */
        public readonly bool $hurried = false,
    ) {
        parent::__construct($message);
    }

    /**
     * Whether the server, or the way to it, is out of order just now, so that other calls would fail in the same way.
     *
     * @return bool
     */
    public function is_outage(): bool {
        if ($this->hurried) {
            return false;
        }
        if ($this->status === 400 || $this->status === 413) {
            // The fault of this call alone. (A proxy says 413 in words of its own.)
            return false;
        }
        return $this->status === 0 || $this->status >= 500 || in_array($this->status, [401, 403, 429])
            || in_array($this->reason, ['redirected', 'unexpected', 'wrong_wwwroot']);
    }
}
