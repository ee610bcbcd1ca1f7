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

/**
 * Signs a token as the plugin does, for tests in other languages: `php mint.php user` or `call`, with JSON on its input.
 *
 * `user`: `code`, `user`, `sid`, `content`, `now`, and `until` where it must end before its time;
 * `call`: `code`, `wwwroot`, `method`, `path`, `body`, `now`.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use block_gchat\connection;
use block_gchat\jwt;

// phpcs:ignore moodle.Files.MoodleInternal.MoodleInternalGlobalState -- it needs no Moodle.
require_once(__DIR__ . '/bootstrap.php');

$said = json_decode(stream_get_contents(STDIN), true, 32, JSON_THROW_ON_ERROR);
$connection = connection::from_code($said['code']);
echo match ($argv[1] ?? '') {
    'user' => jwt::user_token(
        $connection,
        $said['user'],
        $said['sid'],
        $said['content'],
        $said['now'],
        $said['until'] ?? PHP_INT_MAX
    ),
    'call' => jwt::call($connection, $said['wwwroot'], $said['method'], $said['path'], $said['body'], $said['now']),
}, "\n";
