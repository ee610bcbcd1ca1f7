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
 * Facts in, findings out.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\check\diagnosis
 * @covers \block_gchat\check\finding
 * @covers \block_gchat\check\attempt
 * @covers \block_gchat\check\facts
 */
final class diagnosis_test extends \PHPUnit\Framework\TestCase {
    /** @var float when the calls of these tests are answered: the time in fixtures/api/status.answer.json */
    private const NOW = 1795376402.0;

    /**
     * Facts of a site that is connected, but for what a test says.
     *
     * @param mixed ...$said
     * @return facts
     */
    private function facts(mixed ...$said): facts {
        return new facts(...$said + ['wwwroot' => 'https://moodle.example', 'url' => 'https://moodle.example/gchat/']);
    }

    /**
     * An answer in JSON.
     *
     * @param int $status
     * @param array $json
     * @param float $now
     * @return attempt
     */
    private function said(int $status, array $json, float $now = self::NOW): attempt {
        return new attempt(status: $status, body: json_encode($json), sentat: $now, answeredat: $now);
    }

    /**
     * The ids of what is found on the way from Moodle, each with its level.
     *
     * @param facts $facts
     * @return string[]
     */
    private function found(facts $facts): array {
        return array_map(fn($finding) => "$finding->level $finding->id", diagnosis::connection($facts));
    }

    public function test_what_is_not_set_up_is_said_first(): void {
        $call = $this->said(200, fixture('api/status.answer'));
        $this->assertSame(['warning notconnected'], $this->found(new facts('https://moodle.example')));
        $this->assertSame(['error keyunreadable'], $this->found($this->facts(readable: false, call: $call)));
        $this->assertSame(['error wrongwwwroot'], $this->found($this->facts(paused: 'wrong_wwwroot')));
        $this->assertSame(['error paused'], $this->found($this->facts(paused: 'somebody said so')));
        $this->assertSame(['unknown untested'], $this->found($this->facts()));
    }

    public function test_a_good_answer_is_good(): void {
        $findings = diagnosis::connection($this->facts(call: $this->said(200, fixture('api/status.answer'))));
        $this->assertSame('ok', $findings[0]->level);
        $this->assertSame(['url' => 'https://moodle.example/gchat/', 'version' => '0.1.0', 'online' => 2], $findings[0]->a);
        $this->assertCount(1, $findings);
    }

    public function test_a_chat_that_the_site_has_closed_is_said_first(): void {
        $call = $this->said(200, fixture('api/status.answer'));
        $this->assertSame(['warning messagingoff', 'ok connected'], $this->found($this->facts(call: $call, closed: 'messaging')));
        $this->assertSame(['warning blockdisabled', 'ok connected'], $this->found($this->facts(call: $call, closed: 'disabled')));
        $this->assertSame(['ok connected', 'info withoutmessaging'], $this->found($this->facts(call: $call, nomessaging: true)));
        $dead = $this->found($this->facts(call: new attempt(errno: 7), closed: 'messaging'));
        $this->assertSame(['warning messagingoff', 'error refused'], $dead);
    }

    public function test_rooms_need_a_server_that_knows_them(): void {
        $said = fixture('api/status.answer');
        $this->assertSame(['ok connected'], $this->found($this->facts(call: $this->said(200, $said), rooms: true)));
        foreach ([['features' => ['edit', 'delete', 'reply']] + $said, array_diff_key($said, ['features' => 0])] as $older) {
            $call = $this->said(200, $older);
            $this->assertSame(['ok connected', 'warning norooms'], $this->found($this->facts(call: $call, rooms: true)));
            $this->assertSame(['ok connected'], $this->found($this->facts(call: $call)));
        }
    }

    /**
     * What the server says of its disk, in GB (budget and what was written today as well), and what is found.
     *
     * @return array
     */
    public static function disks(): array {
        return [
            'plenty' => [200, 400, 0, 1, ['ok storage_room']],
            'a large disk of which a twentieth is plenty' => [90, 2000, 1, 5, ['ok storage_room']],
            'little of a small disk' => [0.9, 20, 0, 1, ['warning storage_low']],
            'little for any disk' => [4, 2000, 0.1, 1, ['warning storage_low']],
            'a week at this pace' => [50, 400, 8, 20, ['warning storage_soon']],
            'nearly none' => [0.1, 20, 0.01, 1, ['error storage_full']],
            'much of the budget' => [200, 400, 0.85, 1, ['ok storage_room', 'warning budget_near']],
            'all of the budget' => [200, 400, 1, 1, ['ok storage_room', 'error budget_spent']],
            'no budget' => [200, 400, 1, 0, ['ok storage_room']],
        ];
    }

    /**
     * An administrator hears of it before the disk is full.
     *
     * @dataProvider disks
     * @param float $free
     * @param float $total
     * @param float $written
     * @param float $budget
     * @param string[] $wanted
     */
    public function test_a_disk_that_fills_up_is_told_of(
        float $free,
        float $total,
        float $written,
        float $budget,
        array $wanted
    ): void {
        $sizes = ['free_bytes' => $free, 'total_bytes' => $total, 'written_today_bytes' => $written, 'budget_bytes' => $budget];
        $storage = array_map(fn($size) => (int) ($size * 1e9), $sizes);
        $facts = $this->facts(call: $this->said(200, ['storage' => $storage] + fixture('api/status.answer')));
        $findings = diagnosis::storage($facts);
        $this->assertSame($wanted, array_map(fn($finding) => "$finding->level $finding->id", $findings));
        $this->assertMatchesRegularExpression('/^[\d.]+ (MB|GB|TB)$/', $findings[0]->a['free']);
    }

    public function test_a_server_that_says_nothing_of_its_disk_is_no_fault(): void {
        $said = array_diff_key(fixture('api/status.answer'), ['storage' => 0]);
        foreach ([[], ['storage' => null], ['storage' => ['free_bytes' => 'much', 'total_bytes' => 5]]] as $storage) {
            $facts = $this->facts(call: $this->said(200, $storage + $said));
            $this->assertSame(['na'], array_map(fn($finding) => $finding->level, diagnosis::storage($facts)));
        }
        $this->assertSame('socket_later', diagnosis::storage($this->facts(call: new attempt(errno: 7)))[0]->id);
    }

    public function test_a_proxy_that_is_not_trusted_is_named(): void {
        $shake = new attempt(status: 101, accepted: true);
        $call = fn(mixed $proxy) => $this->said(200, ['untrusted_proxy' => $proxy] + fixture('api/status.answer'));
        $found = fn(attempt $call) => diagnosis::socket($this->facts(call: $call, handshake: $shake));
        $said = $found($call('10.0.0.7'))[0];
        $this->assertSame(['warning', '10.0.0.7'], [$said->level, $said->a['address']]);
        $this->assertSame('untrustedproxy', $found($call('10.0.0.7'))[0]->id);
        foreach ([null, '', 7] as $none) {
            $this->assertSame(['socket_open'], array_map(fn($finding) => $finding->id, $found($call($none))));
        }
    }

    /**
     * What libcurl says when there is no answer.
     *
     * @return array
     */
    public static function silences(): array {
        return [
            [5, '', 'proxyname'], [6, '', 'name'], [7, '', 'refused'], [28, '', 'timeout'], [35, '', 'tls'],
            [51, '', 'tls'], [60, 'self-signed certificate', 'tls'], [77, '', 'tls'],
            [1, 'Received HTTP/0.9 when not allowed', 'nohttp'], [8, '', 'nohttp'], [52, 'Empty reply from server', 'nohttp'],
            [56, 'Recv failure', 'nohttp'], [97, '', 'proxyrefuses'], [55, 'Send failure', 'network'], [0, '', 'network'],
        ];
    }

    /**
     * Each kind of silence has a name.
     *
     * @dataProvider silences
     * @param int $errno
     * @param string $error
     * @param string $id
     */
    public function test_a_silence_has_a_cause(int $errno, string $error, string $id): void {
        $facts = $this->facts(call: new attempt(errno: $errno, error: $error));
        $this->assertSame(["error $id"], $this->found($facts));
        $this->assertSame('moodle.example:443', diagnosis::connection($facts)[0]->a['host']);
    }

    public function test_a_proxy_is_suspected_only_where_there_is_one(): void {
        $refused = new attempt(errno: 56, error: 'CONNECT tunnel failed, response 403');
        $this->assertSame(['error nohttp'], $this->found($this->facts(call: $refused)));
        $this->assertSame(['error proxyrefuses'], $this->found($this->facts(call: $refused, proxy: 'proxy:3128')));
        $down = new attempt(errno: 7, error: 'Failed to connect to proxy port 3128');
        $this->assertSame(['error refused', 'warning proxybetween'], $this->found($this->facts(call: $down, proxy: 'proxy:3128')));
        $well = $this->said(200, fixture('api/status.answer'));
        $this->assertSame(['ok connected', 'info proxyused'], $this->found($this->facts(call: $well, proxy: 'proxy:3128')));
    }

    /**
     * Answers that are not the chat server's.
     *
     * @return array
     */
    public static function strangers(): array {
        return [
            [200, '<!DOCTYPE html>', 'stranger'], [200, '{"hello": "world"}', 'stranger'], [200, '[1, 2]', 'stranger'],
            [404, '<html>', 'stranger'], [404, '', 'stranger'], [500, '', 'stranger'], [301, '', 'redirected'],
            [302, '', 'redirected'], [502, '<html>', 'gateway'], [503, '', 'gateway'], [504, '<html>', 'gateway'],
            [401, 'Unauthorized', 'gatekeeper'], [403, '<html>', 'gatekeeper'], [407, '', 'gatekeeper'],
        ];
    }

    /**
     * Somebody else has answered.
     *
     * @dataProvider strangers
     * @param int $status
     * @param string $body
     * @param string $id
     */
    public function test_a_stranger_is_told_from_the_server(int $status, string $body, string $id): void {
        $this->assertSame(["error $id"], $this->found($this->facts(call: new attempt(status: $status, body: $body))));
    }

    /**
     * Refusals of the chat server.
     *
     * @return array
     */
    public static function refusals(): array {
        return [
            [401, 'bad_token', 'the signature is wrong', 'wrongkey'],
            [401, 'bad_token', 'the call\'s token is not valid here: there is none: send Authorization: Bearer', 'noauthorization'],
            [401, 'token_expired', 'too late', 'clockapart'],
            [401, 'token_early', 'too early', 'clockapart'],
            [409, 'wrong_wwwroot', 'another', 'wrongwwwroot'],
            [503, 'unavailable', 'the store', 'store'],
            [401, 'replayed', 'again', 'refusal'],
            [404, 'not_found', 'no such path', 'refusal'],
        ];
    }

    /**
     * The chat server says why.
     *
     * @dataProvider refusals
     * @param int $status
     * @param string $code
     * @param string $message
     * @param string $id
     */
    public function test_a_refusal_is_explained(int $status, string $code, string $message, string $id): void {
        $call = $this->said($status, ['code' => $code, 'message' => $message]);
        $this->assertSame(["error $id"], $this->found($this->facts(call: $call)));
    }

    public function test_clocks_that_differ(): void {
        $answer = fixture('api/status.answer');
        $with = fn(float $ahead) => $this->facts(call: $this->said(200, $answer, self::NOW - $ahead));
        $this->assertSame(['ok connected'], $this->found($with(9)));
        $this->assertSame(['warning clockahead', 'ok connected'], $this->found($with(11)));
        $this->assertSame(['warning clockbehind', 'ok connected'], $this->found($with(-29)));
        $this->assertSame(29, diagnosis::connection($with(-29))[0]->a['seconds']);
        // A refused call tells no time; the handshake's Date header does.
        $call = $this->said(401, ['code' => 'token_early', 'message' => 'x']);
        $date = gmdate('D, d M Y H:i:s', (int) self::NOW - 120) . ' GMT';
        $shake = new attempt(status: 101, sentat: self::NOW, answeredat: self::NOW, date: $date);
        $this->assertSame(['error clockbehind'], $this->found($this->facts(call: $call, handshake: $shake)));
        $this->assertSame(120, diagnosis::connection($this->facts(call: $call, handshake: $shake))[0]->a['seconds']);
    }

    public function test_another_protocol_says_which_side_is_old(): void {
        $answer = fixture('api/status.answer');
        $with = fn(int $protocol) => $this->facts(call: $this->said(200, ['protocol' => $protocol] + $answer));
        $this->assertSame(['error oldserver'], $this->found($with(0)));
        $this->assertSame(['error oldplugin'], $this->found($with(2)));
        $this->assertSame(fixture('api/status.answer')['protocol'], diagnosis::PROTOCOL);
    }

    public function test_curl_security_is_named_but_blames_nobody(): void {
        $call = $this->said(200, fixture('api/status.answer'));
        $facts = $this->facts(call: $call, blocked: true, innerurl: 'http://127.0.0.1:8787/');
        $findings = diagnosis::connection($facts);
        $this->assertSame(['ok connected', 'info curlsecurity'], $this->found($facts));
        $this->assertSame('127.0.0.1:8787', $findings[1]->a['host']);
        $this->assertSame('ok', finding::worst($findings)->level);
    }

    /**
     * What becomes of a handshake.
     *
     * @return array
     */
    public static function handshakes(): array {
        $origin = 'the origin of this page is no site of this server: add it with gchat site add --origin';
        return [
            [['status' => 101, 'accepted' => true], 'ok socket_open'],
            [['status' => 101], 'error socket_notpassed'],
            [['status' => 403, 'body' => $origin], 'error socket_origin'],
            [['status' => 403, 'body' => '<html>'], 'error socket_forbidden'],
            [['status' => 429, 'body' => 'too many connections from this address'], 'unknown socket_crowded'],
            [['status' => 503, 'body' => 'the server is stopping: come back in a moment'], 'unknown socket_stopping'],
            [['status' => 503, 'body' => '<html>'], 'error socket_gateway'],
            [['status' => 502, 'body' => '<html>'], 'error socket_gateway'],
            [['status' => 200, 'body' => '<html>'], 'error socket_notpassed'],
            [['status' => 400, 'body' => 'Connection header did not include upgrade'], 'error socket_notpassed'],
            [['status' => 404], 'error socket_notpassed'],
            [['status' => 426], 'error socket_notpassed'],
            [['status' => 301], 'error socket_notpassed'],
            [['errno' => 60, 'error' => 'self-signed'], 'error socket_tls'],
            [['errno' => 7, 'error' => 'refused'], 'unknown socket_unreachable'],
            [['errno' => 28, 'error' => 'timeout'], 'unknown socket_unreachable'],
        ];
    }

    /**
     * The way of browsers.
     *
     * @dataProvider handshakes
     * @param array $facts of the attempt
     * @param string $id
     */
    public function test_a_handshake_shows_the_way_of_browsers(array $facts, string $id): void {
        [$finding] = diagnosis::socket($this->facts(handshake: new attempt(...$facts)));
        $this->assertSame($id, "$finding->level $finding->id");
    }

    public function test_an_open_address_on_an_encrypted_site_needs_no_test(): void {
        $shake = new attempt(status: 101, accepted: true);
        [$finding] = diagnosis::socket($this->facts(url: 'http://moodle.example:8787/', handshake: $shake));
        $this->assertSame('socket_mixed', $finding->id);
        $open = new facts('http://moodle.example', 'http://moodle.example:8787/', handshake: $shake);
        $this->assertSame('socket_open', diagnosis::socket($open)[0]->id);
        $this->assertSame('na', diagnosis::socket($this->facts())[0]->level);
        $this->assertSame('na', diagnosis::socket(new facts('https://moodle.example'))[0]->level);
    }

    public function test_the_origin_is_as_browsers_write_it(): void {
        $this->assertSame('https://moodle.example', (new facts('https://Moodle.Example/path'))->origin());
        $this->assertSame('http://moodle.example:8080', (new facts('http://moodle.example:8080'))->origin());
    }

    public function test_a_backlog_is_judged_by_its_age(): void {
        $level = fn(int $rows, int $age) => diagnosis::backlog($rows, $age)->level;
        $this->assertSame(['ok', 'ok', 'warning', 'error'], [$level(0, 0), $level(500, 60), $level(1, 180), $level(1, 900)]);
        $this->assertSame(['rows' => 3, 'minutes' => 12], diagnosis::backlog(3, 740)->a);
    }

    public function test_an_old_folder_is_named(): void {
        $this->assertSame('/x/blocks/gchat/ws', diagnosis::leftovers(true, '/x/blocks/gchat')->a['folder']);
        $this->assertSame('ok', diagnosis::leftovers(false, '/x/blocks/gchat')->level);
    }

    public function test_the_worst_decides_and_the_first_of_equals(): void {
        $worst = fn(finding ...$findings) => finding::worst($findings)->id;
        $this->assertSame('b', $worst(finding::info('a'), finding::ok('b'), finding::na('c')));
        $this->assertSame('b', $worst(finding::ok('a'), finding::error('b'), finding::error('c'), finding::warning('d')));
        $this->assertTrue(finding::unknown('a')->can_be_mended());
        $this->assertFalse(finding::info('a')->can_be_mended());
    }
}
