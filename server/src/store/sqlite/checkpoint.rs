//! Bringing the log into the database, and beginning the log anew before it grows without end.
//!
//! Nearly all of it is copied by a connection of its own while the writer goes on; the writer waits only for what came
//! in meanwhile. Did it copy everything itself, everybody would wait for a tenth of a second whenever the log is full.
//!
//! SQLite flushes the database only after a copy of everything, so not after one beside a writer who goes on: all of it
//! would be left for the flush of the writer's last few pages. So the copier flushes what it has copied.
//! Knows no record.

use std::{fs::File, sync::Arc, time::Duration};

use sqlx::{Connection as _, SqliteConnection};
use tokio::{
    task::{self, JoinHandle},
    time::Instant,
};

use super::{link, log};

/// Writes between two looks at the log's length.
const LOOK: usize = 256;
/// Pages of 4 KiB (64 MiB) at which the log is begun anew.
const LOG: i64 = 16_384;
/// Pages that are worth a copy beside the writer, before the log is that long and afterwards.
const MUCH: i64 = LOG / 8;
const FEW: i64 = 256;
/// Pages at which the writer copies whatever is left: it is faster than the copy beside it.
const MOST: i64 = LOG * 4;
/// How long the writer waits for those who read in the log, ms: longer than a read, shorter than anybody's patience.
const READERS_MS: u32 = 200;
/// After someone has kept the log from being begun anew (a backup reads for minutes), until the next try.
const PAUSE: Duration = Duration::from_secs(1);

/// Looks after the log of a database that is being written.
pub(super) struct Checkpoint {
    copier: Copier,
    file: Arc<File>,
    since_look: usize,
    next_look: Instant,
}

/// The connection that copies.
enum Copier {
    Idle(SqliteConnection),
    Busy(JoinHandle<(SqliteConnection, sqlx::Result<State>)>),
    Gone,
}

impl Checkpoint {
    /// With a connection of its own that may write, and the database to flush.
    pub(super) fn new(conn: SqliteConnection, file: Arc<File>) -> Self {
        Self { copier: Copier::Idle(conn), file, since_look: 0, next_look: Instant::now() }
    }

    /// So much more was written: does what is due. `writer` is in no transaction. An error may be of the copy that went
    /// on beside earlier writes; what no flush has confirmed is copied again, whoever does it.
    pub(super) async fn written(&mut self, writer: &mut SqliteConnection, writes: usize) -> sqlx::Result<()> {
        self.since_look += writes;
        let due = match &self.copier {
            Copier::Busy(copy) => copy.is_finished(),
            _ => self.since_look >= LOOK && Instant::now() >= self.next_look,
        };
        if !due {
            return Ok(());
        }
        self.since_look = 0;
        if self.come_back().await?.is_some_and(|done| done.copied < done.log - FEW) {
            // Somebody reads an old state of the database: to copy more would have to wait for them.
            self.next_look = Instant::now() + PAUSE;
            return Ok(());
        }
        let State { log, copied, .. } = run(writer, NOOP).await?;
        // The last copy before the log is begun anew is a small one: the writer shall wait for nearly nothing.
        let worth = if log < LOG { MUCH } else { FEW };
        if (LOG / 2..MOST).contains(&log) && log - copied >= worth {
            self.copy();
        } else if log >= LOG && !begin_anew(writer).await? {
            self.next_look = Instant::now() + PAUSE;
        }
        Ok(())
    }

    /// Waits for a copy that goes on, and closes its connection.
    pub(super) async fn end(&mut self) {
        let _ = self.come_back().await; // what it did not copy is copied later
        if let Copier::Idle(conn) = std::mem::replace(&mut self.copier, Copier::Gone) {
            let _ = conn.close().await;
        }
    }

    fn copy(&mut self) {
        match std::mem::replace(&mut self.copier, Copier::Gone) {
            Copier::Idle(mut conn) => {
                let file = self.file.clone();
                self.copier = Copier::Busy(tokio::spawn(async move {
                    let done = copy_and_flush(&mut conn, file).await;
                    (conn, done)
                }));
            }
            other => self.copier = other,
        }
    }

    /// Waits for a copy that goes on, and tells how far it came.
    async fn come_back(&mut self) -> sqlx::Result<Option<State>> {
        match std::mem::replace(&mut self.copier, Copier::Gone) {
            Copier::Busy(copy) => {
                let (conn, done) = copy.await.map_err(|_| sqlx::Error::WorkerCrashed)?;
                self.copier = Copier::Idle(conn);
                done.map(Some)
            }
            other => {
                self.copier = other;
                Ok(None)
            }
        }
    }
}

/// What a checkpoint says.
struct State {
    busy: i64,
    /// Pages in the log, and how many of them are in the database.
    log: i64,
    copied: i64,
}

/// Only looks (https://www.sqlite.org/pragma.html#pragma_wal_checkpoint).
const NOOP: &str = "PRAGMA wal_checkpoint(NOOP)";
/// Copies what it can without waiting for anybody.
const PASSIVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";
/// Lets the next write begin the log anew.
const RESTART: &str = "PRAGMA wal_checkpoint(RESTART)";

async fn run(conn: &mut SqliteConnection, checkpoint: &'static str) -> sqlx::Result<State> {
    let started = std::time::Instant::now();
    let (busy, log, copied) = sqlx::query_as(checkpoint).fetch_one(conn).await?;
    tracing::debug!(checkpoint, busy, log, copied, elapsed = ?started.elapsed());
    Ok(State { busy, log, copied })
}

async fn copy_and_flush(conn: &mut SqliteConnection, file: Arc<File>) -> sqlx::Result<State> {
    let copied = run(conn, PASSIVE).await?;
    let started = std::time::Instant::now();
    task::spawn_blocking(move || file.sync_data()).await.map_err(|_| sqlx::Error::WorkerCrashed)??;
    tracing::debug!(elapsed = ?started.elapsed(), "the database is flushed");
    Ok(copied)
}

/// Begins the log anew if nobody is in the way; false if somebody is. What is left is copied first without waiting for
/// anybody; only for the last step are those waited for who read in the log, and not for long.
async fn begin_anew(conn: &mut SqliteConnection) -> sqlx::Result<bool> {
    let State { busy, log, copied } = run(conn, PASSIVE).await?;
    if busy != 0 || copied != log {
        return Ok(false);
    }
    patience(conn, READERS_MS).await?;
    let restarted = run(conn, RESTART).await;
    patience(conn, whole_patience()).await?;
    let restarted = restarted?.busy == 0;
    log::touch(conn).await?;
    Ok(restarted)
}

/// For a connection that begins to write after trouble: copies all that was committed, and begins the log anew, waiting
/// for readers no longer than usual.
pub(super) async fn truncate(conn: &mut SqliteConnection) -> sqlx::Result<()> {
    patience(conn, READERS_MS).await?;
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *conn).await?;
    patience(conn, whole_patience()).await
}

fn whole_patience() -> u32 {
    u32::try_from(link::BUSY.as_millis()).unwrap_or(u32::MAX)
}

async fn patience(conn: &mut SqliteConnection, ms: u32) -> sqlx::Result<()> {
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA busy_timeout = {ms}"))).execute(conn).await.map(drop)
}
