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

namespace block_gchat\check;

/**
 * One thing that a check found out.
 *
 * Its words are the strings `finding_ID` and, for what is to be mended, `finding_ID_mend`. Needs no Moodle.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class finding {
    /** @var string[] levels as in \core\check\result, in the order in which they decide for a whole check */
    public const LEVELS = ['na', 'info', 'ok', 'unknown', 'warning', 'error'];

    /**
     * Made by the functions below.
     *
     * @param string $level one of LEVELS
     * @param string $id
     * @param array $a
     */
    private function __construct(
        /** @var string one of LEVELS */
        public readonly string $level,
        /** @var string what its strings are called, after `finding_` */
        public readonly string $id,
        /** @var array what its strings take */
        public readonly array $a,
    ) {
    }

    /**
     * What could not be asked, because something else comes first.
     *
     * @param string $id
     * @param array $a
     * @return self
     */
    public static function na(string $id, array $a = []): self {
        return new self('na', $id, $a);
    }

    /**
     * What is as it should be.
     *
     * @param string $id
     * @param array $a
     * @return self
     */
    public static function ok(string $id, array $a = []): self {
        return new self('ok', $id, $a);
    }

    /**
     * What is good to know.
     *
     * @param string $id
     * @param array $a
     * @return self
     */
    public static function info(string $id, array $a = []): self {
        return new self('info', $id, $a);
    }

    /**
     * What may be good or bad, which cannot be told from here.
     *
     * @param string $id
     * @param array $a
     * @return self
     */
    public static function unknown(string $id, array $a = []): self {
        return new self('unknown', $id, $a);
    }

    /**
     * What should be mended.
     *
     * @param string $id
     * @param array $a
     * @return self
     */
    public static function warning(string $id, array $a = []): self {
        return new self('warning', $id, $a);
    }

    /**
     * What keeps people from chatting.
     *
     * @param string $id
     * @param array $a
     * @return self
     */
    public static function error(string $id, array $a = []): self {
        return new self('error', $id, $a);
    }

    /**
     * Whether there is something to do about it.
     *
     * @return bool
     */
    public function can_be_mended(): bool {
        return in_array($this->level, ['unknown', 'warning', 'error'], true);
    }

    /**
     * The finding that decides: the worst, the first of them if several are equally bad.
     *
     * @param self[] $findings at least one
     * @return self
     */
    public static function worst(array $findings): self {
        $worst = reset($findings);
        foreach ($findings as $finding) {
            if (array_search($finding->level, self::LEVELS) > array_search($worst->level, self::LEVELS)) {
                $worst = $finding;
            }
        }
        return $worst;
    }
}
