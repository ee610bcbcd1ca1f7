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
 * What the server is told of the site's policy is what the contract has.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\policy
 */
final class policy_test extends \PHPUnit\Framework\TestCase {
    public function test_it_is_remade_as_the_contract_has_it(): void {
        $fixture = fixture('api/policy.put');
        $this->assertSame($fixture, policy::snapshot($fixture['rights_version'], (string) $fixture['edit_seconds']));
        $this->assertSame($fixture, policy::snapshot($fixture['rights_version'], false));
    }

    public function test_the_time_is_one_that_the_server_takes(): void {
        $seconds = fn($setting) => policy::snapshot(1, $setting)['edit_seconds'];
        $this->assertSame([0, 60, 31536000, 0], array_map($seconds, ['0', '60', '63072000', '-1']));
    }
}
