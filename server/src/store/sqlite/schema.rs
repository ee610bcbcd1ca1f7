//! Opening the file: its settings, its migrations, and the refusal of files that cannot be used.
//!
//! Knows no records.

use std::{io::ErrorKind, path::Path, time::Duration};

use sqlx::{
    ConnectOptions, Connection as _, SqlSafeStr as _, SqliteConnection,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use uuid::Uuid;

use super::{
    Result, StoreError,
    check::{self, Finding, primary_code},
    log::{self, Mark},
    place,
};
use crate::id::Epoch;

/// Every migration, in order. A number is never used twice; one that was released is never changed.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "first", include_str!("../../../migrations/sqlite/0001_first.sql")),
    (2, "erasures", include_str!("../../../migrations/sqlite/0002_erasures.sql")),
];

/// `PRAGMA application_id` of our files: "gcht".
const APPLICATION_ID: i64 = 0x6763_6874;

/// How long a statement waits for another process (`gchat site add`) before it fails.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// What a database is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be served by this process alone: it is looked at first.
    Serving,
    /// For a tool, also beside a serving process.
    Tool,
}

/// The store's epoch, and when it began (ms; 0 for one that was never restored).
pub(super) type Since = (Epoch, i64);

/// For connections that only read.
pub(super) fn reading(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY).disable_statement_logging()
}

/// For the one connection that writes. It checkpoints by itself, and overwrites what is erased.
pub(super) fn writing(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("wal_autocheckpoint", "0")
        .pragma("secure_delete", "ON")
        .disable_statement_logging()
}

/// Makes the file if need be, brings its schema up to date, and returns the connection that writes.
pub(super) async fn open(path: &Path, purpose: Purpose) -> Result<(SqliteConnection, Since)> {
    if place::beside(path, place::RESTORING).exists() {
        return Err(unusable(path, "a restore of it was interrupted: repeat `gchat restore`"));
    }
    make(path)?;
    let alone = log::alone(path).await;
    examine(path, purpose, alone).await?;
    let mut conn = migrated(path).await?;
    let since = since(&mut conn).await.map_err(|error| refusal(path, error))?;
    if purpose == Purpose::Serving {
        log::mark(alone, &mut conn).await.map_err(|error| refusal(path, error))?;
    }
    Ok((conn, since))
}

fn make(path: &Path) -> Result<()> {
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
pub(super) async fn migrated(path: &Path) -> Result<SqliteConnection> {
    let refuse = |error: sqlx::Error| refusal(path, error);
    let mut conn = writing(path).connect().await.map_err(refuse)?;
    let list = MIGRATIONS.iter().map(|(version, name, sql)| {
        Migration::new(*version, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let migrator = Migrator::with_migrations(list.collect());
    migrator.run_direct(None, &mut conn, false).await.map_err(|error| match error {
        MigrateError::VersionMismatch(version) | MigrateError::Dirty(version) => unusable(
            path,
            &format!("its schema {version} is not the one of any release: restore a backup, or use a released gchat"),
        ),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => refusal(path, error),
        other => unusable(path, &format!("its schema cannot be brought up to date ({other})")),
    })?;
    Ok(conn)
}

/// Before anything is written, through a connection that cannot write: is this file empty or ours, not from a later
/// release, no backup, with the log that belongs to it, and, to be served, as sound as can be seen in half a second?
async fn examine(path: &Path, purpose: Purpose, alone: Option<Mark>) -> Result<()> {
    let refuse = |error: sqlx::Error| refusal(path, error);
    let mut conn = reading(path).connect().await.map_err(refuse)?;
    if ours(path, alone, &mut conn).await? {
        let backup: Option<i64> = sqlx::query_scalar("SELECT 1 FROM meta WHERE name = 'backup'")
            .fetch_optional(&mut conn)
            .await
            .map_err(refuse)?;
        if backup.is_some() {
            return Err(unusable(path, "it is a backup: bring it back with `gchat restore`"));
        }
        if purpose == Purpose::Serving {
            match check::look(&mut conn).await.map_err(|error| refused(path, error))? {
                Finding::Sound { whole } => tracing::debug!(whole, "the database was looked at"),
                Finding::Damaged(wrong) => return Err(damaged(path, &wrong)),
            }
        }
    }
    conn.close().await.map_err(refuse)
}

/// Refuses what is not ours, of a later release, or beside a log that is not its own. False: the file is empty.
pub(super) async fn ours(path: &Path, alone: Option<Mark>, conn: &mut SqliteConnection) -> Result<bool> {
    let refuse = |error: sqlx::Error| refusal(path, error);
    let (tables, id): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM sqlite_schema), (SELECT application_id FROM pragma_application_id)",
    )
    .fetch_one(&mut *conn)
    .await
    .map_err(refuse)?;
    if tables == 0 {
        return Ok(false);
    }
    if id != APPLICATION_ID {
        return Err(unusable(path, "it belongs to another program: set `database` to another path"));
    }
    let newest: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(&mut *conn)
        .await
        .map_err(refuse)?;
    let known = MIGRATIONS.last().map(|(version, ..)| *version);
    if newest > known {
        let (newest, known) = (newest.unwrap_or_default(), known.unwrap_or_default());
        let fix = format!(
            "its schema is {newest}, and this gchat knows up to {known}: install the newer gchat that wrote it, \
             or restore a backup from before the upgrade"
        );
        return Err(unusable(path, &fix));
    }
    if !log::belongs(alone, conn).await.map_err(refuse)? {
        let fix = format!(
            "the log {} was left by another copy of it and would spoil it: if this file is the right one, move that log \
             away; else put back the file that it belongs to, or restore a backup",
            place::beside(path, "-wal").display()
        );
        return Err(unusable(path, &fix));
    }
    Ok(true)
}

async fn since(conn: &mut SqliteConnection) -> sqlx::Result<Since> {
    sqlx::query("INSERT INTO meta (name, value) VALUES ('epoch', ?1) ON CONFLICT DO NOTHING")
        .bind(Uuid::new_v4().as_bytes().to_vec())
        .execute(&mut *conn)
        .await?;
    let bytes: Vec<u8> =
        sqlx::query_scalar("SELECT value FROM meta WHERE name = 'epoch'").fetch_one(&mut *conn).await?;
    let epoch = Uuid::from_slice(&bytes).map(Epoch).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let began: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT value FROM meta WHERE name = 'epoch_began'").fetch_optional(conn).await?;
    let began = began.and_then(|bytes| Some(i64::from_be_bytes(bytes.try_into().ok()?)));
    Ok((epoch, began.unwrap_or(0)))
}

/// Begins another epoch at this time.
pub(super) async fn begin_epoch(conn: &mut SqliteConnection, now: i64) -> sqlx::Result<()> {
    let rows = [("epoch", Uuid::new_v4().as_bytes().to_vec()), ("epoch_began", now.to_be_bytes().to_vec())];
    for (name, value) in rows {
        set(conn, name, value).await?;
    }
    Ok(())
}

/// Sets a row of `meta`.
pub(super) async fn set(conn: &mut SqliteConnection, name: &str, value: Vec<u8>) -> sqlx::Result<()> {
    let sql =
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value";
    sqlx::query(sql).bind(name).bind(value).execute(conn).await.map(drop)
}

/// The refusal of a file with which SQLite cannot work, with what to do.
pub(super) fn refusal(path: &Path, error: sqlx::Error) -> StoreError {
    // https://www.sqlite.org/rescode.html; 522 is a read beyond the end
    let code = error.as_database_error().and_then(|e| e.code());
    match (primary_code(&error), code.as_deref()) {
        (Some(26), _) => {
            unusable(path, "it is no SQLite database: set `database` to another path, or restore a backup")
        }
        (Some(11), _) | (_, Some("522")) => damaged(path, &[error.to_string()]),
        (Some(14 | 8 | 3), _) => {
            let fix = format!(
                "it cannot be opened for writing ({error}): check the permissions of it and its directory, and whether \
                 the disk is mounted for writing"
            );
            unusable(path, &fix)
        }
        (Some(5 | 6 | 15), _) => {
            unusable(path, "another process is holding it: stop that process, and start again")
        }
        (Some(13), _) => unusable(path, "the disk is full: make room, and start again"),
        (Some(10), _) => unusable(
            path,
            &format!(
                "the disk fails ({error}): see whether it is full, and what the kernel says of it (`dmesg`)"
            ),
        ),
        _ => StoreError::Database(error),
    }
}

fn refused(path: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Database(error) => refusal(path, error),
        error => error,
    }
}

pub(super) fn damaged(path: &Path, wrong: &[String]) -> StoreError {
    let first = wrong.first().map_or("", |sentence| sentence);
    let first = first.lines().find(|line| !line.starts_with("***")).unwrap_or(first);
    let fix = format!(
        "it is damaged ({first}): restore a backup with `gchat restore`, or save what `sqlite3 FILE .recover` can read"
    );
    unusable(path, &fix)
}

pub(super) fn unusable(path: &Path, fix: &str) -> StoreError {
    StoreError::Unusable(format!("the database {} cannot be used: {fix}", path.display()))
}
