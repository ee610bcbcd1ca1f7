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

use core\check\check;
use core\check\result;

/**
 * A check that looks at what the probe found, and says it in plain words.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
abstract class plain_check extends check {
    /** @var probe asks the server, once for all checks that share it */
    protected readonly probe $probe;

    /**
     * Checks of one page share a probe.
     *
     * @param probe|null $probe
     */
    public function __construct(?probe $probe = null) {
        $this->probe = $probe ?? new probe();
    }

    /**
     * What it found.
     *
     * @return finding[] at least one
     */
    abstract public function findings(): array;

    #[\Override]
    public function get_action_link(): ?\action_link {
        $url = new \moodle_url('/blocks/gchat/connectiontest.php');
        return new \action_link($url, get_string('connectiontest', 'block_gchat'));
    }

    /**
     * The worst finding in one line; in the details, which stand below it, how to mend it, and the other findings.
     *
     * @return result
     */
    #[\Override]
    public function get_result(): result {
        $findings = $this->findings();
        $worst = finding::worst($findings);
        $others = array_filter($findings, fn($finding) => $finding !== $worst);
        $details = self::render(['mend' => self::mend($worst), 'findings' => array_map(self::words(...), $others)]);
        return new result($worst->level, s(self::text($worst)), $details);
    }

    /**
     * All findings, where no line above has told the worst.
     *
     * @return string HTML
     */
    public function report(): string {
        return self::render(['mend' => '', 'findings' => array_map(self::words(...), $this->findings())]);
    }

    /**
     * Findings as HTML.
     *
     * @param array $context of the template
     * @return string HTML
     */
    private static function render(array $context): string {
        global $OUTPUT;
        $context['findings'] = array_values($context['findings']);
        return $OUTPUT->render_from_template('block_gchat/findings', $context);
    }

    /**
     * A finding for the template.
     *
     * @param finding $finding
     * @return array
     */
    private static function words(finding $finding): array {
        global $OUTPUT;
        return [
            'badge' => $OUTPUT->check_result(new result($finding->level, '')),
            'text' => self::text($finding),
            'mend' => self::mend($finding),
        ];
    }

    /**
     * A finding in one sentence.
     *
     * @param finding $finding
     * @return string plain text
     */
    private static function text(finding $finding): string {
        return get_string("finding_{$finding->id}", 'block_gchat', $finding->a);
    }

    /**
     * What to do about a finding.
     *
     * @param finding $finding
     * @return string plain text; empty: nothing
     */
    private static function mend(finding $finding): string {
        return $finding->can_be_mended() ? get_string("finding_{$finding->id}_mend", 'block_gchat', $finding->a) : '';
    }
}
