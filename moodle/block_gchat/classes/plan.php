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
 * Which calls tell of the rows that wait: one for each target, however many rows speak of it. Pure, without Moodle.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class plan {
    /** From so many people on whose rights changed in one course, the course is told as a whole. */
    public const MANY = 30;

    /** @var array[] `[kind, target, sid, ids, attempts]`, in the order in which they are called */
    public array $calls = [];

    /** @var int[] rows that need no call */
    public array $idle = [];

    /** @var int[] categories whose courses are to be told, by row id */
    public array $categories = [];

    /** @var bool[] rows of categories in which something was taken away, by row id */
    public array $narrow = [];

    /** @var bool whether anything may have changed, for anybody */
    public bool $site = false;

    /**
     * Plans.
     *
     * @param \stdClass[] $rows of the outbox, oldest first
     * @param array $known keys are the users whom the server may know
     * @return self
     */
    public static function of(array $rows, array $known): self {
        $plan = new self();
        [$wanted, $people, $whole] = [[], [], []];
        foreach ($rows as $row) {
            $unknown = !isset($known[$row->target]);
            if ($row->kind === 'site') {
                $plan->site = true;
                $plan->idle[] = $row->id;
            } else if ($row->kind === 'category' || $row->kind === 'narrow') {
                $plan->categories[$row->id] = (int) $row->target;
                $plan->narrow[$row->id] = $row->kind === 'narrow';
            } else if ($unknown && (in_array($row->kind, ['user', 'logout']) || ($row->kind === 'erase' && !$row->attempts))) {
                $plan->idle[] = $row->id;
            } else {
                $wanted[] = $row;
                if ($row->kind === 'user' && $row->courseid) {
                    $people[$row->courseid][$row->target] = true;
                } else if ($row->kind === 'course') {
                    $whole[$row->target] = true;
                }
            }
        }
        // The call that tells of a course tells of each of its people.
        $whole += array_filter($people, fn($some) => count($some) >= self::MANY);
        foreach ($wanted as $row) {
            if ($row->kind === 'user' && isset($whole[$row->courseid])) {
                $plan->call('course', (int) $row->courseid, null, $row);
            } else {
                $plan->call($row->kind, (int) $row->target, $row->sid, $row);
            }
        }
        $plan->sort();
        return $plan;
    }

    /**
     * The targets of one kind of call.
     *
     * @param string $kind
     * @return int[]
     */
    public function targets(string $kind): array {
        $calls = array_filter($this->calls, fn($call) => $call['kind'] === $kind);
        return array_values(array_map(fn($call) => $call['target'], $calls));
    }

    /**
     * Adds a row to the call for its target.
     *
     * @param string $kind
     * @param int $target
     * @param string|null $sid
     * @param \stdClass $row
     */
    private function call(string $kind, int $target, ?string $sid, \stdClass $row): void {
        $name = "$kind $target $sid";
        $this->calls[$name] ??= ['kind' => $kind, 'target' => $target, 'sid' => $sid, 'ids' => [], 'attempts' => 0];
        $this->calls[$name]['ids'][] = $row->id;
        $this->calls[$name]['attempts'] = max($this->calls[$name]['attempts'], (int) $row->attempts);
    }

    /**
     * The most pressing first: what ends everybody's rights of before, whoever has logged out, what the site allows of
     * everybody, whoever has left, then single people, then courses, which take longest.
     */
    private function sort(): void {
        $order = array_flip(['brake', 'logout', 'policy', 'erase', 'user', 'course']);
        uasort($this->calls, fn($one, $other) => $order[$one['kind']] <=> $order[$other['kind']]);
    }
}
