//! The threads that read, each with a connection of its own.
//!
//! A read is handed to a thread that has nothing to do, or waits for the first that has. It is no matter for the threads
//! of the connections: a disk may take its time (docs/adr/0003-rusqlite.md). All connections can be closed for a moment
//! (`Shutter`); reads wait for that.

use std::{
    collections::VecDeque,
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, mpsc::sync_channel},
    thread::{self, JoinHandle, Thread},
};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{Result, StoreError, aside, connect, sql::Statements as _};

/// More than a few only wait for the same cores.
const THREADS: usize = 4;

/// Something to be read, with the caller who waits for it.
type Read = Box<dyn FnOnce(&mut Reader) + Send>;

/// A thread's connection: opened when it is needed, after it was closed.
struct Reader {
    path: PathBuf,
    conn: Option<Connection>,
}

impl Reader {
    fn conn(&mut self) -> Result<&mut Connection> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => connect::reading(&self.path)?,
        };
        Ok(self.conn.insert(conn))
    }

    fn close(&mut self) {
        let _ = self.conn.take().map(Connection::close); // nothing is written by it
    }
}

/// Threads that only read.
pub(super) struct ReadPool {
    shared: Arc<Mutex<Shared>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Where reads and threads meet: nobody idles while something waits.
#[derive(Default)]
struct Shared {
    /// By number. The last to come back goes first: it has most in its cache.
    idle: Vec<(usize, Thread)>,
    /// What each thread is to read next.
    given: [Option<Read>; THREADS],
    waiting: VecDeque<Read>,
    closed: bool,
}

impl ReadPool {
    /// Opens all connections, each with the log: on a full disk later ones could not be made, and reading goes on; nor
    /// may they open what has taken the place of these files. `file` is held until they are closed (`place::hold`).
    pub(super) fn open(path: &Path, file: &Arc<File>) -> Result<Self> {
        // If one cannot be opened the others end with this.
        let readers = Self { shared: Arc::default(), threads: Mutex::default() };
        for number in 0..THREADS {
            let conn = connect::reading(path)?;
            conn.maybe::<(i64,)>("SELECT 1 FROM meta", [])?; // the first read opens the log
            let reader = Reader { path: path.to_owned(), conn: Some(conn) };
            let (shared, file) = (readers.shared.clone(), file.clone());
            let work = move || work(reader, &shared, number, file);
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
        let read = move |reader: &mut Reader| {
            if !reply.is_closed() {
                let _ = reply.send(reader.conn().and_then(read)); // the caller may have gone
            }
        };
        submit(&self.shared, Box::new(read));
        answer.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) fn shutter(&self) -> Shutter {
        Shutter(self.shared.clone())
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
        let mut shared = self.shared.lock();
        shared.closed = true;
        shared.idle.drain(..).for_each(|(_, thread)| thread.unpark());
    }
}

impl Drop for ReadPool {
    fn drop(&mut self) {
        self.end();
    }
}

/// Closes all of the readers' connections for a moment.
pub(super) struct Shutter(Arc<Mutex<Shared>>);

impl Shutter {
    /// Runs this while no reader has a connection. Each finishes first what it reads.
    pub(super) fn shut<T>(&self, work: impl FnOnce() -> T) -> T {
        let done = Arc::new(Mutex::new(()));
        let working = done.lock();
        let (open, closed) = sync_channel::<()>(0);
        // Each keeps its thread until the work is done: so each thread gets one of them.
        for _ in 0..THREADS {
            let (open, done) = (open.clone(), done.clone());
            let close = move |reader: &mut Reader| {
                reader.close();
                drop(open);
                drop(done.lock());
            };
            submit(&self.0, Box::new(close));
        }
        drop(open);
        let _ = closed.recv(); // nobody sends: it ends when the last of them has closed
        let worked = work();
        drop(working);
        worked
    }
}

/// Hands this to a thread. After `end` it is dropped: whoever waits for it is told by that.
fn submit(shared: &Mutex<Shared>, read: Read) {
    let mut shared = shared.lock();
    if shared.closed {
        return;
    }
    let Some((number, thread)) = shared.idle.pop() else { return shared.waiting.push_back(read) };
    shared.given[number] = Some(read);
    drop(shared);
    thread.unpark();
}

fn work(mut reader: Reader, shared: &Mutex<Shared>, number: usize, file: Arc<File>) {
    while let Some(read) = next(shared, number) {
        // One read that panics leaves the others their thread; its caller is told, and a transaction of its ended.
        let _ = catch_unwind(AssertUnwindSafe(|| read(&mut reader)));
    }
    reader.close();
    drop(file);
}

/// Waits for something to read; `None` when there will be no more.
fn next(shared: &Mutex<Shared>, number: usize) -> Option<Read> {
    {
        let mut shared = shared.lock();
        if let Some(read) = shared.waiting.pop_front() {
            return Some(read);
        }
        if shared.closed {
            return None;
        }
        shared.idle.push((number, thread::current()));
    }
    loop {
        thread::park();
        let mut shared = shared.lock();
        if let Some(read) = shared.given[number].take() {
            return Some(read);
        }
        if shared.closed {
            return None;
        }
    }
}
