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
 * Where the chat server is, and the key that it shares with this site.
 *
 * It comes as one connection code, which `gchat site add` prints (protocol/README.md, "The connection code"). The key is
 * stored encrypted and never shown again. This class knows neither HTTP nor pages.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class connection {
    /** The fewest bytes of a key. */
    private const KEY_BYTES = 32;

    /**
     * Holds what a code says.
     *
     * @param string $url
     * @param string $innerurl
     * @param string $site
     * @param string $kid
     * @param string $key
     */
    private function __construct(
        /** @var string the server's address for browsers, with a final slash */
        public readonly string $url,
        /** @var string the address at which this site calls the server, with a final slash; empty: $url */
        public readonly string $innerurl,
        /** @var string the site's id on the server */
        public readonly string $site,
        /** @var string the key's id */
        public readonly string $kid,
        /** @var string the key's bytes */
        #[\SensitiveParameter]
        public readonly string $key,
    ) {
    }

    /**
     * The connection as configured; null where there is none, or its key cannot be read (a restored database without the
     * key file of the data folder, say: the status check tells of it).
     *
     * @return self|null
     */
    public static function current(): ?self {
        $config = get_config('block_gchat');
        if (empty($config->url) || empty($config->site) || empty($config->kid) || empty($config->key)) {
            return null;
        }
        try {
            $key = \core\encryption::decrypt($config->key);
        } catch (\Throwable $e) {
            return null;
        }
        $key = self::bytes($key);
        if ($key === null || strlen($key) < self::KEY_BYTES) {
            return null;
        }
        return new self($config->url, $config->innerurl ?? '', $config->site, $config->kid, $key);
    }

    /**
     * Reads a connection code.
     *
     * @param string $code
     * @return self
     * @throws \InvalidArgumentException in the reader's language: what is wrong and the fix; never with the key in it
     */
    public static function from_code(#[\SensitiveParameter] string $code): self {
        $code = trim($code);
        if (!str_starts_with($code, 'gchat1.')) {
            throw new \InvalidArgumentException(get_string('code_begins', 'block_gchat'));
        }
        $json = self::bytes(substr($code, 7));
        $said = $json === null ? null : json_decode($json, true, 4);
        if (!is_array($said)) {
            throw new \InvalidArgumentException(get_string('code_damaged', 'block_gchat'));
        }
        foreach (['url', 'site', 'kid', 'key'] as $field) {
            if (!isset($said[$field]) || !is_string($said[$field]) || $said[$field] === '') {
                throw new \InvalidArgumentException(get_string('code_lacks', 'block_gchat', $field));
            }
        }
        foreach (['site', 'kid'] as $field) {
            if (!preg_match('/^[A-Za-z0-9._-]{1,64}$/D', $said[$field])) {
                throw new \InvalidArgumentException(get_string('code_odd', 'block_gchat', $field));
            }
        }
        $key = self::bytes($said['key']);
        if ($key === null || strlen($key) < self::KEY_BYTES) {
            throw new \InvalidArgumentException(get_string('code_key', 'block_gchat', self::KEY_BYTES));
        }
        return new self(self::address($said['url']), '', $said['site'], $said['kid'], $key);
    }

    /**
     * Checks an address of the server, and ends it with a slash.
     *
     * @param string $url
     * @return string
     * @throws \InvalidArgumentException as from_code()
     */
    public static function address(string $url): string {
        $url = trim($url);
        $parts = parse_url($url);
        if (
            !$parts || empty($parts['host']) || !in_array($parts['scheme'] ?? '', ['http', 'https'])
                || preg_match('/[\s"\'<>\\\\\x00-\x1f]/', $url)
        ) {
            throw new \InvalidArgumentException(get_string('address_form', 'block_gchat'));
        }
        if (isset($parts['user']) || isset($parts['pass']) || isset($parts['query']) || isset($parts['fragment'])) {
            throw new \InvalidArgumentException(get_string('address_extra', 'block_gchat'));
        }
        return rtrim($url, '/') . '/';
    }

    /**
     * The same connection, called by this site at another address than the browsers'.
     *
     * @param string $innerurl as address() gives it, or empty
     * @return self
     */
    public function at(string $innerurl): self {
        return new self($this->url, $innerurl, $this->site, $this->kid, $this->key);
    }

    /**
     * Makes this the site's connection. Another site's pause ends with it: an administrator has acted.
     *
     * The inner address is a setting of its own and stays.
     */
    public function save(): void {
        set_config('key', \core\encryption::encrypt(jwt::base64url($this->key)), 'block_gchat');
        set_config('url', $this->url, 'block_gchat');
        set_config('site', $this->site, 'block_gchat');
        set_config('kid', $this->kid, 'block_gchat');
        unset_config('paused', 'block_gchat');
        outbox::begin();
        rooms::begin();
        server::forget_outage();
    }

    /**
     * Ends the connection: everything is off until there is another.
     */
    public static function forget(): void {
        foreach (['key', 'url', 'site', 'kid', 'paused'] as $name) {
            unset_config($name, 'block_gchat');
        }
    }

    /**
     * The address at which this site calls the server.
     *
     * @return string with a final slash
     */
    public function api_url(): string {
        return ($this->innerurl !== '' ? $this->innerurl : $this->url) . 'api/v1/';
    }

    /**
     * Decodes unpadded base64url, and only that.
     *
     * @param string $text
     * @return string|null null where it is not
     */
    private static function bytes(#[\SensitiveParameter] string $text): ?string {
        if (!preg_match('/^[A-Za-z0-9_-]+$/D', $text)) {
            return null;
        }
        $bytes = base64_decode(strtr($text, '-_', '+/'), true);
        return $bytes === false || jwt::base64url($bytes) !== $text ? null : $bytes;
    }
}
