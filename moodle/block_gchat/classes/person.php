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
    /** The preference of the block Online users: whether they are shown there. */
    private const VISIBILITY = 'block_online_users_uservisibility';

    /** The preference of core's messages: from whom they take some. */
    public const NONCONTACTS = 'message_blocknoncontacts';

    /** In the column `preferences`: they hide that they are online. */
    private const HIDDEN = 'h';

    /** In the column `preferences`: they take messages from their contacts only. */
    private const CONTACTS_ONLY = 'c';

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
                    k.id AS known, k.digest, k.stale, k.paused, k.preferences, k.timeuntil,
                    p.value AS visibility, q.value AS noncontacts,
                    (SELECT MAX(id) FROM {block_gchat_outbox}) AS newest,
                    (SELECT MAX(id) FROM {block_gchat_outbox} WHERE kind = :floor) AS floor
               FROM {user} u
          LEFT JOIN {context} ctx ON ctx.instanceid = u.id AND ctx.contextlevel = :level
          LEFT JOIN {block_gchat_user} k ON k.userid = u.id
          LEFT JOIN {user_preferences} p ON p.userid = u.id AND p.name = :visibility
          LEFT JOIN {user_preferences} q ON q.userid = u.id AND q.name = :noncontacts
              WHERE u.id = :userid",
            [
                'floor' => outbox::FLOOR,
                'level' => CONTEXT_USER,
                'visibility' => self::VISIBILITY,
                'noncontacts' => self::NONCONTACTS,
                'userid' => $userid,
            ]
        );
        return $row ? new self($row) : null;
    }

    /**
     * Somebody of whom another query has read what others see of them, and nothing else.
     *
     * @param \stdClass $row `id`, `picture` and the fields of names
     * @param int|null $contextid
     * @return self
     */
    public static function of_row(\stdClass $row, ?int $contextid): self {
        return new self((object) (['contextid' => $contextid] + (array) $row));
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
     * Whether they ever got a token or were introduced, so that the server may know them.
     *
     * @return bool
     */
    public function is_known(): bool {
        return $this->row->known !== null;
    }

    /**
     * Whether they ever got a token. Of whoever was only introduced the server knows no more than it must.
     *
     * @return bool
     */
    public function has_come(): bool {
        return $this->row->digest !== null;
    }

    /**
     * What the last token with new content said.
     *
     * @return string empty: they get their first one now, or never got one
     */
    public function digest(): string {
        return (string) $this->row->digest;
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
     * When the pause ended of which the chat server was last told by a call.
     *
     * @return int in seconds; 0: it has not ended, there was none, or a token may have told something else
     */
    public function last_pause(): int {
        return $this->row->paused !== null && $this->row->paused <= time() ? (int) $this->row->paused : 0;
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
     * What the chat server is told that others see of them: `name`, `picture`, `profile_url`, and `lang` and `hidden`. Of
     * somebody who has never come, and has not been told of the chat, that is their name.
     *
     * @return array
     */
    public function contact(): array {
        global $CFG;
        $shown = $this->shown();
        return ($this->has_come() ? $shown : ['name' => $shown['name'], 'picture' => null, 'profile_url' => null]) + [
            'lang' => $this->has_come() ? substr($this->row->lang ?: $CFG->lang, 0, 32) : '',
            'hidden' => str_contains($this->preferences(), self::HIDDEN),
        ];
    }

    /**
     * What Moodle shows of them: `name`, `picture`, `profile_url`.
     *
     * @return array
     */
    public function shown(): array {
        return [
            'name' => \core_text::substr(trim(fullname($this->row)), 0, 200) ?: '?',
            'picture' => $this->picture(),
            'profile_url' => (new \moodle_url('/user/profile.php', ['id' => $this->id()]))->out(false),
        ];
    }

    /**
     * Whether they take messages from their contacts only.
     *
     * @return bool
     */
    public function takes_from_contacts_only(): bool {
        return str_contains($this->preferences(), self::CONTACTS_ONLY);
    }

    /**
     * What their preferences say of the chat now, as the column `preferences` keeps it.
     *
     * @return string HIDDEN and CONTACTS_ONLY, as far as they hold
     */
    public function preferences(): string {
        return self::preferences_of($this->row->visibility, $this->row->noncontacts);
    }

    /**
     * What the chat server was last told of their preferences, and when it is to be told anew because a date has passed.
     *
     * @return array columns `preferences` and `timeuntil`
     */
    public function told(): array {
        $until = $this->row->timeuntil;
        return ['preferences' => (string) $this->row->preferences, 'timeuntil' => $until === null ? null : (int) $until];
    }

    /**
     * People for whom the preferences say something else than what the chat server was last told.
     *
     * @param int[] $users
     * @return int[]
     */
    public static function with_other_preferences(array $users): array {
        global $DB;
        [$in, $params] = $DB->get_in_or_equal($users, SQL_PARAMS_NAMED);
        $rows = outbox::at_source(fn() => $DB->get_records_sql(
            "SELECT k.userid, k.preferences, p.value AS visibility, q.value AS noncontacts
               FROM {block_gchat_user} k
          LEFT JOIN {user_preferences} p ON p.userid = k.userid AND p.name = :visibility
          LEFT JOIN {user_preferences} q ON q.userid = k.userid AND q.name = :noncontacts
              WHERE k.userid $in",
            ['visibility' => self::VISIBILITY, 'noncontacts' => self::NONCONTACTS] + $params
        ));
        $differ = fn($row) => self::preferences_of($row->visibility, $row->noncontacts) !== (string) $row->preferences;
        return array_map(fn($row) => (int) $row->userid, array_values(array_filter($rows, $differ)));
    }

    /**
     * Whether a value of the preference of core's messages means "My contacts only".
     *
     * @param string|null $value of NONCONTACTS
     * @return bool
     */
    public static function is_contacts_only(?string $value): bool {
        return $value !== null && (int) $value === \core_message\api::MESSAGE_PRIVACY_ONLYCONTACTS;
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
     * What two preferences say of the chat: hidden, as the block Online users lets people be where the site allows it, and
     * "My contacts only", as \core_message\api::get_user_privacy_messaging_preference() reads it. (Without a value, core
     * takes messages from members of one's courses or from everybody; the chat's rights are those courses.)
     *
     * @param string|null $visibility the value of VISIBILITY
     * @param string|null $noncontacts the value of NONCONTACTS
     * @return string
     */
    private static function preferences_of(?string $visibility, ?string $noncontacts): string {
        global $CFG;
        $hidden = !empty($CFG->block_online_users_onlinestatushiding) && $visibility === '0';
        return ($hidden ? self::HIDDEN : '') . (self::is_contacts_only($noncontacts) ? self::CONTACTS_ONLY : '');
    }
}
