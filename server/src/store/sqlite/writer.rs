//! The one task that writes: a bounded queue, group commit, checkpoints.
//!
//! Everything that queued while the last commit ran goes into the next transaction, so a quiet server commits at once
//! and a busy one commits many writes with one flush (no timer). Callers are answered after the commit. If a
//! transaction fails, each of its writes is tried alone, so that one bad write does not fail the others. Knows no
//! write but the append, which it gathers.

use async_trait::async_trait;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::{Result, StoreError, append};
use crate::store::{Appended, NewMessage};

/// Writes in one transaction at most.
const BATCH: usize = 1_000;
/// Writes that may wait; further callers wait for room.
const QUEUE: usize = 4_096;
/// Writes between two looks at the log's length.
const LOOK: usize = 256;
/// Pages of 4 KiB (64 MiB) at which the log is copied into the database and begun anew.
const LOG: i64 = 16_384;

/// A change that can be run again if its transaction fails.
#[async_trait]
pub(super) trait Write: Send + Sync + 'static {
    /// What its caller gets.
    type Done: Send + 'static;
    /// Runs inside a transaction that others may share.
    async fn run(&self, conn: &mut SqliteConnection) -> Result<Self::Done>;
}

/// The callers' end.
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
}

enum Job {
    Append(NewMessage, oneshot::Sender<Result<Appended>>),
    Other(Box<dyn Queued>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the task. It ends after `close`, or when the writer is dropped.
    pub(super) fn start(conn: SqliteConnection) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        tokio::spawn(work(conn, jobs));
        Self { queue }
    }

    pub(super) async fn append(&self, message: NewMessage) -> Result<Appended> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job::Append(message, reply)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) async fn run<W: Write>(&self, write: W) -> Result<W::Done> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Waiting { write, done: None, reply });
        self.queue.send(Job::Other(job)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Commits what waits, then closes the database.
    pub(super) async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        if self.queue.send(Job::Close(reply)).await.is_ok() {
            let _ = answer.await; // an error means that somebody else has closed it
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }
}

/// A write with the caller who waits for it.
struct Waiting<W: Write> {
    write: W,
    done: Option<W::Done>,
    reply: oneshot::Sender<Result<W::Done>>,
}

#[async_trait]
trait Queued: Send {
    async fn run(&mut self, conn: &mut SqliteConnection) -> Result<()>;
    fn answer(self: Box<Self>, committed: Result<()>);
}

#[async_trait]
impl<W: Write> Queued for Waiting<W> {
    async fn run(&mut self, conn: &mut SqliteConnection) -> Result<()> {
        self.done = Some(self.write.run(conn).await?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let done = self.done.ok_or(StoreError::Closed);
        let _ = self.reply.send(committed.and(done)); // the caller may have gone
    }
}

async fn work(mut conn: SqliteConnection, mut jobs: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut since_look = 0;
    let mut closers = Vec::new();
    while jobs.recv_many(&mut batch, BATCH).await > 0 {
        since_look += batch.len();
        let mut appends = Vec::new();
        let mut others = Vec::new();
        for job in batch.drain(..) {
            match job {
                Job::Append(message, reply) => appends.push((message, reply)),
                Job::Other(job) => others.push(job),
                Job::Close(reply) => {
                    jobs.close(); // what waits is still received
                    closers.push(reply);
                }
            }
        }
        commit(&mut conn, appends, others).await;
        if since_look >= LOOK {
            since_look = 0;
            if let Err(error) = checkpoint(&mut conn).await {
                tracing::warn!(%error, "the log could not be copied into the database; it grows until it can");
            }
        }
    }
    let truncated = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut conn).await;
    if let Err(error) = truncated.map(drop).and(conn.close().await) {
        tracing::warn!(%error, "the database was not closed cleanly; nothing committed is lost");
    }
    drop(closers); // their callers wait for this
}

type Append = (NewMessage, oneshot::Sender<Result<Appended>>);

/// Commits all of these together, or, if that fails, each alone. Nobody sees the order between appends and others
/// that wait at the same time, as none of them was answered.
async fn commit(conn: &mut SqliteConnection, appends: Vec<Append>, mut others: Vec<Box<dyn Queued>>) {
    if appends.is_empty() && others.is_empty() {
        return;
    }
    let (messages, replies): (Vec<_>, Vec<_>) = appends.into_iter().unzip();
    let error = match together(conn, &messages, &mut others).await {
        Ok(appended) => {
            for (reply, appended) in replies.into_iter().zip(appended) {
                let _ = reply.send(Ok(appended)); // the caller may have gone
            }
            others.into_iter().for_each(|job| job.answer(Ok(())));
            return;
        }
        Err(error) => error,
    };
    if messages.len() + others.len() == 1 {
        fail(error, replies, others);
        return;
    }
    tracing::warn!(%error, writes = messages.len() + others.len(), "a commit failed; its writes are tried one by one");
    let mut messages = messages.into_iter().zip(replies);
    while let Some((message, reply)) = messages.next() {
        match together(conn, &[message], &mut []).await {
            Ok(mut appended) => drop(reply.send(appended.pop().ok_or(StoreError::Closed))),
            Err(error) if blocked(&error) => {
                let waiting = std::iter::once(reply).chain(messages.map(|(_, reply)| reply)).collect();
                return fail(error, waiting, others);
            }
            Err(error) => drop(reply.send(Err(error))),
        }
    }
    let mut others = others.into_iter();
    while let Some(job) = others.next() {
        let mut alone = [job];
        let committed = together(conn, &[], &mut alone).await.map(drop);
        let [job] = alone;
        match committed {
            Err(error) if blocked(&error) => {
                return fail(error, Vec::new(), std::iter::once(job).chain(others).collect());
            }
            committed => job.answer(committed),
        }
    }
}

async fn together(
    conn: &mut SqliteConnection,
    messages: &[NewMessage],
    others: &mut [Box<dyn Queued>],
) -> Result<Vec<Appended>> {
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
    let appended = append::append(&mut tx, messages).await?;
    for job in others {
        job.run(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(appended)
}

/// Whether the next write would fail in the same way: busy, read-only, out of space, I/O error.
fn blocked(error: &StoreError) -> bool {
    match error {
        StoreError::Database(sqlx::Error::Database(error)) => {
            let primary = error.code().and_then(|c| c.parse::<i64>().ok()).map(|c| c & 0xff);
            matches!(primary, Some(5 | 6 | 8 | 10 | 13)) // https://www.sqlite.org/rescode.html
        }
        StoreError::Database(sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed) => true,
        _ => false,
    }
}

fn fail(error: StoreError, replies: Vec<oneshot::Sender<Result<Appended>>>, others: Vec<Box<dyn Queued>>) {
    let text = error.to_string();
    let mut first = Some(error);
    let mut next =
        || first.take().unwrap_or_else(|| StoreError::Database(sqlx::Error::Protocol(text.clone())));
    for reply in replies {
        let _ = reply.send(Err(next()));
    }
    for job in others {
        job.answer(Err(next()));
    }
}

/// Begins the log anew once it is long. NOOP only looks (https://www.sqlite.org/pragma.html#pragma_wal_checkpoint).
async fn checkpoint(conn: &mut SqliteConnection) -> sqlx::Result<()> {
    let (_, log, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(NOOP)").fetch_one(&mut *conn).await?;
    if log >= LOG {
        let started = std::time::Instant::now();
        let (busy, log, copied): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(RESTART)").fetch_one(conn).await?;
        tracing::debug!(busy, log, copied, elapsed = ?started.elapsed(), "checkpoint");
    }
    Ok(())
}
