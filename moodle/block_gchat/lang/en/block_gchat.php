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

/**
 * English. The strings of the browser's client are those of client/strings/en.json.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['arrived'] = '{$a->name} says: {$a->text}';
$string['arrived_many'] = '{$a->name} has sent {$a->count} new messages';
$string['block_noscript'] = 'Global Chat needs JavaScript. Switch it on in this browser to see who is online.';
$string['block_notconnected'] = 'Global Chat is not connected yet. Only people who can configure the site see this.';
$string['block_opensettings'] = 'Open its settings';
$string['block_paused'] = 'Global Chat is paused: the chat server knows this site by another address. Only people who can configure the site see this.';
$string['block_waiting'] = 'People online appear here in a moment.';
$string['cachedef_rights'] = 'People\'s circles and blocks';
$string['cachedef_server'] = 'Whether the chat server answers';
$string['chars_left_one'] = '{$a} character left';
$string['chars_left_other'] = '{$a} characters left';
$string['chat_with'] = 'Chat with {$a}';
$string['chataway'] = 'Chat is away just now. Your text is kept; try again later.';
$string['chats'] = 'Chats';
$string['checkbacklog'] = 'Global Chat: changes of rights';
$string['checkconnection'] = 'Global Chat: Moodle to the chat server';
$string['checkleftovers'] = 'Global Chat: files of its first version';
$string['checksocket'] = 'Global Chat: browsers to the chat server';
$string['close_chat'] = 'Close chat with {$a}';
$string['close_list'] = 'Close the list';
$string['connecting'] = 'Connecting…';
$string['connection_lost'] = 'Connection lost. Trying again…';
$string['connectiontest'] = 'Connection test';
$string['connectiontest_again'] = 'Test again';
$string['connectiontest_intro'] = 'What was found just now on the way from Moodle and from browsers to the chat server.';
$string['connectiontest_settings'] = 'Back to the settings';
$string['deleted_user'] = 'Deleted user';
$string['dismiss'] = 'Dismiss';
$string['failure_bad_text'] = 'It contains a character that cannot be sent.';
$string['failure_chat_not_allowed'] = 'You may not use the chat any more.';
$string['failure_conflict'] = 'It could not be matched with what was sent before. Remove it and send it again.';
$string['failure_empty_message'] = 'There is nothing in it.';
$string['failure_message_too_long'] = 'It is longer than 4,096 characters. Remove it, shorten it and send it again.';
$string['failure_not_allowed'] = 'You cannot write to this person.';
$string['failure_not_found'] = 'This conversation is not available to you any more.';
$string['failure_other'] = 'Something went wrong. Load the page again and try once more.';
$string['failure_outbox_unreadable'] = 'Messages that were not sent before you signed out cannot be read any more. Please write them again.';
$string['failure_rate_limited'] = 'That was too fast. Wait a moment.';
$string['failure_unavailable'] = 'The chat cannot store or read messages just now. Try again in a while.';
$string['failure_unknown_recipient'] = 'This person has not used the chat yet.';
$string['finding_backlog_fresh'] = 'Changes on their way to the chat server: {$a->rows}.';
$string['finding_backlog_late'] = 'Changes that wait to be sent to the chat server: {$a->rows}. The oldest has waited for {$a->minutes} minutes.';
$string['finding_backlog_late_mend'] = 'They are sent again by themselves once the server answers. Look whether cron runs every minute, and at the connection above.';
$string['finding_backlog_none'] = 'Nothing waits to be sent to the chat server.';
$string['finding_backlog_stuck'] = 'Changes that wait to be sent to the chat server: {$a->rows}. The oldest has waited for {$a->minutes} minutes, so people who lost a course may still chat in it until they load a page.';
$string['finding_backlog_stuck_mend'] = 'They are sent again by themselves once the server answers. Look whether cron runs every minute, and at the connection above.';
$string['finding_clockahead'] = 'The clock of the chat server is {$a->seconds} seconds ahead of Moodle’s.';
$string['finding_clockahead_mend'] = 'Set both by the network’s time (for example with systemd-timesyncd or chrony). More than 30 seconds are refused.';
$string['finding_clockapart'] = 'The clocks of Moodle and of the chat server differ by more than 30 seconds: {$a->message}';
$string['finding_clockapart_mend'] = 'Set both by the network’s time (for example with systemd-timesyncd or chrony).';
$string['finding_clockbehind'] = 'The clock of the chat server is {$a->seconds} seconds behind Moodle’s.';
$string['finding_clockbehind_mend'] = 'Set both by the network’s time (for example with systemd-timesyncd or chrony). More than 30 seconds are refused.';
$string['finding_connected'] = 'The chat server at {$a->url} answers (version {$a->version}). People of this site online: {$a->online}.';
$string['finding_curlsecurity'] = 'Moodle’s cURL security blocks {$a->host} for everybody else. The chat calls this one address all the same, as an administrator has set it: there is nothing to do.';
$string['finding_gatekeeper'] = 'Something in front of the chat server at {$a->url} wants a login or forbids the call (HTTP {$a->status}).';
$string['finding_gatekeeper_mend'] = 'Exempt the chat’s path from the login or the filter of the web server or proxy, or set an inner address that goes past it.';
$string['finding_gateway'] = 'The web server in front of the chat answers at {$a->url} that it cannot reach it (HTTP {$a->status}).';
$string['finding_gateway_mend'] = 'Start the chat server (for example: systemctl start gchat), and check where the web server passes this address on to.';
$string['finding_keyunreadable'] = 'The stored key cannot be read. Perhaps the database was restored without the key file in the secret folder of Moodle’s data.';
$string['finding_keyunreadable_mend'] = 'Bring that file back, or make a new connection code on the chat server with: gchat site rotate {$a->wwwroot} – and paste it into the settings.';
$string['finding_leftovers_none'] = 'There are none.';
$string['finding_leftovers_ws'] = 'The folder {$a->folder} of the plugin’s first version is still there: a web server may run what is in it.';
$string['finding_leftovers_ws_mend'] = 'Delete that folder.';
$string['finding_name'] = 'The name {$a->name} is not known to Moodle’s server.';
$string['finding_name_mend'] = 'Check the address for typing errors. If browsers know the name and this machine does not, add it to its DNS or hosts file, or set the inner address.';
$string['finding_network'] = 'The call to {$a->host} fails: {$a->error}';
$string['finding_network_mend'] = 'Try from Moodle’s server: curl {$a->url}health';
$string['finding_noauthorization'] = 'The signature does not reach the chat server: something in between takes the Authorization header away.';
$string['finding_noauthorization_mend'] = 'Let the web server or proxy pass the Authorization header on, or set an inner address that goes past it.';
$string['finding_nohttp'] = 'Something answers at {$a->host}, but not as a web server does: {$a->error}';
$string['finding_nohttp_mend'] = 'Check the port, and whether the address must begin with https instead of http, or the other way round.';
$string['finding_notconnected'] = 'Global Chat is not connected yet.';
$string['finding_notconnected_mend'] = 'On the chat server, run: gchat site add {$a->wwwroot} – and paste the line that it prints into the setting “Connection code”.';
$string['finding_oldplugin'] = 'The chat server (version {$a->version}) speaks protocol {$a->theirs}, this plugin {$a->ours}.';
$string['finding_oldplugin_mend'] = 'Update this plugin.';
$string['finding_oldserver'] = 'The chat server (version {$a->version}) speaks protocol {$a->theirs}, this plugin {$a->ours}.';
$string['finding_oldserver_mend'] = 'Update the chat server.';
$string['finding_paused'] = 'Global Chat is paused: {$a->reason}.';
$string['finding_paused_mend'] = 'Mend what is named, then paste the connection code again: that ends the pause.';
$string['finding_proxybetween'] = 'Calls to {$a->host} go through Moodle’s proxy {$a->proxy}, which may be the cause.';
$string['finding_proxybetween_mend'] = 'Add {$a->host} to the hosts that bypass the proxy (proxybypass, in Site administration > Server > HTTP) and test again.';
$string['finding_proxyname'] = 'The name of the proxy {$a->proxy} is not known to Moodle’s server.';
$string['finding_proxyname_mend'] = 'Correct the proxy in Site administration > Server > HTTP, or add {$a->name} to the hosts that bypass it (proxybypass).';
$string['finding_proxyrefuses'] = 'Moodle’s proxy {$a->proxy} does not let the call to {$a->host} through.';
$string['finding_proxyrefuses_mend'] = 'Add {$a->name} to the hosts that bypass the proxy (proxybypass, in Site administration > Server > HTTP), or allow it in the proxy.';
$string['finding_proxyused'] = 'Calls to {$a->host} go through Moodle’s proxy {$a->proxy}. That works; without it (proxybypass) they would be faster.';
$string['finding_redirected'] = '{$a->url} leads to another address (HTTP {$a->status}).';
$string['finding_redirected_mend'] = 'Set the address that it leads to: in the connection code (public_url of the chat server), or as the inner address.';
$string['finding_refusal'] = 'The chat server refuses the call: {$a->message} ({$a->code})';
$string['finding_refusal_mend'] = 'Server and plugin may be of different versions: bring both up to date.';
$string['finding_refused'] = 'Nothing answers at {$a->host}.';
$string['finding_refused_mend'] = 'Start the chat server there (for example: systemctl start gchat), or correct its address. If it runs, look whether it listens on this port and whether a firewall is in the way.';
$string['finding_socket_crowded'] = 'Too many sockets that have not signed in come from this machine’s address just now.';
$string['finding_socket_crowded_mend'] = 'Test again in a moment. If the chat server is behind a proxy, name the proxy in its trusted_proxies.';
$string['finding_socket_forbidden'] = 'Something in front of the chat server forbids sockets at {$a->url} (HTTP {$a->status}).';
$string['finding_socket_forbidden_mend'] = 'Allow the WebSocket upgrade for this path in the web server, firewall or filter.';
$string['finding_socket_gateway'] = 'The web server at {$a->url} cannot reach the chat server (HTTP {$a->status}).';
$string['finding_socket_gateway_mend'] = 'Start the chat server, and check where the web server passes this address on to.';
$string['finding_socket_later'] = 'Not tested: the connection to the chat server comes first.';
$string['finding_socket_mixed'] = 'This site is encrypted ({$a->wwwroot}), but the chat server’s address for browsers is not ({$a->url}): browsers refuse that.';
$string['finding_socket_mixed_mend'] = 'Put the chat server behind a web server with a certificate, best under this site’s own address, set public_url to its https address, and paste a new connection code (gchat site rotate {$a->wwwroot}).';
$string['finding_socket_notpassed'] = 'The web server at {$a->url} does not pass sockets on to the chat server (HTTP {$a->status} instead of 101).';
$string['finding_socket_notpassed_mend'] = 'Let it pass the headers Upgrade and Connection on, with HTTP/1.1; the administrator’s guide has an example for nginx, Apache and Caddy.';
$string['finding_socket_open'] = 'Browsers can open a socket at {$a->url}.';
$string['finding_socket_origin'] = 'The chat server refuses pages of {$a->origin}.';
$string['finding_socket_origin_mend'] = 'Let the web server in front pass the Origin header on unchanged. If people see this site under further addresses, name them with --origin when you add the site.';
$string['finding_socket_stopping'] = 'The chat server is just stopping or restarting.';
$string['finding_socket_stopping_mend'] = 'Test again in a moment.';
$string['finding_socket_tls'] = 'The certificate at {$a->url} is not trusted from here: {$a->error}';
$string['finding_socket_tls_mend'] = 'Renew the certificate or complete its chain. If an authority of your own issued it, browsers must know that authority.';
$string['finding_socket_unreachable'] = 'Moodle’s server cannot reach {$a->url} itself, so it cannot tell whether browsers can: {$a->error}';
$string['finding_socket_unreachable_mend'] = 'Open {$a->url}health in a browser: it should say “ok”.';
$string['finding_store'] = 'The chat server runs, but cannot read or write its database.';
$string['finding_store_mend'] = 'Look into its log (for example: journalctl -u gchat): the disk may be full.';
$string['finding_stranger'] = '{$a->url} answers, but not as a chat server does (HTTP {$a->status}): the web server or a proxy in between has answered itself.';
$string['finding_stranger_mend'] = 'Let the web server pass this path on to the chat server; the administrator’s guide has an example for nginx, Apache and Caddy.';
$string['finding_timeout'] = 'No answer from {$a->host} in time.';
$string['finding_timeout_mend'] = 'A firewall may swallow the call, or the machine may be overloaded. Try from Moodle’s server: curl {$a->url}health';
$string['finding_tls'] = 'The encrypted connection to {$a->host} fails: {$a->error}';
$string['finding_tls_mend'] = 'Renew the certificate or complete its chain, or make its authority known to Moodle’s server. On one machine, the inner address may be a plain one, such as http://127.0.0.1:8787/.';
$string['finding_untested'] = 'The chat server was not asked.';
$string['finding_untested_mend'] = 'Test again.';
$string['finding_wrongkey'] = 'The chat server does not accept this site’s key.';
$string['finding_wrongkey_mend'] = 'The key was replaced, or the code is from another server. On the chat server, run: gchat site rotate {$a->wwwroot} – or, if it does not know the site: gchat site add {$a->wwwroot} – and paste the new code into the settings.';
$string['finding_wrongwwwroot'] = 'Global Chat is paused: the chat server knows this site by an address other than {$a->wwwroot}, so this Moodle looks like a copy of the real one.';
$string['finding_wrongwwwroot_mend'] = 'If it is a copy, for tests say, give it a site of its own: run gchat site add {$a->wwwroot} on the chat server and paste the code into the settings. If the real site has moved, do the same: its people begin anew there.';
$string['gchat:addinstance'] = 'Add a Global Chat block';
$string['gchat:chat'] = 'Chat with the people of a course';
$string['gchat:myaddinstance'] = 'Add a Global Chat block to the Dashboard';
$string['gchat:teach'] = 'Be shown as a teacher in the chat of a course';
$string['globalchat'] = 'Global Chat';
$string['jump_latest'] = 'Jump to the latest message';
$string['load_page_again'] = 'Load the page again';
$string['loading'] = 'Loading messages…';
$string['message_deleted'] = 'Message deleted';
$string['message_meta'] = '{$a->name}, {$a->time}:';
$string['message_to'] = 'Message to {$a}';
$string['messages_late'] = 'The messages have not come.';
$string['messages_with'] = 'Messages with {$a}';
$string['minimise_chat'] = 'Minimise chat with {$a}';
$string['more_chats_one'] = '{$a} more chat';
$string['more_chats_other'] = '{$a} more chats';
$string['more_short'] = '{$a} more';
$string['new'] = 'New';
$string['new_messages'] = 'New messages';
$string['no_connection'] = 'Not connected';
$string['nobody_online'] = 'Nobody from your courses is online.';
$string['nobody_online_hint'] = 'People appear here as soon as they open a page of this site.';
$string['nochat'] = 'You cannot use the chat.';
$string['not_connected'] = 'Not connected. Your messages are sent when the connection is back.';
$string['not_sent'] = 'Not sent.';
$string['offline'] = 'Offline';
$string['older_messages'] = 'Show older messages';
$string['online'] = 'Online';
$string['online_count'] = '{$a} online';
$string['people_online'] = 'People online';
$string['person_online'] = '{$a}, online';
$string['pluginname'] = 'Global Chat';
$string['privacy:export:incomplete'] = 'The chat server did not give everything, so this export lacks messages: {$a}';
$string['privacy:export:notconnected'] = 'Global Chat is not connected to a chat server, so this export has no messages.';
$string['privacy:export:nothing'] = 'The chat server keeps nothing of this person.';
$string['privacy:metadata:block_gchat_outbox'] = 'What the chat server is still to be told; it is removed as soon as the server knows it';
$string['privacy:metadata:block_gchat_outbox:courseid'] = 'The course in which it happened';
$string['privacy:metadata:block_gchat_outbox:kind'] = 'What kind of change it was';
$string['privacy:metadata:block_gchat_outbox:sid'] = 'A name for the login that ended';
$string['privacy:metadata:block_gchat_outbox:target'] = 'The number of the user, course or category that it concerns';
$string['privacy:metadata:block_gchat_outbox:timecreated'] = 'When it happened';
$string['privacy:metadata:block_gchat_user'] = 'Who has used the chat, so that the chat server is told of changes';
$string['privacy:metadata:block_gchat_user:digest'] = 'A checksum of what the chat server was last told of the user';
$string['privacy:metadata:block_gchat_user:stale'] = 'Which change of rights was the last to concern the user';
$string['privacy:metadata:block_gchat_user:timecreated'] = 'When the user first used the chat';
$string['privacy:metadata:block_gchat_user:userid'] = 'The user\'s number';
$string['privacy:metadata:server'] = 'The chat server, which the school or its provider runs. It gets what it needs to show people who else of their courses is online, and keeps what they write to each other.';
$string['privacy:metadata:server:blocked'] = 'Whom you have blocked';
$string['privacy:metadata:server:circles'] = 'Your courses and groups, and whether you teach there';
$string['privacy:metadata:server:hidden'] = 'Whether you hide that you are online';
$string['privacy:metadata:server:lang'] = 'Your language';
$string['privacy:metadata:server:login'] = 'A name for your present login, from which the login itself cannot be told';
$string['privacy:metadata:server:messages'] = 'What you write in chats, to whom and when';
$string['privacy:metadata:server:name'] = 'Your full name, which those you may chat with see';
$string['privacy:metadata:server:picture'] = 'The address of your picture';
$string['privacy:metadata:server:presence'] = 'Whether you are online now; it is not kept';
$string['privacy:metadata:server:profile_url'] = 'The address of your profile';
$string['privacy:metadata:server:read'] = 'Up to which message you have seen a chat';
$string['privacy:metadata:server:userid'] = 'Your user\'s number on this site';
$string['privacy:metadata:server:windows'] = 'Which chat windows you have open';
$string['remove'] = 'Remove';
$string['restore_chat'] = 'Restore chat with {$a}';
$string['say_hello'] = 'Say hello to {$a}';
$string['say_hello_hint'] = 'This is the start of your conversation.';
$string['search_more'] = 'Show more people';
$string['search_none'] = 'Nobody online matches “{$a}”.';
$string['search_people'] = 'Search people';
$string['seen'] = 'Seen';
$string['send'] = 'Send';
$string['sending'] = 'Sending…';
$string['sent'] = 'Sent';
$string['setting_code'] = 'Connection code';
$string['setting_code_connected'] = 'Connected to {$a->url} as site {$a->site}, key {$a->kid}. Paste a new code to change that.';
$string['setting_code_desc'] = 'Paste what <code>gchat site add</code> printed on the chat server. The code holds a key: whoever has it can sign for this site. It is stored encrypted and never shown again.';
$string['setting_code_notconnected'] = 'Not connected yet.';
$string['setting_container'] = 'Container of the chat windows';
$string['setting_container_body'] = 'The body of the page (body)';
$string['setting_container_desc'] = 'The element of the page that the chat windows are put into. The body suits nearly every theme; choose the page element if a theme of yours covers them.';
$string['setting_container_page'] = 'The page element of the theme (#page)';
$string['setting_everypage'] = 'On every page';
$string['setting_everypage_desc'] = 'People can chat on every page, also where the block is not placed. Otherwise, only on pages that have the block.';
$string['setting_innerurl'] = 'Inner address';
$string['setting_innerurl_desc'] = 'Where Moodle itself reaches the chat server, if that differs from the address in the connection code, for example <code>http://127.0.0.1:8787/</code>. Usually empty.';
$string['stopped_logged_out'] = 'You have been signed out. Sign in again to go on chatting.';
$string['stopped_not_allowed'] = 'You may not use the chat on this site. Ask an administrator if you think you should.';
$string['stopped_other_user'] = 'Somebody else has signed in with this browser. Load the page again.';
$string['stopped_outdated'] = 'This page is out of date. Load it again to go on chatting.';
$string['stopped_refused'] = 'The chat does not accept this page. Please tell an administrator.';
$string['stopped_replaced'] = 'The chat goes on in another tab. Load the page again to use it here.';
$string['stopped_site_first'] = 'The site wants something from you first, such as a new password. Load the page again.';
$string['stopped_too_many'] = 'The chat is open in too many places. Close some of them, then load the page again.';
$string['tasksend'] = 'Tell the chat server what has changed';
$string['teacher'] = 'Teacher';
$string['today'] = 'Today';
$string['too_long_one'] = 'Too long by {$a} character. Shorten the message to send it.';
$string['too_long_other'] = 'Too long by {$a} characters. Shorten the message to send it.';
$string['try_again'] = 'Try again';
$string['try_again_now'] = 'Try again now';
$string['typing'] = '{$a} is typing…';
$string['unread_one'] = '{$a} unread message';
$string['unread_other'] = '{$a} unread messages';
$string['write_message'] = 'Write a message';
$string['yesterday'] = 'Yesterday';
$string['you'] = 'You';
