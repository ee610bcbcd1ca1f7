//! The store in one SQLite file: the default, for a site on one machine.
//!
//! One thread writes (`writer`), a few read (`read_pool`). The submodules hold the statements, one file per subject; a
//! change is a value that can be run again. Nothing outside this directory knows that there is SQL.

use std::{
    fs::File,
    panic::resume_unwind,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;
use uuid::Uuid;

use self::{
    meta::Since, place::Home, read_pool::ReadPool, schema::Purpose, sql::Statements as _,
    write_connection::WriteConnection, writer::Writer,
};
use super::{Result, Store, StoreError};
use crate::id::Epoch;

mod append;
mod arrive;
pub mod backup;
mod change;
mod changes;
mod check;
mod checkpoint;
mod circles;
mod committer;
mod connect;
mod conversations;
mod docks;
mod erase;
mod erasures;
mod exports;
mod finds;
mod first_text;
mod flags;
mod history;
mod index;
mod lists;
mod log;
mod meta;
mod note;
mod pace;
mod place;
mod places;
mod react;
mod read_pool;
mod refusal;
pub mod restore;
mod rows;
mod schema;
mod sites;
mod sql;
mod tidy;
mod traits;
mod users;
mod write_connection;
mod writer;

/// The store in one SQLite file.
pub struct SqliteStore {
    epoch: Epoch,
    epoch_began: i64,
    writer: Writer,
    readers: ReadPool,
    home: Arc<Home>,
    /// The lock of a serving process, until the store is closed.
    served: Mutex<Option<File>>,
}

/// How long a serving process may take to read the sites again.
const TAKEN: Duration = Duration::from_secs(10);

/// Whether a change of the sites counts by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// In the process that serves the database.
    Yes,
    /// There is none: it counts from its start.
    NobodyServes,
    /// That process has not answered within ten seconds.
    NotYet,
}

impl SqliteStore {
    /// Opens the database for a tool, also while another process serves it; makes it if there is none. For those alone
    /// who were asked for a new one: elsewhere it would hide that a path is wrong or a disk is not mounted.
    pub async fn make(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        aside(move || Self::open_for(&path, Purpose::Making, None)).await
    }

    /// Opens a database that is there for a tool, also while another process serves it; migrates it if need be.
    /// `Unusable` says what to do about a file that is missing, not ours, damaged, or from a newer release.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        aside(move || Self::open_for(&path, Purpose::Tool, None)).await
    }

    /// Opens the database for the one process that serves it, and looks first, for half a second at most, whether it is
    /// sound. `Unusable` as above, and for a file that another process serves, or beside which lies another's log.
    pub async fn serve(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        aside(move || {
            schema::there_is_one(&path)?;
            let lock = place::lock(&path)?;
            // A restore was ended before it was done: who holds the lock knows that none is under way.
            let _ = place::remove(&place::beside(&path, place::PART));
            Self::open_for(&path, Purpose::Serving, Some(lock))
        })
        .await
    }

    /// As `open`, but an acknowledged commit is not on the disk yet. For the control of the power cuts (`soak/`), which
    /// shows that they would find such a store out, and for nothing else.
    #[doc(hidden)]
    pub async fn open_unsynced(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        aside(move || {
            let (conn, since) = schema::open(&path, Purpose::Tool)?;
            conn.execute_batch("PRAGMA synchronous = NORMAL")?;
            Self::start(&path, conn, since, None)
        })
        .await
    }

    /// Has a process that serves this database take what was just changed of its sites, and waits for its word.
    pub async fn sites_changed(&self) -> Result<Taken> {
        let mark = Uuid::from_bytes(self.writer.run(meta::MarkSites).await?).to_string();
        let home = self.home.clone();
        aside(move || {
            let until = Instant::now() + TAKEN;
            loop {
                match place::told(home.path()).map_err(StoreError::io)? {
                    None => return Ok(Taken::NobodyServes),
                    Some(word) if word == mark => return Ok(Taken::Yes),
                    Some(_) if Instant::now() >= until => return Ok(Taken::NotYet),
                    Some(_) => thread::sleep(Duration::from_millis(20)),
                }
            }
        })
        .await
    }

    fn open_for(path: &Path, purpose: Purpose, lock: Option<File>) -> Result<Self> {
        let (conn, since) = schema::open(path, purpose)?;
        Self::start(path, conn, since, lock)
    }

    fn start(path: &Path, conn: Connection, (epoch, epoch_began): Since, lock: Option<File>) -> Result<Self> {
        // Each thread holds it until its connection is closed.
        let file = Arc::new(place::hold(path).map_err(StoreError::io)?);
        let readers = ReadPool::open(path, &file)?;
        // The log is there by now: something was written, or at least the schema looked at by who writes.
        let home = Arc::new(Home::of(path).map_err(StoreError::io)?);
        let connection =
            WriteConnection::new(home.clone(), file, conn, connect::writing(path)?, readers.shutter())?;
        let writer = Writer::start(connection).map_err(StoreError::io)?;
        Ok(Self { epoch, epoch_began, writer, readers, home, served: Mutex::new(lock) })
    }
}

/// Work that waits for the disk: on a thread that ends with it.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (reply, answer) = oneshot::channel();
    let work = move || drop(reply.send(work())); // the caller may have gone
    let thread = thread::Builder::new().name("store".into()).spawn(work).map_err(StoreError::io)?;
    match answer.await {
        Ok(done) => done,
        Err(_) => thread.join().map_or_else(|panic| resume_unwind(panic), |()| Err(StoreError::Closed)),
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(Box::new(sql::Failure(error)))
    }
}

impl StoreError {
    /// What the system refused.
    fn io(error: std::io::Error) -> Self {
        Self::Database(Box::new(error))
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn epoch_began(&self) -> i64 {
        self.epoch_began
    }

    fn space(&self) -> Option<(u64, u64)> {
        self.home.space()
    }

    async fn ready(&self) -> Result<()> {
        let home = self.home.clone();
        let answers = move |conn: &mut Connection| {
            home.check().map_err(StoreError::Blocked)?;
            Ok(conn.maybe::<(i64,)>("SELECT 1 FROM meta", [])?)
        };
        self.readers.run(answers).await?;
        self.writer.ready()
    }

    async fn settled(&self) {
        self.writer.settled().await;
    }

    async fn close(&self) {
        self.readers.close().await; // a reader would keep the log from being emptied
        self.writer.close().await;
        self.served.lock().take();
    }
}
