//! How connections to the file are set up.

use std::{path::Path, time::Duration};

use log::LevelFilter;
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
    told(SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY))
}

/// For the one connection that writes. It checkpoints by itself, and overwrites what is erased.
pub(super) fn writing(path: &Path) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("wal_autocheckpoint", "0")
        .pragma("secure_delete", "ON")
        .pragma("cache_size", WRITER_CACHE);
    told(options)
}

/// Statements can be counted by whoever listens to `sqlx::query` at trace: to nobody else are they told, however slow
/// they were, and what is bound to them is never told.
fn told(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options.log_statements(LevelFilter::Trace).log_slow_statements(LevelFilter::Off, Duration::MAX)
}
