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

use block_gchat\connection;
use block_gchat\rooms;
use block_gchat\server;
use block_gchat\server_exception;
use block_gchat\site_state;

/**
 * Gathers the facts that {@see diagnosis} judges: one signed call and one handshake, each with a short time limit.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class probe {
    /** @var int milliseconds for each of the two: the status report has other checks to make */
    private const HURRIED = 1200;

    /** @var int milliseconds for each of the two, when somebody asked for nothing else */
    private const PATIENT = 5000;

    /** @var facts|null gathered once */
    private ?facts $facts = null;

    /**
     * Nothing is asked until somebody wants to know.
     *
     * @param bool $patient whether somebody waits for this alone
     */
    public function __construct(
        /** @var bool whether somebody waits for this alone */
        private readonly bool $patient = false,
    ) {
    }

    /**
     * The facts, asked for once however many checks want them.
     *
     * @return facts
     */
    public function facts(): facts {
        return $this->facts ??= $this->gather();
    }

    /**
     * Asks.
     *
     * @return facts
     */
    private function gather(): facts {
        global $CFG;
        $connection = connection::current();
        $known = [
            'wwwroot' => $CFG->wwwroot,
            'url' => (string) get_config('block_gchat', 'url'),
            'innerurl' => (string) get_config('block_gchat', 'innerurl'),
            'paused' => (string) get_config('block_gchat', 'paused'),
            'readable' => $connection !== null,
            'closed' => (string) site_state::closed(),
            'nomessaging' => site_state::runs_without_messaging(),
            'rooms' => rooms::are_on(),
        ];
        if ($connection === null) {
            return new facts(...$known);
        }
        $limit = $this->patient ? self::PATIENT : self::HURRIED;
        // While the plugin is paused it calls nobody.
        $call = $known['paused'] === '' ? self::call($connection, $limit) : null;
        $facts = new facts(...$known);
        $dead = $call !== null && $call->status === 0 && $facts->api() === $facts->url;
        $handshake = $dead ? null : handshake::attempt($facts->url, $facts->origin(), $limit, (string) \curl::get_cacert());
        if ($this->patient && $call?->status === 200) {
            // Once more: a proxy that the server does not trust has shown itself by this very handshake.
            $call = self::call($connection, $limit);
        }
        return new facts(
            ...$known,
            call: $call,
            handshake: $handshake,
            proxy: self::proxy($facts->api()),
            // Asks for the host's name again, so only where that has just worked.
            blocked: $call !== null && $call->status !== 0
                && (new \core\files\curl_security_helper())->url_is_blocked($facts->api()),
        );
    }

    /**
     * Makes the signed call.
     *
     * @param connection $connection
     * @param int $limit milliseconds
     * @return attempt
     */
    private static function call(connection $connection, int $limit): attempt {
        $server = new server($connection, true);
        $server->limit($limit);
        $sentat = microtime(true);
        try {
            $body = json_encode($server->status());
            return new attempt(status: 200, body: $body, sentat: $sentat, answeredat: microtime(true));
        } catch (server_exception $e) {
            // Other reasons are codes of the server's own refusals.
            $own = !in_array($e->reason, ['unreachable', 'redirected', 'unexpected', 'away'], true);
            return new attempt(
                errno: $e->errno,
                error: preg_replace('/^the chat server does not answer: /', '', $e->getMessage()),
                status: $e->status,
                body: $own ? json_encode(['code' => $e->reason, 'message' => $e->getMessage()]) : '',
                sentat: $sentat,
                answeredat: microtime(true),
            );
        }
    }

    /**
     * The proxy that Moodle's calls to an address go through.
     *
     * @param string $url
     * @return string host and port; empty: none
     */
    private static function proxy(string $url): string {
        global $CFG;
        if (empty($CFG->proxyhost) || is_proxybypass($url)) {
            return '';
        }
        return $CFG->proxyhost . (empty($CFG->proxyport) ? '' : ':' . $CFG->proxyport);
    }
}
