//! How connections to the file are set up.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, Error, OpenFlags, Result, config::DbConfig};
use url::Url;

use super::sql::Statements as _;

/// How long a statement waits for another process (`gchat site add`) before it fails.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// Prepared statements that a connection keeps: more than there are.
const STATEMENTS: usize = 128;

/// Of each connection that writes. The cache is in KiB: commits touch a few pages of every conversation that is going
/// on. The log is copied by `checkpoint`, and what is erased is overwritten.
const WRITES: &str = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0; \
                      PRAGMA secure_delete = ON; PRAGMA cache_size = -65536;";

/// One that only reads.
pub(super) fn reading(path: &Path) -> Result<Connection> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    skip_last_checkpoint(&conn, true)?;
    Ok(conn)
}

/// One that writes.
pub(super) fn writing(path: &Path) -> Result<Connection> {
    set_up(path, "WAL")
}

/// One that writes into a file that has no log beside it.
pub(super) fn unlogged(path: &Path) -> Result<Connection> {
    set_up(path, "DELETE")
}

/// Ends the log of a database that nobody else may have open: copies and removes it.
pub(super) fn end_log(path: &Path) -> Result<()> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
    journal(&conn, "WAL")?;
    conn.execute_batch(WRITES)?;
    journal(&conn, "DELETE")?;
    conn.close().map_err(|(_, error)| error)
}

/// Changes whether there is a log. Run to its end: the first step only tells the mode.
pub(super) fn journal(conn: &Connection, mode: &str) -> Result<()> {
    conn.all::<(String,)>(&format!("PRAGMA journal_mode = {mode}"), []).map(drop)
}

/// Whether the log stays as it is when this is the last connection to be closed. Otherwise that copies and removes it.
pub(super) fn skip_last_checkpoint(conn: &Connection, skip: bool) -> Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, skip).map(drop)
}

/// One that reads the file as if there were no log and no other connection.
pub(super) fn immutable(path: &Path) -> Result<Connection> {
    let invalid = || Error::InvalidPath(path.to_owned());
    let whole = std::path::absolute(path).map_err(|_| invalid())?;
    let mut name = Url::from_file_path(whole).map_err(|()| invalid())?;
    name.set_query(Some("immutable=1"));
    open(Path::new(name.as_str()), OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)
}

fn set_up(path: &Path, mode: &str) -> Result<Connection> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    journal(&conn, mode)?;
    conn.execute_batch(WRITES)?;
    Ok(conn)
}

/// A thread has its connection to itself: SQLite need not lock it.
fn open(path: &Path, how: OpenFlags) -> Result<Connection> {
    let conn = Connection::open_with_flags(path, how | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}
