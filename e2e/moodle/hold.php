<?php
// Part of the tests of Global Chat in a real Moodle. Run beside a copy of Moodle: php hold.php ROOT TABLE
//
// Holds a table, so that whoever reads it waits, until it is ended. Says "held" when it does.

define('CLI_SCRIPT', true);
require($argv[1] . '/config.php');

$table = $CFG->prefix . preg_replace('/\W/', '', $argv[2]);
if ($DB->get_dbfamily() === 'postgres') {
    // Moodle commits each change of structure at once, and the lock would end with it.
    $DB->start_delegated_transaction();
    $DB->execute("LOCK TABLE $table IN ACCESS EXCLUSIVE MODE");
} else {
    $DB->change_database_structure("LOCK TABLES $table WRITE");
}
echo "held\n";
while (true) {
    sleep(60);
}
