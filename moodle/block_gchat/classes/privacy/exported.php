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

namespace block_gchat\privacy;

/**
 * A conversation and its messages as an export shows them. Pure, without Moodle.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class exported {
    /**
     * What a conversation is called: by its other person or its title, and by its name on the server.
     *
     * @param array $conversation as in protocol/README.md, `GET users/{user}`
     * @param string $removed what those are called who were removed
     * @return string
     */
    public static function title(array $conversation, string $removed): string {
        $id = $conversation['conversation'];
        $title = self::other($conversation, $removed) ?? $conversation['title'] ?? '';
        return $title === '' ? $id : "$title ($id)";
    }

    /**
     * What the other person of a conversation is called; null where there is no such person: in groups, in rooms, and in
     * kinds that this plugin does not know, a later server's.
     *
     * @param array $conversation as in protocol/README.md, `GET users/{user}`
     * @param string $removed what those are called who were removed
     * @return string|null
     */
    public static function other(array $conversation, string $removed): ?string {
        return isset($conversation['contact']) ? ($conversation['contact']['name'] ?: $removed) : null;
    }

    /**
     * One message.
     *
     * @param array $message as in protocol/README.md, `GET users/{user}/conversations/{conversation}`
     * @param string $from who wrote it, as a reader knows them
     * @param callable $date makes a sentence of seconds since 1970
     * @return array
     */
    public static function message(array $message, string $from, callable $date): array {
        $edited = $message['edited_at'] ?? null;
        $deleted = match ($message['deleted'] ?? null) {
            null => null,
            'moderator' => get_string('privacy:export:deleted:moderator', 'block_gchat'),
            default => get_string('privacy:export:deleted:author', 'block_gchat'),
        };
        return array_filter([
            'number' => $message['seq'],
            'from' => $from,
            'sent' => $date((int) ($message['sent_at'] / 1000)),
            'answers' => $message['reply_to'] ?? null,
            'text' => $message['text'] ?? '',
            'happened' => $message['system'] ?? null,
            'mentions' => $message['mentions'] ?? null,
            'your_reactions' => $message['mine'] ?? null,
            'edited' => $edited === null ? null : $date((int) ($edited / 1000)),
            'deleted' => $deleted,
        ], fn($value) => $value !== null);
    }
}
