//! Opening the file: its settings, its migrations, and the refusal of files that cannot be used.
//!
//! Knows no records.

use std::{io::ErrorKind, path::Path};

use sqlx::{
    ConnectOptions, Connection as _, SqlSafeStr as _, SqliteConnection,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

use super::{
    Result,
    check::{self, Finding},
    link::{reading, writing},
    log::{self, Mark},
    meta::{self, Since},
    place,
    refusal::{self, damaged, unusable},
};

/// Every migration, in order. A number is never used twice; one that was released is never changed.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "first", include_str!("../../../migrations/sqlite/0001_first.sql")),
    (2, "erasures", include_str!("../../../migrations/sqlite/0002_erasures.sql")),
];

/// `PRAGMA application_id` of our files: "gcht".
const APPLICATION_ID: i64 = 0x6763_6874;

/// What a database is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be served by this process alone: it is looked at first.
    Serving,
    /// For a tool, also beside a serving process.
    Tool,
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
    let since = meta::since(&mut conn).await.map_err(|error| refusal::of(path, error))?;
    if purpose == Purpose::Serving {
        log::mark(alone, &mut conn).await.map_err(|error| refusal::of(path, error))?;
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
    let refuse = |error: sqlx::Error| refusal::of(path, error);
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
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => refusal::of(path, error),
        other => unusable(path, &format!("its schema cannot be brought up to date ({other})")),
    })?;
    Ok(conn)
}

/// Before anything is written, through a connection that cannot write: is this file empty or ours, not from a later
/// release, no backup, with the log that belongs to it, and, to be served, as sound as can be seen in half a second?
async fn examine(path: &Path, purpose: Purpose, alone: Option<Mark>) -> Result<()> {
    let refuse = |error: sqlx::Error| refusal::of(path, error);
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
            match check::look(&mut conn).await.map_err(|error| refusal::again(path, error))? {
                Finding::Sound { whole } => tracing::debug!(whole, "the database was looked at"),
                Finding::Damaged(wrong) => return Err(damaged(path, &wrong)),
            }
        }
    }
    conn.close().await.map_err(refuse)
}

/// Refuses what is not ours, of a later release, or beside a log that is not its own. False: the file is empty.
pub(super) async fn ours(path: &Path, alone: Option<Mark>, conn: &mut SqliteConnection) -> Result<bool> {
    let refuse = |error: sqlx::Error| refusal::of(path, error);
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
