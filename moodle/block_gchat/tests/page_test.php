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

use core\hook\output\before_footer_html_generation;

/**
 * The script tag and the block: on the right pages, for the right people, once, and at no cost.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\script
 * @covers \block_gchat\hooks
 * @covers \block_gchat\output\block_content
 * @covers \block_gchat
 */
final class page_test extends \advanced_testcase {
    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        set_config('everypage', 1, 'block_gchat');
        $said = ['url' => 'https://chat.example/', 'site' => 's1', 'kid' => 'k1', 'key' => jwt::base64url(str_repeat('k', 32))];
        connection::from_code('gchat1.' . jwt::base64url(json_encode($said)))->save();
        // A command line has no session of its own.
        login::pretend('phpunitsession');
    }

    #[\Override]
    protected function tearDown(): void {
        login::pretend(null);
        parent::tearDown();
    }

    /**
     * Somebody opens a page.
     *
     * @param string $layout
     */
    private function open(string $layout = 'incourse'): void {
        global $PAGE;
        $PAGE = new \moodle_page();
        $PAGE->set_context(\context_system::instance());
        $PAGE->set_url('/somewhere.php');
        $PAGE->set_pagelayout($layout);
    }

    /**
     * What the hook adds to the page.
     *
     * @return string
     */
    private function footer(): string {
        global $PAGE;
        $hook = new before_footer_html_generation($PAGE->get_renderer('core'));
        hooks::before_footer_html_generation($hook);
        return $hook->get_output();
    }

    /**
     * The content of a block on the page.
     *
     * @return string
     */
    private function block(): string {
        global $PAGE;
        $row = $this->getDataGenerator()->create_block('gchat');
        $block = block_instance('gchat', $row, $PAGE);
        return $block->get_content()->text;
    }

    public function test_the_tag_has_what_the_client_reads_once_a_page(): void {
        global $CFG, $USER;
        $this->setUser($this->getDataGenerator()->create_user());
        $this->open();
        $tag = new \DOMDocument();
        $tag->loadXML(str_replace(' data-gchat ', ' data-gchat="" ', $this->footer()));
        $attributes = [];
        foreach ($tag->documentElement->attributes as $attribute) {
            $attributes[$attribute->name] = $attribute->value;
        }
        $this->assertSame([
            'type' => 'module',
            'src' => $CFG->wwwroot . '/blocks/gchat/js/gchat.js?v=' . get_config('block_gchat', 'version'),
            'data-gchat' => '',
            'data-server' => 'https://chat.example/',
            'data-site' => 's1',
            'data-user' => (string) $USER->id,
            'data-sid' => login::sid(),
            'data-token-url' => $CFG->wwwroot . '/lib/ajax/service.php?sesskey=' . sesskey() . '&info=block_gchat_get_token',
            'data-token-body' => '[{"index":0,"methodname":"block_gchat_get_token","args":{}}]',
            'data-token-idle' => 'nosessionupdate=true',
            'data-people-url' => $CFG->wwwroot . '/lib/ajax/service.php?sesskey=' . sesskey() . '&info=block_gchat_find_people',
            'data-people-method' => 'block_gchat_find_people',
            'data-mark' => mark::name(),
            'data-salt' => login::salt(),
            'data-lang' => 'en',
            'data-container' => 'body',
        ], $attributes);
        $this->assertSame('', $this->footer(), 'once a page');
        $this->open();
        $this->assertNotSame('', $this->footer(), 'the next page has its own');
    }

    public function test_a_page_costs_the_database_nothing(): void {
        global $DB, $PAGE;
        $this->setUser($this->getDataGenerator()->create_user());
        $this->open();
        $this->footer();
        $this->open();
        // A page has made its theme long before its footer.
        $PAGE->get_renderer('core');
        $before = $DB->perf_get_queries();
        $this->assertNotSame('', $this->footer());
        $this->assertSame($before, $DB->perf_get_queries());
    }

    public function test_only_where_the_block_is_if_the_site_wants_that(): void {
        set_config('everypage', 0, 'block_gchat');
        $this->setUser($this->getDataGenerator()->create_user());
        $this->open();
        $this->assertSame('', $this->footer());
        $this->assertStringContainsString('<gchat-roster', $this->block());
        $this->assertStringContainsString('<script', $this->footer());
    }

    public function test_nothing_where_the_gate_refuses(): void {
        $this->setGuestUser();
        $this->open();
        $this->assertSame('', $this->footer() . $this->block());
        $this->setUser($this->getDataGenerator()->create_user());
        foreach (['embedded', 'secure', 'popup', 'maintenance'] as $layout) {
            $this->open($layout);
            $this->assertSame('', $this->footer() . $this->block(), $layout);
        }
        connection::forget();
        $this->open();
        $this->assertSame('', $this->footer() . $this->block());
    }

    public function test_who_can_mend_it_sees_what_is_the_matter(): void {
        $this->setAdminUser();
        set_config('paused', 'wrong_wwwroot', 'block_gchat');
        $this->open();
        $this->assertStringContainsString('paused', $this->block());
        unset_config('paused', 'block_gchat');
        set_config('messaging', 0);
        $this->open();
        $this->assertStringContainsString('messages are switched off', $this->block());
        $this->assertSame('', $this->footer());
        set_config('messaging', 1);
        connection::forget();
        $this->open();
        $text = $this->block();
        $this->assertStringContainsString('not connected yet', $text);
        $this->assertStringContainsString('section=blocksettinggchat', $text);
        $this->assertSame('', $this->footer());
    }

    public function test_the_block_has_something_to_read_at_once(): void {
        $this->setUser($this->getDataGenerator()->create_user());
        $this->open();
        $text = $this->block();
        $this->assertStringContainsString('People online appear here in a moment.', $text);
        $this->assertStringContainsString('<noscript>', $text);
    }

    /**
     * The link on a profile that opens the chat.
     *
     * @param \stdClass $user
     * @param bool $own
     * @return string|null its address; null: there is none
     */
    private function profile_link(\stdClass $user, bool $own = false): ?string {
        global $CFG;
        require_once($CFG->dirroot . '/blocks/gchat/lib.php');
        $tree = new \core_user\output\myprofile\tree();
        $tree->add_category(new \core_user\output\myprofile\category('contact', 'User details'));
        block_gchat_myprofile_navigation($tree, $user, $own, null);
        $node = $tree->nodes['block_gchat'] ?? null;
        $this->assertTrue($node === null || ($node->title === 'Chat' && $node->parentcat === 'contact'));
        return $node?->url->out(false);
    }

    public function test_a_profile_offers_the_chat_at_no_cost(): void {
        global $CFG, $DB;
        $this->setUser($this->getDataGenerator()->create_user());
        $other = $this->getDataGenerator()->create_user();
        $this->open('mypublic');
        // What a page has in memory long before.
        $this->profile_link($other);
        $before = $DB->perf_get_queries();
        $this->assertSame("$CFG->wwwroot/somewhere.php#gchat-with=$other->id", $this->profile_link($other));
        $this->assertSame($before, $DB->perf_get_queries());
        $this->assertNull($this->profile_link($other, true), 'not on one\'s own');
        $this->assertNull($this->profile_link(guest_user()));
        $this->assertNull($this->profile_link((object) ['id' => $other->id, 'deleted' => 1, 'suspended' => 0]));
        set_config('everypage', 0, 'block_gchat');
        $this->assertNull($this->profile_link($other), 'the page has no chat');
        $this->block();
        $this->assertNotNull($this->profile_link($other), 'its block brings it');
        set_config('everypage', 1, 'block_gchat');
        $this->open('popup');
        $this->assertNull($this->profile_link($other));
        $this->setGuestUser();
        $this->open('mypublic');
        $this->assertNull($this->profile_link($other), 'guests have no chat');
    }

    public function test_a_broken_chat_breaks_no_page(): void {
        global $PAGE;
        $this->setUser($this->getDataGenerator()->create_user());
        $this->open();
        $renderer = $this->createMock(\core_renderer::class);
        $renderer->method('render_from_template')->willThrowException(new \TypeError('broken'));
        $hook = new before_footer_html_generation($renderer);
        hooks::before_footer_html_generation($hook);
        $this->assertSame('', $hook->get_output());
        $this->assertDebuggingCalled();
        $this->assertNotNull($PAGE);
    }

    public function test_the_block_may_be_on_every_page_once(): void {
        $block = block_instance('gchat');
        $this->assertSame('Global Chat', $block->get_title());
        $this->assertTrue($block->has_config());
        $this->assertFalse($block->instance_allow_multiple());
        foreach (['my', 'course-view-topics', 'mod-page', 'site-index', 'user-profile', 'admin'] as $format) {
            $this->assertTrue(blocks_name_allowed_in_format('gchat', $format), $format);
        }
    }
}
