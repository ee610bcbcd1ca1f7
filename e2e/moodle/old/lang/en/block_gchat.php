<?php
// Part of the tests of Global Chat: what an upgrade finds of the plugin of 2013 that had this name.

$string['pluginname'] = 'Global Chat';
