//! What writes, one at a time: a bounded queue, group commit, checkpoints.
//!
//! A quiet server commits a message at once, in its caller's thread. A busy one commits many writes with one flush:
//! everything that queued while the last commit ran, and in the moment after it (`pace`). That is the work of a thread
//! of its own, as each answer of the database would otherwise wait behind the hundreds of connections that the commit
//! before has just woken. Callers are answered after the commit. If a transaction fails, each of its writes is tried
//! alone, so that one bad write does not fail the others; unless it failed for what would fail the next one too (`pen`).
//! Knows no write but the append, which it gathers.

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
    append::Appender,
    pace::Pace,
    pen::{Pen, Trouble, blocks},
    recent::{Recent, Touch},
    sql::Statements as _,
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
    /// Stamps what of an arrival may be another by what was done, before that is committed; if in doubt everything.
    fn touch(&self, done: &Self::Done, touch: &Touch<'_>) {
        let _ = done;
        touch.everything();
    }
}

/// The callers' end.
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
    trouble: Arc<Trouble>,
    /// Empty when it was closed.
    press: Arc<Mutex<Option<Press>>>,
}

/// What commits: the writer's thread or, where nobody else writes, the caller's.
struct Press {
    pen: Pen,
    pace: Pace,
    recent: Arc<Recent>,
}

impl Press {
    /// `company`: somebody waited for this while the commit before ran.
    fn commit(&mut self, batch: Batch, company: bool) {
        let writes = batch.len();
        self.pace.begin(company || writes > 1, Instant::now());
        let mends = self.pen.next_try().is_some();
        match self.pen.conn() {
            Ok(conn) => {
                if mends {
                    let touch = self.recent.touch();
                    touch.everything();
                    touch.end();
                }
                if let Err(error) = batch.commit(conn, &self.recent) {
                    self.pen.blocked(&error);
                }
                self.pen.written(writes);
            }
            Err(error) => refuse(batch.replies, batch.others, &error),
        }
        self.pace.end(Instant::now());
    }
}

type Reply = oneshot::Sender<Result<Appended>>;

enum Job {
    Append(NewMessage, Reply),
    Other(Box<dyn Queued>),
    /// There is trouble to look after.
    Look,
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the thread. It ends after `close`, or when the writer is dropped.
    pub(super) fn start(pen: Pen, recent: Arc<Recent>) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let trouble = pen.trouble();
        let press = Arc::new(Mutex::new(Some(Press { pen, pace: Pace::default(), recent })));
        let runtime = runtime::Builder::new_current_thread().enable_time().build()?;
        let pressed = press.clone();
        thread::Builder::new().name("writer".into()).spawn(move || work(&pressed, jobs, &runtime))?;
        Ok(Self { queue, trouble, press })
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
        let Some(mut press) = self.press.try_lock() else { return Some((message, reply)) };
        let press = press.as_mut().filter(|press| press.pace.is_quiet(Instant::now()));
        let Some(press) = press else { return Some((message, reply)) };
        let mut batch = Batch::default();
        batch.append(message, reply);
        block_in_place(|| press.commit(batch, false));
        if press.pen.next_try().is_some() {
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

trait Queued: Send {
    fn run(&mut self, conn: &Connection) -> Result<()>;
    fn touch(&self, touch: &Touch<'_>);
    fn answer(self: Box<Self>, committed: Result<()>);
}

impl<W: Write> Queued for Waiting<W> {
    fn run(&mut self, conn: &Connection) -> Result<()> {
        self.done = Some(self.write.run(conn)?);
        Ok(())
    }

    fn touch(&self, touch: &Touch<'_>) {
        if let Some(done) = &self.done {
            self.write.touch(done, touch);
        }
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let done = self.done.ok_or(StoreError::Closed);
        let _ = self.reply.send(committed.and(done)); // the caller may have gone
    }
}

/// `runtime`: to wait with, for no longer than until a time.
fn work(press: &Mutex<Option<Press>>, mut jobs: mpsc::Receiver<Job>, runtime: &runtime::Runtime) {
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
        let free = press.try_lock();
        let company = waited || free.is_none();
        let mut press = free.unwrap_or_else(|| press.lock());
        if count == 0 {
            if let Some(press) = press.take() {
                press.pen.close();
            }
            break;
        }
        let Some(press) = &mut *press else { break };
        // Meanwhile nobody commits elsewhere: what comes shall be of this commit.
        if let Some(pause) = press.pace.pause(company, Instant::now()) {
            thread::sleep(pause);
        }
        while received.len() < BATCH
            && let Ok(job) = jobs.try_recv()
        {
            received.push(job);
        }
        let mut batch = Batch::default();
        for job in received.drain(..) {
            match job {
                Job::Append(message, reply) => batch.append(message, reply),
                Job::Other(job) => batch.others.push(job),
                Job::Look => {}
                Job::Close(reply) => {
                    jobs.close(); // what waits is still received
                    closers.push(reply);
                }
            }
        }
        press.commit(batch, company);
        next_try = press.pen.next_try();
    }
    drop(closers); // their callers wait for this
}

/// Writes that wait at the same time. Nobody sees the order between appends and others, as none of them was answered.
#[derive(Default)]
struct Batch {
    messages: Vec<NewMessage>,
    /// To those who wait for these messages, in the same order.
    replies: Vec<Reply>,
    others: Vec<Box<dyn Queued>>,
}

impl Batch {
    fn append(&mut self, message: NewMessage, reply: Reply) {
        self.messages.push(message);
        self.replies.push(reply);
    }

    fn len(&self) -> usize {
        self.messages.len() + self.others.len()
    }

    /// Commits all of these together, or, if that fails, each alone. An error: writing has become impossible, and
    /// everybody whose write was not committed has been refused.
    fn commit(mut self, conn: &Connection, recent: &Recent) -> Result<()> {
        if self.len() == 0 {
            return Ok(());
        }
        let error = match together(conn, recent, &self.messages, &mut self.others) {
            Ok(appended) => {
                for (reply, appended) in self.replies.into_iter().zip(appended) {
                    let _ = reply.send(Ok(appended)); // the caller may have gone
                }
                self.others.into_iter().for_each(|job| job.answer(Ok(())));
                return Ok(());
            }
            Err(error) => error,
        };
        if blocks(&error) {
            refuse(self.replies, self.others, &error);
            return Err(error);
        }
        if self.len() > 1 {
            tracing::warn!(%error, writes = self.len(), "a commit failed; its writes are tried one by one");
        }
        self.one_by_one(conn, recent)
    }

    fn one_by_one(self, conn: &Connection, recent: &Recent) -> Result<()> {
        let mut replies = self.replies.into_iter();
        for message in self.messages {
            let Some(reply) = replies.next() else { break };
            match together(conn, recent, std::slice::from_ref(&message), &mut []) {
                Err(error) if blocks(&error) => {
                    refuse(std::iter::once(reply).chain(replies), self.others, &error);
                    return Err(error);
                }
                appended => {
                    let alone = appended.and_then(|mut one| one.pop().ok_or(StoreError::Closed));
                    let _ = reply.send(alone); // the caller may have gone
                }
            }
        }
        let mut others = self.others.into_iter();
        while let Some(job) = others.next() {
            let mut alone = [job];
            let committed = together(conn, recent, &[], &mut alone).map(drop);
            let [job] = alone;
            match committed {
                Err(error) if blocks(&error) => {
                    refuse([], std::iter::once(job).chain(others), &error);
                    return Err(error);
                }
                committed => job.answer(committed),
            }
        }
        Ok(())
    }
}

/// Tells everybody that nothing can be written just now.
fn refuse(
    replies: impl IntoIterator<Item = Reply>,
    others: impl IntoIterator<Item = Box<dyn Queued>>,
    why: &StoreError,
) {
    let text = match why {
        StoreError::Blocked(text) => text.clone(),
        error => error.to_string(),
    };
    let blocked = || StoreError::Blocked(text.clone());
    for reply in replies {
        let _ = reply.send(Err(blocked())); // the caller may have gone
    }
    for job in others {
        job.answer(Err(blocked()));
    }
}

/// All of these in one transaction, with the stamps of what they touch.
fn together(
    conn: &Connection,
    recent: &Recent,
    messages: &[NewMessage],
    others: &mut [Box<dyn Queued>],
) -> Result<Vec<Appended>> {
    let touch = recent.touch();
    let appended = transact(conn, &touch, messages, others);
    if appended.is_err() {
        let _ = conn.change("ROLLBACK", []); // an error: SQLite has ended it by itself
        touch.everything();
    }
    touch.end();
    appended
}

fn transact(
    conn: &Connection,
    touch: &Touch<'_>,
    messages: &[NewMessage],
    others: &mut [Box<dyn Queued>],
) -> Result<Vec<Appended>> {
    conn.change("BEGIN IMMEDIATE", [])?;
    let appended = if messages.is_empty() {
        Vec::new()
    } else {
        let mut appender = Appender::of(conn)?;
        messages.iter().map(|message| appender.append(message)).collect::<Result<_>>()?
    };
    for NewMessage { site, conversation, .. } in messages {
        touch.conversation(*site, conversation);
    }
    for job in others {
        job.run(conn)?;
        job.touch(touch);
    }
    conn.change("COMMIT", [])?;
    Ok(appended)
}
