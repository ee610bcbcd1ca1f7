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
 * When a script sends what it has changed: a few times at once, then so seldom that a script with very many changes is
 * hardly slower for it. Pure, without Moodle; times are in seconds.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class pace {
    /** So many runs are made at once: what is done to one person is up to three events (group, role, enrolment). */
    public const BURST = 3;

    /** The first pause; each further one is twice as long. */
    public const FIRST = 2.0;

    /** The longest pause, but for the next. */
    public const LONGEST = 8.0;

    /** A pause lasts until all runs together have taken at most one in so many seconds. */
    public const SHARE = 40;

    /** After so long without a change it begins anew. */
    public const CALM = 10.0;

    /** @var int runs */
    private int $runs = 0;

    /** @var float when the first run began */
    private float $began = 0.0;

    /** @var float how long the runs took together */
    private float $took = 0.0;

    /** @var float when the next run may be made */
    private float $next = 0.0;

    /** @var float when the last change came */
    private float $changed = 0.0;

    /**
     * Something has changed.
     *
     * @param float $now
     * @return bool whether it may be sent at once
     */
    public function change(float $now): bool {
        if ($now - $this->changed > self::CALM) {
            [$this->runs, $this->took, $this->next] = [0, 0.0, 0.0];
        }
        $this->changed = $now;
        return $now >= $this->next;
    }

    /**
     * Takes note of a run.
     *
     * @param float $began
     * @param float $ended
     */
    public function ran(float $began, float $ended): void {
        if (!$this->runs) {
            $this->began = $began;
        }
        $this->took += $ended - $began;
        $pauses = ++$this->runs - self::BURST;
        if ($pauses >= 0) {
            $pause = min(self::LONGEST, self::FIRST * 2 ** $pauses);
            $this->next = max($ended + $pause, $this->began + $this->took * self::SHARE);
        }
    }
}
