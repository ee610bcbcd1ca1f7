//! What writes, one at a time: a bounded queue in front of the committer.
//!
//! A quiet server commits a message at once, in its caller's thread. A busy one commits many writes with one flush:
//! everything that queued while the last commit ran, and in the moment after it (`pace`). That is the work of a thread
//! of its own, as each answer of the database would otherwise wait behind the hundreds of connections that the commit
//! before has just woken. Callers are answered after the commit. Knows no write.

use std::{io, sync::Arc, thread, time::Instant};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::{
    runtime::{self, Handle, RuntimeFlavor},
    sync::{mpsc, oneshot},
    task::block_in_place,
    time::timeout_at,
};

use super::{
    Result, StoreError,
    committer::{Batch, Committer},
    pace::Pace,
    write_connection::{Trouble, WriteConnection},
};
use crate::store::{Appended, NewMessage};

/// Writes in one transaction at most.
const BATCH: usize = 1_000;
/// Writes that may wait; further callers wait for room.
const QUEUE: usize = 4_096;

/// A change that can be run again if its transaction fails.
pub(super) trait Write: Send + Sync + 'static {
    /// What its caller gets.
    type Done: Send + 'static;
    /// Runs inside a transaction that others may share.
    fn run(&self, conn: &Connection) -> Result<Self::Done>;
}

/// The callers' end.
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
    trouble: Arc<Trouble>,
    /// Empty when it was closed.
    committer: Arc<Mutex<Option<Committer>>>,
}

pub(super) type Reply = oneshot::Sender<Result<Appended>>;

enum Job {
    Append(NewMessage, Reply),
    Other(Box<dyn Queued>),
    /// There is trouble to look after.
    Look,
    /// Somebody waits until what came before has ended.
    Settle(oneshot::Sender<()>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the thread. It ends after `close`, or when the writer is dropped.
    pub(super) fn start(connection: WriteConnection) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let trouble = connection.trouble();
        let committer = Arc::new(Mutex::new(Some(Committer { connection, pace: Pace::default() })));
        let runtime = runtime::Builder::new_current_thread().enable_time().build()?;
        let shared = committer.clone();
        thread::Builder::new().name("writer".into()).spawn(move || work(&shared, jobs, &runtime))?;
        Ok(Self { queue, trouble, committer })
    }

    pub(super) async fn append(&self, message: NewMessage) -> Result<Appended> {
        let (reply, answer) = oneshot::channel();
        if let Some((message, reply)) = self.append_here(message, reply) {
            self.queue.send(Job::Append(message, reply)).await.map_err(|_| StoreError::Closed)?;
        }
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Commits this in the caller's thread if nobody else writes and there is nothing to wait for; or gives it back. To
    /// hand it to the writer's thread, and its answer back, takes longer than all the rest but the flush. Whatever else
    /// the runtime had given to this thread goes to another meanwhile, which only a runtime with several can do.
    fn append_here(&self, message: NewMessage, reply: Reply) -> Option<(NewMessage, Reply)> {
        let several =
            Handle::try_current().is_ok_and(|here| here.runtime_flavor() == RuntimeFlavor::MultiThread);
        if !several || self.queue.capacity() < QUEUE {
            return Some((message, reply));
        }
        let Some(mut committer) = self.committer.try_lock() else { return Some((message, reply)) };
        let committer = committer.as_mut().filter(|committer| committer.pace.is_quiet(Instant::now()));
        let Some(committer) = committer else { return Some((message, reply)) };
        let mut batch = Batch::default();
        batch.append(message, reply);
        block_in_place(|| committer.commit(batch, false));
        if committer.connection.next_try().is_some() {
            let _ = self.queue.try_send(Job::Look); // a full queue is looked at anyway
        }
        None
    }

    pub(super) async fn run<W: Write>(&self, write: W) -> Result<W::Done> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Waiting { write, done: None, reply });
        self.queue.send(Job::Other(job)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Waits until everything has ended that came before, also where nobody waits for its answer any more.
    pub(super) async fn settled(&self) {
        let (reply, answer) = oneshot::channel();
        if self.queue.send(Job::Settle(reply)).await.is_ok() {
            let _ = answer.await; // an error means that it was closed
        }
    }

    /// Commits what waits, then closes the database.
    pub(super) async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        if self.queue.send(Job::Close(reply)).await.is_ok() {
            let _ = answer.await; // an error means that somebody else has closed it
        }
    }

    /// Whether writes are taken, as far as is known.
    pub(super) fn ready(&self) -> Result<()> {
        if self.queue.is_closed() {
            Err(StoreError::Closed)
        } else {
            self.trouble.refusal().map_or(Ok(()), Err)
        }
    }
}

/// A write with the caller who waits for it.
struct Waiting<W: Write> {
    write: W,
    done: Option<W::Done>,
    reply: oneshot::Sender<Result<W::Done>>,
}

pub(super) trait Queued: Send {
    fn run(&mut self, conn: &Connection) -> Result<()>;
    fn answer(self: Box<Self>, committed: Result<()>);
}

impl<W: Write> Queued for Waiting<W> {
    fn run(&mut self, conn: &Connection) -> Result<()> {
        self.done = Some(self.write.run(conn)?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let done = self.done.ok_or(StoreError::Closed);
        let _ = self.reply.send(committed.and(done)); // the caller may have gone
    }
}

/// `runtime`: to wait with, for no longer than until a time.
fn work(committer: &Mutex<Option<Committer>>, mut jobs: mpsc::Receiver<Job>, runtime: &runtime::Runtime) {
    let mut received = Vec::with_capacity(BATCH);
    let mut closers = Vec::new();
    let mut next_try: Option<Instant> = None;
    loop {
        let waited = !jobs.is_empty();
        // In trouble it looks by itself whether that is over, so that nobody need write for others to be let in again.
        let count = runtime.block_on(async {
            let some = jobs.recv_many(&mut received, BATCH);
            match next_try {
                None => some.await,
                Some(at) => timeout_at(at.into(), some).await.unwrap_or(usize::MAX),
            }
        });
        let free = committer.try_lock();
        let company = waited || free.is_none();
        let mut committer = free.unwrap_or_else(|| committer.lock());
        if count == 0 {
            if let Some(committer) = committer.take() {
                committer.connection.close();
            }
            break;
        }
        let Some(committer) = &mut *committer else { break };
        // Meanwhile nobody commits elsewhere: what comes shall be of this commit.
        if let Some(pause) = committer.pace.pause(company, Instant::now()) {
            thread::sleep(pause);
        }
        while received.len() < BATCH
            && let Ok(job) = jobs.try_recv()
        {
            received.push(job);
        }
        let (mut batch, mut waiting) = (Batch::default(), Vec::new());
        for job in received.drain(..) {
            match job {
                Job::Append(message, reply) => batch.append(message, reply),
                Job::Other(job) => batch.others.push(job),
                Job::Look => {}
                Job::Settle(reply) => waiting.push(reply),
                Job::Close(reply) => {
                    jobs.close(); // what waits is still received
                    closers.push(reply);
                }
            }
        }
        committer.commit(batch, company);
        for reply in waiting {
            let _ = reply.send(()); // the caller may have gone
        }
        next_try = committer.connection.next_try();
    }
    drop(closers); // their callers wait for this
}
