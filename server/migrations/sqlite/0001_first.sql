-- Times are milliseconds since 1970 UTC. Every key begins with the site, directly or through its conversation.

PRAGMA application_id = 0x67636874; -- "gcht"

-- What is true of the whole store: `epoch` (a UUID; another one after a backup was restored).
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a Moodle. Numbers are never used again.
CREATE TABLE sites (
    site                  INTEGER PRIMARY KEY AUTOINCREMENT,
    issuer                TEXT NOT NULL UNIQUE,
    url                   TEXT NOT NULL UNIQUE,
    origins               TEXT NOT NULL CHECK (json_type(origins) = 'array'),
    students_see_students INTEGER NOT NULL,
    policy_version        INTEGER NOT NULL
) STRICT;

-- The newest key has the highest number.
CREATE TABLE site_keys (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    site       INTEGER NOT NULL REFERENCES sites ON DELETE CASCADE,
    kid        TEXT NOT NULL UNIQUE,
    secret     BLOB NOT NULL CHECK (length(secret) >= 32),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX site_keys_site ON site_keys (site);

-- One row a user: what the host last said of them, as JSON. A removed user keeps a row without content, which
-- refuses older tokens.
CREATE TABLE users (
    site           INTEGER NOT NULL REFERENCES sites ON DELETE CASCADE,
    user           INTEGER NOT NULL,
    rights_version INTEGER NOT NULL,
    by_call        INTEGER NOT NULL, -- 1: a signed call, 0: a token
    removed        INTEGER NOT NULL,
    snapshot       TEXT NOT NULL,
    PRIMARY KEY (site, user)
) STRICT;

-- Who holds something of a course: an index over the circles in `users.snapshot`, kept in step by every write of a user.
CREATE TABLE members (
    site   INTEGER NOT NULL,
    course TEXT NOT NULL, -- a circle's part before the slash
    user   INTEGER NOT NULL,
    PRIMARY KEY (site, course, user),
    FOREIGN KEY (site, user) REFERENCES users ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX members_user ON members (site, user);

-- The rights version of each course's last circles call. It only rises, and is forgotten after a day.
CREATE TABLE floors (
    site    INTEGER NOT NULL REFERENCES sites ON DELETE CASCADE,
    course  TEXT NOT NULL,
    version INTEGER NOT NULL,
    set_at  INTEGER NOT NULL,
    PRIMARY KEY (site, course)
) STRICT, WITHOUT ROWID;
CREATE INDEX floors_set_at ON floors (set_at);

-- Logins whose tokens are refused until they have all ended.
CREATE TABLE revoked_logins (
    site  INTEGER NOT NULL REFERENCES sites ON DELETE CASCADE,
    sid   TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (site, sid)
) STRICT, WITHOUT ROWID;

-- The head of each conversation. `lower_sent` and `higher_sent` are the seq of the last message that each of the two
-- has written and that is not erased: they tell without a look at the messages whether somebody has unread ones.
CREATE TABLE conversations (
    conversation INTEGER PRIMARY KEY,
    site         INTEGER NOT NULL REFERENCES sites ON DELETE CASCADE,
    lower        INTEGER NOT NULL,
    higher       INTEGER NOT NULL CHECK (lower < higher),
    first_seq    INTEGER NOT NULL DEFAULT 1,
    seq          INTEGER NOT NULL DEFAULT 0,
    rev          INTEGER NOT NULL DEFAULT 0 CHECK (rev >= seq),
    reset_rev    INTEGER NOT NULL DEFAULT 0,
    lower_sent   INTEGER NOT NULL DEFAULT 0,
    higher_sent  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (site, lower, higher)
) STRICT;

-- Read marks: the user's own, and what of it the other person may see.
CREATE TABLE participants (
    site               INTEGER NOT NULL,
    user               INTEGER NOT NULL,
    conversation       INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
    read_seq           INTEGER NOT NULL,
    published_read_seq INTEGER NOT NULL,
    PRIMARY KEY (site, user, conversation)
) STRICT, WITHOUT ROWID;
CREATE INDEX participants_conversation ON participants (conversation);

-- Windows that a user opened, minimised or closed, also of conversations that have not begun. The user's dock version
-- is the highest `version`. A closed window comes back (by a query, not by a write) when the other person has written
-- above `closed_seq` and above the read mark.
CREATE TABLE docks (
    site       INTEGER NOT NULL REFERENCES sites ON DELETE CASCADE,
    user       INTEGER NOT NULL,
    other      INTEGER NOT NULL,
    state      INTEGER NOT NULL CHECK (state IN (0, 1, 2)), -- closed, minimised, open
    version    INTEGER NOT NULL,                            -- of the dock at the row's last change
    opened     INTEGER NOT NULL,                            -- version at which it was opened: the order
    closed_seq INTEGER NOT NULL,                            -- head when it was closed, else 0
    PRIMARY KEY (site, user, other)
) STRICT, WITHOUT ROWID;

-- A rowid table in the order of commits; erased messages keep their row without text and id. The second index begins
-- with the UUIDv7, so that new entries go to its end.
CREATE TABLE messages (
    message           INTEGER PRIMARY KEY,
    site              INTEGER NOT NULL,
    conversation      INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
    seq               INTEGER NOT NULL,
    rev               INTEGER NOT NULL,
    sender            INTEGER NOT NULL,
    client_message_id BLOB,
    text              TEXT,
    sent_at           INTEGER NOT NULL,
    UNIQUE (conversation, seq),
    UNIQUE (client_message_id, sender, site)
) STRICT;
