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

use core\hook\output\before_http_headers;

/**
 * The mark of a login in the browser: what it is, and when it goes.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\mark
 * @covers \block_gchat\hooks
 * @covers \block_gchat\observer
 */
final class mark_test extends \advanced_testcase {
    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        login::pretend('a-session-of-this-test');
        mark::said();
    }

    #[\Override]
    protected function tearDown(): void {
        login::pretend(null);
        foreach (array_keys($_COOKIE) as $name) {
            if (str_starts_with($name, 'gchat_')) {
                unset($_COOKIE[$name]);
            }
        }
        parent::tearDown();
    }

    /**
     * The two cookies of the present login, in the order life, browser.
     *
     * @return array[]
     */
    private function renewed(): array {
        mark::renew(600);
        $said = mark::said();
        $this->assertSame([mark::name() . '_life', mark::name() . '_browser'], array_keys($said));
        return array_values($said);
    }

    /**
     * The browser sends back what it was given.
     */
    private function browse(): void {
        mark::renew(600);
        foreach (mark::said() as $name => $cookie) {
            $_COOKIE[$name] = $cookie['value'];
        }
    }

    /**
     * Both cookies were taken away.
     */
    private function assert_cleared(): void {
        $this->assert_said_cleared(mark::said());
    }

    /**
     * These took both cookies away.
     *
     * @param array[] $said
     */
    private function assert_said_cleared(array $said): void {
        $this->assertSame([mark::name() . '_life', mark::name() . '_browser'], array_keys($said));
        foreach ($said as $cookie) {
            $this->assertSame('', $cookie['value']);
            $this->assertSame(1, $cookie['expires']);
        }
    }

    /**
     * Somebody opens a page.
     */
    private function page(): void {
        global $PAGE;
        hooks::before_http_headers(new before_http_headers($PAGE->get_renderer('core')));
    }

    public function test_it_is_two_secrets_of_one_login_that_scripts_can_read(): void {
        global $CFG;
        $CFG->wwwroot = 'https://school.example/moodle';
        [$life, $browser] = $this->renewed();
        foreach ([$life, $browser] as $cookie) {
            $this->assertMatchesRegularExpression('/^' . login::sid() . '\.[A-Za-z0-9_-]{22}$/', $cookie['value']);
            $this->assertSame(['/moodle/', true, false, 'Lax'], [
                $cookie['path'], $cookie['secure'], $cookie['httponly'], $cookie['samesite'],
            ]);
            $this->assertStringNotContainsString(substr($cookie['value'], 33), login::salt());
        }
        $this->assertNotSame($life['value'], $browser['value']);
        $this->assertEqualsWithDelta(time() + 600, $life['expires'], 2);
        $this->assertSame(0, $browser['expires'], 'it ends with the browser');
        $this->assertSame($browser, $this->renewed()[1], 'the same in all answers of a login');
        login::pretend('another-session');
        [$later] = $this->renewed();
        $this->assertNotSame(substr($life['value'], 33), substr($later['value'], 33));
    }

    public function test_plain_http_at_the_root_of_a_host(): void {
        global $CFG;
        $CFG->wwwroot = 'http://school.example';
        [$life] = $this->renewed();
        $this->assertSame(['/', false], [$life['path'], $life['secure']]);
    }

    public function test_two_sites_at_one_host_have_two_names(): void {
        global $CFG;
        $CFG->wwwroot = 'https://school.example/one';
        $one = mark::name();
        $this->assertMatchesRegularExpression('/^gchat_[0-9a-f]{8}$/', $one);
        $CFG->wwwroot = 'https://school.example/two';
        $this->assertNotSame($one, mark::name());
    }

    public function test_it_goes_with_the_logout(): void {
        $this->setUser($this->getDataGenerator()->create_user());
        $this->browse();
        require_logout();
        $said = mark::said();
        $over = $said[mark::name() . '_over'] ?? null;
        unset($said[mark::name() . '_over']);
        $this->assert_said_cleared($said);
        $this->assertNotNull($over, 'an answer that crosses the logout brings nothing back');
        $this->assertMatchesRegularExpression('/^[0-9a-f]{32}$/', $over['value']);
        $this->assertSame(0, $over['expires']);
    }

    public function test_it_goes_when_somebody_else_logs_in_and_stays_for_the_same_login(): void {
        $user = $this->getDataGenerator()->create_user();
        $this->setUser($user);
        $this->browse();
        $event = \core\event\user_loggedin::create([
            'userid' => $user->id, 'objectid' => $user->id, 'other' => ['username' => $user->username],
        ]);
        $event->trigger();
        $this->assertSame([], mark::said());
        login::pretend('the-session-of-the-next-login');
        $event = \core\event\user_loggedin::create([
            'userid' => $user->id, 'objectid' => $user->id, 'other' => ['username' => $user->username],
        ]);
        $event->trigger();
        $this->assert_cleared();
    }

    public function test_a_page_of_the_login_leaves_it_and_a_page_of_nobody_or_another_takes_it_away(): void {
        $this->setUser($this->getDataGenerator()->create_user());
        $this->page();
        $this->assertSame([], mark::said(), 'nothing to take away');
        $this->browse();
        $this->page();
        $this->assertSame([], mark::said());
        login::pretend('');
        $this->page();
        $this->assertSame([], mark::said(), 'a script without a session knows nothing');
        login::pretend('another-session');
        $this->page();
        $this->assert_cleared();
        login::pretend('a-session-of-this-test');
        $this->setUser(null);
        $this->page();
        $this->assert_cleared();
        $this->setGuestUser();
        $this->page();
        $this->assert_cleared();
    }

    public function test_a_cookie_that_is_no_text_breaks_nothing(): void {
        $_COOKIE[mark::name() . '_life'] = ['an' => 'array'];
        $this->page();
        $this->assertSame([], mark::said());
    }
}
