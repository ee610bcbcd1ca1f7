//! The connections that read: a few, for good, each lent to one caller at a time.
//!
//! Not the library's pool: that one asks every connection that comes back whether it is alive, which for SQLite is one
//! more change of threads and back for each read, and tells nothing (docs/adr/0002-threads-of-the-store.md).

use std::{
    ops::{Deref, DerefMut},
    path::Path,
};

use parking_lot::Mutex;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Result, StoreError, link};

/// More than a few only wait for the same cores.
const CONNECTIONS: u32 = 4;

/// Connections that only read.
pub(super) struct Readers {
    /// The last to come back goes first: it has most in its cache.
    free: Mutex<Vec<SqliteConnection>>,
    /// One permit for each of them.
    permits: Semaphore,
}

impl Readers {
    /// Opens all of them: on a full disk later ones could not be made, and reading goes on.
    pub(super) async fn open(path: &Path) -> Result<Self> {
        let mut free = Vec::new();
        for _ in 0..CONNECTIONS {
            free.push(link::reading(path).connect().await?);
        }
        Ok(Self { permits: Semaphore::new(free.len()), free: Mutex::new(free) })
    }

    /// One of them, once one is free. `Closed` after `close`.
    pub(super) async fn lend(&self) -> Result<Reader<'_>> {
        let permit = self.permits.acquire().await.map_err(|_| StoreError::Closed)?;
        let conn = self.free.lock().pop().ok_or(StoreError::Closed)?;
        Ok(Reader { conn: Some(conn), readers: self, _permit: permit })
    }

    /// Waits for those that are lent, and closes all.
    pub(super) async fn close(&self) {
        let all = self.permits.acquire_many(CONNECTIONS).await; // an error: they are closed already
        self.permits.close();
        drop(all);
        let free = std::mem::take(&mut *self.free.lock());
        for conn in free {
            let _ = conn.close().await; // nothing is written by them
        }
    }
}

/// A connection that is lent. It goes back when this is dropped, also in the middle of a statement, which ends before
/// the next one of that connection begins.
pub(super) struct Reader<'a> {
    /// `None` only while it is dropped.
    conn: Option<SqliteConnection>,
    readers: &'a Readers,
    _permit: SemaphorePermit<'a>,
}

impl Deref for Reader<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        self.conn.as_ref().expect("it is not being dropped")
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.conn.as_mut().expect("it is not being dropped")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        // Before its permit, which is dropped after this.
        self.readers.free.lock().extend(self.conn.take());
    }
}
