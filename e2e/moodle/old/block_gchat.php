<?php
// Part of the tests of Global Chat: what an upgrade finds of the plugin of 2013 that had this name.

class block_gchat extends block_base {
    public function init() {
        $this->title = 'Global Chat';
    }

    public function get_content() {
        return $this->content ??= (object) ['text' => 'Old chat', 'footer' => ''];
    }

    public function applicable_formats() {
        return ['all' => true];
    }
}
