//! The index of words: which messages have which terms (`crate::terms`).
//!
//! New messages come into it later, some at a time, so that none waits for it (`Index`): `meta.indexed` is the number of
//! the last one that is in. What changes a message that is in, changes its terms in the same transaction. Each message has
//! a term for its conversation too, so that whoever looks in some of them meets no message of any other. The table keeps
//! terms and numbers, no text: to take a message out it must be told the terms that it was put in with, and it then keeps
//! nothing of them (`secure-delete`).

use std::fmt::Write as _;

use rusqlite::{Connection, params};

use super::{Result, meta, sql::Statements as _, writer::Write};
use crate::{
    id::{SiteId, UserId},
    terms::{RULE, terms},
};

/// Messages that come into the index with one commit.
pub(super) const STEP: i64 = 500;

/// Begins a conversation's term: for private use, and in no text's term.
const CONVERSATION: char = '\u{e000}';

/// Of a conversation, by its number.
pub(super) fn conversation_term(number: i64) -> String {
    format!("{CONVERSATION}{number}")
}

/// The number of the last message that is in; 0: none is, or all by a rule that counts no more.
pub(super) fn indexed(conn: &Connection) -> Result<i64> {
    Ok(if meta::number(conn, "index_rule")? == Some(RULE) {
        meta::number(conn, "indexed")?.unwrap_or(0)
    } else {
        0
    })
}

/// As `FindStore::index`.
pub(super) struct Index;

impl Write for Index {
    type Done = bool;

    fn run(&self, conn: &Connection) -> Result<bool> {
        if meta::number(conn, "index_rule")? != Some(RULE) {
            conn.change("INSERT INTO words (words) VALUES ('delete-all')", [])?;
            meta::set(conn, "indexed", &0_i64.to_be_bytes())?;
            meta::set(conn, "index_rule", &RULE.to_be_bytes())?;
        }
        let rows: Vec<(i64, i64, Option<String>)> = conn.all(
            "SELECT message, conversation, text FROM messages WHERE message > ?1 ORDER BY message LIMIT ?2",
            params![indexed(conn)?, STEP],
        )?;
        for (message, conversation, text) in &rows {
            if let Some(text) = text {
                put(conn, *message, *conversation, text)?;
            }
        }
        if let Some((last, ..)) = rows.last() {
            meta::set(conn, "indexed", &last.to_be_bytes())?;
        }
        Ok(rows.len() as i64 == STEP)
    }
}

/// Whether there is anything for `Index`.
pub(super) fn is_due(conn: &Connection) -> Result<bool> {
    let new: Option<(i64,)> =
        conn.maybe("SELECT message FROM messages WHERE message > ?1 LIMIT 1", params![indexed(conn)?])?;
    Ok(new.is_some())
}

/// A message's text was one, and is another or none.
pub(super) fn change(
    conn: &Connection,
    (conversation, seq): (i64, i64),
    before: Option<&str>,
    after: Option<&str>,
) -> Result<()> {
    if before == after {
        return Ok(());
    }
    let (message,): (i64,) = conn.one(
        "SELECT message FROM messages WHERE conversation = ?1 AND seq = ?2",
        params![conversation, seq],
    )?;
    if message > indexed(conn)? {
        return Ok(());
    }
    if let Some(before) = before {
        take(conn, message, conversation, before)?;
    }
    if let Some(after) = after {
        put(conn, message, conversation, after)?;
    }
    Ok(())
}

/// All that somebody has written in a conversation is about to be erased.
pub(super) fn forget_messages_of(conn: &Connection, conversation: i64, sender: UserId) -> Result<()> {
    let rows: Vec<(i64, i64, String)> = conn.all(
        "SELECT message, conversation, text FROM messages \
         WHERE conversation = ?1 AND sender = ?2 AND text IS NOT NULL AND message <= ?3",
        params![conversation, sender.get(), indexed(conn)?],
    )?;
    rows.iter().try_for_each(|(message, conversation, text)| take(conn, *message, *conversation, text))
}

/// A site is about to be removed, one message after the other, however many there are.
pub(super) fn forget_site(conn: &Connection, site: SiteId) -> Result<()> {
    conn.walk(
        "SELECT m.message, m.conversation, m.text FROM conversations c \
         CROSS JOIN messages m ON m.conversation = c.conversation \
         WHERE c.site = ?1 AND m.text IS NOT NULL AND m.message <= ?2",
        params![site.0, indexed(conn)?],
        |(message, conversation, text): (i64, i64, String)| {
            take(conn, message, conversation, &text)?;
            Ok(true)
        },
    )
}

/// Messages were removed: the highest numbers may be given once more.
pub(super) fn numbers_are_free(conn: &Connection) -> Result<()> {
    let (last,): (i64,) = conn.one("SELECT coalesce(max(message), 0) FROM messages", [])?;
    meta::set(conn, "indexed", &indexed(conn)?.min(last).to_be_bytes())?;
    Ok(())
}

fn put(conn: &Connection, message: i64, conversation: i64, text: &str) -> Result<()> {
    conn.change(
        "INSERT INTO words (rowid, terms) VALUES (?1, ?2)",
        params![message, document(conversation, text)],
    )?;
    Ok(())
}

fn take(conn: &Connection, message: i64, conversation: i64, text: &str) -> Result<()> {
    conn.change(
        "INSERT INTO words (words, rowid, terms) VALUES ('delete', ?1, ?2)",
        params![message, document(conversation, text)],
    )?;
    Ok(())
}

/// What the index is given of a message: its terms, and its conversation's.
fn document(conversation: i64, text: &str) -> String {
    let mut document = conversation_term(conversation);
    for term in terms(text) {
        let _ = write!(document, " {term}"); // memory does not fail
    }
    document
}
