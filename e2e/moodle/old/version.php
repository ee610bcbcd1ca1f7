<?php
// Part of the tests of Global Chat: what an upgrade finds of the plugin of 2013 that had this name.

defined('MOODLE_INTERNAL') || die();

$plugin->version = 2012091300;
$plugin->component = 'block_gchat';
