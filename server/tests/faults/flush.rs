//! A disk that says that it could not keep what was written: every flush fails, by strace's injection.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStderr, Command, Stdio},
};

use super::{
    person::{acked, can_read, each_gets, pairs, settle, told},
    server::{Server, answer},
    world::{skip, until, works},
};

const FAULT: &str = "inject=fsync,fdatasync:error=EIO";

/// While this lives, no flush of the process succeeds.
struct Failing(Child, BufReader<ChildStderr>);

impl Failing {
    fn of(server: &Server) -> Self {
        let mut command = Command::new("strace");
        command.args([
            "-f",
            "-q",
            "-e",
            "trace=fsync,fdatasync",
            "-e",
            FAULT,
            "-e",
            "signal=none",
            "-p",
            &server.id(),
        ]);
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
    tokio::task::block_in_place(|| drop(failing));
    each_gets(&pairs, 20).await;
    until("/ready is back", async || server.is_ready().await).await;
    assert!(server.is_running(), "it was not started anew");

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
