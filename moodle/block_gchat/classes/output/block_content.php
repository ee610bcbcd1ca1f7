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

namespace block_gchat\output;

use block_gchat\connection;
use block_gchat\gate;
use block_gchat\site_state;
use core\output\named_templatable;
use renderable;

/**
 * What stands in the block: the list for those who may chat, advice for those who can set the chat up.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class block_content implements named_templatable, renderable {
    /**
     * Made by {@see self::for_page()}.
     *
     * @param string $advice what an administrator should know; empty: show the list
     */
    private function __construct(
        /** @var string what an administrator should know */
        private readonly string $advice,
    ) {
    }

    /**
     * Null where the block is to be left out.
     *
     * @param \moodle_page $page
     * @return self|null
     */
    public static function for_page(\moodle_page $page): ?self {
        if (gate::page_refusal($page) === null) {
            return new self('');
        }
        $advice = self::advice();
        return $advice === '' ? null : new self($advice);
    }

    /**
     * Why the chat works for nobody, for those who can change it; empty for everybody else.
     *
     * @return string
     */
    private static function advice(): string {
        if (!has_capability('moodle/site:config', \context_system::instance())) {
            return '';
        }
        if (connection::current() === null) {
            return get_string('block_notconnected', 'block_gchat');
        }
        if ((string) get_config('block_gchat', 'paused') !== '') {
            return get_string('block_paused', 'block_gchat');
        }
        return site_state::closed() === 'messaging' ? get_string('block_messagingoff', 'block_gchat') : '';
    }

    /**
     * Whether the page needs the client for it.
     *
     * @return bool
     */
    public function has_roster(): bool {
        return $this->advice === '';
    }

    #[\Override]
    public function get_template_name(\renderer_base $renderer): string {
        return $this->has_roster() ? 'block_gchat/roster' : 'block_gchat/advice';
    }

    #[\Override]
    public function export_for_template(\renderer_base $output): array {
        if ($this->has_roster()) {
            return [];
        }
        return [
            'advice' => $this->advice,
            'url' => (new \moodle_url('/admin/settings.php', ['section' => 'blocksettinggchat']))->out(false),
        ];
    }
}
