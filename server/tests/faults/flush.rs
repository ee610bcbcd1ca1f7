//! A disk that says that it could not keep what was written: flushes fail, by strace's injection.

use std::{
    fs::{File, read},
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
};

use super::{
    person::{acked, can_read, each_gets, pairs, settle, told},
    server::{Server, answer},
    world::{skip, until, works},
};

const FAULT: &str = "inject=fsync,fdatasync:error=EIO";

/// While this lives, no flush of the process succeeds, or none of one file.
struct Failing(Child, BufReader<ChildStderr>);

impl Failing {
    fn of(server: &Server) -> Self {
        Self::begin(server, &[])
    }

    fn of_file(server: &Server, file: &Path) -> Self {
        Self::begin(server, &["-P", file.to_str().unwrap()])
    }

    /// Returns when the first flush has failed.
    fn begin(server: &Server, which: &[&str]) -> Self {
        let mut command = Command::new("strace");
        command.args(["-f", "-q", "-e", "trace=fsync,fdatasync", "-e", FAULT, "-e", "signal=none"]);
        command.args(which).args(["-p", &server.id()]);
        let mut strace = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(strace.stderr.take().unwrap());
        let mut failing = Self(strace, lines);
        failing.wait(1);
        failing
    }

    /// Waits until that many more flushes have failed.
    fn wait(&mut self, flushes: usize) {
        let mut line = String::new();
        let mut failed = 0;
        while failed < flushes {
            line.clear();
            assert!(self.1.read_line(&mut line).unwrap() > 0, "strace has ended");
            failed += usize::from(line.contains("INJECTED"));
        }
    }
}

impl Drop for Failing {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status(); // it lets the server go
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_flush_is_never_acknowledged_and_service_returns_by_itself() {
    let test = "flush::a_failed_flush_is_never_acknowledged_and_service_returns_by_itself";
    if !works(&["strace", "-f", "-q", "-o", "/dev/null", "-e", FAULT, "true"]) {
        return skip(test, "strace cannot be used here");
    }
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::begin(dir.path(), "", &[]);
    let pairs = pairs(&server, 2);
    each_gets(&pairs, 20).await;

    // Of one who writes alone, whose messages no thread of the store need see.
    let lives = || pairs.iter().flat_map(|pair| &pair.lives);
    lives().skip(1).for_each(|life| life.talk(false));
    let mut failing = tokio::task::block_in_place(|| Failing::of(&server));
    until("people are told that nothing can be stored just now", async || told(&pairs, "unavailable") >= 4)
        .await;
    until("/ready tells", async || !server.is_ready().await).await;
    let kept = acked(&pairs);
    tokio::task::block_in_place(|| failing.wait(3));
    assert_eq!(acked(&pairs), kept, "nothing is acknowledged while no flush succeeds");
    for pair in &pairs {
        assert!(can_read(&server, pair).await >= 40, "reading goes on");
    }
    lives().for_each(|life| life.stay_away(true));
    until("everybody leaves", async || server.connections().await == 0).await;
    tokio::task::block_in_place(|| drop(failing));
    let since = std::time::Instant::now();
    until("/ready is back", async || server.is_ready().await).await;
    assert!(since.elapsed().as_secs() < 15, "nobody need write for that: {:?}", since.elapsed());
    assert!(server.is_running(), "it was not started anew");
    lives().for_each(|life| {
        life.talk(true);
        life.stay_away(false);
    });
    each_gets(&pairs, 20).await;

    // And a crash in the middle of it.
    let failing = tokio::task::block_in_place(|| Failing::of(&server));
    let refusals = told(&pairs, "unavailable");
    until("refusals", async || told(&pairs, "unavailable") > refusals).await;
    tokio::task::block_in_place(|| {
        server.crash_and_start();
        drop(failing);
    });
    each_gets(&pairs, 20).await;

    let all = settle(&server, pairs).await;
    let dir = server.stop();
    assert!(
        answer(&dir, &["check", "--config", "gchat.toml"]).contains(&format!("is sound: {all} messages"))
    );
}

/// What a system does to pages whose flush has failed: it lets go of them, and the disk has what it had before.
fn lose(file: &Path, before: &[u8]) {
    let mut pages = before.to_vec();
    pages.resize(read(file).unwrap().len(), 0);
    File::options().write(true).open(file).unwrap().write_all(&pages).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_copied_and_not_flushed_is_copied_again() {
    let test = "flush::what_was_copied_and_not_flushed_is_copied_again";
    if !works(&["strace", "-f", "-q", "-o", "/dev/null", "-e", FAULT, "true"]) {
        return skip(test, "strace cannot be used here");
    }
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::begin(dir.path(), "", &[]);
    let database = dir.path().join("gchat.db");
    let before = read(&database).unwrap();
    let pairs = pairs(&server, 16);

    // The log alone can be flushed: so people write until it is full, and the flush of its copy fails.
    let failing = tokio::task::block_in_place(|| Failing::of_file(&server, &database));
    until("the copy is not believed", async || !server.is_ready().await).await;
    lose(&database, &before);
    tokio::task::block_in_place(|| drop(failing));
    each_gets(&pairs, 1).await;
    assert!(server.is_running(), "it was not started anew");
    for pair in &pairs {
        can_read(&server, pair).await;
    }

    // And a stop in the middle of it: a good end must not take the log for copied.
    let before = read(&database).unwrap();
    let failing = tokio::task::block_in_place(|| Failing::of_file(&server, &database));
    until("the copy is not believed", async || !server.is_ready().await).await;
    lose(&database, &before);
    tokio::task::block_in_place(|| {
        drop(failing);
        server.stop_and_start();
    });
    each_gets(&pairs, 1).await;

    let all = settle(&server, pairs).await;
    let dir = server.stop();
    assert!(
        answer(&dir, &["check", "--config", "gchat.toml"]).contains(&format!("is sound: {all} messages"))
    );
}
