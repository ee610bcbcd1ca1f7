-- prosody for the comparison. Capitals are filled in by bench/peers/start; README.md says why it is as it is.
data_path = "FOLDER"
pidfile = "FOLDER/prosody.pid"
log = { warn = "*console" }
daemonize = false
interfaces = { "127.0.0.1" }
c2s_ports = { PORT }
s2s_ports = {}
http_ports = {}
https_ports = {}

modules_enabled = { "roster"; "saslauth"; "disco"; "groups"; "mam"; "c2s" }
modules_disabled = { "s2s"; "offline"; "http"; "tls" }
groups_file = "FOLDER/groups"

authentication = "internal_plain"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true

storage = "internal"
default_archive_policy = true
archive_expires_after = "never"

VirtualHost "localhost"
	storage = { archive = "sql" }
	sql = { driver = "SQLite3", database = "FOLDER/prosody.sqlite" }
