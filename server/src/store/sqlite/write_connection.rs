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
//! Only then are writes taken again. What was acknowledged was flushed with success, and the log is only ever written
//! behind it. Reading goes on all the time. A damaged database is not written again before somebody has looked after it.
//!
//! When a flush of the database itself has failed, also what was copied from the log before is not believed; but SQLite
//! counts it as copied, and would begin the log anew without copying it again. It counts from nothing only where a
//! database is opened that nobody has open (<https://www.sqlite.org/walformat.html>, "recovery"). So before 1. all
//! connections are closed, which lets those who read wait for a moment; and a server that is stopped leaves the log to
//! the next.
//!
//! Nothing is written either while the names of the files lead elsewhere (`place::Home`). Knows no record.

use std::{
    fs::File,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rusqlite::Connection;

use super::{
    Result, StoreError, check,
    checkpoint::{self, Checkpoint},
    connect, log,
    place::Home,
    read_pool::Shutter,
    refusal,
    sql::{Failure, primary_code},
};

/// Between two tries whether writing works again.
const TRY: Duration = Duration::from_millis(500);

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
        StoreError::Database(cause) if cause.is::<io::Error>() => true,
        StoreError::Database(_) => matches!(code(error), Some(5..=8 | 10 | 11 | 13..=15 | 26)),
        StoreError::Blocked(_) => true,
        _ => false,
    }
}

/// The one connection that writes.
pub(super) struct WriteConnection {
    home: Arc<Home>,
    /// The names of its files lead elsewhere.
    astray: bool,
    /// The database itself, to flush it by.
    file: Arc<File>,
    /// `None` while it is in trouble.
    conn: Option<Connection>,
    trouble: Arc<Trouble>,
    next_try: Instant,
    damaged: bool,
    /// Of what was copied into the database, some may not be on the disk.
    unflushed: bool,
    checkpoint: Checkpoint,
    readers: Shutter,
}

impl WriteConnection {
    /// `copier`: another connection that may write, for checkpoints.
    pub(super) fn new(
        home: Arc<Home>,
        file: Arc<File>,
        conn: Connection,
        copier: Connection,
        readers: Shutter,
    ) -> Result<Self> {
        let checkpoint = Checkpoint::new(copier, file.clone())?;
        let (conn, trouble, next_try) = (Some(conn), Arc::default(), Instant::now());
        Ok(Self {
            home,
            astray: false,
            file,
            conn,
            trouble,
            next_try,
            damaged: false,
            unflushed: false,
            checkpoint,
            readers,
        })
    }

    /// Where to look why nothing is written.
    pub(super) fn trouble(&self) -> Arc<Trouble> {
        self.trouble.clone()
    }

    /// When to try again, if it is in trouble that may pass.
    pub(super) fn next_try(&self) -> Option<Instant> {
        (self.astray || (self.conn.is_none() && !self.damaged)).then_some(self.next_try)
    }

    /// The connection; in trouble `Blocked`, at once, but for one try from time to time.
    pub(super) fn conn(&mut self) -> Result<&Connection> {
        self.at_home()?;
        if self.conn.is_none() {
            if self.damaged || Instant::now() < self.next_try {
                return Err(self.refusal());
            }
            match self.mend() {
                Ok(conn) => {
                    *self.trouble.0.lock() = None;
                    self.conn = Some(conn);
                    tracing::info!("the database can be written again");
                }
                Err(error) => self.blocked(&error),
            }
        }
        match &self.conn {
            Some(conn) => Ok(conn),
            None => Err(StoreError::Blocked("it is tried again in a moment".into())),
        }
    }

    /// Refuses while the files are not where they were: what is written then would be lost, and a new connection would
    /// open another database. Asked before each commit.
    fn at_home(&mut self) -> Result<()> {
        match (self.home.check(), self.astray) {
            (Ok(()), false) => Ok(()),
            (Ok(()), true) => {
                self.astray = false;
                if self.conn.is_some() {
                    *self.trouble.0.lock() = None;
                } else {
                    self.next_try = Instant::now(); // it was in trouble before
                }
                tracing::info!("the database is in its place again");
                Ok(())
            }
            (Err(what), was) => {
                self.astray = true;
                self.next_try = Instant::now() + TRY;
                *self.trouble.0.lock() = Some(what.clone());
                if !was {
                    tracing::error!("everybody is told to try again: {what}");
                }
                Err(StoreError::Blocked(what))
            }
        }
    }

    /// Notes that writing does not work, and lets go of the connection.
    pub(super) fn blocked(&mut self, error: &StoreError) {
        self.damaged = is_damage(error);
        *self.trouble.0.lock() = Some(error.to_string());
        self.next_try = Instant::now() + TRY;
        let Some(conn) = self.conn.take() else { return };
        let _ = connect::skip_last_checkpoint(&conn, true);
        let _ = conn.close(); // what it holds is not believed any more
        let fix =
            if self.damaged { "stop the server and restore a backup" } else { "make room or mend the disk" };
        tracing::error!(%error, "the database cannot be written, everybody is told to try again: {fix}");
    }

    fn refusal(&self) -> StoreError {
        self.trouble.refusal().unwrap_or(StoreError::Closed)
    }

    fn mend(&mut self) -> Result<Connection> {
        let _ = self.end_copies(); // there is trouble already
        let conn = if self.unflushed { self.reopen()? } else { connect::writing(self.home.path())? };
        self.unflushed = false;
        let copied = checkpoint::truncate(&conn);
        self.doubt(copied)?;
        if let Some(sentence) = check::last(&conn)? {
            return Err(refusal::damaged(self.home.path(), &[sentence]));
        }
        log::touch(&conn)?;
        self.checkpoint = Checkpoint::new(connect::writing(self.home.path())?, self.file.clone())?;
        Ok(conn)
    }

    /// A connection for which nothing of the log counts as copied, after all others were closed.
    fn reopen(&self) -> Result<Connection> {
        let before = connect::writing(self.home.path())?;
        connect::skip_last_checkpoint(&before, true)?;
        // Over what was refused and stands behind the last commit, as the log is about to be read again. It also shows
        // whether anything can be written: if not, nobody need wait for the rest.
        log::touch(&before)?;
        before.close().map_err(|(_, error)| error)?;
        self.readers.shut(|| {
            let conn = connect::writing(self.home.path())?;
            connect::skip_last_checkpoint(&conn, true)?;
            if !checkpoint::is_uncopied(&conn)? {
                let fix = "it could not be flushed, and another program has it open: end that one";
                return Err(StoreError::io(io::Error::other(fix)));
            }
            connect::skip_last_checkpoint(&conn, false)?;
            Ok(conn)
        })
    }

    /// Passes on how copying went. After an error what was copied is doubted; but where a disk is full nothing was.
    fn doubt(&mut self, copied: Result<()>) -> Result<()> {
        self.unflushed |= copied.as_ref().is_err_and(|error| code(error) != Some(13));
        copied
    }

    fn end_copies(&mut self) -> Result<()> {
        let ended = self.checkpoint.end();
        self.doubt(ended)
    }

    /// So much was written: looks after the log.
    pub(super) fn written(&mut self, writes: usize) {
        let Some(conn) = &self.conn else { return };
        let copied = self.checkpoint.written(conn, writes);
        if let Err(error) = self.doubt(copied) {
            self.blocked(&error);
        }
    }

    /// Copies the log into the database and closes it.
    pub(super) fn close(mut self) {
        let ended = self.end_copies();
        let Some(conn) = self.conn.take() else { return };
        if self.home.check().is_err() {
            let _ = connect::skip_last_checkpoint(&conn, true); // by its name another's might be removed
        }
        let copied = ended.and_then(|()| Ok(conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?));
        if copied.is_err() {
            let _ = connect::skip_last_checkpoint(&conn, true);
        }
        let closed = conn.close().map_err(|(_, error)| error.into());
        if let Err(error) = copied.and(closed) {
            tracing::warn!(%error, "the database was not closed cleanly; nothing committed is lost");
        }
    }
}

/// SQLite's primary result code (https://www.sqlite.org/rescode.html), if it is from there.
fn code(error: &StoreError) -> Option<i32> {
    let StoreError::Database(cause) = error else { return None };
    cause.downcast_ref().and_then(|Failure(error)| primary_code(error))
}

fn is_damage(error: &StoreError) -> bool {
    matches!(error, StoreError::Unusable(_)) || matches!(code(error), Some(11 | 26))
}
