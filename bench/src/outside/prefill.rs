//! A database as after years of use: the server's own schema, filled by statements and not through the server, which
//! would take hours.
//!
//! Everyone has talked with both neighbours, and every conversation has the same number of messages, written in turns
//! and by both: so the newest messages of a conversation are far apart in the file, as they are in real life. The
//! windows of all conversations are minimised in the docks, and everything was read.

use std::path::Path;

use anyhow::{Result, ensure};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::campus::Campus;
use crate::aside;

/// How many of what.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    /// Users 1 … this are known.
    pub users: u64,
    /// Conversations 1 … this: of the users n and n + 1.
    pub conversations: u64,
    pub messages: u64,
}

/// Rows of one statement.
const CHUNK: usize = 5_000;
const MESSAGES_CHUNK: u64 = 500_000;

/// What messages are cut from: 20 to 220 letters, 120 on average.
const TEXT: &str = "perseverance is not a long race; it is many short races one after the other, and whoever has run \
    the first of them knows that the second begins where everyone else has gone home to sleep, so get up and have a look \
    at the exercises of today: there are only three, and the last one is the most beautiful of them all, I promise you. \
    We meet at nine in the library, by the window, where the others were yesterday.";

/// Fills a database that has been founded (`Campus::found`).
pub async fn fill(database: &Path, campus: &Campus, amount: Amount) -> Result<()> {
    ensure!(amount.conversations < amount.users, "the last user has no neighbour to talk with");
    let (database, campus) = (database.to_owned(), campus.clone());
    aside::run(move || write(&database, &campus, amount)).await
}

fn write(database: &Path, campus: &Campus, amount: Amount) -> Result<()> {
    let conn = Connection::open(database)?;
    conn.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; \
         PRAGMA cache_size = -1500000",
    )?;
    let site = conn.query_row("SELECT site FROM sites", [], |row| row.get(0))?;
    users(&conn, site, (1..=amount.users).map(|user| (user, campus.rights(user))))?;
    if amount.conversations > 0 {
        conversations(&conn, site, amount)?;
        messages(&conn, site, amount)?;
    }
    conn.close().map_err(|(_, error)| error)?;
    // What follows is not to pay for bringing this to the disk.
    std::fs::File::open(database)?.sync_all()?;
    Ok(())
}

/// Writes people who are new to it, with what the host has said of each, as the store does. Courses here have no groups.
pub fn users(conn: &Connection, site: i64, people: impl Iterator<Item = (u64, Value)>) -> Result<()> {
    let mut people = people.map(|(user, rights)| json!([user, rights.to_string()])).peekable();
    while people.peek().is_some() {
        let chunk: Vec<Value> = people.by_ref().take(CHUNK).collect();
        conn.execute(
            "INSERT INTO users (site, user, rights_version, by_call, removed, snapshot) \
             SELECT ?1, value ->> 0, 1, 0, 0, value ->> 1 FROM json_each(?2)",
            params![site, serde_json::to_string(&chunk)?],
        )?;
    }
    conn.execute(
        "INSERT INTO members (site, course, user) SELECT u.site, c.value ->> 'id', u.user \
         FROM users u, json_each(u.snapshot, '$.circles') c WHERE true ORDER BY 1, 2, 3",
        [],
    )?;
    Ok(())
}

fn conversations(conn: &Connection, site: i64, amount: Amount) -> Result<()> {
    let Amount { conversations, messages, .. } = amount;
    // The first conversations get one more where the division leaves a rest.
    conn.execute(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?2), \
              of (n, seq) AS (SELECT n, ?3 / ?2 + (n <= ?3 % ?2) FROM n) \
         INSERT INTO conversations (conversation, site, kind, name, seq, rev, last_seq, last_sender, other_seq) \
         SELECT n, ?1, 1, printf('%d-%d', n, n + 1), seq, seq, seq, n + 1 - seq % 2, max(seq - 1, 0) FROM of",
        params![site, i64::try_from(conversations)?, i64::try_from(messages)?],
    )?;
    let day = gchat::store::day_of(1_700_000_000_000); // as of the messages
    // The conversation n is of the users n and n + 1.
    for (user, other) in [("conversation", "conversation + 1"), ("conversation + 1", "conversation")] {
        let marks = format!(
            "INSERT INTO participants \
                (site, user, kind, conversation, other, read_seq, published_read_seq, day) \
             SELECT site, {user}, kind, conversation, {other}, seq, seq, {day} FROM conversations"
        );
        let windows = format!(
            "INSERT INTO docks (site, user, name, other, state, version, opened, closed_seq) \
             SELECT site, {user}, name, {other}, 1, 2, 1 + ({user} > {other}), 0 FROM conversations"
        );
        for sql in [marks, windows] {
            conn.execute(&sql, [])?;
        }
    }
    Ok(())
}

fn messages(conn: &Connection, site: i64, amount: Amount) -> Result<()> {
    let Amount { conversations, messages, .. } = amount;
    let stride = stride(conversations);
    for first in (0..messages).step_by(usize::try_from(MESSAGES_CHUNK)?) {
        let last = messages.min(first + MESSAGES_CHUNK);
        // One in turn for each conversation, in an order of conversations that jumps. The seq is the turn, and odd ones
        // are the lower user's. Ids are UUIDs v7 that rise with time.
        conn.execute(
            "WITH RECURSIVE i (i) AS (SELECT ?3 UNION ALL SELECT i + 1 FROM i WHERE i + 1 < ?4), \
                  of (i, n, seq) AS (SELECT i, CASE WHEN i / ?2 * ?2 + ?2 <= ?7 THEN i % ?2 * ?5 % ?2 ELSE i % ?2 END + 1, \
                                            i / ?2 + 1 FROM i) \
             INSERT INTO messages (site, conversation, seq, rev, sender, client_message_id, text, sent_at) \
             SELECT ?1, n, seq, seq, n + 1 - seq % 2, \
                    unhex(printf('%012x7%03x8%015x', 1700000000000 + i, i % 4096, i)), \
                    substr(?6, 1 + i % 97, 20 + i * 31 % 201), 1700000000000 + i FROM of",
            params![
                site,
                i64::try_from(conversations)?,
                i64::try_from(first)?,
                i64::try_from(last)?,
                i64::try_from(stride)?,
                TEXT,
                i64::try_from(messages)?,
            ],
        )?;
    }
    Ok(())
}

/// A number that goes through all conversations before it comes back to the first: without a divisor in common.
fn stride(conversations: u64) -> u64 {
    fn divisor(a: u64, b: u64) -> u64 {
        if b == 0 { a } else { divisor(b, a % b) }
    }
    let mut stride = conversations * 5 / 13 + 1;
    while divisor(stride, conversations) != 1 {
        stride += 1;
    }
    stride
}

#[cfg(test)]
mod tests {
    use super::super::campus::Kind;
    use super::*;

    /// The store's own whole check finds nothing wrong: pages, indexes, references, gaps, who wrote last.
    #[tokio::test]
    async fn what_is_filled_is_sound() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("gchat.db");
        let campus = Campus::new(Kind::University, 240);
        campus.found(&database).await.unwrap();
        fill(&database, &campus, Amount { users: 240, conversations: 200, messages: 1_111 }).await.unwrap();
        let conn = Connection::open(&database).unwrap();
        let count = |sql| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM messages"), 1_111);
        assert_eq!(count("SELECT count(*) FROM members"), 960);
        conn.close().unwrap();
        let sound = gchat::store::sqlite::backup::check(&database).await.unwrap();
        assert_eq!(sound.messages, 1_111);
        gchat::store::sqlite::SqliteStore::serve(&database).await.unwrap();
    }
}
