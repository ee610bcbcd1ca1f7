//! The threads that read, each with a connection of its own.
//!
//! A read is handed to a thread that has nothing to do, or waits for the first that has. It is no matter for the threads
//! of the connections: a disk may take its time (docs/adr/0003-rusqlite.md).

use std::{
    collections::VecDeque,
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
    thread::{self, JoinHandle, Thread},
};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{Result, StoreError, aside, link};

/// More than a few only wait for the same cores.
const THREADS: usize = 4;

/// Something to be read, with the caller who waits for it.
type Read = Box<dyn FnOnce(&mut Connection) + Send>;

/// Threads that only read.
pub(super) struct Readers {
    desk: Arc<Mutex<Desk>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Where reads and threads meet: nobody idles while something waits.
#[derive(Default)]
struct Desk {
    /// By number. The last to come back goes first: it has most in its cache.
    idle: Vec<(usize, Thread)>,
    /// What each thread is to read next.
    given: [Option<Read>; THREADS],
    waiting: VecDeque<Read>,
    closed: bool,
}

impl Readers {
    /// Opens all connections: on a full disk later ones could not be made, and reading goes on. `file` is held until
    /// they are closed (`place::hold`).
    pub(super) fn open(path: &Path, file: &Arc<File>) -> Result<Self> {
        // If one cannot be opened the others end with this.
        let readers = Self { desk: Arc::default(), threads: Mutex::default() };
        for number in 0..THREADS {
            let (conn, desk, file) = (link::reading(path)?, readers.desk.clone(), file.clone());
            let work = move || work(conn, &desk, number, file);
            let thread = thread::Builder::new().name("reader".into()).spawn(work);
            readers.threads.lock().push(thread.map_err(StoreError::io)?);
        }
        Ok(readers)
    }

    /// Runs this on one of the threads. `Closed` after `close`.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.submit(Box::new(move |conn| {
            if !reply.is_closed() {
                let _ = reply.send(read(conn)); // the caller may have gone
            }
        }));
        answer.await.map_err(|_| StoreError::Closed)?
    }

    fn submit(&self, read: Read) {
        let mut desk = self.desk.lock();
        if desk.closed {
            return; // its caller is told by that
        }
        let Some((number, thread)) = desk.idle.pop() else { return desk.waiting.push_back(read) };
        desk.given[number] = Some(read);
        drop(desk);
        thread.unpark();
    }

    /// Waits for what is being read, and closes all connections.
    pub(super) async fn close(&self) {
        self.end();
        let threads = std::mem::take(&mut *self.threads.lock());
        let ended = aside(|| {
            threads.into_iter().for_each(|thread| drop(thread.join()));
            Ok(())
        });
        let _ = ended.await; // they end all the same
    }

    /// Takes no more reads; those that wait are still done.
    fn end(&self) {
        let mut desk = self.desk.lock();
        desk.closed = true;
        desk.idle.drain(..).for_each(|(_, thread)| thread.unpark());
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.end();
    }
}

fn work(mut conn: Connection, desk: &Mutex<Desk>, number: usize, file: Arc<File>) {
    while let Some(read) = next(desk, number) {
        // One read that panics leaves the others their thread; its caller is told, and a transaction of its ended.
        let _ = catch_unwind(AssertUnwindSafe(|| read(&mut conn)));
    }
    let _ = conn.close(); // nothing is written by it
    drop(file);
}

/// Waits for something to read; `None` when there will be no more.
fn next(desk: &Mutex<Desk>, number: usize) -> Option<Read> {
    {
        let mut desk = desk.lock();
        if let Some(read) = desk.waiting.pop_front() {
            return Some(read);
        }
        if desk.closed {
            return None;
        }
        desk.idle.push((number, thread::current()));
    }
    loop {
        thread::park();
        let mut desk = desk.lock();
        if let Some(read) = desk.given[number].take() {
            return Some(read);
        }
        if desk.closed {
            return None;
        }
    }
}
