//! The log: standard error, as text or JSON. No message, name, token or key is ever logged, at any level.
//!
//! Logging never fails, never panics and never makes its caller wait: lines go into a bounded queue, and a thread of its
//! own writes them. What cannot be written (a full disk, a closed pipe, a reader that does not read) is dropped and
//! counted, and the count is the first line once writing works again. So nothing that the server does may depend on a
//! line, and a change of state comes before the line that tells of it.

use std::{
    io::{self, ErrorKind, IsTerminal as _, Write, stderr},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::time::Instant;
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Lines that may wait; further ones are dropped and counted.
const QUEUE: usize = 4_096;

/// How long the end of the process waits for what is still to be written.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How often a repeated fault is told (`Seldom`).
const SELDOM: Duration = Duration::from_secs(60);

/// Between two tries to write where the other end takes nothing just now.
const AGAIN: Duration = Duration::from_millis(20);

static LOG: OnceLock<Log> = OnceLock::new();

/// Starts logging. The level was checked with the rest of the settings.
pub fn init(config: &Config) {
    let log = LOG.get_or_init(|| Log::start(stderr(), config.log_format));
    // Colours are for terminals: in a file or a journal they are rubbish between the words.
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(&config.log_level))
        .with_ansi(stderr().is_terminal())
        // It would tell of an error by a macro that panics on it.
        .log_internal_errors(false)
        .with_writer(|| log.clone());
    // A second call (tests) keeps the first.
    let began = match config.log_format {
        LogFormat::Json => builder.json().try_init(),
        LogFormat::Text => builder.try_init(),
    };
    if began.is_ok() {
        std::panic::set_hook(Box::new(panicked));
    }
}

/// The level, less the libraries that would log what people write, whatever the level.
pub fn filter(level: &str) -> EnvFilter {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    // At trace, these log frames whole.
    ["tungstenite=off", "tokio_tungstenite=off"]
        .into_iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(filter, EnvFilter::add_directive)
}

/// Says something to the person at the terminal, beside the answer; behind the log's lines where there is a log. A
/// standard error that cannot be written is no error.
pub fn say(text: &str) {
    let line = format!("{text}\n").into_bytes();
    match LOG.get() {
        Some(log) => log.put(line),
        None => drop(stderr().write_all(&line)),
    }
}

/// Waits a moment, a second at most, until what was logged is written. For the end of the process.
pub fn finish() {
    if let Some(log) = LOG.get() {
        log.flushed();
    }
}

/// A line about a fault that may come many times a second: it is told at once and then once a minute, with how often it
/// came meanwhile.
#[derive(Debug, Default)]
pub struct Seldom(Mutex<Option<(Instant, u64)>>);

impl Seldom {
    /// For something of which nothing was told yet.
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Notes that it happened. `Some`: it is to be told now, and happened so many times since it was told last.
    pub fn again(&self) -> Option<u64> {
        let mut told = self.0.lock();
        match &mut *told {
            Some((at, untold)) if at.elapsed() < SELDOM => {
                *untold += 1;
                None
            }
            told => {
                let untold = told.map_or(0, |(_, untold)| untold);
                *told = Some((Instant::now(), 0));
                Some(untold)
            }
        }
    }
}

/// A trouble that is looked at again and again, and told when it begins, changes and ends.
#[derive(Debug, Default)]
pub struct Changes(Mutex<Option<String>>);

impl Changes {
    /// Notes how it is now; `None`: well. True if it was otherwise.
    pub fn note(&self, trouble: Option<String>) -> bool {
        let mut noted = self.0.lock();
        let other = *noted != trouble;
        *noted = trouble;
        other
    }
}

/// A panic as a line of the log. Its text is left out unless it is a fixed one: others may quote what people write.
fn panicked(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let what = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(its text is not logged)");
    tracing::error!(
        place,
        what,
        "a part of the server has stopped by a fault of the program: please report it"
    );
}

/// The callers' end of the log.
#[derive(Clone, Debug)]
struct Log {
    queue: SyncSender<Job>,
    dropped: &'static AtomicU64,
}

enum Job {
    Line(Vec<u8>),
    /// Somebody waits until the lines before this are written.
    Flush(SyncSender<()>),
}

impl Log {
    /// Starts the thread that writes. Without one nothing is logged.
    fn start(out: impl Write + Send + 'static, format: LogFormat) -> Self {
        static DROPPED: AtomicU64 = AtomicU64::new(0);
        let (queue, jobs) = sync_channel(QUEUE);
        let printer = Printer { out, format, dropped: &DROPPED, torn: false };
        let _ = thread::Builder::new().name("log".into()).spawn(move || printer.work(&jobs));
        Self { queue, dropped: &DROPPED }
    }

    fn put(&self, line: Vec<u8>) {
        if self.queue.try_send(Job::Line(line)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn flushed(&self) {
        let (done, flushed) = sync_channel(1);
        if self.queue.try_send(Job::Flush(done)).is_ok() {
            let _ = flushed.recv_timeout(LAST_WORDS);
        }
    }
}

/// One event at a time is written to it, whole.
impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.put(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The end that writes.
struct Printer<W> {
    out: W,
    format: LogFormat,
    dropped: &'static AtomicU64,
    /// The last line was written in part.
    torn: bool,
}

impl<W: Write> Printer<W> {
    fn work(mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            match job {
                Job::Line(line) => self.line(&line),
                Job::Flush(done) => drop(done.try_send(())),
            }
        }
    }

    fn line(&mut self, line: &[u8]) {
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 && self.print(self.note(dropped).as_bytes()).is_err() {
            self.dropped.fetch_add(dropped, Ordering::Relaxed);
        }
        if self.print(line).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn note(&self, dropped: u64) -> String {
        let message = format!("{dropped} lines of the log could not be written and are lost");
        match self.format {
            LogFormat::Json => format!("{{\"level\":\"WARN\",\"fields\":{{\"message\":\"{message}\"}}}}\n"),
            LogFormat::Text => format!("WARN gchat::logs: {message}\n"),
        }
    }

    /// Writes all of a line, or as much as can be written.
    fn print(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            self.write_all(b"\n")?;
            self.torn = false;
        }
        self.write_all(line)
    }

    fn write_all(&mut self, mut rest: &[u8]) -> io::Result<()> {
        while !rest.is_empty() {
            match self.out.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => {
                    rest = &rest[n..];
                    self.torn = !rest.is_empty();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A pipe that somebody else has set so: wait here, as anywhere else the queue would run over for it.
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(AGAIN),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Takes some bytes, then fails until it is told otherwise.
    #[derive(Clone, Default)]
    struct Disk(Arc<Mutex<(Vec<u8>, usize)>>);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (written, room) = &mut *self.0.lock();
            let n = bytes.len().min(*room);
            if n == 0 {
                return Err(ErrorKind::StorageFull.into());
            }
            written.extend_from_slice(&bytes[..n]);
            *room -= n;
            Ok(n)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_a_full_disk_did_not_take_is_counted_and_told_when_there_is_room_again() {
        static DROPPED: AtomicU64 = AtomicU64::new(0);
        let disk = Disk::default();
        let mut printer =
            Printer { out: disk.clone(), format: LogFormat::Text, dropped: &DROPPED, torn: false };
        disk.0.lock().1 = 9;
        ["first\n", "second\n", "third\n"].iter().for_each(|line| printer.line(line.as_bytes()));
        disk.0.lock().1 = 1_000;
        printer.line(b"fourth\n");
        let written = String::from_utf8(disk.0.lock().0.clone()).unwrap();
        let lost = "WARN gchat::logs: 2 lines of the log could not be written and are lost";
        assert_eq!(written.lines().collect::<Vec<_>>(), ["first", "sec", lost, "fourth"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fault_that_repeats_is_told_once_a_minute_with_how_often_it_came() {
        let fault = Seldom::new();
        assert_eq!(fault.again(), Some(0));
        for _ in 0..600 {
            assert_eq!(fault.again(), None);
        }
        tokio::time::advance(SELDOM).await;
        assert_eq!(fault.again(), Some(600));
        assert_eq!(fault.again(), None);
    }
}
