<?php
// Lets a plugin's own PHP sign and call without a Moodle: `php run.php FOLDER`, with JSON on its input: `code`, `inner` (the
// server's address for calls), `wwwroot`, and `calls`: each the name of a method and its arguments. It prints the results,
// each `{"answer": …}` or `{"refused": the reason}`. Methods are those of `block_gchat\server`, and `user_token`: a person's
// id, the login's name and the content, which give a signed token.
// It speaks to the plugin of every release that is kept in releases/, so it asks for no more than those have.

use block_gchat\connection;
use block_gchat\jwt;
use block_gchat\server;
use block_gchat\server_exception;

define('MOODLE_INTERNAL', true);
$plugin = realpath($argv[1]);
$said = json_decode(stream_get_contents(STDIN), true, 64, JSON_THROW_ON_ERROR);
$CFG = (object) ['libdir' => __DIR__, 'wwwroot' => $said['wwwroot']];

spl_autoload_register(function (string $class) use ($plugin): void {
    $file = "$plugin/classes/" . str_replace('\\', '/', substr($class, strlen('block_gchat\\'))) . '.php';
    if (str_starts_with($class, 'block_gchat\\') && is_file($file)) {
        require_once($file);
    }
});
set_error_handler(fn(int $level, string $message) => throw new ErrorException($message));
require_once(__DIR__ . '/../../moodle/tests/signature.php');

$connection = connection::from_code($said['code'])->at($said['inner']);
$server = new server($connection, true);
$results = array_map(function (array $call) use ($connection, $server): array {
    $name = array_shift($call);
    try {
        return ['answer' => match ($name) {
            'user_token' => jwt::user_token($connection, $call[0], $call[1], $call[2], time()),
            default => $server->$name(...$call),
        }];
    } catch (server_exception $e) {
        return ['refused' => $e->reason, 'message' => $e->getMessage()];
    }
}, $said['calls']);
echo json_encode($results, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE), "\n";
