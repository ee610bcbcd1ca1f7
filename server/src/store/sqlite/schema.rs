//! Opening the file: its settings, its migrations, and the refusal of files that cannot be used.
//!
//! Knows no records.

use std::{io::ErrorKind, path::Path};

use rusqlite::{Connection, TransactionBehavior, params};
use sha2::{Digest as _, Sha384};

use super::{
    Result,
    check::{self, Finding},
    connect,
    log::{self, Mark},
    meta::{self, Since},
    place,
    refusal::{self, damaged, unusable},
    sql::Statements as _,
};

/// Every migration, in order. A number is never used twice; one that was released is never changed.
const MIGRATIONS: &[(i64, &str, &str)] =
    &[(1, "first", include_str!("../../../migrations/sqlite/0001_first.sql"))];

/// Which migrations were run: the table and the checksums of sqlx, which made the first databases.
const APPLIED: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations ( \
                           version BIGINT PRIMARY KEY, \
                           description TEXT NOT NULL, \
                           installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, \
                           success BOOLEAN NOT NULL, \
                           checksum BLOB NOT NULL, \
                           execution_time BIGINT NOT NULL \
                       )";

/// `PRAGMA application_id` of our files: "gcht".
const APPLICATION_ID: i64 = 0x6763_6874;

/// What a database is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be served by this process alone: it is looked at first.
    Serving,
    /// For a tool, also beside a serving process.
    Tool,
    /// The same, and to be made if there is none.
    Making,
}

/// Makes the file if that is asked for, brings its schema up to date, and returns the connection that writes.
pub(super) fn open(path: &Path, purpose: Purpose) -> Result<(Connection, Since)> {
    if purpose == Purpose::Making {
        make(path)?;
    } else {
        there_is_one(path)?;
    }
    let alone = log::alone(path);
    examine(path, purpose, alone)?;
    let conn = migrated(path)?;
    let since = meta::since(&conn).map_err(|error| refusal::of(path, error))?;
    if purpose == Purpose::Serving {
        log::mark(alone, &conn).map_err(|error| refusal::of(path, error))?;
    }
    Ok((conn, since))
}

/// Refuses a path where there is no database.
pub(super) fn there_is_one(path: &Path) -> Result<()> {
    nothing_half_done(path)?;
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(refusal::missing(path)),
        _ => Ok(()), // whatever else is wrong with it, opening it tells
    }
}

/// Refuses a path where a restore was interrupted, or where a log lies without its database: that was moved away or
/// deleted, and what was written last is in the log.
fn nothing_half_done(path: &Path) -> Result<()> {
    if place::beside(path, place::RESTORING).exists() {
        return Err(unusable(path, "a restore of it was interrupted: repeat `gchat restore`"));
    }
    let log = place::beside(path, "-wal");
    if path.symlink_metadata().is_ok() || !log.exists() {
        return Ok(());
    }
    let fix = format!(
        "there is none, but its log {}: put the database back beside it, or restore a backup; if nobody needs what is \
         in it, move the log away",
        log.display()
    );
    Err(unusable(path, &fix))
}

fn make(path: &Path) -> Result<()> {
    nothing_half_done(path)?;
    match place::make_private(path) {
        Ok(()) => place::give_to_owner_of(path.parent().unwrap_or(path), path),
        // Only `create_new` may open the file: closing any other handle would drop SQLite's locks of this process.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => {
            let fix = format!(
                "it cannot be made ({error}): make its directory and see to its permissions, or set `database` to \
                 another path"
            );
            return Err(unusable(path, &fix));
        }
    }
    Ok(())
}

/// A connection that writes to a file that was examined, its schema brought up to date.
pub(super) fn migrated(path: &Path) -> Result<Connection> {
    let refuse = |error: rusqlite::Error| refusal::of(path, error);
    let mut conn = connect::writing(path).map_err(refuse)?;
    for (version, name, sql) in MIGRATIONS {
        let known = apply(&mut conn, *version, name, sql).map_err(refuse)?;
        if !known {
            let fix = format!(
                "its schema {version} is not the one of any release: restore a backup, or use a released gchat"
            );
            return Err(unusable(path, &fix));
        }
    }
    Ok(conn)
}

/// Runs a migration unless it was; false: another one was run under its number, or it was not finished.
fn apply(conn: &mut Connection, version: i64, name: &str, sql: &str) -> rusqlite::Result<bool> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(APPLIED)?;
    let checksum = Sha384::digest(sql);
    let applied: Option<(Vec<u8>, bool)> =
        tx.maybe("SELECT checksum, success FROM _sqlx_migrations WHERE version = ?1", params![version])?;
    if let Some((applied, success)) = applied {
        return Ok(success && applied == checksum.as_slice());
    }
    tx.execute_batch(sql)?;
    tx.change(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (?1, ?2, TRUE, ?3, 0)",
        params![version, name, checksum.as_slice()],
    )?;
    tx.commit()?;
    Ok(true)
}

/// Before anything is written, through a connection that cannot write: is this file empty or ours, not from a later
/// release, no backup, with the log that belongs to it, and, to be served, as sound as can be seen in half a second?
fn examine(path: &Path, purpose: Purpose, alone: Option<Mark>) -> Result<()> {
    let refuse = |error: rusqlite::Error| refusal::of(path, error);
    let conn = connect::reading(path).map_err(refuse)?;
    if !ours(path, alone, &conn)? {
        if purpose != Purpose::Making {
            return Err(refusal::missing(path));
        }
    } else {
        let backup: Option<(i64,)> =
            conn.maybe("SELECT 1 FROM meta WHERE name = 'backup'", []).map_err(refuse)?;
        if backup.is_some() {
            return Err(unusable(path, "it is a backup: bring it back with `gchat restore`"));
        }
        if purpose == Purpose::Serving {
            match check::look(&conn).map_err(|error| refusal::again(path, error))? {
                Finding::Sound { whole } => tracing::debug!(whole, "the database was looked at"),
                Finding::Damaged(wrong) => return Err(damaged(path, &wrong)),
            }
        }
    }
    conn.close().map_err(|(_, error)| refuse(error))
}

/// Refuses what is not ours, of a later release, or beside a log that is not its own. False: the file is empty.
pub(super) fn ours(path: &Path, alone: Option<Mark>, conn: &Connection) -> Result<bool> {
    let refuse = |error: rusqlite::Error| refusal::of(path, error);
    let (tables, id): (i64, i64) = conn
        .one(
            "SELECT (SELECT count(*) FROM sqlite_schema WHERE tbl_name <> '_sqlx_migrations'), (SELECT application_id FROM pragma_application_id)",
            [],
        )
        .map_err(refuse)?;
    if tables == 0 {
        return Ok(false);
    }
    if id != APPLICATION_ID {
        return Err(unusable(path, "it belongs to another program: set `database` to another path"));
    }
    let (newest,): (Option<i64>,) =
        conn.one("SELECT max(version) FROM _sqlx_migrations", []).map_err(refuse)?;
    let known = MIGRATIONS.last().map(|(version, ..)| *version);
    if newest > known {
        let (newest, known) = (newest.unwrap_or_default(), known.unwrap_or_default());
        let fix = format!(
            "its schema is {newest}, and this gchat knows up to {known}: install the newer gchat that wrote it, \
             or restore a backup from before the upgrade"
        );
        return Err(unusable(path, &fix));
    }
    if !log::belongs(alone, conn).map_err(refuse)? {
        let fix = format!(
            "the log {} was left by another copy of it and would spoil it: if this file is the right one, move that log \
             away; else put back the file that it belongs to, or restore a backup",
            place::beside(path, "-wal").display()
        );
        return Err(unusable(path, &fix));
    }
    Ok(true)
}
