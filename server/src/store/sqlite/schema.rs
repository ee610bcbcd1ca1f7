//! Opening the file: its settings, its migrations, and the refusal of files that are not ours.
//!
//! Knows no records.

use std::{io::ErrorKind, path::Path, time::Duration};

use sqlx::{
    ConnectOptions, SqlSafeStr as _, SqliteConnection,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use uuid::Uuid;

use super::{Result, StoreError};
use crate::id::Epoch;

/// Every migration, in order. A number is never used twice; one that was released is never changed.
const MIGRATIONS: &[(i64, &str, &str)] =
    &[(1, "first", include_str!("../../../migrations/sqlite/0001_first.sql"))];

/// `PRAGMA application_id` of our files: "gcht".
const APPLICATION_ID: i64 = 0x6763_6874;

/// How long a statement waits for another process (a backup, `gchat site add`) before it fails.
const BUSY: Duration = Duration::from_secs(5);

/// For connections that only read.
pub(super) fn reading(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY).disable_statement_logging()
}

/// For the one connection that writes. It checkpoints by itself, and overwrites what is erased.
fn writing(path: &Path) -> SqliteConnectOptions {
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
pub(super) async fn open(path: &Path) -> Result<(SqliteConnection, Epoch)> {
    make_private_file(path)?;
    let refuse = |error: sqlx::Error| refusal(path, error);
    check_owner(path).await?;
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
    let epoch = epoch(&mut conn).await.map_err(refuse)?;
    Ok((conn, epoch))
}

/// The owner alone may read the database; SQLite gives the log beside it the same permissions.
fn make_private_file(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        // Only `create_new` may open the file: closing any other handle would drop SQLite's locks of this process.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => {
            let fix =
                format!("it cannot be made ({error}): make its directory, or set `database` to another path");
            Err(unusable(path, &fix))
        }
    }
}

/// Before anything is written: is this file empty or ours, and not from a later release?
async fn check_owner(path: &Path) -> Result<()> {
    let refuse = |error: sqlx::Error| refusal(path, error);
    let mut conn = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .disable_statement_logging()
        .connect()
        .await
        .map_err(refuse)?;
    let (tables, id): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM sqlite_schema), (SELECT application_id FROM pragma_application_id)",
    )
    .fetch_one(&mut conn)
    .await
    .map_err(refuse)?;
    if tables > 0 && id != APPLICATION_ID {
        let ours = "it belongs to another program: set `database` to another path";
        return Err(unusable(path, ours));
    }
    if tables > 0 {
        let newest: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
            .fetch_one(&mut conn)
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
    }
    sqlx::Connection::close(conn).await.map_err(refuse)
}

async fn epoch(conn: &mut SqliteConnection) -> sqlx::Result<Epoch> {
    sqlx::query("INSERT INTO meta (name, value) VALUES ('epoch', ?1) ON CONFLICT DO NOTHING")
        .bind(Uuid::new_v4().as_bytes().to_vec())
        .execute(&mut *conn)
        .await?;
    let bytes: Vec<u8> =
        sqlx::query_scalar("SELECT value FROM meta WHERE name = 'epoch'").fetch_one(conn).await?;
    Uuid::from_slice(&bytes).map(Epoch).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn refusal(path: &Path, error: sqlx::Error) -> StoreError {
    // https://www.sqlite.org/rescode.html
    match error.as_database_error().and_then(|e| e.code()).as_deref() {
        Some("26") => {
            unusable(path, "it is no SQLite database: set `database` to another path, or restore a backup")
        }
        Some("11" | "267" | "523" | "779") => {
            unusable(path, "it is damaged: restore a backup, or save what `sqlite3 FILE .recover` can read")
        }
        Some("14" | "8" | "3" | "1032" | "520" | "776" | "1544") => {
            let fix = format!(
                "it cannot be opened for writing ({error}): check the permissions of it and its directory"
            );
            unusable(path, &fix)
        }
        Some("5" | "261" | "517") => {
            unusable(path, "another process is holding it: stop that process, and start again")
        }
        _ => StoreError::Database(error),
    }
}

fn unusable(path: &Path, fix: &str) -> StoreError {
    StoreError::Unusable(format!("the database {} cannot be used: {fix}", path.display()))
}
