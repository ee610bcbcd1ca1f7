//! Which log belongs to which database: a mark that both carry.
//!
//! SQLite applies whatever log lies beside a database, and a log says nothing of the file that it was written for.
//! Someone who puts a copy in the place of a database and forgets its log would thereby mix two databases into one that
//! is neither. So each serving process draws a mark and brings it into the file itself, and the first commit into each
//! log writes the page with the mark again: what the file says alone must be what it says through the log. Only until
//! the mark has come into the file may it be the one before: a power cut can come between. Knows no other row.

use std::path::Path;

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{connect, meta, sql::Statements as _};

const MARK: &str = "log";
const TOUCH: &str = "touched";

/// No mark was drawn yet.
const NONE: Mark = [0; 16];

/// A mark, 16 random bytes.
pub(super) type Mark = [u8; 16];

/// The mark that the file has without its log (`immutable` passes it over); `None` if that cannot be read. To be asked
/// before this process has any connection to the file: closing this one ends the locks of all others (POSIX).
pub(super) fn alone(path: &Path) -> Option<Mark> {
    let conn = connect::immutable(path).ok()?;
    let tables = conn.one("SELECT count(*) FROM sqlite_schema", []);
    let found = match tables {
        Ok((0_i64,)) => Some(NONE),
        Ok(_) => marks(&conn).ok().map(|(new, _)| new),
        Err(_) => None,
    };
    let _ = conn.close();
    found
}

/// Whether the log beside a database, if there is one, was written for it. `conn` reads through the log.
pub(super) fn belongs(alone: Option<Mark>, conn: &Connection) -> rusqlite::Result<bool> {
    let (new, old) = marks(conn)?;
    // What cannot be read without the log says nothing.
    Ok(alone.is_none_or(|alone| alone == new || alone == old))
}

/// Draws a new mark and brings it into the file. From then on the log need not fit what the file said before.
pub(super) fn mark(alone: Option<Mark>, conn: &Connection) -> rusqlite::Result<()> {
    let Some(alone) = alone else { return touch(conn) };
    let new = *Uuid::new_v4().as_bytes();
    meta::set(conn, MARK, &[new, alone].concat())?;
    let (busy, ..): (i64, i64, i64) = conn.one("PRAGMA wal_checkpoint(TRUNCATE)", [])?;
    if busy == 0 { meta::set(conn, MARK, &[new, new].concat()) } else { Ok(()) }
}

/// Writes the page with the mark into the log; as good as any other write to see whether writing works.
pub(super) fn touch(conn: &Connection) -> rusqlite::Result<()> {
    meta::set(conn, TOUCH, Uuid::new_v4().as_bytes())
}

/// Takes the mark away.
pub(super) fn forget(conn: &Connection) -> rusqlite::Result<()> {
    conn.change("DELETE FROM meta WHERE name IN (?1, ?2)", params![MARK, TOUCH]).map(drop)
}

/// The mark that reading gives, and the one that the file had when that was drawn.
fn marks(conn: &Connection) -> rusqlite::Result<(Mark, Mark)> {
    let row: Option<(Vec<u8>,)> = conn.maybe("SELECT value FROM meta WHERE name = ?1", params![MARK])?;
    let halves = row.as_ref().and_then(|(bytes,)| bytes.split_first_chunk::<16>());
    Ok(halves.map_or((NONE, NONE), |(new, old)| (*new, old.try_into().unwrap_or(NONE))))
}
