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
 * What the plugin signs is what the contract asks for, and what the real server takes.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\jwt
 */
final class jwt_test extends \PHPUnit\Framework\TestCase {
    /**
     * Reads a part of a token.
     *
     * @param string $token
     * @param int $part
     * @return array
     */
    private function part(string $token, int $part): array {
        return json_decode(base64_decode(strtr(explode('.', $token)[$part], '-_', '+/')), true, 32, JSON_THROW_ON_ERROR);
    }

    public function test_a_user_token_has_the_contracts_claims(): void {
        $wanted = fixture('token/user');
        $rest = array_diff_key($wanted, array_flip(['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'nbf', 'exp']));
        $token = jwt::user_token(
            connection::from_code(fixture('connection_code')['code']),
            (int) $wanted['sub'],
            $wanted['sid'],
            $rest,
            $wanted['iat']
        );
        $this->assertEqualsCanonicalizing(['typ' => 'JWT', 'alg' => 'HS256', 'kid' => 'k1'], $this->part($token, 0));
        $claims = $this->part($token, 1);
        $this->assertMatchesRegularExpression('/^.{1,64}$/', $claims['jti']);
        unset($claims['jti'], $wanted['jti']);
        $this->assertSame($wanted, $claims);
    }

    public function test_a_user_token_ends_with_the_enrolment(): void {
        $connection = connection::from_code(fixture('connection_code')['code']);
        $token = jwt::user_token($connection, 2, 'abcdefgh', [], 1000, 1042);
        $this->assertSame(1042, $this->part($token, 1)['exp']);
        $token = jwt::user_token($connection, 2, 'abcdefgh', [], 1000, 2000);
        $this->assertSame(1600, $this->part($token, 1)['exp']);
    }

    public function test_a_call_has_the_contracts_claims(): void {
        $wanted = fixture('token/api');
        $token = jwt::call(
            connection::from_code(fixture('connection_code')['code']),
            $wanted['wwwroot'],
            $wanted['method'],
            $wanted['path'],
            '{"rights_version":1042}',
            $wanted['iat']
        );
        $claims = $this->part($token, 1);
        $this->assertMatchesRegularExpression('/^.{8,64}$/', $claims['jti']);
        $this->assertSame(hash('sha256', '{"rights_version":1042}'), $claims['body_sha256']);
        unset($claims['jti'], $wanted['jti'], $claims['body_sha256'], $wanted['body_sha256']);
        $this->assertSame($wanted, $claims);
    }

    public function test_no_two_tokens_have_the_same_id(): void {
        $connection = connection::from_code(fixture('connection_code')['code']);
        $ids = [];
        for ($i = 0; $i < 100; $i++) {
            $ids[$this->part(jwt::call($connection, 'https://m.example', 'GET', '/api/v1/status', '', 1), 1)['jti']] = true;
        }
        $this->assertCount(100, $ids);
    }

    public function test_the_real_server_takes_both_tokens(): void {
        $server = new running_server(running_server::binary($this));
        $call = jwt::call($server->connection, $server->wwwroot, 'GET', '/api/v1/status', '', time());
        $this->assertSame(1, $server->get('api/v1/status', $call)['protocol']);

        $content = array_diff_key(
            fixture('token/user'),
            array_flip(['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'nbf', 'exp'])
        );
        $token = jwt::user_token($server->connection, 2, 'b7f0c5b1d2a94e64', $content, time());
        $welcome = $server->hello($token);
        $this->assertSame('welcome', $welcome['type'], json_encode($welcome));
        $this->assertSame(['c7', 'c9/g4'], array_column($welcome['circles'], 'id'));
        $this->assertSame('Ana Sousa', $welcome['user']['name']);

        $other = connection::from_code(fixture('connection_code')['code']);
        $this->assertSame('bad_token', $server->hello(jwt::user_token($other, 2, 'b7f0c5b1d2a94e64', $content, time()))['code']);
    }
}
