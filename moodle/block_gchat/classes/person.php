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
 * A person, and the rights version, as the database has them in one instant.
 *
 * One statement reads all of it: what a rights version says is true of everything in the same row. It reads fresh, never
 * $USER, which is as old as the request and another's in a "log in as".
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class person {
    /**
     * Holds a row.
     *
     * @param \stdClass $row
     */
    private function __construct(
        /** @var \stdClass of the statement below */
        private readonly \stdClass $row,
    ) {
    }

    /**
     * Reads somebody.
     *
     * @param int $userid
     * @return self|null null: no such row
     */
    public static function read(int $userid): ?self {
        global $DB;
        $names = implode(', ', array_map(fn($name) => "u.$name", \core_user\fields::get_name_fields()));
        $row = $DB->get_record_sql(
            "SELECT u.id, u.lang, u.picture, u.suspended, u.deleted, u.confirmed, $names, ctx.id AS contextid,
                    k.id AS known, k.digest, k.stale, k.paused, p.value AS visibility,
                    (SELECT MAX(id) FROM {block_gchat_outbox}) AS newest,
                    (SELECT MAX(id) FROM {block_gchat_outbox} WHERE kind = :floor) AS floor
               FROM {user} u
          LEFT JOIN {context} ctx ON ctx.instanceid = u.id AND ctx.contextlevel = :level
          LEFT JOIN {block_gchat_user} k ON k.userid = u.id
          LEFT JOIN {user_preferences} p ON p.userid = u.id AND p.name = :preference
              WHERE u.id = :userid",
            [
                'floor' => outbox::FLOOR,
                'level' => CONTEXT_USER,
                'preference' => 'block_online_users_uservisibility',
                'userid' => $userid,
            ]
        );
        return $row ? new self($row) : null;
    }

    /**
     * The user's id.
     *
     * @return int
     */
    public function id(): int {
        return (int) $this->row->id;
    }

    /**
     * Whether they may use this site at all.
     *
     * @return bool
     */
    public function is_active(): bool {
        return !$this->row->deleted && !$this->row->suspended && $this->row->confirmed && !isguestuser($this->id());
    }

    /**
     * Whether they ever got a token, so that the server may know them.
     *
     * @return bool
     */
    public function is_known(): bool {
        return $this->row->known !== null;
    }

    /**
     * What the last token with new content said.
     *
     * @return string|null
     */
    public function digest(): ?string {
        return $this->row->digest;
    }

    /**
     * Until when the chat server was told that their chat is paused (see {@see exams}).
     *
     * @return int|null in seconds; 0: not paused, or not any more; null: not known
     */
    public function paused(): ?int {
        if ($this->row->paused === null) {
            return $this->is_known() ? null : 0;
        }
        return $this->row->paused > time() ? (int) $this->row->paused : 0;
    }

    /**
     * The rights version when this was read.
     *
     * @return int
     */
    public function version(): int {
        return outbox::version_of((int) $this->row->newest);
    }

    /**
     * The row of the outbox that was the newest when this was read.
     *
     * @return int
     */
    public function newest(): int {
        return (int) $this->row->newest;
    }

    /**
     * What was computed before this row of the outbox was there is out of date.
     *
     * @return int
     */
    public function stale(): int {
        return max((int) $this->row->stale, (int) $this->row->floor);
    }

    /**
     * What others see of them: `name`, `picture`, `profile_url`, and `lang` and `hidden`.
     *
     * @return array
     */
    public function contact(): array {
        global $CFG;
        return [
            'name' => \core_text::substr(trim(fullname($this->row)), 0, 200) ?: '?',
            'picture' => $this->picture(),
            'profile_url' => (new \moodle_url('/user/profile.php', ['id' => $this->id()]))->out(false),
            'lang' => substr($this->row->lang ?: $CFG->lang, 0, 32),
            'hidden' => $this->is_hidden(),
        ];
    }

    /**
     * The address of their own picture here; null where they have none, or it lies on another's server, which would learn
     * who looks.
     *
     * @return string|null
     */
    private function picture(): ?string {
        global $CFG;
        if ($this->row->picture <= 0 || !$this->row->contextid) {
            return null;
        }
        $url = \moodle_url::make_pluginfile_url($this->row->contextid, 'user', 'icon', null, '/', 'f1');
        $url->param('rev', $this->row->picture);
        $text = $url->out(false);
        return str_starts_with($text, "$CFG->wwwroot/") && strlen($text) <= 2048 ? $text : null;
    }

    /**
     * Whether they hide that they are online, as the block Online users lets them.
     *
     * @return bool
     */
    private function is_hidden(): bool {
        global $CFG;
        return !empty($CFG->block_online_users_onlinestatushiding) && $this->row->visibility === '0';
    }
}
