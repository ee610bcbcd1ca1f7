-- Times are milliseconds since 1970 UTC. Every key begins with the site, directly or through its conversation.

PRAGMA application_id = 0x67636874; -- "gcht"

-- What is true of the whole store: `epoch` (a UUID; another one after a backup was restored), `secret` (32 random bytes
-- under which `messages.first_hash` is made; a database keeps it for good, also through backup and restore), `indexed`
-- (the number of the last message whose words are in the index) and `index_rule` (by which rule, see `words`).
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
    edit_seconds          INTEGER NOT NULL, -- for how long after a message its author may edit it
    policy_version        INTEGER NOT NULL,
    floor                 INTEGER NOT NULL  -- no token with a lower rights version counts. It only rises
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
-- refuses older tokens. The name stands before it on its own: whoever looks for one reads no more of ten thousand people.
CREATE TABLE users (
    site           INTEGER NOT NULL REFERENCES sites ON DELETE CASCADE,
    user           INTEGER NOT NULL,
    rights_version INTEGER NOT NULL,
    by_call        INTEGER NOT NULL, -- 1: a signed call, 0: a token
    removed        INTEGER NOT NULL,
    name           TEXT GENERATED ALWAYS AS (snapshot ->> 'name') STORED,
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

-- The head of each conversation, and who wrote last, stubs aside: of its newest 1,000 messages `last_seq` is the newest
-- with a text, `last_sender` its sender, `other_seq` the newest with a text by anybody else (0: none). So for any number of
-- people the newest message that is not one's own is `other_seq` for `last_sender`, and `last_seq` for everybody else: that
-- tells without a look at the messages whether somebody has unread ones. What is older counts as read, so that nobody who
-- looks for one of these walks a long conversation.
CREATE TABLE conversations (
    conversation INTEGER PRIMARY KEY,
    site         INTEGER NOT NULL REFERENCES sites ON DELETE CASCADE,
    kind         INTEGER NOT NULL, -- 1: direct, 2: group, 3: room
    name         TEXT NOT NULL,    -- the id as the protocol spells it, such as '2-3'
    first_seq    INTEGER NOT NULL DEFAULT 1,
    seq          INTEGER NOT NULL DEFAULT 0,
    rev          INTEGER NOT NULL DEFAULT 0 CHECK (rev >= seq),
    last_seq     INTEGER NOT NULL DEFAULT 0,
    last_sender  INTEGER NOT NULL DEFAULT 0,
    other_seq    INTEGER NOT NULL DEFAULT 0,
    course       TEXT,    -- of a group
    title        TEXT,    -- of a group
    maker        INTEGER, -- of a group
    announcing   INTEGER, -- of a room, 1: only teachers write there
    UNIQUE (site, name)
) STRICT;

-- What somebody has of a conversation, and by that their list. A direct conversation has both rows from its first message
-- on, a group those of everybody who was ever added, a room those of who has written, reacted, read, set a flag or been
-- mentioned there: without a row nothing is unread. `other` is the other person of a direct one.
--
-- `day` is the day of the last message, counted from 1 for the first of 1970 (UTC), and negative where the conversation is
-- archived: so the first message of a day takes the archive away with the write that it makes anyway, and all others write
-- nothing. In a room it moves for who writes there, reads there or is mentioned, and for nobody else: a message writes no
-- row per member.
--
-- `waits` is 1 where something may be unread (in a room: a mention), and always where it is. It may stay for a day after
-- all was read, so that a lively conversation does not write it with each message; `Tidy` takes it away then.
CREATE TABLE participants (
    site               INTEGER NOT NULL,
    user               INTEGER NOT NULL,
    kind               INTEGER NOT NULL, -- as in `conversations`
    conversation       INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
    other              INTEGER,
    read_seq           INTEGER NOT NULL,
    published_read_seq INTEGER NOT NULL,
    first_seq          INTEGER, -- of a group: the message by which they were added; of a room: since when others see
                                -- them there, by what they wrote, reacted or were mentioned in; NULL: they only read
    left_seq           INTEGER, -- of a group: the message by which they left
    lost_seq           INTEGER, -- of a group: its head when they lost its course, as long as they hold nothing of it
    day                INTEGER NOT NULL CHECK (day <> 0),
    waits              INTEGER NOT NULL DEFAULT 0,
    pinned             INTEGER NOT NULL DEFAULT 0,
    muted_until        INTEGER NOT NULL DEFAULT 0, -- 0: it is not muted, or is no more
    PRIMARY KEY (site, user, kind, conversation)
) STRICT, WITHOUT ROWID;
CREATE INDEX participants_conversation ON participants (conversation);
-- The list, and of it what may be unread. Pinned ones are few, and stand before all others.
CREATE INDEX participants_day ON participants (site, user, day) WHERE pinned = 0;
CREATE INDEX participants_pinned ON participants (site, user) WHERE pinned = 1;
CREATE INDEX participants_waits ON participants (site, user, day) WHERE waits = 1;
CREATE INDEX participants_muted ON participants (muted_until) WHERE muted_until > 0;

-- Windows that a user opened, minimised or closed, also of conversations that have not begun: so by the conversation's
-- name. The user's dock version is the highest `version`. A closed window comes back (by a query, not by a write) when
-- somebody else has written above `closed_seq` and above the read mark.
CREATE TABLE docks (
    site       INTEGER NOT NULL REFERENCES sites ON DELETE CASCADE,
    user       INTEGER NOT NULL,
    name       TEXT NOT NULL,                               -- as in `conversations`
    other      INTEGER,                                     -- as in `participants`
    state      INTEGER NOT NULL CHECK (state IN (0, 1, 2)), -- closed, minimised, open
    version    INTEGER NOT NULL,                            -- of the dock at the row's last change
    opened     INTEGER NOT NULL,                            -- version at which it was opened: the order
    closed_seq INTEGER NOT NULL,                            -- head when it was closed, else 0
    session    BLOB,                                        -- whose change was the last: its own are never stale
    PRIMARY KEY (site, user, name)
) STRICT, WITHOUT ROWID;
-- A dock remembers as many closed windows as hide something unread.
CREATE INDEX docks_shown ON docks (site, user) WHERE state > 0;
CREATE INDEX docks_version ON docks (site, user, version);

-- A rowid table in the order of commits. What a message has from its first commit on comes first; the rest is NULL until
-- it is changed. Erased messages keep their row without text, id and hash. The second of its indexes begins with the
-- UUIDv7, so that new entries go to its end.
CREATE TABLE messages (
    message           INTEGER PRIMARY KEY,
    site              INTEGER NOT NULL,
    conversation      INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
    seq               INTEGER NOT NULL,
    rev               INTEGER NOT NULL, -- of the conversation at the row's last change
    sender            INTEGER NOT NULL,
    client_message_id BLOB,
    text              TEXT,
    sent_at           INTEGER NOT NULL,
    reply_to          INTEGER, -- seq of the message that it answers
    edited_at         INTEGER, -- of its last edit
    deleted           INTEGER, -- 1: by its author, 2: by a moderator
    verb_id           BLOB,    -- the highest id of an edit that was applied
    first_hash        BLOB,    -- keyed hash of its first text, by which a repeated send is known
    changed           INTEGER, -- 1: it was changed after its first commit
    system            TEXT,    -- what has happened, as the protocol has it: then there is no text
    mentions          TEXT,    -- users, as a JSON array
    reactions         TEXT,    -- as the protocol has them: made from the table below
    UNIQUE (conversation, seq),
    UNIQUE (client_message_id, sender, site)
) STRICT;
-- Those that were changed. All others are found by their seq, which rises with their rev; so a send writes nothing here.
CREATE INDEX messages_changed ON messages (conversation, rev) WHERE changed IS NOT NULL;

-- All of one person's reactions to a message. The row stays where they have taken them back: it keeps the highest id.
CREATE TABLE reactions (
    conversation INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
    seq          INTEGER NOT NULL,
    user         INTEGER NOT NULL,
    verb_id      BLOB NOT NULL,
    emoji        TEXT NOT NULL,    -- a JSON array
    since        INTEGER NOT NULL, -- the conversation's rev when they first reacted: the order in which they are named
    PRIMARY KEY (conversation, seq, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX reactions_user ON reactions (conversation, user, seq);

-- Messages that mention somebody who has not read as far: gone when they have.
CREATE TABLE mentions (
    site         INTEGER NOT NULL,
    user         INTEGER NOT NULL,
    conversation INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
    seq          INTEGER NOT NULL,
    PRIMARY KEY (site, user, conversation, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_message ON mentions (conversation, seq);

-- Which messages have which words: terms as server/src/terms.rs makes them, with spaces between, and one for the message's
-- conversation. Nothing but terms and messages' numbers (`rowid`), and nothing of a message that was taken out.
CREATE VIRTUAL TABLE words USING fts5 (
    terms, content = '', columnsize = 0, detail = none, tokenize = 'ascii'
);
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);

-- Courses that have rooms, as the host said last.
CREATE TABLE rooms (
    site   INTEGER NOT NULL REFERENCES sites ON DELETE CASCADE,
    course TEXT NOT NULL,
    closed INTEGER NOT NULL, -- 1: nobody writes there
    title  TEXT NOT NULL,
    groups TEXT NOT NULL,    -- names of groups and their titles, a JSON array of pairs
    PRIMARY KEY (site, course)
) STRICT, WITHOUT ROWID;

-- Who was erased, by the site's public id: replayed when a backup from before it is restored, so that nobody who was
-- removed rises again. Nothing but ids; kept for good, as a backup may be of any age.
CREATE TABLE erasures (
    issuer    TEXT NOT NULL,    -- sites' numbers may be used again after a restore, their public ids are not
    user      INTEGER NOT NULL, -- 0: the whole site
    version   INTEGER NOT NULL, -- the rights version of the removal; 0 for a site
    erased_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, user, version)
) STRICT, WITHOUT ROWID;
