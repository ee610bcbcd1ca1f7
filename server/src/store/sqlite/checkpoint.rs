//! Bringing the log into the database, and beginning the log anew before it grows without end.
//!
//! Nearly all of it is copied by a connection of its own while the writer goes on; the writer waits only for what came
//! in meanwhile. Did it copy everything itself, everybody would wait for a tenth of a second whenever the log is full.
//!
//! SQLite flushes the database only after a copy of everything, so not after one beside a writer who goes on: all of it
//! would be left for the flush of the writer's last few pages. So the copier flushes what it has copied. That SQLite
//! counts those pages as copied before they are flushed is a matter for `write_connection`, if their flush fails. Knows no record.

use std::{
    fs::File,
    io,
    panic::resume_unwind,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rusqlite::Connection;

use super::{Result, StoreError, connect, log, sql::Statements as _};

/// Writes between two looks at the log's length.
const LOOK: usize = 256;
/// Pages of 4 KiB (32 MiB) at which copying begins; the log is begun anew when it is done. With half and with twice as many
/// the tail was longer (docs/adr/0006-pace-of-commits.md).
const LOG: i64 = 8_192;
/// Pages that are worth a copy beside the writer.
const FEW: i64 = 256;
/// Pages at which the writer copies whatever is left: it is faster than the copy beside it.
const MOST: i64 = LOG * 4;
/// How long the writer waits for those who read in the log: longer than a read, shorter than anybody's patience.
const READERS: Duration = Duration::from_millis(200);
/// After someone has kept the log from being begun anew (a backup reads for minutes), until the next try.
const PAUSE: Duration = Duration::from_secs(1);

/// Looks after the log of a database that is being written.
pub(super) struct Checkpoint {
    /// To the thread that copies; `None` once it was told to end.
    orders: Option<SyncSender<()>>,
    copies: Receiver<Result<State>>,
    thread: Option<JoinHandle<()>>,
    /// A copy goes on.
    busy: bool,
    since_look: usize,
    next_look: Instant,
}

impl Checkpoint {
    /// With a connection of its own that may write, and the database to flush.
    pub(super) fn new(conn: Connection, file: Arc<File>) -> Result<Self> {
        connect::skip_last_checkpoint(&conn, true)?;
        let (orders, ordered) = sync_channel(1);
        let (copied, copies) = sync_channel(1);
        let work = move || {
            for () in ordered {
                let _ = copied.send(copy_and_flush(&conn, &file)); // nobody waits: what is not copied is copied later
            }
            let _ = conn.close(); // likewise
            drop(file);
        };
        let thread = thread::Builder::new().name("copier".into()).spawn(work).map_err(StoreError::io)?;
        Ok(Self {
            orders: Some(orders),
            copies,
            thread: Some(thread),
            busy: false,
            since_look: 0,
            next_look: Instant::now(),
        })
    }

    /// So much more was written: does what is due. `writer` is in no transaction. An error may be of the copy that went
    /// on beside earlier writes (`write_connection` says what that means).
    pub(super) fn written(&mut self, writer: &Connection, writes: usize) -> Result<()> {
        self.since_look += writes;
        if self.busy {
            let copied = match self.copies.try_recv() {
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => return Err(ended()),
                Ok(copied) => copied,
            };
            self.busy = false;
            let State { log, copied, .. } = copied?;
            if copied < log - FEW {
                // Somebody reads an old state of the database: to copy more would have to wait for them.
                self.since_look = 0;
                self.next_look = Instant::now() + PAUSE;
                return Ok(());
            }
        } else if self.since_look < LOOK || Instant::now() < self.next_look {
            return Ok(());
        }
        self.since_look = 0;
        let State { log, copied, .. } = run(writer, NOOP)?;
        // Not before the log is long: most pages in it are there many times, and each flush makes commits wait. And the
        // last copy beside the writer is a small one: it shall itself wait for nearly nothing.
        if (LOG..MOST).contains(&log) && log - copied >= FEW {
            self.copy()?;
        } else if log >= LOG && !begin_anew(writer)? {
            self.next_look = Instant::now() + PAUSE;
        }
        Ok(())
    }

    /// Waits for a copy that goes on, and closes its connection. An error is of that copy.
    pub(super) fn end(&mut self) -> Result<()> {
        self.orders = None;
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread.join().map_err(|_| ended())?;
        self.copies.try_recv().map_or(Ok(()), |copied| copied.map(drop)) // it may have been heard, or none been made
    }

    fn copy(&mut self) -> Result<()> {
        let orders = self.orders.as_ref().ok_or_else(ended)?;
        orders.send(()).map_err(|_| ended())?; // it waits for this
        self.busy = true;
        Ok(())
    }
}

fn ended() -> StoreError {
    StoreError::io(io::Error::other("the thread that copies the log has ended"))
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

fn run(conn: &Connection, checkpoint: &str) -> Result<State> {
    let started = Instant::now();
    let (busy, log, copied) = conn.one(checkpoint, [])?;
    tracing::debug!(checkpoint, busy, log, copied, elapsed = ?started.elapsed());
    Ok(State { busy, log, copied })
}

/// Flushes what is copied while it is copied: left for the end, all of it would be written at once, and a commit's own
/// flush would wait behind that.
fn copy_and_flush(conn: &Connection, file: &File) -> Result<State> {
    let (copying, stop) = sync_channel::<()>(0);
    let flush = move || {
        // Until the other end is dropped, by whatever. Without a pause, so that each is of little.
        while stop.try_recv() == Err(TryRecvError::Empty) {
            file.sync_data()?;
        }
        file.sync_data()
    };
    thread::scope(|scope| {
        let flushing = thread::Builder::new().name("flusher".into()).spawn_scoped(scope, flush);
        let copied = run(conn, PASSIVE);
        drop(copying);
        // The system tells an error once: none of the flushes may be overheard.
        let flushed = match flushing {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => file.sync_data(), // no thread is to be had: all at once then
        };
        flushed.map_err(StoreError::io)?;
        copied
    })
}

/// Begins the log anew if nobody is in the way; false if somebody is. What is left is copied first without waiting for
/// anybody; only for the last step are those waited for who read in the log, and not for long.
fn begin_anew(conn: &Connection) -> Result<bool> {
    let State { busy, log, copied } = run(conn, PASSIVE)?;
    if busy != 0 || copied != log {
        return Ok(false);
    }
    conn.busy_timeout(READERS)?;
    let restarted = run(conn, RESTART);
    conn.busy_timeout(connect::BUSY)?;
    let restarted = restarted?.busy == 0;
    log::touch(conn)?;
    Ok(restarted)
}

/// Whether nothing of the log counts as copied.
pub(super) fn is_uncopied(conn: &Connection) -> Result<bool> {
    Ok(run(conn, NOOP)?.copied == 0)
}

/// For a connection that begins to write after trouble: copies all that was committed, and begins the log anew, waiting
/// for readers no longer than usual.
pub(super) fn truncate(conn: &Connection) -> Result<()> {
    conn.busy_timeout(READERS)?;
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(conn.busy_timeout(connect::BUSY)?)
}
