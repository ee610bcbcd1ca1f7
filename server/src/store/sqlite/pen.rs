//! The connection that writes, through good times and bad: what is done when the disk is full or fails, and the log.
//!
//! After a commit that failed for the disk's sake nothing is believed of this connection any more, nor of what the
//! kernel says about the log: a flush that failed once may succeed the next time without having written anything
//! (<https://wiki.postgresql.org/wiki/Fsync_Errors>). So the connection is dropped, with what it holds in memory, every
//! write is refused at once, and twice a second it is tried whether writing works again, by itself:
//!
//! 1. a new connection copies what was committed out of the log into the database, flushes that, and begins the log
//!    anew, so that nothing refused can come to life after a crash;
//! 2. what was written last is compared with indexes and heads;
//! 3. one small commit goes all the way to the disk.
//!
//! Only then are writes taken again. Nothing that was acknowledged depends on this: it was flushed with success, the log
//! is only ever written behind it, and copied again from the start of what no flush has confirmed. Reading goes on all
//! the time. A damaged database is not written again before somebody has looked after it. Knows no record.

use std::{path::PathBuf, sync::Arc, time::Duration};

use parking_lot::Mutex;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use tokio::time::Instant;

use super::{
    Result, StoreError,
    check::{self, primary_code},
    link, log, refusal,
};

/// Between two tries whether writing works again.
const TRY: Duration = Duration::from_millis(500);
/// Writes between two looks at the log's length.
const LOOK: usize = 256;
/// Pages of 4 KiB (64 MiB) at which the log is copied into the database and begun anew.
const LOG: i64 = 16_384;
/// How long the writer waits for those who read in the log, ms: longer than a read, shorter than anybody's patience.
const READERS_MS: u32 = 200;
/// After someone has kept the log from being begun anew (a backup reads for minutes), until the next try.
const LOG_PAUSE: Duration = Duration::from_secs(1);

/// Why nothing is written just now, for all to see.
#[derive(Debug, Default)]
pub(super) struct Trouble(Mutex<Option<String>>);

impl Trouble {
    pub(super) fn refusal(&self) -> Option<StoreError> {
        self.0.lock().clone().map(StoreError::Blocked)
    }
}

/// Whether the next write would fail in the same way: no memory, busy, read-only, I/O error, damaged, full, gone.
pub(super) fn blocks(error: &StoreError) -> bool {
    match error {
        // https://www.sqlite.org/rescode.html
        StoreError::Database(error @ sqlx::Error::Database(_)) => {
            matches!(primary_code(error), Some(5..=8 | 10 | 11 | 13..=15 | 26))
        }
        StoreError::Database(sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed) | StoreError::Blocked(_) => {
            true
        }
        _ => false,
    }
}

/// The one connection that writes.
pub(super) struct Pen {
    path: PathBuf,
    /// `None` while it is in trouble.
    conn: Option<SqliteConnection>,
    trouble: Arc<Trouble>,
    next_try: Instant,
    damaged: bool,
    since_look: usize,
    next_look: Instant,
}

impl Pen {
    pub(super) fn new(path: PathBuf, conn: SqliteConnection, trouble: Arc<Trouble>) -> Self {
        let now = Instant::now();
        let conn = Some(conn);
        Self { path, conn, trouble, next_try: now, damaged: false, since_look: 0, next_look: now }
    }

    /// When to try again, if it is in trouble that may pass.
    pub(super) fn next_try(&self) -> Option<Instant> {
        (self.conn.is_none() && !self.damaged).then_some(self.next_try)
    }

    /// The connection; in trouble `Blocked`, at once, but for one try from time to time.
    pub(super) async fn conn(&mut self) -> Result<&mut SqliteConnection> {
        if self.conn.is_none() {
            if self.damaged || Instant::now() < self.next_try {
                return Err(self.refusal());
            }
            match self.mend().await {
                Ok(conn) => {
                    tracing::info!("the database can be written again");
                    *self.trouble.0.lock() = None;
                    self.conn = Some(conn);
                }
                Err(error) => self.blocked(&error).await,
            }
        }
        match &mut self.conn {
            Some(conn) => Ok(conn),
            None => Err(StoreError::Blocked("it is tried again in a moment".into())),
        }
    }

    /// Notes that writing does not work, and lets go of the connection.
    pub(super) async fn blocked(&mut self, error: &StoreError) {
        self.damaged = is_damage(error);
        if let Some(conn) = self.conn.take() {
            let fix = if self.damaged {
                "stop the server and restore a backup"
            } else {
                "make room or mend the disk"
            };
            tracing::error!(%error, "the database cannot be written, everybody is told to try again: {fix}");
            let _ = conn.close().await; // what it holds is not believed any more
        }
        *self.trouble.0.lock() = Some(error.to_string());
        self.next_try = Instant::now() + TRY;
    }

    fn refusal(&self) -> StoreError {
        self.trouble.refusal().unwrap_or(StoreError::Closed)
    }

    async fn mend(&self) -> Result<SqliteConnection> {
        let mut conn = link::writing(&self.path).connect().await?;
        patience(&mut conn, READERS_MS).await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut conn).await?;
        if let Some(sentence) = check::last(&mut conn).await? {
            return Err(refusal::damaged(&self.path, &[sentence]));
        }
        log::touch(&mut conn).await?;
        patience(&mut conn, whole_patience()).await?;
        Ok(conn)
    }

    /// Begins the log anew once it is long.
    pub(super) async fn written(&mut self, writes: usize) {
        self.since_look += writes;
        let Some(conn) = &mut self.conn else { return };
        if self.since_look < LOOK || Instant::now() < self.next_look {
            return;
        }
        self.since_look = 0;
        match checkpoint(conn).await {
            Ok(true) => {}
            Ok(false) => self.next_look = Instant::now() + LOG_PAUSE,
            Err(error) => {
                let error = StoreError::from(error);
                if blocks(&error) {
                    self.blocked(&error).await;
                }
            }
        }
    }

    /// Copies the log into the database and closes it.
    pub(super) async fn close(self) {
        let Some(mut conn) = self.conn else { return };
        let truncated = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut conn).await;
        if let Err(error) = truncated.map(drop).and(conn.close().await) {
            tracing::warn!(%error, "the database was not closed cleanly; nothing committed is lost");
        }
    }
}

fn is_damage(error: &StoreError) -> bool {
    match error {
        StoreError::Database(error) => matches!(primary_code(error), Some(11 | 26)),
        error => matches!(error, StoreError::Unusable(_)),
    }
}

fn whole_patience() -> u32 {
    u32::try_from(link::BUSY.as_millis()).unwrap_or(u32::MAX)
}

async fn patience(conn: &mut SqliteConnection, ms: u32) -> sqlx::Result<()> {
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA busy_timeout = {ms}"))).execute(conn).await.map(drop)
}

/// Begins the log anew if it is long and nobody is in the way; false if somebody is. What can be copied is copied first
/// without waiting for anybody; only for the last step are those waited for who read in the log, and not for long. NOOP
/// only looks (https://www.sqlite.org/pragma.html#pragma_wal_checkpoint).
async fn checkpoint(conn: &mut SqliteConnection) -> sqlx::Result<bool> {
    let (_, log, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(NOOP)").fetch_one(&mut *conn).await?;
    if log < LOG {
        return Ok(true);
    }
    let started = std::time::Instant::now();
    let (mut busy, log, copied): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(&mut *conn).await?;
    let whole = busy == 0 && copied == log;
    if whole {
        patience(conn, READERS_MS).await?;
        let restarted = sqlx::query_as("PRAGMA wal_checkpoint(RESTART)").fetch_one(&mut *conn).await;
        patience(conn, whole_patience()).await?;
        let (still, ..): (i64, i64, i64) = restarted?;
        busy = still;
        log::touch(conn).await?;
    }
    tracing::debug!(busy, log, copied, elapsed = ?started.elapsed(), "checkpoint");
    Ok(whole && busy == 0)
}
