//! How connections to the file are set up.

use std::{path::Path, time::Duration};

use sqlx::{
    ConnectOptions as _,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

/// How long a statement waits for another process (`gchat site add`) before it fails.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// KiB of pages that the writer keeps: its commits touch a few pages of every conversation that is going on.
const WRITER_CACHE: &str = "-65536";

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
        .pragma("cache_size", WRITER_CACHE)
        .disable_statement_logging()
}
