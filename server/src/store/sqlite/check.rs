//! Whether a database is sound: a look that costs little at every start, and the whole check that costs a read of
//! everything.
//!
//! At a start, `look` has half a second. It is spent on SQLite's quick check, table by table, the messages last: up to
//! about half a million messages that is the whole of it, and of a larger database everything but a part of the messages'
//! pages. What was written last, which a power cut or a lying disk would hurt first, is then compared with both indexes
//! and the heads, whatever the size. So a start costs the same at any size, and after a crash no more than after a good
//! end: a full check would keep people out for minutes, just when they want to come back. (Measured: the quick check of
//! 200,000 messages, 43 MB in memory, takes 0.13 s of CPU; a start with 10 million messages and 200,000 users, 1.9 GB,
//! takes 0.1 s of CPU besides the look.) Damage deeper down is found by `whole`, which `gchat check` runs, and every
//! `gchat backup` on its copy; a backup besides reads every row. Knows no record.

use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use super::{
    Result,
    conversations::counted,
    sql::{Statements as _, primary_code},
};

/// What the look at a start may take, longest.
const PATIENCE: Duration = Duration::from_millis(500);
/// Instructions of SQLite between two looks at the clock.
const STEPS: i32 = 1_000;
/// Messages that count as written last.
const LAST: i64 = 1_000;
/// Sentences about damage that are told.
const TOLD: usize = 20;

/// What a check has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Nothing is wrong with what was looked at; `whole` if that was everything that there is to look at.
    Sound {
        /// False: the time ended first.
        whole: bool,
    },
    /// What is wrong, one sentence of SQLite's or ours each.
    Damaged(Vec<String>),
}

/// The look at a start: bounded in time.
pub(super) fn look(conn: &Connection) -> Result<Finding> {
    let end = Instant::now() + PATIENCE;
    conn.progress_handler(STEPS, Some(move || Instant::now() >= end))?;
    let found = tables(conn);
    conn.progress_handler(0, None::<fn() -> bool>)?;
    let whole = match found {
        Ok(Finding::Sound { whole }) => whole,
        Err(error) if primary_code(&error) == Some(9) => false, // interrupted
        damaged_or_error => return Ok(damaged_or_error?),
    };
    Ok(match last(conn)? {
        Some(sentence) => Finding::Damaged(vec![sentence]),
        None => Finding::Sound { whole },
    })
}

fn tables(conn: &Connection) -> rusqlite::Result<Finding> {
    let names: Vec<(String,)> = conn.all(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
         ORDER BY name = 'messages', name",
        [],
    )?;
    for (name,) in names {
        let wrong = pragma(conn, &format!("PRAGMA quick_check(\"{name}\")"))?;
        if !wrong.is_empty() {
            return Ok(Finding::Damaged(wrong));
        }
    }
    Ok(Finding::Sound { whole: true })
}

/// Whether what was written last is found by both indexes and fits the heads: in a log that was not kept, or that
/// belongs to another copy, it does not. What is wrong, if anything.
pub(super) fn last(conn: &Connection) -> Result<Option<String>> {
    let (wrong,): (i64,) = conn.one(
        "SELECT count(*) FROM (SELECT * FROM messages ORDER BY message DESC LIMIT ?1) m \
         LEFT JOIN conversations c ON c.conversation = m.conversation \
         WHERE c.conversation IS NULL OR m.seq > c.seq OR m.rev > c.rev \
            OR (SELECT s.message FROM messages s WHERE s.conversation = m.conversation AND s.seq = m.seq) \
               IS NOT m.message \
            OR (m.client_message_id IS NOT NULL AND \
                (SELECT s.message FROM messages s WHERE s.client_message_id = m.client_message_id \
                                                    AND s.sender = m.sender AND s.site = m.site) \
                IS NOT m.message) \
            OR (c.first_seq <= c.seq AND NOT EXISTS \
                (SELECT 1 FROM messages h WHERE h.conversation = c.conversation AND h.seq = c.seq))",
        params![LAST],
    )?;
    Ok((wrong > 0).then(|| format!("{wrong} of the last messages do not fit the rest")))
}

/// What a conversation may not be, and how many are.
const CONVERSATIONS: [(&str, &str); 3] = [
    (
        "have gaps",
        "SELECT count(*) FROM conversations c WHERE max(seq - first_seq + 1, 0) <> \
         (SELECT count(*) FROM messages m WHERE m.conversation = c.conversation AND m.seq >= c.first_seq)",
    ),
    (
        "have messages with one rev",
        "SELECT count(*) FROM conversations c WHERE \
         (SELECT count(*) > count(DISTINCT m.rev) FROM messages m WHERE m.conversation = c.conversation)",
    ),
    (
        "do not know who wrote last",
        concat!(
            "SELECT count(*) FROM conversations c WHERE \
             last_seq <> (SELECT coalesce(max(m.seq), 0) FROM messages m \
                          WHERE m.conversation = c.conversation AND m.text IS NOT NULL AND m.seq > c.seq - ",
            counted!(),
            ") \
             OR other_seq <> (SELECT coalesce(max(m.seq), 0) FROM messages m \
                              WHERE m.conversation = c.conversation AND m.text IS NOT NULL AND m.seq > c.seq - ",
            counted!(),
            "                   AND m.sender <> c.last_sender)"
        ),
    ),
];

/// Everything: pages, indexes, references, and that every conversation has its messages without gaps, each with a rev of
/// its own, and knows who wrote last.
pub(super) fn whole(conn: &Connection) -> Result<Finding> {
    let mut wrong = pragma(conn, &format!("PRAGMA integrity_check({TOLD})"))?;
    if wrong.is_empty() {
        let (astray,): (i64,) = conn.one("SELECT count(*) FROM pragma_foreign_key_check", [])?;
        if astray > 0 {
            wrong.push(format!("{astray} rows belong to nothing"));
        }
        for (what, sql) in CONVERSATIONS {
            let (found,): (i64,) = conn.one(sql, [])?;
            if found > 0 {
                wrong.push(format!("{found} conversations {what}"));
            }
        }
    }
    Ok(if wrong.is_empty() { Finding::Sound { whole: true } } else { Finding::Damaged(wrong) })
}

/// The sentences of a check of SQLite; none if all is well.
fn pragma(conn: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let sentences: Vec<(String,)> = conn.all(sql, [])?;
    Ok(sentences
        .into_iter()
        .map(|(sentence,)| sentence)
        .filter(|sentence| sentence != "ok")
        .take(TOLD)
        .collect())
}
