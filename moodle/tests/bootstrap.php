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
 * The plugin's classes that need no Moodle, for the tests beside this file.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

define('MOODLE_INTERNAL', true);

spl_autoload_register(function (string $class): void {
    $file = __DIR__ . '/../block_gchat/classes/' . str_replace('\\', '/', substr($class, strlen('block_gchat\\'))) . '.php';
    if (str_starts_with($class, 'block_gchat\\') && is_file($file)) {
        require_once($file);
    }
});

require_once(__DIR__ . '/signature.php');
require_once(__DIR__ . '/../block_gchat/tests/fixtures/running_server.php');

/**
 * A golden example of the contract.
 *
 * @param string $name below protocol/fixtures
 * @return array
 */
function fixture(string $name): array {
    return json_decode(file_get_contents(__DIR__ . "/../../protocol/fixtures/$name.json"), true, 32, JSON_THROW_ON_ERROR);
}

/**
 * The plugin's own words in English, as far as classes that need no Moodle ask for them.
 *
 * @param string $id
 * @param string $component
 * @param string|int|null $a what is filled in
 * @return string
 */
function get_string(string $id, string $component, string|int|null $a = null): string {
    assert($component === 'block_gchat');
    $string = [];
    require(__DIR__ . '/../block_gchat/lang/en/block_gchat.php');
    return str_replace('{$a}', (string) $a, $string[$id]);
}
