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
 * Facts in, findings out: what is wrong on the way to the chat server.
 *
 * Each question is asked only if those before it were answered well, so that the first finding is the one to mend.
 * Needs no Moodle.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class diagnosis {
    /** @var int the protocol that this plugin speaks (protocol/README.md) */
    public const PROTOCOL = 1;

    /** @var int seconds between two clocks that are worth a word; 30 are forgiven (protocol/README.md) */
    private const CLOCK_WORD = 10;

    /** @var int bytes that are little for any disk */
    private const LITTLE = 5 * 1024 ** 3;

    /** @var int days at today's pace for which there should be room */
    private const DAYS = 7;

    /** @var float the part of the day's budget of messages from which an administrator should know */
    private const MUCH = 0.8;

    /** @var string[] libcurl's error numbers (curl/curl.h), by the finding that they lead to */
    private const NETWORK = [
        5 => 'proxyname',
        6 => 'name',
        7 => 'refused',
        28 => 'timeout',
        35 => 'tls',
        51 => 'tls',
        53 => 'tls',
        54 => 'tls',
        58 => 'tls',
        59 => 'tls',
        60 => 'tls',
        77 => 'tls',
        83 => 'tls',
        91 => 'tls',
        1 => 'nohttp',
        8 => 'nohttp',
        52 => 'nohttp',
        56 => 'nohttp',
        97 => 'proxyrefuses',
    ];

    /**
     * Whether Moodle reaches the server, and is heard there.
     *
     * @param facts $facts
     * @return finding[] at least one
     */
    public static function connection(facts $facts): array {
        if ($facts->url === '') {
            return [finding::warning('notconnected', ['wwwroot' => $facts->wwwroot])];
        }
        if (!$facts->readable) {
            return [finding::error('keyunreadable', ['wwwroot' => $facts->wwwroot])];
        }
        if ($facts->paused === 'wrong_wwwroot') {
            return [finding::error('wrongwwwroot', ['wwwroot' => $facts->wwwroot])];
        }
        if ($facts->paused !== '') {
            return [finding::error('paused', ['reason' => $facts->paused])];
        }
        $call = $facts->call;
        if ($call === null) {
            return [finding::unknown('untested')];
        }
        $findings = match (true) {
            $call->status === 0 => [self::network($call, $facts)],
            !self::is_ours($call) => [self::stranger($call, $facts)],
            $call->status !== 200 => [self::refusal($call, $facts)],
            default => self::answer($call, $facts),
        };
        $good = finding::worst($findings)->level === 'ok';
        if ($facts->proxy !== '' && !str_starts_with($findings[0]->id, 'proxy')) {
            $a = ['proxy' => $facts->proxy, 'host' => self::name($facts->api())];
            $findings[] = $good ? finding::info('proxyused', $a) : finding::warning('proxybetween', $a);
        }
        // Whether or not the connection holds: nobody may chat, as the site's settings say, or only by a setting of ours.
        $findings = match (true) {
            $facts->closed === 'messaging' => [finding::warning('messagingoff'), ...$findings],
            $facts->closed === 'disabled' => [finding::warning('blockdisabled'), ...$findings],
            $facts->nomessaging => [...$findings, finding::info('withoutmessaging')],
            default => $findings,
        };
        if ($facts->blocked) {
            $findings[] = finding::info('curlsecurity', ['host' => facts::host($facts->api())]);
        }
        return $findings;
    }

    /**
     * Whether browsers reach the server, and may open a socket there.
     *
     * @param facts $facts
     * @return finding[] at least one
     */
    public static function socket(facts $facts): array {
        if ($facts->url === '') {
            return [finding::na('socket_later')];
        }
        $a = ['url' => $facts->url, 'wwwroot' => $facts->wwwroot, 'origin' => $facts->origin()];
        if (self::is_https($facts->wwwroot) && !self::is_https($facts->url)) {
            return [finding::error('socket_mixed', $a)];
        }
        $shake = $facts->handshake;
        if ($shake === null) {
            return [finding::na('socket_later')];
        }
        $a += ['status' => $shake->status, 'error' => $shake->error];
        if ($shake->status === 101 && $shake->accepted) {
            return [...self::addresses($facts), finding::ok('socket_open', $a)];
        }
        if ($shake->status === 0) {
            $tls = (self::NETWORK[$shake->errno] ?? '') === 'tls';
            return [$tls ? finding::error('socket_tls', $a) : finding::unknown('socket_unreachable', $a)];
        }
        // The server's own refusals of a handshake are one line of plain text.
        $ours = str_starts_with($shake->body, 'the ') || str_starts_with($shake->body, 'too many ');
        return [match (true) {
            $ours && $shake->status === 403 => finding::error('socket_origin', $a),
            $ours && $shake->status === 429 => finding::unknown('socket_crowded', $a),
            $ours && $shake->status === 503 => finding::unknown('socket_stopping', $a),
            $shake->status === 403 => finding::error('socket_forbidden', $a),
            in_array($shake->status, [502, 503, 504], true) => finding::error('socket_gateway', $a),
            default => finding::error('socket_notpassed', $a),
        }];
    }

    /**
     * Whether there is room for messages: on the server's disk, and in what the site may write in a day.
     *
     * @param facts $facts
     * @return finding[] at least one
     */
    public static function storage(facts $facts): array {
        $said = self::said($facts);
        if ($said === null) {
            return [finding::na('socket_later')];
        }
        $number = fn(string $name) => is_numeric($said['storage'][$name] ?? null) ? max(0, (int) $said['storage'][$name]) : null;
        [$free, $total] = [$number('free_bytes'), $number('total_bytes')];
        [$written, $budget] = [$number('written_today_bytes') ?? 0, $number('budget_bytes') ?? 0];
        if ($free === null || !$total) {
            // A server of before does not say it.
            return [finding::na('storage_unsaid')];
        }
        $a = array_map(self::size(...), ['free' => $free, 'total' => $total, 'written' => $written, 'budget' => $budget]);
        $a['days'] = $written > 0 ? intdiv($free, $written) : 0;
        $findings = [match (true) {
            $free < min($total / 100, self::LITTLE / 10) => finding::error('storage_full', $a),
            $free < min($total / 20, self::LITTLE) => finding::warning('storage_low', $a),
            $written > 0 && $a['days'] < self::DAYS => finding::warning('storage_soon', $a),
            default => finding::ok('storage_room', $a),
        }];
        if ($budget > 0 && $written >= $budget) {
            $findings[] = finding::error('budget_spent', $a);
        } else if ($budget > 0 && $written >= $budget * self::MUCH) {
            $findings[] = finding::warning('budget_near', $a);
        }
        return $findings;
    }

    /**
     * Whether changes of rights reach the server.
     *
     * @param int $rows how many wait
     * @param int $age seconds that the oldest has waited
     * @return finding
     */
    public static function backlog(int $rows, int $age): finding {
        $a = ['rows' => $rows, 'minutes' => intdiv($age, 60)];
        return match (true) {
            $rows === 0 => finding::ok('backlog_none'),
            // The task that retries runs every minute.
            $age < 180 => finding::ok('backlog_fresh', $a),
            $age < 900 => finding::warning('backlog_late', $a),
            default => finding::error('backlog_stuck', $a),
        };
    }

    /**
     * Whether files of the plugin's first version lie about.
     *
     * @param bool $ws there is a folder ws/
     * @param string $directory the plugin's
     * @return finding
     */
    public static function leftovers(bool $ws, string $directory): finding {
        return $ws ? finding::error('leftovers_ws', ['folder' => $directory . '/ws']) : finding::ok('leftovers_none');
    }

    /**
     * Whether the server can tell people's addresses apart.
     *
     * @param facts $facts
     * @return finding[]
     */
    private static function addresses(facts $facts): array {
        $proxy = self::said($facts)['untrusted_proxy'] ?? null;
        return is_string($proxy) && $proxy !== '' ? [finding::warning('untrustedproxy', ['address' => $proxy])] : [];
    }

    /**
     * The server's status, where it has answered with it.
     *
     * @param facts $facts
     * @return array|null
     */
    private static function said(facts $facts): ?array {
        $call = $facts->call;
        return $call !== null && $call->status === 200 && self::is_ours($call) ? $call->json() : null;
    }

    /**
     * A number of bytes for people.
     *
     * @param int $bytes
     * @return string such as `12.5 GB`
     */
    private static function size(int $bytes): string {
        $units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
        $power = $bytes > 0 ? min((int) floor(log($bytes, 1000)), count($units) - 1) : 0;
        return round($bytes / 1000 ** $power, $power > 2 ? 1 : 0) . ' ' . $units[$power];
    }

    /**
     * There was no answer.
     *
     * @param attempt $call
     * @param facts $facts
     * @return finding
     */
    private static function network(attempt $call, facts $facts): finding {
        $a = [
            'url' => $facts->api(),
            'host' => facts::host($facts->api()),
            'name' => self::name($facts->api()),
            'proxy' => $facts->proxy,
            'error' => $call->error,
        ];
        $what = self::NETWORK[$call->errno] ?? 'network';
        // Libcurl tells of a proxy that will not open a tunnel as of a failed receipt.
        if ($facts->proxy !== '' && $what === 'nohttp' && str_contains($call->error, 'CONNECT')) {
            $what = 'proxyrefuses';
        }
        return match ($what) {
            'proxyname' => finding::error('proxyname', $a),
            'proxyrefuses' => finding::error('proxyrefuses', $a),
            'name' => finding::error('name', $a),
            'refused' => finding::error('refused', $a),
            'timeout' => finding::error('timeout', $a),
            'tls' => finding::error('tls', $a),
            'nohttp' => finding::error('nohttp', $a),
            default => finding::error('network', $a),
        };
    }

    /**
     * Whether the chat server itself has answered: its answers are JSON objects of two known shapes.
     *
     * @param attempt $call
     * @return bool
     */
    private static function is_ours(attempt $call): bool {
        $json = $call->json();
        if ($call->status === 200) {
            return is_int($json['protocol'] ?? null) && is_int($json['server_time'] ?? null);
        }
        return is_string($json['code'] ?? null) && is_string($json['message'] ?? null);
    }

    /**
     * Somebody else has answered: a web server or a proxy in between.
     *
     * @param attempt $call
     * @param facts $facts
     * @return finding
     */
    private static function stranger(attempt $call, facts $facts): finding {
        $a = ['url' => $facts->api(), 'status' => $call->status];
        return match (true) {
            $call->status >= 300 && $call->status < 400 => finding::error('redirected', $a),
            in_array($call->status, [502, 503, 504], true) => finding::error('gateway', $a),
            in_array($call->status, [401, 403, 407], true) => finding::error('gatekeeper', $a),
            default => finding::error('stranger', $a),
        };
    }

    /**
     * The chat server has refused the call.
     *
     * @param attempt $call
     * @param facts $facts
     * @return finding
     */
    private static function refusal(attempt $call, facts $facts): finding {
        $json = $call->json();
        $ahead = $call->clock_ahead() ?? $facts->handshake?->clock_ahead();
        $a = [
            'url' => $facts->api(),
            'wwwroot' => $facts->wwwroot,
            'code' => $json['code'],
            'message' => $json['message'],
        ];
        return match ($json['code']) {
            // Some web servers keep the Authorization header to themselves.
            'bad_token' => str_contains($json['message'], 'there is none')
                ? finding::error('noauthorization', $a)
                : finding::error('wrongkey', $a),
            'token_expired', 'token_early' => $ahead !== null && abs($ahead) > self::CLOCK_WORD
                ? self::clock($ahead, true)
                : finding::error('clockapart', $a),
            'wrong_wwwroot' => finding::error('wrongwwwroot', $a),
            'unavailable' => finding::error('store', $a),
            default => finding::error('refusal', $a),
        };
    }

    /**
     * The chat server has answered.
     *
     * @param attempt $call
     * @param facts $facts
     * @return finding[]
     */
    private static function answer(attempt $call, facts $facts): array {
        $json = $call->json();
        $version = is_string($json['version'] ?? null) ? $json['version'] : '?';
        if ($json['protocol'] !== self::PROTOCOL) {
            $a = ['version' => $version, 'theirs' => $json['protocol'], 'ours' => self::PROTOCOL];
            return [$json['protocol'] < self::PROTOCOL ? finding::error('oldserver', $a) : finding::error('oldplugin', $a)];
        }
        $online = is_int($json['users_online'] ?? null) ? $json['users_online'] : 0;
        $findings = [finding::ok('connected', ['url' => $facts->api(), 'version' => $version, 'online' => $online])];
        if ($facts->rooms && !in_array('rooms', (array) ($json['features'] ?? []), true)) {
            $findings[] = finding::warning('norooms', ['version' => $version]);
        }
        $ahead = $call->clock_ahead();
        if (abs($ahead) > self::CLOCK_WORD) {
            // The call was taken, so this is not yet what keeps people from chatting.
            array_unshift($findings, self::clock($ahead, false));
        }
        return $findings;
    }

    /**
     * Two clocks that differ.
     *
     * @param float $ahead seconds that the server's is ahead
     * @param bool $refused whether calls are refused for it
     * @return finding
     */
    private static function clock(float $ahead, bool $refused): finding {
        $a = ['seconds' => (int) round(abs($ahead))];
        if ($ahead > 0) {
            return $refused ? finding::error('clockahead', $a) : finding::warning('clockahead', $a);
        }
        return $refused ? finding::error('clockbehind', $a) : finding::warning('clockbehind', $a);
    }

    /**
     * Whether an address is encrypted.
     *
     * @param string $url
     * @return bool
     */
    private static function is_https(string $url): bool {
        return stripos($url, 'https://') === 0;
    }

    /**
     * The host of an address, without its port.
     *
     * @param string $url
     * @return string
     */
    private static function name(string $url): string {
        return (string) (parse_url($url, PHP_URL_HOST) ?: $url);
    }
}
